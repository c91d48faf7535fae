"""`EventEmitter`: Node's semantics on a pyee emitter."""

from __future__ import annotations

import copy
import gc
import pickle
import re
import weakref
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import pyee
import pytest
import trio

from nodestream import EventEmitter, events, open_loop, process, run
from nodestream.abort import AbortController, AbortSignal
from nodestream.errors import ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE, ERR_UNHANDLED_ERROR, AbortError
from nodestream.events import Event, EventTarget, MaxListenersExceededWarning, Symbol, error_monitor
from nodestream.timers import set_immediate


def emitter_and_trace() -> tuple[EventEmitter, list[Any]]:
    return EventEmitter(), []


# --- adding and calling ---


def test_listeners_are_called_in_the_order_in_which_they_were_added_with_all_arguments() -> None:
    emitter, trace = emitter_and_trace()
    emitter.on("x", lambda *args: trace.append((1, args)))
    emitter.add_listener("x", lambda *args: trace.append((2, args)))
    assert emitter.emit("x", "a", None) is True
    assert trace == [(1, ("a", None)), (2, ("a", None))]


def test_emit_without_listeners_is_false() -> None:
    assert EventEmitter().emit("x") is False


def test_a_function_added_twice_is_called_twice_and_removed_once_at_a_time() -> None:
    emitter, trace = emitter_and_trace()
    listener = trace.append
    emitter.on("x", listener).on("x", listener)
    emitter.emit("x", 1)
    assert trace == [1, 1]
    assert emitter.listener_count("x") == emitter.listener_count("x", listener) == 2
    emitter.remove_listener("x", listener)
    assert emitter.listener_count("x") == 1


def test_methods_that_change_listeners_return_the_emitter() -> None:
    emitter = EventEmitter()

    def listener() -> None:
        pass

    for method in ("on", "add_listener", "once", "prepend_listener", "prepend_once_listener", "remove_listener", "off"):
        assert getattr(emitter, method)("x", listener) is emitter
    assert emitter.remove_all_listeners() is emitter
    assert emitter.set_max_listeners(1) is emitter


def test_prepended_listeners_come_first() -> None:
    emitter, trace = emitter_and_trace()
    emitter.on("x", lambda: trace.append("on"))
    emitter.prepend_listener("x", lambda: trace.append("prepend"))
    emitter.prepend_once_listener("x", lambda: trace.append("prepend once"))
    emitter.emit("x")
    emitter.emit("x")
    assert trace == ["prepend once", "prepend", "on", "prepend", "on"]


def test_once_calls_once_even_if_the_event_is_emitted_again_meanwhile() -> None:
    emitter, trace = emitter_and_trace()

    def listener() -> None:
        trace.append("x")
        emitter.emit("x")

    emitter.once("x", listener)
    assert emitter.emit("x") is True
    assert emitter.emit("x") is False
    assert trace == ["x"]


def test_once_can_be_removed_by_the_function_given() -> None:
    emitter, trace = emitter_and_trace()
    emitter.once("x", trace.append)
    emitter.off("x", trace.append)
    emitter.emit("x", 1)
    assert trace == []


@pytest.mark.parametrize("bad", [None, 5, "x"])
@pytest.mark.parametrize("method", ["on", "once", "add_listener", "prepend_listener", "prepend_once_listener", "off"])
def test_a_listener_that_is_no_function_is_refused(method: str, bad: Any) -> None:
    with pytest.raises(ERR_INVALID_ARG_TYPE, match='"listener" argument must be of type function') as caught:
        getattr(EventEmitter(), method)("x", bad)
    if bad is None:
        assert str(caught.value).endswith("Received null")  # what is not given at all makes a decorator


def test_on_and_once_are_decorators_too() -> None:
    emitter, trace = emitter_and_trace()

    @emitter.on("x")
    def on_x(value: int) -> None:
        trace.append(("on", value))

    @emitter.once("x")
    def once_x(value: int) -> None:
        trace.append(("once", value))

    @emitter.listens_to("x")
    def listens(value: int) -> None:
        trace.append(("listens", value))

    assert callable(on_x) and callable(once_x) and callable(listens)
    emitter.emit("x", 1)
    emitter.emit("x", 2)
    assert trace == [("on", 1), ("once", 1), ("listens", 1), ("on", 2), ("listens", 2)]
    assert emitter.listeners("x") == [on_x, listens]


