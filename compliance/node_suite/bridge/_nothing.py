"""Where JavaScript has two things and Python one, it is written down here which of them is meant.

Which of JavaScript's two a None is, `null` or `undefined`:

1. What a function returns whose annotation says that it returns None: undefined.
2. What a listener or a callback is given: undefined.
3. What a hook or an overridden method is given, what a property holds, what another function returns: null.
4. Except these, which Node documents (or was seen) to hold or to return undefined.
"""

from __future__ import annotations

from typing import Any

UNDEFINED_MEMBERS = frozenset(
    {
        "address",
        "autoSelectFamilyAttemptedAddresses",
        "connection",
        "dropMaxConnection",
        "family",
        "getHeader",
        "localAddress",
        "localFamily",
        "localPort",
        "maxConnections",
        "remoteAddress",
        "remoteFamily",
        "remotePort",
        "requestTimeout",
        "server",
        "timeout",
    }
)
"""Names of properties and methods whose nothing is undefined."""

BARE_OBJECTS = frozenset({"getHeaders", "headersDistinct", "trailersDistinct"})
"""Names of properties and methods that give a plain object without a prototype."""


def returns_undefined(function: Any) -> bool:
    """Whether the annotations of a function say that it returns nothing."""
    function = getattr(function, "__func__", function)
    returned = getattr(function, "__annotations__", {}).get("return", "")
    return returned in ("None", None)
