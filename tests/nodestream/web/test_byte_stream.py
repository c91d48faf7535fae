"""Streams of bytes: their controller, and reading into memory of one's own."""

from __future__ import annotations

from typing import Any

import pytest

from nodestream import run
from nodestream.errors import (
    ERR_INVALID_ARG_TYPE,
    ERR_INVALID_ARG_VALUE,
    ERR_INVALID_ARG_VALUE_RANGE,
    ERR_INVALID_STATE,
    ERR_OUT_OF_RANGE,
    NodeError,
)
from nodestream.web import ReadableStream, ReadableStreamBYOBReader

from .support import Holder, a_round, all_of, stream_of


def byte_stream(source: Holder, **more: Any) -> ReadableStream:
    return ReadableStream(start=source.start, type="bytes", **more)


def test_a_reader_without_views_gets_bytes() -> None:
    async def main() -> list[Any]:
        return await all_of(stream_of(b"ab", bytearray(b"cd"), memoryview(b"ef"), kind="bytes"))

    chunks = run(main)
    assert chunks == [b"ab", b"cd", b"ef"]
    assert all(type(chunk) is bytes for chunk in chunks)


def test_memory_that_was_enqueued_may_be_changed() -> None:
    async def main() -> Any:
        source = Holder()
        stream = byte_stream(source)
        memory = bytearray(b"ab")
        source.controller.enqueue(memory)
        memory[:] = b"xy"
        return (await stream.get_reader().read()).value

    assert run(main) == b"ab"


@pytest.mark.parametrize(
    ("chunk", "error"), [("x", ERR_INVALID_ARG_TYPE), (5, ERR_INVALID_ARG_TYPE), (b"", ERR_INVALID_STATE)]
)
def test_only_bytes_can_be_enqueued(chunk: Any, error: type[Exception]) -> None:
    source = Holder()
    byte_stream(source)
    with pytest.raises(error):
        source.controller.enqueue(chunk)


def test_its_room_is_counted_in_bytes() -> None:
    source = Holder()
    ReadableStream({"type": "bytes", "start": source.start}, {"high_water_mark": 5})
    source.controller.enqueue(b"abc")
    assert source.controller.desired_size == 2


def test_views_are_filled_across_chunks_and_come_back_over_the_same_memory() -> None:
    async def main() -> None:
        reader = stream_of(b"abc", b"defg", kind="bytes").get_reader(mode="byob")
        memory = bytearray(5)
        value, done = await reader.read(memory)
        assert (bytes(value), done) == (b"abcde", False)
        assert value.obj is memory
        value, done = await reader.read(memoryview(memory)[1:4])
        assert (bytes(value), done, bytes(memory)) == (b"fg", False, b"afgde")
        value, done = await reader.read(bytearray(4))
        assert (len(value), done) == (0, True)

    run(main)


def test_a_view_comes_back_in_its_own_format_and_in_whole_items() -> None:
    async def main() -> None:
        source = Holder()
        reader = byte_stream(source).get_reader(mode="byob")
        waiting = reader.read(memoryview(bytearray(8)).cast("H"))
        source.controller.enqueue(b"\x01")
        await a_round()
        assert not waiting.settled
        source.controller.enqueue(b"\x00\x02")
        value, _ = await waiting
        assert (value.format, bytes(value)) == ("H", b"\x01\x00")
        source.controller.enqueue(b"\x00")
        assert bytes((await reader.read(bytearray(4))).value) == b"\x02\x00"

    run(main)


def test_min_says_how_much_there_must_be() -> None:
    async def main() -> None:
        source = Holder()
        reader = byte_stream(source).get_reader({"mode": "byob"})
        waiting = reader.read(bytearray(4), min=3)
        source.controller.enqueue(b"ab")
        await a_round()
        assert not waiting.settled
        source.controller.enqueue(b"c")
        assert bytes((await waiting).value) == b"abc"

    run(main)


@pytest.mark.parametrize(
    ("view", "options", "error"),
    [
        (bytearray(0), {}, ERR_INVALID_STATE),
        (b"abc", {}, ERR_INVALID_ARG_TYPE),
        (memoryview(b"abc"), {}, ERR_INVALID_ARG_TYPE),
        (5, {}, ERR_INVALID_ARG_TYPE),
        (bytearray(2), {"min": 0}, ERR_INVALID_ARG_VALUE),
        (bytearray(2), {"min": "1"}, ERR_INVALID_ARG_TYPE),
        (bytearray(2), {"min": 3}, ERR_OUT_OF_RANGE),
        (bytearray(2), 5, ERR_INVALID_ARG_TYPE),
    ],
)
def test_what_cannot_be_filled_is_refused(view: Any, options: Any, error: type[Exception]) -> None:
    async def main() -> None:
        with pytest.raises(error):
            await stream_of(b"a", kind="bytes").get_reader(mode="byob").read(view, options)

    run(main)


def test_only_streams_of_bytes_are_read_into_views() -> None:
    with pytest.raises(ERR_INVALID_ARG_VALUE, match="must be a byte stream"):
        ReadableStream().get_reader(mode="byob")
    with pytest.raises(ERR_INVALID_ARG_TYPE):
        ReadableStreamBYOBReader(5)  # type: ignore[arg-type]


