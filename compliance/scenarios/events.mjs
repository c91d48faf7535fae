import EventEmitter, * as events from 'node:events';

export const scenarios = {
  emit_calls_in_the_order_of_adding(t) {
    const e = new EventEmitter();
    for (const name of ['first', 'second', 'third']) e.on('x', t.callback(name));
    t('emit', e.emit('x', 1, 'two'));
    t('emit nothing', e.emit('y'));
  },
  a_listener_added_twice_is_called_twice(t) {
    const e = new EventEmitter();
    const f = t.callback('f');
    e.on('x', f).on('x', f);
    e.emit('x');
    t('count', e.listenerCount('x'), e.listenerCount('x', f), e.listenerCount('x', () => {}));
    e.off('x', f);
    e.emit('x');
    e.off('x', f).off('x', f);
    t('emit', e.emit('x'));
  },
  removal_takes_the_last_one_added(t) {
    const e = new EventEmitter();
    const f = t.callback('f');
    e.on('x', f);
    e.on('x', t.callback('g'));
    e.on('x', f);
    e.removeListener('x', f);
    e.emit('x');
  },
  methods_return_the_emitter(t) {
    const e = new EventEmitter();
    const f = () => {};
    for (const name of ['on', 'addListener', 'once', 'prependListener', 'prependOnceListener', 'off', 'removeListener']) {
      t(name, e[name]('x', f) === e);
    }
    t('removeAllListeners', e.removeAllListeners() === e, e.removeAllListeners('x') === e);
    t('setMaxListeners', e.setMaxListeners(3) === e, e.getMaxListeners());
  },
  prepend_puts_in_front(t) {
    const e = new EventEmitter();
    e.on('x', t.callback('a'));
    e.prependListener('x', t.callback('b'));
    e.prependOnceListener('x', t.callback('c'));
    e.emit('x');
    e.emit('x');
  },
  once_is_called_once(t) {
    const e = new EventEmitter();
    e.once('x', t.callback('x'));
    t('emit', e.emit('x', 1));
    t('emit again', e.emit('x', 2));
  },
  once_is_removed_before_it_is_called(t) {
    const e = new EventEmitter();
    e.once('x', () => { t('called', e.listenerCount('x')); if (e.emit('x')) t('recursion'); });
    e.emit('x');
  },
  off_removes_a_once_listener_by_its_function(t) {
    const e = new EventEmitter();
    const f = t.callback('f');
    e.once('x', f);
    t('count', e.listenerCount('x', f));
    e.off('x', f);
    t('emit', e.emit('x'));
  },
  raw_listeners_show_the_wrappers(t) {
    const e = new EventEmitter();
    const f = t.callback('f');
    e.on('x', f).once('x', f);
    t('listeners', e.listeners('x')[0] === f, e.listeners('x')[1] === f);
    const raw = e.rawListeners('x');
    t('raw', raw.length, raw[0] === f, raw[1] === f, raw[1].listener === f);
    raw[1]();
    t('after calling the wrapper', e.listenerCount('x'));
    raw[1]();
  },
  listeners_is_a_copy(t) {
    const e = new EventEmitter();
    e.on('x', t.callback('x'));
    e.listeners('x').pop();
    t('count', e.listenerCount('x'), e.listeners('nothing'));
  },
  new_listener_comes_before_the_adding(t) {
    const e = new EventEmitter();
    const f = () => {};
    e.on('newListener', (name, listener) => t('newListener', name, listener === f, e.listenerCount(name)));
    e.on('x', f);
    e.once('y', f);
    e.prependListener('x', f);
  },
  new_listener_can_add_one_before(t) {
    const e = new EventEmitter();
    e.once('newListener', (name) => { if (name === 'x') e.on('x', t.callback('from newListener')); });
    e.on('x', t.callback('own'));
    e.emit('x');
  },
  new_listener_is_not_told_of_itself_but_of_another_of_its_kind(t) {
    const e = new EventEmitter();
    e.on('newListener', (name) => t('first', name));
    e.on('newListener', (name) => t('second', name));
    e.on('removeListener', () => {});
  },
  remove_listener_comes_after_the_removal(t) {
    const e = new EventEmitter();
    const f = () => {};
    e.on('removeListener', (name, listener) => t('removeListener', name, listener === f, e.listenerCount(name)));
    e.on('x', f).on('x', f).once('y', f);
    e.off('x', f);
    e.emit('y');
    e.off('x', () => {});
    e.off('z', f);
    e.off('x', f);
  },
  remove_all_tells_in_reverse_order(t) {
    const e = new EventEmitter();
    const names = new Map();
    const add = (event, name) => { const f = () => {}; names.set(f, name); e.on(event, f); };
    e.on('removeListener', (event, listener) => t('removed', event, names.get(listener)));
    add('x', 'a'); add('x', 'b'); add('y', 'c'); add('x', 'd');
    e.removeAllListeners('x');
    t('names', e.eventNames());
    add('x', 'e');
    e.removeAllListeners();
    t('names', e.eventNames());
  },
  changes_while_all_of_one_event_are_removed(t) {
    const changes = {
      'prepends': (e, f) => e.prependListener('x', f.e),
      'prepends two': (e, f) => e.prependListener('x', f.e).prependOnceListener('x', f.f),
      'appends': (e, f) => e.on('x', f.e),
      'removes another': (e, f) => e.off('x', f.a),
      'removes two others': (e, f) => e.off('x', f.a).off('x', f.b),
      'replaces the others': (e, f) => e.off('x', f.a).off('x', f.b).on('x', f.e).prependListener('x', f.f),
      'removes all': (e) => e.removeAllListeners('x'),
      'removes all of all events': (e, f) => e.removeAllListeners().on('x', f.e).on('x', f.f),
      'is the last to hear': (e) => e.removeAllListeners('removeListener'),
      'is the last to hear, and removes all': (e, f) =>
        e.removeAllListeners('removeListener').removeAllListeners('x').on('x', f.e).on('x', f.f),
    };
    const run = (name, times, ...functions) => {
      const e = new EventEmitter();
      let left = times;
      const names = new Map();
      const f = Object.fromEntries([...'abcdef'].map((key) => [key, () => {}]));
      for (const key in f) names.set(f[key], key);
      for (const key of functions) e.on('x', f[key]);
      const onRemoved = (event, listener) => {
        t('removed', event, names.get(listener));
        if (--left >= 0 && event === 'x') changes[name](e, f);
      };
      names.set(onRemoved, 'on removed');
      e.on('removeListener', onRemoved);
      t.call(`${name} ${times}`, () => e.removeAllListeners('x') === e);
      t('there', e.listeners('x').map((listener) => names.get(listener)), e.eventNames());
    };
    for (const name in changes) {
      for (const times of [1, 2]) {
        run(name, times, 'a', 'b', 'c', 'd');
        run(name, times, 'a', 'b');
        run(name, times, 'a', 'a', 'b', 'a');
      }
    }
  },
  remove_all_of_one_event_and_of_all(t) {
    const e = new EventEmitter();
    e.on('x', t.callback('x')); e.on('y', t.callback('y')); e.on('z', t.callback('z'));
    e.removeAllListeners('x');
    t('emits', e.emit('x'), e.emit('y'));
    e.removeAllListeners();
    t('emits', e.emit('y'), e.emit('z'), e.eventNames());
    e.removeAllListeners('nothing');
  },
  listeners_removed_while_emitting_are_still_called(t) {
    const e = new EventEmitter();
    const b = t.callback('b');
    e.on('x', () => { t('a'); e.off('x', b); });
    e.on('x', b);
    e.emit('x');
    e.emit('x');
  },
  listeners_added_while_emitting_wait_for_the_next_time(t) {
    const e = new EventEmitter();
    e.on('x', () => { t('a'); e.on('x', t.callback('added')); });
    e.emit('x');
    e.emit('x');
  },
  remove_all_while_emitting(t) {
    const e = new EventEmitter();
    e.on('x', () => { t('a'); e.removeAllListeners(); });
    e.on('x', t.callback('b'));
    t('emit', e.emit('x'));
    t('emit', e.emit('x'));
  },
  a_listener_that_throws_stops_the_rest(t) {
    const e = new EventEmitter();
    e.on('x', () => { throw new Error('no'); });
    e.on('x', t.callback('b'));
    t.call('emit', () => e.emit('x'));
  },
  event_names_are_in_order_of_first_adding(t) {
    const e = new EventEmitter();
    e.on('b', () => {}); e.on('a', () => {}); e.on('b', () => {}); e.on(events.errorMonitor, () => {});
    t('names', e.eventNames());
    e.removeAllListeners('b');
    e.on('b', () => {});
    t('names', e.eventNames());
  },
  an_error_without_listener_is_thrown(t) {
    const e = new EventEmitter();
    t.call('error', () => e.emit('error', new Error('boom')));
    t.call('type error', () => e.emit('error', new TypeError('boom')));
  },
  an_unhandled_error_that_is_no_error(t) {
    const e = new EventEmitter();
    for (const value of [undefined, 'boo', 5, true, { a: 1 }, [1, 'b']]) {
      try { e.emit('error', value); } catch (error) { t('thrown', error, error.context); }
    }
    t.call('no argument', () => e.emit('error'));
  },
  a_listened_error_is_an_event_like_others(t) {
    const e = new EventEmitter();
    e.on('error', t.callback('error'));
    t('emit', e.emit('error', new Error('boom')), e.emit('error', 'text'));
  },
  error_monitor_sees_and_does_not_handle(t) {
    const e = new EventEmitter();
    e.on(events.errorMonitor, t.callback('monitor'));
    t.call('emit', () => e.emit('error', new Error('boom')));
    e.on('error', t.callback('error'));
    t('emit', e.emit('error', new Error('bang')));
  },
  a_listener_must_be_a_function(t) {
    const e = new EventEmitter();
    for (const name of ['on', 'once', 'prependListener', 'prependOnceListener', 'off', 'removeListener']) {
      t.call(name, () => e[name]('x', 'no function'));
    }
    t.call('number', () => e.on('x', 5));
  },
  max_listeners_warn_once(t) {
    process.on('warning', (w) => t('warning', w.name, w.message, w.type, w.count));
    const e = new EventEmitter();
    for (let i = 0; i < 13; i++) e.on('foo', () => {});
    t('count', e.listenerCount('foo'));
  },
  max_listeners_of_ones_own(t) {
    process.on('warning', (w) => t('warning', w.message, w.count));
    const e = new EventEmitter();
    t('max', e.getMaxListeners(), EventEmitter.defaultMaxListeners, events.getMaxListeners(e));
    e.setMaxListeners(1);
    e.on('a', () => {}).on('a', () => {});
    e.setMaxListeners(0);
    for (let i = 0; i < 20; i++) e.on('b', () => {});
    e.setMaxListeners(Infinity);
    t('max', e.getMaxListeners());
    for (let i = 0; i < 20; i++) e.once('c', () => {});
  },
  max_listeners_warn_again_after_removal(t) {
    process.on('warning', (w) => t('warning', w.message));
    const e = new EventEmitter().setMaxListeners(1);
    e.on('a', () => {}).on('a', () => {}).on('a', () => {});
    e.removeAllListeners('a');
    e.on('a', () => {}).on('a', () => {});
  },
  max_listeners_must_be_a_number(t) {
    const e = new EventEmitter();
    t.call('negative', () => e.setMaxListeners(-1));
    t.call('NaN', () => e.setMaxListeners(NaN));
    t.call('string', () => e.setMaxListeners('5'));
    t.call('function negative', () => events.setMaxListeners(-1));
  },
  set_max_listeners_of_several(t) {
    const [a, b] = [new EventEmitter(), new EventEmitter()];
    events.setMaxListeners(5, a, b);
    t('max', a.getMaxListeners(), b.getMaxListeners(), new EventEmitter().getMaxListeners());
  },
  functions_of_the_module(t) {
    const e = new EventEmitter();
    const f = () => {};
    e.on('x', f).once('x', f);
    t('listeners', events.getEventListeners(e, 'x').map((g) => g === f));
    t('count', events.listenerCount(e, 'x'), events.listenerCount(e, 'y'));
  },
  capture_rejections_must_be_boolean(t) {
    t.call('number', () => new EventEmitter({ captureRejections: 1 }));
    t.call('string', () => new EventEmitter({ captureRejections: 'yes' }));
  },
  capture_rejections_sends_them_to_error(t) {
    const e = new EventEmitter({ captureRejections: true });
    e.on('x', async () => { throw new Error('boom'); });
    e.on('error', t.callback('error'));
    e.emit('x', 1);
    setImmediate(() => t('later'));
  },
  without_capture_rejections_they_are_unhandled(t) {
    process.on('unhandledRejection', (error) => t('unhandledRejection', error));
    const e = new EventEmitter();
    e.on('x', async () => { throw new Error('boom'); });
    e.on('error', t.callback('error'));
    e.emit('x', 1);
  },
  captured_rejection_without_error_listener(t) {
    const e = new EventEmitter({ captureRejections: true });
    e.on('x', async () => { throw new Error('boom'); });
    e.emit('x', 1);
  },
  a_rejection_of_the_error_listener_is_not_captured(t) {
    const e = new EventEmitter({ captureRejections: true });
    e.on('x', async () => { throw new Error('one'); });
    e.on('error', async (error) => { t('error', error); throw new Error('two'); });
    e.emit('x', 1);
  },
  capture_rejection_method(t) {
    class E extends EventEmitter {
      [events.captureRejectionSymbol](error, name, ...args) { t('captured', error, name, args); }
    }
    const e = new E({ captureRejections: true });
    e.on('x', async () => { throw new Error('boom'); });
    e.emit('x', 1, 'b');
  },
  an_async_listener_starts_at_once(t) {
    const e = new EventEmitter();
    e.on('x', async () => { t('listener'); });
    e.emit('x');
    t('emitted');
  },
  async_listeners_start_in_order(t) {
    const e = new EventEmitter();
    e.on('x', async (value) => { await null; t('a', value); });
    e.on('x', async (value) => { await null; t('b', value); });
    e.emit('x', 1);
    e.emit('x', 2);
    process.nextTick(() => t('tick'));
    setImmediate(() => t('immediate'));
  },
  on_and_off_are_second_names(t) {
    for (const cls of [EventEmitter, events.EventEmitter]) {
      const { on, addListener, off, removeListener } = cls.prototype;
      t('same', on === addListener, off === removeListener);
    }
  },
  remove_listener_is_told_of_wrappers(t) {
    const f = () => {};
    const e = new EventEmitter();
    e.on('removeListener', (name, g) => t('removed', name, g === f, g.listener === f));
    e.once('alone', f);
    e.emit('alone');
    e.once('x', f);
    e.on('x', nothing);
    e.emit('x');
    e.once('x', f);
    e.off('x', f);
    e.once('x', f);
    e.off('x', e.rawListeners('x')[1]);
    e.once('x', f);
    e.removeAllListeners('x');
  },
  max_listeners_warn_again_when_one_is_left(t) {
    process.on('warning', (w) => t('warning', w.message));
    const e = new EventEmitter().setMaxListeners(1);
    e.on('a', nothing).on('a', nothing).off('a', nothing).on('a', nothing);
    e.on('b', nothing).on('b', nothing).on('b', nothing).off('b', nothing).on('b', nothing);
  },
  max_listeners_of_names_that_are_no_strings(t) {
    process.on('warning', (w) => t('warning', w.message, w.type));
    const e = new EventEmitter().setMaxListeners(1);
    for (const name of [null, true, 5, events.errorMonitor]) e.on(name, nothing).on(name, nothing);
  },
  default_max_listeners_is_checked(t) {
    t('default', EventEmitter.defaultMaxListeners, EventEmitter.defaultMaxListeners);
    for (const value of [-1, NaN, 'x']) t.call('assign', () => { EventEmitter.defaultMaxListeners = value; });
    EventEmitter.defaultMaxListeners = 7;
    t('now', new EventEmitter().getMaxListeners(), events.getMaxListeners(new EventTarget()));
    events.setMaxListeners(10);
    t('again', new EventEmitter().getMaxListeners());
  },
  listener_functions_refuse_what_has_no_listeners(t) {
    for (const bad of [{}, 'x']) {
      t.call('count', events.listenerCount, bad, 'x');
      t.call('listeners', events.getEventListeners, bad, 'x');
      t.call('maximum', events.getMaxListeners, bad);
      t.call('set', events.setMaxListeners, 5, bad);
    }
  },
  capture_rejections_of_all(t) {
    t('default', EventEmitter.captureRejections);
    t.call('number', () => { EventEmitter.captureRejections = 5; });
    t.call('string', () => { EventEmitter.captureRejections = 'yes'; });
    EventEmitter.captureRejections = true;
    const [e, off] = [new EventEmitter(), new EventEmitter({ captureRejections: false })];
    EventEmitter.captureRejections = false;
    for (const [emitter, name] of [[e, 'captured'], [off, 'off']]) {
      emitter.on('x', async () => { throw new Error('boom'); });
      emitter.on('error', t.callback(`error ${name}`));
      emitter.emit('x');
    }
  },
  capture_rejections_of_those_made_before(t) {
    process.on('unhandledRejection', (error) => t('unhandledRejection', error));
    const e = new EventEmitter();
    EventEmitter.captureRejections = true;
    e.on('x', async () => { throw new Error('boom'); });
    e.on('error', t.callback('error'));
    e.emit('x');
    EventEmitter.captureRejections = false;
  },
  a_capture_rejection_method_that_fails(t) {
    class E extends EventEmitter {
      async [events.captureRejectionSymbol]() { throw new Error('from the method'); }
    }
    process.on('unhandledRejection', (error) => t('unhandledRejection', error));
    const e = new E({ captureRejections: true });
    e.on('x', async () => { throw new Error('boom'); });
    e.emit('x');
  },

  // --- once() ---

  async once_gives_the_arguments(t) {
    const e = new EventEmitter();
    const promise = events.once(e, 'x');
    t('names', e.eventNames());
    e.emit('x', 1, 'two');
    e.emit('x', 3);
    await outcome(t, 'once', promise);
    t('names', e.eventNames());
  },
  async once_fails_with_an_error_before(t) {
    const e = new EventEmitter();
    let promise = events.once(e, 'x');
    e.emit('error', new Error('boom'));
    await outcome(t, 'once', promise);
    t('names', e.eventNames());
    promise = events.once(e, 'error');
    t('names', e.eventNames());
    e.emit('error', new Error('expected'));
    await outcome(t, 'error', promise);
  },
  async once_with_a_signal(t) {
    const [e, a] = [new EventEmitter(), new AbortController()];
    let promise = events.once(e, 'x', { signal: a.signal });
    t('listeners', e.eventNames(), events.listenerCount(a.signal, 'abort'));
    a.abort('why');
    await outcome(t, 'aborted', promise);
    t('listeners', e.eventNames(), events.listenerCount(a.signal, 'abort'));
    await outcome(t, 'before', events.once(e, 'x', { signal: AbortSignal.abort('early') }));
    const b = new AbortController();
    promise = events.once(e, 'x', { signal: b.signal });
    e.emit('x', 1);
    t('listeners', events.listenerCount(b.signal, 'abort'));
    b.abort();
    await outcome(t, 'event', promise);
  },
  async once_of_an_event_target(t) {
    const target = new EventTarget();
    target.addEventListener('x', (event) => event.stopImmediatePropagation());
    const promise = events.once(target, 'x');
    t('listeners', events.listenerCount(target, 'x'), events.listenerCount(target, 'error'));
    target.dispatchEvent(new Event('x'));
    const [event] = await promise;
    t('event', event.type, events.listenerCount(target, 'x'));
  },
  async once_of_wrong_arguments(t) {
    for (const bad of [1, 'hi', false, [], (() => () => {})()]) {
      await outcome(t, 'options', events.once(new EventEmitter(), 'x', bad));
    }
    for (const signal of [1, {}, 'hi', false]) await outcome(t, 'signal', events.once(new EventEmitter(), 'x', { signal }));
    await outcome(t, 'emitter', events.once({}, 'x'));
  },

  // --- on() ---

  async on_gives_what_was_emitted(t) {
    const e = new EventEmitter();
    const iterator = events.on(e, 'x');
    t('names', e.eventNames());
    e.emit('x', 1, 2);
    e.emit('y', 3);
    e.emit('x');
    await step(t, iterator);
    await step(t, iterator);
    setImmediate(() => e.emit('x', 'later'));
    await step(t, iterator);
    await iterator.return();
    t('names', e.eventNames());
    await step(t, iterator);
  },
  async on_fails_with_an_error_after_what_came_before(t) {
    const e = new EventEmitter();
    const iterator = events.on(e, 'x');
    e.emit('x', 1);
    e.emit('error', new Error('boom'));
    t('names', e.eventNames());
    for (let i = 0; i < 3; i++) await step(t, iterator);
  },
  async on_can_be_closed_with_events_left(t) {
    const e = new EventEmitter();
    const iterator = events.on(e, 'x');
    e.emit('x', 1);
    await iterator.return();
    e.emit('x', 2);
    await step(t, iterator);
    await step(t, iterator);
  },
  async on_can_be_thrown_into(t) {
    const e = new EventEmitter();
    const iterator = events.on(e, 'x');
    e.emit('x', 1);
    t.call('no error', () => iterator.throw(5));
    iterator.throw(new Error('thrown'));
    t('names', e.eventNames());
    for (let i = 0; i < 3; i++) await step(t, iterator);
  },
  async on_ends_with_events_named(t) {
    const e = new EventEmitter();
    const iterator = events.on(e, 'x', { close: ['end', 'bye'] });
    t('names', e.eventNames());
    e.emit('x', 1);
    e.emit('bye', 7);
    e.emit('x', 2);
    t('names', e.eventNames());
    await step(t, iterator);
    await step(t, iterator);
  },
  async on_with_a_signal(t) {
    const [e, a] = [new EventEmitter(), new AbortController()];
    const iterator = events.on(e, 'x', { signal: a.signal });
    e.emit('x', 1);
    t('listeners', events.listenerCount(a.signal, 'abort'));
    a.abort(new Error('why'));
    t('listeners', e.eventNames(), events.listenerCount(a.signal, 'abort'));
    for (let i = 0; i < 3; i++) await step(t, iterator);
    t.call('before', () => events.on(e, 'x', { signal: AbortSignal.abort() }));
  },
  async on_of_an_event_target(t) {
    const target = new EventTarget();
    const iterator = events.on(target, 'x', { close: ['end'] });
    t('listeners', ...['x', 'error', 'end'].map((name) => events.listenerCount(target, name)));
    target.dispatchEvent(new Event('x'));
    t('event', (await iterator.next()).value[0].type);
    target.dispatchEvent(new Event('end'));
    t('listeners', ...['x', 'end'].map((name) => events.listenerCount(target, name)));
    await step(t, iterator);
  },
  async on_pauses_and_resumes(t) {
    const e = new EventEmitter();
    e.pause = () => t('pause');
    e.resume = () => t('resume');
    const iterator = events.on(e, 'x', { highWaterMark: 2, lowWaterMark: 2 });
    for (let i = 0; i < 5; i++) {
      t('emit', i);
      e.emit('x', i);
    }
    for (let i = 0; i < 5; i++) await step(t, iterator);
    for (let i = 0; i < 4; i++) e.emit('x', i);
    await iterator.return();
    for (let i = 0; i < 5; i++) await step(t, iterator);
  },
  on_of_wrong_arguments(t) {
    for (const bad of [{ highWaterMark: 0 }, { highWaterMark: 1.5 }, { lowWaterMark: 'a' }, { signal: 5 }, 5, [], 'x']) {
      t.call('options', () => events.on(new EventEmitter(), 'x', bad));
    }
    t.call('emitter', () => events.on({}, 'x'));
  },
};

function nothing() {}

async function outcome(t, label, promise) {
  try {
    const value = await promise;
    t(label, value);
    return value;
  } catch (error) {
    t(`${label} rejects`, error, error.cause);
  }
}

async function step(t, iterator) {
  try {
    const { done, value } = await iterator.next();
    if (done) t('end');
    else t('next', value);
  } catch (error) {
    t('fails', error);
  }
}
