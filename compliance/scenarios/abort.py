"""Every rule of AbortController and AbortSignal."""

from typing import Any

import nodestream.events as events
import nodestream.process as process
from compliance._trace import Scenarios, Trace
from nodestream.abort import AbortController, AbortSignal
from nodestream.events import Event
from nodestream.timers import set_timeout

scenarios = Scenarios()


def raise_(text: str) -> Any:
    raise Exception(text)


def reason(t: Trace, signal: AbortSignal) -> None:
    """Write down why a signal was aborted."""
    why = signal.reason
    if hasattr(why, "name"):
        t("reason", signal.aborted, why.name, why.code, str(why))
    else:
        t("reason", signal.aborted, why)


@scenarios
def a_controller_aborts_its_signal_once(t: Trace) -> None:
    controller = AbortController()
    signal = controller.signal
    t("before", signal.aborted, signal.reason, signal.onabort, signal is controller.signal)

    def on_abort(event: Event) -> None:
        t("event", event.type, event.is_trusted, event.bubbles, event.cancelable, event.target is signal)
        reason(t, signal)

    signal.add_event_listener("abort", on_abort)
    controller.abort("why")
    controller.abort("again")
    reason(t, signal)
    t("listeners", events.listener_count(signal, "abort"))


@scenarios
def a_reason_is_anything_or_a_dom_exception(t: Trace) -> None:
    for why in ("text", 0, False, Exception("error")):
        controller = AbortController()
        controller.abort(why)
        reason(t, controller.signal)
    controller = AbortController()
    controller.abort()
    reason(t, controller.signal)
    reason(t, AbortSignal.abort())
    reason(t, AbortSignal.abort("why"))


@scenarios
def throw_if_aborted(t: Trace) -> None:
    t.call("not", AbortController().signal.throw_if_aborted)
    t.call("error", AbortSignal.abort(Exception("why")).throw_if_aborted)
    try:
        AbortSignal.abort().throw_if_aborted()
    except Exception as error:
        t("default", error is not None, str(error))


@scenarios
def a_signal_cannot_be_made(t: Trace) -> None:
    t.call("constructor", AbortSignal)


@scenarios
def onabort_keeps_its_place(t: Trace) -> None:
    controller = AbortController()
    signal = controller.signal
    signal.onabort = lambda: t("never")
    signal.add_event_listener("abort", lambda: t("second"))
    signal.onabort = lambda: t("first")
    t("count", events.listener_count(signal, "abort"))
    controller.abort()
    other = AbortController()
    other.signal.onabort = lambda: t("never")
    other.signal.onabort = None
    t("none", other.signal.onabort, events.listener_count(other.signal, "abort"))
    other.signal.onabort = 5
    t("number", other.signal.onabort)
    other.abort()


@scenarios
def a_listener_that_fails(t: Trace) -> None:
    controller = AbortController()
    controller.signal.add_event_listener("abort", lambda: raise_("boom"))
    controller.signal.add_event_listener("abort", lambda: t("next"))
    controller.abort()
    t("aborted")
    process.next_tick(lambda: t("tick"))


@scenarios
def a_timeout(t: Trace) -> None:
    signal = AbortSignal.timeout(2)
    t("before", signal.aborted, events.get_max_listeners(signal))
    set_timeout(lambda: reason(t, signal), 20)


@scenarios
def a_timeout_does_not_keep_anything_alive(t: Trace) -> None:
    AbortSignal.timeout(100_000).onabort = lambda: t("never")


@scenarios
def wrong_timeouts(t: Trace) -> None:
    bad: Any
    for bad in (None, "5", True, -1, 1.5, 2**33, float("nan")):
        t.call("timeout", AbortSignal.timeout, bad)


@scenarios
def any_is_aborted_with_the_first(t: Trace) -> None:
    a, b = AbortController(), AbortController()
    signal = AbortSignal.any([a.signal, b.signal, a.signal])
    second = AbortSignal.any([signal, a.signal])
    signal.onabort = lambda: t("any", signal.reason, second.aborted)
    second.onabort = lambda: t("second", second.reason)
    b.signal.onabort = lambda: t("b", signal.aborted, second.aborted)
    a.signal.onabort = lambda: t("a", signal.reason)
    t("listeners", events.listener_count(a.signal, "abort"), events.listener_count(b.signal, "abort"))
    b.abort("B")
    a.abort("A")


@scenarios
def any_tells_in_the_order_of_making(t: Trace) -> None:
    controller = AbortController()
    signals = [controller.signal]
    for source in (0, 0, 0, 1):
        signals.append(AbortSignal.any([signals[source]]))
    for number, signal in enumerate(signals):
        signal.add_event_listener("abort", lambda event, number=number: t("signal", number))
    controller.abort()


@scenarios
def any_of_aborted_ones(t: Trace) -> None:
    signal = AbortSignal.any([AbortController().signal, AbortSignal.abort("x"), AbortSignal.abort("y")])
    signal.onabort = lambda: t("never")
    reason(t, signal)
    reason(t, AbortSignal.any([]))
    reason(t, AbortSignal.any(iter([AbortSignal.abort("z")])))


@scenarios
def any_of_wrong_things(t: Trace) -> None:
    bad: Any
    for bad in (None, 5, [5], [AbortSignal.abort(), None], [{}]):
        t.call("any", AbortSignal.any, bad)


@scenarios
def an_abort_listener(t: Trace) -> None:
    controller = AbortController()
    signal = controller.signal
    signal.add_event_listener("abort", lambda event: event.stop_immediate_propagation())
    signal.add_event_listener("abort", lambda: t("never"))
    events.add_abort_listener(signal, lambda event: t("called", event.type, event.target is signal))
    events.add_abort_listener(signal, lambda: t("never")).dispose()
    t("count", events.listener_count(signal, "abort"))
    controller.abort()
    t("count", events.listener_count(signal, "abort"))


@scenarios
def an_abort_listener_of_an_aborted_signal(t: Trace) -> None:
    events.add_abort_listener(AbortSignal.abort(), lambda *args: t("called", len(args))).dispose()
    t("added")


@scenarios
def wrong_abort_listeners(t: Trace) -> None:
    bad: Any
    for bad in (5, "x", {}):
        t.call("signal", events.add_abort_listener, bad, raise_)
    for bad in (5, "x", {}):
        t.call("listener", events.add_abort_listener, AbortController().signal, bad)
