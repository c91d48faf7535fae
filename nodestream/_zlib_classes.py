"""The classes of `zlib`, one for each format and direction: which options it takes, and which codec they ask for.

Node: node:zlib
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from . import _zlib_options as check
from ._arity import tolerant
from ._lifecycle import Failure
from ._zlib_brotli import BrotliDecoder, BrotliEncoder
from ._zlib_codec import Codec
from ._zlib_constants import constants
from ._zlib_deflate import Deflate as DeflateCodec
from ._zlib_deflate import Gunzip as GunzipCodec
from ._zlib_deflate import GzipFrame, RawFrame, ZlibFrame
from ._zlib_deflate import Inflate as InflateCodec
from ._zlib_deflate import Unzip as UnzipCodec
from ._zlib_stream import FlushKinds, FlushMark, ZlibBase
from ._zlib_zstd import ZstdDecoder, ZstdEncoder
from .errors import ERR_BROTLI_INVALID_PARAM, ERR_ZLIB_INITIALIZATION_FAILED, ERR_ZSTD_INVALID_PARAM
from .loop import next_tick

Callback = Callable[..., object]

_BROTLI_KINDS = FlushKinds(
    constants.BROTLI_OPERATION_EMIT_METADATA,
    constants.BROTLI_OPERATION_PROCESS,
    constants.BROTLI_OPERATION_FINISH,
    constants.BROTLI_OPERATION_FLUSH,
)
_ZSTD_KINDS = FlushKinds(constants.ZSTD_e_end, constants.ZSTD_e_continue, constants.ZSTD_e_end, constants.ZSTD_e_flush)


class Zlib(ZlibBase):
    """What the streams of zlib's own formats, and brotli's, have beyond the others."""

    _level: int = constants.Z_DEFAULT_COMPRESSION
    _strategy: int = constants.Z_DEFAULT_STRATEGY

    def params(self, level: int | None, strategy: int | None, callback: Callback | None = None) -> None:
        """Flush, then go on with another compression level and strategy; then call `callback(error)`.

        What is written after this call is compressed with them. Does nothing to a decompressor.

        Raises ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE. Node: zlib.params
        """
        new = check.level(level, "level"), check.strategy(strategy, "strategy")
        if new == (self._level, self._strategy):
            if callback is not None:
                next_tick(tolerant(callback), None)
            return

        def changed(error: Failure = None) -> None:
            if not self.destroyed:
                self._level, self._strategy = new
            if callback is not None:
                tolerant(callback)(error)

        self._flush_in_order(FlushMark(constants.Z_SYNC_FLUSH, new), changed)

    def _begin_settings(self, options: Mapping[str, Any], lowest: int, *, from_header: bool = False) -> dict[str, Any]:
        """zlib's own options, checked in Node's order."""
        settings: dict[str, Any] = {
            "window_bits": check.window_bits(options, lowest, from_header=from_header),
            "level": check.level(options.get("level"), "options.level"),
            "mem_level": check.mem_level(options),
            "strategy": check.strategy(options.get("strategy"), "options.strategy"),
            "dictionary": check.dictionary(options),
        }
        self._level = settings["level"]
        self._strategy = settings["strategy"]
        return settings


class Deflate(Zlib):
    """Compresses into the zlib format (RFC 1950).

    Options: those that all streams of `zlib` have, and
        level: from 0 (store) to 9 (smallest); -1 is the default of zlib, 6.
        window_bits: the base-2 logarithm of the window, 8 to 15 (15).
        mem_level: how much memory to use, 1 to 9 (8).
        strategy: one of the `constants` Z_DEFAULT_STRATEGY, Z_FILTERED, Z_HUFFMAN_ONLY, Z_RLE, Z_FIXED.
        dictionary: bytes that the data is likely to contain; the other side needs the same. Not used for gzip.

    Node: zlib.Deflate
    """

    _frame: ClassVar[type[RawFrame]] = ZlibFrame
    _least_window_bits: ClassVar[int] = constants.Z_MIN_WINDOWBITS

    def _codec(self, options: Mapping[str, Any]) -> Codec:
        return DeflateCodec(self._frame, **self._begin_settings(options, self._least_window_bits))


class DeflateRaw(Deflate):
    """Compresses into bare deflate (RFC 1951). Options: those of Deflate. Node: zlib.DeflateRaw"""

    _frame = RawFrame


class Gzip(Deflate):
    """Compresses into the gzip format (RFC 1952). Options: those of Deflate; `window_bits` from 9. Node: zlib.Gzip"""

    _frame = GzipFrame
    _least_window_bits = constants.Z_MIN_WINDOWBITS + 1


class Inflate(Zlib):
    """Decompresses the zlib format.

    Options: those that all streams of `zlib` have, and
        window_bits: the largest window accepted, 8 to 15; 0 takes what the data says, as is the default.
        dictionary: what the data was compressed with.
        level, mem_level, strategy: as for Deflate; checked, and not used.

    Errors: Z_DATA_ERROR; Z_NEED_DICT; Z_BUF_ERROR, "unexpected end of file". Node: zlib.Inflate
    """

    def _codec(self, options: Mapping[str, Any]) -> Codec:
        settings = self._begin_settings(options, constants.Z_MIN_WINDOWBITS, from_header=True)
        return InflateCodec(settings["window_bits"], settings["dictionary"])


class InflateRaw(Zlib):
    """Decompresses bare deflate. Options: those of Inflate; `window_bits` not 0. Node: zlib.InflateRaw"""

    def _codec(self, options: Mapping[str, Any]) -> Codec:
        settings = self._begin_settings(options, constants.Z_MIN_WINDOWBITS)
        return InflateCodec(-settings["window_bits"], settings["dictionary"])


class Gunzip(Zlib):
    """Decompresses gzip, any number of members one after the other. Options: those of Inflate.

    What follows a member is another one, or an error; but with a zero byte the stream ends. Node: zlib.Gunzip
    """

    def _codec(self, options: Mapping[str, Any]) -> Codec:
        settings = self._begin_settings(options, constants.Z_MIN_WINDOWBITS, from_header=True)
        return GunzipCodec(settings["window_bits"], only_one=check.rejects_garbage(options))


class Unzip(Zlib):
    """Decompresses gzip or zlib, whichever the first bytes say. Options: those of Inflate. Node: zlib.Unzip"""

    def _codec(self, options: Mapping[str, Any]) -> Codec:
        settings = self._begin_settings(options, constants.Z_MIN_WINDOWBITS, from_header=True)
        only_one = check.rejects_garbage(options)
        return UnzipCodec(settings["window_bits"], settings["dictionary"], only_one=only_one)


class _Brotli(Zlib):
    """What both directions of brotli share."""

    _kinds = _BROTLI_KINDS
    _known_options = check.BROTLI_OPTIONS
    _new_codec: ClassVar[Callable[..., Codec]]

    def _codec(self, options: Mapping[str, Any]) -> Codec:
        params = check.params(options, constants.BROTLI_PARAM_NDIRECT, ERR_BROTLI_INVALID_PARAM)
        return type(self)._new_codec(params, check.dictionary(options))


class BrotliCompress(_Brotli):
    """Compresses with brotli (RFC 7932). Needs the package `brotli`: `pip install nodehttp[zlib]`.

    Options: those that all streams of `zlib` have, and
        params: a mapping of `constants.BROTLI_PARAM_...` to numbers: MODE, QUALITY (0 to 11), LGWIN (10 to 24),
            LGBLOCK. The package does not have the others: they are not used, and LARGE_WINDOW is refused.

    A `dictionary` is refused, and so is BROTLI_OPERATION_EMIT_METADATA for `flush` and `finish_flush`.

    Raises ERR_BROTLI_INVALID_PARAM, ModuleNotFoundError. Node: zlib.BrotliCompress
    """

    _new_codec = BrotliEncoder

    def _codec(self, options: Mapping[str, Any]) -> Codec:
        if constants.BROTLI_OPERATION_EMIT_METADATA in (options.get("flush"), options.get("finish_flush")):
            raise ERR_ZLIB_INITIALIZATION_FAILED("The package brotli cannot write metadata")
        return super()._codec(options)


class BrotliDecompress(_Brotli):
    """Decompresses brotli. Needs the package `brotli`: `pip install nodehttp[zlib]`.

    Options: those that all streams of `zlib` have, and `params`, of which there is little use.

    Errors: ERR_BROTLI_DECOMPRESSION_FAILED; Z_BUF_ERROR, "unexpected end of file". Node: zlib.BrotliDecompress
    """

    _new_codec = BrotliDecoder


class ZstdCompress(ZlibBase):
    """Compresses with zstd (RFC 8878). Needs Python 3.14 or the package `zstandard`: `pip install nodehttp[zlib]`.

    Options: those that all streams of `zlib` have, and
        params: a mapping of `constants.ZSTD_c_...` to numbers: ZSTD_c_compressionLevel (3), ZSTD_c_checksumFlag (0) ...
        pledged_src_size: how many bytes will be written; another number is an error.
        dictionary: bytes that the data is likely to contain, or a trained dictionary; the other side needs the same.

    Raises ERR_ZSTD_INVALID_PARAM, ModuleNotFoundError. Node: zlib.ZstdCompress
    """

    _kinds = _ZSTD_KINDS
    _known_options = check.ZSTD_OPTIONS

    def _codec(self, options: Mapping[str, Any]) -> Codec:
        params = check.params(options, constants.ZSTD_c_overlapLog, ERR_ZSTD_INVALID_PARAM)
        return ZstdEncoder(params, check.pledged_src_size(options), check.zstd_dictionary(options))


class ZstdDecompress(ZlibBase):
    """Decompresses zstd. Needs Python 3.14 or the package `zstandard`: `pip install nodehttp[zlib]`.

    Options: those that all streams of `zlib` have, and
        params: `constants.ZSTD_d_windowLogMax`, the base-2 logarithm of the largest window accepted (27).
        dictionary: what the data was compressed with.

    Errors: ZSTD_error_...; Z_BUF_ERROR, "unexpected end of file". Node: zlib.ZstdDecompress
    """

    _kinds = _ZSTD_KINDS
    _known_options = check.ZSTD_OPTIONS

    def _codec(self, options: Mapping[str, Any]) -> Codec:
        params = check.params(options, constants.ZSTD_d_windowLogMax, ERR_ZSTD_INVALID_PARAM)
        check.pledged_src_size(options)
        return ZstdDecoder(params, check.zstd_dictionary(options))
