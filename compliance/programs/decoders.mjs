// The interpreter of the family `decoders` in Node. The twin of _decoder_interpreter.py; what a program consists of is
// told in _decoders.py.

import { Readable, Writable } from 'node:stream';
import { serve } from './serve.mjs';

function decode([kind, value]) {
  return kind === 'bytes' ? Buffer.from(value, 'hex') : value;
}

class Interpreter {
  constructor(program, t) {
    this.program = program;
    this.t = t;
    this.text = '';
  }

  run() {
    const make = this.program.side === 'readable' ? () => this.readable() : () => this.writable();
    this.stream = this.t.call('new', make);
    if (!this.stream) return;
    this.stream.on('error', this.t.callback('error'));
    this.stream.on('end', () => this.ended());
    this.steps([...this.program.steps, ['finish']]);
  }

  readable() {
    const stream = new Readable({ ...this.program.options, read() {} });
    return this.program.flows ? stream.on('data', (chunk) => this.data(chunk)) : stream;
  }

  writable() {
    const write = (chunk, encoding, callback) => {
      this.t('_write', chunk, encoding);
      callback();
    };
    return new Writable({ ...this.program.options, write });
  }

  data(chunk) {
    if (this.program.plain || typeof chunk !== 'string') {
      this.flush();
      this.t('data', chunk);
    } else {
      this.text += chunk;
    }
  }

  flush() {
    if (this.text) this.t('text', this.text);
    this.text = '';
  }

  ended() {
    this.flush();
    this.t('end');
  }

  steps([step, ...rest]) {
    const [name, ...args] = step;
    this.t.call(name, (...given) => this[`op_${name}`](...given), ...args);
    if (this.program.plain && this.program.side === 'readable') {
      this.t('length', this.stream.readableLength, this.stream.readableEncoding);
    }
    if (rest.length) setImmediate(() => this.steps(rest));
  }

  op_push(chunk, encoding) { this.stream.push(decode(chunk), encoding ?? undefined); }
  op_unshift(chunk, encoding) { this.stream.unshift(decode(chunk), encoding ?? undefined); }
  op_set_encoding(name) { this.stream.setEncoding(name); }
  op_read(size) { return size === null ? this.stream.read() : this.stream.read(size); }
  op_write(chunk, encoding) { return this.stream.write(decode(chunk), ...(encoding === null ? [] : [encoding])); }
  op_end(chunk, encoding) { this.stream.end(decode(chunk), ...(encoding === null ? [] : [encoding])); }
  op_set_default_encoding(name) { this.stream.setDefaultEncoding(name); }
  op_finish() {
    if (this.program.side === 'writable') {
      this.stream.end();
      return;
    }
    if (!this.program.flows) this.stream.on('data', (chunk) => this.data(chunk));
    this.stream.push(null);
  }
}

serve((program, trace) => new Interpreter(program, trace).run());
