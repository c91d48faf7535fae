# mypy: disable-error-code="func-returns-value"
"""pipe and unpipe."""

from collections.abc import Callable
from typing import Any

from compliance._trace import Scenarios, Trace
from nodestream import PassThrough, Readable, Transform, Writable
from nodestream.timers import set_immediate

scenarios = Scenarios()
Callback = Callable[..., Any]


def source(*chunks: str) -> Readable:
    """A stream of these chunks."""
    rest = list(chunks)
    return Readable(read=lambda self, size: self.push(rest.pop(0) if rest else None))


def open_(**options: Any) -> Readable:
    """A stream that waits to be pushed into."""
    return Readable(read=lambda self, size: None, **options)


def sync(callback: Callback) -> None:
    callback()


def immediate(callback: Callback) -> None:
    set_immediate(callback)


def sink(t: Trace, when: Callable[[Callback], object] = sync, **options: Any) -> Writable:
    """A stream that writes down what it gets."""
    return Writable(
        {"write": lambda self, chunk, encoding, callback: (t("_write", chunk), when(callback), None)[2], **options}
    )


@scenarios
def everything_goes_through_and_ends(t: Trace) -> None:
    r = t.events(source("a", "b"), "r ")
    w = t.events(sink(t), "w ")
    t("pipe", r.pipe(w) is w)
    t.state(r)
    w.on("finish", lambda: (t.state(r, "r"), t.state(w, "w")))


@scenarios
def a_full_destination_pauses_the_source(t: Trace) -> None:
    r = t.events(source("ab", "cd", "ef"), "r ")
    w = t.events(sink(t, immediate, highWaterMark=2), "w ")
    r.pipe(w)


@scenarios
def a_destination_that_is_full_already(t: Trace) -> None:
    r = t.events(source("a"), "r ")
    w = t.events(sink(t, immediate, highWaterMark=1), "w ")
    w.write("first")
    r.pipe(w)
    t("flowing", r.readable_flowing)


@scenarios
def without_end_the_destination_stays_open(t: Trace) -> None:
    r = t.events(source("a"), "r ")
    w = t.events(sink(t), "w ")
    r.pipe(w, end=False)
    r.on("close", lambda: (t.state(w), w.end("own")))


@scenarios
def two_destinations(t: Trace) -> None:
    r = t.events(source("ab", "cd"), "r ")
    a = t.events(sink(t, immediate, highWaterMark=1), "a ")
    b = t.events(sink(t), "b ")
    r.pipe(a)
    r.pipe(b)


@scenarios
def unpipe_one(t: Trace) -> None:
    r = t.events(open_(), "r ")
    a = t.events(sink(t), "a ")
    b = t.events(sink(t), "b ")
    r.pipe(a)
    r.pipe(b)
    r.push("x")

    def then() -> None:
        t("flowing", r.readable_flowing, r.readable_length)
        r.unpipe(b)
        t("flowing", r.readable_flowing)
        r.push("z")

    set_immediate(lambda: (t("unpipe", r.unpipe(a) is r), r.push("y"), set_immediate(then)))


@scenarios
def unpipe_all(t: Trace) -> None:
    r = t.events(open_(), "r ")
    a = t.events(sink(t), "a ")
    b = t.events(sink(t), "b ")
    r.pipe(a)
    r.pipe(b)
    r.unpipe()
    r.unpipe()
    t("flowing", r.readable_flowing)
    t("listeners", r.listener_count("data"), a.listener_count("drain"), a.listener_count("unpipe"))


@scenarios
def unpipe_what_is_not_piped(t: Trace) -> None:
    r = t.events(open_(), "r ")
    w = t.events(sink(t), "w ")
    r.unpipe(w)
    r.pipe(w)
    r.unpipe(sink(t))
    t("flowing", r.readable_flowing)


@scenarios
def pipe_again_after_unpipe(t: Trace) -> None:
    r = t.events(open_(), "r ")
    w = t.events(sink(t), "w ")
    r.pipe(w)
    r.unpipe(w)
    r.push("a")
    set_immediate(lambda: (r.pipe(w), r.push(None)))


@scenarios
def the_same_destination_twice(t: Trace) -> None:
    r = t.events(open_(), "r ")
    w = t.events(sink(t), "w ")
    r.pipe(w)
    r.pipe(w)
    r.push("a")
    set_immediate(lambda: (r.unpipe(w), r.push("b")))


@scenarios
def an_error_of_the_destination_unpipes(t: Trace) -> None:
    r = t.events(open_(), "r ")
    w = t.events(sink(t, lambda callback: callback(Exception("boom"))), "w ")
    r.pipe(w)
    r.push("a")
    w.on("close", lambda: (t.state(r, "r"), r.push("b")))


@scenarios
def an_unhandled_error_of_the_destination(t: Trace) -> None:
    r = open_()
    w = Writable(write=lambda self, chunk, encoding, callback: callback(Exception("boom")))
    r.pipe(w)
    r.push("a")


@scenarios
def an_error_of_the_source_leaves_the_destination(t: Trace) -> None:
    r = t.events(open_(), "r ")
    w = t.events(sink(t), "w ")
    r.pipe(w)
    r.destroy(Exception("boom"))
    set_immediate(lambda: t.state(w))


@scenarios
def a_destination_that_is_destroyed(t: Trace) -> None:
    r = t.events(open_(), "r ")
    w = t.events(sink(t), "w ")
    r.pipe(w)
    w.destroy()
    w.on("close", lambda: (t("flowing", r.readable_flowing), r.push("a")))


