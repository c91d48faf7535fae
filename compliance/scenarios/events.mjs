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
};
