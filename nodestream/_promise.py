"""`Promise`: an outcome that comes later."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Generic, TypeVar, cast

from ._event_loop import current_loop
from ._loop_tasks import Waiter

T = TypeVar("T")


class Promise(Generic[T]):
    """An outcome that comes later; `await` it, any number of times. It is settled once, by `resolve` or `reject`.

    A rejection that nobody awaits by the time the loop's ready tasks have run is an `unhandledRejection`.

    Node: Promise
    """

    __slots__ = ("_error", "_loop", "_taken", "_value", "_waiters", "settled")

    def __init__(self) -> None:
        self._loop = current_loop()
        self._value: T | None = None
        self._error: BaseException | None = None
        self._waiters: list[Waiter] = []
        self._taken = False
        self.settled = False

    def resolve(self, value: T) -> None:
        """It went well. Does nothing when the promise is settled already."""
        if not self.settled:
            self._value = value
            self._settle()

    def reject(self, error: BaseException) -> None:
        """It failed. Does nothing when the promise is settled already."""
        if not self.settled:
            self._error = error
            self._settle()
            if not self._taken:
                self._loop.set_immediate(self._check_taken)

    def _settle(self) -> None:
        self.settled = True
        for waiter in self._waiters:
            self._loop._make_ready(waiter)
        self._waiters.clear()

    def _check_taken(self) -> None:
        if not self._taken:
            self._loop._report_rejection(self._error)

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
        if self._error is not None:
            raise self._error
        return cast(T, self._value)
