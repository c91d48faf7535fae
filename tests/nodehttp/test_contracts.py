"""Sockets and HTTP messages keep the rules of streams, as far as Node's do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest
import trustme

from nodehttp import Server, create_server, net, request, tls
from nodestream import run
from nodestream.events import once
from nodestream.testing import check_duplex, check_readable, check_writable

PIECES = [b"one " * 100, b"two " * 100, b"three"]
CONTENT = b"".join(PIECES)
LARGE_PIECES = [b"x" * 65536]

# A socket gets strings as they are, and counts their characters. Node: the same (`decodeStrings: false`)
OF_SOCKETS = ("the_default_encoding_is_that_of_strings",)
# One that was received completely before it was destroyed is read to its end, and ends. Node: the same
OF_MESSAGES = ("destroying_is_no_end",)

# What is sent. Each of these was seen of Node's messages too.
OF_OUTGOING = (
    "write_tells_when_it_is_full",  # the head and the framing count
    "length_counts_what_waits",
    "the_default_encoding_is_that_of_strings",
    "an_unknown_encoding_is_refused",  # there is no set_default_encoding()
    "corked_counts",  # it goes below zero
    "writable_tells_whether_to_write",  # it stays True
    "destroying_makes_it_unwritable",
    "aborted_tells_of_no_finish",  # there is no writable_aborted
    "a_finish_is_no_abort",
    "destroying_tells_all_that_waits",  # only the callback of the write that sent the head is called
    "what_waits_is_destroyed_without_an_error_too",
)
OF_RESPONSES = (
    *OF_OUTGOING,
    "finished_tells_of_finish",  # it is True as soon as end() has handed all to the kernel
    "error_comes_once",  # the error that a response is destroyed with is not emitted
    "a_signal_destroys",
)
OF_REQUESTS = (
    *OF_OUTGOING,
    "destroying_a_new_stream_closes_it",  # it fails with "socket hang up"
    "destroying_in_the_middle_closes_it",
    "finished_tells_of_a_premature_close",
    "errored_tells_of_the_error",  # it stays None
    "async_with_closes",  # Node's has no Symbol.asyncDispose
)

PRESSURE = "pressure_reaches_the_writer"

Sockets = AbstractAsyncContextManager[tuple[net.Socket, net.Socket]]


@asynccontextmanager
async def connected(path: Path | None = None, **options: Any) -> AsyncIterator[tuple[net.Socket, net.Socket]]:
    """A client's socket and the server's, connected by TCP, or at `path`."""
    server = net.create_server(options)
    where: tuple[Any, ...] = (0, "127.0.0.1") if path is None else (str(path),)
    server.listen(*where)
    await once(server, "listening")
    address = server.address()
    to = {"port": address["port"], "host": "127.0.0.1"} if isinstance(address, dict) else {"path": str(path)}
    client = net.connect({**to, **options})
    [theirs] = await once(server, "connection")
    if client.connecting:
        await once(client, "connect")
    server.close()
    yield client, theirs


def swapped(make: Callable[..., Sockets]) -> Callable[..., Sockets]:
    """The same, the server's socket first."""

    @asynccontextmanager
    async def made(**options: Any) -> AsyncIterator[tuple[net.Socket, net.Socket]]:
        async with make(**options) as (client, theirs):
            yield theirs, client

    made.__name__ = f"{make.__name__}_back"
    return made


connected_back = swapped(connected)


@pytest.mark.parametrize("make", [connected, connected_back])
def test_sockets_keep_the_rules(make: Callable[..., Sockets]) -> None:
    run(partial(check_duplex, partial(make, allow_half_open=True), chunks=PIECES, except_rules=(*OF_SOCKETS, PRESSURE)))


@pytest.mark.parametrize("make", [connected, connected_back])
def test_a_socket_that_nobody_reads_holds_its_peer_back(make: Callable[..., Sockets]) -> None:
    run(partial(check_duplex, make, chunks=LARGE_PIECES, only_rules=(PRESSURE,)))


def test_unix_sockets_keep_the_rules(tmp_path: Path) -> None:
    make = partial(connected, tmp_path / "socket", allow_half_open=True)
    run(partial(check_duplex, make, chunks=PIECES, except_rules=(*OF_SOCKETS, PRESSURE)))


# --- over TLS ---


