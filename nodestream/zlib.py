"""Compression: gzip, zlib, bare deflate, brotli and zstd, as streams.

    await pipeline(create_read_stream("page.html"), create_gzip(), create_write_stream("page.html.gz"))

Only the stream classes of `node:zlib` are here; for data that is in memory already, Python's own modules are at hand.

Decompressing what a stranger sent: a stream holds no more output than its high water mark, and makes none while nobody
reads. There is no bound to what comes out in all, unless `max_output_length` is given; whoever gathers the output needs
one.

Node: node:zlib
"""

from __future__ import annotations

import zlib as _zlib
from collections.abc import Mapping
from typing import Any

from ._zlib_classes import BrotliCompress as BrotliCompress
from ._zlib_classes import BrotliDecompress as BrotliDecompress
from ._zlib_classes import Deflate as Deflate
from ._zlib_classes import DeflateRaw as DeflateRaw
from ._zlib_classes import Gunzip as Gunzip
from ._zlib_classes import Gzip as Gzip
from ._zlib_classes import Inflate as Inflate
from ._zlib_classes import InflateRaw as InflateRaw
from ._zlib_classes import Unzip as Unzip
from ._zlib_classes import ZstdCompress as ZstdCompress
from ._zlib_classes import ZstdDecompress as ZstdDecompress
from ._zlib_constants import codes as codes
from ._zlib_constants import constants as constants
from ._zlib_options import is_number as _is_number
from .errors import ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE

__all__ = [
    "BrotliCompress",
    "BrotliDecompress",
    "Deflate",
    "DeflateRaw",
    "Gunzip",
    "Gzip",
    "Inflate",
    "InflateRaw",
    "Unzip",
    "ZstdCompress",
    "ZstdDecompress",
    "codes",
    "constants",
    "crc32",
    "createBrotliCompress",
    "createBrotliDecompress",
    "createDeflate",
    "createDeflateRaw",
    "createGunzip",
    "createGzip",
    "createInflate",
    "createInflateRaw",
    "createUnzip",
    "createZstdCompress",
    "createZstdDecompress",
    "create_brotli_compress",
    "create_brotli_decompress",
    "create_deflate",
    "create_deflate_raw",
    "create_gunzip",
    "create_gzip",
    "create_inflate",
    "create_inflate_raw",
    "create_unzip",
    "create_zstd_compress",
    "create_zstd_decompress",
]

Options = Mapping[str, Any] | None

_LARGEST = 2**32 - 1


def crc32(data: str | bytes | bytearray | memoryview, value: float = 0) -> int:
    """The CRC-32 of `data` (a string counts as UTF-8), going on from `value`, the one of what comes before it.

    Raises ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE. Node: zlib.crc32
    """
    if not isinstance(data, (str, bytes, bytearray, memoryview)):
        raise ERR_INVALID_ARG_TYPE("data", "of type string or an instance of Buffer, TypedArray, or DataView", data)
    if not _is_number(value):
        raise ERR_INVALID_ARG_TYPE("value", "of type number", value)
    if value % 1 != 0:
        raise ERR_OUT_OF_RANGE("value", "an integer", value)
    if not 0 <= value <= _LARGEST:
        raise ERR_OUT_OF_RANGE("value", f">= 0 && <= {_LARGEST}", value)
    return _zlib.crc32(data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data, int(value))


def create_gzip(options: Options = None, /, **keywords: Any) -> Gzip:
    """A new `Gzip`. Node: zlib.createGzip"""
    return Gzip(options, **keywords)


def create_gunzip(options: Options = None, /, **keywords: Any) -> Gunzip:
    """A new `Gunzip`. Node: zlib.createGunzip"""
    return Gunzip(options, **keywords)


def create_deflate(options: Options = None, /, **keywords: Any) -> Deflate:
    """A new `Deflate`. Node: zlib.createDeflate"""
    return Deflate(options, **keywords)


def create_inflate(options: Options = None, /, **keywords: Any) -> Inflate:
    """A new `Inflate`. Node: zlib.createInflate"""
    return Inflate(options, **keywords)


def create_deflate_raw(options: Options = None, /, **keywords: Any) -> DeflateRaw:
    """A new `DeflateRaw`. Node: zlib.createDeflateRaw"""
    return DeflateRaw(options, **keywords)


def create_inflate_raw(options: Options = None, /, **keywords: Any) -> InflateRaw:
    """A new `InflateRaw`. Node: zlib.createInflateRaw"""
    return InflateRaw(options, **keywords)


def create_unzip(options: Options = None, /, **keywords: Any) -> Unzip:
    """A new `Unzip`. Node: zlib.createUnzip"""
    return Unzip(options, **keywords)


def create_brotli_compress(options: Options = None, /, **keywords: Any) -> BrotliCompress:
    """A new `BrotliCompress`. Node: zlib.createBrotliCompress"""
    return BrotliCompress(options, **keywords)


def create_brotli_decompress(options: Options = None, /, **keywords: Any) -> BrotliDecompress:
    """A new `BrotliDecompress`. Node: zlib.createBrotliDecompress"""
    return BrotliDecompress(options, **keywords)


def create_zstd_compress(options: Options = None, /, **keywords: Any) -> ZstdCompress:
    """A new `ZstdCompress`. Node: zlib.createZstdCompress"""
    return ZstdCompress(options, **keywords)


def create_zstd_decompress(options: Options = None, /, **keywords: Any) -> ZstdDecompress:
    """A new `ZstdDecompress`. Node: zlib.createZstdDecompress"""
    return ZstdDecompress(options, **keywords)


createGzip = create_gzip
createGunzip = create_gunzip
createDeflate = create_deflate
createInflate = create_inflate
createDeflateRaw = create_deflate_raw
createInflateRaw = create_inflate_raw
createUnzip = create_unzip
createBrotliCompress = create_brotli_compress
createBrotliDecompress = create_brotli_decompress
createZstdCompress = create_zstd_compress
createZstdDecompress = create_zstd_decompress


def __getattr__(name: str) -> Any:
    """Constants of zlib and zstd are found here too, as in Node, where that is deprecated: `zlib.Z_BEST_SPEED`."""
    if name in constants and not name.startswith("BROTLI"):
        return constants[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
