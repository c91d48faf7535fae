"""`Readable.from_`: a stream of what an iterable yields.

Node: stream.Readable.from
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Iterable, Iterator, Mapping
from typing import Any

from ._readable import READABLE_OPTIONS, Readable
from .errors import ERR_INVALID_ARG_TYPE, ERR_STREAM_NULL_VALUES
from .loop import current_loop, next_tick


def readable_from(
    iterable: Iterable[Any] | AsyncIterable[Any], options: Mapping[str, Any] | None = None, /, **keywords: Any
) -> Readable:
    """See Readable.from_."""
    given: dict[str, Any] = {"object_mode": True}
    if isinstance(iterable, (str, bytes, bytearray, memoryview)):
        return _readable_of_one(iterable, _with_defaults(given, options, keywords))
    if not isinstance(iterable, (Iterable, AsyncIterable)):
        raise ERR_INVALID_ARG_TYPE("iterable", "an instance of Iterable", iterable)
    given["high_water_mark"] = 1
    return IterableReadable(iterable, _with_defaults(given, options, keywords))


def _with_defaults(
    defaults: dict[str, Any], options: Mapping[str, Any] | None, keywords: dict[str, Any]
) -> dict[str, Any]:
    from ._options import normalized

    return defaults | normalized(READABLE_OPTIONS, options, keywords, "from_")


def _readable_of_one(chunk: Any, options: dict[str, Any]) -> Readable:
    class OneChunk(Readable):
        def _read(self, _size: int) -> None:
            self.push(chunk)
            self.push(None)

    return OneChunk(options)


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

    def _read(self, _size: int) -> None:
        if not self._is_pulling:
            self._is_pulling = True
            if self._async_iterator is not None:
                current_loop().spawn(self._pull_async(self._async_iterator), self._pulled)
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
                    current_loop().spawn(item, self._awaited)
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
        """Close the generator first; what it raises meanwhile is the stream's error if there is none yet."""

        def closed(problem: Any = None, _value: object = None) -> None:
            next_tick(callback, error if problem is None else error or problem)

        if self._async_iterator is not None and hasattr(self._async_iterator, "aclose"):
            current_loop().spawn(self._async_iterator.aclose(), closed)
            return
        try:
            if self._sync_iterator is not None and hasattr(self._sync_iterator, "close"):
                self._sync_iterator.close()
        except Exception as problem:
            closed(problem)
        else:
            closed()
