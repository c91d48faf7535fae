"""What re-implementations get wrong, where no other test says it: one behaviour each, in the order of the list.

The numbers are those of the list of pitfalls that the project keeps; "security" is its last paragraph. Whatever is not
here is in the folders beside: `parsing` (what is refused, limits), `server`, `client`, `outgoing`.
"""

from __future__ import annotations

import ast
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import nodehttp
import nodestream
from nodehttp._client import request
from nodestream.errors import NodeError
from nodestream.timers import set_immediate
from tests.nodehttp.client.support import Diary as ClientDiary
from tests.nodehttp.client.support import RawServer, Scripted, in_loop, play, saying, scripted_agent
from tests.nodehttp.server.support import GET, Diary, ScriptedSocket, converse

HEAD = b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"
UNFINISHED = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab"


# 1: the client disconnects


def test_request_response_and_socket_all_close_with_the_client_though_the_body_was_never_read() -> None:
    diary = Diary()

    def handler(req: Any, res: Any) -> None:
        for name, emitter in (("req", req), ("res", res), ("socket", req.socket)):
            diary.watch(emitter, name, "close")
        diary.watch(req, "req", "end")
        set_immediate(req.socket.receive_end)

    converse(handler, UNFINISHED)
    assert sorted(diary) == ["req.close", "res.close", "socket.close"]


# 3: what write() returns


def test_an_empty_write_returns_false_while_the_socket_is_backed_up_and_true_when_it_is_not() -> None:
    returned: list[bool] = []

    def handler(req: Any, res: Any) -> None:
        socket: ScriptedSocket = req.socket
        returned.append(res.write(""))
        socket.backed_up = True
        returned.append(res.write(b"x" * socket.writable_high_water_mark))
        returned.append(res.write(b""))

        def on_drain() -> None:
            returned.append(res.write(""))
            res.end()

        res.on("drain", on_drain)
        set_immediate(socket.drain_all)

    converse(handler, GET)
    assert returned == [True, False, False, True]


# 9: informational responses


@pytest.mark.parametrize(
    ("expectation", "version", "answer"),
    [("100-CONTINUE", "1.1", "HTTP/1.1 100 Continue"), ("100-continue", "1.0", "HTTP/1.1 200 OK")],
)
def test_100_continue_is_sent_whatever_the_case_of_the_expectation_and_never_to_http_1_0(
    expectation: str, version: str, answer: str
) -> None:
    head = f"POST / HTTP/{version}\r\nHost: a\r\nExpect: {expectation}\r\nContent-Length: 1\r\n\r\nx"
    socket = converse(lambda _req, res: res.end("x"), head.encode())
    assert socket.text.partition("\r\n")[0] == answer


# 10: upgrade


@pytest.mark.parametrize(
    ("rest", "reused"), [(b"", True), (b"abc", False)], ids=["with nothing behind it", "with bytes behind it"]
)
def test_a_101_that_names_no_protocol_is_an_ordinary_response(rest: bytes, reused: bool) -> None:
    diary = ClientDiary()
    agent = nodehttp.Agent(keep_alive=True)

    def client(server: RawServer) -> None:
        asked = request(port=server.port, host="127.0.0.1", agent=agent)
        diary.watch(asked)
        asked.on("upgrade", diary.noting("req.upgrade"))
        asked.on("close", lambda: set_immediate(agent.destroy))
        agent.on("free", diary.noting("agent.free"))
        asked.end()

    lines = play(saying(b"HTTP/1.1 101 x\r\n\r\n" + rest), client, diary=diary)
    assert [line for line in lines if "res" in line] == [
        "req.response 101",
        "res.end",
        "res.close complete=true",
    ]
    assert ("agent.free" in lines) is reused


# 13: no body


def test_a_response_to_head_keeps_the_length_that_was_set_and_its_writes_say_true() -> None:
    returned: list[bool] = []

    def handler(_req: Any, res: Any) -> None:
        res.set_header("Content-Length", 5)
        returned.append(res.write(b"x" * 100_000))
        res.end("hello")

    socket = converse(handler, HEAD)
    assert returned == [True]
    assert "Content-Length: 5\r\n" in socket.text
    assert socket.text.endswith("\r\n\r\n")


# 23: errors


def test_an_error_given_to_destroy_before_there_is_a_socket_is_the_one_that_comes_out() -> None:
    seen: list[Any] = []
    failure = RuntimeError("mine")

    def main() -> None:
        agent, _ = scripted_agent()
        asked = request(agent=agent)
        asked.on("error", seen.append)
        asked.on("close", lambda: seen.append("close"))
        asked.destroy(failure)
        asked.destroy(RuntimeError("another"))

    in_loop(main)
    assert seen == [failure, "close"]


