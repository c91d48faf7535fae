"""`WaitPolls`: readiness from trio alone, for systems that have no epoll. Each watcher has a task that waits.

trio resumes the tasks whose sockets became ready in one poll in the kernel's order, or in the opposite one, as chance
has it. But it schedules them in the kernel's order, which an instrument sees. Tasks that only began to wait since the
poll before did so in an order of trio's making: they come in the order in which they were asked for.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING

import trio

from ._sleeper import Sleeper

if TYPE_CHECKING:
    from ._event_loop import EventLoop
    from ._loop_handles import Watcher

_numbers = itertools.count()


class _Wait:
    """The task that waits for one watcher.

    Attributes:
        asked: a number that is higher the later it was asked to wait.
        began: how many polls there had been when it began to wait.
    """

    __slots__ = ("_polls", "_sleeper", "_wanted", "asked", "began", "watcher")

    def __init__(self, polls: WaitPolls, watcher: Watcher) -> None:
        self._polls = polls
        self.watcher = watcher
        self._sleeper = Sleeper()
        self._wanted = True
        self.asked = next(_numbers)
        self.began = 0

    def ask(self) -> None:
        """Wait once more."""
        self.asked = next(_numbers)
        self._wanted = True
        self._sleeper.wake()

    def leave(self) -> None:
        """The watcher was closed: end the task."""
        if not self._sleeper.wake() and self._polls.is_running:
            trio.lowlevel.notify_closing(self.watcher.sock)

    async def run(self) -> None:
        """What the task does."""
        polls, watcher = self._polls, self.watcher
        wait = trio.lowlevel.wait_readable if watcher.reads else trio.lowlevel.wait_writable
        task = trio.lowlevel.current_task()
        while watcher.is_open:
            if not self._wanted:
                await self._sleeper.sleep()
                continue
            self._wanted = False
            self.began = polls.count
            polls.waiting[task] = self
            try:
                await wait(watcher.sock)
            except trio.ClosedResourceError:  # this watcher was closed, or the one of the other direction
                self._wanted = True
            finally:
                del polls.waiting[task]
            polls.wake()


class WaitPolls(trio.abc.Instrument):
    """The waiting tasks of one loop, and an instrument that sees which of them trio schedules. See `Polls`.

    Attributes:
        count: how many polls there were.
        waiting: who waits for I/O, by task.
        is_running: whether the loop runs.
    """

    def __init__(self, loop: EventLoop) -> None:
        self._loop = loop
        self._waits: dict[Watcher, _Wait] = {}
        self._ready: dict[_Wait, int] = {}
        self._sleeper = Sleeper()
        self._under_way = False
        self.count = 0
        self.waiting: dict[trio.lowlevel.Task, _Wait] = {}
        self.is_running = False

    def begin(self) -> None:
        """The loop runs."""
        self.is_running = True
        trio.lowlevel.add_instrument(self)

    def end(self) -> None:
        """The loop has ended."""
        self.is_running = False
        trio.lowlevel.remove_instrument(self)

    # --- who watches what ---

    def ask(self, watcher: Watcher) -> None:
        """`watcher` starts."""
        wait = self._waits.get(watcher)
        if wait is None:
            wait = self._waits[watcher] = _Wait(self, watcher)
            self._loop._start_task(wait.run)
        else:
            wait.ask()

    def relent(self, watcher: Watcher) -> None:
        """`watcher` was stopped: its task waits on."""

    def leave(self, watcher: Watcher) -> None:
        """`watcher` was closed."""
        wait = self._waits.pop(watcher, None)
        if wait is not None:
            wait.leave()

    # --- what trio tells ---

    def before_io_wait(self, timeout: float) -> None:
        """A poll begins."""
        self._under_way = True

    def task_scheduled(self, task: trio.lowlevel.Task) -> None:
        """During a poll: what this task waits for is ready."""
        if self._under_way and task in self.waiting:
            wait = self.waiting[task]
            self._ready[wait] = wait.asked if wait.began == self.count else -1

    def after_io_wait(self, timeout: float) -> None:
        """It is over."""
        self._under_way = False
        self.count += 1

    # --- polls ---

    async def sleep(self) -> None:
        """Wait until something is ready."""
        if self._ready:
            await trio.lowlevel.checkpoint()
        else:
            await self._sleeper.sleep()

    def wake(self) -> None:
        """End sleep()."""
        self._sleeper.wake()

    def poll(self) -> Iterator[Watcher]:
        """What was ready when trio asked."""
        ready, self._ready = self._ready, {}
        for wait in sorted(ready, key=ready.__getitem__):
            if wait.watcher.active:
                wait.ask()
                yield wait.watcher
