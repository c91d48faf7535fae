import { Duplex, PassThrough, Readable, Writable, addAbortSignal, finished, pipeline } from 'node:stream';
import { finished as done, pipeline as piped } from 'node:stream/promises';
import { getEventListeners } from 'node:events';

const source = (options = {}) => new Readable({ read() {}, ...options });
const sink = (t, options = {}) => new Writable({ write(chunk, encoding, callback) { t('_write', chunk); callback(); }, ...options });
const cause = (t, label) => (error) => t(label, error, error?.cause);
const listening = (t, signal) => t('listening', getEventListeners(signal, 'abort').length);

export const scenarios = {
  of_a_readable(t) {
    const ac = new AbortController();
    const r = t.events(source({ signal: ac.signal }));
    listening(t, ac.signal);
    r.on('error', cause(t, 'because'));
    ac.abort(new TypeError('why'));
    t.state(r);
  },
  of_a_writable(t) {
    const ac = new AbortController();
    const w = t.events(new Writable({ signal: ac.signal, write(chunk, encoding, callback) { t('_write', chunk); } }));
    w.write('a', t.callback('written'));
    w.write('b', t.callback('never'));
    ac.abort();
    t.state(w);
  },
  of_a_duplex(t) {
    const ac = new AbortController();
    const d = t.events(new Duplex({ signal: ac.signal, read() {}, write(chunk, encoding, callback) { callback(); } }));
    ac.abort();
    t.state(d);
  },
  aborted_before(t) {
    const options = {
      signal: AbortSignal.abort(),
      construct(callback) { t('_construct'); callback(); },
      destroy(error, callback) { t('_destroy', error); callback(error); },
    };
    const r = t.events(source(options), 'r ');
    t.state(r);
    const w = t.events(sink(t, options), 'w ');
    t.state(w);
    const d = t.events(new Duplex({ ...options, read() {}, write() {} }), 'd ');
    t.state(d);
  },
  a_wrong_signal(t) {
    for (const bad of [5, {}, 'x', true]) {
      t.call('stream', () => new Readable({ signal: bad }));
      t.call('finished', () => finished(source(), { signal: bad }, () => {}));
    }
  },
  added_later(t) {
    const ac = new AbortController();
    const r = t.events(source());
    t('returns', addAbortSignal(ac.signal, r) === r);
    r.on('error', cause(t, 'because'));
    ac.abort(new Error('why'));
  },
  a_stream_that_ends_first_forgets_the_signal(t) {
    const ac = new AbortController();
    const r = t.events(source({ signal: ac.signal }));
    listening(t, ac.signal);
    r.push(null);
    r.resume();
    r.on('close', () => setImmediate(() => {
      listening(t, ac.signal);
      ac.abort();
      t.state(r);
    }));
  },
  finished_is_told_to_stop(t) {
    const ac = new AbortController();
    const r = t.events(source());
    finished(r, { signal: ac.signal }, cause(t, 'finished'));
    listening(t, ac.signal);
    ac.abort(new Error('why'));
    t('count', r.listenerCount('end'), r.listenerCount('error'), r.destroyed);
    listening(t, ac.signal);
  },
  finished_with_a_signal_that_was_aborted(t) {
    const r = source();
    finished(r, { signal: AbortSignal.abort(new Error('why')) }, cause(t, 'finished'));
    t('now');
    const closed = source();
    closed.destroy();
    finished(closed, { signal: AbortSignal.abort() }, t.callback('closed'));
  },
  finished_in_time(t) {
    const ac = new AbortController();
    const r = source();
    finished(r, { signal: ac.signal }, t.callback('finished'));
    r.push(null);
    r.resume();
    setImmediate(() => { listening(t, ac.signal); ac.abort(); });
  },
  awaiting_finished: async (t) => {
    const ac = new AbortController();
    setImmediate(() => ac.abort(new Error('why')));
    try { await done(source(), { signal: ac.signal }); } catch (error) { cause(t, 'rejected')(error); }
    for (const bad of [undefined, 5, {}]) {
      try { await done(bad); } catch (error) { t('rejected', error); }
    }
    try { await done(source(), { signal: 5 }); } catch (error) { t('rejected', error); }
  },
  a_pipeline_is_stopped: async (t) => {
    const ac = new AbortController();
    const r = t.events(source(), 'r ');
    const w = t.events(sink(t), 'w ');
    setImmediate(() => { r.push('a'); setImmediate(() => ac.abort(new Error('why'))); });
    try { await piped(r, new PassThrough(), w, { signal: ac.signal }); } catch (error) { cause(t, 'rejected')(error); }
    listening(t, ac.signal);
    t('destroyed', r.destroyed, w.destroyed);
  },
  a_pipeline_with_a_signal_that_was_aborted: async (t) => {
    const r = t.events(source(), 'r ');
    const w = t.events(sink(t), 'w ');
    try { await piped(r, w, { signal: AbortSignal.abort() }); } catch (error) { t('rejected', error); }
  },
  a_pipeline_in_time: async (t) => {
    const ac = new AbortController();
    const r = source();
    r.push('a');
    r.push(null);
    await piped(r, sink(t), { signal: ac.signal });
    listening(t, ac.signal);
    ac.abort();
  },
  a_pipeline_and_a_wrong_signal: async (t) => {
    for (const bad of [5, {}, 'x']) {
      try { await piped(source(), sink(t), { signal: bad }); } catch (error) { t('rejected', error); }
    }
    for (const streams of [[], [source()], [source(), 5]]) {
      try { await piped(...streams); } catch (error) { t('rejected', error.code); }
    }
  },
  functions_are_given_a_signal(t) {
    const w = sink(t);
    const seen = {};
    pipeline(
      async function*({ signal }) { seen.source = signal; t('aborted', signal.aborted); yield 'a'; yield 'b'; },
      async function*(chunks, { signal }) { seen.transform = signal; for await (const chunk of chunks) yield chunk; },
      w,
      (error) => {
        t('done', error);
        t('same', seen.source === seen.transform);
        t('aborted', seen.source.aborted);
        t('reason', seen.source.reason.name, seen.source.reason.message);
      },
    );
  },
  the_signal_of_functions_says_that_the_pipeline_has_failed(t) {
    const r = source();
    pipeline(
      r,
      async function(chunks, { signal }) {
        signal.addEventListener('abort', () => t('aborted', signal.aborted));
        for await (const chunk of chunks) t('chunk', chunk);
      },
      t.callback('done'),
    );
    setImmediate(() => r.destroy(new Error('x')));
  },
};
