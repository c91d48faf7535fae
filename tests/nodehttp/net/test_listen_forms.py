"""What `listen` takes, and what it refuses; what a server does with its options."""

from __future__ import annotations

import math
import socket as kernel
from pathlib import Path
from typing import Any

import pytest

from nodehttp import net
from nodestream import errors
from nodestream.abort import AbortController, AbortSignal
from nodestream.loop import next_tick, open_loop

from .support import Trace, emitted, listening, turns


@pytest.mark.parametrize(
    "arguments",
    [
        [], [None], [0], ["0"], ["0x0"], [0, None, 5], [0, 5], [0, "", "5"], [{"port": None}],
        [{"port": 0, "host": ""}], [{"port": 0, "backlog": "5"}], [{"port": 0, "backlog": 2**53}],
        [{"port": 0, "exclusive": True}], [{"port": 0, "ipv6Only": True}],
    ],
)  # fmt: skip
async def test_a_port_of_all_interfaces(arguments: list[Any]) -> None:
    async with open_loop(), net.create_server() as server:
        address = server.listen(*arguments).address()
        assert isinstance(address, dict)
        assert (address["address"], address["family"]) == ("::", "IPv6")


@pytest.mark.parametrize(
    ("argument", "code", "message"),
    [
        ({}, "ERR_INVALID_ARG_VALUE", 'The argument \'options\' must have the property "port" or "path". Received {}'),
        ([], "ERR_INVALID_ARG_VALUE", 'The argument \'options\' must have the property "port" or "path". Received []'),
        ({"host": "x"}, "ERR_INVALID_ARG_VALUE", 'must have the property "port" or "path". Received { host: \'x\' }'),
        ({"path": ""}, "ERR_INVALID_ARG_VALUE", "The argument 'options' is invalid. Received { path: '' }"),
        ({"path": 5}, "ERR_INVALID_ARG_VALUE", "The argument 'options' is invalid. Received { path: 5 }"),
        (True, "ERR_INVALID_ARG_VALUE", "The argument 'options' is invalid. Received { port: true }"),
        ({"port": []}, "ERR_INVALID_ARG_VALUE", "The argument 'options' is invalid. Received { port: [] }"),
        (" ", "ERR_SOCKET_BAD_PORT", "options.port should be >= 0 and < 65536. Received type string (' ')."),
        (math.nan, "ERR_SOCKET_BAD_PORT", "options.port should be >= 0 and < 65536. Received type number (NaN)."),
        ({"port": 0, "host": 5}, "ERR_INVALID_ARG_TYPE", 'The "hostname" argument must be of type string.'),
        ({"port": 0, "signal": 5}, "ERR_INVALID_ARG_TYPE", 'The "options.signal" property must be an instance of'),
        ({"fd": -1}, "ERR_INVALID_ARG_VALUE", 'must have the property "port" or "path". Received { fd: -1 }'),
        (
            {"path": "\0abc", "readableAll": True},
            "ERR_INVALID_ARG_VALUE",
            "when path is abstract unix socket. Received { path: '\\x00abc', readableAll: true }",
        ),
    ],
)
def test_wrong_arguments_raise(argument: Any, code: str, message: str) -> None:
    with pytest.raises(errors.NodeError) as caught:
        net.create_server().listen(argument)
    assert caught.value.code == code
    assert message in caught.value.message


async def test_a_path_that_the_kernel_would_cut_short_is_refused() -> None:
    async with open_loop():
        (error,) = await emitted(net.create_server().listen("x\0y"), "error")
        assert (error.message, error.port) == ("listen EINVAL: invalid argument x\0y", -1)
        (error,) = await emitted(net.connect("x\0y"), "error")
        assert error.message == "connect EINVAL x\0y - Local (undefined:undefined)"


async def test_an_abstract_path_may_have_a_null_byte() -> None:
    async with open_loop(), net.create_server(lambda connection: connection.resume().end()) as server:
        path = f"\0node\0{id(server)}"
        await listening(server, path)
        assert server.address() == path
        await emitted(net.connect(path).resume(), "close")


