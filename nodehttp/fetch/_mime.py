"""MIME types: what a Content-Type says.

Standard: MIME Sniffing, section 4; Fetch, section 2.2.2 (extract a MIME type)
"""

from __future__ import annotations

import re

from .._headers import is_token
from ._headers import Headers

_BLANKS = "\t\n\r "

# MIME Sniffing, section 3: HTTP quoted-string token code points.
_VALUE = re.compile("[\t\x20-\x7e\x80-\xff]*")

# A quoted string may lack its end. None of the patterns goes back over what it has seen.
_QUOTED = r'"(?:[^"\\]|\\.)*\\?'
_ELEMENT = re.compile(rf'(?:[^",]|{_QUOTED}"?)+', re.DOTALL)
_PARAMETER = re.compile(rf";[\t\n\r ]*([^;=]*)(?:=(?:({_QUOTED})[^;]*|([^;]*)))?", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


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
    text = text.strip(_BLANKS)
    kind, _, subtype = text.partition(";")[0].rstrip(_BLANKS).partition("/")
    if not is_token(kind) or not is_token(subtype):
        return None
    return MimeType(f"{kind}/{subtype}".lower(), _parameters(text, len(kind) + len(subtype) + 1))


def _parameters(text: str, position: int) -> dict[str, str]:
    """The parameters behind `position`; those that are malformed are passed over."""
    parameters: dict[str, str] = {}
    for name, quoted, plain in _PARAMETER.findall(text, position):
        # Fetch, section 2.2: collect an HTTP quoted string, with its value extracted
        value = _ESCAPED.sub(r"\1", quoted[1:]) if quoted else plain.rstrip(_BLANKS)
        if is_token(name) and (value or quoted) and _VALUE.fullmatch(value):
            parameters.setdefault(name.lower(), value)
    return parameters


def of_headers(headers: Headers) -> MimeType | None:
    """The MIME type of headers; None without one.

    Standard: Fetch, section 2.2.2 (extract a MIME type)
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
    return [each[0] for each in _ELEMENT.finditer(value)]
