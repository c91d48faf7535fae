"""Where the boundaries of multipart/form-data are, and whether they may be there.

1. What stands before the first boundary is let go by, whatever it is.
2. A boundary stands at the beginning of a line, and nothing follows it in that line but the "--" of the last one. So it
   is nowhere inside of a part.

Standard: Fetch, section 5.3 (multipart/form-data parsing)
"""

from __future__ import annotations

_LINE_END = b"\r\n"
_LAST = b"--"


class BoundaryFinder:
    """Looks at bytes as they come. A boundary may be split over them.

    Attributes:
        found: how many boundaries there were.
        is_last: whether the last one was among them.
        is_wrong: whether there is one where none may be.
        is_clear: whether there is none in what was looked at last, and none may begin at its end.
    """

    __slots__ = ("_from", "_line", "_marker", "_seen", "found", "is_clear", "is_last", "is_wrong")

    def __init__(self, boundary: bytes) -> None:
        self._marker = b"--" + boundary
        self._line = _LINE_END + self._marker
        # The end of what was seen, as far as a boundary may have begun in it, and from where on to look for one.
        self._seen = b""
        self._from = 0
        self.found = 0
        self.is_last = False
        self.is_wrong = False
        self.is_clear = False

    def begin(self, data: bytes) -> bytes:
        """What there is from the first boundary on, which need not stand in a line of its own; empty before it."""
        whole = self._seen + data
        at = whole.find(self._marker)
        if at == -1:
            self._seen = whole[-len(self._marker) + 1 :]
            return b""
        self._seen = _LINE_END
        self._from = len(_LINE_END)
        return whole[at:]

    def look(self, data: bytes) -> int:
        """Look for further boundaries. How much of `data` is right: all of it, or up to the last or a wrong one."""
        whole, before = self._seen + data, len(self._seen)
        size, start = len(self._marker), self._from
        was_in_doubt = self._ends_in_beginning()
        at = whole.find(self._marker, start)
        self.is_clear = at == -1
        while at != -1 and at + size + 2 <= len(whole):
            start = at + size
            behind = whole[start : start + 2]
            self.is_last = behind == _LAST
            self.is_wrong = whole[at - 2 : at] != _LINE_END or not (self.is_last or behind == _LINE_END)
            if self.is_wrong:
                return max(at - before, 0)
            self.found += 1
            if self.is_last:
                return start + 2 - before
            at = whole.find(self._marker, start)
        self._from = max(start, len(whole) - size - 1)
        self._seen = whole[max(self._from - 2, 0) :]
        self._from -= len(whole) - len(self._seen)
        self.is_clear = self.is_clear and not was_in_doubt and not self._ends_in_beginning()
        return len(data)

    def _ends_in_beginning(self) -> bool:
        """Whether what was seen ends with the beginning of a boundary's line, or with all of it."""
        at = self._seen.rfind(b"\r")
        return at != -1 and self._line.startswith(self._seen[at:])
