"""Duplex.from."""

from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterator
from typing import Any

from compliance._trace import Scenarios, Trace
from nodestream import Duplex, PassThrough, Readable, Writable
from nodestream.loop import Promise
from nodestream.timers import set_immediate

scenarios = Scenarios()
Chunks = AsyncIterable[Any]


def fails(*args: object) -> Any:
    raise Exception("boom")


async def later(value: Any = None) -> Any:
    """The value, one round later."""
    promise: Promise[Any] = Promise()
    set_immediate(promise.resolve, value)
    return await promise


def open_() -> Readable:
    """A stream that waits to be pushed into."""
    return Readable(read=lambda self, size: None)


def sink(t: Trace, **options: Any) -> Writable:
    """A stream that writes down what it gets."""
    return Writable({"write": lambda self, chunk, encoding, callback: (t("_write", chunk), callback()), **options})


def shown(t: Trace, stream: Duplex, prefix: str = "") -> Duplex:
    """Listen to all events, and read."""
    return t.on(t.events(stream, prefix), prefix, "data")


def sides(t: Trace, d: Duplex) -> None:
    """What sides it has."""
    t(
        "d",
        isinstance(d, Duplex),
        d.readable,
        d.writable,
        d.readable_object_mode,
        d.writable_object_mode,
        d.readable_high_water_mark,
        d.writable_high_water_mark,
    )


def gathering(t: Trace) -> Callable[[Chunks], Any]:
    """An async function that writes down what it gets."""

    async def gather(chunks: Chunks) -> None:
        async for chunk in chunks:
            t("got", chunk)

    return gather


@scenarios
def a_readable(t: Trace) -> None:
    sides(t, shown(t, Duplex.from_(t.events(Readable.from_(["a", "b"]), "r "))))


@scenarios
def a_writable(t: Trace) -> None:
    d = t.events(Duplex.from_(t.events(sink(t), "w ")))
    sides(t, d)
    d.write("a", t.callback("written"))
    d.end("b", t.callback("ended"))


@scenarios
def a_duplex_is_itself(t: Trace) -> None:
    s = PassThrough()
    t("same", Duplex.from_(s) is s)


@scenarios
def a_pair(t: Trace) -> None:
    d = Duplex.from_({"readable": t.events(Readable.from_(["a", "b"]), "r "), "writable": t.events(sink(t), "w ")})
    sides(t, shown(t, d))
    d.write("x", t.callback("written"))
    d.end("y", t.callback("ended"))


@scenarios
def half_a_pair(t: Trace) -> None:
    sides(t, Duplex.from_({"readable": open_()}))
    sides(t, Duplex.from_({"writable": sink(t)}))
    sides(t, Duplex.from_({"readable": None}))


@scenarios
def a_pair_of_other_things(t: Trace) -> None:
    d = Duplex.from_({"readable": ["a", "b"], "writable": Duplex.from_(gathering(t))})
    sides(t, shown(t, d))
    d.end("x", t.callback("ended"))


@scenarios
def a_pair_of_one_stream(t: Trace) -> None:
    through = PassThrough(object_mode=True)
    d = Duplex.from_({"readable": through, "writable": through})
    sides(t, shown(t, d))
    d.write("a")
    d.end("b")


@scenarios
def a_pair_whose_readable_fails(t: Trace) -> None:
    r, w = t.events(open_(), "r "), t.events(sink(t), "w ")
    t.events(Duplex.from_({"readable": r, "writable": w}))
    set_immediate(lambda: r.destroy(Exception("boom")))


@scenarios
def a_pair_whose_writable_fails(t: Trace) -> None:
    def write(_self: Writable, _chunk: Any, _encoding: str, callback: Callable[..., Any]) -> None:
        callback(Exception("boom"))

    r, w = t.events(open_(), "r "), t.events(sink(t, write=write), "w ")
    t.events(Duplex.from_({"readable": r, "writable": w})).write("a", t.callback("written"))