# --- while emitting ---


def test_a_listener_added_while_emitting_is_called_the_next_time() -> None:
    emitter, trace = emitter_and_trace()
    emitter.on("x", lambda: emitter.on("x", lambda: trace.append("late")))
    emitter.emit("x")
    assert trace == []
    emitter.emit("x")
    assert trace == ["late"]


def test_a_listener_removed_while_emitting_is_still_called_this_time() -> None:
    emitter, trace = emitter_and_trace()

    def second() -> None:
        trace.append("second")

    emitter.on("x", lambda: emitter.remove_listener("x", second))
    emitter.on("x", second)
    emitter.emit("x")
    emitter.emit("x")
    assert trace == ["second"]


def test_an_exception_of_a_listener_comes_out_and_the_rest_are_not_called() -> None:
    emitter, trace = emitter_and_trace()

    def fail() -> None:
        raise ValueError("x")

    emitter.on("x", fail).on("x", lambda: trace.append("after"))
    with pytest.raises(ValueError, match="x"):
        emitter.emit("x")
    assert trace == []


# --- removing ---


def test_of_equal_listeners_the_one_added_last_is_removed() -> None:
    emitter, trace = emitter_and_trace()

    def twice() -> None:
        trace.append("twice")

    emitter.on("x", twice).on("x", lambda: trace.append("between")).on("x", twice)
    emitter.remove_listener("x", twice)
    emitter.emit("x")
    assert trace == ["twice", "between"]


def test_a_bound_method_is_removed_though_each_access_makes_a_new_one() -> None:
    class Listening:
        def listen(self) -> None:
            raise AssertionError

    emitter, listening = EventEmitter(), Listening()
    emitter.on("x", listening.listen).once("x", listening.listen)
    emitter.off("x", listening.listen).off("x", listening.listen)
    assert emitter.emit("x") is False


def test_removing_what_is_not_there_does_nothing() -> None:
    emitter = EventEmitter()
    assert emitter.off("x", print) is emitter
    assert emitter.remove_all_listeners("x") is emitter
    assert emitter.event_names() == []


def test_remove_all_listeners_of_one_event_leaves_the_others() -> None:
    emitter = EventEmitter()
    emitter.on("x", print).on("y", print)
    emitter.remove_all_listeners("x")
    assert emitter.event_names() == ["y"]
    emitter.remove_all_listeners()
    assert emitter.event_names() == []


# --- the events about listeners ---


def test_new_listener_is_emitted_before_and_remove_listener_after() -> None:
    emitter, trace = emitter_and_trace()

    def listener() -> None:
        pass

    emitter.on("newListener", lambda name, fn: trace.append(("new", name, fn, emitter.listener_count("x"))))
    emitter.on("removeListener", lambda name, fn: trace.append(("removed", name, fn, emitter.listener_count("x"))))
    trace.clear()
    emitter.on("x", listener)
    emitter.once("x", listener)
    emitter.off("x", listener)
    emitter.remove_all_listeners("x")
    assert trace == [
        ("new", "x", listener, 0),
        ("new", "x", listener, 1),
        ("removed", "x", listener, 1),
        ("removed", "x", listener, 0),
    ]


def test_remove_all_listeners_tells_of_each_last_first_and_of_itself_not() -> None:
    emitter, trace = emitter_and_trace()
    first, second = (lambda: None), (lambda: None)
    emitter.on("x", first).on("x", second).on("y", first)
    emitter.on("removeListener", lambda name, fn: trace.append((name, fn)))
    emitter.remove_all_listeners()
    assert trace == [("x", second), ("x", first), ("y", first)]
    assert emitter.event_names() == []


Listener = Callable[..., Any]
Change = Callable[[EventEmitter, Mapping[str, Listener]], object]


def while_all_are_removed(names: str, change: Change) -> tuple[str, str, str]:
    """Remove all listeners of x, called `names`, with `change` at the first of them.

    Which were told of, which are left, and what was raised.
    """
    emitter, told = EventEmitter(), []
    listeners: dict[str, Listener] = {name: partial(str, name) for name in "abcdef"}
    for name in names:
        emitter.on("x", listeners[name])

    def removed(event: str, listener: Listener) -> None:
        told.append(listener() if event == "x" else "-")
        if len(told) == 1:
            change(emitter, listeners)

    emitter.on("removeListener", removed)
    raised = ""
    try:
        emitter.remove_all_listeners("x")
    except TypeError as error:
        raised = str(error)
    return "".join(told), "".join(listener() for listener in emitter.listeners("x")), raised


