# mypy: disable-error-code="func-returns-value"
"""Servers: where they listen, on ports and paths, which connections they take, and how they end."""

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from compliance._folders import new_folder, tidying
from compliance._peers import event, rounds, stopped
from compliance._trace import Scenarios, Trace, compact
from nodehttp import net
from nodestream.abort import AbortController
from nodestream.errors import NodeRangeError
from nodestream.loop import Promise
from nodestream.process import next_tick

scenarios = Scenarios()

scenario = tidying(scenarios)

HOSTS: tuple[dict[str, Any], ...] = ({"port": 0}, {"port": 0, "host": "127.0.0.1"}, {"port": 0, "host": "localhost"})


def masked(value: object) -> str:
    """What differs from run to run, taken out: ports and folders."""
    text = "undefined" if value is None else str(value)
    return re.sub(r"/\S*/x-[^/]*", "FOLDER", re.sub(r"\b\d{4,5}\b", "PORT", text))


def shown(error: Any) -> list[Any]:
    """What an error says of itself."""
    if error is None:
        return [None]
    kind = "RangeError" if isinstance(error, NodeRangeError) else "Error"
    port = "undefined" if getattr(error, "port", None) is None else "number"
    details = getattr(error, "syscall", None), masked(getattr(error, "address", None)), port
    return [kind, error.code, masked(error.message), *details]


def watch(t: Trace, server: Any, prefix: str = "") -> Any:
    """Write down the events of a server."""
    for name in ("listening", "close", "connection"):
        server.on(name, lambda *_, name=name: t(prefix + name, server.listening))
    server.on("drop", lambda *info: t(f"{prefix}drop", list(info[0]) if info else "nothing"))
    server.on("error", lambda error: t(f"{prefix}error", *shown(error), server.listening))
    return server


async def listening(server: Any, *args: Any) -> Any:
    """Let a server listen."""
    server.listen(*args)
    await event(server, "listening")
    return server


def address(server: Any) -> Any:
    """Where it listens, without the port."""
    found = server.address()
    if isinstance(found, dict):
        return {**found, "port": "PORT"}
    return None if found is None else masked(found)


def port_of(server: Any) -> int:
    """Where it listens."""
    port: int = server.address()["port"]
    return port


async def connections_of(server: Any) -> int:
    """How many connections it has."""
    found: Promise[int] = Promise()
    server.get_connections(lambda _, count: found.resolve(count))
    return await found


def quiet(socket: Any) -> Any:
    """Its errors are nobody's business."""
    return socket.on("error", lambda _: None)


@scenario
async def addresses(t: Trace) -> None:
    variants: Sequence[list[Any]] = (
        [],
        [0],
        [0, "127.0.0.1"],
        [{"port": 0}],
        [{"port": 0, "host": "::1"}],
        [{"port": 0, "host": "localhost", "backlog": 5}],
        [0, "127.0.0.1", 5],
        [None],
        [None],
        [{"port": 0, "host": ""}],
        [{"port": 0, "host": "::", "ipv6Only": True}],
        [{"port": 0, "host": "127.0.0.1", "ipv6Only": True}],
        [{"port": 0, "exclusive": True}],
    )
    for options in variants:
        server = net.create_server()
        t("before", server.listening, server.address())
        await listening(server, *options)
        t(compact(options), server.listening, address(server))
        server.close()
        t("after", server.listening, server.address())


@scenario
async def when_it_listens(t: Trace) -> None:
    for options in HOSTS:
        server = watch(t, net.create_server())
        is_same = server.listen(options, lambda: t("called")) is server
        t("listen", is_same, server.listening, server.address() is None)
        next_tick(lambda server=server: t("tick", server.listening))
        await event(server, "listening")
        await stopped(server)


@scenario
async def ipv6_only(t: Trace) -> None:
    def trying(host: str, port: int) -> Any:
        socket = net.connect(port, host)
        socket.on("connect", lambda: t("connect", host)).on("error", lambda error: t("error", host, error.code))
        return socket.resume()

    for only in (True, False):
        server = net.create_server(lambda socket: (socket.end(), None)[1])
        await listening(server, {"port": 0, "host": "::", "ipv6Only": only})
        for host in ("127.0.0.1", "::1"):
            await event(trying(host, port_of(server)), "close")
        await stopped(server)


@scenario
async def a_port_in_use(t: Trace) -> None:
    server = await listening(net.create_server(), 0, "127.0.0.1")
    port = port_of(server)
    second = watch(t, net.create_server(), "second ")
    second.listen(port, "127.0.0.1", lambda: t("called"))
    await event(second, "error")
    await rounds()
    t("state", second.listening, second.address())
    await stopped(server)
    second.listen(port, "127.0.0.1")
    await event(second, "listening")
    await stopped(second)


