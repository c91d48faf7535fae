# mypy: disable-error-code="func-returns-value"
"""Connecting to a name that has several addresses: each attempt, and what comes of all."""

import re
import socket as kernel
from collections.abc import Callable, Sequence
from typing import Any

import nodehttp
from compliance._peers import event, rounds
from compliance._trace import Scenarios, Trace
from nodehttp import net
from nodestream.abort import AbortController
from nodestream.loop import Promise
from nodestream.process import next_tick
from nodestream.timers import set_immediate

scenarios = Scenarios()

EVENTS = (
    "lookup",
    "connectionAttempt",
    "connectionAttemptFailed",
    "connectionAttemptTimeout",
    "connect",
    "ready",
    "timeout",
    "end",
    "finish",
    "close",
)
TIMEOUT = 40


def text(value: object) -> str:
    """What differs from run to run, taken out: ports."""
    return re.sub(r"\b\d{4,5}\b", "PORT", str(value))


def masked(value: Any) -> Any:
    """A value without ports."""
    if hasattr(value, "errors"):
        inside = "; ".join(map(masked, value.errors))
        return f"AggregateError {value.code} {text(value.message)} [{inside}]"
    if isinstance(value, BaseException):
        code, syscall, address, local = (
            getattr(value, name, None) or "undefined" for name in ("code", "syscall", "address", "local_address")
        )
        return f"{code} {text(value)} {syscall} {address} {local}"
    return "PORT" if isinstance(value, int) and value > 1000 else value


def watch(t: Trace, socket: Any) -> Any:
    """Write down the events of a socket."""
    for name in EVENTS:
        socket.on(name, lambda *args, name=name: t(name, *map(masked, args)))
    socket.on("error", lambda error: t("error", masked(error)))
    return socket


def attempted(t: Trace, socket: Any) -> None:
    """Write down the addresses that were tried."""
    tried = socket.auto_select_family_attempted_addresses
    t("attempted", None if tried is None else list(map(text, tried)))


def answering(*addresses: str) -> Callable[..., None]:
    """A lookup that knows these."""

    def lookup(_host: str, _options: Any, callback: Callable[..., object]) -> None:
        callback(None, [{"address": address, "family": net.is_ip(address)} for address in addresses])

    return lookup


async def serving(*addresses: str) -> tuple[int, Callable[[], None]]:
    """A server on the addresses, all with the same port; that, and how to close it."""
    servers: list[net.Server] = []
    port = 0

    def listener(socket: Any) -> None:
        socket.on("error", lambda _: None)
        socket.resume().end("hi")

    for host in addresses:
        server = net.create_server(listener).listen({"port": port, "host": host})
        await event(server, "listening")
        address: Any = server.address()
        port = address["port"]
        servers.append(server)

    def close() -> None:
        for server in servers:
            server.close()

    return port, close


async def silent() -> int:
    """A port that nobody listens to."""
    port, close = await serving("127.0.0.1")
    close()
    return port


