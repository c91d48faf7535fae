// The interpreter of the family `web` in Node. The twin of _web_interpreter.py; what a program consists of is told in
// _web.py.

import { Duplex, Readable, Transform, Writable } from 'node:stream';
import { ReadableStream, TransformStream, WritableStream } from 'node:stream/web';
import { show } from '../trace.mjs';
import { LATER, serve } from './serve.mjs';

const WHEN = { ...LATER, microtask: (f) => queueMicrotask(f) };
const SIZES = {
  length: (chunk) => (typeof chunk === 'string' || chunk instanceof Uint8Array ? chunk.length : 1),
  negative: () => -1,
  throws: () => { throw new Error('thrown by size'); },
};
const NODE_EVENTS = ['data', 'end', 'drain', 'finish', 'error', 'close'];

// Each chunk has memory of its own: a Buffer may share it, and cannot be transferred then.
function decode([kind, value]) {
  return kind === 'bytes' ? new Uint8Array(Buffer.from(value, 'hex')) : value;
}

function strategy({ mark, size }) {
  return { ...(mark === null ? {} : { highWaterMark: mark }), ...(size ? { size: SIZES[size] } : {}) };
}

// What a stream does not show otherwise.
function inside(stream) {
  return stream[Object.getOwnPropertySymbols(stream).find(({ description }) => description === 'kState')];
}

// A pipe to what takes no more chunks: see DIFFERENCES.md.
function isOver(destination) {
  const { state, closeRequest, inFlightCloseRequest } = inside(destination);
  return state !== 'writable' || Boolean(closeRequest.promise || inFlightCloseRequest.promise);
}

class Interpreter {
  constructor(program, t) {
    this.program = program;
    this.t = t;
    this.counts = {};
    this.readables = []; // each { stream, label, number }, as all that follow
    this.writables = [];
    this.transforms = [];
    this.nodes = [];
    this.readers = [];
    this.writers = [];
    this.iterators = [];
    this.controllers = { readable: [], writable: [], transform: [] };
    this.promises = 0;
    this.controller = new AbortController();
  }

  // --- what is seen ---

  happened(label, ...values) {
    this.t(label, ...values);
    const count = this.counts[label] = (this.counts[label] ?? 0) + 1;
    for (const [event, nth, operation] of this.program.reactions) {
      if (event === label && nth === count) this.operate(operation, `${label} does `);
    }
  }

  // What becomes of a promise: a label for it.
  watch(promise, label = `p${this.promises++}`) {
    promise.then((value) => this.happened(`${label}.resolves`, value), (error) => this.happened(`${label}.rejects`, error));
    return label;
  }

  watchResult(promise, label = `p${this.promises++}`) {
    promise.then(
      ({ value, done }) => this.happened(`${label}.resolves`, done, value),
      (error) => this.happened(`${label}.rejects`, error),
    );
    return label;
  }

  state() {
    const desired = ({ controller }) => (controller ? show(controller.desiredSize) : '-');
    const size = (writer) => {
      try {
        return show(writer.desiredSize);
      } catch {
        return '!';
      }
    };
    return [
      ...this.readables.map((each) => `${each.label}:${inside(each.stream).state},${each.stream.locked},${desired(each)}`),
      ...this.writables.map(({ stream, label }) => `${label}:${inside(stream).state},${stream.locked}`),
      ...this.writers.map(({ writer, label }) => `${label}:${size(writer)}`),
      ...this.nodes.map(({ stream, label }) => `${label}:${stream.destroyed},${stream.closed},${show(stream.errored)}`),
    ].join(' ');
  }

  // --- streams ---

  begin() {
    if (this.program.pipes) this.t('pipes', this.program.pipes);
    this.program.streams.forEach((spec, number) => {
      try {
        this[`make_${spec.kind}`](spec, number);
      } catch (error) {
        this.t(`${spec.kind} ${number} throws`, error);
      }
    });
    setImmediate(() => this.run(this.program.steps));
  }

  addReadable(stream, number, label = `r${this.readables.length}`) {
    const each = { stream, label, number, controller: null };
    this.readables.push(each);
    return each;
  }

  addWritable(stream, number) {
    this.writables.push({ stream, label: `w${this.writables.length}`, number });
  }

