"""Bodies: what the library itself does with them, and Python's own ways.

What users see of them in Node is in compliance/scenarios/fetch_types.py.
"""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import trio

from nodehttp.fetch import Blob, Headers, Request, Response, URLSearchParams
from nodehttp.fetch._body import Body
from nodehttp.fetch._body_chunks import BytesChunks, Chunks
from nodehttp.fetch._body_init import body_of_bytes, extract_body
from nodestream import Readable, fs, run
from nodestream.errors import ERR_INVALID_ARG_TYPE, DOMException, NodeTypeError
from nodestream.loop import EventLoop
from nodestream.web import ReadableStream
from tests.nodestream.web.support import a_round, all_of, stream_of, unhandled_in


class Pieces:
    """Chunks that tell what happens to them."""

    def __init__(self, *pieces: bytes, error: Exception | None = None) -> None:
        self.rest = list(pieces)
        self.error = error
        self.closed = 0

    def __aiter__(self) -> Pieces:
        return self

    async def __anext__(self) -> bytes:
        if self.rest:
            return self.rest.pop(0)
        if self.error is not None:
            raise self.error
        raise StopAsyncIteration

    async def aclose(self) -> None:
        self.closed += 1


async def items(*values: Any, closed: list[str] | None = None) -> AsyncIterator[Any]:
    try:
        for value in values:
            yield value
    finally:
        if closed is not None:
            closed.append("closed")


async def joined(chunks: Chunks) -> bytes:
    return b"".join([chunk async for chunk in chunks])


# --- what it is made of ---


def an_iterator() -> Iterator[Any]:
    yield "a"
    yield bytearray(b"b")
    yield memoryview(b"cd")[1:]


SOURCES: dict[str, tuple[Any, int | None, str | None]] = {
    "string": ("abd", 3, "text/plain;charset=UTF-8"),
    "bytes": (b"abd", 3, None),
    "bytearray": (bytearray(b"abd"), 3, None),
    "memoryview": (memoryview(b"xabd")[1:], 3, None),
    "blob": (Blob(["ab", "d"], type="x/y"), 3, "x/y"),
    "list": (["a", b"bd"], None, None),
    "iterator": (an_iterator, None, None),
}


@pytest.mark.parametrize("kind", SOURCES)
def test_what_it_is_made_of_says_its_length_and_its_type(kind: str) -> None:
    init, length, content_type = SOURCES[kind]

    async def main() -> None:
        body, found = extract_body(init() if callable(init) else init)
        assert (body.length, found) == (length, content_type)
        assert (body.source is None) == (length is None)
        assert await joined(body.chunks()) == b"abd"
        assert body.used

    run(main)


def test_bytes_are_copied() -> None:
    data = bytearray(b"ab")
    body, _ = extract_body(data)
    data[0] = 0

    async def main() -> None:
        assert await body.read_all() == b"ab"

    run(main)


def test_a_mapping_is_shown_as_in_javascript_and_is_no_form() -> None:
    async def main() -> None:
        assert await Response({"a": 1}).text() == "[object Object]"
        assert await Response(URLSearchParams({"a": "1"})).text() == "a=1"

    run(main)


def test_pairs_are_no_form_but_wrong_pieces() -> None:
    async def main() -> None:
        with pytest.raises(ERR_INVALID_ARG_TYPE, match="first argument"):
            await Response([("a", "1")]).text()

    run(main)


def test_a_stream_of_trio_is_an_iterable_like_any_other() -> None:
    async def main() -> None:
        send, receive = trio.open_memory_channel[bytes](5)
        await send.send(b"ab")
        await send.send(b"c")
        await send.aclose()
        assert await Response(receive).bytes() == b"abc"

    run(main)


def test_the_bytes_of_a_file_come_from_the_file(tmp_path: Any) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * 200_000)

    async def main() -> None:
        body, _ = extract_body(await fs.open_as_blob(str(path)))
        assert body.length == 200_000
        pieces = [len(chunk) async for chunk in body.chunks()]
        assert sum(pieces) == 200_000
        assert max(pieces) <= 65536
        path.write_bytes(b"changed")
        with pytest.raises(DOMException, match="could not be read"):
            await body.again().read_all()

    run(main)


# --- read once, in one of two ways ---


def test_nothing_is_begun_before_somebody_reads() -> None:
    begun: list[str] = []

    def begin() -> Chunks:
        begun.append("begun")
        return BytesChunks(b"ab")

    async def main() -> None:
        body = Body(begin)
        assert repr(body) == "<Body>"
        assert not body.used and not body.unusable and begun == []
        assert await joined(body.chunks()) == b"ab"
        assert begun == ["begun"]
        assert repr(body) == "<Body used>"

    run(main)


