"""The parts of a form, one after the other."""

from __future__ import annotations

import gc
import itertools
from collections.abc import Callable
from typing import Any

import pytest
import trio
import trio.testing
from hypothesis import given, settings
from hypothesis import strategies as st

from nodehttp.fetch import FormPart, Response, form_parts, read_form
from nodestream import Readable, consumers, errors, run
from nodestream.errors import ERR_STREAM_PREMATURE_CLOSE, FormError, NodeError
from nodestream.promises import pipeline
from nodestream.web import ReadableStream
from tests.nodehttp.fetch.form_support import TYPE, Pieces, a_body, file_part, part, split, temporary_files
from tests.nodehttp.server.test_real_sockets import all_of, talking_to

WELL = a_body(part(b"1"), file_part(b"zz" * 10), part(b"", name="c", head="X-A: b\r\n"))


async def read(source: Any, content_type: str | None = TYPE, **limits: Any) -> list[tuple[str, str | None, bytes]]:
    return [
        (each.name, each.filename, await consumers.buffer(each))
        async for each in form_parts(source, content_type, limits)
    ]


def test_parts_are_streams_with_a_head() -> None:
    async def main() -> None:
        found = []
        async for each in form_parts(split(WELL, 30), TYPE):
            assert isinstance(each, FormPart) and isinstance(each, Readable)
            found.append((each.name, each.filename, each.type, dict(each.headers), await consumers.text(each)))
        assert found == [
            ("a", None, "text/plain", {"content-disposition": 'form-data; name="a"'}, "1"),
            ("f", "f.txt", "text/plain", {"content-disposition": 'form-data; name="f"; filename="f.txt"'}, "zz" * 10),
            ("c", None, "text/plain", {"content-disposition": 'form-data; name="c"', "x-a": "b"}, ""),
        ]

    run(main)


@given(st.lists(st.integers(0, len(WELL)), max_size=12))
@settings(max_examples=50, deadline=None)
def test_it_does_not_matter_where_the_bytes_are_split(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(WELL)]
    pieces = [WELL[start:end] for start, end in itertools.pairwise(places)]

    async def main() -> None:
        assert await read(pieces) == [("a", None, b"1"), ("f", "f.txt", b"zz" * 10), ("c", None, b"")]

    run(main)


@given(st.data())
@settings(max_examples=50, deadline=None)
def test_any_bytes_come_as_they_were_sent(data: st.DataObject) -> None:
    near_a_boundary = st.sampled_from([b"\r", b"\n", b"-", b"--", b"X", b"\r\n-", b"\r\n--", b"a", b"\0\xff"])
    values = data.draw(st.lists(st.lists(near_a_boundary, max_size=20).map(b"".join), max_size=4))
    values = [value.replace(b"--X", b"--Y") for value in values]
    body = a_body(*[part(value) for value in values])
    size = data.draw(st.integers(1, len(body)))

    async def main() -> None:
        if any(b"--X" in value for value in values):
            return
        assert await read(split(body, size)) == [("a", None, value) for value in values]

    run(main)


@pytest.mark.parametrize("way", ["response", "web", "node", "list", "async", "bytes", "generator"])
def test_they_are_read_of_anything_that_gives_bytes(way: str) -> None:
    pieces = split(WELL, 50)

    async def main() -> None:
        sources: dict[str, Callable[[], Any]] = {
            "response": lambda: Response(WELL, headers={"content-type": TYPE}),
            "web": lambda: ReadableStream.from_(pieces),
            "node": lambda: Readable.from_(pieces),
            "list": lambda: pieces,
            "async": lambda: Pieces(pieces),
            "bytes": lambda: WELL,
            "generator": lambda: (piece for piece in pieces),
        }
        assert len(await read(sources[way](), None if way == "response" else TYPE)) == 3

    run(main)


