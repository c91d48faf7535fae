"""Sockets that somebody else has opened: BoundSocket, Python's own, descriptors, pipes."""

from __future__ import annotations

import errno
import os
import socket as kernel
from pathlib import Path
from typing import Any

import pytest

from nodehttp import net
from nodestream import errors
from nodestream.abort import AbortSignal
from nodestream.loop import open_loop

from .support import Trace, emitted, listening, turns


async def test_a_bound_socket_connects_from_its_address() -> None:
    async with open_loop(), net.create_server(lambda connection: connection.end(str(connection.remote_port))) as server:
        port = await listening(server)
        bound = net.BoundSocket(host="127.0.0.1")
        source = bound.address()["port"]
        client = net.Socket(handle=bound)
        assert (client.pending, client.connecting, client.ready_state) == (False, False, "open")
        assert (client.local_port, client.remote_address) == (source, None)
        client.connect(port, "127.0.0.1")
        assert client.connecting
        (data,) = await emitted(client, "data")
        assert (data, client.local_port) == (str(source).encode(), source)
        with pytest.raises(errors.ERR_SOCKET_HANDLE_ADOPTED):
            bound.close()


async def test_a_bound_socket_may_be_given_up_before_or_while_it_connects() -> None:
    async with open_loop():
        for connect in (False, True):
            client = net.Socket(handle=net.BoundSocket(host="127.0.0.1"))
            if connect:
                client.connect(9, "127.0.0.1")
            client.destroy()
            assert await emitted(client, "close") == (False,)


async def test_a_bound_socket_has_one_address_and_one_family() -> None:
    async with open_loop():
        client = net.Socket(handle=net.BoundSocket(host="127.0.0.1"))
        with pytest.raises(errors.ERR_INVALID_ARG_VALUE, match="cannot be used with an adopted bound socket"):
            client.connect(port=9, local_port=5)
        source = client.local_port
        client.connect(9, "::1")
        (error,) = await emitted(client, "error")
        assert error.message == f"connect EAFNOSUPPORT ::1:9 - Local (127.0.0.1:{source})"


async def test_a_bound_socket_that_is_not_connected_cannot_be_written_to() -> None:
    async with open_loop():
        client = net.Socket(handle=net.BoundSocket())
        client.write("x")
        (error,) = await emitted(client, "error")
        assert error.message == "write EPIPE"


@pytest.mark.parametrize("form", ["argument", "option", "python"])
async def test_a_bound_socket_listens(form: str) -> None:
    async with open_loop(), net.create_server() as server:
        bound: Any = net.BoundSocket(host="127.0.0.1")
        address = bound.address()
        if form == "python":
            bound = bound._adopt()
        assert server.listen({"handle": bound} if form == "option" else bound).address() == address
        await emitted(server, "listening")
        client = net.connect(address["port"], "127.0.0.1")
        await emitted(server, "connection")
        client.destroy()
        for connection in [client]:
            await emitted(connection, "close")


def test_a_bound_socket_tells_its_address_until_it_is_closed() -> None:
    with net.BoundSocket(ipv6_only=True, reuse_port=True) as bound:
        assert (bound.address()["address"], bound.address()["family"]) == ("::", "IPv6")
        assert os.fstat(bound.fd())
        assert repr(bound) == f"<BoundSocket :::{bound.address()['port']}>"
    for method in (bound.address, bound.fd, bound.close):
        with pytest.raises(errors.ERR_SOCKET_HANDLE_ADOPTED):
            method()
    assert repr(bound) == "<BoundSocket adopted or closed>"
    bound.__exit__(None, None, None)