async def stuck(port: int, host: str) -> Callable[[], None]:
    """An address that does not answer: a listener that accepts nothing, and its queue is full."""
    listener = kernel.socket()
    listener.setsockopt(kernel.SOL_SOCKET, kernel.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(1)
    fillers: list[net.Socket] = []
    while len(fillers) < 2:
        filler = net.connect(port, host)
        filler.on("error", lambda _: None)
        await event(filler, "connect")
        fillers.append(filler)

    def free() -> None:
        for filler in fillers:
            filler.destroy()
        listener.close()

    return free


async def connected(
    t: Trace, addresses: Sequence[str], options: dict[str, Any], act: Callable[[Any], object] = lambda _: None
) -> None:
    """Connect to a name that has these addresses, and watch what comes."""
    socket = watch(t, net.Socket(options))
    act(socket)
    socket.on("data", lambda data: t("data", data))
    socket.connect({"host": "x.test", "lookup": answering(*addresses), **options})
    await event(socket, "close")
    attempted(t, socket)


def destroyed_at(name: str, count: int = 1) -> Callable[[Trace], Any]:
    """A socket that is destroyed at an event."""

    async def scenario(t: Trace) -> None:
        port = await silent()
        left = count

        def destroy(socket: Any) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                socket.destroy()

        await connected(
            t, ["127.0.0.1", "127.0.0.2"], {"port": port}, lambda socket: socket.on(name, lambda *_: destroy(socket))
        )

    return scenario


@scenarios
async def all_refuse(t: Trace) -> None:
    await connected(t, ["127.0.0.1", "127.0.0.2", "127.0.0.3"], {"port": await silent()})


@scenarios
async def one_refuses(t: Trace) -> None:
    await connected(t, ["127.0.0.1"], {"port": await silent()})


@scenarios
async def families_take_turns(t: Trace) -> None:
    port = await silent()
    await connected(t, ["127.0.0.1", "127.0.0.2", "127.0.0.3", "::1"], {"port": port})
    await connected(t, ["::1", "127.0.0.2", "127.0.0.1"], {"port": port})


@scenarios
async def the_second_answers(t: Trace) -> None:
    port, close = await serving("127.0.0.2")
    await connected(t, ["127.0.0.1", "127.0.0.2"], {"port": port})
    close()


@scenarios
async def the_first_answers(t: Trace) -> None:
    port, close = await serving("127.0.0.1")
    await connected(t, ["127.0.0.1", "127.0.0.2"], {"port": port})
    close()


@scenarios
async def the_first_does_not_answer(t: Trace) -> None:
    port, close = await serving("127.0.0.1")
    free = await stuck(port, "127.0.0.2")
    await connected(t, ["127.0.0.2", "127.0.0.1"], {"port": port, "autoSelectFamilyAttemptTimeout": TIMEOUT})
    free()
    close()


@scenarios
async def one_does_not_answer_and_one_refuses(t: Trace) -> None:
    port = await silent()
    free = await stuck(port, "127.0.0.2")
    options = {"port": port, "autoSelectFamilyAttemptTimeout": TIMEOUT}
    await connected(t, ["127.0.0.2", "127.0.0.3"], options)
    await connected(t, ["127.0.0.3", "127.0.0.2", "127.0.0.4"], options)
    free()


@scenarios
async def two_do_not_answer(t: Trace) -> None:
    port, close = await serving("127.0.0.1")
    free = [await stuck(port, "127.0.0.2"), await stuck(port, "127.0.0.3")]
    options = {"port": port, "autoSelectFamilyAttemptTimeout": TIMEOUT}
    await connected(t, ["127.0.0.2", "127.0.0.3", "127.0.0.1"], options)
    for each in free:
        each()
    close()


@scenarios
async def the_last_has_all_the_time(t: Trace) -> None:
    port = await silent()
    free = await stuck(port, "127.0.0.2")

    def act(socket: Any) -> None:
        def over() -> None:
            t("state", socket.connecting, socket.pending, socket.ready_state)
            socket.destroy()

        socket.set_timeout(4 * TIMEOUT, over)

    await connected(t, ["127.0.0.3", "127.0.0.2"], {"port": port, "autoSelectFamilyAttemptTimeout": 10}, act)
    free()


@scenarios
async def the_default_time(t: Trace) -> None:
    port, close = await serving("127.0.0.1")
    free = await stuck(port, "127.0.0.2")
    before = net.get_default_auto_select_family_attempt_timeout()
    net.set_default_auto_select_family_attempt_timeout(TIMEOUT)
    await connected(t, ["127.0.0.2", "127.0.0.1"], {"port": port})
    net.set_default_auto_select_family_attempt_timeout(before)
    free()
    close()


@scenarios
async def a_timeout_of_the_socket_while_an_attempt_lasts(t: Trace) -> None:
    port = await silent()
    free = await stuck(port, "127.0.0.2")
    options = {"port": port, "autoSelectFamilyAttemptTimeout": 4 * TIMEOUT}
    await connected(t, ["127.0.0.2", "127.0.0.3"], options, lambda socket: socket.set_timeout(TIMEOUT))
    free()


@scenarios
async def without_auto_select_family(t: Trace) -> None:
    port = await silent()

    def lookup(_host: str, options: dict[str, Any], callback: Callable[..., object]) -> None:
        t("asked", options.get("all"))
        callback(None, "127.0.0.1", 4)

    asking = {"port": port, "lookup": lookup}
    await connected(t, [], {**asking, "autoSelectFamily": False})
    net.set_default_auto_select_family(False)
    await connected(t, [], asking)
    net.set_default_auto_select_family(True)
    await connected(t, [], {**asking, "family": 4})
    await connected(t, [], {**asking, "family": 4, "autoSelectFamily": True})
    await connected(t, [], {**asking, "localAddress": "127.0.0.1", "autoSelectFamily": True})


@scenarios
async def a_family_of_any_kind(t: Trace) -> None:
    port = await silent()

    def lookup(_host: str, options: dict[str, Any], callback: Callable[..., object]) -> None:
        t("asked", options.get("family"), options.get("all"))
        if options.get("all"):
            callback(None, [{"address": "127.0.0.1", "family": 4}, {"address": "::1", "family": 6}])
        else:
            callback(None, "127.0.0.1", 4)

    families: Sequence[Any] = (0, 6, "IPv4", "IPv6", None)
    for family in families:
        t("family", family)
        await connected(t, [], {"port": port, "family": family, "lookup": lookup})


@scenarios
async def a_local_port_for_several(t: Trace) -> None:
    port, own = await silent(), await silent()
    await connected(t, ["127.0.0.1", "127.0.0.2"], {"port": port, "localPort": own})


def writing(t: Trace, socket: Any) -> bool:
    """Write before there is a connection."""
    sent: bool = socket.write("abc", lambda error=None: t("written", masked(error)))
    return sent


@scenarios
async def what_is_written_before(t: Trace) -> None:
    port, close = await serving("127.0.0.2")

    def write(socket: Any) -> None:
        t("write", writing(t, socket), socket.bytes_written, socket.pending)

    await connected(t, ["127.0.0.1", "127.0.0.2"], {"port": port}, lambda socket: next_tick(write, socket))
    close()


@scenarios
async def what_is_written_before_all_refuse(t: Trace) -> None:
    port = await silent()

    def write(socket: Any) -> None:
        t("write", writing(t, socket))
        socket.end(lambda *_: t("ended"))

    await connected(t, ["127.0.0.1", "127.0.0.2"], {"port": port}, lambda socket: next_tick(write, socket))


scenarios.add("destroyed_at_the_lookup", destroyed_at("lookup"))
scenarios.add("destroyed_at_the_second_lookup", destroyed_at("lookup", 2))
scenarios.add("destroyed_at_the_failure", destroyed_at("connectionAttemptFailed"))
scenarios.add("destroyed_at_the_second_failure", destroyed_at("connectionAttemptFailed", 2))


@scenarios
async def destroyed_with_an_error_at_a_failure(t: Trace) -> None:
    port = await silent()

    def act(socket: Any) -> None:
        socket.once("connectionAttemptFailed", lambda *_: socket.destroy(Exception("mine")))

    await connected(t, ["127.0.0.1", "127.0.0.2"], {"port": port}, act)


async def destroyed_by(t: Trace, act: Callable[[Any], object], options: dict[str, Any] | None = None) -> None:
    """A socket whose first address does not answer."""
    port = await silent()
    free = await stuck(port, "127.0.0.2")
    given = {"port": port, "autoSelectFamilyAttemptTimeout": TIMEOUT, **(options or {})}
    await connected(t, ["127.0.0.2", "127.0.0.3"], given, act)
    free()


@scenarios
async def destroyed_at_the_timeout_of_an_attempt(t: Trace) -> None:
    await destroyed_by(t, lambda socket: socket.on("connectionAttemptTimeout", lambda *_: socket.destroy()))


@scenarios
async def destroyed_while_an_attempt_lasts(t: Trace) -> None:
    def act(socket: Any) -> None:
        socket.on("connectionAttempt", lambda *_: set_immediate(socket.destroy))

    await destroyed_by(t, act)


@scenarios
async def aborted_while_an_attempt_lasts(t: Trace) -> None:
    controller = AbortController()

    def act(socket: Any) -> None:
        socket.on("connectionAttempt", lambda *_: set_immediate(controller.abort))

    await destroyed_by(t, act, {"signal": controller.signal})


@scenarios
async def states_on_the_way(t: Trace) -> None:
    port, close = await serving("127.0.0.2")

    def act(socket: Any) -> None:
        def state(label: str, *more: object) -> None:
            t(label, socket.connecting, socket.pending, socket.ready_state, *more)

        for name in EVENTS:
            socket.on(name, lambda *_, name=name: state(f"  {name}", socket.remote_address))
        state("before")
        next_tick(state, "tick")

    await connected(t, ["127.0.0.1", "127.0.0.2"], {"port": port}, act)
    close()


@scenarios
async def connected_again_after_all_refused(t: Trace) -> None:
    refusing = await silent()
    port, close = await serving("127.0.0.2")
    lookup = answering("127.0.0.1", "127.0.0.2")
    socket = watch(t, net.connect({"port": refusing, "host": "x.test", "lookup": lookup}))
    await event(socket, "close")
    attempted(t, socket)
    socket.resume().connect({"port": port, "host": "x.test", "lookup": answering("127.0.0.3", "127.0.0.2")})
    await event(socket, "close")
    attempted(t, socket)
    socket.connect({"port": port, "host": "127.0.0.2"})
    await event(socket, "close")
    attempted(t, socket)
    close()


def later(host: str, options: Any, callback: Callable[..., object]) -> None:
    """A lookup that takes its time."""
    set_immediate(answering("127.0.0.1", "127.0.0.2"), host, options, callback)


@scenarios
async def a_lookup_that_answers_later(t: Trace) -> None:
    await connected(t, [], {"port": await silent(), "lookup": later})


@scenarios
async def a_lookup_that_answers_when_it_is_over(t: Trace) -> None:
    options = {"port": await silent(), "lookup": later}
    await connected(t, [], options, lambda socket: next_tick(socket.destroy))
    await rounds()


@scenarios
async def a_lookup_that_throws(t: Trace) -> None:
    def lookup(*_: object) -> None:
        raise Exception("mine")

    socket = watch(t, net.Socket())
    t.call("connect", lambda: (socket.connect({"port": 1, "host": "x.test", "lookup": lookup}), None)[1])
    await rounds()
    t("state", socket.connecting, socket.destroyed)
    socket.destroy()


@scenarios
async def no_delay_and_keep_alive_for_several(t: Trace) -> None:
    port, close = await serving("127.0.0.2")
    options = {"noDelay": True, "keepAlive": True, "keepAliveInitialDelay": 1000, "typeOfService": 8}

    def act(socket: Any) -> None:
        socket.on("connect", lambda: t("type of service", socket.get_type_of_service()))

    await connected(t, ["127.0.0.1", "127.0.0.2"], {"port": port, **options}, act)
    close()


@scenarios
async def an_http_request_to_several(t: Trace) -> None:
    server: Any = nodehttp.create_server(lambda req, res: (res.end("x"), None)[1]).listen(0, "127.0.0.2")
    await event(server, "listening")
    port = server.address()["port"]
    lookup = answering("127.0.0.1", "127.0.0.2")
    req = nodehttp.get({"host": "x.test", "port": port, "agent": False, "lookup": lookup})
    req.on("socket", lambda socket: (watch(t, socket), None)[1])
    req.on("response", lambda res: (t("response", res.status_code), attempted(t, req.socket), res.resume()))
    req.on("error", lambda error: t("req error", masked(error)))
    await event(req, "close")
    over: Promise[None] = Promise()
    server.close(lambda *_: over.resolve(None))
    await over


@scenarios
async def an_http_request_that_all_refuse(t: Trace) -> None:
    port = await silent()

    def lookup(host: str, options: dict[str, Any], callback: Callable[..., object]) -> None:
        if options.get("all"):
            answering("127.0.0.1", "127.0.0.2")(host, options, callback)
        else:
            callback(None, "127.0.0.1", 4)

    variants: Sequence[dict[str, Any]] = ({}, {"agent": False}, {"family": 4}, {"autoSelectFamily": False})
    for options in variants:
        req = nodehttp.get({"host": "x.test", "port": port, "lookup": lookup, **options})
        req.on("error", lambda error: t("req error", masked(error)))
        await event(req, "close")
        t("closed")


@scenarios
async def an_http_request_with_a_timeout_while_an_attempt_lasts(t: Trace) -> None:
    port = await silent()
    free = await stuck(port, "127.0.0.2")
    lookup = answering("127.0.0.2", "127.0.0.3")
    times = {"timeout": TIMEOUT, "autoSelectFamilyAttemptTimeout": 4 * TIMEOUT}
    req = nodehttp.get({"host": "x.test", "port": port, "agent": False, "lookup": lookup, **times})
    req.on("timeout", lambda: t("timeout"))
    req.on("error", lambda error: t("req error", masked(error)))
    await event(req, "close")
    free()
