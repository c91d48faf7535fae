# mypy: disable-error-code="func-returns-value"
"""What HTTP does to its sockets, what others can do to them meanwhile, and sockets of other kinds."""

from collections.abc import Callable, Sequence
from typing import Any

import trio

import nodehttp
from compliance._peers import GET, OK, Peer, event, listening, mask, rounds
from compliance._trace import Scenarios, Trace
from nodehttp import net
from nodestream import Duplex, Writable, duplex_pair
from nodestream.loop import Promise
from nodestream.timers import set_immediate

scenarios = Scenarios()

LISTENED_TO = ("timeout", "error", "close", "drain", "data", "end")
LAST = "GET /last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
UPGRADE = "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: b\r\n\r\n"


def counts(socket: Any) -> dict[str, int]:
    """How many listeners each event has."""
    return {name: socket.listener_count(name) for name in LISTENED_TO}


async def served(
    t: Trace, *pieces: str, server: Any = None, listener: Callable[[Any, Any], object] | None = None
) -> None:
    """A server and a raw client that sends some pieces, each after the one before was dealt with, and then no more."""
    server = server or nodehttp.create_server()
    if listener is not None:
        server.on("request", lambda req, res: (listener(req, res), None)[1])
    peer = await Peer.connect(await listening(server))
    for piece in pieces:
        await peer.send(piece)
        await rounds(8)
    peer.finish()
    await peer.end()
    peer.destroy()
    t("bytes", mask(peer.text))
    closed: Promise[None] = Promise()
    server.close(lambda *_: closed.resolve(None))
    await closed


async def asked(t: Trace, what: str, watch: Callable[..., object], *, reply: str = OK, **options: Any) -> None:
    """A request to a raw server that answers once."""
    raw = trio.socket.socket()
    await raw.bind(("127.0.0.1", 0))
    raw.listen()
    req = nodehttp.get({"host": "127.0.0.1", "port": raw.getsockname()[1], **options})
    req.on("error", lambda error: t("req error", error))
    closed: Promise[None] = Promise()
    req.once("close", lambda: closed.resolve(None))
    req.on(what, lambda *args: (watch(*args), None)[1])
    connection, _ = await raw.accept()
    peer = Peer(connection)
    await peer.until(lambda: "\r\n\r\n" in peer.text)
    await rounds()
    await peer.send(reply)
    await closed
    await rounds()
    options["agent"].destroy()
    peer.destroy()
    raw.close()


def scripted(chunks: list[bytes]) -> Writable:
    """A Writable that keeps what it is given."""

    def write(_stream: Any, chunk: bytes, _encoding: str, callback: Callable[[], object]) -> None:
        chunks.append(chunk)
        callback()

    return Writable(write=write)


@scenarios
async def listeners_of_a_connection(t: Trace) -> None:
    server = nodehttp.create_server()
    server.on("connection", lambda socket: t("connection", counts(socket), socket.readable_flowing))

    def listener(req: Any, res: Any) -> None:
        t("request", req.socket.listener_count("data"), req.socket.listener_count("end"))
        res.end("x")

    await served(t, GET, server=server, listener=listener)


@scenarios
async def listeners_of_an_upgraded_connection(t: Trace) -> None:
    server = nodehttp.create_server()
    server.on(
        "upgrade",
        lambda req, socket: (t("upgrade", counts(socket), socket.readable_flowing), socket.end("x"), None)[2],
    )
    await served(t, UPGRADE, server=server)


@scenarios
async def listeners_of_a_refused_connection(t: Trace) -> None:
    server = nodehttp.create_server()
    server.on("clientError", lambda error, socket: (t("clientError", counts(socket)), socket.end("x"), None)[2])
    await served(t, "*", server=server)


@scenarios
async def listeners_of_a_requests_socket(t: Trace) -> None:
    agent = nodehttp.Agent(keep_alive=True)
    agent.on("free", lambda socket: t("free", counts(socket)))
    await asked(t, "socket", lambda socket: t("socket", counts(socket)), agent=agent)


@scenarios
async def listeners_of_a_clients_upgraded_socket(t: Trace) -> None:
    def watch(_res: Any, socket: Any, head: bytes) -> None:
        t("upgrade", counts(socket), socket.readable_flowing, head)
        socket.end()

    reply = "HTTP/1.1 101 Ok\r\nConnection: upgrade\r\nUpgrade: b\r\n\r\nabc"
    headers = {"Connection": "upgrade", "Upgrade": "b"}
    await asked(t, "upgrade", watch, reply=reply, headers=headers, agent=nodehttp.Agent())


@scenarios
async def data_of_a_connection(t: Trace) -> None:
    seen: list[str] = []

    def listener(req: Any, res: Any) -> None:
        t("request", req.url)
        if not seen:
            req.socket.on("data", lambda data: t("data", data))
        seen.append(req.url)
        res.end("x")

    await served(t, GET, LAST, listener=listener)


@scenarios
async def data_of_a_requests_socket(t: Trace) -> None:
    await asked(t, "socket", lambda socket: socket.on("data", lambda data: t("data", data)), agent=nodehttp.Agent())


@scenarios
async def bytes_pushed_into_a_connection(t: Trace) -> None:
    def listener(req: Any, res: Any) -> None:
        t("request", req.url)
        res.end("x")
        if req.url == "/":
            req.socket.push(LAST)

    await served(t, GET, listener=listener)


@scenarios
async def a_paused_connection(t: Trace) -> None:
    def listener(req: Any, res: Any) -> None:
        t("request", req.url)
        if req.url == "/":
            set_immediate(pause, req.socket)
        res.end("x")

    def pause(socket: Any) -> None:
        socket.pause()
        socket.push(LAST)
        set_immediate(lambda: (t("resume"), socket.resume()))

    await served(t, GET, listener=listener)