@pytest.mark.parametrize(
    ("options", "code", "message"),
    [
        (5, "ERR_INVALID_ARG_TYPE", 'The "options" argument must be of type object.'),
        ({"host": "x"}, "ERR_INVALID_ARG_VALUE", "net.BoundSocket does not perform DNS resolution. Received 'x'"),
        ({"host": 5}, "ERR_INVALID_ARG_TYPE", 'The "options.host" property must be of type string.'),
        ({"port": "x"}, "ERR_SOCKET_BAD_PORT", "options.port should be >= 0 and < 65536."),
        ({"ipv6Only": 1}, "ERR_INVALID_ARG_TYPE", 'The "options.ipv6Only" property must be of type boolean.'),
        ({"host": "203.0.113.7"}, "EADDRNOTAVAIL", "bind EADDRNOTAVAIL 203.0.113.7"),
    ],
)
def test_what_cannot_be_bound_raises_at_once(options: Any, code: str, message: str) -> None:
    with pytest.raises(errors.NodeError) as caught:
        net.BoundSocket(options)
    assert caught.value.code == code
    assert message in caught.value.message


async def test_an_address_that_is_taken_raises_at_once() -> None:
    async with open_loop(), net.create_server() as server:
        port = await listening(server)
        with pytest.raises(errors.NodeSystemError) as caught:
            net.BoundSocket(host="127.0.0.1", port=port)
    assert (caught.value.code, caught.value.syscall, caught.value.errno) == ("EADDRINUSE", "bind", -errno.EADDRINUSE)


@pytest.mark.parametrize("form", ["handle", "fd", "number"])
async def test_a_connected_socket_becomes_a_stream(form: str) -> None:
    async with open_loop():
        ours, theirs = kernel.socketpair()
        if form == "handle":
            client = net.Socket(handle=ours)
        else:
            fd = ours.detach()
            client = net.Socket(fd) if form == "number" else net.Socket(fd=fd)
        assert (client.pending, client.ready_state, client.address()) == (False, "open", {})
        theirs.send(b"hello")
        theirs.shutdown(kernel.SHUT_WR)
        assert await emitted(client, "data") == (b"hello",)
        client.end("bye")
        await emitted(client, "close")
        assert theirs.recv(9) == b"bye"
        theirs.close()


@pytest.mark.parametrize("form", ["handle", "fd"])
async def test_a_socket_that_is_not_connected_may_be(form: str, tmp_path: Path) -> None:
    async with open_loop(), net.create_server(lambda connection: connection.end("hi")) as server:
        server.listen(str(tmp_path / "server"))
        ours = kernel.socket(kernel.AF_UNIX, kernel.SOCK_STREAM)
        ours.bind(str(tmp_path / "client"))
        copy = ours.dup()
        client = net.Socket(handle=ours) if form == "handle" else net.Socket(fd=ours.detach())
        client.connect(str(tmp_path / "server"))
        assert client.connecting
        (data,) = await emitted(client, "data")
        assert (data, copy.getpeername()) == (b"hi", str(tmp_path / "server"))
        copy.close()


async def test_a_socket_of_another_family_cannot_be_connected(tmp_path: Path) -> None:
    async with open_loop():
        for family, where in (
            (kernel.AF_INET, str(tmp_path / "server")),
            (kernel.AF_UNIX, {"port": 1, "host": "127.0.0.1"}),
        ):
            client = net.Socket(fd=kernel.socket(family, kernel.SOCK_STREAM).detach()).connect(where)
            (error,) = await emitted(client, "error")
            assert error.code == "EAFNOSUPPORT"


async def test_a_socket_that_is_not_connected_cannot_be_read() -> None:
    async with open_loop():
        client = net.Socket(fd=kernel.socket(kernel.AF_INET, kernel.SOCK_STREAM).detach())
        (error,) = await emitted(client, "error")
        assert error.message == "read ENOTCONN"


async def test_the_ends_of_a_pipe_become_streams() -> None:
    trace = Trace()
    async with open_loop():
        reading, writing = os.pipe()
        reader, writer = net.Socket(fd=reading, writable=False), net.Socket(fd=writing, readable=False)
        assert (reader.ready_state, writer.ready_state, reader.address()) == ("readOnly", "writeOnly", {})
        with pytest.raises(errors.ERR_INVALID_HANDLE_TYPE):
            writer.reset_and_destroy()
        for name, socket in (("reader", reader), ("writer", writer)):
            trace.follow(socket, name, "finish", "end", "error", "close")
        writer.set_no_delay().set_type_of_service(8)
        data = bytearray()
        reader.on("data", data.extend)
        writer.write(bytes(200_000))
        writer.cork()
        writer.write("a")
        writer.end("b")
        await trace.until("reader:close", "writer:close")
        assert bytes(data) == bytes(200_000) + b"ab"
    assert trace == ["writer:finish", "writer:close False", "reader:end", "reader:close False"]


