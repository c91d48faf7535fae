"""`Blob`: bytes that do not change, with a type. They are in memory or in files (`_blob_pieces.py`).

Node: buffer.Blob
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from ._blob_pieces import BlobReader, FileSlice, Piece, cut
from ._encoding import encode
from ._js_string import js_string
from ._names import NodeNames, node_name
from ._options import normalized
from .errors import ERR_INVALID_ARG_VALUE, NodeTypeError, inspect
from .loop import Promise, current_loop

if TYPE_CHECKING:
    from .web import ReadableStream

T = TypeVar("T")

_LINE_END = re.compile(r"\r\n|\n")


class Blob(NodeNames):
    """Bytes that do not change, with a type.

    Args:
        parts: an iterable of bytes-like objects, other blobs, and strings, which are encoded as UTF-8; anything else
            counts as the string that it is shown as. Bytes are copied.
    Options:
        type: a MIME type, which is kept in lower case; "" if it has other characters than printable ASCII ("").
        endings: "native" makes every line end in strings a "\\n"; "transparent" leaves them ("transparent").

    Raises a TypeError for what is no iterable (ERR_INVALID_ARG_TYPE), ERR_INVALID_ARG_VALUE.

    `fs.open_as_blob()` makes one of a file.

    Node: buffer.Blob
    """

    def __init__(self, parts: Iterable[Any] = (), options: Mapping[str, Any] | None = None, /, **keywords: Any) -> None:
        self._check_arguments(parts, options)
        given = normalized(("type", "endings"), options, keywords, "Blob")
        endings = given.get("endings", "transparent")
        if endings not in ("transparent", "native"):
            raise ERR_INVALID_ARG_VALUE("options.endings", endings)
        self._pieces = [piece for part in parts for piece in _pieces_of(part, native=endings == "native")]
        self._type = checked_type(given.get("type", ""))

    @staticmethod
    def _check_arguments(parts: Any, options: Any) -> None:
        if isinstance(parts, (str, bytes, bytearray, memoryview, Mapping)) or not isinstance(parts, Iterable):
            raise NodeTypeError("Value cannot be converted to sequence.", "ERR_INVALID_ARG_TYPE")
        if options is not None and not isinstance(options, Mapping):
            text = (
                f'The "options" argument must be a dictionary. Received type {_type_of(options)} ({inspect(options)})'
            )
            raise NodeTypeError(text, "ERR_INVALID_ARG_TYPE")

    def _share(self, other: Blob) -> None:
        """Begin with the bytes and the type of another one."""
        self._pieces = other._pieces
        self._type = other._type

    @classmethod
    def _of(cls, pieces: list[Piece], kind: str) -> Blob:
        blob = Blob.__new__(Blob)
        blob._pieces = pieces
        blob._type = kind
        return blob

    @property
    def size(self) -> int:
        """The number of bytes. Node: blob.size"""
        return sum(map(len, self._pieces))

    @property
    def type(self) -> str:
        """The MIME type, or "". Node: blob.type"""
        return self._type

    def slice(self, start: int = 0, end: int | None = None, content_type: str = "") -> Blob:
        """The bytes from `start` to before `end`; negative numbers count from the end. Node: blob.slice"""
        last = None if end is None else int(end)
        return Blob._of(cut(self._pieces, *slice(int(start), last).indices(self.size)[:2]), checked_type(content_type))

    def array_buffer(self) -> Promise[bytes]:
        """Await the bytes. Raises a DOMException called "NotReadableError". Node: blob.arrayBuffer"""
        return self._gathered(_same)

    arrayBuffer = node_name(array_buffer)

    def bytes(self) -> Promise[Any]:
        """Await the bytes. Raises as `array_buffer`. Node: blob.bytes"""
        return self.array_buffer()

    def text(self) -> Promise[str]:
        """Await the bytes decoded as UTF-8: broken ones become U+FFFD, a byte order mark at the beginning is dropped.

        Raises as `array_buffer`. Node: blob.text
        """
        return self._gathered(_decoded)

    def stream(self) -> ReadableStream:
        """A stream of the bytes. It fails with a DOMException called "NotReadableError". Node: blob.stream"""
        from .web import ReadableStream  # not before one is wanted: it takes time to import
        from .web._promises import transformed

        reader = BlobReader(self._pieces)

        def pull(controller: Any) -> Any:
            taken = reader.take()
            return (
                transformed(taken, partial(give, controller)) if isinstance(taken, Promise) else give(controller, taken)
            )

        def give(controller: Any, chunk: bytes | None) -> Any:
            if chunk is None:
                controller.close()
                if controller.byob_request is not None:
                    controller.byob_request.respond(0)
            elif chunk:
                controller.enqueue(chunk)
            else:
                return pull(controller)
            return None

        return ReadableStream(type="bytes", pull=pull, cancel=lambda _: reader.close())

    def text_stream(self) -> ReadableStream:
        """A stream of the bytes decoded as `text` decodes them. Node: blob.textStream"""
        from .web import TextDecoderStream

        stream: ReadableStream = self.stream().pipe_through(TextDecoderStream())
        return stream

    textStream = node_name(text_stream)

    def _gathered(self, result: Callable[[Any], T]) -> Promise[T]:
        """A promise of what `result` makes of all bytes."""
        promise: Promise[T] = Promise()
        memory = [piece for piece in self._pieces if not isinstance(piece, FileSlice)]
        if len(memory) == len(self._pieces):
            promise.resolve(result(b"".join(memory)))
            return promise

        async def gather() -> T:
            return result(b"".join([chunk async for chunk in BlobReader(self._pieces)]))

        def settle(error: BaseException | None, value: Any) -> None:
            if error is None:
                promise.resolve(value)
            else:
                promise.reject(error)

        current_loop().spawn(gather(), settle)
        return promise

    def __repr__(self) -> str:
        return f"{type(self).__name__} {{ size: {self.size}, type: {inspect(self._type)} }}"


def _pieces_of(part: Any, *, native: bool) -> list[Piece]:
    """One of the parts that a Blob is made of."""
    if isinstance(part, Blob):
        return part._pieces
    if isinstance(part, (bytes, bytearray, memoryview)):
        data = bytes(part)
    else:
        text = js_string(part)
        data = encode(_LINE_END.sub("\n", text) if native else text)
    return [data] if data else []


def checked_type(kind: Any) -> str:
    """What a Blob makes of the type that it is given."""
    text = js_string(kind)
    return text.lower() if is_type(text) else ""


def is_type(text: str) -> bool:
    """Whether it can be the type of a Blob, and so stand in a header."""
    return all(" " <= character <= "~" for character in text)


def _type_of(value: Any) -> str:
    return "boolean" if isinstance(value, bool) else "number" if isinstance(value, (int, float)) else "string"


def _same(data: bytes) -> bytes:
    return data


def _decoded(data: bytes) -> str:
    return data.decode("utf-8", "replace").removeprefix("\ufeff")
