"""Responses that leave whole, and without a state, do what all others do."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest

from nodehttp import net
from nodehttp._response import CLOSED, ServerResponse
from nodehttp._server import Server
from nodestream._hooks import noop
from nodestream.loop import current_loop, next_tick, run
from nodestream.process import process
from nodestream.timers import set_immediate
from tests.nodehttp.server.support import GET, Diary, each_in_a_turn, masked

BODY = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab"
HEAD = b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"
Act = Callable[[Diary, Any, Any], Any]


class StepByStep(ServerResponse):
    """A response of a class that the server does not know goes the general way."""


def look(diary: Diary, when: str, response: Any) -> None:
    """Note all that can be seen of a response."""
    names = (
        "headers_sent writable_ended writable_finished finished destroyed closed errored writable_length output_size "
        "writable_high_water_mark writable_corked writable_need_drain chunked_encoding should_keep_alive status_code"
    )
    seen = [f"{name}={getattr(response, name)}" for name in names.split()]
    diary.append(f"{when}: {' '.join(seen)} {response.socket is None} {repr(response).partition(' ')[2]}")


def looking(when: str) -> Act:
    """End the response, and look at it at one moment."""

    def act(diary: Diary, req: Any, res: Any) -> None:
        def see() -> None:
            look(diary, when, res)

        if when == "first":
            see()
        if when == "in a tick before":
            next_tick(see)
        res.write_head(200, {"Content-Length": 1})
        if when == "between":
            see()
        res.end("x")
        if when == "behind":
            see()
        if when == "in a tick behind":
            next_tick(see)
        if when == "in a tick of a tick":
            next_tick(next_tick, see)
        if when == "in a microtask":
            current_loop().queue_microtask(see)
        if when == "in an immediate":
            set_immediate(see)
        if when == "in finish":
            res.on("finish", see)
        if when == "in close":
            res.on("close", see)
        if when == "in prefinish of the socket":
            res.socket.once("prefinish", see).end()

    return act


def listening(to: str, event: str, added: str) -> Act:
    """Listen from some moment on."""

    def act(diary: Diary, req: Any, res: Any) -> None:
        def listen() -> None:
            emitter = res if to == "res" else req
            diary.watch(emitter, to, event)
            next_tick(diary.note("a tick behind"))

        if added == "before":
            listen()
        if added == "in a tick before":
            next_tick(listen)
        res.end("x")
        if added == "behind":
            listen()
        if added == "in a tick behind":
            next_tick(listen)

    return act


def patched(diary: Diary, owner: Any, name: str) -> None:
    """Put a function of somebody else's in the place of a method."""
    own = getattr(owner, name)

    def put(*args: Any, **keywords: Any) -> Any:
        shown = [arg for arg in args if isinstance(arg, (str, int))]
        diary.append(f"{name} {shown}")
        return own(*args, **keywords)

    setattr(owner, name, put)


def patching(name: str, of_socket: bool = False) -> Act:
    def act(diary: Diary, req: Any, res: Any) -> None:
        if not hasattr(req.socket, "patched"):
            patched(diary, req.socket if of_socket else res, name)
            req.socket.patched = of_socket
        res.end("x")
        next_tick(diary.note("tick"))

    return act


def patching_later(diary: Diary, req: Any, res: Any) -> None:
    res.end("x")
    patched(diary, res, "emit")


def doing(*steps: Callable[[Any], object]) -> Act:
    """Do something with the response; look at it between the steps only by what the steps give."""

    def act(diary: Diary, req: Any, res: Any) -> None:
        for step in steps:
            try:
                result = step(res)
            except Exception as error:
                result = getattr(error, "code", error)
            diary.append(str(result) if isinstance(result, (bool, int, str)) else "something")

    return act


def unheard(response: Any) -> object:
    """Let an error be seen by a listener that does nothing."""
    return response.on("error", lambda error: None)


def strictly(response: Any) -> None:
    response.strict_content_length = True


def failing(diary: Diary, req: Any, res: Any) -> None:
    def fail() -> None:
        raise RuntimeError("mine")

    res.on("finish", fail)
    diary.watch(res, "res", "close")
    res.end("x")
    next_tick(diary.note("tick"))