def test_the_library_makes_no_stream_to_read_it_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a stream was made")

    async def main() -> None:
        monkeypatch.setattr(ReadableStream, "_begin", refuse)
        for init in ("ab", b"ab", Blob(["ab"]), ["a", "b"], items("a", "b"), Readable.from_(["a", "b"])):
            assert await Response(init).text() == "ab"
        first = Request("http://a/", method="POST", body="ab")
        clone = first.clone()
        assert await Request(first).text() == await clone.text() == "ab"
        assert repr(Response("x")).count("ReadableStream { locked: false, state: 'readable', supportsBYOB: true }") == 1

    run(main)


def test_a_stream_of_what_need_not_be_awaited_takes_no_task(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("a task was started")

    async def main() -> None:
        monkeypatch.setattr(EventLoop, "spawn_stoppable", refuse)
        for init in ("ab", Blob(["a", b"b"]), Readable.from_(["a", "", b"b"], object_mode=True)):
            assert b"".join(await all_of(Response(init).body)) == b"ab"

    run(main)


def test_an_awaited_piece_is_given_to_who_reads_by_hand() -> None:
    async def main() -> None:
        readable = Readable(read=lambda *_: None)
        response: Any = Response(readable)
        reader = response.body.get_reader()
        reads = [reader.read() for _ in range(3)]
        await a_round()
        readable.push("a")
        await a_round()
        readable.push("b")
        readable.push(None)
        assert [(await read).value for read in reads] == [b"a", b"b", None]

    run(main)


@pytest.mark.parametrize("make", [lambda: body_of_bytes(b"ab"), lambda: Body.of_stream(stream_of(b"ab"))])
def test_a_body_is_read_once(make: Any) -> None:
    async def main() -> None:
        body: Body = make()
        await joined(body.chunks())
        assert body.used and body.unusable
        for read in (body.chunks, body.read_all):
            with pytest.raises(NodeTypeError, match="Body has already been read"):
                read()

    run(main)


def test_a_body_whose_stream_is_read_cannot_be_read_otherwise() -> None:
    async def main() -> None:
        body = body_of_bytes(b"ab")
        reader = body.stream.get_reader()
        assert body.unusable and not body.used
        with pytest.raises(NodeTypeError):
            body.chunks()
        reader.release_lock()
        assert await joined(body.chunks()) == b"ab"
        assert body.stream.locked

    run(main)


def test_the_stream_of_a_used_body_is_closed_and_locked() -> None:
    async def main() -> None:
        response: Any = Response("ab")
        await response.text()
        assert response.body is response.body
        assert repr(response.body) == "ReadableStream { locked: true, state: 'closed', supportsBYOB: true }"

    run(main)


def test_chunks_of_a_stream_are_bytes_and_never_empty() -> None:
    async def main() -> None:
        body = Body.of_stream(stream_of(b"", bytearray(b"a"), memoryview(b"b"), b""))
        assert [chunk async for chunk in body.chunks()] == [b"a", b"b"]

    run(main)


def test_reading_disturbs_a_stream_at_once() -> None:
    async def main() -> None:
        body = Body.of_stream(stream_of(b"a"))
        body.chunks()
        assert body.used

    run(main)


# --- failing, and leaving ---


def test_what_fails_is_closed() -> None:
    async def main() -> None:
        pieces = Pieces(b"a", error=Exception("boom"))
        with pytest.raises(Exception, match="boom"):
            await Body(lambda: pieces).read_all()
        assert pieces.closed == 1

    run(main)


def test_a_wrong_piece_closes_what_it_came_from() -> None:
    async def main() -> None:
        closed: list[str] = []
        with pytest.raises(ERR_INVALID_ARG_TYPE):
            await Response(items("a", 5, closed=closed)).text()
        assert closed == ["closed"]
        with pytest.raises(ERR_INVALID_ARG_TYPE):
            await all_of(Response(items(5, closed=closed)).body)
        assert closed == ["closed", "closed"]
        readable = Readable.from_([5])
        with pytest.raises(ERR_INVALID_ARG_TYPE):
            await Response(readable).text()
        assert readable.destroyed
        reasons: list[Any] = []
        with pytest.raises(NodeTypeError, match="non-Uint8Array"):
            await Response(ReadableStream(start=lambda c: c.enqueue("x"), cancel=reasons.append)).text()
        assert len(reasons) == 1

    run(main)


def test_a_failure_that_nobody_waits_for_is_an_unhandled_rejection() -> None:
    async def main() -> None:
        Response(Readable(read=lambda stream, _: stream.destroy(Exception("boom")))).text()

    assert [str(error) for error in unhandled_in(main)] == ["boom"]


def test_an_iterator_that_is_left_closes_what_it_reads() -> None:
    async def main() -> None:
        closed: list[str] = []
        body, _ = extract_body(items("a", "b", closed=closed))
        chunks = body.chunks()
        assert await anext(aiter(chunks)) == b"a"
        await chunks.aclose()
        await chunks.aclose()
        assert closed == ["closed"]

    run(main)


@pytest.mark.parametrize("begun", [False, True])
def test_a_body_that_is_cancelled_closes_what_it_would_have_read(begun: bool) -> None:
    async def main() -> None:
        reasons: list[Any] = []
        readable, pieces = Readable(read=lambda *_: None), Pieces(b"a")
        bodies = [
            extract_body(readable)[0],
            Body.of_stream(ReadableStream(cancel=reasons.append)),
            Body(lambda: pieces),
            body_of_bytes(b"a"),
        ]
        for body in bodies:
            if begun:
                body.stream.get_reader()
            await body.cancel("why")
            assert body.used
        assert (readable.destroyed, reasons, pieces.closed) == (True, ["why"], 1)

    run(main)


def test_cancelling_what_was_read_does_nothing() -> None:
    async def main() -> None:
        body = body_of_bytes(b"a")
        await body.read_all()
        await body.cancel()

    run(main)


@pytest.mark.parametrize("rounds", range(4))
def test_cancelling_ends_a_read_that_waits(rounds: int) -> None:
    async def main() -> None:
        closed: list[str] = []

        async def waiting() -> AsyncIterator[bytes]:
            try:
                await trio.sleep_forever()
                yield b"never"
            finally:
                closed.append("closed")

        readable = Readable(read=lambda *_: None)
        for source in (waiting(), readable):
            response: Any = Response(source)
            reader = response.body.get_reader()
            read = reader.read()
            for _ in range(rounds):
                await a_round()
            await reader.cancel()
            assert (await read).done
        assert readable.destroyed
        assert closed == ["closed"] * (rounds > 0)

    run(main)


def test_a_stream_that_is_dropped_is_no_failure() -> None:
    async def main() -> None:
        readable = Readable.from_(["a", "b", "c"])
        response: Any = Response(readable)
        async for _ in response.body:
            break
        gc.collect()
        await a_round()
        await a_round()
        assert readable.destroyed

    run(main)


# --- two bodies of one ---


def test_a_clone_of_what_can_be_read_again_needs_no_tee() -> None:
    async def main() -> None:
        body = body_of_bytes(b"ab")
        clone = body.clone()
        assert (clone.source, clone.length) == (b"ab", 2)
        assert await body.read_all() == await clone.read_all() == b"ab"

    run(main)


def test_a_clone_of_what_passes_by_gets_the_same_pieces() -> None:
    async def main() -> None:
        pieces = Pieces(b"a", b"b")
        body = Body(lambda: pieces, None, 2)
        clone = body.clone()
        assert clone.length == 2
        assert await clone.read_all() == await body.read_all() == b"ab"

    run(main)


def test_a_body_that_was_moved_keeps_what_it_was_made_of() -> None:
    async def main() -> None:
        for make_stream in (False, True):
            body = body_of_bytes(b"ab")
            if make_stream:
                body.stream.get_reader().release_lock()
            moved = body.move()
            assert body.used and body.stream.locked
            assert (moved.source, moved.length, moved.used) == (b"ab", 2, False)
            assert await moved.read_all() == b"ab"
            assert await moved.again().read_all() == b"ab"

    run(main)


# --- reading requests and responses ---


def test_text_is_utf8_without_its_mark() -> None:
    async def main() -> None:
        assert await Response(b"\xef\xbb\xbf\xef\xbb\xbfa").text() == "\ufeffa"
        assert await Response("x", headers={"content-type": "text/plain;charset=latin1"}).text() == "x"

    run(main)


@pytest.mark.parametrize("text", ["", "{", "NaN", "[" * 100_000])
def test_bad_json_is_a_value_error(text: str) -> None:
    async def main() -> None:
        with pytest.raises(ValueError):
            await Response(text).json()

    run(main)


def test_what_is_read_begins_at_once_and_can_be_awaited_again() -> None:
    async def main() -> None:
        response = Response(["a", "b"])
        promise = response.text()
        assert response.body_used
        await a_round()
        await a_round()
        assert await promise == await promise == "ab"

    run(main)


def test_a_blob_has_the_type_that_the_headers_say() -> None:
    async def main() -> None:
        blob = await Response("x", headers=Headers({"content-type": "A/B; c=D"})).blob()
        assert (blob.type, blob.size) == ("a/b;c=d", 1)

    run(main)


def test_both_spellings_are_one_attribute() -> None:
    class Loud(Response):
        def arrayBuffer(self) -> Any:
            return "loud"

    response: Any = Loud("x")
    assert response.array_buffer() == "loud"
    assert (response.bodyUsed, response.body_used) == (False, False)