def test_a_body_gives_its_parts() -> None:
    async def main() -> None:
        response = Response(WELL, headers={"content-type": TYPE})
        assert [each.name async for each in response.parts(max_parts=3)] == ["a", "f", "c"]
        assert response.body_used

    run(main)


# --- the pace ---


def test_a_part_that_nobody_reads_stops_the_source() -> None:
    async def main() -> None:
        source = Pieces([file_part(b"")[:-2], *[bytes(10_000)] * 1000, b"\r\n--X--"])
        parts = form_parts(source, TYPE)
        first = await anext(parts)
        assert source.taken == 1
        for _ in range(20):
            await trio.lowlevel.checkpoint()
        assert source.taken == 1
        first.read(0)
        for _ in range(200):
            await trio.lowlevel.checkpoint()
        assert 7 <= source.taken <= 9  # a high water mark, of 64 KiB
        assert len(await consumers.buffer(first)) == 10_000_000
        assert [each async for each in parts] == []

    run(main)


def test_one_large_piece_is_cut_bit_by_bit() -> None:
    async def main() -> None:
        part_of_it = await anext(parts := form_parts([a_body(file_part(bytes(10_000_000)))], TYPE))
        chunks = [len(chunk) async for chunk in part_of_it]
        assert sum(chunks) == 10_000_000
        assert max(chunks) <= 65_536
        await parts.aclose()

    run(main)


def test_a_part_that_was_not_read_to_its_end_is_skipped() -> None:
    async def main() -> None:
        seen: list[FormPart] = []
        async for each in form_parts(split(a_body(file_part(bytes(300_000)), part(b"2"), part(b"3")), 10_000), TYPE):
            seen.append(each)
            if each.name == "f":
                async for _ in each.iterator(destroy_on_return=False):
                    break
        assert [each.destroyed for each in seen] == [True, True, True]
        with pytest.raises(ERR_STREAM_PREMATURE_CLOSE):
            await consumers.buffer(seen[0])

    run(main)


def test_a_part_can_be_destroyed() -> None:
    async def main() -> None:
        names = []
        async for each in form_parts(split(WELL, 10), TYPE):
            names.append(each.name)
            each.destroy()
        assert names == ["a", "f", "c"]

    run(main)


def test_a_part_can_be_piped() -> None:
    async def main() -> None:
        kept: list[bytes] = []

        async def collect(source: Any) -> None:
            async for chunk in source:
                kept.append(chunk)

        async for each in form_parts(split(WELL, 7), TYPE):
            await pipeline(each, collect)
        assert b"".join(kept) == b"1" + b"zz" * 10

    run(main)


def test_a_part_that_is_destroyed_while_it_is_pushed_to() -> None:
    async def main() -> None:
        parts = form_parts([a_body(file_part(b"x" * 100), part(b"2"))], TYPE)
        first = await anext(parts)
        first.on("data", lambda _: first.destroy())
        second = await anext(parts)
        assert await consumers.text(second) == "2"

    run(main)


# --- the end ---


@pytest.mark.parametrize("way", ["break", "aclose", "dropped", "raise"])
@pytest.mark.parametrize("reads", [False, True])
def test_leaving_early_destroys_what_is_open(way: str, reads: bool) -> None:
    source = Pieces([file_part(b"x" * 10)[:-2], *[bytes(70_000)] * 100])
    kept: list[FormPart] = []

    async def use(each: FormPart) -> None:
        kept.append(each)
        if reads:
            await each.iterator(destroy_on_return=False).__anext__()

    async def main() -> None:
        if way == "aclose":
            parts = form_parts(source, TYPE)
            await use(await anext(parts))
            await parts.aclose()
            await parts.aclose()
            assert [each async for each in parts] == []
        elif way == "dropped":
            parts = form_parts(source, TYPE)
            await use(await anext(parts))
            del parts
        else:
            try:
                async for each in form_parts(source, TYPE):
                    await use(each)
                    if way == "break":
                        break
                    raise ZeroDivisionError
            except ZeroDivisionError:
                pass
        gc.collect()
        assert kept[0].destroyed

    run(main)
    assert source.is_closed
    assert source.taken < 5


