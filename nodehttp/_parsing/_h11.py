"""The engine on h11: its events `Request` and `Response`, which check themselves when they are made, judge a head.

One regular expression without backtracking says in linear time whether a head is of the sort on which h11 and Node
agree, and what its parts are. A whole `h11.Connection` would come to the same verdict in two to three times the time,
for it looks after states that nobody asks for here. h11 never sees a body: its chunked reader takes a bare LF, does not
bound extensions, and copies all it is given.
"""

from __future__ import annotations

import re

import h11

from ._start_line import METHODS

_FIELDS = rb"(?>[!#$%&'*+.^_`|~0-9A-Za-z-]++:[\t -~\x80-\xff]*+\r\n(?![ \t]))*+\r\n"
_REQUEST = re.compile(
    rb"(" + b"|".join(sorted(METHODS - {b"CONNECT"})) + rb") ([/*][!\"$->@-~]*+(?:\?[!\"$-~]*+)?+(?:\#[!-~]*+)?+)"
    rb" HTTP/(1\.[01])\r\n" + _FIELDS
)
_RESPONSE = re.compile(rb"HTTP/(1\.[01]) ([1-9][0-9]{2})(?: [\t -~]*+)?+\r\n" + _FIELDS)


def accepts_request(head: bytes) -> bool:
    """See `Accepts`."""
    match = _REQUEST.fullmatch(head)
    if match is None:
        return False
    method, target, version = match.groups()
    try:
        h11.Request(method=method, target=target, http_version=version, headers=_fields(head))
    except h11.LocalProtocolError:
        return False
    return True


def accepts_response(head: bytes) -> bool:
    """See `Accepts`."""
    match = _RESPONSE.fullmatch(head)
    if match is None:
        return False
    version, digits = match.groups()
    status = int(digits)
    kind = h11.InformationalResponse if status < 200 else h11.Response
    try:
        kind(status_code=status, http_version=version, headers=_fields(head))
    except h11.LocalProtocolError:
        return False
    return True


def _fields(head: bytes) -> list[tuple[bytes, bytes]]:
    fields = []
    for line in head.split(b"\r\n")[1:-2]:
        name, _, value = line.partition(b":")
        fields.append((name, value.strip(b" \t")))
    return fields
