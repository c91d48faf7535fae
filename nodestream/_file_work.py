"""`File`: the work on one file, one operation at a time, and never while the event loop waits for a disk.

The rules:

1. An operation runs in a worker thread, and tells that it is done in a turn of its own.
2. What a read would find in the kernel's memory is taken at once, in the loop's thread (`_file_cached.py`), and told of
   when a thread could have told of it at the earliest.
3. A piece is as long as it would be if a thread had read it: a thread reads what the kernel did not have.
4. A file does not keep the loop alive; its operations do. When the loop ends, the file is closed, whatever was under
   way.
"""

from __future__ import annotations

import errno
import os
import stat
import threading
from collections.abc import Callable
from typing import Any

from ._file_cached import CachedReads
from ._lifecycle import Failure
from .errors import file_error
from .loop import Handle, current_loop

Callback = Callable[..., object]

_MOST_BUFFERS = 1024  # POSIX: IOV_MAX


class File:
    """A file that is opened, worked on, and closed.

    Attributes:
        fd: the descriptor as the stream shows it, None while the file is not open.
    """

    def __init__(self) -> None:
        self.fd: int | None = None
        self._loop = current_loop()
        self._handle: Handle | None = None
        self._busy = False
        self._when_idle: Callable[[], None] | None = None
        self._cached: CachedReads | None = None  # once a thread has found out that it is a regular file
        # What the threads share; the lock is held for the whole of an operation.
        self._lock = threading.Lock()
        self._descriptor: int | None = None
        self._released = False

    def open(self, path: str, flags: int, mode: int, done: Callback) -> None:
        """Open it, then call `done(error)`."""

        def opening() -> int:
            self._descriptor = os.open(path, flags, mode)
            return self._descriptor

        def opened(error: Failure, fd: Any) -> None:
            self.fd = fd
            if error is not None:
                self._forget()
            done(error)

        self._handle = Handle(self._loop, self._release)
        self._handle.unref()
        self.run("open", opening, done=opened, path=path)

    def adopt(self, fd: int, *, close: bool) -> None:
        """This is the file, open already; `close` says whether to close it if the loop ends."""
        self.fd = self._descriptor = fd
        if close:
            self._handle = Handle(self._loop, self._release)
            self._handle.unref()

    def run(
        self, syscall: str, function: Callable[..., Any], *args: Any, done: Callback, path: str | None = None
    ) -> None:
        """Call `function(*args)` in a thread, then `done(error, value)`; `syscall` and `path` are for the error."""

        def locked() -> Any:
            with self._lock:
                if self._released:
                    raise OSError(errno.EBADF, os.strerror(errno.EBADF))
                return function(*args)

        def finished(error: BaseException | None, value: Any) -> None:
            if isinstance(error, OSError):
                error = file_error(error, syscall, path)
            self._finish(done, error, value)

        self._busy = True
        self._loop.run_in_thread(locked, done=finished)

    def _finish(self, done: Callback, error: BaseException | None, value: Any) -> None:
        self._busy = False
        done(error, value)
        waiting, self._when_idle = self._when_idle, None
        if waiting is not None:
            waiting()

    # --- reading ---

    def read(self, size: int, position: int | None, done: Callback) -> None:
        """Read up to `size` bytes, at `position` or where the file stands, then call `done(error, data)`."""
        fd, cached = self.fd, self._cached
        data = b"" if cached is None or fd is None else cached.read(fd, size, position)
        if len(data) == size:
            self._busy = True
            self._loop.complete_as_thread(self._finish, done, None, data)
        else:
            self.run("read", self._read, fd, size, position, data, done=done)

    def _read(self, fd: int, size: int, position: int | None, begun: bytes) -> bytes:
        """In a thread: `begun`, and what is missing to `size`."""
        wanted = size - len(begun)
        try:
            data = os.read(fd, wanted) if position is None else os.pread(fd, wanted, position + len(begun))
        except OSError:
            if begun:
                return begun  # the next read meets the error
            raise
        if self._cached is None and stat.S_ISREG(os.fstat(fd).st_mode):
            self._cached = CachedReads()
        return begun + data if begun else data

    # --- the end ---

    def close(self, done: Callback) -> None:
        """Close it as soon as no operation is under way, then call `done(error)`."""
        if self._busy:
            self._when_idle = lambda: self.close(done)
            return
        if self.fd is None:
            done(None)
            return
        self.fd = None

        def closed(error: Failure, _value: object) -> None:
            self._forget()
            done(error)

        self.run("close", self._close, done=closed)

    def _close(self) -> None:
        fd, self._descriptor = self._descriptor, None
        if fd is not None:
            os.close(fd)

    def _forget(self) -> None:
        if self._handle is not None:
            self._handle.close()

    def _release(self) -> None:
        """The loop ends. What is under way in a thread is waited for, what has not begun never will."""
        self.fd = None
        with self._lock:
            self._released = True
            self._close()


def write_all(fd: int, buffers: list[bytes], position: int | None) -> int:
    """Write all buffers, at `position` or where the file stands; runs in a thread. Gives the number of bytes."""
    total = 0
    for start in range(0, len(buffers), _MOST_BUFFERS):
        total += _write_some(fd, buffers[start : start + _MOST_BUFFERS], position, total)
    return total


def _write_some(fd: int, buffers: list[bytes], position: int | None, before: int) -> int:
    length = sum(map(len, buffers))
    written = os.writev(fd, buffers) if position is None else os.pwritev(fd, buffers, position + before)
    if written < length:  # a full disk will say so at the next attempt
        rest = memoryview(b"".join(buffers))[written:]
        while rest:
            count = os.write(fd, rest) if position is None else os.pwrite(fd, rest, position + before + written)
            rest = rest[count:]
            written += count
    return written
