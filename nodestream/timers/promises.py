"""Timers to await: `set_timeout`, `set_immediate`, and `set_interval` for `async for`.

    await set_timeout(100)
    async for _ in set_interval(1000):
        ...

What awaits one may be cancelled; the timer goes on, unless its `signal` is aborted, and keeps the loop alive for that
time. Code of a trio program that needs neither signals nor values has `trio.sleep`.

What is wrong with an argument is told of when the outcome is awaited.

Node: node:timers/promises
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .._options import check_object, normalized
from .._signals import abort_error, check_signal, on_abort
from .._timer_heap import Timeout
from ..errors import ERR_INVALID_ARG_TYPE, NodeError
from ..loop import Immediate, Promise, current_loop, yield_to_others

__all__ = ["scheduler", "setImmediate", "setInterval", "setTimeout", "set_immediate", "set_interval", "set_timeout"]

OPTIONS = ("signal", "ref")
TICKS_PER_CHECKPOINT = 16
"""After so many ticks without a wait, the loop of the consumer lets others run, and can be cancelled."""

Options = Mapping[str, Any] | None
Given = Mapping[str, Any]


def set_timeout(
    delay: float | None = None, value: Any = None, options: Options = None, /, **keywords: Any
) -> Promise[Any]:
    """Await `value`, `delay` milliseconds from now (1).

    Options:
        signal: an AbortSignal that ends the wait with an AbortError.
        ref: whether the loop is kept alive meanwhile (True).

    The promise fails with ERR_INVALID_ARG_TYPE for wrong arguments. Node: timersPromises.setTimeout
    """

    def start(given: Given, come: Callable[[], object]) -> Timeout:
        return _timer(delay, given, come, repeat=False)

    return _promised(start, value, lambda: _checked("set_timeout", delay, options, keywords))


def set_immediate(value: Any = None, options: Options = None, /, **keywords: Any) -> Promise[Any]:
    """Await `value`, after the I/O that is ready now. Options: those of `set_timeout`.

    Node: timersPromises.setImmediate
    """

    def start(given: Given, come: Callable[[], object]) -> Immediate:
        immediate = current_loop().set_immediate(come)
        return immediate if given.get("ref", True) else immediate.unref()

    return _promised(start, value, lambda: _checked("set_immediate", None, options, keywords))


def set_interval(
    delay: float | None = None, value: Any = None, options: Options = None, /, **keywords: Any
) -> Interval:
    """Iterate over `value`, which comes every `delay` milliseconds (1). Options: those of `set_timeout`.

    The first step of the iteration starts the timer. What comes while nobody waits is kept.

    The first step raises ERR_INVALID_ARG_TYPE for wrong arguments. Node: timersPromises.setInterval
    """
    return Interval(_Ticks(delay, value, options, keywords))


class _Scheduler:
    """`scheduler.wait(delay)` and `scheduler.yield_()`. Node: timersPromises.scheduler"""

    def wait(self, delay: float | None = None, options: Options = None, /, **keywords: Any) -> Promise[None]:
        """As `set_timeout(delay, None, options)`. Node: timersPromises.scheduler.wait"""
        return set_timeout(delay, None, options, **keywords)

    def yield_(self) -> Promise[None]:
        """As `set_immediate()`. Node: timersPromises.scheduler.yield"""
        return set_immediate()


scheduler = _Scheduler()


def _timer(delay: float | None, given: Given, callback: Callable[[], object], *, repeat: bool) -> Timeout:
    loop = current_loop()
    timer = Timeout(loop, callback, delay, (), repeat)
    loop.start_timer(timer)
    return timer if given.get("ref", True) else timer.unref()


def _checked(where: str, delay: Any, options: Options, keywords: Given) -> Given:
    """The options that were given. Raises ERR_INVALID_ARG_TYPE, and an AbortError if the signal was aborted before."""
    if delay is not None and (isinstance(delay, bool) or not isinstance(delay, (int, float))):
        raise ERR_INVALID_ARG_TYPE("delay", "of type number", delay)
    check_object(options)
    given = normalized(OPTIONS, options, keywords, where)
    signal = given.get("signal")
    check_signal(signal, "options.signal")
    if not isinstance(given.get("ref", True), bool):
        raise ERR_INVALID_ARG_TYPE("options.ref", "of type boolean", given["ref"])
    if signal is not None and signal.aborted:
        raise abort_error(signal)
    return given


def _promised(
    start: Callable[[Given, Callable[[], object]], Timeout | Immediate], value: Any, checked: Callable[[], Given]
) -> Promise[Any]:
    """`value`, when what `start(options, callback)` has started calls back. `checked()` gives the options or raises."""
    promise: Promise[Any] = Promise()

    def come() -> None:
        stop()
        promise.resolve(value)

    def abort() -> None:
        handle.close()
        promise.reject(abort_error(signal))

    try:
        given = checked()
        handle = start(given, come)
    except NodeError as error:
        promise.reject(error)
    else:
        signal = given.get("signal")
        stop = _nothing if signal is None else on_abort(signal, abort)
    return promise


def _nothing() -> None:
    """There is no signal to listen to."""


class _Ticks:
    """What counts for an interval. The timer refers to this, and never to the iterator itself: so that is dropped as
    soon as its `async for` is left, and knows by that."""

    def __init__(self, delay: float | None, value: Any, options: Options, keywords: Given) -> None:
        self.loop = current_loop()
        self.value = value
        self.ended = False
        self.count = 0
        self._arguments = (delay, options, keywords)
        self._timer: Timeout | None = None
        self._error: BaseException | None = None  # for when the ticks that are there were taken
        self._stop_listening = _nothing
        self._change: Promise[None] = Promise()

    def start(self) -> None:
        """The first step. Raises what is wrong with the arguments, and an AbortError."""
        delay, options, keywords = self._arguments
        try:
            given = _checked("set_interval", delay, options, keywords)
        except BaseException:
            self.ended = True
            raise
        self._timer = _timer(delay, given, self._tick, repeat=True)
        signal = given.get("signal")
        if signal is not None:
            self._stop_listening = on_abort(signal, lambda: self._abort(signal))

    def _tick(self) -> None:
        self.count += 1
        self._tell()

    def _abort(self, signal: Any) -> None:
        self._error = abort_error(signal)
        self.end()

    def end(self) -> None:
        """There will be no more ticks."""
        self.ended = True
        if self._timer is not None:
            self._timer.close()
        self._stop_listening()
        self._tell()

    def _tell(self) -> None:
        change, self._change = self._change, Promise()
        change.resolve(None)

    async def take(self) -> None:
        """Take one, as soon as there is one. Raises the error that ends it, once, then StopAsyncIteration."""
        if self._timer is None and not self.ended:
            self.start()
        while not self.count:
            if self._error is not None:
                error, self._error = self._error, None
                raise error
            if self.ended:
                raise StopAsyncIteration
            await self._change
        self.count -= 1


class Interval:
    """The ticks of `set_interval()`.

    Leaving the loop early (`break`, `return`, an exception, a cancel) stops the timer: when the iterator is dropped, or
    by `aclose()`.
    """

    __slots__ = ("_since_checkpoint", "_ticks")

    def __init__(self, ticks: _Ticks) -> None:
        self._ticks = ticks
        self._since_checkpoint = 0

    def __aiter__(self) -> Interval:
        return self

    async def __anext__(self) -> Any:
        ticks = self._ticks
        if self._since_checkpoint >= TICKS_PER_CHECKPOINT:
            self._since_checkpoint = 0
            await yield_to_others()
        self._since_checkpoint = self._since_checkpoint + 1 if ticks.count else 0
        await ticks.take()
        return ticks.value

    async def aclose(self) -> None:
        """Stop the timer, and forget the ticks that were not taken."""
        self._ticks.count = 0
        self._ticks.end()

    def __del__(self) -> None:
        if not self._ticks.ended:
            # The last reference may be dropped, or found by the collector, in any thread.
            self._ticks.loop.call_from_finalizer(self._ticks.end)


setTimeout = set_timeout
setImmediate = set_immediate
setInterval = set_interval
