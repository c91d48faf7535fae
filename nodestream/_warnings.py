"""Node's process warnings, as Python warnings and as the process's `warning` event."""

from __future__ import annotations

import warnings
from collections.abc import Callable

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
    warnings.warn(warning, stacklevel=5)
