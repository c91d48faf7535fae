"""What trio tells of its polls for I/O: how many there were, and what became ready in which order.

trio resumes the tasks whose I/O became ready in one poll in the kernel's order, or in the opposite one, as chance has
it. So whichever of them comes first lets all have their turns (`tell_ready`), in an order that chance has no part in:

1. What was waited for before that poll began: in the order in which it became ready, which is the kernel's.
2. What was waited for only since the poll before: in the order in which that was asked for. The kernel's order is that
   of the tasks here.
"""

from __future__ import annotations

from contextvars import Context
from typing import Protocol

import trio


class Waiting(Protocol):
    """Who waits for I/O."""

    @property
    def asked(self) -> int:
        """A number that is higher the later it was asked to wait."""

    @property
    def armed(self) -> int:
        """How many polls there had been when it began to wait."""

    @property
    def context(self) -> Context:
        """That of its task."""

    def tell(self) -> None:
        """Its I/O is ready."""


class Polls(trio.abc.Instrument):
    """Counts the polls, and notes what becomes ready. `tasks` are those that wait for I/O, and for whom they do."""

    __slots__ = ("_ready", "_under_way", "count", "tasks")

    def __init__(self) -> None:
        self.count = 0
        self.tasks: dict[trio.lowlevel.Task, Waiting] = {}
        self._under_way = False
        self._ready: dict[Waiting, int] = {}

    def before_io_wait(self, timeout: float) -> None:
        self._under_way = True

    def task_scheduled(self, task: trio.lowlevel.Task) -> None:
        if self._under_way and task in self.tasks:
            waiting = self.tasks[task]
            self._ready[waiting] = waiting.asked if waiting.armed == self.count else -1

    def after_io_wait(self, timeout: float) -> None:
        self._under_way = False
        self.count += 1

    def tell_ready(self, current: Waiting) -> None:
        """Let all have their turns, each in the context of its own task; that of `current` is the one that runs."""
        ready, self._ready = self._ready, {}
        for waiting in sorted(ready, key=ready.__getitem__) if len(ready) > 1 else ready:
            if waiting is current:
                waiting.tell()
            else:
                waiting.context.run(waiting.tell)
