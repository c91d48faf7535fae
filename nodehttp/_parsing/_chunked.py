"""The framing of chunked bodies, as Node's parser reads it: RFC 9112 section 7.1.

Each function is a grammar in the sense of `_cursor`. The engine takes a plain size line by itself; what comes here is
one with extensions, one that is cut by the end of the input, and one to be refused. The names and values of one
chunk's extensions may take 16 KiB together.
"""

from __future__ import annotations

import re

from ._cursor import CR, HTAB, LF, SP, Budget, Cursor, Steps
from ._message import Message

# A size line without extensions, with room for no overflow; the short cut around this module.
PLAIN_SIZE_LINE = re.compile(rb"([0-9A-Fa-f]{1,16})\r\n")

_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]*+")
_QUOTED_TEXT = re.compile(rb"[\t !#-\[\]-~\x80-\xff]*+")
_BLANKS = re.compile(rb"[ \t]*+")
_ZEROS = re.compile(rb"0*+")
_HEX_DIGITS = b"0123456789ABCDEFabcdef"

_MAX_SIZE = 2**64 - 1
_MAX_EXTENSIONS_SIZE = 16384
_SEMICOLON, _EQUALS, _QUOTE, _BACKSLASH = b';="\\'


def size_line(cursor: Cursor, message: Message) -> Steps[int]:
    """A chunk's size line to its end; returns the size in bytes."""
    size = yield from _size(cursor)
    if message.limits.insecure:
        yield from cursor.skip(_BLANKS)
    byte = yield from cursor.peek()
    if byte not in (CR, LF, _SEMICOLON):
        blank = byte in (SP, HTAB)
        cursor.fail("HPE_INVALID_CHUNK_SIZE", "Invalid character in chunk size", int(blank))
    cursor.pos += 1
    if byte == _SEMICOLON:
        yield from _extensions(cursor, message)
    elif byte == LF and not message.limits.insecure:
        cursor.fail("HPE_CR_EXPECTED", "Missing expected CR after chunk size")
    if (yield from cursor.peek()) == LF:
        cursor.pos += 1
    elif not message.limits.insecure:
        cursor.fail("HPE_STRICT", "Expected LF after chunk size")
    return size


def data_end(cursor: Cursor, message: Message) -> Steps[None]:
    """The line end after a chunk's data."""
    insecure = message.limits.insecure
    byte = yield from cursor.peek()
    if byte == LF:
        cursor.pos += 1
        if not insecure:
            cursor.fail("HPE_CR_EXPECTED", "Missing expected CR after chunk data")
        return
    if not (yield from cursor.literal(b"\r\n")) and not insecure:
        cursor.fail("HPE_STRICT", "Expected LF after chunk data")


def _size(cursor: Cursor) -> Steps[int]:
    size = 0
    byte = yield from cursor.peek()
    if byte not in _HEX_DIGITS:
        cursor.fail("HPE_INVALID_CHUNK_SIZE", "Invalid character in chunk size")
    byte = yield from cursor.skip(_ZEROS)
    while byte in _HEX_DIGITS:
        size = size * 16 + int(chr(byte), 16)
        cursor.pos += 1
        if size > _MAX_SIZE:
            cursor.fail("HPE_INVALID_CHUNK_SIZE", "Chunk size overflow")
        byte = yield from cursor.peek()
    return size


def _extensions(cursor: Cursor, message: Message) -> Steps[None]:
    """`;name`, `;name=value` and `;name="value"`, the first semicolon being read; consumes the CR at the end."""
    budget = Budget(_MAX_EXTENSIONS_SIZE + 1, "HPE_CHUNK_EXTENSIONS_OVERFLOW", "Chunk extensions overflow")
    while True:
        if (yield from cursor.peek()) in (SP, CR):
            cursor.fail("HPE_STRICT", "Invalid character in chunk extensions", 1)
        cursor.open_span(budget)
        byte = yield from cursor.skip(_TOKEN)
        cursor.close_span(int(byte != LF))
        if byte == _EQUALS:
            byte = yield from _extension_value(cursor, message, budget)
        elif byte == LF:
            _bare_line_feed(cursor, message, "name")
        elif byte not in (_SEMICOLON, CR):
            cursor.fail("HPE_STRICT", "Invalid character in chunk extensions name")
        if byte != _SEMICOLON:
            return


def _extension_value(cursor: Cursor, message: Message, budget: Budget) -> Steps[int]:
    """A value and its delimiter, which is returned, and consumed unless it is an LF."""
    cursor.open_span(budget)
    byte = yield from cursor.skip(_TOKEN)
    if byte == _QUOTE:
        cursor.pos += 1
        yield from _quoted_rest(cursor)
        byte = yield from cursor.peek()
        if byte in (_SEMICOLON, CR):
            cursor.pos += 1
        elif byte != LF:
            cursor.fail("HPE_STRICT", "Invalid character in chunk extensions quote value")
    else:
        cursor.close_span(int(byte != LF))
        if byte not in (_SEMICOLON, CR, LF):
            cursor.fail("HPE_STRICT", "Invalid character in chunk extensions value")
    if byte == LF:
        _bare_line_feed(cursor, message, "value")
    return byte


def _quoted_rest(cursor: Cursor) -> Steps[None]:
    while True:
        byte = yield from cursor.skip(_QUOTED_TEXT)
        if byte == _QUOTE:
            cursor.pos += 1
            cursor.close_span(0)
            return
        if byte != _BACKSLASH:
            cursor.close_span()
            cursor.fail("HPE_STRICT", "Invalid character in chunk extensions quoted value")
        cursor.pos += 1
        byte = yield from cursor.peek()
        if (byte < SP and byte != HTAB) or byte == 0x7F:
            cursor.close_span()
            cursor.fail("HPE_STRICT", "Invalid quoted-pair in chunk extensions quoted value")
        cursor.pos += 1


def _bare_line_feed(cursor: Cursor, message: Message, part: str) -> None:
    if not message.limits.insecure:
        cursor.fail("HPE_CR_EXPECTED", f"Missing expected CR after chunk extension {part}")
