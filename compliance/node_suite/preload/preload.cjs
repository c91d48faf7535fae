// Replaces the modules under test by facades of this library: `node --require preload.cjs test.js`.
//
// The environment says how: NODE_SUITE_PYTHON is the Python to run, NODE_SUITE_ROOT the folder that has the package
// `compliance`, NODE_SUITE_REPLACE the names of Node's modules to replace.
'use strict';

// Symbols that some tests get from Node's own modules, if it lets them.
const INTERNAL_SYMBOLS = { kOutHeaders: 'internal/http', kTimeout: 'internal/timers' };

const { isMainThread } = require('node:worker_threads');

if (isMainThread) {
  const { request, start } = require('./channel.cjs');
  const { encode, share } = require('./values.cjs');
  require('./objects.cjs');
  require('./facade.cjs');
  require('./live.cjs');
  const { install } = require('./modules.cjs');

  if (process.execArgv.includes('--expose-internals')) {
    for (const [name, module] of Object.entries(INTERNAL_SYMBOLS)) share(require(module)[name], name);
  }
  start();
  install(request('replaced', process.env.NODE_SUITE_REPLACE.split(' ')));
  process.env = new Proxy(process.env, {
    set(target, name, value) {
      target[name] = value;
      request('environment', name, target[name]);
      return true;
    },
    deleteProperty(target, name) {
      request('environment', name, null);
      return delete target[name];
    },
  });
  process.nextTick = function nextTick(callback, ...args) {
    request('tick', encode(typeof callback === 'function' ? () => callback(...args) : callback));
  };
}
