# mypy: disable-error-code="func-returns-value,method-assign,assignment"
"""Agents: their options, names and tables, which socket serves which request, and what a program may replace."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import nodehttp
from compliance._peers import event, rounds
from compliance._trace import Scenarios, Trace, compact
from nodehttp import Agent, net
from nodestream.loop import Promise, next_tick
from nodestream.timers import set_immediate

scenarios = Scenarios()

OK = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Served:
    """A server, its port, and how to close it."""

    def __init__(self, server: Any, sockets: list[Any]) -> None:
        self.server = server
        self.sockets = sockets
        self.port: int = server.address()["port"]

    async def close(self) -> None:
        """Close it, and its connections."""
        over: Promise[None] = Promise()
        for socket in self.sockets:
            socket.destroy()
        self.server.close(lambda *_: over.resolve(None))
        await over


async def serving(options: dict[str, Any] | None = None) -> Served:
    """A server that answers with the path."""

    def answer(req: Any, res: Any) -> None:
        req.resume()
        res.end(req.url)

    server = nodehttp.create_server(options or {}, answer).listen(0, "127.0.0.1")
    sockets: list[Any] = []
    server.on("connection", sockets.append)
    await event(server, "listening")
    return Served(server, sockets)


async def saying(*answers: str | None) -> Served:
    """A server made of bytes, which answers each head with the next of `answers`, and with the last from then on."""
    sockets: list[Any] = []
    index = 0

    def listener(socket: Any) -> None:
        sockets.append(socket)
        text = ""

        def on_data(data: bytes) -> None:
            nonlocal index, text
            text += data.decode()
            while "\r\n\r\n" in text:
                text = text.partition("\r\n\r\n")[2]
                answer = answers[min(index, len(answers) - 1)]
                index += 1
                if answer is not None:
                    socket.write(answer)

        socket.on("error", lambda _: None)
        socket.on("data", on_data)

    server = net.create_server(listener).listen(0, "127.0.0.1")
    await event(server, "listening")
    return Served(server, sockets)


def hinting(hint: str) -> str:
    """A response with a Keep-Alive header."""
    return f"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nKeep-Alive: {hint}\r\n\r\n"


async def all_closed(emitters: Sequence[Any]) -> None:
    """Wait for `close` of all."""
    left = len(emitters)
    over: Promise[None] = Promise()

    def one() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            over.resolve(None)

    for emitter in emitters:
        emitter.once("close", lambda *_: one())
    await over


def unported(text: str, port: int) -> str:
    """Without the port."""
    return text.replace(str(port), "PORT")


def tables(t: Trace, agent: Any, port: int, label: str = "tables") -> None:
    """What the tables of an agent hold: names and numbers."""

    def of(table: Mapping[str, list[Any]]) -> dict[str, int]:
        return {unported(name, port): len(group) for name, group in table.items()}

    t(label, of(agent.requests), of(agent.sockets), of(agent.free_sockets), agent.total_socket_count)


def numbering() -> Callable[[Any], int]:
    """Sockets by the order in which they were seen."""
    seen: list[Any] = []

    def number(socket: Any) -> int:
        if socket not in seen:
            seen.append(socket)
        return seen.index(socket)

    return number


def ask(t: Trace, label: str, options: dict[str, Any], number: Callable[[Any], Any] = lambda _: None) -> Any:
    """Make a request and watch it."""
    req: Any = nodehttp.get({"host": "127.0.0.1", **options})

    def on_response(res: Any) -> None:
        t(f"{label} response", res.status_code)
        res.resume()
        res.on("end", lambda: t(f"{label} end"))

    def on_error(error: Any) -> None:
        t(f"{label} error", getattr(error, "code", None), str(error).replace(str(options.get("port")), "PORT"))

    req.on("socket", lambda socket: t(f"{label} socket", number(socket), req.reused_socket))
    req.on("timeout", lambda: t(f"{label} timeout"))
    req.on("error", on_error)
    req.on("close", lambda: t(f"{label} close"))
    req.on("response", on_response)
    return req


def got(options: dict[str, Any]) -> Any:
    """A request whose response is read."""
    return nodehttp.get({"host": "127.0.0.1", **options}, lambda res: (res.resume(), None)[1])


def idle(agent: Any) -> list[Any]:
    """The idle sockets of the first name."""
    group: list[Any] = next(iter(agent.free_sockets.values()))
    return group


async def hinted(t: Trace, options: dict[str, Any], *hints: str) -> None:
    """What a kept socket's timeout is after a response with this Keep-Alive header."""
    for hint in hints:
        server = await saying(hinting(hint))
        agent = Agent({"keepAlive": True, **options})
        req = ask(t, hint, {"agent": agent, "port": server.port})
        given: list[Any] = []
        req.on("socket", given.append)
        await event(req, "close")
        await rounds()
        t("kept", agent.total_socket_count, given[0].destroyed, given[0].timeout)
        agent.destroy()
        await server.close()


