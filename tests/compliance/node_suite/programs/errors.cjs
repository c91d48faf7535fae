// Errors of the library have the class, name, code, message and properties of Node's.
const assert = require('node:assert');
const { EventEmitter } = require('node:events');
const http = require('node:http');
const { Readable, Writable } = require('node:stream');

const shown = (f) => {
  try {
    f();
  } catch (error) {
    console.log(error.constructor.name, error.name, error.code, String(error), error instanceof Error, error.stack.split('\n')[0]);
  }
};
shown(() => new Writable({ highWaterMark: -1 }));
shown(() => new EventEmitter().on('x', 5));
shown(() => new EventEmitter().setMaxListeners(-1));
shown(() => new Readable().setEncoding('nope'));
shown(() => new Writable().write(null));
shown(() => new http.OutgoingMessage().setHeader('a b', 1));
shown(() => new EventEmitter().emit('error', new SyntaxError('mine')));
shown(() => new EventEmitter().emit('error', { not: 'an error' }));

// Something thrown that is no error.
const emitter = new EventEmitter().on('throw', (value) => { throw value; });
for (const value of ['text', 5, null, undefined]) {
  try {
    emitter.emit('throw', value);
    assert.fail();
  } catch (thrown) {
    console.log('thrown', thrown ?? 'nothing');
  }
}

// A system error.
http.get({ port: 1, host: '127.0.0.1', agent: false }).on('error', ({ code, errno, syscall, address, port, message }) => {
  console.log(code, errno, syscall, address, port, message);
});
