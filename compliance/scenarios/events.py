"""Every rule of EventEmitter."""

import math
from collections.abc import Callable
from typing import Any

import nodestream.events as events
import nodestream.process as process
from compliance._trace import Scenarios, Trace
from nodestream.abort import AbortController, AbortSignal
from nodestream.events import Event, EventEmitter, EventTarget
from nodestream.timers import set_immediate

scenarios = Scenarios()


def nothing(*args: object) -> None:
    """A listener that does nothing."""


def raise_(error: Exception) -> Any:
    raise error


@scenarios
def emit_calls_in_the_order_of_adding(t: Trace) -> None:
    e = EventEmitter()
    for name in ("first", "second", "third"):
        e.on("x", t.callback(name))
    t("emit", e.emit("x", 1, "two"))
    t("emit nothing", e.emit("y"))


@scenarios
def a_listener_added_twice_is_called_twice(t: Trace) -> None:
    e = EventEmitter()
    f = t.callback("f")
    e.on("x", f).on("x", f)
    e.emit("x")
    t("count", e.listener_count("x"), e.listener_count("x", f), e.listener_count("x", nothing))
    e.off("x", f)
    e.emit("x")
    e.off("x", f).off("x", f)
    t("emit", e.emit("x"))


@scenarios
def removal_takes_the_last_one_added(t: Trace) -> None:
    e = EventEmitter()
    f = t.callback("f")
    e.on("x", f)
    e.on("x", t.callback("g"))
    e.on("x", f)
    e.remove_listener("x", f)
    e.emit("x")


@scenarios
def methods_return_the_emitter(t: Trace) -> None:
    e = EventEmitter()
    for name in ("on", "addListener", "once", "prependListener", "prependOnceListener", "off", "removeListener"):
        t(name, getattr(e, name)("x", nothing) is e)
    t("removeAllListeners", e.remove_all_listeners() is e, e.remove_all_listeners("x") is e)
    t("setMaxListeners", e.set_max_listeners(3) is e, e.get_max_listeners())


@scenarios
def prepend_puts_in_front(t: Trace) -> None:
    e = EventEmitter()
    e.on("x", t.callback("a"))
    e.prepend_listener("x", t.callback("b"))
    e.prepend_once_listener("x", t.callback("c"))
    e.emit("x")
    e.emit("x")


@scenarios
def once_is_called_once(t: Trace) -> None:
    e = EventEmitter()
    e.once("x", t.callback("x"))
    t("emit", e.emit("x", 1))
    t("emit again", e.emit("x", 2))


@scenarios
def once_is_removed_before_it_is_called(t: Trace) -> None:
    e = EventEmitter()

    def called() -> None:
        t("called", e.listener_count("x"))
        if e.emit("x"):
            t("recursion")

    e.once("x", called)
    e.emit("x")


@scenarios
def off_removes_a_once_listener_by_its_function(t: Trace) -> None:
    e = EventEmitter()
    f = t.callback("f")
    e.once("x", f)
    t("count", e.listener_count("x", f))
    e.off("x", f)
    t("emit", e.emit("x"))


@scenarios
def raw_listeners_show_the_wrappers(t: Trace) -> None:
    e = EventEmitter()
    f = t.callback("f")
    e.on("x", f).once("x", f)
    t("listeners", e.listeners("x")[0] is f, e.listeners("x")[1] is f)
    raw: list[Any] = e.raw_listeners("x")
    t("raw", len(raw), raw[0] is f, raw[1] is f, raw[1].listener is f)
    raw[1]()
    t("after calling the wrapper", e.listener_count("x"))
    raw[1]()


@scenarios
def listeners_is_a_copy(t: Trace) -> None:
    e = EventEmitter()
    e.on("x", t.callback("x"))
    e.listeners("x").pop()
    t("count", e.listener_count("x"), e.listeners("nothing"))


@scenarios
def new_listener_comes_before_the_adding(t: Trace) -> None:
    e = EventEmitter()
    e.on("newListener", lambda name, listener: t("newListener", name, listener is nothing, e.listener_count(name)))
    e.on("x", nothing)
    e.once("y", nothing)
    e.prepend_listener("x", nothing)


@scenarios
def new_listener_can_add_one_before(t: Trace) -> None:
    e = EventEmitter()
    e.once("newListener", lambda name, _: e.on("x", t.callback("from newListener")) if name == "x" else None)
    e.on("x", t.callback("own"))
    e.emit("x")


