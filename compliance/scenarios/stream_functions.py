# mypy: disable-error-code="func-returns-value"
"""The functions of node:stream, and what those find who look into a stream's state."""

import math
from collections.abc import Callable
from typing import Any

from compliance._trace import Scenarios, Trace
from nodestream import (
    Duplex,
    PassThrough,
    Readable,
    Transform,
    Writable,
    destroy,
    duplex_pair,
    finished,
    get_default_high_water_mark,
    is_destroyed,
    is_disturbed,
    is_errored,
    is_readable,
    is_writable,
    set_default_high_water_mark,
)
from nodestream._options import snake_case
from nodestream.loop import next_tick
from nodestream.timers import set_immediate

scenarios = Scenarios()

BOTH = (
    "objectMode highWaterMark length defaultEncoding constructed sync destroyed closed closeEmitted errored "
    "errorEmitted autoDestroy emitClose ended "
)
READABLE = (
    BOTH + "endEmitted reading needReadable emittedReadable readableListening resumeScheduled multiAwaitDrain "
    "readingMore dataEmitted encoding flowing paused pipesCount"
).split()
WRITABLE = (
    BOTH + "finalCalled needDrain ending finished decodeStrings writing bufferProcessing prefinished corked writelen "
    "pendingcb bufferedRequestCount allBuffers allNoop"
).split()


def source(**options: Any) -> Readable:
    """A stream that waits to be pushed into."""
    return Readable({"read": lambda self, size: None, **options})


def sink(**options: Any) -> Writable:
    """A stream that takes everything."""
    return Writable({"write": lambda self, chunk, encoding, callback: callback(), **options})


def ask(t: Trace, label: str, stream: Any) -> None:
    t(
        label,
        is_destroyed(stream),
        is_disturbed(stream),
        is_errored(stream),
        is_readable(stream),
        is_writable(stream),
    )


def inside(t: Trace, label: str, stream: Any) -> None:
    """Write down the state of each side."""
    r = getattr(stream, "_readable_state", None)
    w = getattr(stream, "_writable_state", None)
    if r is not None:
        for name in READABLE:
            t(f"{label} r.{name}", getattr(r, snake_case(name)))
    if w is not None:
        for name in WRITABLE:
            t(f"{label} w.{name}", getattr(w, snake_case(name)))
    if r is not None:
        t(f"{label} r.buffer", len(r.buffer) - r.buffer_index)
    if w is not None:
        t(f"{label} w.buffer", len(w.get_buffer()))


class LookAlike:
    """Something with these attributes."""

    def __init__(self, *methods: str, **attributes: Any) -> None:
        for name in methods:
            setattr(self, name, lambda *args: None)
        self.__dict__.update(attributes)


@scenarios
def questions(t: Trace) -> None:
    r = source()
    ask(t, "new", r)
    r.push("a")
    r.read()
    ask(t, "read", r)
    r.on("error", lambda error: ask(t, "at error", r))
    r.on("close", lambda: ask(t, "at close", r))
    r.destroy(Exception("x"))
    ask(t, "destroyed", r)
    w = sink()
    ask(t, "writable", w)
    w.on("finish", lambda: ask(t, "finished", w))
    w.end()
    ask(t, "ended", w)
    d = Duplex(readable=False, write=lambda self, chunk, encoding, callback: None)
    ask(t, "half", d)


@scenarios
def questions_about_anything(t: Trace) -> None:
    it: Any
    for it in (
        None,
        None,
        5,
        "x",
        {},
        LookAlike(readable=True),
        LookAlike("write", "on", writable=True),
        LookAlike("pipe", "on", readable=True),
        LookAlike("pipe", "on", readable=True, destroyed=True),
    ):
        ask(t, "it", it)


@scenarios
def destroy_of_each_kind(t: Trace) -> None:
    for name, stream in (("r", source()), ("w", sink()), ("d", PassThrough())):
        t.events(stream, f"{name} ")
        destroy(stream)
        t.state(stream, name)
        destroy(stream, Exception("again"))
    failing = t.events(source(), "failing ")
    destroy(failing, Exception("x"))
    done = sink(auto_destroy=False)
    done.end()
    done.on("finish", lambda: (t.events(done, "done "), destroy(done)))
    destroy(None)
    destroy(None)


