"""Many connections: what each costs of memory while it is idle, and whether requests cost more the more there are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from bench._case import ITS_CORE, LOADS_CORE, Case, Failed, Measure, Measuring, Program, Sample, Settings
from bench._load import CONNECTIONS
from bench._processes import Running, started
from bench.cases._connections import allow, connections, settle

IDLE = 5000
COUNTS = (1, 10, 100, 1000, 5000)
SHORT_COUNTS = (1, 100, 1000)
GROWTH = "CPU at 5,000 over 100"
PROGRAMS = {
    "node": "node_server.mjs hello",
    "h11": "nodehttp_server.py hello",
    "llhttp": "nodehttp_server.py hello",
    "aiohttp": "aiohttp_server.py hello",
    "uvicorn-httptools": "uvicorn_server.py hello httptools uvloop",
}


def _warm_up(server: Running, settings: Settings) -> None:
    with connections(server) as load:
        load.open(CONNECTIONS)
        load.send(settings.pick(1.0, 0.2), CONNECTIONS)
    settle(server)


def _private_kib(server: Running) -> int:
    """The memory that no other process has, and that is not the content of a file."""
    for line in Path(f"/proc/{server.process.pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Private_Dirty:"):
            return int(line.split()[1])
    raise Failed("the kernel does not tell private memory")


def _opened_for_memory(program: Program, settings: Settings) -> AbstractContextManager[Measuring]:
    def measure() -> Sample:
        count = settings.pick(IDLE, 500)
        allow(count)
        with started(program) as server:
            _warm_up(server, settings)
            rest, used = _private_kib(server), server.cpu_seconds()
            with connections(server) as load:
                load.open(count)
                settle(server)
                return {
                    "KiB/connection": (_private_kib(server) - rest) / count,
                    "CPU us/connection": 1e6 * (server.cpu_seconds() - used) / count,
                }

    return nullcontext(measure)


@contextmanager
def _opened_for_growth(program: Program, settings: Settings) -> Iterator[Measuring]:
    counts, seconds = settings.pick(COUNTS, SHORT_COUNTS), settings.pick(1.0, 0.2)
    allow(max(counts))
    with started(program) as server:
        _warm_up(server, settings)

        def measure() -> Sample:
            sample: dict[str, float] = {}
            with connections(server) as load:
                for count in counts:
                    load.open(count)
                    settle(server)
                    used, loads = server.cpu_seconds(), load.running.cpu_seconds()
                    sent = load.send(seconds, min(count, CONNECTIONS))
                    used, loads = server.cpu_seconds() - used, load.running.cpu_seconds() - loads
                    sample[_rate(count)] = sent.requests / sent.seconds
                    sample[_cost(count)] = 1e6 * used / sent.requests
                    sample[ITS_CORE.name] = 100 * used / sent.seconds
                    sample[LOADS_CORE.name] = 100 * loads / sent.seconds
            if _cost(5000) in sample:
                sample[GROWTH] = sample[_cost(5000)] / sample[_cost(100)]
            return sample

        yield measure


def _rate(count: int) -> str:
    return f"requests/s at {count:,}"


def _cost(count: int) -> str:
    return f"CPU us/request at {count:,}"


MEMORY = Case(
    name="idle-memory",
    title="5,000 idle keep-alive connections, each of which has had a request answered",
    measures=(
        Measure("KiB/connection", better="less", digits=1),
        Measure("CPU us/connection", better="less"),
    ),
    programs=PROGRAMS,
    opened=_opened_for_memory,
    note="Memory is private and dirty: none of it is shared or the content of a file. The processor time is that of "
    "accepting a connection and answering its request.",
)
REQUESTS = Case(
    name="connections",
    title="hello-world, as keep-alive connections grow to 5,000: on all of them in turn, 64 at a time",
    measures=(
        Measure(_rate(5000)),
        *(Measure(_cost(count), better=None, digits=1) for count in COUNTS),
        Measure(GROWTH, better=None, digits=2),
        ITS_CORE,
        LOADS_CORE,
    ),
    programs={name: PROGRAMS[name] for name in ("node", "h11", "llhttp")} | {"c": "respond"},
    opened=_opened_for_growth,
)
CASES = (MEMORY, REQUESTS)
