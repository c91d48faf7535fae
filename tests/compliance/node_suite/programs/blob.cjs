// Blobs, and bytes in each of the kinds that JavaScript has.
const assert = require('node:assert');
const buffer = require('node:buffer');
const { Readable } = require('node:stream');
const consumers = require('node:stream/consumers');

assert.strictEqual(buffer.Blob, globalThis.Blob);
assert.ok(buffer.Buffer === globalThis.Buffer && Buffer.isBuffer(buffer.Buffer.from('')));

const kindOf = (bytes) => `${bytes.constructor.name} of ${bytes.byteLength}`;

async function main() {
  const blob = new Blob(['abc', new Uint8Array([100, 101]), new Blob(['f'])], { type: 'text/Plain' });
  console.log(blob.size, blob.type, await blob.text(), await blob.slice(1, 3).text());
  console.log(kindOf(await blob.arrayBuffer()), kindOf(await blob.bytes()));

  const source = () => Readable.from([Buffer.from('by'), Buffer.from('tes')]);
  for (const name of ['arrayBuffer', 'buffer', 'bytes', 'blob']) {
    const made = await consumers[name](source());
    console.log(name, name === 'blob' ? [made instanceof Blob, made.size] : kindOf(made));
  }
  const made = await consumers.buffer(source());
  assert.strictEqual(made.buffer.byteLength, 5);
  console.log(await consumers.text(blob.stream()));
}

main();