def test_a_source_fills_the_view_of_a_request() -> None:
    def pull(controller: Any) -> None:
        request = controller.byobRequest
        request.view[:2] = b"ab"
        request.respond(2)
        assert request.view is None
        with pytest.raises(ERR_INVALID_STATE, match="invalidated"):
            request.respond(1)

    async def main() -> None:
        reader = ReadableStream(type="bytes", pull=pull).get_reader(mode="byob")
        memory = bytearray(4)
        assert bytes((await reader.read(memory)).value) == b"ab"
        assert bytes(memory) == b"ab\0\0"

    run(main)


def test_a_request_may_be_answered_with_a_shorter_view_that_begins_at_the_same_byte() -> None:
    async def main() -> None:
        source = Holder()
        reader = byte_stream(source).get_reader(mode="byob")
        waiting = reader.read(bytearray(4))
        request = source.controller.byob_request
        for wrong in (request.view[1:], bytearray(2), memoryview(bytearray(9))):
            with pytest.raises(ERR_INVALID_ARG_VALUE_RANGE):
                request.respond_with_new_view(wrong)
        with pytest.raises(ERR_INVALID_STATE):
            request.respond_with_new_view(request.view[:0])
        request.view[:1] = b"x"
        request.respondWithNewView(request.view[:1])
        assert bytes((await waiting).value) == b"x"

    run(main)


@pytest.mark.parametrize("count", [0, 5])
def test_an_answer_of_the_wrong_length_is_refused(count: int) -> None:
    source = Holder()
    byte_stream(source).get_reader(mode="byob").read(bytearray(4))
    with pytest.raises(NodeError, match="bytesWritten"):
        source.controller.byob_request.respond(count)


def test_memory_is_allocated_for_a_reader_without_views() -> None:
    sizes: list[int] = []

    def pull(controller: Any) -> None:
        view = controller.byob_request.view
        sizes.append(len(view))
        view[:1] = b"x"
        controller.byob_request.respond(1)

    async def main() -> None:
        reader = ReadableStream(type="bytes", auto_allocate_chunk_size=3, pull=pull).get_reader()
        assert (await reader.read()) == (b"x", False)

    run(main)
    assert sizes[0] == 3


def test_a_closed_stream_gives_waiting_views_back_empty() -> None:
    async def main() -> None:
        source = Holder()
        reader = byte_stream(source).get_reader(mode="byob")
        waiting = [reader.read(bytearray(2)), reader.read(bytearray(2))]
        source.controller.close()
        source.controller.byob_request.respond(0)
        assert [(len(view), done) for view, done in [await each for each in waiting]] == [(0, True), (0, True)]

    run(main)


def test_closing_within_an_item_fails_the_stream() -> None:
    async def main() -> None:
        source = Holder()
        waiting = byte_stream(source).get_reader(mode="byob").read(memoryview(bytearray(4)).cast("H"))
        source.controller.enqueue(b"a")
        with pytest.raises(ERR_INVALID_STATE):
            source.controller.close()
        with pytest.raises(ERR_INVALID_STATE):
            await waiting

    run(main)


def test_a_controller_says_why_it_cannot_be_closed() -> None:
    async def main() -> list[str]:
        messages = []
        for end in ("close", "error"):
            source = Holder()
            ReadableStream(start=source.start, type="bytes")
            getattr(source.controller, end)()
            with pytest.raises(ERR_INVALID_STATE) as raised:
                source.controller.close()
            messages.append(str(raised.value))
        queued = Holder()
        ReadableStream(start=queued.start, type="bytes")
        queued.controller.enqueue(b"x")
        queued.controller.close()
        with pytest.raises(ERR_INVALID_STATE) as raised:
            queued.controller.close()
        return [*messages, str(raised.value)]

    over = "Invalid state: ReadableStream is already closed"
    assert run(main) == [over, over, "Invalid state: Controller is already closed"]


def test_cancelling_gives_nothing_back() -> None:
    async def main() -> None:
        reader = byte_stream(Holder()).get_reader(mode="byob")
        waiting = reader.read(bytearray(2))
        await reader.cancel()
        assert await waiting == (None, True)

    run(main)


def test_bytes_of_a_released_reader_are_kept_for_the_next() -> None:
    async def main() -> None:
        source = Holder()
        stream = byte_stream(source)
        reader = stream.get_reader(mode="byob")
        waiting = reader.read(bytearray(4))
        request = source.controller.byob_request
        reader.release_lock()
        with pytest.raises(ERR_INVALID_STATE):
            await waiting
        request.view[:2] = b"ab"
        request.respond(2)
        assert await stream.get_reader().read() == (b"ab", False)

    run(main)


@pytest.mark.parametrize("kinds", [("default", "default"), ("byob", "default"), ("default", "byob"), ("byob", "byob")])
def test_both_branches_of_a_tee_get_every_byte(kinds: tuple[str, str]) -> None:
    async def read(stream: ReadableStream, kind: str) -> bytes:
        found = b""
        reader = stream.get_reader() if kind == "default" else stream.get_reader(mode="byob")
        while True:
            value, done = await (reader.read() if kind == "default" else reader.read(bytearray(3)))
            if done:
                return found
            found += bytes(value)

    async def main() -> None:
        a, b = stream_of(b"abcd", b"ef", kind="bytes").tee()
        assert [await read(a, kinds[0]), await read(b, kinds[1])] == [b"abcdef", b"abcdef"]

    run(main)


def test_branches_do_not_share_memory() -> None:
    async def main() -> None:
        a, b = stream_of(b"ab", kind="bytes").tee()
        first, second = bytearray(2), bytearray(2)
        await a.get_reader(mode="byob").read(first)
        first[:] = b"xy"
        assert bytes((await b.get_reader(mode="byob").read(second)).value) == b"ab"

    run(main)
