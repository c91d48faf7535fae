// Arguments that JSON cannot hold. The twin of _values.py.

import http from 'node:http';

// What an argument stands for: {"$error": message} for an error, and the like.
export function valueOf(stage, given) {
  if (Array.isArray(given)) return given.map((item) => valueOf(stage, item));
  if (given === null || typeof given !== 'object') return given;
  for (const [key, make] of Object.entries(MAKERS)) if (key in given) return make(stage, given[key]);
  return Object.fromEntries(Object.entries(given).map(([key, item]) => [key, valueOf(stage, item)]));
}

// The agent of this script; it is made when it is first named.
function agent(stage, options) {
  if (!stage.things.agent) stage.add('agent', new http.Agent(valueOf(stage, options)));
  return stage.things.agent;
}

const MAKERS = {
  $error: (stage, message) => new Error(message),
  $callback: (stage, label) => (...args) => stage.happened(label, ...args),
  $bytes: (stage, text) => Buffer.from(text, 'latin1'),
  $times: (stage, [count, text]) => text.repeat(count),
  $joined: (stage, parts) => parts.map((part) => valueOf(stage, part)).join(''),
  $thing: (stage, name) => stage.things[name],
  $port: (stage) => stage.things.port,
  $signal: (stage, name) => (stage.things[name] ??= new AbortController()).signal,
  $agent: agent,
  $map: (stage, given) => new Map(Object.entries(given)),
  $returning: (stage, result) => () => result,
  $failing: (stage, message) => () => { throw new Error(message); },
  $lookup: (stage, message) => (host, options, callback) => { setImmediate(callback, new Error(message)); },
};
