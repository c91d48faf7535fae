"""What the driver and the watchers ask about readiness: `Polls`, of which there are two kinds.

The rules of both:

1. What was asked for since the last poll is told to the kernel right before the next one, in the order of asking.
2. What is ready at the same time has its turns in the kernel's order.
3. Who stopped or was closed since the poll has no turn, unless it was started again.
4. A poll does not wait. The driver sleeps while there is nothing to do; what becomes ready wakes it, and so does
   `wake()`.
"""

from __future__ import annotations

import os
import select
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ._event_loop import EventLoop
    from ._loop_handles import Watcher


class Polls(Protocol):
    """The polls of one loop. What is asked for before the loop runs waits for it."""

    def begin(self) -> None:
        """The loop is about to run. Raises OSError if no more files can be opened."""

    def end(self) -> None:
        """The loop has ended."""

    def ask(self, watcher: Watcher, /) -> None:
        """`watcher` starts: let it have a turn whenever its socket is ready, from the next poll on."""

    def relent(self, watcher: Watcher, /) -> None:
        """`watcher` was stopped."""

    def leave(self, watcher: Watcher, /) -> None:
        """`watcher` was closed. Its socket may be closed as soon as this returns."""

    async def sleep(self) -> None:
        """Wait until something is ready, or until wake()."""

    def wake(self) -> None:
        """End sleep(), if it goes on."""

    def poll(self) -> Iterator[Watcher]:
        """Ask what is ready. Each that comes out must have its turn before the next one is taken."""


def new_polls(loop: EventLoop) -> Polls:
    """Polls for `loop`: the best that the system has."""
    if hasattr(select, "epoll") and hasattr(os, "eventfd"):
        from ._loop_epoll import EpollPolls  # it cannot be imported elsewhere

        return EpollPolls()
    from ._loop_waits import WaitPolls  # it is not needed elsewhere

    return WaitPolls(loop)
