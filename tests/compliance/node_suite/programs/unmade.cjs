// Prototypes, and objects whose constructor has not run yet.
const assert = require('node:assert');
const { Duplex, Readable, Writable } = require('node:stream');

for (const Class of [Readable, Writable, Duplex]) {
  function Derived() {
    assert.strictEqual(this.destroyed, false);
    this.destroyed = true;
    Class.call(this);
  }
  Object.setPrototypeOf(Derived.prototype, Class.prototype);
  Object.setPrototypeOf(Derived, Class);
  const made = new Derived();
  assert.strictEqual(made.destroyed, false);
  assert.deepStrictEqual(Object.keys(made).filter((name) => name === 'destroyed'), []);
  assert.strictEqual(Class.prototype.destroyed, false);
}

// A method is a plain property of its prototype.
for (const [Class, name] of [[Readable, 'map'], [Readable, 'read'], [Writable, 'write'], [Duplex, 'pipe']]) {
  const owner = Object.hasOwn(Class.prototype, name) ? Class.prototype : Object.getPrototypeOf(Class.prototype);
  const { value, enumerable, configurable, writable } = Object.getOwnPropertyDescriptor(owner, name) ?? {};
  if (owner === Class.prototype) {
    assert.deepStrictEqual([typeof value, configurable, writable], ['function', true, true]);
    if (name === 'map') assert.strictEqual(enumerable, false);
  }
}
assert.throws(() => new Readable.prototype.map(() => {}), TypeError);

// It can be replaced, on an object and for all.
const { push } = Readable.prototype;
const pushed = [];
Readable.prototype.push = function(chunk) { pushed.push(chunk); return Reflect.apply(push, this, [chunk]); };
const replaced = Object.getOwnPropertyDescriptor(Readable.prototype, 'push');
assert.strictEqual(replaced.value, Readable.prototype.push);
const readable = new Readable({ read() { this.push(null); } });
readable.resume = function() { pushed.push('resume'); return Readable.prototype.resume.call(this); };
readable.on('data', () => {}).on('end', () => console.log(pushed));
Readable.from(['from']).on('data', () => {});
