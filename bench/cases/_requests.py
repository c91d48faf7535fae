"""Small requests on 64 keep-alive connections: what the cases with them have in common."""

from __future__ import annotations

from bench._case import ITS_CORE, LOADS_CORE, Measure, Measuring, Sample, Settings
from bench._load import check_answer, wrk
from bench._processes import Running

WARM_SECONDS = 1
SECONDS = 2  # from 3,200 requests/s on, the first ones of all connections are less than 1% of them
HELLO = b"Hello, World!"
MEASURES = (
    Measure("requests/s"),
    Measure("p99 ms", better="less", digits=2),
    Measure("CPU us/request", better="less", digits=1),
    ITS_CORE,
    LOADS_CORE,
)


def measuring(
    server: Running,
    settings: Settings,
    *behind: Running,
    script: str = "",
    body: bytes | None = None,
    expect: bytes = HELLO,
) -> Measuring:
    """Measure a server by wrk, after one answer has been looked at and a warm-up.

    `script` is wrk's, and `body` what it sends. `behind` are the processes that share the load's core.
    """
    check_answer(server.port, body=body, expect=expect)
    if not settings.short:
        wrk(server.port, seconds=WARM_SECONDS, script=script)

    def measure() -> Sample:
        seconds = settings.pick(SECONDS, 1)
        before, others = server.cpu_seconds(), sum(process.cpu_seconds() for process in behind)
        told = wrk(server.port, seconds=seconds, script=script)
        used = server.cpu_seconds() - before
        others = sum(process.cpu_seconds() for process in behind) - others
        return {
            "requests/s": told.per_second,
            "p99 ms": told.p99,
            "CPU us/request": 1e6 * used / told.count,
            ITS_CORE.name: 100 * used / told.seconds,
            LOADS_CORE.name: told.load + 100 * others / told.seconds,
        }

    return measure
