"""A function applied to the chunks of a stream: one by one, or to several at once.

The rules for several:

1. One task, the *intake*, asks for items and calls the function. It rests while `concurrency` calls run, or while there
   are `limit` items that came in and whose results nobody has taken out. A result counts as taken out when the next one
   is asked for.
2. Results come out in the order of the items. An error comes out where the result would have, and ends all.
3. After the first error no further item is asked for.
4. When it is over (at the end, by an error, by `aclose()`), every call that still runs is cancelled.

One by one is the same for a `limit` of one item, without a task of its own.

Node: the `map` of stream.Readable
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Any

from ._hooks import noop
from ._operator_arguments import Function, Pace, with_signal
from .loop import Promise, current_loop

NOTHING: Any = object()
"""In place of a value where there is none."""

Keep = Callable[[Any, Any], Any]
"""Makes a value, or NOTHING, of an item and of what the function returned for it."""


async def close(items: Any) -> None:
    """Nobody wants more of an async iterator."""
    aclose = getattr(items, "aclose", None)
    if aclose is not None:
        await aclose()


def mapped(chunks: AsyncIterator[Any], function: Function, keep: Keep, pace: Pace) -> AsyncIterator[Any]:
    """What `keep` makes of each chunk, in the order of the chunks."""
    function = with_signal(function, 1, pace.signal)
    if pace.is_one_by_one:
        return _one_by_one(chunks, function, keep, pace)
    return _SeveralAtOnce(chunks, function, keep, pace)


async def _one_by_one(
    chunks: AsyncIterator[Any], function: Function, keep: Keep, pace: Pace
) -> AsyncGenerator[Any, None]:
    try:
        async for chunk in chunks:
            pace.check()
            result = function(chunk)
            if isinstance(result, Awaitable):
                result = await result
            pace.check()
            value = keep(chunk, result)
            if value is not NOTHING:
                yield value
    finally:
        await close(chunks)


class _Call:
    """One item and what came of it. `stop` cancels the call while it runs."""

    __slots__ = ("error", "is_settled", "item", "result", "stop")

    def __init__(self, item: Any = None) -> None:
        self.item = item
        self.result: Any = None
        self.error: BaseException | None = None
        self.is_settled = False
        self.stop: Callable[[], object] = noop


class _Rest:
    """Where one task waits to be told to go on."""

    __slots__ = ("_promise",)

    def __init__(self) -> None:
        self._promise: Promise[None] | None = None

    async def wait(self) -> None:
        """Wait for `end()`."""
        self._promise = Promise()
        await self._promise

    def end(self) -> None:
        """Let the task go on, if there is one."""
        promise, self._promise = self._promise, None
        if promise is not None:
            promise.resolve(None)


class _SeveralAtOnce(AsyncIterator[Any]):
    def __init__(self, items: AsyncIterator[Any], function: Function, keep: Keep, pace: Pace) -> None:
        self._items = items
        self._function = function
        self._keep = keep
        self._pace = pace
        self._calls: deque[_Call] = deque()
        self._running = 0
        self._first_is_out = False
        self._takes_in = True
        self._intake_is_over = False
        self._stop_intake: Callable[[], object] | None = None
        self._intake_rests = _Rest()
        self._taker_rests = _Rest()
        self._is_closed = False

    # --- taking in ---

    @property
    def _is_full(self) -> bool:
        return len(self._calls) >= self._pace.limit or self._running >= self._pace.concurrency

    async def _take_in(self) -> None:
        try:
            async for item in self._items:
                if not self._takes_in:
                    return
                self._pace.check()
                self._begin(item)
                if self._takes_in and self._is_full:
                    await self._intake_rests.wait()
        finally:
            await close(self._items)

    def _begin(self, item: Any) -> None:
        call = _Call(item)
        self._calls.append(call)
        try:
            result = self._function(item)
        except Exception as error:
            self._settle(call, error, None)
            return
        if isinstance(result, Awaitable):
            self._running += 1
            call.stop = current_loop().spawn_stoppable(result, partial(self._ended, call))
        else:
            self._settle(call, None, result)

    def _ended(self, call: _Call, error: BaseException | None, result: Any) -> None:
        self._running -= 1
        self._settle(call, error, result)
        self._may_go_on()

    def _settle(self, call: _Call, error: BaseException | None, result: Any) -> None:
        call.is_settled = True
        call.stop = noop
        call.error = error
        call.result = result
        if error is not None:
            self._takes_in = False
        if call is self._calls[0]:
            self._taker_rests.end()

    def _may_go_on(self) -> None:
        if self._takes_in and not self._is_full:
            self._intake_rests.end()

    def _intake_ended(self, error: BaseException | None, _value: object) -> None:
        self._takes_in = False
        self._intake_is_over = True
        if error is not None:
            last = _Call()
            self._calls.append(last)
            self._settle(last, error, None)
        self._taker_rests.end()

    # --- taking out ---

    async def __anext__(self) -> Any:
        if self._is_closed:
            raise StopAsyncIteration
        try:
            return await self._take_out()
        except BaseException:
            await self.aclose()
            raise

    async def _take_out(self) -> Any:
        if self._stop_intake is None:
            self._stop_intake = current_loop().spawn_stoppable(self._take_in(), self._intake_ended)
        if self._first_is_out:
            self._remove_first()
        while True:
            if not self._calls:
                if self._intake_is_over:
                    raise StopAsyncIteration
                await self._taker_rests.wait()
            elif not self._calls[0].is_settled:
                await self._taker_rests.wait()
            else:
                value = self._value_of(self._calls[0])
                if value is not NOTHING:
                    self._first_is_out = True
                    return value
                self._remove_first()

    def _value_of(self, call: _Call) -> Any:
        if call.error is not None:
            raise call.error
        self._pace.check()
        return self._keep(call.item, call.result)

    def _remove_first(self) -> None:
        self._first_is_out = False
        self._calls.popleft()
        self._may_go_on()

    async def aclose(self) -> None:
        """Nobody wants more: cancels what runs. May be called again."""
        if self._is_closed:
            return
        self._is_closed = True
        self._takes_in = False
        if self._stop_intake is not None:
            self._stop_intake()
        for call in self._calls:
            call.stop()
        await close(self._items)
