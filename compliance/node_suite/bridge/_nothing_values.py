"""JavaScript's null and undefined where they are values of their own.

For Python both are None, except where that would mean something else: an undefined that is a chunk, or an argument of
an event, is a value like others, and there are functions whose options may be left out, but not be null. There each is
a `Nothing`, and becomes itself again when it goes back.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from compliance.node_suite.bridge._nothing import UNDEFINED
from compliance.node_suite.bridge._proxies import Plain


class Nothing:
    """One of JavaScript's two as a value."""

    def __init__(self, encoded: Any) -> None:
        self.encoded = encoded

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return type(self).__name__


def _shown_as(name: str, encoded: Any) -> Nothing:
    """A Nothing whose class has this name, as messages show it."""
    made: Nothing = type(name, (Nothing,), {})(encoded)
    return made


UNDEFINED_VALUE = _shown_as("undefined", UNDEFINED)
NULL_VALUE = _shown_as("null", None)

FIRST = slice(0, 1)
SECOND = slice(1, 2)
DATA = {
    "add_header_line": SECOND,
    "emit": slice(1, None),
    "enqueue": FIRST,
    "push": FIRST,
    "unshift": FIRST,
    "write": FIRST,
}
"""Functions and methods, and which of their arguments are values that go through them."""

NEEDING_DATA = frozenset({"enqueue", "write"})
"""Those of them for which a value that is left out is undefined."""


class Heeded(NamedTuple):
    """Where null is not as good as nothing for a function: some of its arguments, and some of its options."""

    arguments: slice = slice(0)
    options: frozenset[str] = frozenset()


NAME = Heeded(FIRST)
REQUEST = Heeded(options=frozenset({"setHost", "timeout"}))
SIGNAL = Heeded(slice(None), frozenset({"signal"}))

HEEDING_NULL = {
    "Socket.setTimeout": Heeded(SECOND),
    "get": REQUEST,
    "getHeader": NAME,
    "hasHeader": NAME,
    "on": SIGNAL,
    "once": SIGNAL,
    "removeHeader": NAME,
    "request": REQUEST,
    "writeHead": NAME,
}
"""Functions and methods, some of one class only."""


def with_data(name: str, sent: Sequence[Any], given: list[Any]) -> list[Any]:
    """The arguments `given` to a method, of which those that are data and were `sent` as undefined are a Nothing."""
    places = DATA.get(name)
    if places is None:
        return given
    if not sent and name in NEEDING_DATA:
        return [UNDEFINED_VALUE]
    data = [
        UNDEFINED_VALUE if item == UNDEFINED_VALUE.encoded else value
        for item, value in zip(sent[places], given[places], strict=True)
    ]
    given[places] = data
    return given


def with_nulls(name: str, sent: Sequence[Any], given: list[Any], owner: str = "") -> list[Any]:
    """The arguments `given` to a function, or a method of the class `owner`, of which those that it heeds and were
    `sent` as null are a Nothing."""
    heeded = HEEDING_NULL.get(name) or HEEDING_NULL.get(f"{owner}.{name}")
    if heeded is None:
        return given
    for item, value in zip(sent, given, strict=True):
        if isinstance(value, Plain) and heeded.options:
            _, _, entries = item
            value.update((key, NULL_VALUE) for key, held in entries if held is None and key in heeded.options)
    places = heeded.arguments
    given[places] = [
        NULL_VALUE if item is None else value for item, value in zip(sent[places], given[places], strict=True)
    ]
    return given
