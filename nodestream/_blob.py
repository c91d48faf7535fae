"""`Blob`: bytes that do not change, with a type.

Node: buffer.Blob
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ._encoding import encode
from ._js_string import js_string
from ._names import NodeNames, node_name
from ._options import normalized
from .errors import ERR_INVALID_ARG_VALUE, NodeTypeError, inspect
from .loop import Promise

if TYPE_CHECKING:
    from .web import ReadableStream

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

    Node: buffer.Blob
    """

    def __init__(self, parts: Iterable[Any] = (), options: Mapping[str, Any] | None = None, /, **keywords: Any) -> None:
        self._check_arguments(parts, options)
        given = normalized(("type", "endings"), options, keywords, "Blob")
        endings = given.get("endings", "transparent")
        if endings not in ("transparent", "native"):
            raise ERR_INVALID_ARG_VALUE("options.endings", endings)
        pieces = (_octets(part, native=endings == "native") for part in parts)
        self._pieces = [piece for piece in pieces if piece]
        self._type = _checked_type(given.get("type", ""))

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
    def _of(cls, pieces: list[bytes], kind: str) -> Blob:
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
        whole = b"".join(self._pieces)
        part = whole[int(start) : None if end is None else int(end)]
        return Blob._of([part] if part else [], _checked_type(content_type))

    def array_buffer(self) -> Promise[bytes]:
        """Await the bytes. Node: blob.arrayBuffer"""
        return _resolved(b"".join(self._pieces))

    arrayBuffer = node_name(array_buffer)

    def bytes(self) -> Promise[Any]:
        """Await the bytes. Node: blob.bytes"""
        return self.array_buffer()

    def text(self) -> Promise[str]:
        """Await the bytes decoded as UTF-8: broken ones become U+FFFD, a byte order mark at the beginning is dropped.

        Node: blob.text
        """
        return _resolved(b"".join(self._pieces).decode("utf-8", "replace").removeprefix("\ufeff"))

    def stream(self) -> ReadableStream:
        """A stream of the bytes. Node: blob.stream"""
        from .web import ReadableStream  # not before one is wanted: it takes time to import

        pieces = iter(self._pieces)

        def pull(controller: Any) -> None:
            piece = next(pieces, None)
            if piece is not None:
                controller.enqueue(piece)
            else:
                controller.close()
                if controller.byob_request is not None:
                    controller.byob_request.respond(0)

        return ReadableStream(type="bytes", pull=pull)

    def __repr__(self) -> str:
        return f"{type(self).__name__} {{ size: {self.size}, type: {inspect(self._type)} }}"


def _octets(part: Any, *, native: bool) -> bytes:
    if isinstance(part, Blob):
        return b"".join(part._pieces)
    if isinstance(part, (bytes, bytearray, memoryview)):
        return bytes(part)
    text = js_string(part)
    return encode(_LINE_END.sub("\n", text) if native else text)


def _checked_type(kind: Any) -> str:
    text = js_string(kind)
    return text.lower() if all(" " <= character <= "~" for character in text) else ""


def _type_of(value: Any) -> str:
    return "boolean" if isinstance(value, bool) else "number" if isinstance(value, (int, float)) else "string"


def _resolved(value: Any) -> Promise[Any]:
    promise: Promise[Any] = Promise()
    promise.resolve(value)
    return promise
