"""brotli (RFC 7932), by the package `brotli`, which is imported when a stream is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ._zlib_codec import QUICK, Codec, Pending, needed, unexpected_end
from ._zlib_constants import constants
from .errors import ERR_ZLIB_INITIALIZATION_FAILED, ZlibError

_FLUSH: int = constants.BROTLI_OPERATION_FLUSH
_FINISH: int = constants.BROTLI_OPERATION_FINISH

_SLOW_QUALITY = 5
"""From this quality on, a block takes milliseconds, and quality 11 takes hundreds of them."""

_BOUNDS = {  # of a parameter that the package takes: its name, and the bounds that Node's brotli moves it to
    constants.BROTLI_PARAM_MODE: ("mode", constants.BROTLI_MODE_GENERIC, constants.BROTLI_MODE_FONT),
    constants.BROTLI_PARAM_QUALITY: ("quality", constants.BROTLI_MIN_QUALITY, constants.BROTLI_MAX_QUALITY),
    constants.BROTLI_PARAM_LGWIN: ("lgwin", constants.BROTLI_MIN_WINDOW_BITS, constants.BROTLI_MAX_WINDOW_BITS),
    constants.BROTLI_PARAM_LGBLOCK: (
        "lgblock",
        constants.BROTLI_MIN_INPUT_BLOCK_BITS,
        constants.BROTLI_MAX_INPUT_BLOCK_BITS,
    ),
}


def _check_dictionary(dictionary: bytes) -> None:
    if dictionary:
        raise ERR_ZLIB_INITIALIZATION_FAILED("The package brotli does not support dictionaries")


class BrotliEncoder(Codec):
    """Compresses.

    Parameters that only tune how something is compressed, and that the package does not have, are not used; one that
    makes data of another kind (a large window) is refused.
    """

    def __init__(self, params: Mapping[int, int], dictionary: bytes) -> None:
        self._library = needed("brotli", "BrotliCompress")
        _check_dictionary(dictionary)
        if params.get(constants.BROTLI_PARAM_LARGE_WINDOW):
            raise ERR_ZLIB_INITIALIZATION_FAILED("The package brotli does not support large windows")
        self._settings = {
            name: min(max(params[key], lowest), highest)
            for key, (name, lowest, highest) in _BOUNDS.items()
            if key in params
        }
        if not params.get(constants.BROTLI_PARAM_LGBLOCK):  # 0: the library is to choose
            self._settings.pop("lgblock", None)
        self.quick = QUICK if self._settings.get("quality", constants.BROTLI_MAX_QUALITY) < _SLOW_QUALITY else 0
        self.reset()

    def reset(self) -> None:
        self._compressor: Any = self._library.Compressor(**self._settings)
        self._pending = Pending()
        self._finished = False

    def process(self, data: memoryview, room: int) -> tuple[bytes, int]:
        if self._pending:
            return self._pending.take(room), 0
        if data:
            self._check_open()
            self._pending.put(self._compressor.process(data))
        return self._pending.take(room), len(data)

    def flush(self, kind: int) -> None:
        if kind == _FINISH:
            if not self._finished:
                self._finished = True
                self._pending.put(self._compressor.finish())
        elif kind >= _FLUSH:  # metadata of no bytes is a flush
            self._check_open()
            self._pending.put(self._compressor.flush())

    def _check_open(self) -> None:
        if self._finished:
            raise ZlibError("Compression failed", "ERR_BROTLI_COMPRESSION_FAILED", -1)


class BrotliDecoder(Codec):
    """Decompresses. The package does not say what is wrong with data, so all errors are one."""

    def __init__(self, params: Mapping[int, int], dictionary: bytes) -> None:
        self._library = needed("brotli", "BrotliDecompress")
        if not hasattr(self._library.Decompressor, "can_accept_more_data"):
            raise ModuleNotFoundError(
                "BrotliDecompress needs brotli 1.2 or later: pip install --upgrade nodehttp[zlib]"
            )
        _check_dictionary(dictionary)
        if params.keys() - {
            constants.BROTLI_DECODER_PARAM_DISABLE_RING_BUFFER_REALLOCATION,
            constants.BROTLI_DECODER_PARAM_LARGE_WINDOW,
        }:
            raise ERR_ZLIB_INITIALIZATION_FAILED
        if params.get(constants.BROTLI_DECODER_PARAM_LARGE_WINDOW):
            raise ERR_ZLIB_INITIALIZATION_FAILED("The package brotli does not support large windows")
        self.reset()

    def reset(self) -> None:
        self._decompressor: Any = self._library.Decompressor()
        self._pending = Pending()

    def process(self, data: memoryview, room: int) -> tuple[bytes, int]:
        decompressor = self._decompressor
        if self._pending:
            return self._pending.take(room), 0
        if decompressor.is_finished():
            return b"", 0
        taken = data if decompressor.can_accept_more_data() else b""
        try:
            self._pending.put(decompressor.process(taken, output_buffer_limit=room))
        except self._library.error:
            raise ZlibError("Decompression failed", "ERR_BROTLI_DECOMPRESSION_FAILED", -1) from None
        return self._pending.take(room), len(taken)

    def flush(self, kind: int) -> None:
        if kind == _FINISH and not self._decompressor.is_finished():
            raise unexpected_end()
