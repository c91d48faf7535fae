"""Random exchanges: the cases, both interpreters, and that a difference is found, kept and run again."""

import json
from collections.abc import Callable
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compliance.programs._compare import NodePrograms, check_program, run_program
from compliance.programs._search import keep, kept_programs, run_kept, run_piece, search
from compliance.programs._tape import Tape
from compliance.wire import _requests
from compliance.wire._families import FAMILIES, WIRE
from compliance.wire._messages import CRLF, Careful, bytewise, cut, field, mutated
from nodehttp._parsing._message import Message
from nodehttp._server_connection import ServerConnection

REQUESTS = FAMILIES["requests"]

resource_tracker.ensure_running()  # the first search would start it, and leave a file open

SIMPLE: dict[str, Any] = {
    "options": {},
    "settings": {},
    "listeners": {"clientError": "destroy"},
    "handlers": [{"body": "read", "answer": "end", "when": "now", "close": False, "errors": False}],
    "transport": "sync",
    "pieces": ["POST /a HTTP/1.1\r\nHost: b\r\nConte", "nt-Length: 3\r\n\r\nab", "c*"],
    "end": "fin",
}


@pytest.mark.parametrize("transport", ["sync", "tick", "immediate", "socket"])
def test_an_exchange_is_traced_piece_by_piece(transport: str) -> None:
    trace = run_program(REQUESTS, {**SIMPLE, "transport": transport})
    assert trace[:2] == ["piece 0", "piece 1"]
    assert trace[2].startswith('0.request "POST" "/a" "1.1" ["Host", "b", "Content-Length", "3"]')
    assert [line for line in trace if "data" in line] == ['0.req data "ab"', '0.req data "c"']
    assert "clientError Error [HPE_INVALID_METHOD]: Parse Error: Invalid method encountered 1 2 true" in trace
    assert [line for line in trace if line.startswith("bytes")] == [
        'bytes "HTTP/1.1 200 OK\\r\\nDate: <DATE>\\r\\nConnection: keep-alive\\r\\nKeep-Alive: timeout=5\\r\\n'
        'Content-Length: 7\\r\\n\\r\\nto POST"'
    ]
    assert 'connection "closed"' in trace


@pytest.mark.parametrize("name", FAMILIES)
def test_a_search_finds_nothing_new_and_the_same_each_time(name: str) -> None:
    outcome = search(FAMILIES[name], 40, 3)
    assert outcome.ran == 40
    assert outcome.found == {}
    assert outcome.covered == search(FAMILIES[name], 40, 3).covered


def _forget_keep_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Message, "keep_alive", property(lambda self: False))


def _rename_a_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nodehttp._parsing._fields._INVALID_TOKEN", "HPE_INVALID")


def _break_down(monkeypatch: pytest.MonkeyPatch) -> None:
    def body(self: ServerConnection, chunk: bytes) -> None:
        raise LookupError("no error of Node's")

    monkeypatch.setattr(ServerConnection, "on_body", body)


@pytest.mark.parametrize("plant", [_forget_keep_alive, _rename_a_code, _break_down])
def test_a_planted_difference_is_found(
    plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plant(monkeypatch)
    outcome = run_piece(REQUESTS, (5, 150))
    assert outcome.found
    found = next(iter(outcome.found.values()))
    path = keep("requests", found.program, tmp_path)
    assert kept_programs(tmp_path) == [path]
    ((_, difference),) = run_kept(FAMILIES, [path])
    assert difference is not None
    monkeypatch.undo()
    assert list(run_kept(FAMILIES, [path])) == [(path, None)]


def test_what_was_kept_can_be_read() -> None:
    paths = kept_programs(WIRE.kept)
    assert paths
    for path in paths:
        stored = json.loads(path.read_text(encoding="utf-8"))
        assert stored["family"] in FAMILIES
        assert path == WIRE.kept / path.name


def test_node_runs_the_same_exchange_alike() -> None:
    with NodePrograms(REQUESTS) as node:
        assert check_program(node, REQUESTS, SIMPLE) == run_program(REQUESTS, SIMPLE)


def test_the_comparison_ends_at_an_upgrade_that_is_an_ordinary_request() -> None:
    upgrade = _requests.ORDINARY_UPGRADE
    assert _requests.comparable(["piece 0", upgrade, "a"], ["piece 0", upgrade, "b", "c"]) == (["piece 0"],) * 2
    assert _requests.comparable(["slow", "b", upgrade], ["slow", upgrade]) == ([], [])
    head = "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: b\r\n\r\n"
    assert upgrade in run_program(REQUESTS, {**SIMPLE, "pieces": [head]})
    assert upgrade not in run_program(REQUESTS, {**SIMPLE, "pieces": [head], "listeners": {"upgrade": "tell"}})


def test_the_order_does_not_count_if_writes_are_slow() -> None:
    assert _requests.comparable(["slow", "b", "a"], ["slow", "a", "b"]) == (["a", "b", "slow"],) * 2
    assert _requests.comparable(["b", "a"], ["a", "b"]) == (["b", "a"], ["a", "b"])


@given(st.binary(max_size=8))
def test_a_careful_message_has_nothing_wrong_in_it(data: bytes) -> None:
    line = field(Careful(data))
    assert line.count(CRLF) == 1
    assert line.endswith(CRLF)
    assert line.partition(":")[0].replace("-", "").isalnum()


def test_one_accident_changes_one_place() -> None:
    text = "GET / HTTP/1.1\r\n\r\n"
    assert mutated(Tape(bytes([0, 3])), text) == "GET\0/ HTTP/1.1\r\n\r\n"
    assert mutated(Tape(bytes([0, 4, 4])), text) == "GET "


@given(st.text(st.characters(max_codepoint=255)), st.lists(st.binary(min_size=2, max_size=2), max_size=6))
def test_a_text_is_cut_into_pieces_that_are_not_empty(text: str, places: list[bytes]) -> None:
    pieces = cut(text, places)
    assert "".join(pieces) == text
    assert all(pieces)


def test_the_beginning_of_a_text_may_come_byte_by_byte() -> None:
    assert bytewise("abcd", 2) == ["a", "b", "cd"]
    assert bytewise("ab", 2) == ["a", "b"]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_requests.programs())
def test_every_case_comes_to_its_end(program: Any) -> None:
    assert json.loads(json.dumps(program)) == program
    trace = run_program(REQUESTS, program)
    assert not {"timed out"} & set(trace)
    assert any(line.startswith('connection "') for line in trace)
    assert list(REQUESTS.covered(program, trace))
