// What Node's own tests know of its private names.
'use strict';
const http = require('node:http');
const net = require('node:net');
const { _checkInvalidHeaderChar, _checkIsHttpToken } = require('_http_common');
const { kHighWaterMark } = require('_http_outgoing');
const { kConnectionsCheckingInterval } = require('_http_server');

console.log(['a', 'a b', '', 'ä', 1].map(_checkIsHttpToken));
console.log(['a', '\n', '', 'あ', 1, false].map((value) => _checkInvalidHeaderChar(value)));
console.log(new http.OutgoingMessage({ highWaterMark: 7 })[kHighWaterMark]);

const server = http.createServer((request, response) => {
  console.log(request.socket.parser === null, request.socket._handle.fd > 0, response[kHighWaterMark]);
  response.end();
});
server.on('upgrade', (request, socket) => {
  console.log(socket.parser);
  socket.end();
  server.close(() => {
    console.log(server[kConnectionsCheckingInterval]._destroyed);
    closeHandle();
  });
});
server.listen(0, '127.0.0.1', () => {
  console.log(server._connectionKey, server[kConnectionsCheckingInterval]._destroyed);
  const { port } = server.address();
  http.get({ port, agent: false }, (response) => {
    response.resume().on('end', () => {
      const headers = { connection: 'upgrade', upgrade: 'x' };
      http.get({ port, headers, agent: false }).on('error', (error) => console.log(error.code));
    });
  });
});

function closeHandle() {
  const socket = new net.Socket();
  console.log(socket._handle);
  net.createServer(function(connection) {
    this.close();
    connection.on('error', (error) => console.log(error.message));
    connection._handle.close();
    connection.write('x');
  }).listen(0, function() {
    socket.connect(this.address().port).on('error', () => {}).resume();
  });
}

const merged = {};
const message = new http.IncomingMessage(null);
const lines = [['Set-Cookie', 'a'], ['HOST', 'b'], ['host', 'c'], ['Set-cookie', 'd'], ['x', undefined]];
for (const [name, value] of lines) {
  message._addHeaderLine(name, value, merged);
}
console.log(merged);
