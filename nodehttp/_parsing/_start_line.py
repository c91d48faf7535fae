"""The first line of a message, as Node's parser reads it.

Each function is a grammar in the sense of `_cursor`: it consumes its part of the line and raises `ParseError` with
Node's code and reason at the byte where Node would. RFC 9112 sections 3 and 4; what Node takes beside them is noted.
"""

from __future__ import annotations

import re
from enum import Enum, auto

from ._cursor import COLON, CR, LF, SP, Cursor, Steps
from ._message import Message

METHODS = frozenset(
    b"ACL BIND CHECKOUT CONNECT COPY DELETE GET HEAD LINK LOCK M-SEARCH MERGE MKACTIVITY MKCALENDAR MKCOL MOVE NOTIFY "
    b"OPTIONS PATCH POST PROPFIND PROPPATCH PURGE PUT QUERY REBIND REPORT SEARCH SOURCE SUBSCRIBE TRACE UNBIND UNLINK "
    b"UNLOCK UNSUBSCRIBE".split()
)
# The same parser reads RTSP requests, and knows the opening of an HTTP/2 connection in order to refuse it.
_RTSP_METHODS = frozenset(
    b"ANNOUNCE DESCRIBE FLUSH GET GET_PARAMETER OPTIONS PAUSE PLAY POST RECORD REDIRECT SETUP SET_PARAMETER "
    b"TEARDOWN".split()
)
_PROTOCOL_METHODS = {
    b"HTTP": (METHODS | {b"PRI"}, "Invalid method for HTTP/x.x request"),
    b"RTSP": (_RTSP_METHODS, "Invalid method for RTSP/x.x request"),
    b"ICE": (frozenset((b"SOURCE",)), "Expected SOURCE method for ICE/x.x request"),
}
_ALL_METHODS = METHODS | _RTSP_METHODS | {b"PRI"}
_BEGINNINGS = frozenset(method[:end] for method in _ALL_METHODS for end in range(1, len(method) + 1))
_VERSIONS = frozenset(((0, 9), (1, 0), (1, 1), (2, 0)))
_H2_PREFACE_END = b"\r\n\r\nSM\r\n\r\n"

_EXPECTED_PROTOCOL = ("HPE_INVALID_CONSTANT", "Expected HTTP/, RTSP/ or ICE/")
_INVALID_URL = "HPE_INVALID_URL"
_AT, _SLASH, _QUESTION, _HASH, _DOT = b"@/?#."

_SPACES = re.compile(rb" *+")
_LETTERS = re.compile(rb"[A-Za-z]*+")
_PATH = re.compile(rb"[!\"$->@-~]*+")  # visible ASCII without # and ?
_QUERY = re.compile(rb"[!\"$-~]*+")
_FRAGMENT = re.compile(rb"[!-~]*+")
_SERVER = re.compile(rb"[!$-.0-;=A-Z\[\]_a-z~]*+")
_REASON = re.compile(rb"[^\r\n]*+")


class _UrlEnd(Enum):
    """What follows a URL: a protocol version, or nothing, as in HTTP/0.9."""

    VERSION = auto()
    LINE_END = auto()


def request_line(cursor: Cursor, message: Message) -> Steps[None]:
    """`GET / HTTP/1.1` and its line end."""
    message.method = yield from _method(cursor)
    if (yield from cursor.peek()) != SP:
        cursor.fail("HPE_INVALID_METHOD", "Expected space after method")
    yield from cursor.skip(_SPACES)
    url_end = yield from _url(cursor, message)
    if url_end is _UrlEnd.LINE_END:
        message.version = (0, 9)
        return
    yield from cursor.skip(_SPACES)
    protocol = yield from _protocol(cursor)
    methods, reason = _PROTOCOL_METHODS[protocol]
    if message.method not in methods:
        cursor.fail("HPE_INVALID_CONSTANT", reason)
    yield from _version(cursor, message)
    if message.method == b"PRI":
        yield from _refuse_h2(cursor)
    yield from _request_line_end(cursor, message)


def status_line(cursor: Cursor, message: Message) -> Steps[None]:
    """`HTTP/1.1 200 OK` and its line end; the reason phrase may be any bytes, or be left out."""
    yield from _protocol(cursor)
    yield from _version(cursor, message)
    if (yield from cursor.peek()) != SP:
        cursor.fail("HPE_INVALID_VERSION", "Expected space after version")
    cursor.pos += 1
    for _ in range(3):
        digit = yield from _digit(cursor, "HPE_INVALID_STATUS", "Invalid status code")
        message.status_code = message.status_code * 10 + digit
    byte = yield from _reason_phrase(cursor, message)
    if byte == CR:
        yield from _line_feed(cursor, message, "Expected LF after CR")


def _reason_phrase(cursor: Cursor, message: Message) -> Steps[int]:
    """The rest of a status line; returns the byte that ended it, which is consumed."""
    byte = yield from cursor.peek()
    if byte not in b" \r\n":
        cursor.fail("HPE_INVALID_STATUS", "Invalid response status")
    cursor.pos += 1
    refusal = ("HPE_INVALID_STATUS", "Invalid response status")
    if byte == SP:
        cursor.open_span(message.header_budget)
        byte = yield from cursor.skip(_REASON)
        message.status_message = cursor.close_span()
        refusal = ("HPE_CR_EXPECTED", "Missing expected CR after response line")
    if byte == LF and not message.limits.insecure:
        cursor.fail(*refusal)
    return byte


