"""Random responses: the cases, both interpreters, and that a difference is found."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compliance.programs._compare import NodePrograms, check_program, run_program
from compliance.programs._search import run_piece
from compliance.wire import _responses
from compliance.wire._families import FAMILIES
from compliance.wire._response_bytes import answer
from nodehttp._client_connection import ClientConnection
from nodehttp._parsing._message import Message
from nodehttp._parsing._start_line import status_line

RESPONSES = FAMILIES["responses"]

HEARD = ["response", "information", "continue", "upgrade", "connect", "res error"]
REQUEST: dict[str, Any] = {
    "method": "GET",
    "headers": {},
    "options": {},
    "body": None,
    "ended": True,
    "hears": HEARD,
    "reads": "data",
    "answer": [["send", "HTTP/1.1 200 OK\r\nContent-Len"], ["send", "gth: 3\r\n\r\nab"], ["send", "c"]],
    "reactions": [],
}
SIMPLE: dict[str, Any] = {
    "transport": "duplex",
    "agent": "keep",
    "writes": "sync",
    "early": None,
    "mark": None,
    "half_open": False,
    "together": False,
    "requests": [REQUEST, REQUEST],
}


def lines_of(trace: list[str], *labels: str) -> list[str]:
    return [line for line in trace if line.startswith(labels)]


@pytest.mark.parametrize("transport", ["duplex", "socket"])
def test_a_response_is_traced_event_by_event(transport: str) -> None:
    trace = run_program(RESPONSES, {**SIMPLE, "transport": transport})
    assert lines_of(trace, "0.res data") == ['0.res data b"ab"', '0.res data b"c"']
    assert lines_of(trace, "0.socket", "1.socket") == ["0.socket 0 false", "1.socket 0 true"]
    assert '0.response 200 "OK" "1.1" 1 1 ["Content-Length", "3"] ["content-length", "3"] false' in trace
    assert lines_of(trace, "open: agent") == ["open: agent 0 0 1 1"]
    head = "GET / HTTP/1.1\\r\\nHost: h\\r\\nConnection: keep-alive\\r\\n\\r\\n"
    assert trace[-1] == f'connection 0 got "{head}{head}"'


@pytest.mark.parametrize("transport", ["duplex", "bare", "socket"])
@pytest.mark.parametrize("agent", ["none", "close"])
def test_node_traces_the_same(transport: str, agent: str) -> None:
    case = {**SIMPLE, "transport": transport, "agent": agent}
    with NodePrograms(RESPONSES) as node:
        assert check_program(node, RESPONSES, case) == run_program(RESPONSES, case)


def test_a_client_may_react_to_an_event() -> None:
    first = {**REQUEST, "reactions": [["res data", "destroy response"]]}
    trace = run_program(RESPONSES, {**SIMPLE, "requests": [first]})
    at = trace.index("-> 0 destroy response")
    assert trace[at - 1] == '0.res data b"ab"'
    assert trace[at + 1] == "0.res aborted"


def _forget_keep_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Message, "keep_alive", property(lambda self: False))


def _lose_trailers(monkeypatch: pytest.MonkeyPatch) -> None:
    complete = ClientConnection.on_message_complete
    monkeypatch.setattr(ClientConnection, "on_message_complete", lambda self, _trailers: complete(self, []))


def _break_down(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(cursor: Any, message: Any) -> Any:
        if message.limits.insecure:
            raise LookupError("no error of Node's")
        return status_line(cursor, message)

    monkeypatch.setattr("nodehttp._parsing._start_line.status_line", broken)


@pytest.mark.parametrize("plant", [_forget_keep_alive, _lose_trailers, _break_down])
def test_a_planted_difference_is_found(
    plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    assert run_piece(RESPONSES, (5, 120)).found


def test_a_second_error_of_nodes_is_not_compared() -> None:
    node = ["0.error first", "0.close", "0.error second", "0.close", "1.error first"]
    ours = ["0.error first", "0.close", "1.error first"]
    assert _responses.comparable(node, ours) == (ours, ours)
    assert _responses.comparable(ours, node) == (ours, node)


def test_a_write_after_the_end_is_compared_each_time() -> None:
    twice = ["0.error Error [ERR_STREAM_WRITE_AFTER_END]: write after end"] * 2
    assert _responses.comparable(twice, twice) == (twice, twice)


def test_a_101_that_names_no_protocol_is_where_the_comparison_ends() -> None:
    told = '0.response 101 "OK" "1.1" 1 1 [] [] false'
    assert _responses.comparable(["a", told, "b"], ["a", told, "c"]) == (["a", told], ["a", told])


@given(st.binary(max_size=60))
def test_an_answer_with_nothing_odd_in_it_is_one(data: bytes) -> None:
    assert answer(b"\0" + data).startswith("HTTP/1.1 ")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_responses.programs())
def test_every_case_comes_to_its_end(program: Any) -> None:
    assert json.loads(json.dumps(program)) == program
    trace = run_program(RESPONSES, program)
    assert not {"timed out"} & set(trace)
    assert list(RESPONSES.covered(program, trace))
