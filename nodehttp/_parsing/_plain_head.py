"""The short cut for heads: complete in one piece of input, and plain enough that h11 and Node agree about them.

Nearly every head is of this sort. One regular expression without backtracking says so in linear time; h11 then reads
the head, and what is left to look at are the framing fields. Whatever is not plain (or is too long, or h11 declines it,
as it does a request without Host) answers None, and goes to the grammar of `_start_line` and `_fields`, which knows the
exact error, or why it is none. So this file accepts less than Node and never more.
"""

from __future__ import annotations

import re
from itertools import chain

import h11

from ._interface import Head
from ._message import CONNECTION, Message
from ._start_line import METHODS

_FIELDS = rb"(?>[!#$%&'*+.^_`|~0-9A-Za-z-]++:[\t -~\x80-\xff]*+\r\n(?![ \t]))*+\r\n"
_REQUEST = re.compile(
    rb"(?:" + b"|".join(sorted(METHODS - {b"CONNECT"})) + rb") [/*][!\"$->@-~]*+(?:\?[!\"$-~]*+)?+(?:\#[!-~]*+)?+"
    rb" HTTP/1\.[01]\r\n" + _FIELDS
)
_RESPONSE = re.compile(rb"HTTP/1\.[01] [1-9][0-9]{2}(?: [\t -~]*+)?+\r\n" + _FIELDS)
_FRAMING_FIELDS = re.compile(
    rb"\r\n(connection|content-length|proxy-connection|transfer-encoding|upgrade):[ \t]*+([^\r]*+)", re.IGNORECASE
)
_LENGTH = re.compile(rb"[0-9]{1,18}[ \t]*+")


def read_plain_head(message: Message, data: bytes, pos: int) -> tuple[Head, int] | None:
    """The head that starts at `pos`, and where it ends; or None if it is not plain. `message` learns the framing."""
    limits = message.limits
    match = (_REQUEST if limits.request else _RESPONSE).match(data, pos)
    if match is None:
        return None
    end = match.end()
    if end - pos >= limits.max_header_size:
        return None
    raw = match.group()
    count = limits.max_headers_count
    if count and raw.count(b"\n") - 2 > count:
        return None
    if not _take_framing(message, raw):
        return None
    connection = h11.Connection(h11.SERVER if limits.request else h11.CLIENT)
    connection.receive_data(raw)
    try:
        event = connection.next_event()
    except h11.RemoteProtocolError:
        _forget_framing(message)
        return None
    if isinstance(event, h11.Request):
        message.method = event.method
        head = _head(message, event)
        head.method = event.method.decode("latin-1")
        head.url = event.target.decode("latin-1")
    elif isinstance(event, h11.Response | h11.InformationalResponse):
        message.status_code = event.status_code
        head = _head(message, event)
        head.status_code = event.status_code
        head.status_message = event.reason.decode("latin-1")
    else:
        _forget_framing(message)
        return None
    return head, end


def _head(message: Message, event: h11.Request | h11.Response | h11.InformationalResponse) -> Head:
    message.version = (1, 1) if event.http_version == b"1.1" else (1, 0)
    pairs = event.headers.raw_items()
    text = b"\n".join(chain.from_iterable(pairs)).decode("latin-1")
    return Head(
        version=message.version,
        raw_headers=text.split("\n") if pairs else [],
        keep_alive=message.keep_alive,
        upgrade=message.upgrade,
    )


def _take_framing(message: Message, raw: bytes) -> bool:
    """Note the framing fields; says whether they are plain: at most one length or coding, and well formed."""
    for name, value in _FRAMING_FIELDS.findall(raw):
        name = name.lower()
        if name in CONNECTION:
            message.take_connection([value])
        elif name == b"upgrade":
            message.names_protocol = message.names_protocol or bool(value)
        elif message.transfer_encoding or message.content_length is not None:
            _forget_framing(message)
            return False
        elif name == b"content-length" and _LENGTH.fullmatch(value):
            message.content_length = int(value)
        elif name == b"transfer-encoding" and value == b"chunked":
            message.transfer_encoding = message.chunked = True
        else:
            _forget_framing(message)
            return False
    return True


def _forget_framing(message: Message) -> None:
    message.content_length = None
    message.transfer_encoding = message.chunked = False
    message.asks_close = message.asks_keep_alive = message.asks_upgrade = message.names_protocol = False
