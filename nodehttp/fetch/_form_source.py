"""Where a form is read from: anything that gives its bytes, with a type that says how they are written.

Who leaves a form early leaves what it comes from too: a stream is destroyed, an iterable closed, a body cancelled. Only
a request that a server has received is not destroyed, so that it can still be answered: the rest of it is let go by.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable, Mapping
from typing import Any

from nodestream import _predicates as ask
from nodestream._readable_iterator import Feed
from nodestream._web_kinds import is_web_readable
from nodestream.errors import ERR_FORM_CONTENT_TYPE, ERR_INVALID_ARG_TYPE

from .._incoming import IncomingMessage
from ._body import BodyMixin
from ._body_chunks import BytesChunks, Chunks, ItemChunks, StreamChunks
from ._form_data import FormData
from ._headers import Headers
from ._mime import MimeType, of_headers

MULTIPART = "multipart/form-data"
URLENCODED = "application/x-www-form-urlencoded"


class RequestChunks:
    """The body of a request that a server has received."""

    __slots__ = ("_feed", "_message")

    def __init__(self, message: IncomingMessage) -> None:
        self._message = message
        self._feed: Feed | None = None

    def __aiter__(self) -> RequestChunks:
        return self

    async def __anext__(self) -> bytes:
        if self._feed is None:
            self._feed = Feed(self._message)
        while True:
            chunk, wakeup = self._feed.attempt()
            if chunk is not None:
                return _checked(chunk)
            if wakeup is None:
                raise StopAsyncIteration if self._feed.error is None else self._feed.error
            await wakeup

    async def aclose(self) -> None:
        """Nobody wants more: the rest is let go by."""
        if self._feed is not None:
            self._feed.leave(may_destroy=False)
        self._message.resume()


def _checked(chunk: Any) -> bytes:
    if not isinstance(chunk, bytes):
        raise ERR_INVALID_ARG_TYPE("chunk", "an instance of Buffer", chunk)
    return chunk


def chunks_of(source: Any) -> Chunks:
    """The bytes of `source`.

    Raises a TypeError for a body that was used, ERR_INVALID_ARG_TYPE for what gives no bytes.
    """
    if isinstance(source, BodyMixin):
        return BytesChunks(b"") if source._body is None else source._body.chunks()
    if isinstance(source, IncomingMessage) and source.status_code is None:
        return RequestChunks(source)
    if is_web_readable(source):
        return StreamChunks(source)
    if isinstance(source, (bytes, bytearray, memoryview)):
        return BytesChunks(bytes(source))
    gives_items = isinstance(source, (AsyncIterable, Iterable)) and not isinstance(source, (str, Mapping, FormData))
    if gives_items or ask.readable_state(source) is not None:
        return ItemChunks(source)
    raise ERR_INVALID_ARG_TYPE(
        "source", "an instance of Request, Response, IncomingMessage, Stream or Iterable", source
    )


def length_of(source: Any) -> int:
    """How many bytes there will be, as far as that is said beforehand; else 0."""
    if isinstance(source, BodyMixin):
        return 0 if source._body is None else source._body.length or 0
    if isinstance(source, IncomingMessage):
        return int(source.headers.get("content-length", 0))  # the parser has seen to it that it is a number
    return 0


def type_of(source: Any, content_type: str | None, *expected: str) -> MimeType:
    """What is said about how the form is written. Raises ERR_FORM_CONTENT_TYPE for another type."""
    if content_type is not None:
        headers = Headers({"content-type": content_type})
    elif isinstance(source, BodyMixin):
        headers = source._headers
    elif isinstance(source, IncomingMessage):
        headers = Headers._of([("content-type", str(source.headers.get("content-type", "")))], "none")
    else:
        headers = Headers()
    mime = of_headers(headers)
    if mime is None or mime.essence not in expected:
        raise ERR_FORM_CONTENT_TYPE(*expected)
    return mime
