"""Web streams from and to Node's streams, and where the functions of node:stream take them."""

from collections.abc import AsyncIterator, Callable
from typing import Any

from compliance._trace import Scenarios, Trace
from nodestream import (
    Duplex,
    PassThrough,
    Readable,
    Transform,
    Writable,
    add_abort_signal,
    compose,
    consumers,
    finished,
    is_destroyed,
    is_disturbed,
    is_errored,
    is_readable,
    is_writable,
    pipeline,
)
from nodestream.abort import AbortController, AbortSignal
from nodestream.loop import Promise
from nodestream.timers import set_immediate
from nodestream.web import Blob, ReadableStream, ReadResult, TransformStream, WritableStream

scenarios = Scenarios()


async def rounds(count: int) -> None:
    """The loop has gone round so often."""
    for _ in range(count):
        promise: Promise[None] = Promise()
        set_immediate(promise.resolve, None)
        await promise


def shown(value: Any) -> Any:
    """A result as JavaScript has it."""
    return value._asdict() if isinstance(value, ReadResult) else value


def note(t: Trace, label: str, promise: Promise[Any]) -> None:
    """Write down when a promise is settled, and what comes of it."""
    promise.when_settled(lambda value: t(label, shown(value)), lambda error: t(f"{label} rejects", error))


async def all_of(stream: Any) -> list[Any]:
    """All chunks."""
    return [chunk async for chunk in stream]


def sink(t: Trace, name: str = "sink") -> WritableStream:
    """A stream that tells what it is given."""
    return WritableStream(
        write=lambda chunk: t(f"{name} write", chunk),
        close=lambda: t(f"{name} close"),
        abort=lambda reason: t(f"{name} abort", reason),
    )


def source(t: Trace, *chunks: Any) -> ReadableStream:
    """A stream of these chunks."""

    def start(controller: Any) -> None:
        for chunk in chunks:
            controller.enqueue(chunk)
        controller.close()

    return ReadableStream(start=start, cancel=lambda reason: t("cancel", reason))


def quiet(t: Trace) -> ReadableStream:
    """A stream that gives nothing."""
    return ReadableStream(cancel=lambda reason: t("cancel", reason))


def failed() -> ReadableStream:
    """A stream that has failed."""
    return ReadableStream(start=lambda c: c.error(Exception("boom")))


def _upper(chunk: Any, controller: Any) -> None:
    text = chunk if isinstance(chunk, str) else bytes(chunk).decode()
    controller.enqueue(text.upper())


def upper() -> TransformStream:
    """A stream that makes text of chunks, in upper case."""
    return TransformStream(transform=_upper)


def nothing(*_: Any) -> None:
    """A hook that does nothing."""


def raising(error: Exception) -> Callable[..., Any]:
    """A function that raises."""

    def fail(*_: Any) -> None:
        raise error

    return fail


async def doubled(chunks: Any) -> AsyncIterator[Any]:
    """Each chunk twice."""
    async for chunk in chunks:
        yield chunk + chunk


@scenarios
async def arguments(t: Trace) -> None:
    wrong: Any = 5

    class Object:
        pass

    for value in (wrong, Object()):
        t.call("readable from", Readable.from_web, value)
        t.call("readable to", Readable.to_web, value)
        t.call("writable from", Writable.from_web, value)
        t.call("writable to", Writable.to_web, value)
        t.call("duplex from", Duplex.from_web, value)
        t.call("duplex to", Duplex.to_web, value)
    t.call("no writable", Duplex.from_web, {"readable": ReadableStream()})
    t.call("options", Readable.from_web, ReadableStream(), wrong)
    t.call("mark", lambda: Readable.from_web(ReadableStream(), high_water_mark=-1))
    t.call("encoding", lambda: Readable.from_web(ReadableStream(), encoding="x"))
    t.call("objectMode", lambda: Readable.from_web(ReadableStream(), object_mode=5))
    t.call("signal", lambda: Readable.from_web(ReadableStream(), signal=5))
    t.call("decodeStrings", lambda: Writable.from_web(WritableStream(), decode_strings=5))
    t.call("type", lambda: Readable.to_web(PassThrough(), type="x"))
    t.call("to options", lambda: Readable.to_web(PassThrough(), wrong))
    t.call("strategy", lambda: Readable.to_web(PassThrough(), strategy=5))
    t.call("readableType", lambda: Duplex.to_web(PassThrough(), readable_type="x"))


