// The steps that do not wait. The twin of _verbs.py.

import http from 'node:http';
import net from 'node:net';
import { Readable, Writable, finished, pipeline } from 'node:stream';
import { dial, request } from './sides.mjs';
import { LISTENED } from './stage.mjs';
import { valueOf } from './values.mjs';

// Do some steps, one after the other.
export function perform(stage, steps) {
  for (const [verb, ...args] of steps) {
    if (Object.hasOwn(VERBS, verb)) VERBS[verb](stage, ...args);
    else call(stage, verb, args);
  }
}

// Call a method, and write down what it returns or throws.
function call(stage, path, args) {
  const [, owner, method] = path.match(/(.*)\.(.*)/);
  try {
    stage.write(path, stage.property(owner)[method](...args.map((arg) => valueOf(stage, arg))));
  } catch (error) {
    stage.write(`${path} throws`, error);
  }
}

// Every property that says how a message or socket stands.
function state(stage, name = 'msg') {
  const properties = LISTENED.state[kindOf(stage.things[name])];
  const shown = properties.map((key) => `${key}=${stage.shown(stage.property(`${name}.${key}`))}`);
  stage.write(`${name} ${shown.join(' ')}`);
}

function kindOf(thing) {
  if (thing instanceof http.IncomingMessage) return 'received';
  return thing instanceof net.Socket ? 'socket' : 'sent';
}

function sink(stage) {
  const write = (chunk, encoding, callback) => { stage.happened('sink chunk', chunk); callback(); };
  stage.add('sink', new Writable({ write }));
}

function pipe(stage, label, ...names) {
  try {
    pipeline(...names.map((name) => stage.things[name]), (error) => stage.happened(label, error));
  } catch (error) {
    stage.write(`${label} throws`, error);
  }
}

// Read with a loop that is left after some chunks.
async function iterate(stage, name, count, options) {
  const thing = stage.things[name];
  try {
    for await (const chunk of options ? thing.iterator(options) : thing) {
      stage.happened(`${name} chunk`, chunk);
      if (--count === 0) break;
    }
    stage.happened(`${name} left`);
  } catch (error) {
    stage.happened(`${name} loop failed`, error);
  }
}

// Call a method that returns a promise, and write down what that comes to.
async function web(stage, label, path, ...args) {
  const [owner, method] = path.split('.');
  try {
    const result = await stage.things[owner][method](...args.map((arg) => valueOf(stage, arg)));
    stage.happened(label, result?.value, result?.done);
  } catch (error) {
    stage.happened(`${label} rejected`, error);
  }
}

const VERBS = {
  later: (stage, ...steps) => { setImmediate(perform, stage, steps); },
  tick: (stage, ...steps) => { process.nextTick(perform, stage, steps); },
  throw: (stage, message) => { throw new Error(message); },
  get: (stage, ...paths) => stage.write(paths.join(' '), ...paths.map((path) => stage.property(path))),
  set: (stage, name, property, value) => { stage.things[name][property] = valueOf(stage, value); },
  state,
  counts: (stage, name, ...events) => {
    stage.write(`${name} listeners`, ...events.map((event) => stage.things[name].listenerCount(event)));
  },
  listen: (stage, name, event) => stage.listen(name, event),
  request,
  dial,
  source: (stage) => stage.add('source', new Readable({ read() {} })),
  sink,
  pipeline: pipe,
  finished: (stage, label, name, options = {}) => {
    finished(stage.things[name], options, (error) => stage.happened(label, error));
  },
  iterate,
  reader: (stage, name) => {
    stage.things.reader = Readable.toWeb(stage.things[name], { strategy: { highWaterMark: 0 } }).getReader();
  },
  writer: (stage, name) => { stage.things.writer = Writable.toWeb(stage.things[name]).getWriter(); },
  web,
};
