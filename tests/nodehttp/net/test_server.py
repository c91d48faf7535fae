"""Listening, accepting, closing."""

from __future__ import annotations

import errno
import logging
import os
import socket as kernel
import stat
from pathlib import Path
from typing import Any

import pytest

from nodehttp import net
from nodestream import errors
from nodestream.loop import next_tick, open_loop, run
from nodestream.timers import set_immediate

from .support import Trace, emitted, listening


async def test_a_port_of_all_interfaces_is_bound_at_once() -> None:
    trace = Trace()
    async with open_loop():
        server = net.create_server()
        trace.follow(server, "server", "listening", "close")
        server.listen(0)
        address = server.address()
        assert server.listening
        assert isinstance(address, dict)
        assert (address["address"], address["family"], address["port"] > 0) == ("::", "IPv6", True)
        next_tick(trace.log, "tick")
        set_immediate(trace.log, "immediate")
        await trace.until("immediate")
        with pytest.raises(errors.ERR_SERVER_ALREADY_LISTEN):
            server.listen(0)
        server.close()
        assert (server.listening, server.address()) == (False, None)
        await trace.until("server:close")
    assert trace == ["server:listening", "tick", "immediate", "server:close"]


async def test_a_host_is_bound_in_a_tick() -> None:
    async with open_loop():
        server = net.create_server()
        server.listen(0, "127.0.0.1")
        assert (server.listening, server.address()) == (False, None)
        await emitted(server, "listening")
        assert server.listening
        server.close()


async def test_a_name_is_looked_up() -> None:
    async with open_loop():
        server = net.create_server()
        server.listen(0, "localhost")
        await emitted(server, "listening")
        assert server.address()["address"] in ("127.0.0.1", "::1")
        server.close()


async def test_dual_stack_serves_both_families() -> None:
    async with open_loop():
        families: list[str | None] = []

        def serve(connection: net.Socket) -> None:
            families.append(connection.remote_family)
            connection.resume().end()

        async with net.create_server(serve) as server:
            port = await listening(server, 0)
            for host in ("127.0.0.1", "::1"):
                client = net.connect(port, host)
                client.resume()
                await emitted(client, "close")
    assert families == ["IPv6", "IPv6"]


async def test_ipv6_only_refuses_ipv4() -> None:
    async with open_loop(), net.create_server() as server:
        port = await listening(server, {"port": 0, "host": "::", "ipv6Only": True})
        (error,) = await emitted(net.connect(port, "127.0.0.1"), "error")
        assert error.code == "ECONNREFUSED"


async def test_without_ipv6_all_interfaces_are_those_of_ipv4(monkeypatch: pytest.MonkeyPatch) -> None:
    class WithoutIPv6(kernel.socket):
        def __init__(self, family: int = -1, *args: Any, **keywords: Any) -> None:
            if family == kernel.AF_INET6:
                raise OSError(errno.EAFNOSUPPORT, "no IPv6")
            super().__init__(family, *args, **keywords)

    async with open_loop():
        server = net.create_server()
        monkeypatch.setattr(kernel, "socket", WithoutIPv6)
        server.listen(0)
        monkeypatch.undo()
        assert server.address()["address"] == "0.0.0.0"
        server.close()


async def test_a_port_in_use_is_an_error_event_after_the_ticks() -> None:
    trace = Trace()
    async with open_loop(), net.create_server() as server:
        port = await listening(server)
        other = net.create_server()
        trace.follow(other, "other", "listening", "close", "error")
        other.listen(port, "127.0.0.1")
        next_tick(trace.log, "tick")
        (error,) = await emitted(other, "error")
        assert not other.listening
        assert (error.code, error.errno, error.syscall) == ("EADDRINUSE", -errno.EADDRINUSE, "listen")
        assert (error.address, error.port) == ("127.0.0.1", port)
        other.listen(port)
        (error,) = await emitted(other, "error")
        assert str(error) == f"listen EADDRINUSE: address already in use :::{port}"
        other.listen(0, "127.0.0.1")
        await emitted(other, "listening")
        other.close()
    assert trace[:2] == ["tick", f"other:error EADDRINUSE: listen EADDRINUSE: address already in use 127.0.0.1:{port}"]


@pytest.mark.parametrize(
    ("arguments", "message", "address", "port"),
    [
        ((0, "203.0.113.7"), "listen EADDRNOTAVAIL: address not available 203.0.113.7", "203.0.113.7", None),
        (("/nonexistent/dir/x",), "listen EACCES: permission denied /nonexistent/dir/x", "/nonexistent/dir/x", -1),
    ],
)
async def test_an_address_that_cannot_be_bound_is_an_error_event(
    arguments: tuple[Any, ...], message: str, address: str, port: int | None
) -> None:
    async with open_loop():
        server = net.create_server()
        server.listen(*arguments)
        (error,) = await emitted(server, "error")
        assert (str(error), error.address, error.port) == (message, address, port)