NO_LISTENER = 'The "listener" argument must be of type function. Received undefined'


@pytest.mark.parametrize(
    ("names", "change", "seen"),
    [
        ("abcd", lambda e, f: e.prepend_listener("x", f["e"]), ("dbae", "c", "")),
        ("abcd", lambda e, f: e.on("x", f["e"]), ("dcba", "e", "")),
        ("ab", lambda e, f: e.prepend_listener("x", f["e"]), ("ba", "e", "")),
        ("ab", lambda e, f: e.on("x", f["a"]), ("ba", "a", "")),
        ("abb", lambda e, f: e.off("x", f["b"]).prepend_listener("x", f["e"]), ("bb", "ea", NO_LISTENER)),
        ("abcd", lambda e, f: e.off("x", f["a"]), ("da", "bc", NO_LISTENER)),
        ("abcd", lambda e, f: e.remove_all_listeners("x"), ("dcba", "", NO_LISTENER)),
        ("abcd", lambda e, f: e.remove_all_listeners("removeListener"), ("d", "", "")),
        (
            "abcd",
            lambda e, f: (e.remove_all_listeners("removeListener"), e.remove_all_listeners("x"), e.on("x", f["e"])),
            ("d", "e", ""),
        ),
        ("abcd", lambda e, f: e.remove_all_listeners().on("x", f["e"]), ("dcba", "e", NO_LISTENER)),
    ],
)
def test_remove_all_listeners_goes_by_places_when_listeners_change_meanwhile(
    names: str, change: Change, seen: tuple[str, str, str]
) -> None:
    """Found by running the same in Node."""
    assert while_all_are_removed(names, change) == seen


def test_a_remove_listener_listener_that_raises_ends_remove_all_listeners_and_the_next_starts_anew() -> None:
    emitter = EventEmitter()
    first, second, third = (lambda: None), (lambda: None), (lambda: None)
    emitter.on("x", first).on("x", second).on("x", third)

    def fail() -> None:
        raise ValueError

    emitter.once("removeListener", fail)
    with pytest.raises(ValueError):
        emitter.remove_all_listeners("x")
    assert emitter.listeners("x") == [first, second]
    emitter.on("removeListener", lambda: None)
    assert emitter.remove_all_listeners("x").event_names() == ["removeListener"]


def test_a_listener_added_by_new_listener_comes_before_the_one_it_tells_of() -> None:
    emitter, trace = emitter_and_trace()

    def on_new(name: str, _listener: Any) -> None:
        if name == "x":
            emitter.off("newListener", on_new)
            emitter.on("x", lambda: trace.append("first"))

    emitter.on("newListener", on_new)
    emitter.on("x", lambda: trace.append("second"))
    emitter.emit("x")
    assert trace == ["first", "second"]


def test_remove_listener_is_told_of_the_wrapper_of_once_unless_it_was_the_only_one() -> None:
    emitter, trace = emitter_and_trace()

    def listener() -> None:
        pass

    emitter.on("removeListener", lambda name, fn: trace.append(fn))
    emitter.once("x", listener).emit("x")
    emitter.once("x", listener).on("x", print).emit("x")
    assert trace[0] is listener
    assert trace[1].listener is listener


# --- errors ---


def test_an_error_without_listener_is_raised_as_itself() -> None:
    error = ValueError("x")
    with pytest.raises(ValueError, match="x") as caught:
        EventEmitter().emit("error", error)
    assert caught.value is error


@pytest.mark.parametrize(
    ("value", "message"),
    [(None, "Unhandled error. (undefined)"), ("boo", "Unhandled error. ('boo')"), ({"a": 1}, None)],
)
def test_what_is_no_error_is_raised_inside_one(value: Any, message: str | None) -> None:
    with pytest.raises(ERR_UNHANDLED_ERROR) as caught:
        EventEmitter().emit("error", value)
    assert caught.value.context is value
    assert message is None or str(caught.value) == message


