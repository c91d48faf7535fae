"""Idle timeouts, and what is set on a socket before and after it is connected."""

from __future__ import annotations

import socket as kernel
from typing import Any

import pytest
from trio.testing import MockClock

from nodehttp import net
from nodestream import errors
from nodestream._timer_heap import TimeoutOverflowWarning
from nodestream.loop import open_loop, run
from nodestream.timers import set_timeout

from .support import Trace, emitted, listening, pair


def idle_clock() -> MockClock:
    """Time that passes only while nothing happens."""
    return MockClock(autojump_threshold=0.01)


def test_timeout_is_emitted_once_for_each_idle_time() -> None:
    trace = Trace()

    async def main() -> None:
        client, theirs = await pair()
        theirs.resume()
        assert client.timeout is None
        assert client.set_timeout(1000, trace.logger("callback")) is client
        assert client.timeout == 1000
        client.on("timeout", trace.logger("timeout"))
        set_timeout(trace.logger("2500 ms later"), 2500)
        await trace.until("2500")
        client.write("x")
        await trace.until("timeout", count=2)
        client.set_timeout(0)
        assert client.timeout == 0
        client.destroy()
        await emitted(theirs, "close")

    run(main, clock=idle_clock())
    assert trace == ["callback", "timeout", "2500 ms later", "timeout"]


def test_receiving_puts_the_timeout_off() -> None:
    trace = Trace()

    async def main() -> None:
        client, theirs = await pair()
        client.resume()
        client.set_timeout(1000, trace.logger("timeout"))
        for moment in (600, 1200, 1800):
            set_timeout(lambda moment=moment: (theirs.write("x"), trace.log(f"{moment}")), moment)
        await trace.until("timeout")
        client.destroy()
        theirs.destroy()

    run(main, clock=idle_clock())
    assert trace == ["600", "1200", "1800", "timeout"]


def test_a_timeout_does_not_keep_the_loop_running() -> None:
    trace = Trace()
    net.Socket().set_timeout(1000, trace.logger("timeout"))
    run(clock=idle_clock())
    assert trace == []


def test_connecting_counts_as_activity_and_the_option_sets_the_timeout() -> None:
    trace = Trace()

    async def main() -> None:
        server = net.create_server(lambda connection: connection.resume())
        port = await listening(server)
        client = net.connect(port=port, host="127.0.0.1", timeout=500)
        assert client.timeout == 500
        client.on("timeout", lambda: (trace.log("timeout"), client.destroy(), server.close()))

    run(main, clock=idle_clock())
    assert trace == ["timeout"]


def test_a_long_write_that_goes_on_is_not_idle() -> None:
    trace = Trace()

    async def main() -> None:
        client, theirs = await pair()
        client.on("timeout", trace.logger("timeout"))
        client.write(bytes(16 << 20))
        client.set_timeout(1000)
        # The first timeout sees bytes that wait, the second that they are still as many.
        set_timeout(trace.logger("1500 ms"), 1500)
        await trace.until("timeout")
        client.destroy()
        theirs.resume()

    run(main, clock=idle_clock())
    assert trace == ["1500 ms", "timeout"]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            (-1,),
            errors.ERR_OUT_OF_RANGE,
            'The value of "msecs" is out of range. It must be a non-negative finite number. Received -1',
        ),
        (
            ("a",),
            errors.ERR_INVALID_ARG_TYPE,
            "The \"msecs\" argument must be of type number. Received type string ('a')",
        ),
        (
            (5, 5),
            errors.ERR_INVALID_ARG_TYPE,
            'The "callback" argument must be of type function. Received type number (5)',
        ),
    ],
)
async def test_a_wrong_timeout_raises(arguments: tuple[Any, ...], error: type[Exception], message: str) -> None:
    async with open_loop():
        socket = net.Socket()
        with pytest.raises(error) as caught:
            socket.set_timeout(*arguments)
        assert str(caught.value) == message
        socket.destroy()
        assert socket.set_timeout(5) is socket


async def test_zero_takes_the_callback_away() -> None:
    async with open_loop():
        socket = net.Socket()

        def callback() -> None: ...

        socket.set_timeout(1000, callback)
        assert socket.listener_count("timeout") == 1
        socket.set_timeout(0, callback)
        assert socket.listener_count("timeout") == 0
        socket.destroy()


async def test_options_set_before_the_connection_take_effect_with_it() -> None:
    async with open_loop(), net.create_server(lambda connection: connection.resume()) as server:
        client = net.Socket(no_delay=True)
        assert client.set_keep_alive(True, 7000) is client
        client.connect(await listening(server), "127.0.0.1")
        await emitted(client, "connect")
        sock = client._channel._sock
        assert sock.getsockopt(kernel.IPPROTO_TCP, kernel.TCP_NODELAY)
        assert sock.getsockopt(kernel.IPPROTO_TCP, kernel.TCP_KEEPIDLE) == 7
        assert client.set_no_delay(False) is client
        assert not sock.getsockopt(kernel.IPPROTO_TCP, kernel.TCP_NODELAY)
        client.set_keep_alive(False)
        assert not sock.getsockopt(kernel.SOL_SOCKET, kernel.SO_KEEPALIVE)
        client.destroy()


async def test_tcp_options_mean_nothing_to_a_unix_socket(tmp_path: Any) -> None:
    async with open_loop():
        options = {"noDelay": True, "keepAlive": True}
        async with net.create_server(options, lambda connection: connection.resume()) as server:
            await listening(server, str(tmp_path / "s"))
            client = net.connect({"path": str(tmp_path / "s"), "keepAlive": True, "keepAliveInitialDelay": 1000})
            await emitted(client, "connect")
            client.destroy()


