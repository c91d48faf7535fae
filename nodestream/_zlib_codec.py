"""What every format promises (`Codec`), and the engine that drives one: chunks in, pieces of bounded size out.

The rules:

1. A codec takes little input at a time and makes no more output than there is room for. What a library gave beyond
   that waits in the codec; it is bounded by what the library makes of `SLICE` bytes, or of one block.
2. The engine fills buffers of `chunk_size`, as Node does: a piece ends where its buffer is full or where nothing more
   comes of the input. The next chunk goes on in what is left of the buffer.
3. A piece in the making is lost when the codec fails.
4. An engine is used by one thread at a time, which need not be the same one.
"""

from __future__ import annotations

import importlib
from typing import Any, NamedTuple

from .errors import ZlibError

SLICE = 16 * 1024
"""Bytes of input that a codec gets at a time."""

STEP = 64 * 1024
"""Bytes of output that a codec is asked for at a time, however large a piece is to be."""

EVERYTHING = 1 << 62

QUICK = 8 * SLICE
"""Of how many bytes the rest of a chunk is compressed without a thread. Measured: 16 KiB are deflated in about 0.5 ms,
and going to a thread and back costs 0.15 ms. Slices in turns hold the loop no longer, and were faster by a third."""


class Codec:
    """One format in one direction.

    Attributes:
        quick: of how many bytes of input it takes a slice in about a millisecond at most. More than that, or anything
            if it is 0, is for a thread.
    """

    quick: int = EVERYTHING

    def begin(self) -> None:
        """A new piece of output is begun."""

    def process(self, data: memoryview, room: int) -> tuple[bytes, int]:
        """Take some of `data`, make up to `room` bytes of output; gives the output, and how much was taken.

        It has nothing more to say when there was neither: it waits for input, or takes no more because the compressed
        data has ended. Raises ZlibError.
        """
        raise NotImplementedError

    def flush(self, kind: int) -> None:
        """All input of a chunk was taken: let output come as `kind` says. Raises ZlibError."""
        raise NotImplementedError

    def reset(self) -> None:
        """Begin anew, with the same settings."""
        raise NotImplementedError

    def set_params(self, level: int, strategy: int) -> None:
        """Go on with another level and strategy; means nothing to most."""


class Pending:
    """Output that there was no room for."""

    __slots__ = ("_at", "_data")

    def __init__(self) -> None:
        self._data = b""
        self._at = 0

    def __bool__(self) -> bool:
        return self._at < len(self._data)

    def put(self, data: bytes) -> None:
        """Add some at the end."""
        self._data = self._data[self._at :] + data if self else data
        self._at = 0

    def take(self, room: int) -> bytes:
        """Take up to `room` bytes."""
        piece = self._data[self._at : self._at + room] if self._at or room < len(self._data) else self._data
        self._at += len(piece)
        return piece


class Piece(NamedTuple):
    """Output for the reader, and how much input was taken for it."""

    output: bytes
    taken: int


class Engine:
    """Drives a codec through one chunk after the other.

    Attributes:
        done: whether nothing more comes of the chunk.
        has_rest: whether the codec did not take all of it: the compressed data has ended before.
        error: what the codec failed with.
    """

    def __init__(self, codec: Codec, chunk_size: int) -> None:
        self.codec = codec
        self.done = True
        self.has_rest = False
        self.error: Exception | None = None
        self._chunk_size = chunk_size
        self._room = chunk_size  # what is left of the buffer when a piece is begun
        self._chunk = memoryview(b"")
        self._at = 0
        self._counted = 0  # how much of the chunk belongs to pieces that were handed out
        self._kind = 0
        self._params: tuple[int, int] | None = None
        self._flushed = False
        self._parts: list[bytes] = []
        self._length = 0

    def begin(self, chunk: bytes, kind: int, params: tuple[int, int] | None = None) -> None:
        """Take a chunk, to be followed by a flush of this kind, and by a change of the codec's level and strategy."""
        self.done = self.has_rest = self._flushed = False
        self._chunk = memoryview(chunk)
        self._at = self._counted = 0
        self._kind = kind
        self._params = params
        self.codec.begin()

    @property
    def is_quick(self) -> bool:
        """Whether what is left may be done without a thread."""
        quick = self.codec.quick
        return quick > 0 and len(self._chunk) - self._at <= quick

    def run(self, output: int, taken: int) -> list[Piece]:
        """Go on until there are `output` bytes more, or `taken` bytes of input were used, or the chunk is done.

        Gives the pieces that are complete.
        """
        pieces: list[Piece] = []
        stop = self._at + taken
        try:
            while not self.done and output > 0 and self._at < stop:
                output -= self._step()
                if self.done or self._length == self._room:
                    pieces.append(self._cut())
        except Exception as error:
            self.error = error
            self.done = True
        return pieces

    def _step(self) -> int:
        """Call the codec once; how many bytes it made."""
        room = min(self._room - self._length, STEP)
        output, taken = self.codec.process(self._chunk[self._at : self._at + SLICE], room)
        if output:
            self._parts.append(output)
            self._length += len(output)
        if output or taken:
            self._at += taken
        elif self._at < len(self._chunk):
            self.has_rest = self.done = True
        elif not self._flushed:
            self._flushed = True
            self.codec.flush(self._kind)
            if self._params is not None:
                self.codec.set_params(*self._params)
        else:
            self.done = True
        return len(output)

    def _cut(self) -> Piece:
        """The piece in the making is complete."""
        piece = Piece(b"".join(self._parts), self._at - self._counted)
        self._parts.clear()
        self._counted = self._at
        self._room = self._room - self._length or self._chunk_size
        self._length = 0
        if self.done:
            self._chunk = memoryview(b"")
        else:
            self.codec.begin()
        return piece


def needed(module: str, user: str) -> Any:
    """Import a package that is an extra. Raises ModuleNotFoundError that says how to get it."""
    try:
        return importlib.import_module(module)
    except ImportError:
        text = f"{user} needs the package {module}: pip install nodehttp[zlib]"
        raise ModuleNotFoundError(text, name=module) from None


def unexpected_end() -> ZlibError:
    """The input is over, and the compressed data is not."""
    return ZlibError("unexpected end of file", "Z_BUF_ERROR", -5)
