// How a script begins and ends, for each side that may be under test. The twin of _sides.py.

import http from 'node:http';
import net from 'node:net';
import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { rounds } from '../peers.mjs';
import { valueOf } from './values.mjs';

// A raw end of a connection, which reads only when it is told to.
class Peer {
  constructor(socket) {
    this.socket = socket.on('error', () => {});
    this.text = '';
    this.over = false;
    this.changed = () => {};
    socket.on('data', (data) => { this.text += data.toString('latin1'); this.changed(); });
    for (const event of ['end', 'close']) socket.on(event, () => { this.over = true; this.changed(); });
  }

  send(text) { this.socket.write(Buffer.from(text, 'latin1')); }
  finish() { this.socket.end(); }
  reset() { this.socket.resetAndDestroy(); }
  destroy() { this.socket.destroy(); }

  // Read until the text is there; without one, until the end.
  async read(text) {
    this.socket.resume();
    while (!this.over && (text === undefined || !this.text.includes(text))) {
      await new Promise((resolve) => { this.changed = resolve; });
    }
    this.socket.pause();
  }
}

// Let go of everything that is on stage.
export async function clear({ things }) {
  for (const kinds of [[Peer, Duplex], [http.Agent, http.ClientRequest]]) {
    for (const thing of Object.values(things)) if (kinds.some((kind) => thing instanceof kind)) thing.destroy();
  }
  things.listener?.close();
  if (things.server) {
    const closed = new Promise((resolve) => { things.server.close(resolve); });
    things.server.closeAllConnections?.();
    await closed;
  }
}

// --- a server of ours, and raw clients ---

async function beginServer(stage) {
  const { createServer } = stage.side === 'server' ? http : net;
  const server = createServer(valueOf(stage, stage.script.options ?? {}));
  stage.add('server', server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stage.things.port = server.address().port;
  if (!stage.script.alone) await connect(stage);
}

// Let a raw client connect.
export async function connect(stage) {
  const socket = net.connect({ port: stage.things.port, host: '127.0.0.1', allowHalfOpen: true }).pause();
  await once(socket, 'connect');
  stage.add('peer', new Peer(socket));
  await stage.until('server connection');
}

// --- a client of ours, and a raw server ---

async function beginClient(stage) {
  const listener = stage.things.listener = net.createServer({ allowHalfOpen: true, pauseOnConnect: true });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  stage.things.port = listener.address().port;
  stage.things.accepted = [];
  listener.on('connection', (socket) => { stage.things.accepted.push(socket); stage.changed(); });
}

// Let the raw server accept a connection.
export async function accept(stage) {
  while (!stage.things.accepted.length) await new Promise((resolve) => { stage.changed = resolve; });
  stage.add('peer', new Peer(stage.things.accepted.shift()));
  await rounds();
}

// Make a request to the raw server.
export function request(stage, options = {}) {
  stage.add('req', http.request({ host: '127.0.0.1', port: stage.things.port, ...valueOf(stage, options) }));
}

// Let a socket of ours connect to the raw server.
export function dial(stage, options = {}) {
  stage.add('socket', net.connect({ host: '127.0.0.1', port: stage.things.port, ...valueOf(stage, options) }));
}

// --- a message made by hand, on a socket that is none ---

// A Duplex that keeps what is written to it; a full one takes no more until it is released.
function handSocket(stage, full) {
  const waiting = [];
  const take = (chunk, callback) => {
    socket.text += chunk.toString('latin1');
    if (full) waiting.push(callback);
    else callback();
  };
  const socket = new Duplex({
    highWaterMark: full ? 2 : undefined,
    read() {},
    write(chunk, encoding, callback) { take(chunk, callback); },
    writev(entries, callback) { take(Buffer.concat(entries.map(({ chunk }) => chunk)), callback); },
  });
  socket.text = '';
  socket.release = () => { while (waiting.length) waiting.shift()(); };
  socket.setTimeout = (msecs) => { stage.write('socket.setTimeout', msecs); };
  socket.setNoDelay = (...args) => { stage.write('socket.setNoDelay', ...args); };
  socket.setKeepAlive = (...args) => { stage.write('socket.setKeepAlive', ...args); };
  return socket;
}

async function beginByHand(stage) {
  await rounds(1);
  const { kind, options = {}, full = false } = stage.script.make;
  const socket = handSocket(stage, full);
  stage.add('socket', socket);
  const facts = { method: 'GET', httpVersionMajor: 1, httpVersionMinor: 1, headers: {}, ...options };
  const message = kind === 'request' ? http.request({ method: 'POST', ...options, createConnection: () => socket })
    : kind === 'response' ? new http.ServerResponse(facts) : new http.OutgoingMessage();
  stage.add('msg', message);
  message.sendDate = false;
}

export const BEGIN = {
  server: beginServer, client: beginClient, net_server: beginServer, net_client: beginClient, hand: beginByHand,
};

// How long to wait for what may come unexpectedly.
export const LAST_ROUNDS = { server: 8, client: 8, net_server: 8, net_client: 8, hand: 1 };
