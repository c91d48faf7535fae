"""`Symbol`: a name that nothing else can equal, and the ones that events know.

Node: Symbol, events.errorMonitor, events.captureRejectionSymbol
"""

from __future__ import annotations

from typing import Any


class Symbol:
    """A name that nothing else can equal. Node: Symbol"""

    __slots__ = ("description",)

    def __init__(self, description: str) -> None:
        self.description = description

    def __repr__(self) -> str:
        return f"Symbol({self.description})"

    def __reduce__(self) -> tuple[Any, ...]:
        return _well_known, (self.description,)


error_monitor = Symbol("events.errorMonitor")
"""An event that is emitted with every `error`, before its listeners; listening to it does not handle the error."""

capture_rejection_symbol = Symbol("nodejs.rejection")
"""The name of the method (`capture_rejection` here) that takes the failures of async listeners."""


def _well_known(description: str) -> Symbol:
    """The symbol that a copy of a well-known one is. Others cannot be copied: nothing else would equal the copy."""
    return {symbol.description: symbol for symbol in (error_monitor, capture_rejection_symbol)}[description]
