"""examples/events_and_upload.py, used by Chromium as a person would, and by hand."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.examples.browser import Page, browser, page
from tests.examples.conftest import programs
from tests.examples.support import EXAMPLES, Start, ask

EXAMPLE = (sys.executable, EXAMPLES / "events_and_upload.py")
CONTENT = os.urandom(5_000_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
CONNECTED = "document.querySelector('#state').textContent === 'connected'"


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with browser(tmp_path_factory.mktemp("profile")) as url:
        yield url


@pytest.fixture
def url(start: Start) -> str:
    return start(*EXAMPLE)


@pytest.fixture
def opened(chromium: str, url: str) -> Iterator[Page]:
    """The page, connected."""
    with page(chromium) as opened:
        opened.open(url)
        opened.until(CONNECTED)
        yield opened


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a file <b> é.bin"
    path.write_bytes(CONTENT)
    return path


def first_line(text: str) -> str:
    """The condition that the newest event tells this."""
    return f"document.querySelector('li')?.textContent.includes({json.dumps(text)})"


def send_at(opened: Page, bytes_per_second: int) -> None:
    opened.command("Network.enable")
    opened.command(
        "Network.emulateNetworkConditions",
        offline=False,
        latency=0,
        downloadThroughput=-1,
        uploadThroughput=bytes_per_second,
    )


def events_of(opened: Page) -> list[tuple[str, str]]:
    """Kind and text of each event that the page lists, the oldest first."""
    kinds, texts = opened.texts("li b"), opened.texts("li span")
    return list(zip(kinds, texts, strict=True))[::-1]


# --- in the browser ---


def test_events_are_listed_as_they_come(chromium: str, opened: Page, url: str) -> None:
    opened.until(first_line("this page alone"))
    with page(chromium) as other:
        other.open(url)
        other.until(first_line("2 pages"))
        opened.until(first_line("2 pages"))
    opened.until(first_line("this page alone"))
    assert events_of(opened) == [
        ("watching", "this page alone"),
        ("watching", "2 pages"),
        ("watching", "this page alone"),
    ]


def test_an_upload_shows_its_progress_and_the_servers_count(opened: Page, file: Path) -> None:
    send_at(opened, 10_000_000)
    opened.evaluate(
        """window.seen = { sent: [], counted: [] };
        new MutationObserver((changes) => changes.forEach(({ target }) => seen[target.id].push(target.value)))
          .observe(document.querySelector('section'), { subtree: true, attributeFilter: ['value'] })"""
    )
    opened.choose_file("#file", file)
    opened.click("#start")
    opened.until("document.querySelector('#result').textContent.includes('SHA-256')")
    assert f"has received {len(CONTENT)} bytes in " in opened.text("#result")
    assert opened.text("#result").endswith(f"SHA-256: {SHA256}")
    assert opened.texts("output") == ["5.0 MB, 100 %", "5.0 MB, 100 %"]
    for values in opened.evaluate("seen").values():
        assert values == sorted(values)
        assert (values[0], values[-1]) == (0, 1)
        assert any(0 < value < 1 for value in values)
    opened.until(first_line("done"))
    assert events_of(opened)[1:] == [
        ("begun", f"{file.name}, 5.0 MB: 100 %"),
        ("done", f"{file.name}, 5.0 MB, SHA-256 {SHA256[:12]}\N{HORIZONTAL ELLIPSIS}"),
    ]


def test_an_upload_that_is_cancelled_is_told_of(chromium: str, opened: Page, url: str, file: Path) -> None:
    send_at(opened, 1_000_000)
    with page(chromium) as other:
        other.open(url)
        opened.choose_file("#file", file)
        opened.click("#start")
        opened.until("document.querySelector('#counted').value > 0")
        opened.click("#cancel")
        opened.until("document.querySelector('#result').textContent === 'Cancelled.'")
        for each in (opened, other):
            each.until(first_line("broken"))
            kind, text = events_of(each)[-1]
            assert (kind, text.startswith(f"{file.name} after "), text.endswith(": aborted")) == ("broken", True, True)
    send_at(opened, -1)
    opened.click("#start")  # and again
    opened.until("document.querySelector('#result').textContent.includes('SHA-256')")


def test_a_page_whose_server_was_restarted_comes_back(chromium: str) -> None:
    with page(chromium) as opened:
        with programs() as begin:
            url = begin(*EXAMPLE)
            opened.open(url)
            opened.until(CONNECTED)
        opened.until("document.querySelector('#state').textContent === 'connection lost, trying again'")
        with programs() as begin:
            assert begin(*EXAMPLE, PORT=str(urlsplit(url).port)) == url
            opened.until(CONNECTED)


# --- by hand ---


def test_the_page_and_what_is_not_there(url: str) -> None:
    status, _, headers, content = ask(url, "GET", "/")
    assert (status, dict(headers)["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert content == (EXAMPLES / "events_and_upload.html").read_bytes()
    assert ask(url, "GET", "/upload")[0] == ask(url, "POST", "/", b"x")[0] == 404


class Events:
    """The events of the server, one after the other."""

    def __init__(self, url: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
        self._connection.request("GET", "/events")
        self._response = self._connection.getresponse()
        assert self._response.headers["Content-Type"] == "text/event-stream"
        assert [self._response.readline(), self._response.readline()] == [b"retry: 500\n", b"\n"]

    def next(self) -> tuple[str, Any]:
        kind, data, end = (self._response.readline().decode() for _ in range(3))
        assert (kind[:7], data[:6], end) == ("event: ", "data: ", "\n")
        return kind[7:-1], json.loads(data[6:])

    def until(self, kind: str) -> list[tuple[str, Any]]:
        """All up to the next of this kind."""
        seen = [self.next()]
        while seen[-1][0] != kind:
            seen.append(self.next())
        return seen

    def close(self) -> None:
        self._response.close()
        self._connection.close()


def test_an_upload_of_unknown_length_is_counted_too(url: str) -> None:
    events = Events(url)
    assert events.next() == ("watching", {"count": 1})
    status, _, _, content = ask(url, "PUT", "/upload?id=1&name=a%20b", [b"x" * 100_000, b"y"])
    told = {"id": "1", "name": "a b", "received": 100_001, "sha256": hashlib.sha256(b"x" * 100_000 + b"y").hexdigest()}
    assert (status, json.loads(content)) == (201, told)
    assert events.next() == ("begun", {"id": "1", "name": "a b", "total": 0})
    assert events.next() == ("done", told)
    events.close()


def test_a_page_that_does_not_read_is_let_go(url: str) -> None:
    parts = urlsplit(url)
    events = Events(url)
    with socket.create_connection((parts.hostname, parts.port)) as stalled:
        stalled.sendall(b"GET /events HTTP/1.1\r\nHost: a\r\n\r\n")
        assert [events.next(), events.next()] == [("watching", {"count": 1}), ("watching", {"count": 2})]
        seen = []
        while ("watching", {"count": 1}) not in seen:  # until what the kernel holds for that page is full
            ask(url, "PUT", f"/upload?name={'x' * 12_000}", b"")
            seen = events.until("done")
    assert ask(url, "PUT", "/upload?name=after", b"")[0] == 201
    events.close()


def test_an_empty_upload(url: str) -> None:
    status, _, _, content = ask(url, "PUT", "/upload?name=empty", b"")
    told = {"id": None, "name": "empty", "received": 0, "sha256": hashlib.sha256().hexdigest()}
    assert (status, json.loads(content)) == (201, told)
