"""A server on real sockets: the same bytes, whole and in pieces, and backpressure in both directions."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import trio
import trio.testing

from nodehttp import net
from nodehttp._server import Server
from nodestream import Readable, open_loop
from nodestream.loop import Promise
from tests.nodehttp.server.support import CHUNKED, CLOSE, DATE, GET, OK, OK_CLOSE, OK_KEEP, X, masked

LAST = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"


@asynccontextmanager
async def talking_to(handler: Callable[..., Any] | net.Server, **options: Any) -> AsyncIterator[trio.SocketStream]:
    """A client of a server with that request listener, or of that server."""
    with trio.fail_after(20):
        async with open_loop():
            server = handler if isinstance(handler, net.Server) else Server(options, handler)
            ready: Promise[None] = Promise()
            server.listen(0, "127.0.0.1", lambda: ready.resolve(None))
            await ready
            address = server.address()
            assert isinstance(address, dict)
            async with await trio.open_tcp_stream("127.0.0.1", address["port"]) as stream:
                yield stream
            if isinstance(server, Server):
                server.close_all_connections()
            server.close()


async def all_of(stream: trio.SocketStream) -> bytes:
    return b"".join([piece async for piece in stream])


async def test_requests_that_come_together_or_byte_by_byte_get_the_same_answers() -> None:
    for size in (10_000, 1):
        async with talking_to(lambda req, res: res.end("x")) as stream:
            data = GET + LAST
            for start in range(0, len(data), size):
                await stream.send_all(data[start : start + size])
            assert masked(await all_of(stream)) == OK_KEEP + X + OK_CLOSE + X


async def test_a_large_body_goes_out_whole_and_chunked() -> None:
    body = bytes(range(256)) * 40_000

    def handler(req: Any, res: Any) -> None:
        if req.url == "/chunked":
            Readable.from_([body[:5_000_000], body[5_000_000:]]).pipe(res)
        else:
            res.end(body)

    async with talking_to(handler) as stream:
        await stream.send_all(LAST)
        head, _, received = (await all_of(stream)).partition(b"\r\n\r\n")
        assert masked(head) == OK_CLOSE + f"Content-Length: {len(body)}"
        assert received == body
    async with talking_to(handler) as stream:
        await stream.send_all(LAST.replace(b"/ ", b"/chunked ", 1))
        head, _, received = (await all_of(stream)).partition(b"\r\n\r\n")
        assert masked(head) + "\r\n" == OK_CLOSE + CHUNKED
        first, second = body[:5_000_000], body[5_000_000:]
        parts = (b"%x\r\n" % len(first), first, b"\r\n%x\r\n" % len(second), second, b"\r\n0\r\n\r\n")
        assert received == b"".join(parts)


async def test_a_peer_that_does_not_read_holds_a_pipe_up() -> None:
    made: list[int] = []
    full = trio.Event()

    def pieces() -> Any:
        for index in range(2_000):
            made.append(index)
            yield bytes(64 * 1024)

    def handler(_req: Any, res: Any) -> None:
        source = Readable.from_(pieces())
        source.pipe(res)
        source.once("pause", full.set)

    async with talking_to(handler) as stream:
        await stream.send_all(LAST)
        await full.wait()
        await trio.testing.wait_all_tasks_blocked(0.01)
        assert len(made) < 500
        assert len(await all_of(stream)) > 2_000 * 64 * 1024
        assert len(made) == 2_000


async def test_a_handler_that_does_not_read_holds_an_upload_up() -> None:
    requests: list[Any] = []
    arrived = trio.Event()

    def handler(req: Any, res: Any) -> None:
        requests.append((req, res))
        arrived.set()

    size = 64 * 1024 * 1024
    sent = 0

    async with talking_to(handler) as stream:

        async def upload() -> None:
            nonlocal sent
            await stream.send_all(
                LAST.replace(b"GET", b"POST").replace(b"\r\n\r\n", b"\r\nContent-Length: %d\r\n\r\n" % size)
            )
            while sent < size:
                await stream.send_all(bytes(64 * 1024))
                sent += 64 * 1024

        async with trio.open_nursery() as nursery:
            nursery.start_soon(upload)
            await arrived.wait()
            await trio.testing.wait_all_tasks_blocked(0.01)
            req, res = requests[0]
            assert sent < size // 2
            assert req.readable_length < 3 * 64 * 1024
            taken = 0
            async for chunk in req:
                taken += len(chunk)
            res.end("x")
            assert taken == size
        assert masked(await all_of(stream)) == OK_CLOSE + X


async def test_an_async_handler_may_stream_and_await() -> None:
    async def handler(req: Any, res: Any) -> None:
        body = json.loads(b"".join([chunk async for chunk in req]))
        await trio.sleep(0)
        res.write(json.dumps(body["a"]))
        await trio.sleep(0)
        res.end("!")

    async with talking_to(handler) as stream:
        await stream.send_all(LAST.replace(b"\r\n\r\n", b"\r\nContent-Length: 9\r\n\r\n") + b'{"a": 12}')
        assert masked(await all_of(stream)) == OK_CLOSE + CHUNKED + "\r\n2\r\n12\r\n1\r\n!\r\n0\r\n\r\n"


async def test_what_is_no_http_gets_400_and_the_connection_ends() -> None:
    async with talking_to(lambda _req, res: res.end("x")) as stream:
        await stream.send_all(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
        assert await all_of(stream) == b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"


async def test_a_client_error_listener_answers_instead() -> None:
    seen: list[Any] = []

    def handler(_req: Any, res: Any) -> None:
        res.end("x")

    with trio.fail_after(10):
        async with open_loop():
            server = Server(handler)

            def refuse(error: Any, socket: Any) -> None:
                seen.append((error.code, str(error), error.raw_packet))
                socket.end("HTTP/1.1 499 Mine\r\n\r\n")

            server.on("clientError", refuse)
            ready: Promise[None] = Promise()
            server.listen(0, "127.0.0.1", lambda: ready.resolve(None))
            await ready
            address = server.address()
            assert isinstance(address, dict)
            async with await trio.open_tcp_stream("127.0.0.1", address["port"]) as stream:
                await stream.send_all(b"BLAH\r\n\r\n")
                assert await all_of(stream) == b"HTTP/1.1 499 Mine\r\n\r\n"
            server.close()
    assert seen == [("HPE_INVALID_METHOD", "Parse Error: Invalid method encountered", b"BLAH\r\n\r\n")]


async def test_a_connection_ends_after_a_response_that_says_so() -> None:
    async with talking_to(lambda _req, res: res.set_header("Connection", "close").end("x")) as stream:
        await stream.send_all(GET)
        assert masked(await all_of(stream)) == OK + CLOSE + DATE + X