async def overridden(t: Trace, change: Callable[[Any, int], object], request: dict[str, Any] | None = None) -> None:
    """One request with an agent whose method is replaced."""
    server = await serving()
    agent = Agent({"keepAlive": True})
    change(agent, server.port)
    req = ask(t, "req", {"agent": agent, "port": server.port, **(request or {})})
    await event(req, "close")
    await rounds()
    tables(t, agent, server.port)
    agent.destroy()
    await server.close()


@scenarios
def defaults(t: Trace) -> None:
    agent = Agent()
    numbers = agent.keep_alive, agent.keep_alive_msecs, agent.max_sockets, agent.max_free_sockets
    more = agent.max_total_sockets, agent.scheduling, agent.default_port, agent.protocol
    buffer = agent.agent_keep_alive_timeout_buffer, agent.total_socket_count
    t("new", *numbers, *more, *buffer, agent.requests, agent.sockets, agent.free_sockets, Agent.default_max_sockets)
    t("options", agent.options["noDelay"], agent.options.get("path"), agent.options.get("keepAlive"))
    module: Any = nodehttp
    default = module.global_agent
    kept = default.keep_alive, default.scheduling, default.options["timeout"]
    t("global", *kept, default.max_sockets, default.max_free_sockets)
    t("listeners", agent.listener_count("free"))


@scenarios
def options_that_count_for_nothing(t: Trace) -> None:
    variants: Sequence[dict[str, Any]] = (
        {"keepAliveMsecs": 0},
        {"maxSockets": 0},
        {"maxFreeSockets": 0},
        {"scheduling": ""},
        {"defaultPort": 0},
        {"protocol": ""},
        {"keepAlive": 1},
        {"agentKeepAliveTimeoutBuffer": -1},
        {"agentKeepAliveTimeoutBuffer": "x"},
        {"agentKeepAliveTimeoutBuffer": math.inf},
        {"agentKeepAliveTimeoutBuffer": 0},
        {"agentKeepAliveTimeoutBuffer": 1.5},
        {"noDelay": False},
        {"path": "/x"},
        {"maxSockets": -1},
        {"maxTotalSockets": 1.5},
    )
    for options in variants:
        agent = Agent(options)
        numbers = agent.keep_alive_msecs, agent.max_sockets, agent.max_free_sockets, agent.scheduling
        more = agent.default_port, agent.protocol, bool(agent.keep_alive), agent.agent_keep_alive_timeout_buffer
        rest = agent.options["noDelay"], agent.options.get("path"), agent.max_total_sockets
        t(compact(options), *numbers, *more, *rest)


@scenarios
def names(t: Trace) -> None:
    variants: Sequence[dict[str, Any]] = (
        {},
        {"host": "h"},
        {"port": 1},
        {"port": "1"},
        {"port": 0},
        {"host": "h", "port": 1, "localAddress": "l"},
        {"family": 4},
        {"family": 6},
        {"family": 0},
        {"family": 5},
        {"family": "4"},
        {"socketPath": "/p"},
        {"host": "h", "port": 1, "family": 4, "socketPath": "/p"},
        {"host": ""},
        {"localAddress": ""},
        {"host": "::1", "port": 80},
        {"host": "H"},
        {"path": "/x", "method": "POST"},
    )
    for options in variants:
        t(compact(options), Agent().get_name(options))
    t("nothing", Agent().get_name())
    req = nodehttp.request({"host": "h", "port": 1, "socketPath": "/p", "createConnection": lambda *_: net.Socket()})
    req.on("error", lambda _: None)
    t("request", Agent().get_name(req))
    req.destroy()


@scenarios
async def tables_on_the_way(t: Trace) -> None:
    server = await serving()
    port = server.port
    agent = Agent({"keepAlive": True})
    number = numbering()
    tables(t, agent, port)

    def on_free(socket: Any, options: Any) -> None:
        t("free", number(socket), unported(agent.get_name(options), port))
        tables(t, agent, port)

    agent.on("free", on_free)
    for path in ("/1", "/2"):
        req = ask(t, path, {"agent": agent, "port": port, "path": path}, number)
        tables(t, agent, port)
        req.on("socket", lambda _: tables(t, agent, port))
        req.on("response", lambda _: tables(t, agent, port))
        await event(req, "close")
        tables(t, agent, port)
        await rounds()
    agent.destroy()
    tables(t, agent, port)
    await rounds(8)
    tables(t, agent, port)
    await server.close()


