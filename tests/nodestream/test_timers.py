"""Timers and immediates, on a clock that jumps to the next deadline by itself."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import pytest
import trio
import trio.testing

from nodestream import run, timers
from nodestream._timer_heap import TimeoutNaNWarning, TimeoutNegativeWarning, TimeoutOverflowWarning
from nodestream.errors import ERR_INVALID_ARG_TYPE
from nodestream.loop import Handle, current_loop, next_tick
from nodestream.timers import clear_immediate, clear_interval, clear_timeout, set_immediate, set_interval, set_timeout


def a_jumping_clock() -> trio.testing.MockClock:
    """A clock that jumps whenever nothing can run."""
    return trio.testing.MockClock(autojump_threshold=0)


def milliseconds() -> int:
    return round(trio.current_time() * 1000)


def run_on_clock(main: Callable[[], Any]) -> Any:
    """Run `main` with the clock; gives how many milliseconds passed."""
    times: list[int] = []

    async def timed() -> None:
        times.append(milliseconds())
        result = main()
        if result is not None:
            await result

    clock = a_jumping_clock()
    run(timed, clock=clock)
    return round((clock.current_time()) * 1000) - times[0]


class Busy:
    """A clock that only goes on when told to, as it does for code that computes."""

    def __init__(self) -> None:
        self.clock = a_jumping_clock()

    def for_milliseconds(self, count: float) -> None:
        self.clock.jump(count / 1000)


def test_timers_come_in_the_order_of_their_time_with_their_arguments() -> None:
    trace = []

    def main() -> None:
        start = milliseconds()
        for delay in (30, 10, 20):
            set_timeout(lambda *args: trace.append((milliseconds() - start, *args)), delay, "a", delay)

    assert run_on_clock(main) == 30
    assert trace == [(10, "a", 10), (20, "a", 20), (30, "a", 30)]


def test_timers_of_the_same_time_come_in_the_order_in_which_they_were_set() -> None:
    trace: list[int] = []
    run_on_clock(lambda: [set_timeout(trace.append, 5, number) for number in range(20)] and None)
    assert trace == list(range(20))


def test_a_cleared_timer_never_comes() -> None:
    trace: list[str] = []

    def main() -> None:
        timer = set_timeout(trace.append, 10, "x")
        clear_timeout(timer)
        clear_timeout(timer)
        clear_timeout(None)
        assert timer.refresh() is timer
        assert repr(timer) == "<Timeout 10 ms inactive>"

    assert run_on_clock(main) == 0
    assert trace == []


def test_a_timer_can_be_cleared_by_one_that_is_due_at_the_same_time() -> None:
    trace: list[str] = []

    def main() -> None:
        set_timeout(lambda: clear_timeout(second), 10)
        second = set_timeout(trace.append, 10, "x")

    run_on_clock(main)
    assert trace == []


def test_an_interval_comes_again_until_it_is_cleared() -> None:
    trace: list[int] = []

    def main() -> None:
        def on_interval(value: str) -> None:
            trace.append(milliseconds() - start)
            if len(trace) == 3:
                clear_interval(interval)

        start = milliseconds()
        interval = set_interval(on_interval, 10, "x")
        assert repr(interval) == "<Timeout 10 ms repeating active>"

    assert run_on_clock(main) == 30
    assert trace == [10, 20, 30]


def test_refresh_starts_the_delay_anew_also_when_it_has_run_out() -> None:
    trace: list[int] = []

    def main() -> None:
        def on_timeout() -> None:
            trace.append(milliseconds() - start)
            if len(trace) == 1:
                timer.refresh()

        start = milliseconds()
        timer = set_timeout(on_timeout, 10)
        set_timeout(timer.refresh, 6)

    run_on_clock(main)
    assert trace == [16, 26]


def test_an_unreferenced_timer_does_not_keep_the_loop_alive_but_comes_if_something_else_does() -> None:
    trace: list[str] = []

    def main() -> None:
        for delay in (10, 30):
            timer = set_timeout(trace.append, delay, str(delay))
            assert timer.has_ref() is timer.hasRef() is True
            assert timer.unref() is timer.unref() is timer
            assert timer.has_ref() is False
        set_timeout(trace.append, 20, "20")

    assert run_on_clock(main) == 20
    assert trace == ["10", "20"]


def test_a_timer_that_is_referenced_again_keeps_the_loop_alive() -> None:
    assert run_on_clock(lambda: set_timeout(lambda: None, 10).unref().ref().ref() and None) == 10
    assert run_on_clock(lambda: set_timeout(lambda: None, 10).unref().close().ref() and None) == 0


def test_a_timer_is_a_context_manager() -> None:
    def main() -> None:
        with set_timeout(lambda: None, 50) as timer:
            assert timer.has_ref()

    assert run_on_clock(main) == 0


@pytest.mark.parametrize("delay", [None, 0, 0.5, 1])
def test_a_delay_is_at_least_one_millisecond(delay: float | None) -> None:
    assert run_on_clock(lambda: set_timeout(lambda: None, delay) and None) == 1


@pytest.mark.parametrize(
    ("delay", "warning", "message"),
    [
        (2**31, TimeoutOverflowWarning, "2147483648 does not fit into a 32-bit signed integer."),
        (math.inf, TimeoutOverflowWarning, "Infinity does not fit into a 32-bit signed integer."),
        (-5, TimeoutNegativeWarning, "-5 is a negative number."),
        (math.nan, TimeoutNaNWarning, "NaN is not a number."),
    ],
)
def test_a_delay_that_cannot_be_is_one_millisecond_with_a_warning(
    delay: float, warning: type[Warning], message: str
) -> None:
    def main() -> None:
        with pytest.warns(warning) as caught:
            set_timeout(lambda: None, delay)
        assert str(caught[0].message) == f"{message}\nTimeout duration was set to 1."
        assert caught[0].filename == __file__

    assert run_on_clock(main) == 1


def test_the_longest_delay_is_no_reason_to_warn() -> None:
    run_on_clock(lambda: set_timeout(lambda: None, 2**31 - 1).unref() and None)


@pytest.mark.parametrize("bad", [None, "x", 5])
@pytest.mark.parametrize("function", [set_timeout, set_interval, set_immediate])
def test_a_callback_that_is_no_function_is_refused(function: Any, bad: Any) -> None:
    with pytest.raises(ERR_INVALID_ARG_TYPE, match=r'The "callback" argument must be of type function\. Received'):
        function(bad)


# --- from when a delay counts ---


def test_what_was_set_before_the_loop_counts_from_its_beginning() -> None:
    trace: list[int] = []
    set_timeout(lambda: trace.append(milliseconds()), 20)
    set_timeout(lambda: trace.append(milliseconds()), 10)
    clock = a_jumping_clock()
    clock.jump(5)
    run(clock=clock)
    assert trace[1] - trace[0] == 10


def test_a_timer_counts_from_the_moment_when_it_is_set_not_from_the_beginning_of_the_turn() -> None:
    trace: list[int] = []
    busy = Busy()

    def main() -> None:
        busy.for_milliseconds(50)
        start = milliseconds()
        set_timeout(lambda: trace.append(milliseconds() - start), 20)

    run(main, clock=busy.clock)
    assert trace == [20]


def test_a_timer_set_by_a_coroutine_that_has_slept_counts_from_now() -> None:
    trace: list[int] = []

    async def main() -> None:
        await trio.sleep(1)
        start = milliseconds()
        timer = set_timeout(lambda: trace.append(milliseconds() - start), 20)
        await trio.sleep(0.01)
        timer.refresh()

    run_on_clock(main)
    assert trace == [30]


# --- rounds ---


def test_a_timer_that_became_due_while_another_ran_waits_for_the_next_round() -> None:
    trace: list[str] = []
    busy = Busy()

    def first() -> None:
        set_immediate(trace.append, "immediate")
        busy.for_milliseconds(10)
        trace.append("first")

    def main() -> None:
        set_timeout(first, 1)
        set_timeout(trace.append, 4, "second")

    run(main, clock=busy.clock)
    assert trace == ["first", "immediate", "second"]


def test_an_interval_that_takes_longer_than_its_delay_lets_others_run() -> None:
    trace: list[str] = []
    busy = Busy()

    def on_interval() -> None:
        trace.append("interval")
        busy.for_milliseconds(5)
        set_immediate(trace.append, "immediate")
        if trace.count("interval") == 3:
            interval.close()

    def main() -> None:
        nonlocal interval
        interval = set_interval(on_interval, 1)

    interval: Any = None
    run(main, clock=busy.clock)
    assert trace == ["interval", "immediate"] * 3


def test_ticks_run_between_timers_of_the_same_round() -> None:
    trace: list[str] = []

    def main() -> None:
        for name in "ab":
            set_timeout(lambda name=name: (trace.append(name), next_tick(trace.append, f"tick of {name}")), 5)

    run_on_clock(main)
    assert trace == ["a", "tick of a", "b", "tick of b"]


# --- waking the loop ---


class Unreferenced:
    """The loop sleeps, alive for one long timer; `call` runs in it from another thread."""

    @staticmethod
    def run(end: Callable[[timers.Timeout], object]) -> float:
        def main() -> None:
            loop = current_loop()
            timer = set_timeout(lambda: None, 30_000)
            loop.run_in_thread(time.sleep, 0.01, done=lambda error, value: None)
            keeper = set_timeout(lambda: None, 30_000).unref()
            assert keeper.has_ref() is False
            trio.lowlevel.spawn_system_task(call_later, loop, timer)

        async def call_later(loop: Any, timer: timers.Timeout) -> None:
            await trio.to_thread.run_sync(lambda: (time.sleep(0.02), loop.call_from_thread(end, timer)))

        start = time.monotonic()
        run(main)
        return time.monotonic() - start


@pytest.mark.parametrize("end", [clear_timeout, lambda timer: timer.unref()], ids=["clear", "unref"])
def test_the_loop_ends_at_once_when_its_last_timer_is_cleared_or_unreferenced_from_outside(end: Any) -> None:
    assert Unreferenced.run(end) < 5


# --- how much is kept ---


def test_cleared_timers_are_forgotten_long_before_their_time() -> None:
    def main() -> None:
        heap = current_loop().timers
        for _ in range(10_000):
            clear_timeout(set_timeout(lambda: None, 300_000))
        assert len(heap._entries) < 1000

    assert run_on_clock(main) == 0


def test_forgetting_cleared_timers_loses_no_other() -> None:
    trace: list[int] = []

    def main() -> None:
        kept = [set_timeout(trace.append, 1000 + number, number) for number in range(100)]
        for _ in range(10_000):
            clear_timeout(set_timeout(trace.append, 500, -1))
        for timer in kept[::2]:
            clear_timeout(timer)

    run_on_clock(main)
    assert trace == list(range(1, 100, 2))


def test_refreshing_adds_no_entry() -> None:
    def main() -> None:
        timer = set_timeout(lambda: None, 300_000)
        for _ in range(1000):
            timer.refresh()
        assert len(current_loop().timers._entries) == 1
        timer.close()

    run_on_clock(main)


# --- immediates ---


def test_immediates_run_in_order_and_those_set_meanwhile_in_the_next_round() -> None:
    trace: list[str] = []

    def first() -> None:
        trace.append("first")
        set_immediate(trace.append, "later")
        next_tick(trace.append, "tick")

    def main() -> None:
        set_immediate(first)
        set_immediate(trace.append, "second")

    run(main)
    assert trace == ["first", "tick", "second", "later"]


def test_a_cleared_immediate_never_runs() -> None:
    trace: list[str] = []

    def main() -> None:
        set_immediate(lambda: clear_immediate(second))
        second = set_immediate(trace.append, "x")
        clear_immediate(None)

    run(main)
    assert trace == []


def test_an_unreferenced_immediate_does_not_keep_the_loop_alive() -> None:
    trace: list[str] = []

    def main() -> None:
        immediate = set_immediate(trace.append, "x")
        assert immediate.unref() is immediate.unref() is immediate
        assert immediate.has_ref() is immediate.hasRef() is False

    run(main)
    assert trace == []


def test_an_unreferenced_immediate_runs_while_something_else_is_alive() -> None:
    trace: list[str] = []

    def main() -> None:
        set_timeout(trace.append, 10, "timer")
        set_immediate(trace.append, "x").unref()

    run_on_clock(main)
    assert sorted(trace) == ["timer", "x"]


def test_an_immediate_that_is_referenced_again_runs() -> None:
    trace: list[str] = []
    run(lambda: set_immediate(trace.append, "x").unref().ref().ref())
    assert trace == ["x"]
    run(lambda: set_immediate(trace.append, "y").unref().close())
    assert trace == ["x"]


def test_immediates_for_ever_do_not_keep_timers_and_io_from_running() -> None:
    trace: list[str] = []

    def again() -> None:
        if not trace:
            set_immediate(again)

    def main() -> None:
        set_timeout(trace.append, 2, "timer")
        again()

    run(main)
    assert trace == ["timer"]


def test_an_unreferenced_handle_ends_the_loop_and_is_released() -> None:
    released = []

    def main() -> None:
        handle = Handle(current_loop(), lambda: released.append("x"))
        handle.unref()
        handle.unref()
        assert not handle.has_ref()

    run(main)
    assert released == ["x"]
