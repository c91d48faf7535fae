// Modules are replaced however they are imported.
import assert from 'node:assert';
import { createRequire } from 'node:module';
import stream, { PassThrough, Readable } from 'node:stream';
import * as promises from 'stream/promises';
import EventEmitter, { once } from 'events';

const require = createRequire(import.meta.url);
assert.strictEqual(require('stream'), stream);
assert.strictEqual(require('node:stream'), stream);
assert.strictEqual(stream.Readable, Readable);
assert.strictEqual(stream.promises, require('stream/promises'));
assert.strictEqual(promises.finished, stream.promises.finished);
assert.strictEqual(require('_stream_passthrough'), PassThrough);
assert.strictEqual(EventEmitter.once, once);
assert.strictEqual(EventEmitter.EventEmitter, EventEmitter);
assert(new Readable() instanceof EventEmitter);
console.log('done');
