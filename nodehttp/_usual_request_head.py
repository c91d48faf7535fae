"""The head of nearly every request, written in one go.

That is one over a connection that is kept, whose headers are plain, as those of a usual response (`_usual_head.py`). It
comes to what `HeadBuilder` makes of it, which looks at each header.
"""

from __future__ import annotations

from functools import lru_cache
from operator import attrgetter
from typing import TYPE_CHECKING

from ._usual_head import MOST_FIELDS, PLAIN, TELLING, format_of_fields

if TYPE_CHECKING:
    from ._client import ClientRequest

_marks = attrgetter(
    "should_keep_alive",
    "_has_agent",
    "send_date",
    "chunked_encoding",
    "max_requests_on_connection_reached",
    "_keep_alive_timeout",
)
_USUAL_MARKS = (True, True, False, False, False, 0)


@lru_cache(maxsize=256)
def _format_of(names: tuple[str, ...]) -> tuple[str, int | None] | None:
    """A format for the values of fields with these names, and which one is the Content-Length.

    None if they are not plain. A program sends the same names again and again, with other values.
    """
    lower = [name.lower() for name in names]
    if len(names) > MOST_FIELDS or not TELLING.isdisjoint(lower):
        return None
    return format_of_fields(names), lower.index("content-length") if "content-length" in lower else None


def usual_request_head(request: ClientRequest, start_line: str) -> str | None:
    """The head, as it leaves; None if it is not of this kind, and nothing has been done."""
    state, store = request._state, request._header_store
    if store is None or state.removed or _marks(request) != _USUAL_MARKS:
        return None
    found, values = _format_of(tuple(store.raw_names())), tuple(store.values())
    if found is None or not PLAIN.issuperset(map(type, values)):
        return None
    fields, length_at = found
    framing_line = ""
    if length_at is not None:
        request._content_length = str(values[length_at])
    elif not request.use_chunked_encoding_by_default:  # these are the rules of `framing_of`, as far as they apply here
        state.last = True
    elif request._content_length is not None:
        framing_line = f"Content-Length: {request._content_length}\r\n"
    else:
        framing_line = "Transfer-Encoding: chunked\r\n"
        request.chunked_encoding = True
    return f"{start_line}{fields % values}Connection: keep-alive\r\n{framing_line}\r\n"
