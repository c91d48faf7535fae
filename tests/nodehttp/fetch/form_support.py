"""Small things that the tests of forms share."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterable
from typing import Any

from nodehttp.fetch import File, FormData

TYPE = "multipart/form-data; boundary=X"


def part(value: bytes = b"v", *, name: str = "a", head: str = "", disposition: str | None = None) -> bytes:
    """A part, with the boundary before it; `head` are further headers."""
    first = f'form-data; name="{name}"' if disposition is None else disposition
    return f"--X\r\nContent-Disposition: {first}\r\n{head}\r\n".encode() + value + b"\r\n"


def file_part(value: bytes, *, name: str = "f", filename: str = "f.txt") -> bytes:
    """A part that is a file."""
    return part(value, disposition=f'form-data; name="{name}"; filename="{filename}"')


def a_body(*parts: bytes) -> bytes:
    """Parts, and the last boundary."""
    return b"".join(parts) + b"--X--\r\n"


def split(data: bytes, size: int) -> list[bytes]:
    """Pieces of `size` bytes."""
    return [data[start : start + size] for start in range(0, len(data), size)]


def shown(form: FormData) -> list[Any]:
    """The entries; of a file name, type and size."""
    return [
        (name, (value.name, value.type, value.size)) if isinstance(value, File) else (name, value)
        for name, value in form
    ]


class Pieces:
    """An async iterable that counts what was taken of it, and knows that it was closed. It may fail at the end."""

    def __init__(self, pieces: Iterable[bytes], error: Exception | None = None) -> None:
        self._pieces = iter(pieces)
        self._error = error
        self.taken = 0
        self.is_closed = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        for piece in self._pieces:
            self.taken += 1
            return piece
        if self._error is not None:
            raise self._error
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """Nobody wants more."""
        self.is_closed = True


def temporary_files() -> int:
    """How many files without a name this process has open."""
    names = [f"/proc/self/fd/{fd}" for fd in os.listdir("/proc/self/fd")]
    targets = [os.readlink(name) for name in names if os.path.lexists(name)]
    return sum(target.endswith("(deleted)") for target in targets)
