"""Several requests on one connection: answered in order, and no more of them taken than can be answered."""

from __future__ import annotations

from typing import Any

from nodehttp._server import Server
from nodehttp._server_connection import MOST_AHEAD, MOST_PIPELINED
from nodestream.loop import run
from nodestream.timers import set_immediate
from tests.nodehttp.server.support import (
    GET,
    OK,
    OK_CLOSE,
    OK_KEEP,
    Diary,
    ScriptedSocket,
    X,
    connected,
    converse,
    each_in_a_turn,
)

HWM = 65536


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode()


def bodies(socket: ScriptedSocket) -> list[str]:
    return [part.partition("\r\n\r\n")[2] for part in socket.text.split("HTTP/1.1 200 OK")[1:]]


def test_responses_go_out_in_the_order_of_their_requests() -> None:
    pending: list[Any] = []

    def handler(req: Any, res: Any) -> None:
        pending.append(lambda: res.end(req.url))
        if len(pending) == 4:
            for answer in reversed(pending):
                set_immediate(answer)

    socket = converse(handler, b"".join(map(get, ("/1", "/2", "/3", "/4"))))
    assert bodies(socket) == ["/1", "/2", "/3", "/4"]


def test_what_is_written_to_a_response_before_its_turn_is_kept_and_counted() -> None:
    diary = Diary()
    first: list[Any] = []

    def handler(req: Any, res: Any) -> None:
        diary.watch(res, f"res{req.url}", "socket", "prefinish", "finish", "close")
        if req.url == "/1":
            first.append(res)
            return
        wrote = res.write("w")
        diary.append(f"{wrote} {res.writable_length > 100} {res.socket} {res.writable_high_water_mark}")
        res.end("2", diary.note("cb/2"))
        set_immediate(first[0].end, "1")

    socket = converse(handler, get("/1") + get("/2"))
    assert diary == [
        "True True None 65536",
        "res/1.prefinish",
        "res/2.socket",
        "res/2.prefinish",
        "res/1.finish",
        "res/1.close",
        "res/2.finish",
        "cb/2",
        "res/2.close",
    ]
    assert bodies(socket) == ["1", "1\r\nw\r\n1\r\n2\r\n0\r\n\r\n"]


def test_a_queued_response_says_no_when_it_holds_much_and_drains_when_that_has_gone() -> None:
    seen: list[Any] = []
    first: list[Any] = []

    def handler(req: Any, res: Any) -> None:
        if req.url == "/1":
            first.append(res)
            return
        seen.append(res.write(bytes(HWM)))
        res.on("drain", lambda: (seen.append(("drain", res.writable_length)), res.end()))
        set_immediate(first[0].end, "1")

    converse(handler, get("/1") + get("/2"))
    assert seen == [False, ("drain", 0)]


def test_a_response_that_closes_is_the_last_one() -> None:
    diary = Diary()

    def handler(req: Any, res: Any) -> None:
        diary.watch(res, f"res{req.url}", "finish", "close")
        res.set_header("Connection", "close")
        set_immediate(res.end, "x")

    socket = converse(handler, get("/1") + get("/2"))
    assert diary == ["res/1.finish", "res/1.close", "res/2.close"]
    assert socket.text.count("HTTP/1.1") == 1
    assert socket.is_over


