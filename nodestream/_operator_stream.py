"""The streams and promises that operators give.

Node: what the operators of stream.Readable return
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from typing import TYPE_CHECKING, Any

from ._readable_iterator import ReadableIterator
from ._sources import IterableReadable
from .loop import Promise, current_loop

if TYPE_CHECKING:
    from ._operators import Operators


def begin(chunks: AsyncIterator[Any]) -> None:
    """Let what reads a stream listen to it, and read, now: its task begins a little later."""
    if isinstance(chunks, ReadableIterator):
        chunks.begin()


class OperatorStream(IterableReadable):
    """A stream of what an operator makes of the chunks of another one, its source.

    It begins to listen to the source when it is asked for the first chunk. Destroying it then destroys the source too,
    and cancels what runs.
    """

    def __init__(self, source: Operators, operator: Callable[[ReadableIterator], AsyncIterator[Any]]) -> None:
        self._chunks = aiter(source)
        super().__init__(operator(self._chunks), {"object_mode": True, "high_water_mark": 1})

    def _read(self, size: int) -> None:
        begin(self._chunks)
        super()._read(size)


def promised(source: Operators, work: Callable[[ReadableIterator], Coroutine[Any, Any, Any]]) -> Promise[Any]:
    """What comes of the chunks of `source`, beginning now. What `work(chunks)` raises is the promise's error too."""
    chunks = aiter(source)
    try:
        coroutine = work(chunks)
    except Exception as error:
        return rejected(error)
    begin(chunks)
    return promise_of(coroutine)


def rejected(error: Exception) -> Promise[Any]:
    """A promise that has failed."""
    promise: Promise[Any] = Promise()
    promise.reject(error)
    return promise


def promise_of(coroutine: Coroutine[Any, Any, Any]) -> Promise[Any]:
    """Run `coroutine` as a task; the promise is settled by its outcome."""
    promise: Promise[Any] = Promise()

    def settle(error: BaseException | None, value: Any) -> None:
        if error is None:
            promise.resolve(value)
        else:
            promise.reject(error)

    current_loop().spawn(coroutine, settle)
    return promise
