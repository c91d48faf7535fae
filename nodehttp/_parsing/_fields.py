"""Header fields and trailers, as Node's parser reads them: RFC 9112 section 5, and the framing fields of section 6.

Each function is a grammar in the sense of `_cursor`. What strict reading refuses, and `insecure` lets pass: a bare LF
as line end, folded lines, control characters in values, Content-Length beside Transfer-Encoding. `relaxed` lets only
the control characters pass, NUL excepted.
"""

from __future__ import annotations

import re

from ._cursor import COLON, CR, HTAB, LF, SP, Cursor, Steps
from ._message import CONNECTION, FRAMING, Message

_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]*+")
_BLANKS = re.compile(rb"[ \t]*+")
_SPACES = re.compile(rb" *+")
_ZEROS = re.compile(rb"0*+")
_VALUE = re.compile(rb"[\t -~\x80-\xff]*+")
_RELAXED_VALUE = re.compile(rb"[^\x00\r\n]*+")
_INSECURE_VALUE = re.compile(rb"[^\r\n]*+")
_CODING = re.compile(rb"[\t -+\x2d-~\x80-\xff]*+")  # a value's characters without the comma
_CHUNKED = b"chunked"
_COMMA = 0x2C

# A whole line that needs no second look, and the first byte of the next: a short cut, with no rules of its own.
_PLAIN_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]++):[ \t]*+([\t -~\x80-\xff]*+)\r\n(?=[^ \t])")

_MAX_LENGTH = 2**64 - 1

_INVALID_TOKEN = "HPE_INVALID_HEADER_TOKEN"
_INVALID_CODING = ("HPE_INVALID_TRANSFER_ENCODING", "Invalid `Transfer-Encoding` header value")


def header_section(cursor: Cursor, message: Message) -> Steps[None]:
    """The fields after a start line, and the blank line that ends them."""
    if (yield from cursor.peek()) == SP:
        cursor.pos += 1
        if not message.limits.insecure:
            cursor.fail("HPE_UNEXPECTED_SPACE", "Unexpected space after start line")
    yield from field_lines(cursor, message)


def field_lines(cursor: Cursor, message: Message) -> Steps[None]:
    """Any number of fields, and the blank line that ends them. Trailers begin here too."""
    while not (yield from _section_end(cursor, message)):
        message.header_budget.items += 1
        if not _plain_field(cursor, message):
            yield from _field(cursor, message)


def _section_end(cursor: Cursor, message: Message) -> Steps[bool]:
    byte = yield from cursor.peek()
    if byte == CR:
        cursor.pos += 1
        if (yield from cursor.peek()) == LF:
            cursor.pos += 1
        elif not message.limits.insecure:
            cursor.fail("HPE_STRICT", "Expected LF after headers")
        return True
    if byte == LF:
        cursor.pos += 1
        if not message.limits.insecure:
            cursor.fail(_INVALID_TOKEN, "Invalid header field char")
        return True
    if byte == COLON:
        cursor.fail(_INVALID_TOKEN, "Invalid header token")
    return False


def _plain_field(cursor: Cursor, message: Message) -> bool:
    match = _PLAIN_LINE.match(cursor.data, cursor.pos)
    if match is None:
        return False
    name, value = match.groups()
    budget = message.header_budget
    if name.lower() in FRAMING or budget.used + len(name) + len(value) >= budget.limit:
        return False
    if budget.max_items is not None and budget.items > budget.max_items:
        return False
    budget.used += len(name) + len(value)
    message.fields += (name, value.rstrip(b" \t"))
    cursor.pos = match.end()
    return True


def _field(cursor: Cursor, message: Message) -> Steps[None]:
    name, special = yield from _name(cursor, message)
    if special == b"transfer-encoding" and message.content_length is not None and not message.limits.insecure:
        cursor.fail("HPE_INVALID_TRANSFER_ENCODING", "Transfer-Encoding can't be present with Content-Length")
    if special == b"content-length" and message.transfer_encoding and not message.limits.insecure:
        cursor.fail("HPE_INVALID_CONTENT_LENGTH", "Content-Length can't be present with Transfer-Encoding")
    lines: list[bytes] = []
    if (yield from _value_begins(cursor, message, special)):
        lines = yield from _value_lines(cursor, message, special)
    if special in CONNECTION:
        message.take_connection(lines)
    message.fields += (name, b"".join(lines).rstrip(b" \t"))


def _name(cursor: Cursor, message: Message) -> Steps[tuple[bytes, bytes]]:
    """The name with its colon; returns the name, and again in lower case if the parser itself acts on the field."""
    cursor.open_span(message.header_budget)
    byte = yield from cursor.skip(_TOKEN)
    special = cursor.span_so_far().lower()
    if special not in FRAMING:
        special = b""
    elif byte == SP:
        # Node looks for this blank only behind the names that it acts on.
        if not message.limits.insecure:
            cursor.close_span()
            cursor.fail(_INVALID_TOKEN, "Invalid header field char")
        byte = yield from cursor.skip(_SPACES)
        if byte != COLON:
            special = b""
            byte = yield from cursor.skip(_TOKEN)
    if byte != COLON:
        cursor.fail(_INVALID_TOKEN, "Invalid header token")
    return cursor.close_span(), special


