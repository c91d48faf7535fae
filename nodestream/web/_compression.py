"""Compression as web streams.

Node: CompressionStream, DecompressionStream
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import NodeTypeError, inspect
from ._text import StreamPair

_FORMATS = {
    "deflate": ("create_deflate", "create_inflate"),
    "deflate-raw": ("create_deflate_raw", "create_inflate_raw"),
    "gzip": ("create_gzip", "create_gunzip"),
    "brotli": ("create_brotli_compress", "create_brotli_decompress"),
}


class _ZlibPair(StreamPair):
    """The two sides of one of zlib's streams."""

    def _connect(self, kind: Any, direction: int, **options: Any) -> None:
        """Raises a TypeError (ERR_INVALID_ARG_VALUE) for a format that there is not."""
        if kind not in _FORMATS:
            name = type(self).__name__
            text = f"1st argument '{kind if isinstance(kind, str) else inspect(kind)}' is not a valid enum value"
            raise NodeTypeError(
                f"Failed to construct '{name}': {text} of type CompressionFormat.", "ERR_INVALID_ARG_VALUE"
            )
        from .. import zlib  # of the web streams, only these need it
        from .._web_adapters_to import duplex_to_web

        create: Callable[..., Any] = getattr(zlib, _FORMATS[kind][direction])
        stream = create(**options)
        pair = duplex_to_web(stream)
        self._readable, self._writable = pair["readable"], pair["writable"]
        self._writable._over.when_settled(None, stream.destroy)  # it refuses what is no bytes before the stream fails


class CompressionStream(_ZlibPair):
    """Compresses bytes.

    Args: `format` is "gzip", "deflate", "deflate-raw" or "brotli".

    Raises a TypeError with the code ERR_INVALID_ARG_VALUE for another one. Node: CompressionStream
    """

    def __init__(self, format: str | None = None) -> None:
        self._connect(format, 0)


class DecompressionStream(_ZlibPair):
    """Decompresses bytes; broken ones, and bytes after the end, are a TypeError of the readable side.

    Args: `format` is "gzip", "deflate", "deflate-raw" or "brotli".

    Raises a TypeError with the code ERR_INVALID_ARG_VALUE for another one. Node: DecompressionStream
    """

    def __init__(self, format: str | None = None) -> None:
        self._connect(format, 1, reject_garbage_after_end=True)
