"""Clients, before a server that is not the limit: the bench's responder, on the load's core."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bench._case import ITS_CORE, LOADS_CORE, Case, Measure, Measuring, Program, Sample, Settings
from bench._load import CONNECTIONS, MEGABYTE
from bench._peers import PEERS
from bench._processes import LOAD_CORE, MIB, Running, run, started
from bench.cases._timed import SPARE_SECONDS, Timed, timed

RESPONDER = Program(PEERS["c"], "respond")
UPLOAD_SECONDS = 120.0
CPU_PER_REQUEST, CPU_PER_GIB = "CPU us/request", "CPU ms/GiB"
PROGRAMS = {
    "node": "client_node.mjs",
    "h11": "client_nodehttp.py",
    "llhttp": "client_nodehttp.py",
    "aiohttp": "client_aiohttp.py",
    "httpx": "client_httpx.py",
}


def _told(program: Program, server: Running, *arguments: object, seconds: float) -> tuple[Timed, float]:
    """What the program told, and the share that the server had of its core meanwhile."""
    before = server.cpu_seconds()
    ran = run(program, server.port, *arguments, seconds=seconds)
    return timed(ran), 100 * (server.cpu_seconds() - before) / ran.seconds


@contextmanager
def _opened_for_requests(program: Program, settings: Settings) -> Iterator[Measuring]:
    with started(RESPONDER, core=LOAD_CORE) as server:

        def measure() -> Sample:
            told, load = _told(program, server, "get", CONNECTIONS, settings.pick(3000, 500), seconds=SPARE_SECONDS)
            return {
                "requests/s": told.per_second,
                CPU_PER_REQUEST: told.cpu_microseconds,
                ITS_CORE.name: told.load,
                LOADS_CORE.name: load,
            }

        yield measure


@contextmanager
def _opened_for_upload(program: Program, settings: Settings) -> Iterator[Measuring]:
    with started(RESPONDER, core=LOAD_CORE) as server:

        def measure() -> Sample:
            told, load = _told(program, server, "upload", settings.pick(1024, 256) * MIB, seconds=UPLOAD_SECONDS)
            return {
                "MB/s": told.per_second / MEGABYTE,
                CPU_PER_GIB: told.cpu_microseconds * 2**30 / 1e3,
                ITS_CORE.name: told.load,
                LOADS_CORE.name: load,
            }

        yield measure


REQUESTS = Case(
    name="client-requests",
    title="client: GETs through a keep-alive Agent, 64 at a time",
    measures=(
        Measure("requests/s"),
        Measure(CPU_PER_REQUEST, better="less", digits=1),
        ITS_CORE,
        LOADS_CORE,
    ),
    programs=PROGRAMS,
    opened=_opened_for_requests,
)
UPLOAD = Case(
    name="client-upload",
    title="client: one chunked upload of 1 GiB, `source.pipe(req)`",
    measures=(Measure("MB/s"), Measure(CPU_PER_GIB, better="less"), ITS_CORE, LOADS_CORE),
    programs=PROGRAMS,
    opened=_opened_for_upload,
)
CASES = (REQUESTS, UPLOAD)
