# mypy: disable-error-code="func-returns-value"
"""Requests over TLS through a proxy: tunnels that it refuses, and tunnels in which TLS is spoken."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import trio

import nodehttp
from compliance._certificates import authority, identity
from compliance._peers import Peer, closed, listening, rounds, stopped
from compliance._trace import Scenarios, Trace
from nodehttp import https, net, tls

scenarios = Scenarios()


def same(text: str) -> str:
    """A text with nothing to hide."""
    return text


def watch(t: Trace, req: Any, label: str, mask: Callable[[str], str] = same) -> None:
    """Write down what becomes of a request."""
    for name in ("timeout", "finish", "close"):
        req.on(name, lambda name=name: t(f"{label} {name}"))

    def failed(error: Any) -> None:
        details = getattr(error, "status_code", None), getattr(error, "proxy_tunnel_timeout", None)
        t(f"{label} error", error.code, mask(error.message).partition(";")[0], *details)

    def on_response(res: Any) -> None:
        t(f"{label} response", res.status_code, req.reused_socket)
        res.on("data", lambda data: t(f"{label} data", data))

    req.on("error", failed)
    req.on("response", on_response)


async def refused(
    t: Trace,
    answer: str | None,
    options: dict[str, Any] | None = None,
    request: dict[str, Any] | None = None,
    auth: str = "",
) -> None:
    """A proxy of bytes, which answers a request for a tunnel in some way; what it was asked goes into the trace."""
    listener = trio.socket.socket()
    await listener.bind(("127.0.0.1", 0))
    listener.listen()
    port = listener.getsockname()[1]

    def mask(text: str) -> str:
        return text.replace(f":{port}", ":PORT")

    agent = https.Agent({"proxyEnv": {"HTTPS_PROXY": f"http://{auth}127.0.0.1:{port}"}, **(options or {})})
    req: Any = https.request({"host": "h.test", "agent": agent, **(request or {})})
    watch(t, req, "req", mask)
    req.end()
    peer = Peer((await listener.accept())[0])
    await peer.until(lambda: "\r\n\r\n" in peer.text)
    if answer == "end":
        peer.finish()
    elif answer == "reset":
        peer.reset()
    elif answer is not None:
        await peer.send(answer)
    await closed(req)
    await rounds(8)
    t("bytes", mask(peer.text))
    t("sockets", len(agent.free_sockets), agent.total_socket_count)
    agent.destroy()
    peer.destroy()
    listener.close()


def leading_to(t: Trace, port: int) -> Callable[[Any], None]:
    """What a proxy does with a connection: it opens a tunnel to that port, wherever it is asked to."""

    def listener(socket: Any) -> None:
        socket.on("error", lambda _: None)

        def on_data(data: bytes) -> None:
            t("asked", data.decode())
            onward = net.connect(port, "127.0.0.1", opened)
            onward.on("error", lambda _: None)
            onward.on("close", lambda *_: socket.destroy() and None)
            tunnel.append(onward)

        def opened() -> None:
            socket.write("HTTP/1.1 200 Here you are\r\n\r\n")
            socket.pipe(tunnel[0]).pipe(socket)

        tunnel: list[Any] = []
        socket.once("data", on_data)

    return listener


async def tunneled(
    t: Trace,
    options: dict[str, Any] | None = None,
    requests: Sequence[dict[str, Any]] = ({},),
    name: str = "server",
    proxy: Callable[[Any], Any] = net.create_server,
    schema: str = "http",
) -> None:
    """A proxy that opens tunnels to a server of TLS. Requests go through it, one after the other."""

    def answer(req: Any, res: Any) -> None:
        t("request", req.url, list(req.headers), req.socket.encrypted)
        req.resume()
        res.end("hi")

    server: Any = https.create_server(identity(name), answer)
    server.on("tlsClientError", lambda *_: t("tlsClientError"))
    front = proxy(leading_to(t, await listening(server)))
    environment = {"https_proxy": f"{schema}://127.0.0.1:{await listening(front)}"}
    agent = https.Agent({**authority(), "proxyEnv": environment, **(options or {})})
    for index, request in enumerate(requests):
        asking = {"host": "localhost", "port": 443, "agent": agent, "path": f"/{index}", **request}
        req: Any = https.request(asking)
        watch(t, req, str(index))
        label = f"{index} socket"
        req.on("socket", lambda socket, label=label: t(label, socket.encrypted, isinstance(socket, tls.TLSSocket)))
        req.end(request.get("body"))
        await closed(req)
        await rounds(8)
        t("sockets", list(map(len, agent.free_sockets.values())), agent.total_socket_count)
    agent.destroy()
    front.close()
    server.close_all_connections()
    await stopped(server)


@scenarios
async def a_tunnel_that_is_refused(t: Trace) -> None:
    await refused(t, "HTTP/1.1 502 Bad Gateway\r\nX: y\r\n\r\n")


@scenarios
async def a_tunnel_that_is_refused_to_somebody(t: Trace) -> None:
    await refused(t, "HTTP/1.1 407 Who are you\r\n\r\n", request={"port": 8443, "host": "::1"}, auth="u:p@")


@scenarios
async def a_tunnel_of_a_keeping_agent(t: Trace) -> None:
    await refused(t, "HTTP/1.1 201 Almost\r\n\r\n", {"keepAlive": True})


@scenarios
async def a_tunnel_of_a_bounded_agent(t: Trace) -> None:
    await refused(t, "nonsense\r\n\r\n", {"maxSockets": 2})


@scenarios
async def a_tunnel_without_a_status(t: Trace) -> None:
    await refused(t, "\r\n\r\n")


@scenarios
async def a_tunnel_that_ends(t: Trace) -> None:
    await refused(t, "end")


@scenarios
async def a_tunnel_that_is_reset(t: Trace) -> None:
    await refused(t, "reset")


@scenarios
async def a_tunnel_that_is_slow(t: Trace) -> None:
    await refused(t, None, request={"timeout": 30})


@scenarios
async def a_tunnel_of_an_agent_that_is_slow(t: Trace) -> None:
    await refused(t, None, {"timeout": 30})


@scenarios
async def a_proxy_that_is_not_there(t: Trace) -> None:
    bound = net.BoundSocket({"host": "127.0.0.1"})
    port = bound.address()["port"]
    bound.close()
    agent = https.Agent({"proxyEnv": {"HTTPS_PROXY": f"http://127.0.0.1:{port}"}})
    req = https.get({"host": "h", "agent": agent})
    watch(t, req, "req", lambda text: text.replace(str(port), "PORT"))
    await closed(req)


@scenarios
async def a_request(t: Trace) -> None:
    await tunneled(t)


@scenarios
async def a_request_with_a_body(t: Trace) -> None:
    await tunneled(t, requests=[{"method": "POST", "body": "x"}])


@scenarios
async def requests_on_a_kept_socket(t: Trace) -> None:
    await tunneled(t, {"keepAlive": True}, [{}, {}, {"headers": {"connection": "close"}}])


@scenarios
async def requests_on_sockets_of_their_own(t: Trace) -> None:
    await tunneled(t, requests=[{}, {}])


@scenarios
async def a_certificate_for_somebody_else(t: Trace) -> None:
    await tunneled(t, requests=[{"host": "other.test"}])


@scenarios
async def a_certificate_that_nobody_knows(t: Trace) -> None:
    await tunneled(t, name="alone")


@scenarios
async def a_certificate_that_nobody_knows_does_not_matter(t: Trace) -> None:
    await tunneled(t, {"rejectUnauthorized": False}, name="alone")


@scenarios
async def an_address(t: Trace) -> None:
    await tunneled(t, requests=[{"host": "127.0.0.1"}])


@scenarios
async def a_proxy_that_speaks_tls(t: Trace) -> None:
    def proxy(listener: Any) -> Any:
        return tls.create_server(identity("server"), listener)

    await tunneled(t, {"rejectUnauthorized": False}, proxy=proxy, schema="https")


@scenarios
async def a_host_that_is_excepted(t: Trace) -> None:
    server: Any = https.create_server(identity("server"), lambda req, res: (res.end("hi"), None)[1])
    port = await listening(server)
    environment = {"HTTPS_PROXY": "http://127.0.0.1:9", "NO_PROXY": f"127.0.0.1:{port}"}
    agent = https.Agent({**authority(), "proxyEnv": environment})
    req = https.get({"host": "127.0.0.1", "port": port, "agent": agent})
    watch(t, req, "req")
    await closed(req)
    await stopped(server)


@scenarios
def the_global_agents(t: Trace) -> None:
    modules: tuple[Any, Any] = (nodehttp, https)
    before = [module.global_agent for module in modules]

    def are_same() -> list[bool]:
        return [module.global_agent is agent for module, agent in zip(modules, before, strict=True)]

    proxy = "http://127.0.0.1:9"
    for env in ({"HTTPS_PROXY": proxy}, {"HTTP_PROXY": proxy}, {"http_proxy": proxy, "https_proxy": proxy}):
        restore = nodehttp.set_global_proxy_from_env(env)
        t(json.dumps(env, separators=(",", ":")), *are_same())
        agent = modules[1].global_agent
        kept = agent.keep_alive, agent.scheduling, agent.options["timeout"]
        t("agent", *kept, agent.protocol, agent.default_port, isinstance(agent, https.Agent))
        restore()
        t("restored", *are_same())
