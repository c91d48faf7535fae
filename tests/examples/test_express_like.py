"""examples/express_like.mjs in Node and examples/express_like.py here: one client gets the same answers from both."""

from __future__ import annotations

import http.client
import json
import socket
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from compliance._node import node_binary
from tests.examples.support import EXAMPLES, Start, target_that_answers

NODE = (node_binary(), EXAMPLES / "express_like.mjs")
PYTHON = (sys.executable, EXAMPLES / "express_like.py")
NOBODY = "http://127.0.0.1:1"

Body = bytes | Iterable[bytes] | None
Exchange = tuple[int, str, list[tuple[str, str]], bytes, bool]


class Client:
    """One connection to a program, made again when it was closed."""

    def __init__(self, url: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)

    def ask(self, method: str, path: str, body: Body = None, **headers: str) -> Exchange:
        """The answer without its date, and whether the connection goes on."""
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        content = response.read()
        kept = [(name, value) for name, value in response.getheaders() if name.lower() != "date"]
        return response.status, response.reason, kept, content, self._connection.sock is not None

    def close(self) -> None:
        self._connection.close()


class Pair:
    """The program in Node and the program in Python, and a client of each."""

    def __init__(self, start: Start, directory: Path, upstream: str) -> None:
        self.urls = []
        for name, command in (("node", NODE), ("python", PYTHON)):
            files = directory / name
            files.mkdir()
            self.urls.append(start(*command, FILES=str(files), UPSTREAM=upstream))
        self.clients = [Client(url) for url in self.urls]

    def ask(self, method: str, path: str, body: Body = None, **headers: str) -> Exchange:
        """The answer of both, which must be the same."""
        node, python = (client.ask(method, path, body, **headers) for client in self.clients)
        assert python == node
        return python

    def close(self) -> None:
        for client in self.clients:
            client.close()


@pytest.fixture
def pair(start: Start, tmp_path: Path) -> Iterator[Pair]:
    upstream = start(node_binary(), EXAMPLES / "server.js").rstrip("/")
    pair = Pair(start, tmp_path, upstream)
    yield pair
    pair.close()


@pytest.fixture
def pair_without_upstream(start: Start, tmp_path: Path) -> Iterator[Pair]:
    pair = Pair(start, tmp_path, NOBODY)
    yield pair
    pair.close()


def note(title: object) -> bytes:
    return json.dumps({"title": title}, ensure_ascii=False).encode()


def test_routes_and_middleware(pair: Pair) -> None:
    assert pair.ask("GET", "/")[3] == b"Hello from a router.\n"
    assert dict(pair.ask("GET", "/?a=b")[2])["X-Request"] == "2"
    for method, path in [
        ("GET", "/nowhere"),
        ("GET", "/nowhere?/"),
        ("HEAD", "/"),
        ("PATCH", "/notes/1"),
        ("GET", "/notes/"),
        ("GET", "/notes/a/b"),
        ("GET", "/notes/%C3%A9"),
        ("GET", "*"),
        ("OPTIONS", "*"),
    ]:
        assert pair.ask(method, path)[0] == 404
    assert pair.ask("GET", "/nowhere")[3] == b'{"error":"There is nothing to GET at /nowhere."}\n'


def test_json_bodies(pair: Pair) -> None:
    assert pair.ask("POST", "/notes", note("first"))[:2] == (201, "Created")
    status, _, headers, content, _ = pair.ask("POST", "/notes", [note("zwei é 😀")[:12], note("zwei é 😀")[12:]])
    assert (status, dict(headers)["Location"]) == (201, "/notes/2")
    assert json.loads(content) == {"id": 2, "title": "zwei é 😀"}
    assert pair.ask("GET", "/notes/1")[3] == b'{"id":1,"title":"first"}\n'
    assert pair.ask("GET", "/notes/3")[0] == 404
    assert pair.ask("DELETE", "/notes/1")[0] == 204
    assert pair.ask("DELETE", "/notes/1")[0] == 404
    assert pair.ask("GET", "/notes/1")[0] == 404


BODIES = [
    (b"", 400),
    (b'{"title":', 400),
    (b'{"title":"\xff"}', 201),
    (b"\xff", 400),
    (b"null", 422),
    (b"[1]", 422),
    (b"5", 422),
    (b"[" * 50_000, 400),
    (b"{}", 422),
    (note(5), 422),
    (note("x" * 99_980), 201),
    (note("x" * 100_000), 413),
    (note("x" * 1_000_000), 413),
]


def test_bodies_that_are_no_notes_are_refused_and_the_connection_goes_on(pair: Pair) -> None:
    for body, status in BODIES:
        answer = pair.ask("POST", "/notes", body)
        assert (answer[0], answer[4]) == (status, True), body[:100]
        answer = pair.ask("POST", "/notes", [body[:5], body[5:]])
        assert (answer[0], answer[4]) == (status, True), body[:100]


