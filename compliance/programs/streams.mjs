// The interpreter of the family `streams` in Node. The twin of _stream_interpreter.py; what a program consists of is
// told in __init__.py.

import {
  Duplex, PassThrough, Readable, Transform, Writable, compose, finished, isDisturbed, isErrored, isReadable, isWritable,
  pipeline, promises,
} from 'node:stream';
import { EVENTS, STATE, show } from '../trace.mjs';
import { LATER, serve } from './serve.mjs';

const CLASSES = { Readable, Writable, Transform, Duplex, PassThrough };
const QUESTIONS = [isReadable, isWritable, isErrored, isDisturbed];

function decode([kind, value]) {
  if (kind === 'bytes') return Buffer.from(value, 'hex');
  return kind === 'null' ? null : value;
}

class Interpreter {
  constructor(program, t) {
    this.program = program;
    this.t = t;
    this.counts = {};
    this.streams = [];
    this.total = program.streams.length + program.composed.length;
    this.states = [];
    this.listeners = {};
    this.cleanUps = {};
    this.controllers = {};
    this.waits = false; // whether something async runs: only one thing may, for nobody should count microtasks
    program.streams.forEach((spec, number) => {
      this.add(new CLASSES[spec.type]({ ...spec.options, ...hooks(this, number, spec) }));
    });
    for (const parts of program.composed) this.add(compose(...parts.map((number) => this.streams[number])));
  }

  add(stream) {
    const number = this.streams.length;
    const names = STATE.filter((name) => name in stream);
    const state = () => [
      ...names.map((name) => show(stream[name])), ...QUESTIONS.map((ask) => show(ask(stream))),
    ].join(',');
    this.streams.push(stream);
    this.states.push(state);
    for (const event of EVENTS) {
      stream.on(event, (...values) => this.happened(`${number}.${event}`, values.slice(0, 1), state));
    }
  }

  signal(number) {
    return (this.controllers[number] ??= new AbortController()).signal;
  }

  // --- what is seen ---

  happened(label, values = [], state = () => '') {
    values = [...values];
    while (values.length && (values.at(-1) === undefined || values.at(-1) === null)) values.pop();
    this.t(`${label}${values.map((value) => ' ' + this.show(value)).join('')} <${state()}>`);
    const count = this.counts[label] = (this.counts[label] ?? 0) + 1;
    for (const [event, nth, operation] of this.program.reactions) {
      if (event === label && nth === count) this.operate(operation);
    }
  }

  show(value) {
    const number = this.streams.indexOf(value);
    return number < 0 ? show(value) : `stream ${number}`;
  }

  callback(label) {
    return (...values) => this.happened(label, values);
  }

  // --- steps ---

  run(steps) {
    if (!steps.length) {
      setImmediate(() => setImmediate(() => this.finish()));
      return;
    }
    const [[gap, operation], ...rest] = steps;
    this.operate(operation);
    LATER[gap](() => this.run(rest));
  }

  finish() {
    this.streams.forEach((stream, number) => {
      const counts = ['data', 'readable', 'drain', 'unpipe'].map((name) => `${name}=${stream.listenerCount(name)}`);
      this.t(`${number} listeners ${counts.join(' ')}`);
    });
  }

  operate([name, number, ...args]) {
    if (this.streams.length < this.total) return; // a stream that it may be about is being composed
    try {
      const result = this[`op_${name}`](this.streams[number], number, ...args);
      this.t(`${name} ${number} -> ${this.show(result)}`);
    } catch (error) {
      this.t(`${name} ${number} throws`, error);
    }
    this.t(`state ${this.states.map((state) => state()).join(' ')}`);
  }

  op_push(stream, number, chunk, ...encoding) { return stream.push(decode(chunk), ...encoding); }
  op_unshift(stream, number, chunk, ...encoding) { return stream.unshift(decode(chunk), ...encoding); }
  op_read(stream, number, size) { return size === null ? stream.read() : stream.read(size); }

  listen(stream, number, event, listener) {
    (this.listeners[`${number}.${event}`] ??= []).push(listener);
    return stream.on(event, listener);
  }

  unlisten(stream, number, event) {
    const listener = this.listeners[`${number}.${event}`]?.pop();
    return listener && stream.off(event, listener);
  }

  op_on_data(stream, number) {
    return this.listen(stream, number, 'data', (chunk) =>
      this.happened(`${number}.data`, [chunk], () => show(stream.readableLength)));
  }

  op_off_data(stream, number) { return this.unlisten(stream, number, 'data'); }

  op_on_readable(stream, number) {
    return this.listen(stream, number, 'readable', () =>
      this.happened(`${number}.readable`, [], () => show(stream.readableLength)));
  }

  op_on_readable_reading(stream, number, size) {
    return this.listen(stream, number, 'readable', () => {
      this.happened(`${number}.readable`, [], () => show(stream.readableLength));
      for (let chunk; (chunk = size === null ? stream.read() : stream.read(size)) !== null;) {
        this.happened(`${number}.got`, [chunk]);
      }
    });
  }

  op_off_readable(stream, number) { return this.unlisten(stream, number, 'readable'); }

  op_remove_all(stream, number, event) {
    delete this.listeners[`${number}.${event}`];
    return stream.removeAllListeners(event);
  }

  op_forward(stream, number, to) {
    const destination = this.streams[to];
    this.listen(stream, number, 'data', (chunk) => this.t('forwarded', destination.write(chunk)));
    return stream.on('end', () => this.t('forwarded end', destination.end() === destination));
  }

  op_pause(stream) { return stream.pause(); }
  op_resume(stream) { return stream.resume(); }
  op_is_paused(stream) { return stream.isPaused(); }
  op_pipe(stream, number, to, end) { return stream.pipe(this.streams[to], { end }); }
  op_unpipe(stream, number, to) { return to === null ? stream.unpipe() : stream.unpipe(this.streams[to]); }
  op_set_encoding(stream, number, encoding) { return stream.setEncoding(encoding); }

