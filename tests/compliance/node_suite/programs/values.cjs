// Values cross unchanged, both ways.
const assert = require('node:assert');
const { EventEmitter } = require('node:events');
const { PassThrough, Writable } = require('node:stream');

const emitter = new EventEmitter();
const values = [
  0, -0, 1.5, -1, 2 ** 53, NaN, Infinity, -Infinity, true, false, '', 'text', 'Grüße', '\u{1f600}', '\ud800', 'a\0b',
  10n ** 30n, Buffer.from([0, 255, 10]), {}, [], [[1], { a: [null] }], { 'a b': 1 },
];
let received;
emitter.on('value', (value) => { received = value; });
for (const value of values) {
  emitter.emit('value', value);
  assert.deepStrictEqual(received, value);
}

// How many arguments there are stays as it was.
const counts = [];
emitter.on('count', (...args) => counts.push(args.length));
emitter.emit('count');
emitter.emit('count', undefined);
emitter.emit('count', undefined, null, 1);
assert.deepStrictEqual(counts, [0, 1, 3]);

// Options are read by value; a getter is read when it is asked for.
const withGetter = { get highWaterMark() { return 7; }, write(chunk, encoding, callback) { callback(); } };
assert.strictEqual(new Writable(withGetter).writableHighWaterMark, 7);

// Bytes come back as the object that they are in object mode, and a Buffer in others too.
const objects = [];
const objectSink = new Writable({ objectMode: true, write(chunk, encoding, callback) { objects.push(chunk); callback(); } });
const views = [Buffer.from('bytes'), new Uint8Array([1]), new Float64Array([0.5]), new DataView(new ArrayBuffer(2), 1), new ArrayBuffer(3)];
for (const view of views) objectSink.write(view);
assert.ok(objects.length === views.length && objects.every((object, index) => object === views[index]));

const buffer = Buffer.from('bytes');
const through = new PassThrough();
through.end(buffer);
assert.strictEqual(through.read(), buffer);

// Else typed arrays and views are bytes.
const chunks = [];
const sink = new Writable({ write(chunk, encoding, callback) { chunks.push(...chunk); callback(); } });
sink.write(new Uint8Array([1, 2]));
sink.write(new DataView(new Uint8Array([3, 4, 5]).buffer, 1));
assert.deepStrictEqual(chunks, [1, 2, 4, 5]);
sink._write = (chunk, encoding, callback) => { assert.ok(Buffer.isBuffer(chunk)); callback(); };
sink.write(new Uint8Array([6]));

// An object that says itself how it is shown.
const { inspect } = require('node:util');
for (const [shown, inside] of [['itself', () => 'itself'], ['[object Object]', () => { throw new Error('no'); }]]) {
  assert.throws(() => new EventEmitter().emit('error', { [inspect.custom]: inside }), { message: `Unhandled error. (${shown})` });
}
console.log('done');
