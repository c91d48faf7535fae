"""The two Python bindings of libzstd behind one face (`Library`). They are imported when a stream is made."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from ._zlib_codec import needed
from ._zlib_constants import constants
from .errors import ERR_ZLIB_INITIALIZATION_FAILED

_DICTIONARY_MAGIC = b"\x37\xa4\x30\xec"
_SHORTEST_DICTIONARY = 8  # bytes; libzstd takes a shorter one for none
_DEFAULT_WINDOW_LOG_MAX = 27  # libzstd's ZSTD_WINDOWLOG_LIMIT_DEFAULT
_MAX_WORKERS = 200

_NAMES = {  # of parameters in the package zstandard
    constants.ZSTD_c_compressionLevel: "compression_level",
    constants.ZSTD_c_windowLog: "window_log",
    constants.ZSTD_c_hashLog: "hash_log",
    constants.ZSTD_c_chainLog: "chain_log",
    constants.ZSTD_c_searchLog: "search_log",
    constants.ZSTD_c_minMatch: "min_match",
    constants.ZSTD_c_targetLength: "target_length",
    constants.ZSTD_c_strategy: "strategy",
    constants.ZSTD_c_enableLongDistanceMatching: "enable_ldm",
    constants.ZSTD_c_ldmHashLog: "ldm_hash_log",
    constants.ZSTD_c_ldmMinMatch: "ldm_min_match",
    constants.ZSTD_c_ldmBucketSizeLog: "ldm_bucket_size_log",
    constants.ZSTD_c_ldmHashRateLog: "ldm_hash_rate_log",
    constants.ZSTD_c_contentSizeFlag: "write_content_size",
    constants.ZSTD_c_checksumFlag: "write_checksum",
    constants.ZSTD_c_dictIDFlag: "write_dict_id",
    constants.ZSTD_c_nbWorkers: "threads",
    constants.ZSTD_c_jobSize: "job_size",
    constants.ZSTD_c_overlapLog: "overlap_log",
}


class FrameEncoder(Protocol):
    """Makes one frame."""

    def compress(self, data: memoryview, /) -> bytes: ...
    def flush(self) -> bytes: ...
    def end(self) -> bytes: ...


class FrameDecoder(Protocol):
    """Reads one frame; `eof` when it has ended."""

    @property
    def eof(self) -> bool: ...
    def decompress(self, data: memoryview, /) -> bytes: ...


class Library(Protocol):
    """What a binding offers. Parameters that cannot be are ERR_ZLIB_INITIALIZATION_FAILED."""

    error: type[Exception]

    def compressors(self, params: Mapping[int, int], dictionary: bytes) -> Callable[[int | None], FrameEncoder]:
        """A function that begins a frame, given how many bytes it will be of, or None."""
        ...

    def decompressors(self, params: Mapping[int, int], dictionary: bytes) -> Callable[[], FrameDecoder]:
        """A function that begins to read a frame."""
        ...


def library(user: str) -> Library:
    """The binding there is. Raises ModuleNotFoundError, which names `user`, when there is none."""
    try:
        return _Standard(importlib.import_module("compression.zstd"))
    except ModuleNotFoundError:
        return _Zstandard(needed("zstandard", user))


def _window_log_max(params: Mapping[int, int]) -> int:
    if params.keys() - {constants.ZSTD_d_windowLogMax}:
        raise _setting_failed()
    value = params.get(constants.ZSTD_d_windowLogMax, 0) or _DEFAULT_WINDOW_LOG_MAX
    if not 10 <= value <= 31:
        raise _setting_failed()
    return value


def _setting_failed() -> ERR_ZLIB_INITIALIZATION_FAILED:
    return ERR_ZLIB_INITIALIZATION_FAILED("Setting parameter failed")


class _Zstandard:
    """The package zstandard."""

    def __init__(self, module: Any) -> None:
        self._module = module
        self.error: type[Exception] = module.ZstdError

    def _dictionary(self, data: bytes) -> Any:
        return self._module.ZstdCompressionDict(data) if len(data) >= _SHORTEST_DICTIONARY else None

    def compressors(self, params: Mapping[int, int], dictionary: bytes) -> Callable[[int | None], FrameEncoder]:
        if not params.keys() <= _NAMES.keys():
            raise _setting_failed()
        settings: dict[str, Any] = {_NAMES[key]: value for key, value in params.items()}
        settings["threads"] = min(max(settings.get("threads", 0), 0), _MAX_WORKERS)  # as libzstd itself does
        try:
            parameters = self._module.ZstdCompressionParameters(**settings)
            compressor = self._module.ZstdCompressor(
                compression_params=parameters, dict_data=self._dictionary(dictionary)
            )
        except (self.error, ValueError, OverflowError):
            raise _setting_failed() from None

        def begin(size: int | None) -> FrameEncoder:
            return _ZstandardEncoder(self._module, compressor.compressobj(size=-1 if size is None else size))

        return begin

    def decompressors(self, params: Mapping[int, int], dictionary: bytes) -> Callable[[], FrameDecoder]:
        decompressor = self._module.ZstdDecompressor(
            dict_data=self._dictionary(dictionary), max_window_size=1 << _window_log_max(params)
        )
        begin: Callable[[], FrameDecoder] = decompressor.decompressobj
        return begin


class _ZstandardEncoder:
    def __init__(self, module: Any, encoder: Any) -> None:
        self._module = module
        self._encoder = encoder
        self.compress: Callable[[memoryview], bytes] = encoder.compress

    def flush(self) -> bytes:
        return bytes(self._encoder.flush(self._module.COMPRESSOBJ_FLUSH_BLOCK))

    def end(self) -> bytes:
        return bytes(self._encoder.flush(self._module.COMPRESSOBJ_FLUSH_FINISH))


class _Standard:
    """The standard library's compression.zstd; it takes parameters by libzstd's numbers."""

    def __init__(self, module: Any) -> None:
        self._module = module
        self.error: type[Exception] = module.ZstdError

    def _dictionary(self, data: bytes) -> Any:
        if len(data) < _SHORTEST_DICTIONARY:
            return None
        return self._module.ZstdDict(data, is_raw=not data.startswith(_DICTIONARY_MAGIC))

    def compressors(self, params: Mapping[int, int], dictionary: bytes) -> Callable[[int | None], FrameEncoder]:
        settings = dict(params)
        level = constants.ZSTD_c_compressionLevel
        if level in settings:  # libzstd itself takes any
            lowest, highest = self._module.CompressionParameter.compression_level.bounds()
            settings[level] = min(max(settings[level], lowest), highest)
        known = self._dictionary(dictionary)

        def begin(size: int | None) -> FrameEncoder:
            compressor = self._module.ZstdCompressor(options=settings, zstd_dict=known)
            if size is not None:
                compressor.set_pledged_input_size(size)
            return _StandardEncoder(compressor)

        try:
            begin(None)
        except (self.error, ValueError, OverflowError):
            raise _setting_failed() from None
        return begin

    def decompressors(self, params: Mapping[int, int], dictionary: bytes) -> Callable[[], FrameDecoder]:
        options = {constants.ZSTD_d_windowLogMax: _window_log_max(params)}
        known = self._dictionary(dictionary)

        def begin() -> FrameDecoder:
            decoder: FrameDecoder = self._module.ZstdDecompressor(zstd_dict=known, options=options)
            return decoder

        return begin


class _StandardEncoder:
    def __init__(self, compressor: Any) -> None:
        self._compressor = compressor
        self.compress: Callable[[memoryview], bytes] = compressor.compress

    def flush(self) -> bytes:
        return bytes(self._compressor.flush(self._compressor.FLUSH_BLOCK))

    def end(self) -> bytes:
        return bytes(self._compressor.flush(self._compressor.FLUSH_FRAME))
