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
    if value is None:
        return "null"
    return inspect(value) if isinstance(value, (bool, int, float)) else str(value)
