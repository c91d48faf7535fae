"""What a request refuses before anything is sent, in Node's words (errors of http.request, Node 24.19)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from nodehttp._agent import Agent
from nodehttp._client import request
from nodehttp._url import url_to_options
from nodestream import process
from nodestream.errors import NodeError
from nodestream.events import Symbol
from tests.nodehttp.client.support import in_loop, scripted_agent

LIMITS = "must be one of: 'strict', 'relaxed', 'insecure'"
AGENT = "one of Agent-like Object, undefined, or false"
HOST = "of type string or one of undefined or null"
UNESCAPED = "Request path contains unescaped characters"
NO_FLOAT = 'The value of "timeout" is out of range. It must be a non-negative finite number. Received'
SIZE = 'The value of "maxHeaderSize" is out of range. It must be'

REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"agent": 5}, "ERR_INVALID_ARG_TYPE", f'The "options.agent" property must be {AGENT}. Received type number (5)'),
    (
        {"agent": {}},
        "ERR_INVALID_ARG_TYPE",
        f'The "options.agent" property must be {AGENT}. Received an instance of Object',
    ),
    ({"path": "a b"}, "ERR_UNESCAPED_CHARACTERS", UNESCAPED),
    ({"path": "/\u0100"}, "ERR_UNESCAPED_CHARACTERS", UNESCAPED),
    ({"path": "/\r\nX: y"}, "ERR_UNESCAPED_CHARACTERS", UNESCAPED),
    ({"path": "/\n"}, "ERR_UNESCAPED_CHARACTERS", UNESCAPED),
    (
        {"method": 5},
        "ERR_INVALID_ARG_TYPE",
        'The "options.method" property must be of type string. Received type number (5)',
    ),
    (
        {"method": Symbol("x")},
        "ERR_INVALID_ARG_TYPE",
        'The "options.method" property must be of type string. Received type symbol (Symbol(x))',
    ),
    ({"method": "A B"}, "ERR_INVALID_HTTP_TOKEN", 'Method must be a valid HTTP token ["A B"]'),
    ({"method": "GET\n"}, "ERR_INVALID_HTTP_TOKEN", 'Method must be a valid HTTP token ["GET\n"]'),
    ({"method": "\xe9"}, "ERR_INVALID_HTTP_TOKEN", 'Method must be a valid HTTP token ["\xe9"]'),
    ({"host": 5}, "ERR_INVALID_ARG_TYPE", f'The "options.host" property must be {HOST}. Received type number (5)'),
    (
        {"hostname": {}},
        "ERR_INVALID_ARG_TYPE",
        f'The "options.hostname" property must be {HOST}. Received an instance of Object',
    ),
    (
        {"max_header_size": "x"},
        "ERR_INVALID_ARG_TYPE",
        "The \"maxHeaderSize\" argument must be of type number. Received type string ('x')",
    ),
    ({"max_header_size": -1}, "ERR_OUT_OF_RANGE", f"{SIZE} >= 0 && <= 9007199254740991. Received -1"),
    ({"max_header_size": 1.5}, "ERR_OUT_OF_RANGE", f"{SIZE} an integer. Received 1.5"),
    ({"max_header_size": float("nan")}, "ERR_OUT_OF_RANGE", f"{SIZE} an integer. Received NaN"),
    (
        {"timeout": "x"},
        "ERR_INVALID_ARG_TYPE",
        "The \"timeout\" argument must be of type number. Received type string ('x')",
    ),
    ({"timeout": -1}, "ERR_OUT_OF_RANGE", f"{NO_FLOAT} -1"),
    ({"timeout": float("inf")}, "ERR_OUT_OF_RANGE", f"{NO_FLOAT} Infinity"),
    (
        {"insecure_http_parser": "x"},
        "ERR_INVALID_ARG_TYPE",
        "The \"options.insecureHTTPParser\" property must be of type boolean. Received type string ('x')",
    ),
    (
        {"join_duplicate_headers": 1},
        "ERR_INVALID_ARG_TYPE",
        'The "options.joinDuplicateHeaders" property must be of type boolean. Received type number (1)',
    ),
    (
        {"http_validation": "x"},
        "ERR_INVALID_ARG_VALUE",
        f"The property 'options.httpValidation' {LIMITS}. Received 'x'",
    ),
    (
        {"http_validation": "strict", "insecure_http_parser": False},
        "ERR_INVALID_ARG_VALUE",
        "The property 'options.httpValidation' cannot be used together with options.insecureHTTPParser. "
        "Received 'strict'",
    ),
    ({"protocol": "https:"}, "ERR_INVALID_PROTOCOL", 'Protocol "https:" not supported. Expected "http:"'),
    ({"headers": ["a"]}, "ERR_INVALID_ARG_VALUE", "The argument 'headers' is invalid. Received [ 'a' ]"),
    ({"headers": {"a": None}}, "ERR_HTTP_INVALID_HEADER_VALUE", 'Invalid value "undefined" for header "a"'),
    ({"headers": {"a b": "x"}}, "ERR_INVALID_HTTP_TOKEN", 'Header name must be a valid HTTP token ["a b"]'),
    ({"headers": {"a": "x\r\ny: z"}}, "ERR_INVALID_CHAR", 'Invalid character in header content ["a"]'),
    ({"headers": {"a": "\n"}}, "ERR_INVALID_CHAR", 'Invalid character in header content ["a"]'),
    ({"headers": ["a b", "x"]}, "ERR_INVALID_HTTP_TOKEN", 'Header name must be a valid HTTP token ["a b"]'),
    ({"headers": [("a", "\u0100")]}, "ERR_INVALID_CHAR", 'Invalid character in header content ["a"]'),
    (
        {"headers": {"host": 5}},
        "ERR_INVALID_ARG_TYPE",
        'The "options.headers.host" property must be of type string. Received type number (5)',
    ),
    (
        {"headers": {"host": []}},
        "ERR_INVALID_ARG_TYPE",
        'The "options.headers.host" property must be of type string. Received an instance of Array',
    ),
    ({"headers": ["Trailer", "x"]}, "ERR_HTTP_TRAILER_INVALID", "Trailers are invalid with this transfer encoding"),
    ({"port": "x"}, "ERR_SOCKET_BAD_PORT", "Port should be >= 0 and < 65536. Received type string ('x')."),
    ({"port": 70000}, "ERR_SOCKET_BAD_PORT", "Port should be >= 0 and < 65536. Received type number (70000)."),
    ({"local_address": "zz"}, "ERR_INVALID_IP_ADDRESS", "Invalid IP address: zz"),
]


@pytest.mark.parametrize(("options", "code", "message"), REFUSED, ids=lambda value: repr(value)[:50])
def test_a_request_is_refused_before_anything_is_sent(options: dict[str, Any], code: str, message: str) -> None:
    def play() -> None:
        with pytest.raises(NodeError) as caught:
            request(**{"agent": Agent(), **options})
        assert (caught.value.code, str(caught.value)) == (code, message)

    in_loop(play)


def test_a_mapping_in_nodes_spelling_is_refused_alike() -> None:
    with pytest.raises(NodeError, match="maxHeaderSize"):
        request({"maxHeaderSize": -1})


@pytest.mark.parametrize("url", ["foo", "/p", "", "http://", "http://a b/", "http://h:x/", "//h/p"])
def test_what_is_no_absolute_url_is_refused(url: str) -> None:
    with pytest.raises(NodeError) as caught:
        request(url)
    assert (caught.value.code, str(caught.value)) == ("ERR_INVALID_URL", "Invalid URL")


@pytest.mark.parametrize("url", ["https://a/", "ftp://a/", "localhost:3000/x"])
def test_a_url_of_another_protocol_is_refused(url: str) -> None:
    protocol = url_to_options(url)["protocol"]
    with pytest.raises(NodeError, match=f'Protocol "{protocol}" not supported. Expected "http:"'):
        request(url)


def test_an_unknown_keyword_is_an_error_and_an_unknown_key_is_not() -> None:
    agent, sockets = scripted_agent()
    with pytest.raises(TypeError, match="unexpected keyword argument 'hots'"):
        request(hots="x")
    in_loop(lambda: request({"hots": "x", "agent": agent}).end())
    assert sockets[0].sent.startswith(b"GET / HTTP/1.1\r\nHost: localhost\r\n")


@pytest.mark.parametrize("wrong", [(5,), ("http://h", 5), (None, 5), ("http://h", [], print)])
def test_options_that_are_no_mapping_are_refused(wrong: tuple[Any, ...]) -> None:
    with pytest.raises(NodeError, match='The "options" argument must be of type object'):
        request(*wrong)


@pytest.mark.parametrize("wrong", [({}, 5), ({}, {}), ("http://h", {}, 5), ("http://h", None, {}), (None, {}, "x")])
def test_a_callback_that_is_no_function_is_refused(wrong: tuple[Any, ...]) -> None:
    with pytest.raises(NodeError, match='The "listener" argument must be of type function'):
        request(*wrong)


def test_an_agents_options_that_are_no_mapping_are_refused() -> None:
    with pytest.raises(NodeError, match='The "options" argument must be of type object'):
        Agent(5)  # type: ignore[arg-type]


@pytest.mark.parametrize("auth", ["a:b", b"a:b", bytearray(b"a:b")])
def test_credentials_may_be_bytes(auth: Any) -> None:
    agent, _ = scripted_agent()
    made: list[Any] = []
    in_loop(lambda: made.append(request(agent=agent, auth=auth).destroy().on("error", lambda _: None)))
    assert made[0].get_header("authorization") == "Basic YTpi"


def test_credentials_that_are_no_text_are_refused() -> None:
    expected = "The first argument must be of type string or an instance of Buffer, ArrayBuffer, or Array"
    with pytest.raises(NodeError, match=expected):
        request(auth=5)


def test_a_path_that_is_set_later_is_checked_too() -> None:
    agent, sockets = scripted_agent()

    def play() -> None:
        made = request(agent=agent, host="h")
        with pytest.raises(NodeError, match=UNESCAPED):
            made.path = "a b"
        made.path = "/later"
        made.end()

    in_loop(play)
    assert sockets[0].sent.startswith(b"GET /later HTTP/1.1\r\n")


@pytest.mark.parametrize(("msecs", "code"), [("x", "ERR_INVALID_ARG_TYPE"), (-1, "ERR_OUT_OF_RANGE")])
def test_a_timeout_that_is_set_later_is_checked_too(msecs: Any, code: str) -> None:
    agent, _ = scripted_agent()

    def play() -> None:
        with pytest.raises(NodeError, match='"msecs"') as caught:
            request(agent=agent).set_timeout(msecs)
        assert caught.value.code == code

    in_loop(play)


def test_a_timeout_beyond_all_timers_is_cut_with_a_warning() -> None:
    agent, _ = scripted_agent()
    with pytest.warns(Warning, match=r"2147483648 does not fit into a 32-bit signed integer.\nTimer duration"):
        made: Any = in_loop(lambda: request(agent=agent, timeout=2**31))
    assert made.timeout == 2**31 - 1


def test_that_warning_is_one_of_the_process_too() -> None:
    agent, _ = scripted_agent()
    names: list[str] = []
    process.once("warning", lambda warning: names.append(type(warning).__name__))
    with pytest.warns(Warning, match="does not fit"):
        in_loop(lambda: request(agent=agent, timeout=2**31))
    assert names == ["TimeoutOverflowWarning"]


LENIENT: list[dict[str, Any]] = [
    {"http_validation": "relaxed"},
    {"http_validation": "insecure"},
    {"insecure_http_parser": True},
]


@pytest.mark.parametrize("options", LENIENT, ids=str)
@pytest.mark.parametrize("flat", [True, False])
def test_a_lenient_request_sends_control_characters_but_never_the_end_of_a_line(
    options: dict[str, Any], flat: bool
) -> None:
    def headers(value: str) -> Any:
        return ["a", value] if flat else {"a": value}

    agent, sockets = scripted_agent()
    in_loop(lambda: request(agent=agent, headers=headers("x\x01y\x7f"), **options).end())
    assert b"a: x\x01y\x7f\r\n" in sockets[0].sent
    for wrong in ("a\nb", "a\rb", "\0", "\u0100"):
        with pytest.raises(NodeError, match="Invalid character in header content"):
            request(agent=agent, headers=headers(wrong), **options)


def test_a_lenient_request_sends_lenient_trailers() -> None:
    agent, sockets = scripted_agent()

    def begin() -> None:
        made = request(agent=agent, method="POST", http_validation="relaxed")
        made.write("a")
        made.add_trailers({"T": "\x01"})
        made.end()

    in_loop(begin)
    assert sockets[0].sent.endswith(b"0\r\nT: \x01\r\n\r\n")


def _agent_refused(make: Callable[[], object], code: str, message: str) -> None:
    with pytest.raises(NodeError) as caught:
        make()
    assert (caught.value.code, str(caught.value)) == (code, message)


def test_an_agent_refuses_what_nodes_does() -> None:
    _agent_refused(
        lambda: Agent(scheduling="x"),
        "ERR_INVALID_ARG_VALUE",
        "The argument 'scheduling' must be one of: 'fifo', 'lifo'. Received 'x'",
    )
    _agent_refused(
        lambda: Agent(max_total_sockets="x"),
        "ERR_INVALID_ARG_TYPE",
        "The \"maxTotalSockets\" argument must be of type number. Received type string ('x')",
    )
    _agent_refused(
        lambda: Agent({"maxTotalSockets": 0}),
        "ERR_OUT_OF_RANGE",
        'The value of "maxTotalSockets" is out of range. It must be >= 1. Received 0',
    )
    with pytest.raises(TypeError, match="unexpected keyword argument 'max_socket'"):
        Agent(max_socket=1)