@scenarios
async def tables_of_an_agent_that_keeps_nothing(t: Trace) -> None:
    server = await serving()
    agent = Agent()
    agent.on("free", lambda *_: tables(t, agent, server.port, "free"))
    both = [got({"agent": agent, "port": server.port, "path": path}) for path in ("/1", "/2")]
    tables(t, agent, server.port)
    await all_closed(both)
    tables(t, agent, server.port)
    await rounds(8)
    tables(t, agent, server.port)
    await server.close()


@scenarios
async def max_sockets(t: Trace) -> None:
    server = await serving()
    port = server.port
    agent = Agent({"keepAlive": True, "maxSockets": 1})
    number = numbering()
    agent.prepend_listener("free", lambda socket, _: (t("free", number(socket)), tables(t, agent, port)))
    every = [ask(t, path, {"agent": agent, "port": port, "path": path}, number) for path in ("/1", "/2", "/3")]
    tables(t, agent, port)
    await all_closed(every)
    await rounds()
    tables(t, agent, port)
    agent.destroy()
    await server.close()


@scenarios
async def max_sockets_of_an_agent_that_keeps_nothing(t: Trace) -> None:
    server = await serving()
    agent = Agent({"maxSockets": 1})
    number = numbering()
    every = [ask(t, path, {"agent": agent, "port": server.port, "path": path}, number) for path in ("/1", "/2", "/3")]
    t("keep alive", every[0].should_keep_alive)
    await all_closed(every)
    await rounds(8)
    tables(t, agent, server.port)
    await server.close()


@scenarios
async def max_sockets_of_several_names(t: Trace) -> None:
    server = await serving()
    agent = Agent({"keepAlive": True, "maxSockets": 1})
    every = [
        got({"host": host, "family": 4, "port": server.port, "path": path, "agent": agent})
        for host in ("127.0.0.1", "localhost")
        for path in ("/1", "/2")
    ]
    tables(t, agent, server.port)
    await all_closed(every)
    await rounds()
    tables(t, agent, server.port)
    agent.destroy()
    await server.close()


@scenarios
async def max_total_sockets(t: Trace) -> None:
    server = await serving()
    agent = Agent({"maxTotalSockets": 2})
    counts: list[int] = []
    paths = ("/1", "/2", "/3", "/4")
    every = [got({"agent": agent, "port": server.port, "path": path}) for path in paths]
    for req in every:
        req.on("socket", lambda _, req=req: (t("socket", req.path), counts.append(agent.total_socket_count)))
    tables(t, agent, server.port)
    await all_closed(every)
    await rounds(8)
    t("most", max(counts))
    tables(t, agent, server.port)
    await server.close()


@scenarios
async def max_free_sockets(t: Trace) -> None:
    server = await serving()
    agent = Agent({"keepAlive": True, "maxFreeSockets": 1})
    await all_closed([got({"agent": agent, "port": server.port, "path": path}) for path in ("/1", "/2", "/3")])
    await rounds(8)
    tables(t, agent, server.port)
    agent.destroy()
    await server.close()


@scenarios
async def scheduling(t: Trace) -> None:
    for schedule in ("lifo", "fifo"):
        server = await serving()
        agent = Agent({"keepAlive": True, "scheduling": schedule})
        number = numbering()
        every = [got({"agent": agent, "port": server.port, "path": path}) for path in ("/1", "/2", "/3")]
        for req in every:
            req.on("socket", number)
        await all_closed(every)
        await rounds()
        order = list(map(number, idle(agent)))

        def place(socket: Any, order: list[int] = order, number: Any = number) -> int:
            return order.index(number(socket))

        for path in ("/4", "/5"):
            await event(ask(t, path, {"agent": agent, "port": server.port, "path": path}, place), "close")
            await rounds()
            t("order", list(map(place, idle(agent))))
        agent.destroy()
        await server.close()


@scenarios
async def server_hints(t: Trace) -> None:
    hints = ("timeout=5", "timeout=1", "timeout=0", "timeout=2, max=3", "max=3, timeout=2", "timeout=x", "TIMEOUT=9")
    await hinted(t, {}, *hints, "timeout=1.9", "timeout= 3")


@scenarios
async def server_hints_and_a_timeout(t: Trace) -> None:
    await hinted(t, {"timeout": 3000}, "timeout=2", "timeout=4", "timeout=5", "timeout=1", "max=2")


