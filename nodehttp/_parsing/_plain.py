"""Plain heads: the short cut around the grammars for heads that are there in one piece.

Nearly every head is of that sort. An engine judges it; then it can only be read in one way, so its lines are cut at
their first colon, and the fields that frame the body are looked at. What passes both is what Node accepts, or less, and
never more. What does not pass goes to the grammars of `_start_line` and `_fields`, which know the exact error, or why
it is none.
"""

from __future__ import annotations

from collections.abc import Callable

from ._interface import Head
from ._message import CONNECTION, FRAMING, Limits, Message

Accepts = Callable[[bytes], bool]
"""An engine: whether it accepts a head, which is whole. The head has no blank lines before it, and one at its end."""

PlainHead = tuple[Head, int, Message | int]
"""A head, where it ends, and what it says of a body; a number if that is all: so many bytes, 0 for none."""

ReadHead = Callable[[Limits, bytes, int], PlainHead | None]
"""`read_request` or `read_response` with its engine."""

_HEAD_END = b"\r\n\r\n"
_VERSIONS = {"HTTP/1.1": (1, 1), "HTTP/1.0": (1, 0)}
_FRAMING = frozenset(name.decode() for name in FRAMING)
_CONNECTION = frozenset(name.decode() for name in CONNECTION)
_ONLY_CONNECTION = {"connection"}
_LENGTH_ALONE = ({"content-length", "connection"}, {"content-length"})
_NEVER_WITH_BODY = (204, 304)
_USUAL_CONNECTIONS = {"keep-alive": True, "close": False}  # in HTTP/1.0 and HTTP/1.1 alike
_MOST_DIGITS = 18


def read_request(accepts: Accepts, limits: Limits, data: bytes, pos: int) -> PlainHead | None:
    """The head of the request that begins at `pos`; or None if it is not plain."""
    raw = _head_at(limits, data, pos)
    if not raw or not accepts(raw):
        return None
    lines, fields = _cut(raw)
    method, _, rest = lines[0].partition(" ")
    url, _, protocol = rest.partition(" ")
    version = _VERSIONS.get(protocol)
    if version is None or not url or _has_too_many(limits, fields):
        return None
    end = pos + len(raw)
    names = list(map(str.lower, fields[::2]))
    if method != "CONNECT":
        keep_alive = _known_keep_alive(version, names, fields)
        if keep_alive is not None:
            return Head(method, url, None, None, version, fields, keep_alive, False), end, 0
    message = Message(limits)
    message.method = method.encode()
    message.version = version
    if not _take_framing(message, lines, names, fields):
        return None
    upgrade = message.upgrade
    head = Head(method, url, None, None, version, fields, message.keep_alive, upgrade)
    is_whole = not (upgrade or message.content_length or message.transfer_encoding)
    return head, end, 0 if is_whole else message


def read_response(accepts: Accepts, limits: Limits, data: bytes, pos: int) -> PlainHead | None:
    """The head of the response that begins at `pos`; or None if it is not plain."""
    raw = _head_at(limits, data, pos)
    if not raw or not accepts(raw):
        return None
    lines, fields = _cut(raw)
    protocol, _, rest = lines[0].partition(" ")
    status, _, reason = rest.partition(" ")
    version = _VERSIONS.get(protocol)
    if version is None or _has_too_many(limits, fields):
        return None
    names = list(map(str.lower, fields[::2]))
    code = int(status)
    if code >= 200 and code not in _NEVER_WITH_BODY and _FRAMING.intersection(names) in _LENGTH_ALONE:
        length = fields[2 * names.index("content-length") + 1]
        keep_alive = _usual_keep_alive(version, names, fields)
        if keep_alive is not None and names.count("content-length") == 1 and _is_length(length):
            return Head(None, None, code, reason, version, fields, keep_alive, False), pos + len(raw), int(length)
    message = Message(limits)
    message.status_code = code
    message.version = version
    if not _take_framing(message, lines, names, fields):
        return None
    head = Head(None, None, message.status_code, reason, version, fields, message.keep_alive, message.upgrade)
    return head, pos + len(raw), message


def _head_at(limits: Limits, data: bytes, pos: int) -> bytes:
    """The bytes of the head that begins at `pos`; none if its end is not there, or too far away.

    A head of `max_header_size` bytes keeps to the limit, in which its line ends do not count.
    """
    end = data.find(_HEAD_END, pos, pos + limits.max_header_size)
    return b"" if end < 0 else data[pos : end + len(_HEAD_END)]


def _cut(raw: bytes) -> tuple[list[str], list[str]]:
    """The lines of a head, and its fields as one flat list, without the blanks around values."""
    lines = raw.decode("latin-1").split("\r\n")
    fields: list[str] = []
    add = fields.append
    for line in lines[1:-2]:
        name, _, value = line.partition(":")
        add(name)
        add(value.strip(" \t"))
    return lines, fields


def _has_too_many(limits: Limits, fields: list[str]) -> bool:
    count = limits.max_headers_count
    return count is not None and len(fields) > 2 * count


def _known_keep_alive(version: tuple[int, int], names: list[str], fields: list[str]) -> bool | None:
    """Whether another request may follow one that says no more of framing than a usual Connection; None if it does."""
    if _FRAMING.isdisjoint(names):
        return version == (1, 1)
    return _usual_keep_alive(version, names, fields) if _FRAMING.intersection(names) == _ONLY_CONNECTION else None


def _usual_keep_alive(version: tuple[int, int], names: list[str], fields: list[str]) -> bool | None:
    """Whether another message may follow one whose end is known, if it says no more of that than a usual Connection."""
    count = names.count("connection")
    if count == 1:
        return _USUAL_CONNECTIONS.get(fields[2 * names.index("connection") + 1])
    return None if count else version == (1, 1)


def _is_length(value: str) -> bool:
    return value.isdecimal() and len(value) <= _MOST_DIGITS


def _take_framing(message: Message, lines: list[str], names: list[str], fields: list[str]) -> bool:
    """Note the framing fields; says whether they are plain: at most one length or coding, and in the usual words.

    `names` are those of the fields in lower case.
    """
    for index, name in enumerate(names):
        if name not in _FRAMING:
            continue
        value = fields[2 * index + 1]
        if name in _CONNECTION:
            message.take_connection([value.encode("latin-1")])
        elif name == "upgrade":
            message.names_protocol = message.names_protocol or bool(value)
        elif message.transfer_encoding or message.content_length is not None:
            return False
        elif name == "content-length" and _is_length(value):
            message.content_length = int(value)
        elif name == "transfer-encoding" and value == "chunked" and lines[index + 1].endswith(value):
            message.transfer_encoding = message.chunked = True
        else:
            return False
    return True
