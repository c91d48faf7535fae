"""The example whose bodies are made in threads."""

from __future__ import annotations

import http.client
import sys
import time
from urllib.parse import urlsplit

import pytest

from tests.examples.support import EXAMPLES, Start, ask

LIMIT = 10
"""Seconds in which everything happens."""


@pytest.fixture
def server(start: Start) -> str:
    return start(sys.executable, EXAMPLES / "from_threads.py")


def test_rows_that_a_thread_makes_are_sent_whole_and_in_order(server: str) -> None:
    status, _, headers, content = ask(server, "GET", "/rows?count=30000")
    assert (status, ("Transfer-Encoding", "chunked") in headers) == (200, True)
    assert content == b"".join(b"%d,%d\n" % (number, number * number) for number in range(1, 30_001))


def test_what_asyncio_makes_is_sent_too(server: str) -> None:
    assert ask(server, "GET", "/ticks?count=3")[3] == b"tick 0\ntick 1\ntick 2\n"


@pytest.mark.parametrize("path", ["/rows", "/ticks"])
def test_a_client_that_goes_ends_what_makes_its_body(server: str, path: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(server).netloc, timeout=LIMIT)
    connection.request("GET", f"{path}?count=999999999999")
    response = connection.getresponse()
    assert response.read(100)
    assert ask(server, "GET", "/open")[3] == b"1\n"
    response.close()
    connection.close()
    deadline = time.monotonic() + LIMIT
    while ask(server, "GET", "/open")[3] != b"0\n":
        assert time.monotonic() < deadline


@pytest.mark.parametrize("path", ["/", "/rows?count=-1", "/ticks?count=x", "/rows?count=" + "9" * 30])
def test_what_there_is_not_is_not_found(server: str, path: str) -> None:
    assert ask(server, "GET", path)[0] == 404