@scenarios
def new_listener_is_not_told_of_itself_but_of_another_of_its_kind(t: Trace) -> None:
    e = EventEmitter()
    e.on("newListener", lambda name, _: t("first", name))
    e.on("newListener", lambda name, _: t("second", name))
    e.on("removeListener", nothing)


@scenarios
def remove_listener_comes_after_the_removal(t: Trace) -> None:
    e = EventEmitter()
    e.on("removeListener", lambda name, f: t("removeListener", name, f is nothing, e.listener_count(name)))
    e.on("x", nothing).on("x", nothing).once("y", nothing)
    e.off("x", nothing)
    e.emit("y")
    e.off("x", lambda: None)
    e.off("z", nothing)
    e.off("x", nothing)


@scenarios
def remove_all_tells_in_reverse_order(t: Trace) -> None:
    e = EventEmitter()
    names: dict[Any, str] = {}

    def add(event: str, name: str) -> None:
        def f() -> None: ...

        names[f] = name
        e.on(event, f)

    e.on("removeListener", lambda event, listener: t("removed", event, names.get(listener)))
    add("x", "a")
    add("x", "b")
    add("y", "c")
    add("x", "d")
    e.remove_all_listeners("x")
    t("names", e.event_names())
    add("x", "e")
    e.remove_all_listeners()
    t("names", e.event_names())


@scenarios
def changes_while_all_of_one_event_are_removed(t: Trace) -> None:
    changes: dict[str, Callable[[EventEmitter, Any], object]] = {
        "prepends": lambda e, f: e.prepend_listener("x", f["e"]),
        "prepends two": lambda e, f: e.prepend_listener("x", f["e"]).prepend_once_listener("x", f["f"]),
        "appends": lambda e, f: e.on("x", f["e"]),
        "removes another": lambda e, f: e.off("x", f["a"]),
        "removes two others": lambda e, f: e.off("x", f["a"]).off("x", f["b"]),
        "replaces the others": lambda e, f: (
            e.off("x", f["a"]).off("x", f["b"]).on("x", f["e"]).prepend_listener("x", f["f"])
        ),
        "removes all": lambda e, f: e.remove_all_listeners("x"),
        "removes all of all events": lambda e, f: e.remove_all_listeners().on("x", f["e"]).on("x", f["f"]),
        "is the last to hear": lambda e, f: e.remove_all_listeners("removeListener"),
        "is the last to hear, and removes all": lambda e, f: (
            e.remove_all_listeners("removeListener").remove_all_listeners("x").on("x", f["e"]).on("x", f["f"])
        ),
    }

    def run(name: str, times: int, *functions: str) -> None:
        e, left = EventEmitter(), times
        names: dict[Any, str] = {}
        f = {key: named(names, key) for key in "abcdef"}
        for key in functions:
            e.on("x", f[key])

        def on_removed(event: str, listener: Any) -> None:
            nonlocal left
            t("removed", event, names.get(listener))
            left -= 1
            if event == "x" and left >= 0:
                changes[name](e, f)

        names[on_removed] = "on removed"
        e.on("removeListener", on_removed)
        t.call(f"{name} {times}", lambda: e.remove_all_listeners("x") is e)
        t("there", [names[listener] for listener in e.listeners("x")], e.event_names())

    def named(names: dict[Any, str], key: str) -> Callable[[], None]:
        def f() -> None: ...

        names[f] = key
        return f

    for name in changes:
        for times in (1, 2):
            run(name, times, "a", "b", "c", "d")
            run(name, times, "a", "b")
            run(name, times, "a", "a", "b", "a")


@scenarios
def remove_all_of_one_event_and_of_all(t: Trace) -> None:
    e = EventEmitter()
    for name in "xyz":
        e.on(name, t.callback(name))
    e.remove_all_listeners("x")
    t("emits", e.emit("x"), e.emit("y"))
    e.remove_all_listeners()
    t("emits", e.emit("y"), e.emit("z"), e.event_names())
    e.remove_all_listeners("nothing")


@scenarios
def listeners_removed_while_emitting_are_still_called(t: Trace) -> None:
    e = EventEmitter()
    b = t.callback("b")

    def a() -> None:
        t("a")
        e.off("x", b)

    e.on("x", a)
    e.on("x", b)
    e.emit("x")
    e.emit("x")


@scenarios
def listeners_added_while_emitting_wait_for_the_next_time(t: Trace) -> None:
    e = EventEmitter()

    def a() -> None:
        t("a")
        e.on("x", t.callback("added"))

    e.on("x", a)
    e.emit("x")
    e.emit("x")


