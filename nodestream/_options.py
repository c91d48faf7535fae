"""Options: keyword arguments, or one mapping as in Node, in either spelling.

An unknown keyword is an error, as a Python programmer expects; an unknown key of a mapping is ignored, as in Node.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from .errors import ERR_INVALID_ARG_VALUE

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def snake_case(name: str) -> str:
    """`highWaterMark` as `high_water_mark`; a name in snake case stays."""
    return _HUMP.sub("_", name).lower()


_SNAKE: dict[str, str] = {}


def normalized(
    known: Collection[str], options: Mapping[str, Any] | None, keywords: Mapping[str, Any], where: str
) -> dict[str, Any]:
    """The options given, by their snake_case names; those that are None count as not given.

    `known` are the snake_case names there are; `where` names the callable for the TypeError of an unknown keyword.
    """
    result: dict[str, Any] = {}
    if options:
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


def high_water_mark(options: Mapping[str, Any], side: str | None, object_mode: bool) -> int:
    """The high water mark of a stream, or of one `side` ("readable", "writable") of a Duplex."""
    mark = options.get("high_water_mark")
    name = "highWaterMark"
    if side is not None:
        name = f"{side}HighWaterMark"
        if mark is None:
            mark = options.get(f"{side}_high_water_mark")
    if mark is None:
        return DEFAULT_OBJECT_HIGH_WATER_MARK if object_mode else DEFAULT_HIGH_WATER_MARK
    if isinstance(mark, bool) or not isinstance(mark, (int, float)) or mark != mark or mark < 0 or mark % 1:
        raise ERR_INVALID_ARG_VALUE(f"options.{name}", mark)
    return int(mark)
