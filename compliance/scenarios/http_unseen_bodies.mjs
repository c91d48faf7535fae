import http from 'node:http';
import { once } from 'node:events';
import { Peer, rounds } from '../peers.mjs';

const HEAD = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n';
const WAYS = { whole: [HEAD + 'body'], late: [HEAD, 'body'], in_pieces: [HEAD + 'b', 'od', 'y'] };
const MOMENTS = ['request', 'tick', 'resume', 'data', 'end', 'tick_after_end', 'immediate'];

function state(t, req) {
  t('state', req.complete, req.destroyed, req.closed, req.readable, req.readableEnded, req.readableLength,
    req.readableFlowing, req.readableDidRead, req.readableAborted, req.errored);
}

const ACTS = {
  state,
  data: (t, req) => req.on('data', (chunk) => t('more data', chunk)),
  pause: (t, req) => { req.pause(); setImmediate(() => req.resume()); },
  read: (t, req) => t('read', req.read()),
  unshift: (t, req) => t('unshift', req.unshift('u')),
  encoding: (t, req) => req.setEncoding('utf8'),
  readable: (t, req) => req.once('readable', () => t('once readable')),
  destroy: (t, req) => req.destroy(),
};

function run(way, moment, act) {
  return async (t) => {
    const server = http.createServer((req, res) => {
      let done = false;
      const acts = () => {
        if (done) return;
        done = true;
        ACTS[act](t, req);
        process.nextTick(() => t('tick after'));
      };
      for (const name of ['resume', 'pause', 'data', 'end', 'aborted', 'error', 'close']) {
        req.on(name, (...args) => {
          t(name, ...args);
          if (name === moment) acts();
        });
      }
      req.on('end', () => {
        if (moment === 'tick_after_end') process.nextTick(acts);
        setImmediate(() => res.end('x'));
      });
      res.on('close', () => {
        t('res close');
        state(t, req);
      });
      if (moment === 'request') acts();
      if (moment === 'tick') process.nextTick(acts);
      if (moment === 'immediate') setImmediate(acts);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const peer = await Peer.connect(server.address().port);
    for (const part of WAYS[way]) {
      peer.send(part);
      await rounds(6);
    }
    await rounds(12);
    peer.finish();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    peer.destroy();
  };
}

export const scenarios = {};
for (const way of Object.keys(WAYS)) {
  for (const moment of MOMENTS) {
    for (const act of Object.keys(ACTS)) {
      scenarios[`${way}_${act}_in_${moment}`] = run(way, moment, act);
    }
  }
}
