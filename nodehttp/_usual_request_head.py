"""The head of nearly every request, written in one go.

That is one over a connection that is kept, whose headers are plain, as in `_usual_head.py`. It comes to what
`HeadBuilder` makes of it, which looks at each header.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._usual_head import PLAIN, shape_of

if TYPE_CHECKING:
    from ._client import ClientRequest


def usual_request_head(request: ClientRequest, start_line: str) -> str | None:
    """The head, as it leaves; None if it is not of this kind, and nothing has been done."""
    state, store = request._state, request._header_store
    if (
        store is None
        or not request.should_keep_alive
        or not request._has_agent
        or request.send_date
        or request.chunked_encoding
        or request.max_requests_on_connection_reached
        or request._keep_alive_timeout
        or state.removed
    ):
        return None
    shape, values = shape_of(tuple(store.raw_names())), tuple(store.values())
    if shape is None or not PLAIN.issuperset(map(type, values)):
        return None
    framing_line = ""
    if shape.length_at is not None:
        state.content_length = str(values[shape.length_at])
    elif not request.use_chunked_encoding_by_default:  # these are the rules of `framing_of`, as far as they apply here
        state.last = True
    elif state.content_length is not None:
        framing_line = f"Content-Length: {state.content_length}\r\n"
    else:
        framing_line = "Transfer-Encoding: chunked\r\n"
        request.chunked_encoding = True
    return f"{start_line}{shape.fields % values}Connection: keep-alive\r\n{framing_line}\r\n"
