"""How a server ends, with the time that it may take made short."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio

import nodehttp
from nodehttp._cli._serving import Service
from nodestream.loop import Promise
from tests.nodehttp.cli.support import LIMIT, Connection, connect

Handler = Callable[[Any, Any], object]


@asynccontextmanager
async def service(handler: Handler, grace: float = 60_000) -> AsyncIterator[tuple[Connection, trio.Event]]:
    """A connection to a service that runs until the end of the block, and an event for its end."""
    with trio.fail_after(LIMIT):
        async with nodehttp.open_loop(), trio.open_nursery() as nursery:
            server = nodehttp.create_server(handler)
            ready: Promise[int] = Promise()
            server.once("listening", lambda: ready.resolve(server.address()["port"]))
            over = trio.Event()

            async def run() -> None:
                await Service(server, "127.0.0.1", 0, grace).run()
                over.set()

            nursery.start_soon(run)
            connection = await connect(await ready)
            async with connection.stream:
                yield connection, over


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


async def test_an_answer_after_the_signal_ends_its_connection() -> None:
    answers: list[Any] = []
    asked = trio.Event()

    def handler(_request: Any, response: Any) -> None:
        answers.append(response)
        asked.set()

    async with service(handler) as (connection, over):
        await connection.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        await asked.wait()
        interrupt()
        await refused(connection)
        answers[0].end("x")
        answer = await connection.answer()
        assert (answer.status, answer.body) == (200, b"x")
        assert await connection.rest() == b""
        await over.wait()


async def test_what_does_not_finish_in_time_is_cut() -> None:
    async with service(lambda _request, response: response.write("x"), grace=50) as (connection, over):
        await connection.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        await connection.until(b"x\r\n")
        interrupt()
        with pytest.raises((EOFError, trio.BrokenResourceError)):
            await connection.until(b"0\r\n\r\n")
        await over.wait()


async def test_a_request_that_comes_after_the_signal_is_the_last_of_its_connection() -> None:
    async with service(lambda _request, response: response.end("x")) as (connection, over):
        await connection.send(b"GET / HTTP/1.1\r\nHost: h\r\nX: ")
        await connection.send(b"y")
        interrupt()
        await refused(connection)
        await connection.send(b"\r\n\r\n")
        answer = await connection.answer()
        assert answer.headers["connection"] == "close"
        assert await connection.rest() == b""
        await over.wait()


async def test_a_connection_without_a_request_is_closed_by_the_signal() -> None:
    async with service(lambda _request, response: response.end("x")) as (connection, over):
        another = await connect(connection.stream.socket.getpeername()[1])
        async with another.stream:
            assert (await connection.ask("GET", "/")).body == b"x"
            interrupt()
            assert await another.rest() == b""
        assert await connection.rest() == b""
        await over.wait()


async def test_a_request_that_runs_into_a_mistake_leaves_the_others_alone(capsys: pytest.CaptureFixture[str]) -> None:
    def handler(request: Any, response: Any) -> None:
        if request.url == "/bad":
            raise ValueError("a mistake")
        response.end("x")

    async with service(handler, grace=50) as (connection, over):
        another = await connect(connection.stream.socket.getpeername()[1])
        async with another.stream:
            await another.send(b"GET /bad HTTP/1.1\r\nHost: h\r\n\r\n")
            assert (await connection.ask("GET", "/")).body == b"x"
            interrupt()
            await over.wait()
    assert "nodehttp: unexpected: Traceback" in capsys.readouterr().err


async def refused(connection: Connection) -> None:
    """Wait until the server accepts no more."""
    address = connection.stream.socket.getpeername()
    while True:
        try:
            stream = await trio.open_tcp_stream(*address[:2])
        except OSError:
            return
        await stream.aclose()
