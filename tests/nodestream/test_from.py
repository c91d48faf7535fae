"""`Readable.from_`: a stream of what an iterable yields."""

from __future__ import annotations

import io
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trio

from nodestream import Readable, open_loop, run
from nodestream.errors import ERR_INVALID_ARG_TYPE
from nodestream.loop import Promise
from nodestream.timers import set_immediate

from .support import after_rounds, collected, follow


def chunks_of(make: Callable[[], Readable]) -> list[Any]:
    result: list[Any] = []
    run(lambda: result.append(collected(make())))
    return result[0]


async def numbers(count: int) -> AsyncIterator[int]:
    for number in range(count):
        yield number


class Once:
    """An async iterable that is no generator."""

    def __init__(self) -> None:
        self.rest = [1, 2]

    def __aiter__(self) -> Once:
        return self

    async def __anext__(self) -> int:
        if not self.rest:
            raise StopAsyncIteration
        return self.rest.pop(0)


async def value_of(value: Any) -> Any:
    await trio.sleep(0)
    return value


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: [1, "a", {}], [1, "a", {}]),
        (lambda: (n for n in range(3)), [0, 1, 2]),
        (lambda: {"a": 1}, ["a"]),
        (lambda: {1}, [1]),
        (lambda: range(40), list(range(40))),
        (lambda: numbers(40), list(range(40))),
        (Once, [1, 2]),
        (lambda: "abc", ["abc"]),
        (lambda: b"abc", [b"abc"]),
        (list, []),
        (lambda: [0, "", False], [0, "", False]),
        (lambda: [value_of(1), 2, value_of(3)], [1, 2, 3]),
    ],
)
def test_each_item_is_a_chunk_and_a_string_is_one(make: Any, expected: list[Any]) -> None:
    assert chunks_of(lambda: Readable.from_(make())) == expected


def test_its_node_name_is_found_too() -> None:
    assert chunks_of(lambda: getattr(Readable, "from")([1])) == [1]


def test_marks_and_mode_are_nodes() -> None:
    def main() -> None:
        items, text = Readable.from_([]), Readable.from_("abc")
        assert (items.readable_high_water_mark, items.readable_object_mode) == (1, True)
        assert (text.readable_high_water_mark, text.readable_object_mode) == (16, True)
        plain = Readable.from_([b"a"], object_mode=False, highWaterMark=5)
        assert (plain.readable_high_water_mark, plain.readable_object_mode) == (5, False)

    run(main)


@pytest.mark.parametrize("bad", [5, None, object()])
def test_what_cannot_be_iterated_is_refused(bad: Any) -> None:
    with pytest.raises(ERR_INVALID_ARG_TYPE, match=r'"iterable" argument must be an instance of Iterable\. Received'):
        Readable.from_(bad)


def test_a_buffer_that_may_change_is_copied() -> None:
    data = bytearray(b"abc")

    def make() -> Readable:
        stream = Readable.from_(data)
        data[:] = b"XXX"
        return stream

    assert chunks_of(make) == [b"abc"]


@pytest.mark.parametrize("items", [[1, None, 2], [1, value_of]])
def test_none_is_no_item(items: list[Any]) -> None:
    trace: list[Any] = []
    made = [item(None) if callable(item) else item for item in items]

    def main() -> None:
        stream = Readable.from_(made)
        follow(stream, trace, "data", "close")
        stream.on("error", lambda error: trace.append(error.code))

    run(main)
    assert trace == [("data", 1), "ERR_STREAM_NULL_VALUES", "close"]


def test_only_so_much_is_taken_as_is_read() -> None:
    taken: list[int] = []

    def source() -> Iterator[int]:
        for number in range(100):
            taken.append(number)
            yield number

    async def main() -> None:
        async for number in Readable.from_(source()):
            assert len(taken) <= number + 3
            if number == 5:
                break

    run(main)
    assert len(taken) <= 8


# --- failures ---


def test_what_the_iterable_raises_is_the_error_of_the_stream() -> None:
    def fail() -> Iterator[int]:
        yield 1
        raise ValueError("sync")

    async def fail_async() -> AsyncIterator[int]:
        yield 1
        raise ValueError("async")

    async def rejected() -> int:
        raise ValueError("item")

    for make, text in ((fail, "sync"), (fail_async, "async"), (lambda: [1, rejected()], "item")):
        trace: list[Any] = []

        def main(make: Any = make, trace: list[Any] = trace) -> None:
            stream = Readable.from_(make())
            follow(stream, trace, "data", "end", "close")
            stream.on("error", lambda error: trace.append(str(error)))

        run(main)
        assert trace == [("data", 1), text, "close"]


