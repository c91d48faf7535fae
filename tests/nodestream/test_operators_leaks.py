"""Operators, `compose` and `Duplex.from_` leave nothing behind: no object, no task, no listener."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterable, AsyncIterator, Callable
from typing import Any

import pytest
import trio

from nodestream import Duplex, PassThrough, Readable, compose, consumers, run
from nodestream.abort import AbortController
from nodestream.loop import current_loop

from .support import rounds

COUNT = 20
ENOUGH_ROUNDS = 30


async def left_by(act: Callable[[], object]) -> int:
    """How many objects are left of `COUNT` calls of `act`, after as many to warm up; no task and no reference is."""

    async def calls() -> int:
        for _ in range(COUNT):
            act()
        await rounds(ENOUGH_ROUNDS)
        gc.collect()
        return len(gc.get_objects())

    tasks, references = trio.lowlevel.current_statistics().tasks_living, current_loop()._references
    before = await calls()
    left = await calls() - before
    assert trio.lowlevel.current_statistics().tasks_living == tasks
    assert current_loop()._references == references
    return left


def numbers() -> Readable:
    return Readable.from_([1, 2, 3])


async def later(chunk: Any) -> Any:
    await rounds(1)
    return chunk


async def forever(chunk: Any) -> Any:
    await trio.sleep_forever()


async def twice(chunks: AsyncIterable[Any]) -> AsyncIterator[Any]:
    async for chunk in chunks:
        yield chunk
        yield chunk


async def gather(chunks: AsyncIterable[Any]) -> None:
    async for _ in chunks:
        pass


def read_and_drop(stream: Readable) -> None:
    """Begin to read, and destroy it."""
    stream.on("error", lambda error: None)
    stream.read()
    current_loop().set_immediate(stream.destroy)


def write_and_drop(stream: Duplex) -> None:
    """Begin to write and to read, and destroy it."""
    stream.write("a")
    read_and_drop(stream)


ACTS: dict[str, Callable[[], object]] = {
    "to_array": lambda: numbers().map(later).to_array(),
    "several at once": lambda: numbers().map(later, concurrency=2).filter(bool, concurrency=3).to_array(),
    "some": lambda: numbers().some(lambda x: x == 2),
    "find": lambda: numbers().find(later, concurrency=2),
    "reduce": lambda: numbers().reduce(lambda a, b: a),
    "take": lambda: numbers().flat_map(lambda x: [x, x]).drop(1).take(2).to_array(),
    "never read": lambda: numbers().map(later),
    "destroyed": lambda: read_and_drop(numbers().map(forever)),
    "several destroyed": lambda: read_and_drop(numbers().map(forever, concurrency=2)),
    "text": lambda: consumers.text(Readable.from_(["a", "b"])),
    "compose": lambda: compose(numbers(), twice, PassThrough(object_mode=True)).to_array(),
    "compose destroyed": lambda: write_and_drop(compose(PassThrough(), twice, upper_waits)),
    "duplex of a generator": lambda: Duplex.from_(twice).end("a").to_array(),
    "duplex of a generator destroyed": lambda: write_and_drop(Duplex.from_(twice)),
    "duplex of a coroutine": lambda: Duplex.from_(gather).end("a"),
    "duplex of a coroutine destroyed": lambda: write_and_drop(Duplex.from_(gather)),
    "duplex of an awaitable": lambda: read_and_drop(Duplex.from_(forever(0))),
    "pair": lambda: write_and_drop(Duplex.from_({"readable": numbers(), "writable": PassThrough()})),
}


async def upper_waits(chunks: AsyncIterable[Any]) -> AsyncIterator[Any]:
    async for chunk in chunks:
        await trio.sleep_forever()
        yield chunk


@pytest.mark.parametrize("name", ACTS)
def test_what_is_over_leaves_nothing(name: str) -> None:
    assert run(left_by, ACTS[name]) < COUNT


@pytest.mark.parametrize("method", ["map", "for_each", "to_array", "reduce", "compose"])
def test_a_signal_that_lives_longer_keeps_nothing(method: str) -> None:
    async def main() -> None:
        signal = AbortController().signal

        def act() -> None:
            source: Any = numbers()
            if method == "map":
                source.map(later, signal=signal, concurrency=2).to_array()
            elif method == "compose":
                source.compose(twice, signal=signal).to_array()
            elif method == "to_array":
                source.to_array(signal=signal)
            elif method == "reduce":
                source.reduce(lambda a, b: a, 0, signal=signal)
            else:
                source.for_each(later, signal=signal)

        assert await left_by(act) < COUNT
        assert signal._chains == {}

    run(main)


def test_a_source_that_lives_on_has_no_listener_of_an_operator_that_was_never_read() -> None:
    async def main() -> None:
        source = numbers()
        before = {name: source.listener_count(name) for name in source.event_names()}
        source.map(later)
        source.filter(later, concurrency=2).take(1)
        await rounds(2)
        assert {name: source.listener_count(name) for name in source.event_names()} == before

    run(main)
