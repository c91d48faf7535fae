# mypy: disable-error-code="func-returns-value"
"""Sockets: their state in each phase, their ends, timeouts, resets, and what was under way when they were destroyed."""

import os
import re
import tempfile
from collections.abc import Sequence
from typing import Any

from compliance._folders import new_folder, tidying
from compliance._peers import closed, event, rounds
from compliance._trace import Scenarios, Trace, compact
from nodehttp import net
from nodestream import Readable
from nodestream.abort import AbortController
from nodestream.loop import Promise
from nodestream.timers import clear_interval, set_interval

scenarios = Scenarios()

scenario = tidying(scenarios)


def masked(text: object) -> str:
    """What differs from run to run, taken out: ports."""
    return re.sub(r"\b\d{4,5}\b", "PORT", str(text))


def shown(error: Any) -> Any:
    """Code and message of an error."""
    return None if error is None else f"{error.code or 'Error'} {masked(error.message)}"


def state(socket: Any) -> list[Any]:
    """What a socket says of itself."""
    phase = [socket.ready_state, socket.connecting, socket.pending]
    return [*phase, socket.readable, socket.writable, socket.destroyed]


def watch(t: Trace, socket: Any, prefix: str = "", *more: str) -> Any:
    """Write down the events of a socket."""
    for name in ("connect", "ready", "end", "finish", "timeout", "drain", *more):
        socket.on(name, lambda *_, name=name: t(prefix + name))
    socket.on("error", lambda error: t(f"{prefix}error", shown(error)))
    socket.on("close", lambda *had_error: t(f"{prefix}close", had_error[0] if had_error else None))
    return socket


class Pair:
    """Both ends of a connection, and its server."""

    client: Any
    theirs: Any
    server: Any
    port: int = 0

    async def close(self) -> None:
        """Close the server."""
        over: Promise[None] = Promise()
        self.server.close(lambda *_: over.resolve(None))
        await over

    async def let_go(self) -> None:
        """The server's end has nothing more to do."""
        self.theirs.on("error", lambda _: None)
        self.theirs.resume()
        await closed(self.theirs)
        await self.close()


async def pair(
    server: dict[str, Any] | None = None, client: dict[str, Any] | None = None, path: str | None = None
) -> Pair:
    """A connection."""
    made = Pair()
    accepted: Promise[Any] = Promise()
    made.server = net.create_server(server or {}, accepted.resolve)
    made.server.listen(path or {"port": 0, "host": "127.0.0.1"})
    await event(made.server, "listening")
    where: dict[str, Any] = {"path": path}
    if path is None:
        made.port = made.server.address()["port"]
        where = {"host": "127.0.0.1", "port": made.port}
    made.client = net.connect({**where, **(client or {})})
    await event(made.client, "connect")
    made.theirs = await accepted
    return made


def quiet(socket: Any) -> None:
    """What a server does with a connection."""
    socket.on("error", lambda _: None)
    socket.resume()


async def serving(listener: Any = quiet) -> tuple[net.Server, int]:
    """A server and its port."""
    server = net.create_server(lambda socket: (listener(socket), None)[1]).listen(0, "127.0.0.1")
    await event(server, "listening")
    address: Any = server.address()
    return server, address["port"]


def temporary() -> str:
    """A path for a socket, which goes with the scenario."""
    return str(new_folder() / "socket")


@scenario
async def states(t: Trace) -> None:
    server, port = await serving()
    socket = net.Socket()
    t("new", *state(socket))
    socket.connect(port, "127.0.0.1")
    t("connecting", *state(socket))
    for name in ("connect", "ready", "end", "finish", "close"):
        socket.on(name, lambda *_, name=name: t(name, *state(socket)))

    def end() -> None:
        socket.resume().end()
        t("ended", *state(socket))

    socket.on("connect", end)
    await closed(socket)
    server.close()


@scenario
async def states_of_a_destroyed_socket(t: Trace) -> None:
    server, port = await serving()
    socket = net.connect(port, "127.0.0.1")
    socket.on("close", lambda *_: t("close", *state(socket)))
    await event(socket, "connect")
    socket.destroy()
    t("destroyed", *state(socket))
    await closed(socket)
    server.close()


@scenario
async def states_half_open(t: Trace) -> None:
    both = await pair({"allowHalfOpen": True}, {"allowHalfOpen": True})
    client, theirs = both.client, both.theirs
    t("open", *state(client))
    theirs.end()
    client.resume()
    await event(client, "end")
    t("their end", *state(client))
    client.end()
    t("my end", *state(client))
    theirs.resume()
    await closed(client)
    await closed(theirs)
    t("closed", *state(client))
    await both.close()


