"""`async for chunk in readable_stream`.

Standard: the asynchronous iteration of ReadableStream
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from ..loop import Promise, current_loop
from ._promises import resolved_with, transformed
from ._readers import ReadableStreamDefaultReader
from ._requests import PromisedRead, ReadResult


class _Reading:
    """The reader of an iterator. It does not know the iterator, which is dropped when its `async for` is left."""

    __slots__ = ("_reader", "loop", "ongoing", "over", "prevent_cancel")

    def __init__(self, reader: ReadableStreamDefaultReader, prevent_cancel: bool) -> None:
        self._reader = reader
        self.loop = current_loop()
        self.prevent_cancel = prevent_cancel
        self.ongoing: Promise[Any] | None = None
        self.over = False

    def next(self) -> Promise[ReadResult]:
        """The next result, after the one that is asked for already."""
        ongoing = self.ongoing
        if ongoing is None or ongoing.settled:
            self.ongoing = self._next_step()
        else:
            self.ongoing = transformed(ongoing, lambda _: self._next_step(), lambda _: self._next_step())
        return self.ongoing

    def _next_step(self) -> Promise[ReadResult]:
        """The standard's "get the next iteration result"."""
        if self.over:
            return resolved_with(ReadResult(None, True))
        request = _IteratorRead(self)
        self._reader._read(request)
        return request.promise

    def end(self) -> None:
        """There is nothing more to be read."""
        if not self.over:
            self.over = True
            self._reader.release_lock()

    def leave(self, reason: Any = None) -> Promise[Any]:
        """Nobody wants more, once the result that is asked for has come."""
        ongoing = self.ongoing
        if ongoing is None or ongoing.settled:
            self.ongoing = self._return_step(reason)
        else:
            self.ongoing = transformed(
                ongoing, lambda _: self._return_step(reason), lambda _: self._return_step(reason)
            )
        return self.ongoing

    def _return_step(self, reason: Any) -> Promise[Any]:
        """The standard's "asynchronous iterator return"."""
        if self.over:
            return resolved_with(None)
        self.over = True
        result = resolved_with(None) if self.prevent_cancel else self._reader.cancel(reason)
        self._reader.release_lock()
        return result


class _IteratorRead(PromisedRead):
    """A read whose end ends the iteration."""

    __slots__ = ("_reading",)

    def __init__(self, reading: _Reading) -> None:
        super().__init__()
        self._reading = reading

    def close(self, chunk: Any = None) -> None:
        """See ReadRequest."""
        self._reading.end()
        super().close(chunk)

    def error(self, error: Any) -> None:
        """See ReadRequest."""
        self._reading.end()
        super().error(error)


class ReadableStreamIterator:
    """The chunks of a ReadableStream, one by one. Raises the error of a stream that fails.

    Leaving the loop early cancels the stream, unless told not to, and unlocks it: when the iterator is dropped, or by
    `await iterator.aclose()`.

    Node: readableStream.values
    """

    __slots__ = ("_reading",)

    def __init__(self, reader: ReadableStreamDefaultReader, *, prevent_cancel: bool) -> None:
        self._reading = _Reading(reader, prevent_cancel)

    def __aiter__(self) -> ReadableStreamIterator:
        return self

    def __anext__(self) -> Awaitable[Any]:
        return _value_of(self._reading.next())  # what is called begins at once, as in JavaScript

    async def aclose(self) -> None:
        """Leave the loop: cancels the stream, unless `prevent_cancel`. May be called again."""
        await self._reading.leave()

    async def athrow(self, error: Any) -> None:
        """Leave the loop because of `error`, which is the reason that the stream is cancelled for, and raise it."""
        await self._reading.leave(error)
        raise error

    def __del__(self) -> None:
        reading = self._reading
        if not reading.over:
            # The last reference may be dropped, or found by the collector, in any thread.
            reading.loop.call_from_finalizer(lambda: reading.leave().mark_as_handled())


async def _value_of(promise: Promise[ReadResult]) -> Any:
    result = await promise
    if result.done:
        raise StopAsyncIteration
    return result.value
