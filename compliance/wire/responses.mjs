// The interpreter of the family `responses` in Node. The twin of _response_interpreter.py; what a case consists of is
// told in _responses.py.

import http from 'node:http';
import { serve } from '../programs/serve.mjs';
import { show } from '../trace.mjs';
import { WIRES } from './response_wires.mjs';
import { after } from './transport.mjs';

const PATIENCE = 12; // rounds to wait for a request's socket

const AGENTS = {
  none: () => null,
  close: () => new http.Agent(),
  keep: () => new http.Agent({ keepAlive: true }),
  one: () => new http.Agent({ keepAlive: true, maxSockets: 1 }),
  one_close: () => new http.Agent({ maxSockets: 1 }),
};

const REQUEST_STATE = ['destroyed', 'writableEnded', 'writableFinished', 'aborted', 'reusedSocket', 'shouldKeepAlive'];
const RESPONSE_STATE = ['complete', 'aborted', 'readableEnded', 'readableLength', 'destroyed', 'errored'];

function state(object, names) {
  return names.map((name) => `${name}=${show(object[name])}`).join(' ');
}

// Names and values. A name that is a number comes first in JavaScript, whatever the order was.
const flat = (fields) => Object.keys(fields).sort().flatMap((name) => [name, fields[name]]);

const count = (table) => Object.values(table).reduce((sum, list) => sum + list.length, 0);

class Interpreter {
  constructor(program, t) {
    this.program = program;
    this.t = t;
    this.requests = [];
    this.sockets = []; // of the requests
    this.wires = [];
    this.agent = this.makeAgent();
    this.pace = 1;
  }

  makeAgent() {
    const agent = AGENTS[this.program.agent]();
    if (agent) {
      agent.createConnection = () => this.connect();
      agent.prependListener('free', (socket) => this.t('agent free', this.nameOf(socket)));
    }
    return agent;
  }

  connect() {
    const wire = new WIRES[this.program.transport]();
    this.pace = wire.pace;
    this.wires.push(wire);
    return wire.socket;
  }

  nameOf(socket) { return this.wires.findIndex((wire) => wire.socket === socket); }

  run(script = this.script()) {
    const { done, value } = script.next();
    if (!done) after(value, () => this.run(script));
  }

  *script() {
    const { requests, together } = this.program;
    if (together) requests.forEach((given, number) => this.make(number, given));
    for (const [number, given] of requests.entries()) {
      if (!together) this.make(number, given);
      yield* this.answer(number, given.answer);
    }
    this.tell('open');
    for (const wire of this.wires) {
      if (wire.isOpen) wire.finish();
      yield 2 * this.pace;
    }
    this.tell('over');
    for (const wire of this.wires) wire.socket.destroy();
    yield 2 * this.pace;
    for (const [name, wire] of this.wires.entries()) this.t(`connection ${name} got`, wire.sent);
  }

  // --- a request ---

  make(number, { method, headers, options, body, ended, hears, reads }) {
    const { t, agent } = this;
    const from = agent ? { agent } : { createConnection: () => this.connect() };
    const req = t.call(`${number} request`, () => this.requested(number, { host: 'h', method, headers, ...options, ...from }));
    if (!req) return;
    req.on('socket', (socket) => {
      this.sockets[number] = socket;
      t(`${number}.socket`, this.nameOf(socket), req.reusedSocket);
    });
    t.on(req, `${number}.`, 'finish', 'abort', 'timeout');
    req.on('close', () => t(`${number}.close`));
    req.on('error', (error) => t(`${number}.error`, error, error.reason, error.bytesParsed));
    if (hears.includes('continue')) req.on('continue', () => t(`${number}.continue`));
    if (hears.includes('information')) {
      req.on('information', (info) => t(`${number}.information`, ...this.head(info), flat(info.headers)));
    }
    if (hears.includes('response')) req.on('response', (res) => this.respond(number, res, reads, hears.includes('res error')));
    for (const event of ['upgrade', 'connect']) {
      if (hears.includes(event)) req.on(event, (res, socket, head) => this.upgrade(number, event, res, socket, head));
    }
    if (body !== null) t.call(`${number} write`, () => req.write(body));
    if (ended) t.call(`${number} end`, () => { req.end(); });
  }

