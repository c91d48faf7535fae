"""`compose()`: several streams and functions as one Duplex."""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Callable
from typing import Any

import pytest
import trio

from nodestream import Duplex, PassThrough, Readable, Transform, Writable, compose, promises, run
from nodestream.abort import AbortController, AbortSignal
from nodestream.errors import ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_MISSING_ARGS, AbortError

from .support import Sink, a_source, collected, follow, rounds


def upper() -> Transform:
    return Transform(transform=lambda self, chunk, encoding, callback: callback(None, chunk.upper()))


def a_quiet_stream() -> Readable:
    return Readable(read=lambda self, size: None)


async def twice(chunks: AsyncIterable[Any]) -> AsyncIterator[Any]:
    async for chunk in chunks:
        yield chunk
        yield chunk


def flows_through(make: Callable[[], Duplex], *chunks: Any) -> list[Any]:
    """What can be read from a Duplex into which `chunks` are written."""

    async def main() -> list[Any]:
        duplex = make()
        for chunk in chunks:
            duplex.write(chunk)
        if duplex.writable:
            duplex.end()
        return await duplex.to_array()

    return run(main)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ((PassThrough, upper), [b"AB"]),
        ((upper, lambda: twice), [b"A", b"A", b"B", b"B"]),
        ((lambda: twice, upper), [b"AABB"]),
        ((lambda: twice, lambda: twice), ["a", "a", "a", "a", "b", "b", "b", "b"]),
        ((lambda: twice,), ["a", "a", "b", "b"]),
        ((upper, upper, upper), [b"AB"]),
    ],
)
def test_what_is_written_goes_through_all(parts: Any, expected: list[Any]) -> None:
    chunks = flows_through(lambda: compose(*[part() for part in parts]), "a", "b")
    if len(expected) == 1:
        chunks = [b"".join(chunks)]  # how bytes are cut is nobody's business
    assert chunks == expected


@pytest.mark.parametrize("first", [lambda: ["a", "b"], lambda: "ab", lambda: Readable.from_(["a", "b"])])
def test_it_may_begin_with_what_can_only_be_read(first: Any) -> None:
    assert b"".join(flows_through(lambda: compose(first(), upper()))) == b"AB"


def test_it_may_end_with_what_can_only_be_written() -> None:
    async def main() -> None:
        sink = Sink()
        duplex = compose(upper(), sink)
        assert (duplex.readable, duplex.writable) == (False, True)
        duplex.end("ab")
        await promises.finished(duplex)
        assert sink.chunks == [b"AB"]

    run(main)


def test_with_neither_side_it_closes_when_all_is_done() -> None:
    async def main() -> None:
        sink = Sink()
        duplex = compose(a_source([b"a"]), sink)
        assert (duplex.readable, duplex.writable) == (False, False)
        await promises.finished(duplex)
        assert sink.chunks == [b"a"]

    run(main)


def test_one_part_is_what_duplex_from_makes_of_it() -> None:
    stream = PassThrough()
    assert compose(stream) is stream


def test_object_modes_are_those_of_the_ends() -> None:
    def main() -> None:
        duplex = compose(PassThrough(writable_object_mode=True), PassThrough(), PassThrough(readable_object_mode=True))
        assert (duplex.writable_object_mode, duplex.readable_object_mode) == (True, True)

    run(main)


def test_a_full_head_holds_up_writes_until_it_drains() -> None:
    async def main() -> None:
        head = Sink(at_once=False, high_water_mark=1)
        duplex = compose(PassThrough(high_water_mark=1), head)
        written: list[int] = []
        for number in range(4):
            duplex.write(b"x", lambda error, number=number: written.append(number))
        await rounds(3)
        assert len(written) < 4
        while head.pending:
            head.finish_write()
            await rounds(2)
        assert written == [0, 1, 2, 3]

    run(main)


def test_a_slow_reader_holds_up_the_source() -> None:
    async def main() -> None:
        pushed = 0

        def read(stream: Readable, size: int) -> None:
            nonlocal pushed
            pushed += 1
            stream.push(pushed if pushed < 1000 else None)

        duplex = compose(Readable(object_mode=True, read=read), PassThrough(object_mode=True))
        duplex.read(0)
        await rounds(5)
        assert pushed < 100
        assert len(await duplex.to_array()) == 999

    run(main)


# --- failures ---


@pytest.mark.parametrize("index", [0, 1, 2])
def test_when_one_stream_fails_all_are_destroyed(index: int) -> None:
    async def main() -> None:
        streams = [PassThrough(), upper(), PassThrough()]
        duplex = compose(*streams)
        trace: list[Any] = []
        follow(duplex, trace, "error", "close")
        error = ValueError("boom")
        streams[index].destroy(error)
        await rounds(3)
        assert trace == [("error", error), "close"]
        assert all(stream.destroyed for stream in streams)

    run(main)


