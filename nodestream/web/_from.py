"""A stream of what an iterable yields.

Standard: ReadableStreamFromIterable
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Iterable, Iterator, Mapping
from typing import Any, cast

from ..errors import ERR_ARG_NOT_ITERABLE
from ..loop import Promise, current_loop
from ._promises import promise_of, settle_with, transformed

_END: Any = object()


class IterableSource:
    """Pulls from an iterator, one item at a time. Of an iterable that is not async, items that are awaitable are
    awaited."""

    __slots__ = ("_async", "_sync")

    def __init__(self, iterable: Any) -> None:
        self._async: AsyncIterator[Any] | None = None
        self._sync: Iterator[Any] | None = None
        if isinstance(iterable, Mapping):  # which is an object that cannot be iterated, in JavaScript
            raise ERR_ARG_NOT_ITERABLE(iterable)
        if isinstance(iterable, AsyncIterable):
            self._async = aiter(iterable)
            current_loop().adopt(self._async)
        elif isinstance(iterable, Iterable):
            self._sync = iter(iterable)
        else:
            raise ERR_ARG_NOT_ITERABLE(iterable)

    def pull(self, controller: Any) -> Promise[Any]:
        """Give the controller one item, or close it."""

        def give(item: Any) -> None:
            if item is _END:
                controller.close()
            else:
                controller.enqueue(item)

        return transformed(self._next(), give)

    def _next(self) -> Promise[Any]:
        if self._sync is not None:
            return promise_of(next(self._sync, _END))
        return promise_of(_item_of(anext(cast("AsyncIterator[Any]", self._async))))  # it is one or the other

    def cancel(self, reason: Any) -> Promise[Any]:
        """Close the iterator: what follows its `yield` is told of no reason, for Python's generators take none."""
        done: Promise[Any] = Promise()
        close = getattr(
            self._async if self._sync is None else self._sync, "aclose" if self._sync is None else "close", None
        )
        settle_with(done, promise_of(close()) if close is not None else None)
        return done


async def _item_of(item: Awaitable[Any]) -> Any:
    try:
        return await item
    except StopAsyncIteration:
        return _END
