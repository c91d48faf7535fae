// Ticks, microtasks and callbacks of both loops come in Node's order.
const { EventEmitter } = require('node:events');
const { PassThrough, Readable, Writable } = require('node:stream');

const log = (...args) => console.log(...args);
const later = (name) => {
  Promise.resolve().then(() => log(`${name}: microtask`)).then(() => log(`${name}: second microtask`));
  queueMicrotask(() => process.nextTick(log, `${name}: tick of a microtask`));
  process.nextTick(() => {
    log(`${name}: tick`);
    Promise.resolve().then(() => log(`${name}: microtask of a tick`));
    process.nextTick(log, `${name}: tick of a tick`);
  });
};

later('main');
const emitter = new EventEmitter();
emitter.on('event', () => { later('listener'); log('listener ends'); });
emitter.emit('event');
log('main ends');

setTimeout(() => {
  const stream = new PassThrough();
  stream.on('data', () => later('data'));
  stream.on('end', () => later('end'));
  stream.end('x');
  later('timer');
}, 100);

setTimeout(async () => {
  for await (const item of Readable.from(['a', 'b'])) log('item', item);
  const slow = new Writable({ highWaterMark: 1, write(chunk, encoding, callback) { setImmediate(callback); } });
  log('written', slow.write('x'));
  slow.on('drain', () => { log('drain'); slow.end(); }).on('finish', () => later('finish'));
}, 300);