@scenarios
def a_pair_that_is_destroyed(t: Trace) -> None:
    d = t.events(Duplex.from_({"readable": t.events(open_(), "r "), "writable": t.events(sink(t), "w ")}))
    set_immediate(lambda: d.destroy(None, t.callback("destroyed")))


@scenarios
def a_pair_that_is_destroyed_with_an_error(t: Trace) -> None:
    d = t.events(Duplex.from_({"readable": t.events(open_(), "r "), "writable": t.events(sink(t), "w ")}))
    set_immediate(lambda: d.destroy(Exception("boom")))


@scenarios
def a_pair_with_backpressure(t: Trace) -> None:
    callbacks: list[Callable[[], None]] = []

    def write(_self: Writable, chunk: Any, _encoding: str, callback: Callable[..., Any]) -> None:
        t("_write", chunk)
        callbacks.append(callback)

    d = t.events(Duplex.from_({"writable": Writable(high_water_mark=2, write=write)}))
    d.write("aa", t.callback("written"))
    d.write("bb", t.callback("written"))

    def first() -> None:
        callbacks.pop(0)()
        set_immediate(second)

    def second() -> None:
        callbacks.pop(0)()
        d.end()

    set_immediate(first)


@scenarios
def a_string(t: Trace) -> None:
    sides(t, shown(t, Duplex.from_("ab")))


@scenarios
def bytes(t: Trace) -> None:
    sides(t, shown(t, Duplex.from_(b"ab")))


@scenarios
def a_list(t: Trace) -> None:
    sides(t, shown(t, Duplex.from_(["a", "b"])))


@scenarios
def an_async_generator(t: Trace) -> None:
    async def generate() -> AsyncIterator[str]:
        yield "a"
        yield "b"

    sides(t, shown(t, Duplex.from_(generate())))


@scenarios
def a_promise(t: Trace) -> None:
    sides(t, shown(t, Duplex.from_(later("a"))))


@scenarios
def a_promise_of_nothing(t: Trace) -> None:
    shown(t, Duplex.from_(later()))


@scenarios
def a_promise_that_is_rejected(t: Trace) -> None:
    async def fails_later() -> None:
        await later()
        fails()

    shown(t, Duplex.from_(fails_later()))


@scenarios
async def a_promise_that_nobody_waits_for(t: Trace) -> None:
    d = t.events(Duplex.from_(Promise()))
    await later()
    d.destroy()


@scenarios
def a_generator_function(t: Trace) -> None:
    async def twice(chunks: Chunks) -> AsyncIterator[Any]:
        async for chunk in chunks:
            yield chunk
            yield chunk

    d = shown(t, Duplex.from_(twice))
    sides(t, d)
    d.write("a", t.callback("written"))
    d.end("b", t.callback("ended"))


@scenarios
def a_plain_generator_function(t: Trace) -> None:
    def generate() -> Iterator[str]:
        yield "a"
        yield "b"

    shown(t, Duplex.from_(generate))


@scenarios
def a_function_that_returns_a_list(t: Trace) -> None:
    shown(t, Duplex.from_(lambda: ["a", "b"]))


@scenarios
def a_function_that_returns_a_duplex(t: Trace) -> None:
    s = PassThrough()
    t("same", Duplex.from_(lambda: s) is s)


@scenarios
def an_async_function(t: Trace) -> None:
    async def gather(chunks: Chunks) -> None:
        async for chunk in chunks:
            t("got", chunk)
        t("done")

    d = t.events(Duplex.from_(gather))
    sides(t, d)
    d.write("a", t.callback("written"))
    d.end("b", t.callback("ended"))


@scenarios
def an_async_function_that_returns_something(t: Trace) -> None:
    async def gather(chunks: Chunks) -> int:
        async for chunk in chunks:
            t("got", chunk)
        return 5

    t.events(Duplex.from_(gather)).end("a", t.callback("ended"))


