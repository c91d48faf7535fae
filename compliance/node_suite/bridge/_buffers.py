"""Bytes: JavaScript has several kinds of them.

A Buffer of JavaScript that comes home is that Buffer again: its bytes here remember which they are, for a while.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

MOST = 256
"""So many are remembered. Bytes that come home later are a new Buffer."""

KINDS_OF_BYTES = {"arrayBuffer": "ArrayBuffer", "buffer": "Buffer", "bytes": "Uint8Array"}
"""Names of functions that give a promise of bytes, and what it is there, in memory of its own."""


class Buffers:
    """The latest Buffers, by the identity of their bytes.

    Python has one object only for each single byte, and one for none: these are nobody's.
    """

    def __init__(self) -> None:
        self._kept: dict[int, tuple[bytes, int]] = {}

    def keep(self, js_id: int, data: bytes) -> Iterator[int]:
        """Remember that `data` are those of the Buffer with this number. Gives the numbers that are forgotten."""
        if len(data) < 2:
            yield js_id
            return
        self._kept[id(data)] = (data, js_id)
        if len(self._kept) > MOST:
            _, forgotten = self._kept.pop(next(iter(self._kept)))
            yield forgotten

    def take(self, data: bytes) -> int | None:
        """Forget that `data` are those of a Buffer, whose number this returns; None for others."""
        found = self._kept.pop(id(data), None)
        return None if found is None else found[1]

    def reference(self, data: bytes) -> list[Any] | None:
        """How bytes are sent that are those of a Buffer; None for others."""
        found = self._kept.get(id(data))
        return None if found is None else ["h", found[1]]
