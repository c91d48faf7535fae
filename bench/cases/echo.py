"""Bodies that are sent back while they come: `req.pipe(res)`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bench._case import Case, Measure, Measuring, Program, Sample, Settings
from bench._load import bodies
from bench._processes import MIB, started

MEASURES = (
    Measure("MB/s"),
    Measure("peak MiB above rest", better="less", digits=1),
    Measure("server's core %", better=None),
    Measure("load's core %", better=None),
)
PROGRAMS = {
    "node": "node_server.mjs echo",
    "h11": "nodehttp_server.py echo",
    "llhttp": "nodehttp_server.py echo",
    "aiohttp": "aiohttp_server.py echo",
    "uvicorn-h11": "uvicorn_server.py echo h11 asyncio",
    "uvicorn-httptools": "uvicorn_server.py echo httptools uvloop",
    "c": "respond",
}


@contextmanager
def _opened(program: Program, settings: Settings, count: int, size: int) -> Iterator[Measuring]:
    with started(program) as server:
        bodies(server.port, "/echo", count=2, send=32 * MIB, expect=32 * MIB)
        rest = server.memory()

        def measure() -> Sample:
            server.forget_peak()
            before = server.cpu_seconds()
            told = bodies(server.port, "/echo", count=count, at_once=count, send=size, expect=size)
            return {
                "MB/s": told.megabytes_per_second,
                "peak MiB above rest": max(0.0, server.peak_memory() - rest),
                "server's core %": 100 * (server.cpu_seconds() - before) / told.seconds,
                "load's core %": told.load,
            }

        yield measure


ONE = Case(
    name="echo-one",
    title="echo `req.pipe(res)`, one chunked body of 1 GiB",
    measures=MEASURES,
    programs=PROGRAMS,
    opened=lambda program, settings: _opened(program, settings, 1, settings.pick(1024, 64) * MIB),
)
MANY = Case(
    name="echo-many",
    title="echo `req.pipe(res)`, 64 chunked bodies of 16 MiB at once",
    measures=MEASURES,
    programs=PROGRAMS,
    opened=lambda program, settings: _opened(program, settings, 64, settings.pick(16, 1) * MIB),
)
CASES = (ONE, MANY)