  make_readable(spec, number) {
    const hooks = new Hooks(this, `r${this.readables.length}`, spec);
    const source = hooks.some('start', 'pull', 'cancel');
    if (spec.type) source.type = spec.type;
    if (spec.allocate) source.autoAllocateChunkSize = spec.allocate;
    const stream = new ReadableStream(source, strategy(spec.strategy));
    this.addReadable(stream, number).controller = hooks.controller;
    this.controllers.readable.push(hooks);
  }

  make_writable(spec, number) {
    const hooks = new Hooks(this, `w${this.writables.length}`, spec);
    this.addWritable(new WritableStream(hooks.some('start', 'write', 'close', 'abort'), strategy(spec.strategy)), number);
    this.controllers.writable.push(hooks);
  }

  make_transform(spec, number) {
    const hooks = new Hooks(this, `t${this.transforms.length}`, spec);
    const stream = new TransformStream(
      hooks.some('start', 'transform', 'flush', 'cancel'), strategy(spec.strategy), strategy(spec.readableStrategy),
    );
    this.transforms.push({ stream, number, label: `t${this.transforms.length}` });
    this.addReadable(stream.readable, number).controller = hooks.controller;
    this.addWritable(stream.writable, number);
    this.controllers.transform.push(hooks);
  }

  make_from(spec, number) {
    this.addReadable(ReadableStream.from(spec.items.map(decode)), number);
  }

  // A stream of Node's as a web stream.
  make_node(spec, number) {
    const options = { highWaterMark: spec.mark, objectMode: spec.objects };
    const chunks = spec.chunks.map(decode);
    const outcomes = [...spec.outcomes];
    const label = `n${this.nodes.length}`;
    const fail = (outcome) => (outcome === 'error' ? new Error(`error of ${label}`) : null);
    const read = function() {
      const [when, outcome] = outcomes.shift() ?? ['sync', 'ok'];
      WHEN[when](() => {
        if (outcome === 'error') this.destroy(fail(outcome));
        else this.push(chunks.length ? chunks.shift() : null);
      });
    };
    const write = (chunk, encoding, callback) => {
      this.happened(`${label}.write`, chunk);
      const [when, outcome] = outcomes.shift() ?? ['sync', 'ok'];
      WHEN[when](() => callback(fail(outcome)));
    };
    const transform = (chunk, encoding, callback) => {
      const [when, outcome] = outcomes.shift() ?? ['sync', 'ok'];
      WHEN[when](() => callback(fail(outcome), chunk));
    };
    if (spec.type === 'Readable') {
      const stream = this.addNode(new Readable({ ...options, read }), ['end', 'error', 'close']);
      this.addReadable(Readable.toWeb(stream, spec.bytes ? { type: 'bytes' } : {}), number);
    } else if (spec.type === 'Writable') {
      const stream = this.addNode(new Writable({ ...options, write }));
      this.addWritable(Writable.toWeb(stream), number);
    } else {
      const stream = this.addNode(new Transform({ ...options, transform }), ['end', 'drain', 'finish', 'error', 'close']);
      const pair = Duplex.toWeb(stream);
      this.addReadable(pair.readable, number);
      this.addWritable(pair.writable, number);
    }
  }

  addNode(stream, events = NODE_EVENTS, kind = 'n') {
    const label = `${kind}${this.nodes.length}`;
    this.nodes.push({ stream, label });
    for (const event of events) stream.on(event, (...values) => this.happened(`${label}.${event}`, ...values));
    return stream;
  }

  // --- steps ---

  run(steps, gap = 'immediate') {
    if (gap === 'immediate') this.t(`state ${this.state()}`);
    if (!steps.length) return;
    const [[next, operation], ...rest] = steps;
    this.operate(operation);
    WHEN[next](() => this.run(rest, next));
  }

  operate([name, ...args], prefix = '') {
    try {
      const result = this[`op_${name}`](...args);
      this.t(`${prefix}${name} ->`, result);
    } catch (error) {
      this.t(`${prefix}${name} throws`, error);
    }
  }

  pick(list, number) { return list.length ? list[number % list.length] : null; }

  on(list, number, action) {
    const each = this.pick(list, number);
    return each ? action(each) : 'nothing';
  }

  op_get_reader(number, byob) {
    return this.on(this.readables, number, ({ stream, label }) => {
      const reader = stream.getReader(byob ? { mode: 'byob' } : undefined);
      this.readers.push({ reader, byob });
      return this.watch(reader.closed, `${label}.closed${this.readers.length - 1}`);
    });
  }

