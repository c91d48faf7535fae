import { Duplex, PassThrough, Readable, Writable, finished } from 'node:stream';
import * as promises from 'node:stream/promises';

const open = (options) => new Readable({ read() {}, ...options });
const sink = (options) => new Writable({ write(chunk, encoding, callback) { callback(); }, ...options });
const both = (options) => new Duplex({ read() {}, write(chunk, encoding, callback) { callback(); }, ...options });

export const scenarios = {
  a_readable_that_ends(t) {
    const r = t.events(open());
    finished(r, t.callback('finished'));
    r.push(null);
    r.resume();
  },
  a_writable_that_finishes(t) {
    const w = t.events(sink());
    finished(w, t.callback('finished'));
    w.end('a');
  },
  a_duplex_needs_both(t) {
    const d = t.events(both());
    finished(d, t.callback('finished'));
    d.end();
    setImmediate(() => { t('half'); d.push(null); d.resume(); });
  },
  one_side_of_a_duplex(t) {
    const d = t.events(both());
    finished(d, { readable: false }, t.callback('writing'));
    finished(d, { writable: false }, t.callback('reading'));
    d.end();
    setImmediate(() => { t('half'); d.push(null); d.resume(); });
  },
  an_error(t) {
    const r = t.events(open());
    finished(r, t.callback('finished'));
    r.destroy(new Error('boom'));
  },
  an_error_nobody_else_listens_to(t) {
    const r = open();
    finished(r, t.callback('finished'));
    r.destroy(new Error('boom'));
  },
  an_error_that_is_not_asked_for(t) {
    const r = open();
    finished(r, { error: false }, t.callback('finished'));
    r.destroy(new Error('boom'));
  },
  closed_too_early(t) {
    const [r, w] = [open(), sink()];
    finished(r, t.callback('r'));
    finished(w, t.callback('w'));
    r.destroy();
    w.destroy();
  },
  cleanup_takes_the_listeners_away(t) {
    const r = open();
    const before = r.eventNames().length;
    const cleanup = finished(r, t.callback('finished'));
    t('more', r.eventNames().length > before);
    cleanup();
    t('left', r.eventNames());
    r.push(null);
    r.resume();
  },
  a_stream_that_has_ended_already(t) {
    const r = open();
    r.push(null);
    r.resume();
    r.on('close', () => { finished(r, t.callback('finished')); t('sync'); });
  },
  a_stream_that_is_destroyed_already(t) {
    const r = open();
    r.destroy();
    finished(r, t.callback('at once'));
    r.on('close', () => finished(r, t.callback('after close')));
  },
  a_stream_that_has_failed_already(t) {
    const w = t.events(sink());
    w.destroy(new Error('boom'));
    w.on('close', () => finished(w, t.callback('finished')));
  },
  a_writable_that_has_finished_already(t) {
    const w = sink();
    w.end();
    w.on('finish', () => finished(w, t.callback('at finish')));
    w.on('close', () => finished(w, t.callback('after close')));
  },
  without_close_events(t) {
    const w = t.events(sink({ emitClose: false }));
    finished(w, t.callback('finished'));
    w.end();
    const r = t.events(open({ autoDestroy: false }), 'r ');
    finished(r, t.callback('r finished'));
    r.push(null);
    r.resume();
  },
  wrong_arguments(t) {
    t.call('no stream', () => finished({}, () => {}));
    t.call('no callback', () => finished(open()));
    t.call('no callback', () => finished(open(), 'foo'));
    t.call('no callback', () => finished(open(), {}));
    t.call('bad callback', () => finished(open(), {}, 'foo'));
    t.call('bad options', () => finished(open(), 'foo', () => {}));
    t.call('bad options', () => finished(open(), 5, () => {}));
  },
  several_at_once(t) {
    const p = new PassThrough();
    for (const name of ['a', 'b']) finished(p, t.callback(name));
    p.end('x');
    p.resume();
  },
  async the_promise_resolves(t) {
    const r = open();
    setImmediate(() => { r.push(null); r.resume(); });
    t('resolved', await promises.finished(r));
  },
  async the_promise_rejects(t) {
    const r = open();
    setImmediate(() => r.destroy(new Error('boom')));
    try { await promises.finished(r); } catch (error) { t('rejected', error); }
    const w = sink();
    setImmediate(() => w.destroy());
    try { await promises.finished(w); } catch (error) { t('rejected', error); }
  },
  async the_promise_leaves_listeners_unless_told(t) {
    for (const cleanup of [false, true]) {
      const w = sink({ autoDestroy: false });
      setImmediate(() => w.end());
      await promises.finished(w, { cleanup });
      t('left', cleanup, w.listenerCount('error'), w.listenerCount('finish'));
    }
  },
};
