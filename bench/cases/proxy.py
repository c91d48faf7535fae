"""A proxy before a responder: `req.pipe(upstream)`, `upstream.pipe(res)`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bench._case import Case, Measuring, Program, Settings
from bench._load import Bodies, bodies
from bench._peers import PEERS
from bench._processes import LOAD_CORE, MIB, Running, started
from bench.cases import _bodies, _requests

PROGRAMS = {
    "node": "node_server.mjs proxy",
    "h11": "nodehttp_server.py proxy",
    "llhttp": "nodehttp_server.py proxy",
    "aiohttp": "aiohttp_server.py proxy",
}
UPSTREAM = Program(PEERS["c"], "respond")


@contextmanager
def _proxy(program: Program) -> Iterator[tuple[Running, Running]]:
    with started(UPSTREAM, core=LOAD_CORE) as upstream, started(program, upstream.port) as proxy:
        yield proxy, upstream


@contextmanager
def _opened_for_bodies(program: Program, settings: Settings) -> Iterator[Measuring]:
    with _proxy(program) as (proxy, upstream):

        def send(size: int) -> Bodies:
            return bodies(proxy.port, "/echo", send=size, expect=size)

        yield _bodies.measuring(proxy, send, settings.pick(1024, 64) * MIB, upstream)


@contextmanager
def _opened_for_requests(program: Program, settings: Settings) -> Iterator[Measuring]:
    with _proxy(program) as (proxy, upstream):
        yield _requests.measuring(proxy, settings, upstream)


BODY = Case(
    name="proxy-body",
    title="proxy `req.pipe(upstream)`, `upstream.pipe(res)`, one chunked body of 1 GiB to an echo and back",
    measures=_bodies.MEASURES,
    programs=PROGRAMS,
    opened=_opened_for_bodies,
)
REQUESTS = Case(
    name="proxy-requests",
    title="proxy `req.pipe(upstream)`, `upstream.pipe(res)`, hello-world, keep-alive on both sides, 64 connections",
    measures=_requests.MEASURES,
    programs=PROGRAMS,
    opened=_opened_for_requests,
)
CASES = (BODY, REQUESTS)
