import { Duplex, PassThrough, Readable, Transform, Writable, pipeline } from 'node:stream';
import * as promises from 'node:stream/promises';

const source = (...chunks) => new Readable({ read() { this.push(chunks.length ? chunks.shift() : null); } });
const open = () => new Readable({ read() {} });
const sink = (t, options = {}) =>
  new Writable({ write(chunk, encoding, callback) { t('_write', chunk); callback(); }, ...options });
const upper = () => new Transform({ transform(chunk, encoding, callback) { callback(null, String(chunk).toUpperCase()); } });

export const scenarios = {
  it_succeeds(t) {
    const [r, p, w] = [t.events(source('a', 'b'), 'r '), t.events(upper(), 'p '), t.events(sink(t), 'w ')];
    t('returns', pipeline(r, p, w, t.callback('done')) === w);
  },
  an_array_of_streams(t) {
    pipeline([source('a'), new PassThrough(), sink(t)], t.callback('done'));
  },
  an_error_of_the_source_destroys_all(t) {
    const [r, p, w] = [t.events(open(), 'r '), t.events(upper(), 'p '), t.events(sink(t), 'w ')];
    pipeline(r, p, w, t.callback('done'));
    r.destroy(new Error('boom'));
  },
  an_error_in_the_middle_destroys_all(t) {
    const [r, p, w] = [t.events(open(), 'r '), t.events(new PassThrough(), 'p '), t.events(sink(t), 'w ')];
    pipeline(r, p, w, t.callback('done'));
    p.destroy(new Error('boom'));
  },
  an_error_of_the_destination_destroys_all(t) {
    const [r, p, w] = [t.events(source('a'), 'r '), t.events(upper(), 'p '),
      t.events(sink(t, { write: (chunk, encoding, callback) => callback(new Error('boom')) }), 'w ')];
    pipeline(r, p, w, t.callback('done'));
  },
  a_source_that_closes_early(t) {
    const [r, w] = [t.events(open(), 'r '), t.events(sink(t), 'w ')];
    pipeline(r, w, t.callback('done'));
    r.push('a');
    setImmediate(() => r.destroy());
  },
  a_destination_that_closes_early(t) {
    const [r, w] = [t.events(open(), 'r '), t.events(sink(t), 'w ')];
    pipeline(r, w, t.callback('done'));
    setImmediate(() => w.destroy());
  },
  into_a_destroyed_stream(t) {
    const w = t.events(sink(t), 'w ');
    w.destroy();
    const r = t.events(source('a'), 'r ');
    w.on('close', () => t.call('pipeline', () => { pipeline(r, w, t.callback('done')); }));
  },
  into_an_ended_stream(t) {
    const w = t.events(sink(t), 'w ');
    w.end();
    pipeline(t.events(source('a'), 'r '), w, t.callback('done'));
  },
  from_a_destroyed_stream(t) {
    const r = t.events(open(), 'r ');
    r.destroy();
    pipeline(r, t.events(sink(t), 'w '), t.callback('done'));
  },
  from_an_iterable(t) {
    pipeline(['a', 'b'], t.events(sink(t), 'w '), t.callback('done'));
  },
  from_a_generator_function(t) {
    pipeline(function* () { yield 'a'; yield 'b'; }, t.events(sink(t), 'w '), t.callback('done'));
  },
  from_an_async_generator_function(t) {
    pipeline(async function* () { yield 'a'; yield 'b'; }, t.events(sink(t), 'w '), t.callback('done'));
  },
  through_an_async_generator_function(t) {
    pipeline(source('a', 'b'), async function* (from) { for await (const c of from) yield String(c).toUpperCase(); },
      t.events(sink(t), 'w '), t.callback('done'));
  },
  into_an_async_function(t) {
    pipeline(source('a', 'b'), async (from) => {
      let all = '';
      for await (const c of from) all += c;
      return all;
    }, t.callback('done'));
  },
  a_generator_that_throws(t) {
    pipeline(async function* () { yield 'a'; throw new Error('boom'); }, t.events(sink(t), 'w '), t.callback('done'));
  },
  an_async_function_that_throws(t) {
    const r = t.events(source('a', 'b'), 'r ');
    pipeline(r, async () => { throw new Error('boom'); }, t.callback('done'));
  },
  wrong_arguments(t) {
    t.call('no callback', () => { pipeline(source('a'), sink(t)); });
    t.call('one stream', () => { pipeline(source('a'), () => {}); });
    t.call('empty', () => { pipeline([], () => {}); });
    t.call('number', () => { pipeline(source('a'), 5, () => {}); });
  },
  functions_that_return_nothing_useful(t) {
    t.call('source', () => { pipeline(() => 5, sink(t), () => {}); });
    t.call('transform', () => { pipeline(source('a'), () => undefined, sink(t), () => {}); });
  },
  without_end(t) {
    const w = t.events(sink(t), 'w ');
    return promises.pipeline(source('a'), w, { end: false }).then(() => { t('done'); t.state(w); w.end(); });
  },
  async the_promise_resolves(t) {
    const w = t.events(sink(t), 'w ');
    t('resolved', await promises.pipeline(source('a'), upper(), w));
  },
  async the_promise_rejects(t) {
    const w = t.events(sink(t, { write: (chunk, encoding, callback) => callback(new Error('boom')) }), 'w ');
    try { await promises.pipeline(source('a'), w); } catch (error) { t('rejected', error); }
  },
  async the_promise_gives_the_value(t) {
    t('value', await promises.pipeline(source('a', 'b'), async (from) => { for await (const c of from) t('chunk', c); return 7; }));
  },
  an_exception_in_the_callback(t) {
    pipeline(source('a'), sink(t), () => { throw new Error('boom'); });
  },
  no_listeners_are_left(t) {
    const [r, w] = [source('a'), sink(t)];
    pipeline(r, w, () => {});
    w.on('close', () => setImmediate(() => t('left', r.eventNames().sort(), w.eventNames().sort())));
  },
  through_a_duplex(t) {
    const d = t.events(new Duplex({
      read() {}, write(chunk, encoding, callback) { this.push(chunk); callback(); },
      final(callback) { this.push(null); callback(); },
    }), 'd ');
    pipeline(source('a', 'b'), d, t.events(sink(t), 'w '), t.callback('done'));
  },
  ending_in_a_duplex(t) {
    const p = t.events(new PassThrough(), 'p ', 'data');
    pipeline(source('a'), p, t.callback('done'));
  },
  errors_are_given_once(t) {
    const [r, w] = [t.events(open(), 'r '), t.events(sink(t), 'w ')];
    pipeline(r, w, t.callback('done'));
    r.destroy(new Error('first'));
    w.destroy(new Error('second'));
  },
  small_buffers(t) {
    const p = new PassThrough({ highWaterMark: 1 });
    const w = t.events(sink(t, { highWaterMark: 1, write(chunk, encoding, callback) { t('_write', chunk); setImmediate(callback); } }), 'w ');
    pipeline(source('ab', 'cd', 'ef'), p, w, t.callback('done'));
  },
  an_iterable_into_a_destroyed_stream(t) {
    const w = t.events(sink(t), 'w ');
    w.destroy();
    t.call('pipeline', () => pipeline(['a'], w, t.callback('done')) === w);
  },
  functions_that_return_sync_iterables(t) {
    for (const parts of [
      [source('a'), (chunks) => ['b'], sink(t)],
      [source('a'), (chunks) => ['b']],
      [source('a'), (chunks) => 'b'],
    ]) t.call('pipeline', () => pipeline(...parts, t.callback('done')));
  },
  an_abort_error_gives_way(t) {
    const [r, w] = [source('a'), sink(t)];
    pipeline(r, w, t.callback('done'));
    r.destroy(Object.assign(new Error('The operation was aborted'), { name: 'AbortError', code: 'ABORT_ERR' }));
    w.destroy(new Error('why'));
  },
};
