"""in_process_nodestream.py objects|chunks|emit SECONDS"""

import sys

from timing import Timing

from nodestream import PassThrough, Readable, Transform, Writable, run
from nodestream.events import EventEmitter
from nodestream.promises import pipeline

work, seconds = sys.argv[1:]

CHUNK = bytes(65536)


def source(item, count, **options):
    left = count

    def read(stream, size):
        nonlocal left
        left -= 1
        stream.push(item if left >= 0 else None)

    return Readable(read=read, **options)


def sink(**options):
    def write(stream, item, encoding, callback):
        timing.count += 1
        callback()

    return Writable(write=write, **options)


async def objects():
    def transform(stream, item, encoding, callback):
        callback(None, item)

    through = Transform(object_mode=True, transform=transform)
    await pipeline(source({}, 5000, object_mode=True), through, sink(object_mode=True))


async def chunks():
    await pipeline(source(CHUNK, 5000), PassThrough(), sink())


async def emit():
    def count(n):
        timing.count += n

    emitter = EventEmitter()
    emitter.on("data", count)
    for _ in range(50000):
        emitter.emit("data", 1)


async def main():
    while timing.goes_on():
        await globals()[work]()


timing = Timing(float(seconds))
run(main)
timing.tell()