def test_a_stream_that_the_parts_come_from_is_destroyed() -> None:
    async def main() -> None:
        stream = Readable.from_(split(WELL, 10))
        async for _ in form_parts(stream, TYPE):
            break
        closed = Readable.from_([])
        await closed.to_array()
        assert stream.destroyed

    run(main)


def test_one_that_waits_is_told_when_another_leaves() -> None:
    async def main() -> None:
        class Silent(Pieces):
            async def __anext__(self) -> bytes:
                await trio.sleep_forever()
                raise StopAsyncIteration

        parts = form_parts(silent := Silent([]), TYPE)
        async with trio.open_nursery() as nursery:

            async def wait() -> None:
                assert [each async for each in parts] == []

            nursery.start_soon(wait)
            await trio.testing.wait_all_tasks_blocked()
            with pytest.raises(errors.ERR_INVALID_STATE, match="being waited for"):
                await anext(parts)
            await parts.aclose()
        silents.append(silent)

    silents: list[Pieces] = []
    run(main)
    assert silents[0].is_closed


def test_a_cancel_leaves() -> None:
    class Silent(Pieces):
        async def __anext__(self) -> bytes:
            await trio.sleep_forever()
            raise StopAsyncIteration

    source = Silent([])

    async def main() -> None:
        parts = form_parts(source, TYPE)
        with trio.CancelScope() as scope:
            scope.cancel()
            await anext(parts)
        assert scope.cancelled_caught

    run(main)
    assert source.is_closed


# --- errors ---


async def outcome(source: Any, **limits: Any) -> list[str]:
    """The names of parts that were read, and the errors."""
    seen: list[str] = []
    parts = form_parts(source, TYPE, limits)
    try:
        async for each in parts:
            try:
                await consumers.buffer(each)
            except NodeError as error:
                seen.append(f"part {error.code}")
            else:
                seen.append(each.name)
    except NodeError as error:
        seen.append(f"parts {error.code}")
    seen += [each.name async for each in parts]
    return seen


@pytest.mark.parametrize(
    ("data", "limits", "expected"),
    [
        (part() + part(b"x\r\n--X \r\n"), {}, ["a", "part ERR_FORM_MALFORMED", "parts ERR_FORM_MALFORMED"]),
        (part() + part()[:-2], {}, ["a", "part ERR_FORM_MALFORMED", "parts ERR_FORM_MALFORMED"]),
        (part() + b"--X\r\n\r\n", {}, ["a", "parts ERR_FORM_MALFORMED"]),
        (b"", {}, ["parts ERR_FORM_MALFORMED"]),
        (part() * 3, {"max_parts": 2}, ["a", "a", "parts ERR_FORM_TOO_MANY_PARTS"]),
        (
            part() + file_part(b"x" * 500) + b"--X--",
            {"max_file_size": 400},
            ["a", "part ERR_FORM_FILE_TOO_LARGE", "parts ERR_FORM_FILE_TOO_LARGE"],
        ),
        (
            part() + part(b"x" * 500) + b"--X--",
            {"max_field_size": 400},
            ["a", "part ERR_FORM_FIELD_TOO_LARGE", "parts ERR_FORM_FIELD_TOO_LARGE"],
        ),
        (part() + part(head="X: y\r\n" * 5000), {}, ["a", "parts ERR_FORM_HEADERS_TOO_LARGE"]),
    ],
)
@pytest.mark.parametrize("size", [11, 100_000])
def test_an_error_is_that_of_the_part_and_of_the_iterator(
    data: bytes, limits: dict[str, Any], expected: list[str], size: int
) -> None:
    async def main() -> None:
        source = Pieces(split(data, size))
        assert await outcome(source, **limits) == expected

    run(main)


