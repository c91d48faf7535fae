# mypy: disable-error-code="func-returns-value"
"""Requests through a proxy, which the option `proxy_env` of an agent or the environment names."""

from collections.abc import Callable, Sequence
from typing import Any

import trio

import nodehttp
from compliance._peers import OK, Peer, closed, rounds
from compliance._trace import Scenarios, Trace, compact
from nodehttp import Agent, net
from nodestream.errors import NodeError, NodeRangeError

scenarios = Scenarios()

PROXY = "http://127.0.0.1:9"


def proxied(env: dict[str, Any] | None = None, options: dict[str, Any] | None = None) -> Agent:
    """An agent with a proxy."""
    return Agent({"proxyEnv": {"HTTP_PROXY": PROXY, **(env or {})}, **(options or {})})


def lookup(_host: str, _options: Any, callback: Callable[..., object]) -> None:
    """No name is asked for: whoever is not served by the proxy gets nowhere."""
    callback(Exception("nowhere"))


def shown(error: Exception) -> tuple[Any, ...]:
    """Kind, code and message of an error."""
    kind = (
        "RangeError" if isinstance(error, NodeRangeError) else "TypeError" if isinstance(error, TypeError) else "Error"
    )
    return kind, getattr(error, "code", None), str(error)


def quiet(req: Any) -> Any:
    """Its errors are nobody's business."""
    return req.on("error", lambda _: None)


def form(t: Trace, label: str, options: dict[str, Any], agent: Any = "") -> None:
    """What a request through a proxy asks for, or why it is refused."""
    usual = {"host": "h", "lookup": lookup, "agent": proxied() if agent == "" else agent}
    try:
        req: Any = quiet(nodehttp.request({**usual, **options}))
    except NodeError as error:
        t(label, *shown(error))
        return
    flat = [part for pair in req.get_headers().items() for part in pair]
    t(label, req.path, flat, req.get_raw_header_names())
    req.destroy()


async def asked(
    t: Trace,
    requests: Sequence[dict[str, Any]],
    answers: Sequence[str] = (),
    options: dict[str, Any] | None = None,
    auth: str = "",
) -> None:
    """A raw proxy that answers each request; what it was sent goes into the trace, the ports masked."""
    listener = trio.socket.socket()
    await listener.bind(("127.0.0.1", 0))
    listener.listen()
    port = listener.getsockname()[1]
    settings = {"proxyEnv": {"HTTP_PROXY": f"http://{auth}127.0.0.1:{port}"}, **(options or {})}
    agent = Agent(settings)
    peers: list[Peer] = []
    for index, asking in enumerate(requests):
        req: Any = nodehttp.request({"host": "h.test", "agent": agent, **asking})
        watch(t, req, index, port)
        req.end(asking.get("body"))
        if not (peers and settings.get("keepAlive")):
            peers.append(Peer((await listener.accept())[0]))
        peer = peers[-1]
        before = len(peer.text)
        await head_after(peer, before)
        await peer.send(answers[index] if index < len(answers) else OK)
        await closed(req)
        await rounds(8)
        t(f"{index} bytes", peer.text[before:].replace(f":{port}", ":PORT"))
        t(f"{index} sockets", list(agent.free_sockets), agent.total_socket_count)
    agent.destroy()
    for peer in peers:
        peer.destroy()
    listener.close()


async def head_after(peer: Peer, before: int) -> None:
    """Read until there is a head behind what was there before."""
    await peer.until(lambda: peer.text.find("\r\n\r\n", before) >= 0)


def watch(t: Trace, req: Any, index: int, port: int) -> None:
    """Write down what becomes of a request."""
    for name in ("finish", "close"):
        req.on(name, lambda name=name: t(f"{index} {name}", req.reused_socket))

    def failed(error: Any) -> None:
        kind, code, message = shown(error)
        t(f"{index} error", kind, code, message.replace(f":{port}", ":PORT"))

    req.on("error", failed)
    req.on("response", lambda res: (t(f"{index} response", res.status_code), res.resume()))


@scenarios
def paths(t: Trace) -> None:
    form(t, "plain", {"path": "/a?b"})
    for path in (
        *("x", "http://other/", "http://u:p@h/", "https://h/", "foo:bar", "http://h", "http://h:80/x", "http://H/"),
        *("http://h:81/", "*", "//x", "/\\x", "/a/../b?x#y", "http://"),
    ):
        form(t, path, {"path": path})
    form(t, "OPTIONS *", {"path": "*", "method": "OPTIONS"})
    form(t, "CONNECT", {"path": "h:1", "method": "CONNECT"})


