"""The library's event loop as a guest of Node's.

trio runs in guest mode: it waits for I/O in a thread, and when it wants to go on it says so by a byte in a pipe, the
bell. Node's loop hears the bell and asks for a `step()`. So Python never runs but in a call from JavaScript, and the
two loops take turns as one.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

import trio

from nodestream._event_loop import EventLoop
from nodestream._loop_scope import thread
from nodestream.loop import _LoopBlock

TICKS_QUEUED = 1
ALIVE = 2

LONGEST_ROUND = 64
"""Steps of trio after which Node's loop has its turn, though trio is not at rest."""


class BridgedLoop(EventLoop):
    """The event loop, with JavaScript's microtasks: they run when the ticks of a turn have, as in Node.

    `run_microtasks()` is called if JavaScript ran since it was called last.
    """

    def __init__(self) -> None:
        super().__init__()
        self.javascript_ran = False
        self._resumes = False
        self.run_microtasks: Callable[[], object] = lambda: None

    def _drain(self) -> None:
        super()._drain()
        while self.javascript_ran:
            self.javascript_ran = False
            self.run_microtasks()
            super()._drain()

    async def _run_ready(self) -> None:
        self._resumes = True
        await super()._run_ready()
        self._resumes = False

    def note_javascript(self) -> None:
        """JavaScript is about to run."""
        self.javascript_ran = True

    def drain(self) -> None:
        """Run the ticks that were queued outside of a turn of this loop."""
        self.turn(self._run_nothing)

    @property
    def has_ticks(self) -> bool:
        """Whether ticks or microtasks are queued."""
        return self._has_queued

    @property
    def has_ready_tasks(self) -> bool:
        """Whether a coroutine is about to begin or to go on."""
        return bool(self._ready) or self._resumes

    @property
    def is_busy(self) -> bool:
        """Whether something is pending that keeps a process alive; the block that the loop runs in is one reference."""
        return bool(self._references > 1 or self.timers.referenced > 0 or self._ready or self._has_phases)


class Guest:
    """Runs a loop step by step. `ring` is the descriptor of the bell."""

    def __init__(self, loop: BridgedLoop, ring: int) -> None:
        self._loop = loop
        self._ring = ring
        self._rung = False
        self._todo: deque[Callable[[], Any]] = deque()
        self._wanted = threading.Event()

    def start(self) -> None:
        """Begin to run the loop; when this returns it runs, and belongs to this thread."""
        trio.lowlevel.start_guest_run(self._main, run_sync_soon_threadsafe=self._soon, done_callback=self._done)
        while not self._loop.running:
            self._step()
        thread.loop = self._loop

    @property
    def state(self) -> int:
        """TICKS_QUEUED and ALIVE, as they hold. While trio is not at rest, a task may be about to do something."""
        is_alive = self._loop.is_busy or bool(self._todo)
        return (TICKS_QUEUED if self._loop.has_ticks else 0) | (ALIVE if is_alive else 0)

    def step(self) -> None:
        """Let trio go on until it is at rest: a round of this loop is one of Node's, whose timers wait for its end."""
        for _ in range(LONGEST_ROUND):
            self._step()
            if not self._todo:
                return

    def _step(self) -> None:
        """Let trio go on with what is ready now."""
        self._rung = False
        for _ in range(len(self._todo)):
            self._todo.popleft()()

    def drain(self) -> None:
        """Run the ticks that JavaScript queued and the tasks that became ready, before Node's next callback."""
        self._loop.drain()
        while self._loop.has_ready_tasks:
            self._wanted.wait()
            self._wanted.clear()
            self._step()

    def _soon(self, function: Callable[[], Any]) -> None:
        self._todo.append(function)
        self._wanted.set()
        if not self._rung:
            self._rung = True
            os.write(self._ring, b"!")

    async def _main(self) -> None:
        async with _LoopBlock(self._loop):
            await trio.sleep_forever()

    def _done(self, result: Any) -> None:
        result.unwrap()
        raise RuntimeError("the event loop has ended")
