// Calls nest both ways to any depth, and what is returned or thrown finds its way back.
const assert = require('node:assert');
const { EventEmitter } = require('node:events');

const emitter = new EventEmitter();
emitter.on('down', (depth) => {
  if (depth > 0) emitter.emit('down', depth - 1);
});
assert.strictEqual(emitter.emit('down', 150), true);

emitter.on('fail', (depth) => {
  if (depth === 0) throw new RangeError('at the bottom');
  emitter.emit('fail', depth - 1);
});
assert.throws(() => emitter.emit('fail', 20), { name: 'RangeError', message: 'at the bottom' });
assert.strictEqual(emitter.emit('down', 1), true);
console.log('done');
