"""The event loop itself: turns, ticks, and the driver that goes round.

The rules:

1. A *turn* is one callback from I/O, a timer or an immediate. After each turn the tick queue is drained to empty, ticks
   queued meanwhile included. A turn runs to its end: nothing else of the loop runs in between.
2. A tick costs one append and one pop of a deque. When no tick is left the microtasks run, those queued meanwhile
   included, then the ticks that these have queued, and so on until there are neither.
3. Coroutines (an async `main`, async listeners and hooks) are trio tasks. The loop starts them, and resumes those that
   wait for a `Promise`, one at a time and in the order in which they became ready; each runs until its next wait
   before the next one is resumed. So the order is Node's, whatever order trio picks for tasks.
4. One round of the *driver*: due timers, then whatever I/O is ready, then work in threads that is done, and what could
   have been such work (`complete_as_thread`), then what completes after it (`complete_later`), then the immediates that
   were set before the round reached them, then what tells of closed handles (`close_later`).
   When there is none of these, the driver sleeps until something wakes it or the next timer is due.
   I/O that becomes ready while the driver goes through its round waits for the next one. What is ready at the same
   time has its turns in the order that `_loop_polls.py` tells.
5. The loop is alive while something referenced is pending: a tick, an immediate, a timer, an open `Handle`, work in a
   thread, a coroutine that waits for something other than a promise.
6. An exception that escapes a callback goes to `uncaughtException`; with no listener it ends the loop and comes out of
   `run()` or the `open_loop()` block as itself.
"""

from __future__ import annotations

import contextlib
import logging
import math
import threading
import weakref
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable
from types import AsyncGeneratorType, TracebackType
from typing import Any, Protocol, TypeVar

import trio

from ._loop_handles import Handle, Immediate
from ._loop_polls import new_polls
from ._loop_scope import LoopScope, context, thread
from ._loop_tasks import Start, Waiter
from ._timer_heap import Timeout, TimerHeap

_log = logging.getLogger("nodestream")

ARRIVALS_IN_A_ROW = 16
"""After so many, I/O has its turn."""

T = TypeVar("T")
Callback = Callable[..., object]


class ProcessEvents(Protocol):
    """What the loop needs of `process`: to tell it what happened, and whether somebody listened."""

    def emit(self, event: str, /, *args: Any) -> bool: ...

    def _loop_begins(self, loop: EventLoop, /) -> None: ...


class _NoProcess:
    def emit(self, event: str, /, *args: Any) -> bool:
        return False

    def _loop_begins(self, loop: EventLoop, /) -> None:
        pass


_process: ProcessEvents = _NoProcess()


def set_process(process: ProcessEvents) -> None:
    """Register the emitter of `uncaughtException`, `unhandledRejection`, `beforeExit` and `exit`."""
    global _process  # noqa: PLW0603
    _process = process


