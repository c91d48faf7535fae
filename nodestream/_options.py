"""Options: keyword arguments, or one mapping as in Node, in either spelling.

An unknown keyword is an error, as a Python programmer expects; an unknown key of a mapping is ignored, as in Node.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from .errors import ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def snake_case(name: str) -> str:
    """`highWaterMark` as `high_water_mark`; a name in snake case stays."""
    return _HUMP.sub("_", name).lower()


_SNAKE: dict[str, str] = {}


def check_object(options: Any, name: str = "options") -> None:
    """Raise ERR_INVALID_ARG_TYPE for options that are neither a mapping nor None."""
    if options is not None and not isinstance(options, Mapping):
        raise ERR_INVALID_ARG_TYPE(name, "of type object", options)


def normalized(
    known: Collection[str], options: Mapping[str, Any] | None, keywords: Mapping[str, Any], where: str
) -> dict[str, Any]:
    """The options given, by their snake_case names; those that are None count as not given.

    `known` are the snake_case names there are; `where` names the callable for the TypeError of an unknown keyword.

    Raises ERR_INVALID_ARG_TYPE for options that are no mapping.
    """
    result: dict[str, Any] = {}
    if options is not None:
        check_object(options)
        for name, value in options.items():
            snake = _canonical(name, known)
            if snake is not None and value is not None:
                result[snake] = value
    for name, value in keywords.items():
        snake = _canonical(name, known)
        if snake is None:
            raise TypeError(f"{where}() got an unexpected keyword argument {name!r}")
        if value is not None:
            result[snake] = value
    return result


def _canonical(name: str, known: Collection[str]) -> str | None:
    if name in known:
        return name
    snake = _SNAKE.get(name) or snake_case(name)
    if snake not in known:
        return None
    _SNAKE[name] = snake
    return snake


DEFAULT_HIGH_WATER_MARK = 64 * 1024
"""Bytes (or characters, where a stream holds strings) that a stream holds before it says it is full."""

DEFAULT_OBJECT_HIGH_WATER_MARK = 16
"""Objects that a stream in object mode holds before it says it is full."""

LARGEST_INTEGER = 2**53 - 1

_default_marks = {False: DEFAULT_HIGH_WATER_MARK, True: DEFAULT_OBJECT_HIGH_WATER_MARK}


def get_default_high_water_mark(object_mode: bool = False) -> int:
    """The high water mark of streams that are made without one. Node: stream.getDefaultHighWaterMark"""
    return _default_marks[bool(object_mode)]


def set_default_high_water_mark(object_mode: bool, value: int) -> None:
    """Change the high water mark of streams that are made without one from now on.

    Raises ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE. Node: stream.setDefaultHighWaterMark
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ERR_INVALID_ARG_TYPE("value", "of type number", value)
    if value % 1 != 0:
        raise ERR_OUT_OF_RANGE("value", "an integer", value)
    if not 0 <= value <= LARGEST_INTEGER:
        raise ERR_OUT_OF_RANGE("value", f">= 0 && <= {LARGEST_INTEGER}", value)
    _default_marks[bool(object_mode)] = int(value)


getDefaultHighWaterMark = get_default_high_water_mark
setDefaultHighWaterMark = set_default_high_water_mark


def high_water_mark(options: Mapping[str, Any], side: str | None, object_mode: bool) -> int:
    """The high water mark of a stream, or of one `side` ("readable", "writable") of a Duplex."""
    mark = options.get("high_water_mark")
    if mark is None and side is not None:
        mark = options.get("readable_high_water_mark" if side == "readable" else "writable_high_water_mark")
    if mark is None:
        return _default_marks[object_mode]
    if type(mark) is int and mark >= 0:
        return mark
    if isinstance(mark, bool) or not isinstance(mark, (int, float)) or mark != mark or mark < 0 or mark % 1:
        name = "highWaterMark" if side is None else f"{side}HighWaterMark"
        raise ERR_INVALID_ARG_VALUE(f"options.{name}", mark)
    return int(mark)
