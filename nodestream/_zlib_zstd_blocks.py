"""Where the blocks of a zstd frame end, so that a decompressor can be given one at a time.

A block makes at most 128 KiB of output (RFC 8878, section 3.1.1.2), though it may be four bytes long. Nothing is
checked here: that is the library's part, which sees the same bytes.
"""

from __future__ import annotations

from collections.abc import Generator

_MAGIC = 0xFD2FB528
_SKIPPABLE = 0x184D2A50  # and the fifteen numbers behind it
_WHATEVER = 1 << 62  # no frame as we know it: the library will say so
_RLE = 1

Sizes = Generator[tuple[int, bool], bytes, None]


class BlockFinder:
    """Follows one frame."""

    def __init__(self) -> None:
        self._sizes = _frame()
        self._left, self._is_read = next(self._sizes)
        self._read = b""

    def next(self, data: memoryview) -> int:
        """How much of `data`, which goes on from what was asked for before, holds no more than one block."""
        total = 0
        while total < len(data):
            part = bytes(data[total : total + self._left]) if self._is_read else b""
            count = min(self._left, len(data) - total)
            total += count
            self._left -= count
            self._read += part
            if self._left:
                break
            is_content = not self._is_read
            read, self._read = self._read, b""
            self._left, self._is_read = self._sizes.send(read)
            if is_content:
                break
        return total


def _frame() -> Sizes:
    """The sizes of the parts of a frame, each with whether its bytes are wanted: those of a content are not."""
    magic = _number((yield 4, True))
    if magic & ~0xF == _SKIPPABLE:
        length = _number((yield 4, True))
        yield length, False
    elif magic == _MAGIC:
        yield from _data_frame()
    yield _WHATEVER, False


def _data_frame() -> Sizes:
    descriptor = (yield 1, True)[0]
    is_single = descriptor >> 5 & 1
    dictionary = (0, 1, 2, 4)[descriptor & 3]
    content_size = (is_single, 2, 4, 8)[descriptor >> 6]
    if (rest := (not is_single) + dictionary + content_size) > 0:
        yield rest, True
    is_last = False
    while not is_last:
        header = _number((yield 3, True))
        is_last = bool(header & 1)
        size = 1 if header >> 1 & 3 == _RLE else header >> 3
        if is_last and descriptor >> 2 & 1:
            size += 4  # the checksum
        if size:
            yield size, False


def _number(data: bytes) -> int:
    return int.from_bytes(data, "little")
