// Replaces the modules under test by facades of this library: `node --require preload.cjs test.js`.
//
// The environment says how: NODE_SUITE_PYTHON is the Python to run, NODE_SUITE_ROOT the folder that has the package
// `compliance`, NODE_SUITE_REPLACE the names of Node's modules to replace.
'use strict';

const { isMainThread } = require('node:worker_threads');

// Symbols that some tests get from Node's own modules, if it lets them.
const INTERNAL_SYMBOLS = { kOutHeaders: 'internal/http', kTimeout: 'internal/timers' };

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
  require('./environment.cjs');
  process.nextTick = function nextTick(callback, ...args) {
    request('tick', encode(typeof callback === 'function' ? () => callback(...args) : callback));
  };
}
