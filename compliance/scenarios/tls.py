"""Encrypted sockets: their events and states, what they can be laid over, and how they end."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from compliance._certificates import authority, identity
from compliance._peers import event, listening, rounds, stopped
from compliance._trace import Scenarios, Trace
from nodehttp import net, tls
from nodestream import Duplex, duplex_pair
from nodestream.timers import set_immediate

scenarios = Scenarios()

EVENTS = ("connect", "ready", "secureConnect", "secure", "end", "finish", "error", "close")


def follow(t: Trace, name: str, socket: Any, events: Sequence[str] = EVENTS) -> None:
    for each in events:
        socket.on(each, _noter(t, f"{name} {each}"))


def _noter(t: Trace, label: str) -> Callable[..., None]:
    def note(*args: Any) -> None:
        t(label, *(arg.code if isinstance(arg, BaseException) else arg for arg in args))  # type: ignore[attr-defined]

    return note


async def connected(
    t: Trace,
    on_server: Callable[[Any], object],
    on_client: Callable[[Any], object],
    options: Mapping[str, Any] | None = None,
    **server_options: Any,
) -> None:
    """A server that does something with each connection, and a client of it."""
    server = tls.create_server({**identity("server"), **server_options}, lambda socket: (on_server(socket), None)[1])
    server.on("tlsClientError", lambda error: t("tlsClientError", error.code))
    port = await listening(server)
    client = tls.connect({"port": port, "host": "127.0.0.1", **authority(), **(options or {})})
    on_client(client)
    await event(client, "close")
    await stopped(server)
    await rounds()


AES = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256"


def note_records(socket: Any, sizes: list[int]) -> None:
    """How much of what is written is in each record that is received, which AES-GCM makes longer by 24 bytes."""
    rest = bytearray()

    def received(data: bytes) -> None:
        rest.extend(data)
        while len(rest) >= 5 and len(rest) >= 5 + int.from_bytes(rest[3:5]):
            length = int.from_bytes(rest[3:5])
            if rest[0] == 23:
                sizes.append(length - 24)
            del rest[: 5 + length]

    socket.on("data", received)


def state(socket: Any) -> list[Any]:
    trusted = [socket.encrypted, socket.authorized, socket.authorization_error]
    agreed = [socket.alpn_protocol, socket.servername]
    return [*trusted, *agreed, socket.secure_connecting, socket.connecting, socket.ready_state]


@scenarios
async def client_events(t: Trace) -> None:
    def on_client(client: Any) -> None:
        t("before", state(client))
        follow(t, "client", client)
        client.on("secureConnect", lambda: t("state", state(client)))
        client.on("data", lambda data: t("data", data))
        counts = ("bytes_read", "bytes_written")
        client.on(
            "close",
            lambda: t("after", state(client)[:4], client.get_protocol(), *(getattr(client, name) for name in counts)),
        )

    def on_server(socket: Any) -> None:
        socket.resume()
        socket.end("bye")

    await connected(t, on_server, on_client)


@scenarios
async def server_events(t: Trace) -> None:
    def on_server(socket: Any) -> None:
        t("state", state(socket), isinstance(socket.server, tls.Server))
        follow(t, "server", socket)
        socket.on("data", lambda data: (t("data", data), socket.end(), None)[2])

    await connected(t, on_server, lambda client: (client.resume(), client.write("hello")))


@scenarios
async def writes_before_the_handshake(t: Trace) -> None:
    pieces: list[bytes] = []
    peers: list[Any] = []
    done: list[str] = []

    def over(what: str) -> None:
        # Which of the two comes first is the network's business.
        done.append(what)
        if len(done) == 2:
            t("got", b"".join(pieces).decode())
            peers[0].end()

    def on_server(socket: Any) -> None:
        peers.append(socket)
        socket.on("data", pieces.append)
        socket.on("end", lambda: over("end"))

    def on_client(client: Any) -> None:
        client.resume()
        first = client.write("a", lambda: t("written a"))
        t("write", first, client.write("b", lambda: t("written b")), client.writable_length)
        client.on("secureConnect", lambda: t("secureConnect", client.writable_length))
        client.on("finish", lambda: t("finish"))
        client.on("finish", lambda: over("finish"))
        client.on("secureConnect", lambda: (set_immediate(client.end, "c"), None)[1])

    await connected(t, on_server, on_client)


@scenarios
async def echo_of_a_million(t: Trace) -> None:
    def on_client(client: Any) -> None:
        sizes: list[int] = []
        client.on("data", lambda data: sizes.append(len(data)))
        client.on("end", lambda: t("end", sum(sizes), client.bytes_read, client.bytes_written))
        for number in range(16):
            client.write(bytes([number]) * 65536)
        client.end()

    await connected(t, lambda socket: socket.pipe(socket), on_client)


@scenarios
async def records(t: Trace) -> None:
    def on_server(socket: Any) -> None:
        sizes: list[int] = []
        socket.on("data", lambda data: sizes.append(len(data)))
        socket.on("end", lambda: (t("sizes", sizes), socket.end(), None)[2])

    def on_client(client: Any) -> None:
        client.resume()
        client.on("secureConnect", lambda: (client.end(bytes(40000)), None)[1])

    await connected(t, on_server, on_client)


@scenarios
async def what_was_agreed(t: Trace) -> None:
    def on_server(socket: Any) -> None:
        cipher = socket.get_cipher()
        t("server", socket.get_protocol(), list(cipher), socket.is_session_reused(), socket.get_peer_certificate())
        socket.resume().end()

    def on_client(client: Any) -> None:
        def on_secure() -> None:
            cert = client.get_peer_certificate()
            shown = (cert["subjectaltname"], cert["ca"], "string" if isinstance(cert["fingerprint256"], str) else "?")
            t("client", client.get_protocol(), client.get_cipher()["version"], client.is_session_reused(), *shown)
            t("issuer", "issuerCertificate" in client.get_peer_certificate(True))

        client.resume().on("secureConnect", on_secure)

    await connected(t, on_server, on_client, minVersion="TLSv1.3")


@scenarios
async def half_open(t: Trace) -> None:
    for allowed in (False, True):

        def on_server(socket: Any, allowed: bool = allowed) -> None:
            def on_end() -> None:
                t("server end", socket.writable)
                if allowed:
                    socket.end("late")

            socket.resume().on("end", on_end)

        def on_client(client: Any) -> None:
            client.on("data", lambda data: t("data", data))
            client.on("end", lambda: t("client end"))
            client.on("secureConnect", lambda: (client.end("x"), None)[1])

        await connected(t, on_server, on_client, allowHalfOpen=allowed)


@scenarios
async def destroyed_by_the_server(t: Trace) -> None:
    def on_client(client: Any) -> None:
        client.resume()
        follow(t, "client", client, ["end", "error", "close"])

    await connected(t, lambda socket: socket.destroy(), on_client)


@scenarios
async def destroyed_before_the_handshake(t: Trace) -> None:
    def on_client(client: Any) -> None:
        client.on("error", lambda error: t("client error", getattr(error, "code", None)))
        client.on("close", lambda had_error: t("client close", had_error))
        client.on("connect", lambda: (client.destroy(Exception("mine")), None)[1])

    await connected(t, lambda socket: t("server"), on_client)


async def echoing() -> tuple[Any, int]:
    server = tls.create_server(identity("server"), lambda socket: (socket.pipe(socket), None)[1])
    return server, await listening(server)


@scenarios
async def over_a_socket_that_is_connected(t: Trace) -> None:
    server, port = await echoing()
    socket = net.connect(port, "127.0.0.1")
    await event(socket, "connect")
    client = tls.connect({"socket": socket, **authority(), "servername": "localhost"})
    follow(t, "client", client, ["secureConnect", "secure", "end", "error", "close"])
    client.on("data", lambda data: t("data", data))
    socket.on("close", lambda: t("socket close"))
    client.end("hello")
    await event(client, "close")
    t("socket", socket.destroyed)
    await stopped(server)


@scenarios
async def over_a_socket_that_connects(t: Trace) -> None:
    server, port = await echoing()
    socket = net.connect(port, "127.0.0.1")
    client = tls.connect({"socket": socket, **authority(), "servername": "localhost"})
    t("state", client.connecting, client.secure_connecting)
    follow(t, "client", client, ["secureConnect", "end", "error", "close"])
    client.on("data", lambda data: t("data", data))
    client.end("hello")
    await event(client, "close")
    await stopped(server)


@scenarios
async def over_a_socket_that_fails(t: Trace) -> None:
    server = net.create_server()
    port = await listening(server)
    await stopped(server)
    socket = net.connect(port, "127.0.0.1")
    socket.on("error", lambda error: t("socket error", error.code))
    client = tls.connect({"socket": socket, **authority()})
    client.on("error", lambda error: t("client error", error.code))
    await event(client, "close")
    t("destroyed", client.destroyed)


@scenarios
async def over_a_pair_of_streams(t: Trace) -> None:
    ours, theirs = duplex_pair()
    server = tls.TLSSocket(theirs, {"isServer": True, **identity("server")})
    client = tls.connect({"socket": ours, **authority(), "servername": "localhost"})
    server.on("secure", lambda: t("server secure", server.get_protocol()))
    server.on("data", lambda data: (t("server data", data), server.end("answer"), None)[2])
    client.on("secureConnect", lambda: t("client secureConnect", client.authorized))
    client.on("data", lambda data: t("client data", data))
    client.write("question")
    await event(client, "data")
    client.destroy()
    server.destroy()
    await rounds()
    t("destroyed", ours.destroyed, theirs.destroyed)


@scenarios
async def a_server_given_a_stream(t: Trace) -> None:
    ours, theirs = duplex_pair()
    server = tls.create_server(identity("server"), lambda socket: (t("secureConnection"), socket.end("x"), None)[2])
    server.emit("connection", theirs)
    client = tls.connect({"socket": ours, **authority(), "servername": "localhost"})
    client.on("data", lambda data: t("data", data))
    await event(client, "data")
    client.destroy()


@scenarios
async def garbage_after_the_handshake(t: Trace) -> None:
    server = tls.create_server(identity("server"))
    server.on("tlsClientError", lambda error: t("tlsClientError", error.code))
    socket = net.connect(await listening(server), "127.0.0.1")
    await event(socket, "connect")
    socket.write(bytes.fromhex("16030100050100000100"))
    socket.on("error", lambda _: None)
    await event(socket.resume(), "close")
    await stopped(server)


@scenarios
async def own_certificate(t: Trace) -> None:
    def shown(certificate: Any) -> Any:
        return certificate and len(certificate)

    t("lone", list(tls.TLSSocket().get_certificate() or ()))
    t("a server alone", [shown(tls.TLSSocket(None, {"isServer": True, **identity("server")}).get_certificate())])

    def on_server(socket: Any) -> None:
        t("server", socket.get_certificate()["subjectaltname"], [shown(socket.get_certificate())])
        socket.on("close", lambda: t("server after", socket.get_certificate()))
        socket.resume().end()

    def on_client(client: Any) -> None:
        t("client", client.get_certificate()["subjectaltname"], [shown(client.get_certificate())])
        client.on("secureConnect", lambda: t("client secure", client.get_certificate()["subjectaltname"]))
        client.on("close", lambda: t("client after", client.get_certificate()))
        client.resume()

    await connected(
        t,
        on_server,
        on_client,
        {**identity("client"), "servername": "other.test"},
        requestCert=True,
        SNICallback=lambda name, callback: callback(
            None, tls.create_secure_context({**identity("other"), **authority()})
        ),
        **authority(),
    )


@scenarios
async def max_send_fragment(t: Trace) -> None:
    for size in (512, 1000, 16384):
        await fragments(t, size)


async def fragments(t: Trace, size: int) -> None:
    sizes: list[int] = []

    def serve(socket: Any) -> None:
        def written() -> None:
            t("again", socket.set_max_send_fragment(600))
            socket.end("b" * 1300)

        t("set", size, socket.set_max_send_fragment(size))
        socket.write("a" * 1700, written)
        socket.on("close", lambda: t("sizes", sizes))
        socket.resume()

    server = tls.create_server({**identity("server"), "maxVersion": "TLSv1.2", "ciphers": AES}, serve)
    raw = net.connect(await listening(server), "127.0.0.1")
    note_records(raw, sizes)
    client = tls.connect({"socket": raw, **authority(), "servername": "localhost"})
    t("before", client.set_max_send_fragment(size))
    got: list[bytes] = []
    client.on("data", got.append)
    await event(client, "close")
    t("got", sum(map(len, got)))
    await stopped(server)


@scenarios
async def max_send_fragment_arguments(t: Trace) -> None:
    socket = tls.TLSSocket()
    sizes: list[Any] = [0, -1, 511, 512, 1000, 16384, 16385, 512.5, "512", math.nan, 2**32 + 512, True]
    for size in sizes:
        t.call("size", socket.set_max_send_fragment, size)
    t("disable", socket.disable_renegotiation())  # type: ignore[func-returns-value]
    socket.destroy()
    await rounds()


@scenarios
async def renegotiation(t: Trace) -> None:
    def renegotiate(socket: Any, name: str) -> None:
        wrong: list[tuple[Any, Any]] = [(None, None), (5, lambda: None), ([], lambda: None), ({}, 5)]
        for options, callback in wrong:
            t.call(f"{name} wrong", socket.renegotiate, options, callback)
        t.call(name, socket.renegotiate, {}, lambda error: t(f"{name} answer", error))
        t.call(f"{name} without a callback", socket.renegotiate, {})

    def on_server(socket: Any) -> None:
        socket.disable_renegotiation()
        renegotiate(socket, "server")
        socket.resume()

    def on_client(client: Any) -> None:
        def on_secure() -> None:
            renegotiate(client, "client")
            client.disable_renegotiation()
            client.end()

        client.on("secureConnect", on_secure)
        client.on("close", lambda: (t.call("closed", client.renegotiate, {}, lambda: t("called")), None)[1])
        client.resume()

    await connected(t, on_server, on_client)


@scenarios
async def timeout(t: Trace) -> None:
    def on_client(client: Any) -> None:
        def on_timeout() -> None:
            t("timeout")
            client.destroy()

        client.on("secureConnect", lambda: (client.set_timeout(20, on_timeout), None)[1])

    await connected(t, lambda socket: socket.resume(), on_client)


@scenarios
async def wrong_arguments(t: Trace) -> None:
    def attempt(what: str, make: Callable[[], Any]) -> None:
        try:
            made = make()
        except Exception as error:
            t(what, error)
        else:
            t(what, "nothing")
            if hasattr(made, "destroy"):
                made.destroy()

    wrong: Any = 5
    attempt("connect", tls.connect)
    attempt("session", lambda: tls.connect({"port": 1, "session": 5}))
    attempt("context", lambda: tls.connect({"port": 1, "secureContext": {}}))
    attempt("servername", lambda: tls.TLSSocket().set_servername(wrong))
    attempt("of a server", lambda: tls.TLSSocket(None, {"isServer": True}).set_servername("a"))
    attempt("ALPN", lambda: tls.create_server({"ALPNProtocols": ["x" * 256]}))


@scenarios
async def names(t: Trace) -> None:
    limits = (tls.CLIENT_RENEG_LIMIT, tls.CLIENT_RENEG_WINDOW)
    t("constants", tls.DEFAULT_MIN_VERSION, tls.DEFAULT_MAX_VERSION, tls.DEFAULT_ECDH_CURVE, *limits)
    socket: Any = tls.TLSSocket()
    server: Any = tls.create_server()
    t("classes", isinstance(socket, net.Socket), isinstance(server, net.Server), isinstance(socket, Duplex))
