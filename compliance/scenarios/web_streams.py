"""node:stream/web."""

from collections.abc import AsyncIterator, Callable
from typing import Any

from compliance._trace import Scenarios, Trace
from nodestream.abort import AbortController, AbortSignal
from nodestream.loop import Promise, next_tick
from nodestream.timers import set_immediate
from nodestream.web import (
    ByteLengthQueuingStrategy,
    CompressionStream,
    CountQueuingStrategy,
    DecompressionStream,
    ReadableByteStreamController,
    ReadableStream,
    ReadableStreamBYOBReader,
    ReadableStreamBYOBRequest,
    ReadableStreamDefaultController,
    ReadableStreamDefaultReader,
    ReadResult,
    TextDecoderStream,
    TextEncoderStream,
    TransformStream,
    TransformStreamDefaultController,
    WritableStream,
    WritableStreamDefaultController,
    WritableStreamDefaultWriter,
)

scenarios = Scenarios()


def shown(value: Any) -> Any:
    """A result as JavaScript has it."""
    return value._asdict() if isinstance(value, ReadResult) else value


def note(t: Trace, label: str, promise: Promise[Any]) -> None:
    """Write down when a promise is settled, and what comes of it."""
    promise.when_settled(lambda value: t(label, shown(value)), lambda error: t(f"{label} rejects", error))


def a_round() -> Promise[None]:
    """The loop has gone round once."""
    promise: Promise[None] = Promise()
    set_immediate(promise.resolve, None)
    return promise


async def all_of(stream: Any) -> list[Any]:
    """All chunks."""
    return [chunk async for chunk in stream]


def raising(error: Exception) -> Callable[..., Any]:
    """A function that raises."""

    def fail(*_: Any) -> None:
        raise error

    return fail


class Holder:
    """Keeps the controller that `start` is given."""

    controller: Any

    def start(self, controller: Any) -> None:
        """See the standard."""
        self.controller = controller


@scenarios
async def constructor_arguments(t: Trace) -> None:
    def make(label: str, kind: Any, *args: Any) -> None:
        t.call(label, lambda: kind(*args) and None)

    for source in (5, "x"):
        make("source", ReadableStream, source)
    make("strategy", ReadableStream, {}, 5)
    make("type", ReadableStream, {"type": "x"})
    make("pull", ReadableStream, {"pull": 5})
    make("cancel", ReadableStream, {"cancel": 5})
    for mark in (-1, float("nan"), "abc"):
        make("mark", ReadableStream, {}, {"highWaterMark": mark})
    make("size", ReadableStream, {}, {"size": 5})
    make("allocate", ReadableStream, {"type": "bytes", "autoAllocateChunkSize": 0})
    make("sink", WritableStream, 5)
    make("sink type", WritableStream, {"type": "x"})
    make("write", WritableStream, {"write": 5})
    make("sink mark", WritableStream, {}, {"highWaterMark": -1})
    make("transformer", TransformStream, 5)
    make("readable type", TransformStream, {"readableType": "bytes"})
    make("writable type", TransformStream, {"writableType": "bytes"})
    make("transform", TransformStream, {"transform": 5})
    make("no init", ByteLengthQueuingStrategy)
    make("no mark", CountQueuingStrategy, {})
    t.call("any mark", lambda: CountQueuingStrategy({"highWaterMark": -5}).high_water_mark)
    t.call("no number", lambda: CountQueuingStrategy({"highWaterMark": "x"}).high_water_mark)
    t.call("count", lambda: CountQueuingStrategy(high_water_mark=1).size())
    t.call("length", lambda: ByteLengthQueuingStrategy(high_water_mark=1).size(b"abc"))
    make("throws", ReadableStream, {"start": raising(Exception("boom"))})


