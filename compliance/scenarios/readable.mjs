import { Duplex, Readable, Writable } from 'node:stream';

const empty = (options) => new Readable({ read() {}, ...options });

export const scenarios = {
  a_flowing_stream_gives_all_and_ends(t) {
    const chunks = ['a', 'b', null];
    const r = t.events(new Readable({ read(size) { t('_read', size); this.push(chunks.shift()); } }), '', 'data');
    t.state(r);
    r.on('end', () => t.state(r, 'at end'));
    r.on('close', () => t.state(r, 'at close'));
  },
  a_new_stream_has_its_defaults(t) {
    const r = empty();
    t.state(r);
    t('marks', r.readableHighWaterMark, r.readableObjectMode, r.readableEncoding, r.readableBuffer.length);
    t('object mode', new Readable({ objectMode: true }).readableHighWaterMark);
    t('own', new Readable({ highWaterMark: 3 }).readableHighWaterMark, new Readable({ highWaterMark: 0 }).readableHighWaterMark);
  },
  bad_high_water_marks_are_refused(t) {
    t.call('negative', () => new Readable({ highWaterMark: -1 }));
    t.call('NaN', () => new Readable({ highWaterMark: NaN }));
    t.call('text', () => new Readable({ highWaterMark: 'abc' }));
    t.call('fraction', () => new Readable({ highWaterMark: 1.5 }).readableHighWaterMark);
  },
  without_read_hook_it_errors(t) {
    const r = t.events(new Readable());
    r.resume();
  },
  an_exception_in_read_destroys_the_stream(t) {
    const r = t.events(new Readable({ read() { throw new Error('boom'); } }));
    r.resume();
    r.on('close', () => t.state(r));
  },
  push_returns_whether_there_is_room(t) {
    const r = new Readable({ highWaterMark: 3, read() {} });
    t('push', r.push('a'), r.push('b'), r.push('c'), r.push('d'), r.push(null));
    t.state(r);
  },
  an_empty_push_counts_for_nothing(t) {
    const r = t.events(empty(), '', 'data');
    t('push', r.push(''), r.push(Buffer.alloc(0)), r.push('a'));
    t.state(r);
    r.push(null);
  },
  push_takes_strings_in_an_encoding(t) {
    const r = t.events(empty(), '', 'data');
    r.push('6162', 'hex');
    r.push('Y2Q=', 'base64');
    r.push('\u00e9', 'latin1');
    r.push('\u00e9');
    r.push('ab', 'utf16le');
    r.push(null);
  },
  push_of_a_wrong_type_destroys(t) {
    for (const chunk of [5, true, {}, [1]]) {
      const r = t.events(empty());
      t('push', r.push(chunk));
      t.state(r);
    }
  },
  push_after_the_end_is_an_error(t) {
    const r = t.events(empty());
    r.push('a');
    t('push null', r.push(null));
    t('push after', r.push('b'));
  },
  push_after_destroy_is_ignored(t) {
    const r = t.events(empty());
    r.destroy();
    t('push', r.push('a'), r.push(null), r.readableLength);
  },
  null_twice_is_fine(t) {
    const r = t.events(empty(), '', 'data');
    t('push', r.push(null), r.push(null));
    r.resume();
  },
  unshift_puts_in_front(t) {
    const r = t.events(empty(), '');
    r.push('b');
    t('unshift', r.unshift('a'));
    t('read', r.read());
    r.unshift('x');
    r.push(null);
    t('read', r.read(), r.read());
  },
  unshift_after_the_last_push_is_fine(t) {
    const r = t.events(empty());
    r.push('b');
    r.push(null);
    t('unshift', r.unshift('a'));
    t('read', r.read());
  },
  unshift_after_the_end_event_is_an_error(t) {
    const r = t.events(new Readable({ read() {}, autoDestroy: false }));
    r.push(null);
    r.on('end', () => t('unshift', r.unshift('a')));
    r.resume();
  },
  unshift_while_flowing(t) {
    const r = t.events(empty(), '', 'data');
    r.push('a');
    r.once('data', () => r.unshift('x'));
    setImmediate(() => r.push(null));
  },
  read_gives_so_many_bytes(t) {
    const r = t.events(empty(), '', 'readable');
    r.push('abcdef');
    t('read', r.read(0), r.read(2), r.read(3), r.read(5), r.readableLength);
    r.push('gh');
    t('read', r.read(), r.read());
  },
  what_is_left_at_the_end_is_given_though_it_is_less(t) {
    const r = t.events(empty());
    r.push('abc');
    r.push(null);
    t('read', r.read(2), r.read(5), r.read(5));
  },
  read_over_several_chunks(t) {
    const r = empty();
    for (const chunk of ['ab', 'cd', 'ef']) r.push(chunk);
    t('read', r.read(3), r.readableLength, r.read(2), r.read(1));
  },
  read_of_too_much_is_refused(t) {
    t.call('read', () => empty().read(2 ** 31));
    t.call('negative', () => empty().read(-1));
    const r = new Readable({ read(size) { t('_read', size); } });
    r.read(100000);
    t('mark', r.readableHighWaterMark);
    t('NaN', r.read(NaN));
  },
  reading_raises_the_high_water_mark(t) {
    const r = new Readable({ highWaterMark: 10, read(size) { t('_read', size); } });
    r.push('ab');
    t('read', r.read(33), r.readableHighWaterMark);
  },
  object_mode_reads_one_at_a_time(t) {
    const r = t.events(new Readable({ objectMode: true, read() {} }));
    for (const chunk of [1, 'two', { three: 3 }, false, 0, '', [6]]) t('push', r.push(chunk));
    t('length', r.readableLength, r.read(), r.read(2), r.read(0), r.read(5));
    t('rest', r.read(), r.read(), r.read(), r.read(), r.read());
    r.push(null);
    t('end', r.read());
  },
  object_mode_high_water_mark_counts_objects(t) {
    const r = new Readable({ objectMode: true, highWaterMark: 2, read() {} });
    t('push', r.push({}), r.push({}), r.readableLength);
  },
  readable_event_says_when_to_read(t) {
    const chunks = ['a', 'b', null];
    const r = t.events(new Readable({ read() { setImmediate(() => this.push(chunks.shift() ?? null)); } }), '', 'readable');
    r.on('readable', () => { for (let c; (c = r.read()) !== null;) t('got', c); });
  },
  readable_event_without_reading_stops(t) {
    let n = 0;
    const r = t.events(new Readable({ highWaterMark: 2, read() { t('_read'); this.push(String(n++)); } }), '', 'readable');
    setImmediate(() => t.state(r));
  },
  readable_event_for_what_is_there_already(t) {
    const r = empty();
    r.push('a');
    setImmediate(() => { r.on('readable', () => t('readable', r.read())); t('listening'); });
  },
  readable_event_at_the_end(t) {
    const r = t.events(empty(), '', 'readable');
    r.push(null);
    r.on('readable', () => t('read', r.read()));
  },
  data_listener_starts_the_flow(t) {
    const r = t.events(empty());
    r.push('a');
    t('flowing', r.readableFlowing);
    r.on('data', t.callback('data'));
    t('flowing', r.readableFlowing, r.isPaused());
    setImmediate(() => t('flowing', r.readableFlowing));
  },
  removing_the_data_listener_does_not_pause(t) {
    const r = empty();
    const f = t.callback('data');
    r.on('data', f);
    r.off('data', f);
    t('flowing', r.readableFlowing);
    r.push('lost');
    setImmediate(() => { t.state(r); r.on('data', f); r.push('seen'); });
  },
  pause_and_resume(t) {
    const r = t.events(empty(), '', 'data');
    r.push('a');
    t('pause', r.pause() === r, r.isPaused(), r.readableFlowing);
    setImmediate(() => {
      r.push('b');
      t('resume', r.resume() === r, r.isPaused(), r.readableFlowing);
      t('sync');
      setImmediate(() => { r.pause(); r.pause(); r.resume(); r.resume(); r.push(null); });
    });
  },
  pause_within_data(t) {
    const r = t.events(empty(), '', 'data');
    r.push('a'); r.push('b'); r.push('c'); r.push(null);
    r.on('data', () => { r.pause(); setImmediate(() => r.resume()); });
  },
  a_paused_stream_does_not_flow_for_a_new_listener(t) {
    const r = empty();
    r.pause();
    r.on('data', t.callback('data'));
    r.push('a');
    t('flowing', r.readableFlowing, r.isPaused());
    setImmediate(() => t.state(r));
  },
  readable_listener_takes_precedence_over_data(t) {
    const r = t.events(empty(), '', 'data');
    r.on('readable', () => t('readable', r.readableLength, r.readableFlowing));
    t('flowing', r.readableFlowing);
    r.push('abc');
    setImmediate(() => t('read', r.read(2)));
  },
  removing_the_readable_listener_lets_it_flow(t) {
    const r = t.events(empty(), '', 'data');
    const f = () => t('readable');
    r.on('readable', f);
    r.push('abc');
    setImmediate(() => {
      r.off('readable', f);
      t('flowing', r.readableFlowing);
      setImmediate(() => t('flowing', r.readableFlowing));
    });
  },
  remove_all_listeners_of_readable(t) {
    const r = t.events(empty());
    r.on('readable', () => t('readable'));
    r.push('a');
    setImmediate(() => {
      r.removeAllListeners('readable');
      setImmediate(() => { t('flowing', r.readableFlowing, r.readableLength); r.resume(); });
    });
  },
  resume_with_a_readable_listener_does_nothing(t) {
    const r = t.events(empty());
    r.on('readable', () => t('readable'));
    r.resume();
    r.push('a');
    t('flowing', r.readableFlowing);
    setImmediate(() => t.state(r));
  },
  flowing_can_be_set(t) {
    const r = t.events(empty(), '', 'data');
    r.readableFlowing = false;
    r.push('a');
    setImmediate(() => { t('flowing', r.readableFlowing); r.resume(); });
  },
  readable_can_be_set(t) {
    const r = empty();
    r.readable = false;
    t.state(r);
    r.readable = true;
    t.state(r);
  },
  data_pushed_at_once_while_flowing_is_not_buffered(t) {
    const r = t.events(empty(), '', 'data');
    setImmediate(() => { t('push', r.push('a')); t('length', r.readableLength); });
  },
  read_is_called_again_after_each_push(t) {
    let n = 0;
    const r = t.events(new Readable({ highWaterMark: 3, read(size) {
      t('_read', size, this.readableLength);
      const chunk = ++n > 5 ? null : 'ab';
      process.nextTick(() => this.push(chunk));
    } }));
    r.read(0);
    setImmediate(() => { t.state(r); r.on('data', t.callback('data')); });
  },
  did_read_and_aborted(t) {
    const r = t.events(empty());
    r.push('a');
    t('before', r.readableDidRead, r.readableAborted);
    r.read();
    t('after', r.readableDidRead, r.readableAborted);
    r.destroy();
    t('destroyed', r.readableAborted);
  },
  no_close_event_when_told_so(t) {
    const r = t.events(new Readable({ read() {}, emitClose: false }));
    r.push(null);
    r.resume();
    setImmediate(() => t.state(r));
  },
  no_auto_destroy_when_told_so(t) {
    const r = t.events(new Readable({ read() {}, autoDestroy: false }));
    r.push(null);
    r.resume();
    setImmediate(() => t.state(r));
  },
  end_waits_until_all_is_read(t) {
    const r = t.events(empty());
    r.push('a');
    r.push(null);
    setImmediate(() => { t.state(r); t('read', r.read()); t.state(r); });
  },
  from_an_iterable(t) {
    const r = t.events(Readable.from(['a', 1, { b: 2 }]), '', 'data');
    t('mode', r.readableObjectMode, r.readableHighWaterMark);
  },
  from_a_string_is_one_chunk(t) {
    const r = t.events(Readable.from('abc'), '', 'data');
    t('mode', r.readableObjectMode, r.readableHighWaterMark);
    t.events(Readable.from(Buffer.from('def')), 'b ', 'data');
  },
  from_with_options(t) {
    const r = t.events(Readable.from(['a', 'b'], { objectMode: false, highWaterMark: 1 }), '', 'data');
    t('mode', r.readableObjectMode, r.readableHighWaterMark);
  },
  from_a_generator_that_throws(t) {
    t.events(Readable.from((function* () { yield 1; throw new Error('boom'); })()), '', 'data');
  },
  from_something_with_null(t) {
    t.events(Readable.from([1, null, 2]), '', 'data');
  },
  from_nothing_iterable(t) {
    t.call('number', () => Readable.from(5));
    t.call('nothing', () => Readable.from());
  },
  from_destroyed_early_closes_the_generator(t) {
    const r = t.events(Readable.from((function* () {
      try { yield 1; yield 2; yield 3; } finally { t('finally'); }
    })()));
    r.once('data', (chunk) => { t('data', chunk); r.destroy(); });
  },
  from_an_async_generator(t) {
    t.events(Readable.from((async function* () { yield 'a'; yield 'b'; })()), '', 'data');
  },
  from_an_async_generator_that_throws(t) {
    t.events(Readable.from((async function* () { yield 'a'; throw new Error('boom'); })()), '', 'data');
  },
  once_data(t) {
    const r = t.events(empty());
    r.once('data', t.callback('data'));
    r.push('a'); r.push('b');
    setImmediate(() => { t.state(r); r.push('c'); t.state(r); });
  },
  end_is_not_emitted_twice(t) {
    const r = t.events(new Readable({ read() { this.push(null); } }));
    t('read', r.read(), r.read());
    r.resume();
    setImmediate(() => { r.read(); r.resume(); t.state(r); });
  },
  sizes_that_are_no_integers(t) {
    for (const size of ['1', '2.0', 'x', '', 1.9, -1, 0.5, NaN, Infinity, null, true, {}, ' 3 apples']) {
      const r = new Readable({ read() {}, highWaterMark: 4 });
      r.push('abcdef');
      t('read', r.read(size), r.readableLength, r.readableHighWaterMark);
    }
  },
  an_encoding_that_says_nothing(t) {
    for (const encoding of ['', null]) {
      t('option', new Readable({ encoding }).readableEncoding);
      t('set', new Readable().setEncoding(encoding).readableEncoding);
      const w = new Writable({ write(chunk, encoding, callback) { t('_write', chunk, encoding); }, decodeStrings: false });
      w.write('a', encoding);
      const r = new Readable({ read() {} });
      r.push('a', encoding);
      t('pushed', r.read());
    }
  },
  async async_with(t) {
    const quiet = (stream) => stream.on('error', (error) => t('error', error));
    const leave = async (label, stream) => {
      await new Promise((resolve) => setImmediate(setImmediate, resolve));
      try {
        await stream[Symbol.asyncDispose]();
        t(label, stream.destroyed, stream.closed);
      } catch (error) {
        t(`${label} throws`, error);
      }
    };
    const duplex = () => new Duplex({ read() {}, write(chunk, encoding, callback) { callback(); } });
    const aWritable = (options) => new Writable({ write(chunk, encoding, callback) { callback(); }, ...options });
    const aborted = () => Object.assign(new Error('The operation was aborted'), { name: 'AbortError', code: 'ABORT_ERR' });
    await leave('readable', quiet(empty()));
    await leave('ended', quiet(new Readable({ read() { this.push(null); } })).resume());
    await leave('failed', quiet(empty()).destroy(new Error('x')));
    await leave('aborted', quiet(empty()).destroy(aborted()));
    await leave('writable', quiet(aWritable()));
    await leave('finished', quiet(aWritable()).end());
    await leave('aborted writable', quiet(aWritable()).destroy(aborted()));
    await leave('duplex', quiet(duplex()));
    const half = quiet(duplex());
    half.push(null);
    await leave('half read', half.resume());
    await leave('half written', quiet(duplex()).end());
    await leave('no close', quiet(empty({ emitClose: false })));
  },
};
