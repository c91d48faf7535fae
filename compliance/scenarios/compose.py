"""stream.compose and readable.compose."""

from collections.abc import AsyncIterable, AsyncIterator
from typing import Any

from compliance._trace import Scenarios, Trace
from nodestream import Duplex, PassThrough, Readable, Transform, Writable, compose, finished
from nodestream.abort import AbortController, AbortSignal
from nodestream.loop import Promise
from nodestream.timers import set_immediate

scenarios = Scenarios()


def fails() -> Any:
    raise Exception("boom")


async def later() -> None:
    """One round."""
    promise: Promise[None] = Promise()
    set_immediate(promise.resolve, None)
    await promise


def upper() -> Transform:
    """A Transform to upper case."""
    return Transform(transform=lambda self, chunk, encoding, callback: callback(None, chunk.upper()))


def open_() -> Readable:
    """A stream that waits to be pushed into."""
    return Readable(read=lambda self, size: None)


def sink(t: Trace, **options: Any) -> Writable:
    """A stream that writes down what it gets."""
    return Writable({"write": lambda self, chunk, encoding, callback: (t("_write", chunk), callback()), **options})


async def twice(chunks: AsyncIterable[Any]) -> AsyncIterator[Any]:
    """Each chunk two times."""
    async for chunk in chunks:
        yield chunk
        yield chunk


async def fails_after_one(chunks: AsyncIterable[Any]) -> AsyncIterator[Any]:
    """The first chunk, and an error."""
    async for chunk in chunks:
        yield chunk
        fails()


def shown(t: Trace, stream: Duplex, prefix: str = "") -> Duplex:
    """Listen to all events, and read."""
    return t.on(t.events(stream, prefix), prefix, "data")


@scenarios
def two_streams(t: Trace) -> None:
    a, b = t.events(PassThrough(), "a "), t.events(upper(), "b ")
    d = shown(t, compose(a, b))
    t("d", isinstance(d, Duplex), d.readable, d.writable, d.readable_object_mode, d.writable_object_mode)
    t("write", d.write("x", t.callback("written")))
    d.end("y", t.callback("ended"))


@scenarios
def functions(t: Trace) -> None:
    async def to_upper(chunks: AsyncIterable[Any]) -> AsyncIterator[Any]:
        async for chunk in chunks:
            yield chunk.upper()

    d = shown(t, compose(twice, to_upper))
    t("d", d.readable_object_mode, d.writable_object_mode)
    d.write("x")
    d.end("y")


@scenarios
def one_function(t: Trace) -> None:
    d = shown(t, compose(twice))
    d.write("x", t.callback("written"))
    d.end("y", t.callback("ended"))


@scenarios
def from_an_iterable(t: Trace) -> None:
    d = shown(t, compose(["x", "y"], upper()))
    t("d", d.readable, d.writable)


@scenarios
def from_a_string(t: Trace) -> None:
    shown(t, compose("xy", twice))


@scenarios
def into_a_writable(t: Trace) -> None:
    d = t.events(compose(upper(), t.events(sink(t), "w ")))
    t("d", d.readable, d.writable)
    d.end("x", t.callback("ended"))


@scenarios
def into_a_function(t: Trace) -> None:
    async def gather(chunks: AsyncIterable[Any]) -> None:
        async for chunk in chunks:
            t("got", chunk)

    d = t.events(compose(upper(), gather))
    t("d", d.readable, d.writable)
    d.end("x", t.callback("ended"))


@scenarios
def neither_side(t: Trace) -> None:
    d = t.events(compose(Readable.from_(["x"]), sink(t, object_mode=True)))
    t("d", d.readable, d.writable)
    finished(d, t.callback("finished"))


@scenarios
def a_function_at_the_end_that_returns_something(t: Trace) -> None:
    async def gather(chunks: AsyncIterable[Any]) -> int:
        async for chunk in chunks:
            t("got", chunk)
        return 5

    finished(compose(Readable.from_(["x"]), gather), t.callback("finished"))


@scenarios
def composed_of_composed(t: Trace) -> None:
    async def gather(chunks: AsyncIterable[Any]) -> None:
        async for chunk in chunks:
            t("got", chunk)

    finished(compose(compose(["x", "y"]), compose(twice), compose(gather)), t.callback("finished"))