@scenarios
async def illegal_constructors(t: Trace) -> None:
    for each in (
        ReadableStreamDefaultController,
        ReadableByteStreamController,
        ReadableStreamBYOBRequest,
        WritableStreamDefaultController,
        TransformStreamDefaultController,
    ):
        t.call(each.__name__, each)


@scenarios
async def locks(t: Trace) -> None:
    wrong: Any = 5
    t.call("mode", lambda: ReadableStream().get_reader({"mode": "x"}))
    t.call("options", lambda: ReadableStream().get_reader(wrong))
    t.call("reader of", ReadableStreamDefaultReader, 5)
    t.call("byob of", ReadableStreamBYOBReader, 5)
    t.call("writer of", WritableStreamDefaultWriter, 5)
    rs = ReadableStream()
    reader = rs.get_reader()
    t("locked", rs.locked)
    t.call("getReader", rs.get_reader)
    t.call("tee", rs.tee)
    t.call("values", rs.values)
    t.call("pipeThrough", lambda: rs.pipe_through(TransformStream()))
    note(t, "cancel", rs.cancel())
    note(t, "pipeTo", rs.pipe_to(WritableStream()))
    free = ReadableStream()
    note(t, "destination", free.pipe_to(5))
    note(t, "options", free.pipe_to(WritableStream(), wrong))
    note(t, "signal", free.pipe_to(WritableStream(), {"signal": 5}))
    t.call("transform", lambda: free.pipe_through({"readable": 5, "writable": WritableStream()}))
    t.call("transform 2", lambda: free.pipe_through({"readable": ReadableStream(), "writable": 5}))
    await a_round()
    note(t, "pending", reader.read())
    note(t, "closed", reader.closed)
    reader.release_lock()
    reader.release_lock()
    t("unlocked", rs.locked)
    note(t, "read", reader.read())
    note(t, "reader cancel", reader.cancel())
    await a_round()
    await _writer_locks(t, free)


async def _writer_locks(t: Trace, free: ReadableStream) -> None:
    ws = WritableStream()
    writer = ws.get_writer()
    t("writable locked", ws.locked)
    t.call("getWriter", ws.get_writer)
    note(t, "close", ws.close())
    note(t, "abort", ws.abort())
    note(t, "pipe to locked", free.pipe_to(ws))
    t.call("through locked", lambda: free.pipe_through({"readable": ReadableStream(), "writable": ws}))
    await a_round()
    writer.release_lock()
    t.call("released", lambda: writer.desired_size)


@scenarios
async def closing_twice(t: Trace) -> None:
    writer = WritableStream().get_writer()
    note(t, "first close", writer.close())
    note(t, "second close", writer.close())
    note(t, "write", writer.write("x"))
    await a_round()
    writer.release_lock()
    writer.release_lock()
    t.call("desiredSize", lambda: writer.desired_size)
    note(t, "released write", writer.write(1))
    note(t, "released close", writer.close())
    note(t, "released abort", writer.abort())
    note(t, "released closed", writer.closed)
    note(t, "released ready", writer.ready)
    await a_round()


@scenarios
async def reading(t: Trace) -> None:
    class Source(Holder):
        def start(self, controller: Any) -> None:
            super().start(controller)
            t("start", controller.desired_size)

        def pull(self, controller: Any) -> None:
            t("pull", controller.desired_size)

        def cancel(self, reason: Any) -> None:
            t("cancel", reason)

    source = Source()
    rs = ReadableStream(source, {"high_water_mark": 2})
    await a_round()
    controller = source.controller
    controller.enqueue("a")
    t("size", controller.desired_size)
    controller.enqueue("b")
    controller.enqueue("c")
    t("size", controller.desired_size)
    reader = rs.get_reader()
    for i in range(4):
        note(t, f"read {i}", reader.read())
    await a_round()
    controller.enqueue("d")
    await a_round()
    t("size", controller.desired_size)
    controller.close()
    t("size", controller.desired_size)
    t.call("enqueue", controller.enqueue, "e")
    t.call("close", controller.close)
    note(t, "read", reader.read())
    note(t, "closed", reader.closed)
    note(t, "cancel", reader.cancel())
    await a_round()


