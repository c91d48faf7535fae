# mypy: disable-error-code="func-returns-value"
"""The options of a request, one by one: what each does to what is sent, and to what is made of the response."""

import shutil
import socket as kernel
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import trio

import nodehttp
from compliance._peers import OK, STRICTNESS, Peer, closed, listening, rounds
from compliance._trace import Scenarios, Trace, compact
from nodehttp import net
from nodestream.abort import AbortController
from nodestream.errors import AbortError, DOMException
from nodestream.loop import Promise
from nodestream.timers import set_immediate

scenarios = Scenarios()


def watch_response(t: Trace) -> Callable[[Any], None]:
    """Write down what a response is, and what comes of it."""

    def watch(res: Any) -> None:
        t("response", res.status_code, res.headers, len(res.raw_headers))
        res.on("data", lambda data: t("data", data)).on("end", lambda: t("end"))
        res.on("error", lambda error: t("res error", error.code))

    return watch


async def asked(
    t: Trace,
    options: dict[str, Any] | None = None,
    reply: str | None = OK,
    act: Callable[[Any], object] = lambda _: None,
    watch: Callable[[Any], object] | None = None,
    path: str | None = None,
    to: dict[str, Any] | None = None,
) -> None:
    """A raw server that answers one request; what was asked and what came of it goes into the trace."""
    server = await trio_listener(path)
    port = 0 if path else server.getsockname()[1]
    target = to or {"host": "127.0.0.1"}
    if path is None:
        target = {**target, "port": port}
    req: Any = nodehttp.request({"agent": False, **target, **(options or {})})

    def masked(text: str) -> str:
        return text.replace(str(port), "PORT") if port else text

    req.on("error", lambda error: t("error", getattr(error, "code", None), masked(str(error))))
    req.on("response", lambda res: ((watch or watch_response(t))(res), None)[1])
    for name in ("timeout", "close"):
        req.on(name, lambda name=name: t(name))
    act(req)
    req.end()
    gone: Promise[None] = Promise()
    req.once("close", lambda: gone.resolve(None))
    connection, _ = await server.accept()
    peer = Peer(connection)
    await peer.until(lambda: "\r\n\r\n" in peer.text)
    await rounds()
    if reply is not None:
        await peer.send(reply)
    await gone
    await rounds()
    t("bytes", masked(peer.text))
    peer.destroy()
    server.close()


async def trio_listener(path: str | None) -> Any:
    """What takes connections and does nothing with them."""
    listener = trio.socket.socket(kernel.AF_UNIX if path else kernel.AF_INET)
    await listener.bind(path or ("127.0.0.1", 0))
    listener.listen()
    return listener


def head(*fields: str) -> str:
    """The head of a response."""
    return "".join(f"{line}\r\n" for line in ("HTTP/1.1 200 OK", *fields, "Content-Length: 0", ""))


ODD = {
    "control character in a value": head("X: a\x01b"),
    "space before the colon": head("X : b"),
    "folded line": head("X: b", " c"),
    "length and chunked": "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "bare line feeds": "HTTP/1.1 200 OK\nContent-Length: 1\n\nx",
    "no reason": "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",
    "other version": "HTTP/1.2 200 OK\r\nContent-Length: 0\r\n\r\n",
    "data after close": "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\nxmore",
    "space behind a chunk size": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1 \r\na\r\n0\r\n\r\n",
}


def tolerance(name: str) -> Callable[[Trace], Any]:
    """A response that is not as it should be, with each degree of strictness."""

    async def scenario(t: Trace) -> None:
        for options in STRICTNESS:
            t(compact(options))
            await asked(t, options, ODD[name])

    return scenario


for odd in ODD:
    scenarios.add(f"tolerates {odd}", tolerance(odd))


async def told(t: Trace, act: Callable[[Any], object], options: dict[str, Any] | None = None) -> None:
    """Calls of some methods of the socket, written down while a request is made."""

    def create_connection(given: Any, _callback: Any) -> Any:
        socket: Any = net.connect({"host": given["host"], "port": given["port"]})
        for name in ("setNoDelay", "setKeepAlive", "setTimeout"):
            note(socket, name)
        return socket

    def note(socket: Any, name: str) -> None:
        method = getattr(socket, name)

        def noted(*args: Any) -> Any:
            t(name, *("function" if callable(arg) else arg for arg in args))
            return method(*args)

        setattr(socket, name, noted)

    await asked(t, {**(options or {}), "createConnection": create_connection, "agent": None}, act=act)