def _method(cursor: Cursor) -> Steps[bytes]:
    word = b""
    while True:
        longer = word + bytes([(yield from cursor.peek())])
        if longer not in _BEGINNINGS:
            if word in _ALL_METHODS:
                return word
            cursor.fail("HPE_INVALID_METHOD", "Invalid method encountered")
        cursor.pos += 1
        word = longer
        if word in _ALL_METHODS and word != b"GET":  # the only one that begins another
            return word


def _protocol(cursor: Cursor) -> Steps[bytes]:
    first = yield from cursor.peek()
    for name in _PROTOCOL_METHODS:
        if name[0] == first:
            if (yield from cursor.literal(name)):
                return name
            break
    cursor.fail(*_EXPECTED_PROTOCOL)


def _version(cursor: Cursor, message: Message) -> Steps[None]:
    if (yield from cursor.peek()) != _SLASH:
        cursor.fail(*_EXPECTED_PROTOCOL)
    cursor.pos += 1
    major = yield from _digit(cursor, "HPE_INVALID_VERSION", "Invalid major version")
    if (yield from cursor.peek()) != _DOT:
        cursor.fail("HPE_INVALID_VERSION", "Expected dot")
    cursor.pos += 1
    minor = yield from _digit(cursor, "HPE_INVALID_VERSION", "Invalid minor version")
    message.version = (major, minor)
    if message.version not in _VERSIONS and not message.limits.insecure:
        cursor.fail("HPE_INVALID_VERSION", "Invalid HTTP version")


def _digit(cursor: Cursor, code: str, reason: str) -> Steps[int]:
    digit = (yield from cursor.peek()) - 0x30
    if not 0 <= digit <= 9:
        cursor.fail(code, reason)
    cursor.pos += 1
    return digit


def _refuse_h2(cursor: Cursor) -> Steps[None]:
    if (yield from cursor.literal(_H2_PREFACE_END)):
        cursor.fail("HPE_PAUSED_H2_UPGRADE", "Pause on PRI/Upgrade")
    cursor.fail("HPE_INVALID_VERSION", "Expected HTTP/2 Connection Preface")


def _request_line_end(cursor: Cursor, message: Message) -> Steps[None]:
    reason = "Expected CRLF after version"
    byte = yield from cursor.peek()
    if byte == CR or (byte == LF and message.limits.insecure):
        cursor.pos += 1
        yield from _line_feed(cursor, message, reason)
        return
    cursor.fail("HPE_INVALID_VERSION", reason, int(byte == LF))


def _line_feed(cursor: Cursor, message: Message, reason: str) -> Steps[None]:
    if (yield from cursor.peek()) == LF:
        cursor.pos += 1
    elif not message.limits.insecure:
        cursor.fail("HPE_STRICT", reason)


# --- the URL: a path, `*`, an absolute URL, or (CONNECT) an authority ---


def _url(cursor: Cursor, message: Message) -> Steps[_UrlEnd]:
    cursor.open_span(message.header_budget)
    if message.method == b"CONNECT":
        part = yield from _url_server(cursor)
    else:
        part = yield from _url_start(cursor)
    if part == _SLASH:
        part = yield from _url_part(cursor, _PATH, b"?#", "Invalid char in url path")
    if part == _QUESTION:
        part = yield from _url_part(cursor, _QUERY, b"#", "Invalid char in url query")
    if part == _HASH:
        part = yield from _url_part(cursor, _FRAGMENT, b"", "Invalid char in url fragment start")
    message.url = cursor.close_span(0)
    if part != CR:
        cursor.pos += 1
    elif not (yield from cursor.literal(b"\r\n")):
        cursor.fail(_INVALID_URL, "Expected CRLF")
    if (yield from cursor.peek()) in b"\t\f":
        cursor.fail(_INVALID_URL, "Invalid characters in url", 1)
    return _UrlEnd.VERSION if part == SP else _UrlEnd.LINE_END


def _url_start(cursor: Cursor) -> Steps[int]:
    byte = yield from cursor.peek()
    if byte in b"/*":
        cursor.pos += 1
        return _SLASH
    if byte in b" \r\n\t\f":
        cursor.fail(_INVALID_URL, "Invalid characters in url", 1)
    if not bytes((byte,)).isalpha():
        cursor.fail(_INVALID_URL, "Unexpected start char in url")
    byte = yield from cursor.skip(_LETTERS)
    if byte == COLON:
        cursor.pos += 1
        byte = yield from cursor.peek()
        if byte == _SLASH and (yield from cursor.literal(b"//")):
            return (yield from _url_server(cursor))
    if byte in b" \r\n\t\f":
        cursor.fail(_INVALID_URL, "Invalid characters in url", 1)
    cursor.fail(_INVALID_URL, "Unexpected char in url schema")


def _url_server(cursor: Cursor) -> Steps[int]:
    while (byte := (yield from cursor.skip(_SERVER))) == _AT:
        cursor.pos += 1
        if (yield from cursor.peek()) == _AT:
            cursor.fail(_INVALID_URL, "Double @ in url", 1)
    return _part_end(cursor, byte, b"/?", "Unexpected char in url server")


def _url_part(cursor: Cursor, allowed: re.Pattern[bytes], then: bytes, reason: str) -> Steps[int]:
    byte = yield from cursor.skip(allowed)
    return _part_end(cursor, byte, then, reason)


def _part_end(cursor: Cursor, byte: int, then: bytes, reason: str) -> int:
    """The delimiter of a URL's part: consumed if another part follows, left if it ends the URL."""
    if byte in then:
        cursor.pos += 1
    elif byte in b"\t\f":
        cursor.fail(_INVALID_URL, "Invalid characters in url", 1)
    elif byte not in b" \r\n":
        cursor.fail(_INVALID_URL, reason)
    return byte
