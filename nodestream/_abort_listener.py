"""`add_abort_listener(signal, listener)`.

Node: events.addAbortListener
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ._arity import tolerant
from ._event_sources import await_dispatch
from ._signals import check_signal
from .errors import ERR_INVALID_ARG_TYPE
from .loop import current_loop


class AbortListener:
    """Removes a listener: as a context manager, or by `dispose()`. Node: Disposable"""

    __slots__ = ("_stop",)

    def __init__(self, stop: Callable[[], object]) -> None:
        self._stop = stop

    def dispose(self) -> None:
        """Remove the listener, if it was not called yet. Node: disposable[Symbol.dispose]"""
        self._stop()

    def __enter__(self) -> AbortListener:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.dispose()


def add_abort_listener(signal: Any, listener: Callable[..., Any]) -> AbortListener:
    """Call `listener(event)` once, when `signal` is aborted, whatever other listeners do to the event.

    If the signal was aborted before, `listener()` is called in a microtask, and there is nothing to remove.

    Raises ERR_INVALID_ARG_TYPE. Node: events.addAbortListener
    """
    if signal is None:
        raise ERR_INVALID_ARG_TYPE("signal", "an instance of AbortSignal", signal)
    check_signal(signal)
    if not callable(listener):
        raise ERR_INVALID_ARG_TYPE("listener", "of type function", listener)
    if signal.aborted:
        current_loop().queue_microtask(listener)
        return AbortListener(lambda: None)
    return AbortListener(await_dispatch(signal, "abort", tolerant(listener)))
