"""Choices read off random bytes.

Hypothesis draws a few short strings of bytes for each program, and they are read as choices here. That is ten times
faster than a strategy for each choice, and as good to shrink: zero is always the simplest choice.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Tape:
    """Bytes, read from the front; there are zeros behind the last one."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def number(self, limit: int) -> int:
        """A number from 0 to `limit - 1`; at most 256 of them."""
        at = self._at
        self._at = at + 1
        return self._data[at] % limit if at < len(self._data) else 0

    def pick(self, choices: Sequence[T]) -> T:
        """One of them."""
        return choices[self.number(len(choices))]

    def chance(self, one_in: int) -> bool:
        """True once in so many times."""
        return self.number(one_in) == one_in - 1
