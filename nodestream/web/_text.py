"""Text to bytes and back, as streams.

Node: TextEncoderStream, TextDecoderStream
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from .._encoding import encode
from .._js_string import js_string
from .._names import NodeNames, node_alias
from .._options import check_object, normalized
from ..errors import ERR_ENCODING_INVALID_ENCODED_DATA, ERR_INVALID_ARG_TYPE
from ._encodings import decoder_for, encoding_name
from ._readable import ReadableStream
from ._transform import TransformStream
from ._views import is_bytes_like
from ._writable import WritableStream


class StreamPair(NodeNames):
    """A writable side and a readable side, what comes out of the one being made of what goes into the other."""

    _web_kind: ClassVar[str] = "transform"

    _readable: ReadableStream
    _writable: WritableStream

    @property
    def readable(self) -> ReadableStream:
        """Where it comes out. Node: readable"""
        return self._readable

    @property
    def writable(self) -> WritableStream:
        """Where it goes in. Node: writable"""
        return self._writable

    def _begin(self, transformer: Any) -> None:
        transform = TransformStream(transformer)
        self._readable, self._writable = transform.readable, transform.writable

    def __repr__(self) -> str:
        return f"{type(self).__name__} {{ readable: {self._readable!r}, writable: {self._writable!r} }}"


class TextEncoderStream(StreamPair):
    """Encodes text as UTF-8. Chunks that are no strings count as what they are shown as.

    Halves of a surrogate pair that come in two chunks are put together; others are U+FFFD.

    Node: TextEncoderStream
    """

    def __init__(self) -> None:
        self._half = ""
        self._begin({"transform": self._transform, "flush": self._flush})

    @property
    def encoding(self) -> str:
        """Always "utf-8". Node: textEncoderStream.encoding"""
        return "utf-8"

    def _transform(self, chunk: Any, controller: Any) -> None:
        text = self._half + js_string(chunk)
        self._half = text[-1:] if "\ud800" <= text[-1:] <= "\udbff" else ""
        data = encode(text[:-1] if self._half else text)
        if data:
            controller.enqueue(data)

    def _flush(self, controller: Any) -> None:
        if self._half:
            controller.enqueue(encode("\ufffd"))


class TextDecoderStream(StreamPair):
    """Decodes bytes; characters split over chunks are whole.

    Args:
        label: what the encoding is called ("utf-8").
    Options:
        fatal: broken bytes are an error (ERR_ENCODING_INVALID_ENCODED_DATA), not U+FFFD (False).
        ignore_bom: a byte order mark at the beginning is not dropped (False).

    Raises ERR_ENCODING_NOT_SUPPORTED, ERR_INVALID_ARG_TYPE. Node: TextDecoderStream
    """

    def __init__(self, label: Any = None, options: Mapping[str, Any] | None = None, /, **keywords: Any) -> None:
        self._encoding = encoding_name("utf-8" if label is None else label)
        check_object(options)
        given = normalized(("fatal", "ignore_bom"), options, keywords, "TextDecoderStream")
        self._fatal, self._ignore_bom = bool(given.get("fatal")), bool(given.get("ignore_bom"))
        self._decoder = decoder_for(self._encoding, fatal=self._fatal, ignore_bom=self._ignore_bom)
        self._begin({"transform": self._transform, "flush": self._flush})

    @property
    def encoding(self) -> str:
        """The name of the encoding. Node: textDecoderStream.encoding"""
        return self._encoding

    @property
    def fatal(self) -> bool:
        """Whether broken bytes are an error. Node: textDecoderStream.fatal"""
        return self._fatal

    @property
    def ignore_bom(self) -> bool:
        """Whether a byte order mark is kept. Node: textDecoderStream.ignoreBOM"""
        return self._ignore_bom

    ignoreBOM: bool = node_alias("ignore_bom")

    def _transform(self, chunk: Any, controller: Any) -> None:
        if not is_bytes_like(chunk):
            raise ERR_INVALID_ARG_TYPE("input", "an instance of ArrayBuffer or ArrayBufferView", chunk)
        self._give(bytes(chunk), controller)

    def _flush(self, controller: Any) -> None:
        self._give(b"", controller, final=True)

    def _give(self, data: bytes, controller: Any, *, final: bool = False) -> None:
        try:
            text = self._decoder.decode(data, final)
        except UnicodeDecodeError:
            raise ERR_ENCODING_INVALID_ENCODED_DATA(self._encoding) from None
        if text:
            controller.enqueue(text)
