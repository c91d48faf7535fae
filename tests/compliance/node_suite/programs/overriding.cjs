// Members may be overridden in classes of both kinds, on objects, at any time; the library calls what is there.
const assert = require('node:assert');
const { inherits } = require('node:util');
const { EventEmitter } = require('node:events');
const { Duplex, PassThrough, Readable, Transform, Writable } = require('node:stream');

// A class.
class Upper extends Transform {
  #calls = 0;
  constructor(options) {
    super({ ...options, decodeStrings: false });
  }
  _transform(chunk, encoding, callback) {
    this.#calls++;
    callback(null, `${chunk}`.toUpperCase());
  }
  push(chunk) {
    return super.push(chunk === null ? null : `<${chunk}>`);
  }
  get writable() {
    return super.writable && this.#calls < 2;
  }
}
const upper = new Upper();
upper.write('a');
assert.strictEqual(upper.writable, true);
upper.write('b');
assert.strictEqual(upper.writable, false);
assert.strictEqual(String(upper.read()), '<A><B>');
assert(upper instanceof Upper && upper instanceof Transform && upper instanceof Duplex && upper instanceof Readable);
assert(upper instanceof Writable && !(new Readable() instanceof Writable) && !(new PassThrough() instanceof Upper));

// A function that inherits.
function Old(text) {
  Readable.call(this, { encoding: 'utf8' });
  this.text = text;
}
inherits(Old, Readable);
Old.prototype._read = function() {
  this.push(this.text);
  this.push(null);
};
const old = new Old('old');
assert.strictEqual(old.read(), 'old');
assert(old instanceof Old && old instanceof Readable);

// An object, later; and its prototype, later still.
const written = [];
const late = new Writable();
late._write = function(chunk, encoding, callback) {
  assert.strictEqual(this, late);
  written.push(`own ${chunk}`);
  callback();
};
late.write('1');
class Later extends Writable {}
const later = new Later();
Later.prototype._write = function(chunk, encoding, callback) {
  written.push(`late ${chunk}`);
  callback();
};
later.write('2');
assert.deepStrictEqual(written, ['own 1', 'late 2']);

// Public methods of an object and of a class of the library, which it calls itself.
const calls = [];
const target = new PassThrough();
const write = target.write;
target.write = function(chunk) {
  calls.push(`write ${chunk}`);
  return write.apply(this, arguments);
};
const { emit } = EventEmitter.prototype;
EventEmitter.prototype.emit = function(event, ...args) {
  if (this === target) calls.push(`emit ${event}`);
  return emit.call(this, event, ...args);
};
Readable.from([Buffer.from('x')]).pipe(target).on('finish', () => {
  EventEmitter.prototype.emit = emit;
  console.log(calls.join(', '));
}).resume();

// Hooks as options get the stream as `this`, and can be seen on it.
const options = {
  construct(callback) { this.opened = true; callback(); },
  write(chunk, encoding, callback) { this.last = String(chunk); callback(); },
  final(callback) { console.log('final', this.opened, this.last); callback(); },
};
const hooked = new Writable(options);
assert.strictEqual(hooked._write, options.write);
hooked.end('last');

// Called without `new`, or used before it is constructed.
assert(Readable() instanceof Readable);
const bare = Object.create(EventEmitter.prototype);
bare.on('x', () => console.log('bare'));
bare.emit('x');
