"""Many chunks through one StreamRegistry: eight producer threads; consumers in threads, trio, nodestream and asyncio.

    REGISTRY_CHUNKS=1000000 python -m pytest -s tests/nodestream/test_registry_stress.py

Each producer has a stream of its own, with one consumer, which gives up now and then and pulls again; then all of them
push to one stream that all consumers pull from.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import trio

import nodestream
from nodestream.registry import StreamRegistry

CHUNKS = int(os.environ.get("REGISTRY_CHUNKS", "16000"))
PRODUCERS = 8
EACH = CHUNKS // PRODUCERS // 2
"""How many chunks each producer pushes to either stream."""

SIZE = 1024
MARK = 8 * SIZE
IMPATIENT = 7
"""Each so-many-th pull of a consumer has hardly any time."""

Chunk = tuple[int, int]
Pull = Callable[[int, bool], Awaitable[bytes | None]]


def packed(producer: int, number: int) -> bytes:
    return b"%d %d" % (producer, number) + b"." * (SIZE - len(b"%d %d" % (producer, number)))


def unpacked(chunk: bytes) -> Chunk:
    producer, number = chunk.rstrip(b".").split()
    return int(producer), int(number)


class Traffic:
    """The streams, and what becomes of their chunks."""

    def __init__(self, registry: StreamRegistry) -> None:
        self.registry = registry
        self.own = [registry.create() for _ in range(PRODUCERS)]
        self.shared = registry.create()
        self.most_own = self.most_shared = 0

    def produce(self, producer: int) -> None:
        """In a thread."""
        registry, own = self.registry, self.own[producer]
        for number in range(EACH):
            if not registry.push(own, packed(producer, number)):
                self.most_own = max(self.most_own, registry.get(own).bytes)  # type: ignore[union-attr]
                registry.wait_for_room(own)
        registry.close(own)
        for number in range(EACH):
            if not registry.push(self.shared, packed(producer, number)):
                self.most_shared = max(self.most_shared, registry.get(self.shared).bytes)  # type: ignore[union-attr]
                registry.wait_for_room(self.shared)

    # --- consumers: what each got of its own stream, and of the shared one ---

    def consume_in_a_thread(self, number: int) -> list[list[Chunk]]:
        def patiently(id: int, *, in_haste: bool) -> bytes | None:
            while True:
                try:
                    return self.registry.pull_blocking(id, 0.01 if in_haste else None)
                except TimeoutError:
                    in_haste = False

        got: list[list[Chunk]] = [[], []]
        for id, chunks in zip((self.own[number], self.shared), got, strict=True):
            while (chunk := patiently(id, in_haste=id != self.shared and len(chunks) % IMPATIENT == 0)) is not None:
                chunks.append(unpacked(chunk))
        return got

    async def consume(self, number: int, pull: Pull) -> list[list[Chunk]]:
        """In an event loop."""
        got: list[list[Chunk]] = [[], []]
        for id, chunks in zip((self.own[number], self.shared), got, strict=True):
            while (chunk := await pull(id, id != self.shared and len(chunks) % IMPATIENT == 0)) is not None:
                chunks.append(unpacked(chunk))
        return got

    async def pull_in_trio(self, id: int, in_haste: bool) -> bytes | None:
        if in_haste:
            with trio.move_on_after(0.000_2):
                return await self.registry.pull(id)
        return await self.registry.pull(id)

    async def pull_in_asyncio(self, id: int, in_haste: bool) -> bytes | None:
        if in_haste:
            try:
                return await asyncio.wait_for(self.registry.pull(id), 0.000_2)
            except TimeoutError:
                pass
        return await self.registry.pull(id)

    async def consume_in_trio(self, *numbers: int) -> list[list[list[Chunk]]]:
        got: list[Any] = [None] * len(numbers)

        async def consume(at: int) -> None:
            got[at] = await self.consume(numbers[at], self.pull_in_trio)

        async with trio.open_nursery() as nursery:
            for at in range(len(numbers)):
                nursery.start_soon(consume, at)
        return got

    async def consume_in_asyncio(self, *numbers: int) -> list[list[list[Chunk]]]:
        return await asyncio.gather(*(self.consume(number, self.pull_in_asyncio) for number in numbers))

    async def consume_in_nodestream(self, number: int, streaming: int) -> list[list[list[Chunk]]]:
        """One as in trio; the other by a Readable, as far as a stream is its own."""
        own = [unpacked(chunk) async for chunk in self.registry.readable(self.own[streaming], object_mode=True)]
        return [
            await self.consume(number, self.pull_in_trio),
            [own, (await self.consume(PRODUCERS, self.pull_in_trio))[1]],
        ]


def test_nothing_is_lost_nothing_comes_twice_and_each_stream_keeps_its_order() -> None:
    with StreamRegistry(high_water_mark=MARK) as registry, ThreadPoolExecutor(2 * PRODUCERS) as threads:
        traffic = Traffic(registry)
        traffic.own.append(registry.create())  # for the consumer that has read its own stream by other means
        registry.close(traffic.own[PRODUCERS])
        began = time.monotonic()
        producers = [threads.submit(traffic.produce, number) for number in range(PRODUCERS)]
        consumers = [
            *(threads.submit(lambda number=number: [traffic.consume_in_a_thread(number)]) for number in (0, 1)),
            threads.submit(trio.run, traffic.consume_in_trio, 2, 3),
            threads.submit(nodestream.run, traffic.consume_in_nodestream, 4, 5),
            threads.submit(lambda: asyncio.run(traffic.consume_in_asyncio(6, 7))),
        ]
        for producer in producers:
            producer.result()
        registry.close(traffic.shared)
        got = [each for consumer in consumers for each in consumer.result()]
        took = time.monotonic() - began
        print(f"\n{2 * EACH * PRODUCERS} chunks in {took:.1f} s; {registry!r}")
    for number, (own, _) in enumerate(got):
        assert own == [(number, count) for count in range(EACH)]
    for _, shared in got:
        for producer in range(PRODUCERS):
            counts = [count for by, count in shared if by == producer]
            assert counts == sorted(counts)
    together = sorted(chunk for _, shared in got for chunk in shared)
    assert together == [(producer, count) for producer in range(PRODUCERS) for count in range(EACH)]
    # One chunk may have been given back by a consumer that gave up; eight producers may go on at once.
    assert MARK <= traffic.most_own <= MARK + SIZE
    assert MARK <= traffic.most_shared <= MARK + PRODUCERS * SIZE
