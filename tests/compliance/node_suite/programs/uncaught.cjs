// What nothing catches goes to `uncaughtException`, what nothing takes to `unhandledRejection`; both once, and the rest goes on.
const { EventEmitter } = require('node:events');
const { finished: settled } = require('node:stream/promises');
const { Readable } = require('node:stream');

process.on('uncaughtException', (error, origin) => console.log('uncaught', error.message, origin));
process.on('unhandledRejection', (error) => console.log('unhandled', error.message));

process.nextTick(() => { throw new Error('in a tick'); });
process.nextTick(() => console.log('next tick'));
new Readable({ read() {} }).on('close', () => console.log('close')).destroy(new Error('nobody listens'));
setTimeout(() => new EventEmitter().emit('error', new Error('in a timer')), 200);
setTimeout(() => {
  const emitter = new EventEmitter();
  emitter.on('event', async () => { throw new Error('in an async listener'); });
  emitter.emit('event');
}, 400);
setTimeout(() => { settled(new Readable().destroy(new Error('not awaited'))); }, 600);
