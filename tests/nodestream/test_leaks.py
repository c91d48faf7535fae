"""What is over leaves nothing behind: no memory, no listener, no task, no timer."""

from __future__ import annotations

import gc
import tracemalloc
from typing import Any

import trio

from nodestream import EventEmitter, PassThrough, Readable, Writable, finished, run
from nodestream.loop import Promise, current_loop
from nodestream.timers import clear_timeout, set_immediate, set_timeout

from .support import Sink, a_source

MANY = 10_000


async def a_round() -> None:
    promise: Promise[None] = Promise()
    set_immediate(promise.resolve, None)
    await promise


async def growth_over(count: int, act: Any) -> tuple[int, int]:
    """How many bytes and how many streams are left of `count` calls of `act(number)`, after as many to warm up."""

    async def calls() -> None:
        for number in range(count):
            act(number)
            if number % 100 == 0:
                await a_round()
        await a_round()
        await a_round()
        gc.collect()

    def streams() -> int:
        return sum(isinstance(thing, (Readable, Writable)) for thing in gc.get_objects())

    await calls()
    tracemalloc.start()
    try:
        before, streams_before = tracemalloc.get_traced_memory()[0], streams()
        await calls()
        return tracemalloc.get_traced_memory()[0] - before, streams() - streams_before
    finally:
        tracemalloc.stop()


def test_ten_thousand_streams_leave_no_memory() -> None:
    def act(number: int) -> None:
        stream = PassThrough()
        finished(stream, lambda error: None)
        stream.resume()
        if number % 2:
            stream.end(b"x")
        else:
            stream.on("error", lambda error: None)
            stream.destroy(ValueError("x"))

    bytes_left, streams_left = run(growth_over, MANY // 2, act)
    assert streams_left == 0
    assert bytes_left < 64 * 1024


def test_one_emitter_keeps_nothing_of_ten_thousand_listeners() -> None:
    emitter = EventEmitter()

    def act(number: int) -> None:
        def listener(*args: Any) -> None: ...

        emitter.on("x", listener)
        emitter.once("x", listener)
        emitter.emit("x", number)
        emitter.off("x", listener)

    bytes_left, _ = run(growth_over, MANY // 2, act)
    assert emitter.event_names() == []
    assert bytes_left < 16 * 1024


def test_one_sink_keeps_nothing_of_many_sources() -> None:
    def main() -> Any:
        sink = Sink().set_max_listeners(0)

        def act(number: int) -> None:
            sink.chunks.clear()
            a_source([b"x"]).pipe(sink, end=False)

        return growth_over(1000, act)

    bytes_left, streams_left = run(main)
    assert streams_left == 0
    assert bytes_left < 64 * 1024


def test_many_timers_and_tasks_leave_nothing_in_the_loop() -> None:
    async def nothing() -> None: ...

    async def main() -> tuple[Any, ...]:
        loop = current_loop()
        for number in range(MANY):
            set_timeout(lambda: None, 0.5)
            clear_timeout(set_timeout(lambda: None, 100_000))
            loop.spawn(nothing(), None)
            if number % 100 == 0:
                await a_round()
        await trio.sleep(0.005)
        await a_round()
        tasks = trio.lowlevel.current_statistics().tasks_living
        return len(loop.timers._entries) < 200, len(loop._ready), len(loop._ticks), tasks < 20

    assert run(main) == (True, 0, 0, True)
