# mypy: disable-error-code="func-returns-value"
"""What of a socket keeps the process alive; each scenario in a process of its own."""

from collections.abc import Callable
from typing import Any

import nodestream.process as process
from compliance._trace import Scenarios, Trace
from nodehttp import net
from nodestream.timers import set_timeout

scenarios = Scenarios()
solo = True


def look_again(t: Trace, then: Callable[[], object] = lambda: None) -> None:
    """Write something down if the process is still there; that does not keep it."""
    set_timeout(lambda: (t("still there"), then()), 60).unref()


def pair(
    t: Trace, accept: Callable[[Any], object] = lambda _: None, connected: Callable[[Any], object] = lambda _: None
) -> None:
    """A server that does not keep the process, and a client of it."""
    process.on("exit", lambda *_: t("exit"))
    server = net.create_server(lambda socket: (accept(socket), None)[1]).unref()

    def listening() -> None:
        address: Any = server.address()
        client: Any = net.connect({"port": address["port"], "host": "127.0.0.1"})
        client.on("connect", lambda: (connected(client), None)[1])

    server.listen(0, "127.0.0.1", listening)
    set_timeout(lambda: t("looked"), 30)


@scenarios
def a_paused_socket_does_not_keep_it(t: Trace) -> None:
    pair(t, lambda socket: socket.unref(), lambda client: (client.pause(), look_again(t)))


@scenarios
def a_socket_that_is_read_keeps_it(t: Trace) -> None:
    pair(t, lambda socket: socket.unref(), lambda client: look_again(t, client.destroy))


@scenarios
def an_unreferenced_one_does_not(t: Trace) -> None:
    pair(t, lambda socket: socket.unref(), lambda client: (client.unref(), look_again(t)))


@scenarios
def referenced_again_it_does(t: Trace) -> None:
    pair(t, lambda socket: socket.unref(), lambda client: (client.unref(), client.ref(), look_again(t, client.destroy)))


@scenarios
def a_socket_whose_end_nobody_reads_does_not_keep_it(t: Trace) -> None:
    pair(t, lambda socket: (socket.end(), look_again(t)), lambda client: (client.resume(), client.end("data")))


@scenarios
def a_write_that_waits_keeps_it_though_unreferenced(t: Trace) -> None:
    pair(
        t,
        lambda socket: (socket.unref(), socket.pause()),
        lambda client: (client.unref(), client.write(bytes(30_000_000)), look_again(t, client.destroy)),
    )


@scenarios
def a_lookup_option_that_does_not_answer_does_not_keep_it(t: Trace) -> None:
    process.on("exit", lambda *_: t("exit"))
    net.connect({"port": 1, "host": "x.test", "lookup": lambda *_: None})
    look_again(t)


@scenarios
def a_new_socket_does_not_keep_it(t: Trace) -> None:
    process.on("exit", lambda *_: t("exit"))
    t("pending", net.Socket().set_timeout(10, lambda: t("timeout")).pending)
    look_again(t)
