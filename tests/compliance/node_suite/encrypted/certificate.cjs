// Requests to a server whose certificate is its own issuer; it and its key are in the folder that is the argument.
'use strict';
const { readFileSync } = require('node:fs');
const https = require('node:https');
const { join } = require('node:path');
const tls = require('node:tls');

const [key, cert] = ['key.pem', 'cert.pem'].map((name) => readFileSync(join(process.argv[2], name)));
const server = https.createServer({ key, cert }, (request, response) => {
  response.end(String(request.socket.encrypted));
}).listen(0, '127.0.0.1', () => {
  const { port } = server.address();
  const options = { port, host: '127.0.0.1', ca: cert, agent: false };
  https.get(options).on('error', ({ code, cert: shown }) => {
    console.log(code, shown.subject.CN, shown.issuerCertificate === shown, shown.raw instanceof Buffer);
    https.get({ ...options, checkServerIdentity: () => {} }, (response) => {
      const { socket } = response;
      console.log(socket instanceof tls.TLSSocket, socket.authorized, socket._secureEstablished);
      response.on('data', (data) => console.log(String(data))).on('end', () => server.close());
    });
  });
});

const out = { other: 1 };
tls.convertALPNProtocols(['a', 'bc'], out);
console.log(out, server.ALPNProtocols, new https.Server({ ALPNCallback() {} }).ALPNProtocols);
