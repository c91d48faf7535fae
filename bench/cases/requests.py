"""Small requests on 64 keep-alive connections: hello-world, and a JSON POST that is read to its end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bench._case import Case, Measuring, Program, Settings
from bench._processes import started
from bench.cases._requests import MEASURES, measuring

JSON = b'{"name":"' + b"x" * (1024 - 11) + b'"}'  # what load/post.lua sends


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
def _opened_for_hello(program: Program, settings: Settings) -> Iterator[Measuring]:
    with started(program) as server:
        yield measuring(server, settings)


@contextmanager
def _opened_for_post(program: Program, settings: Settings) -> Iterator[Measuring]:
    with started(program) as server:
        yield measuring(server, settings, script="post.lua", body=JSON, expect=str(len(JSON)).encode())


HELLO = Case(
    name="hello",
    title="hello-world, keep-alive, 64 connections",
    measures=MEASURES,
    programs=_programs("hello"),
    opened=_opened_for_hello,
)
POST = Case(
    name="post",
    title="a JSON POST of 1 KiB that is read to its end, keep-alive, 64 connections",
    measures=MEASURES,
    programs=_programs("post"),
    opened=_opened_for_post,
)
CASES = (HELLO, POST)