@scenarios
def remove_all_while_emitting(t: Trace) -> None:
    e = EventEmitter()

    def a() -> None:
        t("a")
        e.remove_all_listeners()

    e.on("x", a)
    e.on("x", t.callback("b"))
    t("emit", e.emit("x"))
    t("emit", e.emit("x"))


@scenarios
def a_listener_that_throws_stops_the_rest(t: Trace) -> None:
    e = EventEmitter()
    e.on("x", lambda: raise_(Exception("no")))
    e.on("x", t.callback("b"))
    t.call("emit", lambda: e.emit("x"))


@scenarios
def event_names_are_in_order_of_first_adding(t: Trace) -> None:
    e = EventEmitter()
    e.on("b", nothing).on("a", nothing).on("b", nothing).on(events.error_monitor, nothing)
    t("names", e.event_names())
    e.remove_all_listeners("b")
    e.on("b", nothing)
    t("names", e.event_names())


@scenarios
def an_error_without_listener_is_thrown(t: Trace) -> None:
    e = EventEmitter()
    t.call("error", lambda: e.emit("error", Exception("boom")))
    t.call("type error", lambda: e.emit("error", TypeError("boom")))


@scenarios
def an_unhandled_error_that_is_no_error(t: Trace) -> None:
    e = EventEmitter()
    values: list[Any] = [None, "boo", 5, True, {"a": 1}, [1, "b"]]
    for value in values:
        try:
            e.emit("error", value)
        except Exception as error:
            t("thrown", error, getattr(error, "context", "missing"))
    t.call("no argument", lambda: e.emit("error"))


@scenarios
def a_listened_error_is_an_event_like_others(t: Trace) -> None:
    e = EventEmitter()
    e.on("error", t.callback("error"))
    t("emit", e.emit("error", Exception("boom")), e.emit("error", "text"))


@scenarios
def error_monitor_sees_and_does_not_handle(t: Trace) -> None:
    e = EventEmitter()
    e.on(events.error_monitor, t.callback("monitor"))
    t.call("emit", lambda: e.emit("error", Exception("boom")))
    e.on("error", t.callback("error"))
    t("emit", e.emit("error", Exception("bang")))


@scenarios
def a_listener_must_be_a_function(t: Trace) -> None:
    e = EventEmitter()
    for name in ("on", "once", "prependListener", "prependOnceListener", "off", "removeListener"):
        t.call(name, getattr(e, name), "x", "no function")
    t.call("number", getattr(e, "on"), "x", 5)  # noqa: B009


@scenarios
def max_listeners_warn_once(t: Trace) -> None:
    process.on("warning", lambda w: t("warning", type(w).__name__, str(w), w.type, w.count))
    e = EventEmitter()
    for _ in range(13):
        e.on("foo", nothing)
    t("count", e.listener_count("foo"))


@scenarios
def max_listeners_of_ones_own(t: Trace) -> None:
    process.on("warning", lambda w: t("warning", str(w), w.count))
    e = EventEmitter()
    t("max", e.get_max_listeners(), EventEmitter.default_max_listeners, events.get_max_listeners(e))
    e.set_max_listeners(1)
    e.on("a", nothing).on("a", nothing)
    e.set_max_listeners(0)
    for _ in range(20):
        e.on("b", nothing)
    e.set_max_listeners(math.inf)
    t("max", e.get_max_listeners())
    for _ in range(20):
        e.once("c", nothing)


@scenarios
def max_listeners_warn_again_after_removal(t: Trace) -> None:
    process.on("warning", lambda w: t("warning", str(w)))
    e = EventEmitter().set_max_listeners(1)
    e.on("a", nothing).on("a", nothing).on("a", nothing)
    e.remove_all_listeners("a")
    e.on("a", nothing).on("a", nothing)


@scenarios
def max_listeners_must_be_a_number(t: Trace) -> None:
    e: Any = EventEmitter()
    t.call("negative", lambda: e.set_max_listeners(-1))
    t.call("NaN", lambda: e.set_max_listeners(math.nan))
    t.call("string", lambda: e.set_max_listeners("5"))
    t.call("function negative", lambda: events.set_max_listeners(-1))


@scenarios
def set_max_listeners_of_several(t: Trace) -> None:
    a, b = EventEmitter(), EventEmitter()
    events.set_max_listeners(5, a, b)
    t("max", a.get_max_listeners(), b.get_max_listeners(), EventEmitter().get_max_listeners())


