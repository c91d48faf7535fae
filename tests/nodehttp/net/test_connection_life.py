"""From connect to close: the events of both ends, in the order in which Node emits them."""

from __future__ import annotations

from nodehttp import net
from nodestream.loop import next_tick, open_loop, run
from nodestream.timers import set_immediate

from .support import Trace, emitted, listening, pair, turns


async def test_a_short_connection_goes_through_the_events_of_node() -> None:
    trace = Trace()
    async with open_loop():

        def serve(connection: net.Socket) -> None:
            trace.log("server:connection")
            trace.follow(connection, "S")
            connection.on("data", trace.logger("S:data"))
            connection.end("bye")

        server = net.create_server(serve)
        trace.follow(server, "server", "listening", "close")
        port = await listening(server)
        client = net.connect(port, "127.0.0.1", trace.logger("callback"))
        trace.follow(client, "C")
        client.on("data", trace.logger("C:data"))
        next_tick(trace.log, "tick")
        client.on("connect", lambda: next_tick(trace.log, "tick in connect"))
        await trace.until("C:close")
        server.close(trace.logger("close callback"))
        await trace.until("S:close")
    assert trace.of("C") == [
        f"C:connectionAttempt '127.0.0.1' {port} 4",
        "C:connect",
        "C:ready",
        "C:data b'bye'",
        "C:end",
        "C:prefinish",
        "C:finish",
        "C:close False",
    ]
    assert trace.of("S") == ["S:prefinish", "S:finish", "S:end", "S:close False"]
    assert trace.of("server") == ["server:listening", "server:connection", "server:close"]
    assert trace.index("tick") < trace.index("callback") < trace.index("C:connect")
    assert trace.index("C:ready") < trace.index("tick in connect") < trace.index("C:data b'bye'")
    assert trace.index("server:close") + 1 == trace.index("close callback None")


async def test_properties_tell_of_each_stage() -> None:
    seen = []

    def look(socket: net.Socket) -> None:
        seen.append((socket.connecting, socket.pending, socket.ready_state, socket.remote_family, socket.bytes_read))

    async with open_loop(), net.create_server(lambda connection: connection.end("bye")) as server:
        port = await listening(server)
        client = net.connect(port, "127.0.0.1")
        look(client)
        assert client.address() == {}
        client.on("connect", lambda: look(client))
        client.on("connect", lambda: seen.append((client.local_address, client.remote_port == port)))
        client.resume()
        await emitted(client, "close")
        look(client)
        assert client.address() == {}
        assert client.bytes_written == 0
    assert seen == [
        (True, True, "opening", None, 0),
        (False, False, "open", "IPv4", 0),
        ("127.0.0.1", True),
        (False, True, "closed", "IPv4", 3),
    ]


async def test_a_fresh_socket_is_pending_and_open() -> None:
    async with open_loop():
        socket = net.Socket()
        state = (socket.pending, socket.connecting, socket.ready_state, socket.address(), socket.buffer_size)
        assert state == (True, False, "open", {}, None)
        assert (socket.readable, socket.writable) == (True, True)
        assert (socket.listener_count("end"), socket.event_names()) == (1, ["end"])
        socket.destroy()


async def test_ending_finishes_after_the_ticks_and_before_the_immediates() -> None:
    trace = Trace()
    async with open_loop():
        client, theirs = await pair({"allow_half_open": True})
        trace.follow(theirs, "S")

        def ends() -> None:
            theirs.end("zzz", trace.logger("end callback"))
            next_tick(trace.log, "tick")
            set_immediate(trace.log, "immediate")

        theirs.on("data", lambda _: ends())
        client.write("x")
        client.resume()
        await trace.until("S:close")
    assert trace == [
        "tick",
        "S:prefinish",
        "end callback None",
        "S:finish",
        "immediate",
        "S:end",
        "S:close False",
    ]


async def test_close_comes_after_the_ticks_and_the_immediates() -> None:
    trace = Trace()
    async with open_loop():
        client, theirs = await pair({"allow_half_open": True})

        def destroys() -> None:
            client.destroy()
            set_immediate(trace.log, "immediate")
            next_tick(trace.log, "tick")

        trace.follow(client, "C")
        client.on("data", lambda _: destroys())
        theirs.end("x")
        theirs.resume()
        await emitted(theirs, "close")
    assert trace == ["tick", "immediate", "C:close False"]


