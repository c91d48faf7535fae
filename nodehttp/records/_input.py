"""The records that a client sends: taken in batches, and once more if they have to be sent again.

The rules:

1. Nothing is taken before it can be sent.
2. An iterable that gives a new iterator each time it is asked, such as a list, can be read again; a function is called
   again. From anything else a record comes once: those that were taken are kept for as long as there are no more than
   `most_kept`. With one more the input can no longer be read again.
3. An async iterable is read by a task of its own, ahead of who sends it, but no more than a batch. So what it gives in
   one go leaves together, and an attempt that fails does not interrupt it.
4. What the input raises comes after the records before it.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Protocol

from nodestream._hooks import noop
from nodestream._leaving import leave
from nodestream.errors import ERR_INVALID_ARG_TYPE
from nodestream.loop import Promise, current_loop
from nodestream.timers import clear_timeout, set_timeout

from ._errors import ERR_RECORDS_CALLER_FAILED

_INPUT = "an iterable or async iterable of records, a Readable, or a function that gives one"

_FIRST = 16
"""How many records of a plain iterable are taken at first: nobody knows how long that takes."""


class Reading(Protocol):
    """The records of one iterable, from its beginning to its end."""

    async def take(self, most: int) -> list[Any]:
        """The next records, at least one and at most so many; none at the end. Raises what the iterable raises.

        It may be cancelled, and called again.
        """
        ...

    def close(self) -> None:
        """Nobody wants more: close what it reads from."""


class Input:
    """What the caller wants to be sent.

    Args:
        records: an iterable or async iterable, or a function that gives one.
        most_kept: how many records of one that cannot be read again are kept.
        interval: milliseconds for which a record of an async iterable may wait for others.

    Raises ERR_INVALID_ARG_TYPE.
    """

    __slots__ = ("_interval", "_most_kept", "_reading", "_records")

    def __init__(self, records: Any, most_kept: int, interval: float) -> None:
        if not callable(records):
            _check(records)
        self._records = records
        self._most_kept = most_kept
        self._interval = interval
        self._reading: Reading | None = None

    def begin(self) -> Reading:
        """Read from the first record on. Raises ERR_RECORDS_CALLER_FAILED, and ERR_INVALID_ARG_TYPE, for a function."""
        reading = self._reading
        if isinstance(reading, _Kept):
            reading.begin_again()
            return reading
        if reading is not None:
            reading.close()
        items = self._records
        if callable(items):
            try:
                items = items()
            except Exception as error:
                raise ERR_RECORDS_CALLER_FAILED(error) from error
            _check(items)
        self._reading = self._reading_of(items)
        return self._reading

    @property
    def can_begin_again(self) -> bool:
        """Whether every record that was taken can be read again."""
        return not isinstance(self._reading, _Kept) or self._reading.is_whole

    def close(self) -> None:
        """Nobody wants more."""
        if self._reading is not None:
            self._reading.close()

    def _reading_of(self, items: Any) -> Reading:
        is_repeatable = callable(self._records)
        reading: Reading
        if isinstance(items, AsyncIterable):
            reading = _AsyncReading(items, self._interval)
            is_repeatable |= not (isinstance(items, AsyncIterator) or _is_any_stream(items))
        else:
            iterator = iter(items)
            reading = _PlainReading(iterator, self._interval)
            is_repeatable |= iterator is not items
        return reading if is_repeatable else _Kept(reading, self._most_kept)


def _check(items: Any) -> None:
    """A string or a mapping is one record rather than many."""
    if isinstance(items, (str, bytes, bytearray, Mapping)) or not isinstance(items, (Iterable, AsyncIterable)):
        raise ERR_INVALID_ARG_TYPE("records", _INPUT, items)


def _is_any_stream(items: Any) -> bool:
    """Whether it is Node's, or the web's: these give a new iterator each time, and yet each chunk only once."""
    return hasattr(items, "destroy") or hasattr(items, "get_reader")


class _PlainReading:
    """Reads an iterator. It takes so many records at once that it does not hold the loop for longer than `interval`."""

    __slots__ = ("_error", "_interval", "_iterator", "_quickly")

    def __init__(self, iterator: Iterator[Any], interval: float) -> None:
        self._iterator = iterator
        self._interval = interval / 1000
        self._quickly = _FIRST
        self._error: BaseException | None = None

    async def take(self, most: int) -> list[Any]:
        """See Reading."""
        records: list[Any] = []
        if self._error is None:
            count = min(most, self._quickly)
            begun = time.perf_counter()
            try:
                records.extend(islice(self._iterator, count))
            except Exception as error:
                self._error = error
            if time.perf_counter() - begun > self._interval:
                self._quickly = max(1, count // 2)
            elif count == self._quickly:
                self._quickly = 2 * count
        if self._error is not None and not records:
            raise self._error
        return records

    def close(self) -> None:
        """See Reading."""
        close = getattr(self._iterator, "close", None)
        if close is not None:
            close()


class _AsyncReading:
    """Reads an async iterable."""

    __slots__ = (
        "_enough",
        "_error",
        "_interval",
        "_is_over",
        "_items",
        "_last",
        "_most",
        "_records",
        "_room",
        "_stop",
        "_waiting",
    )

    def __init__(self, items: AsyncIterable[Any], interval: float) -> None:
        self._items = items
        self._interval = interval
        self._last = -interval  # when records were taken, in milliseconds
        self._records: list[Any] = []
        self._most = _FIRST  # records that are read ahead
        self._room: Promise[None] | None = None  # the task that reads waits until there is room
        self._waiting: Promise[None] | None = None  # somebody waits until there are so many records:
        self._enough = 1
        self._stop: Callable[[], None] | None = None
        self._is_over = False
        self._error: BaseException | None = None

    async def take(self, most: int) -> list[Any]:
        """See Reading."""
        self._most = most
        if self._stop is None:
            self._stop = current_loop().spawn_stoppable(self._read(), self._end)
        await self._gather(1, None)
        await self._gather(most, self._last + self._interval - _now())
        self._last = _now()
        records, self._records = self._records[:most], self._records[most:]
        if self._room is not None:
            self._room.resolve(None)
        if not records and self._error is not None:
            raise self._error
        return records

    async def _gather(self, count: int, longest: float | None) -> None:
        """Wait until so many records have come, or all, but no longer than so many milliseconds."""
        if len(self._records) >= count or self._is_over or (longest is not None and longest <= 0):
            return
        self._enough = count
        waiting: Promise[None] = Promise()
        self._waiting = waiting
        timer = None if longest is None else set_timeout(waiting.resolve, longest, None)
        try:
            await waiting
        finally:
            self._waiting = None
            clear_timeout(timer)

    async def _read(self) -> None:
        iterator = aiter(self._items)
        try:
            async for record in iterator:
                self._records.append(record)
                if self._waiting is not None and len(self._records) >= self._enough:
                    self._waiting.resolve(None)
                if len(self._records) >= self._most:
                    self._room = Promise()
                    await self._room
        finally:
            await leave(iterator)

    def _end(self, error: BaseException | None, _: object) -> None:
        self._is_over = True
        self._error = error
        if self._waiting is not None:
            self._waiting.resolve(None)

    def close(self) -> None:
        """See Reading. The task that reads is cancelled, and closes the iterable."""
        stop, self._stop = self._stop, noop
        if stop is not None:
            stop()


def _now() -> float:
    """The time in milliseconds."""
    return time.monotonic() * 1000


class _Kept:
    """A reading of which each record comes once; it keeps what was taken, to give it again.

    Attributes:
        is_whole: whether it still has all that was taken.
    """

    __slots__ = ("_again", "_kept", "_most", "_reading", "is_whole")

    def __init__(self, reading: Reading, most: int) -> None:
        self._reading = reading
        self._most = most
        self._kept: list[Any] = []
        self._again: list[Any] = []  # of those, what is to be given once more
        self.is_whole = True

    async def take(self, most: int) -> list[Any]:
        """See Reading."""
        if self._again:
            records, self._again = self._again[:most], self._again[most:]
            return records
        records = await self._reading.take(most)
        if self.is_whole:
            self._kept += records
            if len(self._kept) > self._most:
                self.is_whole = False
                self._kept.clear()
        return records

    def begin_again(self) -> None:
        """Give what was kept once more, then the rest."""
        self._again = [*self._kept]

    def close(self) -> None:
        """See Reading."""
        self._reading.close()
