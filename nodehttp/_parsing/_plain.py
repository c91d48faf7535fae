"""Plain heads: the short cut around the grammars for heads that are there in one piece.

Nearly every head is of that sort. An engine judges it; then it can only be read in one way, so its lines are cut at
their first colon, and the fields that frame the body are looked at. What passes both is what Node accepts, or less, and
never more. What does not pass goes to the grammars of `_start_line` and `_fields`, which know the exact error, or why
it is none.

Most of the plain heads are usual ones: of HTTP/1.1, with nothing to say of framing but that the connection lives on,
and at most one field that announces a body. No `Message` is made for those.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from ._interface import Head
from ._message import CONNECTION, FRAMING, Limits, Message

CHUNKED = -1
"""The size of a body that comes in chunks."""

Accepts = Callable[[bytes], bool]
"""An engine: whether it accepts a head, which is whole. The head has no blank lines before it, and one at its end."""

PlainHead = tuple[Head, int, int, Message | None]
"""A head, where it ends, and what it says of a body: its size in bytes, or CHUNKED; in unusual cases it is the message
that knows."""

ReadHead = Callable[[Limits, bytes, int], PlainHead | None]
"""`read_request` or `read_response` with its engine."""

_HEAD_END = b"\r\n\r\n"
_VERSIONS = {"HTTP/1.1": (1, 1), "HTTP/1.0": (1, 0)}
_UNUSUAL_METHODS = ("CONNECT", "PRI")
_WITHOUT_BODY = (204, 304)  # and those below 200
_MOST_DIGITS = 18

_cut_at_names = re.compile(r"\r\n([^:\r]++):[ \t]*+").split

_FRAMING_FIELD = b"((?i:%s)):[ \t]*+([^\r]*+)" % b"|".join(sorted(FRAMING))
_framing_fields = re.compile(rb"\n" + _FRAMING_FIELD).findall
# The first look ahead says nothing that the names do not say, but quickly: all of them begin with one of these letters.
_notable_fields = re.compile(rb"\n(?=[CPTUcptu])(?!(?i:connection: keep-alive\r))" + _FRAMING_FIELD).findall


def read_request(accepts: Accepts, limits: Limits, data: bytes, pos: int) -> PlainHead | None:
    """The head of the request that begins at `pos`; or None if it is not plain."""
    # A head of `max_header_size` bytes keeps to the limit, in which its line ends do not count.
    end = data.find(_HEAD_END, pos, pos + limits.max_header_size) + 4
    if end < 4:
        return None
    raw = data[pos:end]
    if not accepts(raw):
        return None
    text = raw.decode("latin-1")
    fields = _cut_at_names(text[:-4])
    if " \r\n" in text or "\t\r\n" in text:
        fields = _without_blanks(fields)
    start = fields.pop(0).split(" ")
    if len(start) != 3 or len(fields) > limits.most_strings:
        return None
    method, url, protocol = start
    if protocol == "HTTP/1.1" and method not in _UNUSUAL_METHODS:
        notable = _notable_fields(raw)
        size = _usual_size(notable) if notable else 0
        if size is not None:
            return Head(method, url, None, None, (1, 1), fields, True, False), end, size, None
    version = _VERSIONS.get(protocol)
    if version is None or not url or method == "PRI":
        return None  # PRI opens HTTP/2, and an engine may wait for more
    message = Message(limits)
    message.method = method.encode()
    message.version = version
    if not _take_framing(message, raw):
        return None
    upgrade = message.upgrade
    head = Head(method, url, None, None, version, fields, message.keep_alive, upgrade)
    is_whole = not (upgrade or message.content_length or message.transfer_encoding)
    return head, end, 0, None if is_whole else message


def read_response(accepts: Accepts, limits: Limits, data: bytes, pos: int) -> PlainHead | None:
    """The head of the response that begins at `pos`; or None if it is not plain."""
    end = data.find(_HEAD_END, pos, pos + limits.max_header_size) + 4
    if end < 4:
        return None
    raw = data[pos:end]
    if not accepts(raw):
        return None
    text = raw.decode("latin-1")
    fields = _cut_at_names(text[:-4])
    if " \r\n" in text or "\t\r\n" in text:
        fields = _without_blanks(fields)
    protocol, _, rest = fields.pop(0).partition(" ")
    if len(fields) > limits.most_strings:
        return None
    status, _, reason = rest.partition(" ")
    code = int(status)
    if protocol == "HTTP/1.1" and code >= 200 and code not in _WITHOUT_BODY:
        size = _usual_size(_notable_fields(raw))
        if size is not None:
            return Head(None, None, code, reason, (1, 1), fields, True, False), end, size, None
    version = _VERSIONS.get(protocol)
    if version is None:
        return None
    message = Message(limits)
    message.status_code = code
    message.version = version
    if not _take_framing(message, raw):
        return None
    return Head(None, None, code, reason, version, fields, message.keep_alive, message.upgrade), end, 0, message


def _without_blanks(strings: list[str]) -> list[str]:
    """Those behind values are taken away; what is behind a start line is not ours."""
    start, *fields = strings
    return [start, *(string.rstrip(" \t") for string in fields)]


def _usual_size(notable: list[tuple[bytes, bytes]]) -> int | None:
    """The size of the body, if one field says it in the usual words, and there is no other."""
    if len(notable) == 1:
        name, value = notable[0]
        name = name.lower()
        if name == b"content-length":
            if value.isdigit() and len(value) <= _MOST_DIGITS:
                return int(value)
        elif name == b"transfer-encoding" and value == b"chunked":
            return CHUNKED
    return None


def _take_framing(message: Message, raw: bytes) -> bool:
    """Note the framing fields; says whether they are plain: at most one length or coding, and in the usual words."""
    for name, value in _framing_fields(raw):
        name = name.lower()
        length = value.rstrip(b" \t")
        if name in CONNECTION:
            message.take_connection([length])
        elif name == b"upgrade":
            message.names_protocol = message.names_protocol or bool(length)
        elif message.transfer_encoding or message.content_length is not None:
            return False
        elif name == b"content-length" and length.isdigit() and len(length) <= _MOST_DIGITS:
            message.content_length = int(length)
        elif name == b"transfer-encoding" and value == b"chunked":
            message.transfer_encoding = message.chunked = True
        else:
            return False
    return True
