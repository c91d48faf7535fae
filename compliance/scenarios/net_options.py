"""Options of connections and servers, one by one."""

import json
import re
from collections.abc import Callable
from typing import Any

from compliance._peers import event
from compliance._trace import Scenarios, Trace
from nodehttp import net
from nodestream.abort import AbortController
from nodestream.loop import Promise
from nodestream.timers import set_immediate, set_timeout

scenarios = Scenarios()

EVENTS = (
    "lookup",
    "connectionAttempt",
    "connectionAttemptFailed",
    "connect",
    "ready",
    "data",
    "end",
    "finish",
    "close",
)


def masked(value: Any) -> Any:
    """What differs from run to run, taken out: ports."""
    if isinstance(value, BaseException):
        kinds = {"ERR_INVALID_ADDRESS_FAMILY": "RangeError", "ERR_INVALID_IP_ADDRESS": "TypeError"}
        code: Any = getattr(value, "code", None)
        name = "AbortError" if code == "ABORT_ERR" else kinds.get(code, "Error")
        name = "AggregateError" if hasattr(value, "errors") else name
        return re.sub(r":\d{4,5}", ":PORT", f"{name} {code or 'undefined'} {value}")
    return "PORT" if isinstance(value, int) and value > 1000 else value


def watch(t: Trace, socket: Any, prefix: str = "") -> Any:
    """Write down the events of a socket."""
    for name in (*EVENTS, "error"):
        socket.on(name, lambda *args, name=name: t(prefix + name, *map(masked, args)))
    return socket


async def later(turns: int) -> None:
    """Let the loop go round."""
    for _ in range(turns):
        done: Promise[None] = Promise()
        set_immediate(done.resolve, None)
        await done


def ending(socket: Any) -> None:
    """What a server does with a connection."""
    socket.on("error", lambda _: None)
    socket.resume().end("hi")


async def serving(
    listener: Callable[[Any], object] = ending, options: dict[str, Any] | None = None
) -> tuple[net.Server, int]:
    """A server whose connections end at once, and its port."""
    server = net.create_server(options or {}, lambda socket: (listener(socket), None)[1])
    server.listen(0, "127.0.0.1")
    await event(server, "listening")
    address: Any = server.address()
    return server, address["port"]


def answering(*addresses: str) -> Callable[..., None]:
    """A lookup that knows these."""

    def lookup(_host: str, _options: Any, callback: Callable[..., object]) -> None:
        callback(None, [{"address": address, "family": net.is_ip(address)} for address in addresses])

    return lookup


def blocking(*addresses: str) -> net.BlockList:
    """A list of these."""
    block_list = net.BlockList()
    for address in addresses:
        block_list.add_address(address)
    return block_list


@scenarios
def a_blocked_address_is_not_connected_to(t: Trace) -> None:
    watch(t, net.connect({"port": 9, "host": "127.0.0.1", "blockList": blocking("127.0.0.1")}))


@scenarios
def a_blocked_name(t: Trace) -> None:
    block_list = blocking("127.0.0.1")
    watch(t, net.connect({"port": 9, "host": "x.test", "blockList": block_list, "lookup": answering("127.0.0.1")}))


@scenarios
def a_name_of_blocked_addresses(t: Trace) -> None:
    block_list, lookup = blocking("127.0.0.1", "127.0.0.2"), answering("127.0.0.1", "127.0.0.2")
    socket = watch(t, net.connect({"port": 9, "host": "x.test", "blockList": block_list, "lookup": lookup}))
    attempted = "auto_select_family_attempted_addresses"
    socket.on("error", lambda error: t("errors", [each.code for each in error.errors], getattr(socket, attempted)))


@scenarios
async def a_blocked_address_is_passed_over(t: Trace) -> None:
    server, port = await serving()
    lookup = answering("127.0.0.2", "127.0.0.1")
    options = {"port": port, "host": "x.test", "blockList": blocking("127.0.0.2"), "lookup": lookup}
    await event(watch(t, net.connect(options)), "close")
    server.close()


@scenarios
async def a_server_closes_what_is_blocked(t: Trace) -> None:
    server, port = await serving(lambda _: t("connection"), {"blockList": blocking("127.0.0.1")})
    socket = net.connect(port, "127.0.0.1").resume()
    socket.on("error", lambda _: None)
    await event(socket, "close")
    t("connections", None, server.listening)
    server.close()


