"""`repr()` of streams, sockets and messages: short, on one line, and it never fails."""

from __future__ import annotations

from typing import Any

import pytest

import nodehttp
from nodehttp import net
from nodestream import Duplex, PassThrough, Readable, Transform, Writable, run

CLASSES = [
    Readable,
    Writable,
    Duplex,
    Transform,
    PassThrough,
    net.Socket,
    nodehttp.IncomingMessage,
    nodehttp.OutgoingMessage,
    nodehttp.ServerResponse,
    nodehttp.ClientRequest,
]


@pytest.mark.parametrize("cls", CLASSES)
def test_a_subclass_that_has_not_called_its_base_can_be_shown(cls: type) -> None:
    half_made = type("HalfMade", (cls,), {"__init__": lambda self: None})()
    assert repr(half_made) == "<HalfMade whose state cannot be told>"


def test_an_error_that_cannot_be_shown_does_no_harm() -> None:
    class Bad(Exception):
        def __repr__(self) -> str:
            raise RuntimeError

    def main() -> str:
        stream = Readable()
        stream.on("error", lambda error: None)
        return repr(stream.destroy(Bad()))

    assert run(main) == "<Readable whose state cannot be told>"


def test_pipes_and_corks_are_shown() -> None:
    def main() -> list[str]:
        source, dest = Readable(read=lambda self, size: None), PassThrough()
        source.pipe(dest)
        dest.cork()
        shown = [repr(source), repr(dest)]
        source.destroy()
        return shown

    source, dest = run(main)
    assert source == "<Readable readable flowing 0/65536 pipes=1>"
    assert dest == "<PassThrough readable idle 0/65536, writable open 0/65536 corked=1>"


def test_sockets_show_their_ends_and_messages_their_first_line() -> None:
    shown: dict[str, str] = {}

    def on_request(req: Any, res: Any) -> None:
        shown.update(req=repr(req), res=repr(res), socket=repr(req.socket), port=str(req.socket.remote_port))
        res.end()
        server.close()

    def main() -> None:
        server.listen(0, "127.0.0.1", ask)

    def ask() -> None:
        port = server.address()["port"]
        request = nodehttp.get(f"http://127.0.0.1:{port}/{'x' * 500}", lambda res: shown.update(answer=repr(res)))
        shown["request"] = repr(request)

    server = nodehttp.create_server(on_request)
    run(main)
    url = "/" + "x" * 56 + "..."
    assert shown["req"].startswith(f"<IncomingMessage 'GET {url}' readable ")
    assert shown["res"] == f"<ServerResponse 200 to GET {url!r}: no head yet, open>"
    assert shown["answer"].startswith("<IncomingMessage '200 OK' readable ")
    assert shown["request"].startswith("<ClientRequest GET http://127.0.0.1")
    assert f" to 127.0.0.1:{shown['port']}, open readable " in shown["socket"]
    assert all(len(text) <= 150 and "\n" not in text for text in shown.values())
