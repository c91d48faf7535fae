"""`AbortController` and `AbortSignal`: how to tell an operation to stop.

    controller = AbortController()
    promise = once(emitter, "done", signal=controller.signal)
    controller.abort()  # `await promise` raises an AbortError

What holds a signal, so that none is forgotten before it is aborted and none is kept after it matters:

1. A controller holds its signal.
2. A signal that somebody listens to, or that such a signal depends on, is *wanted*. A wanted signal is held by what can
   abort it: its timer, or the signals that it was made of with `any`. Otherwise these know of it by a weak reference.
3. A signal made with `any` holds those that have a timer: nobody else may.
4. A signal that was aborted lets go of everything.

Node: AbortController, AbortSignal
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from functools import partial
from typing import Any

from ._event import Event
from ._event_target import EventTarget, event_handler
from ._names import NodeNames, node_name
from .errors import (
    ERR_ILLEGAL_CONSTRUCTOR,
    ERR_INVALID_ARG_TYPE,
    ERR_OUT_OF_RANGE,
    AbortError,
    DOMException,
    NodeTypeError,
)
from .timers import Timeout, set_timeout

__all__ = ["AbortController", "AbortSignal"]

LONGEST_DELAY = 2**32 - 1


class AbortSignal(EventTarget):
    """Tells that something is to stop. It comes from a controller, or from `abort()`, `timeout()` or `any()`.

    Events: `abort`, once.

    Node: AbortSignal
    """

    _aborted = False
    _reason: Any = None
    _deadline: _Deadline | None = None

    def __init__(self) -> None:
        raise ERR_ILLEGAL_CONSTRUCTOR

    @staticmethod
    def _make() -> AbortSignal:
        signal = AbortSignal.__new__(AbortSignal)
        signal._begin()
        return signal

    def _begin(self) -> None:
        EventTarget.__init__(self)
        self._max_listeners = 0
        self._dependents: dict[int, weakref.ref[AbortSignal]] = {}  # those made of this one, in that order
        self._wanted_dependents: set[AbortSignal] = set()
        self._sources: list[weakref.ref[AbortSignal]] = []  # what it was made of
        self._sources_with_timer: list[AbortSignal] = []

    # --- making signals ---

    @staticmethod
    def abort(reason: Any = None) -> AbortSignal:
        """A signal that was aborted already. Node: AbortSignal.abort"""
        signal = AbortSignal._make()
        signal._mark(_reason_or_default(reason))
        return signal

    @staticmethod
    def timeout(delay: int) -> AbortSignal:
        """A signal that is aborted after `delay` milliseconds, with a DOMException called "TimeoutError".

        Its timer does not keep the loop alive.

        Raises ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE. Node: AbortSignal.timeout
        """
        signal = AbortSignal._make()
        signal._deadline = _Deadline(signal, _checked_delay(delay))
        return signal

    @staticmethod
    def any(signals: Iterable[AbortSignal]) -> AbortSignal:
        """A signal that is aborted as soon as one of `signals` is, with its reason.

        Raises a TypeError for what is no iterable of signals. Node: AbortSignal.any
        """
        given = _checked_signals(signals)
        signal = AbortSignal._make()
        aborted = next((each for each in given if each.aborted), None)
        if aborted is not None:
            signal._mark(aborted.reason)
        else:
            for source in dict.fromkeys(source for each in given for source in each._made_of() or [each]):
                signal._depend_on(source)
        return signal

    # --- what it says ---

    @property
    def aborted(self) -> bool:
        """Whether it was aborted. Node: abortSignal.aborted"""
        return self._aborted

    @property
    def reason(self) -> Any:
        """Why it was aborted; None before. Node: abortSignal.reason"""
        return self._reason

    onabort = event_handler("abort")

    def throw_if_aborted(self) -> None:
        """Raise the reason if it was aborted; one that is no exception is the `cause` of an AbortError.

        Node: abortSignal.throwIfAborted
        """
        if self._aborted:
            reason = self._reason
            raise reason if isinstance(reason, BaseException) else AbortError(cause=reason)

    throwIfAborted = node_name(throw_if_aborted)

    def __repr__(self) -> str:
        return f"<AbortSignal{' aborted' if self._aborted else ''}>"

    @property
    def _shown(self) -> str:
        return "[AbortSignal]"

    # --- being aborted ---

    def _abort(self, reason: Any) -> None:
        """All that depend on it are aborted before anybody is told."""
        if self._aborted:
            return
        dependents = [reference() for reference in self._dependents.values()]
        to_tell = [self, *(each for each in dependents if each is not None and not each._aborted)]
        for signal in to_tell:
            signal._mark(reason)
        for signal in to_tell:
            signal._tell()

    def _mark(self, reason: Any) -> None:
        self._aborted = True
        self._reason = reason
        self._hold(False)
        for source in self._made_of():
            source._dependents.pop(id(self), None)
        for held in (self._dependents, self._wanted_dependents, self._sources, self._sources_with_timer):
            held.clear()
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _tell(self) -> None:
        if "abort" in self._chains:
            event = Event("abort")
            event._is_trusted = True
            self.dispatch_event(event)

    # --- depending on others ---

    def _made_of(self) -> list[AbortSignal]:
        """The signals that it was made of, as far as they are there; these were not made of others."""
        return [source for source in (reference() for reference in self._sources) if source is not None]

    def _depend_on(self, source: AbortSignal) -> None:
        key, dependents = id(self), source._dependents
        dependents[key] = weakref.ref(self, lambda _: dependents.pop(key, None))
        self._sources.append(weakref.ref(source))
        if source._deadline is not None:
            self._sources_with_timer.append(source)

    def _listeners_changed(self, name: str) -> None:
        if name == "abort":
            self._update_hold()

    def _update_hold(self) -> None:
        if not self._aborted:
            self._hold("abort" in self._chains or bool(self._wanted_dependents))

    def _hold(self, is_wanted: bool) -> None:
        """Let what can abort this signal hold it, or not."""
        if self._deadline is not None:
            self._deadline.held = self if is_wanted else None
        for source in self._made_of():
            if is_wanted:
                source._wanted_dependents.add(self)
            else:
                source._wanted_dependents.discard(self)
            source._update_hold()


class _Deadline:
    """The timer of a signal. It refers to the signal weakly, unless that is `held`."""

    __slots__ = ("_reference", "_timer", "held")

    def __init__(self, signal: AbortSignal, delay: int) -> None:
        timer = self._timer = set_timeout(self._is_over, delay).unref()
        self._reference = weakref.ref(signal, partial(_forget, timer))
        self.held: AbortSignal | None = None

    def _is_over(self) -> None:
        signal = self._reference()
        if signal is not None:
            signal._abort(DOMException("The operation was aborted due to timeout", "TimeoutError"))

    def cancel(self) -> None:
        """The signal was aborted."""
        self.held = None
        self._timer.close()


def _forget(timer: Timeout, _reference: object) -> None:
    """The signal of a timer is gone; that may happen in any thread."""
    timer._loop.call_from_finalizer(timer.close)


class AbortController(NodeNames):
    """Has a signal, and aborts it. Node: AbortController"""

    def __init__(self) -> None:
        self._signal = AbortSignal._make()

    @property
    def signal(self) -> AbortSignal:
        """What to hand to the operations. Node: abortController.signal"""
        return self._signal

    def abort(self, reason: Any = None) -> None:
        """Tell those that the signal was given to; a second call has no effect.

        Args:
            reason: why; None stands for a DOMException called "AbortError".

        Node: abortController.abort
        """
        self._signal._abort(_reason_or_default(reason))

    def __repr__(self) -> str:
        return f"<AbortController {self._signal!r}>"


def _reason_or_default(reason: Any) -> Any:
    return DOMException("This operation was aborted", "AbortError") if reason is None else reason


def _checked_delay(delay: Any) -> int:
    if isinstance(delay, bool) or not isinstance(delay, (int, float)):
        raise ERR_INVALID_ARG_TYPE("delay", "of type number", delay)
    if delay % 1 != 0:
        raise ERR_OUT_OF_RANGE("delay", "an integer", delay)
    if not 0 <= delay <= LONGEST_DELAY:
        raise ERR_OUT_OF_RANGE("delay", f">= 0 && <= {LONGEST_DELAY}", delay)
    return int(delay)


def _checked_signals(signals: Any) -> list[AbortSignal]:
    if not isinstance(signals, Iterable) or isinstance(signals, (str, bytes)):
        raise NodeTypeError("signals cannot be converted to sequence.", "ERR_INVALID_ARG_TYPE")
    given = list(signals)
    for index, signal in enumerate(given):
        if not isinstance(signal, AbortSignal):
            raise NodeTypeError(f"signals[{index}] is not of type AbortSignal.", "ERR_INVALID_ARG_TYPE")
    return given
