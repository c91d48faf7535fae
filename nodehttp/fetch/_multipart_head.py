"""The head of a part: its name, the name of its file, its type, and how its bytes are written.

What is read here is what Node reads: a `;` may be missing, and one word without a value may be the end. The names are
UTF-8, whatever `_charset_` says. In a quoted name `%22`, `%0D` and `%0A` stand for the characters that cannot stand
there, and nothing else is escaped; but a quote behind a backslash, with which older senders write one, does not end the
name unless a `;` or nothing follows. A backslash otherwise is one.

Standard: Fetch, section 5.3 (multipart/form-data parsing); RFC 7578, section 4.2; RFC 8187 (`filename*`)
"""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from nodestream.errors import ERR_FORM_MALFORMED

from ._headers import Headers

_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]"
_PARAMETER = re.compile(
    rb"""
    ;? [ \t]* (?P<name> (?: (?! \* ) TOKEN )+ ) (?P<star> \*? ) = [ \t]*
    (?: " (?P<quoted> (?: [^"\\] | \\ (?! " ) | \\ (?= " (?: ; | \Z ) ) | \\ " (?! ; | \Z ) )* ) "
      | (?P<plain> TOKEN* )
    )
    """.replace(b"TOKEN", _TOKEN),
    re.VERBOSE,
)
_FORM_DATA = re.compile(b"form-data(?!TOKEN)".replace(b"TOKEN", _TOKEN), re.IGNORECASE)
_NOTHING_MORE = re.compile(rb";?[ \t]*(?:(?!\*)TOKEN)*\*?".replace(b"TOKEN", _TOKEN))
_ESCAPE = re.compile(rb"%(?:22|0[AaDd])|\\\"")
_EXTENDED = re.compile(rb"utf-8'[^']*'((?:[^%]|%[0-9A-Fa-f]{2})*)", re.IGNORECASE)


class PartHead:
    """What the head of a part says.

    Attributes:
        name: the name of the field.
        filename: the name of the file, which may be empty; None for a field that is no file.
        type: the Content-Type as it was sent, "text/plain" without one.
        is_base64: whether the bytes are written in base64.
        headers: all headers.
    """

    __slots__ = ("filename", "headers", "is_base64", "name", "type")

    def __init__(self, fields: list[tuple[bytes, bytes]]) -> None:
        """Raises ERR_FORM_MALFORMED."""
        self.headers = Headers._of(
            [(name.decode("latin-1"), value.decode("latin-1")) for name, value in fields], "immutable"
        )
        last = {name.lower(): value for name, value in fields}
        parameters = _disposition(last.get(b"content-disposition"))
        if "name" not in parameters:
            raise ERR_FORM_MALFORMED("name attribute is required in content-disposition header")
        self.name = parameters["name"]
        self.filename = parameters.get("filename*", parameters.get("filename"))
        self.type = last.get(b"content-type", b"text/plain").decode("latin-1")
        self.is_base64 = last.get(b"content-transfer-encoding") == b"base64"


def _disposition(value: bytes | None) -> dict[str, str]:
    """The parameters of a Content-Disposition, by name; the last one of a name counts."""
    if value is None:
        raise ERR_FORM_MALFORMED("content-disposition header is missing")
    begin = _FORM_DATA.match(value)
    if begin is None:
        raise ERR_FORM_MALFORMED("expected form-data for content-disposition header")
    parameters: dict[str, str] = {}
    position = begin.end()
    while found := _PARAMETER.match(value, position):
        name = found["name"].lower().decode("latin-1")
        if found["star"]:
            parameters[name + ("*" if name == "filename" else "")] = _extended(found)
        else:
            parameters[name] = _decoded(found)
        position = found.end()
    if not _NOTHING_MORE.fullmatch(value, position):
        raise ERR_FORM_MALFORMED("malformed content-disposition header")
    return parameters


def _decoded(found: re.Match[bytes]) -> str:
    quoted: bytes | None = found["quoted"]
    data = found["plain"] if quoted is None else _ESCAPE.sub(_unescaped, quoted)
    return data.decode("utf-8", "replace")


def _unescaped(found: re.Match[bytes]) -> bytes:
    return b'"' if found[0] == b'\\"' else unquote_to_bytes(found[0])


def _extended(found: re.Match[bytes]) -> str:
    """RFC 8187, section 3.2.1; other encodings than UTF-8 are refused."""
    extended = _EXTENDED.fullmatch(found["plain"] or b"")
    if extended is None:
        raise ERR_FORM_MALFORMED("unknown encoding, expected utf-8''")
    try:
        return unquote_to_bytes(extended[1]).decode()
    except UnicodeDecodeError:
        raise ERR_FORM_MALFORMED("a name that is not UTF-8") from None