# --- destroyed before the end ---


def a_generator(trace: list[str], *, swallow: bool = False) -> Iterator[int]:
    try:
        yield 1
        yield 2
        yield 3
    except Exception as error:
        trace.append(f"caught {error}")
        if not swallow:
            raise
    finally:
        trace.append("closed")


async def an_async_generator(trace: list[str], *, swallow: bool = False) -> AsyncIterator[int]:
    try:
        yield 1
        yield 2
        yield 3
    except Exception as error:
        trace.append(f"caught {error}")
        if not swallow:
            raise
    finally:
        trace.append("closed")


@pytest.mark.parametrize("generator", [a_generator, an_async_generator])
@pytest.mark.parametrize("swallow", [False, True])
@pytest.mark.parametrize("error", [None, ValueError("x")])
def test_destroying_the_stream_ends_the_generator(generator: Any, swallow: bool, error: Any) -> None:
    trace: list[Any] = []

    def main() -> None:
        stream = Readable.from_(generator(trace, swallow=swallow))
        stream.on("error", lambda error: trace.append(f"error {error}"))
        stream.on("close", lambda: trace.append("close"))
        stream.once("data", lambda item: stream.destroy(error))

    run(main)
    if error is None:
        assert trace == ["closed", "close"]
    else:
        assert trace == ["caught x", "closed", "error x", "close"]


@pytest.mark.parametrize("generator", [a_generator, an_async_generator])
def test_leaving_a_loop_ends_the_generator_with_an_abort_error(generator: Any) -> None:
    trace: list[Any] = []

    async def main() -> None:
        async for _ in Readable.from_(generator(trace)):
            break

    run(main)
    assert trace == ["caught The operation was aborted", "closed"]


@pytest.mark.parametrize("generator", [a_generator, an_async_generator])
def test_a_generator_that_was_never_asked_is_closed_too(generator: Any) -> None:
    trace: list[Any] = []

    def main() -> None:
        stream = Readable.from_(generator(trace))
        follow(stream, trace, "close")
        stream.on("error", lambda error: trace.append(str(error)))
        stream.destroy(ValueError("x"))

    run(main)
    assert trace == ["x", "close"]


@pytest.mark.parametrize("error", [None, KeyError("first")])
def test_what_a_generator_raises_while_it_is_closed_is_the_error(error: Any) -> None:
    async def source() -> AsyncIterator[int]:
        try:
            for number in range(3):
                yield number
        finally:
            raise ValueError("closing")

    trace: list[Any] = []

    def main() -> None:
        stream = Readable.from_(source())
        stream.on("error", lambda error: trace.append(str(error)))
        stream.once("data", lambda item: stream.destroy(error))

    run(main)
    assert trace == ["closing"]


def test_a_generator_that_waits_is_cancelled_when_the_stream_is_destroyed() -> None:
    trace: list[Any] = []

    async def source() -> AsyncIterator[int]:
        try:
            yield 1
            await trio.sleep_forever()
        finally:
            trace.append("closed")

    def main() -> None:
        stream = Readable.from_(source())
        follow(stream, trace, "data", "error", "close")
        after_rounds(5, stream.destroy)

    run(main)
    assert trace == [("data", 1), "closed", "close"]


def test_an_item_that_is_awaited_is_cancelled_when_the_stream_is_destroyed() -> None:
    trace: list[Any] = []

    def main() -> None:
        stream = Readable.from_([trio.sleep_forever(), 2])
        follow(stream, trace, "data", "error", "close")
        stream.resume()
        after_rounds(5, stream.destroy)

    run(main)
    assert trace == ["close"]


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_generator_may_destroy_its_own_stream(kind: str) -> None:
    trace: list[Any] = []

    def source() -> Iterator[int]:
        yield 1
        stream.destroy()
        yield 2

    async def source_async() -> AsyncIterator[int]:
        yield 1
        stream.destroy()
        yield 2

    def main() -> None:
        nonlocal stream
        stream = Readable.from_(source() if kind == "sync" else source_async())
        follow(stream, trace, "data", "close")
        stream.on("error", lambda error: trace.append(type(error).__name__))

    stream: Any = None
    run(main)
    assert trace[0] == ("data", 1)
    assert trace[-1] == "close"
    assert ("data", 2) not in trace


def test_an_async_generator_is_asked_again_when_there_is_room() -> None:
    async def source() -> AsyncIterator[int]:
        for number in range(5):
            promise: Promise[None] = Promise()
            set_immediate(promise.resolve, None)
            await promise
            yield number

    async def main() -> list[int]:
        return [number async for number in Readable.from_(source())]

    assert run(main) == list(range(5))


