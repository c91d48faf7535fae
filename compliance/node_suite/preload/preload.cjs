// Replaces the modules under test by facades of this library: `node --require preload.cjs test.js`.
//
// The environment says how: NODE_SUITE_PYTHON is the Python to run, NODE_SUITE_ROOT the folder that has the package
// `compliance`, NODE_SUITE_REPLACE the names of Node's modules to replace.
'use strict';

const { isMainThread } = require('node:worker_threads');

if (isMainThread) {
  const { request, start } = require('./channel.cjs');
  const { encode } = require('./values.cjs');
  require('./objects.cjs');
  require('./facade.cjs');
  const { install } = require('./modules.cjs');

  start();
  install(request('replaced', process.env.NODE_SUITE_REPLACE.split(' ')));
  process.nextTick = function nextTick(callback, ...args) {
    request('tick', encode(typeof callback === 'function' ? () => callback(...args) : callback));
  };
}
