import { Duplex, Readable, Writable } from 'node:stream';

const open = (options) => new Readable({ read() {}, ...options });
const sink = (options) => new Writable({ write(chunk, encoding, callback) { callback(); }, ...options });

export const scenarios = {
  close_comes_in_a_tick(t) {
    const r = t.events(open());
    t('destroy', r.destroy() === r);
    t.state(r);
    process.nextTick(t.callback('tick'));
    r.on('close', () => t.state(r));
  },
  error_comes_before_close(t) {
    const r = t.events(open());
    r.destroy(new Error('boom'));
    t.state(r);
    r.on('error', () => t.state(r));
  },
  the_second_time_has_no_effect(t) {
    const r = t.events(open());
    r.destroy();
    r.destroy(new Error('late'));
    r.on('close', () => r.destroy(new Error('later')));
  },
  false_is_no_error(t) {
    const r = t.events(open());
    r.destroy(false);
    r.on('close', () => t.state(r));
  },
  the_first_error_wins(t) {
    const w = t.events(sink());
    w.destroy(new Error('first'));
    w.destroy(new Error('second'));
    t('errored', w.errored);
  },
  an_unhandled_error_is_uncaught(t) {
    open().destroy(new Error('boom'));
  },
  the_hook_can_wait(t) {
    const r = t.events(open({ destroy(error, callback) { t('_destroy', error); setImmediate(callback, error); } }));
    r.destroy(new Error('boom'));
    t.state(r);
    setImmediate(() => t.state(r));
  },
  the_hook_can_swallow_the_error(t) {
    const r = t.events(open({ destroy: (error, callback) => callback(null) }));
    r.destroy(new Error('boom'));
    r.on('close', () => t.state(r));
  },
  the_hook_can_bring_an_error(t) {
    const r = t.events(open({ destroy: (error, callback) => callback(new Error('from the hook')) }));
    r.destroy();
    r.on('close', () => t.state(r));
  },
  the_hook_can_throw(t) {
    const r = t.events(open({ destroy() { throw new Error('boom'); } }));
    t.call('destroy', () => { r.destroy(); });
  },
  the_hook_calls_back_twice(t) {
    const r = t.events(open({ destroy(error, callback) { callback(); callback(new Error('again')); } }));
    r.destroy();
  },
  the_hook_never_calls_back(t) {
    const r = t.events(open({ destroy() { t('_destroy'); } }));
    r.destroy(new Error('boom'));
    setImmediate(() => t.state(r));
  },
  destroy_with_a_callback(t) {
    const r = t.events(open());
    r.destroy(new Error('boom'), t.callback('callback'));
  },
  destroy_within_data(t) {
    const r = t.events(open(), '', 'data');
    r.push('a'); r.push('b'); r.push(null);
    r.on('data', () => r.destroy());
  },
  destroy_within_end(t) {
    const r = t.events(open());
    r.push(null);
    r.on('end', () => r.destroy(new Error('boom')));
    r.resume();
  },
  destroy_within_finish(t) {
    const w = t.events(sink());
    w.on('finish', () => w.destroy(new Error('boom')));
    w.end();
  },
  destroy_within_close(t) {
    const w = t.events(sink());
    w.on('close', () => { w.destroy(new Error('boom')); t.state(w); });
    w.end();
  },
  an_error_listener_that_throws(t) {
    const r = open();
    r.on('error', () => { throw new Error('from the listener'); });
    r.on('close', t.callback('close'));
    r.destroy(new Error('boom'));
  },
  what_is_buffered_is_lost(t) {
    const r = t.events(open(), '', 'readable');
    r.push('a');
    r.destroy();
    t('read', r.read(), r.readableLength);
    r.on('data', t.callback('data'));
  },
  a_duplex_has_one_life(t) {
    const d = t.events(new Duplex({
      read() {}, write(chunk, encoding, callback) { callback(); },
      destroy(error, callback) { t('_destroy', error); callback(error); },
    }));
    d.end();
    setImmediate(() => d.destroy(new Error('boom')));
  },
  auto_destroy_calls_the_hook(t) {
    const w = t.events(sink({ destroy(error, callback) { t('_destroy', error); callback(error); } }));
    w.end();
  },
  a_subclass(t) {
    class Own extends Readable {
      _read() {}
      _destroy(error, callback) { t('_destroy', error); super._destroy(error, callback); }
    }
    t.events(new Own()).destroy(new Error('boom'));
  },
  no_events_after_close(t) {
    const r = t.events(open(), '', 'data', 'readable');
    r.destroy();
    r.on('close', () => { r.push('a'); r.resume(); r.pause(); t('read', r.read()); r.emit('custom'); });
  },
};
