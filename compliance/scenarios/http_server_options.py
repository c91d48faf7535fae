# mypy: disable-error-code="func-returns-value"
"""The options of an HTTP server, one by one: what each does to requests, responses and connections."""

from collections.abc import Callable, Sequence
from typing import Any

import nodehttp
from compliance._peers import GET, STRICTNESS, Peer, listening, mask, rounds
from compliance._trace import Scenarios, Trace, compact
from nodehttp import net
from nodestream.loop import Promise
from nodestream.timers import set_immediate, set_timeout

scenarios = Scenarios()


def request(line: str, *fields: str) -> str:
    """The head of a request."""
    return f"{line} HTTP/1.1\r\n{''.join(f'{field}' + chr(13) + chr(10) for field in fields)}\r\n"


LAST = request("GET /last", "Host: a", "Connection: close")
UPGRADE = request("GET /up", "Host: a", "Connection: upgrade", "Upgrade: x")
CHUNKED = request("POST /", "Host: a", "Transfer-Encoding: chunked")

Listener = Callable[[Any, Any], object]


def answer(t: Trace) -> Listener:
    """The usual answer."""

    def listener(req: Any, res: Any) -> None:
        t("request", req.method, req.url)
        req.resume()
        res.end("x")

    return listener


async def served(
    t: Trace,
    options: dict[str, Any] | None = None,
    listener: Listener | None = None,
    pieces: Sequence[str] = (GET,),
    setup: Callable[[Any], object] = lambda _: None,
    end: bool = True,
) -> None:
    """A server that gets some pieces, each after the one before was dealt with; what it sends goes into the trace."""
    answering = listener or answer(t)
    server: Any = nodehttp.create_server(options or {}, lambda req, res: (answering(req, res), None)[1])
    sockets: list[Any] = []

    def on_client_error(error: Any, socket: Any) -> None:
        t("clientError", error.code, error.message)
        if socket.writable:
            socket.end("HTTP/1.1 400 Mine\r\n\r\n")
        else:
            socket.destroy()

    server.on("clientError", on_client_error)
    server.on("connection", sockets.append)
    setup(server)
    peer = await Peer.connect(await listening(server))
    for piece in pieces:
        await peer.send(piece)
        await rounds(8)
    if end:
        peer.finish()
    await peer.end()
    t("bytes", mask(peer.text))
    peer.destroy()
    closed: Promise[None] = Promise()
    server.close(lambda *_: closed.resolve(None))
    server.close_all_connections()
    await closed


ODD = {
    "control character in a value": request("GET /", "Host: a", "X: a\x01b"),
    "high character in a value": request("GET /", "Host: a", "X: a\xffb"),
    "space before the colon": request("GET /", "Host: a", "X : b"),
    "folded line": request("GET /", "Host: a", "X: b", " c"),
    "length and chunked": request("POST /", "Host: a", "Content-Length: 5", "Transfer-Encoding: chunked") + "0\r\n\r\n",
    "chunked not last": request("POST /", "Host: a", "Transfer-Encoding: chunked, gzip"),
    "two lengths": request("POST /", "Host: a", "Content-Length: 1", "Content-Length: 1") + "a",
    "bare line feeds": "GET / HTTP/1.1\nHost: a\n\n",
    "space behind a chunk size": CHUNKED + "1 \r\na\r\n0\r\n\r\n",
    "chunk without its end": CHUNKED + "1\r\na0\r\n\r\n",
    "other version": "GET / HTTP/1.2\r\nHost: a\r\n\r\n",
    "data after close": LAST + GET,
}


def tolerance(name: str) -> Callable[[Trace], Any]:
    """A request that is not as it should be, with each degree of strictness."""

    async def scenario(t: Trace) -> None:
        def listener(req: Any, res: Any) -> None:
            t("request", req.method, req.url, req.headers)
            req.on("data", lambda data: t("data", data)).on("end", lambda: t("end"))
            res.set_header("Connection", "close")
            res.end("x")

        for options in STRICTNESS:
            t(compact(options))
            await served(t, options, listener, [ODD[name]])

    return scenario


for odd in ODD:
    scenarios.add(f"tolerates {odd}", tolerance(odd))

HEADERS_TIMEOUT = {"headersTimeout": 30, "requestTimeout": 0, "connectionsCheckingInterval": 10}


@scenarios
async def headers_timeout(t: Trace) -> None:
    await served(t, HEADERS_TIMEOUT, pieces=["GET / HTTP/1.1\r\nHost"], end=False)


@scenarios
async def headers_timeout_of_the_second_request(t: Trace) -> None:
    await served(t, {**HEADERS_TIMEOUT, "keepAliveTimeout": 0}, pieces=[GET, "GET /2"], end=False)


