"""The content codings of a response, undone while it streams (RFC 9110 section 8.4).

The codings are undone from the last to the first. If one of them is not known none is undone, as Node has it. There may
be five at most, since a few bytes could otherwise be made into anything.

Fetch standard, section 4.6: "handle content codings"
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nodestream import zlib
from nodestream._zlib_codec import Codec
from nodestream._zlib_deflate import Inflate as InflateCodec
from nodestream.zlib import constants

from ._network_errors import fetch_failed

MOST_CODINGS = 5

_GENTLE = {"flush": constants.Z_SYNC_FLUSH, "finish_flush": constants.Z_SYNC_FLUSH}
_GENTLE_BROTLI = {"flush": constants.BROTLI_OPERATION_FLUSH, "finish_flush": constants.BROTLI_OPERATION_FLUSH}
_GENTLE_ZSTD = {"flush": constants.ZSTD_e_continue, "finish_flush": constants.ZSTD_e_continue}
_ZLIB_METHOD = 8
"""The low half of the first byte of the zlib format (RFC 1950); no block of bare deflate begins so in practice."""


def checked_codings(codings: str | None) -> str | None:
    """A Content-Encoding header if it can be undone, None if not.

    Raises the TypeError of a failed fetch for too many codings.
    """
    if codings is None:
        return None
    names = _names(codings)
    if len(names) > MOST_CODINGS:
        text = f"too many content-encodings in response: {len(names)}, maximum allowed is {MOST_CODINGS}"
        raise fetch_failed(text)
    return codings if all(name in _DECODERS for name in names) else None


def decoders_for(codings: str) -> list[Any]:
    """The streams, in this order, that undo what the Content-Encoding header `codings` names."""
    return [_DECODERS[name]() for name in reversed(_names(codings))]


def _names(codings: str) -> list[str]:
    return [name.strip().lower() for name in codings.split(",")]


class _EitherInflate(InflateCodec):
    """Decompresses the zlib format, or bare deflate, whichever the first byte says."""

    def __init__(self) -> None:
        super().__init__(constants.Z_DEFAULT_WINDOWBITS, b"")
        self._has_begun = False

    def process(self, data: memoryview, room: int) -> tuple[bytes, int]:
        if data and not self._has_begun:
            self._has_begun = True
            if data[0] & 0x0F != _ZLIB_METHOD:
                self._window_bits = -self._window_bits
                self.reset()
        return super().process(data, room)


class _InflateEither(zlib.Inflate):
    """Decompresses `deflate`, which means the zlib format, but which some servers take for bare deflate."""

    def _codec(self, options: Mapping[str, Any]) -> Codec:
        return _EitherInflate()


_DECODERS: dict[str, Callable[[], Any]] = {
    "gzip": lambda: zlib.Gunzip(_GENTLE),
    "x-gzip": lambda: zlib.Gunzip(_GENTLE),
    "deflate": lambda: _InflateEither(_GENTLE),
    "br": lambda: zlib.BrotliDecompress(_GENTLE_BROTLI),
    "zstd": lambda: zlib.ZstdDecompress(_GENTLE_ZSTD),
}
