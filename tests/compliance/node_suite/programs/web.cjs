// Web streams, and the globals that they are.
const assert = require('node:assert');
const { ReadableStream, WritableStream, TransformStream, CountQueuingStrategy } = require('node:stream/web');
const log = [];
assert.strictEqual(ReadableStream, globalThis.ReadableStream);
(async () => {
  const r = new ReadableStream({ start(c) { assert.strictEqual(c.desiredSize, 2); c.enqueue('a'); c.enqueue(undefined); c.enqueue(null); c.close(); } },
    new CountQueuingStrategy({ highWaterMark: 2 }));
  const reader = r.getReader();
  assert.ok(r.locked);
  console.log(await reader.read(), await reader.read(), await reader.read(), await reader.read());
  console.log(await reader.closed);
  const e = new Error('x');
  const bad = new ReadableStream({ pull() { throw e; } });
  await assert.rejects(bad.getReader().read(), e);
  const chunks = [];
  const w = new WritableStream({ write(c) { chunks.push(c); }, close() { chunks.push('close'); } });
  const t = new TransformStream({ transform(c, ctl) { ctl.enqueue(c + c); } });
  await ReadableStream.from(['a', 'b']).pipeThrough(t).pipeTo(w);
  console.log(chunks);
  const it = [];
  for await (const c of ReadableStream.from([1, 2, 3])) { it.push(c); if (c === 2) break; }
  console.log(it);
  const u8 = new Uint8Array([1, 2]);
  const views = new ReadableStream({ start(c) { c.enqueue(u8); c.close(); } });
  assert.strictEqual((await views.getReader().read()).value, u8);
  const writer = new WritableStream({ abort(reason) { console.log('abort', reason); } }).getWriter();
  await writer.ready;
  await writer.abort();
  await writer.closed.catch((er) => console.log('closed', er));
  new ReadableStream({ cancel(...args) { console.log('cancel', args.length, args[0]); } }).cancel();
  assert.throws(() => r.getReader(), { code: 'ERR_INVALID_STATE' });
  assert.throws(() => new ReadableStream(1), { code: 'ERR_INVALID_ARG_TYPE' });
  const source = { n: 0, pull(c) { c.enqueue(this.n++); if (this.n > 2) c.close(); } };
  const got = []; for await (const x of new ReadableStream(source)) got.push(x);
  console.log(got);
  const [a, b] = ReadableStream.from(['x']).tee();
  console.log(await a.getReader().read(), await b.getReader().read());
})();
