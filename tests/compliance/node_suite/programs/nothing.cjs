// Where null and undefined are two values, they stay two.
const assert = require('node:assert');
const { EventEmitter, on, once } = require('node:events');
const { Readable, Transform, Writable } = require('node:stream');

const emitter = new EventEmitter();
const received = [];
emitter.on('event', (...args) => received.push(args));
emitter.emit('event', undefined, null);
assert.deepStrictEqual(received, [[undefined, null]]);

// A chunk may be undefined in object mode, and null never.
const written = [];
const sink = new Writable({ objectMode: true, write(chunk, encoding, callback) { written.push([chunk, encoding]); callback(); } });
sink.write(undefined);
sink.write();
assert.deepStrictEqual(written, [[undefined, undefined], [undefined, undefined]]);
assert.throws(() => sink.write(null), { code: 'ERR_STREAM_NULL_VALUES' });
assert.throws(() => new Writable({ write() {} }).write(undefined), { message: /Received undefined$/ });

const source = new Readable({ objectMode: true, read() {} });
source.push(undefined);
source.unshift(undefined);
assert.strictEqual(source.readableLength, 2);
assert.strictEqual(source.read(), undefined);
source.pipe(new Transform({ objectMode: true, transform(chunk, encoding, callback) { callback(null, String(chunk)); } }))
  .on('data', (chunk) => console.log('through the pipe', chunk));
assert.strictEqual(new Readable({ read() {} }).push(), true);

// Options can be left out, and some cannot be null.
for (const options of [undefined, {}, { signal: undefined }, { close: null }]) on(emitter, 'x', options).return();
for (const options of [null, { signal: null }]) {
  assert.throws(() => on(emitter, 'x', options), { code: 'ERR_INVALID_ARG_TYPE' });
  once(emitter, 'x', options).catch((error) => console.log(error.message));
}
