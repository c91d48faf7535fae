"""What a request and its response tell when they end, fail, are destroyed or cut short.

Part: Lifecycle, of the server's side: every flag, `destroy()` on each, socket errors become stream errors and the other
way round, a message cut short is an error, `finished()`. The client's side is in `client/test_client_life.py` and
`client/test_client_events.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from nodehttp._server import Server
from nodestream import finished
from nodestream.errors import NodeError
from nodestream.loop import next_tick, run
from nodestream.timers import set_immediate
from tests.nodehttp.server.support import GET, OK_KEEP, Diary, ScriptedSocket, X, connected, converse, each_in_a_turn

UNFINISHED = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab"
ABORTED = "ECONNRESET aborted"


def with_diary(act: Callable[[Any, Any], object], *received: bytes, errors: bool = True, server: Any = None) -> Diary:
    diary = Diary()

    def handler(req: Any, res: Any) -> None:
        diary.watch_response(res)
        diary.watch_request(req, errors=errors)
        req.socket.on("error", lambda error: diary.append(f"socket.error {error}"))
        act(req, res)

    converse(handler, *received, server=server)
    return diary


def test_a_request_and_its_response_end_and_then_close() -> None:
    diary = Diary()

    def handler(req: Any, res: Any) -> None:
        diary.watch_response(res)
        diary.watch(req, "req", "end", "close")
        req.resume()
        res.end("x")
        next_tick(diary.note("tick"))
        set_immediate(diary.note("immediate"))

    converse(handler, GET)
    assert diary == ["res.prefinish", "res.finish", "tick", "req.end", "res.close", "req.close", "immediate"]


def test_a_response_that_waits_for_the_body_closes_before_the_request() -> None:
    diary = Diary()

    def handler(req: Any, res: Any) -> None:
        diary.watch_response(res)
        diary.watch_request(req)
        req.on("end", lambda: res.end("x"))

    converse(handler, UNFINISHED + b"cde")
    assert diary == ["req.data", "req.end", "res.prefinish", "res.finish", "res.close", "req.close"]


def test_a_request_that_nobody_listens_to_is_over_with_its_response() -> None:
    requests: list[Any] = []

    def handler(req: Any, res: Any) -> None:
        requests.append(req)
        res.end("x")

    converse(handler, GET)
    request = requests[0]
    assert (request.complete, request.readable_ended, request.destroyed, request.closed) == (True, True, True, True)
    assert not request.aborted


def test_a_peer_that_disappears_in_mid_upload_aborts_the_request() -> None:
    diary = with_diary(lambda req, _res: set_immediate(req.socket.destroy), UNFINISHED)
    assert diary == ["req.data", "req.aborted", "res.close", f"req.error {ABORTED}", "req.close"]


def test_without_an_error_listener_an_aborted_request_only_closes() -> None:
    diary = with_diary(lambda req, _res: set_immediate(req.socket.destroy), UNFINISHED, errors=False)
    assert diary == ["req.data", "req.aborted", "res.close", "req.close"]


def test_a_request_that_was_cut_short_is_aborted_and_not_ended() -> None:
    requests: list[Any] = []

    def act(req: Any, _res: Any) -> None:
        requests.append(req)
        set_immediate(req.socket.receive_end)

    diary = with_diary(act, UNFINISHED)
    assert diary == [
        "req.data",
        "socket.error Parse Error",
        "req.aborted",
        "res.close",
        f"req.error {ABORTED}",
        "req.close",
    ]
    request = requests[0]
    assert (request.aborted, request.complete, request.readable_ended, request.readable_aborted) == (
        True,
        False,
        False,
        True,
    )


def test_a_peer_that_ends_loses_the_response_that_is_pending() -> None:
    late: list[Any] = []

    def act(req: Any, res: Any) -> None:
        set_immediate(req.socket.receive_end)
        set_immediate(lambda: set_immediate(lambda: (late.append(res.write("x")), res.end("late"))))

    diary = with_diary(act, GET)
    assert diary == ["req.end", "req.close", "res.close", "res.prefinish"]
    assert late[0] is False


def test_a_server_can_let_a_peer_end_first() -> None:
    server = Server()
    server.http_allow_half_open = True

    def handler(req: Any, res: Any) -> None:
        set_immediate(req.socket.receive_end)
        set_immediate(lambda: set_immediate(res.end, "x"))

    socket = converse(handler, GET, server=server)
    assert socket.text == OK_KEEP + X
    assert socket.is_over


def test_destroying_a_response_destroys_the_socket() -> None:
    seen: list[Any] = []

    def act(_req: Any, res: Any) -> None:
        res.destroy(NodeError("boo"))
        seen.append((res.destroyed, res.closed, str(res.errored)))
        res.destroy(NodeError("again"))
        seen.append(str(res.errored))

    diary = with_diary(act, GET)
    assert seen == [(True, False, "boo"), "boo"]
    assert [line for line in diary if not line.startswith("req.")] == ["socket.error boo", "res.close"]
    assert diary[-1] == "res.close"


def test_a_destroyed_response_takes_no_more_writes() -> None:
    seen: list[Any] = []

    def act(_req: Any, res: Any) -> None:
        res.destroy()
        seen.append(res.write("x", lambda error: seen.append(error.code)))
        res.end("x", lambda: seen.append("end"))

    diary = with_diary(act, GET)
    assert seen == [False, "ERR_STREAM_DESTROYED"]
    assert diary == ["res.prefinish", "req.end", "req.close", "res.close"]


def test_destroying_a_request_with_an_error_destroys_the_socket_with_it() -> None:
    diary = with_diary(lambda req, _res: req.destroy(NodeError("boo", "EBOO")), UNFINISHED)
    assert diary[:2] == ["req.aborted", "socket.error boo"]
    assert sorted(diary[2:]) == ["req.close", "req.error EBOO boo", "res.close"]


def test_an_error_of_the_socket_reaches_its_messages() -> None:
    diary = with_diary(
        lambda req, _res: set_immediate(req.socket.destroy, NodeError("read ECONNRESET", "ECONNRESET")), UNFINISHED
    )
    assert diary == [
        "req.data",
        "socket.error read ECONNRESET",
        "req.aborted",
        "res.close",
        f"req.error {ABORTED}",
        "req.close",
    ]


def test_a_response_that_is_cut_off_while_it_is_sent_closes_without_finish() -> None:
    def act(req: Any, res: Any) -> None:
        req.socket.backed_up = True
        res.write(bytes(100_000))
        set_immediate(req.socket.destroy)

    diary = with_diary(act, GET)
    assert diary == ["req.end", "req.close", "res.close"]


def test_all_that_wait_for_a_connection_close_with_it() -> None:
    diary = Diary()

    def handler(req: Any, res: Any) -> None:
        diary.watch(res, f"res{req.url}", "finish", "close")
        diary.watch(req, f"req{req.url}", "aborted", "end", "error", "close")
        req.resume()

    def main() -> None:
        socket = connected(Server(handler))
        socket.receive(
            GET.replace(b"/ ", b"/1 ", 1) + GET.replace(b"/ ", b"/2 ", 1) + UNFINISHED.replace(b"/ ", b"/3 ", 1)
        )
        set_immediate(socket.destroy)

    run(main)
    assert diary == [
        "req/1.end",
        "req/2.end",
        "req/1.close",
        "req/2.close",
        "req/3.aborted",
        "res/1.close",
        "res/2.close",
        "res/3.close",
        f"req/3.error {ABORTED}",
        "req/3.close",
    ]


@pytest.mark.parametrize("which", ["req", "res"])
def test_finished_fails_when_the_connection_breaks(which: str) -> None:
    outcome: list[Any] = []

    def handler(req: Any, res: Any) -> None:
        finished(req if which == "req" else res, outcome.append)
        req.on("error", lambda _error: None)
        set_immediate(req.socket.destroy)

    converse(handler, UNFINISHED)
    assert [error.code for error in outcome] == ["ECONNRESET" if which == "req" else "ERR_STREAM_PREMATURE_CLOSE"]


def test_an_exception_of_a_handler_is_uncaught_and_the_connection_stays() -> None:
    def handler(_req: Any, _res: Any) -> None:
        raise ValueError("mine")

    sockets: list[ScriptedSocket] = []

    def main() -> None:
        sockets.append(connected(Server(handler)))
        sockets[0].receive(GET)

    with pytest.raises(ValueError, match="mine"):
        run(main)
    assert sockets[0].sent == []


def test_a_handler_that_raised_does_not_keep_the_next_request_from_being_served() -> None:
    from nodestream import process

    caught: list[Exception] = []

    def handler(req: Any, res: Any) -> None:
        if req.url == "/1":
            set_immediate(res.end, "x")
            raise ValueError("mine")
        res.end("x")

    process.on("uncaughtException", lambda error, _origin: caught.append(error))
    try:
        socket = converse(handler, GET.replace(b"/ ", b"/1 ", 1), GET)
    finally:
        process.remove_all_listeners("uncaughtException")
    assert [str(error) for error in caught] == ["mine"]
    assert socket.text == (OK_KEEP + X) * 2


def test_a_head_and_a_body_may_come_byte_by_byte() -> None:
    bodies: list[bytes] = []

    def handler(req: Any, res: Any) -> None:
        req.on("data", bodies.append)
        req.on("end", lambda: res.end("x"))

    def main() -> None:
        socket = connected(Server(handler))
        whole = UNFINISHED + b"cde" + GET
        each_in_a_turn(socket.receive, [whole[index : index + 1] for index in range(len(whole))])
        sockets.append(socket)

    sockets: list[ScriptedSocket] = []
    run(main)
    assert bodies == [b"a", b"b", b"c", b"d", b"e"]
    assert sockets[0].text == (OK_KEEP + X) * 2
