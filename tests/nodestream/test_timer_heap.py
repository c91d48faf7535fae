"""What is left of cancelled and refreshed timers: nothing that was theirs, few entries, and the order of the others."""

from __future__ import annotations

import random
import weakref

from trio.testing import MockClock

from nodestream.loop import current_loop, run
from nodestream.timers import clear_timeout, set_timeout


class Thing:
    """Something that a timer holds."""


def test_a_cancelled_timer_lets_go_of_what_it_was_for() -> None:
    def main() -> object:
        thing = Thing()
        reference = weakref.ref(thing)
        clear_timeout(set_timeout(lambda _thing: None, 60_000, thing))
        del thing
        return reference()

    assert run(main) is None


def test_cancelled_timers_do_not_pile_up() -> None:
    def main() -> int:
        waiting = [set_timeout(lambda: None, 60_000) for _ in range(100)]
        for _ in range(10_000):
            clear_timeout(set_timeout(lambda: None, 60_000))
        kept = len(current_loop().timers._entries)
        for timer in waiting:
            timer.close()
        return kept

    assert run(main) < 500


def test_a_refreshed_timer_comes_after_those_that_are_due_at_the_same_time() -> None:
    came: list[str] = []

    def main() -> None:
        first = set_timeout(came.append, 10, "first")
        set_timeout(came.append, 10, "second")
        first.refresh()

    run(main, clock=MockClock(autojump_threshold=0))
    assert came == ["second", "first"]


def test_the_order_of_timers_does_not_depend_on_how_many_were_cancelled() -> None:
    chance = random.Random(1)
    delays = [chance.randrange(1, 1000) for _ in range(2000)]
    cancelled = set(chance.sample(range(2000), 1700))
    came: list[int] = []

    def main() -> None:
        timers = [set_timeout(came.append, delay, number) for number, delay in enumerate(delays)]
        for number in cancelled:
            timers[number].close()

    run(main, clock=MockClock(autojump_threshold=0))
    left = [number for number in range(2000) if number not in cancelled]
    assert came == sorted(left, key=lambda number: delays[number])