def connected(t: Trace, *also: Callable[[Any], object]) -> Callable[[Any], None]:
    """Write down where a request's socket comes from."""

    def act(req: Any) -> None:
        def on_socket(socket: Any) -> None:
            socket.on("connect", lambda: t("local", socket.local_address, *(each(socket) for each in also)))

        req.on("socket", on_socket)

    return act


@scenarios
async def local_address_and_port(t: Trace) -> None:
    bound = net.BoundSocket({"host": "127.0.0.1"})
    port = bound.address()["port"]
    bound.close()
    await asked(t, {"localAddress": "127.0.0.2"}, act=connected(t))
    given = {"localAddress": "127.0.0.1", "localPort": port}
    await asked(t, given, act=connected(t, lambda socket: socket.local_port == port))

    def get(options: dict[str, Any]) -> None:
        req = nodehttp.get({"port": 9, "host": "127.0.0.1", "agent": False, **options})
        req.on("error", lambda error: t("error", error.code))

    for options in ({"localAddress": "x"}, {"localPort": "x"}, {"localAddress": "203.0.113.7"}):
        t.call(compact(options), get, options)
        await rounds(8)


@scenarios
async def lookup_hints_and_family(t: Trace) -> None:
    def lookup(host: str, given: dict[str, Any], callback: Callable[..., object]) -> None:
        t("lookup", host, given.get("family"), given.get("hints"), given.get("all"))
        if given.get("all"):
            callback(None, [{"address": "127.0.0.1", "family": 4}])
        else:
            callback(None, "127.0.0.1", 4)

    usual, every = kernel.AI_ADDRCONFIG | kernel.AI_V4MAPPED, kernel.AI_ALL
    variants: Sequence[dict[str, Any]] = (
        *({}, {"family": 4}, {"family": 6}, {"family": 0}, {"hints": usual}),
        *({"family": 4, "hints": 0}, {"family": 4, "hints": every}),
    )
    for options in variants:
        await asked(t, {**options, "lookup": lookup}, to={"host": "x.test"})
    wrong: Sequence[Any] = (1, "x", {})
    for each in wrong:
        asking = {"port": 9, "host": "x.test", "agent": False, "lookup": each}
        t.call(f"lookup {compact(each)}", nodehttp.get, asking)


class NotFound(Exception):
    """What a lookup may say."""

    code = "ENOTFOUND"


@scenarios
async def a_lookup_that_fails(t: Trace) -> None:
    def lookup(_host: str, _options: Any, callback: Callable[..., object]) -> None:
        callback(NotFound("mine"))

    req: Any = nodehttp.get({"host": "x.test", "port": 9, "agent": False, "lookup": lookup})
    req.on("error", lambda error: t("error", error.code, str(error)))
    req.on("close", lambda: t("close"))
    await closed(req)


@scenarios
async def socket_path(t: Trace) -> None:
    folder = tempfile.mkdtemp(prefix="x-")
    where = str(Path(folder) / "socket")
    same = {"socketPath": where, "path": "/p"}
    await asked(t, path=where, to=same, act=lambda req: t("request", req.socket_path == where, req.path, req.host))
    Path(where).unlink()
    await asked(t, path=where, to={"socketPath": where, "host": "h", "port": 81})
    shutil.rmtree(folder)
    req: Any = nodehttp.get({"socketPath": where})
    req.on("error", lambda error: t("error", error.code, error.syscall))
    await closed(req)


NUMBERS = {"-1": -1, "x": "x", "NaN": float("nan"), "Infinity": float("inf")}


@scenarios
async def timeout(t: Trace) -> None:
    def act(req: Any) -> None:
        t("own", req.timeout)
        req.on("timeout", lambda: (t("state", req.destroyed, req.socket.destroyed), req.destroy(), None)[2])

    await asked(t, {"timeout": 30}, None, act)
    for label, time in NUMBERS.items():
        t.call(f"timeout {label}", lambda time=time: nodehttp.request({"timeout": time}))


@scenarios
async def timeout_that_does_not_pass(t: Trace) -> None:
    def act(req: Any) -> None:
        req.on("response", lambda _: t("socket", req.socket.timeout))

    await asked(t, {"timeout": 5000}, act=act)