@scenarios
def functions_of_the_module(t: Trace) -> None:
    e = EventEmitter()
    e.on("x", nothing).once("x", nothing)
    t("listeners", [f is nothing for f in events.get_event_listeners(e, "x")])
    t("count", events.listener_count(e, "x"), events.listener_count(e, "y"))


@scenarios
def capture_rejections_must_be_boolean(t: Trace) -> None:
    t.call("number", lambda: EventEmitter({"captureRejections": 1}))
    t.call("string", lambda: EventEmitter({"captureRejections": "yes"}))


async def boom(*args: object) -> None:
    raise Exception("boom")


@scenarios
def capture_rejections_sends_them_to_error(t: Trace) -> None:
    e = EventEmitter(capture_rejections=True)
    e.on("x", boom)
    e.on("error", t.callback("error"))
    e.emit("x", 1)
    set_immediate(lambda: t("later"))


@scenarios
def without_capture_rejections_they_are_unhandled(t: Trace) -> None:
    process.on("unhandledRejection", lambda error, promise: t("unhandledRejection", error))
    e = EventEmitter()
    e.on("x", boom)
    e.on("error", t.callback("error"))
    e.emit("x", 1)


@scenarios
def captured_rejection_without_error_listener(t: Trace) -> None:
    e = EventEmitter(capture_rejections=True)
    e.on("x", boom)
    e.emit("x", 1)


@scenarios
def a_rejection_of_the_error_listener_is_not_captured(t: Trace) -> None:
    async def one(*args: object) -> None:
        raise Exception("one")

    async def two(error: Exception) -> None:
        t("error", error)
        raise Exception("two")

    e = EventEmitter(capture_rejections=True)
    e.on("x", one)
    e.on("error", two)
    e.emit("x", 1)


@scenarios
def capture_rejection_method(t: Trace) -> None:
    class E(EventEmitter):
        def capture_rejection(self, error: Exception, name: str, *args: object) -> None:
            t("captured", error, name, args)

    e = E(capture_rejections=True)
    e.on("x", boom)
    e.emit("x", 1, "b")


@scenarios
def an_async_listener_starts_at_once(t: Trace) -> None:
    async def listener() -> None:
        t("listener")

    e = EventEmitter()
    e.on("x", listener)
    e.emit("x")
    t("emitted")


@scenarios
def async_listeners_start_in_order(t: Trace) -> None:
    async def a(value: int) -> None:
        t("a", value)

    async def b(value: int) -> None:
        t("b", value)

    e = EventEmitter()
    e.on("x", a)
    e.on("x", b)
    e.emit("x", 1)
    e.emit("x", 2)
    process.next_tick(lambda: t("tick"))
    set_immediate(lambda: t("immediate"))


@scenarios
def on_and_off_are_second_names(t: Trace) -> None:
    for cls in (EventEmitter, events.EventEmitter):
        t("same", cls.on is cls.add_listener, cls.off is cls.remove_listener)


@scenarios
def remove_listener_is_told_of_wrappers(t: Trace) -> None:
    def f() -> None: ...

    e = EventEmitter()
    e.on("removeListener", lambda name, g: t("removed", name, g is f, getattr(g, "listener", None) is f))
    e.once("alone", f)
    e.emit("alone")
    e.once("x", f)
    e.on("x", nothing)
    e.emit("x")
    e.once("x", f)
    e.off("x", f)
    e.once("x", f)
    e.off("x", e.raw_listeners("x")[1])
    e.once("x", f)
    e.remove_all_listeners("x")


@scenarios
def max_listeners_warn_again_when_one_is_left(t: Trace) -> None:
    process.on("warning", lambda w: t("warning", str(w)))
    e = EventEmitter().set_max_listeners(1)
    e.on("a", nothing).on("a", nothing).off("a", nothing).on("a", nothing)
    e.on("b", nothing).on("b", nothing).on("b", nothing).off("b", nothing).on("b", nothing)


@scenarios
def max_listeners_of_names_that_are_no_strings(t: Trace) -> None:
    process.on("warning", lambda w: t("warning", str(w), w.type))
    e: Any = EventEmitter().set_max_listeners(1)
    for name in (None, True, 5, events.error_monitor):
        e.on(name, nothing).on(name, nothing)