def test_an_error_monitor_sees_the_error_first_and_does_not_handle_it() -> None:
    emitter, trace = emitter_and_trace()
    emitter.on(error_monitor, lambda error: trace.append(("monitor", error)))
    with pytest.raises(ERR_UNHANDLED_ERROR):
        emitter.emit("error", 1)
    emitter.on("error", lambda error: trace.append(("error", error)))
    emitter.emit("error", 2)
    assert trace == [("monitor", 1), ("monitor", 2), ("error", 2)]


# --- looking ---


def test_listeners_are_shown_as_given_and_raw_with_their_wrappers() -> None:
    emitter = EventEmitter()

    def listener() -> None:
        pass

    emitter.on("x", listener).once("x", listener)
    assert emitter.listeners("x") == [listener, listener]
    plain, wrapper = emitter.raw_listeners("x")
    assert plain is listener
    assert wrapper.listener is listener
    wrapper()
    assert emitter.listener_count("x") == 1
    assert emitter.listener_count("x", listener) == 1
    assert emitter.listener_count("y") == 0
    emitter.listeners("x").clear()
    assert emitter.listener_count("x") == 1


def test_names_of_events_come_in_order_with_symbols_last() -> None:
    emitter, symbol = EventEmitter(), Symbol("s")
    emitter.on(symbol, print).on("b", print).on("a", print)
    assert emitter.event_names() == ["b", "a", symbol]
    assert repr(symbol) == "Symbol(s)"


def test_names_that_a_class_puts_first_come_first() -> None:
    class Stream(EventEmitter):
        _event_order = ("close", "error", "data")

    assert Stream().on("x", print).on("data", print).on("close", print).event_names() == ["close", "data", "x"]


def test_programs_that_look_at_the_table_find_what_node_has_there() -> None:
    emitter = EventEmitter()
    assert dict(emitter._events) == {}

    def listener() -> None:
        pass

    emitter.on("x", listener)
    assert emitter._events == {"x": listener}
    emitter.on("x", print)
    assert emitter._events == {"x": [listener, print]}
    emitter._events = None
    assert emitter.listener_count("x") == 0
    emitter._events = {"x": print, "y": [listener, print]}
    assert emitter.listeners("x") == [print]
    assert emitter.listeners("y") == [listener, print]


def test_functions_of_the_module_look_too() -> None:
    emitter = EventEmitter().on("x", print)
    assert events.get_event_listeners(emitter, "x") == [print]
    assert events.listener_count(emitter, "x") == 1
    assert events.get_max_listeners(emitter) == 10
    events.set_max_listeners(5, emitter)
    assert emitter.get_max_listeners() == 5


# --- the maximum ---


def test_the_eleventh_listener_warns_once_in_nodes_words() -> None:
    emitter = EventEmitter()
    for _ in range(10):
        emitter.on("x", print)
    with pytest.warns(MaxListenersExceededWarning) as caught:
        emitter.on("x", print)
        emitter.on("x", print)
    assert len(caught) == 1
    warning = caught[0].message
    assert str(warning) == (
        "Possible EventEmitter memory leak detected. 11 x listeners added to [EventEmitter]. MaxListeners is 10. "
        "Use emitter.setMaxListeners() to increase limit"
    )
    assert isinstance(warning, MaxListenersExceededWarning)
    assert (warning.emitter, warning.type, warning.count) == (emitter, "x", 11)


def test_the_warning_points_at_the_line_that_added_the_listener() -> None:
    emitter = EventEmitter().set_max_listeners(1).on("x", print)
    for method in ("on", "once", "prepend_listener", "addListener"):
        emitter.remove_all_listeners()
        emitter.on("x", print)
        with pytest.warns(MaxListenersExceededWarning) as caught:
            getattr(emitter, method)("x", print)
        assert caught[0].filename == __file__, method


def test_the_warning_comes_again_after_all_listeners_were_removed() -> None:
    emitter = EventEmitter().set_max_listeners(1)
    for _ in range(2):
        emitter.on("x", print)
        with pytest.warns(MaxListenersExceededWarning):
            emitter.on("x", print)
        emitter.remove_all_listeners("x")


