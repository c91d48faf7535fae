"""Deadlines of a connection: for a head, for a request, between requests, and for traffic at all. Time is simulated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from trio.testing import MockClock

from nodehttp._server import Server
from nodestream.loop import run
from nodestream.timers import set_timeout
from tests.nodehttp.server.support import CLOSE, GET, KEEP, OK_KEEP, Diary, ScriptedSocket, X, connected

TIMED_OUT = "HTTP/1.1 408 Request Timeout\r\n" + CLOSE + "\r\n"
UNFINISHED = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab"


class TimedSocket(ScriptedSocket):
    """Emits `timeout` as a net.Socket does, though only from the time at which the timeout was set."""

    bytes_read = 0

    def set_timeout(self, msecs: float) -> None:
        self.timeout = msecs
        if msecs:
            set_timeout(lambda: self.timeout == msecs and self.emit("timeout"), msecs).unref()

    def receive(self, data: bytes) -> None:
        self.bytes_read += len(data)
        super().receive(data)


def over_time(
    server: Server, *happenings: tuple[int, Callable[[TimedSocket], object]], until: int = 60_000
) -> TimedSocket:
    """Let things happen to a connection at given milliseconds; the socket as it is at `until`."""
    sockets: list[TimedSocket] = []

    def main() -> None:
        socket = TimedSocket()
        sockets.append(socket)
        server.emit("listening")
        server.emit("connection", socket)
        for when, act in happenings:
            if when:
                set_timeout(act, when, socket)
            else:
                act(socket)
        set_timeout(lambda: None, until)

    run(main, clock=MockClock(autojump_threshold=0))
    return sockets[0]


def sends(data: bytes) -> Callable[[TimedSocket], object]:
    return lambda socket: socket.receive(data)


def checking(**options: int) -> Server:
    return Server({"connections_checking_interval": 100, **options})


@pytest.mark.parametrize("received", [b"", b"GET", b"\r\n", b"GET / HTTP/1.1\r\nHost: a\r\n"])
def test_a_head_that_does_not_come_in_time_is_answered_with_408(received: bytes) -> None:
    server = checking(headers_timeout=1000)
    assert over_time(server, (0, sends(received)), until=950).text == ""
    socket = over_time(checking(headers_timeout=1000), (0, sends(received)), until=1150)
    assert socket.text == TIMED_OUT
    assert socket.destroyed


def test_a_request_that_does_not_come_in_time_is_answered_with_408() -> None:
    server = checking(request_timeout=1000)
    diary = Diary()

    def handler(req: Any, res: Any) -> None:
        diary.watch_request(req)
        diary.watch_response(res)

    server.on("request", handler)
    socket = over_time(server, (0, sends(UNFINISHED)), until=1200)
    assert socket.text == TIMED_OUT
    assert diary == ["req.data", "req.aborted", "res.close", "req.error ECONNRESET aborted", "req.close"]


def test_a_response_that_was_sent_meanwhile_is_followed_by_the_408() -> None:
    server = checking(request_timeout=1000)
    server.on("request", lambda _req, res: res.end("x"))
    assert over_time(server, (0, sends(UNFINISHED)), until=1200).text == OK_KEEP + X + TIMED_OUT


def test_a_response_that_has_begun_is_not_mixed_with_a_408() -> None:
    server = checking(request_timeout=1000)
    server.on("request", lambda _req, res: res.write("x"))
    socket = over_time(server, (0, sends(UNFINISHED)), until=1200)
    assert "408" not in socket.text
    assert socket.destroyed


def test_the_deadline_is_for_receiving_only() -> None:
    server = checking(headers_timeout=1000, request_timeout=2000)
    server.on("request", lambda _req, res: set_timeout(res.end, 50_000, "x"))
    assert over_time(server, (0, sends(GET))).text == OK_KEEP + X


def test_each_request_has_its_own_deadline() -> None:
    server = checking(request_timeout=1000, keep_alive_timeout=100_000)
    server.on("request", lambda _req, res: res.end("x"))
    socket = over_time(
        server,
        *((when, sends(GET)) for when in (0, 900, 1800, 2700)),
        (3600, sends(UNFINISHED)),
        (4500, sends(b"cde")),
        until=10_000,
    )
    assert "408" not in socket.text
    assert socket.text.count("200 OK") == 5
    assert not socket.destroyed


def test_no_deadline_is_looked_after_where_there_is_none() -> None:
    server = checking(headers_timeout=0, request_timeout=0)
    assert not over_time(server, (0, sends(b"GET")), until=100_000).destroyed


def test_a_deadline_that_has_passed_is_a_client_error_once() -> None:
    server = checking(headers_timeout=1000)
    errors: list[str] = []
    server.on("clientError", lambda error, socket: (errors.append(f"{error.code}: {error}"), socket.write("bye")))
    socket = over_time(server, (0, sends(b"GET")), until=5000)
    assert errors == ["ERR_HTTP_REQUEST_TIMEOUT: Request timeout"]
    assert socket.text == "bye"
    assert not socket.destroyed


def test_an_idle_connection_is_closed_after_the_keep_alive_timeout_and_its_buffer() -> None:
    server = Server(lambda _req, res: res.end("x"))
    assert not over_time(server, (0, sends(GET)), until=5990).destroyed
    server = Server(lambda _req, res: res.end("x"))
    assert over_time(server, (0, sends(GET)), until=6010).destroyed


def test_each_request_begins_the_idle_time_anew() -> None:
    server = Server(lambda _req, res: res.end("x"))
    socket = over_time(server, *((when, sends(GET)) for when in (0, 4000, 8000, 12_000)), until=17_900)
    assert socket.text == (OK_KEEP + X) * 4
    assert not socket.destroyed


def test_a_pending_response_is_not_idle() -> None:
    server = Server(lambda _req, res: set_timeout(res.end, 50_000, "x"))
    assert not over_time(server, (0, sends(GET)), until=40_000).destroyed


def test_a_head_that_is_coming_in_is_not_idle() -> None:
    server = Server(lambda _req, res: res.end("x"))
    parts = [(5000 + 1000 * index, sends(GET[index * 9 : index * 9 + 9])) for index in range(3)]
    socket = over_time(server, (0, sends(GET)), *parts, until=12_000)
    assert socket.text == (OK_KEEP + X) * 2


@pytest.mark.parametrize(("until", "destroyed"), [(9_990, False), (10_010, True)])
def test_bytes_that_are_no_request_begin_the_idle_time_anew(until: int, *, destroyed: bool) -> None:
    server = Server(lambda _req, res: res.end("x"))
    assert over_time(server, (0, sends(GET)), (4000, sends(b"\r\n")), until=until).destroyed is destroyed


def test_without_a_keep_alive_timeout_an_idle_connection_stays() -> None:
    server = Server(lambda _req, res: res.end("x"), keep_alive_timeout=0)
    assert not over_time(server, (0, sends(GET)), until=1_000_000).destroyed


def test_a_timeout_listener_decides_about_an_idle_connection() -> None:
    server = Server(lambda _req, res: res.end("x"))
    heard: list[Any] = []
    server.set_timeout(0, heard.append)
    socket = over_time(server, (0, sends(GET)))
    assert heard == [socket]
    assert not socket.destroyed


@pytest.mark.parametrize("listening", ["req", "res", "server", ""])
def test_a_socket_that_times_out_is_destroyed_unless_somebody_listens(listening: str) -> None:
    server = Server()
    diary = Diary()

    def handler(req: Any, res: Any) -> None:
        for name, emitter in (("req", req), ("res", res), ("server", server)):
            if name == listening:
                emitter.on("timeout", diary.note(name))

    server.on("request", handler)
    server.timeout = 1000
    socket = over_time(server, (0, sends(UNFINISHED)), until=1500)
    assert diary == [listening][: bool(listening)]
    assert socket.destroyed is not bool(listening)


def test_a_response_can_set_the_timeout_of_its_socket_for_as_long_as_it_lasts() -> None:
    seen: list[Any] = []

    def handler(req: Any, res: Any) -> None:
        res.set_timeout(1000, lambda: seen.append(("timeout", req.socket.timeout)))
        set_timeout(res.end, 3000, "x")

    socket = over_time(Server(handler), (0, sends(GET)), until=5000)
    assert seen == [("timeout", 1000)]
    assert socket.timeout == 0
    assert not socket.destroyed


def test_a_request_can_set_the_timeout_of_its_socket() -> None:
    seen: list[Any] = []

    def handler(req: Any, _res: Any) -> None:
        assert req.set_timeout(1000, lambda: seen.append("timeout")) is req

    assert not over_time(Server(handler), (0, sends(UNFINISHED)), until=1500).destroyed
    assert seen == ["timeout"]


def test_a_response_without_a_socket_sets_its_timeout_when_it_has_one() -> None:
    timeouts: list[float] = []

    def handler(req: Any, res: Any) -> None:
        if res.socket is None:
            res.set_timeout(1234)
            res.on("socket", lambda socket: timeouts.append(socket.timeout))
        set_timeout(res.end, 10)

    over_time(Server(handler), (0, sends(GET + GET)), until=100)
    assert timeouts == [1234]


def test_the_answer_tells_the_keep_alive_timeout() -> None:
    assert KEEP in over_time(Server(lambda _req, res: res.end()), (0, sends(GET)), until=10).text


def test_a_connection_is_not_kept_in_mind_when_it_is_over() -> None:
    server = Server(lambda _req, res: res.end("x"))

    def main() -> None:
        for _ in range(10):
            socket = connected(server)
            socket.receive(GET)
            set_timeout(socket.destroy, 10)

    run(main, clock=MockClock(autojump_threshold=0))
    assert not server._http_connections