async def test_keep_alive_takes_all_there_is_to_say_as_arguments_or_as_a_mapping() -> None:
    async with open_loop(), net.create_server(lambda connection: connection.resume()) as server:
        client = net.connect(await listening(server), "127.0.0.1")
        await emitted(client, "connect")
        sock = client._channel._sock

        def probes() -> list[int]:
            options = (kernel.TCP_KEEPIDLE, kernel.TCP_KEEPINTVL, kernel.TCP_KEEPCNT)
            return [sock.getsockopt(kernel.IPPROTO_TCP, option) for option in options]

        client.set_keep_alive(True, 7999)
        assert probes() == [7, 1, 10]
        client.set_keep_alive(True, 7000, 3000, 4)
        assert probes() == [7, 3, 4]
        client.setKeepAlive({"enable": True, "initialDelay": 8000, "interval": 2000, "count": 5})
        assert probes() == [8, 2, 5]
        client.set_keep_alive({})
        assert not sock.getsockopt(kernel.SOL_SOCKET, kernel.SO_KEEPALIVE)
        client.destroy()


@pytest.mark.parametrize(("value", "seconds"), [(-123_000, 0), (999, 0), (1e300, 2**31 - 1), (456_123, 456)])
def test_a_delay_is_taken_in_whole_seconds(value: float, seconds: int) -> None:
    assert net.Server(keep_alive_initial_delay=value).keep_alive_initial_delay == seconds
    socket = net.Socket(keep_alive=True, keep_alive_initial_delay=value)
    assert socket._keep_alive.delay == seconds


@pytest.mark.parametrize("make", [net.Socket, net.Server])
def test_a_delay_must_be_a_number(make: Any) -> None:
    with pytest.raises(errors.ERR_INVALID_ARG_TYPE, match=r"options\.keepAliveInitialDelay"):
        make(keep_alive_initial_delay="x")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_the_type_of_service_is_the_kernel_s_while_there_is_a_connection(host: str) -> None:
    async with open_loop(), net.create_server(lambda connection: connection.resume()) as server:
        client = net.Socket(type_of_service=16)
        assert client.get_type_of_service() == 16
        assert client.set_type_of_service(32) is client
        port = await listening(server, 0, host)
        client.connect(port, host)
        await emitted(client, "connect")
        sock, version = client._channel._sock, (kernel.IPPROTO_IP, kernel.IP_TOS)
        if host == "::1":
            version = (kernel.IPPROTO_IPV6, kernel.IPV6_TCLASS)
        assert sock.getsockopt(*version) == client.getTypeOfService() == 32
        assert client.setTypeOfService(8).get_type_of_service() == 8
        sock.setsockopt(*version, 4)
        assert client.get_type_of_service() == 4
        client.destroy()
        assert client.get_type_of_service() == 8
    assert net.Socket().get_type_of_service() == 0


@pytest.mark.parametrize(
    ("tos", "code"),
    [
        ("x", "ERR_INVALID_ARG_TYPE"),
        (float("nan"), "ERR_INVALID_ARG_TYPE"),
        (256, "ERR_OUT_OF_RANGE"),
        (-1, "ERR_OUT_OF_RANGE"),
        (1.5, "ERR_OUT_OF_RANGE"),
    ],
)
def test_a_wrong_type_of_service_raises(tos: Any, code: str) -> None:
    with pytest.raises(errors.NodeError) as caught:
        net.Socket().set_type_of_service(tos)
    assert caught.value.code == code
    with pytest.raises(errors.NodeError):
        net.Socket(type_of_service=tos)


def test_a_timeout_longer_than_a_timer_can_wait_is_cut_with_a_warning() -> None:
    socket = net.Socket()
    with pytest.warns(TimeoutOverflowWarning, match=r"Timer duration was truncated to 2147483647\."):
        socket.set_timeout(2**40)
    assert socket.timeout == 2**40
    socket.destroy()


@pytest.mark.parametrize("name", ["objectMode", "readableObjectMode", "writableObjectMode"])
def test_a_socket_has_no_object_mode(name: str) -> None:
    with pytest.raises(errors.ERR_INVALID_ARG_VALUE) as caught:
        net.Socket({name: True})
    assert str(caught.value) == f"The property 'options.{name}' is not supported. Received true"


def test_an_unknown_keyword_is_an_error_and_an_unknown_key_is_not() -> None:
    with pytest.raises(TypeError, match="'bogus'"):
        net.Socket(bogus=1)
    with pytest.raises(TypeError, match="'bogus'"):
        net.create_server(bogus=1)
    with pytest.raises(TypeError, match="'bogus'"):
        net.connect(port=1, bogus=1)
    net.Socket({"bogus": 1}).destroy()
    run()


@pytest.mark.parametrize(
    ("arguments", "received"),
    [((5,), "type number (5)"), (("a",), "type string ('a')"), ((True,), "type boolean (true)")],
)
def test_the_options_of_a_server_are_a_mapping(arguments: tuple[Any, ...], received: str) -> None:
    with pytest.raises(errors.ERR_INVALID_ARG_TYPE) as caught:
        net.create_server(*arguments)
    assert str(caught.value) == f'The "options" argument must be of type object. Received {received}'
    assert isinstance(net.create_server(None), net.Server)


def test_the_number_of_connections_needs_a_callback() -> None:
    with pytest.raises(errors.ERR_INVALID_ARG_TYPE, match='The "callback" argument must be of type function'):
        net.create_server().get_connections(None)  # type: ignore[arg-type]
