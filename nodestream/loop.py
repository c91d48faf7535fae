"""Node's event loop on trio: the ways in. Nothing outside of the loop's own files calls trio's scheduler.

`run()` and `open_loop()` are here. What there is for the rest of the project: `next_tick`, and of the loop
(`current_loop()`) `queue_microtask`, `set_immediate`, `complete_later`, `close_later`, `turn`, `spawn`,
`run_in_thread`; `Promise`; `Handle` (keeps the loop alive, is released with it) and `Watcher` (readiness of one socket
in one direction).

The rules of the loop are in `_event_loop.py`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any

import trio

from ._event_loop import EventLoop as EventLoop
from ._event_loop import current_loop as current_loop
from ._event_loop import is_last_tick as is_last_tick
from ._event_loop import next_tick as next_tick
from ._event_loop import set_process as set_process
from ._event_loop import tick_first as tick_first
from ._event_loop import yield_to_others as yield_to_others
from ._loop_handles import Handle as Handle
from ._loop_handles import Immediate as Immediate
from ._loop_handles import SignalWatcher as SignalWatcher
from ._loop_handles import Watcher as Watcher
from ._loop_scope import context, thread
from ._promise import Promise as Promise
from .errors import ERR_UNSETTLED_AWAIT

__all__ = [
    "EventLoop",
    "Handle",
    "Immediate",
    "Promise",
    "SignalWatcher",
    "Watcher",
    "current_loop",
    "next_tick",
    "open_loop",
    "run",
]


class _LoopBlock:
    """`async with open_loop()`: a nursery whose tasks are a loop's."""

    def __init__(self, loop: EventLoop, *, exits: bool = False) -> None:
        self._loop = loop
        self._exits = exits

    @trio.lowlevel.enable_ki_protection
    async def __aenter__(self) -> EventLoop:
        self._manager = trio.open_nursery(strict_exception_groups=True)
        nursery = await self._manager.__aenter__()
        self._context_token = context.set(self._loop)
        self._loop._references += 1  # the block itself
        self._loop._begin(nursery, exits=self._exits)
        return self._loop

    @trio.lowlevel.enable_ki_protection
    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        loop = self._loop
        loop._references -= 1
        loop.wake()
        caught: BaseException | None = None
        swallowed = False
        try:
            swallowed = bool(await self._manager.__aexit__(kind, error, traceback))
        except BaseException as exc:
            caught = exc
        finally:
            await loop._close_generators()
            context.reset(self._context_token)
            loop._ended()
        return self._conclude(error, caught, swallowed)

    def _conclude(self, error: BaseException | None, caught: BaseException | None, swallowed: bool) -> bool:
        """Let the one exception that matters come out, as itself; True if there is none left."""
        first = self._loop.failure or _first_failure(caught)
        if first is None or (first is error and self._loop.failure is None):
            return swallowed
        context_of_its_own = first.__context__
        try:
            raise first
        finally:
            first.__context__ = context_of_its_own  # not what the body, cancelled because of it, came out with
            del first, error, caught, context_of_its_own


def _first_failure(error: BaseException | None) -> BaseException | None:
    """The exception that a group is about; several that differ stay a group."""
    if not isinstance(error, BaseExceptionGroup):
        return error
    interrupts, _ = error.split(KeyboardInterrupt)
    found: BaseExceptionGroup[BaseException] = interrupts or error
    while len(found.exceptions) == 1 or interrupts is not None:
        inner = found.exceptions[0]
        if not isinstance(inner, BaseExceptionGroup):
            return inner
        found = inner
    return found


def open_loop() -> _LoopBlock:
    """Open an event loop inside a trio program: `async with nodestream.open_loop() as loop: ...`.

    The block is a nursery: it ends when its body has ended and the loop has nothing left to do. Cancelling it destroys
    every socket that the loop holds. An exception that no callback handled comes out of the block as itself.
    """
    return _LoopBlock(EventLoop())


def run(main: Callable[..., Any] | None = None, *args: Any, clock: trio.abc.Clock | None = None) -> Any:
    """Run the event loop of this thread until nothing is left to do.

    What was scheduled before in this thread (servers that listen, timers, ticks) runs in it. `main(*args)`, if given,
    is called first; if it is async, it runs as a task. Its result is returned.

    Raises what no callback handled, as itself; KeyboardInterrupt after Ctrl-C, when everything is closed;
    `ERR_UNSETTLED_AWAIT` when an async `main` waits for something that can no longer happen.
    """
    if thread.loop is not None or trio.lowlevel.in_trio_run():
        raise RuntimeError("run() cannot be called inside a running event loop")
    loop = current_loop()
    thread.pending = None
    try:
        return trio.run(_run_in, loop, main, args, clock=clock)
    except KeyboardInterrupt:
        raise KeyboardInterrupt from None  # where it struck says nothing to anybody
    except BaseException as error:
        if error is loop.failure:
            raise error.with_traceback(loop.failure_traceback)  # noqa: B904 - as it was, without our own frames
        raise


@trio.lowlevel.enable_ki_protection
async def _run_in(loop: EventLoop, main: Callable[..., Any] | None, args: tuple[Any, ...]) -> Any:
    call = _MainCall(loop, main, args)
    if main is not None:
        loop._ticks.appendleft((call.begin, ()))
    async with _LoopBlock(loop, exits=True):
        pass
    if call.is_awaited:
        raise ERR_UNSETTLED_AWAIT
    return call.result


class _MainCall:
    """`main`, called in a turn as any callback is; if it returns an awaitable, that runs as a task."""

    def __init__(self, loop: EventLoop, main: Callable[..., Any] | None, args: tuple[Any, ...]) -> None:
        self._loop = loop
        self._main = main
        self._args = args
        self.is_awaited = False
        self.result: Any = None

    def begin(self) -> None:
        """Call it."""
        returned = self._main(*self._args) if self._main is not None else None
        if isinstance(returned, Awaitable):
            self.is_awaited = True
            self._loop.spawn(returned, self._ended)
        else:
            self.result = returned

    def _ended(self, error: BaseException | None, value: Any) -> None:
        self.is_awaited = False
        self.result = value
        if error is not None:
            raise error