@scenarios
async def server_hints_and_a_buffer(t: Trace) -> None:
    await hinted(t, {"timeout": 9000, "agentKeepAliveTimeoutBuffer": 0}, "timeout=1", "timeout=0")
    await hinted(t, {"timeout": 9000, "agentKeepAliveTimeoutBuffer": 2500}, "timeout=3", "timeout=2")


@scenarios
async def timeouts_of_agent_and_request(t: Trace) -> None:
    server = await serving()
    variants: Sequence[list[dict[str, int]]] = (
        [{}, {}],
        [{"timeout": 4000}, {}],
        [{}, {"timeout": 3000}],
        [{"timeout": 4000}, {"timeout": 3000}],
        [{"timeout": 4000}, {"timeout": 4000}],
        [{"timeout": 4000}, {"timeout": 0}],
    )
    for options, request in variants:
        agent = Agent({"keepAlive": True, **options})
        times: list[Any] = []
        for path in ("/1", "/2"):
            given: list[Any] = []
            req: Any = nodehttp.get({"host": "127.0.0.1", "port": server.port, "agent": agent, "path": path, **request})
            req.on("response", lambda res, times=times: (times.append(res.socket.timeout), res.resume()))
            req.on("socket", given.append)
            t("own", req.timeout)
            await event(req, "close")
            await rounds()
            times.append(given[0].timeout)
        t(compact([options, request]), times)
        agent.destroy()
    await server.close()


@scenarios
async def an_idle_socket_times_out(t: Trace) -> None:
    server = await serving({"keepAliveTimeout": 0})
    agent = Agent({"keepAlive": True, "timeout": 50})
    await event(ask(t, "req", {"agent": agent, "port": server.port}), "close")
    await rounds()
    tables(t, agent, server.port)
    socket = idle(agent)[0]
    socket.on("timeout", lambda: t("socket timeout", socket.destroyed))
    await event(socket, "close")
    tables(t, agent, server.port)
    await server.close()


@scenarios
async def a_busy_socket_times_out(t: Trace) -> None:
    server = await saying(None)
    agent = Agent({"keepAlive": True, "timeout": 40})
    req = ask(t, "req", {"agent": agent, "port": server.port})
    req.on("timeout", lambda: (t("state", req.destroyed, req.socket.destroyed), req.destroy()))
    await event(req, "close")
    tables(t, agent, server.port)
    await server.close()


@scenarios
async def create_connection_returns_a_socket(t: Trace) -> None:
    def change(agent: Any, port: int) -> None:
        def create_connection(options: Any, callback: Any) -> Any:
            kept = options["keepAlive"], options["keepAliveInitialDelay"], options["noDelay"]
            kind = "function" if callable(callback) else "undefined"
            rest = kind, options["servername"], options.get("method")
            t("asked", options["host"], options["port"] == port, options.get("path"), *kept, *rest)
            return net.connect(options)

        agent.create_connection = create_connection

    await overridden(t, change)


@scenarios
async def create_connection_calls_back(t: Trace) -> None:
    def change(agent: Any, _port: int) -> None:
        def connect(options: Any, callback: Any) -> None:
            callback(None, net.connect(options))
            t("called")

        agent.create_connection = lambda options, callback: (set_immediate(connect, options, callback), None)[1]

    await overridden(t, change)


@scenarios
async def create_connection_does_both(t: Trace) -> None:
    def change(agent: Any, _port: int) -> None:
        def create_connection(options: Any, callback: Any) -> Any:
            socket = net.connect(options)
            callback(None, socket)
            return socket

        agent.create_connection = create_connection

    await overridden(t, change)


@scenarios
async def create_connection_calls_back_with_an_error(t: Trace) -> None:
    def change(agent: Any, _port: int) -> None:
        agent.create_connection = lambda _options, callback: callback(Exception("mine"))

    await overridden(t, change)


@scenarios
async def create_connection_calls_back_with_an_error_later(t: Trace) -> None:
    def change(agent: Any, _port: int) -> None:
        agent.create_connection = lambda _, callback: (set_immediate(callback, Exception("mine")), None)[1]

    await overridden(t, change)


def failing(*_: object) -> None:
    """What raises."""
    raise Exception("mine")


@scenarios
async def create_connection_throws(t: Trace) -> None:
    server = await serving()
    agent: Any = Agent()
    agent.create_connection = failing
    t.call("get", lambda: nodehttp.get({"port": server.port, "agent": agent}))
    await server.close()


@scenarios
async def create_connection_returns_a_socket_that_is_destroyed(t: Trace) -> None:
    def change(agent: Any, _port: int) -> None:
        agent.create_connection = lambda options, _: net.connect(options).destroy()

    await overridden(t, change)


