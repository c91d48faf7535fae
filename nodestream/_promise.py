"""`Promise`: an outcome that comes later."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any, Generic, TypeVar, cast

from ._event_loop import current_loop
from ._loop_tasks import Waiter
from .errors import ERR_UNHANDLED_ERROR

T = TypeVar("T")


class Promise(Generic[T]):
    """An outcome that comes later; `await` it, any number of times. It is settled once, by `resolve` or `reject`.

    A rejection that nobody awaits by the time the loop's ready tasks have run is an `unhandledRejection`.

    Node: Promise
    """

    __slots__ = ("_error", "_failed", "_loop", "_reactions", "_taken", "_value", "_waiters", "settled")

    def __init__(self) -> None:
        self._loop = current_loop()
        self._value: T | None = None
        self._error: Any = None
        self._failed = False
        self._waiters: list[Waiter] = []
        self._reactions: list[tuple[Callable[[T], object] | None, Callable[[Any], object] | None]] = []
        self._taken = False
        self.settled = False

    def resolve(self, value: T) -> None:
        """It went well. Does nothing when the promise is settled already."""
        if not self.settled:
            self._value = value
            self._settle()

    def reject(self, error: Any) -> None:
        """It failed. Does nothing when the promise is settled already.

        Who awaits it gets `error` raised; if that is no exception, an ERR_UNHANDLED_ERROR with it as its `context`.
        """
        if not self.settled:
            self._error = error
            self._failed = True
            self._settle()
            if not self._taken:
                self._loop.set_immediate(self._check_taken)

    def when_settled(
        self, resolved: Callable[[T], object] | None = None, rejected: Callable[[Any], object] | None = None
    ) -> None:
        """Call `resolved(value)` or `rejected(error)` in a microtask, once it is settled. It counts as awaited.

        Node: promise.then
        """
        self._taken = True
        if self.settled:
            self._react(resolved, rejected)
        else:
            self._reactions.append((resolved, rejected))

    def mark_as_handled(self) -> None:
        """A rejection is no `unhandledRejection`, though nobody may ever await it."""
        self._taken = True

    def _settle(self) -> None:
        self.settled = True
        for resolved, rejected in self._reactions:
            self._react(resolved, rejected)
        self._reactions.clear()
        for waiter in self._waiters:
            self._loop._make_ready(waiter)
        self._waiters.clear()

    def _react(self, resolved: Callable[[T], object] | None, rejected: Callable[[Any], object] | None) -> None:
        if self._failed:
            if rejected is not None:
                self._loop.queue_microtask(rejected, self._error)
        elif resolved is not None:
            self._loop.queue_microtask(resolved, self._value)

    def _check_taken(self) -> None:
        if not self._taken:
            self._loop._report_rejection(self._exception())

    def _exception(self) -> BaseException:
        return self._error if isinstance(self._error, BaseException) else ERR_UNHANDLED_ERROR(self._error)

    def __await__(self) -> Generator[Any, None, T]:
        self._taken = True
        if not self.settled:
            waiter = Waiter()
            self._waiters.append(waiter)
            try:
                yield from self._loop._wait_for(waiter).__await__()
            finally:
                if waiter in self._waiters:
                    self._waiters.remove(waiter)
        if self._failed:
            raise self._exception()
        return cast(T, self._value)
