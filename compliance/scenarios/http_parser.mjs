import { readFileSync } from 'node:fs';
import http from 'node:http';
import { once } from 'node:events';
import { exchange, mask, Peer, rounds } from '../peers.mjs';

const table = JSON.parse(readFileSync(new URL('./http_parser.json', import.meta.url), 'utf8'));
const text = (pieces) => pieces.map((piece) => (typeof piece === 'string' ? piece : piece[0].repeat(piece[1]))).join('');
const short = (value) => (value.length > 200 ? `${value.slice(0, 200)}... ${value.length}` : value);

function handler(t) {
  return (req, res) => {
    const fields = Object.entries(req.headers).map(([name, value]) => `${name}=${short(value)}`).join('|');
    t('request', req.method, short(req.url), req.httpVersion, fields);
    t.on(req, 'req ', 'data', 'end', 'aborted');
    res.end('ok');
  };
}

// First as it is, then with a listener of clientError.
async function twice(t, { send, ...more }) {
  const requests = text(send);
  await exchange(t, { handler: handler(t), requests, ...more });
  const setup = (server) => server.on('clientError', (error, socket) => {
    t('clientError', error, error.reason ?? null, error.bytesParsed ?? null, socket.writable);
    socket.destroy();
  });
  await exchange(t, { handler: handler(t), requests, setup, ...more });
}

export const scenarios = Object.fromEntries(Object.entries(table).map(([name, row]) => [name, (t) => twice(t, row)]));