@scenarios
def a_destination_that_is_ended_by_somebody_else(t: Trace) -> None:
    r = t.events(open_(), "r ")
    w = t.events(sink(t), "w ")
    r.pipe(w)
    w.end()
    w.on("finish", lambda: set_immediate(lambda: (t("flowing", r.readable_flowing), r.push("a"))))


@scenarios
def write_after_end_through_a_pipe(t: Trace) -> None:
    r = t.events(open_(), "r ")
    w = t.events(sink(t, immediate), "w ")
    r.pipe(w)
    r.push("a")
    w.on("pipe", lambda _: None)
    set_immediate(lambda: (w.end(), r.push("b")))


@scenarios
def a_chain(t: Trace) -> None:
    r = source("a", "b")
    up = Transform(transform=lambda self, chunk, encoding, callback: callback(None, chunk.upper()))
    w = t.events(sink(t), "w ")
    r.pipe(up).pipe(PassThrough()).pipe(w)


@scenarios
def a_chain_of_small_buffers(t: Trace) -> None:
    r = t.events(source("abc", "def", "ghi"), "r ")
    p = t.events(PassThrough(high_water_mark=2), "p ")
    w = t.events(sink(t, immediate, highWaterMark=2), "w ")
    r.pipe(p).pipe(w)


@scenarios
def pausing_a_piped_source(t: Trace) -> None:
    r = t.events(open_(), "r ")
    w = t.events(sink(t), "w ")
    r.pipe(w)
    r.pause()
    r.push("a")
    set_immediate(lambda: (t.state(r), r.resume()))


@scenarios
def a_data_listener_beside_a_pipe(t: Trace) -> None:
    r = t.events(source("ab", "cd"), "r ", "data")
    r.pipe(t.events(sink(t, immediate, highWaterMark=1), "w "))


@scenarios
def a_readable_listener_beside_a_pipe(t: Trace) -> None:
    r = t.events(open_(), "r ")
    r.on("readable", lambda: t("readable", r.readable_length))
    r.pipe(t.events(sink(t), "w "))
    r.push("a")
    set_immediate(lambda: (t.state(r), r.remove_all_listeners("readable")))


@scenarios
def a_source_that_has_ended(t: Trace) -> None:
    r = t.events(source(), "r ")
    r.resume()
    r.on("close", lambda: r.pipe(t.events(sink(t), "w ")))


@scenarios
def a_source_that_is_destroyed(t: Trace) -> None:
    r = t.events(open_(), "r ")
    r.destroy()
    w = t.events(sink(t), "w ")
    r.pipe(w)
    set_immediate(lambda: t.state(w))


@scenarios
def objects_to_bytes(t: Trace) -> None:
    r = t.events(open_(object_mode=True), "r ")
    r.pipe(t.events(sink(t), "w "))
    r.push("text")
    r.push({"a": 1})


@scenarios
def strings_of_an_encoding(t: Trace) -> None:
    r = t.events(open_(), "r ")
    r.set_encoding("hex")
    r.pipe(t.events(sink(t), "w "))
    r.push("ab")
    r.push(None)


@scenarios
def listeners_left_after_the_end(t: Trace) -> None:
    r = source("a")
    w = sink(t)
    r.pipe(w)
    w.on("close", lambda: t("r", sorted(map(str, r.event_names())), "w", sorted(map(str, w.event_names()))))


@scenarios
def listeners_while_piped(t: Trace) -> None:
    r = open_()
    w = sink(t)
    r.pipe(w)
    t("r", sorted(map(str, r.event_names())))
    t("w", sorted(map(str, w.event_names())))


def watched(t: Trace, name: str, stream: Any, *methods: str) -> Any:
    """`stream`, each of these methods replaced by one that writes down that it was called."""

    def told(method: str, original: Callback) -> Callback:
        def replaced(*args: Any) -> Any:
            t(f"{name} {method}", args[0] if method == "emit" or (method == "read" and args) else "")
            return original(*args)

        return replaced

    for method in methods:
        setattr(stream, method, told(method, getattr(stream, method)))
    return stream


def methods_replaced(t: Trace, chunks: list[Any], when: Callable[[Callback], object], **options: Any) -> None:
    """Through a Transform to a sink; every call that the library makes of a method is written down."""
    r = Readable({"read": lambda self, size: self.push(chunks.pop(0) if chunks else None), **options})
    through = Transform({"transform": lambda self, chunk, encoding, callback: callback(None, chunk), **options})
    watched(t, "r", r, "read", "push", "_read", "emit", "pause", "resume")
    watched(t, "through", through, "write", "_write", "_transform", "push", "read", "emit", "pause", "resume", "end")
    w = watched(t, "w", sink(t, when, **options), "write", "_write", "emit", "end")
    r.pipe(through).pipe(w)


@scenarios
def every_method_replaced_on_the_instances(t: Trace) -> None:
    methods_replaced(t, [1, 2, 3], sync, object_mode=True)


@scenarios
def every_method_replaced_of_streams_of_bytes(t: Trace) -> None:
    methods_replaced(t, ["ab", "cd", "ef"], sync, high_water_mark=3)


@scenarios
def every_method_replaced_and_the_sink_is_slow(t: Trace) -> None:
    methods_replaced(t, [1, 2, 3, 4, 5], immediate, object_mode=True, high_water_mark=1)
