"""The buffer of a Readable: chunks in order, taken whole or in pieces of any size.

Taking a small piece of a large chunk copies the piece only: the chunk stays, and an offset moves through it.
"""

from __future__ import annotations

from collections import deque
from typing import Any


class ChunkList(deque[Any]):
    """Chunks of one kind: bytes, strings, or (in object mode) anything.

    `append` is the deque's own. So is `popleft`: it is for those who have seen that `offset` is 0.
    """

    __slots__ = ("offset",)

    def __init__(self) -> None:
        super().__init__()
        self.offset = 0  # how much of the first chunk has been taken

    def prepend(self, chunk: Any) -> None:
        """Put a chunk in front of all others."""
        self._cut_first()
        self.appendleft(chunk)

    def clear(self) -> None:
        """Drop everything."""
        super().clear()
        self.offset = 0

    def to_list(self) -> list[Any]:
        """The chunks as they are now."""
        self._cut_first()
        return list(self)

    def shift(self) -> Any:
        """Take the first chunk, or what is left of it."""
        self._cut_first()
        return self.popleft()

    def first_length(self) -> int:
        """How much of the first chunk is left."""
        return len(self[0]) - self.offset

    def take_all_text(self) -> str:
        """Take everything as one string; what was put back as bytes is taken for utf8."""
        pieces = self.to_list()
        self.clear()
        return "".join(_as_text(piece) for piece in pieces)

    def take_all(self) -> Any:
        """Take everything as one chunk."""
        if len(self) == 1:
            return self.shift()
        self._cut_first()
        joined = b"".join(self)
        self.clear()
        return joined

    def take(self, size: int, *, as_text: bool = False) -> Any:
        """Take `size` bytes or characters, no more than there are; `as_text`: what was put back as bytes, too."""
        first = self[0]
        start = self.offset
        left = len(first) - start
        if size < left:
            self.offset = start + size
            return first[start : start + size]
        if size == left:
            return self.shift()
        pieces = [self.shift()]
        size -= left
        while size > 0:
            first = self[0]
            if len(first) <= size:
                pieces.append(self.popleft())
                size -= len(first)
            else:
                pieces.append(first[:size])
                self.offset = size
                break
        return "".join(map(_as_text, pieces)) if as_text else b"".join(pieces)

    def _cut_first(self) -> None:
        if self.offset:
            self[0] = self[0][self.offset :]
            self.offset = 0


def _as_text(piece: Any) -> str:
    return piece if isinstance(piece, str) else piece.decode("utf-8", "replace")


NO_CHUNKS = ChunkList()
"""The buffer of all streams that have not buffered anything yet: it stays empty."""
