"""IncomingMessage on a server: it is a Readable whose body arrives as it comes, and whose pace is the reader's.

Part: IncomingMessage. `data` for each chunk, `end`, then `readable_ended`; pause and resume stop and start the socket's
receiving; pipe to any Writable. The client's side of it is in `client/test_client_streaming.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from trio.testing import MockClock

from nodehttp._server import Server
from nodestream import PassThrough, Writable, finished
from nodestream.loop import run
from nodestream.timers import set_immediate, set_timeout
from tests.nodehttp.server.support import (
    CHUNKED,
    GET,
    OK_KEEP,
    Diary,
    ScriptedSocket,
    X,
    connected,
    converse,
    each_in_a_turn,
)

HWM = 65536


def post(body: bytes, *, length: int | None = None, path: str = "/") -> bytes:
    size = len(body) if length is None else length
    return f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {size}\r\n\r\n".encode() + body


class Receiving(ScriptedSocket):
    """Notes when the server stops and starts receiving."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []

    def _consume(self, on_data: Callable[[bytes], object], on_end: Callable[[], object]) -> None:
        self.receive = on_data  # type: ignore[method-assign,assignment]
        self.receive_end = on_end  # type: ignore[method-assign,assignment]

    def _stop_receiving(self) -> None:
        self.calls.append("stop")

    def _start_receiving(self) -> None:
        self.calls.append("start")


def receiving(handler: Callable[[Any, Any], object]) -> Receiving:
    socket = Receiving()
    Server(handler).emit("connection", socket)
    return socket


def test_each_piece_of_a_body_is_data_and_then_comes_the_end() -> None:
    diary = Diary()

    def handler(req: Any, res: Any) -> None:
        req.on("data", lambda chunk: diary.append(f"{chunk.decode()} {req.readable_ended}"))
        req.on("end", lambda: diary.append(f"end {req.readable_ended} {req.complete}"))
        req.on("end", lambda: res.end("x"))

    socket = converse(handler, post(b"ab", length=5), b"cd", b"e")
    assert diary == ["ab False", "cd False", "e False", "end True True"]
    assert socket.text == OK_KEEP + X


def test_a_chunked_body_is_data_without_its_framing_and_with_its_trailers() -> None:
    seen: list[Any] = []

    def handler(req: Any, res: Any) -> None:
        req.on("data", lambda chunk: seen.append((chunk, req.trailers)))
        req.on("end", lambda: seen.append((req.trailers, req.raw_trailers, req.trailers_distinct)))

    head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    converse(handler, head + b"2\r\nab\r\n", b"1\r\nc\r\n0\r\nT: 1\r\nt: 2\r\n\r\n")
    assert seen == [
        (b"ab", {}),
        (b"c", {}),
        ({"t": "1, 2"}, ["T", "1", "t", "2"], {"t": ["1", "2"]}),
    ]


def test_a_request_knows_what_its_head_said() -> None:
    seen: list[Any] = []

    def handler(req: Any, _res: Any) -> None:
        seen.append((req.method, req.url, req.http_version, req.httpVersionMajor, req.httpVersionMinor))
        seen.append((req.headers, req.headers_distinct, req.rawHeaders))
        seen.append((req.status_code, req.statusMessage, req.upgrade, req.aborted, req.complete, req.req))

    converse(handler, b"POST /x?y HTTP/1.1\r\nHost: a\r\nX-A: 1\r\nx-a: 2\r\n\r\n")
    assert seen == [
        ("POST", "/x?y", "1.1", 1, 1),
        (
            {"host": "a", "x-a": "1, 2"},
            {"host": ["a"], "x-a": ["1", "2"]},
            ["Host", "a", "X-A", "1", "x-a", "2"],
        ),
        (None, None, False, False, False, None),
    ]


def test_join_duplicate_headers_joins_what_else_only_the_first_counts_of() -> None:
    seen: list[Any] = []
    raw = b"GET / HTTP/1.1\r\nHost: a\r\nAge: 1\r\nAge: 2\r\n\r\n"
    for options in ({}, {"join_duplicate_headers": True}):
        converse(lambda req, _res: seen.append(req.headers["age"]), raw, **options)
    assert seen == ["1", "1, 2"]


def test_a_body_that_nobody_reads_stops_the_receiving_when_its_buffer_is_full() -> None:
    def main() -> None:
        requests: list[Any] = []
        socket = receiving(lambda req, _res: requests.append(req))
        socket.receive(post(bytes(HWM - 1), length=4 * HWM))
        assert socket.calls == []
        socket.receive(bytes(10))
        assert socket.calls == ["stop"]
        assert requests[0].readable_length == HWM + 9
        set_immediate(lambda: seen.extend(socket.calls))

    seen: list[str] = []
    run(main)
    assert seen == ["stop"]


def test_reading_a_body_starts_the_receiving_again_and_pausing_stops_it() -> None:
    seen: list[Any] = []

    def main() -> None:
        requests: list[Any] = []
        socket = receiving(lambda req, _res: requests.append(req))
        socket.receive(post(bytes(HWM), length=10 * HWM))
        request = requests[0]
        request.on("data", lambda chunk: seen.append(len(chunk)))

        def then() -> None:
            seen.append(list(socket.calls))
            request.pause()
            socket.receive(bytes(HWM))
            seen.append(list(socket.calls))
            request.resume()
            set_immediate(lambda: seen.append(list(socket.calls)))

        set_immediate(then)

    run(main)
    assert seen == [HWM, ["stop", "start"], ["stop", "start", "stop"], HWM, ["stop", "start", "stop", "start"]]


