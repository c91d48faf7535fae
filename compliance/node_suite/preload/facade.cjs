// Facades: a class for each class of Python, made from what Python says of it. A method or accessor forwards its name and
// its arguments to the Python side of the object and returns what comes back; nothing is decided here.
//
// An object of JavaScript may override any public name or hook, in its class, at construction or by assignment later.
// Python is told the name, and calls it.
'use strict';

const { operations, request } = require('./channel.cjs');
const { decode, encode, encodeAll, facades, link, links, symbolOf } = require('./values.cjs');

const SYMBOLS = {
  '@@asyncIterator': Symbol.asyncIterator,
  '@@asyncDispose': Symbol.asyncDispose,
  '@@dispose': Symbol.dispose,
  '@@rejection': Symbol.for('nodejs.rejection'),
};
const NAMES = new Map(Object.entries(SYMBOLS).map(([name, symbol]) => [symbol, name]));

const byNumber = new Map();
const numbers = new Map(); // of facades
const kinds = new Map(); // by prototype of a facade: name to kind

const { isPrototypeOf } = Object.prototype;
const keyOf = (name) => SYMBOLS[name] ?? (name.startsWith('@@') ? symbolOf(name.slice(2)) : name);

facades.classNumber = (value) => numbers.get(value);
facades.isDerived = (value) => typeof value.prototype === 'object' && isBelowFacade(value.prototype);
facades.ofClass = (number) => byNumber.get(number) ?? makeFacade(number, request('class', number));

function isBelowFacade(object) {
  for (; object !== null; object = Object.getPrototypeOf(object)) if (kinds.has(object)) return true;
  return false;
}

function isMember(prototype, name) {
  for (; prototype !== null; prototype = Object.getPrototypeOf(prototype)) if (kinds.get(prototype)?.[name]) return true;
  return false;
}

// --- classes ---

function makeFacade(number, { name, base, kinds: members, lengths, same, statics }) {
  const Facade = { [name]: function(...args) {
    if (!(this instanceof Object) || !isPrototypeOf.call(Facade.prototype, this)) return new Facade(...args);
    construct(this, Facade, args);
  } }[name];
  byNumber.set(number, Facade);
  numbers.set(Facade, number);
  if (base !== null) {
    const Base = facades.ofClass(base);
    Object.setPrototypeOf(Facade, Base);
    Object.setPrototypeOf(Facade.prototype, Base.prototype);
  }
  Facade.prototype = noticed(Facade.prototype, Facade);
  kinds.set(Facade.prototype, {});
  for (const [member, kind] of Object.entries(members)) addMember(Facade, member, kind, lengths[member]);
  for (const [member, original] of Object.entries(same)) {
    Object.defineProperty(Facade.prototype, member, Object.getOwnPropertyDescriptor(Facade.prototype, original));
  }
  for (const [member, kind] of Object.entries(statics)) addStatic(Facade, member, kind);
  Object.defineProperty(Facade, Symbol.hasInstance, { value: isInstance, configurable: true });
  return Facade;
}

// A prototype that notices when a method is assigned, to itself or to what is below it. So methods can be plain values.
function noticed(prototype, Facade) {
  return new Proxy(prototype, {
    set(target, key, value, receiver) {
      const name = typeof key === 'symbol' ? NAMES.get(key) : key;
      const kind = kinds.get(Facade.prototype)[name];
      if (kind !== 'method' && kind !== 'absent') return Reflect.set(target, key, value, receiver);
      if (receiver !== Facade.prototype) override(receiver, Facade, name, value);
      else replace(target, Facade, key, value);
      return true;
    },
  });
}

function replace(prototype, Facade, key, value) {
  Object.defineProperty(prototype, key, { value, configurable: true, enumerable: false, writable: true });
  request('override_class', numbers.get(Facade), NAMES.get(key) ?? key);
}

function isInstance(value) {
  if (Function.prototype[Symbol.hasInstance].call(this, value)) return true;
  const number = numbers.get(this);
  return number !== undefined && links.has(Object(value)) && request('is_instance', number, links.get(value));
}

