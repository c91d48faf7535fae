"""The bytes of a server's answer, most of them well formed. Text is one character for each byte.

Everything is read off a tape, and zero is always the simplest choice.
"""

from __future__ import annotations

from compliance.programs._tape import Tape

from ._messages import (
    CRLF,
    Careful,
    chunk,
    connection_field,
    field,
    framing_field,
    last_chunk,
    line_end,
    trailer,
)

VERSIONS = ("HTTP/1.1",) * 12 + (
    *(
        "HTTP/1.0",
        "HTTP/1.0",
        "HTTP/2.0",
        "HTTP/0.9",
        "HTTP/1.2",
        "http/1.1",
        "RTSP/1.0",
        "HTTP/11",
        "HTTP/1.",
        "HTTP/1",
    ),
)
STATUSES = ("200",) * 8 + ("204", "304", "404", "500", "101", "205", "206", "301", "599", "999")
ODD_STATUSES = ("000", "099", "600", "20", "2000", "abc", "1x1", "-20", "", "2 0", "\xb2\xb2\xb2")
INTERIM_STATUSES = ("100", "103", "102", "100", "199", "150", "101")
REASONS = (" OK",) * 6 + ("", " ", " Very Well Indeed", " \xe9\xff", "  two", " a\tb")
ODD_REASONS = ("\tOK", " O\x00K", " O\x7fK", " O\rK", " O\nK", "OK", " \r\n ")
HINTS = ("timeout=5", "timeout=1", "timeout=0, max=3", "max=1", "TIMEOUT=1", "timeout=1x", "timeout=", "timeout=+1")
BODIES = ("hello", "", "x", "a\r\nb", "0\r\n\r\n", "\x00\xff", "HTTP/1.1 200 OK\r\n\r\n", "w" * 300)
BEFORE = ("",) * 24 + ("\r\n", "\r\n\r\n", "\n", "\r", " ", "garbage\r\n", "\x16\x03\x01")
AFTER = ("",) * 18 + (
    *("\r\n", "garbage", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 404 No\r\n\r\n", "H", "\n", "\r"),
    "HTTP/1.1 100 Continue\r\n\r\n",
)


def answer(data: bytes) -> str:
    """Informational answers, the final one, and what comes after it."""
    odd = data[:1] > b"\xa0"
    tape = (Tape if odd else Careful)(data[1:])
    before = tape.pick(BEFORE) if odd else ""
    interim = (_interim(tape) for _ in range((0, 0, 0, 1, 0, 2, 1)[tape.number(7)]))
    return before + "".join(interim) + _final(tape) + tape.pick(AFTER)


def _status_line(tape: Tape, status: str) -> str:
    version = tape.pick(VERSIONS) if tape.chance(4) else "HTTP/1.1"
    space = tape.pick(("", "  ", "\t")) if tape.chance(24) else " "
    reason = tape.pick(ODD_REASONS) if tape.chance(16) else tape.pick(REASONS)
    return version + space + status + reason + line_end(tape)


def _interim(tape: Tape) -> str:
    status = tape.pick(INTERIM_STATUSES[: 7 if tape.chance(2) else 4])
    return _status_line(tape, status) + _fields(tape, 1) + line_end(tape)


def _fields(tape: Tape, most: int) -> str:
    return "".join(_field(tape) for _ in range(tape.number(most + 1)))


def _field(tape: Tape) -> str:
    kind = tape.number(12)
    if kind == 10:
        return f"Keep-Alive: {tape.pick(HINTS)}{CRLF}"
    if kind == 11:
        return f"X-{tape.number(3)}: {'l' * 60}{CRLF}"
    return field(tape)


def _final(tape: Tape) -> str:
    status = tape.pick(ODD_STATUSES) if tape.chance(12) else tape.pick(STATUSES)
    start = _status_line(tape, status)
    framing, framed = _framed(tape)
    fields = [_fields(tape, 1), framing, _fields(tape, 2)]
    kind = tape.number(9)
    if kind in (6, 7):
        fields.insert(tape.number(3), connection_field(tape))
    elif kind == 8 or (status == "101" and kind < 6):
        fields.append(f"Connection: upgrade{CRLF}Upgrade: {tape.pick(('other', '', 'x'))}{CRLF}")
    return start + "".join(fields) + line_end(tape) + framed


def _framed(tape: Tape) -> tuple[str, str]:
    """The fields that say how long the body is, and the body in its frame."""
    kind = tape.pick(("length", "length", "chunked", "chunked", "chunked", "end", "wrong", "odd", "both", "many"))
    body = "y" * 70_000 if tape.chance(60) else tape.pick(BODIES)
    if kind == "length":
        return f"Content-Length: {len(body)}{line_end(tape)}", body
    if kind == "chunked":
        return f"Transfer-Encoding: chunked{line_end(tape)}", _chunked(tape)
    if kind == "end":
        return "", body
    if kind == "wrong":
        return f"Content-Length: {max(0, len(body) + tape.pick((1, -1, 2, 100, -2)))}{CRLF}", body
    if kind == "odd":
        return framing_field(tape), _chunked(tape) if tape.number(2) else body
    if kind == "both":
        return framing_field(tape) + _fields(tape, 1) + framing_field(tape), _chunked(tape) if tape.number(2) else body
    return "".join(f"X-{number}: v{CRLF}" for number in range(29 + tape.number(8))), body


def _chunked(tape: Tape) -> str:
    chunks = "".join(chunk(tape) for _ in range(tape.number(3)))
    trailers = [trailer(tape) for _ in range((0, 0, 0, 1, 2)[tape.number(5)])]
    return chunks + last_chunk(tape, trailers)
