"""Strings whose characters are bytes: names and values of headers, methods, reason phrases.

Standard: Web IDL, section 3.2.11 (ByteString)
"""

from __future__ import annotations

import re
from typing import Any

from nodestream._js_string import js_string
from nodestream.errors import NodeTypeError

_BEYOND = re.compile("[^\x00-\xff]")


def byte_string(value: Any) -> str:
    """Any object as a string of characters up to U+00FF. Raises a TypeError for what has others."""
    text = value if type(value) is str else js_string(value)
    if text.isascii():
        return text
    beyond = _BEYOND.search(text)
    if beyond is not None:
        # JavaScript counts UTF-16 code units, and sees the first half of a character beyond U+FFFF.
        units = text[: beyond.end()].encode("utf-16-be", "surrogatepass")
        index = len(text[: beyond.start()].encode("utf-16-be", "surrogatepass")) // 2
        unit = int.from_bytes(units[2 * index : 2 * index + 2], "big")
        raise NodeTypeError(
            f"Cannot convert argument to a ByteString because the character at index {index} has a value of {unit} "
            "which is greater than 255."
        )
    return text