@scenarios
def hosts(t: Trace) -> None:
    for host in ("::1", "[::1]", "H.COM", "127.1", "a b", "a/b", "h:81", "u@h"):
        form(t, host, {"host": host})
        form(t, f"{host} 81", {"host": host, "port": 81})
    ports: Sequence[Any] = ("8x", "81", 0, 443, 70000)
    for port in ports:
        form(t, f"port {port}", {"port": port})
    form(t, "no Host", {"setHost": False})
    form(t, "socket path", {"socketPath": "/x"})


@scenarios
def host_headers(t: Trace) -> None:
    hosts: Sequence[Any] = (
        *("other", "h:80", "H", ["h", "h"], ["h"], "u@h", "h/x", "h/", "h?", "h#", "h:0080", "h:81", "", " ", "[", 5),
    )
    for host in hosts:
        form(t, compact(host), {"headers": {"host": host}})
    form(t, "port", {"headers": {"Host": "h:81"}, "port": 81})


@scenarios
def header_lists(t: Trace) -> None:
    lists: Sequence[list[Any]] = (
        ["host", "other"],
        ["host", "h"],
        ["Host", "h:80"],
        ["X", "1"],
        [["Host", "h"], ["X", "1"]],
        [["HOST", "x"]],
        ["host", "h", "Host", "h"],
        [["host", "h"], ["host", "h"]],
        [["host", "h"], "x"],
        [["host", "h"], 5],
        ["Host", ["h"]],
    )
    for headers in lists:
        form(t, compact(headers), {"headers": headers})


EXCEPTIONS: Sequence[tuple[Any, ...]] = (
    ("*", "h"),
    ("h", "h"),
    ("h", "H"),
    ("H", "h"),
    ("h:80", "h"),
    ("h:81", "h", 81),
    ("h:81", "h"),
    (".b.c", "a.b.c"),
    (".b.c", "b.c"),
    (".b.c", "ab.c"),
    ("*.b.c", "a.b.c"),
    ("*.b.c", "b.c"),
    ("*.b.c", ".b.c"),
    ("b.c", "a.b.c"),
    ("1.2.3.1-1.2.3.9", "1.2.3.5"),
    ("1.2.3.1 - 1.2.3.9", "1.2.3.9"),
    ("1.2.3.1-1.2.3.9", "1.2.3.10"),
    ("1.2.3.9-1.2.3.1", "1.2.3.5"),
    ("a, b ,c", "b"),
    ("", "h"),
    (" ", "h"),
    ("::1", "::1"),
    ("[::1]", "::1"),
    ("1.2.3.1-1.2.3.9-x", "1.2.3.5"),
    ("-", "h"),
    ("255.0.0.0-255.255.255.255", "255.1.1.1"),
    (".", "h"),
    ("*.", "h."),
    ("h,", "h2"),
    ("localhost", ""),
)


@scenarios
def exceptions(t: Trace) -> None:
    for excepted, host, *port in EXCEPTIONS:
        where = {"host": host, "port": port[0] if port else None, "lookup": lookup}
        req = quiet(nodehttp.request({**where, "agent": proxied({"NO_PROXY": excepted})}))
        t(f"{excepted} {host} {port[0] if port else 80}", req.path != "/")
        req.destroy()
    form(t, "small letters first", {}, proxied({"NO_PROXY": "x", "no_proxy": "h"}))


@scenarios
def which_proxy_of_an_agent(t: Trace) -> None:
    environments: Sequence[Any] = (
        {},
        {"HTTP_PROXY": ""},
        {"HTTPS_PROXY": PROXY},
        {"http_proxy": PROXY},
        {"http_proxy": "", "HTTP_PROXY": PROXY},
        {"HTTP_PROXY": "h:1"},
        {"HTTP_PROXY": "ftp://h"},
        {"HTTP_PROXY": "HTTP://h"},
        {"HTTP_PROXY": "http://["},
        {"HTTP_PROXY": "http://a\r\nb"},
        {"HTTP_PROXY": "http://"},
        None,
        1,
        [],
    )

    def path(env: Any) -> str:
        req = quiet(nodehttp.request({"host": "h", "lookup": lookup, "agent": Agent({"proxyEnv": env})}))
        req.destroy()
        return str(req.path)

    for env in environments:
        t.call(compact(env), path, env)