def test_the_warning_comes_again_after_all_but_one_were_removed() -> None:
    emitter = EventEmitter().set_max_listeners(1).on("x", print)
    for _ in range(2):
        with pytest.warns(MaxListenersExceededWarning):
            emitter.on("x", print)
        emitter.off("x", print)


@pytest.mark.parametrize(("event", "shown"), [(None, "null"), (Symbol("s"), "Symbol(s)"), (1, "1")])
def test_the_warning_shows_events_that_are_no_strings_as_node_does(event: Any, shown: str) -> None:
    emitter = EventEmitter().set_max_listeners(1).on(event, print)
    with pytest.warns(MaxListenersExceededWarning, match=rf"\. 2 {re.escape(shown)} listeners added") as caught:
        emitter.on(event, print)
    assert caught[0].message.type is event  # type: ignore[union-attr]


@pytest.mark.parametrize("maximum", [0, float("inf")])
def test_zero_and_infinity_mean_any_number(maximum: float) -> None:
    emitter = EventEmitter().set_max_listeners(maximum)
    for _ in range(100):
        emitter.on("x", print)
    assert emitter.get_max_listeners() == maximum


@pytest.fixture
def _default_restored() -> Iterator[None]:
    before = EventEmitter.default_max_listeners
    yield
    EventEmitter.default_max_listeners = before


@pytest.mark.usefixtures("_default_restored")
def test_the_default_maximum_is_one_for_all() -> None:
    emitter = EventEmitter()
    events.set_max_listeners(2)
    assert emitter.get_max_listeners() == EventEmitter().defaultMaxListeners == 2
    emitter.set_max_listeners(3)
    assert emitter.get_max_listeners() == 3


@pytest.mark.usefixtures("_default_restored")
@pytest.mark.parametrize("name", ["default_max_listeners", "defaultMaxListeners"])
def test_the_default_maximum_is_a_setting_of_the_module_too(name: str) -> None:
    setattr(events, name, 4)
    assert events.default_max_listeners == events.defaultMaxListeners == EventEmitter.default_max_listeners == 4
    EventEmitter.default_max_listeners = 5
    assert getattr(events, name) == EventEmitter().get_max_listeners() == 5
    with pytest.raises(ERR_OUT_OF_RANGE, match=r'"defaultMaxListeners" .* It must be >= 0\. Received -1'):
        setattr(events, name, -1)
    with pytest.raises(ERR_INVALID_ARG_TYPE, match='"defaultMaxListeners" argument must be of type number'):
        setattr(events, name, "5")
    assert EventEmitter.default_max_listeners == 5


def test_a_maximum_can_only_be_set_for_emitters_and_event_targets() -> None:
    with pytest.raises(ERR_INVALID_ARG_TYPE, match='"eventTargets" argument must be an instance of EventEmitter or'):
        events.set_max_listeners(5, "emitter")


@pytest.mark.parametrize(("bad", "error"), [(-1, ERR_OUT_OF_RANGE), (float("nan"), ERR_OUT_OF_RANGE)])
def test_a_maximum_out_of_range_is_refused(bad: float, error: type[Exception]) -> None:
    with pytest.raises(error, match=r'"setMaxListeners" is out of range\. It must be >= 0\. Received'):
        EventEmitter().set_max_listeners(bad)
    with pytest.raises(ERR_INVALID_ARG_TYPE):
        EventEmitter().set_max_listeners("1")  # type: ignore[arg-type]


def test_the_warning_reaches_process_too() -> None:
    seen = []

    def main() -> None:
        process.process.once("warning", seen.append)
        with pytest.warns(MaxListenersExceededWarning):
            EventEmitter().set_max_listeners(1).on("x", print).on("x", print)
        assert seen == []

    run(main)
    assert [type(warning) for warning in seen] == [MaxListenersExceededWarning]


async def test_a_program_without_a_loop_is_warned_as_well() -> None:
    with pytest.warns(MaxListenersExceededWarning):
        EventEmitter().set_max_listeners(1).on("x", print).on("x", print)


# --- async listeners ---


async def test_async_listeners_run_as_tasks_in_order() -> None:
    emitter, trace = emitter_and_trace()

    async def slow(name: str) -> None:
        trace.append(f"begin {name}")
        await trio.sleep(0)
        trace.append(f"end {name}")

    async with open_loop():
        emitter.on("x", lambda: slow("a"))
        emitter.on("x", lambda: slow("b"))
        assert emitter.emit("x") is True
        assert trace == []
    assert trace.index("begin a") < trace.index("begin b")
    assert sorted(trace) == ["begin a", "begin b", "end a", "end b"]


