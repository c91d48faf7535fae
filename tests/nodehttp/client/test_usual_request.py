"""A usual request is made in one go, and is the one that is made step by step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from nodehttp import _client
from nodehttp._agent import Agent
from nodehttp._client import ClientRequest
from nodehttp._outgoing import OutgoingMessage
from tests.nodehttp.client.support import Scripted, in_loop

Act = Callable[[ClientRequest], object]

HEADERS: dict[str, Any] = {
    "none": None,
    "empty": {},
    "a text": {"X-A": "1"},
    "a number": {"X-A": 1},
    "a length": {"content-LENGTH": "4", "X": "%s"},
    "a host": {"HOST": "other:8"},
    "an empty host": {"host": ""},
    "the same name twice": {"x-a": "1", "X-A": "2", "Y": "3"},
    "latin1": {"X": "\xe4"},
    "a tab": {"X": "a\tb"},
    "a control character": {"X": "\x01"},
    "a line end": {"X": "a\r\nb"},
    "no name": {"": "x"},
    "a name that is none": {"a b": "x"},
    "a list": {"X": ["a", "b"]},
    "None": {"X": None},
    "close": {"Connection": "close"},
    "keep-alive": {"connection": "keep-alive"},
    "an expectation": {"Expect": "100-continue"},
    "chunked": {"Transfer-Encoding": "chunked"},
    "a trailer": {"Trailer": "x"},
    "pairs": [("X", "a"), ("X", "b")],
    "many": {f"X{index}": "x" for index in range(40)},
}

OPTIONS: dict[str, dict[str, Any]] = {
    "none": {},
    "a port": {"port": 8080},
    "a port that is a text": {"port": "8080"},
    "the usual port": {"port": 80},
    "no port": {"port": 0},
    "no host": {"host": None},
    "an empty host": {"host": ""},
    "a host that is none": {"host": 5},
    "a hostname": {"hostname": "name"},
    "an empty hostname": {"hostname": ""},
    "a hostname that is none": {"hostname": 0},
    "IPv6": {"host": "::1"},
    "a path": {"path": "/a?b=c"},
    "an empty path": {"path": ""},
    "a path with a blank": {"path": "/a b"},
    "a path that is a number": {"path": 5},
    "a protocol": {"protocol": "http:"},
    "an empty protocol": {"protocol": ""},
    "another protocol": {"protocol": "https:"},
    "the parts of a URL": {"protocol": "http:", "hostname": "name", "search": "?b", "pathname": "/a", "path": "/a?b"},
    "POST": {"method": "post"},
    "HEAD": {"method": "HEAD"},
    "no method": {"method": ""},
    "a method that is none": {"method": "a b"},
    "no Host": {"set_host": False},
    "no headers": {"set_default_headers": False},
    "auth": {"auth": "a:b"},
    "a default port": {"default_port": 8080, "port": 8080},
    "a timeout": {"timeout": 100},
    "lenient": {"insecure_http_parser": True},
    "an engine": {"parser": "h11"},
}


def each(*calls: tuple[Any, ...]) -> Act:
    """Call methods of the request, one after the other."""

    def act(made: ClientRequest) -> None:
        for name, *args in calls:
            getattr(made, name)(*args)

    return act


END = each(("end",))

ACTS: dict[str, Act] = {
    "end": END,
    "a body": each(("end", "body")),
    "an empty body": each(("end", "")),
    "a callback": each(("end", lambda *_: None)),
    "write": each(("write", "a"), ("end",)),
    "corked": each(("cork",), ("end",)),
    "flushed": each(("flush_headers",), ("end",)),
    "a header": each(("set_header", "X-B", "b"), ("remove_header", "x-a"), ("end",)),
    "no Connection": each(("remove_header", "connection"), ("end",)),
    "the last as it is": each(("__setattr__", "should_keep_alive", False), ("end",)),
    "the last": each(("__setattr__", "max_requests_on_connection_reached", True), ("end",)),
    "trailers": each(("add_trailers", {"T": "t"}), ("end", "x")),
    "exactly": each(("__setattr__", "strict_content_length", True), ("end",)),
    "twice": each(("end",), ("end",)),
    "destroyed": each(("destroy",), ("end",)),
}


def made_with(agent_options: Mapping[str, Any], options: Mapping[str, Any], act: Act) -> list[Any]:
    """All that can be seen of a request."""
    seen: list[Any] = []

    def begin() -> None:
        agent = Agent(agent_options)
        sockets: list[Scripted] = []

        def connect(given: Any, *_: object) -> Scripted:
            seen.append(sorted((name, repr(value)) for name, value in given.items() if name != "agent"))
            sockets.append(Scripted())
            return sockets[-1]

        agent.create_connection = connect  # type: ignore[method-assign]
        try:
            made = ClientRequest({"host": "h", "agent": agent, **options})
        except Exception as error:
            seen.append(repr(error))
            return
        for event in ("socket", "prefinish", "finish", "error", "close"):
            made.on(event, lambda *_, event=event: seen.append(event))
        facts = (made.method, made.host, made.protocol, made.path, made.should_keep_alive, made.get_headers())
        seen.append((facts, made.get_raw_header_names(), made._state.last, made._engine, made.headers_sent))
        try:
            act(made)
        except Exception as error:
            seen.append(repr(error))
        seen.append((made.output_data, made.output_size, made.writable_ended, made.writable_corked))
        seen.append((list(agent.sockets), list(agent.requests), sockets))
        seen.append(made)

    in_loop(begin)
    return [_told(each) for each in seen]


def _told(item: Any) -> Any:
    if isinstance(item, ClientRequest):
        state = item._state
        return (item._header_store and item.get_headers(), state.last, item._body_length, item.chunked_encoding)
    if isinstance(item, tuple) and item and isinstance(item[-1], list):
        return [socket.sent if isinstance(socket, Scripted) else socket for socket in item[-1]], item[:-1]
    return item


def step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ClientRequest, "_take_usual", lambda *_: False)
    monkeypatch.setattr(ClientRequest, "end", OutgoingMessage.end)
    monkeypatch.setattr(_client, "usual_request_head", lambda *_: None)


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
@pytest.mark.parametrize("headers", HEADERS.values(), ids=HEADERS)
def test_whatever_its_headers_and_body(headers: Any, act: Act, monkeypatch: pytest.MonkeyPatch) -> None:
    def made() -> list[list[Any]]:
        return [
            made_with({"keep_alive": True}, {"headers": headers, "method": method}, act) for method in ("GET", "POST")
        ]

    in_one_go = made()
    step_by_step(monkeypatch)
    assert in_one_go == made()


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.parametrize(
    "agent_options", [{"keep_alive": True}, {}, {"max_sockets": 1}, {"default_port": 8080}, {"parser": "h11"}]
)
def test_whatever_its_options(
    agent_options: Mapping[str, Any], options: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    in_one_go = made_with(agent_options, options, END)
    step_by_step(monkeypatch)
    assert in_one_go == made_with(agent_options, options, END)


@pytest.mark.parametrize("options", [{}, {"headers": {"X": "1"}, "method": "POST"}, OPTIONS["the parts of a URL"]])
def test_a_usual_one_is_made_in_one_go(options: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    expected = made_with({"keep_alive": True}, options, END)
    monkeypatch.delattr(ClientRequest, "_take")
    monkeypatch.setattr(OutgoingMessage, "_store_header", None)
    assert made_with({"keep_alive": True}, options, END) == expected


def test_a_subclass_that_sets_headers_in_its_own_way_is_asked() -> None:
    class Noting(ClientRequest):
        names: list[str] = []

        def set_header(self, name: str, value: Any) -> Any:
            self.names.append(name)
            return super().set_header(name, value)

    in_loop(lambda: Noting(host="h", headers={"X": "1"}, create_connection=lambda *_: Scripted()).end())
    assert Noting.names == ["X", "Host"]
