export const solo = true;

export const scenarios = {
  exit_comes_when_nothing_is_left(t) {
    process.on('beforeExit', t.callback('beforeExit'));
    process.on('exit', t.callback('exit'));
    setTimeout(t.callback('timer'), 1);
  },
  before_exit_can_go_on(t) {
    let n = 0;
    process.on('beforeExit', () => { t('beforeExit'); if (++n < 3) setImmediate(t.callback('more')); });
    process.on('exit', t.callback('exit'));
  },
  a_tick_in_before_exit_does_not_go_on(t) {
    process.on('beforeExit', () => { t('beforeExit'); process.nextTick(t.callback('tick')); });
    process.on('exit', t.callback('exit'));
  },
  an_uncaught_exception_ends_it(t) {
    process.on('beforeExit', t.callback('beforeExit'));
    setImmediate(() => { process.nextTick(t.callback('tick')); throw new Error('boom'); });
    setImmediate(t.callback('next immediate'));
  },
  a_rejection_ends_it(t) {
    process.on('beforeExit', t.callback('beforeExit'));
    const f = async () => { throw new Error('boom'); };
    f();
    setTimeout(t.callback('timer'), 50);
  },
  an_exception_in_exit(t) {
    process.on('exit', () => { t('exit'); throw new Error('boom'); });
  },
};
