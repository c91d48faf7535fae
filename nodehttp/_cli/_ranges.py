"""The Range header, RFC 9110 section 14."""

from __future__ import annotations

import re
from typing import NamedTuple

_SINGLE = re.compile(r"bytes=[ \t]*([0-9]{0,18})-([0-9]{0,18})[ \t]*", re.ASCII | re.IGNORECASE)


class ByteRange(NamedTuple):
    """Bytes of a file, from `first` to `last`, both included."""

    first: int
    last: int

    @property
    def length(self) -> int:
        return self.last - self.first + 1


class UnsatisfiableRange(Exception):
    """No byte of the file is in the range: the answer is 416."""


def requested_range(header: str | None, size: int) -> ByteRange | None:
    """What part of `size` bytes is asked for; None: all of it.

    Several ranges at once, other units, and what is no range at all are ignored, as section 14.2 allows.
    Raises UnsatisfiableRange.
    """
    match = _SINGLE.fullmatch(header or "")
    if match is None or match[1] == match[2] == "":
        return None
    if match[1] == "":
        return _suffix(int(match[2]), size)
    first = int(match[1])
    last = size - 1 if match[2] == "" else int(match[2])
    if match[2] != "" and last < first:
        return None
    if first >= size:
        raise UnsatisfiableRange
    return ByteRange(first, min(last, size - 1))


def _suffix(length: int, size: int) -> ByteRange:
    if length == 0 or size == 0:
        raise UnsatisfiableRange
    return ByteRange(max(size - length, 0), size - 1)