def test_what_a_function_raises_is_its_error() -> None:
    async def fails(chunks: AsyncIterable[Any]) -> AsyncIterator[Any]:
        async for chunk in chunks:
            yield chunk
            raise ValueError("boom")

    for parts in ([fails, PassThrough()], [PassThrough(), fails], [PassThrough(), fails, PassThrough()]):
        with pytest.raises(ValueError, match="boom"):
            flows_through(lambda parts=parts: compose(*parts), "a")  # type: ignore[misc]


def test_a_last_part_that_fails_when_everything_was_written_is_no_uncaught_error() -> None:
    async def fails_late(chunks: AsyncIterable[Any]) -> AsyncIterator[Any]:
        async for _ in chunks:
            pass
        await rounds(3)
        raise ValueError("boom")
        yield

    for first in (lambda: a_source([b"a"]), PassThrough):
        with pytest.raises(ValueError, match="boom"):
            flows_through(lambda first=first: compose(first(), fails_late))  # type: ignore[misc]


@pytest.mark.parametrize("error", [None, ValueError("boom")])
def test_destroying_it_destroys_all(error: Exception | None) -> None:
    async def main() -> None:
        source, middle, last = a_quiet_stream(), upper(), PassThrough()
        duplex = compose(source, middle, last)
        trace: list[Any] = []
        follow(duplex, trace, "error", "close")
        duplex.read(0)
        await rounds(2)
        duplex.destroy(error)
        await rounds(3)
        assert [type(trace[0][1]), trace[1]] == [AbortError if error is None else ValueError, "close"]
        assert all(stream.destroyed for stream in (source, middle, last))

    run(main)


def test_destroying_it_cancels_functions() -> None:
    async def main() -> None:
        left: list[str] = []

        async def waits(chunks: AsyncIterable[Any]) -> AsyncIterator[Any]:
            try:
                async for chunk in chunks:
                    await trio.sleep_forever()
                    yield chunk
            finally:
                left.append("middle")

        async def waits_at_the_end(chunks: AsyncIterable[Any]) -> None:
            try:
                async for _ in chunks:
                    pass
            finally:
                left.append("end")

        duplex = compose(PassThrough(), waits, waits_at_the_end)
        duplex.on("error", lambda error: None)
        duplex.write("a")
        await rounds(3)
        duplex.destroy()
        await rounds(5)
        assert sorted(left) == ["end", "middle"]

    run(main)


def test_after_a_normal_end_destroying_is_no_error() -> None:
    async def main() -> None:
        duplex = compose(PassThrough(), PassThrough())
        trace: list[Any] = []
        follow(duplex, trace, "end", "finish", "error", "close")
        chunks = collected(duplex)
        duplex.end(b"a")
        await rounds(5)
        assert (chunks, trace) == ([b"a"], ["end", "finish", "close"])

    run(main)


# --- as a method ---


def test_compose_is_a_method_of_readable_too() -> None:
    async def main() -> None:
        duplex = Readable.from_(["a", "b"]).compose(upper())
        assert isinstance(duplex, Duplex)
        assert (duplex.readable, duplex.writable) == (True, False)
        assert b"".join(await duplex.to_array()) == b"AB"

    run(main)


def test_a_signal_destroys_the_composed_stream() -> None:
    async def main() -> None:
        controller, source = AbortController(), a_quiet_stream()
        duplex = source.compose(upper(), signal=controller.signal)
        promise = duplex.to_array()
        await rounds(2)
        controller.abort()
        with pytest.raises(AbortError):
            await promise
        assert source.destroyed
        with pytest.raises(AbortError):
            await a_quiet_stream().compose(upper(), {"signal": AbortSignal.abort()}).to_array()

    run(main)


# --- wrong arguments ---


@pytest.mark.parametrize(
    ("make", "kind", "message"),
    [
        (list, ERR_MISSING_ARGS, 'The "streams" argument must be specified'),
        (lambda: [5], ERR_INVALID_ARG_TYPE, 'The "body" argument must be of type function or'),
        (lambda: [PassThrough(), 5], ERR_INVALID_ARG_TYPE, 'The "body" argument must be of type function or'),
        (lambda: [Writable(), PassThrough()], ERR_INVALID_ARG_VALUE, "The argument 'streams[0]' must be readable."),
        (
            lambda: [PassThrough(), a_quiet_stream()],
            ERR_INVALID_ARG_VALUE,
            "The argument 'streams[1]' must be writable.",
        ),
        (
            lambda: [PassThrough(), a_quiet_stream(), PassThrough()],
            ERR_INVALID_ARG_VALUE,
            "The argument 'streams[1]' must be writable.",
        ),
    ],
)
def test_wrong_parts_are_refused(make: Callable[[], list[Any]], kind: Any, message: str) -> None:
    def main() -> None:
        with pytest.raises(kind) as caught:
            compose(*make())
        assert str(caught.value).startswith(message)

    run(main)
