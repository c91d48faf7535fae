"""Requests and answers over TLS: who trusts whom, what is negotiated, and what becomes of failures."""

from collections.abc import Callable, Mapping
from typing import Any

import nodehttp
from compliance._certificates import authority, identity, pem
from compliance._peers import event, listening, rounds, stopped
from compliance._trace import Scenarios, Trace
from nodehttp import https, net, tls
from nodestream.loop import Promise
from nodestream.timers import set_immediate

scenarios = Scenarios()


def follow(t: Trace, name: str, emitter: Any, *events: str) -> None:
    for each in events:
        emitter.on(each, _noter(t, f"{name} {each}"))


def _noter(t: Trace, label: str) -> Callable[..., None]:
    def note(*args: Any) -> None:
        t(label, *(error.code for error in args if isinstance(error, BaseException)))  # type: ignore[attr-defined]

    return note


async def ask(options: Mapping[str, Any], body: Any = None) -> tuple[Any, Any, Any]:
    """One request; the body (or the code of the error), the response, the request."""
    done: Promise[tuple[Any, Any, Any]] = Promise()
    text: list[str] = []

    def on_response(res: Any) -> None:
        res.set_encoding("utf8").on("data", text.append)
        res.on("end", lambda: done.resolve(("".join(text), res, req)))

    req = https.request({"host": "127.0.0.1", "agent": False, **authority(), **options}, on_response)
    req.on("error", lambda error: done.resolve((error.code, None, req)))
    req.end(body)
    return await done


def answering(text: str | Callable[[Any], Any]) -> Callable[[Any, Any], None]:
    def listener(req: Any, res: Any) -> None:
        res.end(text if isinstance(text, str) else text(req))

    return listener


def lower(value: object) -> str:
    """As JavaScript's String()."""
    return "false" if value is False else str(value)


async def refused(t: Trace, name: str, **options: Any) -> None:
    server = https.create_server(identity(name), answering("x"))
    server.on("clientError", lambda error, socket: (socket.destroy(), None)[1])
    port = await listening(server)
    answer, _, _ = await ask({"port": port, **options})
    t("answer", answer)
    await stopped(server)


@scenarios
async def names(t: Trace) -> None:
    agent = https.Agent()
    t("agent", agent.default_port, agent.protocol, agent.max_cached_sessions, agent.keep_alive, agent.max_sockets)
    t("agent options", {"defaultPort": agent.default_port, "protocol": agent.protocol, "noDelay": True, "path": None})
    t("name", agent.get_name())
    options = {"host": "h", "port": 1, "localAddress": "l", "family": 6, "ca": "CA", "cert": "C", "ciphers": "ci"}
    options |= {"key": b"k", "pfx": "p", "rejectUnauthorized": False, "servername": "s", "minVersion": "mi"}
    options |= {"maxVersion": "ma", "secureProtocol": "sp", "crl": "crl", "honorCipherOrder": True, "ecdhCurve": "ec"}
    options |= {"dhparam": "dh", "secureOptions": 5, "sessionIdContext": "sic", "sigalgs": "sg"}
    t("name", agent.get_name(options))
    t("name", agent.get_name({"host": "h", "servername": "h", "rejectUnauthorized": True}))
    server = https.create_server()
    timeouts = (server.timeout, server.keep_alive_timeout, server.headers_timeout, server.request_timeout)
    t("server", *timeouts, server.http_allow_half_open)
    globally = https.global_agent
    t("global", globally.keep_alive, globally.options["timeout"], globally.default_port)


@scenarios
async def one_request(t: Trace) -> None:
    server = https.create_server(identity("server"))
    follow(t, "server", server, "connection", "secureConnection", "request", "clientError", "tlsClientError")

    def on_request(req: Any, res: Any) -> None:
        socket = req.socket
        agreed = (socket.encrypted, socket.authorized, socket.alpn_protocol, socket.servername)
        t("req", req.method, req.url, *agreed)
        follow(t, "server req", req, "end", "close", "error", "aborted")
        follow(t, "server res", res, "prefinish", "finish", "close")
        req.resume().on("end", lambda: (res.end("hello"), None)[1])

    server.on("request", on_request)
    port = await listening(server)
    options = {"port": port, "host": "127.0.0.1", "method": "POST", "headers": {"host": "localhost"}, "agent": False}
    req = https.request({**options, **authority()})
    follow(t, "client req", req, "socket", "finish", "response", "close", "error")
    socket_events = ("connect", "ready", "secureConnect", "end", "close")
    req.on("socket", lambda socket: follow(t, "client socket", socket, *socket_events))
    req.end("body")

    def on_response(res: Any) -> None:
        socket = res.socket
        trusted = (socket.encrypted, socket.authorized, socket.authorization_error)
        agreed = (socket.alpn_protocol, socket.servername, socket.get_protocol(), socket.is_session_reused())
        t("res", res.status_code, res.raw_headers[::2], *trusted, *agreed)
        follow(t, "client res", res, "end", "close", "aborted", "error")
        res.set_encoding("utf8").on("data", lambda text: t("data", text))

    req.on("response", on_response)
    gone: Promise[None] = Promise()
    req.on("socket", lambda socket: (socket.once("close", lambda *_: gone.resolve(None)), None)[1])
    await event(req, "close")
    await gone
    await stopped(server)
    await rounds()