async def fail(*_: Any) -> None:
    raise ValueError("async")


def test_the_failure_of_an_async_listener_is_an_unhandled_rejection() -> None:
    seen = []

    def main() -> None:
        process.process.once("unhandledRejection", lambda error, promise: seen.append(error))
        EventEmitter().on("x", fail).emit("x")

    run(main)
    assert [str(error) for error in seen] == ["async"]


def test_a_failure_that_nobody_takes_comes_out_of_run() -> None:
    with pytest.raises(ValueError, match="async"):
        run(lambda: EventEmitter().on("x", fail).emit("x"))


def test_a_captured_failure_goes_to_error() -> None:
    trace = []

    def main() -> None:
        emitter = EventEmitter(capture_rejections=True)
        emitter.on("x", fail)
        emitter.on("error", trace.append)
        emitter.emit("x")

    run(main)
    assert [str(error) for error in trace] == ["async"]


def test_a_captured_failure_goes_to_capture_rejection_if_the_class_has_it() -> None:
    trace = []

    class Capturing(EventEmitter):
        def capture_rejection(self, error: Exception, event: str, *args: Any) -> None:
            trace.append((str(error), event, args))

    run(lambda: Capturing(capture_rejections=True).on("x", fail).emit("x", 1, 2))
    assert trace == [("async", "x", (1, 2))]


def test_the_failure_of_an_async_error_listener_is_not_captured_again() -> None:
    def main() -> None:
        emitter = EventEmitter(capture_rejections=True)
        emitter.on("x", fail).on("error", fail)
        emitter.emit("x")

    with pytest.raises(ValueError, match="async"):
        run(main)


async def test_a_failure_of_an_async_capture_rejection_is_unhandled() -> None:
    class Capturing(EventEmitter):
        async def capture_rejection(self, error: Exception, event: str, *args: Any) -> None:
            raise LookupError("from capture_rejection") from error

    with pytest.raises(LookupError, match="from capture_rejection"):
        async with open_loop():
            Capturing(capture_rejections=True).on("x", fail).emit("x")


@pytest.fixture
def _capture_restored() -> Iterator[None]:
    yield
    events.capture_rejections = False


@pytest.mark.usefixtures("_capture_restored")
@pytest.mark.parametrize("name", ["capture_rejections", "captureRejections"])
def test_rejections_can_be_captured_in_all_emitters_made_from_now_on(name: str) -> None:
    trace: list[Any] = []

    def main() -> None:
        before = EventEmitter()
        setattr(events, name, True)
        assert events.capture_rejections is events.captureRejections is True
        EventEmitter().on("x", fail).on("error", lambda error: trace.append(("captured", str(error)))).emit("x")
        before.on("x", fail).on("error", trace.append).emit("x")

    process.process.on("unhandledRejection", unhandled := lambda error, _: trace.append(("unhandled", str(error))))
    try:
        run(main)
    finally:
        process.process.off("unhandledRejection", unhandled)
    assert sorted(trace) == [("captured", "async"), ("unhandled", "async")]


@pytest.mark.usefixtures("_capture_restored")
def test_false_does_not_undo_that_rejections_are_captured_in_all_emitters() -> None:
    events.capture_rejections = True
    trace: list[Any] = []
    run(lambda: EventEmitter(capture_rejections=False).on("x", fail).on("error", trace.append).emit("x"))
    assert [str(error) for error in trace] == ["async"]


def test_what_is_done_with_rejections_must_be_said_by_a_boolean() -> None:
    with pytest.raises(ERR_INVALID_ARG_TYPE, match=r'"EventEmitter\.captureRejections" property must be of type bool'):
        events.capture_rejections = 1  # type: ignore[assignment]
    bad: Any
    for bad in ("yes", 1, [], {}):
        with pytest.raises(ERR_INVALID_ARG_TYPE, match=r'"options\.captureRejections" property must be of type bool'):
            EventEmitter({"captureRejections": bad})
    assert isinstance(EventEmitter("what is no mapping has no options"), EventEmitter)  # type: ignore[arg-type]


