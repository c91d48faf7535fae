"""The text of a Date header, made once a second.

Node: utcDate of its internals
"""

from __future__ import annotations

import time
from email.utils import formatdate


class _Clock:
    """The second that was formatted last, and its text."""

    __slots__ = ("second", "text")

    def __init__(self) -> None:
        self.second = -1
        self.text = ""


_clock = _Clock()


def http_date() -> str:
    """Now, as RFC 9110 section 5.6.7 writes it."""
    second = int(time.time())
    if second != _clock.second:
        _clock.second = second
        _clock.text = formatdate(second, usegmt=True)
    return _clock.text
