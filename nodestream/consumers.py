"""All of a stream at once: its bytes, its text, or the JSON that it is.

Each function takes a Readable or any other iterable, and gives a promise to await. It fails with the error of the
stream; a stream with a chunk that it cannot use is destroyed.

Node: node:stream/consumers
"""

from __future__ import annotations

import builtins
from collections.abc import AsyncIterable, Awaitable, Iterable
from typing import Any, Protocol

from ._blob import Blob
from ._encoding import encode, string_decoder
from ._js_string import js_string
from ._json_text import parse_json
from ._operator_map import close
from ._operator_stream import begin, promise_of, rejected
from ._operator_work import iterator_over
from .errors import ERR_INVALID_ARG_TYPE
from .loop import Promise

__all__ = ["arrayBuffer", "array_buffer", "blob", "buffer", "bytes", "json", "text"]

Source = AsyncIterable[Any] | Iterable[Any]

_BYTES_LIKE = (builtins.bytes, bytearray, memoryview)


def array_buffer(stream: Source) -> Promise[builtins.bytes]:
    """Await all bytes of a stream; the same as `buffer`. Node: stream/consumers.arrayBuffer"""
    return _consumed(stream, _Bytes())


arrayBuffer = array_buffer


def blob(stream: Source) -> Promise[Blob]:
    """Await all bytes of a stream as a Blob, without a type. Node: stream/consumers.blob"""
    return _consumed(stream, _Blob())


def buffer(stream: Source) -> Promise[builtins.bytes]:
    """Await all bytes of a stream. Strings are encoded as UTF-8, other objects as JavaScript's String() shows them.

    Node: stream/consumers.buffer
    """
    return _consumed(stream, _Bytes())


def bytes(stream: Source) -> Promise[builtins.bytes]:
    """Await all bytes of a stream; the same as `buffer`. Node: stream/consumers.bytes"""
    return _consumed(stream, _Bytes())


def text(stream: Source) -> Promise[str]:
    """Await all text of a stream: its strings, and its bytes decoded as UTF-8.

    Broken bytes become U+FFFD, a byte order mark at the beginning is dropped. Raises ERR_INVALID_ARG_TYPE for a chunk
    that is neither. Node: stream/consumers.text
    """
    return _consumed(stream, _Text())


def json(stream: Source) -> Promise[Any]:
    """Await what the text of a stream means as JSON. Raises ValueError if it is none, else as `text`.

    Node: stream/consumers.json
    """
    return _consumed(stream, _Json())


class _Sink(Protocol):
    def add(self, chunk: Any) -> None: ...

    def result(self) -> Any: ...


class _Bytes:
    def __init__(self) -> None:
        self._pieces: list[builtins.bytes] = []

    def add(self, chunk: Any) -> None:
        self._pieces.append(builtins.bytes(chunk) if isinstance(chunk, _BYTES_LIKE) else encode(js_string(chunk)))

    def result(self) -> builtins.bytes:
        return b"".join(self._pieces)


class _Blob(_Bytes):
    def result(self) -> Any:
        return Blob([super().result()])


class _Text:
    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._decoder = string_decoder("utf8")
        self._may_be_mark = True

    def add(self, chunk: Any) -> None:
        if isinstance(chunk, str):
            self._pieces.append(chunk)
        elif isinstance(chunk, _BYTES_LIKE):
            self._add_decoded(self._decoder.write(builtins.bytes(chunk)))
        else:
            raise ERR_INVALID_ARG_TYPE("input", "an instance of ArrayBuffer or ArrayBufferView", chunk)

    def _add_decoded(self, piece: str) -> None:
        if piece and self._may_be_mark:
            self._may_be_mark = False
            piece = piece.removeprefix("\ufeff")
        self._pieces.append(piece)

    def result(self) -> Any:
        self._add_decoded(self._decoder.end())
        return "".join(self._pieces)


class _Json(_Text):
    def result(self) -> Any:
        return parse_json(super().result())


def _consumed(stream: Source, sink: _Sink) -> Promise[Any]:
    try:
        chunks = iterator_over(stream, "stream is not async iterable")
    except Exception as error:
        return rejected(error)
    begin(chunks)

    async def consume() -> Any:
        try:
            async for chunk in chunks:
                sink.add(await chunk if isinstance(chunk, Awaitable) else chunk)
        finally:
            await close(chunks)
        return sink.result()

    return promise_of(consume())
