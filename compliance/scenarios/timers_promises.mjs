import timers from 'node:timers';
import promises, { scheduler, setImmediate, setInterval, setTimeout } from 'node:timers/promises';

async function outcome(t, name, make) {
  try {
    t(name, await make());
  } catch (error) {
    t(`${name} fails`, error, ...('cause' in error ? [error.cause] : []));
  }
}

const WRONG = [5, [], 'x', { ref: 5 }, { signal: 5 }, { signal: {} }];
const STARTS = {
  timeout: (...args) => setTimeout(1, 'value', ...args),
  immediate: (...args) => setImmediate('value', ...args),
  wait: (...args) => scheduler.wait(1, ...args),
  interval: (...args) => setInterval(1, 'value', ...args).next().then(({ value }) => value),
};

export const scenarios = {
  names(t) {
    t('module', timers.promises === promises, typeof scheduler.wait, typeof scheduler.yield);
  },
  async values(t) {
    await outcome(t, 'timeout', () => setTimeout(1, 'value'));
    await outcome(t, 'no delay', () => setTimeout());
    await outcome(t, 'immediate', () => setImmediate({ a: 1 }));
    await outcome(t, 'no value', () => setImmediate());
    await outcome(t, 'wait', () => scheduler.wait(1));
    await outcome(t, 'yield', () => scheduler.yield());
  },
  async wrong_options(t) {
    for (const [name, start] of Object.entries(STARTS)) {
      for (const options of WRONG) await outcome(t, name, () => start(options));
    }
  },
  async wrong_delays(t) {
    for (const delay of ['5', {}, true]) {
      await outcome(t, 'timeout', () => setTimeout(delay));
      await outcome(t, 'wait', () => scheduler.wait(delay));
      await outcome(t, 'interval', () => setInterval(delay).next());
    }
  },
  async several_things_wrong(t) {
    const aborted = AbortSignal.abort('why');
    for (const options of [5, { signal: 5, ref: 5 }, { signal: aborted }, { signal: aborted, ref: 5 }]) {
      for (const delay of ['5', 1]) {
        await outcome(t, 'timeout', () => setTimeout(delay, 'value', options));
        await outcome(t, 'interval', () => setInterval(delay, 'value', options).next());
      }
      await outcome(t, 'immediate', () => setImmediate('value', options));
    }
  },
  async aborted_before(t) {
    for (const [name, start] of Object.entries(STARTS)) {
      await outcome(t, name, () => start({ signal: AbortSignal.abort('why') }));
    }
  },
  async aborted_while_waiting(t) {
    for (const [name, start] of Object.entries(STARTS)) {
      const controller = new AbortController();
      const wanted = start({ signal: controller.signal });
      controller.abort(new Error('enough'));
      await outcome(t, name, () => wanted);
    }
  },
  async aborted_afterwards(t) {
    const controller = new AbortController();
    await outcome(t, 'timeout', () => setTimeout(1, 'value', { signal: controller.signal }));
    controller.abort('later');
    await outcome(t, 'again', () => setTimeout(1, 'value', { signal: controller.signal }));
  },
  async without_a_reference(t) {
    const kept = timers.setTimeout(() => {}, 1000);
    await outcome(t, 'timeout', () => setTimeout(1, 'value', { ref: false }));
    await outcome(t, 'immediate', () => setImmediate('value', { ref: false }));
    clearTimeout(kept);
    setTimeout(1000, 'value', { ref: false }).then(t.callback('never'));
  },
  async the_order(t) {
    timers.setImmediate(t.callback('immediate'));
    await setImmediate();
    t('after the immediate');
    timers.setTimeout(t.callback('timeout'), 2);
    await setTimeout(2);
    t('after the timeout');
  },
  async an_interval(t) {
    let count = 0;
    for await (const value of setInterval(2, 'value')) {
      t('tick', value);
      if (++count === 3) break;
    }
  },
  async an_interval_that_is_closed(t) {
    const interval = setInterval(2, 'value');
    t('first', (await interval.next()).value);
    await interval.return();
    t('after', (await interval.next()).done);
  },
  async an_interval_that_is_closed_before_it_begins(t) {
    const interval = setInterval('wrong');
    await interval.return();
    t('after', (await interval.next()).done);
  },
  async an_interval_that_failed(t) {
    const interval = setInterval('wrong');
    await outcome(t, 'first', () => interval.next());
    t('after', (await interval.next()).done);
  },
  async ticks_that_were_not_taken_come_before_the_abort(t) {
    const controller = new AbortController();
    const interval = setInterval(2, 'value', { signal: controller.signal });
    t('first', (await interval.next()).value);
    await setTimeout(30);
    controller.abort('enough');
    t('second', (await interval.next()).value);
    await outcome(t, 'end', async () => { for await (const value of interval) if (value !== 'value') t('other', value); });
    t('after', (await interval.next()).done);
  },
};