  op_read(number, size, min) {
    return this.on(this.readers, number, ({ reader, byob }) => this.watchResult(
      byob ? reader.read(new Uint8Array(size), min ? { min } : undefined) : reader.read(),
    ));
  }

  op_cancel_reader(number, reason) {
    return this.on(this.readers, number, ({ reader }) => this.watch(reader.cancel(reason)));
  }

  op_release_reader(number) { return this.on(this.readers, number, ({ reader }) => reader.releaseLock()); }

  op_closed(number) { return this.on(this.readers, number, ({ reader }) => this.watch(reader.closed)); }

  op_cancel(number, reason) {
    return this.on(this.readables, number, ({ stream }) => this.watch(stream.cancel(reason)));
  }

  op_tee(number) {
    return this.on(this.readables, number, (each) => {
      for (const branch of each.stream.tee()) this.addReadable(branch, each.number);
    });
  }

  options({ signal, ...options }) { return signal ? { ...options, signal: this.controller.signal } : options; }

  op_pipe_to(from, to, options) {
    return this.on(this.readables, from, (source) => this.on(this.writables, to, (destination) => {
      if (source.number >= destination.number) return 'backwards'; // chunks could go in a circle
      if (isOver(destination.stream)) return 'over';
      return this.watch(source.stream.pipeTo(destination.stream, this.options(options)));
    }));
  }

  op_pipe_through(from, through, options) {
    return this.on(this.readables, from, (source) => this.on(this.transforms, through, (transform) => {
      if (source.number >= transform.number) return 'backwards';
      if (isOver(transform.stream.writable)) return 'over';
      return source.stream.pipeThrough(transform.stream, this.options(options)) === transform.stream.readable;
    }));
  }

  op_values(number, preventCancel) {
    return this.on(this.readables, number, ({ stream }) => {
      this.iterators.push(stream.values({ preventCancel }));
    });
  }

  op_next(number) { return this.on(this.iterators, number, (iterator) => this.watchResult(iterator.next())); }

  op_return(number) {
    return this.on(this.iterators, number, (iterator) => this.watch(iterator.return().then(() => undefined)));
  }

  op_source(number, action) {
    return this.on(this.controllers.readable, number, (hooks) => hooks.act(action));
  }

  op_sink(number, message) {
    return this.on(this.controllers.writable, number, ({ controller }) => controller.error(new Error(message)));
  }

  op_transformer(number, action) {
    return this.on(this.controllers.transform, number, (hooks) => hooks.act(action));
  }

  op_get_writer(number) {
    return this.on(this.writables, number, ({ stream, label }) => {
      const entry = { writer: stream.getWriter(), label: `wr${this.writers.length}`, isOver: false };
      const { writer } = entry;
      writer.closed.then(() => { entry.isOver = true; }, () => {});
      this.writers.push(entry);
      return this.watch(writer.closed, `${label}.closed${this.writers.length - 1}`);
    });
  }

  op_write(number, chunk) {
    return this.on(this.writers, number, ({ writer }) => this.watch(writer.write(decode(chunk))));
  }

  op_close_writer(number) { return this.on(this.writers, number, ({ writer }) => this.watch(writer.close())); }

  op_abort_writer(number, reason) {
    return this.on(this.writers, number, ({ writer }) => this.watch(writer.abort(reason)));
  }

  // Node makes `ready` when it is asked for, and does not know then that it was rejected before the stream was closed.
  op_ready(number) {
    return this.on(this.writers, number, ({ writer, isOver }) => (isOver ? 'closed' : this.watch(writer.ready)));
  }

  op_release_writer(number) { return this.on(this.writers, number, ({ writer }) => writer.releaseLock()); }

  op_abort(number, reason) {
    return this.on(this.writables, number, ({ stream }) => this.watch(stream.abort(reason)));
  }

  op_close(number) { return this.on(this.writables, number, ({ stream }) => this.watch(stream.close())); }
  op_signal(reason) { return this.controller.abort(reason ?? undefined); }

  op_readable_from_web(number, options) {
    return this.on(this.readables, number, ({ stream }) => {
      this.addNode(Readable.fromWeb(stream, options), NODE_EVENTS, 'f');
    });
  }

  op_writable_from_web(number, options) {
    return this.on(this.writables, number, ({ stream }) => {
      this.addNode(Writable.fromWeb(stream, options), NODE_EVENTS, 'f');
    });
  }