@scenarios
async def host_header_leaves_out_port_443(t: Trace) -> None:
    server = https.create_server(identity("server"), answering(lambda req: req.headers["host"]))
    port = await listening(server)

    def create_connection(options: Mapping[str, Any]) -> Any:
        return tls.connect({**options, "port": port})

    for given in (443, 444):
        t("host", (await ask({"port": given, "agent": None, "create_connection": create_connection}))[0])
    await stopped(server)


@scenarios
async def unknown_authority(t: Trace) -> None:
    await refused(t, "alone")


@scenarios
async def expired(t: Trace) -> None:
    await refused(t, "expired")


@scenarios
async def wrong_name(t: Trace) -> None:
    await refused(t, "other")


@scenarios
async def wrong_name_by_servername(t: Trace) -> None:
    await refused(t, "server", servername="elsewhere.test")


@scenarios
async def right_name_by_servername(t: Trace) -> None:
    await refused(t, "other", servername="any.wild.test")


@scenarios
async def own_check(t: Trace) -> None:
    def check(host: str, cert: Mapping[str, Any]) -> None:
        t("check", host, cert["subjectaltname"])

    def refuse(_host: str, _cert: Mapping[str, Any]) -> BaseException:
        error = Exception("no")
        error.code = "MINE"  # type: ignore[attr-defined]
        return error

    await refused(t, "other", check_server_identity=check)
    await refused(t, "server", check_server_identity=refuse)


@scenarios
async def authority_of_another(t: Trace) -> None:
    await refused(t, "alone", ca=pem("strange.pem"))


@scenarios
async def unauthorized_but_let_pass(t: Trace) -> None:
    cases: list[tuple[str, dict[str, Any]]] = [("alone", {}), ("expired", {}), ("other", {}), ("server", {})]
    for name, options in [*cases, ("alone", {"servername": "elsewhere.test"})]:
        server = https.create_server(identity(name), answering("x"))
        port = await listening(server)
        answer, res, _ = await ask({"port": port, "rejectUnauthorized": False, **options})
        t("answer", name, answer, res.socket.authorized, res.socket.authorization_error)
        await stopped(server)


@scenarios
async def client_certificate(t: Trace) -> None:
    def on_request(req: Any, res: Any) -> None:
        socket = req.socket
        name = socket.get_peer_certificate()["subject"]["CN"]
        t("client", socket.authorized, socket.authorization_error, name)
        res.end("x")

    server = https.create_server({**identity("server"), **authority(), "requestCert": True}, on_request)
    port = await listening(server)
    t("answer", (await ask({"port": port, **identity("client")}))[0])
    await stopped(server)


@scenarios
async def client_certificate_is_optional(t: Trace) -> None:
    def on_request(req: Any, res: Any) -> None:
        socket = req.socket
        t("client", socket.authorized, socket.authorization_error, bool(socket.get_peer_certificate()))
        res.end("x")

    options = {**identity("server"), **authority(), "requestCert": True, "rejectUnauthorized": False}
    server = https.create_server(options, on_request)
    port = await listening(server)
    t("answer", (await ask({"port": port}))[0])
    t("answer", (await ask({"port": port, **identity("client")}))[0])
    t("answer", (await ask({"port": port, **identity("alone")}))[0])
    await stopped(server)


@scenarios
async def server_name_indication(t: Trace) -> None:
    server = https.create_server(identity("server"), answering(lambda req: lower(req.socket.servername)))
    server.add_context("*.wild.test", identity("other"))
    port = await listening(server)
    t("answer", (await ask({"port": port, "servername": "a.wild.test"}))[0])
    t("answer", (await ask({"port": port, "servername": "a.b.wild.test"}))[0])
    t("answer", (await ask({"port": port, "servername": "localhost"}))[0])
    t("answer", (await ask({"port": port}))[0])
    await stopped(server)


