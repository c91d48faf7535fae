"""`Duplex.from_`: a Duplex of nearly anything."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterator
from typing import Any

import pytest
import trio

from nodestream import Duplex, EventEmitter, PassThrough, Readable, promises, run
from nodestream.errors import ERR_INVALID_ARG_TYPE, ERR_INVALID_RETURN_VALUE, AbortError
from nodestream.loop import Promise

from .support import Sink, a_round, a_source, collected, follow, rounds


def a_quiet_stream() -> Readable:
    return Readable(read=lambda self, size: None)


async def value_of(value: Any) -> Any:
    await a_round()
    return value


async def generated() -> AsyncIterator[Any]:
    yield "a"
    yield "b"


def trace_of(stream: Duplex) -> list[Any]:
    trace: list[Any] = []
    follow(stream, trace, "end", "finish", "error", "close")
    return trace


# --- what is only read ---


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (lambda: "ab", ["ab"]),
        (lambda: b"ab", [b"ab"]),
        (lambda: bytearray(b"ab"), [b"ab"]),
        (lambda: ["a", "b"], ["a", "b"]),
        (lambda: ("a", "b"), ["a", "b"]),
        (lambda: iter("ab"), ["a", "b"]),
        (generated, ["a", "b"]),
        (lambda: value_of("a"), ["a"]),
        (lambda: value_of(None), []),
        (lambda: Readable.from_(["a", "b"]), ["a", "b"]),
        (lambda: {"readable": ["a", "b"]}, ["a", "b"]),
        (lambda: {"readable": "ab", "writable": Sink()}, ["ab"]),
    ],
)
def test_what_can_be_read_is_read(body: Any, expected: list[Any]) -> None:
    async def main() -> list[Any]:
        duplex = Duplex.from_(body())
        assert isinstance(duplex, Duplex)
        assert duplex.readable
        return await duplex.to_array()

    assert run(main) == expected


@pytest.mark.parametrize("body", [lambda: "ab", lambda: ["a"], lambda: value_of("a"), a_quiet_stream])
def test_what_is_only_read_cannot_be_written(body: Any) -> None:
    async def main() -> None:
        duplex = Duplex.from_(body())
        assert (duplex.readable, duplex.writable, duplex.writable_finished) == (True, False, True)
        duplex.on("error", lambda error: None)
        duplex.destroy()
        await rounds(2)

    run(main)


def test_its_node_name_is_found_too() -> None:
    stream = PassThrough()
    assert getattr(Duplex, "from")(stream) is stream


def test_an_awaitable_that_fails_is_an_error() -> None:
    async def fails() -> None:
        raise ValueError("boom")

    async def main() -> None:
        await Duplex.from_(fails()).to_array()

    with pytest.raises(ValueError, match="boom"):
        run(main)


def test_an_awaitable_is_cancelled_when_the_stream_is_destroyed() -> None:
    left: list[bool] = []

    async def waits() -> None:
        try:
            await trio.sleep_forever()
        finally:
            left.append(True)

    async def main() -> None:
        duplex = Duplex.from_(waits())
        await rounds(2)
        duplex.destroy()
        await rounds(2)
        assert left
        assert duplex.closed

    run(main)


# --- streams ---


def test_a_duplex_stays_itself() -> None:
    stream = PassThrough()
    assert Duplex.from_(stream) is stream
    assert Duplex.from_(lambda: stream) is stream


def test_a_writable_is_written() -> None:
    async def main() -> None:
        sink = Sink()
        duplex = Duplex.from_(sink)
        assert (duplex.readable, duplex.writable) == (False, True)
        duplex.write(b"a")
        duplex.end(b"b")
        await promises.finished(duplex)
        assert sink.chunks == [b"a", b"b"]

    run(main)


def test_a_pair_is_read_and_written() -> None:
    async def main() -> None:
        sink = Sink()
        duplex = Duplex.from_({"readable": a_source([b"a"]), "writable": sink})
        trace = trace_of(duplex)
        chunks = collected(duplex)
        duplex.end(b"x")
        await rounds(5)
        assert (chunks, sink.chunks) == ([b"a"], [b"x"])
        assert trace[-1] == "close" and sorted(trace) == ["close", "end", "finish"]

    run(main)


def test_a_pair_without_either_side_closes_when_it_is_destroyed() -> None:
    async def main() -> None:
        duplex = Duplex.from_({"readable": None})
        assert (duplex.readable, duplex.writable) == (False, False)
        duplex.destroy()
        await rounds(2)
        assert duplex.closed

    run(main)


def test_an_old_style_stream_can_be_the_readable_side() -> None:
    class Old(EventEmitter):
        def pipe(self, dest: Any) -> Any: ...

        def pause(self) -> None: ...

        def resume(self) -> None: ...

    async def main() -> None:
        old = Old()
        promise = Duplex.from_({"readable": old}).to_array()
        old.emit("data", b"a")
        old.emit("end")
        old.emit("close")
        assert await promise == [b"a"]

    run(main)


def test_a_full_sink_holds_up_writes() -> None:
    async def main() -> None:
        sink = Sink(at_once=False, high_water_mark=1)
        duplex = Duplex.from_(sink)
        written: list[Any] = []
        duplex.write(b"a", written.append)
        duplex.write(b"b", written.append)
        await rounds(2)
        assert written == []
        sink.finish_write()
        sink.finish_write()
        await rounds(2)
        assert written == [None, None]

    run(main)


@pytest.mark.parametrize("fails", ["readable", "writable"])
def test_when_one_side_fails_so_does_the_other(fails: str) -> None:
    async def main() -> None:
        pair: dict[str, Any] = {"readable": a_quiet_stream(), "writable": Sink()}
        duplex = Duplex.from_(pair)
        trace = trace_of(duplex)
        error = ValueError("boom")
        pair[fails].destroy(error)
        await rounds(3)
        assert trace == [("error", error), "close"]
        assert pair["readable"].destroyed and pair["writable"].destroyed

    run(main)


@pytest.mark.parametrize("error", [None, ValueError("boom")])
def test_destroying_a_pair_destroys_both(error: Exception | None) -> None:
    async def main() -> None:
        readable, writable = a_quiet_stream(), Sink()
        duplex = Duplex.from_({"readable": readable, "writable": writable})
        trace = trace_of(duplex)
        duplex.destroy(error)
        await rounds(3)
        assert type(trace[0][1]) is (AbortError if error is None else ValueError)
        assert trace[1:] == ["close"]
        assert readable.destroyed and writable.destroyed

    run(main)


def test_destroying_a_pair_destroys_the_side_that_is_left() -> None:
    async def main() -> None:
        readable = a_quiet_stream()
        duplex = Duplex.from_({"readable": readable, "writable": Sink()})
        duplex.end()
        await rounds(3)
        assert not duplex.destroyed
        duplex.destroy()
        await rounds(3)
        assert readable.destroyed and duplex.closed

    run(main)


# --- functions ---


async def twice(chunks: AsyncIterable[Any]) -> AsyncIterator[Any]:
    async for chunk in chunks:
        yield chunk
        yield chunk


def test_a_generator_function_makes_what_is_read_of_what_is_written() -> None:
    async def main() -> None:
        duplex = Duplex.from_(twice)
        assert (duplex.readable_object_mode, duplex.writable_object_mode) == (True, True)
        assert (duplex.readable_high_water_mark, duplex.writable_high_water_mark) == (1, 1)
        trace, chunks, written = trace_of(duplex), collected(duplex), list[Any]()
        duplex.write("a", written.append)
        duplex.end("b")
        await rounds(5)
        assert chunks == ["a", "a", "b", "b"]
        assert (written, trace) == ([None], ["end", "finish", "close"])

    run(main)


def test_a_function_may_ignore_what_is_written() -> None:
    def generate() -> Iterator[str]:
        yield "a"

    async def main() -> None:
        for function in (generate, lambda: ["a"], lambda chunks: ["a"], generated):
            assert (await Duplex.from_(function).to_array())[0] == "a"

    run(main)


def test_a_coroutine_function_only_takes() -> None:
    async def main() -> None:
        seen: list[Any] = []

        async def gather(chunks: AsyncIterable[Any]) -> None:
            async for chunk in chunks:
                seen.append(chunk)
            await rounds(3)
            seen.append("done")

        duplex = Duplex.from_(gather)
        assert (duplex.readable, duplex.writable) == (False, True)
        duplex.write("a")
        duplex.end("b")
        await promises.finished(duplex)
        assert seen == ["a", "b", "done"]

    run(main)


def test_a_coroutine_function_that_returns_something_is_an_error_at_the_end() -> None:
    async def gather(chunks: AsyncIterable[Any]) -> int:
        async for _ in chunks:
            pass
        return 5

    async def main() -> None:
        await promises.finished(Duplex.from_(gather).end("a"))

    with pytest.raises(ERR_INVALID_RETURN_VALUE, match='Expected nully to be returned from the "body" function'):
        run(main)


@pytest.mark.parametrize("at_end", [False, True])
@pytest.mark.parametrize("is_generator", [False, True])
def test_what_a_function_raises_is_the_error(at_end: bool, is_generator: bool) -> None:
    async def gather(chunks: AsyncIterable[Any]) -> None:
        async for _ in chunks:
            if not at_end:
                raise ValueError("boom")
        raise ValueError("boom")

    async def generate(chunks: AsyncIterable[Any]) -> AsyncIterator[Any]:
        await gather(chunks)
        yield

    async def main() -> None:
        duplex = Duplex.from_(generate if is_generator else gather)
        trace = trace_of(duplex)
        if is_generator:
            duplex.resume()
        duplex.end("a")
        await rounds(4)
        assert [trace[0][0], str(trace[0][1]), trace[1:]] == ["error", "boom", ["close"]]

    run(main)


@pytest.mark.parametrize("is_generator", [False, True])
@pytest.mark.parametrize("error", [None, ValueError("why")])
def test_when_it_is_destroyed_what_is_written_ends_and_the_signal_says_so(
    is_generator: bool, error: Exception | None
) -> None:
    async def main() -> None:
        told: list[Any] = []

        async def gather(chunks: AsyncIterable[Any], options: dict[str, Any]) -> None:
            signal = options["signal"]
            signal.add_event_listener("abort", lambda: told.append(signal.reason))
            async for _ in chunks:
                pass
            told.append("end")

        async def generate(chunks: AsyncIterable[Any], options: dict[str, Any]) -> AsyncIterator[Any]:
            await gather(chunks, options)
            return
            yield

        duplex = Duplex.from_(generate if is_generator else gather)
        duplex.on("error", lambda error: None)
        if is_generator:
            duplex.resume()
        duplex.write("a")
        await rounds(3)
        duplex.destroy(error)
        await rounds(3)
        assert told[1:] == ["end"]
        assert told[0] is error or (error is None and told[0].name == "AbortError")
        assert duplex.closed

    run(main)


@pytest.mark.parametrize("is_generator", [False, True])
def test_when_it_is_destroyed_a_function_that_does_something_else_is_cancelled(is_generator: bool) -> None:
    async def main() -> None:
        left: list[bool] = []

        async def waits(chunks: AsyncIterable[Any]) -> None:
            try:
                await trio.sleep_forever()
            finally:
                left.append(True)

        async def generate(chunks: AsyncIterable[Any]) -> AsyncIterator[Any]:
            await waits(chunks)
            yield

        duplex = Duplex.from_(generate if is_generator else waits)
        if is_generator:
            duplex.resume()
        await rounds(3)
        duplex.destroy()
        await rounds(3)
        assert left and duplex.closed

    run(main)


def test_a_chunk_that_comes_after_the_stream_was_destroyed_is_an_abort_error() -> None:
    async def main() -> None:
        waiting: Promise[None] = Promise()
        seen: list[Any] = []

        async def gather(chunks: AsyncIterable[Any]) -> None:
            try:
                async for chunk in chunks:
                    seen.append(chunk)
                    await waiting
            except AbortError as error:
                seen.append(str(error.__cause__))

        duplex = Duplex.from_(gather)
        duplex.on("error", lambda error: None)
        duplex.write("a")
        duplex.write("b")
        await rounds(2)
        waiting.resolve(None)
        duplex.destroy(ValueError("why"))
        await rounds(2)
        assert seen == ["a", "why"]

    run(main)


# --- wrong arguments ---


@pytest.mark.parametrize("body", [5, None, True, {}, {"readable": 5}, {"other": PassThrough()}])
def test_what_makes_no_stream_is_refused(body: Any) -> None:
    with pytest.raises(ERR_INVALID_ARG_TYPE, match='The "body" argument must be of type function or an instance of'):
        Duplex.from_(body)


@pytest.mark.parametrize("result", [None, 5])
def test_a_function_that_returns_nothing_useful_is_refused(result: Any) -> None:
    with pytest.raises(ERR_INVALID_RETURN_VALUE, match="Expected Iterable, AsyncIterable or AsyncFunction"):
        Duplex.from_(lambda: result)


def test_a_function_has_the_arguments_that_it_takes() -> None:
    seen: list[Any] = []

    def function(*args: Any) -> list[Any]:
        seen.extend(args)
        return []

    Duplex.from_(function)
    assert hasattr(seen[0], "__aiter__")
    assert list(seen[1]) == ["signal"]