@scenario
async def states_when_this_side_ends_first(t: Trace) -> None:
    both = await pair({"allowHalfOpen": True})
    both.client.end()
    await event(both.client, "finish")
    t("finished", *state(both.client))
    both.theirs.end()
    both.theirs.resume()
    both.client.resume()
    await closed(both.client)
    await both.close()


@scenario
async def states_of_one_sided_sockets(t: Trace) -> None:
    variants: Sequence[dict[str, bool]] = (
        {},
        {"readable": False},
        {"writable": False},
        {"readable": True, "writable": True},
    )
    for options in variants:
        socket = net.Socket(options)
        t(compact(options), *state(socket))
        socket.destroy()


@scenario
async def addresses_of_both_ends(t: Trace) -> None:
    both = await pair()
    client, theirs = both.client, both.theirs

    def ends(socket: Any) -> list[Any]:
        remote = [socket.remote_address, socket.remote_family, socket.remote_port == both.port]
        local = [socket.local_address, socket.local_family, socket.local_port == both.port]
        return [*remote, *local, list(socket.address())]

    t("client", *ends(client))
    t("server", *ends(theirs))
    t("fit", client.local_port == theirs.remote_port, client.remote_port == theirs.local_port)
    client.destroy()
    t("destroyed", client.remote_address, client.local_address, client.address())
    await closed(client)
    t("closed", client.remote_address, client.local_address, client.address())
    theirs.on("error", lambda _: None)
    theirs.resume()
    await closed(theirs)
    t("theirs", theirs.remote_address, theirs.local_address, theirs.address())
    await both.close()


@scenario
async def addresses_that_nobody_asked_for_before(t: Trace) -> None:
    both = await pair()
    both.client.destroy()
    await closed(both.client)
    t("client", both.client.remote_address, both.client.remote_port, both.client.local_port)
    both.theirs.on("error", lambda _: None)
    both.theirs.resume()
    await closed(both.theirs)
    t("theirs", both.theirs.remote_address)
    await both.close()


@scenario
async def counts(t: Trace) -> None:
    both = await pair()
    client, theirs = both.client, both.theirs
    t("new", client.bytes_read, client.bytes_written, client.buffer_size, client.writable_length)
    client.write("\xe4\u20ac")
    client.write(b"abc")
    t("written", client.bytes_written, client.buffer_size)
    client.cork()
    client.write("xy", "latin1")
    client.write("7a", "hex")
    t("corked", client.bytes_written, client.buffer_size, client.writable_length)
    client.uncork()
    client.end("!")
    theirs.resume()
    await closed(client)
    t("closed", client.bytes_read, client.bytes_written, client.buffer_size, theirs.bytes_read)
    await both.close()


@scenario
async def reset_before_anything(t: Trace) -> None:
    socket = watch(t, net.Socket())
    t("returns", socket.reset_and_destroy() is socket)
    await rounds()
    t("again", socket.reset_and_destroy() is socket)
    await rounds()


@scenario
async def reset_while_connecting(t: Trace) -> None:
    server, port = await serving(lambda socket: watch(t, socket.resume(), "server "))
    socket = watch(t, net.connect(port, "127.0.0.1"))
    socket.reset_and_destroy()
    t("state", *state(socket))
    await closed(socket)
    await rounds(8)
    server.close()


@scenario
async def reset_when_connected(t: Trace) -> None:
    both = await pair()
    watch(t, both.theirs, "server ").resume()
    watch(t, both.client, "client ")
    both.client.write("x")
    await event(both.theirs, "data")
    both.client.reset_and_destroy()
    t("state", *state(both.client))
    await closed(both.theirs)
    await both.close()


@scenario
async def reset_by_the_server(t: Trace) -> None:
    both = await pair()
    watch(t, both.client, "client ").resume()
    watch(t, both.theirs, "server ")
    both.theirs.write("lost")
    both.theirs.reset_and_destroy()
    await closed(both.client)
    await both.close()


@scenario
async def reset_of_a_path(t: Trace) -> None:
    both = await pair(path=temporary())
    t.call("reset", both.client.reset_and_destroy)
    t("state", *state(both.client))
    both.client.destroy()
    both.theirs.resume()
    await closed(both.theirs)
    await both.close()