@scenarios
async def sni_callback(t: Trace) -> None:
    chosen = tls.create_secure_context(identity("other"))

    def choose(name: str, done: Callable[..., Any]) -> None:
        t("asked", name)
        if name == "bad.test":
            set_immediate(done, Exception("no such name"))
        else:
            set_immediate(done, None, chosen if name == "other.test" else None)

    server = https.create_server({**identity("server"), "SNICallback": choose}, answering("x"))
    server.on("tlsClientError", lambda error: t("tlsClientError", str(error)))
    server.on("clientError", lambda error, socket: (socket.destroy(), None)[1])
    port = await listening(server)
    for name in ("other.test", "localhost", "bad.test"):
        t("answer", (await ask({"port": port, "servername": name}))[0])
    await stopped(server)


@scenarios
async def protocols(t: Trace) -> None:
    server = https.create_server(identity("server"), answering(lambda req: lower(req.socket.alpn_protocol)))
    server.on("tlsClientError", lambda error: t("tlsClientError", error.code))
    server.on("clientError", lambda error, socket: (socket.destroy(), None)[1])
    port = await listening(server)
    for offered in (None, ["http/1.1"], ["h2", "http/1.1"], ["h2"]):
        answer, res, _ = await ask({"port": port, "ALPNProtocols": offered})
        t("answer", answer, res and res.socket.alpn_protocol)
    await stopped(server)


@scenarios
async def protocol_callback(t: Trace) -> None:
    def choose(offer: Mapping[str, Any]) -> str | None:
        names = offer["protocols"]
        t("asked", offer["servername"], names)
        if "b" in names:
            return "b"
        return "other" if "strange" in names else None

    options = {**identity("server"), "ALPNCallback": choose}
    server = https.create_server(options, answering(lambda req: lower(req.socket.alpn_protocol)))
    server.on("tlsClientError", lambda error: t("tlsClientError", error.code))
    server.on("clientError", lambda error, socket: (socket.destroy(), None)[1])
    port = await listening(server)
    t("answer", (await ask({"port": port, "ALPNProtocols": ["a", "b"]}))[0])
    t("answer", (await ask({"port": port, "ALPNProtocols": ["a"]}))[0])
    t("answer", (await ask({"port": port, "ALPNProtocols": ["strange"]}))[0] != "x")
    await stopped(server)


