# mypy: disable-error-code="func-returns-value"
"""destroy, its hook, and what comes out of it."""

from collections.abc import Callable
from typing import Any

from compliance._trace import Scenarios, Trace
from nodestream import Duplex, Readable, Writable
from nodestream.process import next_tick
from nodestream.timers import set_immediate

scenarios = Scenarios()


def boom(*args: object) -> Any:
    raise Exception("boom")


def open_(**options: Any) -> Readable:
    """A stream that waits to be pushed into."""
    return Readable(read=lambda self, size: None, **options)


def sink(**options: Any) -> Writable:
    """A stream that takes everything at once."""
    return Writable(write=lambda self, chunk, encoding, callback: callback(), **options)


@scenarios
def close_comes_in_a_tick(t: Trace) -> None:
    r = t.events(open_())
    t("destroy", r.destroy() is r)
    t.state(r)
    next_tick(t.callback("tick"))
    r.on("close", lambda: t.state(r))


@scenarios
def error_comes_before_close(t: Trace) -> None:
    r = t.events(open_())
    r.destroy(Exception("boom"))
    t.state(r)
    r.on("error", lambda _: t.state(r))


@scenarios
def the_second_time_has_no_effect(t: Trace) -> None:
    r = t.events(open_())
    r.destroy()
    r.destroy(Exception("late"))
    r.on("close", lambda: r.destroy(Exception("later")))


@scenarios
def false_is_no_error(t: Trace) -> None:
    r = t.events(open_())
    r.destroy(False)  # type: ignore[arg-type]
    r.on("close", lambda: t.state(r))


@scenarios
def the_first_error_wins(t: Trace) -> None:
    w = t.events(sink())
    w.destroy(Exception("first"))
    w.destroy(Exception("second"))
    t("errored", w.errored)


@scenarios
def an_unhandled_error_is_uncaught(t: Trace) -> None:
    open_().destroy(Exception("boom"))


@scenarios
def the_hook_can_wait(t: Trace) -> None:
    hook = lambda self, error, callback: (t("_destroy", error), set_immediate(callback, error))  # noqa: E731
    r = t.events(open_(destroy=hook))
    r.destroy(Exception("boom"))
    t.state(r)
    set_immediate(lambda: t.state(r))


@scenarios
def the_hook_can_swallow_the_error(t: Trace) -> None:
    r = t.events(open_(destroy=lambda self, error, callback: callback(None)))
    r.destroy(Exception("boom"))
    r.on("close", lambda: t.state(r))


@scenarios
def the_hook_can_bring_an_error(t: Trace) -> None:
    r = t.events(open_(destroy=lambda self, error, callback: callback(Exception("from the hook"))))
    r.destroy()
    r.on("close", lambda: t.state(r))


@scenarios
def the_hook_can_throw(t: Trace) -> None:
    r = t.events(open_(destroy=boom))
    t.call("destroy", lambda: (r.destroy(), None)[1])


@scenarios
def the_hook_calls_back_twice(t: Trace) -> None:
    r = t.events(open_(destroy=lambda self, error, callback: (callback(), callback(Exception("again")))))
    r.destroy()


@scenarios
def the_hook_never_calls_back(t: Trace) -> None:
    r = t.events(open_(destroy=lambda self, error, callback: t("_destroy")))
    r.destroy(Exception("boom"))
    set_immediate(lambda: t.state(r))


@scenarios
def destroy_with_a_callback(t: Trace) -> None:
    r = t.events(open_())
    r.destroy(Exception("boom"), t.callback("callback"))


@scenarios
def destroy_within_data(t: Trace) -> None:
    r = t.events(open_(), "", "data")
    for chunk in ("a", "b", None):
        r.push(chunk)
    r.on("data", lambda _: r.destroy())


@scenarios
def destroy_within_end(t: Trace) -> None:
    r = t.events(open_())
    r.push(None)
    r.on("end", lambda: r.destroy(Exception("boom")))
    r.resume()


@scenarios
def destroy_within_finish(t: Trace) -> None:
    w = t.events(sink())
    w.on("finish", lambda: w.destroy(Exception("boom")))
    w.end()


@scenarios
def destroy_within_close(t: Trace) -> None:
    w = t.events(sink())
    w.on("close", lambda: (w.destroy(Exception("boom")), t.state(w)))
    w.end()


@scenarios
def an_error_listener_that_throws(t: Trace) -> None:
    def listener(error: Exception) -> None:
        raise Exception("from the listener")

    r = open_()
    r.on("error", listener)
    r.on("close", t.callback("close"))
    r.destroy(Exception("boom"))


@scenarios
def what_is_buffered_is_lost(t: Trace) -> None:
    r = t.events(open_(), "", "readable")
    r.push("a")
    r.destroy()
    t("read", r.read(), r.readable_length)
    r.on("data", t.callback("data"))


def destroy_hook(t: Trace) -> Callable[..., object]:
    """A hook that writes down the error and passes it on."""
    return lambda self, error, callback: (t("_destroy", error), callback(error))


@scenarios
def a_duplex_has_one_life(t: Trace) -> None:
    d = t.events(
        Duplex(
            read=lambda self, size: None,
            write=lambda self, chunk, encoding, callback: callback(),
            destroy=destroy_hook(t),
        )
    )
    d.end()
    set_immediate(lambda: d.destroy(Exception("boom")))


@scenarios
def auto_destroy_calls_the_hook(t: Trace) -> None:
    w = t.events(sink(destroy=destroy_hook(t)))
    w.end()


@scenarios
def a_subclass(t: Trace) -> None:
    class Own(Readable):
        def _read(self, size: int) -> None: ...

        def _destroy(self, error: BaseException | None, callback: Callable[..., object]) -> None:
            t("_destroy", error)
            super()._destroy(error, callback)

    t.events(Own()).destroy(Exception("boom"))


@scenarios
def no_events_after_close(t: Trace) -> None:
    r = t.events(open_(), "", "data", "readable")
    r.destroy()
    r.on("close", lambda: (r.push("a"), r.resume(), r.pause(), t("read", r.read()), r.emit("custom")))