def _value_begins(cursor: Cursor, message: Message, special: bytes) -> Steps[bool]:
    """Skip the blanks before a value; says whether there is a value (if not, the line is consumed)."""
    insecure = message.limits.insecure
    while True:
        byte = yield from cursor.skip(_BLANKS)
        if byte not in (CR, LF):
            return True
        cursor.pos += 1
        if byte == LF and not insecure:
            cursor.fail(_INVALID_TOKEN, "Invalid header value char")
        following = yield from cursor.peek()
        if byte == CR:
            if following == LF:
                cursor.pos += 1
            elif not insecure:
                cursor.fail("HPE_STRICT", "Expected LF after CR")
            following = yield from cursor.peek()
        if following not in (SP, HTAB):
            break
        cursor.pos += 1
        if not insecure:
            cursor.fail(_INVALID_TOKEN, "Invalid header value char")
    if special == b"content-length":
        cursor.fail("HPE_INVALID_CONTENT_LENGTH", "Empty Content-Length")
    if special == b"transfer-encoding":
        cursor.fail("HPE_INVALID_TRANSFER_ENCODING", "Empty Transfer-Encoding")
    return False


def _value_lines(cursor: Cursor, message: Message, special: bytes) -> Steps[list[bytes]]:
    """A value to its line end, and the lines folded into it; returns them with the blanks behind and between."""
    lines: list[bytes] = []
    while True:
        ends_in_chunked = False
        if special == b"content-length":
            yield from _content_length(cursor, message)
        elif special == b"transfer-encoding" and not lines:
            ends_in_chunked = yield from _transfer_encoding(cursor, message)
        else:
            message.names_protocol = message.names_protocol or special == b"upgrade"
            cursor.open_span(message.header_budget)
        lines.append((yield from _value_rest(cursor, message)))
        if (yield from cursor.peek()) not in (SP, HTAB):
            message.chunked = message.chunked or ends_in_chunked
            return lines
        if not message.limits.insecure:
            cursor.fail(_INVALID_TOKEN, "Unexpected whitespace after header value")


def _value_rest(cursor: Cursor, message: Message) -> Steps[bytes]:
    """The rest of a value's line, of which a part may be read already, and its line end."""
    limits = message.limits
    byte = yield from cursor.skip(_VALUE)
    if byte not in (CR, LF):
        if not (limits.insecure or limits.relaxed):
            cursor.close_span(0)
            cursor.fail(_INVALID_TOKEN, "Invalid header value char")
        byte = yield from cursor.skip(_INSECURE_VALUE if limits.insecure else _RELAXED_VALUE)
        if byte == 0 and limits.relaxed:
            cursor.fail(_INVALID_TOKEN, "Invalid header value char")
    value = cursor.close_span(int(byte == CR))
    if byte == LF and not limits.insecure:
        cursor.fail("HPE_CR_EXPECTED", "Missing expected CR after header value")
    if (yield from cursor.peek()) != LF:
        cursor.fail("HPE_LF_EXPECTED", "Missing expected LF after header value")
    cursor.pos += 1
    return value


def _content_length(cursor: Cursor, message: Message) -> Steps[None]:
    """ASCII digits and blanks. The field may come once: RFC 9112 section 6.3 allows equal ones, Node does not."""
    if message.content_length is not None:
        cursor.fail("HPE_UNEXPECTED_CONTENT_LENGTH", "Duplicate Content-Length")
    cursor.open_span(message.header_budget)
    length = 0
    yield from cursor.skip(_ZEROS)
    while 0 <= (digit := (yield from cursor.peek()) - 0x30) <= 9:
        length = length * 10 + digit
        cursor.pos += 1
        if length > _MAX_LENGTH:
            cursor.close_span(0)
            cursor.fail("HPE_INVALID_CONTENT_LENGTH", "Content-Length overflow")
    byte = yield from cursor.skip(_BLANKS)
    if byte not in (CR, LF):
        cursor.close_span(0)
        cursor.fail("HPE_INVALID_CONTENT_LENGTH", "Invalid character in Content-Length")
    message.content_length = length


def _transfer_encoding(cursor: Cursor, message: Message) -> Steps[bool]:
    """A list of codings; says whether it ends in `chunked`, after which a request may name no other."""
    final = message.limits.request and not message.limits.insecure
    if message.chunked and final:
        cursor.fail(*_INVALID_CODING, 1)
    message.transfer_encoding = True
    message.chunked = False
    cursor.open_span(message.header_budget)
    while True:
        if (yield from _chunked_word(cursor)):
            byte = yield from cursor.skip(_SPACES)
            if byte in (CR, LF):
                return True
            if byte == _COMMA and final:
                cursor.close_span()
                cursor.fail(*_INVALID_CODING)
        byte = yield from cursor.skip(_CODING)
        if byte != _COMMA:
            return False
        cursor.pos += 1
        yield from cursor.skip(_BLANKS)


def _chunked_word(cursor: Cursor) -> Steps[bool]:
    for letter in _CHUNKED:
        if (yield from cursor.peek()) | 0x20 != letter:
            return False
        cursor.pos += 1
    return True
