import { Readable } from 'node:stream';

const fails = () => { throw new Error('boom'); };
const later = (value) => new Promise((resolve) => setImmediate(resolve, value));
const source = (...chunks) => Readable.from(chunks);
const open = () => new Readable({ objectMode: true, read() {} });
const outcome = async (t, label, promise) => {
  try { t(label, await promise); } catch (error) { t(`${label} rejects`, error); }
};
// Read a stream to its end, or to its error.
const read = async (t, stream, label = '') => {
  try { for await (const chunk of stream) t(`${label}chunk`, chunk); t(`${label}end`); } catch (error) { t(`${label}fails`, error); }
};

export const scenarios = {
  async each_operator(t) {
    await read(t, source(1, 2, 3).map((x) => x * 2), 'map ');
    await read(t, source(1, 2, 3).filter((x) => x !== 2), 'filter ');
    await read(t, source(1, 2, 3).flatMap((x) => Array(x).fill(x)), 'flat ');
    await read(t, source(1, 2, 3).take(2), 'take ');
    await read(t, source(1, 2, 3).drop(2), 'drop ');
    t('forEach', await source(1, 2).forEach((x) => t('called', x)));
    t('toArray', await source(1, 2).toArray());
    t('some', await source(1, 2, 3).some((x) => x === 2), await source(1).some((x) => x === 2), await source().some(() => true));
    t('every', await source(1, 2, 3).every((x) => x > 0), await source(1).every((x) => x === 2), await source().every(() => false));
    t('find', await source(1, 2, 3).find((x) => x > 1), await source(1).find((x) => x === 2));
    t('reduce', await source(1, 2, 3).reduce((a, b) => a + b), await source(1, 2).reduce((a, b) => a + b, 10));
  },
  async with_async_functions(t) {
    await read(t, source(1, 2, 3).map((x) => later(x * 2)), 'map ');
    await read(t, source(1, 2, 3).filter((x) => later(x !== 2)), 'filter ');
    await read(t, source(1, 2, 3).flatMap((x) => later([x, x])), 'flat ');
    t('some', await source(1, 2, 3).some((x) => later(x === 2)));
    t('every', await source(1, 2, 3).every((x) => later(x > 0)));
    t('find', await source(1, 2, 3).find((x) => later(x > 1)));
    t('reduce', await source(1, 2, 3).reduce((a, b) => later(a + b)));
  },
  what_streams_they_give(t) {
    const s = source(1);
    for (const made of [s.map((x) => x), s.filter((x) => x), s.flatMap((x) => x), s.take(1), s.drop(1)]) {
      t('made', made.readableObjectMode, made.readableHighWaterMark, made instanceof Readable);
    }
    t('source', s.eventNames());
  },
  wrong_arguments(t) {
    const s = source(1);
    for (const name of ['map', 'filter', 'flatMap']) {
      t.call(`${name} number`, () => { s[name](1); });
      t.call(`${name} options`, () => { s[name]((x) => x, 1); });
      t.call(`${name} concurrency`, () => { s[name]((x) => x, { concurrency: 'many' }); });
      t.call(`${name} no concurrency`, () => { s[name]((x) => x, { concurrency: 0 }); });
      t.call(`${name} mark`, () => { s[name]((x) => x, { highWaterMark: -1 }); });
      t.call(`${name} signal`, () => { s[name]((x) => x, { signal: true }); });
    }
    for (const name of ['take', 'drop']) {
      t.call(`${name} options`, () => { s[name](1, 1); });
      t.call(`${name} signal`, () => { s[name](1, { signal: true }); });
      t.call(`${name} too few`, () => { s[name](-1); });
      t.call(`${name} text`, () => { s[name]('cat'); });
    }
  },
  async wrong_arguments_of_those_that_give_a_promise(t) {
    for (const name of ['forEach', 'some', 'every', 'find']) {
      await outcome(t, `${name} number`, source(1)[name](1));
      await outcome(t, `${name} options`, source(1)[name]((x) => x, 1));
      await outcome(t, `${name} concurrency`, source(1)[name]((x) => x, { concurrency: 'many' }));
      await outcome(t, `${name} signal`, source(1)[name]((x) => x, { signal: true }));
    }
    await outcome(t, 'toArray options', source(1).toArray(1));
    await outcome(t, 'toArray signal', source(1).toArray({ signal: true }));
    await outcome(t, 'reduce number', source(1).reduce(1));
    await outcome(t, 'reduce options', source(1).reduce((x) => x, 0, 1));
    await outcome(t, 'reduce signal', source(1).reduce((x) => x, 0, { signal: true }));
    await outcome(t, 'reduce nothing', source().reduce((x) => x));
  },
  async counts_that_are_no_numbers(t) {
    for (const count of ['2', 'cat', true, 1.5, Infinity]) t('take', await source(1, 2, 3).take(count).toArray());
    t('drop', await source(1, 2, 3).drop('2').toArray());
  },
  the_function_is_called_for_one_chunk_at_a_time(t) {
    const s = source(1, 2, 3).map(async (x) => { t('begins', x); await later(); t('ends', x); return x; });
    return read(t, s);
  },
  the_function_is_called_for_several_at_once(t) {
    const s = source(1, 2, 3, 4, 5).map(async (x) => { t('begins', x); await later(); t('ends', x); return x; }, { concurrency: 2 });
    return read(t, s);
  },
  async results_come_in_the_order_of_the_chunks(t) {
    const wait = async (x) => { for (let i = x; i; i--) await later(); t('ends', x); return x; };
    await read(t, source(3, 1, 2).map(wait, { concurrency: 3 }));
    await read(t, source(3, 1, 2).filter(wait, { concurrency: 3 }));
    t('find', await source(3, 1).find(wait, { concurrency: 2 }));
  },
  async how_many_wait_for_a_slow_reader(t) {
    for (const options of [{}, { concurrency: 3 }, { highWaterMark: 0, concurrency: 2 }, { highWaterMark: 4 }]) {
      let calls = 0;
      const s = source(...Array(20).keys()).map((x) => { calls++; return x; }, options);
      s.once('readable', () => {});
      for (let i = 0; i < 10; i++) await later();
      t('called', calls);
      for await (const chunk of s) {
        for (let i = 0; i < 10; i++) await later();
        t('chunk', chunk, calls);
        if (chunk === 3) break;
      }
    }
  },
  an_error_of_the_function(t) {
    const r = t.events(source(1, 2, 3), 'source ');
    const m = t.events(r.map((x) => { t('called', x); if (x === 2) fails(); return x; }), 'map ');
    return read(t, m);
  },
  async an_error_of_an_async_function_comes_in_its_place(t) {
    const m = source(1, 2, 3, 4).map(async (x) => {
      if (x === 2) fails();
      for (let i = 0; i < 5; i++) await later();
      return x;
    }, { concurrency: 3 });
    await read(t, m);
    await outcome(t, 'forEach', source(1, 2).forEach(async (x) => { if (x === 2) fails(); }));
    await outcome(t, 'reduce', source(1, 2).reduce(async () => fails()));
  },
  async an_error_of_the_source(t) {
    const failing = () => t.events(Readable.from((async function* () { yield 1; fails(); })()), 'source ');
    await read(t, t.events(failing().map((x) => x), 'map '));
    for (const name of ['forEach', 'some', 'every', 'find']) await outcome(t, name, failing()[name]((x) => name === 'every' && x));
    await outcome(t, 'toArray', failing().toArray());
    await outcome(t, 'reduce', failing().reduce((a, b) => a + b, 0));
    await read(t, failing().take(5));
  },
  async a_source_that_is_destroyed_at_once(t) {
    const s = open();
    const promise = s.toArray();
    s.destroy(new Error('boom'));
    await outcome(t, 'toArray', promise);
    const s2 = open();
    const m = s2.map((x) => x);
    m.resume().on('error', (error) => t('error', error));
    s2.destroy(new Error('boom'));
    await later();
    t('destroyed', m.destroyed);
  },
  async a_source_that_was_destroyed_before(t) {
    const s = open().destroy();
    await later();
    await outcome(t, 'toArray', s.toArray());
    await outcome(t, 'forEach', s.forEach(() => {}));
    await read(t, s.map((x) => x));
  },
  async what_needs_no_more_destroys_the_source(t) {
    for (const name of ['some', 'find', 'every']) {
      const s = t.events(source(1, 2, 3), `${name} `);
      t(name, await s[name]((x) => (name === 'every' ? x < 2 : x === 2)));
      await later();
      t('destroyed', s.destroyed);
    }
    const s = t.events(source(1, 2, 3), 'take ');
    t('take', await s.take(2).toArray());
    await later();
    t('destroyed', s.destroyed);
  },
  async take_does_not_wait_for_the_next_chunk(t) {
    const s = open();
    s.push(1);
    t('take', await s.take(1).toArray(), s.destroyed);
  },
  async take_none(t) {
    const s = t.events(source(1, 2), 'source ');
    t('take', await s.take(0).toArray());
  },
  async a_stream_that_was_never_read_leaves_the_source_alone(t) {
    const s = t.events(source(1, 2), 'source ');
    const m = t.events(s.map((x) => x), 'map ');
    m.destroy();
    await later();
    t('source', s.destroyed, s.eventNames().includes('readable'));
  },
  async a_stream_that_is_destroyed_destroys_the_source(t) {
    const s = t.events(source(1, 2, 3, 4), 'source ');
    const m = t.events(s.map((x) => x), 'map ');
    m.read(0);
    await later();
    m.destroy(new Error('boom'));
    await later();
    await later();
    t('source', s.destroyed);
  },
  async flat_map_takes_any_iterable(t) {
    const kinds = {
      list: () => [1, 2], text: () => 'ab', stream: () => source(1, 2),
      async* items() { yield 1; yield 2; }, promises: () => [later(1), 2], nothing: () => [],
    };
    for (const [name, kind] of Object.entries(kinds)) t(name, await source(0, 0).flatMap(kind).toArray());
  },
  async flat_map_that_is_left_destroys_the_inner_stream(t) {
    const inner = t.events(source(1, 2, 3), 'inner ');
    for await (const chunk of source(0).flatMap(() => inner)) { t('chunk', chunk); break; }
    await later();
    t('inner', inner.destroyed);
  },
  async of_a_byte_stream(t) {
    const s = () => Readable.from([Buffer.from('ab'), Buffer.from('cd')], { objectMode: false });
    t('toArray', await s().toArray());
    t('map', await s().map((chunk) => chunk.length).toArray());
    t('reduce', await s().reduce((sum, chunk) => sum + chunk.length, 0));
  },
  async one_after_the_other(t) {
    t('chain', await source(...Array(30).keys()).drop(2).filter((x) => x % 2).map((x) => x * x).flatMap((x) => [x, -x])
      .take(7).reduce((all, x) => [...all, x], []));
  },
  async the_second_argument_has_a_signal(t) {
    await source(1).map((x, options) => { t('map', Object.keys(options), options.signal.aborted); return x; }).toArray();
    await source(1).forEach((x, options) => { t('forEach', Object.keys(options)); });
    let signal;
    await source(1, 2).reduce((a, x, options) => { signal = options.signal; t('reduce', signal.aborted); return a; });
    t('after reduce', signal.aborted);
  },
  async a_signal_that_was_aborted_before(t) {
    const signal = AbortSignal.abort();
    await read(t, source(1, 2).map((x) => x, { signal }), 'map ');
    await read(t, source(1, 2).map((x) => x, { signal, concurrency: 2 }), 'several ');
    await read(t, source(1, 2).take(1, { signal }), 'take ');
    await read(t, source(1, 2).drop(1, { signal }), 'drop ');
    for (const name of ['forEach', 'some', 'every', 'find']) await outcome(t, name, source(1)[name]((x) => t('called', x), { signal }));
    await outcome(t, 'toArray', source(1).toArray({ signal }));
    const s = t.events(open(), 'source ');
    await outcome(t, 'reduce', s.reduce((x) => x, 0, { signal }));
    t('destroyed', s.destroyed);
  },
  async a_signal_that_is_aborted_meanwhile(t) {
    for (const options of [{}, { concurrency: 2 }]) {
      const controller = new AbortController();
      const r = source(1, 2);
      const m = r.map(async (x, { signal }) => {
        t('called', x);
        await later();
        if (x === 2) controller.abort(new Error('why'));
        t('aborted', signal.aborted);
        return x;
      }, { ...options, signal: controller.signal });
      await read(t, m);
      t('source', r.destroyed);
    }
  },
  async a_function_that_obeys_the_signal(t) {
    const controller = new AbortController();
    const promise = source(1, 2, 3).forEach((x, { signal }) => new Promise((resolve, reject) => {
      t('called', x);
      signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true });
    }), { concurrency: 2, signal: controller.signal });
    await later();
    controller.abort();
    await outcome(t, 'forEach', promise);
  },
  async reduce_hands_the_signal_on(t) {
    const controller = new AbortController();
    const promise = source(1, 2, 3).reduce((a, x, { signal }) => new Promise((resolve) => {
      t('called', x);
      signal.addEventListener('abort', () => { t('told'); resolve(x); });
    }), 0, { signal: controller.signal });
    await later();
    controller.abort();
    await outcome(t, 'reduce', promise);
  },
};
