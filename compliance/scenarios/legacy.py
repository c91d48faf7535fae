# mypy: disable-error-code="func-returns-value"
"""Old-style streams: their pipe, Readable.wrap, and what newer parts do with them."""

from collections.abc import AsyncIterator
from typing import Any

from compliance._trace import Scenarios, Trace
from nodestream import (
    EventEmitter,
    PassThrough,
    Readable,
    Stream,
    Writable,
    add_abort_signal,
    destroy,
    finished,
    is_destroyed,
    pipeline,
)
from nodestream.abort import AbortController
from nodestream.loop import next_tick
from nodestream.timers import set_immediate

scenarios = Scenarios()

ALL = ("data", "drain", "end", "error", "close", "unpipe")


def listeners(t: Trace, label: str, emitter: Any) -> None:
    t(label, [emitter.listener_count(name) for name in ALL])


def old(t: Trace) -> Any:
    """An old-style source that can be paused."""
    source: Any = Stream()
    source.readable = True
    source.pause = lambda: t("pause()")
    source.resume = lambda: t("resume()")
    return source


def target(t: Trace, results: Any = ()) -> Any:
    """An old-style destination; `results` are what write() returns before True."""
    rest = list(results)
    dest: Any = Stream()
    dest.writable = True
    dest.write = lambda chunk: (t("write", chunk), rest.pop(0) if rest else True)[1]
    dest.end = lambda: t("end()")
    return dest


def an_x() -> Readable:
    """A stream of "x"."""
    return Readable(read=lambda self, size: (self.push("x"), self.push(None)))


@scenarios
def data_and_end_are_piped(t: Trace) -> None:
    source = old(t)
    dest = t.on(target(t), "", "pipe", "unpipe")
    t("returns", source.pipe(dest) is dest)
    listeners(t, "source", source)
    listeners(t, "dest", dest)
    source.emit("data", "a")
    source.emit("data", 1)
    source.emit("end")
    source.emit("data", "late")
    listeners(t, "source", source)
    listeners(t, "dest", dest)


@scenarios
def without_end(t: Trace) -> None:
    source = old(t)
    source.pipe(target(t), end=False)
    listeners(t, "source", source)
    source.emit("data", "a")
    source.emit("end")
    source.emit("close")
    listeners(t, "source", source)


@scenarios
def false_pauses_and_drain_resumes(t: Trace) -> None:
    source = old(t)
    dest = target(t, [False, None, True])
    source.pipe(dest)
    source.emit("data", "a")
    source.emit("data", "b")
    source.emit("data", "c")
    dest.emit("drain")
    source.readable = False
    dest.emit("drain")
    dest.writable = False
    source.emit("data", "d")


@scenarios
def a_source_that_cannot_be_paused(t: Trace) -> None:
    source = Stream()
    dest = target(t, [False])
    source.pipe(dest)
    source.emit("data", "a")
    dest.emit("drain")
    source.emit("data", "b")


@scenarios
def close_before_end_destroys(t: Trace) -> None:
    source = old(t)
    dest = target(t)
    dest.destroy = lambda error=None: t("destroy()", error)
    source.pipe(dest)
    source.emit("close")
    source.emit("end")
    listeners(t, "dest", dest)


@scenarios
def end_then_close(t: Trace) -> None:
    source = old(t)
    dest = target(t)
    dest.destroy = lambda: t("destroy()")
    source.pipe(dest)
    source.emit("end")
    source.emit("close")


@scenarios
def the_destination_closes(t: Trace) -> None:
    source = old(t)
    dest = target(t)
    source.pipe(dest)
    dest.emit("close")
    source.emit("data", "a")
    listeners(t, "source", source)
    listeners(t, "dest", dest)


@scenarios
def an_error_undoes_the_pipe(t: Trace) -> None:
    source = old(t)
    dest = target(t)
    source.pipe(dest)
    t.call("error", lambda: source.emit("error", Exception("unheard")))
    listeners(t, "source", source)
    listeners(t, "dest", dest)
    other = old(t)
    other.pipe(dest)
    dest.on("error", t.callback("heard"))
    t.call("error", lambda: dest.emit("error", Exception("of dest")))
    listeners(t, "source", other)


@scenarios
def into_a_writable_and_out_of_a_readable(t: Trace) -> None:
    source = old(t)
    dest = t.events(
        Writable(high_water_mark=2, write=lambda self, chunk, encoding, callback: (t("_write", chunk), callback()))
    )
    source.pipe(dest)
    source.emit("data", "abc")
    source.emit("data", "d")
    source.emit("end")
    an_x().pipe(t.on(target(t), "old ", "pipe", "unpipe"))


@scenarios
def a_full_old_style_destination(t: Trace) -> None:
    dest = target(t, [False])
    readable = t.events(Readable(read=lambda self, size: None), "r ")
    readable.push("a")
    readable.push("b")
    readable.pipe(dest)

    def drained() -> None:
        t("flowing", readable.readable_flowing)
        dest.emit("drain")
        set_immediate(lambda: t("flowing", readable.readable_flowing))

    set_immediate(drained)


