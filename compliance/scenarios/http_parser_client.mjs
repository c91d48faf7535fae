import { readFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { once } from 'node:events';
import { Peer } from '../peers.mjs';

const table = JSON.parse(readFileSync(new URL('./http_parser_client.json', import.meta.url), 'utf8'));
const text = (pieces) => pieces.map((piece) => (typeof piece === 'string' ? piece : piece[0].repeat(piece[1]))).join('');
const short = (value) => (value.length > 200 ? `${value.slice(0, 200)}... ${value.length}` : value);

async function answered(t, { send, options = {}, fin, reset }) {
  const raw = net.createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
  await once(raw, 'listening');
  const accepted = once(raw, 'connection');
  const req = http.get({ port: raw.address().port, host: '127.0.0.1', ...options });
  t.on(req, 'req ', 'continue', 'timeout', 'abort');
  req.on('information', (info) => t('information', info.statusCode, info.rawHeaders));
  req.on('error', (error) => t('req error', error, error.reason ?? null, error.bytesParsed ?? null));
  const closed = new Promise((resolve) => req.on('close', () => { t('req close'); resolve(); }));
  let ended = closed;
  req.on('response', (res) => {
    const fields = Object.entries(res.headers).map(([name, value]) => `${name}=${short(value)}`).join('|');
    t('response', res.statusCode, res.statusMessage, res.httpVersion, fields);
    t.on(res, 'res ', 'data', 'end', 'aborted', 'error');
    ended = new Promise((resolve) => res.on('close', () => { t('res close', res.complete, res.rawTrailers); resolve(); }));
  });
  const [connection] = await accepted;
  const peer = new Peer(connection);
  await peer.until(() => peer.text.endsWith('\r\n\r\n'));
  if (send.length) peer.send(text(send));
  if (reset) setImmediate(() => setImmediate(() => peer.reset()));
  else if (fin) peer.finish();
  await closed;
  await ended;
  if (!reset) { req.socket?.destroy(); await peer.end(); peer.destroy(); }
  raw.close();
}

export const scenarios = Object.fromEntries(Object.entries(table).map(([name, row]) => [name, (t) => answered(t, row)]));
