import * as events from 'node:events';

const raise = (text) => { throw new Error(text); };

function reason(t, signal) {
  const why = signal.reason;
  if (why instanceof DOMException) t('reason', signal.aborted, why.name, why.code, why.message);
  else t('reason', signal.aborted, why);
}

export const scenarios = {
  a_controller_aborts_its_signal_once(t) {
    const controller = new AbortController();
    const { signal } = controller;
    t('before', signal.aborted, signal.reason, signal.onabort, signal === controller.signal);
    signal.addEventListener('abort', (event) => {
      t('event', event.type, event.isTrusted, event.bubbles, event.cancelable, event.target === signal);
      reason(t, signal);
    });
    controller.abort('why');
    controller.abort('again');
    reason(t, signal);
    t('listeners', events.listenerCount(signal, 'abort'));
  },
  a_reason_is_anything_or_a_dom_exception(t) {
    for (const why of ['text', 0, false, new Error('error')]) {
      const controller = new AbortController();
      controller.abort(why);
      reason(t, controller.signal);
    }
    const controller = new AbortController();
    controller.abort();
    reason(t, controller.signal);
    reason(t, AbortSignal.abort());
    reason(t, AbortSignal.abort('why'));
  },
  throw_if_aborted(t) {
    t.call('not', () => new AbortController().signal.throwIfAborted());
    t.call('error', () => AbortSignal.abort(new Error('why')).throwIfAborted());
    try {
      AbortSignal.abort().throwIfAborted();
    } catch (error) {
      t('default', error instanceof Error, error.message);
    }
  },
  a_signal_cannot_be_made(t) {
    t.call('constructor', () => new AbortSignal());
  },
  onabort_keeps_its_place(t) {
    const controller = new AbortController();
    const { signal } = controller;
    signal.onabort = () => t('never');
    signal.addEventListener('abort', () => t('second'));
    signal.onabort = () => t('first');
    t('count', events.listenerCount(signal, 'abort'));
    controller.abort();
    const other = new AbortController();
    other.signal.onabort = () => t('never');
    other.signal.onabort = null;
    t('none', other.signal.onabort, events.listenerCount(other.signal, 'abort'));
    other.signal.onabort = 5;
    t('number', other.signal.onabort);
    other.abort();
  },
  a_listener_that_fails(t) {
    const controller = new AbortController();
    controller.signal.addEventListener('abort', () => raise('boom'));
    controller.signal.addEventListener('abort', () => t('next'));
    controller.abort();
    t('aborted');
    process.nextTick(() => t('tick'));
  },
  a_timeout(t) {
    const signal = AbortSignal.timeout(2);
    t('before', signal.aborted, events.getMaxListeners(signal));
    setTimeout(() => reason(t, signal), 20);
  },
  a_timeout_does_not_keep_anything_alive(t) {
    AbortSignal.timeout(100_000).onabort = () => t('never');
  },
  wrong_timeouts(t) {
    for (const bad of [undefined, '5', true, -1, 1.5, 2 ** 33, NaN]) t.call('timeout', () => AbortSignal.timeout(bad));
  },
  any_is_aborted_with_the_first(t) {
    const [a, b] = [new AbortController(), new AbortController()];
    const signal = AbortSignal.any([a.signal, b.signal, a.signal]);
    const second = AbortSignal.any([signal, a.signal]);
    signal.onabort = () => t('any', signal.reason, second.aborted);
    second.onabort = () => t('second', second.reason);
    b.signal.onabort = () => t('b', signal.aborted, second.aborted);
    a.signal.onabort = () => t('a', signal.reason);
    t('listeners', events.listenerCount(a.signal, 'abort'), events.listenerCount(b.signal, 'abort'));
    b.abort('B');
    a.abort('A');
  },
  any_tells_in_the_order_of_making(t) {
    const controller = new AbortController();
    const signals = [controller.signal];
    for (const source of [0, 0, 0, 1]) signals.push(AbortSignal.any([signals[source]]));
    signals.forEach((signal, number) => signal.addEventListener('abort', () => t('signal', number)));
    controller.abort();
  },
  any_of_aborted_ones(t) {
    const signal = AbortSignal.any([new AbortController().signal, AbortSignal.abort('x'), AbortSignal.abort('y')]);
    signal.onabort = () => t('never');
    reason(t, signal);
    reason(t, AbortSignal.any([]));
    reason(t, AbortSignal.any([AbortSignal.abort('z')].values()));
  },
  any_of_wrong_things(t) {
    for (const bad of [undefined, 5, [5], [AbortSignal.abort(), undefined], [{}]]) t.call('any', () => AbortSignal.any(bad));
  },
  an_abort_listener(t) {
    const controller = new AbortController();
    const { signal } = controller;
    signal.addEventListener('abort', (event) => event.stopImmediatePropagation());
    signal.addEventListener('abort', () => t('never'));
    events.addAbortListener(signal, (event) => t('called', event.type, event.target === signal));
    events.addAbortListener(signal, () => t('never'))[Symbol.dispose]();
    t('count', events.listenerCount(signal, 'abort'));
    controller.abort();
    t('count', events.listenerCount(signal, 'abort'));
  },
  an_abort_listener_of_an_aborted_signal(t) {
    events.addAbortListener(AbortSignal.abort(), (...args) => t('called', args.length))[Symbol.dispose]();
    t('added');
  },
  wrong_abort_listeners(t) {
    for (const bad of [5, 'x', {}]) t.call('signal', () => events.addAbortListener(bad, raise));
    for (const bad of [5, 'x', {}]) t.call('listener', () => events.addAbortListener(new AbortController().signal, bad));
  },
};