@scenario
async def reset_of_a_closed_one(t: Trace) -> None:
    both = await pair()
    both.client.destroy()
    await closed(both.client)
    watch(t, both.client, "client ")
    both.client.reset_and_destroy()
    await rounds()
    await both.let_go()


@scenario
async def timeouts(t: Trace) -> None:
    both = await pair(client={"timeout": 30})
    client = both.client
    t("option", client.timeout)
    client.on("timeout", lambda: t("timeout"))
    await event(client, "timeout")
    t("open", client.destroyed, client.timeout)

    def callback() -> None:
        t("callback")

    is_same = client.set_timeout(40, callback) is client
    t("returns", is_same, client.timeout, client.listener_count("timeout"))
    client.set_timeout(0, callback)
    t("off", client.timeout, client.listener_count("timeout"))
    client.set_timeout(20, callback)
    await event(client, "timeout")
    t("then", client.listener_count("timeout"))
    client.destroy()
    t("destroyed", client.set_timeout(10) is client, client.timeout)
    await both.let_go()
    wrong: Sequence[tuple[str, list[Any]]] = (
        ("-1", [-1]),
        ("1", ["1"]),
        ("NaN", [float("nan")]),
        ("Infinity", [float("inf")]),
        ("", [None]),
        ("1,x", [1, "x"]),
        ("0,x", [0, "x"]),
    )
    for label, args in wrong:
        socket = net.Socket()
        t.call(f"setTimeout {label}", socket.set_timeout, *args)
        socket.destroy()


@scenario
async def a_timeout_that_traffic_puts_off(t: Trace) -> None:
    both = await pair()
    client = both.client
    client.on("timeout", lambda: (t("timeout"), client.destroy()))
    client.set_timeout(60)
    left = 4

    def tick() -> None:
        nonlocal left
        left -= 1
        if left >= 0:
            both.theirs.write("x")
        else:
            clear_interval(timer)

    timer = set_interval(tick, 25)
    client.on("data", lambda _: t("data"))
    await closed(client)
    await both.let_go()


@scenario
async def what_the_setters_return(t: Trace) -> None:
    both = await pair()
    client = both.client
    calls: Sequence[tuple[Any, ...]] = (
        ("setNoDelay",),
        ("setNoDelay", False),
        ("setKeepAlive",),
        ("setKeepAlive", True, 1000),
        ("setKeepAlive", True, "x"),
        ("setTimeout", 0),
        ("ref",),
        ("unref",),
        ("pause",),
        ("resume",),
        ("setEncoding", "utf8"),
        ("end",),
        ("destroy",),
    )
    words = {True: "true", False: "false"}
    for name, *args in calls:
        label = ",".join(words[arg] if isinstance(arg, bool) else str(arg) for arg in args)
        t.call(f"{name} {label}", lambda name=name, args=args: getattr(client, name)(*args) is client)
    await both.let_go()


@scenario
async def a_wrong_argument(t: Trace) -> None:
    variants: Sequence[dict[str, Any]] = (
        {"objectMode": True},
        {"readableObjectMode": True},
        {"writableObjectMode": True},
        {"fd": "x"},
        {"fd": -1},
        {"fd": 1.5},
        {"fd": 2**31},
        {"signal": 1},
        {"typeOfService": 256},
        {"typeOfService": -1},
        {"typeOfService": 1.5},
        {"typeOfService": "x"},
        {"keepAliveInitialDelay": "x"},
        {"blockList": 1},
    )
    for options in variants:
        t.call(compact(options), net.Socket, options)
    socket = net.Socket()
    types: Sequence[tuple[str, Any]] = (
        *(("256", 256), ("-1", -1), ("1.5", 1.5), ("x", "x"), ("undefined", None), ("NaN", float("nan"))),
    )
    for label, tos in types:
        t.call(f"type {label}", socket.set_type_of_service, tos)
    t("type", socket.get_type_of_service())
    chunks: Sequence[tuple[str, Any]] = (("1", 1), ("{}", {}), ("true", True), ("[]", []))
    for label, chunk in chunks:
        t.call(f"write {label}", socket.write, chunk)
    socket.destroy()


@scenario
async def destroyed_with_writes_under_way(t: Trace) -> None:
    both = await pair()
    client = watch(t, both.client, "client ")
    big = bytes(8 * 1024 * 1024)
    t("write", client.write(big, lambda error=None: t("first", shown(error))), client.writable_need_drain)
    t("write", client.write("x", lambda error=None: t("second", shown(error))))
    client.end("y", lambda error=None: t("end", shown(error)))
    await rounds()
    client.destroy()
    t("state", *state(client))
    await closed(client)
    await both.let_go()


