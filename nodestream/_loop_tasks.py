"""Coroutines of a loop: to be started, or waiting for a promise. The driver resumes them one at a time."""

from __future__ import annotations

import contextvars
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any

import trio

from ._loop_scope import context
from ._sleeper import Sleeper

if TYPE_CHECKING:
    from ._event_loop import EventLoop

Callback = Callable[..., object]


class Waiter:
    """A task that waits for a promise; the driver decides when it goes on. `ran`: it has, until its next wait."""

    __slots__ = ("_sleeper", "ran")

    def __init__(self) -> None:
        self._sleeper = Sleeper()
        self.ran = False

    async def wait(self) -> None:
        """Wait until resumed."""
        try:
            await self._sleeper.sleep()
        finally:
            self.ran = True

    def resume(self) -> None:
        """Let the task go on; if it was cancelled meanwhile, there is nothing to do."""
        if not self._sleeper.wake():
            self.ran = True


class Start:
    """A coroutine whose task is to be started, with the context variables of whoever spawned it."""

    __slots__ = ("_scope", "_variables", "coroutine", "done", "loop", "ran")

    def __init__(
        self,
        loop: EventLoop,
        coroutine: Awaitable[Any],
        done: Callback | None,
        scope: trio.CancelScope | None = None,
    ) -> None:
        self.loop = loop
        self.coroutine = coroutine
        self.done = done
        self._scope = scope
        self.ran = False
        self._variables = contextvars.copy_context()

    def resume(self) -> None:
        """Start the task."""
        self._variables.run(self.loop._nursery_now().start_soon, self._run)

    def stop(self) -> None:
        """Cancel the task, which needs a scope. The loop lives until it has ended, for others may wait for that."""
        if self._scope is not None and not self._scope.cancel_called:
            self.loop._references += 1
            self._scope.cancel()

    def _let_go(self) -> None:
        """It does not keep the loop alive any more."""
        scope, self._scope = self._scope, None
        self.loop._references -= 2 if scope is not None and scope.cancel_called else 1

    def drop(self) -> None:
        """It will never be started."""
        self._let_go()
        if isinstance(self.coroutine, Coroutine):
            self.coroutine.close()

    async def _run(self) -> None:
        self.ran = True
        loop = self.loop
        context.set(loop)  # whoever spawned it may be in another one
        task = trio.lowlevel.current_task()
        loop._tasks.add(task)
        value: Any = None
        error: Exception | None = None
        try:
            if self._scope is None:
                value = await self.coroutine
            else:
                with self._scope:
                    value = await self.coroutine
        except Exception as exc:
            error = exc
        finally:
            loop._tasks.discard(task)
            self._let_go()
        loop._react(self.done or loop._report_rejection, error, value)