def test_the_total_is_bounded_and_the_source_is_left() -> None:
    source = Pieces(split(a_body(part(b"1"), file_part(bytes(1000))), 100))

    async def main() -> None:
        expected = ["a", "part ERR_FORM_TOO_LARGE", "parts ERR_FORM_TOO_LARGE"]
        assert await outcome(source, max_total_size=500) == expected

    run(main)
    assert source.is_closed
    assert source.taken == 6


def test_files_and_the_whole_have_no_limit_of_their_own() -> None:
    async def main() -> None:
        # 1 GiB and 4 GiB are the limits of read_form; a megabyte that is no file is too much for both.
        assert (await outcome([a_body(file_part(bytes(2 * 1024**2)))])) == ["f"]
        assert (await outcome([a_body(part(bytes(1024**2 + 1)))]))[0] == "part ERR_FORM_FIELD_TOO_LARGE"

    run(main)


def test_what_cannot_be_begun() -> None:
    with pytest.raises(errors.ERR_FORM_CONTENT_TYPE, match=r'one of "multipart/form-data"\.') as raised:
        form_parts([], "application/x-www-form-urlencoded")
    assert raised.value.status == 415
    with pytest.raises(errors.ERR_FORM_CONTENT_TYPE):
        form_parts([])
    with pytest.raises(errors.ERR_FORM_MALFORMED) as malformed:
        form_parts([], "multipart/form-data")
    assert str(malformed.value.cause) == "missing boundary in content-type header"
    with pytest.raises(TypeError, match="spool_size"):
        form_parts([], TYPE, spool_size=1)


def test_an_error_of_the_source() -> None:
    class Broken(Exception):
        pass

    async def main() -> None:
        parts = form_parts(Pieces([part() + file_part(b"abc")[:-2]], Broken()), TYPE)
        assert await consumers.text(await anext(parts)) == "v"
        second = await anext(parts)
        with pytest.raises(Broken):
            await consumers.text(second)
        with pytest.raises(Broken):
            await anext(parts)
        assert [each async for each in parts] == []
        with pytest.raises(Broken):
            async for _ in form_parts(Pieces([part()[:-2]], Broken()), TYPE):
                pass  # the part is skipped

    run(main)


@pytest.mark.parametrize("size", [5, 1000])
def test_an_error_that_comes_when_the_part_is_gone(size: int) -> None:
    async def main() -> None:
        parts = form_parts(split(file_part(bytes(500))[:-2] + b"--X", size), TYPE)
        first = await anext(parts)
        first.read(0)  # reads ahead
        first.destroy()
        with pytest.raises(errors.ERR_FORM_MALFORMED):
            await anext(parts)
        assert [each async for each in parts] == []

    run(main)


def test_the_end_comes_when_the_part_is_gone() -> None:
    async def main() -> None:
        parts = form_parts(Pieces([file_part(b"abc")[:-2], b"\r\n--X--"]), TYPE)
        first = await anext(parts)
        first.read(0)
        first.destroy()
        for _ in range(20):
            await trio.lowlevel.checkpoint()
        assert [each async for each in parts] == []

    run(main)


# --- a server ---


def head(length: int) -> bytes:
    return f"POST / HTTP/1.1\r\nHost: a\r\nContent-Type: {TYPE}\r\nContent-Length: {length}\r\n\r\n".encode()


async def test_a_request_of_a_server() -> None:
    async def handler(req: Any, res: Any) -> None:
        found = [(each.name, len(await consumers.buffer(each))) async for each in form_parts(req)]
        res.end(str(found))

    async with talking_to(handler) as stream:
        await stream.send_all(head(len(WELL)).replace(b"Host", b"Connection: close\r\nHost") + WELL)
        assert (await all_of(stream)).endswith(b"[('a', 1), ('f', 20), ('c', 0)]")


