import { Writable } from 'node:stream';

// A stream whose hook writes down what it gets and calls back in a way of its own.
function sink(t, options = {}, when = (callback) => callback()) {
  return new Writable({ write(chunk, encoding, callback) { t('_write', chunk, encoding); when(callback); }, ...options });
}
const tick = (callback) => process.nextTick(callback);
const immediate = (callback) => setImmediate(callback);
const never = () => {};

export const scenarios = {
  writes_and_ends(t) {
    const w = t.events(sink(t));
    t.state(w);
    t('write', w.write('a', t.callback('cb a')), w.write(Buffer.from('b'), t.callback('cb b')));
    t('end', w.end('c', t.callback('cb end')) === w);
    t.state(w);
    w.on('finish', () => t.state(w, 'at finish'));
    w.on('close', () => t.state(w, 'at close'));
  },
  a_new_stream_has_its_defaults(t) {
    const w = sink(t);
    t('marks', w.writableHighWaterMark, w.writableObjectMode, w.writableBuffer);
    t('object mode', new Writable({ objectMode: true }).writableHighWaterMark, new Writable({ highWaterMark: 3 }).writableHighWaterMark);
    t.call('negative', () => new Writable({ highWaterMark: -5 }));
  },
  write_returns_false_when_full(t) {
    const w = t.events(sink(t, { highWaterMark: 3 }, immediate));
    t('write', w.write('a'), w.write('b'), w.write('c'), w.write('d'), w.writableLength, w.writableNeedDrain);
    w.on('drain', () => t.state(w));
  },
  no_drain_when_it_was_never_full(t) {
    const w = t.events(sink(t, { highWaterMark: 3 }, immediate));
    t('write', w.write('ab'));
  },
  no_drain_after_end(t) {
    const w = t.events(sink(t, { highWaterMark: 1 }, immediate));
    t('write', w.write('ab'));
    w.end();
  },
  synchronous_writes_do_not_fill(t) {
    const w = t.events(sink(t, { highWaterMark: 1 }));
    t('write', w.write('ab'), w.write('cd'), w.writableLength, w.writableNeedDrain);
  },
  an_empty_write_while_full(t) {
    const w = t.events(sink(t, { highWaterMark: 1 }, immediate));
    t('write', w.write('a', t.callback('a')), w.write('', t.callback('empty')));
  },
  high_water_mark_of_zero(t) {
    const w = t.events(sink(t, { highWaterMark: 0 }, immediate));
    t('write', w.write('a'));
  },
  callbacks_come_in_order(t) {
    for (const [name, when] of [['sync', (c) => c()], ['tick', tick], ['immediate', immediate]]) {
      const w = t.events(new Writable({ write: (chunk, encoding, callback) => when(callback) }), name + ' ');
      for (const c of 'abc') w.write(c, t.callback(`${name} cb ${c}`));
      w.end(t.callback(`${name} end`));
    }
  },
  the_callback_of_a_synchronous_write_waits_for_a_tick(t) {
    const w = sink(t);
    process.nextTick(t.callback('tick before'));
    w.write('a', t.callback('cb'));
    t('sync');
    process.nextTick(t.callback('tick after'));
  },
  an_error_in_write(t) {
    const w = t.events(sink(t, {}, (callback) => callback(new Error('boom'))));
    t('write', w.write('a', t.callback('cb a')), w.write('b', t.callback('cb b')));
    t.state(w);
    w.on('close', () => t.state(w));
  },
  an_error_in_write_later(t) {
    const w = t.events(sink(t, {}, (callback) => setImmediate(callback, new Error('boom'))));
    for (const c of 'abc') w.write(c, t.callback(c));
    w.end(t.callback('end'));
  },
  an_exception_in_write(t) {
    const w = t.events(sink(t, {}, () => { throw new Error('boom'); }));
    t.call('write', () => w.write('a', t.callback('cb')));
    t.state(w);
  },
  a_callback_called_twice(t) {
    const w = t.events(sink(t, {}, (callback) => { callback(); callback(); }));
    w.write('a', t.callback('cb'));
  },
  without_write_hook(t) {
    const w = t.events(new Writable());
    t.call('write', () => w.write('a', t.callback('cb')));
  },
  null_may_not_be_written(t) {
    const w = t.events(sink(t));
    t.call('write', () => w.write(null));
    t.call('object mode', () => sink(t, { objectMode: true }).write(null));
  },
  wrong_types_may_not_be_written(t) {
    const w = t.events(sink(t));
    for (const chunk of [1, true, {}, [1]]) t.call('write', () => w.write(chunk, t.callback('cb')));
    t.call('end', () => w.end(5));
    t.state(w);
  },
  unknown_encodings_are_refused(t) {
    const w = t.events(sink(t));
    t.call('write', () => w.write('a', 'bogus'));
    t.call('default', () => w.setDefaultEncoding('bogus'));
    t.call('option', () => sink(t, { defaultEncoding: 'bogus' }).write('a'));
  },
  encodings_of_strings(t) {
    const w = sink(t);
    w.write('6162', 'hex'); w.write('Y2Q=', 'base64'); w.write('\u00e9', 'latin1'); w.write('\u20ac'); w.write('a', 'utf16le');
    w.write('\u00e9', 'binary'); w.write('\u00e9', 'ascii'); w.write('ab', 'UCS-2');
    t('default', w.setDefaultEncoding('hex') === w);
    w.write('6162');
    w.end('63');
  },
  strings_stay_strings_when_told_so(t) {
    const w = sink(t, { decodeStrings: false });
    w.write('a'); w.write('b', 'latin1'); w.write(Buffer.from('c')); w.write('\u20ac'); t('length', w.writableLength);
    sink(t, { decodeStrings: false, defaultEncoding: 'latin1' }).write('d');
  },
  object_mode_takes_anything(t) {
    const w = t.events(new Writable({ objectMode: true, write(chunk, encoding, callback) { t('_write', chunk); callback(); } }));
    for (const chunk of [1, 'a', false, 0, '', {}, [2]]) t('write', w.write(chunk));
    w.end();
  },
  the_encoding_in_object_mode(t) {
    const w = sink(t, { objectMode: true });
    w.write('a'); w.write(1, 'latin1');
  },
  write_after_end(t) {
    const w = t.events(sink(t));
    w.end();
    t('write', w.write('a', t.callback('cb')));
    t.state(w);
  },
  write_after_finish(t) {
    const w = t.events(sink(t, { autoDestroy: false }));
    w.end();
    w.on('finish', () => t('write', w.write('a', t.callback('cb'))));
  },
  write_after_destroy(t) {
    const w = t.events(sink(t));
    w.destroy();
    t('write', w.write('a', t.callback('cb')));
  },
  end_twice(t) {
    const w = t.events(sink(t));
    w.end(t.callback('first'));
    w.end(t.callback('second'));
    t.call('with chunk', () => w.end('a', t.callback('third')));
  },
  end_after_finish(t) {
    const w = t.events(sink(t));
    w.end();
    w.on('close', () => { w.end(t.callback('end')); w.end('x', t.callback('end x')); });
  },
  end_after_destroy(t) {
    const w = t.events(sink(t));
    w.destroy();
    w.end(t.callback('end'));
    w.on('close', () => w.end(t.callback('end after close')));
  },
  end_with_everything(t) {
    const w = t.events(sink(t));
    w.end('6162', 'hex', t.callback('cb'));
  },
  end_waits_for_pending_writes(t) {
    const w = t.events(sink(t, {}, immediate));
    w.write('a'); w.write('b');
    w.end();
    t.state(w);
  },
  final_comes_before_finish(t) {
    const w = t.events(sink(t, { final(callback) { t('_final'); setImmediate(callback); } }, immediate));
    w.write('a');
    w.end('b', t.callback('end'));
  },
  an_error_in_final(t) {
    const w = t.events(sink(t, { final(callback) { callback(new Error('boom')); } }));
    w.end('a', t.callback('end'));
    w.on('close', () => t.state(w));
  },
  an_exception_in_final(t) {
    const w = t.events(sink(t, { final() { throw new Error('boom'); } }));
    t.call('end', () => { w.end(t.callback('end')); });
  },
  final_called_back_twice(t) {
    const w = t.events(sink(t, { final(callback) { callback(); callback(); } }));
    w.end();
  },
  cork_holds_back(t) {
    const w = t.events(sink(t));
    w.cork();
    w.write('a', t.callback('a')); w.write('b', t.callback('b'));
    t.state(w);
    t('buffer', w.writableBuffer.length);
    w.uncork();
    t.state(w);
  },
  cork_counts(t) {
    const w = t.events(sink(t));
    w.cork(); w.cork();
    w.write('a');
    w.uncork();
    t('corked', w.writableCorked, w.writableLength);
    w.uncork(); w.uncork();
    t('corked', w.writableCorked, w.writableLength);
  },
  end_uncorks(t) {
    const w = t.events(sink(t));
    w.cork();
    w.write('a');
    w.end('b');
    t.state(w);
  },
  end_uncorks_once_only(t) {
    const w = t.events(sink(t));
    w.cork(); w.cork();
    w.write('a');
    w.end();
    t.state(w);
  },
  writev_gets_what_was_buffered(t) {
    const writev = (chunks, callback) => { t('_writev', chunks.map((c) => [c.chunk, c.encoding])); setImmediate(callback); };
    const w = t.events(sink(t, { writev }, immediate));
    for (const c of 'abcd') t('write', w.write(c, t.callback(c)));
    w.end(t.callback('end'));
  },
  writev_with_cork(t) {
    const writev = (chunks, callback) => { t('_writev', chunks.map((c) => [c.chunk, c.encoding])); callback(); };
    const w = t.events(sink(t, { writev, decodeStrings: false }));
    w.cork();
    w.write('a', t.callback('a')); w.write('b', 'latin1', t.callback('b')); w.write(Buffer.from('c'));
    w.uncork();
    w.cork(); w.write('single'); w.uncork();
    w.end('d');
  },
  writev_alone_is_enough(t) {
    const w = t.events(new Writable({ writev(chunks, callback) { t('_writev', chunks.map((c) => c.chunk)); callback(); } }));
    t.call('write', () => w.write('a'));
    w.write('b');
    w.end();
  },
  an_error_in_writev(t) {
    const w = t.events(sink(t, { writev: (chunks, callback) => callback(new Error('boom')) }));
    w.cork();
    w.write('a', t.callback('a')); w.write('b', t.callback('b'));
    w.uncork();
  },
  write_within_the_hook(t) {
    let again = true;
    const w = t.events(sink(t, {}, (callback) => { if (again) { again = false; w.write('inner', t.callback('inner')); } callback(); }));
    w.write('outer', t.callback('outer'));
  },
  write_within_a_callback(t) {
    const w = t.events(sink(t, {}, immediate));
    w.write('a', () => { t('cb a'); w.write('b', t.callback('cb b')); w.end(); });
  },
  destroy_with_writes_pending(t) {
    const w = t.events(sink(t, {}, immediate));
    for (const c of 'abc') w.write(c, t.callback(c));
    w.end(t.callback('end'));
    w.destroy();
    t.state(w);
    w.on('close', () => t.state(w));
  },
  destroy_with_an_error_and_writes_pending(t) {
    const w = t.events(sink(t, {}, immediate));
    for (const c of 'abc') w.write(c, t.callback(c));
    w.end(t.callback('end'));
    w.destroy(new Error('boom'));
    w.on('close', () => t.state(w));
  },
  no_close_event_when_told_so(t) {
    const w = t.events(sink(t, { emitClose: false }));
    w.end();
    setImmediate(() => t.state(w));
  },
  no_auto_destroy_when_told_so(t) {
    const w = t.events(sink(t, { autoDestroy: false }));
    w.end();
    setImmediate(() => t.state(w));
  },
  no_auto_destroy_and_an_error(t) {
    const w = t.events(sink(t, { autoDestroy: false }, (callback) => callback(new Error('boom'))));
    w.write('a', t.callback('a'));
    setImmediate(() => { t.state(w); t('write', w.write('b', t.callback('b'))); });
  },
  it_cannot_be_piped_from(t) {
    const w = t.events(sink(t));
    t.call('pipe', () => w.pipe(sink(t)));
  },
  writable_can_be_set(t) {
    const w = sink(t);
    w.writable = false;
    t('writable', w.writable, w.write('a'));
  },
  prefinish_comes_before_finish(t) {
    const w = t.events(sink(t, {}, tick));
    w.end('a');
    t('sync');
  },
  finish_of_a_synchronous_stream_waits_for_a_tick(t) {
    const w = t.events(sink(t));
    process.nextTick(t.callback('tick before'));
    w.end();
    t('sync');
    process.nextTick(t.callback('tick after'));
  },
};