def test_a_small_body_is_complete_though_the_request_is_paused() -> None:
    seen: list[Any] = []

    def handler(req: Any, res: Any) -> None:
        req.pause()
        req.on("data", seen.append)
        set_immediate(lambda: seen.append((req.complete, req.readable_length, req.readable_ended)))
        set_immediate(req.resume)

    converse(handler, post(b"abc"))
    assert seen == [(True, 3, False), b"abc"]


class EagerPeer(Receiving):
    """Sends `pieces`, one in a turn, whenever the server receives."""

    def __init__(self, pieces: list[bytes]) -> None:
        super().__init__()
        self.pieces = pieces
        set_immediate(self._send)

    def _start_receiving(self) -> None:
        super()._start_receiving()
        set_immediate(self._send)

    def _send(self) -> None:
        if self.pieces and self.calls[-1:] != ["stop"]:
            self.receive(self.pieces.pop(0))
            set_immediate(self._send)


def test_a_body_can_be_piped_to_any_writable_at_its_pace() -> None:
    taken: list[bytes] = []
    held: list[int] = []
    peers: list[EagerPeer] = []

    def handler(req: Any, res: Any) -> None:
        def write(_stream: Any, chunk: bytes, _encoding: str, callback: Callable[..., object]) -> None:
            taken.append(chunk)
            held.append(req.readable_length)
            set_timeout(callback, 1)

        req.pipe(Writable(write=write, high_water_mark=1)).on("finish", lambda: res.end("x"))

    def main() -> None:
        peer = EagerPeer([post(b"", length=8 * HWM), *[bytes(HWM // 4)] * 32])
        Server(handler).emit("connection", peer)
        peers.append(peer)

    run(main, clock=MockClock(autojump_threshold=0))
    assert sum(map(len, taken)) == 8 * HWM
    assert HWM // 2 < max(held) < 2 * HWM
    assert peers[0].calls.count("stop") > 3
    assert peers[0].text == OK_KEEP + X


def test_async_for_reads_a_body() -> None:
    async def handler(req: Any, res: Any) -> None:
        body = b"".join([chunk async for chunk in req])
        res.end(body)

    socket = converse(handler, post(b"ab", length=4), b"cd")
    assert socket.text.endswith("Content-Length: 4\r\n\r\nabcd")


def test_an_echo_streams_a_request_into_its_response() -> None:
    socket = converse(lambda req, res: req.pipe(PassThrough()).pipe(res), post(b"abc"))
    assert socket.text == OK_KEEP + CHUNKED + "\r\n3\r\nabc\r\n0\r\n\r\n"


def test_a_body_that_nobody_has_read_goes_by_after_the_response_and_the_next_request_is_served() -> None:
    sizes: list[int] = []

    def handler(req: Any, res: Any) -> None:
        sizes.append(req.readable_length)
        set_immediate(lambda: (sizes.append(req.readable_length), res.end("x")))

    def main() -> None:
        socket = connected(Server(handler))
        socket.receive(post(bytes(HWM), length=4 * HWM))
        each_in_a_turn(socket.receive, [bytes(HWM)] * 3 + [GET])
        sockets.append(socket)

    sockets: list[ScriptedSocket] = []
    run(main)
    assert sockets[0].text == (OK_KEEP + X) * 2
    assert sizes == [0, HWM, 0, 0]


def test_a_request_that_was_destroyed_without_its_socket_lets_its_body_go_by() -> None:
    def handler(req: Any, res: Any) -> None:
        if req.method == "POST":
            req.on("error", lambda _error: None)
            req.read()
            req.socket = None  # as pipeline() does, so that the response can still be sent
            req.destroy(ValueError("no"))
        res.end("x")

    socket = converse(handler, post(bytes(10), length=3 * HWM), *[bytes(HWM)] * 3, b"", GET)
    assert socket.text == OK_KEEP + X
    socket = converse(handler, post(bytes(10), length=10 + HWM), bytes(HWM), GET)
    assert socket.text == (OK_KEEP + X) * 2


@pytest.mark.parametrize("body", [b"", b"abc"])
def test_finished_sees_the_end_of_a_request(body: bytes) -> None:
    outcome: list[Any] = []

    def handler(req: Any, res: Any) -> None:
        finished(req, outcome.append)
        req.resume()
        res.end("x")

    converse(handler, post(body))
    assert outcome == [None]


def test_empty_requests_can_be_over_before_they_are_seen() -> None:
    seen: list[Any] = []

    async def handler(req: Any, res: Any) -> None:
        seen.append((req.readable_ended, req.complete, req.readable, req.destroyed))
        seen.extend([chunk async for chunk in req])
        res.end("x")

    socket = converse(handler, GET, GET, optimize_empty_requests=True)
    assert seen == [(True, True, False, True)] * 2
    assert socket.text == (OK_KEEP + X) * 2


def test_the_encoding_of_the_socket_cannot_be_changed() -> None:
    codes: list[str] = []

    def handler(req: Any, res: Any) -> None:
        try:
            req.socket.setEncoding("utf8")
        except Exception as error:
            codes.append(getattr(error, "code", ""))

    converse(handler, GET)
    assert codes == ["ERR_HTTP_SOCKET_ENCODING"]
