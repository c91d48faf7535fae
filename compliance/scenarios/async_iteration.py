# mypy: disable-error-code="func-returns-value"
# ruff: noqa: PLW0108
"""`async for` over a stream."""

from typing import Any

from compliance._trace import Scenarios, Trace
from nodestream import Duplex, PassThrough, Readable, Transform
from nodestream.loop import Promise, current_loop
from nodestream.timers import set_immediate

scenarios = Scenarios()


def source(*chunks: Any) -> Readable:
    """A stream of these chunks."""
    rest = list(chunks)
    return Readable(read=lambda self, size: self.push(rest.pop(0) if rest else None))


def open_(**options: Any) -> Readable:
    """A stream that waits to be pushed into."""
    return Readable(read=lambda self, size: None, **options)


@scenarios
async def all_chunks(t: Trace) -> None:
    r = t.events(source("a", "b", "c"))
    async for chunk in r:
        t("chunk", chunk)
    t("after")
    t.state(r)


@scenarios
async def chunks_that_come_later(t: Trace) -> None:
    r = t.events(open_())
    set_immediate(lambda: (r.push("a"), set_immediate(lambda: (r.push("b"), r.push(None)))))
    async for chunk in r:
        t("chunk", chunk)


@scenarios
async def leaving_destroys(t: Trace) -> None:
    r = t.events(source("a", "b", "c"))
    async for chunk in r:
        t("chunk", chunk)
        break
    t("after")
    t.state(r)


@scenarios
async def leaving_by_an_exception_destroys(t: Trace) -> None:
    r = t.events(source("a", "b", "c"))
    try:
        async for chunk in r:
            raise Exception(f"at {chunk.decode()}")
    except Exception as error:
        t("caught", error)
    t.state(r)


@scenarios
async def leaving_does_not_destroy_when_told_so(t: Trace) -> None:
    r = t.events(source("a", "b"))
    async for chunk in r.iterator(destroy_on_return=False):
        t("chunk", chunk)
        break
    t("destroyed", r.destroyed)
    async for chunk in r:
        t("chunk", chunk)


async def consume(t: Trace, r: Readable, label: str = "chunk") -> None:
    """Write down every chunk, or the error."""
    try:
        async for chunk in r:
            t(label, chunk)
    except Exception as error:
        t("caught", error)


@scenarios
async def an_error_is_thrown(t: Trace) -> None:
    r = t.events(open_())
    r.push("a")
    set_immediate(lambda: r.destroy(Exception("boom")))
    await consume(t, r)


@scenarios
async def an_error_before(t: Trace) -> None:
    r = t.events(open_())
    r.destroy(Exception("boom"))
    await consume(t, r)


@scenarios
async def closed_too_early(t: Trace) -> None:
    r = t.events(open_())
    r.push("a")
    set_immediate(lambda: r.destroy())
    await consume(t, r)


@scenarios
async def a_stream_that_has_ended(t: Trace) -> None:
    r = source("a")
    await consume(t, r)
    await consume(t, r, "again")
    t("after")


@scenarios
async def objects(t: Trace) -> None:
    r = Readable.from_([1, "two", {"three": 3}, [4], False, 0, ""])
    await consume(t, r)


@scenarios
async def with_an_encoding(t: Trace) -> None:
    r = source(b"\xe2\x82", b"\xac")
    r.set_encoding("utf8")
    await consume(t, r)


@scenarios
async def through_a_transform(t: Trace) -> None:
    up = Transform(transform=lambda self, chunk, encoding, callback: callback(None, chunk.upper()))
    await consume(t, source("a", "b").pipe(up))


@scenarios
async def a_pass_through_written_meanwhile(t: Trace) -> None:
    p = t.events(PassThrough())
    p.write("a")
    async for chunk in p:
        t("chunk", chunk)
        if chunk == b"a":
            p.end("b")


@scenarios
async def the_iterator_by_hand(t: Trace) -> None:
    i = aiter(source("a", "b"))
    t("first", await anext(i))
    t("second", await anext(i))
    t("end", await anext(i, True))
    t("end", await anext(i, True))


@scenarios
async def buffered_chunks_come_joined(t: Trace) -> None:
    r = open_()
    r.push("a")
    r.push("b")
    set_immediate(lambda: r.push(None))
    await consume(t, r)


@scenarios
async def listeners_are_gone_afterwards(t: Trace) -> None:
    r = source("a")
    await consume(t, r)
    waiting: Promise[None] = Promise()
    set_immediate(waiting.resolve, None)
    await waiting
    t("readable", r.listener_count("readable"))


@scenarios
async def the_writable_side_outlives_the_loop(t: Trace) -> None:
    for options in ({}, {"allowHalfOpen": False}, {"autoDestroy": False}):
        d = Duplex(
            {
                "read": lambda self, size: self.push(None),
                "write": lambda self, chunk, encoding, callback: (t("_write", chunk), callback(), None)[2],
                **options,
            }
        )
        async for chunk in d:
            t("chunk", chunk)
        t("after", d.destroyed, d.writable, [d.listener_count(name) for name in ("readable", "end", "error", "close")])
        d.on("error", lambda error: None)
        d.end("x")


@scenarios
async def it_says_what_it_reads(t: Trace) -> None:
    r = source("a")
    i: Any = aiter(r)
    t("stream", i.stream is r, r.iterator({"destroyOnReturn": False}).stream is r)
    bad: Any
    for bad in (42, "x", True):
        t.call("iterator", lambda bad=bad: type(r.iterator(bad)).__name__)


@scenarios
async def several_that_wait(t: Trace) -> None:
    for how in ("end", "destroy", "fail"):
        r = open_()
        i = aiter(r)
        waiting: list[Promise[None]] = []

        async def take(label: str, i: Any, done: Promise[None]) -> None:
            try:
                t(label, await anext(i))
            except StopAsyncIteration:
                t(f"{label} done")
            except Exception as error:
                t(f"{label} throws", error)
            done.resolve(None)

        for number in range(3):
            waiting.append(Promise())
            current_loop().spawn(take(f"{how} {number}", i, waiting[-1]), None)
        again: Promise[None] = Promise()
        set_immediate(again.resolve, None)
        await again
        r.push("a")
        if how == "end":
            r.push(None)
        else:
            set_immediate(r.destroy, Exception("x") if how == "fail" else None)
        for promise in waiting:
            await promise
