# mypy: disable-error-code="func-returns-value"
# ruff: noqa: PLW0108
"""The order of events: of a server's requests and responses, of a client's, and when one side goes away."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import trio

import nodehttp
from compliance._peers import GET, OK, Peer, event, listening, rounds
from compliance._trace import Scenarios, Trace
from nodestream.loop import Promise
from nodestream.timers import set_immediate

scenarios = Scenarios()

REQ = [
    "socket",
    "response",
    "continue",
    "information",
    "timeout",
    "abort",
    "drain",
    "prefinish",
    "finish",
    "upgrade",
    "connect",
]
IN = ("end", "aborted", "pause", "resume")
OUT = ("drain", "prefinish", "finish", "pipe", "unpipe")
POST = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n"

Listener = Callable[[Trace, Any, Any], object]


def label(t: Trace, emitter: Any, prefix: str, names: Sequence[str]) -> Any:
    """Write down these events, and `close`, by their names alone."""

    def listen(name: str) -> None:
        emitter.on(name, lambda *args: t(prefix + name))

    for name in names:
        listen(name)
    emitter.on("close", lambda: t(f"{prefix}close"))
    return emitter


def finish(peer: Peer) -> None:
    peer.finish()


def reset(peer: Peer) -> None:
    peer.reset()


def nothing(*args: object) -> None:
    """An end that the other side brings about."""


async def raw(
    t: Trace,
    listener: Listener,
    pieces: Sequence[str] = (GET,),
    setup: Callable[[Trace, Any], object] | None = None,
    end: Callable[[Peer], None] = finish,
    errors: bool = True,
) -> None:
    """A server and a raw client. Each piece is sent after the one before was dealt with."""
    server: Any = nodehttp.create_server()
    label(t, server, "server ", ("connection", "dropRequest"))
    gone: Promise[None] = Promise()
    server.on("connection", lambda socket: socket.on("close", lambda *_: gone.resolve(None)))

    def on_request(req: Any, res: Any) -> None:
        t("request", req.method, req.url)
        label(t, req, "req ", IN)
        label(t, res, "res ", OUT)
        if errors:
            req.on("error", lambda error: t("req error", error))
            res.on("error", lambda error: t("res error", error))
        listener(t, req, res)

    server.on("request", on_request)
    if setup is not None:
        setup(t, server)
    peer = await Peer.connect(await listening(server))
    for piece in pieces:
        await peer.send(piece)
        await rounds(8)
    end(peer)
    await gone
    peer.destroy()
    closed: Promise[None] = Promise()
    server.close(lambda *_: closed.resolve(None))
    await closed


async def asked(
    t: Trace,
    options: dict[str, Any] | None = None,
    body: Callable[[Trace, Any], object] = lambda t, req: req.end(),
    pieces: Sequence[str] = (OK,),
    end: Callable[[Trace, Peer, Any], Awaitable[None] | None] | None = None,
    watch: Callable[[Trace, Any], object] = nothing,
) -> None:
    """A client and a raw server, which answers in pieces."""
    listener = trio.socket.socket()
    await listener.bind(("127.0.0.1", 0))
    listener.listen()
    req: Any = nodehttp.request({"host": "127.0.0.1", "port": listener.getsockname()[1], **(options or {})})
    label(t, req, "req ", REQ)
    req.on("error", lambda error: t("req error", error))
    gone: Promise[None] = Promise()
    over: list[Promise[None]] = [gone]
    req.once("close", lambda: gone.resolve(None))

    def on_response(res: Any) -> None:
        label(t, res, "res ", IN)
        res.on("error", lambda error: t("res error", error))
        res_gone: Promise[None] = Promise()
        res.once("close", lambda: res_gone.resolve(None))
        over.append(res_gone)
        watch(t, res)
        if not res.listener_count("data"):
            res.resume()

    req.on("response", on_response)
    body(t, req)
    connection, _ = await listener.accept()
    peer = Peer(connection)
    await peer.until(lambda: "\r\n\r\n" in peer.text)
    for piece in pieces:
        await peer.send(piece)
        await rounds(8)
    if end is not None:
        ending = end(t, peer, req)
        if ending is not None:
            await ending
    await gone
    await over[-1]
    if req.socket is not None:
        req.socket.destroy()
    await rounds()
    peer.destroy()
    listener.close()


def server_case(name: str, listener: Listener, **more: Any) -> None:
    """Add a scenario of a server."""

    async def scenario(t: Trace) -> None:
        await raw(t, listener, **more)

    scenarios.add(name, scenario)


def client_case(name: str, **more: Any) -> None:
    """Add a scenario of a client."""

    async def scenario(t: Trace) -> None:
        await asked(t, **more)

    scenarios.add(name, scenario)


def end_x(t: Trace, req: Any, res: Any) -> None:
    res.end("x")


def trace_data(t: Trace, req: Any, res: Any = None) -> None:
    req.on("data", t.callback("data"))


def read_then_end(t: Trace, req: Any, res: Any) -> None:
    req.on("data", t.callback("data"))
    req.on("end", lambda: res.end())


# --- a server ---

server_case("one_get", end_x)
server_case(
    "one_post_that_is_read",
    lambda t, req, res: (req.on("data", t.callback("data")), req.on("end", lambda: res.end("x"))),
    pieces=[POST, "ab", "cd"],
)
server_case("one_post_answered_before_it_is_read", end_x, pieces=[POST + "abcd"])
server_case("one_post_answered_while_it_comes", end_x, pieces=[POST, "ab", "cd"])
server_case("two_requests_on_a_connection", end_x, pieces=[GET, GET])
server_case(
    "a_response_that_closes",
    lambda t, req, res: (res.set_header("Connection", "close"), res.end("x")),
    end=nothing,
)


def _callbacks(t: Trace, req: Any, res: Any) -> None:
    t("write", res.write("a", t.callback("write cb")))
    t("end", res.end("b", t.callback("end cb")) is res, res.writable_ended, res.writable_finished, res.finished)


server_case("write_callbacks_and_finish", _callbacks)
server_case("client_goes_away_in_mid_upload", trace_data, pieces=[POST, "ab"], end=reset)
server_case("client_ends_in_mid_upload", trace_data, pieces=[POST, "ab"])
server_case("client_goes_away_before_the_response", nothing, end=reset)
server_case("client_ends_before_the_response", nothing)
server_case("client_goes_away_with_the_body_unread", nothing, pieces=[POST + "ab"], end=reset)
server_case("nobody_listens_to_the_error", trace_data, pieces=[POST, "ab"], end=reset, errors=False)
server_case(
    "response_is_destroyed",
    lambda t, req, res: (res.write("a"), set_immediate(lambda: res.destroy(Exception("boom")))),
    end=nothing,
)
server_case(
    "request_is_destroyed",
    lambda t, req, res: set_immediate(lambda: req.destroy(Exception("boom"))),
    end=nothing,
    pieces=[POST],
)
server_case("socket_is_destroyed", lambda t, req, res: set_immediate(lambda: req.socket.destroy()), end=nothing)
server_case(
    "head_and_no_body",
    lambda t, req, res: (t("write", res.write("x", t.callback("cb"))), res.end("y", t.callback("end cb"))),
    pieces=["HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"],
)
server_case(
    "expect_continue",
    read_then_end,
    pieces=["POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n", "hi"],
)


def _take_over(t: Trace, socket: Any) -> None:
    socket.on("data", t.callback("data"))
    socket.on("end", lambda: socket.end())


def _on_upgrade(t: Trace, server: Any) -> None:
    def upgrade(req: Any, socket: Any, head: bytes) -> None:
        t("upgrade", req.url, req.upgrade, head)
        _take_over(t, socket)

    server.on("upgrade", upgrade)


def _on_connect(t: Trace, server: Any) -> None:
    def connect(req: Any, socket: Any, head: bytes) -> None:
        t("connect", req.url, head)
        _take_over(t, socket)

    server.on("connect", connect)


UPGRADE = "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\nfirst"
server_case("upgrade", nothing, pieces=[UPGRADE, "second"], setup=_on_upgrade)
server_case("connect", nothing, pieces=["CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\nfirst", "second"], setup=_on_connect)
server_case(
    "too_many_requests_on_a_socket",
    end_x,
    pieces=[GET, GET],
    setup=lambda t, server: setattr(server, "max_requests_per_socket", 1),
)
server_case("bytes_by_bytes", end_x, pieces=[GET[:10], GET[10:20], GET[20:]])
server_case(
    "paused_body",
    lambda t, req, res: (
        req.pause(),
        req.on("data", t.callback("data")),
        set_immediate(lambda: set_immediate(lambda: req.resume())),
        req.on("end", lambda: res.end()),
    ),
    pieces=[POST, "ab", "cd"],
)
server_case(
    "set_encoding_of_the_body",
    lambda t, req, res: (req.set_encoding("utf8"), read_then_end(t, req, res)),
    pieces=[POST, "\xe2\x82", "\xacx"],
)


def _states(t: Trace, req: Any, res: Any) -> None:
    def state(at: str) -> None:
        t(
            at,
            res.headers_sent,
            res.writable,
            res.writable_ended,
            res.writable_finished,
            res.writable_length,
            res.writable_need_drain,
            res.destroyed,
            res.closed,
            res.finished,
            res.writable_object_mode,
        )

    state("new")
    res.write("a")
    state("written")
    res.end()
    state("ended")
    res.on("finish", lambda: state("finish"))
    res.on("close", lambda: state("close"))


server_case("states_of_a_response", _states)

# --- a client ---

FOUR = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"
SWITCHING = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"


def finishes(t: Trace, peer: Peer, req: Any) -> None:
    peer.finish()


def resets(t: Trace, peer: Peer, req: Any) -> None:
    peer.reset()


def destroys(t: Trace, peer: Peer, req: Any) -> None:
    req.destroy()


client_case("client_get")
client_case("client_get_with_a_body", pieces=[FOUR, "ab", "cd"], watch=trace_data)
client_case("client_get_until_the_end", pieces=["HTTP/1.1 200 OK\r\n\r\n", "ab"], watch=trace_data, end=finishes)
client_case(
    "client_without_agent",
    options={"agent": False},
    pieces=["HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx"],
)
client_case(
    "client_post",
    options={"method": "POST"},
    body=lambda t, req: (t("write", req.write("a", t.callback("cb"))), req.end("b", t.callback("end"))),
)
client_case("client_response_short", pieces=[FOUR, "ab"], end=finishes)
client_case("client_response_reset", pieces=[FOUR, "ab"], end=resets)
client_case("client_no_response", pieces=[], end=finishes)
client_case("client_destroys_the_request", pieces=[], end=destroys)
client_case(
    "client_destroys_with_an_error", pieces=[], end=lambda t, peer, req: (req.destroy(Exception("boom")), None)[1]
)
client_case(
    "client_aborts",
    pieces=[],
    end=lambda t, peer, req: (req.abort(), t("aborted", req.aborted, req.destroyed), None)[2],
)
client_case("client_destroys_in_mid_response", pieces=[FOUR, "ab"], end=destroys)
client_case(
    "client_destroys_the_response",
    pieces=[FOUR, "ab"],
    watch=lambda t, res: res.once("data", lambda _: res.destroy()),
)
client_case(
    "client_interim",
    pieces=["HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n", OK],
)
client_case(
    "client_upgrade",
    pieces=[SWITCHING + "first"],
    options={"headers": {"Connection": "Upgrade", "Upgrade": "x"}},
    body=lambda t, req: (
        req.on("upgrade", lambda res, socket, head: (t("head", head, res.status_code), socket.destroy())),
        req.end(),
    ),
)
client_case("client_upgrade_nobody_takes", pieces=[SWITCHING])
client_case("client_response_nobody_takes", pieces=["HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"])


async def _after_timeout(t: Trace, peer: Peer, req: Any) -> None:
    await event(req, "timeout")
    t("destroyed", req.destroyed)
    req.destroy()


client_case("client_timeout", options={"timeout": 250}, pieces=[], end=_after_timeout)
client_case(
    "client_response_before_the_end",
    options={"method": "POST"},
    body=lambda t, req: req.write("a"),
    end=lambda t, peer, req: (req.end(), None)[1],
)
