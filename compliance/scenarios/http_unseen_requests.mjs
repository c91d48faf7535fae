import http from 'node:http';
import { once } from 'node:events';
import { Peer, rounds, GET } from '../peers.mjs';

const PHASES = {
  tick: (f) => process.nextTick(f),
  two_ticks: (f) => process.nextTick(() => process.nextTick(f)),
  microtask: (f) => queueMicrotask(f),
  immediate: (f) => setImmediate(f),
  timer: (f) => setTimeout(f, 5),
};

function state(t, req) {
  t('state', req.complete, req.destroyed, req.closed, req.readable, req.readableEnded, req.readableLength,
    req.readableFlowing, req.readableDidRead, req.readableAborted, req.errored);
}

function listen(t, req, names) {
  for (const name of names) req.on(name, () => t(name));
}

const ALL = ['readable', 'end', 'close', 'pause', 'resume', 'error'];
const ACTS = {
  state: (t, req) => state(t, req),
  readable: (t, req) => { listen(t, req, ALL); },
  data: (t, req) => { listen(t, req, ALL.slice(1)); req.on('data', (chunk) => t('data', chunk)); },
  resume: (t, req) => { listen(t, req, ALL.slice(1)); req.resume(); },
  pause: (t, req) => { listen(t, req, ALL.slice(1)); req.pause(); },
  read: (t, req) => { listen(t, req, ALL.slice(1)); t('read', req.read()); },
  encoding: (t, req) => { req.setEncoding('utf8'); req.on('data', (chunk) => t('data', chunk)); listen(t, req, ['end', 'close']); },
  destroy: (t, req) => { listen(t, req, ALL.slice(1)); req.on('aborted', () => t('aborted')); req.destroy(); },
  iterate: async (t, req) => { for await (const chunk of req) t('chunk', chunk); t('iterated'); },
};

function run(when, act) {
  return async (t) => {
    const server = http.createServer((req, res) => {
      PHASES[when](() => {
        t('acts');
        ACTS[act](t, req);
        process.nextTick(() => t('tick after'));
        setImmediate(() => {
          t('immediate after');
          res.end('x');
        });
      });
      res.on('close', () => t('res close'));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const peer = await Peer.connect(server.address().port);
    peer.send(GET);
    await peer.until(() => peer.text.endsWith('x') || peer.ended);
    await rounds(12);
    peer.finish();
    await new Promise((resolve) => server.close(resolve));
    peer.destroy();
  };
}

export const scenarios = {};
for (const when of Object.keys(PHASES)) {
  for (const act of Object.keys(ACTS)) {
    scenarios[`${act}_in_${when}`] = run(when, act);
  }
}
scenarios.push_is_replaced = async (t) => {
  const server = http.createServer((req, res) => {
    const { push, emit } = req;
    req.push = (...args) => { t('push', ...args); return push.apply(req, args); };
    req.emit = (...args) => { if (args[0] === 'readable') t('emit', args[0]); return emit.apply(req, args); };
    setImmediate(() => res.end('x'));
    res.on('close', () => t('res close'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const peer = await Peer.connect(server.address().port);
  peer.send(GET);
  await peer.until(() => peer.text.endsWith('x'));
  await rounds(12);
  peer.finish();
  await new Promise((resolve) => server.close(resolve));
  peer.destroy();
};
