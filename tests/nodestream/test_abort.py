"""`AbortController` and `AbortSignal`, and the functions that work on signals."""

from __future__ import annotations

import gc
import math
import threading
import weakref
from collections.abc import Callable
from typing import Any

import pytest
import trio
import trio.testing

from nodestream import events, open_loop, run
from nodestream._signals import abort_error, check_signal, is_signal, on_abort
from nodestream.abort import AbortController, AbortSignal
from nodestream.errors import (
    ERR_ILLEGAL_CONSTRUCTOR,
    ERR_INVALID_ARG_TYPE,
    ERR_OUT_OF_RANGE,
    AbortError,
    DOMException,
)
from nodestream.events import Event
from nodestream.loop import current_loop
from nodestream.timers import set_timeout

# --- controllers and signals ---


def test_a_controller_aborts_its_signal_once() -> None:
    controller, trace = AbortController(), []
    signal = controller.signal
    assert (signal.aborted, signal.reason, signal is controller.signal) == (False, None, True)
    signal.add_event_listener("abort", trace.append)
    controller.abort("why")
    controller.abort("again")
    assert (signal.aborted, signal.reason) == (True, "why")
    (event,) = trace
    assert (event.type, event.target, event.is_trusted, event.bubbles) == ("abort", signal, True, False)
    assert repr(controller) == "<AbortController <AbortSignal aborted>>"
    assert repr(AbortController().signal) == "<AbortSignal>"


def test_without_a_reason_it_is_a_dom_exception() -> None:
    controller = AbortController()
    controller.abort()
    for reason in (controller.signal.reason, AbortSignal.abort().reason):
        assert isinstance(reason, DOMException)
        assert (reason.name, reason.code, str(reason)) == ("AbortError", 20, "This operation was aborted")


def test_a_signal_cannot_be_made_by_its_class() -> None:
    with pytest.raises(ERR_ILLEGAL_CONSTRUCTOR, match="Illegal constructor"):
        AbortSignal()


def test_abort_makes_a_signal_that_was_aborted() -> None:
    signal = AbortSignal.abort("why")
    assert (signal.aborted, signal.reason) == (True, "why")


def test_throw_if_aborted_raises_the_reason() -> None:
    AbortController().signal.throw_if_aborted()
    reason = ValueError("why")
    with pytest.raises(ValueError, match="why") as caught:
        AbortSignal.abort(reason).throw_if_aborted()
    assert caught.value is reason
    with pytest.raises(DOMException, match="This operation was aborted"):
        AbortSignal.abort().throwIfAborted()


def test_throw_if_aborted_raises_an_abort_error_because_of_what_is_no_exception() -> None:
    with pytest.raises(AbortError) as error:
        AbortSignal.abort("text").throw_if_aborted()
    assert error.value.cause == "text"


def test_onabort_is_a_listener_that_keeps_its_place() -> None:
    controller, trace = AbortController(), []
    signal = controller.signal
    assert signal.onabort is None
    signal.onabort = lambda: trace.append("never")
    signal.add_event_listener("abort", lambda: trace.append("second"))
    signal.onabort = handler = lambda event: trace.append(("first", event.type))
    assert signal.onabort is handler
    controller.abort()
    assert trace == [("first", "abort"), "second"]


def test_onabort_can_be_taken_away() -> None:
    controller = AbortController()
    controller.signal.onabort = lambda: 1 / 0
    controller.signal.onabort = None
    assert controller.signal.onabort is None
    assert events.listener_count(controller.signal, "abort") == 0
    controller.abort()


def test_what_is_no_function_can_be_assigned_to_onabort_and_is_not_called() -> None:
    controller = AbortController()
    controller.signal.onabort = 5
    assert controller.signal.onabort == 5
    controller.abort()


def test_a_listener_that_fails_does_not_stop_the_others_nor_abort() -> None:
    trace = []

    def main() -> None:
        controller = AbortController()
        controller.signal.add_event_listener("abort", lambda: {}["missing"])
        controller.signal.add_event_listener("abort", lambda: trace.append("second"))
        controller.abort()
        trace.append("after")

    with pytest.raises(KeyError, match="missing"):
        run(main)
    assert trace == ["second", "after"]


# --- timeout ---


