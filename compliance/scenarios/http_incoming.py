# mypy: disable-error-code="func-returns-value"
"""The signal of a message that is received."""

from collections.abc import Callable, Sequence
from typing import Any

import nodehttp
from compliance._peers import GET, Peer, event, listening, rounds, stopped
from compliance._trace import Scenarios, Trace
from nodehttp import net
from nodestream.abort import AbortSignal
from nodestream.loop import Promise
from nodestream.timers import set_immediate

scenarios = Scenarios()

POST = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n"


def watched(t: Trace, message: Any, prefix: str) -> None:
    """Write down what becomes of the message and its signal."""
    signal = message.signal
    t(f"{prefix}signal", signal.aborted, signal is message.signal, isinstance(signal, AbortSignal))
    signal.add_event_listener(
        "abort", lambda event: t(f"{prefix}abort", event.type, signal.aborted, signal.reason.name)
    )
    for name in ("aborted", "end", "close"):
        message.on(name, lambda name=name: t(prefix + name, signal.aborted))
    message.on("error", lambda error: t(f"{prefix}error", error))


def finish(peer: Peer) -> None:
    peer.finish()


def reset(peer: Peer) -> None:
    peer.reset()


async def served(
    listener: Callable[[Any, Any], object], pieces: Sequence[str] = (GET,), end: Callable[[Peer], None] = finish
) -> None:
    """A server and a raw client. Each piece is sent after the one before was dealt with."""
    server: Any = nodehttp.create_server(lambda req, res: (listener(req, res), None)[1])
    gone: Promise[None] = Promise()
    server.on("connection", lambda socket: socket.on("close", lambda *_: gone.resolve(None)))
    peer = await Peer.connect(await listening(server))
    for piece in pieces:
        await peer.send(piece)
        await rounds(8)
    end(peer)
    await gone
    peer.destroy()
    await stopped(server)


@scenarios
async def signal_of_a_request_that_is_answered(t: Trace) -> None:
    def listener(req: Any, res: Any) -> None:
        watched(t, req, "req ")
        req.resume()
        res.on("close", lambda: t("res close"))
        res.end("x")

    await served(listener)


@scenarios
async def signal_of_a_request_whose_body_is_read_later(t: Trace) -> None:
    def listener(req: Any, res: Any) -> None:
        watched(t, req, "req ")
        req.resume()
        req.on("end", lambda: res.end("x"))

    await served(listener, [POST, "ab", "cd"])


@scenarios
async def signal_of_a_request_whose_client_disappears(t: Trace) -> None:
    await served(lambda req, res: (watched(t, req, "req "), req.resume()), [POST, "ab"], reset)


@scenarios
async def signal_of_a_request_whose_client_disappears_before_the_answer(t: Trace) -> None:
    await served(lambda req, res: (watched(t, req, "req "), req.resume()), end=reset)


@scenarios
async def signal_that_is_asked_for_after_the_end(t: Trace) -> None:
    def listener(req: Any, res: Any) -> None:
        req.resume()
        req.on("close", lambda: t("close", req.signal.aborted, req.destroyed))
        res.end("x")

    await served(listener)


@scenarios
async def signal_of_a_response(t: Trace) -> None:
    server: Any = nodehttp.create_server(lambda req, res: (res.end("x"), None)[1])
    req = nodehttp.get({"port": await listening(server), "host": "127.0.0.1", "agent": False})
    req.on("response", lambda res: (watched(t, res, "res "), res.resume()))
    await event(req, "close")
    await rounds(8)
    await stopped(server)


@scenarios
async def signal_of_a_response_that_is_cut_off(t: Trace) -> None:
    def answer(socket: Any) -> None:
        socket.on("error", lambda _: None)
        socket.once("data", lambda _: socket.end("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"))

    server = net.create_server(answer)
    req = nodehttp.get({"port": await listening(server), "host": "127.0.0.1", "agent": False})
    req.on("error", lambda error: t("req error", error))
    gone: Promise[None] = Promise()

    def on_response(res: Any) -> None:
        watched(t, res, "res ")
        res.resume().on("close", lambda: gone.resolve(None))

    req.on("response", on_response)
    await gone
    await rounds()
    await stopped(server)


@scenarios
def signal_of_a_message_without_a_connection(t: Trace) -> None:
    message = nodehttp.IncomingMessage(None)
    message.on("error", lambda error: t("error", error))
    t("before", message.signal.aborted)
    message.destroy()
    t("then", message.signal.aborted)
    set_immediate(lambda: t("at last", message.signal.aborted, message.signal.reason.name))
    destroyed: Any = nodehttp.IncomingMessage(None)
    destroyed.destroy()
    t("destroyed before", destroyed.signal.aborted)
