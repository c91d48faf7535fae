"""in_process_trio.py objects|chunks SECONDS"""

import sys

import trio
from timing import Timing

work, seconds = sys.argv[1:]

CHUNK = bytes(65536)


async def source(item, count, send):
    async with send:
        for _ in range(count):
            await send.send(item)


async def through(receive, send):
    async with receive, send:
        async for item in receive:
            await send.send(item)


async def sink(receive):
    async with receive:
        async for _ in receive:
            timing.count += 1


async def pipeline(item, count, high_water_mark):
    first, second = (trio.open_memory_channel(high_water_mark) for _ in range(2))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(source, item, count, first[0])
        nursery.start_soon(through, first[1], second[0])
        nursery.start_soon(sink, second[1])


async def objects():
    await pipeline({}, 5000, 16)


async def chunks():
    await pipeline(CHUNK, 5000, 1)


async def main():
    while timing.goes_on():
        await globals()[work]()


timing = Timing(float(seconds))
trio.run(main)
timing.tell()
