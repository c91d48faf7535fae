"""What is written to a stream, for a function to iterate over.

Node: the `source` that stream.Duplex.from gives to a function
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ._hooks import noop
from ._operator_arguments import check_not_aborted
from .abort import AbortController
from .loop import Promise, next_tick

Callback = Callable[..., object]


class _Write(NamedTuple):
    chunk: Any
    callback: Callback
    is_last: bool = False


_NOTHING_MORE = _Write(None, noop, is_last=True)


class Written:
    """An async iterable over what is added, one by one. The callback of each is called when it was taken.

    It ends when the stream is destroyed, of which `signal` tells; a chunk that has come by then is an AbortError.
    """

    __slots__ = ("_controller", "_next", "signal")

    def __init__(self) -> None:
        self._controller = AbortController()
        self.signal = self._controller.signal
        self._next: Promise[_Write] = Promise()

    def add(self, chunk: Any, callback: Callback) -> None:
        """A chunk. It is one at a time: the last one must have been taken."""
        self._next.resolve(_Write(chunk, callback))

    def end(self, callback: Callback) -> None:
        """There are no more."""
        self._next.resolve(_Write(None, callback, is_last=True))

    def abort(self, reason: Any) -> None:
        """The stream was destroyed, with an error or without."""
        self._controller.abort(reason)
        self._next.resolve(_NOTHING_MORE)

    def __aiter__(self) -> Written:
        return self

    async def __anext__(self) -> Any:
        chunk, callback, is_last = await self._next
        self._next = Promise()
        if is_last or self.signal.aborted:
            self._next.resolve(_NOTHING_MORE)
        if callback is not noop:
            next_tick(callback)
        if is_last:
            raise StopAsyncIteration
        check_not_aborted(self.signal)
        return chunk
