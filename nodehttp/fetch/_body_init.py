"""What a body can be made of.

Standard: Fetch, section 5.2 (extract a body)
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Iterable, Mapping
from functools import partial
from typing import Any

from nodestream import _predicates as ask
from nodestream._blob import Blob
from nodestream._blob_pieces import BlobReader
from nodestream._encoding import encode
from nodestream._js_string import js_string
from nodestream._web_kinds import is_web_readable
from nodestream.errors import NodeTypeError

from ._body import Body
from ._body_chunks import BytesChunks, ItemChunks, ReadableChunks
from ._form_data import FormData
from ._multipart_encoding import encode as encode_form
from ._urlencoded import URLSearchParams

TEXT = "text/plain;charset=UTF-8"
URLENCODED = "application/x-www-form-urlencoded;charset=UTF-8"

_NO_STREAM = (str, bytes, bytearray, memoryview, Mapping, Blob, FormData, URLSearchParams)


def extract_body(init: Any, *, keepalive: bool = False) -> tuple[Body, str | None]:
    """A body made of `init`, and the Content-Type that goes with it if there is one.

    Args:
        init: a string; bytes; a Blob; a FormData; URLSearchParams; a ReadableStream; a Readable; any other iterable or
            async iterable of bytes and strings. Anything else counts as the string that it is shown as.
        keepalive: it must not be a stream.

    Raises a TypeError for a stream that was read from or is being read.
    """
    if _is_stream(init):
        if keepalive:
            raise NodeTypeError("keepalive")
        if ask.is_disturbed(init) or getattr(init, "locked", False):
            raise NodeTypeError("Response body object should not be disturbed or locked")
        return _body_of(init), None
    if isinstance(init, FormData):
        return _form(init)
    if isinstance(init, Blob):
        return Body(lambda: BlobReader(init._pieces), init, init.size), init.type or None
    if isinstance(init, (bytes, bytearray, memoryview)):
        return body_of_bytes(bytes(init)), None
    kind = URLENCODED if isinstance(init, URLSearchParams) else TEXT
    return body_of_bytes(encode(js_string(init))), kind


def _body_of(stream: Any) -> Body:
    if is_web_readable(stream):
        return Body.of_stream(stream)
    kind = ItemChunks if ask.readable_state(stream) is None else ReadableChunks
    return Body(partial(kind, stream))


def body_of_bytes(data: bytes) -> Body:
    """A body of bytes that are there."""
    return Body(lambda: BytesChunks(data), data, len(data))


def _form(form: FormData) -> tuple[Body, str]:
    encoded = encode_form(form)
    return Body(encoded.chunks, form, encoded.length), encoded.content_type


def _is_stream(init: Any) -> bool:
    """Whether it gives pieces of bytes, one after the other."""
    if isinstance(init, _NO_STREAM):
        return False
    return isinstance(init, (AsyncIterable, Iterable)) or ask.readable_state(init) is not None
