// Requests and replies between the two processes. The twin of bridge/_channel.py, where the messages are explained.
'use strict';

const { spawnSync } = require('node:child_process');
const { mkdtempSync, openSync, readSync, rmSync, writeSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { Pipe, constants } = process.binding('pipe_wrap');

const HEADER = 4;
const TICKS_QUEUED = 1;
const ALIVE = 2;

const nextTick = process.nextTick;
const runTicksAndMicrotasks = process._tickCallback;
const fatalException = process._fatalException;

let calls;
let replies;
let bell;
let incoming = Buffer.allocUnsafe(65536);
let received = incoming.subarray(0, 0); // the part of it that was read, and not taken yet
let outgoing = Buffer.allocUnsafe(65536);
let depth = 0; // how many calls from Python are under way
let drainIsScheduled = false;
let released = [];

// What Python can ask for: a function for each operation, which takes and returns encoded values.
const operations = {};
let forget = () => {};
let encodeThrown = (error) => error;
let decode = (value) => value;

class BridgeError extends Error {
  name = 'BridgeError';
}

function start() {
  const folder = mkdtempSync(join(tmpdir(), 'node-suite-'));
  const python = spawnSync(process.env.NODE_SUITE_PYTHON, ['-m', 'compliance.node_suite.bridge', folder], {
    env: { ...process.env, PYTHONPATH: process.env.NODE_SUITE_ROOT }, stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (python.status !== 0) throw new BridgeError(`the Python side does not start: ${python.error ?? python.status}`);
  calls = openSync(join(folder, 'calls'), 'w');
  replies = openSync(join(folder, 'replies'), 'r');
  bell = new Pipe(constants.SOCKET);
  bell.open(openSync(join(folder, 'bell'), 'r'));
  rmSync(folder, { recursive: true });
  bell.onread = () => { request('step'); };
  bell.readStart();
  bell.unref();
  request('hello', process.execArgv, process.pid);
}

function send(kind, payload) {
  const text = JSON.stringify([kind, payload, released, 0]);
  released = [];
  if (outgoing.length < HEADER + 3 * text.length) outgoing = Buffer.allocUnsafe(HEADER + 3 * text.length);
  const size = outgoing.write(text, HEADER);
  outgoing.writeUInt32LE(size);
  try {
    for (let sent = 0; sent < HEADER + size;) sent += writeSync(calls, outgoing, sent, HEADER + size - sent);
  } catch (error) {
    throw error.code === 'EPIPE' ? new BridgeError('the Python side has ended') : error;
  }
}

function receive() {
  for (;;) {
    if (received.length >= HEADER) {
      const end = HEADER + received.readUInt32LE();
      if (received.length >= end) {
        const message = JSON.parse(received.toString('utf8', HEADER, end));
        received = received.subarray(end);
        return message;
      }
    }
    if (received.length === 0) received = incoming.subarray(0, 0);
    let end = received.byteOffset - incoming.byteOffset + received.length;
    if (end === incoming.length) end = makeRoom();
    const size = readSync(replies, incoming, end, incoming.length - end);
    if (size === 0) throw new BridgeError('the Python side has ended');
    received = incoming.subarray(end - received.length, end + size);
  }
}

// Put what was received in front, in a larger buffer if it is half of this one. Returns where it ends.
function makeRoom() {
  const larger = received.length * 2 < incoming.length ? incoming : Buffer.allocUnsafe(incoming.length * 2);
  received.copy(larger);
  incoming = larger;
  received = incoming.subarray(0, received.length);
  return received.length;
}

// Ask Python for something and wait for it. Requests that come before the reply are answered meanwhile.
function request(...payload) {
  send('?', payload);
  for (;;) {
    const [kind, answered, theirs, flags] = receive();
    if (theirs.length) forget(theirs);
    if (kind === '?') {
      answer(answered);
      continue;
    }
    if (depth === 0) goOn(flags);
    if (kind === '!') throw decode(answered);
    return answered;
  }
}

function answer([operation, ...args]) {
  depth++;
  let kind = '=';
  let payload;
  try {
    payload = operations[operation](...args);
  } catch (error) {
    kind = '!';
    payload = encodeThrown(error);
  } finally {
    depth--;
  }
  send(kind, payload ?? null);
}

// JavaScript goes on by itself: what Python queued meanwhile must come to its turn, or keep the process alive.
function goOn(flags) {
  if (flags & TICKS_QUEUED && !drainIsScheduled) {
    drainIsScheduled = true;
    nextTick(drain);
  }
  if (flags & ALIVE) bell.ref();
  else bell.unref();
}

function drain() {
  drainIsScheduled = false;
  if (depth === 0) request('drain');
}

operations.microtasks = () => {
  try {
    runTicksAndMicrotasks();
  } catch (error) {
    fatal(error);
  }
};

// An exception that nothing caught: Node's own machinery decides what comes of it.
function fatal(error) {
  if (fatalException(error)) return;
  process._rawDebug(`Uncaught:\n${error?.stack ?? error}`);
  process.reallyExit(process.exitCode || 1);
}

operations.fatal = (error) => fatal(decode(error));

module.exports = {
  BridgeError, operations, request, start,
  release: (id, count) => released.push([id, count]),
  connect: (codec) => ({ forget, encodeThrown, decode } = codec),
};