def telling_of_writes(diary: Diary, req: Any, res: Any) -> None:
    socket = req.socket
    written = diary.note("written")
    for number in range(2):
        socket.write("", written)
        next_tick(diary.note(f"tick {number}"))
    res.end("x")
    socket.write("", written)
    socket.write("", written)
    diary.append(f"{socket.bytes_written} {socket.writable_length}")
    set_immediate(lambda: diary.append(f"{socket.bytes_written} {socket.writable_length}"))


def reading(diary: Diary, req: Any, res: Any) -> None:
    """Read the request to its end, answer then, and look at the response when the request closes."""

    def answer() -> None:
        next_tick(diary.note("tick before"))
        res.end("x")
        next_tick(diary.note("tick behind"))

    diary.watch(req, "req", "data", "end")
    req.on("end", answer)
    req.on("close", lambda: look(diary, "req.close", res))


async def asynchronous(diary: Diary, req: Any, res: Any) -> None:
    next_tick(diary.note("tick"))
    res.write_head(200, {"Content-Length": 1}).end("x")
    look(diary, "in a task", res)


def mark_of_another(diary: Diary, req: Any, res: Any) -> None:
    socket = res.socket
    if socket is None:
        res.end("x")
        return
    res.detach_socket(socket)
    res.end("x")
    look(diary, "detached", res)
    res.assign_socket(socket)
    look(diary, "assigned", res)


ACTS: dict[str, Act] = {
    **{
        f"looked at {when}": looking(when)
        for when in (
            "first",
            "in a tick before",
            "between",
            "behind",
            "in a tick behind",
            "in a tick of a tick",
            "in a microtask",
            "in an immediate",
            "in finish",
            "in close",
            "in prefinish of the socket",
        )
    },
    **{
        f"{to}.{event}, listened to {added}": listening(to, event, added)
        for to, event in (
            ("res", "socket"),
            ("res", "prefinish"),
            ("res", "finish"),
            ("res", "close"),
            ("req", "readable"),
            ("req", "data"),
            ("req", "end"),
            ("req", "close"),
        )
        for added in ("before", "in a tick before", "behind", "in a tick behind")
    },
    "text": doing(lambda res: res.end("x")),
    "bytes": doing(lambda res: res.end(b"x")),
    "latin1": doing(lambda res: res.end("\xe4")),
    "latin1 in the head": doing(lambda res: res.set_header("X", "\xe4").end("x")),
    "latin1 in both": doing(lambda res: res.set_header("X", "\xe4").end("\xe4")),
    "nothing": doing(lambda res: res.end()),
    "empty": doing(lambda res: res.end(b"")),
    "empty text": doing(lambda res: res.end("")),
    "nothing, no length": doing(lambda res: res.write_head(302, {"Location": "/"}).end()),
    "much": doing(lambda res: res.end(b"x" * 16384)),
    "more": doing(lambda res: res.end(b"x" * 16385)),
    "more than is taken at once": doing(lambda res: res.end(b"x" * 1_000_000)),
    "an encoding": doing(lambda res: res.end("78", "hex")),
    "a callback": doing(lambda res: res.end("x", lambda: res.socket)),
    "no status": doing(lambda res: res.write_head(99)),
    "no content": doing(lambda res: res.write_head(204).end("x")),
    "a reason": doing(lambda res: res.write_head(200, "Fine", {"X": "%s"}).end("x")),
    "a length": doing(lambda res: res.set_header("Content-Length", 1).end("x")),
    "a wrong length": doing(
        strictly,
        lambda res: res.write_head(200, {"Content-Length": 2}).end("x"),
        lambda res: res.end("xy"),
    ),
    "a wrong length, known late": doing(
        lambda res: res.write_head(200, {"Content-Length": 2}),
        strictly,
        lambda res: res.end("x"),
        lambda res: res.end("xy"),
    ),
    "no length": doing(lambda res: res.write_head(200).end("x")),
    "trailers": doing(
        lambda res: res.write_head(200, {"Trailer": "X"}),
        lambda res: res.add_trailers({"X": "y"}),
        lambda res: res.end("x"),
    ),
    "chunks": doing(lambda res: res.write("a"), lambda res: res.write("b"), lambda res: res.end("c")),
    "corked": doing(lambda res: res.cork(), lambda res: res.end("c")),
    "a corked socket": doing(lambda res: res.socket.cork(), lambda res: res.end("c"), lambda res: res.socket.uncork()),
    "twice": doing(lambda res: res.end("x"), unheard, lambda res: res.end("y")),
    "ended and written to": doing(lambda res: res.end("x"), unheard, lambda res: res.write("y")),
    "ended and given headers": doing(
        lambda res: res.end("x"),
        lambda res: res.set_header("X", "y"),
        lambda res: res.remove_header("X"),
        lambda res: res.write_head(200),
    ),
    "ended and destroyed": doing(lambda res: res.on("close", lambda: None).end("x"), lambda res: res.destroy()),
    "destroyed": doing(lambda res: res.destroy(), lambda res: res.end("x")),
    "the socket ends": doing(lambda res: res.socket.end(), lambda res: res.end("x")),
    "the socket ends behind": doing(lambda res: res.end("x"), lambda res: res.socket.end() if res.socket else None),
    "the socket is destroyed behind": doing(lambda res: res.end("x").socket.destroy()),
    "the connection is to close": doing(lambda res: res.set_header("Connection", "close").end("x")),
    "it shall not stay": doing(lambda res: setattr(res, "should_keep_alive", False), lambda res: res.end("x")),
    "no date": doing(lambda res: setattr(res, "send_date", False), lambda res: res.end("x")),
    "headers flushed": doing(lambda res: res.set_header("X", "y").flush_headers(), lambda res: res.end("x")),
    "patched emit": patching("emit"),
    "patched end": patching("end"),
    "patched write_head": patching("write_head"),
    "patched write": patching("write", True),
    "patched _write": patching("_write", True),
    "emit, patched later": patching_later,
    "failing": failing,
    "other writes": telling_of_writes,
    "asynchronous": asynchronous,
    "the request is read": reading,
    "later, in a tick": lambda diary, req, res: next_tick(res.end, "x"),
    "later, in an immediate": lambda diary, req, res: set_immediate(res.end, "x"),
    "when the request has ended": lambda diary, req, res: req.on("end", lambda: res.end("x")).resume(),
    "detached and assigned": mark_of_another,
}