@scenarios
def an_async_function_that_fails(t: Trace) -> None:
    async def gather(chunks: Chunks) -> None:
        async for _ in chunks:
            fails()

    t.events(Duplex.from_(gather)).write("a", t.callback("written"))


@scenarios
def an_async_function_that_fails_at_the_end(t: Trace) -> None:
    async def gather(chunks: Chunks) -> None:
        async for chunk in chunks:
            t("got", chunk)
        fails()

    t.events(Duplex.from_(gather)).end("a", t.callback("ended"))


@scenarios
def a_generator_function_that_fails(t: Trace) -> None:
    async def generate(chunks: Chunks) -> AsyncIterator[Any]:
        async for chunk in chunks:
            yield chunk
            fails()

    d = t.events(Duplex.from_(generate))
    d.resume()
    d.write("a", t.callback("written"))


@scenarios
async def a_generator_function_that_stops_early(t: Trace) -> None:
    async def generate(chunks: Chunks) -> AsyncIterator[Any]:
        async for chunk in chunks:
            yield chunk
            break

    d = shown(t, Duplex.from_(generate))
    d.write("a", t.callback("written"))
    d.write("b", t.callback("written"))
    await later()
    t("d", d.closed, d.readable_ended, d.writable)
    d.destroy()


@scenarios
async def a_generator_function_destroyed_while_it_waits(t: Trace) -> None:
    async def generate(chunks: Chunks, options: dict[str, Any]) -> AsyncIterator[Any]:
        options["signal"].add_event_listener("abort", lambda: t("told"))
        try:
            async for chunk in chunks:
                yield chunk
        except Exception as error:
            t("caught", error)
            raise
        finally:
            t("left")

    d = t.events(Duplex.from_(generate))
    d.resume()
    d.write("a", t.callback("written"))
    await later()
    d.destroy(Exception("boom"))
    t("signal")


@scenarios
async def a_generator_function_destroyed_at_a_yield(t: Trace) -> None:
    async def generate(chunks: Chunks) -> AsyncIterator[Any]:
        try:
            async for chunk in chunks:
                yield chunk
                yield chunk
        except Exception as error:
            t("caught", error)
            raise
        finally:
            t("left")

    d = t.events(Duplex.from_(generate))
    d.read(0)
    d.write("a", t.callback("written"))
    await later()
    d.destroy(Exception("boom"))


@scenarios
async def an_async_function_destroyed_while_it_waits(t: Trace) -> None:
    async def gather(chunks: Chunks, options: dict[str, Any]) -> None:
        options["signal"].add_event_listener("abort", lambda: t("told"))
        try:
            async for chunk in chunks:
                t("got", chunk)
        except Exception as error:
            t("caught", error)
            raise
        finally:
            t("left")

    d = t.events(Duplex.from_(gather))
    d.write("a", t.callback("written"))
    await later()
    d.destroy(Exception("boom"))


@scenarios
async def an_async_function_destroyed_with_a_chunk_to_come(t: Trace) -> None:
    waiting: list[Promise[None]] = []

    async def gather(chunks: Chunks) -> None:
        try:
            async for chunk in chunks:
                t("got", chunk)
                waiting.append(Promise())
                await waiting[-1]
        except Exception as error:
            t("caught", error)
            raise
        finally:
            t("left")

    d = t.events(Duplex.from_(gather))
    d.write("a", t.callback("written"))
    d.write("b", t.callback("written"))
    await later()
    waiting[0].resolve(None)
    d.destroy()


@scenarios
def wrong_arguments(t: Trace) -> None:
    bodies: dict[str, Any] = {"number": 5, "nothing": None, "flag": True, "mapping": {}}
    for name, body in bodies.items():
        try:
            Duplex.from_(body)
        except Exception as error:
            t(name, error)
    t.call("a function that returns nothing", lambda: Duplex.from_(lambda: None))
    t.call("a function that returns a number", lambda: Duplex.from_(lambda: 5))
