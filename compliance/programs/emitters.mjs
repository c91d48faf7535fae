// The interpreter of the family `emitters` in Node. The twin of _emitter_interpreter.py; what a program consists of is
// told in _emitters.py.

import { EventEmitter, errorMonitor } from 'node:events';
import { show } from '../trace.mjs';
import { serve } from './serve.mjs';

const MOST_CALLS = 60;
const METHODS = {
  on: 'on', once: 'once', prepend_listener: 'prependListener', prepend_once_listener: 'prependOnceListener',
  add_listener: 'addListener', off: 'off', remove_listener: 'removeListener',
};

function valueOf(value) {
  return Array.isArray(value) && value[0] === 'error' ? new Error(value[1]) : value;
}

class Interpreter {
  constructor(program, t) {
    this.t = t;
    this.calls = 0;
    this.unhandled = [];
    this.symbol = Symbol('s');
    this.emitters = program.emitters.map((options) => new EventEmitter(options));
    this.functions = program.functions.map((spec, number) => this.function(number, spec));
  }

  run([step, ...rest]) {
    this.perform(step);
    this.t('state', ...this.emitters.map((emitter) => this.state(emitter)));
    setImmediate(() => this.goOn(rest));
  }

  goOn(steps) {
    if (this.unhandled.length) this.t('unhandled', this.unhandled.splice(0).sort());
    if (steps.length) this.run(steps);
  }

  function(number, spec) {
    return (...args) => {
      this.t('called', `f${number}`, ...args.map((value) => this.shown(value)));
      if (++this.calls > MOST_CALLS) return undefined;
      for (const operation of spec.does) this.perform(operation);
      if (spec.ends === 'throws') throw new Error(`thrown by f${number}`);
      return spec.ends === 'rejects' ? Promise.reject(new Error(`rejected by f${number}`)) : undefined;
    };
  }

  event(name) {
    return { '@s': this.symbol, '@monitor': errorMonitor }[name] ?? name;
  }

  given(number) {
    return number === 'none' ? null : this.functions[number];
  }

  // --- what is seen ---

  shown(value) {
    if (value instanceof EventEmitter) return `e${this.emitters.indexOf(value)}`;
    if (typeof value === 'function') return value.listener ? `once ${this.name(value.listener)}` : this.name(value);
    return Array.isArray(value) ? value.map((item) => this.shown(item)) : value;
  }

  name(value) {
    return `f${this.functions.indexOf(value)}`;
  }

  state(emitter) {
    return emitter.eventNames().map((name) => [show(name), ...this.shown(emitter.rawListeners(name))]);
  }

  // --- operations ---

  perform([name, number, ...args]) {
    const method = METHODS[name] ?
      (emitter, event, fn) => emitter[METHODS[name]](this.event(event), this.given(fn)) :
      (...given) => this[`op_${name}`](...given);
    this.t.call(name, () => this.shown(method(this.emitters[number], ...args)));
  }

  op_emit(emitter, event, values) { return emitter.emit(this.event(event), ...values.map(valueOf)); }
  op_remove_all(emitter, ...event) { return emitter.removeAllListeners(...event.map((name) => this.event(name))); }
  op_set_max_listeners(emitter, n) { return emitter.setMaxListeners(n); }
  op_listener_count(emitter, event) { return emitter.listenerCount(this.event(event)); }
  op_count_function(emitter, event, fn) { return emitter.listenerCount(this.event(event), this.given(fn)); }
  op_listeners(emitter, event) { return emitter.listeners(this.event(event)); }
  op_raw_listeners(emitter, event) { return emitter.rawListeners(this.event(event)); }
  op_call_raw(emitter, event, index) {
    const raw = emitter.rawListeners(this.event(event));
    const result = raw[index]?.('raw');
    result?.catch(() => {});
    return result !== undefined;
  }
  op_event_names(emitter) { return emitter.eventNames(); }
  op_max_listeners(emitter) { return emitter.getMaxListeners(); }
}

let current;

serve((program, trace) => {
  current = trace;
  process.removeAllListeners('warning').removeAllListeners('unhandledRejection');
  process.on('warning', (warning) => trace('warning', warning.message));
  const interpreter = new Interpreter(program, trace);
  process.on('unhandledRejection', (error) => interpreter.unhandled.push(error.message));
  interpreter.run(program.steps);
});

process.on('uncaughtException', () => current.close());