async def test_without_half_open_the_end_of_the_peer_ends_this_side() -> None:
    trace = Trace()
    async with open_loop():
        client, theirs = await pair()
        trace.follow(client, "C")
        trace.follow(theirs, "S")

        def on_end() -> None:
            trace.log(f"S is {theirs.ready_state}")
            trace.log(f"write {theirs.write('late', trace.logger('late written'))}")

        theirs.on("end", on_end)
        theirs.resume()
        client.resume()
        client.end("x")
        await trace.until("C:close", "S:close")
    assert trace == [
        "C:prefinish",
        "C:finish",
        "S:end",
        "S is writeOnly",
        "write True",
        "late written None",
        "S:prefinish",
        "S:finish",
        "S:close False",
        "C:end",
        "C:close False",
    ]


async def test_a_write_after_this_side_was_ended_for_it_blames_the_peer() -> None:
    trace = Trace()
    async with open_loop():
        client, theirs = await pair()
        trace.follow(theirs, "S", "close")

        def writes() -> None:
            trace.log(f"write {theirs.write('late', trace.logger('written'))}")

        theirs.on("end", lambda: set_immediate(writes))
        theirs.resume()
        client.resume()
        client.end()
        await trace.until("S:close")
    assert trace == ["write False", "written EPIPE: This socket has been ended by the other party", "S:close False"]


async def test_with_half_open_this_side_writes_on_after_the_end_of_the_peer() -> None:
    trace = Trace()
    async with open_loop():
        client, theirs = await pair({"allow_half_open": True})
        trace.follow(theirs, "S")
        got = []
        client.on("data", got.append)

        def on_end() -> None:
            trace.log(theirs.ready_state)
            theirs.write("more")
            set_immediate(theirs.end, "bye")

        theirs.on("end", on_end)
        theirs.resume()
        client.end("x")
        await emitted(client, "close")
        await trace.until("S:close")
    assert b"".join(got) == b"morebye"
    assert trace == ["S:end", "writeOnly", "S:prefinish", "S:finish", "S:close False"]


async def test_a_socket_whose_end_nobody_reads_stays_open() -> None:
    trace = Trace()
    async with open_loop():
        client, theirs = await pair()
        trace.follow(theirs, "S")
        client.end("zzz")
        theirs.end("1")
        await emitted(theirs, "finish")
        while not theirs.readable_length:
            await turns()
        await turns(3)
        assert (theirs.ready_state, theirs.readable_length) == ("readOnly", 3)
        assert trace == ["S:prefinish", "S:finish"]
        theirs.resume()
        client.resume()
        await emitted(theirs, "close")
    assert trace[2:] == ["S:end", "S:close False"]


async def test_destroying_before_the_connection_fails_what_was_written() -> None:
    trace = Trace()
    async with open_loop(), net.create_server() as server:
        port = await listening(server)
        client = net.connect(port, "127.0.0.1")
        trace.follow(client, "C")
        client.write("x", trace.logger("written"))
        client.end(trace.logger("ended"))
        client.destroy(ValueError("boo"))
        set_immediate(trace.log, "immediate")
        assert (client.connecting, client.pending, client.ready_state) == (False, True, "closed")
        await trace.until("ended")
    assert trace == [
        "C:error ValueError: boo",
        "immediate",
        "C:close True",
        "written ERR_SOCKET_CLOSED_BEFORE_CONNECTION: Socket closed before the connection was established",
        "ended ValueError: boo",
    ]


async def test_destroying_without_an_error_before_the_connection_is_quiet() -> None:
    trace = Trace()
    async with open_loop():
        client = net.connect(1, "localhost")
        trace.follow(client, "C")
        client.end(trace.logger("ended"))
        client.destroy()
        await trace.until("C:close")
    assert trace == ["ended ERR_STREAM_DESTROYED: Cannot call end after a stream was destroyed", "C:close False"]


async def test_what_a_fresh_socket_is_asked_to_do_fails_with_closed() -> None:
    trace = Trace()
    async with open_loop():
        socket = net.Socket()
        trace.follow(socket, "A")
        assert socket.write("x", trace.logger("written")) is False
        await trace.until("A:close")
        socket = net.Socket()
        trace.follow(socket, "B")
        socket.reset_and_destroy()
        await trace.until("B:close")
        socket = net.Socket()
        trace.follow(socket, "C")
        socket.end()
        await trace.until("C:finish")
        socket.destroy()
        await trace.until("C:close")
    assert trace == [
        "written ERR_SOCKET_CLOSED: Socket is closed",
        "A:error ERR_SOCKET_CLOSED: Socket is closed",
        "A:close",
        "B:error ERR_SOCKET_CLOSED: Socket is closed",
        "B:close",
        "C:prefinish",
        "C:finish",
        "C:close",
    ]