async def test_a_request_that_is_left_before_anything_was_read() -> None:
    async def handler(req: Any, res: Any) -> None:
        await form_parts(req).aclose()
        res.end("left")

    async with talking_to(handler) as stream:
        await stream.send_all(head(len(WELL)).replace(b"Host", b"Connection: close\r\nHost") + WELL)
        assert (await all_of(stream)).endswith(b"left")


@pytest.mark.parametrize("kind", [TYPE, "application/x-www-form-urlencoded"])
async def test_a_request_that_is_said_to_be_too_long_is_refused_before_it_is_read(kind: str) -> None:
    async def handler(req: Any, res: Any) -> None:
        with pytest.raises(errors.ERR_FORM_TOO_LARGE) as raised:
            await read_form(req, max_total_size=1000)
        res.write_head(raised.value.status, {"Connection": "close", "Content-Length": 0})
        res.end()

    async with talking_to(handler) as stream:
        await stream.send_all(head(1001).replace(TYPE.encode(), kind.encode()))
        assert (await all_of(stream)).startswith(b"HTTP/1.1 413 ")


async def test_a_request_with_an_encoding_gives_no_bytes() -> None:
    async def handler(req: Any, res: Any) -> None:
        req.set_encoding("utf8")
        with pytest.raises(errors.ERR_INVALID_ARG_TYPE, match="chunk"):
            await read_form(req)
        res.end("refused")

    async with talking_to(handler) as stream:
        await stream.send_all(head(len(WELL)).replace(b"Host", b"Connection: close\r\nHost") + WELL)
        assert (await all_of(stream)).endswith(b"refused")


@pytest.mark.parametrize("way", ["read_form", "form_parts", "break"])
async def test_a_form_that_is_refused_is_answered_and_the_connection_lives(way: str) -> None:
    data = a_body(part(b"1"), file_part(bytes(3_000_000)))
    before = temporary_files()

    async def handler(req: Any, res: Any) -> None:
        status = 200
        try:
            if way == "read_form":
                await read_form(req, max_file_size=1_000_000)
            elif way == "form_parts":
                async for each in form_parts(req, max_file_size=1_000_000):
                    async for _ in each:
                        pass
            else:
                async for each in form_parts(req):
                    async for _ in each:
                        break
                    if each.name == "f":
                        status = 413
                        break
        except FormError as error:
            status = error.status
        res.write_head(status, {"Content-Length": 0})
        res.end()

    async with talking_to(handler) as stream:
        for _ in range(2):
            await stream.send_all(head(len(data)) + data)
            answer = b""
            while b"\r\n\r\n" not in answer:
                answer += await stream.receive_some()
            assert answer.startswith(b"HTTP/1.1 413 ")
    assert temporary_files() == before


@pytest.mark.parametrize("way", ["read_form", "form_parts"])
async def test_a_client_that_is_gone(way: str) -> None:
    before = temporary_files()
    seen: list[str] = []
    done = trio.Event()

    async def handler(req: Any, res: Any) -> None:
        try:
            if way == "read_form":
                await read_form(req)
            else:
                seen.extend(await outcome_of_request(req))
        except NodeError as error:
            seen.append(f"form {error.code}")
        done.set()

    async def outcome_of_request(req: Any) -> list[str]:
        found = []
        parts = form_parts(req)
        try:
            async for each in parts:
                try:
                    await consumers.buffer(each)
                    found.append(each.name)
                except NodeError as error:
                    found.append(f"part {error.code}")
        except NodeError as error:
            found.append(f"parts {error.code}")
        return found

    async with talking_to(handler) as stream:
        await stream.send_all(head(10_000_000) + part(b"1") + file_part(bytes(400_000)))
        await stream.aclose()
        await done.wait()
        expected = {"read_form": ["form ECONNRESET"], "form_parts": ["a", "f", "parts ECONNRESET"]}
        assert seen == expected[way] or seen == ["a", "part ECONNRESET", "parts ECONNRESET"]
    gc.collect()
    assert temporary_files() == before