@scenarios
async def create_connection_of_a_subclass(t: Trace) -> None:
    class Mine(Agent):
        def createConnection(self, options: Any, callback: Any = None) -> Any:
            t("mine", options["agentOption"], options["requestOption"], options["both"])
            return super().createConnection(options, callback)

        def getName(self, options: Any = None, /, **keywords: Any) -> str:
            return f"mine:{super().getName(options, **keywords).split(':')[0]}"

        def keepSocketAlive(self, socket: Any) -> bool:
            t("keep", socket.destroyed, socket.writable)
            return super().keepSocketAlive(socket)

        def reuseSocket(self, socket: Any, request: Any) -> None:
            t("reuse", request.path, request.reused_socket)
            super().reuseSocket(socket, request)
            t("reused", request.reused_socket)

    server = await serving()
    agent = Mine({"keepAlive": True, "agentOption": 1, "both": 2})
    for path in ("/1", "/2"):
        asking = {"agent": agent, "port": server.port, "path": path, "requestOption": 3, "both": 4}
        await event(ask(t, path, asking), "close")
        await rounds()
        tables(t, agent, server.port)
    agent.destroy()
    await server.close()


@scenarios
async def create_connection_called_by_a_program(t: Trace) -> None:
    server = await serving()
    port = server.port
    agent: Any = Agent()
    forms: Sequence[list[Any]] = ([{"port": port, "host": "127.0.0.1"}], [port, "127.0.0.1"])
    for args in forms:
        socket = agent.create_connection(*args, lambda *given: t("connected", len(given)))
        t("socket", socket.connecting, socket.listener_count("connect"), socket.listener_count("free"))
        await event(socket, "ready")
        tables(t, agent, port)
        socket.destroy()
    proxied: Any = Agent({"proxyEnv": {"HTTP_PROXY": f"http://127.0.0.1:{port}", "NO_PROXY": "127.0.0.1"}})
    for options in ({"port": 1, "host": "nowhere.test"}, {"port": port, "host": "127.0.0.1"}):
        made: list[Any] = []

        def connected(made: list[Any] = made) -> None:
            t("connected", made[0].remote_port == port)

        made.append(proxied.create_connection(options, connected))
        await event(made[0], "ready")
        made[0].destroy()
    await server.close()


@scenarios
async def keep_socket_alive_says_no(t: Trace) -> None:
    def change(agent: Any, _port: int) -> None:
        agent.keep_socket_alive = lambda _: (t("asked"), False)[1]

    await overridden(t, change)


@scenarios
async def keep_socket_alive_says_yes_to_anything(t: Trace) -> None:
    def change(agent: Any, _port: int) -> None:
        agent.keep_socket_alive = lambda _: "yes"

    await overridden(t, change)


@scenarios
async def create_socket_is_asked_for_each_connection(t: Trace) -> None:
    def change(agent: Any, _port: int) -> None:
        create_socket, add_request = agent.create_socket, agent.add_request

        def create(req: Any, options: Any, callback: Any) -> None:
            t("create", req.path, options["host"])
            create_socket(req, options, callback)

        def add(req: Any, options: Any) -> None:
            t("add", req.path, options["host"], options.get("path"))
            add_request(req, options)

        agent.create_socket, agent.add_request = create, add

    await overridden(t, change)


@scenarios
async def a_response_that_closes(t: Trace) -> None:
    for answer in (
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n",
        OK,
    ):
        server = await saying(answer)
        agent = Agent({"keepAlive": True})
        await event(ask(t, "req", {"agent": agent, "port": server.port}), "close")
        await rounds(8)
        tables(t, agent, server.port)
        agent.destroy()
        await server.close()


@scenarios
async def a_request_that_closes(t: Trace) -> None:
    await overridden(t, lambda *_: None, {"headers": {"Connection": "close"}})


@scenarios
async def a_request_that_is_destroyed_while_it_waits(t: Trace) -> None:
    server = await serving()
    agent = Agent({"keepAlive": True, "maxSockets": 1})
    every = [ask(t, path, {"agent": agent, "port": server.port, "path": path}) for path in ("/1", "/2", "/3")]
    every[1].destroy()
    tables(t, agent, server.port)
    await all_closed(every)
    await rounds()
    tables(t, agent, server.port)
    agent.destroy()
    await server.close()


@scenarios
async def a_request_that_is_destroyed_while_its_socket_is_made(t: Trace) -> None:
    server = await serving()
    agent = Agent({"keepAlive": True})
    req = ask(t, "req", {"agent": agent, "port": server.port})
    req.destroy()
    await event(req, "close")
    await rounds(8)
    tables(t, agent, server.port)
    agent.destroy()
    await server.close()