@scenarios
async def set_timeout(t: Trace) -> None:
    def calling(req: Any) -> None:
        is_same = req.set_timeout(30, lambda: (t("callback"), req.destroy(), None)[2]) is req
        t("returns", is_same, req.timeout, req.listener_count("timeout"))

    def clearing(req: Any) -> None:
        def callback() -> None:
            t("callback")

        req.set_timeout(30, callback)
        t("clear", req.clear_timeout(callback), req.listener_count("timeout"))

    def late(req: Any) -> None:
        def on_connect(socket: Any) -> None:
            req.set_timeout(30)
            req.on("timeout", lambda: (t("late", socket.timeout), req.destroy(), None)[2])

        req.on("socket", lambda socket: (socket.on("connect", lambda: on_connect(socket)), None)[1])

    await asked(t, reply=None, act=calling)
    await asked(t, act=clearing)
    await asked(t, reply=None, act=late)
    req: Any = nodehttp.request({"createConnection": lambda *_: net.Socket()})
    req.on("error", lambda _: None)
    for label, time in (("-1", -1), ("x", "x"), ("NaN", float("nan"))):
        t.call(f"setTimeout {label}", req.set_timeout, time)
    req.destroy()


def name_of(error: BaseException | None) -> str | None:
    """The name that an error has in JavaScript."""
    if isinstance(error, DOMException):
        return error.name
    return None if error is None else "AbortError" if isinstance(error, AbortError) else "Error"


@scenarios
async def signal(t: Trace) -> None:
    for when in ("before", "at once", "sent", "response", "after"):
        await aborted(t, when)
    wrong: Sequence[Any] = (1, "x", {})
    for each in wrong:
        t.call(f"signal {compact(each)}", lambda each=each: nodehttp.request({"signal": each}))


async def aborted(t: Trace, when: str) -> None:
    """A request whose signal is aborted at some time."""
    controller = AbortController()
    if when == "before":
        controller.abort()
    t(when)

    def answer(req: Any, res: Any) -> None:
        req.on("error", lambda _: None)
        res.write("x")
        if when == "after":
            res.end()

    def on_response(res: Any) -> None:
        t("response")
        res.on("error", lambda error: t("res error", error.code))
        res.resume()
        if when == "response":
            controller.abort()

    server: Any = nodehttp.create_server(answer)
    port = await listening(server)
    req: Any = nodehttp.get({"port": port, "host": "127.0.0.1", "agent": False, "signal": controller.signal})
    req.on("error", lambda error: t("error", name_of(error), error.code, name_of(getattr(error, "cause", None))))
    req.on("response", on_response)
    if when == "at once":
        controller.abort(Exception("why"))
    if when == "sent":
        req.on("finish", controller.abort)
    await closed(req)
    await rounds(8)
    if when == "after":
        controller.abort()
    t("destroyed", req.destroyed, req.aborted)
    over: Promise[None] = Promise()
    server.close(lambda *_: over.resolve(None))
    server.close_all_connections()
    await over


@scenarios
async def max_header_size(t: Trace) -> None:
    def watch(res: Any) -> None:
        t("response", len(res.raw_headers[1]))
        res.resume()

    for size, length in ((100, 50), (100, 200), (None, 16000), (None, 16500), (20000, 16500)):
        await asked(t, {"maxHeaderSize": size}, head(f"X: {'x' * length}"), watch=watch)
    wrong: Sequence[Any] = ("x", -1, 1.5)
    for each in wrong:
        t.call(f"size {each}", lambda each=each: nodehttp.request({"maxHeaderSize": each}))


@scenarios
async def max_headers_count(t: Trace) -> None:
    def watch(res: Any) -> None:
        t("response", len(res.headers))
        res.resume()

    def limiting(limit: int | None) -> Callable[[Any], None]:
        def act(req: Any) -> None:
            req.max_headers_count = limit

        return act

    reply = head(*(f"X{index}: 1" for index in range(40)))
    for limit in (5, 0, None):
        await asked(t, reply=reply, act=limiting(limit), watch=watch)


@scenarios
async def join_duplicate_headers(t: Trace) -> None:
    for join in (None, False, True):
        reply = head("Age: 1", "Age: 2", "X: 1", "X: 2", "Set-Cookie: 5", "Set-Cookie: 6")
        await asked(t, {"joinDuplicateHeaders": join}, reply)


@scenarios
async def unique_headers(t: Trace) -> None:
    headers = {"X-A": ["1", "2"], "X-B": ["3", "4"], "Cookie": ["a", "b"]}
    lists: Sequence[list[str] | None] = (None, ["x-a"], [])
    for names in lists:
        await asked(t, {"uniqueHeaders": names, "headers": headers})


