// Plays scripts: what a client or a server of HTTP does, step by step, as a table says, and every event that follows from
// it. The twin of _script.py; the tables are beside the scenarios.

import http from 'node:http';
import net from 'node:net';
import { readFileSync } from 'node:fs';
import events, { EventEmitter, once } from 'node:events';
import { Duplex, Readable, Writable, finished, pipeline } from 'node:stream';
import { rounds } from './peers.mjs';
import { show } from './trace.mjs';

const read = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8'));
const EVENTS = read('./script.json');

const masked = (text) => text.replace(/Date: [^\\\r]*/g, 'Date: <DATE>').replace(/(127\.0\.0\.1|localhost|::1):\d+/g, '$1:<PORT>');

// The scenarios of a table: each of `scripts`; of `products` each pair of a phase and an act; and of `tables` each phase of
// each kind, with one act after the other.
export function scripted(table) {
  const content = read(`./scenarios/${table}.json`);
  const { scripts = {}, products = {}, tables = [] } = content;
  const scenarios = {};
  for (const [name, script] of Object.entries(scripts)) scenarios[name] = (t) => new Stage(t, script).play();
  for (const [group, { phases, acts, ...common }] of Object.entries(products)) {
    for (const [phase, before] of Object.entries(phases)) {
      for (const [act, steps] of Object.entries(acts)) {
        scenarios[`${group}_${phase}_${act}`] = (t) => new Stage(t, withAct({ ...common, ...before }, steps)).play();
      }
    }
  }
  for (const { kinds, before = [], phases, acts, after = [] } of tables) {
    const chosen = picked(content.acts, acts);
    for (const [kind, make] of Object.entries(kinds)) {
      for (const [phase, steps] of Object.entries(picked(content.phases, phases))) {
        const script = { side: 'hand', make, steps: [...before, ...steps, ['act'], ['state'], ...after] };
        scenarios[`${kind}_${phase}`] = (t) => playAll(t, script, chosen);
      }
    }
  }
  return scenarios;
}

const picked = (steps, names) => Object.fromEntries(names.map((name) => [name, steps[name]]));

async function playAll(t, script, acts) {
  for (const [act, steps] of Object.entries(acts)) {
    t(`--- ${act}`);
    await new Stage(t, withAct(script, steps)).play();
  }
}

// A script in which each step ["act"] is replaced by the steps of the act.
function withAct(value, steps) {
  if (Array.isArray(value)) {
    return value.flatMap((item) => (Array.isArray(item) && item[0] === 'act' ? steps : [withAct(item, steps)]));
  }
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withAct(item, steps)]));
}

// A raw end of a connection, which reads only when it is told to.
class Peer {
  constructor(socket) {
    this.socket = socket.on('error', () => {});
    this.text = '';
    this.over = false;
    this.changed = () => {};
    for (const event of ['end', 'close']) socket.on(event, () => { this.over = true; this.changed(); });
  }

  static async connect(port) {
    const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true }).pause();
    await once(socket, 'connect');
    return new Peer(socket);
  }

  send(text) { this.socket.write(Buffer.from(text, 'latin1')); }
  finish() { this.socket.end(); }
  reset() { this.socket.resetAndDestroy(); }
  destroy() { this.socket.destroy(); }

  async until(condition) {
    if (!this.socket.listenerCount('data')) this.socket.on('data', (data) => { this.text += data.toString('latin1'); this.changed(); });
    this.socket.resume();
    while (!this.over && !condition()) await new Promise((resolve) => { this.changed = resolve; });
  }

  // Read until the text is there; without one, until the end.
  read(text) { return this.until(() => text !== undefined && this.text.includes(text)); }
}

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
  for (const name of ['setTimeout', 'setNoDelay', 'setKeepAlive']) socket[name] = (...args) => { stage.write(`socket.${name}`, ...args.filter((arg) => typeof arg !== 'function')); };
  return socket;
}

// The steps that are no calls of methods.
const VERBS = {
  later: (stage, ...steps) => { setImmediate(() => stage.perform(steps)); },
  tick: (stage, ...steps) => { process.nextTick(() => stage.perform(steps)); },
  get: (stage, ...paths) => stage.write(paths.join(' '), ...paths.map((path) => stage.property(path))),
  state: (stage, name = 'msg') => stage.state(name),
  set: (stage, name, property, value) => { stage.things[name][property] = stage.value(value); },
  counts: (stage, name, ...names) => stage.write(`${name} listeners`, ...names.map((event) => stage.things[name].listenerCount(event))),
  listen: (stage, name, event) => stage.listen(name, stage.things[name], event),
  request: (stage, options) => stage.request(stage.value(options)),
  source: (stage) => stage.add('source', new Readable({ read() {} })),
  sink: (stage) => stage.add('sink', new Writable({ write(chunk, encoding, callback) { stage.happened('sink chunk', [chunk]); callback(); } })),
  pipeline: (stage, label, ...names) => {
    try {
      pipeline(...names.map((name) => stage.things[name]), (error) => stage.happened(label, [error]));
    } catch (error) {
      stage.write(`${label} throws`, error);
    }
  },
  finished: (stage, label, name, options = {}) => { finished(stage.things[name], options, (error) => stage.happened(label, [error])); },
  iterate: (stage, name, count, options) => { stage.iterate(name, count, options); },
  reader: (stage, name) => { stage.things.reader = Readable.toWeb(stage.things[name], { strategy: { highWaterMark: 0 } }).getReader(); },
  writer: (stage, name) => { stage.things.writer = Writable.toWeb(stage.things[name]).getWriter(); },
  web: (stage, label, path, ...args) => {
    const [name, method] = path.split('.');
    stage.settle(label, stage.things[name][method](...args.map((arg) => stage.value(arg))));
  },
};

