"""What a stream does with a trio resource that it has taken over: one task that owns it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import trio

from ._hooks import noop
from .loop import Handle, Promise, current_loop

Job = Callable[[], Awaitable[Any]]
Done = Callable[[Any, Any], object]


class Courier:
    """A task that does one thing after the other with a trio resource, and closes the resource in the end.

    It closes it too when the loop ends. While it has nothing to do, it does not keep the loop alive.
    """

    def __init__(self, resource: trio.abc.AsyncResource) -> None:
        self._resource = resource
        self._loop = current_loop()
        self._next: Promise[tuple[Job, Done]] = Promise()
        self._when_stopped: Callable[[Any], object] = noop
        self._closing: Handle | None = None  # keeps the loop alive until the resource is closed
        self._cancel = self._loop.spawn_stoppable(self._work(), self._stopped)

    def do(self, job: Job, done: Done) -> None:
        """Await `job()`, then call `done(error, value)` in a turn. The last one must have been done."""
        self._next.resolve((job, done))

    def turn(self, callback: Callable[..., object], *args: Any) -> None:
        """Call `callback(*args)` in a turn; for a job, in the middle of its work."""
        self._loop.turn(callback, *args)

    def stop(self, then: Callable[[Any], object], *, gracefully: bool) -> None:
        """Close the resource, then call `then(error)`; not `gracefully`: at once, whatever is under way."""
        self._when_stopped = then
        self._closing = Handle(self._loop, noop)
        if gracefully:
            self.do(self._resource.aclose, self._closed)
        else:
            self._cancel()

    async def _work(self) -> None:
        try:
            while True:
                job, done = await self._next
                self._next = Promise()
                error: Exception | None = None
                value: Any = None
                try:
                    value = await job()
                except Exception as exc:
                    error = exc
                self._loop.turn(done, error, value)
        finally:
            await trio.aclose_forcefully(self._resource)

    def _closed(self, error: Any, _value: object) -> None:
        then = self._when_stopped
        self._when_stopped = lambda later_error: then(error or later_error)
        self._cancel()

    def _stopped(self, error: Any, _value: object) -> None:
        if self._closing is not None:
            self._closing.close()
        self._when_stopped(error)
