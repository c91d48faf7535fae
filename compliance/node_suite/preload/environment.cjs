// The environment of both processes is one: what JavaScript sets or deletes in `process.env`, Python sees.
'use strict';

const { request } = require('./channel.cjs');

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
