"""Closing a server: idle connections at once, busy ones when they are done, all of them on demand; real sockets."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import trio

from nodehttp._server import Server
from nodestream import open_loop
from nodestream.loop import Promise
from tests.nodehttp.server.support import GET, OK_KEEP, X, masked

UNFINISHED = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab"


async def listening(server: Server) -> int:
    ready: Promise[None] = Promise()
    server.listen(0, "127.0.0.1", lambda: ready.resolve(None))
    await ready
    address = server.address()
    assert isinstance(address, dict)
    return int(address["port"])


async def receive(stream: trio.SocketStream, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = await stream.receive_some(size - len(data))
        if not piece:
            break
        data += piece
    return data


ANSWER_SIZE = len(OK_KEEP.replace("<DATE>", "x" * 29) + X)


async def with_server(handler: Callable[..., Any], act: Callable[[Server, int], Awaitable[None]]) -> None:
    with trio.fail_after(5):
        async with open_loop():
            server = Server(handler)
            port = await listening(server)
            await act(server, port)
            server.close_all_connections()
            server.close()


async def test_close_ends_idle_connections_and_calls_back_when_all_are_gone() -> None:
    async def act(server: Server, port: int) -> None:
        async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
            await stream.send_all(GET)
            assert masked(await receive(stream, ANSWER_SIZE)) == OK_KEEP + X
            closed: Promise[Any] = Promise()
            server.close(closed.resolve)
            assert await receive(stream, 1) == b""
            assert await closed is None

    await with_server(lambda _req, res: res.end("x"), act)


@pytest.mark.parametrize("request_", [b"", b"GET", UNFINISHED, GET])
async def test_close_idle_connections_leaves_busy_ones(request_: bytes) -> None:
    responses: list[Any] = []

    async def act(server: Server, port: int) -> None:
        accepted: Promise[Any] = Promise()
        server.once("connection", accepted.resolve)
        async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
            socket = await accepted
            received: Promise[None] = Promise()
            feed = socket._on_data
            socket._on_data = lambda data: (feed(data), received.resolve(None))
            if request_:
                await stream.send_all(request_)
                await received
            server.close_idle_connections()
            assert not socket.destroyed
            for response in responses:
                response.end("x")
                assert masked(await receive(stream, ANSWER_SIZE)) == OK_KEEP + X

    await with_server(lambda _req, res: responses.append(res), act)


async def test_a_busy_connection_is_served_to_its_end_after_close() -> None:
    responses: list[Any] = []
    asked: list[Promise[None]] = []

    def handler(_req: Any, res: Any) -> None:
        responses.append(res)
        asked[0].resolve(None)

    async def act(server: Server, port: int) -> None:
        asked.append(Promise())
        async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
            await stream.send_all(GET)
            await asked[0]
            server.close()
            assert not server.listening
            responses[0].end("x")
            assert masked(await receive(stream, ANSWER_SIZE)) == OK_KEEP + X

    await with_server(handler, act)


async def test_close_all_connections_ends_busy_ones_too() -> None:
    asked: list[Promise[None]] = []

    async def act(server: Server, port: int) -> None:
        asked.append(Promise())
        async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
            await stream.send_all(GET)
            await asked[0]
            server.close_all_connections()
            assert await receive(stream, 1) == b""

    await with_server(lambda _req, _res: asked[0].resolve(None), act)


async def test_leaving_async_with_closes_a_server() -> None:
    with trio.fail_after(5):
        async with open_loop():
            async with Server(lambda _req, res: res.end("x")) as server:
                port = await listening(server)
                stream = await trio.open_tcp_stream("127.0.0.1", port)
                await stream.send_all(GET)
                await receive(stream, ANSWER_SIZE)
            assert not server.listening
            assert await receive(stream, 1) == b""
            await stream.aclose()


async def test_cancelling_the_program_leaves_nothing_open() -> None:
    sockets: list[Any] = []
    with trio.move_on_after(5) as scope:
        async with open_loop():
            server = Server(lambda req, _res: (sockets.append(req.socket), scope.cancel()))
            port = await listening(server)
            async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
                await stream.send_all(GET)
                await receive(stream, 1)
    assert sockets[0].destroyed
    assert not server.listening
    assert not server._http_connections
