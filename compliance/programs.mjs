// Runs programs in Node: standard input gives one as a line of JSON, standard output gets its trace as one.
// The twin of _interpreter.py; what a program consists of is told in _programs.py.

import { readSync, writeSync } from 'node:fs';
import { Duplex, Readable, Transform, Writable, finished, pipeline } from 'node:stream';
import { createTrace, show } from './trace.mjs';

const LATER = { sync: (f) => f(), tick: (f) => process.nextTick(f), immediate: (f) => setImmediate(f) };
const R_STATE = ['readable', 'readableFlowing', 'readableLength', 'readableEnded', 'destroyed', 'errored'];
const W_STATE = ['writable', 'writableLength', 'writableNeedDrain', 'writableCorked', 'writableEnded',
  'writableFinished', 'destroyed', 'errored'];

function decode([kind, value]) {
  if (kind === 'bytes') return Buffer.from(value, 'hex');
  return kind === 'null' ? null : value;
}

class Interpreter {
  constructor(program, t) {
    this.program = program;
    this.t = t;
    this.counts = {};
    this.listeners = {};
    this.build();
  }

  build() {
    const { kind, readable, writable } = this.program;
    if (kind === 'transform' || kind === 'duplex') {
      const options = kind === 'transform' ?
        this.transformOptions(writable) : { ...this.readableOptions(readable), ...this.writableOptions(writable) };
      this.r = this.w = kind === 'transform' ? new Transform(options) : new Duplex(options);
      this.watch(this.r, '', [...R_STATE, ...W_STATE.slice(0, 6)]);
      return;
    }
    if (readable) {
      this.r = new Readable(this.readableOptions(readable));
      this.watch(this.r, 'r.', R_STATE);
    }
    if (writable) {
      this.w = new Writable(this.writableOptions(writable));
      this.watch(this.w, 'w.', W_STATE);
    }
    if (this.program.via) {
      this.via = new Transform(this.transformOptions(this.program.via));
      this.watch(this.via, 't.', [...R_STATE, ...W_STATE.slice(0, 6)]);
    }
  }

  watch(stream, prefix, names) {
    const state = () => names.map((name) => show(stream[name])).join(',');
    for (const name of ['pause', 'resume', 'end', 'pipe', 'unpipe', 'drain', 'prefinish', 'finish', 'error', 'close']) {
      stream.on(name, (value) => this.happened(prefix + name, value, state));
    }
    (this.states ??= []).push(() => `${prefix}${state()}`);
  }

  happened(name, value, state) {
    this.t(`${name}${value === undefined ? '' : ' ' + show(value)} <${state()}>`);
    const count = this.counts[name] = (this.counts[name] ?? 0) + 1;
    for (const [event, nth, step] of this.program.reactions) {
      if (event === name && nth === count) this.step(step);
    }
  }

  // --- hooks ---

  settle([when, what], label, callback, value) {
    if (what === 'never') return;
    LATER[when](() => {
      if (what === 'throw') throw new Error(`thrown by ${label}`);
      if (what === 'error') callback(new Error(`error of ${label}`));
      else callback(null, value);
      if (what === 'twice') callback(null, value);
    });
  }

  next(list) {
    return list.length ? list.shift() : ['sync', 'ok'];
  }

  lifeHooks(side) {
    const hooks = { ...side.options };
    if (side.construct) hooks.construct = (callback) => this.settle(side.construct, 'construct', callback);
    if (side.destroy) {
      hooks.destroy = (error, callback) => {
        this.t('_destroy', error);
        this.settle(side.destroy, 'destroy', (failure) => callback(failure ?? error));
      };
    }
    return hooks;
  }

  readableOptions(side) {
    const self = this;
    return {
      ...this.lifeHooks(side),
      read(size) {
        self.t('_read', size);
        const [when, pushes] = side.reads.length ? side.reads.shift() : ['sync', side.ends ? [['null']] : []];
        if (pushes.length) LATER[when](() => self.pushAll(this, pushes));
      },
    };
  }

  pushAll(stream, pushes) {
    for (const chunk of pushes) {
      if (chunk[0] === 'throw') throw new Error('thrown by read');
      if (chunk[0] === 'destroy') stream.destroy(new Error('error of read'));
      else this.t('push', decode(chunk), stream.push(decode(chunk)));
    }
  }

  writableOptions(side) {
    const hooks = this.lifeHooks(side);
    hooks.write = (chunk, encoding, callback) => {
      this.t('_write', chunk, ...(side.options.objectMode ? [] : [encoding]));
      this.settle(this.next(side.writes), 'write', callback);
    };
    if (side.writev) {
      hooks.writev = (chunks, callback) => {
        this.t('_writev', chunks.map(({ chunk, encoding }) =>
          side.options.objectMode ? [chunk] : [chunk, encoding]));
        this.settle(this.next(side.writes), 'writev', callback);
      };
    }
    if (side.final) {
      hooks.final = (callback) => { this.t('_final'); this.settle(side.final, 'final', callback); };
    }
    return hooks;
  }

