"""The formats of zlib: deflate bare (raw), in a zlib frame (RFC 1950) and in a gzip frame (RFC 1952).

The library only ever compresses raw deflate (RFC 1951); frames are written here. So a level can change in mid-stream:
after a flush that ends on a byte, another compressor goes on, and a decompressor cannot tell.
"""

from __future__ import annotations

import re
import zlib
from typing import Any

from ._zlib_codec import QUICK, Codec, Pending, unexpected_end
from ._zlib_constants import codes, constants
from .errors import ZlibError

_NO_FLUSH: int = constants.Z_NO_FLUSH
_FINISH: int = constants.Z_FINISH
_AUTO, _GZIP = 32, 16  # what zlib's inflateInit2 adds to the window bits

_ERROR = re.compile(r"Error (-?\d+) (while [^:]*)(?:: (.*))?", re.DOTALL)


class RawFrame:
    """Nothing before the data and nothing behind it."""

    def __init__(self, level: int, strategy: int, window_bits: int, dictionary: bytes) -> None:
        self.level = level
        self.strategy = strategy
        self.window_bits = window_bits
        self.dictionary = dictionary

    def header(self) -> bytes:
        """What comes before the data."""
        return b""

    def add(self, data: memoryview) -> None:
        """Some data was compressed."""

    def trailer(self) -> bytes:
        """What comes behind the data."""
        return b""

    @property
    def _is_fastest(self) -> bool:
        return self.level in (0, 1) or self.strategy >= constants.Z_HUFFMAN_ONLY


class ZlibFrame(RawFrame):
    """Two bytes of settings; the Adler-32 of the dictionary, if there is one; behind the data, its own."""

    _sum = 1

    def header(self) -> bytes:
        level = 0 if self._is_fastest else 2 if self.level in (-1, 6) else 1 if self.level < 6 else 3
        first = (max(self.window_bits, 9) - 8) << 4 | 8
        second = level << 6 | bool(self.dictionary) << 5
        second += 31 - (first << 8 | second) % 31
        head = bytes((first, second))
        return head + _big(zlib.adler32(self.dictionary)) if self.dictionary else head

    def add(self, data: memoryview) -> None:
        self._sum = zlib.adler32(data, self._sum)

    def trailer(self) -> bytes:
        return _big(self._sum)


class GzipFrame(RawFrame):
    """Ten bytes, without name and time; behind the data its CRC-32 and its length."""

    _sum = 0
    _length = 0

    def header(self) -> bytes:
        effort = 4 if self._is_fastest else 2 if self.level == constants.Z_BEST_COMPRESSION else 0
        return bytes((0x1F, 0x8B, 8, 0, 0, 0, 0, 0, effort, 3))

    def add(self, data: memoryview) -> None:
        self._sum = zlib.crc32(data, self._sum)
        self._length += len(data)

    def trailer(self) -> bytes:
        return self._sum.to_bytes(4, "little") + (self._length & 0xFFFFFFFF).to_bytes(4, "little")


def _big(number: int) -> bytes:
    return number.to_bytes(4, "big")


class Deflate(Codec):
    """Compresses into one of the frames. gzip has no dictionaries: one that is given is not used."""

    quick = QUICK

    def __init__(
        self, frame: type[RawFrame], level: int, strategy: int, window_bits: int, mem_level: int, dictionary: bytes
    ) -> None:
        self._frame_type = frame
        self._level = level
        self._strategy = strategy
        self._window_bits = max(window_bits, 9)  # zlib's own window of 256 bytes is not to be used
        self._mem_level = mem_level
        self._dictionary = b"" if frame is GzipFrame else dictionary
        self.reset()

    def reset(self) -> None:
        self._frame = self._frame_type(self._level, self._strategy, self._window_bits, self._dictionary)
        self._pending = Pending()
        self._begun = self._finished = False
        self._compressor = self._new_compressor(self._dictionary)

    def _new_compressor(self, dictionary: bytes) -> Any:
        zdict = {"zdict": dictionary} if dictionary else {}
        return zlib.compressobj(
            self._level, zlib.DEFLATED, -self._window_bits, self._mem_level, self._strategy, **zdict
        )

    def process(self, data: memoryview, room: int) -> tuple[bytes, int]:
        if self._pending:
            return self._pending.take(room), 0
        if data and self._finished:
            raise _stream_error()
        if not self._begun:
            self._begun = True
            self._pending.put(self._frame.header())
        if data:
            self._pending.put(self._compressor.compress(data))
            self._frame.add(data)
        return self._pending.take(room), len(data)

    def flush(self, kind: int) -> None:
        if self._finished and kind not in (_NO_FLUSH, _FINISH):
            raise _stream_error()
        if self._finished or kind == _NO_FLUSH:
            return
        self._pending.put(self._compressor.flush(kind))
        if kind == _FINISH:
            self._finished = True
            self._pending.put(self._frame.trailer())

    def set_params(self, level: int, strategy: int) -> None:
        self._level = level
        self._strategy = strategy
        if not self._finished:
            self._pending.put(self._compressor.flush(zlib.Z_SYNC_FLUSH))  # nothing, if that is where it stands
            self._compressor = self._new_compressor(b"")