@cache
def _credentials() -> tuple[dict[str, bytes], dict[str, bytes]]:
    authority = trustme.CA()
    leaf = authority.issue_cert("127.0.0.1")
    server = {"key": leaf.private_key_pem.bytes(), "cert": leaf.cert_chain_pems[0].bytes()}
    return server, {"ca": authority.cert_pem.bytes()}


@asynccontextmanager
async def encrypted(**options: Any) -> AsyncIterator[tuple[net.Socket, net.Socket]]:
    """A client's socket and the server's, connected by TLS."""
    identity, trust = _credentials()
    server = tls.create_server({**identity, **options})
    server.listen(0, "127.0.0.1")
    await once(server, "listening")
    address = server.address()
    port = address["port"] if isinstance(address, dict) else 0
    client = tls.connect({"port": port, "host": "127.0.0.1", **trust, **options})
    [theirs] = await once(server, "secureConnection")
    if client.secure_connecting:
        await once(client, "secureConnect")
    server.close()
    yield client, theirs


encrypted_back = swapped(encrypted)


@pytest.mark.parametrize("make", [encrypted, encrypted_back])
def test_encrypted_sockets_keep_the_rules(make: Callable[..., Sockets]) -> None:
    run(partial(check_duplex, partial(make, allow_half_open=True), chunks=PIECES, except_rules=(*OF_SOCKETS, PRESSURE)))


@pytest.mark.parametrize("make", [encrypted, encrypted_back])
def test_an_encrypted_socket_that_nobody_reads_holds_its_peer_back(make: Callable[..., Sockets]) -> None:
    run(partial(check_duplex, make, chunks=LARGE_PIECES, only_rules=(PRESSURE,)))


# --- messages ---


@asynccontextmanager
async def serving(listener: Callable[..., Any]) -> AsyncIterator[Server]:
    server = create_server(listener)
    server.listen(0, "127.0.0.1")
    await once(server, "listening")
    yield server
    server.close_all_connections()
    server.close()


@asynccontextmanager
async def a_request_of_a_server() -> AsyncIterator[Any]:
    """What a server reads."""
    async with serving(lambda req, res: None) as server:
        client = request({"port": server.address()["port"], "host": "127.0.0.1", "method": "POST"})
        client.on("error", lambda error: None)
        for piece in PIECES:
            client.write(piece)
        client.end()
        [req, _] = await once(server, "request")
        yield req
        client.destroy()


@asynccontextmanager
async def a_response_of_a_client() -> AsyncIterator[Any]:
    """What a client reads."""

    def answer(_: Any, res: Any) -> None:
        for piece in PIECES:
            res.write(piece)
        res.end()

    async with serving(answer) as server:
        client = request({"port": server.address()["port"], "host": "127.0.0.1"})
        client.on("error", lambda error: None)
        client.end()
        [res] = await once(client, "response")
        yield res
        client.destroy()


@pytest.mark.parametrize("make", [a_request_of_a_server, a_response_of_a_client])
def test_messages_that_are_read_keep_the_rules(make: Callable[[], Any]) -> None:
    run(partial(check_readable, make, expected=CONTENT, except_rules=OF_MESSAGES))


@asynccontextmanager
async def a_response_of_a_server() -> AsyncIterator[Any]:
    """What a server writes."""
    async with serving(lambda req, res: None) as server:
        client = request({"port": server.address()["port"], "host": "127.0.0.1"})
        client.on("error", lambda error: None)
        client.on("response", lambda res: res.resume())
        client.end()
        [_, res] = await once(server, "request")
        yield res
        client.destroy()


@asynccontextmanager
async def a_request_of_a_client() -> AsyncIterator[Any]:
    """What a client writes."""

    def answer(req: Any, res: Any) -> None:
        req.resume()
        req.on("end", res.end)

    async with serving(answer) as server:
        client = request({"port": server.address()["port"], "host": "127.0.0.1", "method": "POST"})
        client.on("error", lambda error: None)
        client.on("response", lambda res: res.resume())
        await once(client, "socket")
        yield client


@pytest.mark.parametrize(
    ("make", "excluded"), [(a_response_of_a_server, OF_RESPONSES), (a_request_of_a_client, OF_REQUESTS)]
)
def test_messages_that_are_written_keep_the_rules(make: Callable[[], Any], excluded: tuple[str, ...]) -> None:
    run(partial(check_writable, make, chunks=[b"x" * 3000, b"y" * 3000], except_rules=excluded))
