"""The records of an input given to a function, and its results to an outlet.

1. A worker takes the next record, calls the function, and deals with what it returned before it takes another one. When
   that takes waiting, another worker goes on meanwhile, up to so many at once. So a function that never waits is called
   in a plain loop over each batch, by the only worker there is.
2. None is no result. An iterator or async iterator gives any number of them, None among them; an awaitable is awaited
   first. Anything else is one result.
3. One worker at a time waits for the next batch, when all records of the one before have been taken.
4. The first failure of the function stops all workers. When the input fails, what was taken is finished first.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Callable, Iterator
from time import monotonic
from typing import Any, Protocol

from nodestream._leaving import leave
from nodestream.loop import Promise, current_loop
from nodestream.timers.promises import set_immediate

from ._config import RecordConfig
from ._ordering import AsTheyCome, InOrder, Order, Slot
from ._outlet import Outlet

_RESULTS = frozenset({dict, list, tuple, str, int, float, bool})
"""What is one result, most of the time."""

_LONGEST_TURN = 0.005
"""Seconds for which a worker may hold up the loop, and what is ready may wait for what is not."""

Process = Callable[[Any], Any]
Done = Callable[[Exception | None], object]


class Batches(Protocol):
    """Where records come from."""

    async def next(self) -> list[Any] | None:
        """The next ones; None at the end. Raises what the input fails with. It may be cancelled."""
        ...

    def close(self) -> None:
        """No more are wanted."""


class Processing:
    """Calls `process` with each record.

    Args:
        process: see above.
        batches: the records.
        outlet: where results go.
        config: how many workers, in which order, and how much is held.
        done: is called once, with what it failed with or None; not after `stop()`.
    """

    def __init__(self, process: Process, batches: Batches, outlet: Outlet, config: RecordConfig, done: Done) -> None:
        self._process = process
        self._batches = batches
        self._outlet = outlet
        self._most_workers = config.workers
        self._most_results = config.buffer_size
        self._order: Order = InOrder(outlet, config.buffer_size) if config.ordered else AsTheyCome(outlet)
        self._done: Done | None = done
        self._loop = current_loop()
        self._stops: list[Callable[[], None]] = []
        self._records: Iterator[Any] = iter(())
        self._reads = False  # a worker waits for the input
        self._is_over = False
        self._failure: Exception | None = None  # of the input
        self._idle = 0  # workers that wait until it has given something:
        self._news: Promise[None] | None = None
        self._working = 0

    def begin(self) -> None:
        """Let the first worker begin."""
        self._working += 1
        self._stops.append(self._loop.spawn_stoppable(self._work(), self._worker_ended))

    def stop(self) -> None:
        """Cancel all that runs."""
        self._done = None
        self._batches.close()
        for stop in self._stops:
            stop()

    @property
    def waits_for_client(self) -> bool:
        """Whether no work is under way."""
        return self._outlet.is_full or (self._reads and self._working == self._idle + 1)

    # --- workers ---

    def _worker_ended(self, error: Any, _value: object) -> None:
        self._working -= 1
        done = self._done
        if done is None:
            return
        if error is not None:
            self.stop()
            done(error)
        elif not self._working:
            self.stop()
            done(self._failure)

    async def _work(self) -> None:
        try:
            await self._take_and_work()
        except BaseException:
            self._take_no_more()
            raise

    def _take_no_more(self) -> None:
        self._is_over = True
        self._records = iter(())

    async def _take_and_work(self) -> None:
        until = monotonic() + _LONGEST_TURN
        while True:
            result = self._take_records(self._records, until)
            if result is not None:
                await self._work_out(result, self._order.open())
            if self._order.is_full:
                await self._order.room()
            elif monotonic() > until:
                await set_immediate()
            elif result is not None:
                continue
            elif not await self._has_more():
                return
            until = monotonic() + _LONGEST_TURN

    def _take_records(self, records: Iterator[Any], until: float) -> Any:
        """Take records until there is a result that needs more work, which is returned; else it takes long, or all."""
        process = self._process
        results: list[Any] = []
        add = results.append
        try:
            for record in records:
                result = process(record)
                if type(result) in _RESULTS:
                    add(result)
                elif result is not None:
                    return result
                if monotonic() > until:
                    break
            return None
        finally:
            if results:
                slot = self._order.open()
                slot.add(results)
                slot.close()

    async def _has_more(self) -> bool:
        """Wait for more records; whether there may be any."""
        if self._is_over:
            return False
        if self._reads:
            await self._wait_for_news()
            return True
        self._reads = True
        try:
            batch = await self._batches.next()
        except Exception as error:
            self._failure = error
            batch = None
        finally:
            self._reads = False
        if batch is None:
            self._is_over = True
        elif not self._is_over:
            self._records = iter(batch)
        news, self._news = self._news, None
        if news is not None:
            news.resolve(None)
        return not self._is_over

    async def _wait_for_news(self) -> None:
        if self._news is None:
            self._news = Promise()
        self._idle += 1
        try:
            await self._news
        finally:
            self._idle -= 1

    def _let_another_go_on(self) -> None:
        """This worker is about to wait."""
        if not self._idle and not self._is_over and self._working < self._most_workers:
            self.begin()

    # --- results that need more work ---

    async def _work_out(self, result: Any, slot: Slot) -> None:
        if isinstance(result, Awaitable):
            self._let_another_go_on()
            result = await result
        if type(result) in _RESULTS:
            slot.add([result])
        elif isinstance(result, Iterator):
            await self._give_all(result, slot)
        elif isinstance(result, AsyncIterable):
            self._let_another_go_on()
            await self._give_all_async(result, slot)
        elif result is not None:
            slot.add([result])
        slot.close()

    async def _give_all(self, results: Iterator[Any], slot: Slot) -> None:
        try:
            while not self._give_some(results, slot):
                if slot.is_full:
                    await slot.room()
                else:
                    await set_immediate()
        finally:
            close = getattr(results, "close", None)
            if close is not None:
                close()

    def _give_some(self, results: Iterator[Any], slot: Slot) -> bool:
        """Give results until there are many, or it takes long; whether those were all."""
        until = monotonic() + _LONGEST_TURN
        some: list[Any] = []
        try:
            for item in results:
                some.append(item)
                if len(some) >= self._most_results or monotonic() > until:
                    return False
            return True
        finally:
            if some:
                slot.add(some)

    async def _give_all_async(self, results: AsyncIterable[Any], slot: Slot) -> None:
        iterator = aiter(results)
        try:
            async for item in iterator:
                slot.add([item])
                if slot.is_full:
                    await slot.room()
        finally:
            await leave(iterator)
