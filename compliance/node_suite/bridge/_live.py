"""Dicts and lists of this library that JavaScript may change in place, and sees change, as those of Node.

Other containers cross as copies.
"""

from __future__ import annotations

from typing import Any

LIVE_MEMBERS = frozenset(
    {
        "freeSockets",
        "headers",
        "headersDistinct",
        "rawHeaders",
        "rawTrailers",
        "requests",
        "sockets",
        "trailers",
        "trailersDistinct",
    }
)
"""Names of properties that hold such a container."""

Container = dict[str, Any] | list[Any]


def is_container(value: Any) -> bool:
    """Whether it is one of Python's own, not a copy of JavaScript's."""
    return type(value) in (dict, list)


def contents(container: Container) -> list[tuple[str, Any]]:
    """Its properties."""
    if isinstance(container, dict):
        return list(container.items())
    return [(str(index), value) for index, value in enumerate(container)]


def item(container: Container, key: str) -> list[Any]:
    """The value of a property, in a list; an empty list if there is none."""
    if isinstance(container, dict):
        return [container[key]] if key in container else []
    if key == "length":
        return [len(container)]
    return [container[int(key)]] if key.isdecimal() and int(key) < len(container) else []


def put(container: Container, key: str, value: Any) -> None:
    """Assign to a property."""
    if isinstance(container, dict):
        container[key] = value
    elif key == "length":
        _resize(container, value)
    elif key.isdecimal():
        _resize(container, max(len(container), int(key) + 1))
        container[int(key)] = value


def remove(container: Container, key: str) -> None:
    """Delete a property."""
    if isinstance(container, dict):
        container.pop(key, None)
    elif key.isdecimal() and int(key) < len(container):
        container[int(key)] = None


def _resize(container: list[Any], length: int) -> None:
    container[length:] = [None] * (length - len(container))
