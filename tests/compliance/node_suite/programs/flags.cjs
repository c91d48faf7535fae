// Flags: --max-http-header-size=100 --insecure-http-parser --no-network-family-autoselection --network-family-autoselection-attempt-timeout=123
'use strict';
const http = require('node:http');
const net = require('node:net');

console.log(http.maxHeaderSize, net.getDefaultAutoSelectFamily(), net.getDefaultAutoSelectFamilyAttemptTimeout());

function ask(head, then) {
  const server = http.createServer((request, response) => response.end(request.headers.a));
  server.listen(0, '127.0.0.1', () => {
    let answer = '';
    const client = net.connect(server.address().port, '127.0.0.1').setEncoding('latin1');
    client.on('data', (data) => { answer += data; }).on('close', () => server.close(() => {
      console.log(answer.split('\r\n')[0], answer.split('\r\n\r\n')[1]);
      then?.();
    }));
    client.write(`GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${head}\r\n\r\n`);
  });
}
ask('a: \bb', () => ask(`a: ${'b'.repeat(100)}`));
