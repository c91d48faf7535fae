"""Emitters and streams that need not be ours: what they lack is done without."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def call_if_there(target: Any, name: str) -> None:
    """Call a method that `target` may have or not."""
    method: Callable[[], object] | None = getattr(target, name, None)
    if callable(method):
        method()


def prepend_listener(emitter: Any, event: str, listener: Callable[..., object]) -> None:
    """Put a listener in front of the others, if the emitter can do that."""
    prepend = getattr(emitter, "prepend_listener", None)
    (prepend if callable(prepend) else emitter.on)(event, listener)


def has_no_listener(emitter: Any, event: str) -> bool:
    """Whether nobody listens for `event`, as far as the emitter can tell."""
    count = getattr(emitter, "listener_count", None)
    return callable(count) and count(event) == 0
