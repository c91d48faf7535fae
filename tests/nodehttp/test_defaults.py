"""Defaults of the module: assigned once, they hold for every server and request that does not say otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import nodehttp
from nodehttp._parsing import DEFAULT_MAX_HEADER_SIZE
from nodestream.errors import ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE
from tests.nodehttp.client.test_client_life import errors_of
from tests.nodehttp.server.support import GET, OK_KEEP, X, converse

LONG = b"GET / HTTP/1.1\r\nHost: a\r\nX: 12345678901\r\n\r\n"
BARE_NEWLINES = b"GET / HTTP/1.1\nHost: a\n\n"
RESPONSE = b"HTTP/1.1 200 OK\r\nX: 12345678901\r\nContent-Length: 0\r\n\r\n"
BARE_RESPONSE = b"HTTP/1.1 200 OK\nContent-Length: 0\n\n"


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    yield
    nodehttp.max_header_size = DEFAULT_MAX_HEADER_SIZE
    nodehttp.insecure_http_parser = False


def answer(data: bytes, **options: Any) -> str:
    return converse(lambda _req, res: res.end("x"), data, **options).text


def test_the_bound_of_a_head_is_the_modules() -> None:
    assert (nodehttp.max_header_size, nodehttp.maxHeaderSize) == (16384, 16384)
    nodehttp.maxHeaderSize = 15
    assert nodehttp.max_header_size == 15
    assert "431" in answer(LONG)
    assert errors_of(RESPONSE) == ["req.error HPE_HEADER_OVERFLOW Parse Error: Header overflow"]
    assert answer(GET) == OK_KEEP + X


def test_an_option_comes_before_the_modules_bound() -> None:
    nodehttp.max_header_size = 15
    assert answer(LONG, max_header_size=100) == OK_KEEP + X
    assert errors_of(RESPONSE, max_header_size=100) == ["req.response 200"]


def test_the_insecure_parser_is_the_modules() -> None:
    assert (nodehttp.insecure_http_parser, nodehttp.insecureHTTPParser) == (False, False)
    with pytest.warns(Warning, match="Using insecure HTTP parsing"):
        nodehttp.insecureHTTPParser = True
    assert answer(BARE_NEWLINES) == OK_KEEP + X
    assert errors_of(BARE_RESPONSE) == ["req.response 200"]


def test_options_come_before_the_modules_insecure_parser() -> None:
    with pytest.warns(Warning, match="Using insecure HTTP parsing"):
        nodehttp.insecure_http_parser = True
    assert "400" in answer(BARE_NEWLINES, insecure_http_parser=False)
    assert "400" in answer(BARE_NEWLINES, http_validation="strict")
    assert errors_of(BARE_RESPONSE, insecure_http_parser=False) != ["req.response 200"]


def test_what_is_no_bound_and_no_flag_is_refused() -> None:
    for wrong in ("1", None, True):
        with pytest.raises(ERR_INVALID_ARG_TYPE, match="maxHeaderSize"):
            nodehttp.max_header_size = wrong  # type: ignore[assignment]
    for size in (0, -1, 1.5, float("inf")):
        with pytest.raises(ERR_OUT_OF_RANGE, match="maxHeaderSize"):
            nodehttp.max_header_size = size  # type: ignore[assignment]
    with pytest.raises(ERR_INVALID_ARG_TYPE, match="insecureHTTPParser"):
        nodehttp.insecure_http_parser = 1  # type: ignore[assignment]
    assert (nodehttp.max_header_size, nodehttp.insecure_http_parser) == (16384, False)


def test_the_number_of_idle_parsers_is_a_whole_one() -> None:
    assert nodehttp.set_max_idle_http_parsers(1) is None
    assert nodehttp.setMaxIdleHTTPParsers(2**53 - 1) is None
    for wrong in ("1", None, True):
        with pytest.raises(ERR_INVALID_ARG_TYPE, match='The "max" argument must be of type number'):
            nodehttp.set_max_idle_http_parsers(wrong)  # type: ignore[arg-type]
    for number in (0, -1, 1.5, float("nan"), float("-inf"), 2**53):
        with pytest.raises(ERR_OUT_OF_RANGE, match='"max"'):
            nodehttp.set_max_idle_http_parsers(number)  # type: ignore[arg-type]
