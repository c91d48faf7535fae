"""What a request or response carries.

The rules of a `Body`:

1. It is read once: as the web's stream that `stream` gives, or as the pieces that `chunks()` gives. That stream is not
   made before somebody asks for it: nothing that the library does by itself needs one.
2. What it was made of (`source`) stays known, if it can be read again: a redirect may have to send it once more.
3. Who has read it, or has taken it over, has *used* it. What is used, or read by somebody, is *unusable*.

Standard: Fetch, section 2.2.4 (bodies), section 5.3 (Body mixin)
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from nodestream._blob import Blob
from nodestream._json_text import parse_json
from nodestream._names import NodeNames, node_alias, node_name
from nodestream.errors import NodeTypeError
from nodestream.loop import Promise
from nodestream.web import ReadableStream, TransformStream
from nodestream.web._promises import attempt, promise_of, rejected_with, resolved_with, transformed

from ._body_chunks import Chunks, StreamChunks, joined, stream_of
from ._form_data import FormData
from ._headers import Headers
from ._mime import of_headers

if TYPE_CHECKING:
    from ._form_reading import FormParts

T = TypeVar("T")

Source = bytes | Blob | FormData


class Body:
    """What a request or response carries, as it can be read once.

    Args:
        begin: makes the iterator over its bytes; called once, or again if there is a `source`.
        source: what it can be made from again; None for what passes by only once.
        length: how many bytes there are, None if that is not known.
    """

    __slots__ = ("_begin", "_stream", "_taken", "length", "source")

    def __init__(self, begin: Callable[[], Chunks], source: Source | None = None, length: int | None = None) -> None:
        self._begin = begin
        self._stream: ReadableStream | None = None
        self._taken = False  # read without a stream, or taken over by another body
        self.source = source
        self.length = length

    @classmethod
    def of_stream(cls, stream: ReadableStream) -> Body:
        """The body that a web stream is."""
        body = cls(lambda: StreamChunks(stream))
        body._stream = stream
        return body

    def _twin(self, stream: ReadableStream | None = None) -> Body:
        """An unread body like this one; `stream` is what it is read from, if there is one."""
        other = Body(self._begin, self.source, self.length)
        other._stream = stream
        return other

    # --- what it is ---

    @property
    def stream(self) -> ReadableStream:
        """The web's stream of its bytes; of a body that was used, one that is closed and locked."""
        if self._stream is None:
            self._stream = _used_stream() if self._taken else stream_of(self._begin())
        return self._stream

    @property
    def used(self) -> bool:
        """Whether it was read, or taken over. Standard: disturbed"""
        return self._taken or (self._stream is not None and self._stream._disturbed)

    @property
    def unusable(self) -> bool:
        """Whether nobody can read it any more. Standard: unusable"""
        return self.used or (self._stream is not None and self._stream.locked)

    @property
    def untouched(self) -> bool:
        """Whether nobody has even had its stream."""
        return self._stream is None and not self._taken

    def __repr__(self) -> str:
        return f"<Body{'' if self.length is None else f' of {self.length} bytes'}{' used' if self.used else ''}>"

    @property
    def _shown(self) -> str:
        """As `repr()` of the stream, which need not be made for that."""
        if self._stream is not None or self._taken:
            return repr(self.stream)
        return "ReadableStream { locked: false, state: 'readable', supportsBYOB: true }"

    # --- what is done with it ---

    def chunks(self) -> Chunks:
        """Read it: an async iterator over its bytes. Who leaves that before its end calls its `aclose()`.

        Raises a TypeError if it is unusable; and while iterating for chunks that are not bytes, and what its source
        raises.
        """
        if self.unusable:
            raise unusable()
        if self._stream is not None:
            return StreamChunks(self._stream)
        self._taken = True
        return self._begin()

    def read_all(self) -> Promise[bytes]:
        """Await all its bytes. Raises as `chunks` does. Standard: Fetch, section 2.2.4 (fully read)"""
        chunks = self.chunks()
        if isinstance(self.source, bytes) and self._stream is None:
            return resolved_with(self.source)
        return joined(chunks)

    def clone(self) -> Body:
        """Another body of the same bytes, which can be read besides this one; it is usable.

        Standard: Fetch, section 2.2.4 (clone a body)
        """
        if self._stream is None and self.source is not None:
            return self._twin()
        self._stream, other = self.stream.tee()
        return self._twin(other)

    def move(self) -> Body:
        """A body that has what this one had; this one, which is usable, is used from now on.

        Standard: Streams, section 9.1 (create a proxy)
        """
        if self._stream is not None:
            return self._twin(self._stream.pipe_through(TransformStream()))
        self._taken = True
        return self._twin()

    def again(self) -> Body:
        """A body of the same source, whatever has become of this one. Only for one that has a `source`."""
        return self._twin()

    def cancel(self, reason: Any = None) -> Promise[None]:
        """Await that nobody wants it, and what it would have been read from is closed.

        Of a body that is read by `chunks()`, that iterator has to be closed.
        """
        if self._stream is not None:
            return self._stream._cancel(reason)
        if self._taken:
            return resolved_with(None)
        return promise_of(self.chunks().aclose())


