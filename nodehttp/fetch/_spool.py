"""Where the files of a form are kept while it is read: in memory, and from a bound on in a temporary file.

There is at most one temporary file for each form, however many files that has. It has no name, so that nothing is left
when the process dies; it is closed when nothing refers to it any more: neither a File, nor a Blob made of one, nor what
is being read.
"""

from __future__ import annotations

import os
import tempfile

from nodestream._blob_pieces import FileSlice, Piece, not_readable
from nodestream._descriptor import Descriptor
from nodestream._file_work import write_all
from nodestream.errors import file_error
from nodestream.loop import EventLoop, Promise, current_loop

_WRITE_SIZE = 256 * 1024
"""How many bytes are written to disk at a time."""


class TemporaryFile:
    """A file without a name, that slices are read of. See nodestream._blob_pieces.Source."""

    __slots__ = ("_descriptor", "size")

    def __init__(self) -> None:
        self._descriptor: Descriptor | None = None
        self.size = 0

    def append(self, buffers: list[bytes], loop: EventLoop) -> None:
        """In a thread: write at the end. The first time, make the file."""
        if self._descriptor is None:
            with tempfile.TemporaryFile(buffering=0) as file:
                self._descriptor = Descriptor(os.dup(file.fileno()), loop)
        self.size += write_all(self._descriptor.fd, buffers, self.size)

    def open(self, _loop: EventLoop) -> Descriptor:
        """See Source."""
        descriptor = self._descriptor
        if descriptor is None:
            raise not_readable()
        return descriptor

    def check(self, fd: int) -> None:
        """See Source: nobody else can change it."""

    def close(self) -> None:
        """Nothing can be read any more."""
        self._descriptor = None


class Spool:
    """Takes the bytes of files, one file after the other.

    Args:
        size: how many bytes may be held in memory, of all files together.
    """

    def __init__(self, size: float) -> None:
        self._loop = current_loop()
        self._size = size
        self._file = TemporaryFile()
        self._held = 0  # bytes of the files before this one that are in memory
        self._pending: list[bytes] = []  # what was added to this one, and is not on disk
        self._pending_size = 0
        self._start: int | None = None  # where this one begins on disk, if it is there

    def add(self, data: bytes) -> bool:
        """Add bytes to this file; whether `flush()` must be awaited."""
        self._pending.append(data)
        self._pending_size += len(data)
        room = self._size - self._held if self._start is None else _WRITE_SIZE
        return self._pending_size > room

    async def flush(self) -> None:
        """Write what was added to disk. Raises the system's error."""
        buffers, self._pending = self._pending, []
        self._pending_size = 0
        if self._start is None:
            self._start = self._file.size
        written: Promise[None] = Promise()

        def done(error: BaseException | None, _value: None) -> None:
            if error is None:
                written.resolve(None)
            else:
                written.reject(file_error(error, "write") if isinstance(error, OSError) else error)

        self._loop.run_in_thread(self._file.append, buffers, self._loop, done=done)
        await written

    async def finish(self) -> list[Piece]:
        """This file is complete: its bytes. Raises the system's error."""
        if self._pending and (self._start is not None or self._held + self._pending_size > self._size):
            await self.flush()
        if self._start is not None:
            start, self._start = self._start, None
            return [FileSlice(self._file, start, self._file.size - start)]
        pieces: list[Piece] = [b"".join(self._pending)] if self._pending else []
        self._held += self._pending_size
        self._pending, self._pending_size = [], 0
        return pieces

    def discard(self) -> None:
        """Nobody wants the files."""
        self._file.close()
