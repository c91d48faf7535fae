"""`nodestream.consumers`: all of a stream at once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from nodestream import PassThrough, Readable, consumers, run
from nodestream.errors import ERR_INVALID_ARG_TYPE, ERR_STREAM_PREMATURE_CLOSE
from nodestream.loop import Promise

from .support import a_round

NAMES = ("array_buffer", "buffer", "bytes", "text", "json")


async def value_of(value: Any) -> Any:
    await a_round()
    return value


def consumed(name: str, make: Any) -> Any:
    async def main() -> Any:
        return await getattr(consumers, name)(make())

    return run(main)


def source(*chunks: Any) -> Any:
    return lambda: Readable.from_(chunks)


@pytest.mark.parametrize("name", ["array_buffer", "arrayBuffer", "buffer", "bytes"])
def test_all_bytes_are_given_as_one(name: str) -> None:
    assert consumed(name, source("a", b"bc", bytearray(b"d"), memoryview(b"e"))) == b"abcde"
    assert consumed(name, source()) == b""
    assert consumed(name, source("é")) == b"\xc3\xa9"


@pytest.mark.parametrize(
    ("chunk", "expected"),
    [
        ({}, b"[object Object]"),
        (1, b"1"),
        (1.0, b"1"),
        (1.5, b"1.5"),
        (True, b"true"),
        ([1, None, ["a", "b"]], b"1,,a,b"),
    ],
)
def test_other_objects_are_shown_as_javascript_shows_them(chunk: Any, expected: bytes) -> None:
    assert consumed("buffer", source(chunk)) == expected


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        (("a", b"b"), "ab"),
        ((b"\xe2", b"\x82", b"\xac"), "€"),
        ((b"f\xed\xa0\x80",), "f\ufffd\ufffd\ufffd"),
        ((b"a\xe2\x82",), "a\ufffd"),
        ((b"\xef\xbb", b"\xbfa"), "a"),
        ((b"a\xef\xbb\xbf",), "a\ufeff"),
        (("\ufeffa",), "\ufeffa"),
        ((), ""),
    ],
)
def test_text_is_decoded_as_one_and_without_its_mark(chunks: Any, expected: str) -> None:
    assert consumed("text", source(*chunks)) == expected


def test_json_is_what_the_text_means() -> None:
    assert consumed("json", source('{"a": [1, 2', b", null]}")) == {"a": [1, 2, None]}
    assert consumed("json", source(b"\xef\xbb\xbf1")) == 1


@pytest.mark.parametrize("text", ["", "{a", "NaN", "-Infinity", "[Infinity]", "1 2", "\ufeff1"])
def test_what_is_no_json_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):
        consumed("json", lambda: [text])


@pytest.mark.parametrize("name", ["text", "json"])
@pytest.mark.parametrize("chunk", [1, {}, ["a"]])
def test_text_takes_strings_and_bytes_only_and_destroys_the_stream(name: str, chunk: Any) -> None:
    async def main() -> None:
        stream = Readable.from_([chunk, "a", "b"])
        with pytest.raises(ERR_INVALID_ARG_TYPE, match='The "input" argument must be an instance of ArrayBuffer'):
            await getattr(consumers, name)(stream)
        assert stream.destroyed

    run(main)


def test_any_iterable_will_do() -> None:
    def generate() -> Iterator[str]:
        yield "a"

    async def generate_async() -> AsyncIterator[str]:
        yield "a"

    for make in (lambda: ["a"], generate, generate_async, lambda: [value_of("a")], lambda: PassThrough().end("a")):
        assert consumed("text", make) == "a"


@pytest.mark.parametrize("name", NAMES)
def test_what_is_no_iterable_rejects_the_promise(name: str) -> None:
    with pytest.raises(TypeError, match=r"^stream is not async iterable$"):
        consumed(name, lambda: 5)


@pytest.mark.parametrize("name", NAMES)
def test_an_error_of_the_stream_comes_out_even_right_after_the_call(name: str) -> None:
    async def main() -> None:
        stream = PassThrough()
        promise = getattr(consumers, name)(stream)
        assert isinstance(promise, Promise)
        stream.write("1")
        stream.destroy(ValueError("boom"))
        with pytest.raises(ValueError, match="boom"):
            await promise

    run(main)


def test_a_stream_that_was_destroyed_before_is_a_premature_close() -> None:
    with pytest.raises(ERR_STREAM_PREMATURE_CLOSE):
        consumed("text", lambda: PassThrough().destroy())


def test_a_generator_is_closed_when_a_chunk_cannot_be_used() -> None:
    closed: list[bool] = []

    def generate() -> Iterator[Any]:
        try:
            yield 1
            yield 2
        finally:
            closed.append(True)

    with pytest.raises(ERR_INVALID_ARG_TYPE):
        consumed("text", generate)
    assert closed == [True]