@scenario
async def destroy_soon_with_a_write_under_way(t: Trace) -> None:
    both = await pair()
    watch(t, both.client, "client ")
    size = 0

    def on_data(data: bytes) -> None:
        nonlocal size
        size += len(data)

    both.theirs.on("data", on_data)
    both.client.write(bytes(4 * 1024 * 1024))
    both.client.destroy_soon()
    t("state", *state(both.client))
    await closed(both.theirs)
    t("size", size)
    await both.close()


@scenario
async def drain(t: Trace) -> None:
    both = await pair(client={"highWaterMark": 10})
    client = both.client
    client.on("drain", lambda: t("drain", client.writable_length))
    big = bytes(6 * 1024 * 1024)
    t("write", client.write(big), client.writable_length > 0, client.buffer_size > 0)
    both.theirs.resume()
    await event(client, "drain")
    t("small", client.write("x"), client.write("0123456789"))
    client.end()
    await closed(both.theirs)
    await both.close()


@scenario
async def end_without_a_connection(t: Trace) -> None:
    socket = watch(t, net.Socket())
    socket.end("x", lambda error=None: t("end", shown(error)))
    await rounds(8)
    t("state", *state(socket))
    other = watch(t, net.Socket(), "other ")
    other.end(lambda error=None: t("other end", shown(error)))
    await rounds(8)
    t("state", *state(other))
    other.destroy()


@scenario
async def connect_after_the_end(t: Trace) -> None:
    def echo(socket: Any) -> None:
        socket.on("data", lambda data: (socket.end(data), None)[1])

    server, port = await serving(echo)
    socket = watch(t, net.Socket())
    for word in ("one", "two"):
        t("connect", socket.connect(port, "127.0.0.1") is socket, *state(socket))
        socket.on("data", lambda data, word=word: t(word, data))
        socket.write(word)
        await closed(socket)
        socket.remove_all_listeners("data")
        t("counts", socket.bytes_read, socket.bytes_written)
    server.close()


@scenario
async def a_signal_in_each_phase(t: Trace) -> None:
    server, port = await serving()
    for when in ("connecting", "connect", "ended"):
        controller = AbortController()
        options = {"port": port, "host": "127.0.0.1", "signal": controller.signal}
        socket = watch(t, net.connect(options), f"{when} ")
        if when == "connect":
            socket.on("connect", lambda controller=controller: controller.abort())
        if when == "connecting":
            controller.abort(Exception("why"))
        if when == "ended":
            socket.on("connect", lambda socket=socket: (socket.resume().end(), None)[1])
            socket.on("close", lambda *_, controller=controller: controller.abort())
        await closed(socket)
        await rounds()
        t("state", *state(socket))
    server.close()


@scenario
async def a_descriptor_of_a_file(t: Trace) -> None:
    file = os.open("/dev/null", os.O_RDWR)
    t.call("null", lambda: net.Socket({"fd": file}))
    os.close(file)
    folder = os.open(tempfile.gettempdir(), os.O_RDONLY)
    t.call("folder", lambda: net.Socket({"fd": folder}))
    os.close(folder)


@scenario
async def listening_to_a_descriptor_that_is_none(t: Trace) -> None:
    for label, fd in (("1000000", 1e6), ("0.5", 0.5)):
        server: Any = net.create_server()
        server.on("error", lambda error: t("error", error.code, error.syscall))
        t.call(f"listen {label}", lambda server=server, fd=fd: server.listen({"fd": fd}) is server)
        await rounds()


@scenario
async def unread_data_at_the_end(t: Trace) -> None:
    both = await pair()
    client = watch(t, both.client, "client ")
    both.theirs.end("data")
    both.theirs.resume()
    await rounds(20)
    t("unread", client.readable_length, *state(client))
    client.on("data", lambda data: t("data", data))
    await closed(client)
    await both.close()


@scenario
async def a_stream_piped_through(t: Trace) -> None:
    both = await pair()
    both.theirs.pipe(both.theirs)
    Readable.from_([b"a", b"b"]).pipe(both.client)
    text = ""

    def on_data(data: str) -> None:
        nonlocal text
        text += data

    both.client.set_encoding("utf8").on("data", on_data)
    await closed(both.client)
    t("text", text)
    await both.close()
