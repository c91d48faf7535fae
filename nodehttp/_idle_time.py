"""Noticing that a connection has been idle for too long between two requests.

One timer stands for all requests of a connection. It is not moved with each of them: when it comes up, it looks how
long the connection has really been idle, and waits for what is left of the time.

Node: the keepAliveTimeout of http.Server
"""

from __future__ import annotations

from collections.abc import Callable

from nodestream.loop import EventLoop
from nodestream.timers import Timeout, set_timeout


class IdleTime:
    """The idle time of one connection; times are milliseconds on the loop's clock."""

    __slots__ = ("_delay", "_due", "_loop", "_on_expired", "_since", "_timer")

    def __init__(self, loop: EventLoop, on_expired: Callable[[], object]) -> None:
        self._loop = loop
        self._on_expired = on_expired
        self._since: float | None = None  # the time from which on it has been idle, None while it is not
        self._delay = 0.0
        self._due = 0.0  # when the timer comes up
        self._timer: Timeout | None = None

    def begin(self, delay: float) -> None:
        """The connection is idle from now on, and may be so for `delay`."""
        now = self._since = self._loop.timers.now
        self._delay = delay
        if self._timer is None or self._due > now + delay:
            self._wait(delay)

    def touch(self) -> None:
        """Bytes have come: if it is still idle, the time begins anew."""
        if self._since is not None:
            self._since = self._loop.timers.now

    def end(self) -> bool:
        """A request has come; whether the connection was idle."""
        was_idle = self._since is not None
        self._since = None
        return was_idle

    def close(self) -> None:
        """The connection is over."""
        self._since = None
        if self._timer is not None:
            self._timer.close()
            self._timer = None

    def _wait(self, delay: float) -> None:
        if self._timer is not None:
            self._timer.close()
        self._due = self._loop.timers.now + delay
        self._timer = set_timeout(self._look, delay).unref()

    def _look(self) -> None:
        self._timer = None
        if self._since is None:
            return
        left = self._since + self._delay - self._loop.timers.now
        if left >= 1:  # no timer is shorter
            self._wait(left)
        else:
            self._on_expired()