@scenarios
def default_max_listeners_is_checked(t: Trace) -> None:
    def assign(value: Any) -> None:
        events.default_max_listeners = value

    t("default", events.default_max_listeners, EventEmitter.default_max_listeners)
    for value in (-1, math.nan, "x"):
        t.call("assign", assign, value)
    events.default_max_listeners = 7
    t("now", EventEmitter().get_max_listeners(), events.get_max_listeners(EventTarget()))
    events.set_max_listeners()
    t("again", EventEmitter().get_max_listeners())


@scenarios
def listener_functions_refuse_what_has_no_listeners(t: Trace) -> None:
    bad: Any
    for bad in ({}, "x"):
        t.call("count", events.listener_count, bad, "x")
        t.call("listeners", events.get_event_listeners, bad, "x")
        t.call("maximum", events.get_max_listeners, bad)
        t.call("set", events.set_max_listeners, 5, bad)


@scenarios
def capture_rejections_of_all(t: Trace) -> None:
    def assign(value: Any) -> None:
        events.capture_rejections = value

    t("default", events.capture_rejections)
    t.call("number", assign, 5)
    t.call("string", assign, "yes")
    assign(True)
    e, off = EventEmitter(), EventEmitter(capture_rejections=False)
    assign(False)
    for emitter, name in ((e, "captured"), (off, "off")):
        emitter.on("x", boom)
        emitter.on("error", t.callback(f"error {name}"))
        emitter.emit("x")


@scenarios
def capture_rejections_of_those_made_before(t: Trace) -> None:
    process.on("unhandledRejection", lambda error, promise: t("unhandledRejection", error))
    e = EventEmitter()
    events.capture_rejections = True
    e.on("x", boom)
    e.on("error", t.callback("error"))
    e.emit("x")
    events.capture_rejections = False


@scenarios
def a_capture_rejection_method_that_fails(t: Trace) -> None:
    class E(EventEmitter):
        async def capture_rejection(self, error: Exception, name: str, *args: object) -> None:
            raise Exception("from the method")

    process.on("unhandledRejection", lambda error, promise: t("unhandledRejection", error))
    e = E(capture_rejections=True)
    e.on("x", boom)
    e.emit("x")


# --- once() ---


async def outcome(t: Trace, label: str, promise: Any) -> Any:
    """Write down how it ends."""
    try:
        value = await promise
    except Exception as error:
        t(f"{label} rejects", error, getattr(error, "cause", None))
        return None
    t(label, value)
    return value


@scenarios
async def once_gives_the_arguments(t: Trace) -> None:
    e = EventEmitter()
    promise = events.once(e, "x")
    t("names", e.event_names())
    e.emit("x", 1, "two")
    e.emit("x", 3)
    await outcome(t, "once", promise)
    t("names", e.event_names())


@scenarios
async def once_fails_with_an_error_before(t: Trace) -> None:
    e = EventEmitter()
    promise = events.once(e, "x")
    e.emit("error", Exception("boom"))
    await outcome(t, "once", promise)
    t("names", e.event_names())
    promise = events.once(e, "error")
    t("names", e.event_names())
    e.emit("error", Exception("expected"))
    await outcome(t, "error", promise)


@scenarios
async def once_with_a_signal(t: Trace) -> None:
    e, a = EventEmitter(), AbortController()
    promise = events.once(e, "x", {"signal": a.signal})
    t("listeners", e.event_names(), events.listener_count(a.signal, "abort"))
    a.abort("why")
    await outcome(t, "aborted", promise)
    t("listeners", e.event_names(), events.listener_count(a.signal, "abort"))
    await outcome(t, "before", events.once(e, "x", {"signal": AbortSignal.abort("early")}))
    b = AbortController()
    promise = events.once(e, "x", {"signal": b.signal})
    e.emit("x", 1)
    t("listeners", events.listener_count(b.signal, "abort"))
    b.abort()
    await outcome(t, "event", promise)


@scenarios
async def once_of_an_event_target(t: Trace) -> None:
    target = EventTarget()
    target.add_event_listener("x", lambda event: event.stop_immediate_propagation())
    promise = events.once(target, "x")
    t("listeners", events.listener_count(target, "x"), events.listener_count(target, "error"))
    target.dispatch_event(Event("x"))
    (event,) = await promise
    t("event", event.type, events.listener_count(target, "x"))


@scenarios
async def once_of_wrong_arguments(t: Trace) -> None:
    bad: Any
    for bad in (1, "hi", False, [], lambda: None):
        await outcome(t, "options", events.once(EventEmitter(), "x", bad))
    for bad in (1, {}, "hi", False):
        await outcome(t, "signal", events.once(EventEmitter(), "x", {"signal": bad}))
    await outcome(t, "emitter", events.once({}, "x"))