class EventLoop:
    """One event loop. There is at most one pending loop for each thread: what is scheduled before `run()` waits in it.

    Attributes:
        running: whether turns can happen now.
        timers: the timer heap, which has the loop's clock.
    """

    def __init__(self) -> None:
        self.timers = TimerHeap()
        self.running = False
        self._ticks: deque[tuple[Callback, tuple[Any, ...]]] = deque()
        self._microtasks: deque[tuple[Callback, tuple[Any, ...]]] = deque()
        self._arrivals: deque[tuple[Callback, tuple[Any, ...]]] = deque()
        self._completions: deque[tuple[Callback, tuple[Any, ...]]] = deque()
        self._immediates: deque[Immediate] = deque()
        self._closings: deque[tuple[Callback, tuple[Any, ...]]] = deque()
        self._ready: deque[Waiter | Start] = deque()
        self._to_start: list[Callable[[], Awaitable[None]]] = []
        self._handles: dict[Handle, None] = {}
        self._generators: weakref.WeakSet[AsyncGenerator[Any, Any] | trio.abc.AsyncResource] = weakref.WeakSet()
        self._references = 0
        self._tasks: set[trio.lowlevel.Task] = set()
        self._waiting: set[trio.lowlevel.Task] = set()
        self._in_turn = False
        self._ticks_wait_for_turn = False
        self._stopping = False
        self._polls = new_polls(self)
        self._alarm: trio.CancelScope  # ends the sleep of the driver when a timer is due
        self._alarm_time = math.inf
        self._nursery: trio.Nursery | None = None
        self._token: trio.lowlevel.TrioToken | None = None
        self._thread = 0
        self._outer_deadline = math.inf
        self._exits = False
        self.failure: BaseException | None = None
        self.failure_traceback: TracebackType | None = None

    def __repr__(self) -> str:
        state = "running" if self.running else "not running"
        return f"<EventLoop {state}, {len(self._handles)} open handles, {self._references} references>"

    @property
    def is_here(self) -> bool:
        """Whether it runs, in the thread of the code that asks."""
        return self._thread == threading.get_ident()

    # --- scheduling ---

    def next_tick(self, callback: Callback, *args: Any) -> None:
        """Call `callback(*args)` at the end of this turn, before anything else. Node: process.nextTick"""
        self._ticks.append((callback, args))
        if not self._in_turn:
            self.wake()

    def next_tick_first(self, callback: Callback, *args: Any) -> None:
        """As `next_tick`, before the ticks that are queued already. For a tick to call that this one is to follow."""
        self._ticks.appendleft((callback, args))

    def queue_microtask(self, callback: Callback, *args: Any) -> None:
        """Call `callback(*args)` when the ticks of this turn have run. Node: queueMicrotask"""
        self._microtasks.append((callback, args))
        if not self._in_turn:
            self.wake()

    def set_immediate(self, callback: Callback, *args: Any) -> Immediate:
        """Call `callback(*args)` in a turn of its own, after the I/O that is ready now. Node: setImmediate"""
        immediate = Immediate(self, callback, args)
        self._immediates.append(immediate)
        self.wake()
        return immediate

    def start_timer(self, timer: Timeout) -> None:
        """Let `timer` come up one delay from now."""
        # The driver need not look again if it knows of this timer: it only comes up later.
        is_known = timer._in_heap
        timers = self.timers
        timers.arm(timer, timers.now)
        if not is_known:
            self.wake()

    def complete_later(self, callback: Callback, *args: Any) -> None:
        """Call `callback(*args)` in a turn of its own, after the I/O that is ready now and before any immediate.

        For operations that did not have to wait but must not seem to end before they began. libuv: pending callbacks
        """
        self._completions.append((callback, args))
        self.wake()

    def complete_as_thread(self, callback: Callback, *args: Any) -> None:
        """Call `callback(*args)` in a turn of its own, as if work in a thread had just been done.

        That is after the I/O and the immediates of this round. While nothing else waits for a turn, several such turns
        may follow each other at once.
        """
        self._arrivals.append((self._arrive, (callback, args)))
        self.wake()

    def _arrive(self, callback: Callback, args: tuple[Any, ...]) -> None:
        if self._immediates:
            self.close_later(callback, *args)
        else:
            callback(*args)

    def close_later(self, callback: Callback, *args: Any) -> None:
        """Call `callback(*args)` in a turn of its own, at the end of this round: how a handle tells that it is closed.

        What is asked for here is called even if the loop ends. libuv: closing callbacks
        """
        self._closings.append((callback, args))
        self.wake()

    def spawn(self, coroutine: Awaitable[T], done: Callable[[BaseException | None, T | None], object] | None) -> None:
        """Run `coroutine` as a task; when it has ended, call `done(error, value)` in a turn.

        Without `done`, a failure is an unhandled rejection. If the loop ends first, the task is cancelled and `done` is
        not called.
        """
        self._references += 1
        self._make_ready(Start(self, coroutine, done))

    def spawn_stoppable(
        self, coroutine: Awaitable[T], done: Callable[[BaseException | None, T | None], object]
    ) -> Callable[[], None]:
        """As `spawn`. Call what is returned to cancel the task: `done` gets None for both then."""
        start = Start(self, coroutine, done, trio.CancelScope())
        self._references += 1
        self._make_ready(start)
        return start.stop

    def adopt(self, items: object) -> None:
        """If `items` is an async generator, or trio's, close it when the loop ends, should it still be open then."""
        if isinstance(items, (AsyncGeneratorType, trio.abc.AsyncResource)):
            self._generators.add(items)

    def run_in_thread(
        self,
        function: Callable[..., T],
        *args: Any,
        done: Callable[[BaseException | None, T | None], object],
        abandon: bool = False,
    ) -> None:
        """Call `function(*args)` in a worker thread, then `done(error, value)` in a turn.

        If the loop ends meanwhile, it waits for the thread, unless `abandon`.
        """

        async def work() -> None:
            try:
                value, error = await trio.to_thread.run_sync(function, *args, abandon_on_cancel=abandon), None
            except Exception as exc:
                value, error = None, exc
            finally:
                self._references -= 1
            self._arrivals.append((done, (error, value)))
            self.wake()

        self._references += 1
        self._start_task(work)

    def call_from_thread(self, callback: Callback, *args: Any) -> None:
        """Call `callback(*args)` in a turn of this loop, from another thread.

        Raises RuntimeError when the loop does not run, trio.RunFinishedError when its trio program has ended.
        """
        if self._token is None:
            raise RuntimeError("the event loop is not running")
        self._token.run_sync_soon(self.turn, callback, *args)

    def call_from_anywhere(self, callback: Callback, *args: Any) -> bool:
        """Call `callback(*args)` soon: in a tick if this is the loop's own thread, else in a turn.

        False: the loop does not run, so it is not called.
        """
        if threading.get_ident() == self._thread:
            self.next_tick(callback, *args)
            return True
        token = self._token
        if token is not None:
            with contextlib.suppress(trio.RunFinishedError):
                token.run_sync_soon(self.turn, callback, *args)
                return True
        return False

    def call_from_finalizer(self, callback: Callback) -> None:
        """Call `callback()`: at once in the loop's own thread, else in a turn; not at all when the loop has ended."""
        if self.is_here:
            with LoopScope(self):
                callback()
        elif self._token is not None:
            with contextlib.suppress(trio.RunFinishedError):
                self._token.run_sync_soon(self.turn, callback)

    def wake(self) -> None:
        """Let the driver look for work, if it sleeps."""
        self._polls.wake()

    def turn(self, callback: Callback, *args: Any) -> object:
        """Run `callback(*args)` and then all ticks. What it returned is returned, None if it failed."""
        if self._in_turn:
            raise RuntimeError("a turn cannot begin inside another one")
        if self._stopping:
            return None
        previous = thread.loop
        result = None
        try:
            thread.loop = self
            self._in_turn = True
            result = callback(*args)
        except BaseException as exc:
            self._ticks_wait_for_turn = True
            self._uncaught(exc)
        else:
            self._drain()
        finally:
            self._in_turn = False
            thread.loop = previous
        if self._ready or self._ticks or self._microtasks:
            self.wake()  # the driver may be asleep while another task of the loop takes this turn
        return result

    def _react(self, callback: Callback, *args: Any) -> None:
        """Run `callback(*args)` at the end of a task; the driver drains the ticks once all ready tasks have run."""
        if self._stopping:
            return
        with LoopScope(self):
            try:
                callback(*args)
            except BaseException as exc:
                self._uncaught(exc)
        self.wake()

    def run_ticks(self) -> None:
        """Run all ticks now, in the middle of a turn: for a callback that counts as a turn of its own."""
        if self._in_turn and (self._ticks or self._microtasks):
            self._drain()

    def _drain(self) -> None:
        ticks, microtasks = self._ticks, self._microtasks
        self._ticks_wait_for_turn = False
        while ticks or microtasks:
            queue = ticks or microtasks
            while queue:
                callback, args = queue.popleft()
                try:
                    callback(*args)
                except BaseException as exc:
                    self._uncaught(exc)
                    return

    @property
    def _has_queued(self) -> bool:
        return bool(self._ticks or self._microtasks)

    def _run_microtasks(self) -> None:
        """Run the microtasks that a task has queued; the ticks wait for the other tasks."""
        with LoopScope(self):
            while self._microtasks and not self._stopping:
                callback, args = self._microtasks.popleft()
                try:
                    callback(*args)
                except BaseException as exc:
                    self._uncaught(exc)

    # --- failures ---

    def _uncaught(self, error: BaseException) -> None:
        """`error` came out of a callback. If it is handled, the ticks that are left are run later."""
        if isinstance(error, Exception) and not self._stopping:
            try:
                if _process.emit("uncaughtException", error, "uncaughtException"):
                    self.set_immediate(self._run_nothing)
                    return
            except BaseException as exc:
                error = exc
        self._fail(error)

    def _report_rejection(self, error: BaseException | None, _value: object = None) -> None:
        """An awaitable failed and nobody is there to take it."""
        if error is None or _process.emit("unhandledRejection", error, None):
            return
        if not _process.emit("uncaughtException", error, "unhandledRejection"):
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        """End the loop with `error`; nothing that was scheduled runs any more."""
        if self.failure is None:
            self.failure = error
            self.failure_traceback = error.__traceback__
        self._stopping = True
        self._ticks.clear()
        self._microtasks.clear()
        if self._nursery is not None:
            self._nursery.cancel_scope.cancel()

    # --- coroutines ---

    def _make_ready(self, entry: Waiter | Start) -> None:
        self._ready.append(entry)
        if not self._in_turn:
            self.wake()

    async def _wait_for(self, waiter: Waiter) -> None:
        """Let the current task sleep until `waiter` is made ready.

        If the task is the loop's, it does not keep the loop alive, unless a deadline of its own will wake it.
        """
        task = trio.lowlevel.current_task()
        if task not in self._tasks or trio.current_effective_deadline() < self._outer_deadline:
            await waiter.wait()
            return
        self._waiting.add(task)
        self._references -= 1
        self.wake()
        try:
            await waiter.wait()
        finally:
            self._references += 1
            self._waiting.discard(task)

    def has_current_task(self) -> bool:
        """Whether the task that runs now is a coroutine of this loop."""
        return trio.lowlevel.current_task() in self._tasks

    async def _run_ready(self) -> None:
        """Resume one task and let it run until its next wait."""
        entry = self._ready.popleft()
        entry.resume()
        await trio.lowlevel.cancel_shielded_checkpoint()
        if not entry.ran:  # trio ran us first
            await trio.lowlevel.cancel_shielded_checkpoint()

    def _nursery_now(self) -> trio.Nursery:
        if self._nursery is None:
            raise RuntimeError("the event loop is not running")
        return self._nursery

    def _start_task(self, function: Callable[[], Awaitable[None]]) -> None:
        if self._nursery is None:
            self._to_start.append(function)
        else:
            self._nursery.start_soon(function)

    # --- the driver ---

    def _is_alive(self) -> bool:
        if self._references + self.timers.referenced > 0:
            return True
        return bool(self._has_queued or self._ready or self._has_phases)

    @property
    def _has_phases(self) -> bool:
        return bool(self._arrivals or self._completions or self._closings)

    async def _drive(self) -> None:
        try:
            self.turn(self._run_nothing)  # what ran before the loop was a turn: its ticks come first
            await self._settle()
            await self._run_timers()
            await self._run_phase(self._completions)
            while await self._go_round_until_alarm():
                await self._go_round()
        finally:
            self._release()
        self._nursery_now().cancel_scope.cancel()

    async def _go_round_until_alarm(self) -> bool:
        """Go round until a timer ends the sleep. False: it is over."""
        # One scope for many sleeps, as most of them are ended by I/O.
        with trio.CancelScope() as self._alarm:
            self._alarm_time = math.inf
            while not self._stopping and await self._sleep():
                await self._go_round()
            return False
        await trio.lowlevel.checkpoint()  # what else is ready comes before the timers
        return not self._stopping

    async def _go_round(self) -> None:
        # Most rounds are for I/O alone; a phase that has nothing to do is not even called.
        for watcher in self._polls.poll():
            watcher.tell()
            if self._ready:
                await self._settle()
        if self._ready or self._has_queued:
            await self._settle()
        if self._arrivals:
            await self._run_arrivals()
        if self._completions:
            await self._run_phase(self._completions)
        if self._immediates:
            await self._run_immediates()
        if self._closings:
            await self._run_phase(self._closings)
        if self.timers.next_due() <= self.timers.now:
            await self._run_timers()
        if self._completions:
            await self._run_phase(self._completions)

    async def _settle(self) -> None:
        """Run what was scheduled outside of a turn: tasks that are ready, then the ticks, until there are none."""
        while not self._stopping and (self._ready or (self._has_queued and not self._ticks_wait_for_turn)):
            while self._ready:
                await self._run_ready()
                if self._microtasks:
                    self._run_microtasks()
            if not self._ticks_wait_for_turn:
                self.turn(self._run_nothing)

    def _run_nothing(self) -> None:
        """A turn for the ticks that were queued outside of one, by a task."""

    async def _sleep(self) -> bool:
        """Wait for I/O, a timer or wake(); if there is more to do, do not wait. False: nothing is left."""
        if not self._is_alive() and not self._finish():
            return False
        if self._is_idle():
            due = self.timers.next_due()
            if due != self._alarm_time:
                self._alarm_time = due
                # Rounded up: in milliseconds again, the time of waking must not come out as less than what is due.
                self._alarm.deadline = math.nextafter(due / 1000, math.inf)
            await self._polls.sleep()
        elif self._immediates or self._has_phases:
            await trio.lowlevel.checkpoint()
            await trio.lowlevel.checkpoint()  # trio may have resumed us before what else became ready
        else:
            await self._settle()
        return True

    def _is_idle(self) -> bool:
        has_turns = self._ticks or self._microtasks or self._ready or self._immediates
        return not (has_turns or self._arrivals or self._completions or self._closings or self._stopping)

    def _finish(self) -> bool:
        """Nothing is left to do. True: somebody found something more."""
        if any(task.child_nurseries for task in self._waiting):
            return True  # a task waits for a promise that its own child tasks may settle
        if self._exits:
            self.turn(_process.emit, "beforeExit", 0)
            if self._is_alive() or self._stopping:
                return True
            self.turn(_process.emit, "exit", 0)
        return False

    async def _run_timers(self) -> None:
        heap = self.timers
        due = heap.now
        while (timer := heap.pop_due(due)) is not None:
            start = heap.now if timer._repeat else due
            self.turn(timer._callback, *timer._args)
            if timer._repeat and not timer._active and not timer._closed:
                heap.arm(timer, start)
            if self._ready:
                await self._settle()

    async def _run_phase(self, queue: deque[tuple[Callback, tuple[Any, ...]]]) -> None:
        for _ in range(len(queue)):
            callback, args = queue.popleft()
            self.turn(callback, *args)
            if self._ready:
                await self._settle()

    async def _run_arrivals(self) -> None:
        """What arrives; and while nothing else waits for a turn, what arrives in consequence, as a socket goes on."""
        await self._run_phase(self._arrivals)
        for _ in range(ARRIVALS_IN_A_ROW):
            if not self._arrivals or self._waits_for_others:
                break
            await self._run_phase(self._arrivals)

    @property
    def _waits_for_others(self) -> bool:
        is_due = self.timers.next_due() <= self.timers.now
        return bool(self._completions or self._immediates or self._closings or self._stopping or is_due)

    async def _run_immediates(self) -> None:
        for _ in range(len(self._immediates)):
            immediate = self._immediates.popleft()
            if immediate._pending:
                immediate.close()
                self.turn(immediate._callback, *immediate._args)
                if self._ready:
                    await self._settle()

    # --- beginning and end ---

    def _begin(self, nursery: trio.Nursery, *, exits: bool) -> None:
        self._nursery = nursery
        self._exits = exits
        self._token = trio.lowlevel.current_trio_token()
        self._thread = threading.get_ident()
        self._outer_deadline = trio.current_effective_deadline()
        self.timers.start_clock(trio.lowlevel.current_clock())
        self.running = True
        nursery.start_soon(self._drive)
        for function in self._to_start:
            nursery.start_soon(function)
        self._to_start.clear()
        _process._loop_begins(self)

    @trio.lowlevel.enable_ki_protection  # a second Ctrl-C must not keep anything open
    def _release(self) -> None:
        """Let go of everything that is still open, and let it tell its listeners."""
        with LoopScope(self):
            self._in_turn = True
            self._release_handles()
            try:
                if self.failure is None:
                    self._tell_of_closed()
            finally:
                self._in_turn = False
                self._stopping = True
                self._drop_the_rest()

    def _drop_the_rest(self) -> None:
        """Let go of what was opened or scheduled while the loop came to its end."""
        self._release_handles()
        for entry in self._ready:
            if isinstance(entry, Start):
                entry.drop()
            else:
                entry.resume()  # a task of the trio program outside of this loop
        self._ready.clear()
        self._ticks.clear()
        self._microtasks.clear()

    def _release_handles(self) -> None:
        for handle in list(self._handles):
            handle._release()
            handle.close()

    @trio.lowlevel.disable_ki_protection
    def _tell_of_closed(self) -> None:
        """Run the ticks that are left and what `close_later` has."""
        self._drain()
        for _ in range(len(self._closings)):
            callback, args = self._closings.popleft()
            try:
                callback(*args)
            except BaseException as exc:
                self._uncaught(exc)
            self._drain()

    async def _close_generators(self) -> None:
        """Close what `adopt` was told of. It may not wait for anything, as nothing may in a task that is cancelled."""
        for generator in list(self._generators):
            with trio.CancelScope(shield=True) as scope:
                scope.cancel()
                try:
                    await generator.aclose()
                except Exception:
                    _log.exception("An async generator failed while it was closed: %r", generator)

    def _ended(self) -> None:
        with LoopScope(self):
            self._drop_the_rest()  # of tasks that were cancelled
        self._polls.end()
        self.running = False
        self._nursery = None
        self._token = None
        self._thread = 0


