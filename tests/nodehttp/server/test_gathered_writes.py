"""Pieces of one receive that are sent back leave together: peers on real sockets that are slow, reset, or are left."""

from __future__ import annotations

import socket
import struct
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any, ClassVar

import pytest
import trio
import trio.testing

from nodehttp import _net_channel, _net_traffic
from nodehttp._net_lingering import Lingering
from nodehttp._net_sending import send_pieces
from nodehttp._server import Server
from nodestream import open_loop
from nodestream.loop import Promise, next_tick

PIECE = bytes(range(256)) * 128
PIECES = 128
HEAD = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNK = b"%x\r\n%b\r\n" % (len(PIECE), PIECE)
LAST = b"0\r\n\r\n"
RESET = struct.pack("ii", 1, 0)
TCP_NOTSENT_LOWAT = 25


@pytest.fixture
def sends(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The bytes that the kernel has taken at each call."""
    taken: list[int] = []

    def send(sock: Any, pieces: Any) -> int:
        taken.append(send_pieces(sock, pieces))
        return taken[-1]

    monkeypatch.setattr(_net_channel, "send_pieces", send)
    yield taken


@asynccontextmanager
async def peer_of(handler: Callable[..., Any], **options: Any) -> AsyncIterator[trio.SocketStream]:
    with trio.fail_after(20):
        async with open_loop():
            server = Server(options, handler)
            ready: Promise[None] = Promise()
            server.listen(0, "127.0.0.1", lambda: ready.resolve(None))
            await ready
            address = server.address()
            assert isinstance(address, dict)
            async with await trio.open_tcp_stream("127.0.0.1", address["port"]) as stream:
                yield stream
            server.close_all_connections()
            server.close()


def bodies_of(wire: bytes) -> bytes:
    """What has come of a chunked body."""
    body = bytearray()
    at = wire.index(b"\r\n\r\n") + 4
    while (end := wire.find(b"\r\n", at)) != -1:
        at = end + 2 + int(wire[at:end], 16)
        body += wire[end + 2 : at]
        at += 2
    return bytes(body)


async def everything(stream: trio.SocketStream, until: bytes | None = None) -> bytes:
    """What comes until the end, or a reset, or until it ends so."""
    wire = bytearray()
    try:
        while piece := await stream.receive_some(1 << 18):
            wire += piece
            if until is not None and wire.endswith(until):
                break
    except trio.BrokenResourceError:
        pass
    return bytes(wire)


def echo(req: Any, res: Any) -> None:
    req.pipe(res)


async def test_an_echo_leaves_in_as_large_pieces_as_it_comes(sends: list[int]) -> None:
    wire = b""

    async def receive(stream: trio.SocketStream) -> None:
        nonlocal wire
        wire = await everything(stream, LAST)

    async with peer_of(echo) as stream, trio.open_nursery() as nursery:
        nursery.start_soon(receive, stream)
        await stream.send_all(HEAD + CHUNK * PIECES + LAST)
    assert bodies_of(wire) == PIECE * PIECES
    assert max(sends) > 3 * len(PIECE)


async def test_a_peer_that_is_slow_makes_the_echo_wait() -> None:
    came = 0

    def handler(req: Any, res: Any) -> None:
        def count(chunk: bytes) -> None:
            nonlocal came
            came += len(chunk)

        req.on("data", count)
        req.pipe(res)

    wire = b""
    count = 10 * PIECES

    async with peer_of(handler) as stream, trio.open_nursery() as nursery:

        async def send() -> None:
            await stream.send_all(HEAD + CHUNK * count + LAST)

        nursery.start_soon(send)
        await trio.testing.wait_all_tasks_blocked(0.05)
        assert came < count * len(PIECE)
        wire = await everything(stream, LAST)
    assert bodies_of(wire) == PIECE * count


class Lingered(Lingering):
    """Counts those that there were."""

    __slots__ = ()
    rests: ClassVar[list[int]] = []

    def __init__(self, loop: Any, sock: Any, rest: list[Any]) -> None:
        super().__init__(loop, sock, rest)
        self.rests.append(sum(map(len, rest)))


@pytest.mark.parametrize("holds_little", [False, True])
async def test_what_was_told_to_be_written_arrives_after_a_destruction(
    monkeypatch: pytest.MonkeyPatch, holds_little: bool
) -> None:
    """`holds_little`: the kernel takes less than it has room for; the socket lingers until it has taken the rest."""
    monkeypatch.setattr(_net_traffic, "RECEIVE_SIZE", 0)  # each counts as large
    monkeypatch.setattr(_net_channel, "Lingering", Lingered)
    Lingered.rests.clear()
    count = 8
    told: list[Any] = []
    closed = trio.Event()

    def handler(req: Any, res: Any) -> None:
        sock = req.socket
        sock.on("close", lambda *_: closed.set())
        if holds_little:
            sock._channel._sock.setsockopt(socket.IPPROTO_TCP, TCP_NOTSENT_LOWAT, 4096)
        came = 0

        def on_data(chunk: bytes) -> None:
            nonlocal came
            came += len(chunk)
            res.write(chunk, lambda error: told.append(error or len(chunk)))
            if came == count * len(PIECE):
                next_tick(sock.destroy)

        req.on("data", on_data)

    async with peer_of(handler) as stream:
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 14)
        await stream.send_all(HEAD + CHUNK * count)
        await closed.wait()
        wire = await everything(stream)
    body = bodies_of(wire)
    assert wire.endswith(b"\r\n")  # the last of them too is whole
    assert body == (PIECE * count)[: len(body)]
    assert len(body) >= sum(size for size in told if isinstance(size, int)) > 0
    assert bool(Lingered.rests) is holds_little


async def test_a_peer_that_resets_in_the_middle_is_noticed() -> None:
    log: list[str] = []
    closed = trio.Event()

    def handler(req: Any, res: Any) -> None:
        req.on("error", lambda error: log.append(f"request {error.code}"))
        req.on("close", lambda: log.append("request close"))
        res.on("close", lambda: log.append("response close"))
        req.socket.on("close", lambda had_error: log.append(f"socket {had_error}"))
        req.socket.on("close", lambda _: closed.set())
        req.pipe(res)

    async with peer_of(handler) as stream:
        await stream.send_all(HEAD + CHUNK * 40)
        await stream.receive_some(1 << 18)
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        await stream.aclose()
        await closed.wait()
    assert sorted(log) == ["request ECONNRESET", "request close", "response close", "socket True"]
