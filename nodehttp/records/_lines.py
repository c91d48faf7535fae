"""Bytes cut into lines.

1. A line ends with LF or CRLF; the last one may end with nothing. Empty lines are no lines, and are not counted.
2. A line that is longer than may be is refused as soon as that is known, so that never more than one is held.
"""

from __future__ import annotations

from ._errors import ERR_RECORDS_LINE_TOO_LONG


class LineSplitter:
    """Cuts what it is fed, in pieces of any size.

    Attributes:
        max_line_length: bytes of a line, without its end.
        count: how many lines were given out.
        failure: what is wrong with the line after those, if it is too long; nothing may be fed then.
    """

    __slots__ = ("_held", "_length", "count", "failure", "max_line_length")

    def __init__(self, max_line_length: int) -> None:
        self.max_line_length = max_line_length
        self.count = 0
        self.failure: ERR_RECORDS_LINE_TOO_LONG | None = None
        self._held: list[bytes] = []  # pieces of a line that has not ended
        self._length = 0

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that end in `data`, without their ends, up to one that is too long: see `failure`."""
        lines = data.split(b"\n")
        rest = lines.pop()
        if lines and self._held:
            lines[0] = self._take(lines[0])
        if b"\r" in data or (lines and lines[0].endswith(b"\r")):
            lines = [line.removesuffix(b"\r") for line in lines]
        if b"" in lines:
            lines = [line for line in lines if line]
        if rest:
            self._held.append(rest)
            self._length += len(rest)
        return self._checked(lines, len(data))

    def finish(self) -> list[bytes]:
        """The last line, if it has no end of its own."""
        line = self._take(b"").removesuffix(b"\r")
        return self._checked([line] if line else [], len(line))

    def _take(self, end: bytes) -> bytes:
        """The line whose beginning is held."""
        self._held.append(end)
        line = b"".join(self._held)
        self._held.clear()
        self._length = 0
        return line

    def _checked(self, lines: list[bytes], fed: int) -> list[bytes]:
        """The lines up to one that is too long, which they can only be if as much was fed, or the first is."""
        most = self.max_line_length
        if (fed > most or (lines and len(lines[0]) > most)) and max(map(len, lines), default=0) > most:
            lines = lines[: next(index for index, line in enumerate(lines) if len(line) > most)]
            self._fail(len(lines))
        elif self._length > most + (self._length and self._held[-1].endswith(b"\r")):
            self._fail(len(lines))
        self.count += len(lines)
        return lines

    def _fail(self, before: int) -> None:
        self.failure = ERR_RECORDS_LINE_TOO_LONG(self.max_line_length, self.count + before + 1)
        self._held.clear()
        self._length = 0