async def test_a_host_that_does_not_exist_is_an_error_event(monkeypatch: pytest.MonkeyPatch) -> None:
    def lookup(*_: object) -> None:
        raise kernel.gaierror(kernel.EAI_NONAME, "unknown")

    monkeypatch.setattr(kernel, "getaddrinfo", lookup)
    async with open_loop():
        server = net.create_server()
        server.listen(0, "nosuch.invalid")
        (error,) = await emitted(server, "error")
        assert (str(error), error.code, error.errno) == ("getaddrinfo ENOTFOUND nosuch.invalid", "ENOTFOUND", -3008)
        assert (error.syscall, error.hostname) == ("getaddrinfo", "nosuch.invalid")


async def test_a_path_is_bound_at_once_and_removed_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "s"
    async with open_loop():
        server = net.create_server()
        server.listen({"path": str(path), "readableAll": True, "writableAll": True})
        assert server.address() == str(path)
        assert stat.S_IMODE(os.stat(path).st_mode) & 0o666 == 0o666
        other = net.create_server()
        other.listen(str(path))
        (error,) = await emitted(other, "error")
        assert (str(error), error.port) == (f"listen EADDRINUSE: address already in use {path}", -1)
        server.close()
        assert not path.exists()


async def test_closing_before_a_pending_listen_prevents_it() -> None:
    trace = Trace()
    async with open_loop():
        server = net.create_server()
        trace.follow(server, "A", "listening", "close")
        server.listen(0, "127.0.0.1")
        server.close(trace.logger("A callback"))
        await trace.until("A callback")
        server = net.create_server()
        trace.follow(server, "B", "listening", "close")
        server.listen(0)
        server.close(trace.logger("B callback"))
        await trace.until("B callback")
    assert trace == [
        "A:close",
        "A callback ERR_SERVER_NOT_RUNNING: Server is not running.",
        "B:close",
        "B callback None",
    ]


async def test_close_waits_for_the_last_connection() -> None:
    trace = Trace()
    async with open_loop():
        server = net.create_server(lambda connection: connection.resume())
        trace.follow(server, "server", "close")
        port = await listening(server)
        client = net.connect(port, "127.0.0.1")
        client.resume()
        await emitted(server, "connection")
        server.close(trace.logger("callback"))
        assert not server.listening
        late = net.connect(port, "127.0.0.1")
        trace.follow(late, "late", "error")
        await trace.until("late:error")
        server.get_connections(trace.logger("connections"))
        assert trace.count_of("connections") == 0
        await trace.until("connections")
        client.end()
        await trace.until("callback")
    assert trace == [
        f"late:error ECONNREFUSED: connect ECONNREFUSED 127.0.0.1:{port}",
        "connections None 1",
        "server:close",
        "callback None",
    ]


async def test_a_server_can_listen_again_after_it_was_closed() -> None:
    async with open_loop():
        server = net.create_server(lambda connection: connection.end())
        for _ in range(3):
            port = await listening(server)
            client = net.connect(port, "127.0.0.1")
            client.resume()
            await emitted(client, "close")
            server.close()
            await emitted(server, "close")


async def test_async_with_closes_the_server_and_waits_for_its_connections() -> None:
    trace = Trace()
    async with open_loop():
        async with net.create_server(lambda connection: connection.resume()) as server:
            trace.follow(server, "server", "close")
            client = net.connect(await listening(server), "127.0.0.1")
            client.resume()
            await emitted(server, "connection")
            set_immediate(lambda: (trace.log("ends"), client.end()))
        trace.log("after")
        async with server:  # it does not listen any more: there is nothing to wait for
            pass
    assert trace == ["ends", "server:close", "after"]


async def test_connections_beyond_the_maximum_are_dropped() -> None:
    trace = Trace()
    async with open_loop():
        server = net.create_server(lambda connection: connection.resume())
        server.max_connections = 1
        dropped: list[dict[str, Any]] = []
        server.on("drop", dropped.append)
        port = await listening(server)
        first = net.connect(port, "127.0.0.1")
        await emitted(server, "connection")
        second = net.connect(port, "127.0.0.1")
        trace.follow(second, "second", "connect", "end", "finish", "close")
        second.resume()
        await trace.until("second:close")
        first.end()
        first.resume()
        await emitted(first, "close")
        server.close()
    assert trace == ["second:connect", "second:end", "second:finish", "second:close False"]
    (info,) = dropped
    assert info.pop("remotePort") > 0
    assert info == {
        "localAddress": "127.0.0.1",
        "localFamily": "IPv4",
        "localPort": port,
        "remoteAddress": "127.0.0.1",
        "remoteFamily": "IPv4",
    }


