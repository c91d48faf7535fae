// fetch and a server made of bytes: what is sent, and what comes of the replies. The rows are in fetch_exchange.json.

import { readFileSync } from 'node:fs';
import net from 'node:net';
import { once } from 'node:events';
import zlib from 'node:zlib';
import { countRequests, mask, nthRequest, Peer, rounds } from '../peers.mjs';

const table = JSON.parse(readFileSync(new URL('./fetch_exchange.json', import.meta.url), 'utf8'));

const octets = (text) => Uint8Array.from(Buffer.from(text, 'latin1'));

const bodies = {
  text: (text) => text,
  bytes: octets,
  blob: (text, type) => new Blob([octets(text)], { type }),
  params: (pairs) => new URLSearchParams(pairs),
  stream: (...pieces) => new ReadableStream({
    pull(controller) {
      if (pieces.length) controller.enqueue(octets(pieces.shift()));
      else controller.close();
    },
  }),
  async* items(...pieces) { for (const piece of pieces) yield octets(piece); },
  async* failing(...pieces) { yield* bodies.items(...pieces); throw new Error('boom'); },
};

const codecs = {
  gzip: (text) => zlib.gzipSync(text),
  deflate: (text) => zlib.deflateSync(text),
  raw: (text) => zlib.deflateRawSync(text),
  br: (text) => zlib.brotliCompressSync(text),
  zstd: (text) => zlib.zstdCompressSync(text),
};

// A reply is text; a list in it is data that is compressed first, and a last number cuts that off.
function reply(pieces, port) {
  const all = (Array.isArray(pieces) ? pieces : [pieces]).map((piece) => {
    if (typeof piece === 'string') return Buffer.from(piece.replaceAll('<PORT>', port), 'latin1');
    const [text, ...steps] = piece;
    let data = Buffer.from(text, 'latin1');
    for (const step of steps) data = typeof step === 'number' ? data.subarray(0, step) : codecs[step](data);
    return data;
  });
  return Buffer.concat(all).toString('latin1');
}

function chain(error) {
  if (!(error instanceof Error)) return [error];
  const code = typeof error.code === 'string' && !error.code.startsWith('HPE_') ? error.code : '';
  const own = `${error instanceof TypeError ? 'TypeError' : 'Error'} ${code} ${error.message}`;
  return error.cause === undefined ? [own] : [own, ...chain(error.cause)];
}

// Each request, on whichever connection, gets the next reply; with END the connection is ended too.
function serve(server, replies, requests, peers) {
  const { port } = server.address();
  let next = 0;
  server.on('connection', async (socket) => {
    const peer = new Peer(socket);
    peers.push(peer);
    for (let answered = 0; ;) {
      await peer.until(() => countRequests(peer.text) > answered);
      if (countRequests(peer.text) <= answered) return;
      requests.push(nthRequest(peer.text, answered++));
      if (next < replies.length) peer.send(reply(replies[next++], port));
      if (replies[next] === 'END') { next++; peer.finish(); }
    }
  });
}

async function run(t, { path = '/', init = {}, body, replies = ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'], url, read = 'text' }) {
  const server = net.createServer({ allowHalfOpen: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  const requests = [];
  const peers = [];
  serve(server, replies, requests, peers);
  const hidden = (text) => text.replaceAll(`:${port}`, ':<PORT>');
  const given = { ...init };
  if (body) given.body = bodies[body[0]](...body.slice(1));
  try {
    const response = await fetch(url === undefined ? `http://127.0.0.1:${port}${path}` : url.replace('<PORT>', port), given);
    const fields = [...response.headers].map(([name, value]) => `${name}=${hidden(value)}`);
    t('response', response.status, response.statusText, response.type, hidden(response.url), response.redirected, response.ok);
    t('headers', fields, response.body === null, response.bodyUsed);
    t(read, await response[read](), response.bodyUsed);
  } catch (error) {
    t('fails', ...chain(error).map((each) => (typeof each === 'string' ? hidden(each) : each)));
  }
  await rounds();
  for (const each of requests) t('request', mask(each, port));
  for (const peer of peers) peer.destroy();
  server.close();
}

export const scenarios = Object.fromEntries(Object.entries(table).map(([name, row]) => [name, (t) => run(t, row)]));
