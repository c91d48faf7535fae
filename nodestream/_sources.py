"""`Readable.from_`: a stream of what an iterable yields.

Node: stream.Readable.from
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from typing import Any

from ._file_source import FileReadable, file_behind, is_text
from ._options import normalized
from ._readable import READABLE_OPTIONS, Readable
from .errors import ERR_INVALID_ARG_TYPE, ERR_STREAM_NULL_VALUES
from .loop import current_loop, next_tick


def readable_from(
    iterable: Iterable[Any] | AsyncIterable[Any], options: Mapping[str, Any] | None = None, /, **keywords: Any
) -> Readable:
    """See Readable.from_."""
    given: dict[str, Any] = {"object_mode": True}
    if isinstance(iterable, (str, bytes, bytearray, memoryview)):
        chunk = iterable if isinstance(iterable, str) else bytes(iterable)
        return _readable_of_one(chunk, _with_defaults(given, options, keywords))
    file = file_behind(iterable)
    if file is not None:
        return FileReadable(file, _with_defaults({"object_mode": is_text(file)}, options, keywords))
    if not isinstance(iterable, (Iterable, AsyncIterable)):
        raise ERR_INVALID_ARG_TYPE("iterable", "an instance of Iterable", iterable)
    given["high_water_mark"] = 1
    return IterableReadable(iterable, _with_defaults(given, options, keywords))


def _with_defaults(
    defaults: dict[str, Any], options: Mapping[str, Any] | None, keywords: dict[str, Any]
) -> dict[str, Any]:
    return defaults | normalized(READABLE_OPTIONS, options, keywords, "from_")


def _readable_of_one(chunk: Any, options: dict[str, Any]) -> Readable:
    def read(stream: Readable, _size: int) -> None:
        stream.push(chunk)
        stream.push(None)

    return Readable(options | {"read": read})


class IterableReadable(Readable):
    """A stream of what an iterable yields. An item that is awaitable is awaited."""

    def __init__(self, iterable: Iterable[Any] | AsyncIterable[Any], options: dict[str, Any]) -> None:
        super().__init__(options)
        self._sync_iterator: Iterator[Any] | None = None
        self._async_iterator: AsyncIterator[Any] | None = None
        if isinstance(iterable, AsyncIterable):
            self._async_iterator = aiter(iterable)
        else:
            self._sync_iterator = iter(iterable)
        self._is_pulling = False
        self._stop_waiting: Callable[[], None] | None = None  # while a task waits for the iterable
        self._when_stopped: Callable[[], None] | None = None

    def _read(self, _size: int) -> None:
        if not self._is_pulling:
            self._is_pulling = True
            if self._async_iterator is not None:
                self._wait_for(self._pull_async(self._async_iterator), self._pulled)
            else:
                self._pull()

    def _pull(self) -> None:
        """Push items until the stream is full; stop at one that must be awaited."""
        iterator = self._sync_iterator
        if iterator is None:
            return
        try:
            for item in iterator:
                if isinstance(item, Awaitable):
                    self._wait_for(item, self._awaited)
                    return
                if not self._push_item(item):
                    self._is_pulling = False
                    return
        except Exception as error:
            self.destroy(error)
            return
        self.push(None)

    def _push_item(self, item: Any) -> bool:
        """Whether there is room for more."""
        if item is None:
            raise ERR_STREAM_NULL_VALUES
        return self.push(item)

    def _wait_for(self, awaitable: Awaitable[Any], then: Callable[[Any, Any], None]) -> None:
        """Call `then(error, value)` with the outcome, unless the stream is destroyed first: that stops the wait."""

        def ended(error: Any, value: Any) -> None:
            self._stop_waiting = None
            if self._when_stopped is not None:
                self._when_stopped()
            else:
                then(error, value)

        self._stop_waiting = current_loop().spawn_stoppable(awaitable, ended)

    def _awaited(self, error: BaseException | None, item: Any) -> None:
        if error is None and item is None:
            error = ERR_STREAM_NULL_VALUES()
        if error is not None:
            self.destroy(error)
        elif self.push(item):
            self._pull()
        else:
            self._is_pulling = False

    async def _pull_async(self, iterator: AsyncIterator[Any]) -> bool:
        """Push items until the stream is full (True), or has ended."""
        current_loop().adopt(iterator)
        async for item in iterator:
            value = await item if isinstance(item, Awaitable) else item
            if self.destroyed or not self._push_item(value):
                return True
        return False

    def _pulled(self, error: BaseException | None, is_full: bool | None) -> None:
        if error is not None:
            self.destroy(error)
        elif is_full:
            self._is_pulling = False
            if not self._readable_state.reading:
                return
            self._read(0)
        else:
            self.push(None)

    def _destroy(self, error: Any, callback: Any) -> None:
        """Let the generator end first: by the error, if there is one. What it raises then is the stream's error."""

        def closed(problem: Any = None, _value: object = None) -> None:
            next_tick(callback, error if problem is None else problem)

        if self._stop_waiting is None:
            self._close(error, closed)
        else:
            self._when_stopped = lambda: self._close(error, closed)
            self._stop_waiting()

    def _close(self, error: Any, closed: Callable[..., None]) -> None:
        if self._async_iterator is not None:
            current_loop().spawn(_close_async(self._async_iterator, error), closed)
            return
        try:
            _close_sync(self._sync_iterator, error)
        except Exception as problem:
            closed(problem)
        else:
            closed()


def _close_sync(iterator: Any, error: Any) -> None:
    """Raise `error`, if there is one, where a generator stands; and let it end, if it goes on."""
    try:
        if isinstance(error, BaseException) and hasattr(iterator, "throw"):
            iterator.throw(error)
    except StopIteration:
        return
    if hasattr(iterator, "close"):
        iterator.close()


async def _close_async(iterator: Any, error: Any) -> None:
    """As `_close_sync`, for an async generator."""
    try:
        if isinstance(error, BaseException) and hasattr(iterator, "athrow"):
            await iterator.athrow(error)
    except StopAsyncIteration:
        return
    if hasattr(iterator, "aclose"):
        await iterator.aclose()
