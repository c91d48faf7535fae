// in_process_node.mjs objects|chunks|emit SECONDS
import { EventEmitter } from 'node:events';
import { PassThrough, Readable, Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Timing } from './timing.mjs';

const [work, seconds] = process.argv.slice(2);

const chunk = Buffer.alloc(65536);

function source(item, count, options) {
  let left = count;
  return new Readable({
    ...options,
    read() {
      this.push(left-- > 0 ? item : null);
    },
  });
}

function sink(options) {
  return new Writable({
    ...options,
    write(item, encoding, callback) {
      timing.count++;
      callback();
    },
  });
}

const works = {
  objects() {
    const through = new Transform({
      objectMode: true,
      transform(item, encoding, callback) {
        callback(null, item);
      },
    });
    return pipeline(source({}, 5000, { objectMode: true }), through, sink({ objectMode: true }));
  },

  chunks() {
    return pipeline(source(chunk, 5000), new PassThrough(), sink());
  },

  emit() {
    const emitter = new EventEmitter();
    emitter.on('data', (n) => {
      timing.count += n;
    });
    for (let i = 0; i < 50000; i++) emitter.emit('data', 1);
  },
};

const timing = new Timing(Number(seconds));
while (timing.goesOn()) await works[work]();
timing.tell();
