"""`EventTarget`, `Event` and `CustomEvent`."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest

from nodestream import EventEmitter, events, process, run
from nodestream.abort import AbortController, AbortSignal
from nodestream.errors import ERR_EVENT_RECURSION, ERR_INVALID_ARG_TYPE
from nodestream.events import CustomEvent, Event, EventTarget, MaxListenersExceededWarning, Symbol


def target_and_trace() -> tuple[EventTarget, list[Any]]:
    return EventTarget(), []


# --- events ---


def test_an_event_is_what_was_said_of_it() -> None:
    event = Event("x")
    assert (event.type, event.bubbles, event.cancelable, event.composed) == ("x", False, False, False)
    event = Event("x", {"cancelable": 1}, bubbles=True, composed=True)
    assert (event.bubbles, event.cancelable, event.composed) == (True, True, True)
    assert (event.target, event.current_target, event.src_element) == (None, None, None)
    assert (event.event_phase, event.composed_path(), event.is_trusted) == (Event.NONE, [], False)
    assert Event("x").time_stamp >= event.time_stamp > 0
    assert repr(event) == "<Event 'x'>"


@pytest.mark.parametrize(("given", "name"), [(1, "1"), (False, "false"), (None, "null")])
def test_the_type_of_an_event_is_a_string(given: Any, name: str) -> None:
    assert Event(given).type == name


def test_a_symbol_is_no_type_of_an_event() -> None:
    with pytest.raises(TypeError):
        Event(Symbol("x"))  # type: ignore[arg-type]
    with pytest.raises(ERR_INVALID_ARG_TYPE.__mro__[1], match="cannot be converted to a string"):
        EventTarget().add_event_listener(Symbol("x"), print)  # type: ignore[arg-type]


@pytest.mark.parametrize("bad", ["foo", 1, False])
@pytest.mark.parametrize("cls", [Event, CustomEvent])
def test_options_of_an_event_must_be_a_mapping(cls: type[Event], bad: Any) -> None:
    with pytest.raises(ERR_INVALID_ARG_TYPE, match='"options" argument must be of type object'):
        cls("x", bad)


def test_an_unknown_option_of_an_event_is_refused_as_a_keyword_only() -> None:
    assert Event("x", {"detail": 1}).type == "x"
    with pytest.raises(TypeError, match="detail"):
        Event("x", detail=1)


def test_a_custom_event_carries_something() -> None:
    detail = object()
    assert CustomEvent("x", detail=detail).detail is detail
    assert CustomEvent("x", {"detail": 0, "cancelable": True}).detail == 0
    assert CustomEvent("x").detail is None
    assert repr(CustomEvent("x")) == "<CustomEvent 'x'>"


def test_the_default_is_prevented_only_if_the_event_is_cancelable() -> None:
    event = Event("x")
    event.prevent_default()
    assert (event.default_prevented, event.return_value) == (False, True)
    event = Event("x", cancelable=True)
    event.return_value = True
    assert event.default_prevented is False
    event.return_value = False
    assert (event.default_prevented, event.return_value) == (True, False)


def test_stopping_shows_in_cancel_bubble() -> None:
    for stop in (Event.stop_propagation, Event.stop_immediate_propagation):
        event = Event("x")
        event.cancel_bubble = False
        assert event.cancel_bubble is False
        stop(event)
        assert event.cancel_bubble is True
    event = Event("x")
    event.cancel_bubble = True
    event.cancel_bubble = False
    assert event.cancel_bubble is True


def test_an_event_can_be_made_another_unless_it_is_dispatched() -> None:
    target, event = EventTarget(), Event("x")
    target.add_event_listener("x", lambda event: event.init_event("y", True, True))
    target.dispatch_event(event)
    assert (event.type, event.bubbles) == ("x", False)
    event.init_event("y", True, True)
    assert (event.type, event.bubbles, event.cancelable) == ("y", True, True)


# --- dispatching ---


def test_listeners_are_called_in_order_with_the_event() -> None:
    target, trace = target_and_trace()
    event = Event("x")
    target.add_event_listener("x", lambda given: trace.append(("first", given)))
    target.add_event_listener("y", trace.append)
    target.add_event_listener("x", lambda: trace.append("second"))
    assert target.dispatch_event(event) is True
    assert trace == [("first", event), "second"]


def test_the_event_says_where_it_is_while_it_is_dispatched() -> None:
    target, trace = target_and_trace()

    def look(event: Event) -> None:
        assert event.target is event.current_target is event.src_element is target
        trace.append((event.event_phase, event.composed_path()))

    target.add_event_listener("x", look)
    event = Event("x")
    target.dispatch_event(event)
    assert trace == [(Event.AT_TARGET, [target])]
    assert (event.target, event.current_target, event.event_phase) == (target, None, Event.NONE)
    assert event.composed_path() == []


def test_dispatching_is_false_when_the_default_was_prevented() -> None:
    target = EventTarget()
    target.add_event_listener("x", Event.prevent_default)
    assert target.dispatch_event(Event("x")) is True
    assert target.dispatch_event(Event("x", cancelable=True)) is False


def test_a_passive_listener_cannot_prevent_the_default() -> None:
    target = EventTarget()
    target.add_event_listener("x", Event.prevent_default, passive=True)
    assert target.dispatch_event(Event("x", cancelable=True)) is True


def test_an_object_with_handle_event_is_a_listener_though_it_gets_it_later() -> None:
    target, trace = target_and_trace()

    class Listener:
        pass

    listener: Any = Listener()
    target.add_event_listener("x", listener)
    target.dispatch_event(Event("x"))
    listener.handle_event = trace.append
    target.dispatch_event(event := Event("x"))
    del listener.handle_event
    listener.handleEvent = lambda event: trace.append("camel")
    target.dispatch_event(Event("x"))
    target.remove_event_listener("x", listener)
    target.dispatch_event(Event("x"))
    assert trace == [event, "camel"]


def test_a_once_listener_is_called_once_even_if_it_dispatches() -> None:
    target, trace = target_and_trace()

    def listener() -> None:
        trace.append("x")
        target.dispatch_event(Event("x"))

    target.add_event_listener("x", listener, once=True)
    target.dispatch_event(Event("x"))
    assert trace == ["x"]


def test_stop_immediate_propagation_leaves_the_rest_out_and_stop_propagation_does_not() -> None:
    target, trace = target_and_trace()
    target.add_event_listener("x", Event.stop_propagation)
    target.add_event_listener("x", lambda event: (trace.append("called"), event.stop_immediate_propagation()))
    target.add_event_listener("x", lambda: trace.append("not called"))
    target.dispatch_event(event := Event("x"))
    target.dispatch_event(event)
    assert trace == ["called"]


def test_an_event_cannot_be_dispatched_while_it_is() -> None:
    target, other, trace = EventTarget(), EventTarget(), []

    def again(event: Event) -> None:
        with pytest.raises(ERR_EVENT_RECURSION) as caught:
            other.dispatch_event(event)
        trace.append(str(caught.value))

    target.add_event_listener("x", again)
    event = Event("x")
    target.dispatch_event(event)
    assert trace == ['The event "x" is already being dispatched']
    other.dispatch_event(event)
    assert event.target is other


@pytest.mark.parametrize("bad", ["foo", {"type": "x"}, None, 1, False])
def test_what_is_no_event_cannot_be_dispatched(bad: Any) -> None:
    with pytest.raises(ERR_INVALID_ARG_TYPE, match='"event" argument must be an instance of Event'):
        EventTarget().dispatch_event(bad)


# --- adding and removing ---


def test_a_listener_is_there_once_for_each_capture() -> None:
    target, trace = target_and_trace()

    def listener() -> None:
        trace.append("x")

    for options in (None, False, {}, {"once": True}, True, {"capture": True}):
        target.add_event_listener("x", listener, options)
    assert events.get_event_listeners(target, "x") == [listener, listener]
    target.remove_event_listener("x", listener)
    assert events.listener_count(target, "x") == 1
    target.remove_event_listener("x", listener, True)  # of no effect, as in Node
    assert events.listener_count(target, "x") == 1
    target.remove_event_listener("x", listener, {"capture": True})
    assert events.listener_count(target, "x") == 0
    target.dispatch_event(Event("x"))
    assert trace == []


def test_a_bound_method_is_one_listener_though_each_access_makes_a_new_one() -> None:
    class Listening:
        def listen(self) -> None:
            raise AssertionError

    target, listening = EventTarget(), Listening()
    target.add_event_listener("x", listening.listen)
    target.add_event_listener("x", listening.listen)
    assert events.listener_count(target, "x") == 1
    target.remove_event_listener("x", listening.listen)
    target.dispatch_event(Event("x"))


def test_a_listener_removed_meanwhile_is_not_called_and_one_added_is() -> None:
    target, trace = target_and_trace()

    def third() -> None:
        trace.append("third")

    def first() -> None:
        trace.append("first")
        target.add_event_listener("x", lambda: trace.append("added"))

    target.add_event_listener("x", first, once=True)
    target.add_event_listener("x", lambda: (trace.append("second"), target.remove_event_listener("x", third)))
    target.add_event_listener("x", third)
    target.dispatch_event(Event("x"))
    target.dispatch_event(Event("x"))
    assert trace == ["first", "second", "added", "second", "added"]


def test_a_listener_added_by_the_last_one_waits_for_the_next_event() -> None:
    target, trace = target_and_trace()
    target.add_event_listener("x", lambda: target.add_event_listener("x", lambda: trace.append("added")), once=True)
    target.dispatch_event(Event("x"))
    assert trace == []
    target.dispatch_event(Event("x"))
    assert trace == ["added"]


def test_listeners_in_the_middle_and_at_the_end_can_be_removed() -> None:
    target, trace = target_and_trace()
    listeners = [lambda _event, name=name: trace.append(name) for name in "abcd"]
    for listener in listeners:
        target.add_event_listener("x", listener)
    for index in (1, 3, 0):
        target.remove_event_listener("x", listeners[index])
    target.add_event_listener("x", listeners[0])
    target.dispatch_event(Event("x"))
    assert trace == ["c", "a"]


@pytest.mark.parametrize("bad", ["foo", 1, False, b"x", Symbol("x")])
@pytest.mark.parametrize("method", ["add_event_listener", "removeEventListener"])
def test_what_is_no_listener_is_refused(method: str, bad: Any) -> None:
    with pytest.raises(ERR_INVALID_ARG_TYPE, match='"listener" argument must be an instance of EventListener'):
        getattr(EventTarget(), method)("x", bad)


def test_none_for_a_listener_is_warned_of_and_has_no_effect() -> None:
    target = EventTarget()
    with pytest.warns(Warning, match="addEventListener called with null which has no effect") as caught:
        target.add_event_listener("x", None)
    target.remove_event_listener("x", None)
    warning: Any = caught[0].message
    assert type(warning).__name__ == "AddEventListenerArgumentTypeWarning"
    assert (warning.target, warning.type) == (target, "x")
    assert events.listener_count(target, "x") == 0


@pytest.mark.parametrize("bad", [5, "capture", []])
def test_options_of_a_listener_must_be_a_mapping_or_a_boolean(bad: Any) -> None:
    with pytest.raises(ERR_INVALID_ARG_TYPE, match='"options" argument must be of type object'):
        EventTarget().add_event_listener("x", print, bad)


# --- failures ---


def test_failures_of_listeners_are_uncaught_exceptions_and_do_not_concern_the_others() -> None:
    seen: list[Any] = []

    class Handler:
        def handle_event(self, _event: Event) -> None:
            raise ValueError("object")

    async def asynchronous() -> None:
        raise ValueError("async")

    def plain() -> None:
        raise ValueError("plain")

    def main() -> None:
        target = EventTarget()
        for listener in (plain, Handler(), asynchronous, lambda: seen.append("last")):
            target.add_event_listener("x", listener)
        assert target.dispatch_event(Event("x")) is True
        assert seen == ["last"]

    process.process.on("uncaughtException", listener := lambda error, origin: seen.append((str(error), origin)))
    try:
        run(main)
    finally:
        process.process.off("uncaughtException", listener)
    assert seen == ["last", *((name, "uncaughtException") for name in ("plain", "object", "async"))]


def test_a_failure_that_nobody_takes_comes_out_of_run() -> None:
    def main() -> None:
        target = EventTarget()
        target.add_event_listener("x", lambda: {}["missing"])
        target.dispatch_event(Event("x"))

    with pytest.raises(KeyError, match="missing"):
        run(main)


# --- signals ---


def test_a_signal_removes_the_listener() -> None:
    target, controller = EventTarget(), AbortController()
    target.add_event_listener("x", print, signal=controller.signal)
    controller.signal.add_event_listener("abort", Event.stop_immediate_propagation)
    controller.abort()
    assert events.listener_count(target, "x") == 0


def test_a_signal_removes_the_listener_also_if_another_one_stops_its_event() -> None:
    target, controller = EventTarget(), AbortController()
    controller.signal.add_event_listener("abort", Event.stop_immediate_propagation)
    target.add_event_listener("x", print, signal=controller.signal)
    controller.abort()
    assert events.listener_count(target, "x") == 0


def test_a_listener_whose_signal_was_aborted_is_not_added() -> None:
    target = EventTarget()
    target.add_event_listener("x", print, {"signal": AbortSignal.abort()})
    assert events.listener_count(target, "x") == 0


@pytest.mark.parametrize("once", [True, False])
def test_a_listener_that_was_removed_lets_go_of_its_signal(once: bool) -> None:
    target, controller = EventTarget(), AbortController()
    target.add_event_listener("x", bool, once=once, signal=controller.signal)
    assert events.listener_count(controller.signal, "abort") == 1
    target.dispatch_event(Event("x"))
    target.remove_event_listener("x", bool)
    assert events.listener_count(controller.signal, "abort") == 0


def test_a_signal_does_not_keep_the_target_alive() -> None:
    target, controller = EventTarget(), AbortController()
    target.add_event_listener("x", lambda target=target: target, signal=controller.signal)
    dropped = weakref.ref(target)
    del target
    gc.collect()
    assert dropped() is None
    controller.abort()


@pytest.mark.parametrize("bad", [5, {}, "x"])
def test_what_is_no_signal_is_refused(bad: Any) -> None:
    with pytest.raises(ERR_INVALID_ARG_TYPE, match=r'"options\.signal" property must be an instance of AbortSignal'):
        EventTarget().add_event_listener("x", print, signal=bad)


# --- the maximum ---


def test_too_many_listeners_are_warned_of_once_for_each_target() -> None:
    class Sub(EventTarget):
        pass

    target = Sub()
    assert events.get_max_listeners(target) == EventEmitter.default_max_listeners == 10
    events.set_max_listeners(1, target)
    with pytest.warns(MaxListenersExceededWarning) as caught:
        for event in "xxxyy":
            target.add_event_listener(event, lambda: None)
    assert [str(each.message) for each in caught] == [
        "Possible EventTarget memory leak detected. 2 x listeners added to Sub. MaxListeners is 1. "
        "Use events.setMaxListeners() to increase limit"
    ]
    warning: Any = caught[0].message
    assert (warning.target, warning.emitter, warning.type, warning.count) == (target, None, "x", 2)


def test_signals_have_no_maximum_unless_it_is_set() -> None:
    signal = AbortController().signal
    assert events.get_max_listeners(signal) == 0
    for _ in range(30):
        signal.add_event_listener("abort", lambda: None)
    events.set_max_listeners(2, signal)
    with pytest.warns(MaxListenersExceededWarning, match=r"31 abort listeners added to \[AbortSignal\]"):
        signal.add_event_listener("abort", lambda: None)


@pytest.mark.parametrize("function", [events.get_max_listeners, lambda source: events.listener_count(source, "x")])
@pytest.mark.parametrize("bad", [{}, "x", None])
def test_functions_on_listeners_refuse_what_has_none(function: Any, bad: Any) -> None:
    with pytest.raises(ERR_INVALID_ARG_TYPE, match='"emitter" argument must be an instance of EventEmitter or'):
        function(bad)
    with pytest.raises(ERR_INVALID_ARG_TYPE, match='"emitter" argument'):
        events.get_event_listeners(bad, "x")
