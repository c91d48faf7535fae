// Iterators and promises cross both ways.
const assert = require('node:assert');
const { once } = require('node:events');
const { Readable, Writable } = require('node:stream');
const { finished, pipeline } = require('node:stream/promises');

async function main() {
  // An async generator of JavaScript, closed when the stream is left.
  const log = [];
  async function* numbers() {
    try {
      for (let i = 0; ; i++) yield i;
    } finally {
      log.push('closed');
    }
  }
  const endless = Readable.from(numbers());
  for await (const number of endless) {
    log.push(number);
    if (number === 3) break;
  }
  if (!endless.closed) await new Promise((resolve) => endless.once('close', resolve));
  console.log(log.join(' '));

  // Its failure, and that of what it reads.
  async function* fails() {
    yield 1;
    throw new RangeError('mine');
  }
  await assert.rejects(Readable.from(fails()).forEach?.(() => {}) ?? (async () => {
    for await (const _ of Readable.from(fails()));
  })(), { name: 'RangeError', message: 'mine' });

  // Generators in a pipeline.
  const got = [];
  await pipeline(
    ['a', 'b'],
    async function* (source) {
      for await (const item of source) yield item.toUpperCase();
    },
    new Writable({ objectMode: true, write(chunk, encoding, callback) { got.push(chunk); callback(); } }),
  );
  console.log(got.join());

  const stream = new Readable({ read() { this.push(null); } });
  stream.resume();
  await finished(stream);
  const [value] = await Promise.all([once(stream, 'mine'), stream.emit('mine', 5)]);
  console.log(value);
  await assert.rejects(finished(new Readable().destroy(new Error('gone'))), { message: 'gone' });
}

main().then(() => console.log('done'));