def current_loop() -> EventLoop:
    """The loop of the code that asks: the one whose turn this is, else the one that its task is in, else the thread's
    pending loop, which the next `run()` in this thread takes.

    Raises RuntimeError in a trio program that has opened no loop.
    """
    loop = thread.loop or context.get()
    if loop is not None:
        return loop
    if trio.lowlevel.in_trio_run():
        raise RuntimeError(
            "this trio program has no event loop open here: put the code into `async with nodestream.open_loop():`"
        )
    if thread.pending is None:
        thread.pending = EventLoop()
    return thread.pending


def next_tick(callback: Callback, *args: Any) -> None:
    """Call `callback(*args)` when the current turn has ended, before any I/O, timer or immediate.

    Node: process.nextTick
    """
    loop = thread.loop or current_loop()
    loop._ticks.append((callback, args))
    if not loop._in_turn:
        loop.wake()


def next_tick_together(callback: Callable[[int], object]) -> None:
    """As `next_tick`, but calls with nothing queued between them are one tick: `callback(times)` tells how many."""
    loop = thread.loop or current_loop()
    ticks = loop._ticks
    if ticks:
        last, args = ticks[-1]
        if last == callback:
            ticks[-1] = (callback, (args[0] + 1,))
            return
    ticks.append((callback, (1,)))
    if not loop._in_turn:
        loop.wake()


async def yield_to_others() -> None:
    """Let everything else that can run do so once; the place where a busy coroutine can be cancelled."""
    await trio.lowlevel.checkpoint()
