"""Every rule of EventTarget, Event and CustomEvent."""

from typing import Any

import nodestream.events as events
import nodestream.process as process
from compliance._trace import Scenarios, Trace
from nodestream.abort import AbortController, AbortSignal
from nodestream.events import CustomEvent, Event, EventTarget
from nodestream.timers import set_immediate

scenarios = Scenarios()


def raise_(text: str) -> Any:
    raise Exception(text)


def show(t: Trace, event: Event) -> None:
    """Write down what an event says of itself."""
    t("event", event.type, event.bubbles, event.cancelable, event.composed, event.is_trusted, event.event_phase)
    t("state", event.default_prevented, event.return_value, event.cancel_bubble, len(event.composed_path()))


@scenarios
def an_event_is_what_was_said(t: Trace) -> None:
    show(t, Event("x"))
    show(t, Event("x", {"bubbles": True, "cancelable": 1, "composed": "yes"}))
    names: list[Any] = [1, False, None]
    t("types", *(Event(name).type for name in names))
    t("constants", Event.NONE, Event.CAPTURING_PHASE, Event.AT_TARGET, Event.BUBBLING_PHASE)
    t("nowhere", Event("x").target, Event("x").current_target, Event("x").src_element)


@scenarios
def options_of_an_event(t: Trace) -> None:
    bad: Any
    for bad in (5, "x", False):
        t.call("options", lambda bad=bad: Event("x", bad))
        t.call("custom", lambda bad=bad: CustomEvent("x", bad))


@scenarios
def a_custom_event_has_a_detail(t: Trace) -> None:
    event = CustomEvent("x", {"detail": {"a": 1}, "cancelable": True})
    show(t, event)
    t("detail", event.detail, CustomEvent("x").detail, CustomEvent("x", {"detail": 0}).detail)


@scenarios
def what_stops_shows(t: Trace) -> None:
    first, second, third = Event("x"), Event("x"), Event("x")
    first.stop_propagation()
    second.stop_immediate_propagation()
    third.cancel_bubble = True
    third.cancel_bubble = False
    t("stopped", first.cancel_bubble, second.cancel_bubble, third.cancel_bubble)
    event = Event("x", {"cancelable": True})
    event.return_value = True
    t("return value", event.return_value)
    event.return_value = False
    t("return value", event.return_value, event.default_prevented)


@scenarios
def init_event_makes_it_another(t: Trace) -> None:
    event = Event("x", {"cancelable": True})
    target = EventTarget()
    target.add_event_listener("x", lambda given: given.init_event("never"))
    target.dispatch_event(event)
    show(t, event)
    event.init_event("y", True)
    show(t, event)


@scenarios
def listeners_are_called_in_order(t: Trace) -> None:
    target = EventTarget()
    for name in ("first", "second", "third"):
        target.add_event_listener("x", lambda event, name=name: t(name, event.type))
    t("dispatch", target.dispatch_event(Event("x")), target.dispatch_event(Event("y")))


@scenarios
def the_event_says_where_it_is(t: Trace) -> None:
    target, event = EventTarget(), Event("x")

    def look(given: Event) -> None:
        t("same", given is event, given.target is target, given.current_target is target, given.src_element is target)
        show(t, given)

    target.add_event_listener("x", look)
    target.dispatch_event(event)
    show(t, event)
    t("after", event.target is target, event.current_target)


@scenarios
def a_default_can_be_prevented(t: Trace) -> None:
    target = EventTarget()
    target.add_event_listener("x", lambda event: event.prevent_default())
    target.add_event_listener("y", lambda event: event.prevent_default(), {"passive": True})
    for name in ("x", "y"):
        t(name, target.dispatch_event(Event(name, {"cancelable": True})), target.dispatch_event(Event(name)))


@scenarios
def a_listener_is_there_once_for_each_capture(t: Trace) -> None:
    target = EventTarget()

    def f(event: Event) -> None:
        t("f", event.type)

    options: list[Any] = [None, False, {}, {"once": True}, True, {"capture": True}]
    for each in options:
        target.add_event_listener("x", f, each)
    t("count", events.listener_count(target, "x"), events.get_event_listeners(target, "x")[0] is f)
    target.dispatch_event(Event("x"))
    for each in (None, True, {"capture": True}):
        target.remove_event_listener("x", f, each)
        t("count", events.listener_count(target, "x"))


@scenarios
def once_is_called_once(t: Trace) -> None:
    target = EventTarget()

    def f() -> None:
        t("f", events.listener_count(target, "x"))
        target.dispatch_event(Event("x"))

    target.add_event_listener("x", f, {"once": True})
    target.dispatch_event(Event("x"))


@scenarios
def objects_that_handle_events(t: Trace) -> None:
    class Handler:
        def handle_event(self, event: Event) -> None:
            t("handled", event.type)

    target, handler = EventTarget(), Handler()
    target.add_event_listener("x", handler)
    target.add_event_listener("x", object())
    target.dispatch_event(Event("x"))
    t("listener", events.get_event_listeners(target, "x")[0] is handler)
    target.remove_event_listener("x", handler)
    target.dispatch_event(Event("x"))


