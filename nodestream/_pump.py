"""Write what an iterable yields to a stream, at the stream's pace.

Node: the part of stream.pipeline that deals with iterables
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from typing import Any

from . import _predicates as ask
from ._finished import watch
from ._leaving import leave
from ._readable_iterator import ReadableIterator
from .errors import AbortError, aggregate_two_errors
from .loop import Promise


class AsyncItems:
    """The items of any iterable, for `async for`; an item that is awaitable is awaited by whoever wants its value."""

    __slots__ = ("_items", "_iterator")

    def __init__(self, items: Iterable[Any]) -> None:
        self._items = items
        self._iterator: Iterator[Any] | None = None

    def __aiter__(self) -> AsyncItems:
        return self

    async def __anext__(self) -> Any:
        if self._iterator is None:
            self._iterator = iter(self._items)
        for item in self._iterator:
            return item
        raise StopAsyncIteration

    async def aclose(self) -> None:
        """Close the generator behind it, if it is one."""
        close = getattr(self._iterator, "close", None)
        if close is not None:
            close()


class _StreamItems:
    """The chunks of a stream that is not iterable itself. It is not touched before somebody asks for the first one."""

    __slots__ = ("_stream",)

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __aiter__(self) -> ReadableIterator:
        return ReadableIterator(self._stream)


def async_items(items: Any) -> AsyncIterable[Any]:
    """`items`, any iterable or a stream, as something for `async for`."""
    if isinstance(items, AsyncIterable):
        return items
    if isinstance(items, Iterable):
        return AsyncItems(items)
    return _StreamItems(items)


class _Room:
    """Waits until a stream has room, or has failed."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._waiting: Promise[None] | None = None
        self.error: Any = None
        stream.on("drain", self._resume)
        self._stop_watching = watch(stream, self._resume, readable=False)

    def _resume(self, error: Any = None) -> None:
        if error is not None:
            self.error = error
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            if self.error is not None:
                waiting.reject(self.error)
            else:
                waiting.resolve(None)

    async def wait(self) -> None:
        """Raises the error that the stream has failed with."""
        if self.error is not None:
            raise self.error
        self._waiting = Promise()
        await self._waiting

    def close(self) -> None:
        """Take the listeners away."""
        self._stop_watching()
        self._stream.remove_listener("drain", self._resume)


async def pump(items: Iterable[Any] | AsyncIterable[Any], stream: Any, *, end: bool) -> None:
    """Write every item to `stream`, and end it if `end`. The iterable is closed when the stream fails."""
    room = _Room(stream)
    iterator: AsyncIterator[Any] = aiter(async_items(items))
    try:
        if getattr(stream, "writable_need_drain", False):
            await room.wait()
        async for item in iterator:
            if not stream.write(item):
                await room.wait()
        if end:
            stream.end()
            if not ask.is_writable_finished(stream, strict=True):
                await room.wait()
    except Exception as error:
        both = aggregate_two_errors(room.error, error)
        if both is None or both is error:
            raise
        raise both from None
    finally:
        room.close()
        await leave(iterator)


async def pump_to_web(items: Iterable[Any] | AsyncIterable[Any], writer: Any, *, end: bool) -> None:
    """Write every item to the writer of a web stream, and close that if `end`; abort it if something fails."""
    iterator: AsyncIterator[Any] = aiter(async_items(items))
    try:
        async for item in iterator:
            await writer.ready
            writer.write(item).mark_as_handled()
        await writer.ready
        if end:
            await writer.close()
    except BaseException as error:
        # A cancel is trio's business: who reads or writes the stream later must not meet it.
        writer.abort(error if isinstance(error, Exception) else AbortError()).mark_as_handled()
        raise
    finally:
        await leave(iterator)
