// node_server.mjs HANDLER [PORT OF THE UPSTREAM | FOLDER]
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';

const [handler, given] = process.argv.slice(2);

const handlers = {
  hello(req, res) {
    res.writeHead(200, { 'Content-Type': 'text/plain' });
    res.end('Hello, World!');
  },

  post(req, res) {
    let length = 0;
    req.on('data', (chunk) => {
      length += chunk.length;
    });
    req.on('end', () => {
      res.writeHead(200, { 'Content-Type': 'text/plain' });
      res.end(String(length));
    });
  },

  echo(req, res) {
    res.writeHead(200, { 'Content-Type': 'application/octet-stream' });
    req.pipe(res);
  },

  proxy(req, res) {
    const { method, url, headers } = req;
    const upstream = http.request({ host: '127.0.0.1', port: given, method, path: url, headers }, (answer) => {
      res.writeHead(answer.statusCode, answer.headers);
      answer.on('error', (error) => res.destroy(error));
      answer.pipe(res);
    });
    upstream.on('error', (error) => res.destroy(error));
    res.on('close', () => upstream.destroy());
    req.pipe(upstream);
  },

  download(req, res) {
    const file = path.join(given, req.url);
    res.writeHead(200, {
      'Content-Type': 'application/octet-stream',
      'Content-Length': fs.statSync(file).size,
    });
    fs.createReadStream(file).pipe(res);
  },
};

const server = http.createServer({ keepAliveTimeout: 120_000 }, handlers[handler]);
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