async def test_a_closed_socket_can_connect_again() -> None:
    trace = Trace()
    async with open_loop(), net.create_server(lambda connection: connection.end("hello")) as server:
        port = await listening(server)
        client = net.connect(port, "127.0.0.1")
        trace.follow(client, "C", "connect", "end", "finish", "error", "close")
        client.resume()
        await trace.until("C:close")
        assert client.bytes_read == 5
        client.connect(port, "127.0.0.1")
        assert (client.destroyed, client.connecting, client.ready_state) == (False, True, "opening")
        await trace.until("C:close", count=2)
        assert client.bytes_read == 5
    once = ["C:connect", "C:end", "C:finish", "C:close False"]
    assert trace == once + once


async def test_a_socket_connects_only_once_at_a_time() -> None:
    async with open_loop():
        client, theirs = await pair()
        theirs.resume()
        client.connect(1, "127.0.0.1")
        (error,) = await emitted(client, "error")
        assert (error.code, error.message) == ("EISCONN", "connect EISCONN 127.0.0.1:1")


async def test_destroy_soon_destroys_when_everything_was_written() -> None:
    trace = Trace()
    async with open_loop():
        client, theirs = await pair()
        trace.follow(client, "C")
        client.write(bytes(8 << 20))
        client.destroy_soon()
        assert not client.destroyed
        received = 0

        def count(data: bytes) -> None:
            nonlocal received
            received += len(data)

        theirs.on("data", count)
        await emitted(theirs, "close")
    assert received == 8 << 20
    assert trace == ["C:prefinish", "C:finish", "C:close False"]


async def test_the_peer_is_known_after_the_end_only_if_it_was_asked_for_before() -> None:
    async with open_loop():
        client, theirs = await pair()
        asked = theirs.remote_address
        theirs.destroy()
        client.destroy()
        assert (asked, theirs.remote_address, theirs.local_address) == ("127.0.0.1", "127.0.0.1", None)
        assert (client.remote_address, client.remote_port, client.remote_family) == (None, None, None)


async def test_a_unix_connection_has_no_addresses(tmp_path) -> None:
    path = str(tmp_path / "s")
    async with open_loop():
        seen = []
        async with net.create_server(lambda connection: (seen.append(connection), connection.end("x"))) as server:
            await listening(server, path)
            assert server.address() == path
            client = net.connect(path)
            client.resume()
            await emitted(client, "connect")
            assert (client.address(), client.remote_address, seen[0].remote_family) == ({}, None, None)
            await emitted(client, "close")


def test_what_is_set_up_before_run_waits_for_it() -> None:
    trace = Trace()

    def serve(connection: net.Socket) -> None:
        connection.resume()
        connection.end("hi")
        server.close()

    server = net.create_server(serve).listen(0)
    port = server.address()["port"]
    client = net.connect(port, "127.0.0.1")
    client.on("data", trace.logger("data"))
    client.write("asked before")
    assert trace == []
    run()
    assert trace == ["data b'hi'"]
    assert client.bytes_written == 12


def test_an_unreferenced_socket_does_not_keep_the_loop_running() -> None:
    closed = []

    def serve(connection: net.Socket) -> None:
        connection.on("close", closed.append)
        connection.unref()

    server = net.create_server(serve).listen(0)
    server.unref()
    client = net.connect(server.address()["port"], "127.0.0.1")
    client.on("connect", client.unref)
    client.on("close", closed.append)
    run()
    assert closed == [False] * len(closed)
    assert client.destroyed
    assert not server.listening


async def test_the_repr_tells_the_state() -> None:
    async with open_loop():
        client, theirs = await pair()
        ends = f"127.0.0.1:{client.local_port} to 127.0.0.1:{client.remote_port}"
        assert repr(client) == f"<Socket {ends}, open readable idle 0/65536, writable open 0/65536>"
        client.destroy()
        theirs.destroy()
        assert repr(client).startswith("<Socket closed ")