class Stage {
  constructor(t, script) {
    this.t = t;
    this.script = { on: {}, deaf: [], steps: [], ...script };
    this.names = new Map();
    this.things = {};
    this.counts = {};
    this.waited = {};
    this.changed = () => {};
    this.peers = 0;
    this.closers = [];
  }

  write(label, ...values) { if (!this.over) this.t(masked(label + values.map((value) => ' ' + this.shown(value)).join(''))); }

  shown(value) { return this.names.get(value) ?? show(value); }

  // --- the cast ---

  // Give a thing a name, and write down its events.
  add(kind, thing) {
    if (this.names.has(thing)) return;
    let name = kind;
    for (let number = 2; name in this.things; number++) name = kind + number;
    this.things[name] = this.things[`last_${kind}`] = thing;
    this.names.set(thing, name);
    const own = Object.keys(this.script.on).filter((key) => key.split(' ')[0] === name).map((key) => key.split(' ')[1]);
    const listened = EVENTS[this.script.side][kind] ?? [];
    for (const event of new Set([...listened, ...own])) {
      if (!this.script.deaf.includes(`${name} ${event}`)) this.listen(name, thing, event);
    }
  }

  listen(name, thing, event) {
    const steps = this.script.on[`${name} ${event}`] ?? [];
    const happen = (args) => {
      this.join(event, args);
      this.happened(`${name} ${event}`, args);
    };
    if (steps[0]?.[0] === 'async') {
      thing.on(event, async (...args) => { happen(args); this.perform(steps.slice(1)); });
    } else {
      thing.on(event, (...args) => { happen(args); this.perform(steps); });
    }
  }

  // Those that an event brings on stage.
  join(event, args) {
    for (const [index, kind] of (EVENTS.joining[event] ?? []).entries()) {
      if (kind[this.script.side] && args[index] instanceof EventEmitter) this.add(kind[this.script.side], args[index]);
    }
  }

  happened(label, args) {
    const shown = args.filter((arg) => arg !== undefined && arg !== null);
    this.write(label, ...(/ (free|unpipe)$/.test(label) ? shown.slice(0, 1) : shown)); // the rest is of no interest
    this.count(label);
  }

  count(label) {
    this.counts[label] = (this.counts[label] ?? 0) + 1;
    this.changed();
  }

  // --- steps ---

  async play() {
    events.captureRejections = this.script.captures ?? false;
    process.on('uncaughtException', () => this.count('uncaught')); // it is the worker that writes it down
    await this[this.script.side]();
    for (const step of this.script.steps) await this.step(step);
    await rounds(this.script.side === 'hand' ? 1 : 8);
    events.captureRejections = false;
    this.over = true;
    await this.clear();
  }

  async clear() {
    for (const thing of Object.values(this.things)) if (thing instanceof Peer || thing instanceof Duplex) thing.destroy();
    for (const thing of Object.values(this.things)) if (thing instanceof http.Agent || thing instanceof http.ClientRequest) thing.destroy();
    for (const close of this.closers) await close();
  }

  async step([verb, ...args]) {
    if (verb === 'until') await this.until(...args);
    else if (verb === 'rounds') await rounds(...args);
    else if (verb === 'accept') await this.accept();
    else if (verb === 'connect') await this.connect();
    else if (verb.startsWith('peer')) await this.peer(verb, args);
    else this.perform([[verb, ...args]]);
  }

  async peer(verb, args) {
    const [name, method] = verb.split('.');
    if (method === 'text') this.write(`${name}.text`, this.things[name].text);
    else await this.things[name][method](...args.map((arg) => this.value(arg)));
  }

  // Wait until an event has happened once more than was waited for, and let what follows from it happen.
  async until(label) {
    const count = this.waited[label] = (this.waited[label] ?? 0) + 1;
    while ((this.counts[label] ?? 0) < count) await new Promise((resolve) => { this.changed = resolve; });
    await rounds(4);
  }