@scenarios
def default_marks(t: Trace) -> None:
    t("are", get_default_high_water_mark(), get_default_high_water_mark(False), get_default_high_water_mark(True))
    try:
        set_default_high_water_mark(False, 32)
        set_default_high_water_mark(True, 3)
        t("are", get_default_high_water_mark(False), get_default_high_water_mark(True))
        t("streams", source().readable_high_water_mark, source(object_mode=True).readable_high_water_mark)
        t("streams", sink().writable_high_water_mark, sink(object_mode=True).writable_high_water_mark)
        transform = Transform()
        t("transform", transform.readable_high_water_mark, transform.writable_high_water_mark)
    finally:
        set_default_high_water_mark(False, 65536)
        set_default_high_water_mark(True, 16)
    bad: Any
    for bad in ("5", True, -1, 1.5, math.nan, math.inf, 2**53):
        t.call("set", set_default_high_water_mark, False, bad)


@scenarios
def setting_destroyed(t: Trace) -> None:
    for stream in (source(), sink(), PassThrough()):
        t.events(stream, f"{type(stream).__name__} ")
        stream.destroyed = True
        stream.destroy(Exception("not emitted"))
        t.state(stream)
        stream.destroyed = False
        t.state(stream)


@scenarios
def setting_readable_and_writable(t: Trace) -> None:
    r = source()
    r.readable = False
    finished(r, t.callback("finished"))
    t.state(r)
    r.destroy()
    w = sink()
    w.writable = False
    finished(w, t.callback("finished"))
    t.state(w)
    w.destroy()
    d = PassThrough()
    d.readable = d.writable = False
    t.state(d)
    d.readable = d.writable = True
    t.state(d)


@scenarios
def undestroy(t: Trace) -> None:
    w = t.events(sink())
    w.end("a")

    def again() -> None:
        w.undestroy()
        t.state(w)
        w.remove_all_listeners("close")
        w.end("b", t.callback("end"))

    w.on("close", again)
    r = t.events(source(), "r ")
    r.destroy(Exception("x"))
    r.on("close", lambda: (r.undestroy(), t.state(r)))


REVIVALS: dict[str, Callable[[Any], object]] = {
    "none": lambda r: None,
    "undestroy": lambda r: r.undestroy(),
    "destroy": lambda r: r.destroy(),
    "destroy, undestroy": lambda r: (r.destroy(), r.undestroy()),
    "undestroy, destroy": lambda r: (r.undestroy(), r.destroy()),
    "undestroy, unshift": lambda r: (r.undestroy(), r.unshift(b"x")),
    "unshift": lambda r: r.unshift(b"x"),
}
"""What a listener of `end` does with its stream."""


@scenarios
def revived_at_the_end(t: Trace) -> None:
    for how, change in REVIVALS.items():
        for reads in (1, 2, 3):
            ended_and_revived(t, f"{how}, {reads} reads: ", change, reads)


def ended_and_revived(t: Trace, name: str, change: Callable[[Any], object], reads: int) -> None:
    r = Readable(read=lambda: None)
    left = 5

    def on_end() -> None:
        nonlocal left
        left -= 1
        if left > 0:
            change(r)
            next_tick(t.callback(f"{name}tick"))

    t.events(r, name)
    r.on("end", on_end)
    r.push(None)
    for _ in range(reads):
        r.read()


@scenarios
def pair(t: Trace) -> None:
    a, b = duplex_pair()
    t.events(a, "a ", "data")
    t.events(b, "b ", "data")
    t("write", a.write("to b", t.callback("written")))
    b.write(b"to a")
    t("empty", a.write("", t.callback("empty")))
    set_immediate(lambda: (a.end(), b.end("bye")))


@scenarios
def a_full_pair(t: Trace) -> None:
    a, b = duplex_pair(high_water_mark=4)
    t.events(a, "a ")
    t("write", a.write("abcdef", t.callback("first")), a.write("gh", t.callback("second")))

    def read() -> None:
        t("length", b.readable_length, a.writable_length)
        t("read", b.read())
        set_immediate(lambda: t("length", b.readable_length, a.writable_length))

    set_immediate(read)


