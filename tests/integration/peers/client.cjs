// Node's own http client, driven by arguments: client.cjs TASK PORT. Prints one line of JSON with what it saw.
'use strict';
const crypto = require('node:crypto');
const http = require('node:http');
const net = require('node:net');

const [task, port] = [process.argv[2], Number(process.argv[3])];
const PIECE = Buffer.alloc(64 * 1024, 'n');
const PIECES = 900; // 56 MiB
const say = (result) => console.log(JSON.stringify(result));

function digest(stream, done) {
  const hash = crypto.createHash('sha256');
  let length = 0;
  stream.on('data', (chunk) => { hash.update(chunk); length += chunk.length; });
  stream.on('end', () => done({ length, sha256: hash.digest('hex') }));
}

function sendPieces(req, count) {
  let left = count;
  (function next() {
    while (left > 0) {
      left -= 1;
      if (!req.write(PIECE)) return req.once('drain', next);
    }
    req.end();
  })();
}

const tasks = {
  // The body comes back while it is being sent.
  echo() {
    const req = http.request({ port, host: '127.0.0.1', method: 'POST', path: '/echo' });
    req.on('response', (res) => digest(res, (got) => say({ status: res.statusCode, headers: res.headers, ...got })));
    sendPieces(req, PIECES);
  },
  upload() {
    const req = http.request({
      port, host: '127.0.0.1', method: 'PUT', path: '/digest', headers: { 'Content-Length': PIECE.length * PIECES },
    });
    req.on('response', (res) => { let text = ''; res.on('data', (c) => { text += c; }).on('end', () => say(JSON.parse(text))); });
    sendPieces(req, PIECES);
  },
  download() {
    http.get({ port, host: '127.0.0.1', path: '/download' }, (res) => digest(res, say));
  },
  trailers() {
    const req = http.request({ port, host: '127.0.0.1', method: 'POST', path: '/trailers', headers: { Trailer: 'X-Sum' } });
    req.on('response', (res) => {
      let text = '';
      res.on('data', (c) => { text += c; });
      res.on('end', () => say({ text, trailers: res.trailers, rawTrailers: res.rawTrailers }));
    });
    req.write('a');
    req.addTrailers({ 'X-Sum': '1' });
    req.end('b');
  },
  keepAlive() {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const seen = [];
    (function next(n) {
      const req = http.get({ port, host: '127.0.0.1', path: '/small', agent }, (res) => {
        seen.push([res.statusCode, req.reusedSocket]);
        res.resume().on('end', () => setImmediate(() => { if (n > 1) { next(n - 1); } else { agent.destroy(); say(seen); } }));
      });
    })(5);
  },
  expect() {
    const req = http.request({
      port, host: '127.0.0.1', method: 'POST', path: '/digest', headers: { 'Expect': '100-continue', 'Content-Length': 5 },
    });
    let continued = false;
    req.on('continue', () => { continued = true; req.end('hello'); });
    req.on('response', (res) => { let text = ''; res.on('data', (c) => { text += c; }).on('end', () => say({ continued, ...JSON.parse(text) })); });
  },
  // Requests and bodies in one go, on a raw socket.
  pipelining() {
    const socket = net.connect(port, '127.0.0.1');
    const requests = [];
    for (let n = 0; n < 20; n += 1) {
      const body = Buffer.alloc(50_000, String(n % 10));
      requests.push(Buffer.from(`POST /digest?n=${n} HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n`), body);
    }
    requests.push(Buffer.from('GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'));
    socket.end(Buffer.concat(requests));
    let text = '';
    socket.on('data', (c) => { text += c; });
    socket.on('close', () => say([...text.matchAll(/"url":"([^"]*)"/g)].map((m) => m[1])));
  },
  // 20,000 requests of five kinds over 64 sockets; each answer has the request's number in its head and body.
  agent() {
    const [REQUESTS, AT_ONCE] = [20_000, 256]; // more at once than there are sockets, so that some wait
    const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
    const wrong = [];
    let [begun, done, mostSockets, mostWaiting] = [0, 0, 0, 0];
    const count = (lists) => Object.values(lists).reduce((sum, list) => sum + list.length, 0);

    function next() {
      if (begun === REQUESTS) return;
      const n = begun;
      begun += 1;
      const method = ['GET', 'POST', 'PUT', 'HEAD', 'GET'][n % 5];
      const sent = method === 'POST' || method === 'PUT' ? `<${n}>`.repeat(n % 50) : '';
      const status = n % 5 === 4 ? 204 : 200;
      const expected = method === 'HEAD' || status === 204 ? '' : `${method} /agent/${n} ${sent}`;
      const req = http.request({ port, host: '127.0.0.1', path: `/agent/${n}`, method, agent }, (res) => {
        let text = '';
        res.setEncoding('utf8');
        res.on('data', (chunk) => { text += chunk; });
        res.on('end', () => {
          if (res.statusCode !== status || res.headers['x-n'] !== String(n) || text !== expected) wrong.push(n);
          done += 1;
          if (done < REQUESTS) return next();
          setImmediate(() => {
            const left = { busy: count(agent.sockets), waiting: count(agent.requests) };
            const idle = count(agent.freeSockets);
            agent.destroy();
            say({ done, wrong, mostSockets, mostWaiting, idle, left });
          });
        });
      });
      req.on('error', (error) => { throw error; });
      if (method === 'PUT') req.write(sent); // chunked
      req.end(method === 'POST' ? sent : undefined);
      mostSockets = Math.max(mostSockets, count(agent.sockets) + count(agent.freeSockets));
      mostWaiting = Math.max(mostWaiting, count(agent.requests));
    }
    for (let n = 0; n < AT_ONCE; n += 1) next();
  },
};

tasks[task]();
