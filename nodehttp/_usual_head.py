"""The head of nearly every response, written in one go.

That is a response on a connection that stays, whose headers are plain: texts and numbers, under names that say nothing
of the message, or only how long it is. It comes to what `HeadBuilder` makes of it, which looks at each header.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ._date import date_line
from ._head import NOTES, keep_alive_lines
from ._headers import HeaderStore, is_token

if TYPE_CHECKING:
    from ._outgoing import OutgoingMessage

_PLAIN = frozenset({str, int})
"""Types of values that a format writes as they are sent."""

_TELLING = (NOTES.keys() | {"content-disposition"}) - {"content-length"}
"""Names under which there is more to do than to write the value."""

_MOST_FIELDS = 32


class Shape:
    """Fields without their values. A program sends the same names again and again, with other values.

    Attributes:
        fields: a format for the values that makes the fields.
        values: a format that makes one text of the values.
        length_at: which one is the Content-Length; None if there is none.
    """

    __slots__ = ("fields", "length_at", "values")

    def __init__(self, names: tuple[str, ...]) -> None:
        self.fields = "".join(f"{name.replace('%', '%%')}: %s\r\n" for name in names)
        self.values = "%s" * len(names)
        self.length_at: int | None = None
        for index, name in enumerate(names):
            if name.lower() == "content-length":
                self.length_at = index


_NO_FIELDS = Shape(())


@lru_cache(maxsize=256)
def _shape_of(names: tuple[Any, ...]) -> Shape | None:
    """The shape of fields with these names, or None if they are not plain."""
    if len(names) > _MOST_FIELDS:
        return None
    for name in names:
        if type(name) is not str or not is_token(name) or name.lower() in _TELLING:
            return None
    return Shape(names)


def usual_head(message: OutgoingMessage, start_line: str, headers: Any) -> str | None:
    """The head, as it leaves; None if it is not of this kind, and nothing has been done.

    `headers`: a dictionary, a store, which was checked before, or None; of any other kind there is no usual head.
    """
    timeout, state = message._keep_alive_timeout, message._state
    if (
        not timeout
        or not message.should_keep_alive
        or not message.send_date
        or not message.use_chunked_encoding_by_default
        or message.chunked_encoding
        or message.max_requests_on_connection_reached
        or state.removed
    ):
        return None
    if type(headers) is dict:
        shape, values = _shape_of(tuple(headers)), tuple(headers.values())
        if shape is None or not _PLAIN.issuperset(map(type, values)):
            return None
        text = shape.values % values
        if not (text.isascii() and text.isprintable()):  # such a text is a value to whoever decides
            return None
    elif type(headers) is HeaderStore:
        shape, values = _shape_of(tuple(headers.raw_names())), tuple(headers.values())
        if shape is None or not _PLAIN.issuperset(map(type, values)):
            return None
    elif headers is None:
        shape, values = _NO_FIELDS, ()
    else:
        return None
    framing_line = ""
    if shape.length_at is not None:
        message._content_length = str(values[shape.length_at])
    elif state.has_body:  # these are the rules of `framing_of`, as far as they apply here
        if message._content_length is not None:
            framing_line = f"Content-Length: {message._content_length}\r\n"
        else:
            framing_line = "Transfer-Encoding: chunked\r\n"
            message.chunked_encoding = True
    kept = keep_alive_lines(timeout, message._max_requests_per_socket)
    return f"{start_line}{shape.fields % values}{date_line()}{kept}{framing_line}\r\n"
