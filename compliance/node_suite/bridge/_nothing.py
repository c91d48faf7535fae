"""Where JavaScript has two things and Python one, it is written down here which of them is meant.

Which of JavaScript's two a None is, `null` or `undefined`:

1. What a function returns whose annotation says that it returns None: undefined.
2. Anything else that a property holds, a function returns, a function of JavaScript is given: null.
3. Except these, which Node documents, or was seen, to hold, to return, or to call back with undefined.

The other way round, see `_nothing_values.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

UNDEFINED = ["u"]
"""JavaScript's undefined as it crosses; null is None."""

UNDEFINED_MEMBERS = frozenset(
    {
        "ALPNCallback",
        "ALPNProtocols",
        "IncomingMessage.socket",
        "ServerResponse.statusMessage",
        "autoSelectFamilyAttemptedAddresses",
        "connection",
        "dropMaxConnection",
        "family",
        "getHeader",
        "localAddress",
        "localFamily",
        "localPort",
        "maxConnections",
        "parse",
        "remoteAddress",
        "remoteFamily",
        "remotePort",
        "requestTimeout",
        "server",
        "timeout",
    }
)
"""Names of properties and methods whose nothing is undefined, some of one class only."""

UNDEFINED_MEMBERS_IF = {"ServerResponse.errored": "destroyed"}
"""Names of properties of a class whose nothing is undefined only for an object of which this attribute is true."""

CALLING_BACK_WITH_UNDEFINED = frozenset({"finished", "pipeline", "close", "getConnections", "reduce"})
"""Names of functions that give undefined to those that they are given."""

CALLING_BACK_WITH_UNDEFINED_IF = {"destroy": "destroyed"}
"""Methods that do so only for an object of which this attribute is true."""

GIVEN_UNDEFINED = frozenset({"_transform", "_write", "abort", "cancel", "transform", "write"})
"""Hooks, and members of what web streams are made of, for whose arguments a None is undefined."""

TELLING_OF_FAILURES = frozenset({"lookup"})
"""Events with an error or null, and what there is else: that is undefined if there is an error."""

BARE_OBJECTS = frozenset(
    {
        "@@kOutHeaders",
        "_events",
        "freeSockets",
        "getHeaders",
        "headersDistinct",
        "requests",
        "sockets",
        "trailersDistinct",
    }
)
"""Names of properties and methods that give a plain object without a prototype."""


def calls_back_with_undefined(name: str, target: Any = None) -> bool:
    """Whether a function, a method of `target` if it is one, gives undefined to those that it is given."""
    if name in CALLING_BACK_WITH_UNDEFINED_IF:
        return bool(getattr(target, CALLING_BACK_WITH_UNDEFINED_IF[name], False))
    return name in CALLING_BACK_WITH_UNDEFINED


def is_undefined(name: str, target: Any) -> bool:
    """Whether the nothing that a property or method of `target` gives, or a function of this name, is undefined."""
    if name in UNDEFINED_MEMBERS:
        return True
    names = [f"{cls.__name__}.{name}" for cls in type(target).__mro__]
    condition = next((UNDEFINED_MEMBERS_IF[each] for each in names if each in UNDEFINED_MEMBERS_IF), None)
    if condition is not None:
        return bool(getattr(target, condition, False))
    return not UNDEFINED_MEMBERS.isdisjoint(names)


def returns_undefined(function: Any) -> bool:
    """Whether the annotations of a function say that it returns nothing."""
    function = getattr(function, "__func__", function)
    returned = getattr(function, "__annotations__", {}).get("return", "")
    return returned in ("None", None)


def is_step(record: Mapping[str, Any]) -> bool:
    """Whether it is what an iterator or a reader gives for a value, which may be null; what else is not there is
    undefined."""
    return record.get("done") is False