async def test_a_pipe_has_one_direction_only() -> None:
    async with open_loop():
        reading, writing = os.pipe()
        reader = net.Socket(fd=reading)
        reader.write("x")
        (error,) = await emitted(reader, "error")
        assert error.message == "write EPIPE"
        writer = net.Socket(fd=writing)
        (error,) = await emitted(writer, "error")
        assert error.message == "read ENOTCONN"


@pytest.mark.parametrize(
    ("fd", "code", "message"),
    [
        (-1, "ERR_OUT_OF_RANGE", 'The value of "fd" is out of range. It must be >= 0 && <= 2147483647. Received -1'),
        ("x", "ERR_INVALID_ARG_TYPE", 'The "fd" argument must be of type number.'),
        (1.5, "ERR_OUT_OF_RANGE", "It must be an integer. Received 1.5"),
        (9999, "ERR_INVALID_FD_TYPE", "Unsupported fd type: UNKNOWN"),
    ],
)
def test_a_descriptor_that_is_none_raises(fd: Any, code: str, message: str) -> None:
    with pytest.raises(errors.NodeError) as caught:
        net.Socket({"fd": fd})
    assert caught.value.code == code
    assert message in caught.value.message


def test_a_descriptor_that_is_no_stream_raises_and_stays_open(tmp_path: Path) -> None:
    datagrams = kernel.socket(kernel.AF_INET, kernel.SOCK_DGRAM)
    with datagrams, (tmp_path / "x").open("w") as file, Path("/dev/null").open() as device:
        for opened, kind in ((file, "FILE"), (device, "FILE"), (datagrams, "UDP")):
            with pytest.raises(errors.ERR_INVALID_FD_TYPE, match=f"Unsupported fd type: {kind}"):
                net.Socket(fd=opened.fileno())
            assert os.fstat(opened.fileno())


@pytest.mark.parametrize("handle", [5, "x", {}])
def test_a_handle_that_is_no_socket_raises(handle: Any) -> None:
    for use in (lambda: net.Socket(handle=handle), lambda: net.create_server().listen(handle=handle)):
        with pytest.raises(errors.ERR_INVALID_ARG_TYPE, match="must be an instance of BoundSocket"):
            use()


async def test_a_socket_whose_signal_was_aborted_closes_what_it_was_given() -> None:
    async with open_loop():
        ours, theirs = kernel.socketpair()
        client = net.Socket(handle=ours, signal=AbortSignal.abort())
        (error,) = await emitted(client, "error")
        assert error.code == "ABORT_ERR"
        assert theirs.recv(1) == b""
        theirs.close()


async def test_a_server_listens_on_a_descriptor() -> None:
    async with open_loop(), net.create_server() as server:
        bound = net.BoundSocket(host="127.0.0.1")
        port = bound.address()["port"]
        server.listen(fd=bound._adopt().detach(), backlog=5)
        assert server.address() == {"address": "127.0.0.1", "family": "IPv4", "port": port}
        await emitted(server, "listening")


async def test_a_server_on_the_descriptor_of_a_path_has_no_address(tmp_path: Path) -> None:
    path = str(tmp_path / "socket")
    bound = kernel.socket(kernel.AF_UNIX)
    bound.bind(path)
    async with open_loop(), net.create_server() as server:
        server.listen(bound)
        assert server.listening
        assert server.address() is None
        client = net.connect(path)
        await emitted(client, "connect")
        client.destroy()
        await turns(3)
    assert os.path.exists(path)  # whoever bound it removes it


@pytest.mark.parametrize("fd", [9999, 1.5, 2**31])
async def test_a_descriptor_that_cannot_listen_is_an_error_event(fd: float) -> None:
    async with open_loop():
        server = net.create_server()
        server.listen({"fd": fd})
        (error,) = await emitted(server, "error")
        assert (error.message, error.address, error.port) == ("listen EINVAL: invalid argument", None, None)
        assert not server.listening