@scenarios
async def bytes_that_a_readable_listener_reads(t: Trace) -> None:
    def listener(req: Any, res: Any) -> None:
        t("request", req.url)
        if req.url == "/":
            req.socket.once("readable", lambda: t("read", req.socket.read()))
        res.end("x")

    await served(t, GET, LAST, listener=listener)


@scenarios
async def bytes_that_a_connection_held_before(t: Trace) -> None:
    server = nodehttp.create_server()

    def client_error(error: Any, socket: Any) -> None:
        t("clientError", error, error.raw_packet)
        if len(error.raw_packet) > 1:
            socket.end("x")

    def take(socket: Any) -> None:
        def give() -> None:
            socket.unshift(socket.read(1))
            server.emit("connection", socket)

        socket.once("readable", give)

    server.on("clientError", client_error)
    await served(t, "123", server=net.create_server(take))


@scenarios
async def bytes_after_a_refusal(t: Trace) -> None:
    server = nodehttp.create_server()
    server.on("clientError", lambda error: t("clientError", error, error.raw_packet, error.bytes_parsed))
    await served(t, "GET / HTTP/1.1\r\nA b: c\r\n", "more", GET, server=server)


@scenarios
async def a_body_that_nobody_reads_pauses_the_connection(t: Trace) -> None:
    def listener(req: Any, res: Any) -> None:
        def paused() -> None:
            t("pause", req.socket.is_paused(), req.socket.readable_flowing)
            set_immediate(req.resume)

        req.socket.once("pause", paused)
        req.socket.once("resume", lambda: t("resume", req.socket.is_paused()))
        req.on("end", lambda: (res.end("x"), None)[1])

    head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 400000\r\n\r\n"
    await served(t, head + "x" * 400_000, listener=listener)


@scenarios
async def both_ends_of_a_duplex_pair(t: Trace) -> None:
    ours, theirs = duplex_pair()

    def listener(req: Any, res: Any) -> None:
        t("request", req.method, req.headers)
        req.on("data", lambda data: t("req data", data))
        req.on("end", lambda: (t("req end"), res.write("a"), res.end("b"), None)[3])

    def answered(res: Any) -> None:
        t("response", res.status_code)
        res.on("data", lambda data: t("res data", data))
        res.on("end", lambda: t("res end"))

    server = nodehttp.create_server(listener)
    server.emit("connection", theirs)
    req = nodehttp.request({"method": "PUT", "createConnection": lambda *_: ours}, answered)
    req.write("c")
    req.end("d")
    await event(req, "close")
    await rounds(8)
    t.state(ours)
    t.state(theirs)


@scenarios
async def a_connection_over_a_duplex_pair_that_ends(t: Trace) -> None:
    ours, theirs = duplex_pair()
    server = nodehttp.create_server(lambda req, res: (res.end("x"), None)[1])
    server.emit("connection", theirs)
    theirs.on("end", lambda: t("end"))
    theirs.on("close", lambda: t("close"))
    text: list[bytes] = []
    ours.on("data", text.append)
    ours.end(LAST)
    await event(ours, "end")
    await rounds()
    t("bytes", mask(b"".join(text).decode("latin-1")))


@scenarios
async def a_response_by_hand(t: Trace) -> None:
    facts: Sequence[dict[str, Any]] = [
        {"method": "GET"},
        {"method": "HEAD"},
        {"method": "GET", "httpVersionMajor": 1, "httpVersionMinor": 0, "headers": {}},
    ]
    for each in facts:
        chunks: list[bytes] = []
        socket = scripted(chunks)
        res = nodehttp.ServerResponse(each)
        res.assign_socket(socket)
        t("twice", refused(res, socket))
        res.write("a")
        res.end("b")
        await event(res, "finish")
        t("bytes", mask(b"".join(chunks).decode("latin-1")))
        res.detach_socket(socket)
        t("socket", res.socket)


def refused(res: Any, socket: Any) -> Exception | None:
    """The error of a second assign_socket()."""
    try:
        res.assign_socket(socket)
    except Exception as error:
        return error
    return None


@scenarios
async def what_waits_in_a_message(t: Trace) -> None:
    res = nodehttp.ServerResponse({"method": "GET"})
    res.send_date = False
    t("before", res.output_size, len(res.output_data))
    res.write("abc")
    t("then", res.output_size, len(res.output_data) > 0)
    res.assign_socket(scripted([]))
    t("after", res.output_size, len(res.output_data))


@scenarios
async def a_callback_of_create_connection_that_listens_to_connect(t: Trace) -> None:
    server = nodehttp.create_server(lambda req, res: (res.end("x"), None)[1])
    port = await listening(server)

    def create_connection(options: Any, callback: Any) -> Any:
        return net.connect({"port": options["port"], "host": "127.0.0.1"}, callback)

    req = nodehttp.get({"port": port, "createConnection": create_connection})
    req.on("response", lambda res: (t("response", res.status_code), res.resume(), None)[2])
    req.on("error", lambda error: t("error", error))
    await event(req, "close")
    closed: Promise[None] = Promise()
    server.close(lambda *_: closed.resolve(None))
    await closed


@scenarios
async def a_message_with_any_socket(t: Trace) -> None:
    sockets: Sequence[Any] = (None, "x", {}, Duplex(high_water_mark=5))
    for socket in sockets:
        message = nodehttp.IncomingMessage(socket)
        same = (message.socket is socket, message.connection is socket, message.client is socket)
        t("mark", message.readable_high_water_mark, *same)
