"""Streams and events alone, without a socket."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from bench._case import Case, Measure, Measuring, Program, Sample, Settings
from bench._processes import run
from bench.cases._timed import SPARE_SECONDS, timed

CHUNK_GIB = 65536 / 2**30
CPU = "CPU us each"
Opening = Callable[[Program, Settings], AbstractContextManager[Measuring]]


def _opening(rate: str, unit: float = 1.0) -> Opening:
    def opened(program: Program, settings: Settings) -> AbstractContextManager[Measuring]:
        def measure() -> Sample:
            told = timed(run(program, settings.pick(2.0, 0.2), seconds=SPARE_SECONDS))
            return {rate: told.per_second * unit, CPU: told.cpu_microseconds}

        return nullcontext(measure)

    return opened


def _measures(rate: str, digits: int = 0) -> tuple[Measure, ...]:
    return (Measure(rate, digits=digits), Measure(CPU, better="less", digits=2))


OBJECTS = Case(
    name="objects",
    title="objects through a Readable, a Transform and a Writable by `pipeline`",
    measures=_measures("objects/s"),
    programs={
        "node": "in_process_node.mjs objects",
        "nodestream": "in_process_nodestream.py objects",
        "trio": "in_process_trio.py objects",
    },
    opened=_opening("objects/s"),
)
CHUNKS = Case(
    name="chunks",
    title="chunks of 64 KiB through a PassThrough by `pipeline`",
    measures=_measures("GiB/s", 1),
    programs={
        "node": "in_process_node.mjs chunks",
        "nodestream": "in_process_nodestream.py chunks",
        "trio": "in_process_trio.py chunks",
    },
    opened=_opening("GiB/s", CHUNK_GIB),
)
EMIT = Case(
    name="emit",
    title="events to one listener",
    measures=_measures("emit/s"),
    programs={
        "node": "in_process_node.mjs emit",
        "nodestream": "in_process_nodestream.py emit",
        "pyee": "in_process_pyee.py emit",
    },
    opened=_opening("emit/s"),
)
CASES = (OBJECTS, CHUNKS, EMIT)
