import { PassThrough, Readable, Transform, Writable } from 'node:stream';

const source = (...chunks) => new Readable({ read() { this.push(chunks.length ? chunks.shift() : null); } });
const open = () => new Readable({ read() {} });
const sink = (t, options = {}, when = (callback) => callback()) =>
  new Writable({ write(chunk, encoding, callback) { t('_write', chunk); when(callback); }, ...options });
const immediate = (callback) => setImmediate(callback);

const watched = (t, name, stream, ...methods) => {
  for (const method of methods) {
    const original = stream[method];
    stream[method] = (...args) => {
      t(`${name} ${method}`, method === 'emit' || (method === 'read' && args.length) ? args[0] : '');
      return original.apply(stream, args);
    };
  }
  return stream;
};
const methodsReplaced = (t, chunks, options, when) => {
  const r = new Readable({ ...options, read() { this.push(chunks.length ? chunks.shift() : null); } });
  const through = new Transform({ ...options, transform(chunk, encoding, callback) { callback(null, chunk); } });
  watched(t, 'r', r, 'read', 'push', '_read', 'emit', 'pause', 'resume');
  watched(t, 'through', through, 'write', '_write', '_transform', 'push', 'read', 'emit', 'pause', 'resume', 'end');
  const w = watched(t, 'w', sink(t, options, when), 'write', '_write', 'emit', 'end');
  r.pipe(through).pipe(w);
};