@scenarios
def a_destination_without_the_newer_methods(t: Trace) -> None:
    dest = target(t)
    dest.prepend_listener = None
    an_x().pipe(dest)


@scenarios
def a_readable_in_place_of_a_destination(t: Trace) -> None:
    readable = Readable(read=lambda self, size: None)
    t.call("pipe", lambda: isinstance(readable.pipe(Readable(read=lambda self, size: None)), Readable))


@scenarios
def finished_of_an_old_style_stream(t: Trace) -> None:
    source = old(t)
    finished(source, t.callback("source"))
    source.emit("end")
    dest = target(t)
    finished(dest, t.callback("dest"))
    dest.emit("close")
    failing = old(t)
    finished(failing, t.callback("failing"))
    t.call("error", lambda: failing.emit("error", Exception("x")))


@scenarios
def a_pipeline_with_old_style_streams(t: Trace) -> None:
    source = old(t)
    dest = target(t)
    pipeline(source, PassThrough(), dest, t.callback("done"))

    def go() -> None:
        source.emit("data", "a")
        source.emit("end")
        set_immediate(lambda: (dest.emit("finish"), dest.emit("close")))

    set_immediate(go)


@scenarios
def a_pipeline_from_an_old_style_stream_that_fails(t: Trace) -> None:
    source = old(t)
    source.destroy = lambda error=None: t("destroy()")

    async def ignore(chunks: AsyncIterator[Any]) -> None:
        pass

    pipeline(source, ignore, t.callback("done"))
    next_tick(lambda: source.emit("error", Exception("x")))


@scenarios
async def async_iteration_of_an_old_style_stream(t: Trace) -> None:
    source = old(t)
    set_immediate(lambda: (source.emit("data", "a"), source.emit("data", "b"), source.emit("end")))
    async for chunk in Readable.__aiter__(source):
        t("chunk", chunk)


@scenarios
def destroying_what_cannot_be_destroyed(t: Trace) -> None:
    stream = t.on(old(t), "", "error", "close")
    destroy(stream, Exception("x"))
    t("destroyed", is_destroyed(stream))
    destroy(stream, Exception("again"))
    closing = t.on(old(t), "closing ", "error", "close")
    closing.close = lambda: t("close()")
    destroy(closing)
    quiet = t.on(old(t), "quiet ", "error", "close")
    quiet.readable = False
    destroy(quiet)


@scenarios
def a_signal_for_what_is_no_stream(t: Trace) -> None:
    signal = AbortController().signal
    bad: Any
    for bad in (5, {}, EventEmitter(), "x"):
        t.call("stream", add_abort_signal, signal, bad)
    for bad in (5, {}, "x"):
        t.call("signal", add_abort_signal, bad, PassThrough())


@scenarios
def wrap(t: Trace) -> None:
    source = old(t)
    readable = t.events(Readable(high_water_mark=4), "", "data")
    t("returns", readable.wrap(source) is readable)
    listeners(t, "source", source)
    source.emit("data", "abcd")
    source.emit("data", "ef")
    t.state(readable)
    set_immediate(lambda: (source.emit("data", "gh"), source.emit("end")))


@scenarios
def wrap_gives_methods_on(t: Trace) -> None:
    source = old(t)
    source.own = lambda value: t("own", value)
    source.read = lambda: t("never")
    readable: Any = Readable().wrap(source)
    t("has", "function" if callable(readable.own) else "undefined", readable.pause is source.pause)
    readable.own(1)
    t("read", readable.read())


@scenarios
def wrap_and_errors(t: Trace) -> None:
    source = old(t)
    readable = t.events(Readable.wrap(source))
    source.emit("error", Exception("x"))
    t.state(readable)
    lenient = t.events(Readable(auto_destroy=False).wrap(old(t)), "lenient ")
    lenient.destroy()


@scenarios
def wrap_and_close(t: Trace) -> None:
    for event in ("close", "destroy"):
        source = old(t)
        readable = t.events(Readable().wrap(source), f"{event} ")
        source.emit(event)
        t.state(readable, event)


@scenarios
def static_wrap(t: Trace) -> None:
    source = old(t)
    readable = t.events(Readable.wrap(source), "", "data")
    t("mode", readable.readable_object_mode, readable.readable_high_water_mark)
    source.emit("data", {"a": 1})
    source.emit("end")
    data = old(t)
    data.object_mode = False
    t("mode", Readable.wrap(data).readable_object_mode, Readable.wrap(data, object_mode=True).readable_object_mode)
    t("of a stream", Readable.wrap(PassThrough()).readable_object_mode)


@scenarios
def static_wrap_destroys_both(t: Trace) -> None:
    source = t.events(PassThrough(), "source ")
    readable = t.events(Readable.wrap(source, high_water_mark=3), "")
    t("mark", readable.readable_high_water_mark)
    readable.destroy(Exception("x"))
    t.state(source, "source")