@scenarios
async def pulling(t: Trace) -> None:
    n = 0

    async def pull(controller: Any) -> None:
        nonlocal n
        t("pull", n)
        await a_round()
        if n < 3:
            n += 1
            controller.enqueue(n - 1)
        else:
            controller.close()

    t("all", await all_of(ReadableStream(pull=pull)))
    failing = ReadableStream({"pull": raising(Exception("boom"))}, {"highWaterMark": 0})
    reader = failing.get_reader()
    note(t, "read", reader.read())
    note(t, "closed", reader.closed)
    note(t, "cancel", reader.cancel())
    await a_round()

    async def start() -> None:
        raise Exception("bad start")

    note(t, "start", ReadableStream(start=start).get_reader().read())
    await a_round()


@scenarios
async def sizes(t: Trace) -> None:
    def sized(size: Any) -> dict[str, Any]:
        return {"size": lambda: size, "high_water_mark": 1}

    for size in (-1, float("nan"), float("inf"), "x"):
        source = Holder()
        rs = ReadableStream(source, sized(size))
        t.call("enqueue", source.controller.enqueue, 1)
        t("desired", source.controller.desired_size)
        note(t, "read", rs.get_reader().read())
        await a_round()
        writer = WritableStream({}, sized(size)).get_writer()
        note(t, "write", writer.write(1))
        await a_round()
    writer = WritableStream({}, ByteLengthQueuingStrategy(high_water_mark=10)).get_writer()
    note(t, "write", writer.write(b"abc"))
    t("desired", writer.desired_size)
    await a_round()
    t("desired", writer.desired_size)


@scenarios
async def cancelling(t: Trace) -> None:
    rs = ReadableStream(cancel=lambda reason: t("cancel", reason))
    note(t, "cancelled", rs.cancel("why"))
    await a_round()
    note(t, "again", rs.cancel("why not"))
    note(t, "failing", ReadableStream(cancel=raising(Exception("boom"))).cancel())
    reader = ReadableStream(cancel=a_round).get_reader()
    note(t, "read", reader.read())
    note(t, "closed", reader.closed)
    note(t, "slow", reader.cancel())
    await a_round()
    await a_round()


@scenarios
async def iterating(t: Trace) -> None:
    def source(n: int) -> ReadableStream:
        def start(controller: Any) -> None:
            for i in range(n):
                controller.enqueue(i)
            if n < 5:
                controller.close()

        return ReadableStream(start=start, cancel=lambda reason: t("cancel", reason))

    t("all", await all_of(source(3)))
    rs = source(5)
    iterator = rs.values()
    t("first", await anext(iterator))
    await iterator.aclose()
    t("locked", rs.locked)
    note(t, "closed", rs.get_reader().closed)
    await a_round()
    kept = source(5)
    keeping = kept.values(prevent_cancel=True)
    await anext(keeping)
    await keeping.aclose()
    t("kept", kept.locked, (await kept.get_reader().read()).value)
    two: Promise[int] = Promise()
    two.resolve(2)
    t("from", await all_of(ReadableStream.from_([1, two, 3])))
    t("from string", await all_of(ReadableStream.from_("ab")))
    t.call("from 5", ReadableStream.from_, 5)

    async def generator() -> AsyncIterator[int]:
        try:
            yield 1
            yield 2
        finally:
            t("finally")

    reader = ReadableStream.from_(generator()).get_reader()
    t("value", (await reader.read()).value)
    note(t, "cancelled", reader.cancel())
    await a_round()

    async def failing() -> AsyncIterator[int]:
        yield 1
        raise Exception("boom")

    try:
        await all_of(ReadableStream.from_(failing()))
    except Exception as error:
        t("failed", error)


