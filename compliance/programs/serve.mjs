// Runs programs in Node, one after the other: standard input gives one as a line of JSON, standard output gets its
// trace as one, when the loop has nothing left to do for it.

import { openSync, readSync, writeSync } from 'node:fs';
import { createTrace } from '../trace.mjs';

// When something is to happen.
export const LATER = { sync: (f) => f(), tick: (f) => process.nextTick(f), immediate: (f) => setImmediate(f) };

const input = openSync('/dev/stdin'); // opened anew: some modules of Node make descriptor 0 one that does not wait
let buffered = '';

function nextLine() {
  const piece = Buffer.alloc(65536);
  while (!buffered.includes('\n')) {
    const size = readSync(input, piece);
    if (size === 0) return null;
    buffered += piece.toString('latin1', 0, size);
  }
  const at = buffered.indexOf('\n');
  const line = buffered.slice(0, at);
  buffered = buffered.slice(at + 1);
  return line;
}

// Write a line, however much of it a pipe takes at a time.
function writeLine(text) {
  let rest = Buffer.from(text + '\n');
  while (rest.length) {
    try {
      rest = rest.subarray(writeSync(1, rest));
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
    }
  }
}

// Call `begin(program, trace)` for each program.
export function serve(begin) {
  let lines = null;
  let trace = null;

  process.on('uncaughtException', (error) => trace('uncaught', error));
  process.on('beforeExit', () => {
    if (lines) {
      trace.close();
      writeLine(JSON.stringify(lines));
    }
    const line = nextLine();
    if (line === null) process.exit(0);
    const mine = lines = [];
    trace = createTrace((text) => mine.push(text));
    setImmediate(() => begin(JSON.parse(line), trace));
  });
}
