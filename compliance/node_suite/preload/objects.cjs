// What Python can do with JavaScript's objects: every operation is one of the language's own.
'use strict';

const { addAbortListener, getEventListeners, getMaxListeners, setMaxListeners } = require('node:events');
const { inspect } = require('node:util');
const { operations, request } = require('./channel.cjs');
const { MISSING, decode, decodeAll, encode, valueOf } = require('./values.cjs');

operations.get = (number, name) => {
  const target = Object(valueOf(number));
  return name in target ? encode(target[name]) : MISSING;
};

operations.set = (number, name, value) => { valueOf(number)[name] = decode(value); };

operations.keys = (number) => encode(Object.keys(valueOf(number)));

operations.string = (number) => String(valueOf(number));

operations.inspect = (number) => inspect(valueOf(number));

// What Node knows of an event target, and only its own functions tell.
operations.listeners = (number, type) => encode(getEventListeners(valueOf(number), decode(type)));
operations.maxListeners = (number) => encode(getMaxListeners(valueOf(number)));
operations.addAbortListener = (number, listener) => {
  const disposable = addAbortListener(valueOf(number), decode(listener));
  return encode(() => disposable[Symbol.dispose]());
};
operations.setMaxListeners = (number, n) => { setMaxListeners(decode(n), valueOf(number)); };

// Properties and methods of objects that have a Python side.
operations.read = (target, name) => {
  const made = decode(target);
  return name in made ? encode(made[name]) : MISSING;
};
operations.write = (target, name, value) => { decode(target)[name] = decode(value); };

operations.invoke = (target, name, args, isHook) => {
  const made = decode(target);
  const key = name === '@@rejection' ? Symbol.for('nodejs.rejection') : name;
  const result = made[key](...decodeAll(args));
  return isHook ? null : encode(result);
};

operations.apply = (number, target, args, isHook) => {
  const result = Reflect.apply(valueOf(number), decode(target), decodeAll(args));
  return isHook ? null : encode(result);
};

operations.construct = (number, args) => encode(Reflect.construct(valueOf(number), decode(args)));

operations.iterate = (number, isAsync) =>
  encode(valueOf(number)[isAsync ? Symbol.asyncIterator : Symbol.iterator]());

operations.resolve = (number) => encode(Promise.resolve(valueOf(number)));

operations.then = (number) => {
  valueOf(number).then(
    (value) => { request('settled', number, true, encode(value)); },
    (error) => { request('settled', number, false, encode(error)); },
  );
};

operations.reject = (error) => { Promise.reject(decode(error)); };

// An Error is made, so that its stack says from where; it is sent later.
operations.make = (error) => { decode(error); };

operations.warn = (warning) => { process.emit('warning', decode(warning)); };
