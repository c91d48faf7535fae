"""HTTP is one listener of its socket among others: who else listens hears the same, on a real socket too."""

from __future__ import annotations

from typing import Any

import pytest

from nodehttp import net
from nodehttp._server import Server
from nodestream.loop import next_tick
from nodestream.timers import set_immediate
from tests.nodehttp.server.support import GET, Diary, converse
from tests.nodehttp.server.test_real_sockets import LAST, all_of, talking_to

ONE = LAST.replace(b"/ ", b"/1 ", 1)
UPGRADE = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: b\r\n\r\n"
EVENTS = ("timeout", "error", "close", "drain", "data", "end")


@pytest.mark.parametrize("how", ["on", "add_listener", "prepend_listener", "once"])
async def test_a_data_listener_on_a_connection_sees_what_http_gets(how: str) -> None:
    seen: list[bytes] = []

    def handler(req: Any, res: Any) -> None:
        if req.url == "/":
            getattr(req.socket, how)("data", seen.append)
        res.end("x")

    async with talking_to(handler) as stream:
        await stream.send_all(GET)
        await stream.receive_some()
        await stream.send_all(ONE)
        assert (await all_of(stream)).endswith(b"\r\n\r\nx")
    assert seen == [ONE]


async def test_bytes_that_are_pushed_into_a_connection_are_parsed() -> None:
    urls: list[str] = []

    def handler(req: Any, res: Any) -> None:
        urls.append(req.url)
        res.end("x")
        if req.url == "/":
            req.socket.push(ONE)

    async with talking_to(handler) as stream:
        await stream.send_all(GET)
        await all_of(stream)
    assert urls == ["/", "/1"]


async def test_a_connection_is_paused_while_a_body_waits_for_its_reader() -> None:
    diary = Diary()

    def handler(req: Any, res: Any) -> None:
        diary.watch(req.socket, "socket", "pause", "resume")
        req.socket.once("pause", lambda: diary.append(f"paused: {req.socket.is_paused()}"))
        req.socket.once("pause", lambda: set_immediate(req.resume))
        req.on("end", lambda: res.end("x"))

    async with talking_to(handler) as stream:
        head = b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 200000\r\n\r\n"
        await stream.send_all(head + bytes(200_000))
        await all_of(stream)
    assert diary[:3] == ["socket.pause", "paused: True", "socket.resume"]


async def test_a_connection_that_is_paused_keeps_what_comes() -> None:
    diary = Diary()

    def handler(req: Any, res: Any) -> None:
        diary.append(req.url)
        res.end("x")
        if req.url == "/":
            req.socket.pause().push(ONE)
            set_immediate(lambda: (diary.append("resumed"), req.socket.resume()))

    async with talking_to(handler) as stream:
        await stream.send_all(GET)
        await all_of(stream)
    assert diary == ["/", "resumed", "/1"]


async def test_http_gets_what_a_listener_of_readable_has_read() -> None:
    seen: list[bytes] = []

    def handler(req: Any, res: Any) -> None:
        if req.url == "/":
            req.socket.once("readable", lambda: seen.append(req.socket.read()))
        res.end("x")

    async with talking_to(handler) as stream:
        await stream.send_all(GET)
        await stream.receive_some()
        await stream.send_all(ONE)
        assert (await all_of(stream)).endswith(b"\r\n\r\nx")
    assert seen == [ONE]


async def test_what_a_socket_held_before_it_was_given_to_the_server_comes_first_and_piece_by_piece() -> None:
    diary = Diary()
    http = Server()

    def client_error(error: Any, socket: Any) -> None:
        diary.append(f"{error.code} {error.raw_packet!r}")
        if error.raw_packet != b"1":
            socket.end("x")

    def take(socket: net.Socket) -> None:
        def give() -> None:
            socket.unshift(socket.read(1))
            http.emit("connection", socket)

        socket.once("readable", give)

    http.on("clientError", client_error)
    async with talking_to(net.create_server(take)) as stream:
        await stream.send_all(b"123")
        assert await all_of(stream) == b"x"
    assert diary == ["HPE_INVALID_METHOD b'1'", "HPE_INVALID_METHOD b'23'"]


@pytest.mark.parametrize("before", [b"", GET])
@pytest.mark.parametrize("event", ["upgrade", "connect"])
async def test_a_socket_that_is_handed_over_is_as_good_as_new(event: str, before: bytes) -> None:
    found: list[Any] = []
    server = Server(lambda _req, res: res.end())

    @server.on(event)
    def take(_req: Any, socket: Any, _head: bytes) -> None:
        found.append({name: socket.listener_count(name) for name in EVENTS})
        found.append(socket.readable_flowing)
        socket.set_encoding("latin1")
        socket.end("bye")

    async with talking_to(server) as stream:
        if before:
            await stream.send_all(before)
            await stream.receive_some()
        await stream.send_all(UPGRADE if event == "upgrade" else b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n")
        assert await all_of(stream) == b"bye"
    assert found == [{**dict.fromkeys(EVENTS, 0), "end": 1}, None]  # the stream's own


def test_each_piece_after_a_refused_one_is_a_client_error_until_the_listener_closes() -> None:
    diary = Diary()
    server = Server()
    server.on("clientError", lambda error, _socket: diary.append(f"{error.code} {error.raw_packet.decode()}"))
    socket = converse(None, b"*", b"more", b"GET / HTTP/1.1\r\n", server=server)
    assert diary == ["HPE_INVALID_METHOD *", "HPE_INVALID_METHOD more", "HPE_INVALID_METHOD GET / HTTP/1.1\r\n"]
    assert not socket.is_over


async def test_a_refused_connection_that_the_listener_leaves_open_ends_when_the_peer_does() -> None:
    server = Server()
    server.on("clientError", lambda _error, socket: next_tick(socket.write, "no"))
    async with talking_to(server) as stream:
        await stream.send_all(b"*")
        await stream.receive_some()
        await stream.send_eof()
        assert await all_of(stream) == b""
