// What goes in comes out as the same thing.
const assert = require('node:assert');
const { EventEmitter } = require('node:events');
const { PassThrough, Readable } = require('node:stream');

class Thing {}
const plain = { a: 1, nested: { b: [1, 2, { c: 3 }] } };
const cyclic = { name: 'cyclic' };
cyclic.self = cyclic;
const things = [plain, cyclic, new Thing(), [1, 2], () => 1, Symbol('mine'), new Map([[1, 2]]), new Date(0), new Error('x')];

const stream = new PassThrough({ objectMode: true, highWaterMark: 100 });
for (const thing of things) {
  stream.write(thing);
  assert.strictEqual(stream.read(), thing);
}

const emitter = new EventEmitter();
const listener = () => {};
emitter.on('event', listener).once('event', listener);
assert.deepStrictEqual(emitter.listeners('event'), [listener, listener]);
assert.strictEqual(emitter.rawListeners('event')[1].listener, listener);
emitter.off('event', listener).off('event', listener);
assert.strictEqual(emitter.listenerCount('event'), 0);

const name = Symbol('name');
emitter.on(name, function(value) {
  assert.strictEqual(this, emitter);
  assert.strictEqual(value, emitter);
});
assert.deepStrictEqual(emitter.eventNames(), [name]);
assert.strictEqual(emitter.emit(name, emitter), true);

const error = new TypeError('mine');
const failing = new Readable({ read() { this.destroy(error); } });
failing.on('error', (given) => {
  assert.strictEqual(given, error);
  assert.strictEqual(failing.errored, error);
  console.log('done');
}).resume();
