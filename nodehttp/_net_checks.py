"""Checks of arguments and options; each returns the value in the one shape that is used, or raises what Node raises."""

from __future__ import annotations

import math
import re
from typing import Any, TypeGuard

from nodestream.errors import ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE, ERR_SOCKET_BAD_PORT

LARGEST_INT32 = 2**31 - 1

# What JavaScript's Number() makes a number of, as far as a port may be written so.
_DIGITS = r"0[xX](?P<hex>[0-9a-fA-F]+)|0[oO](?P<octal>[0-7]+)|0[bB](?P<binary>[01]+)"
_NUMBER = re.compile(
    rf"\s*(?:{_DIGITS}|(?P<decimal>[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?))\s*", re.ASCII
)
_BASES = {"hex": 16, "octal": 8, "binary": 2}


def is_number(value: Any) -> TypeGuard[float]:
    """Whether JavaScript would call it a number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_true(value: Any) -> bool:
    """Whether JavaScript takes it for true: anything but None, False, 0, NaN and "", an empty collection included."""
    return value is not None and not (isinstance(value, (int, float, str)) and (not value or value != value))


def number_in(text: str) -> float | None:
    """The number that a string is in JavaScript's notation, None if it is none. An empty string is none here."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    kind = match.lastgroup or ""
    return int(match[kind], _BASES[kind]) if kind in _BASES else float(match[kind])


def checked_flag(value: Any, name: str) -> bool:
    """True or False and nothing else. Raises ERR_INVALID_ARG_TYPE."""
    if not isinstance(value, bool):
        raise ERR_INVALID_ARG_TYPE(name, "of type boolean", value)
    return value


def checked_number(value: Any, name: str) -> float:
    """Any number. Raises ERR_INVALID_ARG_TYPE."""
    if not is_number(value):
        raise ERR_INVALID_ARG_TYPE(name, "of type number", value)
    return value


def checked_integer(value: Any, name: str, least: int, most: int) -> int:
    """A whole number of a range. Raises ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE."""
    number = checked_number(value, name)
    if number != number or number % 1:
        raise ERR_OUT_OF_RANGE(name, "an integer", value)
    if not least <= number <= most:
        raise ERR_OUT_OF_RANGE(name, f">= {least} && <= {most}", value)
    return int(number)


def checked_string(value: Any, name: str) -> str:
    """A string. Raises ERR_INVALID_ARG_TYPE."""
    if not isinstance(value, str):
        raise ERR_INVALID_ARG_TYPE(name, "of type string", value)
    return value


def checked_name(value: Any, name: str) -> str:
    """A string that the C library sees the whole of. Raises ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE."""
    text = checked_string(value, name)
    if "\0" in text:
        raise ERR_INVALID_ARG_VALUE(name, text, "must be a string without null bytes")
    return text


def checked_port(port: Any, name: str) -> int:
    """A port given as a number or as a string of one. Raises ERR_SOCKET_BAD_PORT."""
    number = number_in(port) if isinstance(port, str) else port if is_number(port) else None
    if number is None or not 0 <= number <= 0xFFFF or number % 1:
        raise ERR_SOCKET_BAD_PORT(name, port)
    return int(number)


def checked_function(value: Any, name: str) -> Any:
    """A function, or None. Raises ERR_INVALID_ARG_TYPE."""
    if value is not None and not callable(value):
        raise ERR_INVALID_ARG_TYPE(name, "of type function", value)
    return value


def whole_seconds(msecs: Any) -> int:
    """Milliseconds in whole seconds, as the kernel takes them; 0 for what is no number of them."""
    if not is_number(msecs) or not math.isfinite(msecs):
        return 0
    return max(-LARGEST_INT32, min(LARGEST_INT32, int(msecs / 1000)))
