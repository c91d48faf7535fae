"""Node's process warnings, as Python warnings and as the process's `warning` event."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable

_OWN_MODULES = ("nodestream.", "nodehttp.")

_listeners: list[Callable[[Warning], None]] = []


def on_warning(listener: Callable[[Warning], None]) -> None:
    """Let `listener` see every warning; `process` is the one that does."""
    _listeners.append(listener)


def emit_warning(warning: Warning) -> None:
    """Show `warning` as Python shows warnings (so that filters apply), and emit it on `process`.

    Node: process.emitWarning
    """
    for listener in _listeners:
        listener(warning)
    warnings.warn(warning, stacklevel=_level_of_caller())


def _level_of_caller() -> int:
    """How far up the stack the code is that called this library."""
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith(_OWN_MODULES):
        frame, level = frame.f_back, level + 1
    return level