def unusable() -> NodeTypeError:
    """What reading a body fails with that was read, or is being read."""
    return NodeTypeError("Body is unusable: Body has already been read")


def _used_stream() -> ReadableStream:
    stream = ReadableStream(type="bytes")
    stream.cancel()
    stream.get_reader()
    return stream


class BodyMixin(NodeNames):
    """What a request and a response can do with their body."""

    _body: Body | None
    _headers: Headers

    @property
    def body(self) -> ReadableStream | None:
        """The stream of the bytes; None without a body. Node: response.body"""
        return None if self._body is None else self._body.stream

    @property
    def body_used(self) -> bool:
        """Whether the body was read, or is being read. Node: response.bodyUsed"""
        return self._body is not None and self._body.used

    bodyUsed: bool = node_alias("body_used")

    def array_buffer(self) -> Promise[builtins.bytes]:
        """Await all bytes; the same as `bytes`. Node: response.arrayBuffer"""
        return self._consume(_itself)

    arrayBuffer = node_name(array_buffer)

    def blob(self) -> Promise[Blob]:
        """Await all bytes as a Blob, whose type is what the headers say. Raises as `bytes`. Node: response.blob"""

        def blob(data: builtins.bytes) -> Blob:
            mime = of_headers(self._headers)
            return Blob([data], type="" if mime is None else str(mime))

        return self._consume(blob)

    def bytes(self) -> Promise[builtins.bytes]:
        """Await all bytes. Raises a TypeError if the body was used, and what it fails with. Node: response.bytes"""
        return self._consume(_itself)

    def form_data(self, options: Mapping[str, Any] | None = None, /, **keywords: Any) -> Promise[FormData]:
        """Await the form that the body is: multipart/form-data, or application/x-www-form-urlencoded.

        Options: the limits of `read_form`, which are not in Node. Raises as `bytes`, and as `read_form`.

        Node: response.formData
        """
        if self._body is not None and self._body.unusable:
            return rejected_with(unusable())
        from ._form_reading import read_form

        return read_form(self, None, options, **keywords)

    formData = node_name(form_data)

    def json(self) -> Promise[Any]:
        """Await what the text means as JSON. Raises a ValueError if it is none, and as `bytes`. Node: response.json"""
        return self._consume(lambda data: parse_json(_text(data)))

    def parts(self, options: Mapping[str, Any] | None = None, /, **keywords: Any) -> FormParts:
        """The parts of a body that is multipart/form-data, one after the other: see `form_parts`. Not in Node."""
        from ._form_reading import form_parts

        return form_parts(self, None, options, **keywords)

    def text(self) -> Promise[str]:
        """Await the text, which is UTF-8: broken bytes become U+FFFD, a byte order mark at the beginning is dropped.

        Raises as `bytes`. Node: response.text
        """
        return self._consume(_text)

    def _consume(self, convert: Callable[[builtins.bytes], T]) -> Promise[T]:
        """Fetch, section 5.3: consume body"""
        body = self._body
        if body is None:
            return attempt(convert, b"")
        if body.unusable:
            return rejected_with(unusable())
        return transformed(body.read_all(), convert)


def _itself(data: bytes) -> bytes:
    return data


def _text(data: bytes) -> str:
    """Encoding, section 6: UTF-8 decode"""
    return data.decode("utf-8", "replace").removeprefix("\ufeff")
