// The interpreter of the family `pipelines` in Node: the twin of _pipeline_interpreter.py.

import { Duplex, PassThrough, Readable, Transform, Writable, finished, pipeline, promises } from 'node:stream';
import { show } from '../trace.mjs';
import { LATER, serve } from './serve.mjs';

const STATE = ['destroyed', 'closed', 'errored', 'readableEnded', 'writableFinished'];
const ROUNDS = 150; // so many rounds of the loop a pipeline is waited for
const ROUNDS_AFTERWARDS = 20;

class Interpreter {
  constructor(program, t) {
    this.program = program;
    this.t = t;
    this.trouble = program.trouble ?? [null];
    this.received = {};
    this.parts = program.parts.map((part, number) => this.make(number, part));
    this.rounds = 0;
    this.isOver = false;
    this.outcomes = {};
    // Whether how far each part had come by then is the same each time.
    this.isExact = !program.trouble || program.parts.every(([kind]) => kind === 'stream');
  }

  // --- parts ---

  make(number, [kind, ...rest]) {
    const self = this;
    if (kind === 'stream') return this.stream(number, ...rest);
    if (kind === 'iterable') return this.iterable(number, rest[0]);
    if (kind === 'sink') return (source) => self.sink(number, source);
    return async function*(source) { yield* self.map(number, source); };
  }

  troubled(number, kind, count) {
    return this.trouble[0] === kind && this.trouble[1] === number && count >= this.trouble[2];
  }

  check(number, count) {
    if (this.troubled(number, 'fails', count)) throw new Error(`error of part ${number}`);
  }

  iterable(number, kind) {
    const self = this;
    function* generate() {
      let count = 0;
      for (const chunk of self.program.chunks) {
        self.check(number, count++);
        yield chunk;
      }
    }
    async function* generateAsync() { yield* generate(); }
    if (kind === 'list') return [...this.program.chunks];
    return kind === 'generator' ? generate() : generateAsync();
  }

  async *map(number, source) {
    let count = 0;
    for await (const chunk of source) {
      count += chunk.length ?? 1;
      this.check(number, count - 1);
      if (this.troubled(number, 'stops', count - 1)) return;
      yield chunk;
    }
  }

  async sink(number, source) {
    let count = 0;
    const got = this.received[number] = [];
    for await (const chunk of source) {
      count += chunk.length ?? 1;
      this.check(number, count - 1);
      if (this.troubled(number, 'stops', count - 1)) break;
      got.push(chunk);
    }
    return count;
  }

  stream(number, type, when, highWaterMark) {
    const chunks = [...this.program.chunks];
    const counts = { read: 0, write: 0 };
    const got = this.received[number] = [];
    const failure = (hook, length) => {
      counts[hook] += length;
      return this.troubled(number, 'fails', counts[hook] - 1) ? new Error(`error of part ${number}`) : undefined;
    };
    const hooks = {
      read() {
        const error = failure('read', 1);
        LATER[when](() => {
          if (error) this.destroy(error);
          else this.push(chunks.length ? chunks.shift() : null);
        });
      },
      write(chunk, encoding, callback) {
        const error = failure('write', chunk.length ?? 1);
        got.push(chunk);
        LATER[when](() => callback(error));
      },
      transform(chunk, encoding, callback) {
        const error = failure('write', chunk.length ?? 1);
        LATER[when](() => callback(error, chunk));
      },
    };
    const { read, write, transform } = hooks;
    const options = { highWaterMark, objectMode: this.program.objects };
    if (type === 'Readable') return new Readable({ ...options, read });
    if (type === 'Writable') return new Writable({ ...options, write });
    if (type === 'Transform') return new Transform({ ...options, transform });
    if (type === 'Duplex') return new Duplex({ ...options, read, write });
    return new PassThrough(options);
  }

  // --- running ---

  run() {
    for (const number of this.program.finished) {
      finished(this.parts[number], (error) => { this.outcomes[number] = error ?? null; });
    }
    const options = { ...this.program.options };
    const controller = new AbortController();
    if (this.trouble[0] === 'abort') options.signal = controller.signal;
    try {
      if (this.program.promise) this.settled(promises.pipeline(...this.parts, options));
      else pipeline(...this.parts, (error, value) => this.over(error, value));
    } catch (error) {
      this.t('throws', error);
    }
    this.parts.at(-1).resume?.();
    this.plan(controller);
    this.wait();
  }

  plan(controller) {
    const [kind, number, message, rounds] = this.trouble;
    if (kind === 'destroy') {
      const error = message ? new Error(message) : undefined;
      this.after(rounds, () => this.parts[number].destroy(error));
    } else if (kind === 'abort') {
      this.after(number, () => controller.abort());
    }
  }

  after(rounds, action) {
    if (rounds === 0) action();
    else setImmediate(() => this.after(rounds - 1, action));
  }

  async settled(promise) {
    try {
      this.over(null, await promise);
    } catch (error) {
      this.over(error);
    }
  }

  over(error, value) {
    if (this.isExact || this.trouble[0] !== 'stops') this.t('pipeline', error, value);
    else this.t('pipeline calls back'); // with an error, if what comes before had not ended yet
    this.isOver = true;
    this.rounds = ROUNDS - ROUNDS_AFTERWARDS;
  }

  wait() {
    this.rounds++;
    if (this.rounds < ROUNDS) {
      setImmediate(() => this.wait());
      return;
    }
    this.parts.forEach((part, number) => {
      const [kind, type] = this.program.parts[number];
      if (kind !== 'stream' || (!this.isExact && type === 'Duplex')) return; // of which one side may be done
      const names = this.isExact ? STATE : STATE.slice(0, 2);
      this.t(`part ${number} ${names.map((name) => show(part[name])).join(' ')}`);
    });
    if (this.isExact) {
      for (const number of this.program.finished) {
        this.t(`finished ${number}`, number in this.outcomes ? this.outcomes[number] : 'never');
      }
    }
    if (this.isOver && this.trouble[0] === null) {
      for (const [number, got] of Object.entries(this.received)) {
        this.t(`received ${number}`, this.program.objects ? got : Buffer.concat(got.map((chunk) => Buffer.from(chunk))));
      }
    }
  }
}

serve((program, trace) => new Interpreter(program, trace).run());
