"""Content codings of streams of records: which one is used, and the streams that do and undo it.

The rules:

1. What is sent is encoded only if the other side has said that it can undo it, by Accept-Encoding: a client in its
   request, a server in its answers (RFC 9110 section 12.5.3). So a client's first request to a server is not encoded.
2. Of what the other side takes equally well, zstd is chosen before br, and br before gzip; the first two if their
   packages are installed.
3. Each chunk is flushed: what has been written can be read at the other end at once.
4. Speed counts for more than the last percent: a stream must not be slower than what it is made of.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import Any

from nodestream import zlib
from nodestream.zlib import constants

_CHUNK_SIZE = 64 * 1024
"""Bytes of output that are made at once."""

_ENCODERS: dict[str, Callable[[], Any]] = {
    "zstd": lambda: zlib.ZstdCompress(
        flush=constants.ZSTD_e_flush, params={constants.ZSTD_c_compressionLevel: 1}, chunk_size=_CHUNK_SIZE
    ),
    "br": lambda: zlib.BrotliCompress(
        flush=constants.BROTLI_OPERATION_FLUSH, params={constants.BROTLI_PARAM_QUALITY: 1}, chunk_size=_CHUNK_SIZE
    ),
    "gzip": lambda: zlib.Gzip(flush=constants.Z_SYNC_FLUSH, level=constants.Z_BEST_SPEED, chunk_size=_CHUNK_SIZE),
}

_DECODERS: dict[str, Callable[[], Any]] = {
    "zstd": lambda: zlib.ZstdDecompress(chunk_size=_CHUNK_SIZE),
    "br": lambda: zlib.BrotliDecompress(chunk_size=_CHUNK_SIZE),
    "gzip": lambda: zlib.Gunzip(chunk_size=_CHUNK_SIZE),
}

_PACKAGES = {"zstd": ("compression.zstd", "zstandard"), "br": ("brotli",), "gzip": ("zlib",)}
"""Either of which there must be."""


@cache
def codings() -> tuple[str, ...]:
    """The codings that there are here, the best one first."""
    return tuple(name for name, packages in _PACKAGES.items() if any(map(_is_installed, packages)))


def accepted() -> str:
    """The Accept-Encoding header that says so."""
    return ", ".join(codings())


def chosen(accept_encoding: str | None) -> str | None:
    """How to encode for somebody who sent this Accept-Encoding; None for not at all."""
    weights = _weights(accept_encoding or "")
    least = weights.get("identity", 0.0)
    able = {name: weights.get(name, weights.get("*", 0.0)) for name in codings()}
    best = max(able.values())
    return next(name for name in able if able[name] == best) if best > 0 and best >= least else None


def encoder(coding: str) -> Any:
    """A stream that encodes. `coding` is one of `codings()`."""
    return _ENCODERS[coding]()


def decoder(content_encoding: str | None) -> Any:
    """A stream that undoes a Content-Encoding; None if there is nothing to undo. Raises LookupError if it cannot be."""
    name = (content_encoding or "identity").strip().lower().removeprefix("x-")
    if name == "identity":
        return None
    if name not in codings():
        raise LookupError(name)
    return _DECODERS[name]()


def _is_installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:  # not even what it is a part of
        return False


def _weights(accept_encoding: str) -> dict[str, float]:
    """What each name in an Accept-Encoding header is worth (RFC 9110 section 12.4.2)."""
    weights: dict[str, float] = {}
    for part in accept_encoding.lower().split(","):
        name, _, parameters = part.partition(";")
        weights[name.strip().removeprefix("x-")] = _weight(parameters)
    return weights


def _weight(parameters: str) -> float:
    name, _, value = parameters.partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return float(value)
    except ValueError:
        return 0.0