@scenarios
def listeners_that_come_and_go_meanwhile(t: Trace) -> None:
    target = EventTarget()

    def first() -> None:
        t("first")
        target.add_event_listener("x", lambda: t("added by first"), {"once": True})

    def second() -> None:
        t("second")
        target.remove_event_listener("x", third)

    def third() -> None:
        t("third")

    def last() -> None:
        t("last")
        target.add_event_listener("y", lambda: t("added by last"))

    target.add_event_listener("x", first)
    target.add_event_listener("x", second)
    target.add_event_listener("x", third)
    target.dispatch_event(Event("x"))
    target.dispatch_event(Event("x"))
    target.add_event_listener("y", last)
    target.dispatch_event(Event("y"))
    target.dispatch_event(Event("y"))


@scenarios
def removal_in_a_chain(t: Trace) -> None:
    target = EventTarget()
    listeners = [lambda event, name=name: t(name) for name in "abcd"]
    for listener in listeners:
        target.add_event_listener("x", listener)
    for index in (1, 3, 0):
        target.remove_event_listener("x", listeners[index])
    target.add_event_listener("x", listeners[0])
    target.dispatch_event(Event("x"))


@scenarios
def stopping_leaves_the_rest_out(t: Trace) -> None:
    target = EventTarget()
    target.add_event_listener("x", lambda event: t("first") or event.stop_propagation())
    target.add_event_listener("x", lambda event: t("second") or event.stop_immediate_propagation())
    target.add_event_listener("x", lambda: t("third"))
    event = Event("x")
    t("dispatch", target.dispatch_event(event), target.dispatch_event(event))


@scenarios
def an_event_is_not_dispatched_twice_at_once(t: Trace) -> None:
    target, other = EventTarget(), EventTarget()
    event = Event("x")
    target.add_event_listener("x", lambda given: t.call("again", other.dispatch_event, given))
    target.dispatch_event(event)
    t("later", other.dispatch_event(event), event.target is other)


@scenarios
def wrong_arguments(t: Trace) -> None:
    target: Any = EventTarget()
    bad: Any
    for bad in (5, "x", False):
        t.call("add", target.add_event_listener, "x", bad)
        t.call("remove", target.remove_event_listener, "x", bad)
        t.call("dispatch", target.dispatch_event, bad)
    for bad in (5, "x"):
        t.call("options", target.add_event_listener, "x", raise_, bad)
    for bad in (5, "x", {}):
        t.call("signal", target.add_event_listener, "x", raise_, {"signal": bad})
    t.call("symbol", target.add_event_listener, events.error_monitor, raise_)


@scenarios
def no_listener_is_warned_of(t: Trace) -> None:
    target = EventTarget()
    process.on("warning", lambda w: t("warning", type(w).__name__, str(w), w.type, w.target is target))
    t.call("add", target.add_event_listener, "x", None)
    t.call("remove", target.remove_event_listener, "x", None)


@scenarios
def too_many_listeners_are_warned_of_once(t: Trace) -> None:
    process.on("warning", lambda w: t("warning", type(w).__name__, str(w), w.type, w.count))

    class Sub(EventTarget):
        pass

    targets = [EventTarget(), Sub(), AbortController().signal]
    for target in targets:
        t("maximum", events.get_max_listeners(target))
        events.set_max_listeners(2, target)
        for name in ("x", "x", "x", "x", "y", "y", "y"):
            target.add_event_listener(name, lambda: None)


@scenarios
def a_listener_that_fails(t: Trace) -> None:
    target = EventTarget()
    target.add_event_listener("x", lambda: raise_("boom"))
    target.add_event_listener("x", lambda: t("next"))
    t("dispatch", target.dispatch_event(Event("x")))
    process.next_tick(lambda: t("tick"))
    set_immediate(lambda: t("immediate"))


@scenarios
def an_async_listener_that_fails(t: Trace) -> None:
    async def listener(event: Event) -> None:
        raise Exception("boom")

    process.on("unhandledRejection", lambda error, promise: t("unhandledRejection", error))
    target = EventTarget()
    target.add_event_listener("x", listener)
    t("dispatch", target.dispatch_event(Event("x")))


@scenarios
def a_signal_removes_a_listener(t: Trace) -> None:
    target, controller = EventTarget(), AbortController()
    controller.signal.add_event_listener("abort", lambda event: event.stop_immediate_propagation())
    target.add_event_listener("x", lambda: t("never"), {"signal": controller.signal})
    target.add_event_listener("x", lambda: t("never"), {"signal": AbortSignal.abort()})
    t("count", events.listener_count(target, "x"))
    controller.abort()
    t("count", events.listener_count(target, "x"))
    target.dispatch_event(Event("x"))