  // The steps that do not wait.
  perform(steps) {
    for (const [verb, ...args] of steps) {
      if (verb === 'throw') throw new Error(args[0]);
      if (Object.hasOwn(VERBS, verb)) VERBS[verb](this, ...args);
      else this.call(verb, args);
    }
  }

  // Read with a loop that is left after some chunks.
  async iterate(name, count, options) {
    const thing = this.things[name];
    try {
      for await (const chunk of options ? thing.iterator(options) : thing) {
        this.happened(`${name} chunk`, [chunk]);
        if (--count === 0) break;
      }
      this.happened(`${name} left`, []);
    } catch (error) {
      this.happened(`${name} loop failed`, [error]);
    }
  }

  // What a promise comes to.
  async settle(label, promise) {
    try {
      const result = await promise;
      this.happened(label, result === undefined ? [] : [result.value, result.done]);
    } catch (error) {
      this.happened(`${label} rejected`, [error]);
    }
  }

  // Every property that says how a message stands.
  state(name) {
    const properties = EVENTS[this.things[name] instanceof http.IncomingMessage ? 'received' : 'sent'];
    this.write(`${name} ${properties.map((key) => `${key}=${this.shown(this.property(`${name}.${key}`))}`).join(' ')}`);
  }

  property(path) {
    const [name, ...keys] = path.split('.');
    return keys.reduce((thing, key) => thing?.[key], this.things[name]);
  }

  call(path, args) {
    const parts = path.split('.');
    const method = parts.pop();
    const thing = this.property(parts.join('.'));
    try {
      this.write(path, thing[method](...args.map((arg) => this.value(arg))));
    } catch (error) {
      this.write(`${path} throws`, error);
    }
  }

  // An argument that JSON cannot hold: {"$error": message} and the like.
  value(given) {
    if (given === null || typeof given !== 'object') return given;
    if (Array.isArray(given)) return given.map((item) => this.value(item));
    if ('$error' in given) return new Error(given.$error);
    if ('$callback' in given) return (...args) => this.happened(given.$callback, args);
    if ('$bytes' in given) return Buffer.from(given.$bytes, 'latin1');
    if ('$times' in given) return given.$times[1].repeat(given.$times[0]);
    if ('$joined' in given) return given.$joined.map((part) => this.value(part)).join('');
    if ('$thing' in given) return this.things[given.$thing];
    if ('$signal' in given) return this.controller(given.$signal).signal;
    if ('$agent' in given) return this.agent(given.$agent);
    if ('$map' in given) return new Map(Object.entries(given.$map));
    if ('$returning' in given) return () => given.$returning;
    if ('$failing' in given) return () => { throw new Error(given.$failing); };
    if ('$lookup' in given) return (host, options, callback) => setImmediate(callback, new Error(given.$lookup));
    return Object.fromEntries(Object.entries(given).map(([key, item]) => [key, this.value(item)]));
  }

  controller(name) {
    this.things[name] ??= new AbortController();
    return this.things[name];
  }

  agent(options) {
    if (!this.things.agent) this.add('agent', new http.Agent(this.value(options)));
    return this.things.agent;
  }

  // --- a message made by hand, on a socket that is none ---

  async hand() {
    await rounds(1);
    const { kind, options = {}, full = false } = this.script.make;
    const socket = handSocket(this, full);
    this.add('socket', socket);
    if (kind === 'request') this.add('msg', http.request({ method: 'POST', ...this.value(options), createConnection: () => socket }));
    else if (kind === 'response') this.add('msg', new http.ServerResponse({ method: 'GET', httpVersionMajor: 1, httpVersionMinor: 1, headers: {}, ...options }));
    else this.add('msg', new http.OutgoingMessage());
    this.things.msg.sendDate = false;
  }

  // --- a server of ours, and raw clients ---

  async server() {
    const server = http.createServer(this.value(this.script.options ?? {}));
    this.add('server', server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.port = server.address().port;
    this.closers.push(() => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); }));
    if (!this.script.alone) await this.connect();
  }

  async connect() {
    this.add('peer', await Peer.connect(this.port));
    this.peers++;
    const label = `server connection`;
    while ((this.counts[label] ?? 0) < this.peers) await new Promise((resolve) => { this.changed = resolve; });
    await rounds();
  }

  // --- a client of ours, and a raw server ---

  async client() {
    const listener = net.createServer({ allowHalfOpen: true, pauseOnConnect: true });
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    this.port = listener.address().port;
    this.accepted = [];
    listener.on('connection', (socket) => { this.accepted.push(socket); this.changed(); });
    this.closers.push(() => listener.close());
  }

  async accept() {
    while (!this.accepted.length) await new Promise((resolve) => { this.changed = resolve; });
    this.add('peer', new Peer(this.accepted.shift()));
    await rounds();
  }

  request(options) {
    this.add('req', http.request({ host: '127.0.0.1', port: this.port, ...options }));
  }
}
