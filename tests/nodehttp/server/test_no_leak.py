"""Nothing is kept of what is over, however many requests there were. With real sockets."""

from __future__ import annotations

import gc
import os
import weakref
from typing import Any

import pytest
import trio

from nodehttp._incoming import IncomingMessage
from nodehttp._response import ServerResponse
from nodehttp._server import Server
from nodehttp._server_connection import ServerConnection
from nodehttp.net import Socket
from nodestream import open_loop
from nodestream.loop import Promise, current_loop
from tests.nodehttp.server.support import GET, OK_KEEP, X

POST = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
ANSWER_SIZE = len(OK_KEEP.replace("<DATE>", "x" * 29) + X)
KINDS = (IncomingMessage, ServerResponse, ServerConnection, Socket)


def alive() -> list[int]:
    gc.collect()
    objects = gc.get_objects()
    return [sum(type(each) is kind for each in objects) for kind in KINDS]


async def listening(server: Server) -> int:
    ready: Promise[None] = Promise()
    server.listen(0, "127.0.0.1", lambda: ready.resolve(None))
    await ready
    address = server.address()
    assert isinstance(address, dict)
    return int(address["port"])


async def ask(stream: trio.SocketStream, request: bytes, count: int) -> None:
    for _ in range(count):
        await stream.send_all(request)
        left = ANSWER_SIZE
        while left:
            left -= len(await stream.receive_some(left))


def echo_nothing(req: Any, res: Any) -> None:
    if req.method == "POST":
        req.on("data", lambda _chunk: None)
        req.on("end", lambda: res.end("x"))
    else:
        res.end("x")


@pytest.mark.parametrize("request_", [GET, POST])
async def test_many_requests_of_one_connection_leave_no_messages_behind(request_: bytes) -> None:
    with trio.fail_after(20):
        async with open_loop():
            server = Server(echo_nothing)
            async with await trio.open_tcp_stream("127.0.0.1", await listening(server)) as stream:
                await ask(stream, request_, 5)
                before, timers = alive(), len(current_loop().timers._entries)
                await ask(stream, request_, 500)
                after = alive()
                assert after[0] <= before[0] + 1
                assert after[1] <= before[1] + 1
                assert len(current_loop().timers._entries) <= timers + 2
                assert sum(map(len, stream_listeners(server))) <= 20
            server.close()


async def test_a_connection_that_waits_keeps_nothing_of_its_last_request() -> None:
    messages: weakref.WeakSet[Any] = weakref.WeakSet()

    def handler(req: Any, res: Any) -> None:
        messages.update((req, res))
        echo_nothing(req, res)

    with trio.fail_after(20):
        async with open_loop():
            server = Server(handler)
            async with await trio.open_tcp_stream("127.0.0.1", await listening(server)) as stream:
                await ask(stream, POST, 1)
                gc.collect()
                assert not messages
                assert [connection.is_idle for connection in server._http_connections] == [True]
            server.close()


def stream_listeners(server: Server) -> list[Any]:
    return [each for connection in server._http_connections for each in connection.socket._listeners.values()]


async def test_many_connections_leave_no_sockets_behind() -> None:
    with trio.fail_after(20):
        async with open_loop():
            server = Server(echo_nothing)
            port = await listening(server)
            files = len(os.listdir("/proc/self/fd"))
            before = alive()
            gone: Promise[None] = Promise()
            closed = 0

            def on_connection(socket: Socket) -> None:
                socket.on("close", on_close)

            def on_close() -> None:
                nonlocal closed
                closed += 1
                if closed == 50:
                    gone.resolve(None)

            server.on("connection", on_connection)
            for index in range(50):
                async with await trio.open_tcp_stream("127.0.0.1", port) as stream:
                    if index % 2:
                        await ask(stream, GET, 1)
                    else:
                        await stream.send_all(POST[:60])
            await gone
            assert not server._http_connections
            server.remove_listener("connection", on_connection)
            assert len(os.listdir("/proc/self/fd")) <= files
            after = alive()
            assert all(now <= then + 1 for now, then in zip(after, before, strict=True)), (before, after)
            server.close()


async def test_a_message_goes_as_soon_as_nobody_holds_it() -> None:
    kept: list[weakref.ref[Any]] = []

    def handler(req: Any, res: Any) -> None:
        kept.extend((weakref.ref(req), weakref.ref(res)))
        res.end("x")

    with trio.fail_after(20):
        async with open_loop():
            server = Server(handler)
            async with await trio.open_tcp_stream("127.0.0.1", await listening(server)) as stream:
                await ask(stream, GET, 2)
                gc.collect()
                assert [ref() for ref in kept[:2]] == [None, None]
            server.close()
