"""Large bodies through a server: what the cases of echo, proxy and download have in common."""

from __future__ import annotations

from collections.abc import Callable

from bench._case import ITS_CORE, LOADS_CORE, Measure, Measuring, Sample
from bench._load import Bodies
from bench._processes import MIB, Running

MEASURES = (
    Measure("MB/s"),
    Measure("peak MiB above rest", better="less", digits=1),
    Measure("CPU ms/GiB", better="less"),
    ITS_CORE,
    LOADS_CORE,
)
FEW = 5
WARM = 64 * MIB


def measuring(server: Running, send: Callable[[int], Bodies], size: int, *behind: Running) -> Measuring:
    """Measure a server by `send(bytes)`, with `size` bytes in all.

    It is at rest when it has answered a few small requests; then it is warmed up. `behind` are the processes that share
    the load's core.
    """
    for _ in range(FEW):
        send(1024)
    rest = server.memory()
    send(min(WARM, size // 4))

    def measure() -> Sample:
        server.forget_peak()
        before, others = server.cpu_seconds(), sum(process.cpu_seconds() for process in behind)
        told = send(size)
        used = server.cpu_seconds() - before
        others = sum(process.cpu_seconds() for process in behind) - others
        return {
            "MB/s": told.megabytes_per_second,
            "peak MiB above rest": max(0.0, server.peak_memory() - rest),
            "CPU ms/GiB": 1000 * used / (told.bytes / (1024 * MIB)),
            ITS_CORE.name: 100 * used / told.seconds,
            LOADS_CORE.name: told.load + 100 * others / told.seconds,
        }

    return measure
