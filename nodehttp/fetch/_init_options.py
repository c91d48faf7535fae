"""The options that requests and responses are made with, each turned into what it must be.

Standard: Web IDL, section 3.2.17 (dictionaries)
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from nodestream._js_string import js_string
from nodestream._options import normalized
from nodestream.errors import NodeTypeError

Conversions = Mapping[str, Callable[[Any], Any]]


def init_options(
    owner: type, known: Collection[str], conversions: Conversions, init: Any, keywords: Mapping[str, Any]
) -> dict[str, Any]:
    """The options given, converted in alphabetical order; those that are None are not there.

    Args:
        owner: the class that they are for. `init` may be another one of it, whose properties count as options.
        known: their names in snake case.
        conversions: what makes each of them what it must be, or raises; others stay as they are.

    Raises a TypeError for an `init` that is no mapping, and an unknown keyword.
    """
    if init is None and not keywords:
        return {}
    if isinstance(init, owner):
        init = {name: getattr(init, name, None) for name in known}
    elif init is not None and not isinstance(init, Mapping):
        raise NodeTypeError(f"undefined: Expected {js_string(init)} to be one of: Null, Undefined, Object.")
    given = normalized(known, init, keywords, owner.__name__)
    for name in sorted(given):
        convert = conversions.get(name)
        if convert is not None:
            given[name] = convert(given[name])
    return given
