// Values as they cross. The twin of bridge/_values.py, where the tags are explained.
'use strict';

const { inspect, types } = require('node:util');
const { urlToHttpOptions } = require('node:url');
const { errorMonitor, captureRejectionSymbol } = require('node:events');
const { connect, operations, release, request } = require('./channel.cjs');

const MISSING = ['m'];
const UNDEFINED = ['u'];
const SHARED_SYMBOLS = new Map([[errorMonitor, 'events.errorMonitor'], [captureRejectionSymbol, 'nodejs.rejection']]);
const SYMBOLS_BY_NAME = new Map([...SHARED_SYMBOLS].map(([symbol, name]) => [name, symbol]));
const ERRORS = { Error, RangeError, TypeError };

// --- what the other side knows ---

const entries = new Map(); // our objects that Python refers to, by number: { value, sent }
const numbers = new Map(); // and their numbers
let lastNumber = 0;

const links = new WeakMap(); // how an object with a Python side is sent
const owned = new Map(); // Python's objects by number; of functions, weak references
const resolvers = new Map(); // of promises that Python will settle
const collected = new FinalizationRegistry(({ number, known }) => {
  if (owned.get(number) === known) owned.delete(number);
  release(number, known.received);
});

// The facades of Python's classes; facade.cjs says what they are.
const facades = { ofClass: null, classNumber: () => undefined, isDerived: () => false };

function numberOf(value) {
  let number = numbers.get(value);
  if (number === undefined) {
    number = ++lastNumber;
    numbers.set(value, number);
    entries.set(number, { value, sent: 0 });
  }
  entries.get(number).sent++;
  return number;
}

const valueOf = (number) => entries.get(number).value;

function forget(released) {
  for (const [number, count] of released) {
    const entry = entries.get(number);
    entry.sent -= count;
    if (entry.sent === 0) {
      entries.delete(number);
      numbers.delete(entry.value);
    }
  }
}

// `made` is constructed in JavaScript, and has a Python side from now on; both live to the end. Returns its number.
function link(made) {
  const number = numberOf(made);
  links.set(made, ['h', number]);
  return number;
}

// `value` stands for Python's object with this number.
function linkOwned(value, number) {
  owned.set(number, value);
  links.set(value, ['p', number]);
  return value;
}

// --- encoding ---

function encode(value, above = []) {
  switch (typeof value) {
    case 'undefined': return UNDEFINED;
    case 'string': case 'boolean': return value;
    case 'number': return encodeNumber(value);
    case 'bigint': return ['i', String(value)];
    case 'symbol': return encodeSymbol(value);
    case 'function': return encodeFunction(value);
  }
  if (value === null) return null;
  return links.get(value) ?? encodeObject(value, above);
}

function encodeNumber(value) {
  if (Object.is(value, -0)) return ['n', '-0'];
  return Number.isSafeInteger(value) || value % 1 ? value : ['n', String(value)];
}

function encodeSymbol(value) {
  const name = SHARED_SYMBOLS.get(value);
  return name ? ['S', name] : ['y', numberOf(value), value.description ?? ''];
}

function encodeFunction(value) {
  const number = facades.classNumber(value);
  if (number !== undefined) return ['c', number];
  return links.get(value) ?? ['F', numberOf(value), String(value.name), facades.isDerived(value)];
}

function encodeObject(value, above) {
  if (Buffer.isBuffer(value)) return ['B', numberOf(value), value.toString('base64')];
  if (ArrayBuffer.isView(value)) return encodeView(value, value.buffer, value.byteOffset, value.byteLength);
  if (types.isAnyArrayBuffer(value)) return encodeView(value, value, 0, value.byteLength);
  if (types.isNativeError(value) || value instanceof Error) {
    return ['E', numberOf(value), nameOfClass(value), nameOfError(value)];
  }
  if (value instanceof URL) return Object.keys(value).length ? encode(urlToHttpOptions(value), above) : ['U', value.href];
  const protocols = protocolsOf(value);
  if (!above.includes(value)) {
    const inside = [...above, value];
    if (Array.isArray(value)) return ['A', numberOf(value), value.map((item) => encode(item, inside))];
    if (!protocols && isPlain(value)) {
      return ['O', numberOf(value), Object.entries(value).map(([key, item]) => [key, encode(item, inside)])];
    }
  }
  return ['J', numberOf(value), nameOfClass(value), protocols || (isRecord(value) ? 'r' : '')];
}

const encodeView = (value, buffer, offset, length) =>
  ['V', numberOf(value), Buffer.from(buffer, offset, length).toString('base64')];

function isPlain(value) {
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  if (types.isProxy(value) || showsItself(value)) return false;
  return Object.values(Object.getOwnPropertyDescriptors(value)).every((property) => 'value' in property);
}

// Whether it has a function of its own for how it is shown.
const showsItself = (value) => Object.hasOwn(value, inspect.custom);

function protocolsOf(value) {
  if (types.isPromise(value)) return 'p';
  if (value instanceof AbortSignal) return 'b';
  if (value instanceof EventTarget) return 'e';
  return (typeof value[Symbol.asyncIterator] === 'function' ? 'a' : '') +
    (typeof value[Symbol.iterator] === 'function' ? 'i' : '') +
    (typeof value.get === 'function' && typeof value.entries === 'function' ? 'm' : '') +
    (typeof value.then === 'function' ? 't' : '');
}

function isRecord(value) {
  return typeof value.on !== 'function' && Object.keys(value).length > 0 && !showsItself(value);
}