async def test_each_connection_is_a_turn_of_its_own() -> None:
    trace = Trace()
    async with open_loop():

        def serve(connection: net.Socket) -> None:
            trace.log("connection")
            next_tick(trace.log, "tick")
            set_immediate(trace.log, "immediate")
            connection.resume()

        async with net.create_server(serve) as server:
            port = await listening(server)
            waiting = [kernel.create_connection(("127.0.0.1", port)) for _ in range(3)]
            await trace.until("immediate", count=3)
            for connection in waiting:
                connection.close()
    assert trace == ["connection", "tick", "immediate"] * 3


async def test_many_connections_are_served_and_leave_nothing_behind() -> None:
    async with open_loop():
        total = 300
        answers: list[bytes] = []
        finished = Trace()

        async with net.create_server(lambda connection: connection.pipe(connection)) as server:
            port = await listening(server)
            for number in range(total):
                client = net.connect(port, "127.0.0.1")
                client.on("data", answers.append)
                client.on("close", finished.logger("closed"))
                client.end(b"%d" % number)
            await finished.until("closed", count=total)
    assert sorted(map(int, answers)) == list(range(total))
    assert set(finished) == {"closed False"}


class _FullKernel:
    """A listening socket whose accept fails, as if the process had too many files open, as often as told."""

    def __init__(self, sock: kernel.socket, failures: int) -> None:
        self._sock = sock
        self.failures = failures

    def accept(self) -> Any:
        if self.failures:
            self.failures -= 1
            raise OSError(errno.EMFILE, "too many open files")
        return self._sock.accept()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


def test_running_out_of_files_is_logged_and_accepting_goes_on_later(caplog: pytest.LogCaptureFixture) -> None:
    from trio.testing import MockClock

    served: list[net.Socket] = []

    def serve(connection: net.Socket) -> None:
        served.append(connection)
        connection.resume().end()
        server.close()

    server = net.create_server(serve).listen(0)
    full = _FullKernel(server._sock, 2)  # type: ignore[arg-type]
    server._sock = full  # type: ignore[assignment]
    client = net.connect(server.address()["port"], "127.0.0.1")
    client.resume()
    with caplog.at_level(logging.WARNING, "nodehttp.net"):
        run(clock=MockClock(autojump_threshold=0.01))
    assert len(served) == 1
    assert [record.getMessage()[:28] for record in caplog.records] == ["cannot accept a connection, "] * 2


async def test_another_failure_to_accept_is_an_error_event() -> None:
    async with open_loop():
        server = net.create_server()
        await listening(server)

        class Failing(_FullKernel):
            def accept(self) -> Any:
                raise OSError(errno.EPERM, "no")

        server._sock = Failing(server._sock, 0)  # type: ignore[assignment, arg-type]
        server.on("error", lambda _: None)
        with kernel.create_connection(("127.0.0.1", server.address()["port"])):
            (error,) = await emitted(server, "error")
            server.close()
        assert str(error) == "accept EPERM"


async def test_options_are_given_to_each_connection() -> None:
    async with open_loop():
        options = {"noDelay": True, "keepAlive": True, "keepAliveInitialDelay": 3000, "highWaterMark": 99}
        async with net.create_server(options, allow_half_open=True) as server:
            client = net.connect(await listening(server), "127.0.0.1")
            (theirs,) = await emitted(server, "connection")
            sock = theirs._channel._sock
            assert sock.getsockopt(kernel.IPPROTO_TCP, kernel.TCP_NODELAY)
            assert sock.getsockopt(kernel.SOL_SOCKET, kernel.SO_KEEPALIVE)
            assert sock.getsockopt(kernel.IPPROTO_TCP, kernel.TCP_KEEPIDLE) == 3
            assert (theirs.readable_high_water_mark, theirs.writable_high_water_mark) == (99, 99)
            assert theirs.allow_half_open
            assert theirs.server is server
            client.destroy()
            theirs.destroy()


def test_an_unreferenced_server_does_not_keep_the_loop_running() -> None:
    server = net.create_server()
    assert server.unref() is server
    server.listen(0)
    run()
    assert not server.listening
    assert net.create_server().ref().listening is False


def test_the_repr_tells_where_it_listens() -> None:
    server = net.create_server()
    assert repr(server) == "<Server not listening, 0 connections>"
    server.listen({"port": 0, "host": "127.0.0.1"}, server.close)
    run()
