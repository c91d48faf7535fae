"""Abort signals, as the functions see them that take one.

A signal is whatever has `aborted`, `reason`, `add_event_listener` and `remove_event_listener`: an `AbortSignal`, or
what looks like one.

A function that takes a signal calls `check_signal`, looks whether it was `aborted` before, and if not asks to be told
by `on_abort`. It calls what that returns as soon as the operation is over: a signal may live longer.

Node: AbortSignal
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ._event_sources import await_dispatch
from .errors import ERR_INVALID_ARG_TYPE, AbortError


def is_signal(value: Any) -> bool:
    """Whether `value` can say that it was aborted, and tell when."""
    return hasattr(value, "aborted") and callable(getattr(value, "add_event_listener", None))


def check_signal(value: Any, name: str = "signal") -> None:
    """Raise ERR_INVALID_ARG_TYPE for what is neither a signal nor None; `name` is "signal" or "options.signal"."""
    if value is not None and not is_signal(value):
        raise ERR_INVALID_ARG_TYPE(name, "an instance of AbortSignal", value)


def on_abort(signal: Any, callback: Callable[[], object]) -> Callable[[], None]:
    """Call `callback()` once, when `signal` is aborted. Whether it was aborted before is the caller's question.

    Returns a function after which `callback` will not be called, and the signal does not hold it.
    """

    def told(_event: Any = None) -> None:
        callback()

    return await_dispatch(signal, "abort", told)


def abort_error(signal: Any) -> AbortError:
    """What an operation fails with that `signal` has stopped: an AbortError, because of its `reason`."""
    return AbortError(cause=getattr(signal, "reason", None))