@scenarios
async def a_request_that_is_destroyed_in_the_middle(t: Trace) -> None:
    server = await saying(None, OK)
    agent = Agent({"keepAlive": True, "maxSockets": 1})
    both = [ask(t, path, {"agent": agent, "port": server.port, "path": path}) for path in ("/1", "/2")]
    both[0].on("finish", lambda: set_immediate(both[0].destroy))
    await all_closed(both)
    await rounds()
    tables(t, agent, server.port)
    agent.destroy()
    await server.close()


@scenarios
async def destroy_with_everything_in_it(t: Trace) -> None:
    server = await saying(OK, None)
    agent = Agent({"keepAlive": True, "maxSockets": 1})
    await event(ask(t, "done", {"agent": agent, "port": server.port}), "close")
    await rounds()
    busy, waiting = (ask(t, label, {"agent": agent, "port": server.port}) for label in ("busy", "waiting"))

    def destroy() -> None:
        tables(t, agent, server.port)
        agent.destroy()
        tables(t, agent, server.port)
        waiting.destroy()

    busy.on("finish", lambda: set_immediate(destroy))
    await all_closed([busy, waiting])
    await rounds(8)
    tables(t, agent, server.port)
    agent.destroy()
    await rounds(8)
    await server.close()


@scenarios
async def used_after_destroy(t: Trace) -> None:
    server = await serving()
    agent = Agent({"keepAlive": True})
    agent.destroy()
    await event(ask(t, "req", {"agent": agent, "port": server.port}), "close")
    await rounds()
    tables(t, agent, server.port)
    agent.destroy()
    await server.close()


@scenarios
async def a_socket_is_removed_by_hand(t: Trace) -> None:
    server = await serving()
    agent = Agent({"keepAlive": True})
    req = ask(t, "req", {"agent": agent, "port": server.port})
    given: list[Any] = []
    req.on("socket", given.append)
    req.on("response", lambda _: (given[0].emit("agentRemove"), tables(t, agent, server.port)))
    await event(req, "close")
    await rounds(8)
    tables(t, agent, server.port)
    socket = given[0]
    t("socket", socket.destroyed, socket.listener_count("free"), socket.listener_count("agentRemove"))
    socket.destroy()
    await server.close()


@scenarios
async def an_idle_socket_fails(t: Trace) -> None:
    server = await serving()
    agent = Agent({"keepAlive": True})
    await event(ask(t, "req", {"agent": agent, "port": server.port}), "close")
    await rounds()
    socket = idle(agent)[0]
    t("listeners", socket.listener_count("error"))
    socket.destroy(Exception("mine"))
    tables(t, agent, server.port)
    await event(socket, "close")
    tables(t, agent, server.port)
    await event(ask(t, "next", {"agent": agent, "port": server.port}), "close")
    agent.destroy()
    await server.close()


@scenarios
async def an_idle_socket_that_the_server_ends(t: Trace) -> None:
    server = await saying(OK)
    agent = Agent({"keepAlive": True})
    await event(ask(t, "req", {"agent": agent, "port": server.port}), "close")
    await rounds()
    socket = idle(agent)[0]
    server.sockets[0].end()
    await event(socket, "close")
    tables(t, agent, server.port)
    await server.close()


class Message:
    """What a socket has served, as far as an agent looks at it."""

    should_keep_alive = True


@scenarios
async def a_free_event_that_is_emitted_by_hand(t: Trace) -> None:
    agent = Agent({"keepAlive": True})
    socket: Any = net.Socket()
    socket._http_message = None
    agent.emit("free", socket, {"host": "h", "port": 1})
    t("socket", socket.destroyed)
    tables(t, agent, 1)
    kept: Any = net.Socket()
    kept._http_message = Message()
    agent.emit("free", kept, {"host": "h", "port": 1})
    t("kept", kept.destroyed)
    tables(t, agent, 1)
    agent.destroy()


@scenarios
async def add_request_with_host_and_port(t: Trace) -> None:
    server = await serving()
    agent = Agent({"keepAlive": True})

    class Front:
        """An agent that is none."""

        protocol = "http:"
        default_port = 80

        def add_request(self, request: Any, _options: Any) -> None:
            agent.add_request(request, "127.0.0.1", server.port)
            tables(t, agent, server.port)

    await event(ask(t, "req", {"port": server.port, "agent": Front()}), "close")
    await rounds()
    tables(t, agent, server.port)
    agent.destroy()
    await server.close()


