"""Reads that need not wait for a disk: of what the kernel has in memory, for regular files.

Linux: preadv2 with RWF_NOWAIT. Elsewhere, and for file systems that do not know it, nothing is ever read here.
"""

from __future__ import annotations

import os

_NO_WAIT = getattr(os, "RWF_NOWAIT", 0)
_WHERE_IT_STANDS = -1


class CachedReads:
    """The reads of one file."""

    __slots__ = ("_buffer", "_can")

    def __init__(self) -> None:
        self._can = bool(_NO_WAIT)
        self._buffer = bytearray()  # kept, because fresh memory costs more than to copy what was read

    def read(self, fd: int, size: int, position: int | None) -> bytes:
        """Up to `size` bytes at `position` or where the file stands, none if the kernel does not have the first."""
        if not self._can:
            return b""
        if len(self._buffer) < size:
            self._buffer = bytearray(size)
        with memoryview(self._buffer)[:size] as room:
            try:
                count = os.preadv(fd, [room], _WHERE_IT_STANDS if position is None else position, _NO_WAIT)
            except BlockingIOError:
                return b""
            except OSError:
                self._can = False  # a thread will say what is wrong, if anything is
                return b""
            return bytes(room[:count])
