"""What the operators of streams do with the chunks of a stream, besides calling a function for each.

Each takes over the iterator that it is given, and closes it: a stream that has more to give is destroyed by that.

Node: the operators of stream.Readable
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Iterable
from typing import Any

from . import _predicates as ask
from ._hooks import noop
from ._operator_arguments import Function, check_not_aborted, with_signal
from ._operator_map import NOTHING, close
from ._pump import async_items
from ._signals import on_abort
from .abort import AbortController
from .errors import ERR_MISSING_ARGS, NodeError, NodeTypeError, inspect


class ReduceOfNothing(ERR_MISSING_ARGS):
    """`reduce()` without an initial value, of a stream without chunks."""

    def __init__(self) -> None:
        NodeError.__init__(self, "Reduce of an empty stream requires an initial value")


def iterator_over(items: Any, complaint: str | None = None) -> AsyncIterator[Any]:
    """An async iterator over any iterable or stream. Raises a TypeError, with `complaint`, for what is neither."""
    if not isinstance(items, (AsyncIterable, Iterable)) and not ask.is_stream(items):
        raise NodeTypeError(complaint or f"{inspect(items)} is not iterable")
    return aiter(async_items(items))


# --- iterators ---


async def flattened(values: AsyncIterator[Any]) -> AsyncGenerator[Any, None]:
    """The items of each value, which is any iterable."""
    try:
        async for value in values:
            items = iterator_over(value)
            try:
                async for item in items:
                    yield item
            finally:
                await close(items)
    finally:
        await close(values)


async def dropped(chunks: AsyncIterator[Any], count: float, signal: Any) -> AsyncGenerator[Any, None]:
    """All chunks but the first `count`."""
    try:
        check_not_aborted(signal)
        async for chunk in chunks:
            check_not_aborted(signal)
            if count > 0:
                count -= 1
            else:
                yield chunk
    finally:
        await close(chunks)


async def taken(chunks: AsyncIterator[Any], count: float, signal: Any) -> AsyncGenerator[Any, None]:
    """The first `count` chunks. The one after them is not waited for."""
    try:
        check_not_aborted(signal)
        async for chunk in chunks:
            check_not_aborted(signal)
            if count > 0:
                yield chunk
            count -= 1
            if count <= 0:
                return
    finally:
        await close(chunks)


# --- coroutines ---


async def exhausted(values: AsyncIterator[Any]) -> None:
    """Wait for the end."""
    await gathered(values, None)


async def first(values: AsyncIterator[Any], otherwise: Any) -> Any:
    """The first value, if there is one; the rest is not wanted."""
    try:
        async for value in values:
            return value
    finally:
        await close(values)
    return otherwise


async def is_any(values: AsyncIterator[Any]) -> bool:
    """Whether there is a value."""
    return await first(values, NOTHING) is not NOTHING


async def is_none(values: AsyncIterator[Any]) -> bool:
    """Whether there is no value."""
    return await first(values, NOTHING) is NOTHING


async def gathered(chunks: AsyncIterator[Any], signal: Any) -> list[Any]:
    """All chunks in a list."""
    found = []
    try:
        async for chunk in chunks:
            check_not_aborted(signal)
            found.append(chunk)
    finally:
        await close(chunks)
    return found


async def reduced(chunks: AsyncIterator[Any], reducer: Function, value: Any, signal: Any) -> Any:
    """The last value of `value = reducer(value, chunk)`; a `value` of NOTHING is the first chunk."""
    controller = AbortController()
    forget_signal = noop if signal is None else on_abort(signal, controller.abort)
    reducer = with_signal(reducer, 2, controller.signal)
    try:
        async for chunk in chunks:
            check_not_aborted(signal)
            if value is NOTHING:
                value = chunk
                continue
            value = reducer(value, chunk)
            if isinstance(value, Awaitable):
                value = await value
    finally:
        forget_signal()
        controller.abort()
        await close(chunks)
    if value is NOTHING:
        raise ReduceOfNothing
    return value