@scenarios
async def agents_of_all_kinds(t: Trace) -> None:
    server = await serving()
    port = server.port
    module: Any = nodehttp
    kinds: Sequence[tuple[str, Any]] = (
        ("false", False),
        ("undefined", None),
        ("null", None),
        ("[object Object]", Agent()),
    )
    for label, agent in kinds:
        req = ask(t, label, {"agent": agent, "port": port})
        is_given = agent is not None and req.agent is agent
        t("agent", req.agent is module.global_agent, is_given, req.should_keep_alive, req.get_header("connection"))
        await event(req, "close")
        await rounds()
    module.global_agent.destroy()
    wrong: Sequence[tuple[str, Any]] = (
        ("true", True),
        ("1", 1),
        ("x", "x"),
        ("[object Object]", {}),
        ("() => {}", lambda: None),
    )

    def get(agent: Any) -> Callable[[], Any]:
        return lambda: nodehttp.get({"port": port, "agent": agent})

    for label, agent in wrong:
        t.call(label, get(agent))
    t.call("protocol", lambda: nodehttp.get({"port": port, "protocol": "https:", "agent": Agent()}))
    t.call("protocol of the agent", get(Agent({"protocol": "x:"})))
    await event(ask(t, "other protocol", {"port": port, "protocol": "x:", "agent": Agent({"protocol": "x:"})}), "close")
    other = ask(t, "default port", {"agent": Agent({"defaultPort": port})})
    t("host", other.get_header("host"))
    await event(other, "close")
    await server.close()


@scenarios
async def options_of_an_agent_come_before_those_of_a_request(t: Trace) -> None:
    server = await serving()
    own = {"host": "127.0.0.1", "port": server.port, "family": 4, "localAddress": "127.0.0.1"}
    agent = Agent(own)
    req = ask(t, "req", {"agent": agent, "host": "nowhere.test", "port": 1})
    tables(t, agent, server.port)
    t("request", req.host, req.get_header("host"))

    def on_socket(socket: Any) -> None:
        socket.on("connect", lambda: t("connected", socket.remote_address, socket.remote_port == server.port))

    req.on("socket", on_socket)
    await event(req, "close")
    await server.close()


@scenarios
async def many_requests_at_once(t: Trace) -> None:
    server = await serving()
    agent = Agent({"keepAlive": True, "maxSockets": 3, "maxFreeSockets": 2})
    done: list[None] = []

    def on_response(res: Any) -> None:
        res.resume()
        res.on("end", lambda: done.append(None))

    every: list[Any] = [
        nodehttp.get({"host": "127.0.0.1", "agent": agent, "port": server.port, "path": f"/{index}"}, on_response)
        for index in range(20)
    ]
    tables(t, agent, server.port)
    await all_closed(every)
    await rounds()
    t("done", len(done), sum(req.reused_socket for req in every))
    tables(t, agent, server.port)
    agent.destroy()
    await server.close()


@scenarios
async def limits_that_are_changed_on_the_way(t: Trace) -> None:
    server = await serving()
    port = server.port
    agent = Agent({"keepAlive": True, "maxSockets": 1})

    def several(*paths: str) -> list[Any]:
        return [got({"agent": agent, "port": port, "path": path}) for path in paths]

    first = several("/1", "/2")
    agent.max_sockets = 3
    tables(t, agent, port)
    more = several("/3", "/4")
    tables(t, agent, port)
    await all_closed([*first, *more])
    await rounds()
    tables(t, agent, port)
    agent.max_free_sockets = 1
    await all_closed(several("/5", "/6"))
    await rounds(8)
    tables(t, agent, port)
    agent.keep_alive = False
    await all_closed(several("/7"))
    await rounds(8)
    tables(t, agent, port)
    await server.close()


@scenarios
async def a_socket_that_is_given_away(t: Trace) -> None:
    upgrading: dict[str, Any] = {"headers": {"Connection": "upgrade", "Upgrade": "x"}}
    await given_away(t, upgrading, "HTTP/1.1 101 Ok\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n", "upgrade")
    await given_away(t, {"method": "CONNECT", "path": "a:1"}, "HTTP/1.1 200 Ok\r\n\r\n", "connect")