@scenario
async def reuse_port(t: Trace) -> None:
    server = await listening(net.create_server(), {"port": 0, "host": "127.0.0.1", "reusePort": True})
    port = port_of(server)
    second = await listening(net.create_server(), {"port": port, "host": "127.0.0.1", "reusePort": True})
    t("same", port_of(second) == port)
    third = watch(t, net.create_server(), "third ")
    third.listen({"port": port, "host": "127.0.0.1"})
    await event(third, "error")
    await stopped(server)
    await stopped(second)


@scenario
async def a_host_that_is_somebody_elses(t: Trace) -> None:
    server = net.create_server()
    server.on("error", lambda error: t("error", *shown(error)))
    server.listen({"port": 0, "host": "203.0.113.7"})
    await event(server, "error")


@scenario
async def an_error_without_a_listener(t: Trace) -> None:
    server = net.create_server().listen(0, "203.0.113.7")
    await rounds(8)
    t("state", server.listening)


@scenario
async def paths(t: Trace) -> None:
    where = new_folder() / "socket"
    server = watch(t, net.create_server(lambda socket: (socket.end("hi"), None)[1]))
    t("listen", server.listen(str(where)).listening, address(server))
    await event(server, "listening")
    t("there", where.is_socket())
    socket = net.connect(str(where))
    socket.on("data", lambda data: t("data", data))

    def connected() -> None:
        peer = socket.remote_address, socket.remote_port, socket.remote_family
        t("connect", socket.address(), *peer, socket.local_address, socket.local_port)

    socket.on("connect", connected)
    await event(socket, "close")
    await stopped(server)
    t("gone", where.exists(), address(server))


@scenario
async def a_path_in_use(t: Trace) -> None:
    where = new_folder() / "socket"
    server = await listening(net.create_server(), str(where))
    second = watch(t, net.create_server(), "second ")
    second.listen(str(where))
    await event(second, "error")
    await stopped(server)
    where.write_text("")
    third = watch(t, net.create_server(), "third ")
    third.listen(str(where))
    await event(third, "error")
    t("kept", where.is_file())


@scenario
async def paths_that_cannot_be(t: Trace) -> None:
    for where in (new_folder() / "no" / "socket", Path("/proc/socket"), new_folder() / ("x" * 200)):
        server = net.create_server()

        def failed(error: Any) -> None:
            kind = "string" if isinstance(error.address, str) else "undefined"
            t("error", error.code, error.syscall, error.port, kind)

        server.on("error", failed)
        server.listen({"path": str(where)})
        await event(server, "error")


@scenario
async def a_path_that_somebody_removed(t: Trace) -> None:
    where = new_folder() / "socket"
    server = await listening(net.create_server(), str(where))
    where.unlink()
    await stopped(server)
    t("closed")


@scenario
async def a_path_that_somebody_replaced(t: Trace) -> None:
    where = new_folder() / "socket"
    server = await listening(net.create_server(), str(where))
    where.unlink()
    where.write_text("")
    await stopped(server)
    t("there", where.exists())


@scenario
async def access_to_a_path(t: Trace) -> None:
    before = os.umask(0o077)
    variants: Sequence[dict[str, Any]] = (
        {},
        {"readableAll": True},
        {"writableAll": True},
        {"readableAll": True, "writableAll": True},
        {"readableAll": 1},
    )
    for options in variants:
        where = new_folder() / "socket"
        server = await listening(net.create_server(), {"path": str(where), **options})
        t(compact(options), f"{where.stat().st_mode & 0o777:o}")
        await stopped(server)
    os.umask(before)


@scenario
async def an_abstract_path(t: Trace) -> None:
    where = f"\0x-{os.getpid()}"
    server = await listening(net.create_server(lambda socket: (socket.end("hi"), None)[1]), where)
    t("address", server.address() == where)
    socket = net.connect(where)
    socket.on("data", lambda data: t("data", data))
    await event(socket, "close")
    await stopped(server)


@scenario
async def drop_of_a_path(t: Trace) -> None:
    where = new_folder() / "socket"
    server = watch(t, net.create_server())
    server.max_connections = 0
    await listening(server, str(where))
    await event(quiet(net.connect(str(where)).resume()), "close")
    await stopped(server)


@scenario
async def more_connections_than_allowed(t: Trace) -> None:
    for drop in (None, True, False):
        server = watch(t, net.create_server(lambda socket: (quiet(socket).resume(), None)[1]))
        server.max_connections = 1
        if drop is not None:
            server.drop_max_connection = drop
        await listening(server, 0, "127.0.0.1")
        port = port_of(server)
        first = net.connect(port, "127.0.0.1")
        await event(server, "connection")
        await event(quiet(net.connect(port, "127.0.0.1").resume()), "close")
        server.max_connections = 2
        third = net.connect(port, "127.0.0.1")
        await event(server, "connection")
        t("count", await connections_of(server))
        first.destroy()
        third.destroy()
        await stopped(server)


