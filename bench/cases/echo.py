"""Bodies that are sent back while they come: `req.pipe(res)`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bench._case import Case, Measuring, Program
from bench._load import Bodies, bodies
from bench._processes import MIB, started
from bench.cases._bodies import MEASURES, measuring

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
def _opened(program: Program, count: int, size: int) -> Iterator[Measuring]:
    with started(program) as server:

        def send(total: int) -> Bodies:
            each = total // count
            return bodies(server.port, "/echo", count=count, at_once=count, send=each, expect=each)

        yield measuring(server, send, count * size)


ONE = Case(
    name="echo-one",
    title="echo `req.pipe(res)`, one chunked body of 1 GiB",
    measures=MEASURES,
    programs=PROGRAMS,
    opened=lambda program, settings: _opened(program, 1, settings.pick(1024, 64) * MIB),
)
MANY = Case(
    name="echo-many",
    title="echo `req.pipe(res)`, 64 chunked bodies of 16 MiB at once",
    measures=MEASURES,
    programs=PROGRAMS,
    opened=lambda program, settings: _opened(program, 64, settings.pick(16, 1) * MIB),
)
CASES = (ONE, MANY)
