// Node's own server: server.cjs [KEY CERT], with which it is https. Prints its port; ends when its standard input does.
'use strict';
const crypto = require('node:crypto');
const { readFileSync } = require('node:fs');

const [key, cert] = process.argv.slice(2).map((path) => readFileSync(path));
const http = require(key ? 'node:https' : 'node:http');

const PIECE = Buffer.alloc(64 * 1024, 'n');
const PIECES = 900; // 56 MiB

const connections = new Set();
let made = 0;

// Each kind of answer: a body of known length, a chunked one, none.
function answerAgent(req, res) {
  let text = '';
  req.setEncoding('utf8');
  req.on('data', (chunk) => { text += chunk; });
  req.on('end', () => {
    const n = Number(req.url.slice('/agent/'.length));
    res.setHeader('X-N', n);
    if (n % 5 === 4) {
      res.writeHead(204).end();
    } else if (n % 5 === 2) {
      res.write(`${req.method} ${req.url} `);
      res.end(text);
    } else {
      const content = `${req.method} ${req.url} ${text}`;
      res.setHeader('Content-Length', content.length); // without it the answer to a HEAD request ends the connection
      res.end(content);
    }
  });
}

const server = http.createServer({ key, cert }, (req, res) => {
  if (req.url === '/echo') {
    req.pipe(res);
  } else if (req.url.startsWith('/digest')) {
    const hash = crypto.createHash('sha256');
    let length = 0;
    req.on('data', (chunk) => { hash.update(chunk); length += chunk.length; });
    req.on('end', () => res.end(JSON.stringify({
      url: req.url, length, sha256: hash.digest('hex'), encoding: req.headers['transfer-encoding'] ?? null, trailers: req.trailers,
    })));
  } else if (req.url === '/download') {
    let left = PIECES;
    (function next() {
      while (left > 0) {
        left -= 1;
        if (!res.write(PIECE)) return res.once('drain', next);
      }
      res.end();
    })();
  } else if (req.url === '/trailers') {
    res.writeHead(200, { Trailer: 'X-Out' });
    res.write('body');
    res.addTrailers({ 'X-Out': 'yes' });
    res.end();
  } else if (req.url === '/cut') {
    res.writeHead(200, { 'Content-Length': 1000 });
    res.write('only this');
    setImmediate(() => res.destroy());
  } else if (req.url.startsWith('/agent/')) {
    answerAgent(req, res);
  } else if (req.url === '/session') {
    res.end(JSON.stringify([req.socket.isSessionReused(), req.socket.getProtocol(), req.socket.alpnProtocol]));
  } else if (req.url === '/connections') {
    res.end(JSON.stringify({ made, open: connections.size })); // this one among them
  } else {
    res.end('small');
  }
});

server.on(key ? 'secureConnection' : 'connection', (socket) => {
  made += 1;
  connections.add(socket);
  socket.on('close', () => connections.delete(socket));
});
server.on('upgrade', (req, socket) => {
  socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
  socket.pipe(socket);
});
server.on('checkContinue', (req, res) => { res.writeContinue(); server.emit('request', req, res); });
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.stdin.resume().on('end', () => process.exit());
