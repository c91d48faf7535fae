"""SIGINT and SIGTERM: the first one ends a command gently, the second one at once."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any

from nodestream import process
from nodestream.timers import Timeout, clear_timeout, set_timeout

GRACE = 10_000
"""Milliseconds that what is in flight has to finish."""

_SIGNALS = ("SIGINT", "SIGTERM")


class Shutdown:
    """While it is entered, `begin()` is called at the first signal, `give_up()` at the second, or when time is up.

    Attributes:
        begun: whether there has been a signal.
    """

    def __init__(self, begin: Callable[[], object], give_up: Callable[[], object], grace: float = GRACE) -> None:
        self.begun = False
        self._begin = begin
        self._give_up = give_up
        self._grace = grace
        self._deadline: Timeout | None = None

    def __enter__(self) -> Shutdown:
        for name in _SIGNALS:
            process.on(name, self.signalled)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        clear_timeout(self._deadline)
        for name in _SIGNALS:
            process.remove_listener(name, self.signalled)

    def signalled(self, *_: Any) -> None:
        """There was a signal."""
        if self.begun:
            self._give_up()
            return
        self.begun = True
        # What is over ends the loop, whether or not the time is up.
        self._deadline = set_timeout(self._give_up, self._grace).unref()
        self._begin()
