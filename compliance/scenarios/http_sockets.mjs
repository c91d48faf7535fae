import http from 'node:http';
import net from 'node:net';
import { once } from 'node:events';
import { Duplex, Writable, duplexPair } from 'node:stream';
import { Peer, rounds, mask, GET, OK } from '../peers.mjs';

const LISTENED_TO = ['timeout', 'error', 'close', 'drain', 'data', 'end'];
const counts = (socket) => Object.fromEntries(LISTENED_TO.map((name) => [name, socket.listenerCount(name)]));
const LAST = 'GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
const UPGRADE = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: b\r\n\r\n';

// A server and a raw client that sends some pieces, each after the one before was dealt with, and then no more.
async function served(t, { server = http.createServer(), listener, pieces }) {
  if (listener) server.on('request', listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const peer = await Peer.connect(server.address().port);
  for (const piece of pieces) { peer.send(piece); await rounds(8); }
  peer.finish();
  await peer.end();
  peer.destroy();
  t('bytes', mask(peer.text));
  await new Promise((resolve) => server.close(resolve));
}

// A request to a raw server that answers once.
async function asked(t, { options = {}, watch, reply = OK, event = 'response' }) {
  const raw = net.createServer().listen(0, '127.0.0.1');
  await once(raw, 'listening');
  const accepted = once(raw, 'connection');
  const req = http.get({ host: '127.0.0.1', port: raw.address().port, ...options });
  req.on('error', (error) => t('req error', error));
  const happened = new Promise((resolve) => req.on(event, (...args) => { watch(...args); resolve(); }));
  const closed = once(req, 'close');
  const [connection] = await accepted;
  const peer = new Peer(connection);
  await peer.until(() => peer.text.includes('\r\n\r\n'));
  await rounds();
  peer.send(reply);
  await closed;
  await happened;
  await rounds();
  options.agent?.destroy();
  peer.destroy();
  raw.close();
}

function scripted(t, chunks) {
  return new Writable({ write(chunk, encoding, callback) { chunks.push(chunk); callback(); } });
}

export const scenarios = {
  async listeners_of_a_connection(t) {
    const server = http.createServer();
    server.on('connection', (socket) => { t('connection', counts(socket), socket.readableFlowing); });
    await served(t, { server, pieces: [GET], listener: (req, res) => { t('request', req.socket.listenerCount('data'), req.socket.listenerCount('end')); res.end('x'); } });
  },
  async listeners_of_an_upgraded_connection(t) {
    const server = http.createServer();
    server.on('upgrade', (req, socket) => { t('upgrade', counts(socket), socket.readableFlowing); socket.end('x'); });
    await served(t, { server, pieces: [UPGRADE] });
  },
  async listeners_of_a_refused_connection(t) {
    const server = http.createServer();
    server.on('clientError', (error, socket) => { t('clientError', counts(socket)); socket.end('x'); });
    await served(t, { server, pieces: ['*'] });
  },
  async listeners_of_a_requests_socket(t) {
    const agent = new http.Agent({ keepAlive: true });
    agent.on('free', (socket) => { t('free', counts(socket)); });
    await asked(t, { options: { agent }, event: 'socket', watch: (socket) => t('socket', counts(socket)) });
  },
  async listeners_of_a_clients_upgraded_socket(t) {
    await asked(t, {
      options: { headers: { Connection: 'upgrade', Upgrade: 'b' }, agent: new http.Agent() }, event: 'upgrade',
      reply: 'HTTP/1.1 101 Ok\r\nConnection: upgrade\r\nUpgrade: b\r\n\r\nabc',
      watch: (res, socket, head) => { t('upgrade', counts(socket), socket.readableFlowing, head); socket.end(); },
    });
  },
  async data_of_a_connection(t) {
    let first = true;
    await served(t, { pieces: [GET, LAST], listener: (req, res) => {
      t('request', req.url);
      if (first) req.socket.on('data', (data) => t('data', data));
      first = false;
      res.end('x');
    } });
  },
  async data_of_a_requests_socket(t) {
    await asked(t, { options: { agent: new http.Agent() }, event: 'socket', watch: (socket) => socket.on('data', (data) => t('data', data)) });
  },
  async bytes_pushed_into_a_connection(t) {
    await served(t, { pieces: [GET], listener: (req, res) => { t('request', req.url); res.end('x'); if (req.url === '/') req.socket.push(LAST); } });
  },
  async a_paused_connection(t) {
    await served(t, { pieces: [GET], listener: (req, res) => {
      t('request', req.url);
      const { socket } = req;
      res.end('x');
      if (req.url !== '/') return;
      setImmediate(() => { socket.pause(); socket.push(LAST); setImmediate(() => { t('resume'); socket.resume(); }); });
    } });
  },
  async bytes_that_a_readable_listener_reads(t) {
    await served(t, { pieces: [GET, LAST], listener: (req, res) => {
      t('request', req.url);
      if (req.url === '/') req.socket.once('readable', () => { t('read', req.socket.read()); });
      res.end('x');
    } });
  },
  async bytes_that_a_connection_held_before(t) {
    const server = http.createServer();
    server.on('clientError', (error, socket) => { t('clientError', error, error.rawPacket); if (error.rawPacket.length > 1) socket.end('x'); });
    const front = net.createServer((socket) => socket.once('readable', () => {
      socket.unshift(socket.read(1));
      server.emit('connection', socket);
    }));
    await served(t, { server: front, pieces: ['123'] });
  },
  async bytes_after_a_refusal(t) {
    const server = http.createServer();
    server.on('clientError', (error) => { t('clientError', error, error.rawPacket, error.bytesParsed); });
    await served(t, { server, pieces: ['GET / HTTP/1.1\r\nA b: c\r\n', 'more', GET] });
  },
  async a_body_that_nobody_reads_pauses_the_connection(t) {
    await served(t, { pieces: [`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 400000\r\n\r\n${'x'.repeat(400000)}`], listener: (req, res) => {
      req.socket.once('pause', () => { t('pause', req.socket.isPaused(), req.socket.readableFlowing); setImmediate(() => req.resume()); });
      req.socket.once('resume', () => t('resume', req.socket.isPaused()));
      req.on('end', () => res.end('x'));
    } });
  },
  async both_ends_of_a_duplex_pair(t) {
    const [ours, theirs] = duplexPair();
    const server = http.createServer((req, res) => {
      t('request', req.method, req.headers);
      req.on('data', (data) => t('req data', data));
      req.on('end', () => { t('req end'); res.write('a'); res.end('b'); });
    });
    server.emit('connection', theirs);
    const req = http.request({ method: 'PUT', createConnection: () => ours }, (res) => {
      t('response', res.statusCode);
      res.on('data', (data) => t('res data', data));
      res.on('end', () => t('res end'));
    });
    req.write('c');
    req.end('d');
    await once(req, 'close');
    await rounds(8);
    t.state(ours);
    t.state(theirs);
  },
  async a_connection_over_a_duplex_pair_that_ends(t) {
    const [ours, theirs] = duplexPair();
    const server = http.createServer((req, res) => res.end('x'));
    server.emit('connection', theirs);
    theirs.on('end', () => t('end'));
    theirs.on('close', () => t('close'));
    let text = '';
    ours.on('data', (data) => { text += data; });
    ours.end(LAST);
    await once(ours, 'end');
    await rounds();
    t('bytes', mask(text));
  },
  async a_response_by_hand(t) {
    for (const facts of [{ method: 'GET' }, { method: 'HEAD' }, { method: 'GET', httpVersionMajor: 1, httpVersionMinor: 0, headers: {} }]) {
      const chunks = [];
      const socket = scripted(t, chunks);
      const res = new http.ServerResponse(facts);
      res.assignSocket(socket);
      t('twice', (() => { try { res.assignSocket(socket); return null; } catch (error) { return error; } })());
      res.write('a');
      res.end('b');
      await once(res, 'finish');
      t('bytes', mask(Buffer.concat(chunks).toString('latin1')));
      res.detachSocket(socket);
      t('socket', res.socket);
    }
  },
  async what_waits_in_a_message(t) {
    const res = new http.ServerResponse({ method: 'GET' });
    res.sendDate = false;
    t('before', res.outputSize, res.outputData.length);
    res.write('abc');
    t('then', res.outputSize, res.outputData.length > 0);
    const chunks = [];
    res.assignSocket(scripted(t, chunks));
    t('after', res.outputSize, res.outputData.length);
  },
  async a_callback_of_create_connection_that_listens_to_connect(t) {
    const server = http.createServer((req, res) => res.end('x')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const req = http.get({ port: server.address().port, createConnection: (options, callback) => net.connect({ port: options.port, host: '127.0.0.1' }, callback) });
    req.on('response', (res) => { t('response', res.statusCode); res.resume(); });
    req.on('error', (error) => t('error', error));
    await once(req, 'close');
    await new Promise((resolve) => server.close(resolve));
  },
  async a_message_with_any_socket(t) {
    for (const socket of [undefined, 'x', {}, new Duplex({ highWaterMark: 5 })]) {
      const message = new http.IncomingMessage(socket);
      t('mark', message.readableHighWaterMark, message.socket === socket, message.connection === socket, message.client === socket);
    }
  },
};
