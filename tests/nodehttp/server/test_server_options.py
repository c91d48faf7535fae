"""Server: its options and properties, in both spellings, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from nodehttp import createServer
from nodehttp._incoming import IncomingMessage
from nodehttp._response import ServerResponse
from nodehttp._server import create_server
from tests.nodehttp.server.support import GET, OK_KEEP, X, converse

MAX = 2**53 - 1


def test_a_server_has_nodes_defaults() -> None:
    server = create_server()
    assert (server.request_timeout, server.headers_timeout) == (300_000, 60_000)
    assert (server.keep_alive_timeout, server.keep_alive_timeout_buffer) == (5_000, 1_000)
    assert server.connections_checking_interval == 30_000
    assert (server.timeout, server.max_headers_count, server.max_requests_per_socket) == (0, None, 0)
    assert (server.require_host_header, server.reject_non_standard_body_writes) == (True, False)
    assert (server.join_duplicate_headers, server.insecure_http_parser, server.http_validation) == (None, None, None)
    assert (server.max_header_size, server.http_allow_half_open, server.allow_half_open) == (None, False, True)
    assert server.listener_count("connection") == 1


def test_the_headers_timeout_is_no_longer_than_the_request_timeout() -> None:
    assert create_server(request_timeout=5_000).headers_timeout == 5_000
    assert create_server(request_timeout=0).headers_timeout == 0
    assert create_server(request_timeout=0, headers_timeout=10).headers_timeout == 10


def test_options_and_properties_have_both_spellings() -> None:
    server = createServer({"keepAliveTimeout": 1, "requestTimeout": 7, "unknownOption": 1})
    assert (server.keepAliveTimeout, server.keep_alive_timeout, server.headersTimeout) == (1, 1, 7)
    server.maxRequestsPerSocket = 3
    assert server.max_requests_per_socket == 3
    with pytest.raises(TypeError, match="unexpected keyword argument 'unknown'"):
        create_server(unknown=1)


def refusal(options: Any) -> str:
    with pytest.raises(Exception) as caught:
        create_server(options)
    return f"{getattr(caught.value, 'code', '')} {caught.value}"


@pytest.mark.parametrize(
    ("name", "spelling"),
    [
        ("request_timeout", "requestTimeout"),
        ("headers_timeout", "headersTimeout"),
        ("keep_alive_timeout", "keepAliveTimeout"),
        ("keep_alive_timeout_buffer", "keepAliveTimeoutBuffer"),
        ("connections_checking_interval", "connectionsCheckingInterval"),
        ("max_header_size", "maxHeaderSize"),
    ],
)
def test_a_number_that_cannot_be_is_refused(name: str, spelling: str) -> None:
    out_of_range = f'ERR_OUT_OF_RANGE The value of "{spelling}" is out of range. It must be'
    assert refusal({spelling: -1}) == f"{out_of_range} >= 0 && <= {MAX}. Received -1"
    assert refusal({name: 1.5}) == f"{out_of_range} an integer. Received 1.5"
    assert refusal({name: float("inf")}) == f"{out_of_range} an integer. Received Infinity"
    assert (
        refusal({name: "x"})
        == f"ERR_INVALID_ARG_TYPE The \"{spelling}\" argument must be of type number. Received type string ('x')"
    )


@pytest.mark.parametrize(
    ("spelling", "kind"),
    [
        ("requireHostHeader", "boolean"),
        ("joinDuplicateHeaders", "boolean"),
        ("rejectNonStandardBodyWrites", "boolean"),
        ("optimizeEmptyRequests", "boolean"),
        ("insecureHTTPParser", "boolean"),
        ("shouldUpgradeCallback", "function"),
    ],
)
def test_an_option_of_the_wrong_type_is_refused(spelling: str, kind: str) -> None:
    expected = f'The "options.{spelling}" property must be of type {kind}. Received type number (1)'
    assert refusal({spelling: 1}) == f"ERR_INVALID_ARG_TYPE {expected}"


def test_other_wrong_arguments_are_refused() -> None:
    allowed = "must be one of: 'strict', 'relaxed', 'insecure'"
    both = "cannot be used together with options.insecureHTTPParser"
    code = "ERR_INVALID_ARG_VALUE The property 'options.httpValidation'"
    assert refusal({"httpValidation": "x"}) == f"{code} {allowed}. Received 'x'"
    assert refusal({"httpValidation": "strict", "insecureHTTPParser": False}) == f"{code} {both}. Received 'strict'"
    assert refusal({"headers_timeout": 10, "request_timeout": 5}) == (
        'ERR_OUT_OF_RANGE The value of "headersTimeout" is out of range. It must be <= requestTimeout. Received 10'
    )
    assert refusal(5) == 'ERR_INVALID_ARG_TYPE The "options" argument must be of type object. Received type number (5)'
    with pytest.raises(TypeError, match='The "listener" argument must be of type function'):
        create_server({}, "x")  # type: ignore[arg-type]


@pytest.mark.parametrize("options", [{"http_validation": "insecure"}, {"insecureHTTPParser": True}])
def test_a_server_can_be_told_to_let_more_pass(options: dict[str, Any]) -> None:
    bare_newlines = b"GET / HTTP/1.1\nHost: a\n\n"
    assert converse(lambda _req, res: res.end("x"), bare_newlines, **options).text == OK_KEEP + X
    assert "400" in converse(lambda _req, res: res.end("x"), bare_newlines).text


@pytest.mark.parametrize("validation", ["strict", "relaxed", "insecure"])
def test_what_is_let_pass_on_the_way_in_may_go_out_too(validation: str) -> None:
    refused: list[int] = []

    def handler(_req: Any, res: Any) -> None:
        calls: list[Callable[[], object]] = [
            lambda: res.write_information(104, {"a": "\x01"}),
            lambda: res.write_early_hints({"link": "</a>; rel=x", "b": "\x01"}),
            lambda: res.add_trailers({"c": "\x01"}),
            lambda: res.append_header("d", "\x01"),
            lambda: res.set_header("e", "\x01"),
            lambda: res.set_header("f", "\n"),
        ]
        for number, call in enumerate(calls):
            try:
                call()
            except TypeError:
                refused.append(number)
        res.end("x")

    converse(handler, GET, http_validation=validation)
    assert refused == ([0, 1, 2, 3, 4, 5] if validation == "strict" else [5])


def test_the_classes_of_messages_can_be_replaced() -> None:
    class Request(IncomingMessage):
        def path(self) -> str:
            return self.url

    class Response(ServerResponse):
        def writeHead(self, *args: Any) -> Any:
            self.set_header("X-Mine", "1")
            return super().writeHead(*args)

    def handler(req: Any, res: Any) -> None:
        res.end(req.path())

    text = converse(handler, GET, IncomingMessage=Request, server_response=Response).text
    assert text.endswith("Content-Length: 1\r\n\r\n/")
    assert "X-Mine: 1\r\n" in text


def test_write_head_can_be_wrapped_on_one_response() -> None:
    def handler(_req: Any, res: Any) -> None:
        original = res.writeHead

        def wrapped(*args: Any) -> Any:
            res.set_header("X-Late", "1")
            return original(*args)

        res.writeHead = wrapped
        res.end("x")

    assert "X-Late: 1\r\n" in converse(handler, GET).text
