"""The two Transforms: bytes to records, and records to bytes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from trio.testing import MockClock

from nodehttp.records import (
    ERR_RECORDS_LINE_TOO_LONG,
    ERR_RECORDS_MALFORMED_LINE,
    ERR_RECORDS_NOT_SERIALIZABLE,
    parse,
    stringify,
)
from nodehttp.records._batches import encode_batch
from nodehttp.records._json import Library
from nodestream import Readable, Writable
from nodestream.errors import ERR_INVALID_ARG_TYPE, ERR_STREAM_NULL_VALUES
from nodestream.loop import run
from nodestream.promises import pipeline
from nodestream.testing import check_readable
from nodestream.timers import set_timeout

from .test_json import values
from .test_lines import cut


def parsed(pieces: list[bytes], **options: Any) -> list[Any]:
    """The records that come of pieces of bytes."""
    found: list[Any] = []

    async def main() -> None:
        stream = parse(options)
        stream.on("data", found.append)
        await pipeline(Readable.from_(pieces, object_mode=False), stream)

    run(main)
    return found


def stringified(records: list[Any], **options: Any) -> list[bytes]:
    """The chunks that come of records."""
    found: list[bytes] = []

    async def main() -> None:
        stream = stringify(options)
        stream.on("data", found.append)
        await pipeline(Readable.from_(records), stream)

    run(main)
    return found


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
@given(
    records=st.lists(values.filter(lambda value: value is not None), max_size=8),
    at=st.lists(st.integers(0, 2000)),
    chunk_size=st.integers(1, 100),
)
def test_any_split_gives_the_same_records(library: Library, records: list[Any], at: list[int], chunk_size: int) -> None:
    assert parsed([piece for piece in cut(encode_batch(records), at) if piece]) == records
    assert b"".join(stringified(records, chunk_size=chunk_size)) == encode_batch(records)


def test_chunks_end_with_the_record_that_makes_them_large_enough() -> None:
    assert stringified(["aaaa", "b", "c", "dddddddd", "e"], chunk_size=10, flush_interval=1000) == [
        b'"aaaa"\n"b"\n',
        b'"c"\n"dddddddd"\n',
        b'"e"\n',
    ]


def test_a_record_is_never_held_longer_than_the_interval() -> None:
    found: list[tuple[int, bytes]] = []
    now = 0

    def main() -> None:
        stream = stringify(flush_interval=50)
        stream.on("data", lambda chunk: found.append((now, chunk)))

        def write(when: int) -> None:
            nonlocal now
            now = when
            if when in (0, 10, 20, 60, 500):
                stream.write(when)
            if when == 1000:
                stream.end()
            else:
                set_timeout(write, 10, when + 10)

        write(0)

    run(main, clock=MockClock(autojump_threshold=0))
    assert [chunk for _, chunk in found] == [b"0\n", b"10\n20\n", b"60\n", b"500\n"]
    assert [time for time, _ in found] == [0, 40, 90, 500]


def test_time_does_not_fill_a_stream_that_nobody_reads() -> None:
    lengths: list[int] = []

    def main() -> None:
        stream = stringify(flush_interval=1)
        text = "x" * 50_000
        for _ in range(5):
            stream.write(text)
            stream.write(text)
        set_timeout(lambda: lengths.append(stream.readable_length), 500)
        set_timeout(stream.resume, 1000)
        stream.on("end", lambda: lengths.append(0))
        stream.end()

    run(main, clock=MockClock(autojump_threshold=0))
    assert len(lengths) == 2
    assert 0 < lengths[0] <= 1_048_576 + 200_000


def test_a_chunk_of_many_records_does_not_fill_a_stream_that_nobody_reads() -> None:
    async def main() -> None:
        stream = parse()
        stream.write(b"1\n" * 1000)
        stream.read(0)
        assert stream.readable_length == 16
        stream.end()
        assert [record async for record in stream] == [1] * 1000

    run(main)


def test_a_slow_reader_of_records_stops_the_writer() -> None:
    async def main() -> None:
        taken = 0

        async def source() -> Any:
            nonlocal taken
            for _ in range(1000):
                taken += 1
                yield b"1\n" * 1000

        stream = Readable.from_(source(), object_mode=False).pipe(parse())
        async for _ in stream:
            if taken > 100:
                raise AssertionError("too much was read")
            break

    run(main)


@pytest.mark.parametrize(
    ("data", "options", "error"),
    [
        (b"1\nx\n2\n", {}, ERR_RECORDS_MALFORMED_LINE),
        (b"1\nnull\n2\n", {}, ERR_RECORDS_MALFORMED_LINE),
        (b"1\n{", {}, ERR_RECORDS_MALFORMED_LINE),
        (b"1\n2222\n", {"max_line_length": 3}, ERR_RECORDS_LINE_TOO_LONG),
    ],
)
def test_a_line_that_fails_destroys_the_stream(data: bytes, options: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        parsed([data], **options)


def test_malformed_lines_are_skipped_and_counted() -> None:
    told: list[Any] = []

    async def main() -> None:
        stream = parse(on_malformed=told.append)
        stream.end(b"x\n1\nnull\n2\n{")
        assert [record async for record in stream] == [1, 2]
        assert stream.malformed == 3

    run(main)
    assert [(error.line, error.reason) for error in told] == [
        (b"x", "Expecting value at character 0"),
        (b"null", "null is no record here"),
        (b"{", "Expecting property name enclosed in double quotes at character 1"),
    ]


def test_a_record_that_cannot_be_written_destroys_the_stream() -> None:
    with pytest.raises(ERR_RECORDS_NOT_SERIALIZABLE):
        stringified([1, object(), 2])


def test_none_cannot_be_written() -> None:
    async def main() -> None:
        stream = stringify()
        with pytest.raises(ERR_STREAM_NULL_VALUES):
            stream.write(None)

    run(main)


async def test_they_keep_the_rules_of_streams() -> None:
    def written(stream: Any, *chunks: Any) -> Any:
        for chunk in chunks:
            stream.write(chunk)
        stream.end()
        return stream

    await check_readable(lambda: written(parse(), b"1\n[2", b"]\n3"), expected=[1, [2], 3])
    await check_readable(lambda: written(stringify(), 1, [2]), expected=b"1\n[2]\n")


def test_they_can_be_used_in_a_pipeline() -> None:
    found: list[bytes] = []

    def write(_stream: Writable, chunk: bytes, _encoding: str, callback: Any) -> None:
        found.append(chunk)
        callback()

    async def double(records: Any) -> Any:
        async for record in records:
            yield record * 2

    async def main() -> None:
        source = Readable.from_([b"1\n2", b"2\r\n3"], object_mode=False)
        await pipeline(source, parse(), double, stringify(), Writable(write=write))

    run(main)
    assert b"".join(found) == b"2\n44\n6\n"


def test_options_are_checked() -> None:
    for make in (parse, stringify):
        with pytest.raises(ERR_INVALID_ARG_TYPE):
            make({"chunkSize": "large"})
