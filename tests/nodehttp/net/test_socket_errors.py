"""What goes wrong on a connection, with Node's codes, messages and order."""

from __future__ import annotations

import errno
import socket as kernel

import pytest

from nodehttp import net
from nodestream import errors
from nodestream.loop import next_tick, open_loop, run

from .support import Trace, emitted, flushed, listening, pair, turns


async def test_a_refused_connection_fails_the_write_that_waited_for_it() -> None:
    trace = Trace()
    async with open_loop():
        client = net.connect(1, "127.0.0.1")
        trace.follow(client, "C")
        client.write("x", trace.logger("written"))
        assert (client.writable_length, client.bytes_written) == (1, 1)
        failed = emitted(client, "error")
        (error,) = await failed
        await trace.until("written")
        assert (client.ready_state, client.pending, client.bytes_written) == ("closed", True, 1)
    refused = "ECONNREFUSED: connect ECONNREFUSED 127.0.0.1:1"
    assert trace == [
        "C:connectionAttempt '127.0.0.1' 1 4",
        f"C:connectionAttemptFailed '127.0.0.1' 1 4 {refused}",
        f"C:error {refused}",
        "C:close True",
        "written ERR_SOCKET_CLOSED_BEFORE_CONNECTION: Socket closed before the connection was established",
    ]
    assert isinstance(error, errors.NodeSystemError)
    assert (error.errno, error.syscall, error.address, error.port) == (-errno.ECONNREFUSED, "connect", "127.0.0.1", 1)


async def test_a_path_that_is_not_there_fails_after_the_ticks() -> None:
    trace = Trace()
    async with open_loop():
        client = net.Socket()
        trace.follow(client, "C")
        client.connect("/nonexistent.sock")
        trace.log("sync")
        next_tick(trace.log, "tick")
        (error,) = await emitted(client, "error")
        await trace.until("C:close")
    failure = "ENOENT: connect ENOENT /nonexistent.sock"
    assert trace == [
        "C:connectionAttempt '/nonexistent.sock' None None",
        "sync",
        "tick",
        f"C:connectionAttemptFailed '/nonexistent.sock' None None {failure}",
        f"C:error {failure}",
        "C:close True",
    ]
    assert (error.address, error.port) == ("/nonexistent.sock", None)


async def test_a_path_too_long_for_the_kernel_is_an_error_event() -> None:
    async with open_loop():
        (error,) = await emitted(net.connect("/" + "x" * 200), "error")
        assert error.code == "EINVAL"


async def test_a_connection_without_an_error_listener_raises_out_of_the_loop() -> None:
    with pytest.raises(errors.NodeSystemError, match=r"connect ECONNREFUSED 127\.0\.0\.1:1"):
        async with open_loop():
            net.connect(1, "127.0.0.1")


async def test_a_reset_by_the_peer_is_read_econnreset() -> None:
    trace = Trace()
    async with open_loop():
        client, theirs = await pair()
        trace.follow(client, "C")
        trace.follow(theirs, "S")
        client.reset_and_destroy()
        assert (client.destroyed, client.ready_state) == (True, "closed")
        (error,) = await emitted(theirs, "error")
        await trace.until("C:close", "S:close")
        assert theirs.ready_state == "closed"
    assert trace.of("S") == ["S:error ECONNRESET: read ECONNRESET", "S:close True"]
    assert trace.of("C") == ["C:close False"]
    assert (error.errno, error.syscall, error.address) == (-errno.ECONNRESET, "read", None)


async def test_data_that_came_before_a_reset_is_kept_but_not_delivered() -> None:
    trace = Trace()
    async with open_loop():
        client, theirs = await pair()
        trace.follow(theirs, "S")
        client.write("hello")
        await flushed(theirs, lambda: theirs.readable_length == 5)
        client.reset_and_destroy()
        await trace.until("S:close")
        assert theirs.readable_length == 5
    assert trace == ["S:error ECONNRESET: read ECONNRESET", "S:close True"]


async def test_a_reset_that_was_asked_for_while_connecting_comes_when_connected() -> None:
    trace = Trace()
    async with open_loop(), net.create_server(lambda connection: trace.follow(connection, "S")) as server:
        client = net.connect(await listening(server), "127.0.0.1")
        trace.follow(client, "C", "connect", "close", "error")
        client.reset_and_destroy()
        await trace.until("S:close", "C:close")
    assert trace.of("C") == ["C:connect", "C:close False"]
    assert trace.of("S") == ["S:error ECONNRESET: read ECONNRESET", "S:close True"]


async def test_a_unix_socket_cannot_be_reset(tmp_path) -> None:
    async with open_loop(), net.create_server(lambda connection: connection.resume()) as server:
        await listening(server, str(tmp_path / "s"))
        client = net.connect(str(tmp_path / "s"))
        await emitted(client, "connect")
        with pytest.raises(errors.NodeTypeError) as caught:
            client.reset_and_destroy()
        assert caught.value.code == "ERR_INVALID_HANDLE_TYPE"
        client.destroy()


async def broken() -> tuple[net.Socket, net.Socket]:
    """A connection whose peer has destroyed its end; the second write of it will fail."""
    client, theirs = await pair({"allow_half_open": True})
    theirs.resume()
    client.destroy()
    await emitted(theirs, "end")
    return client, theirs


