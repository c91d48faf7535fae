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
  fifo: () => new http.Agent({ keepAlive: true, scheduling: 'fifo', maxFreeSockets: 1 }),
};

const REQUEST_STATE = ['destroyed', 'writableEnded', 'writableFinished', 'aborted', 'reusedSocket', 'shouldKeepAlive'];
const RESPONSE_STATE = ['complete', 'aborted', 'readableEnded', 'readableLength', 'readableFlowing', 'destroyed', 'errored'];

function state(object, names) {
  return names.map((name) => `${name}=${show(object[name])}`).join(' ');
}

// Names and values. A name that is a number comes first in JavaScript, whatever the order was.
const flat = (fields) => Object.keys(fields).sort().flatMap((name) => [name, fields[name]]);

const count = (table) => Object.values(table).reduce((sum, list) => sum + list.length, 0);

function head({ statusCode, statusMessage, httpVersion, httpVersionMajor, httpVersionMinor, rawHeaders }) {
  return [statusCode, statusMessage, httpVersion, httpVersionMajor, httpVersionMinor, rawHeaders];
}

class Interpreter {
  constructor(program, t) {
    this.program = program;
    this.t = t;
    this.made = 0;
    this.requests = [];
    this.sockets = []; // of the requests
    this.wires = [];
    this.reacted = new Set();
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
    const wire = new WIRES[this.program.transport](this.program);
    this.pace = wire.pace;
    this.wires.push(wire);
    if (this.program.early !== null) wire.send(this.program.early);
    return wire.socket;
  }

  nameOf(socket) { return this.wires.findIndex((wire) => wire.socket === socket); }

  run(script = this.script()) {
    const { done, value } = script.next();
    if (!done) after(value, () => this.run(script));
  }

  *script() {
    const { requests, together } = this.program;
    for (const [number, { answer }] of requests.entries()) {
      while (this.made < requests.length && (together || this.made <= number)) this.do_next();
      yield* this.answer(number, answer);
    }
    this.look('open');
    for (const wire of this.wires) {
      if (wire.isOpen) wire.finish();
      yield 2 * this.pace;
    }
    this.look('over');
    for (const wire of this.wires) {
      wire.socket.destroy();
      yield 2 * this.pace;
    }
    for (const [name, wire] of this.wires.entries()) {
      this.t(`connection ${name} got`, wire.sent);
      wire.close();
    }
  }

  // --- a request ---

  make(number) {
    const { t, agent } = this;
    const { method, headers, options, body, ended } = this.program.requests[number];
    const from = agent ? { agent } : { createConnection: () => this.connect() };
    const req = t.call(`${number} request`, () => http.request({ host: 'h', method, headers, ...options, ...from }));
    if (!req) return;
    this.requests[number] = req;
    this.listen(number, req);
    if (body !== null) t.call(`${number} write`, () => req.write(body, t.callback(`${number} written`)));
    if (ended) this.do_end(number);
  }

  // Write down an event of a request or of its response, and do what is to be done then.
  tell(number, event, ...values) {
    this.t(`${number}.${event}`, ...values);
    for (const [when, operation] of this.program.requests[number].reactions) {
      const key = `${number}.${when}.${operation}`;
      if (when !== event || this.reacted.has(key)) continue;
      this.reacted.add(key);
      this.t(`-> ${number} ${operation}`);
      this.operate(number, operation);
    }
  }

  listen(number, req) {
    const { hears } = this.program.requests[number];
    const on = (event, f) => req.on(event, f);
    const onHeard = (event, f) => { if (hears.includes(event)) req.on(event, f); };
    on('socket', (socket) => {
      this.sockets[number] = socket;
      this.tell(number, 'socket', this.nameOf(socket), req.reusedSocket);
    });
    for (const event of ['prefinish', 'finish', 'abort', 'timeout', 'drain', 'close']) on(event, () => this.tell(number, event));
    on('error', (error) => this.tell(number, 'error', error, error.reason, error.bytesParsed));
    onHeard('continue', () => this.tell(number, 'continue'));
    onHeard('information', (info) => this.tell(number, 'information', ...head(info), flat(info.headers)));
    onHeard('response', (res) => this.respond(number, res));
    for (const event of ['upgrade', 'connect']) {
      onHeard(event, (res, socket, rest) => this.takeOver(number, event, res, socket, rest));
    }
  }

