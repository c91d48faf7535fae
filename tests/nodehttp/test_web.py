"""Servers of the web's kind: what a handler is given, what becomes of what it gives, and who is told when it ends."""

from __future__ import annotations

import gzip
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any

import pytest
import trio
import trustme

import nodehttp
from nodehttp import https
from nodehttp.fetch import Request, Response, fetch
from nodehttp.web import request_listener, serve
from nodestream import Readable
from nodestream.errors import ERR_INVALID_ARG_TYPE, NodeError
from nodestream.events import once
from nodestream.loop import Promise, run

from .fetch.fetch_support import a_round, http_server, listening, raw_server, until, with_server

PIECE = b"x" * 64 * 1024


def web_server(handler: Any, **options: Any) -> Callable[[], Any]:
    """What makes a server for a handler."""
    return lambda: nodehttp.create_server(request_listener(handler, **options))


async def answer_to(url: str, request: bytes) -> tuple[str, str]:
    """Head and body of the response to bytes; the connection is closed behind them."""
    host, _, port = url.removeprefix("http://").partition(":")
    async with await trio.open_tcp_stream(host, int(port)) as stream:
        await stream.send_all(request)
        text = b"".join([piece async for piece in stream]).decode("latin-1")
    head, _, body = text.partition("\r\n\r\n")
    return head, body


def get(target: str = "/", *fields: str, method: str = "GET") -> bytes:
    """A request that ends its connection."""
    lines = [f"{method} {target} HTTP/1.1", "Connection: close", *fields]
    if not any(field.lower().startswith("host:") for field in fields):
        lines.append("Host: a")
    return "".join(f"{line}\r\n" for line in [*lines, ""]).encode("latin-1")


# --- handlers ---


def say(request: Request) -> Response:
    return Response(f"{request.method} {request.url}")


async def say_later(request: Request) -> Response:
    await a_round()
    return say(request)


def say_by_fetch(_request: Request) -> Awaitable[Response]:
    return fetch("data:,hello")


def say_from_where(request: Request, incoming: Any) -> Response:
    return Response(f"{request.url} {incoming.http_version}")


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        (say, "GET http://a/p"),
        (say_later, "GET http://a/p"),
        (say_by_fetch, "hello"),
        (say_from_where, "http://a/p 1.1"),
    ],
)
def test_a_handler_may_be_of_any_shape(handler: Any, expected: str) -> None:
    async def test(url: str) -> None:
        assert (await answer_to(url, get("/p")))[1] == expected

    with_server(web_server(handler), test)


def test_a_handler_is_a_function() -> None:
    with pytest.raises(ERR_INVALID_ARG_TYPE):
        request_listener("handler")  # type: ignore[arg-type]


def test_serve_listens_and_closes() -> None:
    async def main() -> None:
        async with serve(say, {"keepAliveTimeout": 1}, port=0, host="127.0.0.1", request_timeout=77) as server:
            await once(server, "listening")
            assert (server.keep_alive_timeout, server.request_timeout) == (1, 77)
            response = await fetch(f"http://127.0.0.1:{server.address()['port']}/q")
            assert (await response.text()).endswith("/q")

    run(main)


def test_serve_takes_a_server_that_there_is() -> None:
    async def test(url: str) -> None:
        assert await (await fetch(url)).text() == f"GET {url}/"

    def server() -> Any:
        made = nodehttp.create_server()
        assert serve(say, server=made) is made
        return made

    with_server(server, test)


# --- failures ---


async def fail_later(_request: Request) -> Response:
    await a_round()
    raise ValueError("boom")


def used(_request: Request, response: Response = Response("once")) -> Response:  # noqa: B008 - the same for all
    return response


@pytest.mark.parametrize(
    "handler",
    [
        lambda request: 1 / 0,
        fail_later,
        lambda request: None,
        lambda request: "text",
        lambda request: Response.error(),
        lambda request: Response("x", headers={"X-A": "\x01"}),
        lambda request: Response("hello", headers={"Content-Length": "3"}),
        lambda request: Response("hello", headers={"Content-Length": "9"}),
        lambda request: Response(["hello"], headers={"Content-Length": "+5"}),
        lambda request: Response(headers={"Content-Length": "9"}),
    ],
)
def test_what_goes_wrong_is_an_error_of_the_server(handler: Any, caplog: pytest.LogCaptureFixture) -> None:
    async def test(url: str) -> None:
        head, body = await answer_to(url, get())
        assert head.startswith("HTTP/1.1 500 Internal Server Error\r\n")
        assert body == "Internal Server Error"

    with_server(web_server(handler), test)
    assert [record.message for record in caplog.records] == ["a handler failed"]


