"""The head that is written in one go is the one that is made field by field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from nodehttp import _response
from nodehttp._incoming import IncomingMessage
from nodehttp._response import ServerResponse
from nodehttp._usual_head import usual_head

Act = Callable[[ServerResponse], object]


def answered(act: Act) -> str:
    """The head of a response on a connection that stays, or what went wrong, and what the state says then."""
    request = IncomingMessage()
    request.method = "GET"
    request.http_version_major = request.http_version_minor = 1
    response = ServerResponse(request)
    response._keep_alive_timeout = 5000
    try:
        act(response)
    except Exception as error:
        return f"{error!r}"
    state = response._state
    return f"{response._head!r} {state.has_body} {state.last} {response._body_length} {response.chunked_encoding}"


def given(headers: Any, body: Any = "hello") -> Act:
    return lambda res: res.write_head(200, headers).end(body)


def stored(headers: dict[str, Any], body: Any = "hello") -> Act:
    def act(res: ServerResponse) -> None:
        for name, value in headers.items():
            res.set_header(name, value)
        res.end(body)

    return act


class Text(str):
    __slots__ = ()


FIELDS: dict[str, dict[Any, Any]] = {
    "none": {},
    "a text": {"Content-Type": "text/plain"},
    "a length": {"Content-Type": "text/plain", "Content-Length": "5"},
    "a length that is a number": {"content-length": 5, "X-Number": -7},
    "a length that is none": {"Content-Length": "five"},
    "a length with spaces": {"Content-Length": " 5\t"},
    "the same name twice": {"Content-Length": "4", "content-LENGTH": "5"},
    "a percent sign": {"X-%s-%d": "100%", "100%": "%s"},
    "an empty value": {"X": ""},
    "latin1": {"X": "\xe4"},
    "beyond latin1": {"X": "\u20ac"},
    "a line end": {"X": "a\r\nY: b"},
    "a tab": {"X": "a\tb"},
    "no value": {"X": None},
    "a bool": {"X": True},
    "a float": {"X": 1.0},
    "a list": {"Set-Cookie": ["a=1", "b=2"]},
    "a kind of str": {"X": Text("y"), Text("Z"): "z"},
    "a number for a name": {1: "x"},
    "no token": {"a b": "c"},
    "an empty name": {"": "x"},
    "connection": {"Connection": "close"},
    "keep-alive": {"Keep-Alive": "timeout=1"},
    "date": {"Date": "today"},
    "trailer": {"Trailer": "X"},
    "chunks": {"Transfer-Encoding": "chunked"},
    "expect": {"Expect": "nothing"},
    "disposition": {"Content-Length": "5", "Content-Disposition": "a; filename=\xe4"},
    "many": {f"X-{number}": number for number in range(40)},
}

ACTS: dict[str, Act] = {
    **{f"given: {what}": given(fields) for what, fields in FIELDS.items()},
    **{f"stored: {what}": stored(fields) for what, fields in FIELDS.items()},
    "a list of pairs": given([("X", "y")]),
    "a flat list": given(["X", "y"]),
    "no body": given({"X": "y"}, None),
    "no body, length unknown": lambda res: res.write_head(200),
    "no content": lambda res: res.write_head(204, {"X": "y"}).end(),
    "not modified, chunked": lambda res: res.write_head(304, {"Transfer-Encoding": "chunked"}).end(),
    "both": lambda res: res.set_header("X", "y").write_head(200, {"Z": "z"}).end("hello"),
    "no date": lambda res: (setattr(res, "send_date", False), res.end("hello")),
    "the date removed": lambda res: (res.remove_header("date"), res.end("hello")),
    "connection removed": lambda res: (res.remove_header("connection"), res.end("hello")),
    "the length removed": lambda res: (res.remove_header("content-length"), res.end("hello")),
    "the length removed and set": lambda res: (res.remove_header("content-length"), stored({"Content-Length": 5})(res)),
    "chunks removed": lambda res: (res.remove_header("transfer-encoding"), res.end("hello")),
    "it shall not stay": lambda res: (setattr(res, "should_keep_alive", False), res.end("hello")),
    "the last that may come": lambda res: (setattr(res, "max_requests_on_connection_reached", True), res.end("hello")),
    "a receiver of HTTP/1.0": lambda res: (setattr(res, "use_chunked_encoding_by_default", False), res.end("hello")),
    "chunks at any rate": lambda res: (setattr(res, "chunked_encoding", True), res.end("hello")),
    "a limit": lambda res: (setattr(res, "_max_requests_per_socket", 7), res.end("hello")),
}


@pytest.mark.parametrize("what", ACTS)
def test_the_head_is_the_one_that_is_made_field_by_field(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nodehttp._date.time", lambda: 1_700_000_000.5)
    at_once = answered(ACTS[what])
    monkeypatch.setattr(_response, "usual_head", lambda *_: None)
    assert at_once == answered(ACTS[what])


def test_most_heads_are_written_in_one_go(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str | None] = []
    monkeypatch.setattr(_response, "usual_head", lambda *args: made.append(usual_head(*args)) or made[-1])
    for act in (given(FIELDS["a length"]), given(FIELDS["a text"]), stored(FIELDS["a text"]), given({}), stored({})):
        answered(act)
    assert [head is not None for head in made] == [True] * 5
