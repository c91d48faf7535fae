# mypy: disable-error-code="func-returns-value"
"""Transform and PassThrough."""

from collections.abc import Callable
from typing import Any

from compliance._trace import Scenarios, Trace
from nodestream import PassThrough, Transform
from nodestream.timers import set_immediate

scenarios = Scenarios()


def boom(*args: object) -> Any:
    raise Exception("boom")


def upper(t: Trace, **options: Any) -> Transform:
    """A Transform to upper case that writes down what it gets."""

    def transform(self: Transform, chunk: bytes, encoding: str, callback: Callable[..., object]) -> None:
        t("_transform", chunk, encoding)
        callback(None, chunk.decode().upper())

    return Transform({"transform": transform, **options})


@scenarios
def it_transforms(t: Trace) -> None:
    s = t.events(upper(t), "", "data")
    t.state(s)
    t("write", s.write("a", t.callback("cb a")), s.write("b", t.callback("cb b")))
    s.end("c", t.callback("end"))
    s.on("end", lambda: t.state(s, "at end"))
    s.on("finish", lambda: t.state(s, "at finish"))
    s.on("close", lambda: t.state(s, "at close"))


@scenarios
def push_and_callback(t: Trace) -> None:
    s = t.events(
        Transform(
            transform=lambda self, chunk, encoding, callback: (self.push("<"), self.push(chunk), callback(None, ">")),
            flush=lambda self, callback: (t("_flush"), self.push("last"), callback(None, "!")),
        ),
        "",
        "data",
    )
    s.end("a")


@scenarios
def it_filters(t: Trace) -> None:
    s = t.events(
        Transform(
            object_mode=True, transform=lambda self, n, encoding, callback: callback() if n % 2 else callback(None, n)
        ),
        "",
        "data",
    )
    for i in range(5):
        s.write(i)
    s.end()


@scenarios
def an_asynchronous_transform(t: Trace) -> None:
    s = t.events(
        Transform(transform=lambda self, chunk, encoding, callback: set_immediate(callback, None, chunk)), "", "data"
    )
    for c in "abc":
        s.write(c, t.callback(c))
    s.end(t.callback("end"))


@scenarios
def a_full_reading_side_holds_up_the_writing_side(t: Trace) -> None:
    s = t.events(upper(t, highWaterMark=2))
    for c in "abcdef":
        t("write", s.write(c, t.callback(c)))
    t.state(s)
    set_immediate(lambda: (t.state(s), t("read", s.read()), set_immediate(lambda: (t.state(s), s.resume()))))


@scenarios
def an_error_from_transform(t: Trace) -> None:
    s = t.events(Transform(transform=lambda self, chunk, enc, callback: callback(Exception("boom"))), "", "data")
    s.write("a", t.callback("a"))
    s.write("b", t.callback("b"))
    s.end(t.callback("end"))
    s.on("close", lambda: t.state(s))


@scenarios
def an_exception_from_transform(t: Trace) -> None:
    s = t.events(Transform(transform=boom))
    t.call("write", lambda: s.write("a"))


@scenarios
def an_error_from_flush(t: Trace) -> None:
    s = t.events(upper(t, flush=lambda self, callback: callback(Exception("boom"))), "", "data")
    s.end("a", t.callback("end"))


@scenarios
def an_exception_from_flush(t: Trace) -> None:
    s = t.events(upper(t, flush=boom), "", "data")
    t.call("end", lambda: (s.end("a", t.callback("end")), None)[1])


@scenarios
def callback_twice(t: Trace) -> None:
    s = t.events(Transform(transform=lambda self, chunk, encoding, callback: (callback(), callback())))
    s.write("a")


@scenarios
def without_transform_hook(t: Trace) -> None:
    s = t.events(Transform())
    t.call("write", lambda: s.write("a"))


@scenarios
def an_asynchronous_flush(t: Trace) -> None:
    s = t.events(upper(t, flush=lambda self, callback: set_immediate(callback, None, "z")), "", "data")
    s.end("a")


@scenarios
def null_from_the_callback_ends_the_reading_side(t: Trace) -> None:
    s = t.events(Transform(transform=lambda self, chunk, encoding, callback: callback(None, None)), "", "data")
    s.write("a")
    set_immediate(lambda: t.state(s))


@scenarios
def push_null_in_transform(t: Trace) -> None:
    s = t.events(
        Transform(transform=lambda self, chunk, enc, callback: (self.push(chunk), self.push(None), callback())),
        "",
        "data",
    )
    s.write("a")
    s.write("b", t.callback("b"))
    s.end()


@scenarios
def final_before_flush(t: Trace) -> None:
    s = t.events(
        upper(
            t,
            final=lambda self, callback: (t("_final"), callback()),
            flush=lambda self, callback: (t("_flush"), callback()),
        ),
        "",
        "data",
    )
    s.end("a")


@scenarios
def pass_through(t: Trace) -> None:
    s = t.events(PassThrough(), "", "data")
    s.write("a")
    s.write(b"b")
    s.end("\u00e9")


@scenarios
def pass_through_of_objects(t: Trace) -> None:
    s = t.events(PassThrough(object_mode=True), "", "data")
    values: list[Any] = [1, False, 0, "", {"a": 1}]
    for value in values:
        s.write(value)
    s.end()


@scenarios
def marks(t: Trace) -> None:
    cases: list[dict[str, Any]] = [
        {},
        {"highWaterMark": 5},
        {"writableHighWaterMark": 5},
        {"readableHighWaterMark": 0},
        {"readableHighWaterMark": 0, "highWaterMark": 2},
        {"objectMode": True},
        {"writableObjectMode": True},
    ]
    for options in cases:
        s = upper(t, **options)
        both = s.readable_high_water_mark, s.writable_high_water_mark
        t("marks", options, *both, s.readable_object_mode, s.writable_object_mode)


@scenarios
def readable_objects_from_bytes(t: Trace) -> None:
    s = t.events(
        Transform(
            readable_object_mode=True,
            transform=lambda self, chunk, encoding, callback: callback(None, {"n": len(chunk)}),
        ),
        "",
        "data",
    )
    s.write("abc")
    s.end("d")


@scenarios
def destroyed_in_the_middle(t: Trace) -> None:
    s = t.events(
        Transform(transform=lambda self, chunk, encoding, callback: set_immediate(callback, None, chunk)), "", "data"
    )
    s.write("a", t.callback("a"))
    s.write("b", t.callback("b"))
    s.end(t.callback("end"))
    s.destroy()


@scenarios
def with_an_encoding(t: Trace) -> None:
    s = t.events(
        Transform(encoding="hex", transform=lambda self, chunk, encoding, callback: callback(None, chunk)), "", "data"
    )
    s.end("abc")


@scenarios
def a_constructed_transform(t: Trace) -> None:
    s = t.events(upper(t, construct=lambda self, callback: (t("_construct"), set_immediate(callback))), "", "data")
    s.end("a", t.callback("end"))


@scenarios
def a_subclass(t: Trace) -> None:
    class Doubler(Transform):
        def _transform(self, chunk: Any, encoding: str | None, callback: Callable[..., object]) -> None:
            self.push(chunk)
            callback(None, chunk)

        def _flush(self, callback: Callable[..., object]) -> None:
            t("_flush")
            callback()

    s = t.events(Doubler(), "", "data")
    s.end("a")
