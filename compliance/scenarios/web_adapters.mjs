// Web streams from and to Node's streams, and where the functions of node:stream take them.

import { Blob } from 'node:buffer';
import {
  addAbortSignal, compose, Duplex, finished, isDestroyed, isDisturbed, isErrored, isReadable, isWritable, PassThrough,
  pipeline, Readable, Transform, Writable,
} from 'node:stream';
import * as consumers from 'node:stream/consumers';
import { ReadableStream, TransformStream, WritableStream } from 'node:stream/web';

const round = () => new Promise((resolve) => setImmediate(resolve));
const rounds = async (count) => { for (let i = 0; i < count; i++) await round(); };
const note = (t, label, promise) => promise.then((value) => t(label, value), (error) => t(`${label} rejects`, error));
const octets = (text) => new TextEncoder().encode(text);

async function all(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

const sink = (t, name = 'sink') => new WritableStream({
  write(chunk) { t(`${name} write`, chunk); },
  close() { t(`${name} close`); },
  abort(reason) { t(`${name} abort`, reason); },
});

const source = (t, ...chunks) => new ReadableStream({
  start(c) { for (const chunk of chunks) c.enqueue(chunk); c.close(); },
  cancel(reason) { t('cancel', reason); },
});

const quiet = (t) => new ReadableStream({ cancel(reason) { t('cancel', reason); } });

const upper = () => new TransformStream({
  transform(chunk, c) { c.enqueue(chunk.toString().toUpperCase()); },
});

export const scenarios = {
  async arguments(t) {
    for (const value of [5, {}]) {
      t.call('readable from', () => Readable.fromWeb(value));
      t.call('readable to', () => Readable.toWeb(value));
      t.call('writable from', () => Writable.fromWeb(value));
      t.call('writable to', () => Writable.toWeb(value));
      t.call('duplex from', () => Duplex.fromWeb(value));
      t.call('duplex to', () => Duplex.toWeb(value));
    }
    t.call('no writable', () => Duplex.fromWeb({ readable: new ReadableStream() }));
    t.call('options', () => Readable.fromWeb(new ReadableStream(), 5));
    t.call('mark', () => Readable.fromWeb(new ReadableStream(), { highWaterMark: -1 }));
    t.call('encoding', () => Readable.fromWeb(new ReadableStream(), { encoding: 'x' }));
    t.call('objectMode', () => Readable.fromWeb(new ReadableStream(), { objectMode: 5 }));
    t.call('signal', () => Readable.fromWeb(new ReadableStream(), { signal: 5 }));
    t.call('decodeStrings', () => Writable.fromWeb(new WritableStream(), { decodeStrings: 5 }));
    t.call('type', () => Readable.toWeb(new PassThrough(), { type: 'x' }));
    t.call('to options', () => Readable.toWeb(new PassThrough(), 5));
    t.call('strategy', () => Readable.toWeb(new PassThrough(), { strategy: 5 }));
    t.call('readableType', () => Duplex.toWeb(new PassThrough(), { readableType: 'x' }));
  },
  async readable_from_web(t) {
    const r = t.events(Readable.fromWeb(source(t, octets('a'), 'b')), '', 'data');
    await rounds(3);
    t.state(r);
    t('encoding', await all(Readable.fromWeb(source(t, octets('a'), 'b'), { encoding: 'utf8' })));
    t('objects', await all(Readable.fromWeb(source(t, { a: 1 }, 2), { objectMode: true })));
    const bad = t.events(Readable.fromWeb(source(t, 5)), '', 'data');
    await rounds(3);
    t('destroyed', bad.destroyed);
  },
  async pulls_on_demand(t) {
    let n = 0;
    const rs = new ReadableStream({ pull(c) { t('pull', n); c.enqueue(n++); } }, { highWaterMark: 0 });
    const r = Readable.fromWeb(rs, { objectMode: true, highWaterMark: 2 });
    await rounds(2);
    t('read', r.read());
    await rounds(2);
    t('length', r.readableLength);
    t('read', r.read());
    await rounds(2);
    t('length', r.readableLength);
  },
  async readable_from_web_that_is_destroyed(t) {
    const r = t.events(Readable.fromWeb(quiet(t)));
    r.destroy(new Error('boom'));
    await rounds(2);
    const without = t.events(Readable.fromWeb(quiet(t)));
    without.destroy();
    await rounds(2);
    const failing = t.events(Readable.fromWeb(new ReadableStream({ start(c) { c.error(new Error('source')); } })));
    await rounds(2);
    t('destroyed', failing.destroyed);
    const controller = new AbortController();
    const signalled = t.events(Readable.fromWeb(quiet(t), { signal: controller.signal }));
    controller.abort('why');
    await rounds(2);
    t('destroyed', signalled.destroyed);
  },
  async readable_to_web(t) {
    t('all', await all(Readable.toWeb(Readable.from(['a', 'b', 3]))));
    t('bytes', await all(Readable.toWeb(Readable.from(['a', 'b'], { objectMode: false }), { type: 'bytes' })));
    const r = new Readable({ read() { t('read'); }, highWaterMark: 4 });
    const rs = Readable.toWeb(r);
    r.push('abc');
    await rounds(2);
    t('flowing', r.readableFlowing);
    r.push('def');
    r.push('ghi');
    await rounds(2);
    t('flowing', r.readableFlowing, r.readableLength);
    const reader = rs.getReader();
    t('value', (await reader.read()).value);
    t('value', (await reader.read()).value);
    await rounds(2);
    t('flowing', r.readableFlowing, r.readableLength);
    t.events(r);
    note(t, 'cancelled', reader.cancel(new Error('enough')));
    await rounds(2);
  },
  async a_strategy(t) {
    const r = new Readable({ read() {} });
    const rs = Readable.toWeb(r, { strategy: { highWaterMark: 1, size: (chunk) => chunk.length } });
    r.push('abc');
    r.push('def');
    await rounds(2);
    t('flowing', r.readableFlowing, r.readableLength);
    t('value', (await rs.getReader().read()).value);
  },
  async readable_to_web_that_fails(t) {
    const r = new Readable({ read() {} });
    const reader = Readable.toWeb(r).getReader();
    note(t, 'read', reader.read());
    r.destroy(new Error('boom'));
    await rounds(2);
    const early = new Readable({ read() {} });
    note(t, 'early', Readable.toWeb(early).getReader().read());
    early.destroy();
    await rounds(2);
    note(t, 'over', Readable.toWeb(early).getReader().closed);
    await rounds(2);
  },
  async writable_from_web(t) {
    const w = t.events(Writable.fromWeb(sink(t)));
    t('write', w.write('a', t.callback('written a')));
    t('write', w.write('b', t.callback('written b')));
    w.write('c');
    w.end('d', t.callback('ended'));
    await rounds(4);
    t.state(w);
    const text = Writable.fromWeb(sink(t, 'text'), { decodeStrings: false });
    text.write('a');
    const objects = Writable.fromWeb(sink(t, 'objects'), { objectMode: true });
    objects.write({ a: 1 });
    await rounds(3);
  },
  async writable_from_web_that_is_destroyed(t) {
    const w = t.events(Writable.fromWeb(sink(t)));
    w.destroy(new Error('boom'));
    await rounds(2);
    const without = t.events(Writable.fromWeb(sink(t)));
    without.destroy();
    await rounds(2);
    const failing = t.events(Writable.fromWeb(new WritableStream({ write() { throw new Error('sink'); } })));
    failing.write('a', t.callback('written'));
    await rounds(3);
    t('destroyed', failing.destroyed);
  },
  async writable_to_web(t) {
    const w = new Writable({ write(chunk, _, callback) { t('write', chunk); setImmediate(callback); }, highWaterMark: 2 });
    t.events(w);
    const writer = Writable.toWeb(w).getWriter();
    t('size', writer.desiredSize);
    note(t, 'a', writer.write(octets('a')));
    note(t, 'bcd', writer.write(octets('bcd')));
    note(t, 'e', writer.write(octets('e')));
    note(t, 'close', writer.close());
    await rounds(8);
    t('finished', w.writableFinished);
  },
  async writable_to_web_that_fails(t) {
    const w = new Writable({ write(chunk, _, callback) { callback(new Error('boom')); } });
    const writer = Writable.toWeb(w).getWriter();
    note(t, 'closed', writer.closed);
    note(t, 'write', writer.write(octets('a')));
    await rounds(3);
    const early = new Writable({ write() {} });
    note(t, 'early', Writable.toWeb(early).getWriter().closed);
    early.destroy();
    await rounds(3);
    const aborted = t.events(new Writable({ write() {} }));
    note(t, 'abort', Writable.toWeb(aborted).abort(new Error('why')));
    await rounds(3);
    note(t, 'over', Writable.toWeb(aborted).getWriter().closed);
    await rounds(2);
  },
  async duplex_from_web(t) {
    const d = t.events(Duplex.fromWeb(upper(), { encoding: 'utf8' }), '', 'data');
    t('half open', d.allowHalfOpen);
    d.write('a');
    d.end('b');
    await rounds(6);
    t.state(d);
    const destroyed = t.events(Duplex.fromWeb({ readable: quiet(t), writable: sink(t) }));
    destroyed.destroy();
    await rounds(3);
    const failed = t.events(Duplex.fromWeb({ readable: quiet(t), writable: sink(t) }));
    failed.destroy(new Error('boom'));
    await rounds(3);
  },
  async duplex_to_web(t) {
    const { readable, writable } = Duplex.toWeb(new PassThrough());
    const writer = writable.getWriter();
    note(t, 'write', writer.write(octets('a')));
    note(t, 'close', writer.close());
    await rounds(2);
    t('all', await all(readable));
    await rounds(2);
    const gone = Duplex.toWeb(new PassThrough().destroy());
    note(t, 'readable', gone.readable.getReader().closed);
    note(t, 'writable', gone.writable.getWriter().closed);
    await rounds(2);
    const half = Duplex.toWeb(new Duplex({ readable: false, write(chunk, _, callback) { callback(); } }));
    note(t, 'no readable', half.readable.getReader().closed);
    await rounds(2);
    const pair = Duplex.toWeb(new PassThrough(), { readableType: 'bytes' });
    note(t, 'byte', pair.writable.getWriter().write(octets('x')));
    t('byob', (await pair.readable.getReader({ mode: 'byob' }).read(new Uint8Array(2))).value);
  },
  async questions(t) {
    const failed = new ReadableStream({ start(c) { c.error(new Error('x')); } });
    const broken = new WritableStream({ start(c) { c.error(new Error('x')); } });
    const closed = source(t);
    await rounds(1);
    const streams = { readable: quiet(t), writable: sink(t), transform: upper(), failed, broken, closed };
    for (const [name, s] of Object.entries(streams)) {
      t(name, isReadable(s), isWritable(s), isErrored(s), isDisturbed(s), isDestroyed(s));
    }
    const read = source(t, 1);
    await read.getReader().read();
    t('read', isDisturbed(read));
  },
  async finishing(t) {
    finished(source(t), t.callback('readable'));
    finished(new ReadableStream({ start(c) { c.error(new Error('boom')); } }), t.callback('failed'));
    const ws = sink(t);
    finished(ws, t.callback('writable'));
    ws.close();
    const controller = new AbortController();
    finished(quiet(t), { signal: controller.signal }, t.callback('aborted'));
    controller.abort();
    t.call('transform', () => finished(upper(), () => {}));
    const cut = quiet(t);
    addAbortSignal(AbortSignal.abort('why'), cut);
    note(t, 'cut', cut.getReader().closed);
    await rounds(3);
  },
  async pipelines(t) {
    const run = async (label, ...parts) => {
      pipeline(...parts, t.callback(label));
      await rounds(8);
    };
    await run('web to web', source(t, 'a', 'b'), sink(t));
    await run('node to web', Readable.from(['a', 'b']), sink(t));
    const w = new Writable({ objectMode: true, write(chunk, _, callback) { t('node write', chunk); callback(); } });
    await run('web to node', source(t, 'a', 'b'), w);
    await run('through', source(t, 'a', 'b'), upper(), sink(t));
    await run('function', source(t, 'a'), async function* (s) { for await (const x of s) yield x + x; }, upper(), sink(t));
    await run('generator', async function* () { yield 'a'; }, sink(t));
    await run('last function', source(t, 'a'), upper(), async (s) => (await all(s)).join(''));
    await run('failing source', new ReadableStream({ start(c) { c.error(new Error('boom')); } }), sink(t));
    await run('failing sink', source(t, 'a', 'b'), new WritableStream({ write() { throw new Error('sink'); } }));
    t.call('middle', () => pipeline(source(t), sink(t), sink(t, 'second'), () => {}));
  },
  async composing(t) {
    const run = async (label, d, ...chunks) => {
      t.on(d, `${label} `, 'data', 'end', 'error', 'close', 'finish');
      for (const chunk of chunks) d.write(chunk);
      if (isWritable(d)) d.end();
      await rounds(12);
    };
    await run('two', compose(upper(), upper()).setEncoding('utf8'), 'a', 'b');
    const double = new Transform({ transform(chunk, _, callback) { callback(null, chunk + chunk); } });
    await run('node first', compose(double, upper()).setEncoding('utf8'), 'ab');
    await run('function', compose(async function* (s) { for await (const x of s) yield x + x; }, upper()), 'ab');
    await run('readable first', compose(source(t, 'ab'), upper()).setEncoding('utf8'));
    t.call('readable last', () => compose(upper(), new WritableStream(), upper()));
    t.call('writable first', () => compose(new WritableStream(), upper()));
    t.call('readable in the middle', () => compose(upper(), new ReadableStream()));
  },
  async duplexes_of(t) {
    t('readable', await all(Duplex.from(source(t, 'a')).setEncoding('utf8')));
    const w = Duplex.from(sink(t));
    t('sides', w.readable, w.writable);
    w.end('x');
    await rounds(6);
    const d = Duplex.from(upper());
    d.end('abc');
    t('transform', await all(d.setEncoding('utf8')));
    const pair = Duplex.from({ readable: source(t, 'q'), writable: sink(t) });
    t('pair', await all(pair.setEncoding('utf8')));
    await rounds(3);
  },
  async consuming(t) {
    t('text', await consumers.text(source(t, 'a', octets('b'))));
    t('json', await consumers.json(source(t, '{"a": 1}')));
    t('buffer', await consumers.buffer(source(t, octets('b'))));
    t('from', await all(Readable.from(source(t, 1, 2))));
    t('to', await all(ReadableStream.from(Readable.from([1, 2]))));
  },
  async blobs(t) {
    for (const value of [5, 'x', {}]) t.call('parts', () => new Blob(value));
    for (const options of [5, { endings: 'x' }]) t.call('options', () => new Blob(['a'], options));
    for (const type of ['TEXT/Plain', 'a\u00e9']) t('type', new Blob(['a'], { type }).type);
    t('odd parts', await new Blob([1, {}, null, true]).text());
    t('endings', await new Blob(['a\r\nb\nc\rd'], { endings: 'native' }).text());
    const blob = new Blob(['hello ', octets('wo'), new Blob(['rld'])], { type: 'x/y' });
    t('blob', blob.size, blob.type, await blob.text(), await blob.bytes());
    t('slices', await blob.slice(1, 4).text(), await blob.slice(-3).text(), blob.slice(3, 1).size, blob.slice(0, 1, 'A/b').type);
    t('stream', await all(blob.stream()));
    t('byob', (await blob.stream().getReader({ mode: 'byob' }).read(new Uint8Array(3))).value);
    t('broken', await new Blob([octets('\ufeffa'), new Uint8Array([0xff])]).text());
    const consumed = await consumers.blob(Readable.from(['a', 'b']));
    t('consumed', consumed.size, consumed.type, await consumed.text());
    t('duplex', Buffer.from((await all(Duplex.from(blob)))[0]));
    t('empty', new Blob().size, await all(new Blob().stream()));
  },
};