@scenarios
async def headers_timeout_before_anything_was_sent(t: Trace) -> None:
    await served(t, HEADERS_TIMEOUT, pieces=[], end=False)


@scenarios
async def request_timeout(t: Trace) -> None:
    def listener(req: Any, _res: Any) -> None:
        t("request")
        req.on("error", lambda error: t("req error", error))
        req.resume()

    head = request("POST /", "Host: a", "Content-Length: 3")
    await served(t, {"requestTimeout": 30, "connectionsCheckingInterval": 10}, listener, [f"{head}a"], end=False)


@scenarios
async def no_timeouts(t: Trace) -> None:
    def setup(server: Any) -> None:
        def look(socket: Any) -> None:
            t("still", socket.destroyed)
            socket.destroy()

        server.on("connection", lambda socket: (set_timeout(look, 60, socket), None)[1])

    times = {"headersTimeout": 0, "requestTimeout": 0, "connectionsCheckingInterval": 10}
    await served(t, times, pieces=["GET / HTTP/1.1\r\nHost"], setup=setup, end=False)


@scenarios
def times_that_a_server_has(t: Trace) -> None:
    def times(options: dict[str, int]) -> list[float]:
        server = nodehttp.create_server(options)
        kept = [server.keep_alive_timeout, server.keep_alive_timeout_buffer]
        received = [server.headers_timeout, server.request_timeout]
        return [*received, *kept, server.connections_checking_interval, server.timeout]

    variants: Sequence[dict[str, int]] = (
        {},
        {"requestTimeout": 5000},
        {"requestTimeout": 0},
        {"requestTimeout": 100000},
        {"headersTimeout": 10},
        {"headersTimeout": 0},
        {"headersTimeout": 10, "requestTimeout": 20},
        {"headersTimeout": 20, "requestTimeout": 10},
        {"headersTimeout": 20, "requestTimeout": 0},
        {"keepAliveTimeout": 0},
        {"keepAliveTimeoutBuffer": 0},
        {"connectionsCheckingInterval": 0},
    )
    for options in variants:
        t.call(compact(options), times, options)


@scenarios
async def keep_alive_timeout(t: Trace) -> None:
    for time in (30, 1500):
        await served(t, {"keepAliveTimeout": time, "keepAliveTimeoutBuffer": 0}, end=time > 1000)


@scenarios
async def keep_alive_timeout_buffer(t: Trace) -> None:
    def listener(req: Any, res: Any) -> None:
        socket = req.socket
        res.end("x")
        res.on("close", lambda: (set_timeout(lambda: t("still", socket.destroyed), 50), None)[1])
        socket.on("close", lambda *_: t("closed"))

    await served(t, {"keepAliveTimeout": 1, "keepAliveTimeoutBuffer": 120}, listener, end=False)


@scenarios
async def without_keep_alive_timeout(t: Trace) -> None:
    await served(t, {"keepAliveTimeout": 0})


@scenarios
async def require_host_header(t: Trace) -> None:
    variants: Sequence[dict[str, bool]] = ({}, {"requireHostHeader": False}, {"requireHostHeader": True})
    old = "GET / HTTP/1.0\r\n\r\n"
    for options in variants:
        for text in (request("GET /"), old, request("GET /", "Host:"), request("GET /", "Host: a", "Host: b")):
            await served(t, options, pieces=[text])


@scenarios
async def join_duplicate_headers(t: Trace) -> None:
    fields = ("Host: a", "Age: 1", "Age: 2", "Cookie: a=1", "Cookie: b=2", "X: 1", "X: 2", "Authorization: 3")
    head = request("GET /", *fields, "Authorization: 4", "Set-Cookie: 5", "Set-Cookie: 6")

    def listener(req: Any, res: Any) -> None:
        t("headers", req.headers, bool(req.join_duplicate_headers))
        res.end()

    for join in (None, False, True):
        await served(t, {"joinDuplicateHeaders": join}, listener, [head])


@scenarios
async def max_header_size(t: Trace) -> None:
    sizes = ((100, 50), (100, 100), (None, 16000), (None, 16400), (20000, 16400), (0, 16000))
    for size, length in sizes:
        await served(t, {"maxHeaderSize": size}, pieces=[request("GET /", "Host: a", f"X: {'x' * length}")])


@scenarios
async def max_headers_count(t: Trace) -> None:
    def limited(limit: int | None) -> Callable[[Any], None]:
        def setup(server: Any) -> None:
            server.max_headers_count = limit

        return setup

    def listener(req: Any, res: Any) -> None:
        t("count", len(req.raw_headers))
        res.end()

    for limit, count in ((5, 4), (5, 5), (0, 1100), (None, 999), (None, 1000)):
        head = request("GET /", "Host: a", *(f"X{index}: 1" for index in range(count)))
        await served(t, {}, listener, [head], limited(limit))