@scenarios
async def teeing(t: Trace) -> None:
    a, b = ReadableStream.from_([1, 2, 3]).tee()
    t("a", await all_of(a))
    t("b", await all_of(b))
    c, d = ReadableStream(cancel=lambda reasons: t("cancel", reasons)).tee()
    note(t, "c", c.cancel("one"))
    await a_round()
    note(t, "d", d.cancel("two"))
    await a_round()
    source = Holder()
    e, f = ReadableStream(source).tee()
    note(t, "e", e.get_reader().read())
    note(t, "f", f.get_reader().read())
    await a_round()
    source.controller.error(Exception("boom"))
    await a_round()


@scenarios
async def writing(t: Trace) -> None:
    def write(chunk: Any) -> Promise[None]:
        t("write", chunk)
        return a_round()

    sink = {
        "start": lambda: t("start"),
        "write": write,
        "close": lambda: t("close"),
        "abort": lambda reason: t("abort", reason),
    }
    writer = WritableStream(sink, {"highWaterMark": 2}).get_writer()
    t("size", writer.desired_size)
    note(t, "ready", writer.ready)
    for chunk in ("a", "b", "c"):
        note(t, f"write {chunk}", writer.write(chunk))
    t("size", writer.desired_size)
    note(t, "ready again", writer.ready)
    note(t, "closed", writer.closed)
    note(t, "close", writer.close())
    for _ in range(5):
        await a_round()
    t("size", writer.desired_size)
    note(t, "late", writer.write("d"))
    note(t, "late close", writer.close())
    note(t, "late abort", writer.abort())
    await a_round()


@scenarios
async def aborting(t: Trace) -> None:
    class Sink(Holder):
        def write(self, chunk: Any) -> Promise[None]:
            t("write", chunk)
            return Promise()

        def abort(self, reason: Any) -> None:
            t("abort", reason)

    sink = Sink()
    writer = WritableStream(sink).get_writer()
    await a_round()
    note(t, "write a", writer.write("a"))
    note(t, "write b", writer.write("b"))
    signal = sink.controller.signal
    signal.add_event_listener("abort", lambda: t("signal", signal.reason))
    note(t, "abort", writer.abort(Exception("why")))
    t("size", writer.desired_size)
    note(t, "ready", writer.ready)
    await a_round()
    idle = WritableStream(abort=lambda reason: t("abort", reason))
    await a_round()
    note(t, "idle", idle.abort("because"))
    await a_round()
    note(t, "again", idle.abort("more"))
    note(t, "closed", idle.get_writer().closed)
    await a_round()
    note(t, "failing", WritableStream(abort=raising(Exception("boom"))).abort())
    await a_round()


@scenarios
async def failing_sinks(t: Trace) -> None:
    boom = raising(Exception("boom"))

    async def start() -> None:
        boom()

    for sink in ({"write": boom}, {"close": boom}, {"start": start}):
        writer = WritableStream(sink).get_writer()
        note(t, "write", writer.write(1))
        note(t, "second", writer.write(2))
        note(t, "close", writer.close())
        note(t, "closed", writer.closed)
        await a_round()
        note(t, "ready", writer.ready)
        t("size", writer.desired_size)
        await a_round()
    told = Holder()
    writer = WritableStream(told).get_writer()
    told.controller.error(Exception("told"))
    told.controller.error(Exception("twice"))
    note(t, "closed", writer.closed)
    note(t, "write", writer.write(1))
    await a_round()


