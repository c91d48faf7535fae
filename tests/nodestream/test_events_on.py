"""`events.on()`: the events of an emitter as an async iterator."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import Any

import pytest
import trio

from nodestream import EventEmitter, events, open_loop
from nodestream.abort import AbortController, AbortSignal
from nodestream.errors import ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE, ERR_UNHANDLED_ERROR, AbortError
from nodestream.events import Event, EventTarget
from nodestream.timers import set_immediate


class Pausing(EventEmitter):
    """Traces when it is paused and resumed."""

    def __init__(self) -> None:
        super().__init__()
        self.trace: list[Any] = []

    def pause(self) -> None:
        self.trace.append("pause")

    def resume(self) -> None:
        self.trace.append("resume")


# --- events ---


async def test_every_event_counts_from_the_call_on() -> None:
    async with open_loop():
        emitter = EventEmitter()
        iterator = events.on(emitter, "x")
        emitter.emit("x", 1, 2)
        emitter.emit("y", 3)
        emitter.emit("x")
        assert await anext(iterator) == [1, 2]
        assert await anext(iterator) == []


async def test_who_waits_is_given_the_next_event() -> None:
    async with open_loop():
        emitter = EventEmitter()
        set_immediate(emitter.emit, "x", 1)
        async for args in events.on(emitter, "x"):
            assert args == [1]
            break
        assert emitter.event_names() == []


async def test_several_who_wait_are_served_in_order() -> None:
    async with open_loop() as loop:
        emitter, got = EventEmitter(), []
        iterator = events.on(emitter, "x")

        async def take(name: str) -> None:
            got.append((name, await anext(iterator)))

        for name in "abc":
            loop.spawn(take(name), None)
        for value in (1, 2, 3):
            set_immediate(emitter.emit, "x", value)
        await trio.testing.wait_all_tasks_blocked()
    assert got == [("a", [1]), ("b", [2]), ("c", [3])]


async def test_the_iterator_of_event_targets_gives_their_events() -> None:
    async with open_loop():
        target, event = EventTarget(), Event("x")
        iterator = events.on(target, "x")
        assert events.listener_count(target, "error") == 0
        target.dispatch_event(event)
        assert await anext(iterator) == [event]
        await iterator.aclose()
        assert events.listener_count(target, "x") == 0


# --- errors ---


async def test_an_error_is_raised_once_after_the_events_before_it() -> None:
    async with open_loop():
        emitter = EventEmitter()
        iterator = events.on(emitter, "x")
        assert emitter.event_names() == ["x", "error"]
        emitter.emit("x", 1)
        emitter.emit("error", ValueError("bad"))
        assert emitter.event_names() == []
        assert await anext(iterator) == [1]
        with pytest.raises(ValueError, match="bad"):
            await anext(iterator)
        with pytest.raises(StopAsyncIteration):
            await anext(iterator)


async def test_an_error_goes_to_the_first_who_waits_and_the_others_are_at_the_end() -> None:
    async with open_loop() as loop:
        emitter, got = EventEmitter(), []
        iterator = events.on(emitter, "x")

        async def take() -> None:
            try:
                await anext(iterator)
            except (ERR_UNHANDLED_ERROR, StopAsyncIteration) as error:
                got.append(type(error))

        for _ in range(3):
            loop.spawn(take(), None)
        set_immediate(emitter.emit, "error", "no exception")
    assert got == [ERR_UNHANDLED_ERROR, StopAsyncIteration, StopAsyncIteration]


async def test_errors_can_be_what_one_iterates_over() -> None:
    async with open_loop():
        emitter = EventEmitter()
        iterator = events.on(emitter, "error")
        emitter.emit("error", 1)
        assert await anext(iterator) == [1]


async def test_athrow_lets_the_step_after_the_events_fail() -> None:
    async with open_loop():
        emitter = EventEmitter()
        iterator = events.on(emitter, "x")
        emitter.emit("x", 1)
        with pytest.raises(ERR_INVALID_ARG_TYPE, match=r'"EventEmitter\.AsyncIterator" property must be an'):
            iterator.athrow("x")  # type: ignore[arg-type]
        iterator.athrow(ValueError("thrown"))  # has its effect at once, and may be awaited
        assert emitter.event_names() == []
        assert await anext(iterator) == [1]
        with pytest.raises(ValueError, match="thrown"):
            await anext(iterator)
        await iterator.athrow(ValueError("again"))
        with pytest.raises(ValueError, match="again"):
            await anext(iterator)
        with pytest.raises(StopAsyncIteration):
            await anext(iterator)


# --- the end ---


async def test_events_named_by_close_end_it() -> None:
    async with open_loop():
        emitter = EventEmitter()
        iterator = events.on(emitter, "x", close=["end", "bye"])
        assert emitter.event_names() == ["x", "error", "end", "bye"]
        emitter.emit("x", 1)
        emitter.emit("bye", 7)
        emitter.emit("x", 2)
        assert emitter.event_names() == []
        assert [args async for args in iterator] == [[1]]


async def test_one_name_will_do_for_close() -> None:
    async with open_loop():
        emitter = EventEmitter()
        set_immediate(emitter.emit, "end")
        assert [args async for args in events.on(emitter, "x", {"close": "end"})] == []


async def test_aclose_removes_the_listeners_at_once_and_keeps_what_came() -> None:
    async with open_loop():
        emitter = EventEmitter()
        iterator = events.on(emitter, "x")
        emitter.emit("x", 1)
        iterator.aclose()
        assert emitter.event_names() == []
        assert await anext(iterator) == [1]
        with pytest.raises(StopAsyncIteration):
            await anext(iterator)
        await iterator.aclose()


async def test_who_waits_is_at_the_end_when_it_is_closed() -> None:
    async with open_loop():
        iterator = events.on(EventEmitter(), "x")
        set_immediate(iterator.aclose)
        assert [args async for args in iterator] == []


async def test_an_iterator_that_is_dropped_removes_its_listeners() -> None:
    async with open_loop():
        emitter, controller = EventEmitter(), AbortController()
        iterator = events.on(emitter, "x", signal=controller.signal)
        reference = weakref.ref(iterator._feed)
        gc.disable()
        try:
            del iterator
            assert emitter.event_names() == []
            assert events.listener_count(controller.signal, "abort") == 0
            assert reference() is None
        finally:
            gc.enable()


async def test_an_iterator_can_be_dropped_in_another_thread() -> None:
    async with open_loop():
        emitter = EventEmitter()
        holder = [events.on(emitter, "x")]
        thread = threading.Thread(target=holder.clear)
        thread.start()
        thread.join()
        await trio.testing.wait_all_tasks_blocked()
        assert emitter.event_names() == []


# --- cancelling ---


async def test_an_event_for_one_that_was_cancelled_is_the_next_ones() -> None:
    async with open_loop():
        emitter = EventEmitter()
        iterator = events.on(emitter, "x")
        with trio.CancelScope() as scope:
            set_immediate(lambda: (emitter.emit("x", 1), scope.cancel()))
            await anext(iterator)
        assert scope.cancelled_caught
        emitter.emit("x", 2)
        assert await anext(iterator) == [1]
        assert await anext(iterator) == [2]


async def test_an_error_for_one_that_was_cancelled_is_the_next_ones() -> None:
    async with open_loop():
        emitter = EventEmitter()
        iterator = events.on(emitter, "x")
        with trio.CancelScope() as scope:
            set_immediate(lambda: (emitter.emit("error", ValueError("kept")), scope.cancel()))
            await anext(iterator)
        with pytest.raises(ValueError, match="kept"):
            await anext(iterator)


async def test_who_was_cancelled_before_anything_came_waits_no_more() -> None:
    async with open_loop():
        emitter = EventEmitter()
        iterator = events.on(emitter, "x")
        with trio.move_on_after(0):
            await anext(iterator)
        emitter.emit("x", 1)
        assert await anext(iterator) == [1]


async def test_a_loop_over_events_that_never_waits_can_be_cancelled() -> None:
    async with open_loop():
        emitter = EventEmitter()
        iterator = events.on(emitter, "x")
        for number in range(100):
            emitter.emit("x", number)
        seen = []
        with trio.CancelScope() as scope:
            scope.cancel()
            async for args in iterator:
                seen.append(args)
        assert 0 < len(seen) < 100
        assert await anext(iterator) == [len(seen)]


# --- the signal ---


async def test_an_aborted_signal_raises_an_abort_error_after_the_events_before() -> None:
    async with open_loop():
        emitter, controller, reason = EventEmitter(), AbortController(), LookupError("why")
        iterator = events.on(emitter, "x", signal=controller.signal)
        emitter.emit("x", 1)
        controller.abort(reason)
        assert emitter.event_names() == []
        assert await anext(iterator) == [1]
        with pytest.raises(AbortError) as caught:
            await anext(iterator)
        assert caught.value.__cause__ is reason
        with pytest.raises(StopAsyncIteration):
            await anext(iterator)


async def test_who_waits_is_told_of_the_abort() -> None:
    async with open_loop():
        controller = AbortController()
        set_immediate(controller.abort)
        with pytest.raises(AbortError):
            await anext(events.on(EventEmitter(), "x", signal=controller.signal))


async def test_a_signal_that_was_aborted_raises_at_once() -> None:
    async with open_loop():
        emitter = EventEmitter()
        with pytest.raises(AbortError):
            events.on(emitter, "x", signal=AbortSignal.abort())
        assert emitter.event_names() == []


async def test_the_signal_is_let_go_at_the_end() -> None:
    async with open_loop():
        controller = AbortController()
        iterator = events.on(EventEmitter(), "x", signal=controller.signal)
        assert events.listener_count(controller.signal, "abort") == 1
        await iterator.aclose()
        assert events.listener_count(controller.signal, "abort") == 0


# --- marks ---


async def test_the_emitter_is_paused_above_the_high_mark_and_resumed_below_the_low_one() -> None:
    async with open_loop():
        emitter = Pausing()
        iterator = events.on(emitter, "x", high_water_mark=2, low_water_mark=2)
        for number in range(5):
            emitter.trace.append(number)
            emitter.emit("x", number)
        for _ in range(5):
            emitter.trace.append(await anext(iterator))
        assert emitter.trace == [0, 1, 2, "pause", 3, 4, [0], [1], [2], "resume", [3], [4]]


async def test_the_low_mark_is_one_and_nothing_is_resumed_after_the_end() -> None:
    async with open_loop():
        emitter = Pausing()
        iterator = events.on(emitter, "x", {"highWatermark": 1})
        for _ in range(2):
            emitter.emit("x")
        await anext(iterator)
        assert emitter.trace == ["pause"]
        await anext(iterator)
        assert emitter.trace == ["pause", "resume"]
        for _ in range(2):
            emitter.emit("x")
        await iterator.aclose()
        assert [args async for args in iterator] == [[], []]
        assert emitter.trace == ["pause", "resume", "pause"]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"highWaterMark": 0}, ERR_OUT_OF_RANGE, '"options.highWaterMark" .* >= 1 && <= 9007199254740991. Received 0'),
        ({"highWatermark": 1.5}, ERR_OUT_OF_RANGE, '"options.highWaterMark" is out of range. It must be an integer'),
        ({"lowWaterMark": "a"}, ERR_INVALID_ARG_TYPE, '"options.lowWaterMark" property must be of type number'),
        ({"low_watermark": True}, ERR_INVALID_ARG_TYPE, '"options.lowWaterMark" property must be of type number'),
        ({"signal": 1}, ERR_INVALID_ARG_TYPE, '"options.signal" property must be an instance of AbortSignal'),
        (5, ERR_INVALID_ARG_TYPE, '"options" argument must be of type object. Received type number'),
        ([], ERR_INVALID_ARG_TYPE, '"options" argument must be of type object. Received an instance of Array'),
    ],
)
async def test_wrong_options_are_refused(options: Any, error: type[Exception], message: str) -> None:
    async with open_loop():
        emitter = EventEmitter()
        with pytest.raises(error, match=message):
            events.on(emitter, "x", options)
        assert emitter.event_names() == []


async def test_what_has_no_events_is_refused() -> None:
    async with open_loop():
        with pytest.raises(ERR_INVALID_ARG_TYPE, match='"emitter" argument must be an instance of EventEmitter'):
            events.on({}, "x")
