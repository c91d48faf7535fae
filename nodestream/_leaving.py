"""Leaving an `async for` early, as JavaScript does: what it read from is closed, before anything else happens.

In JavaScript `for await` returns its iterator when it is left by `break`, `return` or an exception; so in a row of
async generators each closes the one before it. Python does that for streams, whose iterators know when they are
dropped, and leaves the rest to the collector. So what a function of a pipeline returns is a `Step`, which closes what
the function reads from when the function is done.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterable, AsyncIterator, Awaitable
from typing import Any

from . import _predicates as ask


async def leave(iterator: Any) -> None:
    """Close an iterator, if that is possible."""
    close = getattr(iterator, "aclose", None)
    if close is not None:
        await close()


class Source:
    """An iterable that begins anew with each loop over it; it knows what was begun, and is the iterable otherwise."""

    __slots__ = ("_items", "_iterators")

    def __init__(self, items: AsyncIterable[Any]) -> None:
        self._items = items
        self._iterators: list[AsyncIterator[Any]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._items, name)

    def __aiter__(self) -> AsyncIterator[Any]:
        iterator = aiter(self._items)
        self._iterators.append(iterator)
        return iterator

    async def aclose(self) -> None:
        """Close all that was begun."""
        while self._iterators:
            await leave(self._iterators.pop())


def source_of(items: AsyncIterable[Any]) -> AsyncIterable[Any]:
    """What a function gets to read from: a stream, or what closes what was read of it."""
    return items if ask.is_stream(items) or isinstance(items, AsyncIterator) else Source(items)


async def _leave_source(source: AsyncIterable[Any]) -> None:
    if not ask.is_stream(source):  # that has been left already
        await leave(source)


async def _leave_because_of_an_error(source: AsyncIterable[Any]) -> None:
    """Leave it; what goes wrong then is not told, for there is an error already."""
    with contextlib.suppress(Exception):
        await _leave_source(source)


class Step:
    """The items that a function makes of a source."""

    __slots__ = ("_items", "_source")

    def __init__(self, items: AsyncIterable[Any], source: AsyncIterable[Any]) -> None:
        self._items = aiter(items)
        self._source = source

    def __aiter__(self) -> Step:
        return self

    async def __anext__(self) -> Any:
        try:
            return await anext(self._items)
        except StopAsyncIteration:
            await _leave_source(self._source)
            raise
        except BaseException:
            await _leave_because_of_an_error(self._source)
            raise

    async def aclose(self) -> None:
        """Close what the function reads from, and then the function's own iterator."""
        await _leave_source(self._source)
        await leave(self._items)


async def consumed(result: Awaitable[Any], source: AsyncIterable[Any]) -> Any:
    """What an async function makes of a source."""
    try:
        value = await result
    except BaseException:
        await _leave_because_of_an_error(source)
        raise
    await _leave_source(source)
    return value