@scenarios
async def readable_from_web(t: Trace) -> None:
    r = t.events(Readable.from_web(source(t, b"a", "b")), "", "data")
    await rounds(3)
    t.state(r)
    t("encoding", await all_of(Readable.from_web(source(t, b"a", "b"), encoding="utf8")))
    t("objects", await all_of(Readable.from_web(source(t, {"a": 1}, 2), object_mode=True)))
    bad = t.events(Readable.from_web(source(t, 5)), "", "data")
    await rounds(3)
    t("destroyed", bad.destroyed)


@scenarios
async def pulls_on_demand(t: Trace) -> None:
    n = 0

    def pull(controller: Any) -> None:
        nonlocal n
        t("pull", n)
        n += 1
        controller.enqueue(n - 1)

    rs = ReadableStream({"pull": pull}, {"high_water_mark": 0})
    r = Readable.from_web(rs, object_mode=True, high_water_mark=2)
    await rounds(2)
    t("read", r.read())
    await rounds(2)
    t("length", r.readable_length)
    t("read", r.read())
    await rounds(2)
    t("length", r.readable_length)


@scenarios
async def readable_from_web_that_is_destroyed(t: Trace) -> None:
    r = t.events(Readable.from_web(quiet(t)))
    r.destroy(Exception("boom"))
    await rounds(2)
    without = t.events(Readable.from_web(quiet(t)))
    without.destroy()
    await rounds(2)
    failing = t.events(Readable.from_web(ReadableStream(start=lambda c: c.error(Exception("source")))))
    await rounds(2)
    t("destroyed", failing.destroyed)
    controller = AbortController()
    signalled = t.events(Readable.from_web(quiet(t), signal=controller.signal))
    controller.abort("why")
    await rounds(2)
    t("destroyed", signalled.destroyed)


@scenarios
async def readable_to_web(t: Trace) -> None:
    t("all", await all_of(Readable.to_web(Readable.from_(["a", "b", 3]))))
    t("bytes", await all_of(Readable.to_web(Readable.from_(["a", "b"], object_mode=False), type="bytes")))
    r = Readable(read=lambda self, size: t("read"), high_water_mark=4)
    rs = Readable.to_web(r)
    r.push("abc")
    await rounds(2)
    t("flowing", r.readable_flowing)
    r.push("def")
    r.push("ghi")
    await rounds(2)
    t("flowing", r.readable_flowing, r.readable_length)
    reader = rs.get_reader()
    t("value", (await reader.read()).value)
    t("value", (await reader.read()).value)
    await rounds(2)
    t("flowing", r.readable_flowing, r.readable_length)
    t.events(r)
    note(t, "cancelled", reader.cancel(Exception("enough")))
    await rounds(2)


@scenarios
async def a_strategy(t: Trace) -> None:
    r = Readable(read=nothing)
    rs = Readable.to_web(r, strategy={"high_water_mark": 1, "size": len})
    r.push("abc")
    r.push("def")
    await rounds(2)
    t("flowing", r.readable_flowing, r.readable_length)
    t("value", (await rs.get_reader().read()).value)


@scenarios
async def readable_to_web_that_fails(t: Trace) -> None:
    r = Readable(read=nothing)
    note(t, "read", Readable.to_web(r).get_reader().read())
    r.destroy(Exception("boom"))
    await rounds(2)
    early = Readable(read=nothing)
    note(t, "early", Readable.to_web(early).get_reader().read())
    early.destroy()
    await rounds(2)
    note(t, "over", Readable.to_web(early).get_reader().closed)
    await rounds(2)


@scenarios
async def writable_from_web(t: Trace) -> None:
    w = t.events(Writable.from_web(sink(t)))
    t("write", w.write("a", t.callback("written a")))
    t("write", w.write("b", t.callback("written b")))
    w.write("c")
    w.end("d", t.callback("ended"))
    await rounds(4)
    t.state(w)
    Writable.from_web(sink(t, "text"), decode_strings=False).write("a")
    Writable.from_web(sink(t, "objects"), object_mode=True).write({"a": 1})
    await rounds(3)


@scenarios
async def writable_from_web_that_is_destroyed(t: Trace) -> None:
    w = t.events(Writable.from_web(sink(t)))
    w.destroy(Exception("boom"))
    await rounds(2)
    without = t.events(Writable.from_web(sink(t)))
    without.destroy()
    await rounds(2)
    failing = t.events(Writable.from_web(WritableStream(write=raising(Exception("sink")))))
    failing.write("a", t.callback("written"))
    await rounds(3)
    t("destroyed", failing.destroyed)


