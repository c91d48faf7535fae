"""What a client sends, taken in batches."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import trio

from nodehttp.records import ERR_RECORDS_CALLER_FAILED, _input
from nodehttp.records._input import Input, Reading
from nodestream import open_loop
from nodestream.errors import ERR_INVALID_ARG_TYPE


def input_of(records: Any, most_kept: int = 100, interval: float = 0) -> Input:
    return Input(records, most_kept, interval)


async def rest(reading: Reading, most: int = 1000) -> list[Any]:
    """All that is left."""
    records: list[Any] = []
    while some := await reading.take(most):
        assert len(some) <= most
        records += some
    return records


async def test_a_batch_has_at_most_what_was_asked_for() -> None:
    reading = input_of([*range(100)]).begin()
    assert await reading.take(3) == [0, 1, 2]
    assert await rest(reading, 7) == [*range(3, 100)]


async def test_a_slow_iterable_gives_smaller_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = 0.0
    monkeypatch.setattr(_input.time, "perf_counter", lambda: seconds)

    def slow() -> Iterator[int]:
        nonlocal seconds
        for number in range(1000):
            seconds += 0.004
            yield number

    reading = input_of(slow(), interval=10).begin()
    sizes = [len(await reading.take(1000)) for _ in range(6)]
    assert sizes == [16, 8, 4, 2, 4, 2]


async def test_what_an_iterable_raises_comes_after_what_it_gave() -> None:
    def failing() -> Iterator[int]:
        yield 1
        yield 2
        raise OSError

    reading = input_of(failing()).begin()
    assert await reading.take(10) == [1, 2]
    for _ in range(2):
        with pytest.raises(OSError):
            await reading.take(10)


async def test_what_an_async_iterable_gives_in_one_go_comes_together() -> None:
    async def in_two_goes() -> AsyncIterator[int]:
        for number in range(10):
            if number == 5:
                await trio.sleep(0.05)
            yield number

    async with open_loop():
        reading = input_of(in_two_goes()).begin()
        assert [await reading.take(1000) for _ in range(3)] == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9], []]


async def test_records_that_follow_closely_are_joined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_input, "_now", lambda: 0)  # no time passes between batches

    async def one_by_one() -> AsyncIterator[int]:
        for number in range(10):
            yield number
            for _ in range(10):
                await trio.lowlevel.checkpoint()

    async with open_loop():
        reading = input_of(one_by_one(), interval=10_000).begin()
        assert await reading.take(4) == [0]  # the first waits for nobody
        assert await reading.take(4) == [1, 2, 3, 4]
        assert await reading.take(4) == [5, 6, 7, 8]
        assert await rest(reading) == [9]


async def test_an_async_iterable_is_read_no_further_than_a_batch() -> None:
    given = 0

    async def endless() -> AsyncIterator[int]:
        nonlocal given
        while True:
            given += 1
            yield given

    async with open_loop():
        source = input_of(endless())
        reading = source.begin()
        assert await reading.take(5) == [1, 2, 3, 4, 5]
        for _ in range(20):
            await trio.lowlevel.checkpoint()
        assert given <= 10
        source.close()


async def test_what_an_async_iterable_raises_comes_after_what_it_gave() -> None:
    async def failing() -> AsyncIterator[int]:
        yield 1
        raise OSError

    async with open_loop():
        reading = input_of(failing()).begin()
        assert await reading.take(10) == [1]
        with pytest.raises(OSError):
            await reading.take(10)


async def test_an_iterator_begins_again_with_what_was_kept() -> None:
    source = input_of(iter(range(30)))
    assert await source.begin().take(10) == [*range(10)]
    assert source.can_begin_again
    assert await rest(source.begin(), 7) == [*range(30)]
    assert await rest(source.begin()) == [*range(30)]


async def test_no_more_than_that_is_kept() -> None:
    source = input_of(iter(range(30)), most_kept=10)
    reading = source.begin()
    assert await reading.take(10) == [*range(10)]
    assert source.can_begin_again
    assert await reading.take(1) == [10]
    assert not source.can_begin_again


async def test_what_begins_anew_is_not_kept() -> None:
    for records in (range(30), lambda: iter(range(30))):
        source = input_of(records, most_kept=0)
        for _ in range(2):
            assert await rest(source.begin()) == [*range(30)]
            assert source.can_begin_again


async def test_a_wait_that_was_cancelled_loses_nothing() -> None:
    async def late() -> AsyncIterator[int]:
        await trio.sleep(0.05)
        yield 1

    async with open_loop():
        source = input_of(late())
        with trio.move_on_after(0.001):
            await source.begin().take(10)
        assert await rest(source.begin()) == [1]


def test_a_function_that_fails_is_the_callers_failure() -> None:
    with pytest.raises(ERR_RECORDS_CALLER_FAILED):
        input_of(lambda: 1 // 0).begin()
    with pytest.raises(ERR_INVALID_ARG_TYPE):
        input_of(lambda: "text").begin()
