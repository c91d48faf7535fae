# mypy: disable-error-code="func-returns-value"
"""The construct hook."""

from collections.abc import Callable
from typing import Any

from compliance._trace import Scenarios, Trace
from nodestream import Duplex, Readable, Writable
from nodestream.process import next_tick
from nodestream.timers import set_immediate

scenarios = Scenarios()
Callback = Callable[..., Any]
Options = dict[str, Any]


def boom(*args: object) -> Any:
    raise Exception("boom")


def later(t: Trace) -> Options:
    """A construct hook that takes its time."""
    return {
        "construct": lambda self, callback: (
            t("_construct"),
            set_immediate(lambda: (t("constructed"), callback())),
        )
    }


def reading(t: Trace) -> Options:
    """A read hook."""
    return {"read": lambda self, size: (t("_read"), self.push("a"), self.push(None))}


def writing(t: Trace) -> Options:
    """A write hook."""
    return {"write": lambda self, chunk, encoding, callback: (t("_write", chunk), callback())}


@scenarios
def reading_waits_for_it(t: Trace) -> None:
    r = t.events(Readable({**later(t), **reading(t)}), "", "data")
    t("read", r.read())
    t.state(r)


@scenarios
def writing_waits_for_it(t: Trace) -> None:
    w = t.events(Writable({**later(t), **writing(t), "highWaterMark": 2}))
    t("write", w.write("a", t.callback("a")), w.write("b", t.callback("b")))
    w.end(t.callback("end"))
    t.state(w)


@scenarios
def it_is_called_in_a_tick(t: Trace) -> None:
    next_tick(t.callback("tick before"))
    w = Writable(construct=lambda self, callback: (t("_construct"), callback()), **writing(t))
    next_tick(t.callback("tick after"))
    t("sync")
    w.write("a")


@scenarios
def an_error(t: Trace) -> None:
    w = t.events(Writable(construct=lambda self, callback: set_immediate(callback, Exception("boom")), **writing(t)))
    w.write("a", t.callback("a"))
    w.end(t.callback("end"))
    w.on("close", lambda: t.state(w))


@scenarios
def an_exception(t: Trace) -> None:
    r = t.events(Readable(construct=boom, **reading(t)))
    r.resume()


@scenarios
def called_back_twice(t: Trace) -> None:
    t.events(Writable(construct=lambda self, callback: (callback(), callback()), **writing(t)))


@scenarios
def destroyed_meanwhile(t: Trace) -> None:
    hook = lambda self, error, callback: (t("_destroy", error), callback(error))  # noqa: E731
    w = t.events(Writable({**later(t), **writing(t), "destroy": hook}))
    w.write("a", t.callback("a"))
    w.destroy(Exception("early"))
    t.state(w)


@scenarios
def destroyed_before_it_began(t: Trace) -> None:
    r = t.events(Readable({**later(t), **reading(t)}))
    r.destroy()
    t("sync")


@scenarios
def end_waits_for_it(t: Trace) -> None:
    w = t.events(Writable({**later(t), **writing(t), "final": lambda self, callback: (t("_final"), callback())}))
    w.end()


@scenarios
def a_duplex_constructs_once(t: Trace) -> None:
    d = t.events(Duplex({**later(t), **reading(t), **writing(t)}), "", "data")
    d.end("x")


@scenarios
def a_subclass(t: Trace) -> None:
    class Own(Writable):
        def _construct(self, callback: Callback) -> None:
            t("_construct")
            callback()

        def _write(self, chunk: Any, encoding: str | None, callback: Callback) -> None:
            t("_write", chunk)
            callback()

    w = t.events(Own())
    t.call("write", lambda: w.write("a"))
    w.end()