def limiting(t: Trace, limit: int) -> Callable[[Any], None]:
    """So many requests for each connection."""

    def setup(server: Any) -> None:
        server.max_requests_per_socket = limit
        server.on("dropRequest", lambda req, socket: t("dropRequest", req.url, socket.destroyed))

    return setup


@scenarios
async def max_requests_per_socket(t: Trace) -> None:
    for limit in (0, 1, 2):
        pieces = [GET, request("GET /2", "Host: a"), request("GET /3", "Host: a")]
        await served(t, pieces=pieces, setup=limiting(t, limit))


@scenarios
async def max_requests_per_socket_in_one_packet(t: Trace) -> None:
    packet = GET + "".join(request(f"GET /{number}", "Host: a") for number in (2, 3, 4))
    await served(t, pieces=[packet], setup=limiting(t, 2))


@scenarios
async def should_upgrade_callback(t: Trace) -> None:
    callbacks: dict[str, Callable[[Any], object]] = {
        "true": lambda _: True,
        "false": lambda _: False,
        "by url": lambda req: req.url != "/up",
        "something": lambda _: "yes",
        "nothing": lambda _: None,
    }

    def on_upgrade(req: Any, socket: Any, head: bytes) -> None:
        t("upgrade", req.url, req.upgrade, head)
        socket.end("up")

    def listener(req: Any, res: Any) -> None:
        t("request", req.url, req.upgrade)
        res.end("x")

    for label, callback in callbacks.items():
        for listens in (True, False):
            t(label, listens)
            setup = (lambda server: server.on("upgrade", on_upgrade)) if listens else (lambda _: None)
            await served(t, {"shouldUpgradeCallback": callback}, listener, [UPGRADE], setup)


@scenarios
async def should_upgrade_callback_that_throws(t: Trace) -> None:
    def callback(_: Any) -> None:
        raise Exception("mine")

    await served(t, {"shouldUpgradeCallback": callback}, pieces=[UPGRADE])


@scenarios
async def should_upgrade_callback_is_not_asked_about_connect(t: Trace) -> None:
    def on_connect(req: Any, socket: Any, _head: bytes) -> None:
        t("connect", req.url)
        socket.end("ok")

    options = {"shouldUpgradeCallback": lambda _: (t("asked"), True)[1]}
    pieces = [request("CONNECT a:1", "Host: a")]
    await served(t, options, pieces=pieces, setup=lambda server: server.on("connect", on_connect))


@scenarios
async def unique_headers(t: Trace) -> None:
    def set_one_by_one(_req: Any, res: Any) -> None:
        res.set_header("X-A", ["1", "2"])
        res.set_header("x-b", ["3", "4"])
        res.end()

    def set_at_once(_req: Any, res: Any) -> None:
        res.write_head(200, {"X-A": ["1", "2"], "Cookie": ["a", "b"]})
        res.end()

    lists: Sequence[list[str] | None] = (None, ["X-A"], ["x-a", "x-b"], [])
    for names in lists:
        await served(t, {"uniqueHeaders": names}, set_one_by_one)
        await served(t, {"uniqueHeaders": names}, set_at_once)


@scenarios
async def reject_non_standard_body_writes(t: Trace) -> None:
    def answering(status: int, line: str) -> Listener:
        def listener(_req: Any, res: Any) -> None:
            res.status_code = status
            t.call(f"{status} {line} write", res.write, "x")
            t.call(f"{status} {line} end", lambda: (res.end("y"), None)[1])
            if not res.writable_ended:
                res.end()

        return listener

    for reject in (None, True):
        for status, line in ((204, "GET /"), (304, "GET /"), (200, "HEAD /"), (200, "GET /")):
            head = request(line, "Host: a")
            await served(t, {"rejectNonStandardBodyWrites": reject}, answering(status, line), [head])


@scenarios
async def optimize_empty_requests(t: Trace) -> None:
    def listener(req: Any, res: Any) -> None:
        t("request", req.method, req.readable_ended, req.destroyed, req.complete, req._dumped)
        req.on("end", lambda: t("end"))
        req.resume()
        set_immediate(res.end, "x")

    for optimize in (None, True):
        for text in (
            GET,
            request("POST /", "Host: a", "Content-Length: 1") + "x",
            request("POST /", "Host: a", "Content-Length: 0"),
            CHUNKED + "0\r\n\r\n",
            request("DELETE /", "Host: a"),
        ):
            await served(t, {"optimizeEmptyRequests": optimize}, listener, [text])


