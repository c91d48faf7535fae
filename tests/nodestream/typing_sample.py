"""A user's program, for a type checker: `test_typing.py` has it checked. It is not run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import trio

from nodestream import Duplex, PassThrough, Readable, Transform, Writable, finished, open_loop, pipeline, promises, run
from nodestream.consumers import buffer
from nodestream.errors import ERR_STREAM_PREMATURE_CLOSE, NodeError
from nodestream.registry import StreamRegistry, StreamState

Callback = Callable[..., object]


class Counter(Writable):
    def __init__(self) -> None:
        super().__init__(object_mode=True, high_water_mark=4)
        self.count = 0

    def _write(self, chunk: Any, encoding: str | None, callback: Callback) -> None:
        self.count += 1
        callback()


class Words(Transform):
    async def _transform(self, chunk: bytes, encoding: str | None, callback: Callback) -> None:
        for word in chunk.split():
            self.push(word)


def read(stream: Readable, size: int) -> None:
    stream.push(b"a b")
    stream.push(None)


async def trio_side(socket: trio.SocketStream, records: trio.MemoryReceiveChannel[int]) -> int:
    duplex: Duplex = Duplex.from_trio(socket, high_water_mark=1024)
    source: Readable = Readable.from_trio(records)
    sink: Writable = Writable.from_trio(duplex.to_trio())
    back = source.to_trio()
    if isinstance(back, trio.abc.ReceiveChannel):
        await back.receive()
    forth = sink.to_trio()
    if isinstance(forth, trio.abc.SendStream):
        await forth.send_all(b"x")
    half: trio.abc.HalfCloseableStream = duplex.to_trio()
    data: bytes | bytearray = await half.receive_some(10)
    return len(data)


async def from_a_thread(registry: StreamRegistry) -> bytes:
    id: int = registry.produce([b"a", b"b"], high_water_mark=1024)
    state: StreamState | None = registry.get(id)
    readable: Readable = registry.readable(id)
    first: bytes = await registry.pull(registry.create({"maxChunks": 1}))
    room: bool = registry.push(id, first) or registry.isQueueFull(id)
    print(state, room)
    return await buffer(readable)


async def main() -> int:
    async with Readable(read=read) as source, Counter() as counter:
        try:
            await promises.pipeline(source, Words(), counter)
        except ERR_STREAM_PREMATURE_CLOSE as error:
            print(error.code)
        room: bool = PassThrough(highWaterMark=1).write(b"x")
        flowing: bool | None = source.readableFlowing
        async for chunk in source.map(len):
            print(chunk, room, flowing)
        return counter.count


async def in_trio() -> None:
    async with open_loop() as loop:
        loop.next_tick(print, "x")
        stream = PassThrough()
        stream.on("data", lambda chunk: print(chunk.decode()))
        stop: Callable[[], None] = finished(stream, lambda error: print(isinstance(error, NodeError)))
        pipeline(Readable.from_([b"a"]), stream, lambda error: stop())


if __name__ == "__main__":
    run(main)
    trio.run(in_trio)
