"""A mapping is two things in JavaScript: a Map, and a plain object. For Python both are mappings.

A function that takes only a Map gets for a plain object what that is to it: an object without entries.
"""

from __future__ import annotations

from typing import Any

from compliance.node_suite.bridge._proxies import Plain

TAKING_MAPS = frozenset({"setHeaders"})
"""Methods that take a Map, or an object of a class with entries, and no plain object."""


class Object:
    """A plain object that is not looked into."""


def with_maps(name: str, given: list[Any]) -> list[Any]:
    """The arguments `given` to a method, of which those that it does not take for a Map have no entries."""
    if name not in TAKING_MAPS:
        return given
    return [Object() if isinstance(value, Plain) else value for value in given]