def test_a_response_is_sent_once(caplog: pytest.LogCaptureFixture) -> None:
    response = Response("once")

    async def test(url: str) -> None:
        assert (await answer_to(url, get()))[1] == "once"
        await response.text()
        assert (await answer_to(url, get()))[1] == "Internal Server Error"

    with_server(web_server(lambda _: response), test)
    assert "Body is unusable" in caplog.text


@pytest.mark.parametrize("later", [False, True])
@pytest.mark.parametrize("both", [False, True])
def test_on_error_explains(both: bool, later: bool, caplog: pytest.LogCaptureFixture) -> None:
    def explain(error: BaseException, request: Request | None = None) -> Response:
        return Response(f"{error} {request and request.url}", status=503)

    async def explain_later(error: BaseException, request: Request | None = None) -> Response:
        return explain(error, request)

    function: Any = explain_later if later else explain
    on_error: Any = function if both else lambda error: function(error)  # noqa: PLW0108 - it takes one argument

    async def test(url: str) -> None:
        head, body = await answer_to(url, get("/p"))
        assert head.startswith("HTTP/1.1 503 ")
        assert body == f"boom {'http://a/p' if both else None}"

    with_server(web_server(fail_later, on_error=on_error), test)
    assert caplog.records == []  # a log that any client can fill is of no use


def test_a_form_that_cannot_be_taken_is_the_client_s_own_doing(caplog: pytest.LogCaptureFixture) -> None:
    async def read(request: Request) -> Response:
        await request.form_data()
        return Response("read")

    async def test(url: str) -> None:
        head, body = await answer_to(url, get("/p"))
        assert head.startswith("HTTP/1.1 415 ")
        assert "multipart/form-data" in body

    with_server(web_server(read), test)
    assert caplog.records == []


@pytest.mark.parametrize("on_error", [lambda _: 1 / 0, lambda _: None, lambda _: Response.error()])
def test_an_error_that_cannot_be_explained_ends_the_connection(on_error: Any, caplog: pytest.LogCaptureFixture) -> None:
    async def test(url: str) -> None:
        assert await answer_to(url, get()) == ("", "")

    with_server(web_server(fail_later, on_error=on_error), test)
    assert len(caplog.records) == 2


def broken(pieces: int) -> Iterator[bytes]:
    yield from [b"x"] * pieces
    raise ValueError("boom")


async def broken_later() -> AsyncIterator[bytes]:
    yield b"x"
    await a_round()
    raise ValueError("boom")


def wrong() -> Iterator[Any]:
    yield 5


@pytest.mark.parametrize(
    "make",
    [
        lambda: broken(0),
        lambda: broken(3),
        broken_later,
        wrong,
        lambda: Readable.from_(broken(2)),
    ],
)
def test_a_body_that_fails_breaks_off(make: Any, caplog: pytest.LogCaptureFixture) -> None:
    async def test(url: str) -> None:
        head, body = await answer_to(url, get())
        assert head.startswith("HTTP/1.1 200 OK\r\n")
        assert not body.endswith("0\r\n\r\n")

    with_server(web_server(lambda _: Response(make())), test)
    assert [record.message for record in caplog.records] == ["the body of a response failed"]


@pytest.mark.parametrize("length", ["7", "20"])
def test_a_body_of_another_length_than_was_said_breaks_off(length: str, caplog: pytest.LogCaptureFixture) -> None:
    def handler(request: Request) -> Response:
        return Response((piece for piece in ("hello", "world")), headers={"Content-Length": length})

    async def test(url: str) -> None:
        _, body = await answer_to(url, get())
        assert "helloworld".startswith(body)
        assert len(body) < int(length)

    with_server(web_server(handler), test)
    assert "Response body's content-length" in caplog.text


