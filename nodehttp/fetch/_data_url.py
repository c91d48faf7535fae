"""`data:` URLs: the content itself as a URL.

Fetch standard, section 6 (data: URLs)
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from ._mime import MimeType, parse

_BASE64 = re.compile(r"; *base64\Z", re.IGNORECASE)
_BLANKS = re.compile(rb"[\t\n\f\r ]")
_NO_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")


class DataUrl(NamedTuple):
    """What a URL holds."""

    mime: MimeType
    body: bytes


def parse_data_url(url: str) -> DataUrl | None:
    """What a data: URL without a fragment holds; None if it is none."""
    kind, comma, content = url.removeprefix("data:").partition(",")
    if not comma:
        return None
    kind = kind.strip(" ")
    body: bytes | None = unquote_to_bytes(content)
    base64_mark = _BASE64.search(kind)
    if base64_mark is not None:
        body = _decoded(body or b"")
        kind = kind[: base64_mark.start()]
    if body is None:
        return None
    if kind.startswith(";"):
        kind = "text/plain" + kind
    return DataUrl(parse(kind) or MimeType("text/plain", {"charset": "US-ASCII"}), body)


def _decoded(data: bytes) -> bytes | None:
    """Infra standard, section 7: forgiving-base64 decode"""
    data = _BLANKS.sub(b"", data)
    if len(data) % 4 == 0:
        data = data.removesuffix(b"==") if data.endswith(b"==") else data.removesuffix(b"=")
    if len(data) % 4 == 1 or _NO_BASE64.search(data):
        return None
    try:
        return base64.b64decode(data + b"=" * (-len(data) % 4))
    except binascii.Error:
        return None