@scenarios
def a_pair_of_objects(t: Trace) -> None:
    a, b = duplex_pair({"objectMode": True, "readableHighWaterMark": 2})
    t("marks", a.readable_high_water_mark, b.readable_high_water_mark, a.writable_high_water_mark)
    b.on("data", t.callback("data"))
    a.write({"x": 1})
    a.write(5)
    a.end()


@scenarios
def destroying_one_of_a_pair(t: Trace) -> None:
    for label, error in (("plain", None), ("error", Exception("x"))):
        a, b = duplex_pair()
        t.events(a, f"{label} a ")
        t.events(b, f"{label} b ")
        b.resume()
        a.destroy(error)


@scenarios
def inside_a_readable(t: Trace) -> None:
    r = source(high_water_mark=3)
    inside(t, "new", r)
    r.push("ab")
    r.push("cd")
    inside(t, "pushed", r)
    r.on("readable", lambda: None)
    inside(t, "listening", r)

    def later() -> None:
        inside(t, "later", r)
        r.set_encoding("hex")
        r.remove_all_listeners("readable")
        r.pause()
        inside(t, "paused", r)
        r.on("error", lambda error: inside(t, "at error", r))
        r.on("close", lambda: inside(t, "at close", r))
        r.destroy(Exception("x"))
        inside(t, "destroyed", r)

    set_immediate(later)


@scenarios
def inside_a_readable_that_ends(t: Trace) -> None:
    r = source(emit_close=False, auto_destroy=False)
    r.push("a")
    r.push(None)
    inside(t, "ended", r)
    r.on("data", lambda chunk: inside(t, "at data", r))
    inside(t, "flowing", r)
    r.on("end", lambda: (inside(t, "at end", r), set_immediate(inside, t, "after", r)))


@scenarios
def inside_a_writable(t: Trace) -> None:
    pending: list[Callable[[], None]] = []
    w: Writable = Writable(
        high_water_mark=3,
        write=lambda self, chunk, encoding, callback: pending.append(callback),
        final=lambda self, callback: (inside(t, "final", w), callback()),
    )
    inside(t, "new", w)
    w.write("ab", lambda: None)
    inside(t, "writing", w)
    w.cork()
    w.write("cd")
    w.write(b"e", lambda: None)
    inside(t, "corked", w)
    pending[-1]()
    w.uncork()
    inside(t, "uncorked", w)
    w.on("finish", lambda: inside(t, "at finish", w))
    w.on("close", lambda: inside(t, "at close", w))
    w.on("prefinish", lambda: inside(t, "at prefinish", w))
    set_immediate(lambda: (pending[-1](), pending[-1](), w.end(), inside(t, "ending", w)))


@scenarios
def inside_a_writable_of_strings(t: Trace) -> None:
    w = Writable(decode_strings=False, write=lambda self, chunk, encoding, callback: None)
    w.write("a")
    w.write("b")
    inside(t, "strings", w)
    w.on("error", lambda error: inside(t, "at error", w))
    w.destroy(Exception("x"))
    inside(t, "destroyed", w)


@scenarios
def inside_before_construction(t: Trace) -> None:
    d = Duplex(
        construct=lambda self, callback: (set_immediate(callback), None)[1],
        read=lambda self, size: None,
        write=lambda self, chunk, encoding, callback: callback(),
    )
    d.write("a")
    inside(t, "new", d)
    set_immediate(set_immediate, lambda: inside(t, "constructed", d))


@scenarios
def writers_that_are_waited_for(t: Trace) -> None:
    def waited(r: Any) -> Any:
        found = r._readable_state.await_drain_writers
        return len(found) if isinstance(found, set) else type(found).__name__ if found is not None else None

    def slow() -> Writable:
        return Writable(
            high_water_mark=1, write=lambda self, chunk, encoding, callback: (set_immediate(callback), None)[1]
        )

    r = source()
    a = slow()
    r.pipe(a)
    state: Any = r._readable_state
    t("pipes", len(state.pipes), state.pipes[0] is a, waited(r))
    r.push("ab")

    def none_left() -> None:
        t("drained", waited(r))
        r.unpipe()
        t("none", len(state.pipes))

    def full() -> None:
        t("full", waited(r))
        r.pipe(slow())
        t("two", waited(r), state.multi_await_drain)
        set_immediate(set_immediate, none_left)

    next_tick(full)
