"""Leaving an `async for` early, as JavaScript does: what it read from is closed, before anything else happens.

In JavaScript `for await` returns its iterator when it is left by `break`, `return` or an exception; so in a row of
async generators each closes the one before it. Python leaves that to the collector. A function of a pipeline therefore
gets a `Source`, which knows what was begun to be read of it, and what it returns is a `Step`, which closes that when
the function is done.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterable, AsyncIterator, Awaitable
from typing import Any


async def leave(iterator: Any) -> None:
    """Close an iterator, if that is possible."""
    close = getattr(iterator, "aclose", None)
    if close is not None:
        await close()


class Source:
    """What a function reads from."""

    __slots__ = ("_items", "_iterators")

    def __init__(self, items: AsyncIterable[Any]) -> None:
        self._items = items
        self._iterators: list[AsyncIterator[Any]] = []

    def __aiter__(self) -> AsyncIterator[Any]:
        iterator = aiter(self._items)
        self._iterators.append(iterator)
        return iterator

    async def leave(self) -> None:
        """Close all that was begun. What goes wrong then comes out."""
        while self._iterators:
            await leave(self._iterators.pop())

    async def leave_because_of_an_error(self) -> None:
        """The same; what goes wrong then is not told, for there is an error already."""
        with contextlib.suppress(Exception):
            await self.leave()


class Step:
    """The items that a function makes of a source."""

    __slots__ = ("_items", "_source")

    def __init__(self, items: AsyncIterable[Any], source: Source) -> None:
        self._items = aiter(items)
        self._source = source

    def __aiter__(self) -> Step:
        return self

    async def __anext__(self) -> Any:
        try:
            return await anext(self._items)
        except StopAsyncIteration:
            await self._source.leave()
            raise
        except BaseException:
            await self._source.leave_because_of_an_error()
            raise

    async def aclose(self) -> None:
        """Close what the function reads from, and then the function's own iterator."""
        await self._source.leave()
        await leave(self._items)


async def consumed(result: Awaitable[Any], source: Source) -> Any:
    """What an async function makes of a source."""
    try:
        value = await result
    except BaseException:
        await source.leave_because_of_an_error()
        raise
    await source.leave()
    return value