async def given_away(t: Trace, options: dict[str, Any], answer: str, name: str) -> None:
    """A request whose socket is no more the agent's."""
    server = await saying(answer)
    agent = Agent({"keepAlive": True, "maxSockets": 1})
    req = nodehttp.request({"host": "127.0.0.1", "port": server.port, "agent": agent, **options})
    happened: Promise[Any] = Promise()

    def on_event(res: Any, socket: Any, rest: bytes) -> None:
        t(name, res.status_code, rest, socket.listener_count("free"))
        tables(t, agent, server.port)
        happened.resolve(socket)

    req.on(name, on_event)
    req.end()
    waiting = ask(t, "waiting", {"agent": agent, "port": server.port})
    tables(t, agent, server.port)
    socket = await happened
    waiting.destroy()
    await rounds(8)
    tables(t, agent, server.port)
    socket.destroy()
    agent.destroy()
    await server.close()


def end_all(server: Served) -> None:
    """The server ends its connections."""
    for socket in server.sockets:
        socket.end()


@scenarios
async def a_response_that_spoils_the_socket(t: Trace) -> None:
    for answer in (
        f"{OK}more",
        "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabc",
        "nonsense\r\n\r\n",
        "",
    ):
        server = await saying(answer or None)
        agent = Agent({"keepAlive": True})
        req = ask(t, "req", {"agent": agent, "port": server.port})
        if not answer:
            req.on("finish", lambda server=server: (set_immediate(end_all, server), None)[1])
        await event(req, "close")
        await rounds(8)
        tables(t, agent, server.port)
        agent.destroy()
        await server.close()


@scenarios
async def responses_without_a_body(t: Trace) -> None:
    for method, answer in (
        ("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"),
        ("GET", "HTTP/1.1 204 No\r\n\r\n"),
        ("GET", "HTTP/1.1 304 No\r\nContent-Length: 9\r\n\r\n"),
        ("GET", "HTTP/1.1 100 Go on\r\n\r\n" + OK),
        ("GET", "HTTP/1.1 200 OK\r\n\r\nrest"),
    ):
        server = await saying(answer)
        agent = Agent({"keepAlive": True})
        req = ask(t, "req", {"agent": agent, "port": server.port, "method": method})
        if answer.endswith("rest"):
            req.on("response", lambda _, server=server: (set_immediate(end_all, server), None)[1])
        await event(req, "close")
        await rounds(8)
        tables(t, agent, server.port)
        agent.destroy()
        await server.close()


@scenarios
async def a_response_before_the_request_has_ended(t: Trace) -> None:
    server = await saying(OK)
    agent = Agent({"keepAlive": True})
    req: Any = nodehttp.request({"host": "127.0.0.1", "port": server.port, "agent": agent, "method": "POST"})
    for name in ("finish", "close"):
        req.on(name, lambda name=name: t(name))

    def finish() -> None:
        tables(t, agent, server.port)
        req.end("b")

    def on_end() -> None:
        t("end")
        set_immediate(finish)

    req.on("response", lambda res: (t("response"), res.resume().on("end", on_end), None)[2])
    req.write("a")
    await event(req, "close")
    await rounds(8)
    tables(t, agent, server.port)
    agent.destroy()
    await server.close()


@scenarios
async def listeners_of_a_kept_socket(t: Trace) -> None:
    server = await serving()

    def count(emitter: Any) -> list[Any]:
        return [[name, emitter.listener_count(name)] for name in emitter.event_names()]

    def own(*_: object) -> None: ...

    def watched(asking: dict[str, Any], agent: Any, kept: list[Any]) -> Any:
        given = {"host": "127.0.0.1", "port": server.port, "agent": agent, **asking}
        req: Any = nodehttp.request(given)

        def on_socket(socket: Any) -> None:
            kept[:] = [socket]
            t("socket", count(socket))
            if "listens" in asking:
                socket.on("close", own).on("data", own)
            next_tick(lambda: t("tick", count(socket)))

        def on_response(res: Any) -> None:
            t("response", count(kept[0]), count(req))
            res.on("data", lambda _: t("data", count(kept[0])))
            res.on("end", lambda: t("end", count(kept[0]), count(res)))
            res.on("close", lambda: t("response closed", count(kept[0])))

        req.on("socket", on_socket)
        req.on("finish", lambda: t("finish", count(kept[0])))
        req.on("response", on_response)
        return req

    for options in ({}, {"timeout": 30000}):
        agent = Agent({"keepAlive": True, **options})
        kept: list[Any] = []
        turns: list[dict[str, Any]] = [{}, {"method": "POST"}, {"timeout": 20000}, {"listens": True}, {}]
        for asking in turns:
            if kept:
                t("before", count(kept[0]))
            req = watched(asking, agent, kept)
            req.end("body" if "method" in asking else None)
            await event(req, "close")
            t("closed", count(kept[0]))
            if "listens" in asking:
                kept[0].off("close", own).off("data", own)
            await rounds()
        agent.destroy()
    await server.close()
