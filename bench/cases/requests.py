"""Small requests on 64 keep-alive connections: hello-world, and a JSON POST that is read to its end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bench._case import Case, Measure, Measuring, Program, Sample, Settings
from bench._load import check_answer, wrk
from bench._processes import started

HELLO = b"Hello, World!"
JSON = b'{"name":"' + b"x" * (1024 - 11) + b'"}'

MEASURES = (
    Measure("requests/s"),
    Measure("p99 ms", better="less", digits=2),
    Measure("server's core %", better=None),
    Measure("load's core %", better=None),
)


def _programs(handler: str) -> dict[str, str]:
    return {
        "node": f"node_server.mjs {handler}",
        "h11": f"nodehttp_server.py {handler}",
        "llhttp": f"nodehttp_server.py {handler}",
        "aiohttp": f"aiohttp_server.py {handler}",
        "uvicorn-h11": f"uvicorn_server.py {handler} h11 asyncio",
        "uvicorn-httptools": f"uvicorn_server.py {handler} httptools uvloop",
        "hypercorn": f"hypercorn_server.py {handler}",
        "twisted": f"twisted_server.py {handler}",
        "c": "respond",
    }


@contextmanager
def _opened(
    program: Program, settings: Settings, script: str, body: bytes | None, expect: bytes
) -> Iterator[Measuring]:
    with started(program) as server:
        check_answer(server.port, body=body, expect=expect)
        wrk(server.port, seconds=settings.pick(2, 1), script=script)

        def measure() -> Sample:
            seconds = settings.pick(3, 1)
            before = server.cpu_seconds()
            told = wrk(server.port, seconds=seconds, script=script)
            return {
                "requests/s": told.per_second,
                "p99 ms": told.p99,
                "server's core %": 100 * (server.cpu_seconds() - before) / seconds,
                "load's core %": told.load,
            }

        yield measure


HELLO_WORLD = Case(
    name="hello",
    title="hello-world, keep-alive, 64 connections",
    measures=MEASURES,
    programs=_programs("hello"),
    opened=lambda program, settings: _opened(program, settings, "", None, HELLO),
)
POST = Case(
    name="post",
    title="a JSON POST of 1 KiB that is read to its end, keep-alive, 64 connections",
    measures=MEASURES,
    programs=_programs("post"),
    opened=lambda program, settings: _opened(program, settings, "post.lua", JSON, str(len(JSON)).encode()),
)
CASES = (HELLO_WORLD, POST)