@scenarios
async def writable_to_web(t: Trace) -> None:
    def write(_stream: Any, chunk: Any, _encoding: Any, callback: Any) -> None:
        t("write", chunk)
        set_immediate(callback)

    w = t.events(Writable(write=write, high_water_mark=2))
    writer = Writable.to_web(w).get_writer()
    t("size", writer.desired_size)
    note(t, "a", writer.write(b"a"))
    note(t, "bcd", writer.write(b"bcd"))
    note(t, "e", writer.write(b"e"))
    note(t, "close", writer.close())
    await rounds(8)
    t("finished", w.writable_finished)


@scenarios
async def writable_to_web_that_fails(t: Trace) -> None:
    w = Writable(write=lambda self, chunk, encoding, callback: callback(Exception("boom")))
    writer = Writable.to_web(w).get_writer()
    note(t, "closed", writer.closed)
    note(t, "write", writer.write(b"a"))
    await rounds(3)
    early = Writable(write=nothing)
    note(t, "early", Writable.to_web(early).get_writer().closed)
    early.destroy()
    await rounds(3)
    aborted = t.events(Writable(write=nothing))
    note(t, "abort", Writable.to_web(aborted).abort(Exception("why")))
    await rounds(3)
    note(t, "over", Writable.to_web(aborted).get_writer().closed)
    await rounds(2)


@scenarios
async def duplex_from_web(t: Trace) -> None:
    d = t.events(Duplex.from_web(upper(), encoding="utf8"), "", "data")
    t("half open", d.allow_half_open)
    d.write("a")
    d.end("b")
    await rounds(6)
    t.state(d)
    destroyed = t.events(Duplex.from_web({"readable": quiet(t), "writable": sink(t)}))
    destroyed.destroy()
    await rounds(3)
    failing = t.events(Duplex.from_web({"readable": quiet(t), "writable": sink(t)}))
    failing.destroy(Exception("boom"))
    await rounds(3)


@scenarios
async def duplex_to_web(t: Trace) -> None:
    pair = Duplex.to_web(PassThrough())
    writer = pair["writable"].get_writer()
    note(t, "write", writer.write(b"a"))
    note(t, "close", writer.close())
    await rounds(2)
    t("all", await all_of(pair["readable"]))
    await rounds(2)
    gone = Duplex.to_web(PassThrough().destroy())
    note(t, "readable", gone["readable"].get_reader().closed)
    note(t, "writable", gone["writable"].get_writer().closed)
    await rounds(2)
    half = Duplex.to_web(Duplex(readable=False, write=lambda self, chunk, encoding, callback: callback()))
    note(t, "no readable", half["readable"].get_reader().closed)
    await rounds(2)
    pair = Duplex.to_web(PassThrough(), readable_type="bytes")
    note(t, "byte", pair["writable"].get_writer().write(b"x"))
    t("byob", (await pair["readable"].get_reader(mode="byob").read(bytearray(2))).value)


@scenarios
async def questions(t: Trace) -> None:
    broken = WritableStream(start=lambda c: c.error(Exception("x")))
    streams = {
        "readable": quiet(t),
        "writable": sink(t),
        "transform": upper(),
        "failed": failed(),
        "broken": broken,
        "closed": source(t),
    }
    await rounds(1)
    for name, s in streams.items():
        t(name, is_readable(s), is_writable(s), is_errored(s), is_disturbed(s), is_destroyed(s))
    read = source(t, 1)
    await read.get_reader().read()
    t("read", is_disturbed(read))


@scenarios
async def finishing(t: Trace) -> None:
    finished(source(t), t.callback("readable"))
    finished(failed(), t.callback("failed"))
    ws = sink(t)
    finished(ws, t.callback("writable"))
    ws.close()
    controller = AbortController()
    finished(quiet(t), {"signal": controller.signal}, t.callback("aborted"))
    controller.abort()
    t.call("transform", finished, upper(), nothing)
    cut = quiet(t)
    add_abort_signal(AbortSignal.abort("why"), cut)
    note(t, "cut", cut.get_reader().closed)
    await rounds(3)


