import http from 'node:http';
import net from 'node:net';
import { once } from 'node:events';
import { Peer, rounds, GET } from '../peers.mjs';

const POST = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n';

function watched(t, message, prefix) {
  const { signal } = message;
  t(`${prefix}signal`, signal.aborted, signal === message.signal, signal instanceof AbortSignal);
  signal.addEventListener('abort', (event) => t(`${prefix}abort`, event.type, signal.aborted, signal.reason.name));
  for (const name of ['aborted', 'end', 'close']) message.on(name, () => t(prefix + name, signal.aborted));
  message.on('error', (error) => t(`${prefix}error`, error));
}

async function served(t, { listener, pieces = [GET], end = (peer) => peer.finish() }) {
  const server = http.createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const gone = new Promise((resolve) => server.on('connection', (socket) => socket.on('close', resolve)));
  const peer = await Peer.connect(server.address().port);
  for (const piece of pieces) { peer.send(piece); await rounds(8); }
  end(peer);
  await gone;
  peer.destroy();
  await new Promise((resolve) => server.close(resolve));
}

export const scenarios = {
  async signal_of_a_request_that_is_answered(t) {
    await served(t, { listener: (req, res) => { watched(t, req, 'req '); req.resume(); res.on('close', () => t('res close')); res.end('x'); } });
  },
  async signal_of_a_request_whose_body_is_read_later(t) {
    await served(t, { pieces: [POST, 'ab', 'cd'], listener: (req, res) => { watched(t, req, 'req '); req.resume(); req.on('end', () => res.end('x')); } });
  },
  async signal_of_a_request_whose_client_disappears(t) {
    await served(t, { pieces: [POST, 'ab'], end: (peer) => peer.reset(), listener: (req) => { watched(t, req, 'req '); req.resume(); } });
  },
  async signal_of_a_request_whose_client_disappears_before_the_answer(t) {
    await served(t, { end: (peer) => peer.reset(), listener: (req) => { watched(t, req, 'req '); req.resume(); } });
  },
  async signal_that_is_asked_for_after_the_end(t) {
    await served(t, { listener: (req, res) => {
      req.resume();
      req.on('close', () => { t('close', req.signal.aborted, req.destroyed); });
      res.end('x');
    } });
  },
  async signal_of_a_response(t) {
    const server = http.createServer((req, res) => res.end('x')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const req = http.get({ port: server.address().port, host: '127.0.0.1', agent: false });
    req.on('response', (res) => { watched(t, res, 'res '); res.resume(); });
    await once(req, 'close');
    await rounds(8);
    await new Promise((resolve) => server.close(resolve));
  },
  async signal_of_a_response_that_is_cut_off(t) {
    const server = net.createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc'));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const req = http.get({ port: server.address().port, host: '127.0.0.1', agent: false });
    req.on('error', (error) => t('req error', error));
    const closed = new Promise((resolve) => req.on('response', (res) => { watched(t, res, 'res '); res.resume().on('close', resolve); }));
    await closed;
    await rounds();
    await new Promise((resolve) => server.close(resolve));
  },
  signal_of_a_message_without_a_connection(t) {
    const message = new http.IncomingMessage(null);
    message.on('error', (error) => t('error', error));
    t('before', message.signal.aborted);
    message.destroy();
    t('then', message.signal.aborted);
    setImmediate(() => t('at last', message.signal.aborted, message.signal.reason.name));
    const destroyed = new http.IncomingMessage(null);
    destroyed.destroy();
    t('destroyed before', destroyed.signal.aborted);
  },
};
