// The modules that are replaced, made from what Python says of its own.
'use strict';

const { EventEmitter } = require('node:events');
const Module = require('node:module');
const { promisify } = require('node:util');
const { request } = require('./channel.cjs');
const { decode, encode, links } = require('./values.cjs');

// By name: what Python says that the module is to be replaced by; see bridge/_modules.py.
let replaced;
const made = new Map();

function load(name) {
  if (!made.has(name)) made.set(name, make(name, replaced[name]));
  return made.get(name);
}

function make(name, { source, itself, others, inside, promisified }) {
  const members = request('module', source, name);
  const found = members.find(([member]) => member === itself);
  const exported = found ? decode(found[1]) : {};
  if (!others) return exported;
  for (const [member, value, isLookedUp] of members) define(exported, source, member, value, isLookedUp);
  for (const [member, each] of Object.entries(inside)) exported[member] = load(each);
  for (const [member, each] of Object.entries(promisified)) {
    Object.defineProperty(exported[member], promisify.custom, { value: load(each)[member] });
  }
  return exported;
}

function define(exported, source, member, value, isLookedUp) {
  Object.defineProperty(exported, member, isLookedUp ? {
    get: () => decode(request('member', source, member)),
    set(assigned) { request('assign_member', source, member, encode(assigned)); },
    enumerable: true, configurable: true,
  } : { value: decode(value), enumerable: true, configurable: true, writable: true });
}

const nameOf = (specifier) => String(specifier).replace(/^node:/, '');
const isReplaced = (specifier) => replaced[nameOf(specifier)]?.isPart === false;

function install(names) {
  replaced = Object.assign(Object.create(null), names);
  const original = Module._load;
  Module._load = function(specifier, ...rest) {
    if (isReplaced(specifier)) return load(nameOf(specifier));
    const loadOriginal = () => Reflect.apply(original, this, [specifier, ...rest]);
    return nameOf(specifier) === 'domain' && isReplaced('events') ? loadDomain(loadOriginal) : loadOriginal();
  };
  globalThis[Symbol.for('node_suite.load')] = load;
  for (const name of Object.keys(replaced)) {
    if (replaced[name].isPart) Object.assign(require(name), load(name));
    if (replaced[name].global) replaceGlobals(name);
  }
  Module.syncBuiltinESMExports();
  Module.registerHooks({
    resolve(specifier, context, next) {
      if (!isReplaced(specifier)) return next(specifier, context);
      return { url: `node-suite:${nameOf(specifier)}`, format: 'module', shortCircuit: true };
    },
    load(url, context, next) {
      if (!url.startsWith('node-suite:')) return next(url, context);
      return { source: moduleSource(url.slice('node-suite:'.length)), format: 'module', shortCircuit: true };
    },
  });
}

// Node's module `domain` replaces `emit` of Node's own EventEmitter: that of the one here is replaced by the same.
let domain;

function loadDomain(loadOriginal) {
  if (domain !== undefined) return domain;
  const { prototype } = load('events');
  const { emit } = EventEmitter.prototype;
  const ours = prototype.emit;
  EventEmitter.prototype.emit = function(...args) { return Reflect.apply(links.has(this) ? ours : emit, this, args); };
  domain = loadOriginal();
  prototype.emit = EventEmitter.prototype.emit;
  return domain;
}

// Members of a module that Node has as globals are those of the module from now on.
function replaceGlobals(name) {
  for (const [member, value] of Object.entries(load(name))) {
    if (member in globalThis) {
      Object.defineProperty(globalThis, member, { value, enumerable: false, configurable: true, writable: true });
    }
  }
}

function moduleSource(name) {
  const names = Object.getOwnPropertyNames(load(name)).filter((member) => /^[A-Za-z]\w*$/.test(member));
  const exported = names.filter((member) => !['prototype', 'name', 'length', 'default'].includes(member));
  return `const made = globalThis[Symbol.for('node_suite.load')](${JSON.stringify(name)});
export default made;
${exported.map((member) => `const $${member} = made.${member}; export { $${member} as ${member} };`).join('\n')}`;
}

module.exports = { install };