RECEIVED: dict[str, Sequence[bytes | None]] = {
    "one by one": [GET, GET, GET],
    "together": [GET, GET + GET],
    "with bodies": [GET, BODY, BODY + BODY, HEAD],
    "of a peer that is gone": [GET, None, GET],
}


def traced(act: Act, received: Sequence[bytes | None], kind: type[ServerResponse]) -> tuple[Diary, str, list[Any]]:
    """What an act noted, what was sent for it, and the responses."""
    diary, sent, responses = Diary(), list[bytes](), list[Any]()

    def handler(req: Any, res: Any) -> Any:
        responses.append(res)
        return act(diary, req, res)

    def main() -> None:
        pair = socket.socketpair()
        pair[0].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        ends = [net.Socket({"fd": end.detach()}) for end in pair]
        ends[1].on("data", sent.append).on("error", noop)
        server = Server({"server_response": kind}, handler)
        server.on("clientError", lambda error, socket: socket.destroy())
        server.emit("connection", ends[0])
        pauses = [noop, noop]
        steps: list[Callable[[], object]] = []
        for data in received:
            steps += [ends[1].destroy] if data is None else [partial(ends[0]._received, data), *pauses]
        each_in_a_turn(lambda step: step(), [*steps, ends[1].end])

    failures = diary.note("uncaught")
    process.on("uncaughtException", failures)
    try:
        run(main)
    finally:
        process.off("uncaughtException", failures)
    return diary, masked(b"".join(sent)), responses


@pytest.mark.parametrize("received", RECEIVED)
@pytest.mark.parametrize("what", ACTS)
def test_a_response_that_leaves_whole_does_what_all_others_do(what: str, received: str) -> None:
    diary, sent, _ = traced(ACTS[what], RECEIVED[received], ServerResponse)
    expected, expected_sent, _ = traced(ACTS[what], RECEIVED[received], StepByStep)
    assert diary == expected
    assert sent == expected_sent


@pytest.mark.parametrize(
    "what", ["text", "bytes", "a reason", "a length", "no length", "nothing", "nothing, no length"]
)
def test_it_has_no_state(what: str) -> None:
    _, _, responses = traced(ACTS[what], RECEIVED["one by one"], ServerResponse)
    assert [response._unseen for response in responses] == [None, CLOSED, CLOSED]
