"""The options of `zlib`'s streams, and the checks that they go through.

A number that is not given, or is NaN, stands for the default; a fraction is cut off, as Node does it. Node's null is
None here too, and counts as not given.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from ._options import LARGEST_INTEGER
from ._transform import TRANSFORM_OPTIONS
from ._zlib_constants import constants
from .errors import ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE, NodeError, NodeTypeError

_HOOKS = {"transform", "flush", "read", "write", "writev", "final", "construct", "destroy"}

BASE_OPTIONS = (TRANSFORM_OPTIONS - _HOOKS) | {
    "chunk_size",
    "dictionary",
    "finish_flush",
    "flush",
    "info",
    "max_output_length",
    "reject_garbage_after_end",
}
DEFLATE_OPTIONS = BASE_OPTIONS | {"level", "mem_level", "strategy", "window_bits"}
BROTLI_OPTIONS = BASE_OPTIONS | {"params"}
ZSTD_OPTIONS = BASE_OPTIONS | {"params", "pledged_src_size"}

_TEXTLESS = "an instance of Buffer, TypedArray, DataView, or ArrayBuffer"


def is_number(value: Any) -> bool:
    """What JavaScript calls a number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_given(value: Any, name: str) -> bool:
    """Whether a finite number was given. Raises ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE."""
    if value is None:
        return False
    if not is_number(value):
        raise ERR_INVALID_ARG_TYPE(name, "of type number", value)
    if math.isnan(value):
        return False
    if math.isinf(value):
        raise ERR_OUT_OF_RANGE(name, "a finite number", value)
    return True


def number_in(value: Any, name: str, lowest: int, highest: int, default: int) -> int:
    """A number within bounds, both included. Raises ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE."""
    if not _is_given(value, name):
        return default
    if not lowest <= value <= highest:
        raise ERR_OUT_OF_RANGE(name, f">= {lowest} and <= {highest}", value)
    return int(value)


def chunk_size(options: Mapping[str, Any]) -> int:
    """How much output makes one chunk at most."""
    value: Any = options.get("chunk_size")
    if not _is_given(value, "options.chunkSize"):
        return int(constants.Z_DEFAULT_CHUNK)
    if value < constants.Z_MIN_CHUNK:
        raise ERR_OUT_OF_RANGE("options.chunkSize", f">= {constants.Z_MIN_CHUNK}", value)
    return int(value)


def max_output_length(options: Mapping[str, Any]) -> int | None:
    """How much output there may be in all; None if there is no bound."""
    value = options.get("max_output_length")
    return number_in(value, "options.maxOutputLength", 1, LARGEST_INTEGER, 0) or None


def rejects_garbage(options: Mapping[str, Any]) -> bool:
    """Whether bytes behind the end of the compressed data are an error."""
    value = options.get("reject_garbage_after_end", False)
    if not isinstance(value, bool):
        raise ERR_INVALID_ARG_TYPE("options.rejectGarbageAfterEnd", "of type boolean", value)
    return value


def window_bits(options: Mapping[str, Any], lowest: int, *, from_header: bool) -> int:
    """The base-2 logarithm of the window size; 0 where a decompressor is to take what the data's header says."""
    value = options.get("window_bits")
    if from_header and (value is None or (is_number(value) and value == 0)):
        return 0
    highest = constants.Z_MAX_WINDOWBITS
    return number_in(value, "options.windowBits", lowest, highest, constants.Z_DEFAULT_WINDOWBITS)


def level(value: Any, name: str) -> int:
    """A compression level."""
    return number_in(value, name, constants.Z_MIN_LEVEL, constants.Z_MAX_LEVEL, constants.Z_DEFAULT_COMPRESSION)


def strategy(value: Any, name: str) -> int:
    """A compression strategy."""
    return number_in(value, name, constants.Z_DEFAULT_STRATEGY, constants.Z_FIXED, constants.Z_DEFAULT_STRATEGY)


def mem_level(options: Mapping[str, Any]) -> int:
    """How much memory a compressor takes."""
    lowest, highest = constants.Z_MIN_MEMLEVEL, constants.Z_MAX_MEMLEVEL
    return number_in(options.get("mem_level"), "options.memLevel", lowest, highest, constants.Z_DEFAULT_MEMLEVEL)


def dictionary(options: Mapping[str, Any]) -> bytes:
    """The preset dictionary; empty if there is none."""
    value = options.get("dictionary")
    if value is not None and not isinstance(value, (bytes, bytearray, memoryview)):
        raise ERR_INVALID_ARG_TYPE("options.dictionary", _TEXTLESS, value)
    return b"" if value is None else bytes(value)


def zstd_dictionary(options: Mapping[str, Any]) -> bytes:
    """The preset dictionary for zstd, where what is no bytes counts as not given, as in Node."""
    value = options.get("dictionary")
    return bytes(value) if isinstance(value, (bytes, bytearray, memoryview)) else b""


def params(options: Mapping[str, Any], largest: int, invalid: type[NodeError]) -> dict[int, int]:
    """brotli's or zstd's own parameters, numbers by numbers. Raises `invalid`, ERR_INVALID_ARG_TYPE."""
    given = options.get("params")
    result: dict[int, int] = {}
    for key, value in given.items() if isinstance(given, Mapping) else ():
        number = _param_number(key)
        if number is None or not 0 <= number <= largest or number in result:
            raise invalid(key)
        if not isinstance(value, (int, float)):
            raise ERR_INVALID_ARG_TYPE("options.params[key]", "of type number", value)
        result[number] = int(value) if math.isfinite(value) else 0
    # Node hands on 32 bits, all of which are set where there is nothing.
    return {key: value for key, value in result.items() if value != -1}


def _param_number(key: Any) -> int | None:
    try:
        number = float(key)
    except (TypeError, ValueError):
        return None
    return int(number) if number.is_integer() else None


def pledged_src_size(options: Mapping[str, Any]) -> int | None:
    """How many bytes will be compressed; None if that is not known."""
    value = options.get("pledged_src_size")
    if value is None:
        return None
    if not is_number(value):
        raise ERR_INVALID_ARG_TYPE("options.pledgedSrcSize", "of type number", value)
    if value < 0:
        raise NodeTypeError("pledgedSrcSize may not be negative", "ERR_INVALID_ARG_VALUE")
    return int(value) if math.isfinite(value) else 0