# --- on() ---


class Pausing(EventEmitter):
    """Writes down when it is paused and resumed."""

    def __init__(self, t: Trace) -> None:
        super().__init__()
        self.t = t

    def pause(self) -> None:
        self.t("pause")

    def resume(self) -> None:
        self.t("resume")


async def step(t: Trace, iterator: Any) -> None:
    """Write down the next step."""
    try:
        t("next", await anext(iterator))
    except StopAsyncIteration:
        t("end")
    except Exception as error:
        t("fails", error)


@scenarios
async def on_gives_what_was_emitted(t: Trace) -> None:
    e = EventEmitter()
    iterator = events.on(e, "x")
    t("names", e.event_names())
    e.emit("x", 1, 2)
    e.emit("y", 3)
    e.emit("x")
    await step(t, iterator)
    await step(t, iterator)
    set_immediate(lambda: e.emit("x", "later"))
    await step(t, iterator)
    await iterator.aclose()
    t("names", e.event_names())
    await step(t, iterator)


@scenarios
async def on_fails_with_an_error_after_what_came_before(t: Trace) -> None:
    e = EventEmitter()
    iterator = events.on(e, "x")
    e.emit("x", 1)
    e.emit("error", Exception("boom"))
    t("names", e.event_names())
    for _ in range(3):
        await step(t, iterator)


@scenarios
async def on_can_be_closed_with_events_left(t: Trace) -> None:
    e = EventEmitter()
    iterator = events.on(e, "x")
    e.emit("x", 1)
    await iterator.aclose()
    e.emit("x", 2)
    await step(t, iterator)
    await step(t, iterator)


@scenarios
async def on_can_be_thrown_into(t: Trace) -> None:
    e = EventEmitter()
    iterator: Any = events.on(e, "x")
    e.emit("x", 1)
    t.call("no error", iterator.athrow, 5)
    iterator.athrow(Exception("thrown"))
    t("names", e.event_names())
    for _ in range(3):
        await step(t, iterator)


@scenarios
async def on_ends_with_events_named(t: Trace) -> None:
    e = EventEmitter()
    iterator = events.on(e, "x", {"close": ["end", "bye"]})
    t("names", e.event_names())
    e.emit("x", 1)
    e.emit("bye", 7)
    e.emit("x", 2)
    t("names", e.event_names())
    await step(t, iterator)
    await step(t, iterator)


@scenarios
async def on_with_a_signal(t: Trace) -> None:
    e, a = EventEmitter(), AbortController()
    iterator = events.on(e, "x", {"signal": a.signal})
    e.emit("x", 1)
    t("listeners", events.listener_count(a.signal, "abort"))
    a.abort(Exception("why"))
    t("listeners", e.event_names(), events.listener_count(a.signal, "abort"))
    for _ in range(3):
        await step(t, iterator)
    t.call("before", lambda: events.on(e, "x", {"signal": AbortSignal.abort()}))


@scenarios
async def on_of_an_event_target(t: Trace) -> None:
    target = EventTarget()
    iterator = events.on(target, "x", {"close": ["end"]})
    t("listeners", *(events.listener_count(target, name) for name in ("x", "error", "end")))
    target.dispatch_event(Event("x"))
    t("event", (await anext(iterator))[0].type)
    target.dispatch_event(Event("end"))
    t("listeners", *(events.listener_count(target, name) for name in ("x", "end")))
    await step(t, iterator)


@scenarios
async def on_pauses_and_resumes(t: Trace) -> None:
    e = Pausing(t)
    iterator = events.on(e, "x", {"highWaterMark": 2, "lowWaterMark": 2})
    for number in range(5):
        t("emit", number)
        e.emit("x", number)
    for _ in range(5):
        await step(t, iterator)
    for number in range(4):
        e.emit("x", number)
    await iterator.aclose()
    for _ in range(5):
        await step(t, iterator)


@scenarios
def on_of_wrong_arguments(t: Trace) -> None:
    bad: Any
    for bad in ({"highWaterMark": 0}, {"highWaterMark": 1.5}, {"lowWaterMark": "a"}, {"signal": 5}, 5, [], "x"):
        t.call("options", lambda bad=bad: events.on(EventEmitter(), "x", bad))
    t.call("emitter", lambda: events.on({}, "x"))
