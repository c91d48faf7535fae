# mypy: disable-error-code="func-returns-value"
"""Duplex: two sides, one life."""

from typing import Any

from compliance._trace import Scenarios, Trace
from nodestream import Duplex, PassThrough, Readable, Stream, Writable
from nodestream.timers import set_immediate

scenarios = Scenarios()


def make(t: Trace, **options: Any) -> Duplex:
    """A Duplex that writes down what its hooks get."""
    return Duplex(
        {
            "read": lambda self, size: t("_read", size),
            "write": lambda self, chunk, encoding, callback: (t("_write", chunk, encoding), callback()),
            **options,
        }
    )


@scenarios
def both_sides_are_independent(t: Trace) -> None:
    d = t.events(make(t), "", "data")
    t.state(d)
    d.write("in", t.callback("cb"))
    d.push("out")
    d.push(None)
    d.on("end", lambda: (t.state(d, "at end"), d.end()))
    d.on("finish", lambda: t.state(d, "at finish"))


@scenarios
def it_is_both(t: Trace) -> None:
    d = make(t)
    t("is", isinstance(d, Readable), isinstance(d, Writable), isinstance(d, Stream), isinstance(PassThrough(), Duplex))
    readable: Any = Readable()
    writable: Any = Writable()
    t("is not", isinstance(readable, Writable), isinstance(writable, Readable))


@scenarios
def marks_of_each_side(t: Trace) -> None:
    cases: list[dict[str, Any]] = [
        {},
        {"highWaterMark": 5},
        {"readableHighWaterMark": 5},
        {"writableHighWaterMark": 5},
        {"highWaterMark": 5, "readableHighWaterMark": 6, "writableHighWaterMark": 0},
        {"objectMode": True},
        {"readableObjectMode": True},
        {"writableObjectMode": True, "writableHighWaterMark": 2},
        {"highWaterMark": 0},
    ]
    for options in cases:
        d = make(t, **options)
        marks = d.readable_high_water_mark, d.writable_high_water_mark
        t("marks", options, *marks, d.readable_object_mode, d.writable_object_mode)
    t.call("bad", lambda: make(t, readableHighWaterMark=-1))


@scenarios
def one_mode_for_each_side(t: Trace) -> None:
    d = t.events(
        Duplex(
            readable_object_mode=True,
            read=lambda self, size: None,
            write=lambda self, chunk, encoding, callback: (t("_write", chunk), callback()),
        ),
        "",
        "data",
    )
    d.push({"a": 1})
    d.write("a")
    t.call("write", lambda: d.write({}))


@scenarios
def no_half_open_ends_the_other_side(t: Trace) -> None:
    d = t.events(make(t, allowHalfOpen=False))
    t("allowHalfOpen", d.allow_half_open)
    d.push(None)
    d.resume()


@scenarios
def half_open_stays_open(t: Trace) -> None:
    d = t.events(make(t))
    d.push(None)
    d.resume()
    set_immediate(lambda: (t.state(d), d.end("x")))


@scenarios
def writing_side_ends_first(t: Trace) -> None:
    d = t.events(make(t))
    d.end("x")
    set_immediate(lambda: (t.state(d), d.push("y"), d.push(None), d.resume()))


@scenarios
def not_readable(t: Trace) -> None:
    d = t.events(make(t, readable=False))
    t.state(d)
    d.end("x")


@scenarios
def not_writable(t: Trace) -> None:
    d = t.events(make(t, writable=False))
    t.state(d)
    t.call("write", lambda: d.write("x", t.callback("cb")))
    d.push(None)
    d.resume()


@scenarios
def destroy_ends_both(t: Trace) -> None:
    d = t.events(make(t))
    d.write("a", t.callback("a"))
    d.destroy(Exception("boom"))
    d.on("close", lambda: t.state(d))


@scenarios
def an_error_on_the_writing_side_destroys_both(t: Trace) -> None:
    d = t.events(make(t, write=lambda self, chunk, encoding, callback: callback(Exception("boom"))), "", "data")
    d.push("a")
    d.write("a", t.callback("a"))
    d.on("close", lambda: t.state(d))


@scenarios
def no_auto_destroy(t: Trace) -> None:
    d = t.events(make(t, autoDestroy=False))
    d.end()
    d.push(None)
    d.resume()
    set_immediate(lambda: t.state(d))


@scenarios
def echo(t: Trace) -> None:
    d = t.events(
        Duplex(
            read=lambda self, size: None,
            write=lambda self, chunk, encoding, callback: (self.push(chunk), callback()),
            final=lambda self, callback: (self.push(None), callback()),
        ),
        "",
        "data",
    )
    d.write("a")
    d.write("b")
    d.end("c")