const nameOfClass = (value) => String(value.constructor?.name ?? 'Object');
const nameOfError = (value) => (value instanceof TypeError ? 'TypeError' : value instanceof RangeError ? 'RangeError' : '');

const encodeAll = (values) => values.map((value) => encode(value));

// --- decoding ---

function decode(value) {
  if (!Array.isArray(value)) return value;
  return decoders[value[0]](...value.slice(1));
}

const decodeAll = (values) => values.map(decode);

const making = []; // plain objects whose properties are being decoded, each inside the one before

const decoders = {
  u: () => undefined,
  n: (text) => Number(text),
  i: (text) => BigInt(text),
  b: (text) => Buffer.from(text, 'base64'),
  o: (properties, isBare) => {
    const made = isBare ? Object.create(null) : {};
    making.push(made);
    for (const [key, item] of properties) made[decode(key)] = decode(item);
    return making.pop();
  },
  r: (up) => making.at(-1 - up),
  a: decodeAll,
  s: (items) => new Set(decodeAll(items)),
  S: symbolOf,
  h: valueOf,
  w: (number, text) => {
    const { buffer, byteOffset, byteLength } = valueOf(number);
    Buffer.from(buffer, byteOffset, byteLength).write(text, 'base64');
    return valueOf(number);
  },
  p: (number, classNumber) => owned.get(number) ??
    linkOwned(Object.create(facades.ofClass(classNumber).prototype), number),
  f: decodeFunction,
  c: (number) => facades.ofClass(number),
  P: decodePromise,
  I: decodeIterator,
  x: (number, described) => owned.get(number) ?? linkOwned(decodeError(described), number),
};

function symbolOf(name) {
  if (!SYMBOLS_BY_NAME.has(name)) share(Symbol(name), name);
  return SYMBOLS_BY_NAME.get(name);
}

// Python knows the symbol by this name.
function share(symbol, name) {
  SHARED_SYMBOLS.set(symbol, name);
  SYMBOLS_BY_NAME.set(name, symbol);
}

function decodeFunction(number, name, length, attributes) {
  let known = owned.get(number);
  let made = known?.reference.deref();
  if (made === undefined) {
    made = (...args) => decode(request('apply', number, encodeAll(args)));
    Object.defineProperties(made, { name: { value: name }, length: { value: length } });
    for (const [key, value] of Object.entries(attributes)) made[key] = decode(value);
    known = { reference: new WeakRef(made), received: 0 };
    owned.set(number, known);
    links.set(made, ['f', number]);
    collected.register(made, { number, known });
  }
  known.received++;
  return made;
}

// Bytes that have come as a Buffer, in memory of their own.
const BYTES = {
  ArrayBuffer: (bytes) => bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length),
  Buffer: (bytes) => Buffer.from(BYTES.ArrayBuffer(bytes)),
  Uint8Array: (bytes) => new Uint8Array(bytes),
};

function decodePromise(number, kind) {
  const { promise, resolve, reject } = Promise.withResolvers();
  resolvers.set(number, { resolve: kind === undefined ? resolve : (value) => resolve(BYTES[kind](value)), reject });
  return promise;
}

operations.settle = (number, succeeded, value) => {
  const { resolve, reject } = resolvers.get(number);
  resolvers.delete(number);
  (succeeded ? resolve : reject)(decode(value));
};

function decodeIterator(number, isAsync, properties) {
  const call = (how, args) => request(isAsync ? 'advance' : 'next', number, how, encodeAll(args));
  const iterator = isAsync ? {
    next: () => decode(call('__anext__', [])).then(asyncStepOf),
    return: () => decode(call('aclose', [])).then(asyncStepOf),
    throw: (error) => decode(call('athrow', [error])).then(asyncStepOf),
    [Symbol.asyncIterator]() { return this; },
  } : {
    next: () => stepOf(call('__next__', [])),
    return: () => stepOf(call('close', [])),
    throw: (error) => stepOf(call('throw', [error])),
    [Symbol.iterator]() { return this; },
  };
  for (const name of properties) {
    Object.defineProperty(iterator, name, { get: () => decode(request('property', number, name)), configurable: true });
  }
  return linkOwned(iterator, number);
}

const asyncStepOf = ({ done, value }) => ({ value: done ? undefined : value, done });
const stepOf = (given) => (given === null ? { done: true, value: undefined } : { done: false, value: decode(given[0]) });

function decodeError({ constructor, name, message, python, properties }) {
  if (constructor === 'DOMException') return new DOMException(message, name);
  const error = constructor === 'AggregateError' ? new AggregateError([], message) : new ERRORS[constructor](message);
  const code = properties.find(([key]) => key === 'code')?.[1];
  const title = code?.startsWith('ERR_') ? `${name} [${code}]` : name;
  error.stack = `${title}: ${message}\n${python ?? error.stack.split('\n').slice(1).join('\n')}`;
  if (code?.startsWith('ERR_')) define(error, 'toString', () => `${title}: ${message}`, false);
  if (name !== error.name) define(error, 'name', name, false);
  for (const [key, value] of properties) {
    define(error, key, decode(value), key !== 'errors' && key !== 'cause');
  }
  return error;
}

const define = (target, key, value, enumerable) =>
  Object.defineProperty(target, key, { value, enumerable, configurable: true, writable: true });

connect({ forget, decode, encodeThrown: encode });

module.exports = {
  MISSING, decode, decodeAll, decoders, define, encode, encodeAll, facades, link, linkOwned, links, numberOf, owned,
  share, symbolOf, valueOf,
};
