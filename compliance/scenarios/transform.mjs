import { PassThrough, Transform } from 'node:stream';

const upper = (t, options = {}) => new Transform({
  transform(chunk, encoding, callback) { t('_transform', chunk, encoding); callback(null, String(chunk).toUpperCase()); },
  ...options,
});

export const scenarios = {
  it_transforms(t) {
    const s = t.events(upper(t), '', 'data');
    t.state(s);
    t('write', s.write('a', t.callback('cb a')), s.write('b', t.callback('cb b')));
    s.end('c', t.callback('end'));
    s.on('end', () => t.state(s, 'at end'));
    s.on('finish', () => t.state(s, 'at finish'));
    s.on('close', () => t.state(s, 'at close'));
  },
  push_and_callback(t) {
    const s = t.events(new Transform({
      transform(chunk, encoding, callback) { this.push('<'); this.push(chunk); callback(null, '>'); },
      flush(callback) { t('_flush'); this.push('last'); callback(null, '!'); },
    }), '', 'data');
    s.end('a');
  },
  it_filters(t) {
    const s = t.events(new Transform({ objectMode: true, transform(n, encoding, callback) { n % 2 ? callback() : callback(null, n); } }), '', 'data');
    for (let i = 0; i < 5; i++) s.write(i);
    s.end();
  },
  an_asynchronous_transform(t) {
    const s = t.events(new Transform({ transform(chunk, encoding, callback) { setImmediate(callback, null, chunk); } }), '', 'data');
    for (const c of 'abc') s.write(c, t.callback(c));
    s.end(t.callback('end'));
  },
  a_full_reading_side_holds_up_the_writing_side(t) {
    const s = t.events(upper(t, { highWaterMark: 2 }));
    for (const c of 'abcdef') t('write', s.write(c, t.callback(c)));
    t.state(s);
    setImmediate(() => { t.state(s); t('read', s.read()); setImmediate(() => { t.state(s); s.resume(); }); });
  },
  an_error_from_transform(t) {
    const s = t.events(new Transform({ transform: (chunk, encoding, callback) => callback(new Error('boom')) }), '', 'data');
    s.write('a', t.callback('a'));
    s.write('b', t.callback('b'));
    s.end(t.callback('end'));
    s.on('close', () => t.state(s));
  },
  an_exception_from_transform(t) {
    const s = t.events(new Transform({ transform() { throw new Error('boom'); } }));
    t.call('write', () => s.write('a'));
  },
  an_error_from_flush(t) {
    const s = t.events(upper(t, { flush: (callback) => callback(new Error('boom')) }), '', 'data');
    s.end('a', t.callback('end'));
  },
  an_exception_from_flush(t) {
    const s = t.events(upper(t, { flush() { throw new Error('boom'); } }), '', 'data');
    t.call('end', () => { s.end('a', t.callback('end')); });
  },
  callback_twice(t) {
    const s = t.events(new Transform({ transform(chunk, encoding, callback) { callback(); callback(); } }));
    s.write('a');
  },
  without_transform_hook(t) {
    const s = t.events(new Transform());
    t.call('write', () => s.write('a'));
  },
  an_asynchronous_flush(t) {
    const s = t.events(upper(t, { flush(callback) { setImmediate(callback, null, 'z'); } }), '', 'data');
    s.end('a');
  },
  null_from_the_callback_ends_the_reading_side(t) {
    const s = t.events(new Transform({ transform: (chunk, encoding, callback) => callback(null, null) }), '', 'data');
    s.write('a');
    setImmediate(() => { t.state(s); });
  },
  push_null_in_transform(t) {
    const s = t.events(new Transform({ transform(chunk, encoding, callback) { this.push(chunk); this.push(null); callback(); } }), '', 'data');
    s.write('a');
    s.write('b', t.callback('b'));
    s.end();
  },
  final_before_flush(t) {
    const s = t.events(upper(t, { final(callback) { t('_final'); callback(); }, flush(callback) { t('_flush'); callback(); } }), '', 'data');
    s.end('a');
  },
  pass_through(t) {
    const s = t.events(new PassThrough(), '', 'data');
    s.write('a'); s.write(Buffer.from('b')); s.end('\u00e9');
  },
  pass_through_of_objects(t) {
    const s = t.events(new PassThrough({ objectMode: true }), '', 'data');
    for (const value of [1, false, 0, '', { a: 1 }]) s.write(value);
    s.end();
  },
  marks(t) {
    for (const options of [{}, { highWaterMark: 5 }, { writableHighWaterMark: 5 }, { readableHighWaterMark: 0 },
      { readableHighWaterMark: 0, highWaterMark: 2 }, { objectMode: true }, { writableObjectMode: true }]) {
      const s = upper(t, options);
      t('marks', options, s.readableHighWaterMark, s.writableHighWaterMark, s.readableObjectMode, s.writableObjectMode);
    }
  },
  readable_objects_from_bytes(t) {
    const s = t.events(new Transform({ readableObjectMode: true, transform(chunk, encoding, callback) { callback(null, { n: chunk.length }); } }), '', 'data');
    s.write('abc'); s.end('d');
  },
  destroyed_in_the_middle(t) {
    const s = t.events(new Transform({ transform(chunk, encoding, callback) { setImmediate(callback, null, chunk); } }), '', 'data');
    s.write('a', t.callback('a')); s.write('b', t.callback('b'));
    s.end(t.callback('end'));
    s.destroy();
  },
  with_an_encoding(t) {
    const s = t.events(new Transform({ encoding: 'hex', transform(chunk, encoding, callback) { callback(null, chunk); } }), '', 'data');
    s.end('abc');
  },
  a_constructed_transform(t) {
    const s = t.events(upper(t, { construct(callback) { t('_construct'); setImmediate(callback); } }), '', 'data');
    s.end('a', t.callback('end'));
  },
  a_subclass(t) {
    class Doubler extends Transform {
      _transform(chunk, encoding, callback) { this.push(chunk); callback(null, chunk); }
      _flush(callback) { t('_flush'); callback(); }
    }
    const s = t.events(new Doubler(), '', 'data');
    s.end('a');
  },
};
