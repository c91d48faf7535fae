"""Noticing that a connection is idle.

Node: socket.setTimeout
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from nodestream._names import node_name
from nodestream._timer_heap import TIMEOUT_MAX, TimeoutOverflowWarning
from nodestream._warnings import emit_warning
from nodestream.errors import ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE
from nodestream.timers import Timeout, set_timeout

from ._net_checks import checked_number
from ._net_tuning import Tuning

S = TypeVar("S", bound="IdleTimeout")


class IdleTimeout(Tuning):
    """The part of a Socket that emits `timeout`. Whatever is sent or received refreshes `_timer`, if there is one."""

    timeout: float | None = None
    """What set_timeout() was given, in milliseconds. Node: socket.timeout"""

    _timer: Timeout | None = None
    _unsent_before: int = 0

    def set_timeout(self: S, msecs: float, callback: Callable[[], object] | None = None) -> S:
        """Emit `timeout` when nothing was sent or received for `msecs` milliseconds; 0 for never.

        Nothing else happens: end or destroy the socket in the listener. `callback` is added as a listener for once;
        with 0 it is removed.

        Raises ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE. Node: socket.setTimeout
        """
        if self.destroyed:
            return self
        self.timeout = msecs
        duration = _checked_duration(msecs)
        self._stop_timer()
        if callback is not None and not callable(callback):
            raise ERR_INVALID_ARG_TYPE("callback", "of type function", callback)
        if duration:
            self._timer = set_timeout(self._on_timeout, duration).unref()
            if callback is not None:
                self.once("timeout", callback)
        elif callback is not None:
            self.remove_listener("timeout", callback)
        return self

    setTimeout = node_name(set_timeout)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.close()
            self._timer = None

    def _refresh_timer(self) -> None:
        if self._timer is not None:
            self._timer.refresh()

    def _on_timeout(self) -> None:
        unsent = self._channel.unsent if self._channel is not None else 0
        if unsent and unsent != self._unsent_before:
            self._unsent_before = unsent  # a long write goes on: the connection is not idle
            self._refresh_timer()
        else:
            self.emit("timeout")


def _checked_duration(msecs: float) -> float:
    """As a timer can wait for it."""
    checked_number(msecs, "msecs")
    if not 0 <= msecs < float("inf"):
        raise ERR_OUT_OF_RANGE("msecs", "a non-negative finite number", msecs)
    if msecs <= TIMEOUT_MAX:
        return msecs
    text = f"{msecs} does not fit into a 32-bit signed integer.\nTimer duration was truncated to {TIMEOUT_MAX}."
    emit_warning(TimeoutOverflowWarning(text))
    return TIMEOUT_MAX