@scenarios
async def classes_of_messages(t: Trace) -> None:
    class Request(nodehttp.IncomingMessage):
        @property
        def mine(self) -> str:
            return f"mine {self.url}"

    class Response(nodehttp.ServerResponse):
        def say(self, text: str) -> None:
            self.set_header("X-Mine", "1")
            self.end(text)

    def listener(req: Any, res: Any) -> None:
        t("request", req.mine, isinstance(req, Request), res.req is req)
        res.say("hi")

    await served(t, {"IncomingMessage": Request, "ServerResponse": Response}, listener)


@scenarios
async def high_water_mark(t: Trace) -> None:
    def listener(req: Any, res: Any) -> None:
        own = req.readable_high_water_mark, res.writable_high_water_mark
        t("marks", *own, req.socket.readable_high_water_mark, req.socket.writable_high_water_mark)
        t("write", res.write("0123456789"))
        res.end()

    for mark in (None, 5, 100000):
        await served(t, {"highWaterMark": mark}, listener)


@scenarios
async def half_open(t: Trace) -> None:
    def allowing(allow: bool) -> Callable[[Any], None]:
        def setup(server: Any) -> None:
            server.http_allow_half_open = allow
            t("options", server.allow_half_open)

        return setup

    def listener(req: Any, res: Any) -> None:
        def late() -> None:
            if not res.destroyed:
                res.end("late")

        res.on("close", lambda: t("close"))
        req.socket.on("end", lambda: (set_immediate(late), None)[1])

    for allow in (False, True):
        await served(t, listener=listener, setup=allowing(allow))


@scenarios
async def set_timeout_of_a_server(t: Trace) -> None:
    def setting(form: str) -> Callable[[Any], None]:
        def callback(socket: Any) -> None:
            t("callback", socket.destroyed)
            socket.destroy()

        def setup(server: Any) -> None:
            if form == "property":
                server.timeout = 30
            elif form == "method":
                t("returns", server.set_timeout(30) is server, server.timeout)
            elif form == "callback":
                server.set_timeout(30, callback)
            else:
                server.timeout = 30
                server.on("timeout", lambda socket: (t("timeout"), socket.end("bye"), None)[2])

        return setup

    def listener(req: Any, _res: Any) -> None:
        t("request")
        req.on("aborted", lambda: t("aborted"))

    for form in ("property", "method", "callback", "listener"):
        await served(t, listener=listener, setup=setting(form), end=False)


@scenarios
async def set_timeout_of_messages(t: Trace) -> None:
    def listener(req: Any, res: Any) -> None:
        socket = req.socket

        def over(given: Any) -> None:
            t("res timeout", given is socket)
            given.destroy()

        t("req", req.set_timeout(30, lambda given: t("req timeout", given is socket)) is req)
        t("res", res.set_timeout(40, over) is res, socket.timeout)

    await served(t, listener=listener, end=False)


@scenarios
async def set_timeout_forms_of_a_server(t: Trace) -> None:
    server = nodehttp.create_server()
    t("default", server.timeout)
    forms: Sequence[list[Any]] = ([5], [0], [None], [7, lambda: None])
    for args in forms:
        server.set_timeout(*args)
        t("timeout", server.timeout, server.listener_count("timeout"))


@scenarios
async def no_delay_and_keep_alive(t: Trace) -> None:
    variants: Sequence[dict[str, Any]] = (
        {},
        {"noDelay": False},
        {"keepAlive": True, "keepAliveInitialDelay": 2500},
        {"keepAlive": True, "keepAliveInitialDelay": -1},
    )
    for options in variants:
        server = nodehttp.create_server(options)
        kept = server.no_delay, server.keep_alive, server.keep_alive_initial_delay
        t(compact(options), *kept, server.high_water_mark, server.pause_on_connect, server.allow_half_open)


@scenarios
async def limits_of_connections(t: Trace) -> None:
    def setup(server: Any) -> None:
        server.max_connections = 0
        server.on("drop", lambda info: t("drop", info["localAddress"]))

    await served(t, pieces=[], setup=setup, end=False)


@scenarios
async def block_list(t: Trace) -> None:
    blocked = net.BlockList()
    blocked.add_address("127.0.0.1")
    await served(t, {"blockList": blocked}, setup=lambda server: server.on("connection", lambda _: t("connection")))


@scenarios
async def pause_on_connect(t: Trace) -> None:
    def on_connection(socket: Any) -> None:
        def resume() -> None:
            t("resume", socket.is_paused(), socket.bytes_read)
            socket.resume()

        t("connection", socket.is_paused())
        set_timeout(resume, 30)

    await served(t, {"pauseOnConnect": True}, setup=lambda server: server.on("connection", on_connection))


@scenarios
async def two_listeners_of_request(t: Trace) -> None:
    await served(t, setup=lambda server: server.on("request", lambda _, res: t("second", res.writable_ended)))
