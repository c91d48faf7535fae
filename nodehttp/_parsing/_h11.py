"""The engine on h11: a fresh `h11.Connection` for each head, and only for those on which it and Node agree.

One regular expression without backtracking says in linear time whether a head is of that sort; a request without Host
is one that h11 declines by itself. h11 never sees a body: its chunked reader takes a bare LF, does not bound
extensions, and copies all it is given.
"""

from __future__ import annotations

import re
from typing import Any

from h11 import CLIENT, SERVER, Connection, InformationalResponse, RemoteProtocolError, Request, Response

from ._start_line import METHODS

_FIELDS = rb"(?>[!#$%&'*+.^_`|~0-9A-Za-z-]++:[\t -~\x80-\xff]*+\r\n(?![ \t]))*+\r\n"
_REQUEST = re.compile(
    rb"(?:" + b"|".join(sorted(METHODS - {b"CONNECT"})) + rb") [/*][!\"$->@-~]*+(?:\?[!\"$-~]*+)?+(?:\#[!-~]*+)?+"
    rb" HTTP/1\.[01]\r\n" + _FIELDS
)
_RESPONSE = re.compile(rb"HTTP/1\.[01] [1-9][0-9]{2}(?: [\t -~]*+)?+\r\n" + _FIELDS)

_RESPONSES = (Response, InformationalResponse)


def accepts_request(head: bytes) -> bool:
    """See `Accepts`."""
    return _REQUEST.fullmatch(head) is not None and isinstance(_event(SERVER, head), Request)


def accepts_response(head: bytes) -> bool:
    """See `Accepts`."""
    return _RESPONSE.fullmatch(head) is not None and isinstance(_event(CLIENT, head), _RESPONSES)


def _event(role: Any, head: bytes) -> object:
    """What h11 makes of a head in that role; None if it refuses it."""
    connection = Connection(role)
    connection.receive_data(head)
    try:
        return connection.next_event()
    except RemoteProtocolError:
        return None