async def test_cancelling_the_loop_closes_the_generator() -> None:
    trace: list[Any] = []
    with trio.move_on_after(0.01):
        async with open_loop():
            stream = Readable.from_(an_async_generator(trace))
            stream.on("data", lambda item: stream.pause())
            await trio.sleep_forever()

    async def waiting() -> AsyncIterator[int]:
        try:
            yield await trio.sleep_forever()  # type: ignore[misc]
        finally:
            trace.append("cancelled")

    with trio.move_on_after(0.01):
        async with open_loop():
            Readable.from_(waiting()).resume()
            await trio.sleep_forever()
    assert trace == ["closed", "cancelled"]


# --- files ---


def a_file(tmp_path: Path, content: bytes = b"one\ntwo\n" * 3) -> Path:
    path = tmp_path / "file"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("buffering", [0, -1])
def test_a_binary_file_is_bytes_in_pieces_of_the_mark_and_closed_at_the_end(tmp_path: Path, buffering: int) -> None:
    file = a_file(tmp_path, b"a\n" * 5).open("rb", buffering=buffering)
    modes: list[Any] = []

    async def main() -> list[bytes]:
        stream = Readable.from_(file, high_water_mark=4)
        modes.append((stream.readable_object_mode, Readable.from_(io.BytesIO()).readable_high_water_mark))
        return [chunk async for chunk in stream]

    chunks = run(main)
    assert b"".join(chunks) == b"a\n" * 5
    assert all(len(chunk) >= 4 for chunk in chunks[:-1])
    assert modes == [(False, 65536)]
    assert file.closed


@pytest.mark.parametrize("kind", ["text", "trio text", "temporary"])
async def test_a_text_file_is_its_lines(tmp_path: Path, kind: str) -> None:
    path = a_file(tmp_path, b"one\ntwo")
    file: Any
    if kind == "text":
        file = path.open()
    elif kind == "trio text":
        file = await trio.open_file(path)
    else:
        file = tempfile.NamedTemporaryFile("w+")  # noqa: SIM115 - the stream closes it
        file.write("one\ntwo")
        file.seek(0)
    async with open_loop():
        assert [line async for line in Readable.from_(file)] == ["one\n", "two"]
    assert getattr(file, "wrapped", file).closed


async def test_a_binary_file_of_trio_is_no_different(tmp_path: Path) -> None:
    file = await trio.open_file(a_file(tmp_path), "rb")
    async with open_loop():
        assert [chunk async for chunk in Readable.from_(file)] == [b"one\ntwo\n" * 3]
    assert file.closed


def test_bytes_in_memory_are_read_as_a_file_is() -> None:
    assert chunks_of(lambda: Readable.from_(io.BytesIO(b"a\nb"))) == [b"a\nb"]
    assert chunks_of(lambda: Readable.from_(io.StringIO("a\nb"))) == ["a\n", "b"]


@pytest.mark.parametrize("error", [None, ValueError("x")])
def test_destroying_the_stream_closes_the_file_before_close_is_emitted(tmp_path: Path, error: Any) -> None:
    file = a_file(tmp_path).open("rb")
    trace: list[Any] = []

    def main() -> None:
        stream = Readable.from_(file)
        stream.on("error", trace.append)
        stream.on("close", lambda: trace.append(file.closed))
        stream.read(0)  # a read is under way
        stream.destroy(error)

    run(main)
    assert trace == ([True] if error is None else [error, True])


def test_leaving_a_loop_closes_the_file(tmp_path: Path) -> None:
    file = a_file(tmp_path).open("rb")

    async def main() -> None:
        async for _ in Readable.from_(file, high_water_mark=1):
            break

    run(main)
    assert file.closed


def test_what_reading_a_file_raises_is_the_error_of_the_stream(tmp_path: Path) -> None:
    file = a_file(tmp_path).open("wb")
    seen: list[Any] = []

    def main() -> None:
        stream = Readable.from_(file)
        stream.on("error", seen.append)
        stream.resume()

    run(main)
    assert isinstance(seen[0], io.UnsupportedOperation)
    assert file.closed


async def test_the_loop_closes_a_file_that_nobody_has_read_to_its_end(tmp_path: Path) -> None:
    file = a_file(tmp_path).open("rb")
    async with open_loop():
        Readable.from_(file)
    assert file.closed


def test_a_path_is_no_content(tmp_path: Path) -> None:
    with pytest.raises(ERR_INVALID_ARG_TYPE):
        Readable.from_(tmp_path)