# --- what is sent ---


@pytest.mark.parametrize(
    ("response", "head", "body"),
    [
        (lambda: Response("x"), ["content-type: text/plain;charset=UTF-8", "Content-Length: 1"], "x"),
        (Response, ["Content-Length: 0"], ""),
        (lambda: Response(""), ["content-type: text/plain;charset=UTF-8", "Content-Length: 0"], ""),
        (lambda: Response(["ab", b"c"]), ["Transfer-Encoding: chunked"], "2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"),
        (lambda: Response([]), ["Transfer-Encoding: chunked"], "0\r\n\r\n"),
        (lambda: Response([b"ab"], headers={"content-length": "2"}), ["content-length: 2"], "ab"),
        (lambda: Response(status=204), [], ""),
        (lambda: Response(status=304, headers={"Content-Length": "7"}), ["Content-Length: 7"], ""),
        (lambda: Response(status=205), ["Content-Length: 0"], ""),
        (
            lambda: Response("x", headers=[("Set-Cookie", "a=1"), ("set-cookie", "b=2"), ("X-A", "1"), ("x-a", "2")]),
            [
                "Set-Cookie: a=1",
                "Set-Cookie: b=2",
                "X-A: 1, 2",
                "content-type: text/plain;charset=UTF-8",
                "Content-Length: 1",
            ],
            "x",
        ),
        (lambda: Response(headers={"X-A": "\xe9"}), ["X-A: \xe9", "Content-Length: 0"], ""),
        (
            lambda: Response(headers={"Keep-Alive": "1", "Connection": "foo, upgrade", "Foo": "1", "Upgrade": "x"}),
            ["Content-Length: 0"],
            "",
        ),
        (lambda: Response(["x"], headers={"Transfer-Encoding": "gzip"}), ["Transfer-Encoding: chunked"], None),
    ],
)
def test_a_response_becomes_bytes(response: Any, head: list[str], body: str | None) -> None:
    async def test(url: str) -> None:
        found, sent = await answer_to(url, get())
        _, *fields = found.split("\r\n")
        assert [field for field in fields if not field.startswith(("Date: ", "Connection: "))] == head
        assert body is None or sent == body

    with_server(web_server(lambda _: response()), test)


@pytest.mark.parametrize(
    ("response", "status_line"),
    [
        (lambda: Response(status=299), "299 unknown"),
        (lambda: Response(status=404), "404 Not Found"),
        (lambda: Response(status_text="Fine \xe9"), "200 Fine \xe9"),
    ],
)
def test_a_reason_is_sent(response: Any, status_line: str) -> None:
    async def test(url: str) -> None:
        assert (await answer_to(url, get()))[0].startswith(f"HTTP/1.1 {status_line}\r\n")

    with_server(web_server(lambda _: response()), test)