@scenarios
async def plain_http_to_a_server_of_https(t: Trace) -> None:
    server = https.create_server(identity("server"), lambda req, res: t("request"))
    server.on("tlsClientError", lambda error, socket: t("tlsClientError", error.code, socket.encrypted))

    def on_client_error(error: Any, socket: Any) -> None:
        t("clientError", error.code)
        socket.destroy()

    server.on("clientError", on_client_error)
    port = await listening(server)
    socket = net.connect(port, "127.0.0.1")
    socket.write("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    socket.on("error", lambda error: None)
    await event(socket, "close")
    await stopped(server)


@scenarios
async def https_to_a_server_of_plain_http(t: Trace) -> None:
    server = nodehttp.create_server(lambda req, res: t("request"))

    def on_client_error(error: Any, socket: Any) -> None:
        t("clientError", error.code)
        socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")

    server.on("clientError", on_client_error)
    port = await listening(server)
    t("answer", (await ask({"port": port}))[0])
    await stopped(server)


def noting_client_errors(t: Trace, server: Any) -> None:
    def on_client_error(error: Any, socket: Any) -> None:
        t("clientError", error.code, str(error))
        socket.destroy()

    server.on("clientError", on_client_error)


@scenarios
async def cut_within_the_handshake(t: Trace) -> None:
    server = https.create_server(identity("server"), lambda req, res: t("request"))
    noting_client_errors(t, server)
    socket = net.connect(await listening(server), "127.0.0.1")
    await event(socket, "connect")
    socket.end()
    await event(socket.resume(), "close")
    await stopped(server)
    raw = net.create_server(lambda socket: (socket.once("data", lambda _: (socket.end(), None)[1]), None)[1])
    t("answer", (await ask({"port": await listening(raw)}))[0])
    await stopped(raw)


@scenarios
async def handshake_timeout(t: Trace) -> None:
    server = https.create_server({**identity("server"), "handshakeTimeout": 30}, lambda req, res: t("request"))
    noting_client_errors(t, server)
    socket = net.connect(await listening(server), "127.0.0.1")
    await event(socket.resume(), "close")
    await stopped(server)


@scenarios
async def agent_keeps_sockets(t: Trace) -> None:
    server = https.create_server(identity("server"), answering("x"))
    port = await listening(server)
    agent = https.Agent({"keepAlive": True, **authority()})
    for _ in range(3):
        answer, _, req = await ask({"port": port, "agent": agent})
        t("answer", answer, req.reused_socket)
        await rounds()
    t("free", [len(sockets) for sockets in agent.free_sockets.values()])
    agent.destroy()
    await stopped(server)


@scenarios
async def agent_resumes_sessions(t: Trace) -> None:
    def on_request(req: Any, res: Any) -> None:
        t("resumed", req.socket.is_session_reused())
        res.end("x")

    for version in ("TLSv1.2", "TLSv1.3"):
        server = https.create_server({**identity("server"), "maxVersion": version}, on_request)
        port = await listening(server)
        agent = https.Agent(authority())
        for _ in range(2):
            answer, res, _ = await ask({"port": port, "agent": agent})
            t("answer", answer, res.socket.get_protocol())
            await rounds(8)
        without = https.Agent({"maxCachedSessions": 0, **authority()})
        await ask({"port": port, "agent": without})
        await rounds(8)
        await ask({"port": port, "agent": without})
        await stopped(server)


@scenarios
async def upgrade(t: Trace) -> None:
    server = https.create_server(identity("server"))

    def on_upgrade(req: Any, socket: Any, head: bytes) -> None:
        t("upgrade", req.headers["upgrade"], socket.encrypted, head)
        socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n")
        socket.pipe(socket)

    server.on("upgrade", on_upgrade)
    port = await listening(server)
    options = {"port": port, "host": "127.0.0.1", "agent": False, **authority()}
    req = https.get({**options, "headers": {"connection": "upgrade", "upgrade": "echo"}})
    upgraded: Promise[tuple[Any, Any, Any]] = Promise()
    req.once("upgrade", lambda *args: upgraded.resolve(args))
    res, socket, head = await upgraded
    t("upgraded", res.status_code, socket.encrypted, head)
    socket.end("hello")
    socket.set_encoding("utf8")
    t("echo", "".join([piece async for piece in socket]))
    await stopped(server)


@scenarios
async def truncated_answer(t: Trace) -> None:
    def on_request(req: Any, res: Any) -> None:
        res.write_head(200, {"Content-Length": 10})
        res.write("12345")
        req.socket.destroy_soon()

    server = https.create_server(identity("server"), on_request)
    port = await listening(server)
    req = https.get({"port": port, "host": "127.0.0.1", "agent": False, **authority()})
    answered: Promise[Any] = Promise()
    req.once("response", answered.resolve)
    res = await answered
    follow(t, "res", res, "aborted", "end", "error", "close")
    res.on("data", lambda data: t("data", data))
    await event(res, "close")
    await stopped(server)


@scenarios
async def close_all_connections(t: Trace) -> None:
    def on_request(req: Any, res: Any) -> None:
        t("request")
        server.close_all_connections()

    server = https.create_server(identity("server"), on_request)
    port = await listening(server)
    t("answer", (await ask({"port": port}))[0])
    await stopped(server)


@scenarios
async def wrong_arguments(t: Trace) -> None:
    def attempt(what: str, make: Callable[[], object]) -> None:
        try:
            make()
        except Exception as error:
            t(what, error)
        else:
            t(what, "nothing")

    wrong: Any = 5
    attempt("options", lambda: https.create_server(wrong))
    attempt("key", lambda: https.create_server({"key": 5}))
    attempt("cert", lambda: https.create_server({"cert": True}))
    attempt("ca", lambda: https.create_server({"ca": 5}))
    attempt("ALPN", lambda: https.create_server({"ALPNProtocols": ["a"], "ALPNCallback": lambda offer: None}))
    attempt("ALPNCallback", lambda: https.create_server({"ALPNCallback": 5}))
    attempt("SNICallback", lambda: https.create_server({"SNICallback": 5}))
    attempt("handshakeTimeout", lambda: https.create_server({"handshakeTimeout": "x"}))
    attempt("minVersion", lambda: https.create_server({"minVersion": "x"}))
    attempt("headersTimeout", lambda: https.create_server({"headersTimeout": "x"}))
    attempt("addContext", lambda: https.create_server().add_context("", {}))
    attempt("setSecureContext", lambda: https.create_server().set_secure_context(wrong))
    attempt("protocol", lambda: https.get({"protocol": "http:"}))
    attempt("url", lambda: https.get("http://localhost/"))
