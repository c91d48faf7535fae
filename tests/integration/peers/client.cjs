// Node's own client, driven by arguments: client.cjs TASK PORT [CA]. Prints one line of JSON with what it saw.
// With CA, a file with the certificate to trust, it is https.
'use strict';
const crypto = require('node:crypto');
const { readFileSync } = require('node:fs');
const net = require('node:net');
const tls = require('node:tls');

const [task, port, trusted] = [process.argv[2], Number(process.argv[3]), process.argv[4]];
const http = require(trusted ? 'node:https' : 'node:http');
if (trusted) http.globalAgent.options.ca = readFileSync(trusted);
const connect = (...args) => (trusted ? tls.connect(...args, http.globalAgent.options) : net.connect(...args));
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
    const agent = new http.Agent({ ...http.globalAgent.options, keepAlive: true, maxSockets: 1 });
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
    const socket = connect(port, '127.0.0.1');
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
  // 20,000 requests (2,000 with TLS) of five kinds over 64 sockets; each answer has the request's number in its head and body.
  agent() {
    const [REQUESTS, AT_ONCE] = [trusted ? 2_000 : 20_000, 256]; // more at once than there are sockets, so that some wait
    const agent = new http.Agent({ ...http.globalAgent.options, keepAlive: true, maxSockets: 64 });
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
  // A connection for each request: the first makes a session, and those after it resume it.
  sessions() {
    const agent = new http.Agent({ ...http.globalAgent.options, keepAlive: false });
    const seen = [];
    (function next(n) {
      const req = http.get({ port, host: '127.0.0.1', path: '/session', agent }, (res) => {
        const ours = [req.socket.isSessionReused(), req.socket.getProtocol(), req.socket.alpnProtocol];
        let text = '';
        res.on('data', (c) => { text += c; });
        req.socket.on('close', () => {
          seen.push({ client: ours, server: JSON.parse(text) });
          if (n > 1) { next(n - 1); } else { say(seen); }
        });
      });
    })(3);
  },
  // What goes wrong when the server cannot be trusted, is not the one that is meant, or speaks no TLS.
  errors() {
    const { ca } = http.globalAgent.options;
    const ways = { trusted: { ca }, unknown: {}, another: { ca, servername: 'another.test' } };
    const told = {};
    let open = Object.keys(ways).length;
    for (const [name, options] of Object.entries(ways)) {
      const req = http.get({ port, host: '127.0.0.1', path: '/small', agent: false, ca: undefined, ...options }, (res) => {
        res.resume();
        told[name] = res.statusCode;
      });
      req.on('error', ({ code, message }) => { told[name] = [code, message]; });
      req.on('close', () => { open -= 1; if (open === 0) say(told); });
    }
  },
};

tasks[task]();
