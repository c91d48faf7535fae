// Node's own module `domain` takes in emitters.
const domain = require('node:domain');
const { EventEmitter } = require('node:events');

const emitter = new EventEmitter();
const all = domain.create();
all.add(emitter);
all.on('error', (error) => console.log('domain:', error instanceof Error ? error.message : error));
emitter.on('event', (value) => console.log('listener:', value));
console.log(emitter.emit('event', 1), emitter.emit('nobody'));
emitter.emit('error', new Error('taken'));
emitter.emit('error', 42);
emitter.on('error', (error) => console.log('listened for:', error.message));
emitter.emit('error', new Error('own'));