  op_duplex_from_web(number, to, options) {
    return this.on(this.readables, number, ({ stream: readable }) => this.on(this.writables, to, ({ stream: writable }) => {
      this.addNode(Duplex.fromWeb({ readable, writable }, options), NODE_EVENTS, 'd');
    }));
  }

  op_node_write(number, chunk) {
    return this.on(this.nodes, number, ({ stream, label }) => {
      if (!stream.write || label.startsWith('n')) return 'none'; // beside its web stream: see DIFFERENCES.md
      return stream.write(decode(chunk));
    });
  }

  op_node_end(number) { return this.on(this.nodes, number, ({ stream }) => { stream.end?.(); }); }

  op_node_destroy(number, message) {
    return this.on(this.nodes, number, ({ stream }) => { stream.destroy(message ? new Error(message) : undefined); });
  }

  op_node_pause(number) { return this.on(this.nodes, number, ({ stream }) => { stream.pause?.(); }); }
  op_node_resume(number) { return this.on(this.nodes, number, ({ stream }) => { stream.resume?.(); }); }
}

// The hooks of one stream, which do as the program says, and its controller.
class Hooks {
  constructor(interpreter, label, spec) {
    this.interpreter = interpreter;
    this.label = label;
    this.spec = spec;
    this.controller = null;
  }

  // Those that the program has.
  some(...names) {
    const hooks = { start: (controller) => this.start(controller) };
    for (const name of names) {
      if (name !== 'start' && this.spec[name]) hooks[name] = (...args) => this[name](...args);
    }
    return hooks;
  }

  note(hook, ...values) { this.interpreter.happened(`${this.label}.${hook}`, ...values); }

  // Do what a hook does, and say how it ends.
  perform([when, actions, what], hook, chunk) {
    const work = () => { for (const action of actions) this.attempt(action, chunk); };
    const failure = () => new Error(`error of ${this.label}.${hook}`);
    if (when === 'plain') {
      work();
      if (what === 'error') throw failure();
      return what === 'never' ? new Promise(() => {}) : undefined;
    }
    return new Promise((resolve, reject) => {
      WHEN[when](() => {
        work();
        if (what === 'error') reject(failure());
        else if (what !== 'never') resolve();
      });
    });
  }

  attempt(action, chunk) {
    try {
      this.interpreter.t(`${this.label} ${action[0]}`, this.act(action, chunk));
    } catch (error) {
      this.interpreter.t(`${this.label} ${action[0]} throws`, error);
    }
  }

  act([name, value], chunk) {
    const controller = this.controller;
    switch (name) {
      case 'enqueue': return controller.enqueue(decode(value));
      case 'pass': return controller.enqueue(chunk);
      case 'close': return controller.close();
      case 'error': return controller.error(new Error(value));
      case 'terminate': return controller.terminate();
      case 'respond': {
        const request = controller.byobRequest;
        if (!request) return 'no request';
        const size = Math.min(value, request.view.byteLength);
        request.view.fill(97, 0, size);
        return request.respond(size);
      }
      case 'respond_view': {
        const request = controller.byobRequest;
        if (!request) return 'no request';
        const size = Math.min(value, request.view.byteLength);
        request.view.fill(98, 0, size);
        return request.respondWithNewView(request.view.subarray(0, size));
      }
    }
  }

  start(controller) {
    this.controller = controller;
    return this.spec.start ? this.perform(this.spec.start, 'start') : undefined;
  }

  pull(controller) {
    this.note('pull', controller.desiredSize, Boolean(controller.byobRequest));
    return this.perform(this.spec.pull.shift() ?? ['plain', this.spec.ends ? [['close'], ['respond', 0]] : [], 'ok'], 'pull');
  }

  cancel(reason) {
    this.note('cancel', reason);
    return this.perform(this.spec.cancel, 'cancel');
  }

  write(chunk) {
    this.note('write', chunk);
    return this.perform(this.spec.write.shift() ?? ['plain', [], 'ok'], 'write');
  }

  close() {
    this.note('close');
    return this.perform(this.spec.close, 'close');
  }

  abort(reason) {
    this.note('abort', reason);
    return this.perform(this.spec.abort, 'abort');
  }

  transform(chunk) {
    this.note('transform', chunk);
    return this.perform(this.spec.transform.shift() ?? ['plain', [['pass']], 'ok'], 'transform', chunk);
  }

  flush() {
    this.note('flush');
    return this.perform(this.spec.flush, 'flush');
  }
}

serve((program, trace) => new Interpreter(program, trace).begin());