# Security: what is checked when it is sent


def made_head(*headers: tuple[str, Any], body: bytes | str = b"x", change: Callable[[], object] | None = None) -> bytes:
    def handler(_req: Any, res: Any) -> None:
        for name, value in headers:
            res.set_header(name, value)
        if change is not None:
            change()
        res.end(body)

    return b"".join(converse(handler, GET).sent).partition(b"\r\n\r\n")[0]


@pytest.mark.parametrize("body", [b"x", "x"], ids=["bytes", "text"])
@pytest.mark.parametrize("value", ["č ċ", "Ċa", ["a", "čĊb"], "\u2028Ā", "\u017f"])
def test_no_file_name_in_a_content_disposition_ends_its_line(value: Any, body: bytes | str) -> None:
    def on_the_wire(text: str) -> str:
        return text.encode().decode("latin-1")

    given = [on_the_wire(item) for item in value] if isinstance(value, list) else on_the_wire(value)
    head = made_head(("Content-Disposition", given), body=body)
    lines = head.split(b"\r\n")
    assert not any(byte < 0x20 or byte == 0x7F for line in lines for byte in line)
    assert [line[:5] for line in lines] == [
        b"HTTP/",
        *[b"Conte"] * (len(given) if isinstance(given, list) else 1),
        b"Date:",
        b"Conne",
        b"Keep-",
        b"Conte",
    ]


def test_a_list_that_was_changed_after_it_was_set_is_checked_again() -> None:
    values = ["a"]
    with pytest.raises(NodeError) as caught:
        made_head(("X-A", values), change=lambda: values.append("b\r\nInjected: c"))
    assert caught.value.code == "ERR_INVALID_CHAR"


def test_a_method_that_was_changed_after_the_request_was_made_is_checked_again() -> None:
    wire = Scripted()

    def main() -> None:
        agent, _ = scripted_agent(wire)
        asked = request(agent=agent)
        asked.method = "GET / HTTP/1.1\r\nX: y\r\n\r\nGET"
        with pytest.raises(NodeError) as caught:
            asked.end()
        assert caught.value.code == "ERR_INVALID_HTTP_TOKEN"
        asked.on("error", lambda _error: None)
        asked.destroy()

    in_loop(main)
    assert wire.sent == b""


@pytest.mark.parametrize(
    "value", ["5_0", "\N{ARABIC-INDIC DIGIT FIVE}", "nan", "inf", "1" * 5000, "+5"], ids=lambda value: value[:6]
)
def test_only_ascii_digits_are_a_length_that_a_body_is_held_against(value: str) -> None:
    def handler(_req: Any, res: Any) -> None:
        res.strict_content_length = True
        if value.isascii():
            res.set_header("Content-Length", value)
        else:
            with pytest.raises(NodeError):
                res.set_header("Content-Length", value)
        res.end("x")

    assert converse(handler, GET).text.endswith("\r\n\r\nx")


@pytest.mark.parametrize(
    ("link", "fine"),
    [
        ('<x>; rel="y"; a=b', True),
        ("<x>; a==b", True),
        ('<x>; rel="y"; a=b"', False),
        ('<x>;a="b;c"', False),
        ("<x>;", False),
        ("<x>; a\r\nInjected: b", False),
    ],
)
def test_a_link_is_what_node_takes_for_one(link: str, fine: bool) -> None:
    def handler(_req: Any, res: Any) -> None:
        if fine:
            res.write_early_hints({"link": link})
        else:
            with pytest.raises(NodeError) as caught:
                res.write_early_hints({"link": link})
            assert caught.value.code == "ERR_INVALID_ARG_VALUE"
        res.end()

    assert ("103 Early Hints" in converse(handler, GET).text) is fine


def test_a_link_takes_no_time_to_refuse() -> None:
    links = ["<x>" + ';a="b"' * 5000 + '"', "<x>" + ";a=b" * 5000 + '"', "<x>" + " " * 5000 + "x", "<" * 5000]
    refused: list[str] = []

    def handler(_req: Any, res: Any) -> None:
        for link in links:
            with pytest.raises(NodeError):
                res.write_early_hints({"link": link})
            refused.append(link)
        res.end()

    began = time.process_time()
    converse(handler, GET)
    assert refused == links
    assert time.process_time() - began < 1


def test_nothing_is_checked_by_assert() -> None:
    roots = [Path(package.__file__).parent for package in (nodehttp, nodestream) if package.__file__]
    files = [file for root in roots for file in root.rglob("*.py")]
    found = [
        f"{file.name}:{node.lineno}"
        for file in files
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Assert)
    ]
    assert files
    assert found == []
