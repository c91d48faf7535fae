import http from 'node:http';
import net from 'node:net';
import { once } from 'node:events';
import { Peer, rounds, GET, OK } from '../peers.mjs';

const REQ = ['socket', 'response', 'continue', 'information', 'timeout', 'abort', 'drain', 'prefinish', 'finish', 'upgrade', 'connect'];
const IN = ['data', 'end', 'aborted', 'pause', 'resume'];
const OUT = ['drain', 'prefinish', 'finish', 'pipe', 'unpipe'];
const closed = (emitter) => new Promise((resolve) => emitter.once('close', resolve));

function label(t, emitter, prefix, names) {
  for (const name of names) emitter.on(name, (...args) => t(prefix + name, ...(name === 'data' ? args : [])));
  emitter.on('close', () => t(`${prefix}close`));
  return emitter;
}

// A server and a raw client; the listener gets what it can watch. Each piece is sent after the one before was dealt with.
async function raw(t, { listener, pieces = [GET], setup, options = {}, end = (peer) => peer.finish(), errors = true }) {
  const server = http.createServer(options);
  label(t, server, 'server ', ['connection', 'dropRequest']);
  const gone = new Promise((resolve) => server.on('connection', (socket) => socket.on('close', resolve)));
  server.on('request', (req, res) => {
    t('request', req.method, req.url);
    label(t, req, 'req ', IN.filter((name) => name !== 'data'));
    label(t, res, 'res ', OUT);
    if (errors) { req.on('error', (error) => t('req error', error)); res.on('error', (error) => t('res error', error)); }
    listener(req, res);
  });
  setup?.(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const peer = await Peer.connect(server.address().port);
  for (const piece of pieces) { peer.send(piece); await rounds(8); }
  await end(peer);
  await gone;
  peer.destroy();
  await new Promise((resolve) => server.close(resolve));
}

// A client and a raw server, which answers in pieces.
async function asked(t, { options = {}, body = (req) => req.end(), pieces = [OK], end, watch = () => {} }) {
  const server = net.createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const accepted = once(server, 'connection');
  const req = http.request({ host: '127.0.0.1', port: server.address().port, ...options });
  label(t, req, 'req ', REQ);
  req.on('error', (error) => t('req error', error));
  const gone = closed(req);
  let over = gone;
  req.on('response', (res) => {
    label(t, res, 'res ', IN.filter((name) => name !== 'data'));
    res.on('error', (error) => t('res error', error));
    over = closed(res);
    watch(res, req);
    if (!res.listenerCount('data')) res.resume();
  });
  body(req);
  const [connection] = await accepted;
  const peer = new Peer(connection);
  await peer.until(() => peer.text.includes('\r\n\r\n'));
  for (const piece of pieces) { peer.send(piece); await rounds(8); }
  await end?.(peer, req);
  await gone;
  await over;
  req.socket?.destroy();
  await rounds();
  peer.destroy();
  server.close();
}

const POST = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n';

export const scenarios = {
  one_get: (t) => raw(t, { listener: (req, res) => res.end('x') }),
  one_post_that_is_read: (t) => raw(t, { pieces: [POST, 'ab', 'cd'], listener: (req, res) => { req.on('data', t.callback('data')); req.on('end', () => res.end('x')); } }),
  one_post_answered_before_it_is_read: (t) => raw(t, { pieces: [`${POST}abcd`], listener: (req, res) => res.end('x') }),
  one_post_answered_while_it_comes: (t) => raw(t, { pieces: [POST, 'ab', 'cd'], listener: (req, res) => res.end('x') }),
  two_requests_on_a_connection: (t) => raw(t, { pieces: [GET, GET], listener: (req, res) => res.end('x') }),
  a_response_that_closes: (t) => raw(t, { end: () => {}, listener: (req, res) => { res.setHeader('Connection', 'close'); res.end('x'); } }),
  write_callbacks_and_finish: (t) => raw(t, { listener: (req, res) => {
    t('write', res.write('a', t.callback('write cb')));
    t('end', res.end('b', t.callback('end cb')) === res, res.writableEnded, res.writableFinished, res.finished);
  } }),
  client_goes_away_in_mid_upload: (t) => raw(t, { pieces: [POST, 'ab'], listener: (req) => { req.on('data', t.callback('data')); }, end: (peer) => peer.reset() }),
  client_ends_in_mid_upload: (t) => raw(t, { pieces: [POST, 'ab'], listener: (req) => { req.on('data', t.callback('data')); } }),
  client_goes_away_before_the_response: (t) => raw(t, { listener: () => {}, end: (peer) => peer.reset() }),
  client_ends_before_the_response: (t) => raw(t, { listener: () => {} }),
  client_goes_away_with_the_body_unread: (t) => raw(t, { pieces: [`${POST}ab`], listener: () => {}, end: (peer) => peer.reset() }),
  nobody_listens_to_the_error: (t) => raw(t, { errors: false, pieces: [POST, 'ab'], listener: (req) => { req.on('data', t.callback('data')); }, end: (peer) => peer.reset() }),
  response_is_destroyed: (t) => raw(t, { end: () => {}, listener: (req, res) => { res.write('a'); setImmediate(() => res.destroy(new Error('boom'))); } }),
  request_is_destroyed: (t) => raw(t, { end: () => {}, pieces: [POST], listener: (req) => { setImmediate(() => req.destroy(new Error('boom'))); } }),
  socket_is_destroyed: (t) => raw(t, { end: () => {}, listener: (req) => { setImmediate(() => req.socket.destroy()); } }),
  head_and_no_body: (t) => raw(t, { pieces: ['HEAD / HTTP/1.1\r\nHost: a\r\n\r\n'], listener: (req, res) => { t('write', res.write('x', t.callback('cb'))); res.end('y', t.callback('end cb')); } }),
  expect_continue: (t) => raw(t, { pieces: ['POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n', 'hi'],
    listener: (req, res) => { req.on('data', t.callback('data')); req.on('end', () => res.end()); } }),
  upgrade: (t) => raw(t, { pieces: ['GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nfirst', 'second'], listener: () => {},
    setup: (server) => server.on('upgrade', (req, socket, head) => { t('upgrade', req.url, req.upgrade, head); socket.on('data', t.callback('data')); socket.on('end', () => socket.end()); }) }),
  connect: (t) => raw(t, { pieces: ['CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\nfirst', 'second'], listener: () => {},
    setup: (server) => server.on('connect', (req, socket, head) => { t('connect', req.url, head); socket.on('data', t.callback('data')); socket.on('end', () => socket.end()); }) }),
  too_many_requests_on_a_socket: (t) => raw(t, { pieces: [GET, GET], listener: (req, res) => res.end('x'), setup: (server) => { server.maxRequestsPerSocket = 1; } }),
  bytes_by_bytes: (t) => raw(t, { pieces: [GET.slice(0, 10), GET.slice(10, 20), GET.slice(20)], listener: (req, res) => res.end('x') }),
  paused_body: (t) => raw(t, { pieces: [POST, 'ab', 'cd'], listener: (req, res) => {
    req.pause();
    req.on('data', t.callback('data'));
    setImmediate(() => setImmediate(() => req.resume()));
    req.on('end', () => res.end());
  } }),
  set_encoding_of_the_body: (t) => raw(t, { pieces: [POST, '\xe2\x82', '\xacx'], listener: (req, res) => { req.setEncoding('utf8'); req.on('data', t.callback('data')); req.on('end', () => res.end()); } }),
  states_of_a_response: (t) => raw(t, { listener: (req, res) => {
    const state = (at) => t(at, res.headersSent, res.writable, res.writableEnded, res.writableFinished, res.writableLength, res.writableNeedDrain, res.destroyed, res.closed ?? null, res.finished, res.writableObjectMode);
    state('new');
    res.write('a'); state('written');
    res.end(); state('ended');
    res.on('finish', () => state('finish'));
    res.on('close', () => state('close'));
  } }),

  client_get: (t) => asked(t, {}),
  client_get_with_a_body: (t) => asked(t, { pieces: ['HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n', 'ab', 'cd'], watch: (res) => res.on('data', t.callback('data')) }),
  client_get_until_the_end: (t) => asked(t, { pieces: ['HTTP/1.1 200 OK\r\n\r\n', 'ab'], watch: (res) => res.on('data', t.callback('data')), end: (peer) => peer.finish() }),
  client_without_agent: (t) => asked(t, { options: { agent: false }, pieces: ['HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx'] }),
  client_post: (t) => asked(t, { options: { method: 'POST' }, body: (req) => { t('write', req.write('a', t.callback('cb'))); req.end('b', t.callback('end')); } }),
  client_response_short: (t) => asked(t, { pieces: ['HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n', 'ab'], end: (peer) => peer.finish() }),
  client_response_reset: (t) => asked(t, { pieces: ['HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n', 'ab'], end: (peer) => peer.reset() }),
  client_no_response: (t) => asked(t, { pieces: [], end: (peer) => { peer.finish(); } }),
  client_destroys_the_request: (t) => asked(t, { pieces: [], end: (peer, req) => { req.destroy(); } }),
  client_destroys_with_an_error: (t) => asked(t, { pieces: [], end: (peer, req) => { req.destroy(new Error('boom')); } }),
  client_aborts: (t) => asked(t, { pieces: [], end: (peer, req) => { req.abort(); t('aborted', req.aborted, req.destroyed); } }),
  client_destroys_in_mid_response: (t) => asked(t, { pieces: ['HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n', 'ab'], end: (peer, req) => { req.destroy(); } }),
  client_destroys_the_response: (t) => asked(t, { pieces: ['HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n', 'ab'], watch: (res) => res.once('data', () => res.destroy()) }),
  client_interim: (t) => asked(t, { pieces: ['HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n', OK] }),
  client_upgrade: (t) => asked(t, { pieces: ['HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nfirst'], options: { headers: { Connection: 'Upgrade', Upgrade: 'x' } },
    body: (req) => { req.on('upgrade', (res, socket, head) => { t('head', head, res.statusCode); socket.destroy(); }); req.end(); } }),
  client_upgrade_nobody_takes: (t) => asked(t, { pieces: ['HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'] }),
  client_response_nobody_takes: (t) => asked(t, { pieces: ['HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx'] }),
  client_timeout: (t) => asked(t, { options: { timeout: 250 }, pieces: [], end: async (peer, req) => { await once(req, 'timeout'); t('destroyed', req.destroyed); req.destroy(); } }),
  client_response_before_the_end: (t) => asked(t, { options: { method: 'POST' }, body: (req) => { req.write('a'); }, end: (peer, req) => { req.end(); } }),
};
