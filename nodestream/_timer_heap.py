"""The timers of one event loop: a heap of what is due when.

Time is in milliseconds on the loop's own clock. Re-arming is cheap on purpose, because a server re-arms an idle timer
at every packet: `refresh()` only moves the time on the timer itself, and an entry of the heap that comes up too early
goes back in with the new time.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import trio

from ._names import NodeNames, node_name
from ._warnings import emit_warning

if TYPE_CHECKING:
    from ._event_loop import EventLoop

TIMEOUT_MAX = 2**31 - 1
MOST_DEAD = 64
"""Entries of cancelled timers that may stay in the heap, however few others there are."""


class TimeoutOverflowWarning(Warning):
    """A delay that does not fit into a 32-bit signed integer was given; it was set to 1."""


class TimeoutNegativeWarning(Warning):
    """A negative delay was given; it was set to 1."""


class TimeoutNaNWarning(Warning):
    """A delay that is not a number was given; it was set to 1."""


def effective_delay(delay: float | None) -> float:
    """The delay in milliseconds that Node would use: at least 1, and 1 for what cannot be a delay."""
    if delay is None or 0 <= delay < 1:
        return 1
    if 1 <= delay <= TIMEOUT_MAX:
        return math.trunc(delay)
    text = "Infinity" if delay == math.inf else "-Infinity" if delay == -math.inf else str(delay)
    if delay < 0:
        emit_warning(TimeoutNegativeWarning(f"{text} is a negative number.{_SET_TO_1}"))
    elif math.isnan(delay):
        emit_warning(TimeoutNaNWarning(f"NaN is not a number.{_SET_TO_1}"))
    else:
        emit_warning(TimeoutOverflowWarning(f"{text} does not fit into a 32-bit signed integer.{_SET_TO_1}"))
    return 1


_SET_TO_1 = "\nTimeout duration was set to 1."


def _nothing() -> None:
    """What a cancelled timer calls."""


class Timeout(NodeNames):
    """A timer that was set. Cancel it with `clear_timeout()`, or use it as a context manager.

    Node: Timeout
    """

    __slots__ = (
        "_active",
        "_args",
        "_callback",
        "_closed",
        "_delay",
        "_in_heap",
        "_loop",
        "_order",
        "_referenced",
        "_repeat",
        "_when",
    )

    def __init__(
        self, loop: EventLoop, callback: Callable[..., Any], delay: float | None, args: tuple[Any, ...], repeat: bool
    ) -> None:
        self._loop = loop
        self._callback = callback
        self._args = args
        self._delay = effective_delay(delay)
        self._repeat = repeat
        self._referenced = True
        self._active = False
        self._closed = False
        self._in_heap = False
        self._when = 0.0
        self._order = 0

    def ref(self) -> Timeout:
        """Keep the loop alive while this timer is active (the default). Node: timeout.ref"""
        if not self._referenced:
            self._referenced = True
            self._loop.timers.count_reference(self, 1)
        return self

    def unref(self) -> Timeout:
        """Let the loop end though this timer is active. Node: timeout.unref"""
        if self._referenced:
            self._loop.timers.count_reference(self, -1)
            self._referenced = False
            self._loop.wake()
        return self

    def has_ref(self) -> bool:
        """Whether this timer keeps the loop alive. Node: timeout.hasRef"""
        return self._referenced

    hasRef = node_name(has_ref)

    def refresh(self) -> Timeout:
        """Start the delay anew, also when it has run out already. Node: timeout.refresh"""
        if not self._closed:
            self._loop.start_timer(self)
        return self

    def close(self) -> Timeout:
        """Cancel it for good. Node: timeout.close"""
        self._closed = True
        self._loop.timers.disarm(self)
        # Its entry may stay in the heap for as long as the delay is; what it was for must not.
        self._callback, self._args = _nothing, ()
        self._loop.wake()
        return self

    def __enter__(self) -> Timeout:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def __repr__(self) -> str:
        state = "active" if self._active else "inactive"
        return f"<Timeout {self._delay:g} ms{' repeating' if self._repeat else ''} {state}>"


class TimerHeap:
    """The active timers, and how many of them keep the loop alive (`referenced`).

    An entry of a timer that is not active any more is dropped when it comes up, or when most of the entries are such.
    """

    __slots__ = ("_dead", "_entries", "_order", "_seconds", "referenced")

    def __init__(self) -> None:
        self._dead = 0
        self._entries: list[tuple[float, int, Timeout]] = []
        self._order = itertools.count()
        self._seconds: Callable[[], float] = float  # always 0.0: the clock stands still until the loop runs
        self.referenced = 0

    @property
    def now(self) -> float:
        """The time in milliseconds."""
        return self._seconds() * 1000

    def arm(self, timer: Timeout, now: float) -> None:
        """Let `timer` come up one delay from `now`."""
        timer._when = now + timer._delay
        timer._order = next(self._order)  # it comes after those that are due at the same time already
        if not timer._active:
            timer._active = True
            self._dead -= timer._in_heap
            self.count_reference(timer, 1)
        if not timer._in_heap:
            timer._in_heap = True
            heapq.heappush(self._entries, (timer._when, timer._order, timer))

    def disarm(self, timer: Timeout) -> None:
        """Forget `timer`; its entry is dropped later."""
        if timer._active:
            self.count_reference(timer, -1)
            timer._active = False
            self._dead += timer._in_heap
            if self._dead > MOST_DEAD and self._dead * 2 > len(self._entries):
                self._drop_dead()

    def _drop_dead(self) -> None:
        for entry in self._entries:
            entry[2]._in_heap = entry[2]._active
        self._entries = [entry for entry in self._entries if entry[2]._active]
        heapq.heapify(self._entries)
        self._dead = 0

    def count_reference(self, timer: Timeout, change: int) -> None:
        """Keep `referenced` right when an active, referenced timer comes or goes."""
        if timer._active and timer._referenced:
            self.referenced += change

    def next_due(self) -> float:
        """When the loop must look again: a time in milliseconds, or infinity.

        It is too early if the first timer was armed again since: then `pop_due` gives nothing at that time.
        """
        entries = self._entries
        while entries:
            when, _, timer = entries[0]
            if timer._active:
                return when
            heapq.heappop(entries)
            timer._in_heap = False
            self._dead -= 1
        return math.inf

    def pop_due(self, now: float) -> Timeout | None:
        """Take the first timer that is due at `now`; an interval is armed again after its callback, by the caller."""
        entries = self._entries
        while self.next_due() <= now:
            _, order, timer = heapq.heappop(entries)
            if timer._order == order:
                timer._in_heap = False
                self.disarm(timer)
                return timer
            heapq.heappush(entries, (timer._when, timer._order, timer))
        return None

    def start_clock(self, clock: trio.abc.Clock) -> None:
        """Count the delays of what was set before the loop ran from the moment it runs, by `clock`."""
        self._seconds = clock.current_time
        shift = self.now
        entries = [(when + shift, order, timer) for when, order, timer in self._entries]
        for _, _, timer in entries:
            timer._when += shift
        self._entries = entries
