import { Duplex, PassThrough, Readable, Writable } from 'node:stream';

const later = (value) => new Promise((resolve) => setImmediate(resolve, value));
const fails = () => { throw new Error('boom'); };
const open = (options) => new Readable({ read() {}, ...options });
const sink = (t, options = {}) =>
  new Writable({ write(chunk, encoding, callback) { t('_write', chunk); callback(); }, ...options });
const shown = (t, stream, prefix = '') => t.on(t.events(stream, prefix), prefix, 'data');
const sides = (t, d) => t('d', d instanceof Duplex, d.readable, d.writable, d.readableObjectMode, d.writableObjectMode,
  d.readableHighWaterMark, d.writableHighWaterMark);

export const scenarios = {
  a_readable(t) {
    const d = shown(t, Duplex.from(t.events(Readable.from(['a', 'b']), 'r ')));
    sides(t, d);
  },
  a_writable(t) {
    const d = t.events(Duplex.from(t.events(sink(t), 'w ')));
    sides(t, d);
    d.write('a', t.callback('written'));
    d.end('b', t.callback('ended'));
  },
  a_duplex_is_itself(t) {
    const s = new PassThrough();
    t('same', Duplex.from(s) === s);
  },
  a_pair(t) {
    const d = Duplex.from({ readable: t.events(Readable.from(['a', 'b']), 'r '), writable: t.events(sink(t), 'w ') });
    sides(t, shown(t, d));
    d.write('x', t.callback('written'));
    d.end('y', t.callback('ended'));
  },
  half_a_pair(t) {
    sides(t, Duplex.from({ readable: open() }));
    sides(t, Duplex.from({ writable: sink(t) }));
    sides(t, Duplex.from({ readable: null }));
  },
  a_pair_of_other_things(t) {
    const d = Duplex.from({ readable: ['a', 'b'], writable: Duplex.from(async (chunks) => { for await (const c of chunks) t('got', c); }) });
    sides(t, shown(t, d));
    d.end('x', t.callback('ended'));
  },
  a_pair_of_one_stream(t) {
    const through = new PassThrough({ objectMode: true });
    const d = Duplex.from({ readable: through, writable: through });
    sides(t, shown(t, d));
    d.write('a');
    d.end('b');
  },
  a_pair_whose_readable_fails(t) {
    const [r, w] = [t.events(open(), 'r '), t.events(sink(t), 'w ')];
    t.events(Duplex.from({ readable: r, writable: w }));
    setImmediate(() => r.destroy(new Error('boom')));
  },
  a_pair_whose_writable_fails(t) {
    const [r, w] = [t.events(open(), 'r '), t.events(sink(t, { write: (chunk, encoding, callback) => callback(new Error('boom')) }), 'w ')];
    t.events(Duplex.from({ readable: r, writable: w })).write('a', t.callback('written'));
  },
  a_pair_that_is_destroyed(t) {
    const [r, w] = [t.events(open(), 'r '), t.events(sink(t), 'w ')];
    const d = t.events(Duplex.from({ readable: r, writable: w }));
    setImmediate(() => d.destroy(null, t.callback('destroyed')));
  },
  a_pair_that_is_destroyed_with_an_error(t) {
    const [r, w] = [t.events(open(), 'r '), t.events(sink(t), 'w ')];
    const d = t.events(Duplex.from({ readable: r, writable: w }));
    setImmediate(() => d.destroy(new Error('boom')));
  },
  a_pair_with_backpressure(t) {
    const callbacks = [];
    const w = new Writable({ highWaterMark: 2, write(chunk, encoding, callback) { t('_write', chunk); callbacks.push(callback); } });
    const d = t.events(Duplex.from({ writable: w }));
    d.write('aa', t.callback('written'));
    d.write('bb', t.callback('written'));
    setImmediate(() => { callbacks.shift()(); setImmediate(() => { callbacks.shift()(); d.end(); }); });
  },
  a_string(t) { sides(t, shown(t, Duplex.from('ab'))); },
  bytes(t) { sides(t, shown(t, Duplex.from(Buffer.from('ab')))); },
  a_list(t) { sides(t, shown(t, Duplex.from(['a', 'b']))); },
  an_async_generator(t) { sides(t, shown(t, Duplex.from((async function* () { yield 'a'; yield 'b'; })()))); },
  a_promise(t) { sides(t, shown(t, Duplex.from(later('a')))); },
  a_promise_of_nothing(t) { shown(t, Duplex.from(later())); },
  a_promise_that_is_rejected(t) { shown(t, Duplex.from(later().then(fails))); },
  async a_promise_that_nobody_waits_for(t) {
    const d = t.events(Duplex.from(new Promise(() => {})));
    await later();
    d.destroy();
  },
  a_generator_function(t) {
    const d = shown(t, Duplex.from(async function* (chunks) { for await (const c of chunks) { yield c; yield c; } }));
    sides(t, d);
    d.write('a', t.callback('written'));
    d.end('b', t.callback('ended'));
  },
  a_plain_generator_function(t) {
    shown(t, Duplex.from(function* () { yield 'a'; yield 'b'; }));
  },
  a_function_that_returns_a_list(t) {
    shown(t, Duplex.from(() => ['a', 'b']));
  },
  a_function_that_returns_a_duplex(t) {
    const s = new PassThrough();
    t('same', Duplex.from(() => s) === s);
  },
  an_async_function(t) {
    const d = t.events(Duplex.from(async (chunks) => { for await (const c of chunks) t('got', c); t('done'); }));
    sides(t, d);
    d.write('a', t.callback('written'));
    d.end('b', t.callback('ended'));
  },
  an_async_function_that_returns_something(t) {
    const d = t.events(Duplex.from(async (chunks) => { for await (const c of chunks) t('got', c); return 5; }));
    d.end('a', t.callback('ended'));
  },
  an_async_function_that_fails(t) {
    const d = t.events(Duplex.from(async (chunks) => { for await (const c of chunks) fails(c); }));
    d.write('a', t.callback('written'));
  },
  an_async_function_that_fails_at_the_end(t) {
    const d = t.events(Duplex.from(async (chunks) => { for await (const c of chunks) t('got', c); fails(); }));
    d.end('a', t.callback('ended'));
  },
  a_generator_function_that_fails(t) {
    const d = t.events(Duplex.from(async function* (chunks) { for await (const c of chunks) { yield c; fails(); } }));
    d.resume();
    d.write('a', t.callback('written'));
  },
  async a_generator_function_that_stops_early(t) {
    const d = shown(t, Duplex.from(async function* (chunks) { for await (const c of chunks) { yield c; break; } }));
    d.write('a', t.callback('written'));
    d.write('b', t.callback('written'));
    await later();
    t('d', d.closed, d.readableEnded, d.writable);
    d.destroy();
  },
  async a_generator_function_destroyed_while_it_waits(t) {
    const d = t.events(Duplex.from(async function* (chunks, { signal }) {
      signal.addEventListener('abort', () => t('told'));
      try { for await (const c of chunks) yield c; } catch (error) { t('caught', error); throw error; } finally { t('left'); }
    }));
    d.resume();
    d.write('a', t.callback('written'));
    await later();
    d.destroy(new Error('boom'));
    t('signal');
  },
  async a_generator_function_destroyed_at_a_yield(t) {
    const d = t.events(Duplex.from(async function* (chunks) {
      try { for await (const c of chunks) { yield c; yield c; } } catch (error) { t('caught', error); throw error; } finally { t('left'); }
    }));
    d.read(0);
    d.write('a', t.callback('written'));
    await later();
    d.destroy(new Error('boom'));
  },
  async an_async_function_destroyed_while_it_waits(t) {
    const d = t.events(Duplex.from(async (chunks, { signal }) => {
      signal.addEventListener('abort', () => t('told'));
      try { for await (const c of chunks) t('got', c); } catch (error) { t('caught', error); throw error; } finally { t('left'); }
    }));
    d.write('a', t.callback('written'));
    await later();
    d.destroy(new Error('boom'));
  },
  async an_async_function_destroyed_with_a_chunk_to_come(t) {
    let go;
    const d = t.events(Duplex.from(async (chunks) => {
      try {
        for await (const c of chunks) { t('got', c); await new Promise((resolve) => { go = resolve; }); }
      } catch (error) { t('caught', error); throw error; } finally { t('left'); }
    }));
    d.write('a', t.callback('written'));
    d.write('b', t.callback('written'));
    await later();
    go();
    d.destroy();
  },
  wrong_arguments(t) {
    for (const [name, body] of Object.entries({ number: 5, nothing: undefined, flag: true, mapping: {} })) {
      try { Duplex.from(body); } catch (error) { t(name, error); }
    }
    t.call('a function that returns nothing', () => Duplex.from(() => {}));
    t.call('a function that returns a number', () => Duplex.from(() => 5));
  },
};