@scenarios
def user_and_password(t: Trace) -> None:
    for auth in ("u:p", "u", ":p", "u:", "u%40:p%3A%C3%A4", "a@b:c:d", ":", "\xe4:\xf6"):
        form(t, auth, {}, proxied({"HTTP_PROXY": f"http://{auth}@127.0.0.1:1"}))


@scenarios
def the_global_agent(t: Trace) -> None:
    module: Any = nodehttp
    before = module.global_agent
    environments: Sequence[Any] = (
        *(1, "x", [], {}, {"HTTP_PROXY": "x"}, {"HTTP_PROXY": "http://["}, {"http_proxy": "http://a\nb"}),
        *({"https_proxy": "x"}, {"HTTP_PROXY": "ftp://h"}, {"HTTP_PROXY": "h:1"}, {"HTTPS_PROXY": "ftp://h"}),
    )
    for env in environments:
        try:
            nodehttp.set_global_proxy_from_env(env)()
            t(compact(env), module.global_agent is before)
        except NodeError as error:
            t(compact(env), error.code, error.message, module.global_agent is before)
    restore = nodehttp.set_global_proxy_from_env({"HTTP_PROXY": PROXY})
    agent = module.global_agent
    kept = agent.keep_alive, agent.scheduling, agent.options["timeout"], agent.max_sockets, agent.options["proxyEnv"]
    t("set", agent is before, *kept)
    form(t, "request", {}, None)
    again = nodehttp.set_global_proxy_from_env({"HTTP_PROXY": PROXY, "NO_PROXY": "h"})
    form(t, "excepted", {}, None)
    again()
    t("restored", module.global_agent is agent)
    t("result", restore())
    t("restored", module.global_agent is before)
    restore()
    only = nodehttp.set_global_proxy_from_env({"HTTPS_PROXY": PROXY})
    t("of https", module.global_agent is before)
    only()


@scenarios
async def a_request(t: Trace) -> None:
    await asked(t, [{"path": "/a?b"}])


@scenarios
async def a_request_with_a_body(t: Trace) -> None:
    await asked(t, [{"path": "/", "method": "POST", "body": "x", "headers": {"X-A": "1"}}])


@scenarios
async def a_request_with_a_list_of_headers(t: Trace) -> None:
    await asked(t, [{"headers": ["Host", "h.test", "X-A", "1"]}])


@scenarios
async def requests_on_a_kept_socket(t: Trace) -> None:
    last = {"path": "/3", "headers": {"connection": "close"}}
    await asked(t, [{"path": "/1"}, {"path": "/2"}, last], options={"keepAlive": True})


@scenarios
async def a_user_and_a_password(t: Trace) -> None:
    await asked(t, [{"auth": "a:b"}], auth="u:p%40@")


@scenarios
async def a_host_header_is_written_as_the_url_has_it(t: Trace) -> None:
    await asked(t, [{"headers": {"HOST": "H.TEST:80"}}])


@scenarios
async def a_request_that_expects(t: Trace) -> None:
    await asked(t, [{"method": "POST", "headers": {"Expect": "100-continue", "Content-Length": 0}}])


@scenarios
async def a_request_to_connect(t: Trace) -> None:
    answer = "HTTP/1.1 405 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    await asked(t, [{"method": "CONNECT", "path": "x:1"}], [answer])


@scenarios
async def options_of_the_agent_are_not_for_the_socket_to_the_proxy(t: Trace) -> None:
    agent: Any = proxied({}, {"keepAlive": True, "keepAliveMsecs": 5000, "timeout": 4000, "localPort": 1})
    create = agent.create_connection

    def create_connection(options: Any, callback: Any) -> Any:
        socket = create(options, callback)
        t("socket", socket.timeout, socket.connecting)
        socket.on("connectionAttempt", lambda address, port, _family: t("attempt", address, port))
        return socket

    agent.create_connection = create_connection
    req = nodehttp.get({"host": "h", "agent": agent})
    req.on("error", lambda error: t("error", error.code))
    await closed(req)


@scenarios
async def a_proxy_that_is_not_there(t: Trace) -> None:
    bound = net.BoundSocket({"host": "127.0.0.1"})
    port = bound.address()["port"]
    bound.close()

    def failed(error: Any) -> None:
        t("error", error.code, error.message.replace(str(port), "PORT"))

    req = nodehttp.get({"host": "h", "agent": proxied({"HTTP_PROXY": f"http://127.0.0.1:{port}"})})
    req.on("error", failed)
    await closed(req)
