"""Which engine parses: the option `parser` of servers, requests and agents, and NODEHTTP_PARSER."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import nodehttp
from nodehttp import https
from nodehttp._parsing import _engines, _h11, _llhttp
from nodestream.errors import ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE
from nodestream.loop import run

ENGINES = {"h11": _h11, "llhttp": _llhttp}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """One without NODEHTTP_PARSER, in which nothing has been found out."""
    monkeypatch.delenv("NODEHTTP_PARSER", raising=False)
    _forget()
    yield monkeypatch
    monkeypatch.undo()
    _forget()


def _forget() -> None:
    for function in (_engines._default_engine, _engines._complaint_about_httptools, _engines.head_reader):
        function.cache_clear()


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The engines that were asked, each with what it read."""
    calls: list[str] = []

    def watched(engine: str, kind: str, accepts: Callable[[bytes], bool]) -> Callable[[bytes], bool]:
        def judge(head: bytes) -> bool:
            calls.append(f"{kind} {engine}")
            return accepts(head)

        return judge

    for engine, module in ENGINES.items():
        for kind in ("request", "response"):
            name = f"accepts_{kind}"
            monkeypatch.setattr(module, name, watched(engine, kind, getattr(module, name)))
    return calls


def exchange(server: Any, **options: Any) -> None:
    """One request to the server."""

    def main() -> None:
        def on_response(response: Any) -> None:
            response.resume()
            response.on("end", server.close)

        def on_listening() -> None:
            nodehttp.request({"port": server.address()["port"], **options}, on_response).end()

        server.on("request", lambda _, response: response.end())
        server.listen(0, "127.0.0.1", on_listening)

    run(main)


def without_httptools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "httptools", None)


def test_llhttp_is_used_when_it_is_installed(judged: list[str]) -> None:
    exchange(nodehttp.create_server())
    assert judged == ["request llhttp", "response llhttp"]


def test_h11_is_used_when_llhttp_is_not_installed(judged: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    without_httptools(monkeypatch)
    exchange(nodehttp.create_server())
    assert judged == ["request h11", "response h11"]


def test_h11_is_used_when_httptools_is_too_old(judged: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("httptools.__version__", "0.8.0")
    exchange(nodehttp.create_server())
    assert judged == ["request h11", "response h11"]
    with pytest.raises(ModuleNotFoundError) as caught:
        nodehttp.create_server(parser="llhttp")
    wanted = "options.parser 'llhttp' needs httptools 0.9 or later: pip install --upgrade nodehttp[llhttp]"
    assert str(caught.value) == wanted


@pytest.mark.parametrize("engine", ENGINES)
def test_the_environment_can_say_which(engine: str, judged: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NODEHTTP_PARSER", engine)
    exchange(nodehttp.create_server())
    monkeypatch.setenv("NODEHTTP_PARSER", "it is read once")
    exchange(nodehttp.create_server())
    assert judged == [f"request {engine}", f"response {engine}"] * 2


def test_options_win_over_the_environment_and_a_request_over_its_agent(
    judged: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NODEHTTP_PARSER", "llhttp")
    exchange(nodehttp.create_server({"parser": "h11"}), agent=nodehttp.Agent(parser="h11"))
    exchange(nodehttp.create_server(), agent=nodehttp.Agent({"parser": "h11"}), parser="llhttp")
    exchange(nodehttp.create_server(parser=None), parser="h11")
    assert judged == [
        *("request h11", "response h11"),
        *("request llhttp", "response llhttp"),
        *("request llhttp", "response h11"),
    ]


TAKERS: list[Callable[[Any], object]] = [
    lambda parser: nodehttp.create_server(parser=parser),
    lambda parser: https.create_server({"parser": parser}),
    lambda parser: nodehttp.Agent(parser=parser),
    lambda parser: https.Agent({"parser": parser}),
    lambda parser: nodehttp.request({"parser": parser, "port": 1, "createConnection": lambda *_: None}),
]


@pytest.mark.parametrize("take", TAKERS)
def test_another_parser_is_refused_where_it_is_asked_for(
    take: Callable[[Any], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ERR_INVALID_ARG_VALUE) as value:
        take("http-parser")
    wanted = "The property 'options.parser' must be one of: 'h11', 'llhttp'. Received 'http-parser'"
    assert str(value.value) == wanted
    with pytest.raises(ERR_INVALID_ARG_TYPE, match=r"options\.parser.* must be of type string. Received type number"):
        take(1)
    without_httptools(monkeypatch)
    with pytest.raises(ModuleNotFoundError) as missing:
        take("llhttp")
    wanted = "options.parser 'llhttp' needs the package httptools: pip install nodehttp[llhttp]"
    assert str(missing.value) == wanted


def test_the_environment_is_checked_in_the_same_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NODEHTTP_PARSER", "H11")
    for make in (nodehttp.create_server, lambda: nodehttp.request({"createConnection": lambda *_: None})):
        with pytest.raises(ERR_INVALID_ARG_VALUE, match="NODEHTTP_PARSER' must be one of: 'h11', 'llhttp'"):
            make()
    without_httptools(monkeypatch)
    monkeypatch.setenv("NODEHTTP_PARSER", "llhttp")
    with pytest.raises(ModuleNotFoundError, match="NODEHTTP_PARSER 'llhttp' needs the package httptools"):
        nodehttp.create_server()
    monkeypatch.setenv("NODEHTTP_PARSER", "")
    nodehttp.create_server()