# --- once() ---


async def test_once_gives_the_arguments_and_leaves_no_listener() -> None:
    async with open_loop():
        emitter = EventEmitter()
        set_immediate(emitter.emit, "x", 1, 2)
        assert await events.once(emitter, "x") == [1, 2]
        assert emitter.event_names() == []


async def test_once_raises_an_error_that_comes_before() -> None:
    async with open_loop():
        emitter, error = EventEmitter(), ValueError("before")
        set_immediate(emitter.emit, "error", error)
        with pytest.raises(ValueError, match="before"):
            await events.once(emitter, "x")
        assert emitter.event_names() == []
        set_immediate(emitter.emit, "error", error)
        assert await events.once(emitter, "error") == [error]


async def test_once_raises_what_is_emitted_as_error_inside_one_if_it_is_none() -> None:
    async with open_loop():
        emitter = EventEmitter()
        set_immediate(emitter.emit, "error", 5)
        with pytest.raises(ERR_UNHANDLED_ERROR) as caught:
            await events.once(emitter, "x")
        assert caught.value.context == 5


async def test_once_ends_with_an_abort_error_when_the_signal_says_so_and_leaves_no_listener() -> None:
    async with open_loop():
        emitter, controller = EventEmitter(), AbortController()
        promise = events.once(emitter, "x", signal=controller.signal)
        assert emitter.event_names() == ["x", "error"]
        assert events.listener_count(controller.signal, "abort") == 1
        reason = LookupError("enough")
        set_immediate(controller.abort, reason)
        with pytest.raises(AbortError) as caught:
            await promise
        assert caught.value.__cause__ is reason
        assert emitter.event_names() == []
        assert events.listener_count(controller.signal, "abort") == 0


@pytest.mark.parametrize("event", ["x", "error"])
async def test_once_lets_go_of_the_signal_when_it_is_over(event: str) -> None:
    async with open_loop():
        emitter, controller = EventEmitter(), AbortController()
        promise = events.once(emitter, "x", {"signal": controller.signal})
        emitter.emit(event, ValueError("x"))
        assert events.listener_count(controller.signal, "abort") == 0
        controller.abort()
        if event == "x":
            assert len(await promise) == 1
        else:
            with pytest.raises(ValueError, match="x"):
                await promise


async def test_once_with_a_signal_that_was_aborted_adds_no_listener() -> None:
    async with open_loop():
        emitter = EventEmitter()
        promise = events.once(emitter, "x", signal=AbortSignal.abort("why"))
        assert emitter.event_names() == []
        with pytest.raises(AbortError) as caught:
            await promise
        assert caught.value.cause == "why"


async def test_once_waits_for_event_targets_even_if_others_stop_the_event() -> None:
    async with open_loop():
        target, event = EventTarget(), Event("x")
        target.add_event_listener("x", lambda event: event.stop_immediate_propagation())
        promise = events.once(target, "x")
        target.dispatch_event(Event("error"))
        target.dispatch_event(event)
        assert await promise == [event]
        assert events.listener_count(target, "x") == 1


@pytest.mark.parametrize("bad", [1, "x", (), [], lambda: None, Symbol("s"), False])
async def test_once_refuses_options_that_are_no_mapping_when_it_is_awaited(bad: Any) -> None:
    async with open_loop():
        promise = events.once(EventEmitter(), "x", bad)
        with pytest.raises(ERR_INVALID_ARG_TYPE, match='"options" argument must be of type object'):
            await promise


@pytest.mark.parametrize("bad", [1, "x", {}, object(), AbortController])
async def test_once_refuses_what_is_no_signal(bad: Any) -> None:
    async with open_loop():
        with pytest.raises(ERR_INVALID_ARG_TYPE, match=r'"options\.signal" property must be an instance of Abort'):
            await events.once(EventEmitter(), "x", signal=bad)
        with pytest.raises(TypeError, match="unexpected keyword argument 'signals'"):
            await events.once(EventEmitter(), "x", signals=bad)


async def test_once_refuses_what_has_no_events() -> None:
    async with open_loop():
        with pytest.raises(ERR_INVALID_ARG_TYPE, match='"emitter" argument must be an instance of EventEmitter'):
            await events.once(AbortController(), "x")


