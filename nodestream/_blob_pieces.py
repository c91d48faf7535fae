"""What a Blob is made of: bytes, and slices of files that are read when their turn comes.

A slice of a file is read in a worker thread, one chunk at a time. Nothing is open before the first chunk is asked for,
and what was opened is closed when the last chunk was read, or nobody wants more.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Protocol

from ._descriptor import Descriptor
from .errors import DOMException
from .loop import EventLoop, Promise, current_loop

CHUNK_SIZE = 64 * 1024
"""How much of a file is read at a time."""


def not_readable(cause: BaseException | None = None) -> DOMException:
    """The error of bytes that cannot be read, or are not what they were."""
    error = DOMException("The blob could not be read", "NotReadableError")
    error.__cause__ = cause
    return error


class Source(Protocol):
    """A file that there are slices of. Its methods are called in worker threads, and raise OSError, `not_readable`."""

    def open(self, loop: EventLoop) -> Descriptor:
        """The file, to be read."""

    def check(self, fd: int) -> None:
        """Raise if the file is not what it was."""


class NamedFile:
    """A file that has a name, as it is when this object is made: changed, it cannot be read any more."""

    __slots__ = ("_modified", "_path", "size")

    def __init__(self, path: str) -> None:
        status = os.stat(path)
        self._path = path
        self.size = status.st_size
        self._modified = status.st_mtime_ns

    def open(self, loop: EventLoop) -> Descriptor:
        """See Source. A pipe is not waited for."""
        return Descriptor(os.open(self._path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), loop)

    def check(self, fd: int) -> None:
        """See Source."""
        status = os.fstat(fd)
        if (status.st_size, status.st_mtime_ns) != (self.size, self._modified):
            raise not_readable()


class _Gone:
    """What nobody can read any more."""

    __slots__ = ()

    def open(self, loop: EventLoop) -> Descriptor:
        """See Source."""
        raise not_readable()

    def check(self, fd: int) -> None:
        """See Source: there is nothing to check."""


GONE = _Gone()
"""The source of bytes that were given up."""


class FileSlice:
    """Some bytes of a file that follow each other."""

    __slots__ = ("_length", "_source", "_start")

    def __init__(self, source: Source, start: int, length: int) -> None:
        self._source = source
        self._start = start
        self._length = length

    def __len__(self) -> int:
        return self._length

    def cut(self, first: int, last: int) -> FileSlice:
        """The bytes from `first` to before `last` of these."""
        return FileSlice(self._source, self._start + first, last - first)

    def reader(self, chunk_size: int) -> SliceReader:
        """What reads it from the beginning."""
        return SliceReader(self._source, self._start, self._length, chunk_size)


Piece = bytes | memoryview | FileSlice


def cut(pieces: list[Piece], first: int, last: int) -> list[Piece]:
    """The bytes from `first` to before `last` of all pieces; memory and files are shared."""
    found: list[Piece] = []
    begin = 0
    for piece in pieces:
        start, stop = max(first - begin, 0), min(last - begin, len(piece))
        if start < stop:
            found.append(piece if stop - start == len(piece) else _part(piece, start, stop))
        begin += len(piece)
    return found


def _part(piece: Piece, start: int, stop: int) -> Piece:
    return piece.cut(start, stop) if isinstance(piece, FileSlice) else memoryview(piece)[start:stop]


class SliceReader:
    """Reads a slice of a file from its beginning to its end, one chunk after the other.

    Attributes:
        is_over: whether there is nothing more to read.
    """

    __slots__ = ("_chunk_size", "_descriptor", "_left", "_loop", "_position", "_source", "is_over")

    def __init__(self, source: Source, start: int, length: int, chunk_size: int) -> None:
        self._loop = current_loop()
        self._source = source
        self._position = start
        self._left = length
        self._chunk_size = chunk_size
        self._descriptor: Descriptor | None = None
        self.is_over = False

    def take(self) -> Promise[bytes]:
        """Read a chunk; not before the one before it is there. It is empty if the slice is.

        The promise fails with a NotReadableError.
        """
        promise: Promise[bytes] = Promise()

        def done(error: BaseException | None, data: bytes | None) -> None:
            if data is not None:
                promise.resolve(data)
            else:
                promise.reject(not_readable(error) if isinstance(error, OSError) else error)

        self._loop.run_in_thread(self._read, done=done)
        return promise

    def _read(self) -> bytes:
        """In a thread."""
        try:
            if self._descriptor is None:
                self._descriptor = self._source.open(self._loop)
            data = os.pread(self._descriptor.fd, min(self._left, self._chunk_size), self._position)
            self._source.check(self._descriptor.fd)
            if self._left and not data:
                raise not_readable()
        except BaseException:
            self._descriptor = None  # no local variable holds it, which the traceback would keep
            raise
        self._position += len(data)
        self._left -= len(data)
        if not self._left:
            self.is_over = True
            self._descriptor = None
        return data


class BlobReader:
    """The bytes of pieces, one chunk after the other. Dropping it closes what it has open.

    A piece of memory is one chunk.
    """

    __slots__ = ("_chunk_size", "_rest", "_slice")

    def __init__(self, pieces: Iterable[Piece], chunk_size: int = CHUNK_SIZE) -> None:
        self._rest: Iterator[Piece] = iter(pieces)
        self._chunk_size = chunk_size
        self._slice: SliceReader | None = None

    def take(self) -> bytes | Promise[bytes] | None:
        """The next chunk, or a promise of it, which may turn out to be empty. None at the end."""
        if self._slice is None or self._slice.is_over:
            self._slice = None
            piece = next(self._rest, None)
            if not isinstance(piece, FileSlice):
                return None if piece is None else bytes(piece)
            self._slice = piece.reader(self._chunk_size)
        return self._slice.take()

    def __aiter__(self) -> BlobReader:
        return self

    async def __anext__(self) -> bytes:
        """The next chunk, which is not empty. Raises a NotReadableError."""
        while True:
            taken = self.take()
            chunk = await taken if isinstance(taken, Promise) else taken
            if chunk is None:
                raise StopAsyncIteration
            if chunk:
                return chunk

    async def aclose(self) -> None:
        """As `close`."""
        self.close()

    def close(self) -> None:
        """Nobody wants more."""
        self._rest = iter(())
        self._slice = None
