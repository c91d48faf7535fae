import { EventEmitter } from 'node:events';
import { Duplex, PassThrough, Readable, Transform, Writable, addAbortSignal, compose, finished, pipeline, promises } from 'node:stream';
import { rounds } from '../peers.mjs';

const r = (options) => new Readable({ read() {}, ...options });
const w = (options) => new Writable({ write(chunk, encoding, callback) { callback(); }, ...options });
const ended = () => { const s = w(); s.end(); return s; };
const dead = (s) => s.destroy();
const twice = (callback) => { callback(); callback(); };

// Let everything settle, so that each case begins with quiet streams. What is emitted as error is written down.
const watch = (t, s, name) => s.on('error', (error) => t(`${name} error`, error)).on('close', () => t(`${name} close`));

async function each(t, cases) {
  for (const [name, run] of Object.entries(cases)) {
    const seen = {
      watch: (s) => watch(t, s, name),
      callback: (label) => (error) => t(`${name} ${label}`, error),
      promise: (promise) => promise.then(() => t(`${name} fulfilled`), (error) => t(`${name} rejected`, error)),
    };
    try {
      t(name, run(seen) === false);
    } catch (error) {
      t(`${name} throws`, error);
    }
    await rounds(6);
  }
}

const scenario = (cases) => (t) => each(t, cases);