def test_files_up_and_down(pair: Pair) -> None:
    content = bytes(range(256)) * 2000
    assert pair.ask("PUT", "/files/new", content)[3] == b'{"name":"new","length":512000}\n'
    status, _, headers, received, _ = pair.ask("GET", "/files/new")
    assert (status, dict(headers)["Transfer-Encoding"], received) == (200, "chunked", content)
    assert pair.ask("PUT", "/files/new", [b"a", b"b" * 70_000])[3] == b'{"name":"new","length":70001}\n'
    assert pair.ask("GET", "/files/new")[3] == b"a" + b"b" * 70_000
    assert pair.ask("PUT", "/files/empty")[3] == b'{"name":"empty","length":0}\n'
    assert pair.ask("GET", "/files/empty")[3] == b""
    assert pair.ask("GET", "/files/nothing")[3] == b'{"error":"There is no such file."}\n'
    for path in ("/files/.hidden", "/files/..", "/files/%2e%2e", "/files/a/b"):
        assert pair.ask("GET", path)[0] == pair.ask("PUT", path, b"x")[0] == 404


def test_an_upload_that_breaks_off_disturbs_nobody(pair: Pair) -> None:
    for url in pair.urls:
        parts = urlsplit(url)
        with socket.create_connection((parts.hostname, parts.port), timeout=10) as connection:
            connection.sendall(b"PUT /files/half HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf")
            connection.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda c=connection: c.recv(65536), b""))
        assert answer == b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"
    assert pair.ask("GET", "/")[0] == 200


def test_the_proxy(pair: Pair) -> None:
    assert pair.ask("GET", "/proxy/")[3] == b"Hello from a stream.\n"
    assert pair.ask("POST", "/proxy/echo", b"y" * 300_000)[3] == b"y" * 300_000
    assert pair.ask("POST", "/proxy/echo?a", [b"y" * 100_000] * 3, **{"Content-Type": "a/b"})[3] == b"y" * 300_000
    assert pair.ask("POST", "/proxy/length", b"z" * 1000)[3] == b"1000\n"
    assert pair.ask("HEAD", "/proxy/")[3] == b""
    assert pair.ask("GET", "/proxy/nowhere")[3] == b"Not found.\n"
    assert pair.ask("GET", "/proxy/", Trailer="X-Sum")[0] == 200
    assert pair.ask("GET", "/proxy/http://[/")[0] == 404


def test_the_proxy_without_an_upstream(pair_without_upstream: Pair) -> None:
    pair = pair_without_upstream
    refused = b'{"error":"The upstream is not there."}\n'
    assert pair.ask("GET", "/proxy/")[3] == refused
    assert pair.ask("POST", "/proxy/echo", b"y" * 1000)[3] == refused
    assert pair.ask("POST", "/proxy/echo", [b"y" * 1000, b"z"])[3] == refused
    assert pair.ask("GET", "/")[0] == 200


def test_an_answer_of_the_upstream_that_breaks_off_breaks_off(start: Start, tmp_path: Path) -> None:
    with target_that_answers(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this") as upstream:
        pair = Pair(start, tmp_path, upstream)
        for client in pair.clients:
            with pytest.raises(http.client.IncompleteRead) as caught:
                client.ask("GET", "/proxy/")
            assert (caught.value.partial, caught.value.expected) == (b"only this", 991)
        pair.close()


def test_an_upstream_that_announces_trailers(start: Start, tmp_path: Path) -> None:
    with target_that_answers(b"HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nContent-Length: 2\r\n\r\nok") as upstream:
        pair = Pair(start, tmp_path, upstream)
        assert pair.ask("GET", "/proxy/")[3] == b"ok"
        pair.close()


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nX: ", b"nonsense\r\n\r\n"])
def test_an_upstream_that_gives_no_answer_is_an_error(start: Start, tmp_path: Path, answer: bytes) -> None:
    with target_that_answers(answer) as upstream:
        pair = Pair(start, tmp_path, upstream)
        assert pair.ask("GET", "/proxy/")[0] == 500
        assert pair.ask("GET", "/")[0] == 200
        pair.close()


class Listener:
    """Reads the events of a program."""

    def __init__(self, url: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
        self._connection.request("GET", "/events")
        self._response = self._connection.getresponse()

    def read(self, blocks: int) -> bytes:
        """So many blocks, each with the empty line that ends it."""
        text = b""
        while text.count(b"\n\n") < blocks:
            text += self._response.readline()
        return text

    def close(self) -> None:
        self._response.close()
        self._connection.close()


def test_events_come_in_order_to_everyone_who_listens(pair: Pair) -> None:
    listeners = [Listener(url) for url in pair.urls for _ in range(2)]
    for title in ("one", "two", "drei ü"):
        pair.ask("POST", "/notes", note(title))
    pair.ask("POST", "/notes", b"no note")
    pair.ask("DELETE", "/notes/2")
    seen = [listener.read(5) for listener in listeners]
    assert (
        seen[0]
        == (
            'retry: 1000\n\nid: 1\nevent: added\ndata: {"id":1,"title":"one"}\n\n'
            'id: 2\nevent: added\ndata: {"id":2,"title":"two"}\n\n'
            'id: 3\nevent: added\ndata: {"id":3,"title":"drei ü"}\n\n'
            'id: 4\nevent: removed\ndata: "2"\n\n'
        ).encode()
    )
    assert seen == [seen[0]] * 4
    for first in listeners[::2]:  # one of two goes away, and the other is told all the same
        first.close()
    pair.ask("POST", "/notes", note("last"))
    for second in listeners[1::2]:
        assert second.read(1) == b'id: 5\nevent: added\ndata: {"id":4,"title":"last"}\n\n'
        second.close()
