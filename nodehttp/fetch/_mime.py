"""MIME types: what a Content-Type says.

Standard: MIME Sniffing, section 4; Fetch, section 3.7 (extract a MIME type)
"""

from __future__ import annotations

import re

from .._headers import is_token
from ._headers import Headers

_BLANKS = "\t\n\r "

# MIME Sniffing, section 3: HTTP quoted-string token code points.
_VALUE = re.compile("[\t\x20-\x7e\x80-\xff]*")

_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)(?:"|(\\?)\Z)', re.DOTALL)
_PIECE = re.compile(rf'[^",]+|{_QUOTED.pattern}|,', re.DOTALL)


class MimeType:
    """A type, a subtype, and parameters by their names; all but the values in lower case."""

    __slots__ = ("essence", "parameters")

    def __init__(self, essence: str, parameters: dict[str, str] | None = None) -> None:
        self.essence = essence
        self.parameters = {} if parameters is None else parameters

    @property
    def charset(self) -> str | None:
        """The parameter of this name."""
        return self.parameters.get("charset")

    def __str__(self) -> str:
        """MIME Sniffing, section 4.5: serialize a MIME type"""
        return self.essence + "".join(f";{name}={_shown(value)}" for name, value in self.parameters.items())

    def __repr__(self) -> str:
        return f"<MimeType {self}>"


def _shown(value: str) -> str:
    if is_token(value):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def parse(text: str) -> MimeType | None:
    """What a text means as a MIME type; None for what is none.

    Standard: MIME Sniffing, section 4.4
    """
    essence, _, rest = text.strip(_BLANKS).partition(";")
    kind, _, subtype = essence.rstrip(_BLANKS).partition("/")
    if not is_token(kind) or not is_token(subtype):
        return None
    parameters: dict[str, str] = {}
    while rest:
        name, value, rest = _next_parameter(rest)
        if value is not None and is_token(name) and _VALUE.fullmatch(value):
            parameters.setdefault(name, value)
    return MimeType(f"{kind}/{subtype}".lower(), parameters)


def _next_parameter(text: str) -> tuple[str, str | None, str]:
    """A parameter's name, its value if it has one, and the text behind it."""
    text = text.lstrip(_BLANKS)
    first, _, rest = text.partition(";")
    name, equals, value = first.partition("=")
    if not equals:
        return name, None, rest
    quoted = _QUOTED.match(text, len(name) + 1)
    if quoted is not None:
        return name.lower(), _unquoted(quoted), text[quoted.end() :].partition(";")[2]
    return name.lower(), value.rstrip(_BLANKS) or None, rest


def _unquoted(quoted: re.Match[str]) -> str:
    """Fetch, section 2.2: collect an HTTP quoted string, with its value extracted"""
    return _ESCAPED.sub(r"\1", quoted[1]) + (quoted[2] or "")


def of_headers(headers: Headers) -> MimeType | None:
    """The MIME type of headers; None without one.

    Standard: Fetch, section 3.7 (extract a MIME type)
    """
    value = headers._value("content-type")
    charset: str | None = None
    found: MimeType | None = None
    for text in [] if value is None else _split(value):
        mime = parse(text)
        if mime is None or mime.essence == "*/*":
            continue
        if found is None or mime.essence != found.essence:
            charset = mime.charset
        elif mime.charset is None and charset is not None:
            mime.parameters["charset"] = charset
        found = mime
    return found


def _split(value: str) -> list[str]:
    """Fetch, section 2.2.2: get, decode, and split"""
    values = [""]
    for piece in _PIECE.finditer(value):
        if piece[0] == ",":
            values.append("")
        else:
            values[-1] += piece[0]
    return values