async def test_a_name_is_listened_on_at_the_first_address_that_others_can_reach(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = [
        (kernel.AF_INET6, kernel.SOCK_STREAM, 0, "", ("fe80::1", 0, 0, 0)),
        (kernel.AF_INET6, kernel.SOCK_STREAM, 0, "", ("febf::1%1", 0, 0, 1)),
        (kernel.AF_INET, kernel.SOCK_STREAM, 0, "", ("127.0.0.1", 0)),
    ]
    monkeypatch.setattr(kernel, "getaddrinfo", lambda *_: found)
    async with open_loop(), net.create_server() as server:
        await listening(server, 0, "x.test")
        address: Any = server.address()
        assert address["address"] == "127.0.0.1"
        other = net.create_server()
        del found[2]
        other.listen(0, "x.test")
        (error,) = await emitted(other, "error")
        assert error.message.startswith("listen EINVAL: invalid argument fe80::1")


async def test_a_lookup_that_fails_after_the_close_is_nobody_s_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise kernel.gaierror(kernel.EAI_NONAME, "no")

    monkeypatch.setattr(kernel, "getaddrinfo", fail)
    async with open_loop():
        server = net.create_server().listen(0, "nosuch.test")
        server.close()


async def test_a_signal_closes_the_server() -> None:
    trace = Trace()
    async with open_loop():
        controller = AbortController()
        server = net.create_server()
        trace.follow(server, "S", "listening", "close")
        server.listen(port=0, signal=controller.signal)
        await emitted(server, "listening")
        controller.abort()
        assert not server.listening
        await trace.until("S:close")
        server.listen(0)
        await emitted(server, "listening")
        controller.abort()
        assert server.listening
        server.close()
    assert trace == ["S:listening", "S:close", "S:listening", "S:close"]


async def test_a_signal_that_was_aborted_before_closes_the_server_before_it_says_that_it_listens() -> None:
    trace = Trace()
    async with open_loop():
        server = net.create_server()
        trace.follow(server, "S", "listening", "close")
        server.listen(port=0, signal=AbortSignal.abort())
        assert server.listening
        await trace.until("S:close")
    assert trace == ["S:close"]


async def test_a_server_lets_go_of_the_signal_when_it_closes() -> None:
    async with open_loop():
        controller = AbortController()
        async with net.create_server() as server:
            server.listen(port=0, signal=controller.signal)
            assert server.listener_count("close") == 1
        controller.abort()
        assert not server.listening


def test_options_of_connections_are_attributes() -> None:
    server = net.Server(no_delay=1, keep_alive="yes", high_water_mark=-1)
    assert (server.no_delay, server.keepAlive, server.highWaterMark) == (True, True, 65536)
    with pytest.raises(errors.ERR_INVALID_ARG_TYPE, match=r"options\.highWaterMark"):
        net.Server(high_water_mark="x")
    with pytest.raises(errors.ERR_INVALID_ARG_VALUE, match=r"options\.highWaterMark"):
        net.Server(high_water_mark=1.5)


async def test_an_option_that_is_changed_later_counts_for_later_connections() -> None:
    async with open_loop(), net.create_server() as server:
        port = await listening(server)
        for mark in (65536, 99):
            server.high_water_mark = mark
            client = net.connect(port, "127.0.0.1")
            (theirs,) = await emitted(server, "connection")
            assert theirs.readable_high_water_mark == mark
            client.destroy()
            theirs.destroy()


async def test_a_connection_of_a_path_that_is_dropped_has_no_addresses(tmp_path: Path) -> None:
    trace = Trace()
    async with open_loop(), net.create_server() as server:
        server.max_connections = 0
        trace.follow(server, "S", "drop", "connection")
        await listening(server, str(tmp_path / "s"))
        client = net.connect(str(tmp_path / "s"))
        await emitted(client.resume(), "close")
        assert server.drop_max_connection is None
    assert trace == ["S:drop"]


async def test_a_drop_is_told_while_the_connection_is_open() -> None:
    async with open_loop(), net.create_server() as server:
        server.max_connections = 0
        port = await listening(server)
        client = net.connect(port, "127.0.0.1")
        client.on("error", lambda _: None)
        (info,) = await emitted(server, "drop")
        assert info == {
            "localAddress": "127.0.0.1",
            "localFamily": "IPv4",
            "localPort": port,
            "remoteAddress": "127.0.0.1",
            "remoteFamily": "IPv4",
            "remotePort": info["remotePort"],
        }


async def test_a_connection_listener_that_fails_costs_its_connection_if_rejections_are_captured() -> None:
    trace = Trace()
    async with open_loop(), net.create_server(capture_rejections=True) as server:
        trace.follow(server, "S", "error")

        async def accepted(connection: net.Socket) -> None:
            trace.follow(connection, "C", "error", "close")
            raise ValueError("no")

        server.on("connection", accepted)

        async def listens() -> None:
            raise ValueError("neither")

        server.on("listening", listens)
        port = await listening(server)
        client = net.connect(port, "127.0.0.1")
        client.on("error", lambda _: None)
        await trace.until("C:close", "S:error")
        client.destroy()
        await turns()
    assert sorted(trace) == ["C:close True", "C:error ValueError: no", "S:error ValueError: neither"]


async def test_reuse_port_lets_two_servers_share_a_port() -> None:
    async with open_loop(), net.create_server() as first, net.create_server() as second:
        port = await listening(first, {"port": 0, "host": "127.0.0.1", "reusePort": True})
        await listening(second, {"port": port, "host": "127.0.0.1", "reusePort": True})
        third = net.create_server()
        third.listen(port, "127.0.0.1")
        (error,) = await emitted(third, "error")
        assert error.code == "EADDRINUSE"


async def test_an_address_that_the_kernel_does_not_tell_raises() -> None:
    async with open_loop():
        server = net.create_server().listen(0)
        sock: Any = server._sock
        next_tick(server.close)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(server, "_sock", kernel.socket(fileno=sock.fileno()))
            broken: Any = server._sock
            broken.detach()
            with pytest.raises(errors.NodeSystemError, match="address EBADF"):
                server.address()
