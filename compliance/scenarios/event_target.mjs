import * as events from 'node:events';

const raise = (text) => { throw new Error(text); };

function show(t, event) {
  t('event', event.type, event.bubbles, event.cancelable, event.composed, event.isTrusted, event.eventPhase);
  t('state', event.defaultPrevented, event.returnValue, event.cancelBubble, event.composedPath().length);
}

export const scenarios = {
  an_event_is_what_was_said(t) {
    show(t, new Event('x'));
    show(t, new Event('x', { bubbles: true, cancelable: 1, composed: 'yes' }));
    t('types', ...[1, false, null].map((name) => new Event(name).type));
    t('constants', Event.NONE, Event.CAPTURING_PHASE, Event.AT_TARGET, Event.BUBBLING_PHASE);
    t('nowhere', new Event('x').target, new Event('x').currentTarget, new Event('x').srcElement);
  },
  options_of_an_event(t) {
    for (const bad of [5, 'x', false]) {
      t.call('options', () => new Event('x', bad));
      t.call('custom', () => new CustomEvent('x', bad));
    }
  },
  a_custom_event_has_a_detail(t) {
    const event = new CustomEvent('x', { detail: { a: 1 }, cancelable: true });
    show(t, event);
    t('detail', event.detail, new CustomEvent('x').detail, new CustomEvent('x', { detail: 0 }).detail);
  },
  what_stops_shows(t) {
    const [first, second, third] = [new Event('x'), new Event('x'), new Event('x')];
    first.stopPropagation();
    second.stopImmediatePropagation();
    third.cancelBubble = true;
    third.cancelBubble = false;
    t('stopped', first.cancelBubble, second.cancelBubble, third.cancelBubble);
    const event = new Event('x', { cancelable: true });
    event.returnValue = true;
    t('return value', event.returnValue);
    event.returnValue = false;
    t('return value', event.returnValue, event.defaultPrevented);
  },
  init_event_makes_it_another(t) {
    const event = new Event('x', { cancelable: true });
    const target = new EventTarget();
    target.addEventListener('x', (given) => given.initEvent('never'));
    target.dispatchEvent(event);
    show(t, event);
    event.initEvent('y', true);
    show(t, event);
  },
  listeners_are_called_in_order(t) {
    const target = new EventTarget();
    for (const name of ['first', 'second', 'third']) target.addEventListener('x', (event) => t(name, event.type));
    t('dispatch', target.dispatchEvent(new Event('x')), target.dispatchEvent(new Event('y')));
  },
  the_event_says_where_it_is(t) {
    const [target, event] = [new EventTarget(), new Event('x')];
    target.addEventListener('x', (given) => {
      t('same', given === event, given.target === target, given.currentTarget === target, given.srcElement === target);
      show(t, given);
    });
    target.dispatchEvent(event);
    show(t, event);
    t('after', event.target === target, event.currentTarget);
  },
  a_default_can_be_prevented(t) {
    const target = new EventTarget();
    target.addEventListener('x', (event) => event.preventDefault());
    target.addEventListener('y', (event) => event.preventDefault(), { passive: true });
    for (const name of ['x', 'y']) {
      t(name, target.dispatchEvent(new Event(name, { cancelable: true })), target.dispatchEvent(new Event(name)));
    }
  },
  a_listener_is_there_once_for_each_capture(t) {
    const target = new EventTarget();
    const f = (event) => t('f', event.type);
    for (const each of [undefined, false, {}, { once: true }, true, { capture: true }]) target.addEventListener('x', f, each);
    t('count', events.listenerCount(target, 'x'), events.getEventListeners(target, 'x')[0] === f);
    target.dispatchEvent(new Event('x'));
    for (const each of [undefined, true, { capture: true }]) {
      target.removeEventListener('x', f, each);
      t('count', events.listenerCount(target, 'x'));
    }
  },
  once_is_called_once(t) {
    const target = new EventTarget();
    target.addEventListener('x', () => {
      t('f', events.listenerCount(target, 'x'));
      target.dispatchEvent(new Event('x'));
    }, { once: true });
    target.dispatchEvent(new Event('x'));
  },
  objects_that_handle_events(t) {
    const [target, handler] = [new EventTarget(), { handleEvent(event) { t('handled', event.type); } }];
    target.addEventListener('x', handler);
    target.addEventListener('x', {});
    target.dispatchEvent(new Event('x'));
    t('listener', events.getEventListeners(target, 'x')[0] === handler);
    target.removeEventListener('x', handler);
    target.dispatchEvent(new Event('x'));
  },
  listeners_that_come_and_go_meanwhile(t) {
    const target = new EventTarget();
    const first = () => {
      t('first');
      target.addEventListener('x', () => t('added by first'), { once: true });
    };
    const second = () => {
      t('second');
      target.removeEventListener('x', third);
    };
    const third = () => t('third');
    const last = () => {
      t('last');
      target.addEventListener('y', () => t('added by last'));
    };
    target.addEventListener('x', first);
    target.addEventListener('x', second);
    target.addEventListener('x', third);
    target.dispatchEvent(new Event('x'));
    target.dispatchEvent(new Event('x'));
    target.addEventListener('y', last);
    target.dispatchEvent(new Event('y'));
    target.dispatchEvent(new Event('y'));
  },
  removal_in_a_chain(t) {
    const target = new EventTarget();
    const listeners = [...'abcd'].map((name) => () => t(name));
    for (const listener of listeners) target.addEventListener('x', listener);
    for (const index of [1, 3, 0]) target.removeEventListener('x', listeners[index]);
    target.addEventListener('x', listeners[0]);
    target.dispatchEvent(new Event('x'));
  },
  stopping_leaves_the_rest_out(t) {
    const target = new EventTarget();
    target.addEventListener('x', (event) => { t('first'); event.stopPropagation(); });
    target.addEventListener('x', (event) => { t('second'); event.stopImmediatePropagation(); });
    target.addEventListener('x', () => t('third'));
    const event = new Event('x');
    t('dispatch', target.dispatchEvent(event), target.dispatchEvent(event));
  },
  an_event_is_not_dispatched_twice_at_once(t) {
    const [target, other] = [new EventTarget(), new EventTarget()];
    const event = new Event('x');
    target.addEventListener('x', (given) => t.call('again', () => other.dispatchEvent(given)));
    target.dispatchEvent(event);
    t('later', other.dispatchEvent(event), event.target === other);
  },
  wrong_arguments(t) {
    const target = new EventTarget();
    for (const bad of [5, 'x', false]) {
      t.call('add', () => target.addEventListener('x', bad));
      t.call('remove', () => target.removeEventListener('x', bad));
      t.call('dispatch', () => target.dispatchEvent(bad));
    }
    for (const bad of [5, 'x']) t.call('options', () => target.addEventListener('x', raise, bad));
    for (const signal of [5, 'x', {}]) t.call('signal', () => target.addEventListener('x', raise, { signal }));
    t.call('symbol', () => target.addEventListener(events.errorMonitor, raise));
  },
  no_listener_is_warned_of(t) {
    const target = new EventTarget();
    process.on('warning', (w) => t('warning', w.name, w.message, w.type, w.target === target));
    t.call('add', () => target.addEventListener('x', null));
    t.call('remove', () => target.removeEventListener('x', null));
  },
  too_many_listeners_are_warned_of_once(t) {
    process.on('warning', (w) => t('warning', w.name, w.message, w.type, w.count));
    class Sub extends EventTarget {}
    for (const target of [new EventTarget(), new Sub(), new AbortController().signal]) {
      t('maximum', events.getMaxListeners(target));
      events.setMaxListeners(2, target);
      for (const name of ['x', 'x', 'x', 'x', 'y', 'y', 'y']) target.addEventListener(name, () => {});
    }
  },
  a_listener_that_fails(t) {
    const target = new EventTarget();
    target.addEventListener('x', () => raise('boom'));
    target.addEventListener('x', () => t('next'));
    t('dispatch', target.dispatchEvent(new Event('x')));
    process.nextTick(() => t('tick'));
    setImmediate(() => t('immediate'));
  },
  an_async_listener_that_fails(t) {
    process.on('unhandledRejection', (error) => t('unhandledRejection', error));
    const target = new EventTarget();
    target.addEventListener('x', async () => { throw new Error('boom'); });
    t('dispatch', target.dispatchEvent(new Event('x')));
  },
  a_signal_removes_a_listener(t) {
    const [target, controller] = [new EventTarget(), new AbortController()];
    controller.signal.addEventListener('abort', (event) => event.stopImmediatePropagation());
    target.addEventListener('x', () => t('never'), { signal: controller.signal });
    target.addEventListener('x', () => t('never'), { signal: AbortSignal.abort() });
    t('count', events.listenerCount(target, 'x'));
    controller.abort();
    t('count', events.listenerCount(target, 'x'));
    target.dispatchEvent(new Event('x'));
  },
};