@scenarios
async def transforming(t: Trace) -> None:
    class Transformer:
        def start(self, controller: Any) -> None:
            t("start", controller.desired_size)
            controller.enqueue("first")

        def transform(self, chunk: Any, controller: Any) -> None:
            t("transform", chunk)
            controller.enqueue(chunk)
            controller.enqueue(chunk + chunk)

        def flush(self, controller: Any) -> None:
            t("flush")
            controller.enqueue("last")

    ts = TransformStream(Transformer())
    writer = ts.writable.get_writer()
    t("size", writer.desired_size)
    note(t, "write", writer.write("a"))
    note(t, "close", writer.close())
    note(t, "closed", writer.closed)
    await a_round()
    rest: list[Any] = []
    note(t, "piped", ts.readable.pipe_to(WritableStream(write=rest.append)))
    await a_round()
    t("all", rest)
    await a_round()
    t("identity", await all_of(ReadableStream.from_([1, 2]).pipe_through(TransformStream())))


@scenarios
async def transforms_that_end_early(t: Trace) -> None:
    held = Holder()
    ended = TransformStream(held)
    held.controller.terminate()
    t.call("enqueue", held.controller.enqueue, 1)
    note(t, "closed", ended.writable.get_writer().closed)
    note(t, "read", ended.readable.get_reader().read())
    await a_round()
    failing = TransformStream(transform=raising(Exception("boom")))
    writer = failing.writable.get_writer()
    note(t, "read", failing.readable.get_reader().read())
    note(t, "write", writer.write(1))
    note(t, "closed", writer.closed)
    await a_round()
    told = TransformStream(held)
    held.controller.error(Exception("told"))
    note(t, "read", told.readable.get_reader().read())
    note(t, "write", told.writable.get_writer().write(1))
    await a_round()
    flushing = TransformStream(flush=raising(Exception("flush")))
    note(t, "close", flushing.writable.get_writer().close())
    note(t, "read", flushing.readable.get_reader().read())
    await a_round()
    cancelled = TransformStream(cancel=lambda reason: t("cancel", reason))
    note(t, "cancelled", cancelled.readable.cancel("why"))
    await a_round()
    note(t, "writer", cancelled.writable.get_writer().closed)
    aborted = TransformStream(cancel=lambda reason: t("cancel", reason))
    note(t, "aborted", aborted.writable.abort("because"))
    await a_round()
    note(t, "reader", aborted.readable.get_reader().closed)
    await a_round()


@scenarios
async def piping(t: Trace) -> None:
    def sink(name: str) -> WritableStream:
        return WritableStream(
            write=lambda chunk: t(f"{name} write", chunk),
            close=lambda: t(f"{name} close"),
            abort=lambda reason: t(f"{name} abort", reason),
        )

    first = sink("plain")
    note(t, "piped", ReadableStream.from_([1, 2]).pipe_to(first))
    t("locked", first.locked)
    await a_round()
    await a_round()
    t("locked", first.locked)
    opened = sink("open")
    note(t, "open", ReadableStream.from_([1]).pipe_to(opened, prevent_close=True))
    await a_round()
    note(t, "go on", opened.get_writer().write("more"))
    await a_round()

    def failing() -> ReadableStream:
        return ReadableStream(start=lambda c: c.error(Exception("source")))

    note(t, "error", failing().pipe_to(sink("failed")))
    await a_round()
    note(t, "prevented", failing().pipe_to(sink("prevented"), prevent_abort=True))
    await a_round()

    def broken() -> WritableStream:
        return WritableStream(start=lambda c: c.error(Exception("sink")))

    def source() -> ReadableStream:
        return ReadableStream(cancel=lambda reason: t("cancel", reason))

    note(t, "broken", source().pipe_to(broken()))
    await a_round()
    note(t, "kept", source().pipe_to(broken(), prevent_cancel=True))
    await a_round()
    closed = WritableStream()
    await closed.close()
    note(t, "closed", source().pipe_to(closed))
    await a_round()


@scenarios
async def piping_with_a_signal(t: Trace) -> None:
    def sink() -> WritableStream:
        return WritableStream(abort=lambda reason: t("abort", reason))

    def source() -> ReadableStream:
        return ReadableStream(cancel=lambda reason: t("cancel", reason))

    note(t, "before", source().pipe_to(sink(), signal=AbortSignal.abort("before")))
    await a_round()
    controller = AbortController()
    note(t, "during", source().pipe_to(sink(), signal=controller.signal))
    await a_round()
    controller.abort(Exception("during"))
    await a_round()
    other = AbortController()
    note(t, "neither", source().pipe_to(sink(), signal=other.signal, prevent_abort=True, prevent_cancel=True))
    other.abort("neither")
    await a_round()


