import { Duplex, PassThrough, Readable, Transform, Writable, compose, finished } from 'node:stream';

const later = () => new Promise((resolve) => setImmediate(resolve));
const fails = () => { throw new Error('boom'); };
const upper = () => new Transform({ transform(chunk, encoding, callback) { callback(null, String(chunk).toUpperCase()); } });
const open = () => new Readable({ read() {} });
const sink = (t, options = {}) =>
  new Writable({ write(chunk, encoding, callback) { t('_write', chunk); callback(); }, ...options });
async function* twice(chunks) { for await (const chunk of chunks) { yield chunk; yield chunk; } }
const shown = (t, stream, prefix = '') => t.on(t.events(stream, prefix), prefix, 'data');

export const scenarios = {
  two_streams(t) {
    const [a, b] = [t.events(new PassThrough(), 'a '), t.events(upper(), 'b ')];
    const d = shown(t, compose(a, b));
    t('d', d instanceof Duplex, d.readable, d.writable, d.readableObjectMode, d.writableObjectMode);
    t('write', d.write('x', t.callback('written')));
    d.end('y', t.callback('ended'));
  },
  functions(t) {
    const d = shown(t, compose(twice, async function* (chunks) { for await (const c of chunks) yield String(c).toUpperCase(); }));
    t('d', d.readableObjectMode, d.writableObjectMode);
    d.write('x');
    d.end('y');
  },
  one_function(t) {
    const d = shown(t, compose(twice));
    d.write('x', t.callback('written'));
    d.end('y', t.callback('ended'));
  },
  from_an_iterable(t) {
    const d = shown(t, compose(['x', 'y'], upper()));
    t('d', d.readable, d.writable);
  },
  from_a_string(t) {
    shown(t, compose('xy', twice));
  },
  into_a_writable(t) {
    const d = t.events(compose(upper(), t.events(sink(t), 'w ')));
    t('d', d.readable, d.writable);
    d.end('x', t.callback('ended'));
  },
  into_a_function(t) {
    const d = t.events(compose(upper(), async (chunks) => { for await (const chunk of chunks) t('got', chunk); }));
    t('d', d.readable, d.writable);
    d.end('x', t.callback('ended'));
  },
  neither_side(t) {
    const d = t.events(compose(Readable.from(['x']), sink(t, { objectMode: true })));
    t('d', d.readable, d.writable);
    finished(d, t.callback('finished'));
  },
  a_function_at_the_end_that_returns_something(t) {
    const d = compose(Readable.from(['x']), async (chunks) => { for await (const chunk of chunks) t('got', chunk); return 5; });
    finished(d, t.callback('finished'));
  },
  composed_of_composed(t) {
    const d = compose(compose(['x', 'y']), compose(twice), compose(async (chunks) => { for await (const c of chunks) t('got', c); }));
    finished(d, t.callback('finished'));
  },
  one_stream_stays_itself(t) {
    const s = new PassThrough();
    t('same', compose(s) === s);
  },
  modes_of_the_ends(t) {
    const d = compose(new PassThrough({ writableObjectMode: true }), new PassThrough({ readableObjectMode: true }));
    t('d', d.readableObjectMode, d.writableObjectMode);
  },
  wrong_arguments(t) {
    const call = (label, ...streams) => {
      try { compose(...streams); t(`${label} is taken`); } catch (error) { t(label, error.code, error.message.split(' Received')[0]); }
    };
    call('none');
    call('number', 5);
    call('number first', 5, new PassThrough());
    call('number last', [1], 5);
    call('number between', new PassThrough(), 5, new PassThrough());
    call('writable first', sink(t), new PassThrough());
    call('readable last', new PassThrough(), open());
    call('readable between', new PassThrough(), open(), new PassThrough());
    call('a function that returns nothing', () => {}, new PassThrough());
    call('mapping', {});
  },
  destroyed(t) {
    const [a, b] = [t.events(new PassThrough(), 'a '), t.events(upper(), 'b ')];
    const d = t.events(compose(a, b));
    d.write('x', t.callback('written'));
    d.destroy();
  },
  destroyed_with_an_error(t) {
    const [a, b] = [t.events(new PassThrough(), 'a '), t.events(upper(), 'b ')];
    const d = t.events(compose(a, b));
    d.write('x', t.callback('written'));
    setImmediate(() => d.destroy(new Error('boom'), t.callback('destroyed')));
  },
  the_first_fails(t) {
    const [a, b] = [t.events(new PassThrough(), 'a '), t.events(upper(), 'b ')];
    shown(t, compose(a, b)).write('x');
    setImmediate(() => a.destroy(new Error('boom')));
  },
  the_last_fails(t) {
    const [a, b] = [t.events(new PassThrough(), 'a '), t.events(upper(), 'b ')];
    shown(t, compose(a, b)).write('x');
    setImmediate(() => b.destroy(new Error('boom')));
  },
  a_function_fails(t) {
    const [a, b] = [t.events(new PassThrough(), 'a '), t.events(upper(), 'b ')];
    const d = shown(t, compose(a, async function* (chunks) { for await (const chunk of chunks) { yield chunk; fails(); } }, b));
    d.write('x');
  },
  the_last_function_fails(t) {
    const a = t.events(new PassThrough(), 'a ');
    const d = shown(t, compose(a, async function* (chunks) { for await (const chunk of chunks) { yield chunk; fails(); } }));
    d.write('x');
  },
  the_source_fails(t) {
    const a = t.events(open(), 'a ');
    shown(t, compose(a, upper()));
    setImmediate(() => a.destroy(new Error('boom')));
  },
  backpressure(t) {
    const d = t.on(compose(new PassThrough({ highWaterMark: 2 }), new PassThrough({ highWaterMark: 2 })), '', 'drain', 'end');
    for (let i = 0; i < 4; i++) t('write', d.write('xx', t.callback('written')));
    setImmediate(() => { t('writable', d.writableLength); d.on('data', t.callback('data')); d.end(); });
  },
  async read_by_a_loop(t) {
    for await (const chunk of Readable.from(['a', 'b', 'c']).compose(twice)) t('chunk', chunk);
  },
  async as_a_method(t) {
    const d = Readable.from(['a', 'b']).compose(upper());
    t('d', d instanceof Duplex, d.readable, d.writable);
    t('text', String(Buffer.concat(await d.toArray())));
    t.call('options', () => { Readable.from(['a']).compose(upper(), 1); });
    t.call('signal', () => { Readable.from(['a']).compose(upper(), { signal: true }); });
    try { Readable.from(['a']).compose(open()); } catch (error) { t(error.code); }
    try { Readable.from(['a']).compose(); } catch (error) { t(error.code); }
  },
  async with_a_signal(t) {
    const controller = new AbortController();
    const d = t.events(open().compose(upper(), { signal: controller.signal }));
    await later();
    controller.abort();
    await later();
    t('destroyed', d.destroyed);
    t.events(open().compose(upper(), { signal: AbortSignal.abort() }), 'before ');
  },
};
