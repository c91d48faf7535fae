# mypy: disable-error-code="func-returns-value"
# ruff: noqa: PLW0108
"""What a server sends: every row of the table of responses, byte by byte."""

from collections.abc import Callable
from typing import Any

from compliance._peers import GET, exchange
from compliance._trace import Scenarios, Trace
from nodestream import events
from nodestream.timers import set_immediate

scenarios = Scenarios()


def request(line: str, *fields: str) -> str:
    """A request without a body."""
    return "\r\n".join([line, "Host: a", *fields, "", ""])


HEAD = request("HEAD / HTTP/1.1")
CLOSE = request("GET / HTTP/1.1", "Connection: close")
OLD = "GET / HTTP/1.0\r\n\r\n"
OLD_ALIVE = "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"


def case(name: str, handler: Callable[..., Any] | None, **more: Any) -> None:
    """Add a scenario: a handler, and what else is particular."""

    async def scenario(t: Trace) -> None:
        await exchange(t, handler, **more)

    scenarios.add(name, scenario)


def end_x(req: Any, res: Any) -> None:
    res.end("x")


def write_a_end_b(req: Any, res: Any) -> None:
    res.write("a")
    res.end("b")


case("end_with_text", end_x)
case("end_alone", lambda req, res: res.end())
case("write_and_end", write_a_end_b)
case("request_asks_to_close", end_x, requests=CLOSE)
case("request_asks_to_close_chunked", write_a_end_b, requests=CLOSE)
case("chunk_size_in_hex", lambda req, res: (res.write("a" * 26), res.end()))
case(
    "corked_chunks",
    lambda req, res: (res.write("0"), res.cork(), res.write("a"), res.write("b"), res.uncork(), res.end()),
)
case("own_content_length", lambda req, res: (res.set_header("Content-Length", 2), res.write("a"), res.end("b")))
case("own_transfer_encoding", lambda req, res: (res.set_header("Transfer-Encoding", "chunked"), res.end("x")))
case(
    "own_headers_keep_case_and_order",
    lambda req, res: (res.set_header("X-Foo", "1"), res.set_header("content-TYPE", "text/plain"), res.end("x")),
)
case(
    "header_arrays",
    lambda req, res: (
        res.set_header("Set-Cookie", ["a=1", "b=2"]),
        res.set_header("X-A", ["1", "2"]),
        res.set_header("Cookie", ["a=1", "b=2"]),
        res.end("x"),
    ),
)
case(
    "unique_headers",
    lambda req, res: (res.set_header("X-A", ["1", "2"]), res.end("x")),
    options={"uniqueHeaders": ["x-a"]},
)
case(
    "append_header",
    lambda req, res: (
        res.set_header("X-A", "1"),
        res.append_header("x-a", "2"),
        res.append_header("X-B", ["3", "4"]),
        res.end("x"),
    ),
)
case("write_head_alone", lambda req, res: (res.write_head(200), res.end()))
case(
    "write_head_with_a_flat_array",
    lambda req, res: (res.write_head(200, ["X-A", "1", "x-a", "2", "Content-Type", "t/p"]), res.end("x")),
)
case(
    "write_head_with_pairs",
    lambda req, res: (res.write_head(200, [["X-A", "1"], ["x-a", "2"], ["Content-Type", "t/p"]]), res.end("x")),
)
case(
    "write_head_array_after_set_header",
    lambda req, res: (
        res.set_header("X-A", "0"),
        res.set_header("X-Z", "z"),
        res.write_head(200, ["X-A", "1", "x-a", "2"]),
        res.end("x"),
    ),
)
case(
    "write_head_mapping_after_set_header",
    lambda req, res: (
        res.set_header("X-A", "0"),
        res.set_header("X-Z", "z"),
        res.write_head(200, {"x-a": "1", "b": "2"}),
        res.end("x"),
    ),
)
case("write_head_with_a_reason", lambda req, res: (res.write_head(201, "Yo", {"A": "1"}), res.end("x")))
case("status_code_alone", lambda req, res: (setattr(res, "status_code", 404), res.end("x")))
case(
    "status_message",
    lambda req, res: (
        setattr(res, "status_code", 404),
        setattr(res, "status_message", "Gone fishing"),
        res.end("x"),
    ),
)
case("unknown_status", lambda req, res: (setattr(res, "status_code", 599), res.end("x")))
case("flush_headers", lambda req, res: (res.flush_headers(), res.end("x")))
case("write_head_then_end", lambda req, res: (res.write_head(200), res.end("x")))
case("without_content_length", lambda req, res: (res.remove_header("Content-Length"), res.end("x")))
case("head_end", end_x, requests=HEAD, bodiless=True)
case("head_end_alone", lambda req, res: res.end(), requests=HEAD, bodiless=True)
case("head_write", write_a_end_b, requests=HEAD, bodiless=True)
case(
    "head_own_content_length",
    lambda req, res: (res.write_head(200, {"Content-Length": 5}), res.end()),
    requests=HEAD,
    bodiless=True,
)
case("status_204", lambda req, res: (setattr(res, "status_code", 204), res.end("x")))
case("status_304", lambda req, res: (setattr(res, "status_code", 304), res.end("x")))
case(
    "status_304_chunked",
    lambda req, res: (
        setattr(res, "status_code", 304),
        res.set_header("Transfer-Encoding", "chunked"),
        res.end("x"),
    ),
)
case("http_1_0", end_x, requests=OLD)
case("http_1_0_keep_alive", end_x, requests=OLD_ALIVE)
case(
    "http_1_0_keep_alive_with_length",
    lambda req, res: (res.set_header("Content-Length", 1), res.end("x")),
    requests=OLD_ALIVE,
)
case("http_1_0_write", write_a_end_b, requests=OLD)
case("http_1_0_te_chunked", write_a_end_b, requests="GET / HTTP/1.0\r\nTE: chunked\r\n\r\n")
case("http_0_9", end_x, requests="GET /\r\n\r\n")
case("http_2_0", end_x, requests=request("GET / HTTP/2.0"))
case("response_closes", lambda req, res: (res.set_header("Connection", "close"), res.end("x")))
case("own_keep_alive", lambda req, res: (res.set_header("Keep-Alive", "timeout=9"), res.end("x")))
case("keep_alive_timeout_of_zero", end_x, options={"keepAliveTimeout": 0})
case("keep_alive_timeout_in_whole_seconds", end_x, options={"keepAliveTimeout": 1500})
case("no_date", lambda req, res: (setattr(res, "send_date", False), res.end("x")))
case("remove_date", lambda req, res: (res.remove_header("Date"), res.end("x")))
case("remove_connection", lambda req, res: (res.remove_header("Connection"), res.end("x")))
case(
    "remove_transfer_encoding",
    lambda req, res: (res.remove_header("Transfer-Encoding"), res.write("a"), res.end("x")),
)
case(
    "remove_both",
    lambda req, res: (res.remove_header("Transfer-Encoding"), res.remove_header("Content-Length"), res.end("x")),
)
case(
    "trailers",
    lambda req, res: (
        res.write_head(200, {"Trailer": "X-T"}),
        res.write("a"),
        res.add_trailers({"X-T": "v"}),
        res.end(),
    ),
)
case(
    "trailers_as_pairs",
    lambda req, res: (res.write("a"), res.add_trailers([["X-T", "v"], ["X-U", ["1", "2"]]]), res.end("b")),
)
case("trailers_without_chunks", lambda req, res: (res.add_trailers({"X-T": "v"}), res.end("x")))
case(
    "trailer_header_makes_chunks",
    lambda req, res: (res.set_header("Trailer", "X-T"), res.add_trailers({"X-T": "v"}), res.end("x")),
)
case("write_continue", lambda req, res: (res.write_continue(), res.end("x")))
case(
    "expect_continue",
    end_x,
    requests=request("POST / HTTP/1.1", "Expect: 100-continue", "Content-Length: 0"),
)
case(
    "early_hints",
    lambda req, res: (
        res.write_early_hints(
            {"link": ["</s.css>; rel=preload; as=style", "</j.js>; rel=preload; as=script"], "x-trace-id": "id"}
        ),
        res.write_early_hints({"link": []}),
        res.end("x"),
    ),
)
case(
    "information_and_processing",
    lambda req, res: (res.write_information(110, {"X-P": "1"}), res.write_processing(), res.end("x")),
)
case(
    "check_continue_refused",
    None,
    requests=request("POST / HTTP/1.1", "Expect: 100-continue", "Content-Length: 2"),
    setup=lambda server: server.on("checkContinue", lambda req, res: (res.write_head(401), res.end())),
)
case("unknown_expectation", end_x, requests=request("GET / HTTP/1.1", "Expect: foo"))
case(
    "check_expectation",
    None,
    requests=request("GET / HTTP/1.1", "Expect: foo"),
    setup=lambda server: server.on("checkExpectation", lambda req, res: res.end("mine")),
)
case("no_host", end_x, requests="GET / HTTP/1.1\r\n\r\n")
case("no_host_required", end_x, requests="GET / HTTP/1.1\r\n\r\n", options={"requireHostHeader": False})
case(
    "two_pipelined_of_one_allowed",
    end_x,
    requests=GET + GET,
    responses=2,
    setup=lambda server: setattr(server, "max_requests_per_socket", 1),
)
case(
    "two_pipelined_of_two_allowed",
    end_x,
    requests=GET + GET,
    responses=2,
    setup=lambda server: setattr(server, "max_requests_per_socket", 2),
)
case(
    "pipelined_responses_stay_in_order",
    lambda req, res: set_immediate(lambda: res.end("slow")) if req.url == "/slow" else res.end("fast"),
    requests=request("GET /slow HTTP/1.1") + GET,
    responses=2,
)
case("pipelined_after_close", end_x, requests=CLOSE + GET)
case(
    "an_unread_body_is_skipped",
    lambda req, res: res.end(req.method),
    requests=request("POST / HTTP/1.1", "Content-Length: 5") + "hello" + GET,
    responses=2,
)
case(
    "destroyed_after_write",
    lambda req, res: (res.write("a"), set_immediate(lambda: set_immediate(lambda: res.destroy()))),
)
case("text_of_two_bytes", lambda req, res: res.end("\u00e9"))
case("latin1_header_with_text", lambda req, res: (res.set_header("X-E", "\u00e9"), res.end("x")))
case("latin1_header_with_bytes", lambda req, res: (res.set_header("X-E", "\u00e9"), res.end(b"x")))
case("latin1_header_with_write", lambda req, res: (res.set_header("X-E", "\u00e9"), res.write("x"), res.end()))
case("latin1_header_alone", lambda req, res: (res.set_header("X-E", "\u00e9"), res.end()))
case(
    "content_disposition",
    lambda req, res: (res.set_header("Content-Disposition", 'attachment; filename="\u00e9"'), res.end("x")),
)
case(
    "encodings_of_write",
    lambda req, res: (res.write("6162", "hex"), res.write("\u00e9", "latin1"), res.end("YQ==", "base64")),
)
case("empty_writes", lambda req, res: (res.write(""), res.write("a"), res.write(b""), res.end("")))
case(
    "header_values_become_text",
    lambda req, res: (res.set_header("A", 5), res.set_header("B", True), res.set_header("C", "c"), res.end("x")),
)
case(
    "an_echo",
    lambda req, res: req.pipe(res),
    requests=request("POST / HTTP/1.1", "Content-Length: 5") + "hello",
)
case(
    "a_chunked_echo",
    lambda req, res: req.pipe(res),
    requests=request("POST / HTTP/1.1", "Transfer-Encoding: chunked") + "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
)
case("an_upgrade_nobody_takes", end_x, requests=request("GET / HTTP/1.1", "Connection: Upgrade", "Upgrade: foo"))
case("a_connect_nobody_takes", end_x, requests="CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n")
case(
    "an_upgrade",
    None,
    requests=request("GET / HTTP/1.1", "Connection: Upgrade", "Upgrade: foo") + "first",
    setup=lambda server: server.on(
        "upgrade",
        lambda req, socket, head: socket.end(
            b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: foo\r\n\r\n" + head
        ),
    ),
)
case(
    "a_connect",
    None,
    requests="CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\nfirst",
    setup=lambda server: server.on(
        "connect",
        lambda req, socket, head: socket.end(f"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n{req.url}".encode() + head),
    ),
)
case("malformed", end_x, requests="BLAH\r\n\r\n")
case("malformed_behind_another", end_x, requests=GET + "BLAH\r\n\r\n", responses=2)
case("early_end", end_x, requests="GET / HTTP/1.1\r\nHost", fin=True)
case("early_end_in_a_body", None, requests=request("POST / HTTP/1.1", "Content-Length: 5") + "ab", fin=True)
case("head_too_long", end_x, requests=request("GET / HTTP/1.1", f"A: {'a' * 17000}"))
case(
    "head_too_long_for_an_option",
    end_x,
    requests=request("GET / HTTP/1.1", f"A: {'a' * 100}"),
    options={"maxHeaderSize": 64},
)
case(
    "too_many_headers",
    end_x,
    requests=request("GET / HTTP/1.1", "A: 1", "B: 2", "C: 3"),
    setup=lambda server: setattr(server, "max_headers_count", 2),
)
case(
    "chunk_extensions_too_long",
    None,
    requests=request("POST / HTTP/1.1", "Transfer-Encoding: chunked") + f"1;{'a' * 17000}\r\nx\r\n0\r\n\r\n",
)
case(
    "headers_timeout",
    None,
    requests="GET / HTTP/1.1\r\n",
    options={"headersTimeout": 30, "connectionsCheckingInterval": 10},
)
case(
    "request_timeout",
    None,
    requests=request("POST / HTTP/1.1", "Content-Length: 5") + "ab",
    options={"headersTimeout": 30, "requestTimeout": 30, "connectionsCheckingInterval": 10},
)


@scenarios
async def a_rejection_that_is_captured(t: Trace) -> None:
    async def fails(req: Any, res: Any) -> None:
        raise Exception("mine")

    events.capture_rejections = True
    try:
        await exchange(t, fails)
    finally:
        events.capture_rejections = False
