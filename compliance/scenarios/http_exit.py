# mypy: disable-error-code="func-returns-value"
"""What of servers, requests and agents keeps the process alive; each scenario in a process of its own."""

from collections.abc import Callable
from typing import Any

import nodehttp
import nodestream.process as process
from compliance._trace import Scenarios, Trace
from nodehttp import Agent, net
from nodestream.timers import set_immediate, set_timeout

scenarios = Scenarios()
solo = True


def look_again(t: Trace, then: Callable[[], object] = lambda: None) -> None:
    """Write something down if the process is still there; that does not keep it."""
    set_timeout(lambda: (t("still there"), then()), 150).unref()


def tell_exit(t: Trace) -> None:
    """Write down the end."""
    process.on("exit", lambda *_: t("exit"))


def answer(_req: Any, res: Any) -> None:
    """The usual answer."""
    res.end("x")


def answer_late(_req: Any, res: Any) -> None:
    """An answer that takes its time, and does not keep the process."""
    set_timeout(lambda: res.end("x"), 40).unref()


def say_nothing(_req: Any, _res: Any) -> None:
    """No answer."""


def serving(t: Trace, act: Callable[[int], object], listener: Callable[[Any, Any], None] = answer) -> None:
    """A server that does not keep the process; nor do its connections."""
    tell_exit(t)
    server: Any = nodehttp.create_server({"keepAliveTimeout": 0}, listener).unref()
    server.on("connection", lambda socket: (socket.unref(), None)[1])
    server.listen(0, "127.0.0.1", lambda: (act(server.address()["port"]), None)[1])
    set_timeout(lambda: None, 20)


def ask(t: Trace, options: dict[str, Any]) -> Any:
    """A request whose response is read."""

    def on_response(res: Any) -> None:
        t("response")
        res.resume().on("end", lambda: t("end"))

    req = nodehttp.get({"host": "127.0.0.1", **options}, on_response)
    req.on("close", lambda: t("close"))
    req.on("error", lambda error: t("error", error.code))
    return req


@scenarios
def a_listening_server_keeps_it(t: Trace) -> None:
    tell_exit(t)
    server = net.create_server().listen(0, "127.0.0.1", lambda: t("listening"))
    look_again(t, server.close)


@scenarios
def an_unreferenced_server_does_not(t: Trace) -> None:
    tell_exit(t)
    net.create_server().listen(0, "127.0.0.1", lambda: t("listening")).unref()
    look_again(t)


@scenarios
def a_server_that_is_unreferenced_before_it_listens_does_not(t: Trace) -> None:
    tell_exit(t)
    net.create_server().unref().listen(0, "127.0.0.1")
    look_again(t)


@scenarios
def a_request_keeps_it(t: Trace) -> None:
    serving(t, lambda port: ask(t, {"port": port, "agent": False}), answer_late)


@scenarios
def an_idle_socket_of_an_agent_does_not(t: Trace) -> None:
    def act(port: int) -> None:
        ask(t, {"port": port, "agent": Agent({"keepAlive": True})}).on("close", lambda: look_again(t))

    serving(t, act)


@scenarios
def an_idle_socket_of_the_global_agent_does_not(t: Trace) -> None:
    serving(t, lambda port: ask(t, {"port": port}).on("close", lambda: look_again(t)))


@scenarios
def a_socket_of_an_agent_that_is_used_again_does(t: Trace) -> None:
    def act(port: int) -> None:
        agent = Agent({"keepAlive": True})
        slow = {"port": port, "agent": agent, "path": "/slow"}
        first = ask(t, {"port": port, "agent": agent})
        first.on("close", lambda: (set_immediate(ask, t, slow), None)[1])

    def listener(req: Any, res: Any) -> None:
        (answer_late if req.url == "/slow" else answer)(req, res)

    serving(t, act, listener)


@scenarios
def a_request_whose_socket_is_unreferenced_does_not(t: Trace) -> None:
    def act(port: int) -> None:
        req = nodehttp.get({"host": "127.0.0.1", "port": port, "agent": False}).on("error", lambda _: None)
        req.on("socket", lambda socket: (socket.unref(), look_again(t)))

    serving(t, act, say_nothing)


@scenarios
def a_request_that_is_not_ended_does(t: Trace) -> None:
    def act(port: int) -> None:
        req = nodehttp.request({"port": port, "host": "127.0.0.1", "method": "POST", "agent": False})
        req.on("error", lambda error: t("error", error.code))
        req.flush_headers()
        look_again(t, req.destroy)

    serving(t, act, say_nothing)
