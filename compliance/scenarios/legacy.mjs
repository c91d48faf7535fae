import { EventEmitter } from 'node:events';
import { PassThrough, Readable, Stream, Writable, addAbortSignal, finished, isDestroyed, pipeline, destroy } from 'node:stream';

const ALL = ['data', 'drain', 'end', 'error', 'close', 'unpipe'];
const listeners = (t, label, emitter) => t(label, ALL.map((name) => emitter.listenerCount(name)));

// An old-style source that can be paused.
function old(t) {
  const source = new Stream();
  source.readable = true;
  source.pause = () => { t('pause()'); };
  source.resume = () => { t('resume()'); };
  return source;
}

function target(t, results = []) {
  const dest = new Stream();
  dest.writable = true;
  dest.write = (chunk) => { t('write', chunk); return results.length ? results.shift() : true; };
  dest.end = () => t('end()');
  return dest;
}

export const scenarios = {
  data_and_end_are_piped(t) {
    const source = old(t);
    const dest = t.on(target(t), '', 'pipe', 'unpipe');
    t('returns', source.pipe(dest) === dest);
    listeners(t, 'source', source);
    listeners(t, 'dest', dest);
    source.emit('data', 'a');
    source.emit('data', 1);
    source.emit('end');
    source.emit('data', 'late');
    listeners(t, 'source', source);
    listeners(t, 'dest', dest);
  },
  without_end(t) {
    const source = old(t);
    source.pipe(target(t), { end: false });
    listeners(t, 'source', source);
    source.emit('data', 'a');
    source.emit('end');
    source.emit('close');
    listeners(t, 'source', source);
  },
  false_pauses_and_drain_resumes(t) {
    const source = old(t);
    const dest = target(t, [false, undefined, true]);
    source.pipe(dest);
    source.emit('data', 'a');
    source.emit('data', 'b');
    source.emit('data', 'c');
    dest.emit('drain');
    source.readable = false;
    dest.emit('drain');
    dest.writable = false;
    source.emit('data', 'd');
  },
  a_source_that_cannot_be_paused(t) {
    const source = new Stream();
    const dest = target(t, [false]);
    source.pipe(dest);
    source.emit('data', 'a');
    dest.emit('drain');
    source.emit('data', 'b');
  },
  close_before_end_destroys(t) {
    const source = old(t);
    const dest = target(t);
    dest.destroy = (error) => t('destroy()', error);
    source.pipe(dest);
    source.emit('close');
    source.emit('end');
    listeners(t, 'dest', dest);
  },
  end_then_close(t) {
    const source = old(t);
    const dest = target(t);
    dest.destroy = () => t('destroy()');
    source.pipe(dest);
    source.emit('end');
    source.emit('close');
  },
  the_destination_closes(t) {
    const source = old(t);
    const dest = target(t);
    source.pipe(dest);
    dest.emit('close');
    source.emit('data', 'a');
    listeners(t, 'source', source);
    listeners(t, 'dest', dest);
  },
  an_error_undoes_the_pipe(t) {
    const source = old(t);
    const dest = target(t);
    source.pipe(dest);
    t.call('error', () => source.emit('error', new Error('unheard')));
    listeners(t, 'source', source);
    listeners(t, 'dest', dest);
    const other = old(t);
    other.pipe(dest);
    dest.on('error', t.callback('heard'));
    t.call('error', () => dest.emit('error', new Error('of dest')));
    listeners(t, 'source', other);
  },
  into_a_writable_and_out_of_a_readable(t) {
    const source = old(t);
    const dest = t.events(new Writable({ highWaterMark: 2, write(chunk, encoding, callback) { t('_write', chunk); callback(); } }));
    source.pipe(dest);
    source.emit('data', 'abc');
    source.emit('data', 'd');
    source.emit('end');
    const readable = new Readable({ read() { this.push('x'); this.push(null); } });
    readable.pipe(t.on(target(t), 'old ', 'pipe', 'unpipe'));
  },
  a_full_old_style_destination(t) {
    const dest = target(t, [false]);
    const readable = t.events(new Readable({ read() {} }), 'r ');
    readable.push('a');
    readable.push('b');
    readable.pipe(dest);
    setImmediate(() => {
      t('flowing', readable.readableFlowing);
      dest.emit('drain');
      setImmediate(() => t('flowing', readable.readableFlowing));
    });
  },
  a_destination_without_the_newer_methods(t) {
    const dest = target(t);
    dest.prependListener = undefined;
    const readable = new Readable({ read() { this.push('x'); this.push(null); } });
    readable.pipe(dest);
  },
  a_readable_in_place_of_a_destination(t) {
    const readable = new Readable({ read() {} });
    t.call('pipe', () => readable.pipe(new Readable({ read() {} })) instanceof Readable);
  },
  finished_of_an_old_style_stream(t) {
    const source = old(t);
    finished(source, t.callback('source'));
    source.emit('end');
    const dest = target(t);
    finished(dest, t.callback('dest'));
    dest.emit('close');
    const failing = old(t);
    finished(failing, t.callback('failing'));
    t.call('error', () => failing.emit('error', new Error('x')));
  },
  a_pipeline_with_old_style_streams(t) {
    const source = old(t);
    const dest = target(t);
    pipeline(source, new PassThrough(), dest, t.callback('done'));
    setImmediate(() => {
      source.emit('data', 'a');
      source.emit('end');
      setImmediate(() => { dest.emit('finish'); dest.emit('close'); });
    });
  },
  a_pipeline_from_an_old_style_stream_that_fails(t) {
    const source = old(t);
    source.destroy = () => t('destroy()');
    pipeline(source, async (chunks) => {}, t.callback('done'));
    process.nextTick(() => source.emit('error', new Error('x')));
  },
  async_iteration_of_an_old_style_stream: async (t) => {
    const source = old(t);
    setImmediate(() => {
      source.emit('data', 'a');
      source.emit('data', 'b');
      source.emit('end');
    });
    source[Symbol.asyncIterator] = Readable.prototype[Symbol.asyncIterator];
    for await (const chunk of source) t('chunk', chunk);
  },
  destroying_what_cannot_be_destroyed(t) {
    const stream = t.on(old(t), '', 'error', 'close');
    destroy(stream, new Error('x'));
    t('destroyed', isDestroyed(stream));
    destroy(stream, new Error('again'));
    const closing = t.on(old(t), 'closing ', 'error', 'close');
    closing.close = () => t('close()');
    destroy(closing);
    const quiet = t.on(old(t), 'quiet ', 'error', 'close');
    quiet.readable = false;
    destroy(quiet);
  },
  a_signal_for_what_is_no_stream(t) {
    const signal = new AbortController().signal;
    for (const bad of [5, {}, new EventEmitter(), 'x']) t.call('stream', () => addAbortSignal(signal, bad));
    for (const bad of [5, {}, 'x']) t.call('signal', () => addAbortSignal(bad, new PassThrough()));
  },
  wrap(t) {
    const source = old(t);
    const readable = t.events(new Readable({ highWaterMark: 4 }), '', 'data');
    t('returns', readable.wrap(source) === readable);
    listeners(t, 'source', source);
    source.emit('data', 'abcd');
    source.emit('data', 'ef');
    t.state(readable);
    setImmediate(() => {
      source.emit('data', 'gh');
      source.emit('end');
    });
  },
  wrap_gives_methods_on(t) {
    const source = old(t);
    source.own = (value) => t('own', value);
    source.read = () => t('never');
    const readable = new Readable().wrap(source);
    t('has', typeof readable.own, readable.pause === source.pause);
    readable.own(1);
    t('read', readable.read());
  },
  wrap_and_errors(t) {
    const source = old(t);
    const readable = t.events(Readable.wrap(source));
    source.emit('error', new Error('x'));
    t.state(readable);
    const lenient = t.events(new Readable({ autoDestroy: false }).wrap(old(t)), 'lenient ');
    lenient.destroy();
  },
  wrap_and_close(t) {
    for (const event of ['close', 'destroy']) {
      const source = old(t);
      const readable = t.events(new Readable().wrap(source), `${event} `);
      source.emit(event);
      t.state(readable, event);
    }
  },
  static_wrap(t) {
    const source = old(t);
    const readable = t.events(Readable.wrap(source), '', 'data');
    t('mode', readable.readableObjectMode, readable.readableHighWaterMark);
    source.emit('data', { a: 1 });
    source.emit('end');
    const bytes = old(t);
    bytes.objectMode = false;
    t('mode', Readable.wrap(bytes).readableObjectMode, Readable.wrap(bytes, { objectMode: true }).readableObjectMode);
    t('of a stream', Readable.wrap(new PassThrough()).readableObjectMode);
  },
  static_wrap_destroys_both(t) {
    const source = t.events(new PassThrough(), 'source ');
    const readable = t.events(Readable.wrap(source, { highWaterMark: 3 }), '');
    t('mark', readable.readableHighWaterMark);
    readable.destroy(new Error('x'));
    t.state(source, 'source');
  },
};