@scenario
async def a_signal(t: Trace) -> None:
    for when in ("before", "at once", "later"):
        controller = AbortController()
        server = watch(t, net.create_server(), f"{when} ")
        if when == "before":
            controller.abort()
        t("listen", server.listen({"port": 0, "host": "127.0.0.1", "signal": controller.signal}) is server)
        over: Promise[None] = Promise()
        server.once("close", lambda over=over: over.resolve(None))
        if when == "at once":
            controller.abort()
        if when == "later":
            server.on("listening", lambda controller=controller: controller.abort())
        await over
        await rounds()
        t("state", server.listening, server.address())
    wrong: Sequence[Any] = (1, "x", {})
    for signal in wrong:
        t.call(
            f"signal {compact(signal)}", lambda signal=signal: net.create_server().listen({"port": 0, "signal": signal})
        )


@scenario
async def closed_before_it_listens(t: Trace) -> None:
    for options in HOSTS:
        server = watch(t, net.create_server())
        server.listen(options)
        server.close(lambda error=None: t("closed", *shown(error)))
        await rounds(20)
        t("state", server.listening)
        server.close()


@scenario
async def closed_twice(t: Trace) -> None:
    server = watch(t, await listening(net.create_server(), 0, "127.0.0.1"))
    t("close", server.close(lambda error=None: t("first", *shown(error))) is server)
    server.close(lambda error=None: t("second", *shown(error)))
    await event(server, "close")
    await rounds()
    server.close(lambda error=None: t("third", *shown(error)))
    server.close()
    await rounds()


@scenario
async def closed_and_listening_again(t: Trace) -> None:
    server = watch(t, net.create_server(lambda socket: (socket.end(), None)[1]))
    for _ in range(2):
        await listening(server, 0, "127.0.0.1")
        await event(net.connect(port_of(server), "127.0.0.1").resume(), "close")
        await stopped(server)


@scenario
async def closed_with_connections(t: Trace) -> None:
    server = watch(t, net.create_server())
    accepted: list[Any] = []
    server.on("connection", lambda socket: accepted.append(socket.resume()))
    await listening(server, 0, "127.0.0.1")
    port = port_of(server)
    clients = [net.connect(port, "127.0.0.1"), net.connect(port, "127.0.0.1")]
    while len(accepted) < 2:
        await event(server, "connection")
    server.close(lambda *_: t("called"))
    t("closing", server.listening, server.address())
    late = net.connect(port, "127.0.0.1")
    late.on("error", lambda error: t("late", error.code))
    await event(late, "close")
    for client in clients:
        client.destroy()
        await rounds(8)
        t("one")


@scenario
async def get_connections(t: Trace) -> None:
    server = await listening(net.create_server(lambda socket: (socket.resume(), None)[1]), 0, "127.0.0.1")

    def count(error: Any, number: int) -> None:
        t("count", error, number)

    t("returns", server.get_connections(count) is server)
    client = net.connect(port_of(server), "127.0.0.1")
    await event(server, "connection")
    server.get_connections(count)
    client.destroy()
    await rounds(8)
    server.get_connections(count)
    await stopped(server)
    t.call("wrong", server.get_connections, 1)


@scenario
async def pause_on_connect(t: Trace) -> None:
    accepted: list[Any] = []
    server = net.create_server({"pauseOnConnect": True}, accepted.append)
    await listening(server, 0, "127.0.0.1")
    client = net.connect(port_of(server), "127.0.0.1")
    client.write("hello")
    await event(server, "connection")
    socket = accepted[0]
    t("paused", socket.is_paused(), socket.readable_flowing, socket.bytes_read)

    def on_data(data: bytes) -> None:
        t("data", data)
        socket.end()

    socket.on("data", on_data)
    await rounds(8)
    t("still", socket.is_paused(), socket.readable_flowing, socket.bytes_read)
    socket.resume()
    t("resumed", socket.is_paused(), socket.readable_flowing)
    client.resume()
    await event(client, "close")
    await stopped(server)


@scenario
async def options_for_connections(t: Trace) -> None:
    options = {"highWaterMark": 5, "noDelay": True, "keepAlive": True, "keepAliveInitialDelay": 2000}
    accepted: list[Any] = []
    server = net.create_server({**options, "allowHalfOpen": True}, accepted.append)
    await listening(server, 0, "127.0.0.1")
    client = net.connect({"port": port_of(server), "host": "127.0.0.1", "highWaterMark": 7})
    await event(server, "connection")
    socket = accepted[0]
    marks = socket.readable_high_water_mark, socket.writable_high_water_mark
    t("server", *marks, socket.allow_half_open, socket.server is server)
    marks = client.readable_high_water_mark, client.writable_high_water_mark
    t("client", *marks, client.allow_half_open, client.server)
    client.destroy()
    socket.destroy()
    await stopped(server)


@scenario
async def listeners_that_fail(t: Trace) -> None:
    def listener(_socket: Any) -> None:
        raise Exception("mine")

    server = net.create_server(listener)
    await listening(server, 0, "127.0.0.1")
    client = net.connect(port_of(server), "127.0.0.1")
    await event(client, "connect")
    await rounds(8)
    t("client", client.destroyed)
    t("count", await connections_of(server))
    client.destroy()
    server.close()
    await rounds(8)
