"""examples/websocket_echo.py against Node's WebSocket client, the package websockets, and bytes by hand."""

from __future__ import annotations

import importlib.util
import itertools
import json
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import pytest
import trio
import trustme
from websockets.exceptions import ConnectionClosedOK
from websockets.sync.client import ClientConnection, connect
from wsproto.connection import Connection, ConnectionState, ConnectionType
from wsproto.events import Message

import nodehttp as http
from compliance._node import node_binary
from nodehttp import https, net
from nodestream import Readable, open_loop
from nodestream.events import once
from tests.examples.support import EXAMPLES, PEERS, Start, ask
from tests.integration.identity import identity_of
from tests.integration.support import body_of

EXAMPLE = EXAMPLES / "websocket_echo.py"
LARGE = bytes(n * 7 % 256 for n in range(1024)) * 1024
HANDSHAKE = (
    b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
ACCEPTED = b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
"""The answer to that key: RFC 6455 section 1.3."""


@pytest.fixture(scope="module")
def url(start_for_all: Start) -> str:
    return start_for_all(sys.executable, EXAMPLE)


# --- Node's client ---


def test_nodes_client_gets_back_what_it_sends(url: str) -> None:
    done = subprocess.run(
        [str(node_binary()), str(PEERS / "websocket_client.mjs"), url], capture_output=True, timeout=30, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout) == {
        "handshake": ["", ""],
        "text": True,
        "empty": True,
        "binary": True,
        "largeText": True,
        "largeBinary": True,
        "closedByTheClient": [4001, "enough", True],
        "many": 32,
        "held": True,
        "closedWithoutACode": [1005, "", True],
        "once": True,
        "closedByTheServer": [1000, "once", True],
    }


# --- the package websockets ---


@contextmanager
def connected(url: str) -> Iterator[ClientConnection]:
    with connect(url, max_size=None, open_timeout=10, close_timeout=10) as client:
        yield client


@pytest.mark.parametrize("message", ["héllo 😀", "", b"\x00\xff", b"", LARGE, "é" * 500_000], ids=len)
def test_a_message_comes_back(url: str, message: str | bytes) -> None:
    with connected(url) as client:
        client.send(message)
        assert client.recv(timeout=10) == message


def test_a_fragmented_message_comes_back_in_fragments(url: str) -> None:
    with connected(url) as client:
        client.send(["one ", "two ", "", "three"])
        assert list(client.recv_streaming()) == [
            "one ",
            "two ",
            "",
            "three",
            "",
        ]  # this client's last fragment is empty
        client.send(iter([b"\x00" * 70_000, b"\x01", b"\x02" * 100]))
        assert client.recv(timeout=10) == b"\x00" * 70_000 + b"\x01" + b"\x02" * 100


def test_a_ping_between_fragments_is_answered(url: str) -> None:
    pongs = []

    def fragments() -> Iterator[str]:
        yield "before "
        pongs.append(client.ping("now").wait(10))
        yield "after"

    with connected(url) as client:
        client.send(fragments())
        assert (pongs, client.recv(timeout=10)) == ([True], "before after")


def test_the_client_closes(url: str) -> None:
    with connected(url) as client:
        client.close(4001, "enough")
    assert (client.close_code, client.close_reason) == (4001, "enough")


def test_the_server_closes(url: str) -> None:
    with connected(url + "once") as client:
        client.send(["only", " this"])
        assert client.recv(timeout=10) == "only this"
        with pytest.raises(ConnectionClosedOK):
            client.recv(timeout=10)
    assert (client.close_code, client.close_reason) == (1000, "once")


# --- bytes by hand ---


@contextmanager
def upgraded(url: str, behind: bytes = b"") -> Iterator[Any]:
    """A file over a connection that is a WebSocket already."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as connection:
        connection.sendall(HANDSHAKE + behind)
        with connection.makefile("rwb") as file:
            head = iter(file.readline, b"\r\n")
            assert (next(head), ACCEPTED in list(head)) == (b"HTTP/1.1 101 Switching Protocols\r\n", True)
            yield file


def frame(opcode: int, payload: bytes) -> bytes:
    """A frame of a client, with a mask that changes nothing."""
    return bytes([0x80 | opcode, 0x80 | len(payload)]) + bytes(4) + payload


def test_a_frame_behind_the_handshake_in_one_packet_is_answered(url: str) -> None:
    with upgraded(url, frame(1, b"early")) as file:
        assert file.read(7) == b"\x81\x05early"


def test_a_silent_peer_is_pinged_and_then_given_up(start: Start) -> None:
    ping = b"\x89\x0dare you there"
    with upgraded(start(sys.executable, EXAMPLE, PATIENCE="50")) as file:
        assert file.read(len(ping)) == ping
        file.write(frame(10, b"are you there"))
        file.flush()
        assert file.read(len(ping) + 1) == ping  # then the connection ends


def test_a_frame_that_breaks_the_protocol_closes_the_connection(url: str) -> None:
    with upgraded(url) as file:
        file.write(b"\x81\x01a" + frame(1, b"never read"))  # the first without a mask
        file.flush()
        answer = file.read()
        assert (answer[0], answer[1], answer[2:4]) == (0x88, len(answer) - 2, (1002).to_bytes(2, "big"))


def test_an_ordinary_request_is_told_to_upgrade(url: str) -> None:
    status, _, headers, content = ask(url, "GET", "/")
    assert (status, dict(headers)["Upgrade"]) == (426, "websocket")
    assert content == b"Here is a WebSocket, and nothing else.\n"


@pytest.mark.parametrize(
    ("request_head", "reason"),
    [
        (HANDSHAKE.replace(b"Version: 13", b"Version: 12"), b"Missing header, 'Sec-WebSocket-Version'"),
        (HANDSHAKE.replace(b"Upgrade: websocket", b"Upgrade: h2c"), b"Missing header, 'Upgrade: websocket'"),
        (HANDSHAKE.replace(b"Host: a\r\n", b""), b"Missing mandatory Host: header"),
    ],
)
def test_another_upgrade_is_refused(url: str, request_head: bytes, reason: bytes) -> None:
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as connection:
        connection.sendall(request_head)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert answer.endswith(b"\r\n\r\nThis is no WebSocket handshake: " + reason + b".\n")


# --- the listener alone ---


def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("websocket_echo", EXAMPLE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def test_the_same_listener_serves_over_tls(tmp_path: Path) -> None:
    authority = trustme.CA()
    identity = identity_of(authority.issue_cert("localhost"), authority, tmp_path)
    trusting = ssl.create_default_context(cafile=str(identity.ca))

    def talk(url: str) -> list[str | bytes]:
        with connect(url, ssl=trusting, max_size=None, open_timeout=10, close_timeout=10) as client:
            client.send(LARGE)
            large = client.recv(timeout=10)
            assert client.ping().wait(10)
            client.send(["in ", "pieces"])
            return [large, client.recv(timeout=10)]

    async with open_loop():
        server = https.create_server(identity.options)
        server.on("upgrade", example().on_upgrade)
        server.listen(0, "127.0.0.1")
        await once(server, "listening")
        url = f"wss://localhost:{server.address()['port']}/"
        assert await trio.to_thread.run_sync(talk, url) == [LARGE, "in pieces"]
        server.close()


async def test_the_server_stops_reading_from_a_peer_that_does_not_read() -> None:
    size, count = 60_000, 1000  # 57 MiB in all
    message = b"\x82\xfe" + size.to_bytes(2, "big") + bytes(4) + bytes(size)
    async with open_loop():
        server = http.create_server()
        upgraded = once(server, "upgrade")
        server.on("upgrade", example().on_upgrade)
        server.listen(0, "127.0.0.1")
        await once(server, "listening")
        client = net.connect(server.address()["port"], "127.0.0.1")
        client.write(HANDSHAKE)
        _, connection, _ = await upgraded
        source = Readable.from_(itertools.chain([message] * count, [frame(8, b"")]), object_mode=False)
        source.pipe(client, end=False)
        while not connection.is_paused():
            await trio.lowlevel.checkpoint()
        assert not source.readable_ended
        one_receive = 256 * 1024  # what it brings at most is answered before it stops
        assert connection.writable_length < connection.writable_high_water_mark + one_receive + size

        answer = await body_of(client)
        server.close()
    head, _, frames = answer.partition(b"\r\n\r\n")
    assert ACCEPTED.strip() in head
    received = Connection(ConnectionType.CLIENT, trailing_data=frames)
    assert sum(len(event.data) for event in received.events() if isinstance(event, Message)) == size * count
    assert received.state is ConnectionState.REMOTE_CLOSING
