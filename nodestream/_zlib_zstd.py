"""zstd (RFC 8878): the standard library's `compression.zstd` where there is one, else the package `zstandard`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ._zlib_codec import QUICK, Codec, Pending, unexpected_end
from ._zlib_constants import constants
from ._zlib_zstd_blocks import BlockFinder
from ._zlib_zstd_library import Library, library
from .errors import ZlibError

_FLUSH: int = constants.ZSTD_e_flush
_END: int = constants.ZSTD_e_end

_SLOW_LEVEL = 6
"""From this level on, a block may take milliseconds."""

_ERRORS = {  # libzstd's words, which all its bindings hand on
    "Error (generic)": "GENERIC",
    "Unknown frame descriptor": "prefix_unknown",
    "Version not supported": "version_unsupported",
    "Unsupported frame parameter": "frameParameter_unsupported",
    "Frame requires too much memory for decoding": "frameParameter_windowTooLarge",
    "Data corruption detected": "corruption_detected",
    "Restored data doesn't match checksum": "checksum_wrong",
    "Header of Literals' block doesn't respect format specification": "literals_headerWrong",
    "Dictionary is corrupted": "dictionary_corrupted",
    "Dictionary mismatch": "dictionary_wrong",
    "Cannot create Dictionary from provided samples": "dictionaryCreation_failed",
    "Unsupported parameter": "parameter_unsupported",
    "Unsupported combination of parameters": "parameter_combination_unsupported",
    "Parameter is out of bound": "parameter_outOfBound",
    "tableLog requires too much memory : unsupported": "tableLog_tooLarge",
    "Unsupported max Symbol Value : too large": "maxSymbolValue_tooLarge",
    "Specified maxSymbolValue is too small": "maxSymbolValue_tooSmall",
    "Operation not authorized at current processing stage": "stage_wrong",
    "Context should be init first": "init_missing",
    "Allocation error : not enough memory": "memory_allocation",
    "Destination buffer is too small": "dstSize_tooSmall",
    "Src size is incorrect": "srcSize_wrong",
}


def _translated(error: Exception) -> ZlibError:
    """Both bindings put what they were doing before the library's own words."""
    said = str(error)
    text = next((text for text in _ERRORS if said.endswith(text)), said)
    name = _ERRORS.get(text, "GENERIC")
    return ZlibError(text, f"ZSTD_error_{name}", constants[f"ZSTD_error_{name}"])


class ZstdEncoder(Codec):
    """Compresses; what comes after an end begins another frame."""

    def __init__(self, params: Mapping[int, int], pledged_src_size: int | None, dictionary: bytes) -> None:
        self._library: Library = library("ZstdCompress")
        self._new: Any = self._library.compressors(params, dictionary)
        self._pledged_src_size = pledged_src_size
        level = params.get(constants.ZSTD_c_compressionLevel, constants.ZSTD_CLEVEL_DEFAULT)
        is_tuned = params.keys() - {constants.ZSTD_c_compressionLevel, *_CHEAP_PARAMS}
        self.quick = QUICK if level < _SLOW_LEVEL and not is_tuned else 0
        self.reset()

    def reset(self) -> None:
        self._pending = Pending()
        self._frame: Any = self._new(self._pledged_src_size)

    def process(self, data: memoryview, room: int) -> tuple[bytes, int]:
        if self._pending:
            return self._pending.take(room), 0
        if data:
            self._put(self._current().compress, data)
        return self._pending.take(room), len(data)

    def _current(self) -> Any:
        if self._frame is None:
            self._frame = self._new(None)
        return self._frame

    def flush(self, kind: int) -> None:
        if kind == _FLUSH:
            self._put(self._current().flush)
        elif kind == _END:
            self._put(self._current().end)
            self._frame = None

    def _put(self, function: Any, *args: Any) -> None:
        try:
            self._pending.put(function(*args))
        except self._library.error as error:
            raise _translated(error) from None


_CHEAP_PARAMS = {constants.ZSTD_c_contentSizeFlag, constants.ZSTD_c_checksumFlag, constants.ZSTD_c_dictIDFlag}


class ZstdDecoder(Codec):
    """Decompresses. A frame that ends lets another one begin with the next piece of output, or the next chunk.

    The libraries have no common way to bound what they give, so they get no more than one block at a time.
    """

    def __init__(self, params: Mapping[int, int], dictionary: bytes) -> None:
        self._library: Library = library("ZstdDecompress")
        self._new: Any = self._library.decompressors(params, dictionary)
        self.reset()

    def reset(self) -> None:
        self._pending = Pending()
        self._blocks = BlockFinder()
        self._frame: Any = self._new()
        self._is_inside = False  # of a frame
        self._ends = False  # a frame, with what is pending
        self._ended = False  # a frame, in this piece

    def begin(self) -> None:
        self._ended = False

    def process(self, data: memoryview, room: int) -> tuple[bytes, int]:
        if self._pending:
            return self._take(room), 0
        if self._ended or not data:
            return b"", 0
        part = data[: self._blocks.next(data)]
        try:
            self._pending.put(self._frame.decompress(part))
        except self._library.error as error:
            raise _translated(error) from None
        self._is_inside = not self._frame.eof
        if self._frame.eof:
            self._ends = True
            self._frame = self._new()
            self._blocks = BlockFinder()
        return self._take(room), len(part)

    def _take(self, room: int) -> bytes:
        output = self._pending.take(room)
        if self._ends and not self._pending:
            self._ends = False
            self._ended = True
        return output

    def flush(self, kind: int) -> None:
        if kind == _END and self._is_inside:
            raise unexpected_end()
