"""Any object as a string."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .errors import inspect


def js_string(value: Any) -> str:
    """As JavaScript's String()."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return "[object Object]"
    if isinstance(value, (list, tuple)):
        return ",".join("" if item is None else js_string(item) for item in value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).decode("utf-8", "replace")
    if value is None:
        return "null"
    return inspect(value) if isinstance(value, (bool, int, float)) else str(value)


def usv_string(value: Any) -> str:
    """As Web IDL's conversion to a USVString: whole characters, U+FFFD for a surrogate without the other.

    Standard: Web IDL, section 3.2.12
    """
    text = js_string(value)
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text
