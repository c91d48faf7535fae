"""The head of nearly every response, written in one go.

That is a response on a connection that stays, whose headers are plain: texts and numbers, under names that say nothing
of the message, or only how long it is. It comes to what `HeadBuilder` makes of it, which looks at each header.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from ._date import date_line
from ._head import NOTES, keep_alive_lines
from ._headers import HeaderStore, is_token

if TYPE_CHECKING:
    from ._response import ServerResponse

PLAIN = frozenset({str, int})
"""Types of values that a format writes as they are sent."""

TELLING = (NOTES.keys() | {"content-disposition"}) - {"content-length"}
"""Names under which there is more to do than to write the value."""

MOST_FIELDS = 32


def format_of_fields(names: Iterable[str]) -> str:
    """A format for the values of fields with these names."""
    return "".join(f"{name.replace('%', '%%')}: %s\r\n" for name in names)


_marks = attrgetter(
    "should_keep_alive",
    "send_date",
    "use_chunked_encoding_by_default",
    "chunked_encoding",
    "max_requests_on_connection_reached",
)
_USUAL_MARKS = (True, True, True, False, False)


class Frame:
    """A head without the values of its fields. A program sends the same names again and again, with other values.

    Attributes:
        text: a format for the values, and the Date line behind them, that makes the head. Without a Content-Length
            among the fields what tells of the body, and the blank line, come behind that.
        values: a format that makes one text of the values.
        length_at: which one is the Content-Length; None if there is none.
    """

    __slots__ = ("length_at", "text", "values")

    def __init__(self, start_line: str, names: tuple[str, ...], kept: str) -> None:
        self.values = "%s" * len(names)
        self.length_at: int | None = None
        for index, name in enumerate(names):
            if name.lower() == "content-length":
                self.length_at = index
        fields = format_of_fields(names)
        end = "" if self.length_at is None else "\r\n"
        self.text = f"{start_line.replace('%', '%%')}{fields}%s{kept}{end}"


@lru_cache(maxsize=256)
def _frame_of(start_line: str, names: tuple[Any, ...], timeout: float, most: float | None) -> Frame | None:
    """The frame of a head whose fields have these names, or None if they are not plain."""
    if len(names) > MOST_FIELDS:
        return None
    for name in names:
        if type(name) is not str or not is_token(name) or name.lower() in TELLING:
            return None
    return Frame(start_line, names, keep_alive_lines(timeout, most))


def usual_head(message: ServerResponse, start_line: str, headers: Any) -> str | None:
    """The head, as it leaves; None if it is not of this kind, and nothing has been done.

    `headers`: a dictionary, a store, which was checked before, or None; of any other kind there is no usual head.
    """
    timeout = message._keep_alive_timeout
    if not timeout or _marks(message) != _USUAL_MARKS or (message._unseen is None and message._state.removed):
        return None
    values: tuple[Any, ...] = ()
    if headers is None:
        names = values
    else:
        kind = type(headers)
        if kind is dict:
            names = tuple(headers)
        elif kind is HeaderStore:
            names = tuple(headers.raw_names())
        else:
            return None
        values = tuple(headers.values())
    frame = _frame_of(start_line, names, timeout, message._max_requests_per_socket)
    if frame is None or not PLAIN.issuperset(map(type, values)):
        return None
    text = frame.values % values
    if not (text.isascii() and text.isprintable()):  # such a text is a value to whoever decides
        return None
    head = frame.text % (*values, date_line())
    if frame.length_at is not None:
        message._content_length = values[frame.length_at]
        return head
    # These are the rules of `framing_of`, as far as they apply here.
    if message._unseen is None and not message._state.has_body:
        return f"{head}\r\n"
    if message._content_length is not None:
        return f"{head}Content-Length: {message._content_length}\r\n\r\n"
    message.chunked_encoding = True
    return f"{head}Transfer-Encoding: chunked\r\n\r\n"
