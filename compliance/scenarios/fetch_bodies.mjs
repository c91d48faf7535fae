// What fetch sends and receives, one request after the other to one server: what becomes of bodies that are odd, fail or
// are not read, and whether the next request goes over the same connection. The rows are in fetch_bodies.json.

import { readFileSync } from 'node:fs';
import http from 'node:http';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { rounds } from '../peers.mjs';

const table = JSON.parse(readFileSync(new URL('./fetch_bodies.json', import.meta.url), 'utf8'));

const handlers = {
  '/small'(req, res) { req.resume(); res.end('small'); },
  '/large'(req, res) { req.resume(); res.end('x'.repeat(3_000_000)); },
  '/empty'(req, res) { req.resume(); res.end(); },
  '/204'(req, res) { req.resume(); res.writeHead(204).end(); },
  '/304'(req, res) { req.resume(); res.writeHead(304).end(); },
  '/close'(req, res) { res.writeHead(200, { Connection: 'close' }).end('closed'); },
  '/size'(req, res) {
    let size = 0;
    req.on('data', (chunk) => { size += chunk.length; });
    req.on('end', () => res.end(`${req.headers['content-length']} ${req.headers['transfer-encoding']} ${size}`));
  },
  '/hints'(req, res) { res.writeEarlyHints({ link: '</a>; rel=preload' }, () => res.end('hinted')); },
  '/break'(req, res) { res.writeHead(200, { 'Content-Length': 9 }).write('four', () => res.destroy()); },
  '/refuse'(req, res) { res.writeHead(413, { 'Content-Length': 2 }).end('no'); },
};

const piece = (name) => ({ bytes: new TextEncoder().encode('ab'), empty: new Uint8Array(0), text: 'cd', number: 5, object: {} })[name];

async function* items(names) {
  for (const name of names) {
    if (name === 'fails') throw new Error('boom');
    if (name === 'later') await rounds(1); else yield piece(name);
  }
}

const bodies = {
  stream: (...names) => ReadableStream.from(items(names)),
  bytestream(...names) {
    return new ReadableStream({
      type: 'bytes',
      pull(controller) {
        const name = names.shift();
        if (name === undefined) { controller.close(); controller.byobRequest?.respond(0); } else controller.enqueue(piece(name));
      },
    });
  },
  items: (...names) => items(names),
  readable: (...names) => Readable.from(items(names)),
  text: (size) => 'x'.repeat(size),
  blob: (...names) => new Blob(names.map(piece)),
};

function shown(error) {
  if (!(error instanceof Error)) return String(error);
  const own = `${error instanceof TypeError ? 'TypeError' : 'Error'}: ${error.message}`;
  return error.cause === undefined ? own : `${own} <- ${shown(error.cause)}`;
}

const readers = {
  async text(res) { const text = await res.text(); return text.length > 100 ? text.length : text; },
  async none() {},
  async touch(res) { return res.body === null; },
  async cancel(res) { await res.body?.cancel(); },
  async piece(res) { const reader = res.body.getReader(); await reader.read(); await reader.cancel(); },
  async leave(res) { for await (const chunk of res.body) return chunk.length > 0; },
};

async function run(t, { steps }) {
  const sockets = [];
  const seen = [];
  let last = null;
  const server = http.createServer((req, res) => {
    seen.push(`${req.method} ${req.url} ${req.headers.connection} ${req.socket === last ? 'again' : 'anew'}`);
    last = req.socket;
    req.on('error', () => {});
    handlers[req.url](req, res);
  });
  server.on('connection', (socket) => sockets.push(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  for (const [path, read = 'text', init = {}, body] of steps) {
    const given = { ...init };
    if (body) Object.assign(given, { method: 'POST', body: bodies[body[0]](...body.slice(1)), duplex: 'half' });
    try {
      const res = await fetch(`http://127.0.0.1:${server.address().port}${path}`, given);
      t('response', res.status, res.body === null);
      t(read, await readers[read](res), res.bodyUsed);
    } catch (error) {
      t('fails', shown(error));
    }
    await rounds(10);
  }
  t('seen', ...seen);
  server.close();
  server.closeAllConnections();
  for (const socket of sockets) if (!socket.closed) await once(socket, 'close');
}

export const scenarios = Object.fromEntries(Object.entries(table).map(([name, steps]) => [name, (t) => run(t, { steps })]));
