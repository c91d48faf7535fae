"""in_process_pyee.py emit SECONDS"""

import sys

from pyee import EventEmitter
from timing import Timing

_, seconds = sys.argv[1:]


def emit():
    def count(n):
        timing.count += n

    emitter = EventEmitter()
    emitter.on("data", count)
    for _ in range(50000):
        emitter.emit("data", 1)


timing = Timing(float(seconds))
while timing.goes_on():
    emit()
timing.tell()