export const scenarios = {
  everything_goes_through_and_ends(t) {
    const r = t.events(source('a', 'b'), 'r ');
    const w = t.events(sink(t), 'w ');
    t('pipe', r.pipe(w) === w);
    t.state(r);
    w.on('finish', () => { t.state(r, 'r'); t.state(w, 'w'); });
  },
  a_full_destination_pauses_the_source(t) {
    const r = t.events(source('ab', 'cd', 'ef'), 'r ');
    const w = t.events(sink(t, { highWaterMark: 2 }, immediate), 'w ');
    r.pipe(w);
  },
  a_destination_that_is_full_already(t) {
    const r = t.events(source('a'), 'r ');
    const w = t.events(sink(t, { highWaterMark: 1 }, immediate), 'w ');
    w.write('first');
    r.pipe(w);
    t('flowing', r.readableFlowing);
  },
  without_end_the_destination_stays_open(t) {
    const r = t.events(source('a'), 'r ');
    const w = t.events(sink(t), 'w ');
    r.pipe(w, { end: false });
    r.on('close', () => { t.state(w); w.end('own'); });
  },
  two_destinations(t) {
    const r = t.events(source('ab', 'cd'), 'r ');
    const a = t.events(sink(t, { highWaterMark: 1 }, immediate), 'a ');
    const b = t.events(sink(t), 'b ');
    r.pipe(a);
    r.pipe(b);
  },
  unpipe_one(t) {
    const r = t.events(open(), 'r ');
    const a = t.events(sink(t), 'a ');
    const b = t.events(sink(t), 'b ');
    r.pipe(a); r.pipe(b);
    r.push('x');
    setImmediate(() => {
      t('unpipe', r.unpipe(a) === r);
      r.push('y');
      setImmediate(() => { t('flowing', r.readableFlowing, r.readableLength); r.unpipe(b); t('flowing', r.readableFlowing); r.push('z'); });
    });
  },
  unpipe_all(t) {
    const r = t.events(open(), 'r ');
    const a = t.events(sink(t), 'a ');
    const b = t.events(sink(t), 'b ');
    r.pipe(a); r.pipe(b);
    r.unpipe();
    r.unpipe();
    t('flowing', r.readableFlowing);
    t('listeners', r.listenerCount('data'), a.listenerCount('drain'), a.listenerCount('unpipe'));
  },
  unpipe_what_is_not_piped(t) {
    const r = t.events(open(), 'r ');
    const w = t.events(sink(t), 'w ');
    r.unpipe(w);
    r.pipe(w);
    r.unpipe(sink(t));
    t('flowing', r.readableFlowing);
  },
  pipe_again_after_unpipe(t) {
    const r = t.events(open(), 'r ');
    const w = t.events(sink(t), 'w ');
    r.pipe(w);
    r.unpipe(w);
    r.push('a');
    setImmediate(() => { r.pipe(w); r.push(null); });
  },
  the_same_destination_twice(t) {
    const r = t.events(open(), 'r ');
    const w = t.events(sink(t), 'w ');
    r.pipe(w); r.pipe(w);
    r.push('a');
    setImmediate(() => { r.unpipe(w); r.push('b'); });
  },
  an_error_of_the_destination_unpipes(t) {
    const r = t.events(open(), 'r ');
    const w = t.events(sink(t, {}, (callback) => callback(new Error('boom'))), 'w ');
    r.pipe(w);
    r.push('a');
    w.on('close', () => { t.state(r, 'r'); r.push('b'); });
  },
  an_unhandled_error_of_the_destination(t) {
    const r = open();
    const w = new Writable({ write: (chunk, encoding, callback) => callback(new Error('boom')) });
    r.pipe(w);
    r.push('a');
  },
  an_error_of_the_source_leaves_the_destination(t) {
    const r = t.events(open(), 'r ');
    const w = t.events(sink(t), 'w ');
    r.pipe(w);
    r.destroy(new Error('boom'));
    setImmediate(() => t.state(w));
  },
  a_destination_that_is_destroyed(t) {
    const r = t.events(open(), 'r ');
    const w = t.events(sink(t), 'w ');
    r.pipe(w);
    w.destroy();
    w.on('close', () => { t('flowing', r.readableFlowing); r.push('a'); });
  },
  a_destination_that_is_ended_by_somebody_else(t) {
    const r = t.events(open(), 'r ');
    const w = t.events(sink(t), 'w ');
    r.pipe(w);
    w.end();
    w.on('finish', () => setImmediate(() => { t('flowing', r.readableFlowing); r.push('a'); }));
  },
  write_after_end_through_a_pipe(t) {
    const r = t.events(open(), 'r ');
    const w = t.events(sink(t, {}, immediate), 'w ');
    r.pipe(w);
    r.push('a');
    w.on('pipe', () => {});
    setImmediate(() => { w.end(); r.push('b'); });
  },
  a_chain(t) {
    const r = source('a', 'b');
    const up = new Transform({ transform(chunk, encoding, callback) { callback(null, String(chunk).toUpperCase()); } });
    const w = t.events(sink(t), 'w ');
    r.pipe(up).pipe(new PassThrough()).pipe(w);
  },
  a_chain_of_small_buffers(t) {
    const r = t.events(source('abc', 'def', 'ghi'), 'r ');
    const p = t.events(new PassThrough({ highWaterMark: 2 }), 'p ');
    const w = t.events(sink(t, { highWaterMark: 2 }, immediate), 'w ');
    r.pipe(p).pipe(w);
  },
  pausing_a_piped_source(t) {
    const r = t.events(open(), 'r ');
    const w = t.events(sink(t), 'w ');
    r.pipe(w);
    r.pause();
    r.push('a');
    setImmediate(() => { t.state(r); r.resume(); });
  },
  a_data_listener_beside_a_pipe(t) {
    const r = t.events(source('ab', 'cd'), 'r ', 'data');
    r.pipe(t.events(sink(t, { highWaterMark: 1 }, immediate), 'w '));
  },
  a_readable_listener_beside_a_pipe(t) {
    const r = t.events(open(), 'r ');
    r.on('readable', () => t('readable', r.readableLength));
    r.pipe(t.events(sink(t), 'w '));
    r.push('a');
    setImmediate(() => { t.state(r); r.removeAllListeners('readable'); });
  },
  a_source_that_has_ended(t) {
    const r = t.events(source(), 'r ');
    r.resume();
    r.on('close', () => r.pipe(t.events(sink(t), 'w ')));
  },
  a_source_that_is_destroyed(t) {
    const r = t.events(open(), 'r ');
    r.destroy();
    const w = t.events(sink(t), 'w ');
    r.pipe(w);
    setImmediate(() => t.state(w));
  },
  objects_to_bytes(t) {
    const r = t.events(new Readable({ objectMode: true, read() {} }), 'r ');
    r.pipe(t.events(sink(t), 'w '));
    r.push('text');
    r.push({ a: 1 });
  },
  strings_of_an_encoding(t) {
    const r = t.events(open(), 'r ');
    r.setEncoding('hex');
    r.pipe(t.events(sink(t), 'w '));
    r.push('ab');
    r.push(null);
  },
  listeners_left_after_the_end(t) {
    const r = source('a');
    const w = sink(t);
    r.pipe(w);
    w.on('close', () => {
      t('r', r.eventNames().sort(), 'w', w.eventNames().sort());
    });
  },
  listeners_while_piped(t) {
    const r = open();
    const w = sink(t);
    r.pipe(w);
    t('r', r.eventNames().sort());
    t('w', w.eventNames().sort());
  },
  every_method_replaced_on_the_instances(t) {
    methodsReplaced(t, [1, 2, 3], { objectMode: true }, (callback) => callback());
  },
  every_method_replaced_of_streams_of_bytes(t) {
    methodsReplaced(t, ['ab', 'cd', 'ef'], { highWaterMark: 3 }, (callback) => callback());
  },
  every_method_replaced_and_the_sink_is_slow(t) {
    methodsReplaced(t, [1, 2, 3, 4, 5], { objectMode: true, highWaterMark: 1 }, immediate);
  },
};
