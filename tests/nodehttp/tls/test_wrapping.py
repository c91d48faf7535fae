"""TLS over a stream that somebody else has made, in every state that it may be in.

Part: nodehttp/_tls_socket.py, nodehttp/_tls_stream_channel.py
"""

from __future__ import annotations

from typing import Any

import pytest

from nodehttp import net, tls
from nodestream import duplex_pair
from nodestream.loop import open_loop
from nodestream.timers import clear_interval, set_immediate, set_interval

from ..net.support import Trace, emitted, flushed, listening, pair, turns
from .cable import ROOM, cable
from .support import uncaught

CLEAR = 4_000_000
"""Bytes that the kernel does not take at once."""


@pytest.fixture(scope="module")
def server_options(key_pem: bytes, cert_pem: bytes) -> dict[str, Any]:
    return {"is_server": True, "key": key_pem, "cert": cert_pem}


@pytest.fixture(scope="module")
def client_options(ca_pem: bytes) -> dict[str, Any]:
    return {"servername": "localhost", "ca": ca_pem}


async def test_what_was_written_before_comes_before(
    server_options: dict[str, Any], client_options: dict[str, Any]
) -> None:
    async with open_loop():
        ours, theirs = await pair()
        told: list[str] = []
        ours.write(bytes(CLEAR), lambda: told.append("written"))
        client = tls.connect({"socket": ours, **client_options})
        client.write(b"encrypted")
        clear = bytearray()
        while len(clear) < CLEAR:
            await emitted(theirs, "readable")
            clear += theirs.read(min(theirs.readable_length, CLEAR - len(clear))) or b""
        assert clear == bytes(CLEAR)
        server = tls.TLSSocket(theirs, server_options)
        assert await emitted(server, "data") == (b"encrypted",)
        assert told == ["written"]
        client.destroy()
        server.destroy()


async def test_a_socket_that_is_yet_to_be_connected(
    server_options: dict[str, Any], client_options: dict[str, Any]
) -> None:
    async with open_loop():
        listener = net.create_server()
        port = await listening(listener)
        async with listener:
            raw = net.Socket()
            client = tls.TLSSocket(raw, client_options)
            assert client.connecting
            listener.once("connection", lambda other: tls.TLSSocket(other, server_options).end("hello"))
            raw.connect(port, "127.0.0.1")
            assert await emitted(client, "data") == (b"hello",)
            client.destroy()


async def test_a_client_made_by_hand_compares_the_name_if_it_knows_one(
    server_options: dict[str, Any], ca_pem: bytes
) -> None:
    async with open_loop():
        for options, event in (({}, "secureConnect"), ({"host": "elsewhere.test"}, "error")):
            ours, theirs = duplex_pair()
            server = tls.TLSSocket(theirs, server_options)
            server.on("error", lambda _: None)
            client = tls.TLSSocket(ours, {"ca": ca_pem, **options})
            await emitted(client, event)
            client.destroy()
            server.destroy()


async def test_what_has_come_can_be_read_after_the_stream_below_has_closed(
    server_options: dict[str, Any], client_options: dict[str, Any]
) -> None:
    async with open_loop():
        ends = cable()
        client = tls.connect({"socket": ends[0], **client_options})
        server = tls.TLSSocket(ends[1], server_options)
        trace = Trace()
        trace.follow(client, "client", "readable", "end", "close")
        server.end("kept")
        client.end()
        server.resume()
        client.on("readable", lambda: None)

        def below_is_closed() -> bool:
            for end in ends:
                set_immediate(end.deliver, ROOM)
            if client.readable_length:
                ends[0].resume()  # it may see the end of what is below it
            return all(end.closed for end in ends)

        await flushed(client, below_is_closed)
        await turns(2)
        assert "client:close" not in trace
        assert client.read() == b"kept"
        await trace.until("client:close")
        assert trace[-2:] == ["client:end", "client:close False"]


async def test_a_handshake_byte_by_byte_takes_no_longer_than_it_may(key_pem: bytes, cert_pem: bytes) -> None:
    async with open_loop():
        server = tls.create_server({"key": key_pem, "cert": cert_pem, "handshake_timeout": 60})
        port = await listening(server)
        async with server:
            slow = net.connect(port, "127.0.0.1")
            header = iter(b"\x16\x03\x01\x20\x00\x01\x00\x1f\xfc\x03\x03" + bytes(8000))
            timer = set_interval(lambda: slow.write(bytes([next(header)])), 5)
            error, socket = await emitted(server, "tlsClientError")
            clear_interval(timer)
            assert error.code == "ERR_TLS_HANDSHAKE_TIMEOUT"
            assert socket.destroyed
            slow.destroy()


@pytest.mark.parametrize("wraps", [False, True])
async def test_a_listener_that_raises_when_there_is_a_connection_does_not_stop_the_handshake(
    wraps: bool, key_pem: bytes, cert_pem: bytes, client_options: dict[str, Any]
) -> None:
    def fail() -> None:
        raise RuntimeError("of the listener")

    async with open_loop():
        with uncaught() as errors:
            server = tls.create_server({"key": key_pem, "cert": cert_pem}, lambda socket: socket.resume())
            port = await listening(server)
            async with server:
                raw = {"socket": net.connect(port, "127.0.0.1")} if wraps else {"port": port, "host": "127.0.0.1"}
                client = tls.connect({**raw, **client_options})
                client.on("connect", fail)
                await emitted(client, "secureConnect")
                client.destroy()
            assert [str(error) for error in errors] == ["of the listener"]


async def test_a_listener_for_keys_that_raises_does_not_hide_the_connection(
    key_pem: bytes, cert_pem: bytes, client_options: dict[str, Any]
) -> None:
    def fail(_line: bytes, _socket: Any) -> None:
        raise RuntimeError("of the listener")

    async with open_loop():
        with uncaught() as errors:
            server = tls.create_server({"key": key_pem, "cert": cert_pem}, lambda socket: socket.end("hello"))
            server.on("keylog", fail)
            port = await listening(server)
            async with server:
                client = tls.connect({"port": port, "host": "127.0.0.1", **client_options})
                assert await emitted(client, "data") == (b"hello",)
                await emitted(client, "close")
            assert {str(error) for error in errors} == {"of the listener"}
