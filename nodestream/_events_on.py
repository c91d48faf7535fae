"""`on(source, event)`: the events as an async iterator.

Node: events.on
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from ._event_sources import is_emitter, is_target, listen
from ._options import LARGEST_INTEGER, check_object, normalized
from ._signals import abort_error, check_signal, on_abort
from ._symbol import Symbol
from .errors import ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE, ERR_UNHANDLED_ERROR
from .loop import Promise, current_loop, yield_to_others

OPTIONS = ("signal", "close", "high_water_mark", "high_watermark", "low_water_mark", "low_watermark")

EVENTS_PER_CHECKPOINT = 16
"""After so many events without a wait, the loop of the consumer lets others run, and can be cancelled."""


def on(
    source: Any, event: str | Symbol, options: Mapping[str, Any] | None = None, /, **keywords: Any
) -> EventsIterator:
    """Iterate over the events of an emitter or event target: `async for args in on(emitter, "data")`.

    Every event counts from now on, also before and while the loop waits for something else.

    Options (in either spelling):
        signal: an AbortSignal that ends the iteration with an AbortError.
        close: names of events that end the iteration.
        high_water_mark, low_water_mark: when so many events wait, the emitter is paused; when fewer than the latter, it
            is resumed (no limit, and 1). It must have `pause()` and `resume()`.

    What an emitter emits as `error` is raised, after the events that came before.

    Raises ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE; an AbortError if the signal was aborted already. Node: events.on
    """
    check_object(options)
    given = normalized(OPTIONS, options, keywords, "on")
    signal = given.get("signal")
    check_signal(signal, "options.signal")
    if signal is not None and signal.aborted:
        raise abort_error(signal)
    high = _mark(given, "high", LARGEST_INTEGER)
    low = _mark(given, "low", 1)
    if not is_emitter(source) and not is_target(source):
        raise ERR_INVALID_ARG_TYPE("emitter", "an instance of EventEmitter", source)
    feed = _Feed(source, high, low)
    feed.start(event, given.get("close", ()), signal)
    return EventsIterator(feed)


def _mark(given: Mapping[str, Any], which: str, default: int) -> int:
    name = f"options.{which}WaterMark"
    mark = given.get(f"{which}_water_mark", given.get(f"{which}_watermark", default))
    if isinstance(mark, bool) or not isinstance(mark, (int, float)):
        raise ERR_INVALID_ARG_TYPE(name, "of type number", mark)
    if mark % 1 != 0:
        raise ERR_OUT_OF_RANGE(name, "an integer", mark)
    if not 1 <= mark <= LARGEST_INTEGER:
        raise ERR_OUT_OF_RANGE(name, f">= 1 && <= {LARGEST_INTEGER}", mark)
    return int(mark)


class _Feed:
    """What listens for an iterator. The emitter refers to this, and never to the iterator itself: so that is dropped as
    soon as its `async for` is left, and knows by that."""

    def __init__(self, source: Any, high: int, low: int) -> None:
        self.loop = current_loop()
        self._source = source
        self._high = high
        self._low = low
        self._paused = False
        self.ended = False
        self._error: BaseException | None = None
        self._events: deque[list[Any]] = deque()
        self._waiting: deque[_Request] = deque()
        self._stops: list[Callable[[], None]] = []

    def start(self, event: str | Symbol, close: Any, signal: Any) -> None:
        """Add the listeners."""
        source, stops = self._source, self._stops
        stops.append(listen(source, event, self._on_event))
        if event != "error" and is_emitter(source):
            stops.append(listen(source, "error", self._on_error))
        for name in [close] if isinstance(close, str) else close:
            stops.append(listen(source, name, self.end))
        if signal is not None:
            stops.append(on_abort(signal, lambda: self.fail(abort_error(signal))))

    # --- what happens ---

    def _on_event(self, *args: Any) -> None:
        if self._waiting:
            self._waiting.popleft().settle(list(args))
            return
        self._events.append(list(args))
        if len(self._events) > self._high and not self._paused:
            self._paused = True
            self._source.pause()

    def _on_error(self, error: Any = None) -> None:
        self.fail(error if isinstance(error, BaseException) else ERR_UNHANDLED_ERROR(error))

    def fail(self, error: BaseException) -> None:
        """`error` is raised once, after the events that are there; then there are no more."""
        if self._waiting:
            self._waiting.popleft().settle(error)
        else:
            self._error = error
        self.end()

    def end(self, *_: object) -> None:
        """There will be no more events."""
        self.ended = True
        for stop in self._stops:
            stop()
        self._stops.clear()
        while self._waiting:
            self._waiting.popleft().settle(None)

    # --- what the iterator asks for ---

    @property
    def has_events(self) -> bool:
        """Whether `take()` gives one."""
        return bool(self._events)

    def take(self) -> list[Any]:
        """The oldest event."""
        args = self._events.popleft()
        if self._paused and len(self._events) < self._low and not self.ended:
            self._paused = False
            self._source.resume()
        return args

    async def wait(self) -> list[Any]:
        """The next event; the first who waits gets it."""
        if self._error is not None:
            error, self._error = self._error, None
            raise error
        if self.ended:
            raise StopAsyncIteration
        request = _Request()
        self._waiting.append(request)
        try:
            await request.settled
        except BaseException:
            self._take_back(request)
            raise
        return request.result()

    def _take_back(self, request: _Request) -> None:
        """Who waited was cancelled: what was meant for it is the next one's."""
        if not request.settled.settled:
            self._waiting.remove(request)
        elif isinstance(request.outcome, BaseException):
            self._error = request.outcome
        elif request.outcome is not None:
            self._events.appendleft(request.outcome)


