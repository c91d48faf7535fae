"""The Date header, made once a second.

Node: utcDate of its internals
"""

from __future__ import annotations

from email.utils import formatdate
from time import time


class _Clock:
    """The second that was formatted last, and its line."""

    __slots__ = ("line", "second")

    def __init__(self) -> None:
        self.second = -1
        self.line = ""


_clock = _Clock()


def date_line() -> str:
    """The header field that says that it is now, as RFC 9110 section 5.6.7 writes it, with its line end."""
    second = int(time())
    if second != _clock.second:
        _clock.second = second
        _clock.line = f"Date: {formatdate(second, usegmt=True)}\r\n"
    return _clock.line