@scenarios
def one_stream_stays_itself(t: Trace) -> None:
    s = PassThrough()
    t("same", compose(s) is s)


@scenarios
def modes_of_the_ends(t: Trace) -> None:
    d = compose(PassThrough(writable_object_mode=True), PassThrough(readable_object_mode=True))
    t("d", d.readable_object_mode, d.writable_object_mode)


@scenarios
def wrong_arguments(t: Trace) -> None:
    def call(label: str, *streams: Any) -> None:
        try:
            compose(*streams)
        except Exception as error:
            t(label, getattr(error, "code", ""), str(error).split(" Received")[0])
        else:
            t(f"{label} is taken")

    call("none")
    call("number", 5)
    call("number first", 5, PassThrough())
    call("number last", [1], 5)
    call("number between", PassThrough(), 5, PassThrough())
    call("writable first", sink(t), PassThrough())
    call("readable last", PassThrough(), open_())
    call("readable between", PassThrough(), open_(), PassThrough())
    call("a function that returns nothing", lambda: None, PassThrough())
    call("mapping", {})


@scenarios
def destroyed(t: Trace) -> None:
    d = t.events(compose(t.events(PassThrough(), "a "), t.events(upper(), "b ")))
    d.write("x", t.callback("written"))
    d.destroy()


@scenarios
def destroyed_with_an_error(t: Trace) -> None:
    d = t.events(compose(t.events(PassThrough(), "a "), t.events(upper(), "b ")))
    d.write("x", t.callback("written"))
    set_immediate(lambda: d.destroy(Exception("boom"), t.callback("destroyed")))


@scenarios
def the_first_fails(t: Trace) -> None:
    a, b = t.events(PassThrough(), "a "), t.events(upper(), "b ")
    shown(t, compose(a, b)).write("x")
    set_immediate(lambda: a.destroy(Exception("boom")))


@scenarios
def the_last_fails(t: Trace) -> None:
    a, b = t.events(PassThrough(), "a "), t.events(upper(), "b ")
    shown(t, compose(a, b)).write("x")
    set_immediate(lambda: b.destroy(Exception("boom")))


@scenarios
def a_function_fails(t: Trace) -> None:
    a, b = t.events(PassThrough(), "a "), t.events(upper(), "b ")
    shown(t, compose(a, fails_after_one, b)).write("x")


@scenarios
def the_last_function_fails(t: Trace) -> None:
    shown(t, compose(t.events(PassThrough(), "a "), fails_after_one)).write("x")


@scenarios
def the_source_fails(t: Trace) -> None:
    a = t.events(open_(), "a ")
    shown(t, compose(a, upper()))
    set_immediate(lambda: a.destroy(Exception("boom")))


@scenarios
def backpressure(t: Trace) -> None:
    d = t.on(compose(PassThrough(high_water_mark=2), PassThrough(high_water_mark=2)), "", "drain", "end")
    for _ in range(4):
        t("write", d.write("xx", t.callback("written")))

    def read() -> None:
        t("writable", d.writable_length)
        d.on("data", t.callback("data"))
        d.end()

    set_immediate(read)


@scenarios
async def read_by_a_loop(t: Trace) -> None:
    async for chunk in Readable.from_(["a", "b", "c"]).compose(twice):
        t("chunk", chunk)


@scenarios
async def as_a_method(t: Trace) -> None:
    d = Readable.from_(["a", "b"]).compose(upper())
    t("d", isinstance(d, Duplex), d.readable, d.writable)
    t("text", b"".join(await d.to_array()).decode())
    wrong: Any = 1
    t.call("options", lambda: Readable.from_(["a"]).compose(upper(), wrong))
    t.call("signal", lambda: Readable.from_(["a"]).compose(upper(), signal=True))
    for second in (open_(), None):
        try:
            Readable.from_(["a"]).compose(second)
        except Exception as error:
            t(getattr(error, "code", ""))


@scenarios
async def with_a_signal(t: Trace) -> None:
    controller = AbortController()
    d = t.events(open_().compose(upper(), signal=controller.signal))
    await later()
    controller.abort()
    await later()
    t("destroyed", d.destroyed)
    t.events(open_().compose(upper(), signal=AbortSignal.abort()), "before ")
