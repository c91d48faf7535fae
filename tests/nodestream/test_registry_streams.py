"""A Readable and a web ReadableStream over a stream of a registry, and `produce`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import trio

import nodestream
from nodestream import errors, open_loop
from nodestream._registry_streams import IN_A_ROW
from nodestream.consumers import buffer
from nodestream.loop import next_tick
from nodestream.registry import StreamRegistry
from nodestream.testing import check_readable
from nodestream.timers import set_immediate
from tests.nodestream.support import collected, follow

LIMIT = 10
"""Seconds in which everything happens."""


@pytest.fixture
def registry() -> Iterator[StreamRegistry]:
    with StreamRegistry() as registry:
        yield registry


def pushed(registry: StreamRegistry, *chunks: Any, **marks: int) -> int:
    """A stream with these chunks, that was closed."""
    id = registry.create(**marks)
    for chunk in chunks:
        registry.push(id, chunk)
    registry.close(id)
    return id


# --- Readable ---


def test_a_readable_gives_the_chunks_and_then_deletes_the_stream(registry: StreamRegistry) -> None:
    trace: list[Any] = []
    id = pushed(registry, b"a", "ä")
    follow(registry.readable(id), trace, "data", "end", "close")
    nodestream.run()
    assert trace == [("data", b"a"), ("data", "ä".encode()), "end", "close"]
    assert id not in registry


def test_a_readable_has_the_options_of_a_readable_without_hooks(registry: StreamRegistry) -> None:
    id = pushed(registry, {"a": 1}, [])
    chunks = collected(registry.readable(id, object_mode=True))
    text = registry.readable(
        pushed(registry, "é".encode()[:1], "é".encode()[1:]), {"encoding": "utf8", "highWaterMark": 1}
    )
    pieces = collected(text)
    nodestream.run()
    assert (chunks, pieces, text.readable_high_water_mark) == ([{"a": 1}, []], ["é"], 1)
    with pytest.raises(TypeError, match="unexpected keyword argument 'read'"):
        registry.readable(registry.create(), read=print)


def test_an_error_is_the_readables_error(registry: StreamRegistry) -> None:
    trace: list[Any] = []
    id = registry.create()
    failure = OSError()

    def main() -> None:
        stream = registry.readable(id)
        follow(stream, trace, "data", "end", "error", "close")
        set_immediate(registry.error, id, failure)

    nodestream.run(main)
    assert trace == [("error", failure), "close"]
    assert id not in registry


def test_a_stream_that_is_deleted_fails_its_readable(registry: StreamRegistry) -> None:
    trace: list[Any] = []
    id = registry.create()
    follow(registry.readable(id).resume(), trace, "error", "close")
    set_immediate(registry.delete, id)
    nodestream.run()
    assert isinstance(trace[0][1], errors.ERR_STREAM_DELETED)
    assert trace[1:] == ["close"]


def test_destroying_a_readable_tells_the_producer(registry: StreamRegistry) -> None:
    id = registry.create()
    stream = registry.readable(id)
    stream.on("data", lambda chunk: stream.destroy())
    registry.push(id, b"x")
    nodestream.run()
    with pytest.raises(errors.ERR_STREAM_DELETED):
        registry.push(id, b"y")


def test_a_chunk_that_the_stream_cannot_take_tells_the_producer(registry: StreamRegistry) -> None:
    trace: list[Any] = []
    id = registry.create()
    registry.push(id, {"no": "bytes"})
    follow(registry.readable(id).resume(), trace, "error")
    nodestream.run()
    assert isinstance(trace[0][1], errors.ERR_INVALID_ARG_TYPE)
    assert id not in registry


def test_a_readable_takes_no_more_than_it_has_room_for(registry: StreamRegistry) -> None:
    id = registry.create()
    for _ in range(16):
        registry.push(id, bytes(1000))
    stream = registry.readable(id, high_water_mark=2500)
    stream.read(0)
    set_immediate(set_immediate, stream.destroy)
    left: list[Any] = []
    set_immediate(lambda: left.append(registry.get(id)))
    nodestream.run()
    assert (left[0].chunks, stream.readable_length) == (13, 3000)


def test_listeners_do_not_run_inside_of_push(registry: StreamRegistry) -> None:
    trace: list[Any] = []

    def main() -> None:
        id = registry.create()
        registry.readable(id).on("data", trace.append)
        set_immediate(push, id)

    def push(id: int) -> None:
        next_tick(trace.append, "tick")
        registry.push(id, b"x")
        trace.append("pushed")
        registry.close(id)

    nodestream.run(main)
    assert trace == ["pushed", "tick", b"x"]


def test_others_have_their_turns_while_chunks_come_as_fast_as_they_are_taken(registry: StreamRegistry) -> None:
    seen: list[int] = []
    taken = 0
    id = registry.create()
    registry.push(id, b"x")

    def take(chunk: bytes) -> None:
        nonlocal taken
        taken += 1
        if not seen:
            registry.push(id, chunk)
        elif id in registry:
            registry.close(id)

    registry.readable(id).on("data", take)
    set_immediate(set_immediate, lambda: seen.append(taken))
    nodestream.run()
    assert 0 < seen[0] <= 3 * IN_A_ROW


def test_a_readable_that_waits_keeps_the_loop_alive_and_one_that_does_not_lets_it_end(registry: StreamRegistry) -> None:
    chunks: list[Any] = []
    waiting, idle = registry.create(), registry.create()

    def main() -> None:
        registry.readable(idle)
        chunks.append(collected(registry.readable(waiting)))
        set_immediate(set_immediate, threading.Thread(target=produce).start)

    def produce() -> None:
        registry.push(waiting, b"from a thread")
        registry.close(waiting)

    nodestream.run(main)
    assert chunks == [[b"from a thread"]]
    assert idle not in registry, "the loop has ended"


def test_a_readable_that_is_full_lets_the_loop_end(registry: StreamRegistry) -> None:
    id = registry.create()

    def main() -> None:
        stream = registry.readable(id, high_water_mark=1)
        stream.read(0)
        set_immediate(set_immediate, threading.Thread(target=registry.push, args=(id, b"enough")).start)

    nodestream.run(main)
    assert id not in registry


async def test_the_end_of_the_loop_tells_the_producer(registry: StreamRegistry) -> None:
    id = registry.create()
    with trio.CancelScope() as scope:
        async with open_loop():
            registry.readable(id).resume()
            await trio.testing.wait_all_tasks_blocked()
            assert registry.get(id).pulls == 1  # type: ignore[union-attr]
            scope.cancel()
    assert id not in registry


async def test_a_readable_keeps_the_rules_of_readables(registry: StreamRegistry) -> None:
    content = b"from a thread " * 1000
    pieces = [content[at : at + 1000] for at in range(0, len(content), 1000)]
    await check_readable(lambda: registry.readable(registry.produce(pieces), high_water_mark=2000), expected=content)


# --- ReadableStream ---


def test_a_web_stream_gives_the_chunks_as_bytes_and_then_deletes_the_stream(registry: StreamRegistry) -> None:
    id = pushed(registry, b"a", "ä")

    async def main() -> list[Any]:
        return [chunk async for chunk in registry.readable_stream(id)]

    assert nodestream.run(main) == [b"a", "ä".encode()]
    assert id not in registry


def test_a_web_stream_of_bytes_fills_views(registry: StreamRegistry) -> None:
    id = pushed(registry, b"abc")

    async def main() -> list[Any]:
        reader = registry.readable_stream(id).get_reader(mode="byob")
        results = [await reader.read(memoryview(bytearray(2))) for _ in range(3)]
        return [(bytes(result.value), result.done) for result in results]

    assert nodestream.run(main) == [(b"ab", False), (b"c", False), (b"", True)]


def test_a_web_stream_in_object_mode_gives_any_objects(registry: StreamRegistry) -> None:
    id = pushed(registry, {"a": 1}, "text", [])

    async def main() -> list[Any]:
        return [chunk async for chunk in registry.readable_stream(id, {"objectMode": True})]

    assert nodestream.run(main) == [{"a": 1}, "text", []]


def test_a_web_stream_holds_nothing_itself(registry: StreamRegistry) -> None:
    id = pushed(registry, b"a", b"b")

    async def main() -> list[Any]:
        reader = registry.readable_stream(id).get_reader()
        before = registry.get(id).chunks  # type: ignore[union-attr]
        await reader.read()
        return [before, registry.get(id).chunks]  # type: ignore[union-attr]

    assert nodestream.run(main) == [2, 1]


def test_cancelling_a_web_stream_tells_the_producer(registry: StreamRegistry) -> None:
    id = registry.create()

    async def main() -> None:
        stream = registry.readable_stream(id)
        reader = stream.get_reader()
        read = reader.read()
        await trio.testing.wait_all_tasks_blocked()
        await reader.cancel()
        assert (await read).done

    nodestream.run(main)
    with pytest.raises(errors.ERR_STREAM_DELETED):
        registry.push(id, b"y")


def test_an_error_is_the_web_streams_error(registry: StreamRegistry) -> None:
    id = registry.create()
    registry.error(id, OSError("broken"))

    async def main() -> None:
        with pytest.raises(OSError, match="broken"):
            await registry.readable_stream(id).get_reader().read()

    nodestream.run(main)
    assert id not in registry


def test_a_chunk_that_is_no_bytes_fails_a_web_stream_of_bytes(registry: StreamRegistry) -> None:
    id = registry.create()
    registry.push(id, 5)

    async def main() -> None:
        with pytest.raises(errors.ERR_INVALID_ARG_TYPE):
            await registry.readable_stream(id).get_reader().read()

    nodestream.run(main)
    assert id not in registry


# --- produce ---


class Watched:
    """A blocking iterable that tells how many items were asked of it, and when it was closed."""

    def __init__(self, make: Callable[[int], Any], count: int) -> None:
        self._make = make
        self._count = count
        self.asked = 0
        self.closed = threading.Event()

    def __iter__(self) -> Iterator[Any]:
        while self.asked < self._count:
            self.asked += 1
            yield self._make(self.asked)

    def close(self) -> None:
        self.closed.set()


def test_a_generator_runs_in_a_thread_and_its_chunks_are_the_streams(registry: StreamRegistry) -> None:
    def chunks() -> Iterator[bytes]:
        for number in range(100):
            yield f"{number} {threading.current_thread() is threading.main_thread()}\n".encode()

    async def main() -> bytes:
        return await buffer(registry.readable(registry.produce(chunks())))

    assert nodestream.run(main) == b"".join(b"%d False\n" % number for number in range(100))
    assert len(registry) == 0


@pytest.mark.parametrize("whole", [b"bytes", "text", bytearray(b"array"), memoryview(b"view")])
def test_a_string_or_bytes_are_one_chunk(registry: StreamRegistry, whole: Any) -> None:
    id = registry.produce(whole)
    pulled = [registry.pull_blocking(id, LIMIT * 1000) for _ in range(2)]
    assert pulled == [whole, None]


def test_a_producer_goes_no_further_than_there_is_room(registry: StreamRegistry) -> None:
    source = Watched(lambda number: number, 100)
    id = registry.produce(source, max_chunks=2)
    assert [registry.pull_blocking(id, LIMIT * 1000) for _ in range(3)] == [1, 2, 3]
    assert source.asked <= 3 + 2
    registry.delete(id)
    assert source.closed.wait(LIMIT)
    assert source.asked <= 3 + 2 + 1


@pytest.mark.parametrize("error", [OSError("broken"), SystemExit("broken")])
def test_what_a_generator_raises_is_the_streams_error(registry: StreamRegistry, error: BaseException) -> None:
    def fail(number: int) -> Any:
        raise error

    source = Watched(fail, 1)
    id = registry.produce(source)
    with pytest.raises(type(error), match="broken"):
        registry.pull_blocking(id, LIMIT * 1000)
    assert source.closed.wait(LIMIT)


def test_none_is_no_chunk(registry: StreamRegistry) -> None:
    id = registry.produce([None])
    with pytest.raises(errors.ERR_STREAM_NULL_VALUES):
        registry.pull_blocking(id, LIMIT * 1000)


def test_only_what_can_be_iterated_over_is_produced(registry: StreamRegistry) -> None:
    with pytest.raises(errors.ERR_ARG_NOT_ITERABLE, match="5 must be iterable"):
        registry.produce(5)  # type: ignore[arg-type]
    assert len(registry) == 0