  respond(number, res) {
    const { reads, hears } = this.program.requests[number];
    const on = (event, f) => res.on(event, f);
    if (reads === 'resume') res.resume();
    if (reads === 'text') res.setEncoding('utf8');
    if (reads === 'later') after(1, () => this.read(number, res));
    if (['data', 'text', 'pause', 'destroy'].includes(reads)) this.read(number, res);
    if (reads === 'readable') on('readable', () => this.readAll(number, res));
    for (const event of ['aborted', 'timeout', 'pause', 'resume']) on(event, () => this.tell(number, `res ${event}`));
    if (hears.includes('res error')) on('error', (error) => this.tell(number, 'res error', error));
    on('end', () => this.tell(number, 'res end', res.complete, res.rawTrailers, flat(res.trailers)));
    on('close', () => this.tell(number, 'res close', res.complete, res.aborted));
    this.tell(number, 'response', ...head(res), flat(res.headers), res.upgrade);
  }

  read(number, res) { res.on('data', (chunk) => this.data(number, res, chunk)); }

  data(number, res, chunk) {
    const { reads } = this.program.requests[number];
    this.tell(number, 'res data', chunk);
    if (reads === 'destroy') res.destroy();
    if (reads === 'pause' && !res.wasPaused) {
      res.wasPaused = true;
      res.pause();
      after(1, () => res.resume());
    }
  }

  readAll(number, res) {
    for (let chunk; (chunk = res.read()) !== null;) this.tell(number, 'res data', chunk);
  }

  takeOver(number, event, res, socket, rest) {
    this.t.on(socket, `${number}.socket `, 'data', 'end', 'close');
    this.tell(number, event, ...head(res), this.nameOf(socket), rest, res.upgrade, res.complete);
  }

  // --- its answer ---

  *answer(number, steps) {
    for (let waited = 0; waited < PATIENCE && this.mayGetSocket(number); waited++) yield 1;
    yield this.pace;
    if (!this.openWireOf(number)) {
      this.t(`${number} has no socket`);
      return;
    }
    for (const [operation, ...args] of steps) {
      this.t(`-- ${number} ${operation}`, ...args);
      this.operate(number, operation, ...args);
      yield this.pace;
    }
  }

  mayGetSocket(number) {
    const req = this.requests[number];
    return req && !req.destroyed && !this.openWireOf(number);
  }

  openWireOf(number) {
    const wire = this.wires[this.nameOf(this.sockets[number])];
    return wire?.isOpen ? wire : undefined;
  }

  // --- operations ---

  operate(number, operation, ...args) { this[`do_${operation.replaceAll(' ', '_')}`](number, ...args); }

  // What comes late spoils a connection of this library's, and is forgotten by Node.
  do_send(number, text) {
    const { res } = this.requests[number];
    if (!res?.complete || res.upgrade) this.openWireOf(number).send(text);
  }

  do_finish(number) { this.openWireOf(number).finish(); }
  do_reset(number) { this.openWireOf(number).reset(); }
  do_write(number) { this.t(`${number} more`, this.requests[number].write('more', this.t.callback(`${number} written`))); }
  do_end(number) {
    this.requests[number].end(this.t.callback(`${number} ended`));
    this.t(`${number} end`);
  }

  do_read(number) { this.requests[number].res?.resume(); }
  do_destroy(number) { this.requests[number].destroy(); }
  do_fail(number) { this.requests[number].destroy(new Error('failed')); }
  do_abort(number) { this.requests[number].abort(); }
  do_destroy_response(number) { this.requests[number].res?.destroy(); }
  do_fail_response(number) { this.requests[number].res?.destroy(new Error('response failed')); }
  do_destroy_socket(number) { this.sockets[number]?.destroy(); }
  do_destroy_agent() { this.agent?.destroy(); }
  do_next() { if (this.made < this.program.requests.length) this.make(this.made++); }

  // --- what is to be seen ---

  look(when) {
    for (const [number, req] of this.requests.entries()) {
      if (!req) continue;
      this.t(`${when}: request ${number} ${state(req, REQUEST_STATE)}`);
      if (req.res) this.t(`${when}: response ${number} ${state(req.res, RESPONSE_STATE)}`, Boolean(req.res.socket));
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