@scenarios
async def order(t: Trace) -> None:
    await a_round()

    class Source(Holder):
        def pull(self) -> None:
            t("pull")

    source = Source()
    reader = ReadableStream(source, {"high_water_mark": 0}).get_reader()
    note(t, "read", reader.read())
    next_tick(t, "tick")
    set_immediate(t, "immediate")
    await a_round()
    note(t, "closed", reader.closed)
    source.controller.enqueue(1)
    next_tick(t, "tick")
    source.controller.close()
    t("sync")
    await a_round()


def hello_world() -> ReadableStream:
    """A stream of two chunks of bytes."""

    def start(controller: Any) -> None:
        controller.enqueue(b"hello")
        controller.enqueue(b"world")
        controller.close()

    return ReadableStream(type="bytes", start=start)


@scenarios
async def bytes(t: Trace) -> None:
    t("all", await all_of(hello_world()))
    reader = hello_world().get_reader(mode="byob")
    for _ in range(5):
        value, done = await reader.read(bytearray(4))
        t("read", value, done)
    least = hello_world().get_reader(mode="byob")
    t("min", (await least.read(bytearray(8), min=6)).value)
    note(t, "min 0", least.read(bytearray(8), min=0))
    note(t, "min 9", least.read(bytearray(8), min=9))
    note(t, "empty", least.read(bytearray(0)))
    note(t, "no view", least.read(5))
    await a_round()


@scenarios
async def byte_controllers(t: Trace) -> None:
    source = Holder()
    rs = ReadableStream({"type": "bytes", "start": source.start})
    controller = source.controller
    t("size", controller.desired_size, controller.byob_request)
    t.call("text", controller.enqueue, "x")
    t.call("empty", controller.enqueue, b"")
    controller.enqueue(b"ab")
    t("size", controller.desired_size)
    controller.close()
    t.call("enqueue", controller.enqueue, b"x")
    t.call("close", controller.close)
    t("size", controller.desired_size)
    t("all", await all_of(rs))
    t.call("enqueue", controller.enqueue, b"x")
    t.call("close", controller.close)


@scenarios
async def answering_requests(t: Trace) -> None:
    source = Holder()
    reader = ReadableStream({"type": "bytes", "start": source.start}).get_reader(mode="byob")
    controller = source.controller

    def read(label: str) -> None:
        reader.read(bytearray(4)).when_settled(lambda result: t(label, list(result)))

    read("first")
    await a_round()
    request = controller.byob_request
    t("view", request.view.nbytes)
    request.view[:2] = b"ab"
    t.call("nothing", request.respond, 0)
    t.call("too much", request.respond, 5)
    request.respond(2)
    t("answered", request.view)
    t.call("again", request.respond, 1)
    await a_round()
    read("second")
    await a_round()
    second = controller.byob_request
    second.view[:1] = b"c"
    second.respond_with_new_view(second.view[:1])
    await a_round()
    read("third")
    await a_round()
    controller.close()
    t.call("not zero", lambda: controller.byob_request.respond(1))
    controller.byob_request.respond(0)
    await a_round()


@scenarios
async def allocating(t: Trace) -> None:
    def pull(controller: Any) -> None:
        request = controller.byob_request
        t("pull", request.view.nbytes)
        request.view[0] = 0x78
        request.respond(1)

    reader = ReadableStream(type="bytes", auto_allocate_chunk_size=3, pull=pull).get_reader()
    t("read", (await reader.read()).value)
    t("read", (await reader.read()).value)