function addMember(Facade, name, kind, length) {
  kinds.get(Facade.prototype)[name] = kind;
  const property = MEMBERS[kind]?.(Facade, name, length);
  if (property) Object.defineProperty(Facade.prototype, keyOf(name), { ...property, configurable: true, enumerable: false });
}

const MEMBERS = {
  'method': (Facade, name, length) => {
    const number = numbers.get(Facade);
    const method = { [name](...args) {
      return decode(request('call', number, sideOf(this, Facade), name, encodeAll(args)));
    } }[name];
    Object.defineProperty(method, 'length', { value: length, configurable: true });
    return { value: method, writable: true };
  },
  'value': (Facade, name) => ({
    get() { return links.has(this) ? get(this, Facade, name) : undefined; },
    set(value) {
      if (links.has(this)) set(this, Facade, name, value);
      else define(this, name, value);
    },
  }),
  'property': (Facade, name) => ({
    ...MEMBERS['read-only'](Facade, name),
    set(value) {
      if (links.has(this)) set(this, Facade, name, value);
      else request('set_unmade', numbers.get(Facade), name, encode(value));
    },
  }),
  'read-only': (Facade, name) => ({
    get() { return links.has(this) ? get(this, Facade, name) : decode(request('get_unmade', numbers.get(Facade), name)); },
  }),
};

const get = (made, Facade, name) => decode(request('get', numbers.get(Facade), links.get(made), name));
const set = (made, Facade, name, value) => request('set', numbers.get(Facade), links.get(made), name, encode(value));

function addStatic(Facade, name, kind) {
  const number = numbers.get(Facade);
  Object.defineProperty(Facade, name, kind === 'static method' ? {
    value: { [name]: (...args) => decode(request('call_static', number, name, encodeAll(args))) }[name],
    configurable: true, writable: true,
  } : {
    get: () => decode(request('static', number, name)),
    set(value) { request('assign_static', number, name, encode(value)); },
    configurable: true,
  });
}

operations.attribute = (number, name) => {
  const Facade = byNumber.get(number);
  if (Facade) addMember(Facade, name, 'value');
};

// --- objects ---

const constructed = [];

function construct(made, Facade, args) {
  if (links.has(made)) return;
  constructed.push(made);
  const [methods, accessors] = overridden(made);
  const name = String(made.constructor?.name ?? Facade.name);
  const hooks = request('construct', numbers.get(Facade), link(made), name, methods, accessors, encodeAll(args));
  for (const [hook, value] of hooks) define(made, hook, decode(value));
}

// The names that stand below the facade's own prototype.
function overridden(made) {
  const methods = new Set();
  const accessors = new Set();
  for (let at = made; at !== null && !kinds.has(at); at = Object.getPrototypeOf(at)) {
    for (const key of Reflect.ownKeys(at)) {
      const name = typeof key === 'symbol' ? NAMES.get(key) : key;
      if (name === undefined || name === 'constructor' || !isMember(at, name)) continue;
      const property = Reflect.getOwnPropertyDescriptor(at, key);
      if (methods.has(name) || accessors.has(name)) continue;
      if (property.get || property.set) accessors.add(name);
      else if (typeof property.value === 'function') methods.add(name);
    }
  }
  return [[...methods], [...accessors]];
}

function sideOf(target, Facade) {
  if (!links.has(target)) construct(target, Facade, []);
  return links.get(target);
}

// A member is assigned to an object, or to a prototype that objects have already.
function override(target, Facade, name, value) {
  define(target, name, value);
  const affected = links.has(target) ? [target] : constructed.filter((made) => isPrototypeOf.call(target, made));
  for (const made of affected) request('override', numbers.get(Facade), links.get(made), name, encode(value));
}

function define(target, name, value) {
  Object.defineProperty(target, keyOf(name), { value, configurable: true, enumerable: true, writable: true });
}
