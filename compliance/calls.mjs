// Calls functions of http and net with values of every kind, as a table beside the scenarios says.
// The twin of _calls.py.

import http from 'node:http';
import net from 'node:net';
import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { Duplex } from 'node:stream';
import { rounds } from './peers.mjs';
import { show } from './trace.mjs';
import { LABELS, VALUES } from './wrong_values.mjs';

const duplex = () => new Duplex({ read() {}, write(chunk, encoding, callback) { callback(); } });
const methods = ['setTimeout', 'setNoDelay', 'setKeepAlive'];
const socketLike = () => Object.assign(duplex(), Object.fromEntries(methods.map((name) => [name, () => {}])));

// What methods are called on, made anew for each call.
const MAKERS = {
  http: () => http,
  net: () => net,
  outgoing: () => new http.OutgoingMessage(),
  response: () => new http.ServerResponse({ method: 'GET', httpVersionMajor: 1, httpVersionMinor: 1, headers: {} }),
  response_with_a_socket: () => { const res = MAKERS.response(); res.assignSocket(socketLike()); return res; },
  request: () => http.request({ method: 'POST', createConnection: () => socketLike() }),
  incoming: () => new http.IncomingMessage(socketLike()),
  agent: () => new http.Agent(),
  http_server: () => http.createServer(),
  net_server: () => net.createServer(),
  socket: () => new net.Socket(),
  block_list: () => new net.BlockList(),
};

// Scenarios of a table: for each row, with each of the values but those that it leaves out.
export function called(table) {
  const { rows } = JSON.parse(readFileSync(new URL(`./scenarios/${table}.json`, import.meta.url), 'utf8'));
  return Object.fromEntries(Object.entries(rows).map(([name, row]) => [name, (t) => tryEach(t, row)]));
}

async function tryEach(t, { on, steps, shown = [], but = [] }) {
  for (const label of LABELS.filter((each) => !but.includes(each))) {
    await attempt(t, label, MAKERS[on](), steps, shown, VALUES[label]);
  }
}

async function attempt(t, label, target, steps, shown, value) {
  const isMade = target instanceof EventEmitter;
  if (isMade) target.on('error', (error) => t(`${label} error`, comparable(error, label)));
  let result;
  try {
    for (const [step, ...args] of steps) result = take(target, step, args.map((arg) => filled(t, label, arg, value)));
    t(label, ...described(result, target, shown));
  } catch (error) {
    t(`${label} throws`, comparable(error, label));
  }
  if (!isMade && result instanceof EventEmitter) result.on('error', () => {});
  await rounds(2);
  for (const each of [target, result]) tidy(each);
  await rounds(2);
}

// An error as text, without what its message shows of a value that looks another way in each language. Those of the
// language itself have no code.
function comparable(error, label) {
  if (error.code === undefined) return 'an error of the language';
  const text = show(error);
  return ['a function', 'an emitter'].includes(label) ? text.split(' Received ')[0] : text;
}

function take(target, step, args) {
  if (step === 'set') { target[args[0]] = args[1]; return undefined; }
  if (step === 'new') return new target[args[0]](...args.slice(1));
  return target[step](...args);
}

// The value in place of "$"; "$callback" is a function that tells of its call, "$connect" one that makes a socket.
function filled(t, label, arg, value) {
  if (arg === '$') return value;
  if (arg === '$connect') return socketLike;
  if (arg === '$callback') return (...args) => t(`${label} callback`, ...args.slice(0, 1).map((error) => error ?? null));
  if (Array.isArray(arg)) return arg.map((item) => filled(t, label, item, value));
  if (arg === null || typeof arg !== 'object') return arg;
  return Object.fromEntries(Object.entries(arg).map(([key, item]) => [key, filled(t, label, item, value)]));
}

// The properties that are to be shown of what came of it; a plain value shows itself.
function described(result, target, shown) {
  const made = typeof result === 'object' && result !== null ? result : target;
  if (shown.length) return shown.map((name) => plain(made[name]));
  return [plain(result)];
}

const isThing = (value) => ['object', 'function'].includes(typeof value) && value !== null && !Array.isArray(value);
const plain = (value) => (isThing(value) ? 'a thing' : value);

function tidy(thing) {
  if (!(thing instanceof EventEmitter)) return;
  if (thing instanceof net.Server) thing.close(() => {});
  else thing.destroy?.();
}