export const scenarios = {
  writing: scenario({
    write_after_end: ({ watch, callback }) => { const s = watch(w()); s.end(); return s.write('a', callback('cb')); },
    end_with_chunk_after_end: ({ watch, callback }) => { const s = watch(w()); s.end(); s.end('a', callback('cb')); },
    end_after_end: ({ watch, callback }) => { const s = watch(w()); s.end(); s.end(callback('cb')); },
    end_after_finish: ({ watch, callback }) => {
      const s = watch(w({ autoDestroy: false })); s.end(); s.on('finish', () => setImmediate(() => s.end(callback('cb'))));
    },
    write_when_destroyed: ({ watch, callback }) => { const s = watch(w()); s.destroy(); return s.write('a', callback('cb')); },
    end_when_destroyed: ({ watch, callback }) => { const s = watch(w()); s.destroy(); s.end(callback('cb')); },
    end_with_chunk_when_destroyed: ({ watch, callback }) => { const s = watch(w()); s.destroy(); s.end('a', callback('cb')); },
    buffered_when_destroyed: ({ watch, callback }) => {
      const s = watch(w({ write() {} })); s.write('a', callback('a')); s.write('b', callback('b')); s.end(callback('end')); s.destroy();
    },
    buffered_when_destroyed_with_error: ({ watch, callback }) => {
      const s = watch(w({ write(chunk, encoding, done) { setImmediate(done); } }));
      s.write('a', callback('a')); s.write('b', callback('b')); s.end(callback('end')); s.destroy(new Error('mine'));
    },
    write_null: ({ watch }) => watch(w()).write(null),
    write_null_object: ({ watch }) => watch(w({ objectMode: true })).write(null),
    write_unknown_encoding: ({ watch }) => watch(w()).write('a', 'bogus'),
    no_write: ({ watch, callback }) => watch(new Writable()).write('a', callback('cb')),
    no_write_corked: ({ watch, callback }) => {
      const s = watch(new Writable()); s.cork(); s.write('a', callback('cb')); process.nextTick(() => s.destroy());
    },
    write_twice: ({ watch }) => watch(w({ write: (chunk, encoding, done) => twice(done) })).write('a'),
    writev_twice: ({ watch }) => {
      const s = watch(w({ writev: (chunks, done) => twice(done) })); s.cork(); s.write('a'); s.write('b'); s.uncork();
    },
    final_twice: ({ watch }) => { watch(w({ final: twice })).end(); },
    construct_twice: ({ watch }) => { watch(w({ construct: twice })); },
    construct_fails: ({ watch, callback }) => { watch(w({ construct: (done) => done(new Error('no')) })).write('a', callback('cb')); },
    final_fails: ({ watch, callback }) => { watch(w({ final: (done) => done(new Error('no')) })).end(callback('cb')); },
    final_throws: ({ watch, callback }) => { watch(w({ final() { throw new Error('no'); } })).end(callback('cb')); },
    destroy_fails: ({ watch }) => { watch(w({ destroy: (error, done) => done(new Error('no')) })).destroy(); },
    write_fails: ({ watch, callback }) => watch(w({ write: (chunk, encoding, done) => done(new Error('no')) })).write('a', callback('cb')),
    write_throws: ({ watch }) => watch(w({ write() { throw new Error('no'); } })).write('a'),
    pipe_from_writable: ({ watch }) => { watch(w()).pipe(w()); },
  }),
  reading: scenario({
    no_read: ({ watch }) => { watch(new Readable()).resume(); },
    read_throws: ({ watch }) => { watch(r({ read() { throw new Error('no'); } })).resume(); },
    push_after_end: ({ watch }) => { const s = watch(r()); s.push(null); return s.push('a'); },
    push_null_after_end: ({ watch }) => { const s = watch(r()); s.push(null); return s.push(null); },
    unshift_after_end: ({ watch }) => { const s = watch(r({ autoDestroy: false })); s.push(null); s.on('end', () => s.unshift('a')).resume(); },
    push_number: ({ watch }) => watch(r()).push(5),
    push_object: ({ watch }) => watch(r()).push({}),
    push_when_destroyed: ({ watch }) => { const s = watch(r()); s.destroy(); return s.push('a'); },
    push_unknown_encoding: ({ watch }) => watch(r()).push('a', 'bogus'),
    set_unknown_encoding: ({ watch }) => { watch(r()).setEncoding('bogus'); },
    option_unknown_encoding: () => { r({ encoding: 'bogus' }); },
    read_too_much: ({ watch }) => { watch(r()).read(2 ** 31); },
    read_most: ({ watch }) => { watch(r()).read(2 ** 30); },
    construct_fails: ({ watch }) => { watch(r({ construct: (done) => done(new Error('no')) })).resume(); },
    construct_twice: ({ watch }) => { watch(r({ construct: twice })).resume(); },
    from_null: ({ watch }) => { watch(Readable.from([1, null, 2])).resume(); },
    from_failing: ({ watch }) => { watch(Readable.from((function* () { yield 1; throw new Error('no'); })())).resume(); },
    from_rejecting: ({ watch }) => { watch(Readable.from([1, Promise.reject(new Error('no'))])).resume(); },
    destroyed_with_error_twice: ({ watch }) => { watch(r()).destroy(new Error('first')).destroy(new Error('second')); },
  }),
  transforming: scenario({
    no_transform: ({ watch }) => watch(new Transform()).write('a'),
    transform_twice: ({ watch }) => watch(new Transform({ transform: (chunk, encoding, done) => twice(done) })).write('a'),
    transform_fails: ({ watch, callback }) => watch(new Transform({ transform: (chunk, encoding, done) => done(new Error('no')) })).write('a', callback('cb')),
    transform_throws: ({ watch }) => watch(new Transform({ transform() { throw new Error('no'); } })).write('a'),
    flush_fails: ({ watch }) => { watch(new PassThrough({ flush: (done) => done(new Error('no')) })).resume().end(); },
    flush_twice: ({ watch }) => { watch(new PassThrough({ flush: twice })).resume().end(); },
    push_after_end: ({ watch }) => { const s = watch(new PassThrough()); s.push(null); return s.write('a'); },
  }),
  ending: scenario({
    finished_destroyed: ({ callback }) => { const s = r(); finished(s, callback('cb')); s.destroy(); },
    finished_destroyed_before: ({ callback }) => { finished(dead(r()), callback('cb')); },
    finished_writable_destroyed: ({ callback }) => { finished(dead(w()), callback('cb')); },
    finished_failed: ({ watch, callback }) => { const s = watch(w()); finished(s, callback('cb')); s.destroy(new Error('mine')); },
    finished_aborted: ({ callback }) => { finished(r(), { signal: AbortSignal.abort() }, callback('cb')); },
    finished_aborted_for_a_reason: ({ callback }) => { finished(r(), { signal: AbortSignal.abort(new Error('why')) }, callback('cb')); },
    promise_destroyed: ({ promise }) => { promise(promises.finished(dead(r()))); },
    iterated_when_destroyed: ({ promise }) => { promise(dead(r())[Symbol.asyncIterator]().next()); },
    iterated_when_destroyed_early: ({ promise }) => { const s = r(); promise(s[Symbol.asyncIterator]().next()); s.destroy(); },
    collected_when_destroyed: ({ promise }) => { promise(dead(r()).toArray()); },
    aborted: ({ watch }) => { const c = new AbortController(); addAbortSignal(c.signal, watch(r())); c.abort(); },
    aborted_before: ({ watch }) => { addAbortSignal(AbortSignal.abort('why'), watch(w())); },
    option_signal: ({ watch }) => { watch(r({ signal: AbortSignal.abort() })); },
  }),
  pipelines: scenario({
    no_callback: () => { pipeline(r(), w()); },
    nothing: () => { pipeline(); },
    one: ({ callback }) => { pipeline(r(), callback('cb')); },
    empty: ({ callback }) => { pipeline([], callback('cb')); },
    bad_first: ({ callback }) => { pipeline(5, w(), callback('cb')); },
    bad_source: ({ callback }) => { pipeline(() => 5, w(), callback('cb')); },
    bad_transform: ({ callback }) => { pipeline(r(), () => undefined, w(), callback('cb')); },
    into_destroyed: ({ watch, callback }) => { pipeline(watch(r()), dead(w()), callback('cb')); },
    into_ended: ({ watch, callback }) => { pipeline(watch(Readable.from(['a'])), ended(), callback('cb')); },
    from_destroyed: ({ watch, callback }) => { pipeline(dead(r()), watch(w()), callback('cb')); },
    promise_from_destroyed: ({ watch, promise }) => { promise(promises.pipeline(dead(r()), watch(w()))); },
    aborted: ({ watch, promise }) => { promise(promises.pipeline(watch(r()), watch(w()), { signal: AbortSignal.abort() })); },
    compose_nothing: () => { compose(); },
    compose_number: () => { compose(5); },
    from_number: () => { Duplex.from(5); },
    from_function: () => { Duplex.from(() => 5); },
    from_nothing: () => { Duplex.from(); },
  }),
  operators: scenario({
    reduce_nothing: ({ promise }) => { promise(Readable.from([]).reduce((a, b) => a + b)); },
    take_negative: () => { Readable.from([1]).take(-1); },
    drop_negative: () => { Readable.from([1]).drop(-1); },
    take_no_number: () => { Readable.from([1]).take('x'); },
    concurrency: () => { Readable.from([1]).map((x) => x, { concurrency: 0 }); },
    concurrency_of_promise: ({ promise }) => { promise(Readable.from([1]).forEach((x) => x, { concurrency: 0 })); },
    aborted: ({ promise }) => { promise(Readable.from([1]).toArray({ signal: AbortSignal.abort() })); },
    map_fails: ({ promise }) => { promise(Readable.from([1]).map(() => { throw new Error('no'); }).toArray()); },
  }),
  emitters: scenario({
    unhandled: () => { new EventEmitter().emit('error', new Error('mine')); },
    unhandled_nothing: () => { new EventEmitter().emit('error'); },
    unhandled_string: () => { new EventEmitter().emit('error', 'boo'); },
    unhandled_object: () => { new EventEmitter().emit('error', { a: 1 }); },
    unhandled_array: () => { new EventEmitter().emit('error', [1, 'x', { b: true }]); },
    unhandled_long: () => { new EventEmitter().emit('error', 'x'.repeat(200)); },
    rejected_error: ({ promise }) => { const e = new EventEmitter(); promise(EventEmitter.once(e, 'x')); e.emit('error', new Error('mine')); },
    rejected_string: ({ promise }) => { const e = new EventEmitter(); promise(EventEmitter.once(e, 'x')); e.emit('error', new TypeError('boo')); },
    once_aborted: ({ promise }) => { promise(EventEmitter.once(new EventEmitter(), 'x', { signal: AbortSignal.abort('why') })); },
    on_aborted: () => { EventEmitter.on(new EventEmitter(), 'x', { signal: AbortSignal.abort() }); },
    on_failing: ({ promise }) => { const e = new EventEmitter(); promise(EventEmitter.on(e, 'x').next()); e.emit('error', new Error('mine')); },
  }),
};