  requested(number, options) {
    this.requests[number] = http.request(options);
    return this.requests[number];
  }

  head({ statusCode, statusMessage, httpVersion, httpVersionMajor, httpVersionMinor, rawHeaders }) {
    return [statusCode, statusMessage, httpVersion, httpVersionMajor, httpVersionMinor, rawHeaders];
  }

  respond(number, res, reads, hearsError) {
    const { t } = this;
    const label = `${number}.res `;
    t(`${number}.response`, ...this.head(res));
    t(`${label}headers`, flat(res.headers), res.upgrade);
    if (reads === 'resume') res.resume();
    if (['data', 'pause', 'destroy'].includes(reads)) res.on('data', (chunk) => this.data(label, res, reads, chunk));
    if (reads === 'readable') {
      res.on('readable', () => {
        for (let chunk; (chunk = res.read()) !== null;) t(`${label}data`, chunk);
      });
    }
    t.on(res, label, 'aborted', 'timeout');
    if (hearsError) t.on(res, label, 'error');
    res.on('end', () => t(`${label}end`, res.complete, res.rawTrailers, flat(res.trailers)));
    res.on('close', () => t(`${label}close`, res.complete, res.aborted));
  }

  data(label, res, reads, chunk) {
    this.t(`${label}data`, chunk);
    if (reads === 'destroy') res.destroy();
    if (reads === 'pause' && !res.wasPaused) {
      res.wasPaused = true;
      res.pause();
      after(this.pace, () => res.resume());
    }
  }

  upgrade(number, event, res, socket, head) {
    const { t } = this;
    t(`${number}.${event}`, ...this.head(res), this.nameOf(socket), head);
    t(`${number}.res upgrade`, res.upgrade, res.complete);
    t.on(socket, `${number}.socket `, 'data', 'end', 'close');
  }

  // --- its answer ---

  *answer(number, steps) {
    const req = this.requests[number];
    for (let waited = 0; waited < PATIENCE && req && !this.wireOf(number)?.isOpen && !req.destroyed; waited++) yield 1;
    yield this.pace;
    const wire = this.wireOf(number);
    if (!wire?.isOpen) {
      this.t(`${number} has no socket`);
      return;
    }
    for (const [name, ...args] of steps) {
      this.t(`-- ${number} ${name}`, ...args);
      this[`do_${name.replace(' ', '_')}`](wire, req, ...args);
      yield this.pace;
    }
  }

  wireOf(number) { return this.wires[this.nameOf(this.sockets[number])]; }

  // What comes late spoils a connection of this library's, and is forgotten by Node.
  do_send(wire, req, text) { if (!req.res?.complete || req.res.upgrade) wire.send(text); }
  do_finish(wire) { wire.finish(); }
  do_reset(wire) { wire.reset(); }
  do_end(wire, req) { req.end(); }
  do_read(wire, req) { req.res?.resume(); }
  do_destroy(wire, req) { req.destroy(); }
  do_abort(wire, req) { req.abort(); }
  do_destroy_response(wire, req) { req.res?.destroy(); }

  // --- what is to be seen ---

  tell(when) {
    for (const [number, req] of this.requests.entries()) {
      if (!req) continue;
      this.t(`${when}: request ${number} ${state(req, REQUEST_STATE)}`);
      if (req.res) this.t(`${when}: response ${number} ${state(req.res, RESPONSE_STATE)}`);
    }
    for (const [name, { socket, ended }] of this.wires.entries()) {
      this.t(`${when}: connection ${name}`, ended, socket.destroyed);
    }
    if (this.agent) {
      const { requests, sockets, freeSockets, totalSocketCount } = this.agent;
      this.t(`${when}: agent`, count(requests), count(sockets), count(freeSockets), totalSocketCount);
    }
  }
}

serve((program, trace) => new Interpreter(program, trace).run());
