# mypy: disable-error-code="func-returns-value"
"""Sockets and servers."""

from collections.abc import Callable
from typing import Any

import trio

from compliance._peers import Peer, event, listening, rounds
from compliance._trace import Scenarios, Trace
from nodehttp import net
from nodestream.events import once
from nodestream.loop import Promise
from nodestream.timers import set_immediate

scenarios = Scenarios()

EVENTS = ("connect", "ready", "timeout", "drain", "end", "prefinish", "finish")


def watch(t: Trace, socket: Any, prefix: str = "") -> Any:
    """Write down the events of a socket."""
    t.on(socket, prefix, *EVENTS)
    socket.on("error", lambda error: t(f"{prefix}error", type_name(error), getattr(error, "code", None) or None))
    socket.on("close", lambda failed=None: t(f"{prefix}close", failed))
    return socket


def type_name(error: Exception) -> str:
    """The name of an error as Node would give it."""
    return "TypeError" if isinstance(error, TypeError) else "Error"


async def served(t: Trace, options: dict[str, Any], listener: Callable[[Any], object]) -> tuple[Any, Peer]:
    """A server of ours with one raw client."""
    server = net.create_server(options, lambda socket: (listener(watch(t, socket)), None)[1])
    return server, await Peer.connect(await listening(server))


async def connected(t: Trace, **more: Any) -> tuple[Any, Peer]:
    """A raw server with one client of ours."""
    raw = await raw_server()
    socket = watch(t, net.connect({"port": raw.getsockname()[1], "host": "127.0.0.1", **more}))
    ready: Promise[None] = Promise()
    socket.once("ready", lambda: ready.resolve(None))
    connection, _ = await raw.accept()
    await ready
    raw.close()
    return socket, Peer(connection)


async def raw_server() -> trio.socket.SocketType:
    """A raw server that listens."""
    raw = trio.socket.socket()
    await raw.bind(("127.0.0.1", 0))
    raw.listen()
    return raw


async def called(function: Callable[..., object]) -> None:
    """Call a function with a callback, and wait for that."""
    done: Promise[None] = Promise()
    function(lambda *_: done.resolve(None))
    await done


@scenarios
async def a_server_echoes(t: Trace) -> None:
    server, peer = await served(
        t, {}, lambda socket: socket.on("data", lambda data: (t("data", data), socket.write(data)))
    )
    await peer.send("hello")
    await peer.until(lambda: peer.text == "hello")
    peer.finish()
    await peer.end()
    await called(server.close)
    t("got", peer.text)
    t("listening", server.listening, server.address())


@scenarios
async def half_open_when_allowed(t: Trace) -> None:
    closed: list[Promise[list[Any]]] = []

    def listener(socket: Any) -> None:
        closed.append(once(socket, "close"))
        socket.resume()
        socket.on("end", lambda: (t.state(socket), set_immediate(lambda: socket.end("late"))))

    server, peer = await served(t, {"allowHalfOpen": True}, listener)
    peer.finish()
    await peer.end()
    await closed[0]
    await called(server.close)
    t("got", peer.text)


@scenarios
async def a_client_sends_and_ends(t: Trace) -> None:
    socket, peer = await connected(t)
    t("write", socket.write("a", t.callback("a")))
    socket.end("b", t.callback("end"))
    await peer.end()
    t("got", peer.text)
    peer.destroy()
    socket.resume()
    await event(socket, "close")
    t("bytes", socket.bytes_read, socket.bytes_written)
    t.state(socket)


@scenarios
async def written_before_connected(t: Trace) -> None:
    raw = await raw_server()
    socket = watch(t, net.Socket())
    t("states", socket.connecting, socket.pending, socket.ready_state, socket.address())
    t("connect", socket.connect(raw.getsockname()[1], "127.0.0.1", t.callback("listener")) is socket)
    t("states", socket.connecting, socket.pending, socket.ready_state)
    t("write", socket.write("early", t.callback("cb")), socket.bytes_written)
    connection, _ = await raw.accept()
    peer = Peer(connection)
    await peer.until(lambda: peer.text == "early")
    addresses = socket.remote_address, socket.remote_family, socket.local_address
    t("states", socket.connecting, socket.pending, socket.ready_state, *addresses)
    socket.destroy()
    await event(socket, "close")
    t("states", socket.connecting, socket.pending, socket.ready_state, socket.remote_address)
    peer.destroy()
    raw.close()


@scenarios
async def refused(t: Trace) -> None:
    raw = await raw_server()
    port = raw.getsockname()[1]
    raw.close()
    socket = net.connect(port, "127.0.0.1")
    socket.on(
        "error",
        lambda error: t(
            "error",
            error.code,
            error.syscall,
            error.errno,
            error.address,
            error.port == port,
            str(error).replace(str(port), "PORT"),
        ),
    )
    socket.on("close", t.callback("close"))
    socket.write("x", lambda error: t("cb", error.code))


@scenarios
async def reset_by_the_peer(t: Trace) -> None:
    socket, peer = await connected(t)
    socket.on("error", lambda error: t("details", str(error), error.errno, error.syscall))
    peer.reset()
    await event(socket, "close")


@scenarios
async def end_of_the_peer(t: Trace) -> None:
    socket, peer = await connected(t)
    socket.on("data", t.callback("data"))
    await peer.send("bye")
    peer.finish()
    await event(socket, "close")
    t.state(socket)
    await peer.end()
    peer.destroy()


@scenarios
async def end_of_the_peer_half_open(t: Trace) -> None:
    socket, peer = await connected(t, allowHalfOpen=True)
    socket.on("data", t.callback("data"))
    await peer.send("bye")
    peer.finish()
    await event(socket, "end")
    await rounds()
    t("open", socket.ready_state, socket.destroyed)
    socket.end("answer")
    await event(socket, "close")
    await peer.end()
    t("got", peer.text)
    peer.destroy()


