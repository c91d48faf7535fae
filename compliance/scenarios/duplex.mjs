import { Duplex, PassThrough, Readable, Writable, Stream } from 'node:stream';

const make = (t, options = {}) => new Duplex({
  read(size) { t('_read', size); },
  write(chunk, encoding, callback) { t('_write', chunk, encoding); callback(); },
  ...options,
});

export const scenarios = {
  both_sides_are_independent(t) {
    const d = t.events(make(t), '', 'data');
    t.state(d);
    d.write('in', t.callback('cb'));
    d.push('out');
    d.push(null);
    d.on('end', () => { t.state(d, 'at end'); d.end(); });
    d.on('finish', () => t.state(d, 'at finish'));
  },
  it_is_both(t) {
    const d = make(t);
    t('is', d instanceof Readable, d instanceof Writable, d instanceof Stream, new PassThrough() instanceof Duplex);
    t('is not', new Readable() instanceof Writable, new Writable() instanceof Readable);
  },
  marks_of_each_side(t) {
    for (const options of [{}, { highWaterMark: 5 }, { readableHighWaterMark: 5 }, { writableHighWaterMark: 5 },
      { highWaterMark: 5, readableHighWaterMark: 6, writableHighWaterMark: 0 }, { objectMode: true },
      { readableObjectMode: true }, { writableObjectMode: true, writableHighWaterMark: 2 }, { highWaterMark: 0 }]) {
      const d = make(t, options);
      t('marks', options, d.readableHighWaterMark, d.writableHighWaterMark, d.readableObjectMode, d.writableObjectMode);
    }
    t.call('bad', () => make(t, { readableHighWaterMark: -1 }));
  },
  one_mode_for_each_side(t) {
    const d = t.events(new Duplex({ readableObjectMode: true, read() {}, write(chunk, encoding, callback) { t('_write', chunk); callback(); } }), '', 'data');
    d.push({ a: 1 });
    d.write('a');
    t.call('write', () => d.write({}));
  },
  no_half_open_ends_the_other_side(t) {
    const d = t.events(make(t, { allowHalfOpen: false }));
    t('allowHalfOpen', d.allowHalfOpen);
    d.push(null);
    d.resume();
  },
  half_open_stays_open(t) {
    const d = t.events(make(t));
    d.push(null);
    d.resume();
    setImmediate(() => { t.state(d); d.end('x'); });
  },
  writing_side_ends_first(t) {
    const d = t.events(make(t));
    d.end('x');
    setImmediate(() => { t.state(d); d.push('y'); d.push(null); d.resume(); });
  },
  not_readable(t) {
    const d = t.events(make(t, { readable: false }));
    t.state(d);
    d.end('x');
  },
  not_writable(t) {
    const d = t.events(make(t, { writable: false }));
    t.state(d);
    t.call('write', () => d.write('x', t.callback('cb')));
    d.push(null);
    d.resume();
  },
  destroy_ends_both(t) {
    const d = t.events(make(t));
    d.write('a', t.callback('a'));
    d.destroy(new Error('boom'));
    d.on('close', () => t.state(d));
  },
  an_error_on_the_writing_side_destroys_both(t) {
    const d = t.events(make(t, { write: (chunk, encoding, callback) => callback(new Error('boom')) }), '', 'data');
    d.push('a');
    d.write('a', t.callback('a'));
    d.on('close', () => t.state(d));
  },
  no_auto_destroy(t) {
    const d = t.events(make(t, { autoDestroy: false }));
    d.end();
    d.push(null);
    d.resume();
    setImmediate(() => t.state(d));
  },
  echo(t) {
    const d = t.events(new Duplex({
      read() {}, write(chunk, encoding, callback) { this.push(chunk); callback(); },
      final(callback) { this.push(null); callback(); },
    }), '', 'data');
    d.write('a'); d.write('b'); d.end('c');
  },
};
