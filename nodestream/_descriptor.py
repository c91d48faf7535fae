"""`Descriptor`: an open file that several may read, closed when nobody has it any more.

Closing may take long (a large file that has no name any more is removed then), so the loop leaves it to a thread.
"""

from __future__ import annotations

import contextlib
import os
from functools import partial

from ._hooks import noop
from .loop import EventLoop


class Descriptor:
    """A file descriptor. Whoever refers to this object may read the file, at positions of their own.

    Attributes:
        fd: the descriptor.
    """

    __slots__ = ("_file", "_loop", "fd")

    def __init__(self, fd: int, loop: EventLoop) -> None:
        self._file = _File(fd)
        self._loop = loop
        self.fd = fd

    def __del__(self) -> None:
        # The last reference may be dropped in any thread, and anywhere in the loop's: it must not start a task there.
        # A loop that is ending forgets the tick; the file is closed as it is dropped then.
        if self._loop.is_here:
            self._loop.next_tick(partial(_close_in_thread, self._loop, self._file))


def _close_in_thread(loop: EventLoop, file: _File) -> None:
    with contextlib.suppress(RuntimeError):  # the loop takes no more tasks
        loop.run_in_thread(file.close, done=noop)


class _File:
    """What is closed, at the latest when it is dropped."""

    __slots__ = ("_fd",)

    def __init__(self, fd: int) -> None:
        self._fd: int | None = fd

    def close(self) -> None:
        """Close it. May be called again."""
        fd, self._fd = self._fd, None
        if fd is not None:
            os.close(fd)

    def __del__(self) -> None:
        self.close()
