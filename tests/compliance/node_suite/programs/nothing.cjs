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

// The same of HTTP's functions and of sockets, which say in their errors what they were given.
const http = require('node:http');
const net = require('node:net');
const message = new http.ServerResponse({ method: 'GET' });
for (const name of [undefined, null]) {
  for (const method of ['getHeader', 'hasHeader', 'removeHeader', 'writeHead']) {
    assert.throws(() => message[method](name), { message: new RegExp(`(Received|Invalid status code:) ${name}$`) });
  }
}
assert.throws(() => http.request({ timeout: null }), { message: /Received null$/ });
assert.throws(() => new net.Socket().setTimeout(1, null), { message: /Received null$/ });
assert.ok(new net.Socket().setTimeout(0, undefined) instanceof net.Socket);
console.log(message.errored, message.destroy().errored, new http.OutgoingMessage().errored);

// A name that cannot be looked up has no address; one that can has no error.
const lookups = [];
const answering = (answer) => (host, options, callback) => setImmediate(callback, ...answer);
const lookup = (answer) => net.connect({ port: 1, host: 'x', lookup: answering(answer) })
  .on('lookup', (...args) => lookups.push(args.map(String)))
  .on('error', () => {});
process.on('exit', () => console.log(lookups.sort()));
lookup([new Error('none')]);
lookup([null, [{ address: '127.0.0.1', family: 4 }]]);