@pytest.mark.parametrize("given", ["close", "foo, Close"])
def test_a_response_may_close_the_connection(given: str) -> None:
    async def test(url: str) -> None:
        head, body = await answer_to(url, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")  # ends, though it was not asked to
        assert "\r\nConnection: close\r\n" in head
        assert body == "x"

    with_server(web_server(lambda _: Response("x", headers={"Connection": given})), test)


def test_a_head_alone_cancels_the_body() -> None:
    closed: list[str] = []

    def stream() -> Readable:
        return Readable(read=lambda *_: None).on("close", lambda: closed.append("closed"))

    def handler(request: Request) -> Response:
        match request.url.rpartition("/")[2]:
            case "text":
                return Response("hello")
            case "stream":
                return Response(stream())
            case _:
                return Response(headers={"Content-Length": "5"})

    async def test(url: str) -> None:
        head, body = await answer_to(url, get("/text", method="HEAD"))
        assert ("\r\nContent-Length: 5\r\n" in head, body) == (True, "")
        head, body = await answer_to(url, get("/nothing", method="HEAD"))
        assert ("\r\nContent-Length: 5\r\n" in head, body) == (True, "")
        assert (await answer_to(url, get("/stream", method="HEAD")))[1] == ""
        await until(lambda: closed)

    with_server(web_server(handler), test)


# --- what is asked ---


@pytest.mark.parametrize(
    ("request_bytes", "expected"),
    [
        (get("/p?q=1", "Host: Example.com:80"), "GET http://example.com/p?q=1"),
        (get("/p", "Host: [::1]:8080"), "GET http://[::1]:8080/p"),
        (get("//other/p"), "GET http://a//other/p"),
        (get("/b/../%c3\\"), "GET http://a/%c3/"),
        (get("*", method="OPTIONS"), "OPTIONS http://a/*"),
        (get("http://other:81/p?q"), "GET http://other:81/p?q"),
        (get("https://other/p"), "GET https://other/p"),
        (get("/p", method="TRACE"), "TRACE http://a/p"),
    ],
)
def test_a_target_and_a_host_make_a_url(request_bytes: bytes, expected: str) -> None:
    async def test(url: str) -> None:
        assert (await answer_to(url, request_bytes))[1] == expected

    with_server(web_server(say), test)


@pytest.mark.parametrize("request_bytes", [get("/p", "Host: "), b"GET /p HTTP/1.0\r\n\r\n"])
def test_who_names_no_host_means_the_address(request_bytes: bytes) -> None:
    async def test(url: str) -> None:
        assert (await answer_to(url, request_bytes))[1] == f"GET {url}/p"

    with_server(web_server(say), test)


@pytest.mark.parametrize(
    "request_bytes",
    [
        *(get("/p", f"Host: {host}") for host in ("a/b", "u:p@a", "a#b", "a?b", "a b", "\\a", "a\tb", "a:99999", "[a")),
        *(get(target) for target in ("ftp://a/", "javascript://a", "http://u:p@a/", "http://[/", "x?y=http://a:b/")),
    ],
)
def test_what_is_no_url_of_a_server_is_a_bad_request(request_bytes: bytes) -> None:
    async def test(url: str) -> None:
        head, body = await answer_to(url, request_bytes)
        assert head.startswith("HTTP/1.1 400 ")
        assert body == ""

    with_server(web_server(say), test)


def test_a_server_that_encrypts_has_urls_of_https() -> None:
    authority = trustme.CA()
    leaf = authority.issue_cert("127.0.0.1")

    async def main() -> None:
        options = {"key": leaf.private_key_pem.bytes(), "cert": leaf.cert_chain_pems[0].bytes()}
        server = https.create_server(options, request_listener(say))
        async with listening(server) as url:
            agent = https.Agent(ca=authority.cert_pem.bytes())
            secure = f"https{url.removeprefix('http')}"
            assert await (await fetch(secure, agent=agent)).text() == f"GET {secure}/"
            agent.destroy()

    run(main)


def test_a_server_may_have_an_address_of_ipv6() -> None:
    async def main() -> None:
        server = web_server(say)()
        server.listen(0, "::1")
        await once(server, "listening")
        port = server.address()["port"]
        async with server, await trio.open_tcp_stream("::1", port) as stream:
            await stream.send_all(b"GET /p HTTP/1.0\r\n\r\n")
            assert b"".join([piece async for piece in stream]).endswith(b"GET http://[::1]:%d/p" % port)
            url = f"http://[::1]:{port}/"
            assert await (await fetch(url, agent=nodehttp.Agent())).text() == f"GET {url}"

    run(main)


def test_a_unix_socket_has_no_address(tmp_path: Any) -> None:
    async def main() -> None:
        path = str(tmp_path / "socket")
        server = web_server(say)()
        server.listen(path)
        await once(server, "listening")
        async with server, await trio.open_unix_socket(path) as stream:
            await stream.send_all(b"GET /p HTTP/1.0\r\n\r\n")
            assert b"".join([piece async for piece in stream]).endswith(b"GET http://localhost/p")

    run(main)


def test_headers_of_the_connection_are_not_the_request_s() -> None:
    async def test(url: str) -> None:
        fields = [
            "Connection: close, X-B",
            "TE: trailers",
            "Keep-Alive: 1",
            "X-A: 1",
            "X-B: 2",
            "Cookie: a",
            "Cookie: b",
        ]
        body = (await answer_to(url, get("/", "Host: h", *fields)))[1]
        assert body == "[('cookie', 'a; b'), ('host', 'h'), ('x-a', '1')]"

    with_server(web_server(lambda request: Response(str([*request.headers]))), test)


@pytest.mark.parametrize(
    ("fields", "body", "expected"),
    [
        ([], b"", "None"),
        (["Content-Length: 0"], b"", "None"),
        (["Content-Length: 2"], b"hi", "hi"),
        (["Transfer-Encoding: chunked"], b"2\r\nhi\r\n0\r\n\r\n", "hi"),
    ],
)
def test_a_request_has_a_body_if_it_says_so(fields: list[str], body: bytes, expected: str) -> None:
    async def handler(request: Request) -> Response:
        return Response("None" if request.body is None else await request.text())

    async def test(url: str) -> None:
        assert (await answer_to(url, get("/", *fields, method="POST") + body))[1] == expected

    with_server(web_server(handler), test)


def test_a_large_body_that_nobody_reads_is_let_go_by() -> None:
    async def test(url: str) -> None:
        agent = nodehttp.Agent(keep_alive=True)
        for _ in range(2):
            response = await fetch(url, method="POST", body=PIECE * 40, agent=agent)
            assert await response.text() == "no"
        agent.destroy()

    with_server(web_server(lambda _: Response("no")), test)


def test_a_large_body_that_is_cancelled_is_let_go_by() -> None:
    async def handler(request: Request) -> Response:
        if request.body is not None:
            async for _ in request.body:
                break
        return Response("no")

    async def test(url: str) -> None:
        size = 4_000_000
        ask = f"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {size}\r\n\r\n".encode() + b"x" * size
        _, body = await answer_to(url, ask + get())
        assert body.endswith("no")
        assert body.count("HTTP/1.1 200 OK") == 1  # behind the first one

    with_server(web_server(handler), test)


# --- ends ---


async def hang_up_after(url: str, request: bytes, condition: Callable[[], object]) -> None:
    """Send bytes, and close the connection as soon as something has happened."""
    host, _, port = url.removeprefix("http://").partition(":")
    async with await trio.open_tcp_stream(host, int(port)) as stream:
        await stream.send_all(request)
        await until(condition)


def test_the_signal_tells_that_the_client_has_gone_while_the_handler_runs() -> None:
    events: list[str] = []
    gone: list[Promise[None]] = []

    async def handler(request: Request) -> Response:
        request.signal.add_event_listener("abort", lambda _: events.append(request.signal.reason.name))
        gone.append(Promise())
        await gone[0]
        return Response(body())

    async def body() -> AsyncIterator[bytes]:
        events.append("never")
        yield b""

    async def test(url: str) -> None:
        await hang_up_after(url, get(), lambda: gone)
        await until(lambda: events)
        gone[0].resolve(None)
        for _ in range(20):
            await a_round()
        assert events == ["AbortError"]

    with_server(web_server(handler), test)


def test_a_client_that_goes_before_the_request_was_sent_fails_its_body() -> None:
    errors: list[Any] = []
    began: list[Request] = []

    async def handler(request: Request) -> Response:
        began.append(request)
        try:
            return Response(await request.text())
        except NodeError as error:
            errors.append((error.code, request.signal.aborted))
            raise

    async def test(url: str) -> None:
        await hang_up_after(url, get("/", "Content-Length: 5", method="POST") + b"abc", lambda: began)
        await until(lambda: errors)
        assert errors == [("ECONNRESET", True)]

    with_server(web_server(handler), test)


def test_a_generator_is_closed_when_the_client_has_gone() -> None:
    events: list[str] = []

    async def pieces() -> AsyncIterator[bytes]:
        try:
            while True:
                events.append("piece")
                yield PIECE
        finally:
            events.append("closed")

    async def test(url: str) -> None:
        await hang_up_after(url, get(), lambda: len(events) > 2)
        await until(lambda: events[-1] == "closed")

    with_server(web_server(lambda _: Response(pieces())), test)


def test_the_signal_of_a_response_that_was_sent_is_not_aborted() -> None:
    requests: list[Request] = []

    def handler(request: Request) -> Response:
        requests.append(request)
        return Response("x")

    async def test(url: str) -> None:
        await answer_to(url, get())
        for _ in range(20):
            await a_round()
        assert [request.signal.aborted for request in requests] == [False]

    with_server(web_server(handler), test)


def test_a_server_that_is_closed_sends_what_it_is_at() -> None:
    async def slow(server: Any) -> AsyncIterator[bytes]:
        yield b"a"
        server.close()
        await a_round()
        yield b"b"

    async def main() -> None:
        server = web_server(lambda _: Response(slow(server)))()
        async with listening(server) as url:
            response = await fetch(url, agent=nodehttp.Agent())
            assert await response.text() == "ab"
            await until(lambda: not server.listening)

    run(main)


# --- passing on ---


async def passed_on(
    upstream: Any, test: Callable[[str], Awaitable[None]], handler: Any = None, *, aborts: bool = False
) -> None:
    """Run `test(url)` on a server that passes everything on to the server `upstream`, with the signal or without."""
    async with listening(upstream) as origin:

        def forward(request: Request) -> Awaitable[Response]:
            target = f"{origin}/{request.url.partition('//')[2].partition('/')[2]}"
            if aborts:
                return fetch(target, request)
            init = {"method": request.method, "headers": request.headers, "body": request.body, "duplex": "half"}
            return fetch(target, init)

        def forward_request(request: Request) -> Any:
            return forward(request) if handler is None else handler(forward(request))

        async with listening(web_server(forward_request)()) as url:
            await test(url)


def test_a_request_and_its_body_go_to_an_upstream_and_back() -> None:
    def echo(req: Any, res: Any) -> None:
        res.write_head(201, "Fine", {"X-Method": req.method, "X-Sent": req.headers.get("x-a"), "Connection": "close"})
        req.pipe(res)

    async def test(url: str) -> None:
        response = await fetch(
            f"{url}/p", method="PUT", body=(PIECE for _ in range(40)), duplex="half", headers={"X-A": "1"}
        )
        assert (response.status, response.status_text) == (201, "Fine")
        assert (response.headers.get("x-method"), response.headers.get("x-sent")) == ("PUT", "1")
        assert response.headers.get("connection") == "keep-alive"  # what the upstream wants is no concern of the client
        assert await response.bytes() == PIECE * 40

    run(passed_on, http_server(echo), test)


ZIPPED = gzip.compress(b"hello")


@pytest.mark.parametrize(
    ("accepted", "coding", "sent", "is_passed_on"),
    [
        ("gzip", "gzip", ZIPPED, True),
        ("br;q=0.5, GZIP ; q=0.1", "gzip", ZIPPED, True),
        ("x-gzip", "gzip", ZIPPED, True),
        ("*", "gzip", ZIPPED, True),
        ("*, gzip;q=0", "gzip", ZIPPED, False),
        ("gzip; q=0.000", "gzip", ZIPPED, False),
        ("br", "gzip", ZIPPED, False),
        (None, "gzip", ZIPPED, False),
        ("gzip", "foo", b"hello", True),
        (None, "foo", b"hello", True),
    ],
)
def test_an_encoded_body_is_passed_on_to_who_accepts_it(
    accepted: str | None, coding: str, sent: bytes, is_passed_on: bool
) -> None:
    reply = f"HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: {len(sent)}\r\n\r\n".encode() + sent

    async def test(url: str) -> None:
        head, body = await answer_to(url, get("/", *([f"Accept-Encoding: {accepted}"] if accepted else [])))
        if is_passed_on:
            assert f"\r\nContent-Encoding: {coding}\r\nContent-Length: {len(sent)}\r\n" in head
            assert body.encode("latin-1") == sent
        else:
            assert "\r\nTransfer-Encoding: chunked" in head
            assert "encoding: gzip" not in head.lower()
            assert body == "5\r\nhello\r\n0\r\n\r\n"

    run(passed_on, raw_server(reply), test)


@pytest.mark.parametrize("how", ["clone", "touch"])
def test_a_body_that_somebody_has_looked_at_is_sent_decoded(how: str) -> None:
    reply = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%b" % (len(ZIPPED), ZIPPED)

    async def handler(promise: Any) -> Response:
        response: Response = await promise
        if how == "touch":
            assert response.body is not None
            return response
        return response.clone()

    async def test(url: str) -> None:
        head, body = await answer_to(url, get("/", "Accept-Encoding: gzip"))
        assert "gzip" not in head
        assert body == "5\r\nhello\r\n0\r\n\r\n"

    run(passed_on, raw_server(reply), test, handler)


def test_bytes_of_a_head_are_passed_on_as_they_came() -> None:
    fields = ["Set-Cookie: a=1", "Set-Cookie: b=2", "X-A: \xe9\xff", "X-B: 1", "Content-Length: 0"]
    lines = ["HTTP/1.1 200 \xc3\xa9\xd0\x96", *fields, "", ""]

    async def test(url: str) -> None:
        head, _ = await answer_to(url, get())
        assert head.split("\r\n")[:-2] == lines[:-2]

    run(passed_on, raw_server("\r\n".join(lines).encode("latin-1")), test)


@pytest.mark.parametrize("line", ["X-A: a\rX-B: b", "X-A: a\x00b", "X-A : a", "X-A: a\n X-B: b"])
def test_an_upstream_cannot_set_headers_of_its_own_making(line: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "nodehttp")
    reply = f"HTTP/1.1 200 OK\r\n{line}\r\nContent-Length: 0\r\n\r\n".encode("latin-1")

    async def test(url: str) -> None:
        head, _ = await answer_to(url, get())
        assert head.startswith("HTTP/1.1 500 ")
        assert "X-B" not in head

    run(passed_on, raw_server(reply), test)


@pytest.mark.parametrize("text", ["a\r\nX-B: b", "a\nb", "a\x00", "\u010a"])
def test_a_reason_cannot_split_a_response(text: str) -> None:
    with pytest.raises(TypeError):
        Response(status_text=text)


def test_the_slowest_sets_the_pace_from_end_to_end() -> None:
    made = 0

    def pieces() -> Iterator[bytes]:
        nonlocal made
        for _ in range(400):
            made += 1
            yield PIECE

    def download(_req: Any, res: Any) -> None:
        Readable.from_(pieces()).pipe(res)

    async def test(url: str) -> None:
        response = await fetch(url)
        before = -1
        while made != before:
            before = made
            for _ in range(50):
                await a_round()
        assert made < 400
        assert len(await response.bytes()) == 400 * len(PIECE)

    run(passed_on, http_server(download), test)


@pytest.mark.parametrize("aborts", [False, True])
def test_an_upstream_is_given_up_when_the_client_has_gone(aborts: bool) -> None:
    closed: list[str] = []
    began: list[Any] = []

    def endless(_req: Any, res: Any) -> None:
        began.append(res)
        res.on("close", lambda: closed.append("closed"))
        Readable.from_(iter(lambda: PIECE, None)).pipe(res)

    async def test(url: str) -> None:
        await hang_up_after(url, get(), lambda: began)
        await until(lambda: closed)

    async def main() -> None:
        await passed_on(http_server(endless), test, aborts=aborts)

    run(main)


def test_an_upstream_that_is_still_asked_is_given_up_when_the_client_has_gone() -> None:
    closed: list[str] = []
    began: list[Any] = []

    def hold(_req: Any, res: Any) -> None:
        began.append(res)
        res.on("close", lambda: closed.append("closed"))

    async def test(url: str) -> None:
        await hang_up_after(url, get(), lambda: began)
        await until(lambda: closed)

    async def main() -> None:
        await passed_on(http_server(hold), test, aborts=True)

    run(main)


def test_an_upstream_that_breaks_off_breaks_the_response_off(caplog: pytest.LogCaptureFixture) -> None:
    async def test(url: str) -> None:
        head, body = await answer_to(url, get())
        assert (head[:15], body) == ("HTTP/1.1 200 OK", "hello")

    run(passed_on, raw_server(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", ends=True), test)
    assert "the body of a response failed" in caplog.text


def test_an_upstream_that_is_not_there_is_an_error_of_the_server(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "nodehttp")

    async def test(url: str) -> None:
        assert (await answer_to(url, get()))[0].startswith("HTTP/1.1 500 ")

    run(passed_on, raw_server(b"", ends=True), test)
