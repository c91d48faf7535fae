// Dicts and lists of Python that may be changed in place: each is a proxy, and what is done to it is done to Python's.
'use strict';

const { request } = require('./channel.cjs');
const { decode, decoders, define, encode, linkOwned, owned } = require('./values.cjs');

const targets = new Map(); // by number: what the proxy is of, a copy that is brought up to date before each operation

decoders.l = (number, isList, isBare, contents) => {
  if (!targets.has(number)) make(number, isList ? [] : isBare ? Object.create(null) : {});
  fill(targets.get(number), contents);
  return owned.get(number);
};

function make(number, target) {
  targets.set(number, target);
  linkOwned(new Proxy(target, handler(number)), number);
}

function fill(target, contents) {
  for (const key of Object.keys(target)) delete target[key];
  for (const [key, value] of contents) assign(target, key, decode(value));
  if (Array.isArray(target)) target.length = contents.length;
}

function assign(target, key, value) {
  if (Array.isArray(target) && key === 'length') target.length = value;
  else define(target, key, value, true);
}

function handler(number) {
  const refresh = (target, key) => {
    if (typeof key === 'symbol') return;
    const [value] = request('item', number, key);
    if (value === undefined) delete target[key];
    else assign(target, key, decode(value));
  };
  return {
    get(target, key) {
      refresh(target, key);
      return target[key];
    },
    has(target, key) {
      refresh(target, key);
      return key in target;
    },
    getOwnPropertyDescriptor(target, key) {
      refresh(target, key);
      return Reflect.getOwnPropertyDescriptor(target, key);
    },
    ownKeys(target) {
      fill(target, request('contents', number));
      return Reflect.ownKeys(target);
    },
    set(target, key, value) {
      if (typeof key === 'symbol') return Reflect.set(target, key, value);
      request('put', number, key, encode(value));
      assign(target, key, value);
      return true;
    },
    defineProperty(target, key, property) {
      if (typeof key !== 'symbol') request('put', number, key, encode(property.value));
      return Reflect.defineProperty(target, key, property);
    },
    deleteProperty(target, key) {
      if (typeof key !== 'symbol') request('remove', number, key);
      return Reflect.deleteProperty(target, key);
    },
  };
}
