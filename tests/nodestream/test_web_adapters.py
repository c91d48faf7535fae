"""Web streams from and to Node's streams, and where the library's functions take them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest
import trio

from nodestream import (
    Duplex,
    PassThrough,
    Readable,
    Transform,
    Writable,
    add_abort_signal,
    compose,
    consumers,
    destroy,
    finished,
    is_disturbed,
    is_errored,
    is_readable,
    is_writable,
    pipeline,
    promises,
    run,
)
from nodestream.abort import AbortController, AbortSignal
from nodestream.errors import (
    ERR_INVALID_ARG_TYPE,
    ERR_INVALID_ARG_VALUE,
    ERR_INVALID_STATE,
    ERR_STREAM_PREMATURE_CLOSE,
    AbortError,
)
from nodestream.loop import next_tick
from nodestream.web import (
    Blob,
    ByteLengthQueuingStrategy,
    CountQueuingStrategy,
    ReadableStream,
    TransformStream,
    WritableStream,
)

from .support import collected, follow, rounds


def stream_of(*chunks: Any) -> ReadableStream:
    def start(controller: Any) -> None:
        for chunk in chunks:
            controller.enqueue(chunk)
        controller.close()

    return ReadableStream(start=start)


def failed_stream() -> ReadableStream:
    return ReadableStream(start=lambda c: c.error(ValueError("boom")))


def upper() -> TransformStream:
    def transform(chunk: Any, controller: Any) -> None:
        text = chunk if isinstance(chunk, str) else bytes(chunk).decode()
        controller.enqueue(text.upper())

    return TransformStream(transform=transform)


def nothing(*_: Any) -> None:
    """A hook that does nothing."""


async def all_of(stream: Any) -> list[Any]:
    return [chunk async for chunk in stream]


def test_the_library_does_not_import_web_streams_before_one_is_made() -> None:
    code = "import sys, nodestream, nodestream.consumers; sys.exit('nodestream.web' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# --- Readable.from_web ---


@pytest.mark.parametrize(
    ("chunks", "options", "expected"),
    [
        ((b"a", "b"), {}, [b"a", b"b"]),
        ((b"a", "b"), {"encoding": "utf8"}, ["a", "b"]),
        (({"a": 1}, 2), {"objectMode": True}, [{"a": 1}, 2]),
    ],
)
def test_a_readable_of_a_web_stream(chunks: Any, options: Any, expected: list[Any]) -> None:
    async def main() -> list[Any]:
        stream = Readable.from_web(stream_of(*chunks), options)
        found = collected(stream)
        await promises.finished(stream)
        return found

    assert run(main) == expected


def test_the_web_stream_is_locked_and_asked_on_demand() -> None:
    pulls: list[int] = []

    def pull(controller: Any) -> None:
        pulls.append(1)
        controller.enqueue(len(pulls))

    async def main() -> None:
        web = ReadableStream({"pull": pull}, {"high_water_mark": 0})
        stream = Readable.from_web(web, object_mode=True, high_water_mark=2)
        assert web.locked
        await rounds(3)
        assert pulls == []
        stream.read()
        await rounds(3)
        assert len(pulls) == stream.readable_length == 2

    run(main)


def test_destroying_a_readable_cancels_the_web_stream() -> None:
    reasons: list[Any] = []

    async def main() -> None:
        stream = Readable.from_web(ReadableStream(cancel=reasons.append))
        trace: list[Any] = []
        follow(stream, trace, "error", "close")
        error = ValueError("boom")
        stream.destroy(error)
        await rounds(2)
        assert reasons == [error]
        assert trace == [("error", error), "close"]

    run(main)


def test_a_web_stream_that_fails_destroys_the_readable() -> None:
    async def main() -> None:
        with pytest.raises(ValueError, match="boom"):
            await all_of(Readable.from_web(failed_stream()))

    run(main)


def test_a_signal_destroys_the_readable_also_if_it_was_aborted_before() -> None:
    async def main() -> None:
        with pytest.raises(AbortError):
            await all_of(Readable.from_web(ReadableStream(), signal=AbortSignal.abort()))

    run(main)


def test_destroying_it_while_it_emits_is_no_error() -> None:
    async def main() -> list[Any]:
        wrapper = Readable.fromWeb(Readable.toWeb(Readable.from_(["data"])), object_mode=True)
        chunks = collected(wrapper)
        wrapper.on("data", lambda _: wrapper.destroy())
        await rounds(4)
        return chunks

    assert run(main) == ["data"]


# --- Readable.to_web ---


def test_a_web_stream_of_a_readable() -> None:
    async def main() -> list[Any]:
        return [
            await all_of(Readable.to_web(Readable.from_([1, {"a": 2}]))),
            await all_of(Readable.to_web(Readable.from_(b"abc", object_mode=False))),
            await all_of(Readable.to_web(Readable.from_(b"abc", object_mode=False), type="bytes")),
        ]

    assert run(main) == [[1, {"a": 2}], [b"abc"], [b"abc"]]


def test_the_readable_is_paused_while_there_is_no_room() -> None:
    async def main() -> None:
        stream = Readable(read=nothing, high_water_mark=4)
        reader = Readable.to_web(stream).get_reader()
        stream.push(b"abcd")
        await rounds(2)
        assert stream.readable_flowing is False
        stream.push(b"ef")
        await rounds(2)
        assert stream.readable_length == 2
        assert (await reader.read()).value == b"abcd"
        await rounds(2)
        assert stream.readable_length == 0

    run(main)


@pytest.mark.parametrize("strategy", [ByteLengthQueuingStrategy, CountQueuingStrategy])
def test_a_strategy_counts_what_there_is_room_for(strategy: Any) -> None:
    async def main() -> None:
        chunks: list[Any] = [b"a", b"b", b"c", None]
        stream = Readable(read=lambda self, size: next_tick(self.push, chunks.pop(0)))
        web = Readable.to_web(stream, strategy=strategy(high_water_mark=1))
        assert not web.locked
        assert [chunk async for chunk in web] == [b"a", b"b", b"c"]

    run(main)


def test_cancelling_the_web_stream_destroys_the_readable() -> None:
    async def main() -> None:
        stream = Readable(read=nothing)
        trace: list[Any] = []
        follow(stream, trace, "error", "close")
        error = ValueError("enough")
        await Readable.to_web(stream).cancel(error)
        await rounds(2)
        assert trace == [("error", error), "close"]

    run(main)


def test_cancelling_when_the_readable_closes_is_no_error() -> None:
    async def main() -> None:
        readers: list[Any] = []
        stream = Readable.from_([])
        stream.on("close", lambda: [reader.cancel() for reader in readers])
        readers.append(Readable.to_web(stream).get_reader())
        assert (await readers[0].read()).done

    run(main)


@pytest.mark.parametrize(("error", "expected"), [(ValueError("boom"), ValueError), (None, AbortError)])
def test_a_readable_that_is_destroyed_fails_the_web_stream(error: Any, expected: type[Exception]) -> None:
    async def main() -> None:
        stream = Readable(read=nothing)
        web = Readable.to_web(stream)
        stream.destroy(error)
        with pytest.raises(expected):
            await web.get_reader().read()

    run(main)


def test_the_web_stream_of_a_readable_that_is_over_is_closed() -> None:
    async def main() -> None:
        stream = Readable(read=nothing).destroy()
        await Readable.to_web(stream).get_reader().closed
        await Readable.to_web(stream, type="bytes").get_reader(mode="byob").closed

    run(main)


def test_whoever_waits_with_a_buffer_is_told_of_the_end() -> None:
    async def main() -> None:
        web = Readable.to_web(Readable.from_([b"a"], object_mode=False), type="bytes")
        reader = web.get_reader(mode="byob")
        first, second = reader.read(bytearray(1)), reader.read(bytearray(1))
        assert (await first).value == b"a"
        result = await second
        assert (result.done, bytes(result.value)) == (True, b"")

    run(main)


# --- Writable ---


def test_a_writable_of_a_web_stream() -> None:
    chunks: list[Any] = []

    async def main() -> None:
        stream = Writable.from_web(WritableStream(write=chunks.append, close=lambda: chunks.append("close")))
        stream.write("a")
        stream.write("b")
        stream.end("c")
        await promises.finished(stream)

    run(main)
    assert chunks == [b"a", b"b", b"c", "close"]


@pytest.mark.parametrize(
    ("options", "chunk", "expected"),
    [({"decode_strings": False}, "a", "a"), ({"object_mode": True}, {"a": 1}, {"a": 1}), ({}, "a", b"a")],
)
def test_its_options_say_what_the_web_stream_gets(options: Any, chunk: Any, expected: Any) -> None:
    chunks: list[Any] = []

    async def main() -> None:
        Writable.from_web(WritableStream(write=chunks.append), options).write(chunk)
        await rounds(2)

    run(main)
    assert chunks == [expected]


def test_destroying_a_writable_aborts_or_closes_the_web_stream() -> None:
    trace: list[Any] = []

    async def main() -> None:
        error = ValueError("boom")
        for each in (error, None):
            web = WritableStream(close=lambda: trace.append("close"), abort=trace.append)
            stream = Writable.from_web(web)
            stream.on("error", nothing)
            stream.destroy(each)
            await rounds(2)
        assert trace == [error, "close"]

    run(main)


def test_a_web_stream_that_fails_destroys_the_writable() -> None:
    def write(_chunk: Any) -> None:
        raise ValueError("boom")

    async def main() -> None:
        stream = Writable.from_web(WritableStream(write=write))
        for chunk in ("a", "b", "c"):
            stream.write(chunk)
        with pytest.raises(ValueError, match="boom"):
            await promises.finished(stream)

    run(main)


def test_a_web_stream_that_was_closed_destroys_the_writable() -> None:
    async def main() -> None:
        web = WritableStream()
        await web.close()
        with pytest.raises(ERR_STREAM_PREMATURE_CLOSE):
            await promises.finished(Writable.from_web(web))

    run(main)


def test_a_web_stream_of_a_writable_waits_for_drain() -> None:
    pending: list[Any] = []

    async def main() -> None:
        stream = Writable(write=lambda self, chunk, encoding, callback: pending.append(callback), high_water_mark=2)
        writer = Writable.to_web(stream).get_writer()
        assert writer.desired_size == 2
        first, second = writer.write(b"ab"), writer.write(b"c")
        await rounds(2)
        assert (first.settled, len(pending)) == (False, 1)
        pending.pop()()
        await first
        pending.pop()()
        await second
        await writer.close()
        assert stream.writable_finished

    run(main)


@pytest.mark.parametrize(("error", "expected"), [(ValueError("boom"), ValueError), (None, AbortError)])
def test_a_writable_that_is_destroyed_fails_the_web_stream(error: Any, expected: type[Exception]) -> None:
    async def main() -> None:
        stream = Writable(write=nothing)
        writer = Writable.to_web(stream).get_writer()
        stream.destroy(error)
        with pytest.raises(expected):
            await writer.closed

    run(main)


def test_aborting_the_web_stream_destroys_the_writable() -> None:
    async def main() -> None:
        stream = Writable(write=nothing)
        stream.on("error", nothing)
        error = ValueError("why")
        await Writable.to_web(stream).abort(error)
        await rounds(1)
        assert stream.errored is error

    run(main)


# --- Duplex ---


def test_a_duplex_of_two_web_streams() -> None:
    async def main() -> list[Any]:
        duplex = Duplex.from_web(upper(), encoding="utf8")
        assert not duplex.allow_half_open
        duplex.write("a")
        duplex.end("b")
        return await all_of(duplex)

    assert "".join(run(main)) == "AB"


def test_a_duplex_of_a_web_stream_that_is_locked_is_refused_and_nothing_comes_later() -> None:
    async def main() -> None:
        sink = WritableStream()
        readable = ReadableStream()
        readable.get_reader()
        with pytest.raises(ERR_INVALID_STATE, match="locked"):
            Duplex.from_web({"readable": readable, "writable": sink})
        sink._controller.error(ValueError("boom"))
        await rounds(3)

    run(main)


@pytest.mark.parametrize(("object_mode", "sizes"), [(False, [7, 5, 2]), (True, [9, 8, 7])])
def test_the_room_of_a_web_stream_is_counted_as_that_of_its_writable(object_mode: bool, sizes: list[int]) -> None:
    async def main() -> list[Any]:
        stream = Writable(object_mode=object_mode, high_water_mark=10, write=nothing)
        writer = Writable.to_web(stream).get_writer()
        seen = []
        for chunk in (b"abc", "ab", memoryview(bytearray(3))):
            writer.write(chunk)
            seen.append(writer.desired_size)
        return seen

    assert run(main) == sizes


def test_destroying_a_duplex_ends_both_web_streams() -> None:
    trace: list[Any] = []

    async def main() -> None:
        pair = {"readable": ReadableStream(cancel=trace.append), "writable": WritableStream(abort=trace.append)}
        duplex = Duplex.from_web(pair)
        duplex.on("error", nothing)
        error = ValueError("boom")
        duplex.destroy(error)
        await rounds(3)
        assert trace == [error, error]

    run(main)


def test_the_two_sides_of_a_duplex_as_web_streams() -> None:
    async def main() -> list[Any]:
        pair = Duplex.to_web(PassThrough(), readable_type="bytes")
        writer = pair["writable"].get_writer()
        writer.write(b"ab")
        writer.close()
        reader = pair["readable"].get_reader(mode="byob")
        return [bytes((await reader.read(bytearray(1))).value), bytes((await reader.read(bytearray(4))).value)]

    assert run(main) == [b"a", b"b"]


def test_a_side_that_a_duplex_does_not_have_is_a_closed_web_stream() -> None:
    async def main() -> None:
        await Duplex.to_web(Duplex(readable=False, write=nothing))["readable"].get_reader().closed
        await Duplex.to_web(Duplex(writable=False, read=nothing))["writable"].get_writer().closed
        for side in Duplex.to_web(PassThrough().destroy()).values():
            await (side.get_reader() if isinstance(side, ReadableStream) else side.get_writer()).closed

    run(main)


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda: Readable.from_web(5), ERR_INVALID_ARG_TYPE),  # type: ignore[arg-type]
        (lambda: Readable.to_web(5), ERR_INVALID_ARG_TYPE),  # type: ignore[arg-type]
        (lambda: Writable.from_web(5), ERR_INVALID_ARG_TYPE),  # type: ignore[arg-type]
        (lambda: Writable.to_web(5), ERR_INVALID_ARG_TYPE),  # type: ignore[arg-type]
        (lambda: Duplex.from_web(5), ERR_INVALID_ARG_TYPE),
        (lambda: Duplex.from_web({"readable": ReadableStream()}), ERR_INVALID_ARG_TYPE),
        (lambda: Duplex.to_web(5), ERR_INVALID_ARG_TYPE),  # type: ignore[arg-type]
        (lambda: Readable.from_web(ReadableStream(), encoding="x"), ERR_INVALID_ARG_VALUE),
        (lambda: Readable.from_web(ReadableStream(), high_water_mark=-1), ERR_INVALID_ARG_VALUE),
        (lambda: Readable.from_web(ReadableStream(), object_mode=5), ERR_INVALID_ARG_TYPE),
        (lambda: Readable.to_web(PassThrough(), type="x"), ERR_INVALID_ARG_VALUE),
        (lambda: Duplex.to_web(PassThrough(), type="x"), ERR_INVALID_ARG_VALUE),
    ],
)
def test_what_cannot_be_is_refused(call: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        call()


# --- where web streams are taken ---


def test_questions() -> None:
    async def main() -> None:
        readable, writable, failed = ReadableStream(), WritableStream(), failed_stream()
        assert (is_readable(readable), is_writable(readable), is_errored(readable)) == (True, None, False)
        assert (is_readable(writable), is_writable(writable)) == (None, True)
        assert (is_readable(failed), is_errored(failed), is_disturbed(failed)) == (False, True, False)
        await readable.cancel()
        assert (is_readable(readable), is_disturbed(readable)) == (False, True)

    run(main)


def test_finished() -> None:
    outcomes: list[Any] = []

    async def main() -> None:
        await promises.finished(stream_of())
        web = WritableStream()
        finished(web, outcomes.append)
        web.close()
        with pytest.raises(ValueError, match="boom"):
            await promises.finished(failed_stream())
        controller = AbortController()
        promise = promises.finished(ReadableStream(), signal=controller.signal)
        controller.abort()
        with pytest.raises(AbortError):
            await promise
        with pytest.raises(AbortError):
            await promises.finished(ReadableStream(), signal=controller.signal)
        with pytest.raises(ERR_INVALID_ARG_TYPE):
            finished(TransformStream(), nothing)

    run(main)
    assert outcomes == [None]


def test_a_signal_that_is_added_fails_the_stream() -> None:
    async def main() -> None:
        controller = AbortController()
        readable, writable = ReadableStream(), WritableStream()
        for stream in (readable, writable):
            assert add_abort_signal(controller.signal, stream) is stream
        controller.abort()
        for promise in (readable.get_reader().read(), writable.get_writer().closed):
            with pytest.raises(AbortError):
                await promise

    run(main)


def test_destroying_a_writable_stream_closes_it() -> None:
    async def main() -> None:
        stream = WritableStream()
        destroy(stream, ValueError("boom"))
        await stream.get_writer().closed

    run(main)


async def doubled(chunks: Any) -> AsyncIterator[Any]:
    async for chunk in chunks:
        yield chunk + chunk


def test_pipelines() -> None:
    chunks: list[Any] = []

    def sink() -> WritableStream:
        return WritableStream(write=chunks.append)

    def write(_stream: Any, chunk: Any, _encoding: Any, callback: Any) -> None:
        chunks.append(chunk)
        callback()

    async def joined(source: Any) -> str:
        return "".join(await all_of(source))

    async def main() -> None:
        await promises.pipeline(stream_of(1), sink())
        await promises.pipeline(Readable.from_([2]), sink())
        await promises.pipeline(stream_of(3), Writable(object_mode=True, write=write))
        await promises.pipeline(stream_of(b"a"), doubled, upper(), sink())
        assert await promises.pipeline(stream_of(b"a", b"b"), upper(), joined) == "AB"

    run(main)
    assert chunks == [1, 2, 3, "AA"]


def test_a_pipeline_that_fails_aborts_its_web_streams() -> None:
    reasons: list[Any] = []

    async def main() -> None:
        with pytest.raises(ValueError, match="boom"):
            await promises.pipeline(failed_stream(), WritableStream(abort=reasons.append))

    run(main)
    assert [str(reason) for reason in reasons] == ["boom"]


def test_a_pipeline_that_is_aborted_aborts_its_web_streams_with_an_abort_error() -> None:
    reasons: list[Any] = []

    async def main() -> None:
        controller = AbortController()
        promise = promises.pipeline(
            Readable(read=nothing), WritableStream(abort=reasons.append), signal=controller.signal
        )
        await rounds(2)
        controller.abort()
        with pytest.raises(AbortError):
            await promise
        await rounds(3)

    run(main)
    assert [type(reason) for reason in reasons] == [AbortError]


def test_a_function_that_is_cancelled_aborts_the_web_stream_behind_it_with_an_abort_error() -> None:
    reasons: list[Any] = []

    async def waits() -> AsyncIterator[Any]:
        await trio.sleep_forever()
        yield b"never"

    async def main() -> None:
        controller = AbortController()
        promise = promises.pipeline(waits, WritableStream(abort=reasons.append), signal=controller.signal)
        await rounds(2)
        controller.abort()
        with pytest.raises(AbortError):
            await promise
        await rounds(3)

    run(main)
    assert [type(reason) for reason in reasons] == [AbortError]


def test_a_pipeline_refuses_to_read_from_a_writable_stream() -> None:
    async def main() -> None:
        with pytest.raises(ERR_INVALID_ARG_TYPE):
            pipeline(stream_of(), WritableStream(), WritableStream(), nothing)

    run(main)


def test_a_locked_stream_in_a_pipeline_is_an_error() -> None:
    async def main() -> None:
        locked = WritableStream()
        locked.get_writer()
        with pytest.raises(ERR_INVALID_STATE):
            await promises.pipeline(stream_of(1), locked)

    run(main)


def test_compose() -> None:
    async def main() -> list[Any]:
        results = []
        double = Transform(transform=lambda self, chunk, encoding, callback: callback(None, chunk + chunk))
        for composed in (compose(upper(), doubled), compose(double, upper()), compose(doubled, upper())):
            composed.set_encoding("utf8").end("ab")
            results.append("".join(await all_of(composed)))
        results.append("".join(await all_of(compose(stream_of(b"ab"), upper()).set_encoding("utf8"))))
        return results

    assert run(main) == ["ABAB", "ABAB", "ABAB", "AB"]


@pytest.mark.parametrize(
    "make",
    [
        lambda: (WritableStream(), upper()),
        lambda: (upper(), WritableStream(), upper()),
        lambda: (upper(), ReadableStream()),
    ],
)
def test_compose_refuses_a_stream_in_the_wrong_place(make: Any) -> None:
    async def main() -> None:
        with pytest.raises(ERR_INVALID_ARG_VALUE):
            compose(*make())

    run(main)


def test_a_composition_fails_with_its_web_stream() -> None:
    async def main() -> None:
        def fail(*_: Any) -> None:
            raise ValueError("boom")

        composed = compose(TransformStream(transform=fail), upper())
        composed.end("x")
        with pytest.raises(ValueError, match="boom"):
            await all_of(composed)

    run(main)


def test_duplexes_of_web_streams_and_blobs() -> None:
    chunks: list[Any] = []

    async def main() -> list[Any]:
        writable = Duplex.from_(WritableStream(write=chunks.append))
        writable.end("x")
        await promises.finished(writable)
        transform = Duplex.from_(upper())
        transform.end("abc")
        pair = Duplex.from_({"readable": stream_of(b"q"), "writable": WritableStream()})
        return [
            await all_of(Duplex.from_(stream_of(b"a"))),
            await all_of(transform),
            await all_of(pair),
            await all_of(Duplex.from_(Blob(["blob"]))),
        ]

    assert run(main) == [[b"a"], [b"ABC"], [b"q"], [b"blob"]]
    assert chunks == [b"x"]


def test_consumers() -> None:
    async def main() -> list[Any]:
        return [
            await consumers.text(stream_of("a", b"b")),
            await consumers.json(stream_of("[1]")),
            await consumers.bytes(stream_of(b"a")),
            await (await consumers.blob(stream_of(b"a", "b"))).text(),
            await all_of(Readable.from_(stream_of(1, 2))),
            await all_of(ReadableStream.from_(Readable.from_([1, 2]))),
        ]

    assert run(main) == ["ab", [1], b"a", "ab", [1, 2], [1, 2]]