  transformOptions(side) {
    const self = this;
    const transformed = (stream, [outcome, pushes, value], label, callback) => {
      for (const chunk of pushes) self.t('push', decode(chunk), stream.push(decode(chunk)));
      self.settle(outcome, label, callback, value ? decode(value) : undefined);
    };
    const hooks = {
      ...this.lifeHooks(side),
      transform(chunk, encoding, callback) {
        self.t('_transform', chunk, ...(side.options.objectMode ? [] : [encoding]));
        const todo = side.transforms.length ? side.transforms.shift() : [['sync', 'ok'], [], null];
        transformed(this, todo, 'transform', callback);
      },
    };
    if (side.flush) {
      hooks.flush = function flush(callback) { self.t('_flush'); transformed(this, side.flush, 'flush', callback); };
    }
    return hooks;
  }

  // --- steps ---

  run(steps) {
    if (!steps.length) return;
    const [[gap, step], ...rest] = steps;
    this.step(step);
    this.t(`state ${this.states.map((state) => state()).join(' ')}`);
    LATER[gap](() => this.run(rest));
  }

  step([op, ...args]) {
    this.t.call(op, () => {
      const result = this[`op_${op}`](...args);
      return result === this.r || result === this.w || result === this.via ? undefined : result;
    });
  }

  listen(name, listener) {
    (this.listeners[name] ??= []).push(listener);
    this.r.on(name, listener);
  }

  unlisten(name) {
    const listener = this.listeners[name]?.pop();
    if (listener) this.r.off(name, listener);
  }

  op_push(chunk) { return this.r.push(decode(chunk)); }
  op_unshift(chunk) { return this.r.unshift(decode(chunk)); }
  op_read(size) { return size === null ? this.r.read() : this.r.read(size); }
  op_on_data() { this.listen('data', (chunk) => this.happened('data', chunk, () => show(this.r.readableLength))); }
  op_off_data() { this.unlisten('data'); }
  op_on_readable() {
    this.listen('readable', () => this.happened('readable', undefined, () => show(this.r.readableLength)));
  }
  op_on_readable_reading(size) {
    this.listen('readable', () => {
      this.happened('readable', undefined, () => show(this.r.readableLength));
      for (let chunk; (chunk = size === null ? this.r.read() : this.r.read(size)) !== null;) this.t('got', chunk);
    });
  }
  op_off_readable() { this.unlisten('readable'); }
  op_remove_all(name) { this.r.removeAllListeners(name); }
  op_pause() { return this.r.pause(); }
  op_resume() { return this.r.resume(); }
  op_is_paused() { return this.r.isPaused(); }
  op_pipe(end) { return this.r.pipe(this.via ?? this.w, { end }); }
  op_pipe_via(end) { return this.via.pipe(this.w, { end }); }
  op_unpipe(which) { return which ? this.r.unpipe(this.via ?? this.w) : this.r.unpipe(); }
  op_set_encoding(encoding) { return this.r.setEncoding(encoding); }
  op_destroy_r(error) { return this.r.destroy(error ? new Error(error) : undefined); }
  op_destroy_w(error) { return this.w.destroy(error ? new Error(error) : undefined); }
  op_destroy_via(error) { return this.via.destroy(error ? new Error(error) : undefined); }
  op_write(chunk, label) { return this.w.write(decode(chunk), this.t.callback(label)); }
  op_end(chunk, label) {
    const callback = label ? [this.t.callback(label)] : [];
    return chunk ? this.w.end(decode(chunk), ...callback) : this.w.end(...callback);
  }
  op_cork() { this.w.cork(); }
  op_uncork() { this.w.uncork(); }
  op_finished_r(options) { finished(this.r, options, this.t.callback('finished r')); }
  op_finished_w(options) { finished(this.w, options, this.t.callback('finished w')); }
  op_pipeline() {
    pipeline([this.r, this.via, this.w].filter(Boolean), this.t.callback('pipeline'));
  }
  op_nothing() {}
}

// --- one program after the other ---

let buffered = '';

function nextLine() {
  const piece = Buffer.alloc(65536);
  while (!buffered.includes('\n')) {
    const size = readSync(0, piece);
    if (size === 0) return null;
    buffered += piece.toString('latin1', 0, size);
  }
  const at = buffered.indexOf('\n');
  const line = buffered.slice(0, at);
  buffered = buffered.slice(at + 1);
  return line;
}

let lines = null;
let trace = null;

process.on('uncaughtException', (error) => trace('uncaught', error));

process.on('beforeExit', () => {
  if (lines) {
    trace.close();
    writeSync(1, JSON.stringify(lines) + '\n');
  }
  const line = nextLine();
  if (line === null) process.exit(0);
  const mine = lines = [];
  trace = createTrace((text) => mine.push(text));
  setImmediate(() => {
    const program = JSON.parse(line);
    const interpreter = new Interpreter(program, trace);
    interpreter.run(program.steps);
  });
});