def test_nothing_is_served_behind_a_request_that_closes() -> None:
    urls: list[str] = []

    def handler(req: Any, res: Any) -> None:
        urls.append(req.url)
        res.end("x")

    socket = converse(handler, get("/1").replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n") + get("/2"))
    assert urls == ["/1"]
    assert socket.text == OK_CLOSE + X


def test_bodies_of_pipelined_requests_stay_with_their_requests() -> None:
    async def handler(req: Any, res: Any) -> None:
        res.end(b"".join([chunk async for chunk in req]))

    def post(body: str) -> bytes:
        return f"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode()

    socket = converse(handler, post("one") + post("twelve") + get("/") + post("3"))
    assert bodies(socket) == ["one", "twelve", "", "3"]


def test_requests_are_held_while_the_peer_does_not_read_its_answers() -> None:
    urls: list[str] = []
    counts: list[int] = []

    def handler(req: Any, res: Any) -> None:
        urls.append(req.url)
        res.end(bytes(HWM // 2))

    def main() -> None:
        socket = connected(Server(handler))
        socket.backed_up = True
        socket.receive(b"".join(get(f"/{index}") for index in range(50)))
        set_immediate(lambda: counts.append(len(urls)))
        set_immediate(lambda: set_immediate(socket.drain_all))

    run(main)
    assert counts[0] <= 4 + MOST_AHEAD
    assert urls == [f"/{index}" for index in range(50)]


def test_requests_are_held_while_queued_responses_hold_much() -> None:
    urls: list[str] = []
    counts: list[int] = []
    first: list[Any] = []

    def handler(req: Any, res: Any) -> None:
        urls.append(req.url)
        if req.url == "/0":
            first.append(res)
        else:
            res.end(bytes(HWM // 2))

    def main() -> None:
        socket = connected(Server(handler))
        sockets.append(socket)
        socket.receive(b"".join(get(f"/{index}") for index in range(50)))
        set_immediate(lambda: (counts.append(len(urls)), first[0].end("x")))

    sockets: list[ScriptedSocket] = []
    run(main)
    assert counts[0] <= 5 + MOST_AHEAD
    assert len(urls) == 50
    assert sockets[0].text.count(OK) == 50


def test_an_upgrade_right_behind_a_request_that_came_when_the_queue_was_full_is_seen() -> None:
    seen: list[str] = []
    responses: list[Any] = []
    server = Server(lambda req, res: responses.append(res))

    @server.on("upgrade")
    def upgrade(req: Any, socket: Any) -> None:
        seen.append(req.url)
        for res in responses:
            res.end()
        socket.end()

    def fill(socket: ScriptedSocket) -> None:
        responses[1].write(bytes(2 * HWM))
        socket.receive(get("/3") + get("/4").replace(b"\r\n\r\n", b"\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"))

    def main() -> None:
        socket = connected(server)
        socket.receive(get("/1") + get("/2"))
        set_immediate(fill, socket)

    run(main)
    assert seen == ["/4"]


def test_no_more_requests_are_taken_than_a_connection_may_have_unanswered() -> None:
    responses: list[Any] = []
    counts: list[int] = []

    def main() -> None:
        socket = connected(Server(lambda _req, res: responses.append(res)))
        sockets.append(socket)
        socket.receive(GET * (2 * MOST_PIPELINED))

        def answer() -> None:
            counts.append(len(responses))
            for res in responses[:10]:
                res.end("x")
            set_immediate(lambda: counts.append(len(responses)))
            set_immediate(answer_all)

        def answer_all() -> None:
            for res in responses:
                if not res.writable_ended:
                    res.end("x")
            if len(responses) < 2 * MOST_PIPELINED:
                set_immediate(answer_all)

        set_immediate(answer)

    sockets: list[ScriptedSocket] = []
    run(main)
    assert counts == [MOST_PIPELINED, MOST_PIPELINED + 10]
    assert sockets[0].text == (OK_KEEP + X) * (2 * MOST_PIPELINED)


def test_a_destroyed_response_ends_the_connection_when_its_turn_comes() -> None:
    diary = Diary()
    responses: list[Any] = []

    def handler(_req: Any, res: Any) -> None:
        responses.append(res)
        diary.watch(res, f"res {len(responses)}", "finish", "close")
        if len(responses) == 2:
            res.destroy()
            set_immediate(responses[0].end, "1")

    socket = converse(handler, GET + GET)
    assert diary == ["res 2.close", "res 1.finish", "res 1.close"]
    assert socket.destroyed
    assert bodies(socket) == ["1"]


def test_a_response_that_was_ended_and_then_destroyed_is_sent_when_its_turn_comes() -> None:
    responses: list[Any] = []

    def handler(_req: Any, res: Any) -> None:
        responses.append(res)
        if len(responses) == 2:
            res.end("2")
            res.destroy()
            set_immediate(responses[0].end, "1")

    socket = converse(handler, GET + GET)
    assert bodies(socket) == ["1", "2"]


def test_a_connection_that_is_ended_while_it_is_backed_up_sees_the_end_of_its_peer() -> None:
    server = Server(lambda req, res: res.end(bytes(2 * HWM)) if req.url == "/1" else None)
    diary = Diary()
    sockets: list[ScriptedSocket] = []

    def refuse(error: Any, socket: Any) -> None:
        diary.append(f"{error.code} {server._http_connections and next(iter(server._http_connections)).held}")
        socket.end("no")

    def main() -> None:
        socket = connected(server)
        sockets.append(socket)
        diary.watch(socket, "socket", "end")
        socket.backed_up = True
        socket.receive(get("/1") + get("/2") + b"*")
        each_in_a_turn(lambda act: act(), [lambda: None, socket.drain_all, lambda: None, socket.receive_end])

    server.on("clientError", refuse)
    run(main)
    assert diary == ["HPE_INVALID_METHOD True", "socket.end"]
    assert sockets[0].text.endswith("no")
