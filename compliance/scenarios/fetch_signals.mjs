// fetch and its signal: when it is aborted, and what client and server see of that. The rows are in fetch_signals.json.

import { readFileSync } from 'node:fs';
import http from 'node:http';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { rounds } from '../peers.mjs';

const table = JSON.parse(readFileSync(new URL('./fetch_signals.json', import.meta.url), 'utf8'));

const handlers = {
  hold() {},
  take(req) { req.resume(); },
  answer(req, res) { req.resume().on('end', () => res.end('hello')); },
  begin(req, res) { res.write('abc'); },
  large(req, res) { res.end('x'.repeat(3_000_000)); },
  refuse(req, res) { res.writeHead(413, { 'Content-Length': 2 }).end('no'); },
};

// What is sent: one piece, and then nothing for ever.
const bodies = {
  text: () => 'text',
  stream: () => new ReadableStream({ start(controller) { controller.enqueue(new TextEncoder().encode('ab')); } }),
  readable() {
    const readable = new Readable({ read() {} });
    readable.push('ab');
    readable.on('error', () => {});
    return readable;
  },
};

const signals = {
  plain(controller) { return [controller.signal, () => controller.abort()]; },
  reason(controller) { return [controller.signal, () => controller.abort(new Error('why'))]; },
  any(controller) { return [AbortSignal.any([controller.signal, AbortSignal.timeout(100_000)]), () => controller.abort()]; },
  timeout() { return [AbortSignal.timeout(60), () => {}]; },
};

function shown(error) {
  if (!(error instanceof Error)) return String(error);
  const own = `${error.name}: ${error.message}`;
  return error.cause === undefined ? own : `${own} <- ${shown(error.cause)}`;
}

async function settled(t, label, promise) {
  try { t(label, await promise); } catch (error) { t(`${label} fails`, shown(error)); }
}

const length = (chunk) => (chunk.done ? 'done' : 'a piece');

const readers = {
  async none() {},
  async text(t, res, abort) {
    const promise = res.text();
    await abort('reading');
    await settled(t, 'text', promise.then((text) => text.length));
  },
  async reader(t, res, abort) {
    const reader = res.body.getReader();
    await settled(t, 'read', reader.read().then(length));
    const pending = reader.read().then(length);
    await abort('reading');
    await settled(t, 'read', pending);
    await settled(t, 'closed', reader.closed);
  },
  async iterate(t, res, abort) {
    const iterate = async () => {
      let isFirst = true;
      for await (const chunk of res.body) {
        if (isFirst) { t('piece', chunk.length > 0); isFirst = false; await abort('reading'); }
      }
    };
    await settled(t, 'iterate', iterate());
  },
  async clone(t, res, abort) {
    const promises = [res.clone().text(), res.text()];
    await abort('reading');
    for (const promise of promises) await settled(t, 'text', promise.then((text) => text.length));
  },
  async cancel(t, res, abort) {
    await settled(t, 'cancel', res.body.cancel(new Error('enough')));
    await abort('reading');
    await settled(t, 'text', res.text());
  },
  async twice(t, res) {
    await settled(t, 'text', res.text());
    await settled(t, 'text', res.text());
  },
};

async function run(t, { handler = 'answer', send, signal = 'plain', when, read = 'text' }) {
  const seen = [];
  const sockets = [];
  const server = http.createServer((req, res) => {
    for (const name of ['aborted', 'close']) req.on(name, () => seen.push(`request ${name}`));
    req.on('error', (error) => seen.push(`request error ${error.code}`));
    for (const name of ['finish', 'close']) res.on(name, () => seen.push(`response ${name}`));
    handlers[handler](req, res);
  });
  server.on('connection', (socket) => sockets.push(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const [given, abortNow] = signals[signal](new AbortController());
  const abort = async (moment) => { if (moment === when) { await rounds(); abortNow(); } };
  if (when === 'before') abortNow();
  const init = { signal: given };
  if (send) Object.assign(init, { method: 'POST', body: bodies[send](), duplex: 'half' });
  const promise = fetch(`http://127.0.0.1:${server.address().port}/`, init);
  if (when === 'at once') abortNow();
  if (when === 'asked') { await once(server, 'request'); await rounds(); abortNow(); }
  try {
    const res = await promise;
    t('response', res.status);
    await abort('head');
    await readers[read](t, res, abort);
    await abort('after');
    t('used', res.bodyUsed);
  } catch (error) {
    t('fails', shown(error));
  }
  await rounds(10);
  server.closeAllConnections();
  for (const socket of sockets) if (!socket.closed) await once(socket, 'close');
  await rounds(10);
  t('seen', ...seen.sort());
  server.close();
}

export const scenarios = Object.fromEntries(Object.entries(table).map(([name, row]) => [name, (t) => run(t, row)]));
