# mypy: disable-error-code="func-returns-value"
# ruff: noqa: PLW0108
"""pipeline, with a callback and as a promise."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from compliance._trace import Scenarios, Trace
from nodestream import Duplex, PassThrough, Readable, Transform, Writable, pipeline, promises
from nodestream.errors import AbortError
from nodestream.timers import set_immediate

scenarios = Scenarios()
Callback = Callable[..., Any]


def boom(*args: object) -> Any:
    raise Exception("boom")


def source(*chunks: str) -> Readable:
    """A stream of these chunks."""
    rest = list(chunks)
    return Readable(read=lambda self, size: self.push(rest.pop(0) if rest else None))


def open_() -> Readable:
    """A stream that waits to be pushed into."""
    return Readable(read=lambda self, size: None)


def sink(t: Trace, **options: Any) -> Writable:
    """A stream that writes down what it gets."""
    return Writable({"write": lambda self, chunk, encoding, callback: (t("_write", chunk), callback()), **options})


def upper() -> Transform:
    """A Transform to upper case."""
    return Transform(transform=lambda self, chunk, encoding, callback: callback(None, chunk.upper()))


def fails(self: Writable, chunk: Any, encoding: str, callback: Callback) -> None:
    """A write hook that reports an error."""
    callback(Exception("boom"))


@scenarios
def it_succeeds(t: Trace) -> None:
    r, p, w = t.events(source("a", "b"), "r "), t.events(upper(), "p "), t.events(sink(t), "w ")
    t("returns", pipeline(r, p, w, t.callback("done")) is w)


@scenarios
def an_array_of_streams(t: Trace) -> None:
    pipeline([source("a"), PassThrough(), sink(t)], t.callback("done"))


@scenarios
def an_error_of_the_source_destroys_all(t: Trace) -> None:
    r, p, w = t.events(open_(), "r "), t.events(upper(), "p "), t.events(sink(t), "w ")
    pipeline(r, p, w, t.callback("done"))
    r.destroy(Exception("boom"))


@scenarios
def an_error_in_the_middle_destroys_all(t: Trace) -> None:
    r, p, w = t.events(open_(), "r "), t.events(PassThrough(), "p "), t.events(sink(t), "w ")
    pipeline(r, p, w, t.callback("done"))
    p.destroy(Exception("boom"))


@scenarios
def an_error_of_the_destination_destroys_all(t: Trace) -> None:
    r, p, w = t.events(source("a"), "r "), t.events(upper(), "p "), t.events(sink(t, write=fails), "w ")
    pipeline(r, p, w, t.callback("done"))


@scenarios
def a_source_that_closes_early(t: Trace) -> None:
    r, w = t.events(open_(), "r "), t.events(sink(t), "w ")
    pipeline(r, w, t.callback("done"))
    r.push("a")
    set_immediate(lambda: r.destroy())


@scenarios
def a_destination_that_closes_early(t: Trace) -> None:
    r, w = t.events(open_(), "r "), t.events(sink(t), "w ")
    pipeline(r, w, t.callback("done"))
    set_immediate(lambda: w.destroy())


@scenarios
def into_a_destroyed_stream(t: Trace) -> None:
    w = t.events(sink(t), "w ")
    w.destroy()
    r = t.events(source("a"), "r ")
    w.on("close", lambda: t.call("pipeline", lambda: (pipeline(r, w, t.callback("done")), None)[1]))


@scenarios
def into_an_ended_stream(t: Trace) -> None:
    w = t.events(sink(t), "w ")
    w.end()
    pipeline(t.events(source("a"), "r "), w, t.callback("done"))


@scenarios
def from_a_destroyed_stream(t: Trace) -> None:
    r = t.events(open_(), "r ")
    r.destroy()
    pipeline(r, t.events(sink(t), "w "), t.callback("done"))


@scenarios
def from_an_iterable(t: Trace) -> None:
    pipeline(["a", "b"], t.events(sink(t), "w "), t.callback("done"))


@scenarios
def from_a_generator_function(t: Trace) -> None:
    def generate() -> Iterator[str]:
        yield "a"
        yield "b"

    pipeline(generate, t.events(sink(t), "w "), t.callback("done"))


@scenarios
def from_an_async_generator_function(t: Trace) -> None:
    async def generate() -> AsyncIterator[str]:
        yield "a"
        yield "b"

    pipeline(generate, t.events(sink(t), "w "), t.callback("done"))


@scenarios
def through_an_async_generator_function(t: Trace) -> None:
    async def to_upper(chunks: Readable) -> AsyncIterator[str]:
        async for chunk in chunks:
            yield chunk.decode().upper()

    pipeline(source("a", "b"), to_upper, t.events(sink(t), "w "), t.callback("done"))


@scenarios
def into_an_async_function(t: Trace) -> None:
    async def gather(chunks: Readable) -> str:
        return "".join([chunk.decode() async for chunk in chunks])

    pipeline(source("a", "b"), gather, t.callback("done"))


@scenarios
def a_generator_that_throws(t: Trace) -> None:
    async def generate() -> AsyncIterator[str]:
        yield "a"
        boom()

    pipeline(generate, t.events(sink(t), "w "), t.callback("done"))


@scenarios
def an_async_function_that_throws(t: Trace) -> None:
    async def fail(chunks: Readable) -> None:
        boom()

    r = t.events(source("a", "b"), "r ")
    pipeline(r, fail, t.callback("done"))


@scenarios
def wrong_arguments(t: Trace) -> None:
    nothing = lambda *_: None  # noqa: E731
    t.call("no callback", lambda: (pipeline(source("a"), sink(t)), None)[1])
    t.call("one stream", lambda: (pipeline(source("a"), nothing), None)[1])
    t.call("empty", lambda: (pipeline([], nothing), None)[1])
    t.call("number", lambda: (pipeline(source("a"), 5, nothing), None)[1])


@scenarios
def functions_that_return_nothing_useful(t: Trace) -> None:
    nothing = lambda *_: None  # noqa: E731
    t.call("source", lambda: (pipeline(lambda: 5, sink(t), nothing), None)[1])
    t.call("transform", lambda: (pipeline(source("a"), lambda chunks: None, sink(t), nothing), None)[1])


@scenarios
async def without_end(t: Trace) -> None:
    w = t.events(sink(t), "w ")
    await promises.pipeline(source("a"), w, end=False)
    t("done")
    t.state(w)
    w.end()


@scenarios
async def the_promise_resolves(t: Trace) -> None:
    w = t.events(sink(t), "w ")
    t("resolved", await promises.pipeline(source("a"), upper(), w))


@scenarios
async def the_promise_rejects(t: Trace) -> None:
    w = t.events(sink(t, write=fails), "w ")
    try:
        await promises.pipeline(source("a"), w)
    except Exception as error:
        t("rejected", error)


@scenarios
async def the_promise_gives_the_value(t: Trace) -> None:
    async def gather(chunks: Readable) -> int:
        async for chunk in chunks:
            t("chunk", chunk)
        return 7

    t("value", await promises.pipeline(source("a", "b"), gather))


@scenarios
def an_exception_in_the_callback(t: Trace) -> None:
    pipeline(source("a"), sink(t), boom)


@scenarios
def no_listeners_are_left(t: Trace) -> None:
    r, w = source("a"), sink(t)
    pipeline(r, w, lambda *_: None)
    w.on(
        "close",
        lambda: set_immediate(lambda: t("left", sorted(map(str, r.event_names())), sorted(map(str, w.event_names())))),
    )


@scenarios
def through_a_duplex(t: Trace) -> None:
    d = t.events(
        Duplex(
            read=lambda self, size: None,
            write=lambda self, chunk, encoding, callback: (self.push(chunk), callback()),
            final=lambda self, callback: (self.push(None), callback()),
        ),
        "d ",
    )
    pipeline(source("a", "b"), d, t.events(sink(t), "w "), t.callback("done"))


@scenarios
def ending_in_a_duplex(t: Trace) -> None:
    p = t.events(PassThrough(), "p ", "data")
    pipeline(source("a"), p, t.callback("done"))


@scenarios
def errors_are_given_once(t: Trace) -> None:
    r, w = t.events(open_(), "r "), t.events(sink(t), "w ")
    pipeline(r, w, t.callback("done"))
    r.destroy(Exception("first"))
    w.destroy(Exception("second"))


@scenarios
def small_buffers(t: Trace) -> None:
    p = PassThrough(high_water_mark=1)
    write = lambda self, chunk, encoding, callback: (t("_write", chunk), set_immediate(callback))  # noqa: E731
    w = t.events(sink(t, highWaterMark=1, write=write), "w ")
    pipeline(source("ab", "cd", "ef"), p, w, t.callback("done"))


@scenarios
def an_iterable_into_a_destroyed_stream(t: Trace) -> None:
    w = t.events(sink(t), "w ")
    w.destroy()
    t.call("pipeline", lambda: pipeline(["a"], w, t.callback("done")) is w)


@scenarios
def functions_that_return_sync_iterables(t: Trace) -> None:
    parts: Any
    for parts in (
        (source("a"), lambda chunks: ["b"], sink(t)),
        (source("a"), lambda chunks: ["b"]),
        (source("a"), lambda chunks: "b"),
    ):
        t.call("pipeline", lambda parts=parts: pipeline(*parts, t.callback("done")))


@scenarios
def an_abort_error_gives_way(t: Trace) -> None:
    r, w = source("a"), sink(t)
    pipeline(r, w, t.callback("done"))
    r.destroy(AbortError())
    w.destroy(Exception("why"))