async def test_a_timeout_aborts_with_a_dom_exception(autojump_clock: trio.testing.MockClock) -> None:
    async with open_loop():
        signal = AbortSignal.timeout(20)
        await trio.sleep(0.019)
        assert not signal.aborted
        await trio.sleep(0.002)
        reason = signal.reason
        assert isinstance(reason, DOMException)
        assert (reason.name, reason.code) == ("TimeoutError", 23)
        assert str(reason) == "The operation was aborted due to timeout"


def test_a_timeout_does_not_keep_the_loop_alive(mock_clock: trio.testing.MockClock) -> None:
    run(lambda: AbortSignal.timeout(1_200_000), clock=mock_clock)


@pytest.mark.parametrize(
    ("bad", "error", "message"),
    [
        (None, ERR_INVALID_ARG_TYPE, '"delay" argument must be of type number. Received undefined'),
        ("1", ERR_INVALID_ARG_TYPE, '"delay" argument must be of type number'),
        (True, ERR_INVALID_ARG_TYPE, '"delay" argument must be of type number'),
        (-1, ERR_OUT_OF_RANGE, '"delay" is out of range. It must be >= 0 && <= 4294967295. Received -1'),
        (2**33, ERR_OUT_OF_RANGE, "Received 8_589_934_592"),
        (1.5, ERR_OUT_OF_RANGE, "It must be an integer. Received 1.5"),
        (math.nan, ERR_OUT_OF_RANGE, "It must be an integer. Received NaN"),
    ],
)
def test_a_timeout_must_be_a_number_of_milliseconds(bad: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        AbortSignal.timeout(bad)


async def test_a_timeout_that_nobody_has_is_forgotten_with_its_timer() -> None:
    async with open_loop() as loop:
        gc.disable()
        try:
            dropped = weakref.ref(AbortSignal.timeout(1_200_000))
            assert dropped() is None
            assert active_timers() == 0
        finally:
            gc.enable()
        assert loop.running


def active_timers() -> int:
    return sum(1 for _, _, timer in current_loop().timers._entries if timer._active)


async def test_a_timeout_can_be_dropped_in_another_thread() -> None:
    async with open_loop():
        holder = [AbortSignal.timeout(1_200_000)]
        thread = threading.Thread(target=holder.clear)
        thread.start()
        thread.join()
        await trio.testing.wait_all_tasks_blocked()
        assert active_timers() == 0


async def test_a_timeout_lives_as_long_as_somebody_listens(autojump_clock: trio.testing.MockClock) -> None:
    async with open_loop():
        trace: list[str] = []
        AbortSignal.timeout(20).add_event_listener("abort", lambda: trace.append("aborted"))
        dropped = weakref.ref(forgotten := AbortSignal.timeout(20))
        forgotten.add_event_listener("abort", trace.append)
        forgotten.remove_event_listener("abort", trace.append)
        del forgotten
        gc.collect()
        assert dropped() is None
        await trio.sleep(0.1)
        assert trace == ["aborted"]


# --- any ---


def test_any_is_aborted_with_the_first_of_its_signals_and_before_anybody_is_told() -> None:
    a, b, trace = AbortController(), AbortController(), []
    signal = AbortSignal.any([a.signal, b.signal, a.signal])
    second = AbortSignal.any(iter([signal, a.signal]))
    signal.onabort = lambda: trace.append(("any", signal.reason, second.aborted))
    second.onabort = lambda: trace.append(("second", second.reason))
    b.signal.onabort = lambda: trace.append(("b", signal.aborted, second.aborted))
    a.signal.onabort = lambda: trace.append(("a", signal.reason))
    b.abort("B")
    a.abort("A")
    assert trace == [("b", True, True), ("any", "B", True), ("second", "B"), ("a", "B")]


def test_the_order_of_dependents_is_the_order_of_their_making() -> None:
    controller, trace = AbortController(), []
    signals = [controller.signal]
    for source in (0, 0, 0, 1):
        signals.append(AbortSignal.any([signals[source]]))
    for number, signal in enumerate(signals):
        signal.add_event_listener("abort", lambda _event, number=number: trace.append(number))
    controller.abort()
    assert trace == [0, 1, 2, 3, 4]


def test_any_of_one_that_was_aborted_was_aborted() -> None:
    assert AbortSignal.any([AbortController().signal, AbortSignal.abort("x"), AbortSignal.abort("y")]).reason == "x"
    assert AbortSignal.any([]).aborted is False


def test_any_leaves_no_listener_on_its_signals() -> None:
    controller = AbortController()
    signal = AbortSignal.any([controller.signal])
    signal.onabort = lambda: None
    assert events.listener_count(controller.signal, "abort") == 0
    controller.abort()
    assert signal.aborted


@pytest.mark.parametrize("bad", [None, 5, "signals", b"signals"])
def test_any_takes_an_iterable(bad: Any) -> None:
    with pytest.raises(TypeError, match=r"signals cannot be converted to sequence\.") as caught:
        AbortSignal.any(bad)
    assert caught.value.code == "ERR_INVALID_ARG_TYPE"  # type: ignore[attr-defined]


@pytest.mark.parametrize("bad", [None, 5, {"aborted": True}, AbortController()])
def test_any_takes_signals_only(bad: Any) -> None:
    with pytest.raises(TypeError, match=r"signals\[1\] is not of type AbortSignal\."):
        AbortSignal.any([AbortSignal.abort(), bad])


def test_a_long_lived_signal_does_not_keep_what_was_made_of_it() -> None:
    long = AbortController().signal
    gc.disable()
    try:
        for _ in range(20):
            signal = AbortSignal.any([long])
            signal.add_event_listener("abort", bool)
            nested = AbortSignal.any([signal])
            signal.remove_event_listener("abort", bool)
        dropped = weakref.ref(signal), weakref.ref(nested)
        del signal, nested
        assert [reference() for reference in dropped] == [None, None]
        assert not long._dependents
    finally:
        gc.enable()


def test_what_was_made_of_a_signal_is_kept_while_somebody_listens_to_it() -> None:
    controller, trace = AbortController(), []
    AbortSignal.any([AbortSignal.any([controller.signal])]).add_event_listener("abort", lambda: trace.append("kept"))
    gc.collect()
    controller.abort()
    assert trace == ["kept"]
    assert not controller.signal._wanted_dependents


def test_what_was_made_of_signals_is_dropped_with_them_though_somebody_listens() -> None:
    controller = AbortController()
    signal = AbortSignal.any([controller.signal])
    signal.add_event_listener("abort", bool)
    dropped = weakref.ref(signal), weakref.ref(controller.signal)
    del signal, controller
    gc.collect()
    assert [reference() for reference in dropped] == [None, None]


def test_a_signal_does_not_keep_the_ones_that_it_was_made_of() -> None:
    controller = AbortController()
    signal = AbortSignal.any([controller.signal])
    dropped = weakref.ref(controller.signal)
    del controller
    gc.collect()
    assert dropped() is None
    assert signal.aborted is False


def test_one_that_was_aborted_by_another_is_forgotten_by_the_rest() -> None:
    a, b = AbortController(), AbortController()
    signal = AbortSignal.any([a.signal, b.signal])
    signal.add_event_listener("abort", bool)
    a.abort()
    assert signal.aborted
    assert not b.signal._dependents
    assert not b.signal._wanted_dependents


async def test_any_of_timeouts_that_nobody_else_has_is_aborted(autojump_clock: trio.testing.MockClock) -> None:
    async with open_loop():
        signal = AbortSignal.any([AbortSignal.timeout(20), AbortSignal.timeout(50)])
        trace: list[str] = []
        AbortSignal.any([AbortSignal.timeout(30)]).add_event_listener("abort", lambda: trace.append("heard"))
        gc.collect()
        await trio.sleep(0.025)
        assert signal.reason.name == "TimeoutError"
        await trio.sleep(0.01)
        assert trace == ["heard"]


# --- add_abort_listener ---


def test_an_abort_listener_is_called_with_the_event_whatever_others_do_to_it() -> None:
    controller, trace = AbortController(), []
    controller.signal.add_event_listener("abort", Event.stop_immediate_propagation)
    events.add_abort_listener(controller.signal, lambda event: trace.append((event.type, event.target)))
    controller.abort()
    assert trace == [("abort", controller.signal)]
    assert events.listener_count(controller.signal, "abort") == 1


@pytest.mark.parametrize("dispose", [lambda it: it.dispose(), lambda it: it.__exit__(None, None, None)])
def test_an_abort_listener_can_be_disposed_of(dispose: Callable[[Any], None]) -> None:
    controller = AbortController()
    disposable = events.add_abort_listener(controller.signal, lambda: 1 / 0)
    dispose(disposable)
    assert events.listener_count(controller.signal, "abort") == 0
    controller.abort()
    dispose(disposable)


def test_an_abort_listener_can_be_a_context_manager() -> None:
    controller = AbortController()
    with events.add_abort_listener(controller.signal, bool):
        assert events.listener_count(controller.signal, "abort") == 1
    assert events.listener_count(controller.signal, "abort") == 0


def test_an_abort_listener_of_a_signal_that_was_aborted_is_called_in_a_tick() -> None:
    trace: list[str] = []

    def main() -> None:
        disposable = events.add_abort_listener(AbortSignal.abort(), lambda *event: trace.append(f"called with {event}"))
        disposable.dispose()
        trace.append("added")

    run(main)
    assert trace == ["added", "called with ()"]


@pytest.mark.parametrize("bad", [None, {}, 5])
def test_abort_listeners_are_for_signals_and_functions(bad: Any) -> None:
    with pytest.raises(ERR_INVALID_ARG_TYPE, match='"signal" argument must be an instance of AbortSignal'):
        events.add_abort_listener(bad, print)
    with pytest.raises(ERR_INVALID_ARG_TYPE, match='"listener" argument must be of type function'):
        events.add_abort_listener(AbortController().signal, bad)


# --- what functions that take a signal use ---


class LookAlike:
    """What comes from elsewhere and does what a signal does."""

    def __init__(self) -> None:
        self.aborted = False
        self.reason: Any = None
        self.listeners_: list[Any] = []

    def add_event_listener(self, name: str, listener: Any, options: Any = None) -> None:
        assert (name, options) == ("abort", {"once": True})
        self.listeners_.append(listener)

    def remove_event_listener(self, name: str, listener: Any) -> None:
        assert name == "abort"
        self.listeners_.remove(listener)


def test_a_signal_is_what_does_what_signals_do() -> None:
    assert is_signal(AbortController().signal)
    assert is_signal(LookAlike())
    for other in (None, 5, {}, {"aborted": True}, object(), AbortController()):
        assert not is_signal(other)


@pytest.mark.parametrize("bad", [5, "x", {}, AbortController(), print])
def test_what_is_no_signal_is_refused_and_none_is_none(bad: Any) -> None:
    check_signal(None)
    check_signal(LookAlike())
    with pytest.raises(ERR_INVALID_ARG_TYPE, match='"signal" argument must be an instance of AbortSignal'):
        check_signal(bad)
    with pytest.raises(ERR_INVALID_ARG_TYPE, match=r'"options\.signal" property must be an instance of AbortSignal'):
        check_signal(bad, "options.signal")


def test_on_abort_listens_to_look_alikes_too() -> None:
    signal, trace = LookAlike(), []
    stop = on_abort(signal, lambda: trace.append("aborted"))
    signal.listeners_[0]("event")
    assert trace == ["aborted"]
    stop()
    assert signal.listeners_ == []


def test_on_abort_is_heard_whatever_others_do_to_the_event_unless_it_was_stopped() -> None:
    controller, trace = AbortController(), []
    controller.signal.add_event_listener("abort", Event.stop_immediate_propagation)
    on_abort(controller.signal, lambda: trace.append("heard"))
    on_abort(controller.signal, lambda: trace.append("stopped"))()
    controller.abort()
    assert trace == ["heard"]


def test_an_operation_fails_because_of_the_signals_reason() -> None:
    reason = ValueError("why")
    assert abort_error(AbortSignal.abort(reason)).__cause__ is reason


async def test_a_timer_that_aborts_ends_what_waits(autojump_clock: trio.testing.MockClock) -> None:
    async with open_loop():
        keeps_the_loop_alive = set_timeout(lambda: None, 100)
        with pytest.raises(AbortError) as caught:
            await events.once(events.EventTarget(), "x", signal=AbortSignal.timeout(10))
        assert isinstance(caught.value.__cause__, DOMException)
        keeps_the_loop_alive.close()