  op_write(stream, number, chunk, label, encoding) {
    return stream.write(decode(chunk), ...(encoding ? [encoding] : []), this.callback(`${number}.${label}`));
  }

  op_end(stream, number, chunk, label, encoding) {
    const callback = label ? [this.callback(`${number}.${label}`)] : [];
    if (chunk === null) return stream.end(...callback);
    return stream.end(decode(chunk), ...(encoding ? [encoding] : []), ...callback);
  }

  op_cork(stream) { return stream.cork(); }
  op_uncork(stream) { return stream.uncork(); }
  op_set_default_encoding(stream, number, encoding) { return stream.setDefaultEncoding(encoding); }
  op_destroy(stream, number, message) { return stream.destroy(message ? new Error(message) : undefined); }

  op_finished(stream, number, options, withSignal) {
    const signal = withSignal ? { signal: this.signal(number) } : {};
    const cleanUp = finished(stream, { ...options, ...signal }, this.callback(`${number}.finished`));
    (this.cleanUps[number] ??= []).push(cleanUp);
  }

  op_clean_up(stream, number) { this.cleanUps[number]?.pop()?.(); }
  op_abort(stream, number) { this.controllers[number]?.abort(); }

  op_pipeline(stream, number, parts, options, withSignal) {
    const streams = parts.map((part) => this.streams[part]);
    const callback = this.callback(`${number}.pipeline`);
    if (!withSignal && !('end' in options)) return pipeline(...streams, callback);
    if (this.waits) return 'busy';
    this.waits = true;
    const signal = withSignal ? { signal: this.signal(number) } : {};
    this.settled(`${number}.pipeline`, promises.pipeline(...streams, { ...options, ...signal }));
  }

  async settled(label, promise) {
    try {
      this.happened(`${label} resolves`, [await promise]);
    } catch (error) {
      this.happened(`${label} rejects`, [error]);
    }
    this.waits = false;
  }

  op_later(stream, number, when, operation) { LATER[when](() => this.operate(operation)); }

  op_iterate(stream, number, limit, destroyOnReturn) {
    if (this.waits) return 'busy';
    this.waits = true;
    this.iterate(stream.iterator({ destroyOnReturn }), `${number}.iterator`, limit);
  }

  async iterate(iterator, label, limit) {
    let count = 0;
    try {
      for await (const chunk of iterator) {
        this.happened(label, [chunk]);
        if (++count === limit) break;
      }
      this.happened(`${label} done`);
    } catch (error) {
      this.happened(`${label} fails`, [error]);
    }
    this.waits = false;
  }
}

// The hooks of one stream, which do as the program says, and its signal.
function hooks(interpreter, number, spec) {
  const note = (hook, ...values) => interpreter.happened(`${number}._${hook}`, values);
  const showsEncoding = !Object.keys(spec.options).some((option) => option.includes('bjectMode'));
  const shown = (chunk, encoding) => (showsEncoding ? [chunk, encoding] : [chunk]);
  const nextWrite = () => spec.writes.shift() ?? ['sync', 'ok'];

  function settle(hook, [when, what], callback, value) {
    if (what === 'never') return;
    LATER[when](() => {
      if (what === 'throw') throw new Error(`thrown by ${hook}`);
      if (what === 'error') callback(new Error(`error of ${hook}`));
      else callback(null, value);
      if (what === 'twice') callback(null, value);
    });
  }

  function push(stream, chunks) {
    for (const chunk of chunks) {
      if (chunk[0] === 'throw') throw new Error('thrown by read');
      if (chunk[0] === 'destroy') stream.destroy(new Error('error of read'));
      else interpreter.happened(`${number}.push`, [decode(chunk), stream.push(decode(chunk))]);
    }
  }

  function transformed(hook, stream, [outcome, pushes, value], callback) {
    push(stream, pushes);
    settle(hook, outcome, callback, value ? decode(value) : undefined);
  }

  const all = {
    construct(callback) {
      note('construct');
      settle('construct', spec.construct, callback);
    },
    destroy(error, callback) {
      note('destroy', error);
      settle('destroy', spec.destroy, (failure) => callback(failure ?? error));
    },
    final(callback) {
      note('final');
      settle('final', spec.final, callback);
    },
    read(size) {
      note('read', size);
      const [when, chunks] = spec.reads.shift() ?? ['sync', spec.ends ? [['null']] : []];
      if (chunks.length) LATER[when](() => push(this, chunks));
    },
    write(chunk, encoding, callback) {
      note('write', ...shown(chunk, encoding));
      settle('write', nextWrite(), callback);
    },
    writev(chunks, callback) {
      note('writev', chunks.map(({ chunk, encoding }) => shown(chunk, encoding)));
      settle('writev', nextWrite(), callback);
    },
    transform(chunk, encoding, callback) {
      note('transform', ...shown(chunk, encoding));
      transformed('transform', this, spec.transforms.shift() ?? [['sync', 'ok'], [], null], callback);
    },
    flush(callback) {
      note('flush');
      transformed('flush', this, spec.flush, callback);
    },
  };
  const always = { Readable: ['read'], Writable: ['write'], Duplex: ['read', 'write'], Transform: ['transform'] };
  const names = [
    ...['construct', 'destroy', 'final', 'flush', 'writev'].filter((name) => spec[name]), ...(always[spec.type] ?? []),
  ];
  const options = Object.fromEntries(names.map((name) => [name, all[name]]));
  if (spec.signal) options.signal = interpreter.signal(number);
  return options;
}

serve((program, trace) => new Interpreter(program, trace).run(program.steps));
