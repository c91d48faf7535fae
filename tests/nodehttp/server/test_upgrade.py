"""Upgrade and CONNECT: the socket changes hands, or the request is an ordinary one."""

from __future__ import annotations

from typing import Any

import pytest

from nodehttp._server import Server
from nodestream.timers import set_immediate
from tests.nodehttp.server.support import OK_KEEP, ScriptedSocket, X, converse

UPGRADE = b"GET /chat HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"
CONNECT = b"CONNECT example.com:443 HTTP/1.1\r\nHost: a\r\n\r\n"
EVENTS = ("data", "close", "error", "timeout", "drain")


def handed_over(event: str, *received: bytes) -> tuple[ScriptedSocket, list[Any]]:
    server = Server()
    seen: list[Any] = []

    def listener(req: Any, socket: Any, head: bytes) -> None:
        seen.append((req.method, req.url, req.upgrade, req.complete, head))
        seen.append([socket.listener_count(name) for name in EVENTS])
        seen.append((socket.readable_flowing, len(server._http_connections)))
        socket.on("data", seen.append)
        req.on("end", lambda: seen.append("req.end"))
        req.resume()
        socket.write("hello")

    server.on(event, listener)
    return converse(None, *received, server=server), seen


@pytest.mark.parametrize(
    ("event", "request_", "method", "url"),
    [("upgrade", UPGRADE, "GET", "/chat"), ("connect", CONNECT, "CONNECT", "example.com:443")],
)
def test_the_listener_gets_the_socket_and_what_came_behind_the_head(
    event: str, request_: bytes, method: str, url: str
) -> None:
    socket, seen = handed_over(event, request_ + b"rest", b"more")
    assert seen[0] == (method, url, True, True, b"rest")
    assert seen[1] == [0] * len(EVENTS)
    assert seen[2] == (None, 0)
    assert seen[3:] == ["req.end", b"more"]
    assert socket.text == "hello"
    assert not socket.is_over


def test_what_comes_behind_an_upgrade_is_not_taken_for_a_request() -> None:
    _, seen = handed_over("upgrade", UPGRADE + UPGRADE)
    assert seen[0][4] == UPGRADE


def test_an_upgrade_that_nobody_listens_to_is_an_ordinary_request() -> None:
    seen: list[Any] = []

    def handler(req: Any, res: Any) -> None:
        seen.append(req.upgrade)
        res.end("x")

    assert converse(handler, UPGRADE, UPGRADE).text == (OK_KEEP + X) * 2
    assert seen == [False, False]


def test_connect_that_nobody_listens_to_destroys_the_socket() -> None:
    socket = converse(lambda _req, res: res.end("x"), CONNECT)
    assert socket.destroyed
    assert socket.sent == []


def test_a_callback_can_decide_which_upgrades_to_take_up() -> None:
    urls: list[str] = []
    server = Server(should_upgrade_callback=lambda req: req.url == "/chat")
    server.on("upgrade", lambda req, socket, _head: (urls.append(req.url), socket.end()))
    server.on("request", lambda _req, res: res.end("x"))
    assert converse(None, UPGRADE.replace(b"/chat", b"/other"), UPGRADE, server=server).text == OK_KEEP + X
    assert urls == ["/chat"]


def test_an_upgrade_that_is_taken_up_without_a_listener_destroys_the_socket() -> None:
    server = Server(shouldUpgradeCallback=lambda _req: True)
    assert converse(None, UPGRADE, server=server).destroyed


def test_responses_that_are_pending_are_not_disturbed_by_the_peer_of_an_upgraded_socket() -> None:
    server = Server()
    done: list[str] = []
    server.on("upgrade", lambda _req, socket, _head: set_immediate(socket.destroy))
    server.on("close", lambda: done.append("closed"))
    socket = converse(None, UPGRADE, server=server)
    assert socket.destroyed
    assert socket.sent == []