@scenarios
async def a_connection_too_many_is_dropped(t: Trace) -> None:
    server, port = await serving()
    server.max_connections = 0

    def dropped(info: dict[str, Any]) -> None:
        kind = "number" if isinstance(info["remotePort"], int) else "undefined"
        local = info["localAddress"], info["localFamily"], info["localPort"] == port
        t("drop", *local, info["remoteAddress"], info["remoteFamily"], kind)

    server.on("drop", dropped)
    socket = net.connect(port, "127.0.0.1").resume()
    socket.on("error", lambda _: None)
    await event(socket, "close")
    server.close()


@scenarios
async def duplicates_and_nonsense_of_a_lookup(t: Trace) -> None:
    server, port = await serving()
    found = [
        {"address": "zz", "family": 4},
        {"address": "127.0.0.2", "family": 9},
        {"address": "127.0.0.1", "family": 4},
        {"address": "127.0.0.1", "family": 4},
    ]
    options = {"port": port, "host": "x.test", "lookup": lambda _host, _options, callback: callback(None, found)}
    socket = watch(t, net.connect(options))
    await event(socket, "close")
    t("attempted", socket.auto_select_family_attempted_addresses)
    server.close()


@scenarios
def lookups_that_answer_wrongly(t: Trace) -> None:
    def connect(label: str, answer: list[Any], more: dict[str, Any] | None = None) -> None:
        lookup = {"lookup": lambda _host, _options, callback: callback(*answer)}
        socket = net.connect({"port": 9, "host": "x.test", **lookup, **(more or {})})
        socket.on("lookup", lambda *args: t(f"{label} lookup", *map(masked, args)))
        socket.on("error", lambda error: t(label, masked(error)))

    connect("list for one", [None, ["127.0.0.1"], 4], {"family": 4})
    connect("list of strings", [None, ["127.0.0.1"]])
    connect("no such family", [None, "127.0.0.1", 100], {"family": 4})
    connect("no such families", [None, [{"address": "127.0.0.1", "family": 100}]])
    connect("nothing for one", [None], {"family": 6})
    connect("error", [Exception("no")])
    connect("error for one", [Exception("no")], {"family": 4})


@scenarios
def a_lookup_is_told(t: Trace) -> None:
    def lookup(host: str, options: dict[str, Any], _callback: object) -> None:
        t("told", host, options["family"], options["hints"], options.get("all"))

    for more in (
        {},
        {"family": 4},
        {"family": "IPv6"},
        {"family": 5, "hints": 99},
        {"autoSelectFamily": False},
        {"localAddress": "127.0.0.1"},
    ):
        net.connect({"port": 9, "host": "x.test", "lookup": lookup, **more})


@scenarios
async def ends_that_cannot_be_bound(t: Trace) -> None:
    for options in (
        {"localAddress": "203.0.113.7"},
        {"localAddress": "::1"},
        {"localPort": 70000},
        {"localPort": 1.5},
    ):
        shown = json.dumps(options, separators=(",", ":"))
        await event(watch(t, net.connect({"port": 9, "host": "127.0.0.1", **options}), f"{shown} "), "close")
    lookup = answering("127.0.0.1", "127.0.0.2")
    socket = watch(t, net.connect({"port": 9, "host": "x.test", "localPort": 70000, "lookup": lookup}))
    socket.on("error", lambda error: t("errors", [each.message for each in error.errors]))


@scenarios
def paths_that_are_none(t: Trace) -> None:
    for path in ("/nonexistent/x", "/etc/passwd", "x\0y", f"/{'a' * 200}"):
        socket = net.connect(path)
        socket.on("error", lambda error: t("error", error.code, error.message))
        socket.on("connectionAttemptFailed", lambda at, *_: t("failed", at))
    server = net.create_server().listen("x\0y")
    server.on("error", lambda error: t("listen", error.code, error.message, error.port))


@scenarios
async def a_bound_socket_connects(t: Trace) -> None:
    bound = net.BoundSocket({"host": "127.0.0.1"})
    source = bound.address()["port"]
    server, port = await serving(
        lambda socket: (t("from there", socket.remote_port == source), socket.resume().end("hi"))
    )
    socket = watch(t, net.Socket({"handle": bound}))
    state = socket.pending, socket.connecting, socket.ready_state
    t("before", *state, socket.local_port == source, socket.remote_address)
    socket.connect({"port": port, "host": "127.0.0.1"})
    await event(socket, "close")
    server.close()


@scenarios
async def a_bound_socket_listens(t: Trace) -> None:
    bound = net.BoundSocket({"host": "127.0.0.1"})
    port = bound.address()["port"]
    server = net.create_server(lambda socket: (t("connection"), socket.resume().end(), None)[2])
    server.listen(bound, lambda: t("listening"))
    address: Any = server.address()
    t("now", server.listening, address["port"] == port)
    await event(server, "listening")
    await event(net.connect(port, "127.0.0.1").resume(), "close")
    server.close()