class Inflate(Codec):
    """Decompresses one stream; what is behind it is not taken.

    `window_bits` as zlib's inflateInit2 takes them: they say which frames are accepted.
    """

    def __init__(self, window_bits: int, dictionary: bytes) -> None:
        self._window_bits = window_bits
        self._dictionary = dictionary
        self.reset()

    def reset(self) -> None:
        if self._dictionary:
            self._decompressor: Any = zlib.decompressobj(self._window_bits, self._dictionary)
        else:
            self._decompressor = zlib.decompressobj(self._window_bits)

    def process(self, data: memoryview, room: int) -> tuple[bytes, int]:
        if self._decompressor.eof and not self._begins_again(data):
            return b"", 0
        decompressor = self._decompressor
        try:
            output = decompressor.decompress(data, room)
        except zlib.error as error:
            raise self._translated(error) from None
        left = len(decompressor.unused_data) if decompressor.eof else len(decompressor.unconsumed_tail)
        return output, len(data) - left

    def _begins_again(self, data: memoryview) -> bool:
        """The data has ended: whether what follows is more of it."""
        return False

    def flush(self, kind: int) -> None:
        if kind == _FINISH and not self._decompressor.eof:
            raise unexpected_end()

    def _translated(self, error: zlib.error) -> ZlibError:
        found = _ERROR.match(str(error))
        number, action, text = (int(found[1]), found[2], found[3]) if found else (-3, "", str(error))
        if number == constants.Z_NEED_DICT:
            text = "Missing dictionary"
        elif "zdict" in action:
            number, text = constants.Z_NEED_DICT, "Bad dictionary"
        return ZlibError(text or "Zlib error", codes.get(number, "Z_DATA_ERROR"), number)


class Gunzip(Inflate):
    """Decompresses gzip, any number of members one after the other.

    What follows a member is taken for another one unless it begins with a zero byte, or with `only_one`.
    """

    def __init__(self, window_bits: int, *, only_one: bool) -> None:
        super().__init__(window_bits + _GZIP, b"")
        self._only_one = only_one

    def _begins_again(self, data: memoryview) -> bool:
        if self._only_one or not data or data[0] == 0:
            return False
        self._decompressor = zlib.decompressobj(self._window_bits)
        return True


class Unzip(Inflate):
    """Decompresses gzip or zlib, whichever the first bytes say; of gzip, any number of members."""

    def __init__(self, window_bits: int, dictionary: bytes, *, only_one: bool) -> None:
        super().__init__(window_bits + _AUTO, dictionary)
        self._only_one = only_one

    def reset(self) -> None:
        super().reset()
        self._magic = b""

    def process(self, data: memoryview, room: int) -> tuple[bytes, int]:
        if len(self._magic) < 2:
            self._magic += bytes(data[: 2 - len(self._magic)])
        return super().process(data, room)

    def _begins_again(self, data: memoryview) -> bool:
        if self._only_one or self._magic != b"\x1f\x8b" or not data or data[0] == 0:
            return False
        Inflate.reset(self)
        return True


def _stream_error() -> ZlibError:
    return ZlibError("stream error", "Z_STREAM_ERROR", constants.Z_STREAM_ERROR)
