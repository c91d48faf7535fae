// Runs the scenarios of one area in Node, one after the other, each on a quiet loop. The twin of _worker.py.
//
// Standard output gets one JSON array per line: ["names", [...], solo], then for each scenario that standard input
// asked for ["start", name], ["line", text] ..., ["end", name].

import { readFileSync, writeSync } from 'node:fs';
import { createTrace } from './trace.mjs';

const send = (...message) => writeSync(1, JSON.stringify(message) + '\n');

const { scenarios, solo = false } = await import(new URL(`./scenarios/${process.argv[2]}.mjs`, import.meta.url));
send('names', Object.keys(scenarios), solo);
// Opened anew: some modules of Node make descriptor 0 one that does not wait.
const chosen = JSON.parse(readFileSync('/dev/stdin', 'utf8'));

let current = null;

function start(name) {
  const trace = createTrace((text) => send('line', text));
  current = { name, trace, settled: true };
  send('start', name);
  if (!solo) process.on('uncaughtException', (error) => trace('uncaught', error));
  setImmediate(run, current);
}

function run(scenario) {
  const promise = scenarios[scenario.name](scenario.trace);
  if (typeof promise?.then !== 'function') return;
  scenario.settled = false;
  promise.finally(() => { scenario.settled = true; });
}

function finish() {
  if (!current.settled) current.trace('main never ended');
  current.trace.close();
  for (const event of ['uncaughtException', 'unhandledRejection', 'warning', 'exit']) process.removeAllListeners(event);
  send('end', current.name);
  current = null;
}

function next() {
  if (current) finish();
  if (chosen.length) start(chosen.shift());
  else process.off('beforeExit', next);
}

if (solo) {
  if (chosen.length) start(chosen[0]);
} else {
  process.on('beforeExit', next);
}