@scenarios
def bound_sockets_that_do_not_connect(t: Trace) -> None:
    def make() -> Any:
        return net.Socket({"handle": net.BoundSocket({"host": "127.0.0.1"})})

    writing = make()
    writing.on("error", lambda error: t("write error", masked(error)))
    writing.write("x", lambda error: t("write", masked(error)))
    make().connect(9, "::1").on("error", lambda error: t("family", masked(error)))
    destroyed = make()
    destroyed.on("close", lambda failed: t("destroyed", failed))
    destroyed.destroy()


@scenarios
async def a_signal_destroys_a_socket(t: Trace) -> None:
    server, port = await serving(lambda socket: socket.resume())
    controller = AbortController()
    socket = watch(t, net.connect({"port": port, "host": "127.0.0.1", "signal": controller.signal}))
    await event(socket, "ready")
    controller.abort()
    await event(socket, "close")
    server.close()


@scenarios
async def a_signal_closes_a_server(t: Trace) -> None:
    controller = AbortController()
    server = net.create_server()
    server.on("listening", lambda: t("listening")).on("close", lambda: t("close"))
    server.listen({"port": 0, "signal": controller.signal})
    await event(server, "listening")
    controller.abort()
    t("aborted", server.listening)
    other = net.create_server()
    other.on("listening", lambda: t("other listening")).on("close", lambda: t("other close"))
    other.listen({"port": 0, "signal": controller.signal})
    t("other", other.listening)
    await later(3)
    t("end", other.listening)


@scenarios
async def onread_fills_a_buffer(t: Trace) -> None:
    server, port = await serving(lambda socket: socket.end("hello world"))
    buffer = bytearray(8)

    def read(size: int, given: bytearray) -> None:
        t("read", size, given is buffer, given[:size].decode())

    onread = {"buffer": buffer, "callback": read}
    socket = watch(t, net.connect({"port": port, "host": "127.0.0.1", "onread": onread}))
    await event(socket, "close")
    t("bytes", socket.bytes_read)
    server.close()


@scenarios
async def onread_asks_for_buffers(t: Trace) -> None:
    server, port = await serving(lambda socket: socket.end("hello world"))
    asked: list[bytearray] = []

    def buffer() -> bytearray:
        asked.append(bytearray(2))
        return asked[-1]

    onread = {"buffer": buffer, "callback": lambda size, given: t("read", given[:size].decode())}
    socket = watch(t, net.connect({"port": port, "host": "127.0.0.1", "onread": onread}))
    socket.resume()
    await event(socket, "close")
    t("asked", len(asked))
    server.close()


@scenarios
async def onread_pauses(t: Trace) -> None:
    server, port = await serving(lambda socket: socket.end("hello world"))
    is_paused = False

    def go_on() -> None:
        nonlocal is_paused
        is_paused = False
        socket.resume()

    def read(size: int, given: bytearray) -> bool:
        nonlocal is_paused
        t("read", is_paused, given[:size].decode())
        is_paused = True
        set_timeout(go_on, 10)
        return False

    socket = net.connect({"port": port, "host": "127.0.0.1", "onread": {"buffer": bytearray(8), "callback": read}})
    socket.on("end", lambda: t("end"))
    socket.resume()
    await event(socket, "close")
    server.close()


@scenarios
async def types_of_service(t: Trace) -> None:
    server, port = await serving(lambda socket: socket.resume())
    socket: Any = net.Socket()
    t("before", socket.get_type_of_service(), socket.set_type_of_service(16) is socket, socket.get_type_of_service())
    for tos in ("x", float("nan"), 256, -1, 1.5):
        t.call("refused", lambda tos=tos: (socket.set_type_of_service(tos), None)[1])
    socket.connect(port, "127.0.0.1")
    await event(socket, "ready")
    t("connected", socket.get_type_of_service(), socket.set_type_of_service(8).get_type_of_service())
    socket.destroy()
    await event(socket, "close")
    server.close()
    t("made", net.Socket({"typeOfService": 4}).get_type_of_service())


@scenarios
async def connect_goes_on_after_a_destruction(t: Trace) -> None:
    server, port = await serving()
    socket = watch(t, net.connect(port, "127.0.0.1"))
    await event(socket, "close")
    socket.connect(port, "127.0.0.1")
    t("again", socket.destroyed, socket.connecting)
    await event(socket, "close")
    server.close()