async def test_what_is_an_emitter_and_an_event_target_is_an_emitter_to_once() -> None:
    class Both(EventEmitter):
        def add_event_listener(self, *_: Any) -> None:
            raise AssertionError

    async with open_loop():
        both = Both()
        set_immediate(both.emit, "x", 1)
        assert await events.once(both, "x") == [1]


async def test_once_that_is_not_awaited_yet_keeps_the_outcome() -> None:
    async with open_loop():
        emitter = EventEmitter()
        promise = events.once(emitter, "x")
        emitter.emit("x", 1)
        emitter.emit("x", 2)
        assert await promise == [1]


# --- pyee ---


def test_it_is_a_pyee_emitter_and_pyees_own_names_work() -> None:
    emitter, trace = emitter_and_trace()
    assert isinstance(emitter, pyee.EventEmitter)
    emitter.add_listener("x", trace.append)
    emitter.emit("x", 1)
    assert emitter.listeners("x") == [trace.append]
    assert emitter.event_names() == ["x"]
    emitter.remove_all_listeners("x")
    assert trace == [1]


def test_code_that_extends_pyee_emitters_finds_what_it_needs() -> None:
    class Mixed(EventEmitter):
        def __init__(self) -> None:
            super().__init__()
            self.on("x", self.seen)
            self.values: list[int] = []

        def seen(self, value: int) -> None:
            self.values.append(value)

    mixed = Mixed()
    mixed.emit("x", 1)
    assert mixed.values == [1]


def module_listener(*_: Any) -> None:
    pass


def test_an_emitter_can_be_pickled_and_copied() -> None:
    emitter = EventEmitter(capture_rejections=True).on("x", module_listener).set_max_listeners(3)
    for other in (pickle.loads(pickle.dumps(emitter)), copy.deepcopy(emitter)):
        assert other.listeners("x") == [module_listener]
        assert other.get_max_listeners() == 3
        other.off("x", module_listener)
    assert emitter.listener_count("x") == 1


def test_a_shallow_copy_shares_nothing_that_changes() -> None:
    emitter = EventEmitter().on("x", module_listener)
    other = copy.copy(emitter)
    other.off("x", module_listener)
    other.on("y", module_listener)
    assert emitter.event_names() == ["x"]


def test_symbols_equal_themselves_only_also_after_pickling() -> None:
    assert Symbol("x") != Symbol("x")
    emitter = EventEmitter().on(error_monitor, module_listener)
    assert pickle.loads(pickle.dumps(emitter)).listener_count(error_monitor) == 1


def test_an_emitter_that_is_dropped_is_freed_at_once() -> None:
    emitter = EventEmitter().on("x", module_listener).once("y", module_listener).remove_all_listeners()
    dropped = weakref.ref(emitter)
    gc.disable()
    try:
        del emitter
        assert dropped() is None
    finally:
        gc.enable()


def test_removing_everything_tells_of_symbols_last() -> None:
    emitter, seen = EventEmitter(), []
    emitter.on("removeListener", lambda event, listener: seen.append(event))
    symbol = Symbol("s")
    for event in ("x", symbol, "y"):
        emitter.on(event, seen.append)
    emitter.remove_all_listeners()
    assert seen == ["x", "y", symbol]


# --- what a listener of errorMonitor does to the listeners of error ---


def test_an_error_listener_that_the_monitor_adds_is_called() -> None:
    emitter, seen = EventEmitter(), []
    emitter.on(events.error_monitor, lambda error: emitter.on("error", seen.append))
    emitter.emit("error", "text")
    assert seen == ["text"]


def test_an_error_listener_that_the_monitor_removes_is_not_called() -> None:
    emitter, seen = EventEmitter(), []
    emitter.on("error", seen.append)
    emitter.on(events.error_monitor, lambda error: emitter.off("error", seen.append))
    with pytest.raises(ERR_UNHANDLED_ERROR):
        emitter.emit("error", "text")
    assert seen == []


def test_the_monitor_cannot_take_back_an_error_by_removing_everything() -> None:
    emitter, seen = EventEmitter(), []
    emitter.on("error", seen.append)
    emitter.on(events.error_monitor, lambda error: emitter.remove_all_listeners())
    assert emitter.emit("error", "text") is True
    assert (seen, emitter.event_names()) == (["text"], [])
