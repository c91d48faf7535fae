import timers from 'node:timers';

const { nextTick } = process;

export const scenarios = {
  ticks_come_before_immediates_and_timers(t) {
    setTimeout(t.callback('timeout'), 20);
    setImmediate(t.callback('immediate'));
    nextTick(t.callback('tick'), 1, 'two');
    t('sync');
  },
  ticks_queued_by_ticks_run_in_the_same_drain(t) {
    setImmediate(t.callback('immediate'));
    nextTick(() => { t('a'); nextTick(() => { t('c'); nextTick(t.callback('d')); }); });
    nextTick(t.callback('b'));
  },
  ticks_run_between_immediates(t) {
    setImmediate(() => { t('first'); nextTick(t.callback('tick')); });
    setImmediate(t.callback('second'));
  },
  an_immediate_set_by_an_immediate_waits_for_the_next_round(t) {
    setImmediate(() => { t('a'); setImmediate(t.callback('c')); nextTick(t.callback('tick of a')); });
    setImmediate(t.callback('b'));
  },
  a_cleared_immediate_does_not_run(t) {
    const b = setImmediate(t.callback('b'));
    setImmediate(() => { t('a'); clearImmediate(c); });
    const c = setImmediate(t.callback('c'));
    setImmediate(t.callback('d'), 4);
    clearImmediate(b);
    clearImmediate(b);
    clearImmediate(undefined);
  },
  timers_of_one_delay_run_in_order(t) {
    for (const name of ['a', 'b', 'c']) setTimeout(t.callback(name), 5, name);
  },
  timers_of_different_delays_run_by_time(t) {
    setTimeout(t.callback('30'), 30);
    setTimeout(t.callback('1'), 1);
    setTimeout(t.callback('15'), 15);
    setTimeout(t.callback('0'), 0);
    setTimeout(t.callback('none'));
  },
  ticks_run_between_timers(t) {
    setTimeout(() => { t('first'); nextTick(t.callback('tick')); }, 5);
    setTimeout(t.callback('second'), 5);
  },
  a_cleared_timer_does_not_run(t) {
    const a = setTimeout(t.callback('a'), 1);
    setTimeout(() => { t('b'); clearTimeout(c); }, 5);
    const c = setTimeout(t.callback('c'), 5);
    clearTimeout(a);
    clearTimeout(undefined);
    setTimeout(t.callback('d'), 5);
  },
  an_interval_repeats_until_cleared(t) {
    let n = 0;
    const i = setInterval((word) => { t('interval', ++n, word); if (n === 3) clearInterval(i); }, 2, 'x');
  },
  a_timer_can_be_refreshed(t) {
    const a = setTimeout(t.callback('a'), 40);
    setTimeout(() => { t('refresh', a.refresh() === a); setTimeout(t.callback('b'), 20); }, 20);
  },
  a_finished_timer_can_be_refreshed(t) {
    let n = 0;
    const a = setTimeout(() => { t('a', ++n); if (n < 3) a.refresh(); }, 2);
  },
  a_timer_that_is_not_referenced_does_not_keep_the_loop(t) {
    const a = setTimeout(t.callback('never'), 5000);
    t('hasRef', a.hasRef(), a.unref() === a, a.hasRef());
    setTimeout(t.callback('b'), 1);
  },
  an_immediate_that_is_not_referenced(t) {
    const a = setImmediate(t.callback('a'));
    t('hasRef', a.hasRef(), a.unref() === a, a.hasRef(), a.ref() === a, a.hasRef());
  },
  callbacks_must_be_functions(t) {
    t.call('timeout', () => setTimeout('x', 1));
    t.call('interval', () => setInterval(5, 1));
    t.call('immediate', () => setImmediate({}));
    t.call('tick', () => nextTick('x'));
  },
  an_uncaught_exception_goes_to_its_listener(t) {
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error, origin) => t('caught', error, origin));
    setImmediate(() => { nextTick(t.callback('tick')); throw new Error('boom'); });
    setImmediate(t.callback('next immediate'));
    setTimeout(t.callback('timer'), 20);
  },
  an_exception_in_a_tick_does_not_stop_the_others(t) {
    nextTick(() => { t('a'); throw new Error('boom'); });
    nextTick(t.callback('b'));
    setImmediate(t.callback('immediate'));
  },
  an_exception_in_a_timer_does_not_stop_the_others(t) {
    setTimeout(() => { t('a'); nextTick(t.callback('tick')); throw new Error('boom'); }, 2);
    setTimeout(t.callback('b'), 2);
  },
  an_exception_in_an_interval_does_not_stop_it(t) {
    let n = 0;
    const i = setInterval(() => { t('i', ++n); if (n === 3) clearInterval(i); throw new Error('boom'); }, 2);
  },
  a_rejection_goes_to_unhandled_rejection(t) {
    process.on('unhandledRejection', (error) => t('unhandledRejection', error));
    const f = async () => { throw new Error('boom'); };
    f();
  },
  a_rejection_without_listener_is_an_uncaught_exception(t) {
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', (error, origin) => t('caught', error, origin));
    const f = async () => { throw new Error('boom'); };
    f();
  },
  timers_is_the_module_too(t) {
    timers.setTimeout(t.callback('timeout'), 20);
    timers.setImmediate(t.callback('immediate'));
  },
};
