// The other end of a connection, made of nothing but bytes. The twin of _peers.py.

import http from 'node:http';
import net from 'node:net';
import { once } from 'node:events';

export const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
export const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';

// Let everything that is due now happen.
export async function rounds(count = 3) {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

export function mask(text, port) {
  const masked = text.replaceAll(/Date: [^\r]*/g, 'Date: <DATE>');
  return port ? masked.replaceAll(`:${port}`, ':<PORT>') : masked;
}

// Where the whole requests end.
function endsOfRequests(text) {
  const ends = [];
  for (let at = 0; ;) {
    const head = text.indexOf('\r\n\r\n', at);
    if (head < 0) return ends;
    const fields = text.slice(at, head + 2).toLowerCase();
    at = head + 4;
    if (fields.includes('\r\ntransfer-encoding: chunked\r\n')) at = endOfChunks(text, at);
    else if (fields.includes('\r\ncontent-length: ')) at += Number(fields.match(/\r\ncontent-length: (\d+)/)[1]);
    if (at < 0 || at > text.length) return ends;
    ends.push(at);
  }
}

// How many whole requests there are.
export const countRequests = (text) => endsOfRequests(text).length;

// One of the whole requests.
export function nthRequest(text, index) {
  const ends = [0, ...endsOfRequests(text)];
  return text.slice(ends[index], ends[index + 1]);
}

// How many whole responses there are, interim ones not counted; those without end count when the connection has ended.
export function countResponses(text, ended, bodiless) {
  let count = 0;
  for (let at = 0; ;) {
    const head = text.indexOf('\r\n\r\n', at);
    if (head < 0) return count;
    const status = Number(text.slice(at + 9, at + 12));
    const fields = text.slice(at, head + 2).toLowerCase();
    at = head + 4;
    if (status < 200 && status !== 101) continue;
    if (bodiless || status === 101 || status === 204 || status === 304) {
      // nothing follows
    } else if (fields.includes('\r\ntransfer-encoding: chunked\r\n')) {
      at = endOfChunks(text, at);
    } else if (fields.includes('\r\ncontent-length: ')) {
      at += Number(fields.match(/\r\ncontent-length: (\d+)/)[1]);
    } else if (!ended) {
      return count;
    }
    if (at < 0 || at > text.length) return count;
    count++;
  }
}

function endOfChunks(text, at) {
  for (;;) {
    const line = text.indexOf('\r\n', at);
    if (line < 0) return -1;
    const size = parseInt(text.slice(at, line), 16);
    if (size === 0) {
      if (text.startsWith('\r\n', line + 2)) return line + 4;
      const end = text.indexOf('\r\n\r\n', line);
      return end < 0 ? -1 : end + 4;
    }
    at = line + 2 + size + 2;
  }
}

export class Peer {
  constructor(socket) {
    this.socket = socket;
    this.text = '';
    this.ended = false;
    this.changed = () => {};
    socket.on('data', (data) => { this.text += data.toString('latin1'); this.changed(); });
    socket.on('end', () => { this.ended = true; this.changed(); });
    socket.on('error', () => {});
    socket.on('close', () => { this.ended = true; this.changed(); });
  }

  static async connect(port) {
    const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const peer = new Peer(socket);
    await once(socket, 'connect');
    return peer;
  }

  send(text) { this.socket.write(Buffer.from(text, 'latin1')); }
  finish() { this.socket.end(); }
  reset() { this.socket.resetAndDestroy(); }
  destroy() { this.socket.destroy(); }

  // Read until the condition is true, or the connection has ended.
  async until(condition) {
    while (!this.ended && !condition()) await new Promise((resolve) => { this.changed = resolve; });
  }

  end() { return this.until(() => false); }
}

// A server answers `requests`; what comes back, and whether the connection stays open, goes into the trace.
export async function exchange(t, { handler, options = {}, setup, requests = GET, responses = 1, bodiless, fin, parts }) {
  const server = http.createServer(options, handler);
  let socket = null;
  server.on('connection', (s) => { socket = s; });
  setup?.(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const peer = await Peer.connect(server.address().port);
  for (const part of parts ?? [requests]) { peer.send(part); if (parts) await rounds(6); }
  if (fin) peer.finish();
  await peer.until(() => countResponses(peer.text, false, bodiless) >= responses);
  await rounds();
  const closing = socket.destroyed || socket.writableEnded;
  if (!closing) peer.finish();
  await peer.end();
  peer.destroy();
  t('bytes', mask(peer.text));
  t(closing ? 'closed by the server' : 'kept open');
  await new Promise((resolve) => server.close(resolve));
}

// A raw server takes what a client sends; that, and whether the client closes, goes into the trace.
export async function ask(t, { make, reply = OK, interim }) {
  const server = net.createServer({ allowHalfOpen: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  const connected = once(server, 'connection');
  const req = make(port);
  const finished = req.finished ? Promise.resolve() : new Promise((resolve) => req.once('finish', resolve));
  const closed = new Promise((resolve) => req.once('close', resolve));
  if (!req.listenerCount('response')) req.on('response', (res) => { t('response', res.statusCode); res.resume(); });
  req.on('error', (error) => t('error', error));
  const [connection] = await connected;
  const peer = new Peer(connection);
  if (interim) {
    await peer.until(() => peer.text.includes('\r\n\r\n'));
    peer.send(interim);
  }
  await finished;
  const { socket } = req;
  peer.send(reply);
  await closed;
  await rounds();
  const closing = socket.destroyed || socket.writableEnded;
  if (!closing) socket.destroy();
  await peer.end();
  peer.destroy();
  t('bytes', mask(peer.text, port));
  t(closing ? 'closed by the client' : 'kept open');
  server.close();
}