class _Request:
    """Somebody waits for an event. The outcome is that event, an error, or None for the end."""

    __slots__ = ("outcome", "settled")

    def __init__(self) -> None:
        self.settled: Promise[None] = Promise()
        self.outcome: list[Any] | BaseException | None = None

    def settle(self, outcome: list[Any] | BaseException | None) -> None:
        """Let it go on."""
        self.outcome = outcome
        self.settled.resolve(None)

    def result(self) -> list[Any]:
        """The event; raises the error, or StopAsyncIteration."""
        if self.outcome is None:
            raise StopAsyncIteration
        if isinstance(self.outcome, BaseException):
            raise self.outcome
        return self.outcome


class EventsIterator:
    """The events of an emitter: for each, the list of its arguments. Made by `on()`.

    Leaving the loop early (`break`, `return`, an exception, a cancel) removes the listeners: when the iterator is
    dropped, or by `aclose()`.
    """

    __slots__ = ("_feed", "_since_checkpoint")

    def __init__(self, feed: _Feed) -> None:
        self._feed = feed
        self._since_checkpoint = 0

    def __aiter__(self) -> EventsIterator:
        return self

    async def __anext__(self) -> list[Any]:
        feed = self._feed
        if self._since_checkpoint >= EVENTS_PER_CHECKPOINT:
            self._since_checkpoint = 0
            await yield_to_others()
        if feed.has_events:
            self._since_checkpoint += 1
            return feed.take()
        self._since_checkpoint = 0
        return await feed.wait()

    def aclose(self) -> Promise[None]:
        """Remove the listeners, at once; there is nothing to wait for. Events that came before can still be taken."""
        self._feed.end()
        return _settled()

    def athrow(self, error: BaseException) -> Promise[None]:
        """Remove the listeners, and let the next step fail with `error`, when the events before it were taken.

        Raises ERR_INVALID_ARG_TYPE, at once, for what is no exception.
        """
        if not isinstance(error, BaseException):
            raise ERR_INVALID_ARG_TYPE("EventEmitter.AsyncIterator", "an instance of Error", error)
        self._feed.fail(error)
        return _settled()

    def __del__(self) -> None:
        if not self._feed.ended:
            # The last reference may be dropped, or found by the collector, in any thread.
            self._feed.loop.call_from_finalizer(self._feed.end)


def _settled() -> Promise[None]:
    promise: Promise[None] = Promise()
    promise.resolve(None)
    return promise
