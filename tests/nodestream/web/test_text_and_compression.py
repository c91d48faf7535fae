"""TextEncoderStream, TextDecoderStream, CompressionStream, DecompressionStream."""

from __future__ import annotations

import gzip
from typing import Any

import pytest

from nodestream import finished, is_readable, pipeline, run
from nodestream.errors import (
    ERR_ENCODING_INVALID_ENCODED_DATA,
    ERR_ENCODING_NOT_SUPPORTED,
    ERR_INVALID_ARG_TYPE,
    ERR_TRAILING_JUNK_AFTER_STREAM_END,
    NodeTypeError,
)
from nodestream.web import (
    CompressionStream,
    DecompressionStream,
    ReadableStream,
    TextDecoderStream,
    TextEncoderStream,
    WritableStream,
)
from nodestream.web._encodings import _LABELS, decoder_for, encoding_name

from .support import all_of, stream_of


def through(stream: Any, *chunks: Any) -> Any:
    async def main() -> list[Any]:
        return await all_of(stream_of(*chunks).pipe_through(stream()))

    return run(main)


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        (("a", "", "\u00e9"), [b"a", b"\xc3\xa9"]),
        (("\ud83d", "\ude00b"), [b"\xf0\x9f\x98\x80b"]),
        (("\ud83d", "x", "\ude00"), [b"\xef\xbf\xbdx", b"\xef\xbf\xbd"]),
        (("\ud83d",), [b"\xef\xbf\xbd"]),
        ((5, None, {}, True), [b"5", b"null", b"[object Object]", b"true"]),
    ],
)
def test_text_is_encoded(chunks: Any, expected: list[bytes]) -> None:
    assert through(TextEncoderStream, *chunks) == expected


@pytest.mark.parametrize(
    ("args", "chunks", "expected"),
    [
        ((), (b"\xf0\x9f", b"\x98\x80", b"", b"\xe2"), ["\U0001f600", "\ufffd"]),
        ((), (b"\xef\xbb", b"\xbfa\xef\xbb\xbf"), ["a\ufeff"]),
        (("utf-8", {"ignoreBOM": True}), (b"\xef\xbb\xbfa",), ["\ufeffa"]),
        (("utf-16",), (b"\xff\xfea", b"\0"), ["a"]),
        (("latin1",), (b"a\x80\x81\xe9",), ["a\u20ac\x81\u00e9"]),
        (("iso-8859-7",), (b"\xae",), ["\ufffd"]),
        (("sjis",), (b"\x82", b"\xa0"), ["\u3042"]),
    ],
)
def test_bytes_are_decoded(args: Any, chunks: Any, expected: list[str]) -> None:
    assert through(lambda: TextDecoderStream(*args), *chunks) == expected


@pytest.mark.parametrize("chunk", [b"\xff", b"\xe2"])
def test_broken_bytes_may_be_an_error(chunk: bytes) -> None:
    with pytest.raises(ERR_ENCODING_INVALID_ENCODED_DATA):
        through(lambda: TextDecoderStream("utf-8", fatal=True), chunk)


def test_only_bytes_are_decoded() -> None:
    with pytest.raises(ERR_INVALID_ARG_TYPE):
        through(TextDecoderStream, "text")


def test_what_a_decoder_tells_of_itself() -> None:
    stream = TextDecoderStream(" LATIN1\n", fatal=True, ignore_bom=True)
    assert (stream.encoding, stream.fatal, stream.ignore_bom, stream.ignoreBOM) == ("windows-1252", True, True, True)
    assert TextEncoderStream().encoding == "utf-8"
    with pytest.raises(ERR_ENCODING_NOT_SUPPORTED, match='The "x" encoding is not supported'):
        TextDecoderStream("x")


@pytest.mark.parametrize("name", _LABELS)
def test_every_encoding_has_a_decoder_that_knows_ascii(name: str) -> None:
    assert encoding_name(name) == name
    data = "abc".encode(name) if name.startswith("utf-16") else b"abc"
    assert decoder_for(name, fatal=True, ignore_bom=False).decode(data, True) == "abc"


@pytest.mark.parametrize("kind", ["gzip", "deflate", "deflate-raw", "brotli"])
def test_what_was_compressed_can_be_decompressed(kind: str) -> None:
    async def main() -> bytes:
        compressed = stream_of(b"hello", b" world").pipe_through(CompressionStream(kind))
        return b"".join(await all_of(compressed.pipe_through(DecompressionStream(kind))))

    assert run(main) == b"hello world"


@pytest.mark.parametrize("kind", ["x", "zstd", None, 5])
def test_other_formats_are_refused(kind: Any) -> None:
    for stream in (CompressionStream, DecompressionStream):
        with pytest.raises(NodeTypeError, match=f"Failed to construct '{stream.__name__}'") as raised:
            stream(kind)
        assert raised.value.code == "ERR_INVALID_ARG_VALUE"


@pytest.mark.parametrize(
    ("chunk", "code"),
    [
        (b"hello", "Z_DATA_ERROR"),
        (b"\x1f\x8b\x08\0\0", "Z_BUF_ERROR"),
        (gzip.compress(b"a") + b"junk", ERR_TRAILING_JUNK_AFTER_STREAM_END.code),
        (5, "ERR_INVALID_ARG_TYPE"),
    ],
)
def test_what_cannot_be_decompressed_is_a_type_error(chunk: Any, code: str) -> None:
    with pytest.raises(NodeTypeError) as raised:
        through(lambda: DecompressionStream("gzip"), chunk)
    assert raised.value.code == code


def test_they_are_taken_where_a_transform_stream_is() -> None:
    chunks: list[Any] = []
    outcomes: list[Any] = []

    async def main() -> None:
        pipeline(
            ReadableStream.from_(["a"]),
            TextEncoderStream(),
            CompressionStream("gzip"),
            DecompressionStream("gzip"),
            WritableStream(write=chunks.append),
            outcomes.append,
        )
        assert is_readable(TextEncoderStream()) is None
        with pytest.raises(ERR_INVALID_ARG_TYPE):
            finished(TextEncoderStream(), outcomes.append)

    run(main)
    assert (chunks, outcomes) == ([b"a"], [None])