@scenarios
async def an_unread_socket_does_not_end(t: Trace) -> None:
    socket, peer = await connected(t)
    await peer.send("x")
    peer.finish()
    await rounds(5)
    t("before", socket.readable_ended, socket.destroyed)
    socket.on("data", t.callback("data"))
    await event(socket, "close")
    peer.destroy()


@scenarios
async def set_encoding(t: Trace) -> None:
    socket, peer = await connected(t)
    socket.set_encoding("utf8")
    socket.on("data", t.callback("data"))
    await peer.send("\xe2\x82\xac")
    peer.finish()
    await event(socket, "close")
    peer.destroy()


@scenarios
async def destroy_with_an_error(t: Trace) -> None:
    socket, peer = await connected(t)
    socket.destroy(Exception("boom"))
    await event(socket, "close")
    await peer.end()
    peer.destroy()


@scenarios
async def destroy_before_connected(t: Trace) -> None:
    raw = await raw_server()
    socket = watch(t, net.connect(raw.getsockname()[1], "127.0.0.1"))
    socket.write("x", t.callback("cb"))
    socket.destroy()
    await event(socket, "close")
    raw.close()


@scenarios
async def write_after_the_end(t: Trace) -> None:
    socket, peer = await connected(t)
    socket.end()
    t("write", socket.write("x", t.callback("cb")))
    await event(socket, "close")
    await peer.end()
    peer.destroy()


@scenarios
async def destroy_soon(t: Trace) -> None:
    socket, peer = await connected(t)
    socket.write("last")
    socket.destroy_soon()
    await event(socket, "close")
    await peer.end()
    t("got", peer.text)
    peer.destroy()


@scenarios
async def a_timeout_closes_nothing(t: Trace) -> None:
    socket, peer = await connected(t)
    t("set", socket.set_timeout(20, t.callback("listener")) is socket, socket.timeout)
    await event(socket, "timeout")
    t("destroyed", socket.destroyed)
    socket.set_timeout(0)
    t("timeout", socket.timeout)
    socket.destroy()
    await event(socket, "close")
    peer.destroy()


@scenarios
async def two_listeners_and_a_limit(t: Trace) -> None:
    server, peer = await served(t, {}, lambda socket: socket.resume())
    server.max_connections = 1
    server.on("drop", lambda data: t("drop", data["localAddress"], data["remoteFamily"]))
    second = await Peer.connect(server.address()["port"])
    await second.end()
    await called(lambda done: server.get_connections(lambda error, count: (t("connections", error, count), done())))
    peer.finish()
    await peer.end()
    server.close()


@scenarios
async def closing_a_server_waits_for_its_connections(t: Trace) -> None:
    server, peer = await served(t, {}, lambda socket: socket.resume())
    await rounds()
    server.on("close", t.callback("server close"))
    t("close", server.close(t.callback("callback")) is server, server.listening)
    await rounds()
    waiting: Promise[None] = Promise()
    server.once("close", lambda: waiting.resolve(None))
    peer.finish()
    await peer.end()
    await waiting
    server.close(t.callback("again"))


@scenarios
async def listening_twice(t: Trace) -> None:
    server: Any = net.create_server()
    t("before", server.listening, server.address())
    t("listen", server.listen(0, "127.0.0.1", t.callback("listening")) is server, server.listening)
    t.call("again", lambda: (server.listen(0), None)[1])
    await event(server, "listening")
    address = server.address()
    t("address", address["address"], address["family"])
    other: Any = net.create_server()
    other.on(
        "error",
        lambda e: t("error", e.code, e.syscall, e.errno, e.address, str(e).rpartition(":")[0] + ":PORT"),
    )
    other.listen(address["port"], "127.0.0.1")
    await event(other, "error")
    server.close()


@scenarios
def bad_arguments(t: Trace) -> None:
    anything: Any = net
    socket: Any = net.Socket
    t.call("no arguments", lambda: (anything.connect(), None)[1])
    t.call("empty options", lambda: (anything.connect({}), None)[1])
    t.call("port", lambda: (anything.connect(70000), None)[1])
    t.call("port type", lambda: (anything.connect({"port": True}), None)[1])
    t.call("listen port", lambda: (anything.create_server().listen(70000), None)[1])
    t.call("listen nothing", lambda: (anything.create_server().listen({}), None)[1])
    t.call("listener", lambda: (anything.create_server(5), None)[1])
    t.call("timeout", lambda: (socket().set_timeout("x"), None)[1])
    t.call("timeout negative", lambda: (socket().set_timeout(-1), None)[1])
    t.call("object mode", lambda: (socket({"objectMode": True}), None)[1])
    local = {"port": 1, "host": "127.0.0.1", "localAddress": "zz"}
    t.call("local address", lambda: (anything.connect(local), None)[1])


@scenarios
def write_to_an_unconnected_socket(t: Trace) -> None:
    socket = watch(t, net.Socket())
    t("write", socket.write("x", t.callback("cb")))


@scenarios
def is_ip(t: Trace) -> None:
    texts = "127.0.0.1|::1|a||1.2.3|::ffff:1.2.3.4|1.2.3.4.5|01.2.3.4|fe80::1%lo|256.1.1.1| 1.2.3.4"
    for text in texts.split("|"):
        t(text, net.is_ip(text), net.is_ipv4(text), net.is_ipv6(text))


@scenarios
async def null_is_refused(t: Trace) -> None:
    socket, peer = await connected(t)
    t.call("null", lambda: socket.write(None))
    t.call("number", lambda: socket.write(5))
    socket.destroy()
    await event(socket, "close")
    peer.destroy()