@scenarios
async def teeing_bytes(t: Trace) -> None:
    def source() -> ReadableStream:
        def start(controller: Any) -> None:
            controller.enqueue(b"ab")
            controller.enqueue(b"cd")
            controller.close()

        return ReadableStream(type="bytes", start=start)

    a, b = source().tee()
    t("a", await all_of(a))
    t("b", await all_of(b))
    c, d = source().tee()
    reader = c.get_reader(mode="byob")
    t("byob", (await reader.read(bytearray(3))).value)
    t("d", await all_of(d))
    t("byob", (await reader.read(bytearray(3))).value)
    t("byob", (await reader.read(bytearray(3))).done)


@scenarios
async def encoding_text(t: Trace) -> None:
    async def encoded(*chunks: Any) -> list[Any]:
        return await all_of(ReadableStream.from_(chunks).pipe_through(TextEncoderStream()))

    t("text", await encoded("a", "\u00e9", "", "\ud83d", "\ude00b", "\ud83d"))
    t("half", await encoded("\ud83d", "x", "\ude00"))
    t("others", await encoded(5, None, {}, True))
    t("encoding", TextEncoderStream().encoding)


@scenarios
async def decoding_text(t: Trace) -> None:
    async def decoded(stream: TextDecoderStream, *chunks: list[int]) -> None:
        try:
            t("decoded", await all_of(ReadableStream.from_(map(bytearray, chunks)).pipe_through(stream)))
        except Exception as error:
            t("failed", error)

    await decoded(TextDecoderStream(), [0xEF, 0xBB], [0xBF, 0x61], [0xF0, 0x9F], [0x98, 0x80], [0xE2])
    await decoded(TextDecoderStream("utf-8", ignoreBOM=True), [0xEF, 0xBB, 0xBF, 0x61])
    await decoded(TextDecoderStream("utf-8", fatal=True), [0x61, 0xFF])
    await decoded(TextDecoderStream("utf-8", {"fatal": True}), [0x61, 0xE2])
    await decoded(TextDecoderStream("utf-16"), [0xFF, 0xFE, 0x61], [0x00])
    await decoded(TextDecoderStream("latin1"), [0x61, 0x80, 0x81, 0xE9])
    await decoded(TextDecoderStream("shift_jis"), [0x82], [0xA0])
    for label in ("latin1", " UTF8 ", "utf-16", "sjis", "ascii", "gb2312", "l2"):
        stream = TextDecoderStream(label)
        t(label, stream.encoding, stream.fatal, stream.ignore_bom)
    wrong: Any = 5
    t.call("label", TextDecoderStream, "x")
    t.call("options", TextDecoderStream, "utf8", wrong)
    try:
        await all_of(ReadableStream.from_(["x"]).pipe_through(TextDecoderStream()))
    except Exception as error:
        t("text", error)


@scenarios
async def compressing(t: Trace) -> None:
    for kind in ("gzip", "deflate", "deflate-raw", "brotli"):
        compressed = ReadableStream.from_([b"hello", b" world"]).pipe_through(CompressionStream(kind))
        plain = compressed.pipe_through(DecompressionStream(kind)).pipe_through(TextDecoderStream())
        t(kind, await all_of(plain))
    for wrong in ("x", "zstd", None):
        t.call("compress", CompressionStream, wrong)
        t.call("decompress", DecompressionStream, wrong)

    async def broken(label: str, data: Any) -> None:
        try:
            await all_of(ReadableStream.from_([data]).pipe_through(DecompressionStream("gzip")))
            t(label)
        except Exception as error:
            t(label, error)

    await broken("header", b"hello")
    await broken("cut", b"\x1f\x8b\x08\0\0")
    whole = b"".join(await all_of(ReadableStream.from_([b"a"]).pipe_through(CompressionStream("gzip"))))
    await broken("more", whole + b"\1\2\3")
    await broken("whole", whole)
    await broken("number", 5)
