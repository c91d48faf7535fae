"""What runs when: ticks in the middle of what has come in one read, and who learns first that a connection is over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from nodehttp._response import ServerResponse
from nodehttp._server import Server
from nodestream._duplex import Duplex
from nodestream.loop import next_tick, run
from tests.nodehttp.server.support import GET, Diary, Handler, converse
from tests.nodehttp.server.test_real_sockets import LAST, all_of, talking_to

BODY = b"POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab"
TRAILERS = b"POST /1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: 1\r\n\r\n"
MANY = b"GET /1 HTTP/1.1\r\nHost: a\r\n" + b"X: 1\r\n" * 40 + b"\r\n"


def ticking(diary: Diary) -> Handler:
    def handler(req: Any, res: Any) -> None:
        diary.append(req.url)
        req.on("data", lambda chunk: diary.append(f"data of {req.url}"))
        next_tick(diary.note(f"tick of {req.url}"))
        res.end("x")

    return handler


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        (GET, ["/", "/", "tick of /", "tick of /"]),
        (BODY, ["/1", "data of /1", "tick of /1", "/", "tick of /"]),
        (TRAILERS, ["/1", "tick of /1", "/", "tick of /"]),
        (MANY + GET, ["/1", "tick of /1", "/", "tick of /", "/", "tick of /"]),
    ],
)
async def test_of_a_socket_pieces_of_a_body_and_portions_of_fields_are_turns_of_their_own(
    first: bytes, expected: list[str]
) -> None:
    diary = Diary()
    async with talking_to(ticking(diary)) as stream:
        await stream.send_all(first + LAST)
        await all_of(stream)
    assert diary == expected


@pytest.mark.parametrize(
    ("fields", "expected"), [(3, ["/", "clientError", "tick of /"]), (40, ["/", "tick of /", "clientError"])]
)
async def test_a_portion_of_fields_is_a_turn_even_if_the_head_is_refused_then(fields: int, expected: list[str]) -> None:
    diary = Diary()
    server = Server(ticking(diary))
    server.on("clientError", lambda _error, socket: (diary.append("clientError"), socket.destroy()))
    async with talking_to(server) as stream:
        await stream.send_all(GET + b"GET / HTTP/1.1\r\n" + b"X: 1\r\n" * fields + b"X\r\n")
        await all_of(stream)
    assert diary == expected


@pytest.mark.parametrize("first", [BODY, TRAILERS, MANY])
def test_what_comes_through_another_stream_is_parsed_in_one_go(first: bytes) -> None:
    diary = Diary()
    converse(ticking(diary), first + GET)
    assert [line for line in diary if not line.startswith("data")] == ["/1", "/", "tick of /1", "tick of /"]


def test_a_listener_on_the_connection_learns_of_its_end_before_the_response_does() -> None:
    diary = Diary()
    server = Server()
    server.on("connection", lambda socket: diary.watch(socket, "socket", "close"))

    def handler(req: Any, res: Any) -> None:
        diary.watch(req, "req", "aborted")
        diary.watch(res, "res", "close")
        req.socket.destroy()

    converse(handler, GET, server=server)
    assert diary == ["req.aborted", "socket.close", "res.close"]


def test_a_response_whose_turn_has_not_come_is_destroyed_with_the_connection() -> None:
    diary = Diary()
    responses: list[ServerResponse] = []

    def handler(req: Any, res: Any) -> None:
        diary.watch(res, f"res {len(responses)}", "close", "error")
        responses.append(res)
        res.on("close", lambda: next_tick(diary.note("tick")))
        if len(responses) == 2:
            req.socket.destroy()

    converse(handler, GET + GET)
    assert diary == ["res 0.close", "res 1.close", "tick", "tick"]
    assert [getattr(response.errored, "code", None) for response in responses] == [None, "ECONNRESET"]


def test_a_message_that_is_destroyed_before_it_has_a_socket_closes_in_a_tick() -> None:
    diary = Diary()

    def handler(_req: Any, _res: Any) -> None:
        response = ServerResponse({"method": "GET"})
        diary.watch(response, "res", "error", "close")
        next_tick(diary.note("tick"))
        response.destroy(Exception("mine"))
        diary.append(f"{response.destroyed} {response.closed}")

    converse(handler, GET)
    assert diary == ["True False", "tick", "res.close"]


@pytest.mark.parametrize("taken", [True, False])
def test_what_came_before_a_connect_is_not_aborted_by_it(taken: bool) -> None:
    diary = Diary()
    server = Server()
    if taken:
        server.on("connect", lambda _req, socket, _head: socket.destroy())

    def handler(req: Any, res: Any) -> None:
        diary.watch(req.resume(), "req", "aborted", "end", "close")
        diary.watch(res, "res", "close")

    socket = converse(handler, GET + b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", server=server)
    assert socket.destroyed
    assert sorted(diary) == ["req.close", "req.end", "res.close"]


def test_a_response_that_finishes_after_the_connection_was_lost_lets_its_request_end() -> None:
    diary = Diary()

    class Plain(Duplex):
        def _read(self, size: int) -> None:
            pass

        def _write(self, chunk: Any, encoding: str | None, callback: Callable[..., object]) -> None:
            callback()

    def handler(req: Any, res: Any) -> None:
        diary.watch(req, "req", "end", "aborted", "close")
        diary.watch(res, "res", "finish", "close")
        req.destroy()
        res.write("a")
        res.end()

    def main() -> None:
        socket = Plain()
        Server(handler).emit("connection", socket)
        socket.push(TRAILERS.replace(b"HTTP/1.1", b"HTTP/1.0"))

    run(main)
    assert diary == ["req.aborted", "res.close", "res.finish", "req.end", "req.close"]


def test_a_response_on_a_lost_connection_drains_when_another_one_is_written_to() -> None:
    diary = Diary()
    responses: list[ServerResponse] = []

    def handler(req: Any, res: Any) -> None:
        responses.append(res)
        if len(responses) == 2:
            first = responses[0]
            diary.watch(first, "first", "drain")
            req.socket.destroy()
            diary.append(str(first.write("a")))
            res.write("b")

    converse(handler, GET + GET)
    assert diary == ["False", "first.drain"]