@scenarios
async def pipelines(t: Trace) -> None:
    async def run(label: str, *parts: Any) -> None:
        pipeline(*parts, t.callback(label))
        await rounds(8)

    def write(_stream: Any, chunk: Any, _encoding: Any, callback: Any) -> None:
        t("node write", chunk)
        callback()

    async def generator() -> AsyncIterator[str]:
        yield "a"

    async def joined(chunks: Any) -> str:
        return "".join(await all_of(chunks))

    await run("web to web", source(t, "a", "b"), sink(t))
    await run("node to web", Readable.from_(["a", "b"]), sink(t))
    await run("web to node", source(t, "a", "b"), Writable(object_mode=True, write=write))
    await run("through", source(t, "a", "b"), upper(), sink(t))
    await run("function", source(t, "a"), doubled, upper(), sink(t))
    await run("generator", generator, sink(t))
    await run("last function", source(t, "a"), upper(), joined)
    await run("failing source", failed(), sink(t))
    await run("failing sink", source(t, "a", "b"), WritableStream(write=raising(Exception("sink"))))
    t.call("middle", pipeline, source(t), sink(t), sink(t, "second"), nothing)


@scenarios
async def composing(t: Trace) -> None:
    async def run(label: str, d: Duplex, *chunks: Any) -> None:
        t.on(d, f"{label} ", "data", "end", "error", "close", "finish")
        for chunk in chunks:
            d.write(chunk)
        if is_writable(d):
            d.end()
        await rounds(12)

    await run("two", compose(upper(), upper()).set_encoding("utf8"), "a", "b")
    double = Transform(transform=lambda self, chunk, encoding, callback: callback(None, chunk + chunk))
    await run("node first", compose(double, upper()).set_encoding("utf8"), "ab")
    await run("function", compose(doubled, upper()), "ab")
    await run("readable first", compose(source(t, "ab"), upper()).set_encoding("utf8"))
    t.call("readable last", compose, upper(), WritableStream(), upper())
    t.call("writable first", compose, WritableStream(), upper())
    t.call("readable in the middle", compose, upper(), ReadableStream())


@scenarios
async def duplexes_of(t: Trace) -> None:
    t("readable", await all_of(Duplex.from_(source(t, "a")).set_encoding("utf8")))
    w = Duplex.from_(sink(t))
    t("sides", w.readable, w.writable)
    w.end("x")
    await rounds(6)
    d = Duplex.from_(upper())
    d.end("abc")
    t("transform", await all_of(d.set_encoding("utf8")))
    pair = Duplex.from_({"readable": source(t, "q"), "writable": sink(t)})
    t("pair", await all_of(pair.set_encoding("utf8")))
    await rounds(3)


@scenarios
async def consuming(t: Trace) -> None:
    t("text", await consumers.text(source(t, "a", b"b")))
    t("json", await consumers.json(source(t, '{"a": 1}')))
    t("buffer", await consumers.buffer(source(t, b"b")))
    t("from", await all_of(Readable.from_(source(t, 1, 2))))
    t("to", await all_of(ReadableStream.from_(Readable.from_([1, 2]))))


@scenarios
async def blobs(t: Trace) -> None:
    wrong: Any
    for wrong in (5, "x", {}):
        t.call("parts", Blob, wrong)
    for wrong in (5, {"endings": "x"}):
        t.call("options", Blob, ["a"], wrong)
    for kind in ("TEXT/Plain", "a\u00e9"):
        t("type", Blob(["a"], type=kind).type)
    t("odd parts", await Blob([1, {}, None, True]).text())
    t("endings", await Blob(["a\r\nb\nc\rd"], endings="native").text())
    blob = Blob(["hello ", b"wo", Blob(["rld"])], {"type": "x/y"})
    t("blob", blob.size, blob.type, await blob.text(), await blob.bytes())
    first, last = await blob.slice(1, 4).text(), await blob.slice(-3).text()
    t("slices", first, last, blob.slice(3, 1).size, blob.slice(0, 1, "A/b").type)
    t("stream", await all_of(blob.stream()))
    t("byob", (await blob.stream().get_reader(mode="byob").read(bytearray(3))).value)
    t("broken", await Blob(["\ufeffa", b"\xff"]).text())
    consumed = await consumers.blob(Readable.from_(["a", "b"]))
    t("consumed", consumed.size, consumed.type, await consumed.text())
    t("duplex", (await all_of(Duplex.from_(blob)))[0])
    t("empty", Blob().size, await all_of(Blob().stream()))