async def test_a_write_to_a_peer_that_is_gone_is_write_epipe() -> None:
    trace = Trace()
    async with open_loop():
        _, theirs = await broken()
        trace.follow(theirs, "S")
        assert theirs.write("a", trace.logger("a written")) is True
        await trace.until("a written")
        await turns(3)
        assert theirs.write("b", trace.logger("b written")) is False
        trace.log("after")
        (error,) = await emitted(theirs, "error")
        await trace.until("S:close")
    epipe = "EPIPE: write EPIPE"
    assert trace == ["a written None", "after", f"b written {epipe}", f"S:error {epipe}", "S:close True"]
    assert (error.errno, error.syscall) == (-errno.EPIPE, "write")


async def test_a_reset_is_the_readers_error_though_a_write_waits() -> None:
    trace = Trace()
    async with open_loop():
        client, theirs = await pair()
        trace.follow(theirs, "S", "error", "close")
        theirs.resume()
        assert theirs.write(bytes(8 << 20), trace.logger("write")) is False
        await turns()
        client.reset_and_destroy()
        await trace.until("S:close")
    assert trace == ["S:error ECONNRESET: read ECONNRESET", "write ECANCELED: write ECANCELED", "S:close True"]


async def test_a_reset_is_the_writers_error_if_nobody_reads() -> None:
    trace = Trace()
    async with open_loop():
        client, theirs = await pair({"pauseOnConnect": True})
        trace.follow(theirs, "S", "error", "close")
        assert theirs.write(bytes(8 << 20), trace.logger("write")) is False
        await turns()
        client.reset_and_destroy()
        await trace.until("S:close")
    reset = "ECONNRESET: write ECONNRESET"
    assert trace == [f"write {reset}", f"S:error {reset}", "S:close True"]


async def test_what_waits_behind_a_failed_write_fails_with_it() -> None:
    trace = Trace()
    async with open_loop():
        _, theirs = await broken()
        trace.follow(theirs, "S")
        theirs.write("a")
        await turns(3)
        theirs.write("b", trace.logger("b"))
        theirs.write("c", trace.logger("c"))
        theirs.end("d", trace.logger("end"))
        next_tick(trace.log, "tick")
        await trace.until("S:close")
    epipe = "EPIPE: write EPIPE"
    assert trace == [f"b {epipe}", f"c {epipe}", f"end {epipe}", "tick", f"S:error {epipe}", "S:close True"]


async def test_destroying_cancels_the_write_under_way_and_all_behind_it() -> None:
    trace = Trace()
    async with open_loop():
        client, theirs = await pair()
        trace.follow(client, "C")
        assert client.write(bytes(8 << 20), trace.logger("first")) is False
        client.write("abc", trace.logger("second"))
        client.end("q", trace.logger("end"))
        assert (client.writable_length, client.bytes_written) == ((8 << 20) + 4, (8 << 20) + 4)
        await turns()
        client.destroy()
        trace.log("destroyed")
        await trace.until("C:close")
        assert client.bytes_written == 8 << 20
        theirs.resume()
        await emitted(theirs, "close")
    cancelled = "ECANCELED: write ECANCELED"
    assert trace == ["destroyed", f"first {cancelled}", f"second {cancelled}", f"end {cancelled}", "C:close False"]


async def test_destroying_with_an_error_gives_it_to_the_writes_behind_the_one_under_way() -> None:
    trace = Trace()
    async with open_loop():
        client, theirs = await pair()
        trace.follow(client, "C")
        client.write(bytes(8 << 20), trace.logger("first"))
        client.write("abc", trace.logger("second"))
        await turns()
        client.destroy(ValueError("boo"))
        await trace.until("C:close")
        theirs.resume()
        await emitted(theirs, "close")
    assert trace == [
        "C:error ValueError: boo",
        "first ECANCELED: write ECANCELED",
        "second ValueError: boo",
        "C:close True",
    ]


async def test_cancelling_the_block_destroys_every_socket() -> None:
    import trio

    trace = Trace()
    with trio.CancelScope() as scope:
        async with open_loop():
            client, theirs = await pair()
            trace.follow(client, "C")
            trace.follow(theirs, "S")
            async with net.create_server() as server:
                trace.follow(server, "server", "close")
                await listening(server)
                scope.cancel()
                await turns()
    assert sorted(trace) == ["C:close False", "S:close False", "server:close"]
    assert client.destroyed and theirs.destroyed and not server.listening


def test_an_exception_in_a_listener_leaves_nothing_open() -> None:
    def serve(connection: net.Socket) -> None:
        raise KeyError("mine")

    server = net.create_server(serve).listen(0)
    client = net.connect(server.address()["port"], "127.0.0.1")
    with pytest.raises(KeyError, match="mine"):
        run()
    assert client.destroyed
    assert not server.listening


async def test_a_listener_that_connects_again_when_the_loop_ends_leaves_nothing_open() -> None:
    connected: list[net.Socket] = []

    def reconnect(_had_error: bool) -> None:
        connected.append(net.connect(port, "127.0.0.1"))
        connected[-1].on("close", reconnect)

    with pytest.raises(ZeroDivisionError):
        async with open_loop():
            client, _ = await pair()
            listener = kernel.create_server(("127.0.0.1", 0))
            port = listener.getsockname()[1]
            client.on("close", reconnect)
            listener.close()
            raise ZeroDivisionError
    assert len(connected) <= 1
    assert all(socket.destroyed for socket in connected)
