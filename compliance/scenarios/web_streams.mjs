// node:stream/web.

import {
  ByteLengthQueuingStrategy, CompressionStream, CountQueuingStrategy, DecompressionStream,
  ReadableByteStreamController, ReadableStream,
  ReadableStreamBYOBReader, ReadableStreamBYOBRequest, ReadableStreamDefaultController, ReadableStreamDefaultReader,
  TextDecoderStream, TextEncoderStream, TransformStream, TransformStreamDefaultController, WritableStream, WritableStreamDefaultController,
  WritableStreamDefaultWriter,
} from 'node:stream/web';
import { nextTick } from 'node:process';

const never = () => new Promise(() => {});

// Write down when a promise is settled, and what comes of it.
const note = (t, label, promise) => promise.then((value) => t(label, value), (error) => t(`${label} rejects`, error));

// A Buffer of Node's may be part of a larger one, and cannot be transferred then.
const octets = (text) => new TextEncoder().encode(text);

const round = () => new Promise((resolve) => setImmediate(resolve));

async function all(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return chunks;
}

export const scenarios = {
  async constructor_arguments(t) {
    for (const source of [5, 'x']) t.call('source', () => { new ReadableStream(source); });
    t.call('strategy', () => { new ReadableStream({}, 5); });
    t.call('type', () => { new ReadableStream({ type: 'x' }); });
    t.call('pull', () => { new ReadableStream({ pull: 5 }); });
    t.call('cancel', () => { new ReadableStream({ cancel: 5 }); });
    for (const highWaterMark of [-1, NaN, 'abc']) t.call('mark', () => { new ReadableStream({}, { highWaterMark }); });
    t.call('size', () => { new ReadableStream({}, { size: 5 }); });
    t.call('allocate', () => { new ReadableStream({ type: 'bytes', autoAllocateChunkSize: 0 }); });
    t.call('sink', () => { new WritableStream(5); });
    t.call('sink type', () => { new WritableStream({ type: 'x' }); });
    t.call('write', () => { new WritableStream({ write: 5 }); });
    t.call('sink mark', () => { new WritableStream({}, { highWaterMark: -1 }); });
    t.call('transformer', () => { new TransformStream(5); });
    t.call('readable type', () => { new TransformStream({ readableType: 'bytes' }); });
    t.call('writable type', () => { new TransformStream({ writableType: 'bytes' }); });
    t.call('transform', () => { new TransformStream({ transform: 5 }); });
    t.call('no init', () => { new ByteLengthQueuingStrategy(); });
    t.call('no mark', () => { new CountQueuingStrategy({}); });
    t.call('any mark', () => new CountQueuingStrategy({ highWaterMark: -5 }).highWaterMark);
    t.call('no number', () => new CountQueuingStrategy({ highWaterMark: 'x' }).highWaterMark);
    t.call('count', () => new CountQueuingStrategy({ highWaterMark: 1 }).size());
    t.call('length', () => new ByteLengthQueuingStrategy({ highWaterMark: 1 }).size(Buffer.from('abc')));
    t.call('throws', () => { new ReadableStream({ start() { throw new Error('boom'); } }); });
  },
  async illegal_constructors(t) {
    for (const each of [
      ReadableStreamDefaultController, ReadableByteStreamController, ReadableStreamBYOBRequest,
      WritableStreamDefaultController, TransformStreamDefaultController,
    ]) t.call(each.name, () => { new each(); });
  },
  async locks(t) {
    t.call('mode', () => new ReadableStream().getReader({ mode: 'x' }));
    t.call('options', () => new ReadableStream().getReader(5));
    t.call('reader of', () => new ReadableStreamDefaultReader(5));
    t.call('byob of', () => new ReadableStreamBYOBReader(5));
    t.call('writer of', () => new WritableStreamDefaultWriter(5));
    const rs = new ReadableStream();
    const reader = rs.getReader();
    t('locked', rs.locked);
    t.call('getReader', () => rs.getReader());
    t.call('tee', () => rs.tee());
    t.call('values', () => rs.values());
    t.call('pipeThrough', () => rs.pipeThrough(new TransformStream()));
    note(t, 'cancel', rs.cancel());
    note(t, 'pipeTo', rs.pipeTo(new WritableStream()));
    const free = new ReadableStream();
    note(t, 'destination', free.pipeTo(5));
    note(t, 'options', free.pipeTo(new WritableStream(), 5));
    note(t, 'signal', free.pipeTo(new WritableStream(), { signal: 5 }));
    t.call('transform', () => free.pipeThrough({ readable: 5, writable: new WritableStream() }));
    t.call('transform 2', () => free.pipeThrough({ readable: new ReadableStream(), writable: 5 }));
    await round();
    note(t, 'pending', reader.read());
    note(t, 'closed', reader.closed);
    reader.releaseLock();
    reader.releaseLock();
    t('unlocked', rs.locked);
    note(t, 'read', reader.read());
    note(t, 'reader cancel', reader.cancel());
    await round();
    const ws = new WritableStream();
    const writer = ws.getWriter();
    t('writable locked', ws.locked);
    t.call('getWriter', () => ws.getWriter());
    note(t, 'close', ws.close());
    note(t, 'abort', ws.abort());
    note(t, 'pipe to locked', free.pipeTo(ws));
    t.call('through locked', () => free.pipeThrough({ readable: new ReadableStream(), writable: ws }));
    await round();
    writer.releaseLock();
    t.call('released', () => writer.desiredSize);
  },
  async closing_twice(t) {
    const writer = new WritableStream().getWriter();
    note(t, 'first close', writer.close());
    note(t, 'second close', writer.close());
    note(t, 'write', writer.write('x'));
    await round();
    writer.releaseLock();
    writer.releaseLock();
    t.call('desiredSize', () => writer.desiredSize);
    note(t, 'released write', writer.write(1));
    note(t, 'released close', writer.close());
    note(t, 'released abort', writer.abort());
    note(t, 'released closed', writer.closed);
    note(t, 'released ready', writer.ready);
    await round();
  },
  async reading(t) {
    let controller;
    const rs = new ReadableStream({
      start(c) { controller = c; t('start', c.desiredSize); },
      pull(c) { t('pull', c.desiredSize); },
      cancel(reason) { t('cancel', reason); },
    }, { highWaterMark: 2 });
    await round();
    controller.enqueue('a');
    t('size', controller.desiredSize);
    controller.enqueue('b');
    controller.enqueue('c');
    t('size', controller.desiredSize);
    const reader = rs.getReader();
    for (let i = 0; i < 4; i++) note(t, `read ${i}`, reader.read());
    await round();
    controller.enqueue('d');
    await round();
    t('size', controller.desiredSize);
    controller.close();
    t('size', controller.desiredSize);
    t.call('enqueue', () => controller.enqueue('e'));
    t.call('close', () => controller.close());
    note(t, 'read', reader.read());
    note(t, 'closed', reader.closed);
    note(t, 'cancel', reader.cancel());
    await round();
  },
  async pulling(t) {
    let n = 0;
    const rs = new ReadableStream({
      async pull(c) {
        t('pull', n);
        await round();
        if (n < 3) c.enqueue(n++);
        else c.close();
      },
    });
    t('all', await all(rs));
    const failing = new ReadableStream({ pull() { throw new Error('boom'); } }, { highWaterMark: 0 });
    const reader = failing.getReader();
    note(t, 'read', reader.read());
    note(t, 'closed', reader.closed);
    note(t, 'cancel', reader.cancel());
    await round();
    const rejecting = new ReadableStream({ start: () => Promise.reject(new Error('bad start')) });
    note(t, 'start', rejecting.getReader().read());
    await round();
  },
  async sizes(t) {
    for (const size of [-1, NaN, Infinity, 'x']) {
      let controller;
      const rs = new ReadableStream({ start(c) { controller = c; } }, { size: () => size, highWaterMark: 1 });
      t.call('enqueue', () => controller.enqueue(1));
      t('desired', controller.desiredSize);
      note(t, 'read', rs.getReader().read());
      await round();
      const writer = new WritableStream({}, { size: () => size }).getWriter();
      note(t, 'write', writer.write(1));
      await round();
    }
    const ws = new WritableStream({}, new ByteLengthQueuingStrategy({ highWaterMark: 10 }));
    const writer = ws.getWriter();
    note(t, 'write', writer.write(Buffer.from('abc')));
    t('desired', writer.desiredSize);
    await round();
    t('desired', writer.desiredSize);
  },
  async cancelling(t) {
    const rs = new ReadableStream({ cancel(reason) { t('cancel', reason); } });
    note(t, 'cancelled', rs.cancel('why'));
    await round();
    note(t, 'again', rs.cancel('why not'));
    const failing = new ReadableStream({ cancel() { throw new Error('boom'); } });
    note(t, 'failing', failing.cancel());
    const slow = new ReadableStream({ cancel: () => round() });
    const reader = slow.getReader();
    note(t, 'read', reader.read());
    note(t, 'closed', reader.closed);
    note(t, 'slow', reader.cancel());
    await round();
    await round();
  },
  async iterating(t) {
    const source = (n) => new ReadableStream({
      start(c) { for (let i = 0; i < n; i++) c.enqueue(i); if (n < 5) c.close(); },
      cancel(reason) { t('cancel', reason); },
    });
    t('all', await all(source(3)));
    const rs = source(5);
    const iterator = rs.values();
    t('first', (await iterator.next()).value);
    await iterator.return();
    t('locked', rs.locked);
    note(t, 'closed', rs.getReader().closed);
    await round();
    const kept = source(5);
    const keeping = kept.values({ preventCancel: true });
    await keeping.next();
    await keeping.return();
    t('kept', kept.locked, (await kept.getReader().read()).value);
    t('from', await all(ReadableStream.from([1, Promise.resolve(2), 3])));
    t('from string', await all(ReadableStream.from('ab')));
    t.call('from 5', () => ReadableStream.from(5));
    async function* generator() {
      try { yield 1; yield 2; } finally { t('finally'); }
    }
    const from = ReadableStream.from(generator());
    const reader = from.getReader();
    t('value', (await reader.read()).value);
    note(t, 'cancelled', reader.cancel());
    await round();
    async function* failing() { yield 1; throw new Error('boom'); }
    try { await all(ReadableStream.from(failing())); } catch (error) { t('failed', error); }
  },
  async teeing(t) {
    const [a, b] = ReadableStream.from([1, 2, 3]).tee();
    t('a', await all(a));
    t('b', await all(b));
    let controller;
    const rs = new ReadableStream({ start(c) { controller = c; }, cancel(reasons) { t('cancel', reasons); } });
    const [c, d] = rs.tee();
    note(t, 'c', c.cancel('one'));
    await round();
    note(t, 'd', d.cancel('two'));
    await round();
    const failing = new ReadableStream({ start(k) { controller = k; } });
    const [e, f] = failing.tee();
    note(t, 'e', e.getReader().read());
    note(t, 'f', f.getReader().read());
    await round();
    controller.error(new Error('boom'));
    await round();
  },
  async writing(t) {
    const ws = new WritableStream({
      start() { t('start'); },
      write(chunk) { t('write', chunk); return round(); },
      close() { t('close'); },
      abort(reason) { t('abort', reason); },
    }, { highWaterMark: 2 });
    const writer = ws.getWriter();
    t('size', writer.desiredSize);
    note(t, 'ready', writer.ready);
    for (const chunk of ['a', 'b', 'c']) note(t, `write ${chunk}`, writer.write(chunk));
    t('size', writer.desiredSize);
    note(t, 'ready again', writer.ready);
    note(t, 'closed', writer.closed);
    note(t, 'close', writer.close());
    await round(); await round(); await round(); await round(); await round();
    t('size', writer.desiredSize);
    note(t, 'late', writer.write('d'));
    note(t, 'late close', writer.close());
    note(t, 'late abort', writer.abort());
    await round();
  },
  async aborting(t) {
    let controller;
    const ws = new WritableStream({
      start(c) { controller = c; },
      write(chunk) { t('write', chunk); return never(); },
      abort(reason) { t('abort', reason); },
    });
    const writer = ws.getWriter();
    await round();
    note(t, 'write a', writer.write('a'));
    note(t, 'write b', writer.write('b'));
    controller.signal.addEventListener('abort', () => t('signal', controller.signal.reason));
    note(t, 'abort', writer.abort(new Error('why')));
    t('size', writer.desiredSize);
    note(t, 'ready', writer.ready);
    await round();
    const idle = new WritableStream({ abort(reason) { t('abort', reason); } });
    await round();
    note(t, 'idle', idle.abort('because'));
    await round();
    note(t, 'again', idle.abort('more'));
    note(t, 'closed', idle.getWriter().closed);
    await round();
    const failing = new WritableStream({ abort() { throw new Error('boom'); } });
    note(t, 'failing', failing.abort());
    await round();
  },
  async failing_sinks(t) {
    const boom = () => { throw new Error('boom'); };
    for (const sink of [{ write: boom }, { close: boom }, { start: () => Promise.reject(new Error('boom')) }]) {
      const writer = new WritableStream(sink).getWriter();
      note(t, 'write', writer.write(1));
      note(t, 'second', writer.write(2));
      note(t, 'close', writer.close());
      note(t, 'closed', writer.closed);
      await round();
      note(t, 'ready', writer.ready);
      t('size', writer.desiredSize);
      await round();
    }
    let controller;
    const writer = new WritableStream({ start(c) { controller = c; } }).getWriter();
    controller.error(new Error('told'));
    controller.error(new Error('twice'));
    note(t, 'closed', writer.closed);
    note(t, 'write', writer.write(1));
    await round();
  },
  async transforming(t) {
    const ts = new TransformStream({
      start(c) { t('start', c.desiredSize); c.enqueue('first'); },
      transform(chunk, c) { t('transform', chunk); c.enqueue(chunk); c.enqueue(chunk + chunk); },
      flush(c) { t('flush'); c.enqueue('last'); },
    });
    const writer = ts.writable.getWriter();
    t('size', writer.desiredSize);
    note(t, 'write', writer.write('a'));
    note(t, 'close', writer.close());
    note(t, 'closed', writer.closed);
    await round();
    const rest = [];
    note(t, 'piped', ts.readable.pipeTo(new WritableStream({ write(chunk) { rest.push(chunk); } })));
    await round();
    t('all', rest);
    await round();
    t('identity', await all(ReadableStream.from([1, 2]).pipeThrough(new TransformStream())));
  },
  async transforms_that_end_early(t) {
    let controller;
    const ended = new TransformStream({ start(c) { controller = c; } });
    controller.terminate();
    t.call('enqueue', () => controller.enqueue(1));
    note(t, 'closed', ended.writable.getWriter().closed);
    note(t, 'read', ended.readable.getReader().read());
    await round();
    const failing = new TransformStream({ transform() { throw new Error('boom'); } });
    const writer = failing.writable.getWriter();
    note(t, 'read', failing.readable.getReader().read());
    note(t, 'write', writer.write(1));
    note(t, 'closed', writer.closed);
    await round();
    const told = new TransformStream({ start(c) { controller = c; } });
    controller.error(new Error('told'));
    note(t, 'read', told.readable.getReader().read());
    note(t, 'write', told.writable.getWriter().write(1));
    await round();
    const flushing = new TransformStream({ flush() { throw new Error('flush'); } });
    note(t, 'close', flushing.writable.getWriter().close());
    note(t, 'read', flushing.readable.getReader().read());
    await round();
    const cancelled = new TransformStream({ cancel(reason) { t('cancel', reason); } });
    note(t, 'cancelled', cancelled.readable.cancel('why'));
    await round();
    note(t, 'writer', cancelled.writable.getWriter().closed);
    const aborted = new TransformStream({ cancel(reason) { t('cancel', reason); } });
    note(t, 'aborted', aborted.writable.abort('because'));
    await round();
    note(t, 'reader', aborted.readable.getReader().closed);
    await round();
  },
  async piping(t) {
    const sink = (name) => new WritableStream({
      write(chunk) { t(`${name} write`, chunk); },
      close() { t(`${name} close`); },
      abort(reason) { t(`${name} abort`, reason); },
    });
    const first = sink('plain');
    note(t, 'piped', ReadableStream.from([1, 2]).pipeTo(first));
    t('locked', first.locked);
    await round(); await round();
    t('locked', first.locked);
    const open = sink('open');
    note(t, 'open', ReadableStream.from([1]).pipeTo(open, { preventClose: true }));
    await round();
    note(t, 'go on', open.getWriter().write('more'));
    await round();
    const failing = () => new ReadableStream({ start(c) { c.error(new Error('source')); } });
    note(t, 'error', failing().pipeTo(sink('failed')));
    await round();
    note(t, 'prevented', failing().pipeTo(sink('prevented'), { preventAbort: true }));
    await round();
    const broken = () => new WritableStream({ start(c) { c.error(new Error('sink')); } });
    const source = () => new ReadableStream({ cancel(reason) { t('cancel', reason); } });
    note(t, 'broken', source().pipeTo(broken()));
    await round();
    note(t, 'kept', source().pipeTo(broken(), { preventCancel: true }));
    await round();
    const closed = new WritableStream();
    await closed.close();
    note(t, 'closed', source().pipeTo(closed));
    await round();
  },
  async piping_with_a_signal(t) {
    const sink = () => new WritableStream({ abort(reason) { t('abort', reason); } });
    const source = () => new ReadableStream({ cancel(reason) { t('cancel', reason); } });
    note(t, 'before', source().pipeTo(sink(), { signal: AbortSignal.abort('before') }));
    await round();
    const controller = new AbortController();
    note(t, 'during', source().pipeTo(sink(), { signal: controller.signal }));
    await round();
    controller.abort(new Error('during'));
    await round();
    const other = new AbortController();
    note(t, 'neither', source().pipeTo(sink(), { signal: other.signal, preventAbort: true, preventCancel: true }));
    other.abort('neither');
    await round();
  },
  async order(t) {
    await round();
    let controller;
    const rs = new ReadableStream({ start(c) { controller = c; }, pull() { t('pull'); } }, { highWaterMark: 0 });
    const reader = rs.getReader();
    note(t, 'read', reader.read());
    nextTick(() => t('tick'));
    setImmediate(() => t('immediate'));
    await round();
    note(t, 'closed', reader.closed);
    controller.enqueue(1);
    nextTick(() => t('tick'));
    controller.close();
    t('sync');
    await round();
  },
  async bytes(t) {
    const source = () => new ReadableStream({
      type: 'bytes',
      start(c) { c.enqueue(octets('hello')); c.enqueue(octets('world')); c.close(); },
    });
    t('all', await all(source()));
    const reader = source().getReader({ mode: 'byob' });
    for (let i = 0; i < 5; i++) {
      const { value, done } = await reader.read(new Uint8Array(4));
      t('read', value, done);
    }
    const least = source().getReader({ mode: 'byob' });
    t('min', (await least.read(new Uint8Array(8), { min: 6 })).value);
    note(t, 'min 0', least.read(new Uint8Array(8), { min: 0 }));
    note(t, 'min 9', least.read(new Uint8Array(8), { min: 9 }));
    note(t, 'empty', least.read(new Uint8Array(0)));
    note(t, 'no view', least.read(5));
    await round();
  },
  async byte_controllers(t) {
    let controller;
    const rs = new ReadableStream({ type: 'bytes', start(c) { controller = c; } });
    t('size', controller.desiredSize, controller.byobRequest);
    t.call('text', () => controller.enqueue('x'));
    t.call('empty', () => controller.enqueue(new Uint8Array(0)));
    controller.enqueue(octets('ab'));
    t('size', controller.desiredSize);
    controller.close();
    t.call('enqueue', () => controller.enqueue(octets('x')));
    t.call('close', () => controller.close());
    t('size', controller.desiredSize);
    t('all', await all(rs));
    t.call('enqueue', () => controller.enqueue(octets('x')));
    t.call('close', () => controller.close());
  },
  async answering_requests(t) {
    let controller;
    const rs = new ReadableStream({ type: 'bytes', start(c) { controller = c; } });
    const reader = rs.getReader({ mode: 'byob' });
    note(t, 'first', reader.read(new Uint8Array(4)).then(({ value, done }) => [value, done]));
    await round();
    const request = controller.byobRequest;
    t('view', request.view.byteLength);
    request.view[0] = 0x61;
    request.view[1] = 0x62;
    t.call('nothing', () => request.respond(0));
    t.call('too much', () => request.respond(5));
    request.respond(2);
    t('answered', request.view);
    t.call('again', () => request.respond(1));
    await round();
    note(t, 'second', reader.read(new Uint8Array(4)).then(({ value, done }) => [value, done]));
    await round();
    const second = controller.byobRequest;
    second.view[0] = 0x63;
    second.respondWithNewView(second.view.subarray(0, 1));
    await round();
    note(t, 'third', reader.read(new Uint8Array(4)).then(({ value, done }) => [value, done]));
    await round();
    controller.close();
    t.call('not zero', () => controller.byobRequest.respond(1));
    controller.byobRequest.respond(0);
    await round();
  },
  async allocating(t) {
    const rs = new ReadableStream({
      type: 'bytes',
      autoAllocateChunkSize: 3,
      pull(c) {
        const { view } = c.byobRequest;
        t('pull', view.byteLength);
        view[0] = 0x78;
        c.byobRequest.respond(1);
      },
    });
    const reader = rs.getReader();
    t('read', (await reader.read()).value);
    t('read', (await reader.read()).value);
  },
  async teeing_bytes(t) {
    const source = () => new ReadableStream({
      type: 'bytes',
      start(c) { c.enqueue(octets('ab')); c.enqueue(octets('cd')); c.close(); },
    });
    const [a, b] = source().tee();
    t('a', await all(a));
    t('b', await all(b));
    const [c, d] = source().tee();
    const reader = c.getReader({ mode: 'byob' });
    t('byob', (await reader.read(new Uint8Array(3))).value);
    t('d', await all(d));
    t('byob', (await reader.read(new Uint8Array(3))).value);
    t('byob', (await reader.read(new Uint8Array(3))).done);
  },
  async encoding_text(t) {
    const encoded = async (...chunks) => all(ReadableStream.from(chunks).pipeThrough(new TextEncoderStream()));
    t('text', await encoded('a', '\u00e9', '', '\ud83d', '\ude00b', '\ud83d'));
    t('half', await encoded('\ud83d', 'x', '\ude00'));
    t('others', await encoded(5, null, {}, true));
    t('encoding', new TextEncoderStream().encoding);
  },
  async decoding_text(t) {
    const decoded = async (stream, ...chunks) => {
      const bytes = chunks.map((chunk) => new Uint8Array(chunk));
      try {
        t('decoded', await all(ReadableStream.from(bytes).pipeThrough(stream)));
      } catch (error) {
        t('failed', error);
      }
    };
    await decoded(new TextDecoderStream(), [0xef, 0xbb], [0xbf, 0x61], [0xf0, 0x9f], [0x98, 0x80], [0xe2]);
    await decoded(new TextDecoderStream('utf-8', { ignoreBOM: true }), [0xef, 0xbb, 0xbf, 0x61]);
    await decoded(new TextDecoderStream('utf-8', { fatal: true }), [0x61, 0xff]);
    await decoded(new TextDecoderStream('utf-8', { fatal: true }), [0x61, 0xe2]);
    await decoded(new TextDecoderStream('utf-16'), [0xff, 0xfe, 0x61], [0x00]);
    await decoded(new TextDecoderStream('latin1'), [0x61, 0x80, 0x81, 0xe9]);
    await decoded(new TextDecoderStream('shift_jis'), [0x82], [0xa0]);
    for (const label of ['latin1', ' UTF8 ', 'utf-16', 'sjis', 'ascii', 'gb2312', 'l2']) {
      const stream = new TextDecoderStream(label);
      t(label, stream.encoding, stream.fatal, stream.ignoreBOM);
    }
    t.call('label', () => new TextDecoderStream('x'));
    t.call('options', () => new TextDecoderStream('utf8', 5));
    try {
      await all(ReadableStream.from(['x']).pipeThrough(new TextDecoderStream()));
    } catch (error) {
      t('text', error);
    }
  },
  async compressing(t) {
    for (const format of ['gzip', 'deflate', 'deflate-raw', 'brotli']) {
      const compressed = ReadableStream.from([octets('hello'), octets(' world')]).pipeThrough(new CompressionStream(format));
      t(format, await all(compressed.pipeThrough(new DecompressionStream(format)).pipeThrough(new TextDecoderStream())));
    }
    for (const format of ['x', 'zstd', undefined]) {
      t.call('compress', () => new CompressionStream(format));
      t.call('decompress', () => new DecompressionStream(format));
    }
    const broken = async (label, bytes) => {
      try {
        await all(ReadableStream.from([bytes]).pipeThrough(new DecompressionStream('gzip')));
        t(label);
      } catch (error) {
        t(label, error);
      }
    };
    await broken('header', octets('hello'));
    await broken('cut', new Uint8Array([0x1f, 0x8b, 8, 0, 0]));
    const whole = await new Response(ReadableStream.from([octets('a')]).pipeThrough(new CompressionStream('gzip'))).bytes();
    await broken('more', new Uint8Array([...whole, 1, 2, 3]));
    await broken('whole', whole);
    await broken('number', 5);
  },
};
