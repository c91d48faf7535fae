"""Timers to await. What they do as in Node is in compliance/scenarios/timers_promises.py.

Part: nodestream/timers/promises.py
"""

from __future__ import annotations

import gc
from typing import Any

import pytest
import trio
import trio.testing

from nodestream import open_loop, run
from nodestream.abort import AbortController
from nodestream.errors import AbortError
from nodestream.events import get_event_listeners
from nodestream.timers.promises import (
    TICKS_PER_CHECKPOINT,
    scheduler,
    set_immediate,
    set_interval,
    set_timeout,
    setImmediate,
    setInterval,
    setTimeout,
)


def on_a_mock_clock(main: Any) -> float:
    """Run `main`, and tell how many seconds it took of a clock that jumps."""
    clock = trio.testing.MockClock(autojump_threshold=0)
    begin = clock.current_time()
    run(main, clock=clock)
    return clock.current_time() - begin


def test_a_timeout_takes_its_time_and_gives_its_value() -> None:
    async def main() -> None:
        assert await set_timeout(2000, "value") == "value"
        assert await setTimeout(1000) is None
        assert await scheduler.wait(500) is None  # type: ignore[func-returns-value]
        assert await setImmediate("at once") == "at once"
        assert await scheduler.yield_() is None  # type: ignore[func-returns-value]

    assert on_a_mock_clock(main) == pytest.approx(3.5)


def test_the_options_are_keywords_too_and_none_is_one_that_was_not_given() -> None:
    async def main() -> None:
        signal = AbortController().signal
        assert await set_timeout(None, "value", None, signal=signal, ref=True) == "value"
        assert await set_immediate("value", {"signal": None, "ref": None}) == "value"
        async for value in setInterval(None, "value", signal=signal):
            assert value == "value"
            break
        with pytest.raises(TypeError, match=r"set_timeout\(\) got an unexpected keyword argument 'wrong'"):
            set_timeout(1, wrong=True)

    run(main)


def test_no_listener_is_left_on_the_signal() -> None:
    async def main() -> None:
        controller = AbortController()
        signal = controller.signal
        await set_timeout(1, signal=signal)
        await set_immediate(signal=signal)
        interval = set_interval(1, signal=signal)
        assert get_event_listeners(signal, "abort") == []
        await anext(interval)
        assert len(get_event_listeners(signal, "abort")) == 1
        await interval.aclose()
        assert get_event_listeners(signal, "abort") == []
        waits = set_timeout(1000, signal=signal)
        controller.abort()
        with pytest.raises(AbortError):
            await waits
        assert get_event_listeners(signal, "abort") == []

    assert on_a_mock_clock(main) < 1


def test_an_aborted_timer_does_not_keep_the_loop() -> None:
    async def main() -> None:
        controller = AbortController()
        waits = [set_timeout(60_000, signal=controller.signal), anext(set_interval(60_000, signal=controller.signal))]
        controller.abort()
        for each in waits:
            with pytest.raises(AbortError):
                await each

    assert on_a_mock_clock(main) < 1


def test_an_interval_comes_once_for_each_period() -> None:
    async def main() -> None:
        seen = []
        async for _ in set_interval(1000):
            seen.append(trio.current_time())
            if len(seen) == 3:
                break
        assert [later - seen[0] for later in seen] == pytest.approx([0, 1, 2])

    assert on_a_mock_clock(main) == pytest.approx(3)


def test_an_interval_that_is_left_stops_when_it_is_dropped() -> None:
    async def main() -> None:
        async for _ in set_interval(1000):
            break
        gc.collect()

    assert on_a_mock_clock(main) == pytest.approx(1)


def test_an_interval_that_was_never_begun_has_no_timer() -> None:
    def main() -> None:
        kept.append(set_interval(1000))

    kept: list[Any] = []
    assert on_a_mock_clock(main) < 1


def test_ticks_that_were_not_taken_are_kept_and_who_takes_them_can_be_cancelled() -> None:
    async def main() -> None:
        interval = set_interval(1)
        await anext(interval)
        await set_timeout(10 * TICKS_PER_CHECKPOINT)
        for _ in range(3 * TICKS_PER_CHECKPOINT):
            await anext(interval)
            seen.append("before")
        with trio.CancelScope() as scope:
            scope.cancel()
            async for _ in interval:
                seen.append("cancelled")
        await interval.aclose()

    seen: list[str] = []
    on_a_mock_clock(main)
    assert seen.count("before") == 3 * TICKS_PER_CHECKPOINT
    assert seen.count("cancelled") <= TICKS_PER_CHECKPOINT


async def test_two_that_wait_for_one_interval_take_turns() -> None:
    async with open_loop():
        interval, taken = set_interval(1, "value"), []

        async def take() -> None:
            taken.append(await anext(interval))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(take)
            nursery.start_soon(take)
        assert taken == ["value", "value"]
        await interval.aclose()
        with pytest.raises(StopAsyncIteration):
            await anext(interval)


async def test_one_who_is_cancelled_loses_no_tick() -> None:
    async with open_loop():
        interval = set_interval(1, "value")
        with trio.CancelScope() as scope:
            scope.cancel()
            await anext(interval)
        assert scope.cancelled_caught
        assert await anext(interval) == "value"
        await interval.aclose()