@scenarios
async def create_connection(t: Trace) -> None:
    def connect(options: Any) -> Any:
        return net.connect({"host": options["host"], "port": options["port"]})

    def returning(options: Any, callback: Any) -> Any:
        kind = "function" if callable(callback) else "undefined"
        t("asked", "path" in options, options.get("path"), kind, options.get("method"))
        return connect(options)

    def calling(options: Any, callback: Any) -> None:
        set_immediate(lambda: callback(None, connect(options)))

    def failing(*_: Any) -> None:
        raise Exception("mine")

    await asked(
        t,
        {"agent": None, "createConnection": returning},
        act=lambda req: t("agent", req.agent, req.should_keep_alive),
    )
    await asked(t, {"agent": None, "createConnection": calling})
    await asked(t, {"agent": nodehttp.Agent(), "createConnection": lambda *_: t("not asked")})
    ways: Sequence[Callable[..., Any]] = (lambda _, callback: callback(Exception("mine")), failing)
    for way in ways:
        req: Any = nodehttp.get({"createConnection": way})
        req.on("error", lambda error: t("error", str(error)))
        req.on("close", lambda: t("close"))
        await rounds(8)
        t("state", req.destroyed, req.closed)


@scenarios
async def set_no_delay_and_keep_alive(t: Trace) -> None:
    def at_once(req: Any) -> None:
        t("no delay", req.set_no_delay(True), req.set_no_delay(False))
        t("keep alive", req.set_socket_keep_alive(True, 2000), req.set_socket_keep_alive(False, 0))

    def later(req: Any) -> None:
        req.on("response", lambda _: (req.set_no_delay(True), req.set_socket_keep_alive(True, 0), None)[2])

    await told(t, at_once)
    await told(t, later)
    await told(t, lambda req: req.set_timeout(5000) and None)
    await told(t, lambda _: None, {"timeout": 4000})


@scenarios
def hosts(t: Trace) -> None:
    variants: Sequence[dict[str, Any]] = (
        {"hostname": "b", "host": "a"},
        {"host": "a"},
        {"hostname": ""},
        {},
        {"host": "a", "port": 80},
        {"host": "a", "port": "80"},
        {"host": "a", "port": 81, "defaultPort": 81},
        {"host": "a", "defaultPort": 82},
        {"host": "::1"},
        {"host": "::1", "port": 80},
        {"host": "[::1]", "port": 81},
        {"host": "a", "setHost": False},
        {"host": "a", "setDefaultHeaders": False},
        {"host": "a", "headers": {"host": "mine"}},
        {"host": "a", "headers": {"Host": ""}},
        {"host": "a", "method": "post"},
        {"host": "a", "method": ""},
        {"host": "a", "auth": "u:p"},
        {"host": "a", "auth": "u:p", "headers": {"authorization": "mine"}},
        {"host": "a", "path": "/x?y#z"},
        {"host": "a", "path": ""},
        {"host": "a", "protocol": "http:"},
    )
    for options in variants:
        req: Any = nodehttp.request({"createConnection": lambda *_: net.Socket(), **options})
        req.on("error", lambda _: None)
        headers = req.get_header("host"), req.get_header("authorization")
        t(compact(options), req.host, req.method, req.path, req.protocol, *headers, req.should_keep_alive)
        req.destroy()


@scenarios
async def options_of_the_socket(t: Trace) -> None:
    def act(req: Any) -> None:
        def on_socket(socket: Any) -> None:
            socket.on("connect", lambda: t("type", socket.get_type_of_service()))

        req.on("socket", on_socket)

    await asked(t, {"typeOfService": 8}, act=act)
    blocked = net.BlockList()
    blocked.add_address("127.0.0.1")
    req: Any = nodehttp.get({"host": "127.0.0.1", "port": 9, "agent": False, "blockList": blocked})
    req.on("error", lambda error: t("error", error.code, str(error)))
    await closed(req)


@scenarios
async def high_water_marks(t: Trace) -> None:
    def act(req: Any) -> None:
        def on_socket(socket: Any) -> None:
            t("socket", socket.readable_high_water_mark, req.writable_high_water_mark)

        req.on("socket", on_socket)
        req.on("response", lambda res: t("res", res.readable_high_water_mark))

    for mark in (None, 5):
        await asked(t, {"highWaterMark": mark}, act=act)
