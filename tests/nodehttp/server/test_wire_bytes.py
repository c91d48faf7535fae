"""ServerResponse and Server, on the wire: every byte of an answer, and whether the connection goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from nodehttp._incoming import IncomingMessage
from nodehttp._response import ServerResponse
from nodehttp._server import Server
from nodestream.timers import set_immediate
from tests.nodehttp.server.support import (
    CHUNKED,
    CLOSE,
    DATE,
    GET,
    KEEP,
    NOTHING,
    OK,
    OK_CLOSE,
    OK_KEEP,
    X,
    converse,
)

Req, Res = IncomingMessage, ServerResponse


def request(head: str = "", *, method: str = "GET", version: str = "1.1", host: bool = True) -> bytes:
    return f"{method} / HTTP/{version}\r\n{'Host: a' + chr(13) + chr(10) if host else ''}{head}\r\n".encode()


class Case(NamedTuple):
    """A handler, what it is asked, and what must come out. `closes`: the server ends the connection."""

    name: str
    handler: Callable[[Any, Any], object]
    expected: str
    received: bytes = GET
    closes: bool = False
    options: dict[str, Any] = {}


def steps(*calls: Callable[[Any], object]) -> Callable[[Any, Any], None]:
    def handler(_req: Req, res: Res) -> None:
        for call in calls:
            call(res)

    return handler


def end(*args: Any) -> Callable[[Any], object]:
    return lambda res: res.end(*args)


def write(*args: Any) -> Callable[[Any], object]:
    return lambda res: res.write(*args)


def header(name: str, value: Any) -> Callable[[Any], object]:
    return lambda res: res.set_header(name, value)


def without(name: str) -> Callable[[Any], object]:
    return lambda res: res.remove_header(name)


def head(*args: Any) -> Callable[[Any], object]:
    return lambda res: res.write_head(*args)


def trailers(fields: Any) -> Callable[[Any], object]:
    return lambda res: res.add_trailers(fields)


def status(code: int, message: str | None = None) -> Callable[[Any], object]:
    def call(res: Res) -> None:
        res.status_code = code
        res.status_message = message

    return call


def no_date(res: Res) -> None:
    res.send_date = False


FRAMING = [
    Case("a whole body has a Content-Length", steps(end("x")), OK_KEEP + X),
    Case("no body has a Content-Length of 0", steps(end()), OK_KEEP + NOTHING),
    Case("an empty body too", steps(end(b"")), OK_KEEP + NOTHING),
    Case("characters are counted as bytes", steps(end("é")), OK_KEEP + "Content-Length: 2\r\n\r\nÃ©"),
    Case(
        "a written body is chunked",
        steps(write("a"), end("b")),
        OK_KEEP + CHUNKED + "\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n",
    ),
    Case(
        "a chunk's size is in lower-case hex",
        steps(write("a" * 26), end()),
        OK_KEEP + CHUNKED + "\r\n1a\r\n" + "a" * 26 + "\r\n0\r\n\r\n",
    ),
    Case(
        "an empty piece is no chunk, which would end the body",
        steps(write(""), write("a"), end()),
        OK_KEEP + CHUNKED + "\r\n1\r\na\r\n0\r\n\r\n",
    ),
    Case(
        "corked pieces are one chunk",
        steps(write("0"), Res.cork, write("a"), write("b"), Res.uncork, end()),
        OK_KEEP + CHUNKED + "\r\n1\r\n0\r\n2\r\nab\r\n0\r\n\r\n",
    ),
    Case(
        "an end while corked ends the chunks that were kept back too",
        steps(write("0"), Res.cork, write("a"), end("b")),
        OK_KEEP + CHUNKED + "\r\n1\r\n0\r\n2\r\nab\r\n0\r\n\r\n",
    ),
    Case(
        "pieces corked before the head has left are chunks of their own",
        steps(Res.cork, write("a"), write("b"), Res.uncork, end()),
        OK_KEEP + CHUNKED + "\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n",
    ),
    Case(
        "a Content-Length that was set frames the body",
        steps(header("Content-Length", 2), write("a"), end("b")),
        OK + "Content-Length: 2\r\n" + DATE + KEEP + "\r\nab",
    ),
    Case(
        "a Transfer-Encoding that was set frames the body",
        steps(header("Transfer-Encoding", "chunked"), end("x")),
        OK + CHUNKED + DATE + KEEP + "\r\n1\r\nx\r\n0\r\n\r\n",
    ),
    Case("a made head without a length means chunks", steps(head(200), end()), OK_KEEP + CHUNKED + "\r\n0\r\n\r\n"),
    *(
        Case(
            f"so does {name}",
            steps(call, end("x")),
            OK_KEEP + CHUNKED + "\r\n1\r\nx\r\n0\r\n\r\n",
        )
        for name, call in (
            ("flush_headers()", Res.flush_headers),
            ("write_head()", head(200)),
            ("removing Content-Length", without("Content-Length")),
        )
    ),
    Case(
        "without Transfer-Encoding a written body lasts until the end of the connection",
        steps(without("Transfer-Encoding"), write("a"), end("x")),
        OK_KEEP + "\r\nax",
        closes=True,
    ),
    Case(
        "without both headers a whole body does too",
        steps(without("Transfer-Encoding"), without("Content-Length"), end("x")),
        OK_KEEP + "\r\nx",
        closes=True,
    ),
    Case(
        "a destroyed response is cut short",
        steps(write("a"), lambda res: set_immediate(res.destroy)),
        OK_KEEP + CHUNKED + "\r\n1\r\na\r\n",
        closes=True,
    ),
]

NO_BODY = [
    *(
        Case(f"HEAD: {name}", steps(*calls), OK_KEEP + "\r\n", request(method="HEAD"))
        for name, calls in (
            ("end with a body", [end("x")]),
            ("end", [end()]),
            ("write and end", [write("x"), end("y")]),
        )
    ),
    Case(
        "HEAD: a Content-Length that was set is kept",
        steps(head(200, {"Content-Length": 5}), end()),
        OK + "Content-Length: 5\r\n" + DATE + KEEP + "\r\n",
        request(method="HEAD"),
    ),
    Case("204 has no body", steps(status(204), end("x")), "HTTP/1.1 204 No Content\r\n" + DATE + KEEP + "\r\n"),
    Case("304 has no body", steps(status(304), end("x")), "HTTP/1.1 304 Not Modified\r\n" + DATE + KEEP + "\r\n"),
    Case(
        "304 keeps a Content-Length that was set",
        steps(head(304, {"Content-Length": 5}), end("hello")),
        "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n" + DATE + KEEP + "\r\n",
    ),
    Case(
        "304 with chunks ends the connection, for the client may wait for some",
        steps(status(304), header("Transfer-Encoding", "chunked"), end("x")),
        "HTTP/1.1 304 Not Modified\r\n" + CHUNKED + DATE + CLOSE + "\r\n",
        closes=True,
    ),
]

HEADERS = [
    Case(
        "set headers keep their case and order, in front of Date",
        steps(header("X-Foo", 1), header("content-TYPE", "text/plain"), end("x")),
        OK + "X-Foo: 1\r\ncontent-TYPE: text/plain\r\n" + DATE + KEEP + X,
    ),
    Case(
        "a list is one line for each item, but for Cookie",
        steps(
            header("Set-Cookie", ["a=1", "b=2"]), header("X-A", ["1", "2"]), header("Cookie", ["a=1", "b=2"]), end("x")
        ),
        OK + "Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-A: 1\r\nX-A: 2\r\nCookie: a=1; b=2\r\n" + DATE + KEEP + X,
    ),
    Case(
        "unique headers are joined",
        steps(header("X-A", ["1", "2"]), end("x")),
        OK + "X-A: 1; 2\r\n" + DATE + KEEP + X,
        options={"unique_headers": ["x-a"]},
    ),
    Case(
        "appended values are further lines under the first spelling",
        steps(
            header("X-A", "1"),
            lambda res: res.append_header("x-a", "2"),
            lambda res: res.append_header("X-B", ["3", "4"]),
            end("x"),
        ),
        OK + "X-A: 1\r\nX-A: 2\r\nX-B: 3\r\nX-B: 4\r\n" + DATE + KEEP + X,
    ),
    *(
        Case(
            f"write_head takes {name}",
            steps(head(200, headers), end("x")),
            OK + "X-A: 1\r\nx-a: 2\r\nContent-Type: t/p\r\n" + DATE + KEEP + CHUNKED + "\r\n1\r\nx\r\n0\r\n\r\n",
        )
        for name, headers in (
            ("a flat list", ["X-A", "1", "x-a", "2", "Content-Type", "t/p"]),
            ("a list of pairs", [["X-A", "1"], ["x-a", "2"], ["Content-Type", "t/p"]]),
        )
    ),
    Case(
        "a flat list replaces what was set, and goes behind the rest",
        steps(header("X-A", 0), header("X-Z", "z"), head(200, ["X-A", "1", "x-a", "2"]), end("x")),
        OK + "X-Z: z\r\nX-A: 1\r\nX-A: 2\r\n" + DATE + KEEP + CHUNKED + "\r\n1\r\nx\r\n0\r\n\r\n",
    ),
    Case(
        "a mapping replaces what was set, in its place",
        steps(header("X-A", 0), header("X-Z", "z"), head(200, {"x-a": "1", "b": "2"}), end("x")),
        OK + "x-a: 1\r\nX-Z: z\r\nb: 2\r\n" + DATE + KEEP + CHUNKED + "\r\n1\r\nx\r\n0\r\n\r\n",
    ),
    Case(
        "write_head takes a reason",
        steps(head(201, "Yo", {"A": "1"}), end("x")),
        "HTTP/1.1 201 Yo\r\nA: 1\r\n" + DATE + KEEP + CHUNKED + "\r\n1\r\nx\r\n0\r\n\r\n",
    ),
    Case(
        "an unheard-of status has the reason unknown",
        steps(status(599), end("x")),
        "HTTP/1.1 599 unknown\r\n" + DATE + KEEP + X,
    ),
    Case("send_date False leaves Date out", steps(no_date, end("x")), OK + KEEP + X),
    Case("removing Date leaves it out", steps(without("Date"), end("x")), OK + KEEP + X),
    Case("removing Connection leaves both out", steps(without("Connection"), end("x")), OK + DATE + X),
    *(
        Case(f"é in a header, before {name}, is latin1", steps(header("X-E", "é"), *calls), OK + "X-E: é\r\n" + rest)
        for name, calls, rest in (
            ("bytes", [end(b"x")], DATE + KEEP + X),
            ("no body", [end()], DATE + KEEP + NOTHING),
            ("a chunk", [write("x"), end()], DATE + KEEP + CHUNKED + "\r\n1\r\nx\r\n0\r\n\r\n"),
        )
    ),
    *(
        Case(
            f"é in a header, before {name}, is UTF-8 as that is",
            steps(header("X-E", "é"), *calls),
            OK + "X-E: Ã©\r\n" + rest,
        )
        for name, calls, rest in (
            ("a string", [end("x")], DATE + KEEP + X),
            (
                "nothing in flush_headers",
                [Res.flush_headers, end("x")],
                DATE + KEEP + CHUNKED + "\r\n1\r\nx\r\n0\r\n\r\n",
            ),
        )
    ),
    Case(
        "é in Content-Disposition does not survive a whole body",
        steps(header("Content-Disposition", 'attachment; filename="é"'), end("x")),
        OK + 'Content-Disposition: attachment; filename="ï¿½"\r\n' + DATE + KEEP + X,
    ),
]

CONNECTION = [
    Case(
        "the request's Connection: close",
        steps(end("x")),
        OK_CLOSE + X,
        request("Connection: close\r\n"),
        closes=True,
    ),
    Case(
        "the same with chunks",
        steps(write("a"), end()),
        OK_CLOSE + CHUNKED + "\r\n1\r\na\r\n0\r\n\r\n",
        request("Connection: close\r\n"),
        closes=True,
    ),
    *(
        Case(
            f"an older version: {name}",
            steps(end("x")),
            OK_CLOSE + "\r\nx",
            received,
            closes=True,
        )
        for name, received in (
            ("1.0", request(version="1.0")),
            ("1.0 with keep-alive", request("Connection: keep-alive\r\n", version="1.0")),
            ("0.9", b"GET /\r\n\r\n"),
            ("2.0", request(version="2.0")),
        )
    ),
    Case(
        "1.0 with keep-alive and a Content-Length goes on",
        steps(header("Content-Length", 1), end("x")),
        OK + "Content-Length: 1\r\n" + DATE + KEEP + "\r\nx",
        request("Connection: keep-alive\r\n", version="1.0"),
    ),
    Case("1.0 has no chunks", steps(write("a"), end("b")), OK_CLOSE + "\r\nab", request(version="1.0"), closes=True),
    Case(
        "1.0 that says that it knows chunks gets chunks",
        steps(write("a"), end("b")),
        OK_CLOSE + CHUNKED + "\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n",
        request("TE: chunked\r\n", version="1.0"),
        closes=True,
    ),
    Case(
        "a Connection: close that was set",
        steps(header("Connection", "close"), end("x")),
        OK + CLOSE + DATE + X,
        closes=True,
    ),
    Case(
        "a Keep-Alive that was set replaces ours",
        steps(header("Keep-Alive", "timeout=9"), end("x")),
        OK + "Keep-Alive: timeout=9\r\n" + DATE + "Connection: keep-alive\r\n" + X,
    ),
    Case(
        "keep_alive_timeout 0 is not told",
        steps(end("x")),
        OK + DATE + "Connection: keep-alive\r\n" + X,
        options={"keep_alive_timeout": 0},
    ),
    Case(
        "keep_alive_timeout is told in whole seconds",
        steps(end("x")),
        OK + DATE + "Connection: keep-alive\r\nKeep-Alive: timeout=1\r\n" + X,
        options={"keepAliveTimeout": 1500},
    ),
]

TRAILERS = [
    Case(
        "trailers that were announced",
        steps(head(200, {"Trailer": "X-T"}), write("a"), trailers({"X-T": "v"}), end()),
        OK + "Trailer: X-T\r\n" + DATE + KEEP + CHUNKED + "\r\n1\r\na\r\n0\r\nX-T: v\r\n\r\n",
    ),
    Case(
        "trailers that were not announced",
        steps(write("a"), trailers([["X-T", "v"], ["X-U", ["1", "2"]]]), end("b")),
        OK_KEEP + CHUNKED + "\r\n1\r\na\r\n1\r\nb\r\n0\r\nX-T: v\r\nX-U: 1\r\nX-U: 2\r\n\r\n",
    ),
    Case("trailers are dropped where there are no chunks", steps(trailers({"X-T": "v"}), end("x")), OK_KEEP + X),
    Case(
        "a Trailer header makes chunks",
        steps(header("Trailer", "X-T"), trailers({"X-T": "v"}), end("x")),
        OK + "Trailer: X-T\r\n" + DATE + KEEP + CHUNKED + "\r\n1\r\nx\r\n0\r\nX-T: v\r\n\r\n",
    ),
]

HINTS = {
    "link": ["</s.css>; rel=preload; as=style", "</j.js>; rel=preload; as=script"],
    "x-trace-id": "id",
}

INFORMATIONAL = [
    Case(
        "write_continue",
        steps(Res.write_continue, end("x")),
        "HTTP/1.1 100 Continue\r\n\r\n" + OK_KEEP + X,
    ),
    *(
        Case(
            f"Expect: {value} is answered by itself",
            steps(end("x")),
            "HTTP/1.1 100 Continue\r\n\r\n" + OK_KEEP + X,
            request(f"Expect: {value}\r\n"),
        )
        for value in ("100-continue", "100-Continue", "100-continue, foo")
    ),
    Case(
        "nothing informational is sent to 1.0 by itself",
        steps(end("x")),
        OK_CLOSE + "\r\nx",
        request("Expect: 100-continue\r\n", version="1.0"),
        closes=True,
    ),
    Case(
        "write_early_hints",
        steps(lambda res: res.write_early_hints(HINTS), end("x")),
        "HTTP/1.1 103 Early Hints\r\nLink: </s.css>; rel=preload; as=style, </j.js>; rel=preload; as=script\r\n"
        "x-trace-id: id\r\n\r\n" + OK_KEEP + X,
    ),
    *(
        Case(
            f"write_early_hints with {name} sends nothing",
            steps(lambda res, hints=hints: res.write_early_hints(hints), end("x")),  # type: ignore[misc]
            OK_KEEP + X,
        )
        for name, hints in (("no links", {"link": []}), ("no link", {"x": "y"}))
    ),
    Case(
        "write_information and write_processing",
        steps(lambda res: res.write_information(110, {"X-P": "1"}), Res.write_processing, end("x")),
        "HTTP/1.1 110 unknown\r\nX-P: 1\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n" + OK_KEEP + X,
    ),
]

REFUSALS = [
    *(
        Case(
            f"Expect: {value!r} is refused",
            steps(end("x")),
            "HTTP/1.1 417 Expectation Failed\r\n" + DATE + KEEP + CHUNKED + "\r\n0\r\n\r\n",
            request(f"Expect: {value}\r\n"),
        )
        for value in ("foo", "", "x100-continuex")
    ),
    Case(
        "1.1 without Host",
        steps(end("x")),
        "HTTP/1.1 400 Bad Request\r\n" + CLOSE + DATE + CHUNKED + "\r\n0\r\n\r\n",
        request(host=False),
        closes=True,
    ),
    Case(
        "1.1 without Host, which is not required",
        steps(end("x")),
        OK_KEEP + X,
        request(host=False),
        options={"requireHostHeader": False},
    ),
    Case(
        "what is no request",
        steps(end("x")),
        "HTTP/1.1 400 Bad Request\r\n" + CLOSE + "\r\n",
        b"BLAH / HTTP/1.1\r\n\r\n",
        closes=True,
    ),
    Case(
        "a head that is too large",
        steps(end("x")),
        "HTTP/1.1 431 Request Header Fields Too Large\r\n" + CLOSE + "\r\n",
        request("X: " + "a" * 17000 + "\r\n"),
        closes=True,
    ),
    Case(
        "a head that is larger than the server wants",
        steps(end("x")),
        "HTTP/1.1 431 Request Header Fields Too Large\r\n" + CLOSE + "\r\n",
        request("X: " + "a" * 200 + "\r\n"),
        closes=True,
        options={"max_header_size": 100},
    ),
    Case(
        "a chunk extension that is too large",
        steps(),
        "HTTP/1.1 413 Payload Too Large\r\n" + CLOSE + "\r\n",
        request("Transfer-Encoding: chunked\r\n", method="POST") + b"1;" + b"a" * 17000 + b"\r\na\r\n0\r\n\r\n",
        closes=True,
    ),
]


@pytest.mark.parametrize(
    "case",
    [*FRAMING, *NO_BODY, *HEADERS, *CONNECTION, *TRAILERS, *INFORMATIONAL, *REFUSALS],
    ids=lambda case: case.name,
)
def test_an_answer_is_as_node_writes_it(case: Case) -> None:
    socket = converse(case.handler, case.received, **case.options)
    assert socket.text == case.expected
    assert socket.is_over is case.closes


def test_an_answer_leaves_in_one_write_with_its_head() -> None:
    for handler in (steps(end("x")), steps(write("a"), write("b"), end("c")), steps(end())):
        assert len(converse(handler, GET).sent) == 1


def test_more_headers_than_allowed_are_refused() -> None:
    server = Server()
    server.max_headers_count = 2
    socket = converse(steps(end("x")), request("a: 1\r\nb: 2\r\n"), server=server)
    assert socket.text == "HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\n\r\n"


def test_a_refused_expectation_without_100_ends_the_connection() -> None:
    server = Server()
    server.on("checkContinue", lambda _req, res: res.write_head(401).end())
    socket = converse(None, request("Expect: 100-continue\r\n"), server=server)
    assert socket.text == "HTTP/1.1 401 Unauthorized\r\n" + DATE + CLOSE + CHUNKED + "\r\n0\r\n\r\n"
    assert socket.is_over


def test_a_check_expectation_listener_answers_unknown_expectations() -> None:
    server = Server()
    server.on("checkExpectation", lambda _req, res: res.end("x"))
    assert converse(None, request("Expect: foo\r\n"), server=server).text == OK_KEEP + X


def test_the_last_request_that_a_connection_may_carry_is_told_so() -> None:
    server = Server()
    server.max_requests_per_socket = 2
    socket = converse(steps(end("x")), GET, GET, server=server)
    first = OK + DATE + "Connection: keep-alive\r\nKeep-Alive: timeout=5, max=2\r\n" + X
    assert socket.text == first + OK_CLOSE + X
    assert not socket.is_over


def test_a_request_beyond_the_last_one_is_dropped_with_503() -> None:
    dropped: list[Any] = []
    server = Server()
    server.max_requests_per_socket = 1
    server.on("dropRequest", lambda req, socket: dropped.append((req.url, socket)))
    socket = converse(steps(end("x")), GET * 2, server=server)
    refusal = "HTTP/1.1 503 Service Unavailable\r\n" + DATE + CLOSE + CHUNKED + "\r\n0\r\n\r\n"
    assert socket.text == OK_CLOSE + X + refusal
    assert dropped == [("/", socket)]
    assert not socket.is_over


def test_an_async_listener_that_fails_is_answered_with_500() -> None:
    async def handler(_req: Req, res: Res) -> None:
        res.set_header("X-Secret", "1")
        raise ValueError

    socket = converse(handler, GET, capture_rejections=True)
    body = "Content-Length: 21\r\n\r\nInternal Server Error"
    assert socket.text == "HTTP/1.1 500 Internal Server Error\r\n" + DATE + KEEP + body
