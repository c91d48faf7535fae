"""A place in input that arrives in pieces, for grammars written as generators.

A grammar (`_start_line`, `_fields`, `_chunked`) is a generator that reads through a `Cursor` and yields where the input
runs dry; `run` resumes it with the next piece. Nothing is read twice, so the time is linear in the input however it is
cut, and an illegal byte is refused at the moment it arrives. What a grammar keeps of the input are *spans* (a name, a
value, a URL), and each span is charged to a `Budget`: that is the bound on the memory a peer can take.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import NoReturn, TypeVar

from ._errors import ParseError

T = TypeVar("T")
Steps = Generator[None, None, T]

CR = 0x0D
LF = 0x0A
SP = 0x20
HTAB = 0x09
COLON = 0x3A


class Budget:
    """How many bytes, and how many items, may be kept. `limit` itself is already too many bytes."""

    __slots__ = ("code", "items", "limit", "max_items", "reason", "used")

    def __init__(self, limit: int, code: str, reason: str, max_items: int | None = None) -> None:
        self.limit = limit
        self.code = code
        self.reason = reason
        self.max_items = max_items
        self.used = 0
        self.items = 0

    def charge(self, size: int) -> bool:
        """Add `size` bytes; says whether that was too much."""
        self.used += size
        return self.used >= self.limit or (self.max_items is not None and self.items > self.max_items)


class Cursor:
    """The current piece of input (`data`), how far it is read (`pos`), and the span being kept."""

    __slots__ = ("_budget", "_mark", "_parts", "data", "pos")

    def __init__(self) -> None:
        self.data = b""
        self.pos = 0
        self._mark = 0
        self._parts: list[bytes] = []
        self._budget: Budget | None = None

    def feed(self, data: bytes, pos: int) -> None:
        """Go on with `data` from `pos`."""
        self.data = data
        self.pos = self._mark = pos

    def peek(self) -> Steps[int]:
        """The next byte, which is not consumed."""
        while self.pos == len(self.data):
            yield from self._starve()
        return self.data[self.pos]

    def skip(self, run: re.Pattern[bytes]) -> Steps[int]:
        """Consume the bytes of `run` (a pattern that matches the empty string too); returns the next byte."""
        while True:
            match = run.match(self.data, self.pos)
            if match is not None:
                self.pos = match.end()
            if self.pos < len(self.data):
                return self.data[self.pos]
            yield from self._starve()

    def literal(self, expected: bytes) -> Steps[bool]:
        """Consume `expected`, or its part before the first byte that differs; says whether it was all there."""
        for byte in expected:
            if (yield from self.peek()) != byte:
                return False
            self.pos += 1
        return True

    def open_span(self, budget: Budget) -> None:
        """Keep the bytes from here on."""
        self._mark = self.pos
        self._budget = budget

    def span_so_far(self) -> bytes:
        """The bytes of the open span up to here."""
        return b"".join((*self._parts, self.data[self._mark : self.pos]))

    def close_span(self, consume: int = 1) -> bytes:
        """End the span here, consume its delimiter of `consume` bytes, and return what was kept."""
        self._keep(consume)
        kept = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        self._parts = []
        self._budget = None
        return kept

    def fail(self, code: str, reason: str, consume: int = 0) -> NoReturn:
        """Refuse the input here, or `consume` bytes further."""
        raise ParseError(code, reason, self.pos + consume)

    def _starve(self) -> Steps[None]:
        if self._budget is not None:
            self._keep(0)
        yield

    def _keep(self, consume: int) -> None:
        end = self.pos
        self.pos += consume
        self._parts.append(self.data[self._mark : end])
        budget = self._budget
        if budget is not None and budget.charge(end - self._mark):
            self.fail(budget.code, budget.reason)


def run(steps: Steps[T]) -> tuple[bool, T | None]:
    """Resume a grammar until its input runs dry (False) or it is complete (True, and its result)."""
    try:
        next(steps)
    except StopIteration as stop:
        return True, stop.value
    return False, None
