"""Ways to wait for something that happens in another thread or event loop, one for each kind of waiter.

The rules:

1. A waiter joins a queue, which may give it its outcome at once. If not, it waits, and is woken when it has one.
2. `wake()` may be called from any thread, as soon as the waiter has joined, and does not run the waiter's code.
3. A waiter that does not wait any longer (a timeout, a cancel, an exception) leaves the queue, whether or not it has
   been woken: its queue knows what to do with an outcome that nobody took.
4. A coroutine of a nodestream loop is resumed by that loop, in order, and keeps it alive meanwhile. Other tasks of trio
   and those of asyncio are resumed as these see fit.
5. Before a coroutine looks at what there is, others may run: one that always finds something must not hold them up.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import trio

from ._hooks import noop
from ._loop_scope import context
from ._sleeper import Sleeper
from .loop import EventLoop, Handle, Promise, yield_to_others

if TYPE_CHECKING:
    import asyncio

Outcome = tuple[BaseException | None, Any]
"""An error, or a value."""

Join = Callable[["Waiter"], bool]
Leave = Callable[["Waiter"], None]


class Waiter:
    """Somebody who waits.

    Attributes:
        outcome: what came of it; its queue sets it before `wake()`.
    """

    __slots__ = ("outcome",)

    def __init__(self) -> None:
        self.outcome: Outcome | None = None

    def wake(self) -> bool:
        """Let it go on. False: its event loop is gone."""
        raise NotImplementedError

    def result(self) -> Any:
        """The value, when there is an outcome. Raises the error."""
        error, value = self.outcome or (None, None)
        if error is None:
            return value
        try:
            raise error
        finally:
            del error  # it holds this frame


class _Blocked(Waiter):
    """A thread."""

    __slots__ = ("_gate",)

    def __init__(self) -> None:
        super().__init__()
        self._gate = threading.Lock()
        self._gate.acquire()

    def wait(self, seconds: float) -> bool:
        """Whether it was woken in this time; a negative one has no end."""
        return self._gate.acquire(timeout=seconds)

    def wake(self) -> bool:
        """Let it go on."""
        self._gate.release()
        return True


class _Suspended(Waiter):
    """A coroutine."""

    __slots__ = ()

    async def wait(self) -> None:
        """Wait until woken."""
        raise NotImplementedError


class _LoopTask(_Suspended):
    """A coroutine of a nodestream loop."""

    __slots__ = ("_loop", "_woken")

    def __init__(self, loop: EventLoop) -> None:
        super().__init__()
        self._loop = loop
        self._woken: Promise[None] = Promise()

    async def wait(self) -> None:
        """Wait until woken."""
        handle = Handle(self._loop, noop)
        try:
            await self._woken
        finally:
            handle.close()

    def wake(self) -> bool:
        """Let it go on."""
        return self._loop.call_from_anywhere(self._woken.resolve, None)


class _TrioTask(_Suspended):
    """Any other task of trio."""

    __slots__ = ("_sleeper", "_token")

    def __init__(self) -> None:
        super().__init__()
        self._token = trio.lowlevel.current_trio_token()
        self._sleeper = Sleeper()

    async def wait(self) -> None:
        """Wait until woken."""
        await self._sleeper.sleep()

    def wake(self) -> bool:
        """Let it go on."""
        with suppress(trio.RunFinishedError):
            self._token.run_sync_soon(self._sleeper.wake)
            return True
        return False


class _AsyncioTask(_Suspended):
    """A task of asyncio."""

    __slots__ = ("_loop", "_woken")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self._loop = loop
        self._woken = loop.create_future()

    async def wait(self) -> None:
        """Wait until woken."""
        await self._woken

    def wake(self) -> bool:
        """Let it go on."""
        with suppress(RuntimeError):  # the loop is closed
            self._loop.call_soon_threadsafe(self._wake)
            return True
        return False

    def _wake(self) -> None:
        if not self._woken.done():  # by a cancel
            self._woken.set_result(None)


# --- waiting ---


async def wait_for(join: Join, leave: Leave) -> Any:
    """Wait in trio, in a nodestream loop or in asyncio, whichever runs here; gives the outcome's value, or raises."""
    waiter = await _new_suspended()
    if not join(waiter):
        try:
            await waiter.wait()
        except BaseException:
            leave(waiter)
            raise
    return waiter.result()


def block_for(join: Join, leave: Leave, milliseconds: float | None) -> Any:
    """Block this thread until there is an outcome; gives its value, or raises.

    Raises TimeoutError, and RuntimeError in the thread of an event loop, which must not be blocked.
    """
    if trio.lowlevel.in_trio_run() or _asyncio_loop() is not None:
        raise RuntimeError("this would block an event loop: await it there")
    waiter = _Blocked()
    if not join(waiter):
        try:
            if not waiter.wait(-1 if milliseconds is None else _seconds(milliseconds)):
                raise TimeoutError(f"nothing happened in {milliseconds:g} ms")
        except BaseException:
            leave(waiter)
            raise
    return waiter.result()


def _seconds(milliseconds: float) -> float:
    return min(max(milliseconds, 0) / 1000, threading.TIMEOUT_MAX)


async def _new_suspended() -> _Suspended:
    """A waiter for the coroutine that runs now. Others run first, and one that is cancelled goes no further."""
    if trio.lowlevel.in_trio_task():
        await yield_to_others()
        loop = context.get()
        return _LoopTask(loop) if loop is not None and loop.has_current_task() else _TrioTask()
    asyncio_loop = _asyncio_loop()
    if asyncio_loop is None:
        raise RuntimeError("only trio and asyncio can await this")
    await sys.modules["asyncio"].sleep(0)
    return _AsyncioTask(asyncio_loop)


def _asyncio_loop() -> asyncio.AbstractEventLoop | None:
    """The loop of asyncio that runs in this thread. It is not imported for that: where it was not, none runs."""
    asyncio = sys.modules.get("asyncio")
    return None if asyncio is None else asyncio._get_running_loop()
