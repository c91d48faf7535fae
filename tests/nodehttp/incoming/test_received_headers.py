"""IncomingMessage: how headers that came more than once are merged."""

from __future__ import annotations

import pytest

from nodehttp._headers import distinct_headers, merged_headers
from nodehttp._incoming import IncomingMessage
from nodestream import Duplex
from nodestream.loop import run

FIRST_WINS = [
    "age",
    "authorization",
    "content-length",
    "content-type",
    "etag",
    "expires",
    "from",
    "host",
    "if-modified-since",
    "if-unmodified-since",
    "last-modified",
    "location",
    "max-forwards",
    "proxy-authorization",
    "referer",
    "retry-after",
    "server",
    "user-agent",
]
JOINED = [
    "connection",
    "date",
    "expect",
    "upgrade",
    "vary",
    "origin",
    "keep-alive",
    "content-disposition",
    "content-encoding",
    "range",
    "if-range",
    "transfer-encoding",
    "x-anything",
    "constructor",
    "accept",
]


@pytest.mark.parametrize("name", FIRST_WINS)
def test_of_some_headers_only_the_first_counts(name: str) -> None:
    raw = [name.title(), "1", name.upper(), "2"]
    assert merged_headers(raw) == {name: "1"}
    assert merged_headers(raw, join_single=True) == {name: "1, 2"}


@pytest.mark.parametrize("name", JOINED)
def test_others_are_joined_by_a_comma(name: str) -> None:
    raw = [name.title(), "1", name, "2", name, ""]
    assert merged_headers(raw) == merged_headers(raw, join_single=True) == {name: "1, 2, "}


def test_cookies_are_joined_by_a_semicolon_and_set_cookies_never() -> None:
    raw = ["Cookie", "a=1", "Set-Cookie", "x", "cookie", "b=2", "set-cookie", "y"]
    expected = {"cookie": "a=1; b=2", "set-cookie": ["x", "y"]}
    assert merged_headers(raw) == merged_headers(raw, join_single=True) == expected
    assert merged_headers(["Set-Cookie", "x"]) == {"set-cookie": ["x"]}


def test_distinct_headers_keep_everything() -> None:
    raw = ["Age", "1", "age", "2", "Set-Cookie", "x"]
    assert distinct_headers(raw) == {"age": ["1", "2"], "set-cookie": ["x"]}


def test_a_message_merges_its_headers_when_it_is_asked_and_lets_them_be_replaced() -> None:
    def main() -> None:
        message = IncomingMessage()
        message.raw_headers = ["Age", "1", "AGE", "2"]
        assert message.headers == {"age": "1"}
        assert message.headers is message.headers
        assert message.headersDistinct == {"age": ["1", "2"]}
        assert (message.trailers, message.trailers_distinct) == ({}, {})
        message.headers = {"a": "b"}
        message.trailers = {"c": "d"}
        assert (message.headers, message.trailers) == ({"a": "b"}, {"c": "d"})

    run(main)


def test_a_message_has_nodes_defaults() -> None:
    def main() -> None:
        message = IncomingMessage()
        assert (message.http_version, message.method, message.url, message.statusCode) == (None, None, "", None)
        assert (message.raw_headers, message.rawTrailers, message.headers) == ([], [], {})
        assert (message.complete, message.aborted, message.upgrade, message.joinDuplicateHeaders) == (
            False,
            False,
            None,
            False,
        )
        assert message.connection is message.socket is None
        assert repr(message) == "<IncomingMessage 'None ' readable idle 0/65536>"

    run(main)


def test_a_message_takes_anything_for_a_socket_and_has_it_under_three_names() -> None:
    for socket, mark in ((None, 65536), ("x", 65536), ({}, 65536), (Duplex(high_water_mark=5), 5)):
        message = IncomingMessage(socket)
        assert message.readable_high_water_mark == mark
        assert message.socket is message.connection is message.client is socket
        assert message.read() is None
    message.connection = "y"
    assert message.socket == "y"
