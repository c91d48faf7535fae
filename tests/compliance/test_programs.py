"""Random programs: their strategies, the interpreters, and the search for differences."""

import json
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compliance.programs import _search
from compliance.programs._compare import Differs, NodePrograms, check_program, run_program
from compliance.programs._families import FAMILIES
from compliance.programs._family import Family
from compliance.programs._report import report
from compliance.programs._search import Found, Outcome, keep, kept_programs, run_kept, run_piece, search
from compliance.programs._tape import Tape

STREAMS = FAMILIES["streams"]

resource_tracker.ensure_running()  # the first search would start it, and leave a file open

SIMPLE: dict[str, Any] = {
    "streams": [
        {
            "type": "Readable",
            "options": {"highWaterMark": 3},
            "construct": None,
            "destroy": None,
            "signal": False,
            "ends": True,
            "reads": [["sync", [["bytes", "6162"]]], ["tick", [["null"]]]],
        }
    ],
    "composed": [],
    "steps": [["immediate", ["on_data", 0]], ["sync", ["pause", 0]]],
    "reactions": [["0.end", 1, ["is_paused", 0]]],
}


def test_a_program_is_traced_step_by_step() -> None:
    trace = run_program(STREAMS, SIMPLE)
    assert trace[0] == "on_data 0 -> stream 0"
    assert '0.data b"ab" <0>' in trace
    assert "is_paused 0 -> false" in trace


def test_node_runs_the_same_program_alike() -> None:
    with NodePrograms(STREAMS) as node:
        assert check_program(node, STREAMS, SIMPLE) == run_program(STREAMS, SIMPLE)


def test_what_differs_is_told_with_its_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("compliance.programs._compare.run_program", lambda family, program: ["0.close 17 <true>"])
    with NodePrograms(STREAMS) as node, pytest.raises(Differs) as caught:
        check_program(node, STREAMS, SIMPLE)
    assert caught.value.kind == "Node: on_data # ->; here: #.close #"
    assert "+0.close 17 <true>" in caught.value.difference


def test_the_end_of_one_trace_is_a_difference() -> None:
    assert Differs({}, ["a", "0.end"], ["a"]).kind == "Node: #.end; here: the end"


def test_a_program_that_node_does_not_survive_is_told() -> None:
    with NodePrograms(STREAMS) as node:
        node.begin({"streams": None})
        assert node.trace()[0].startswith("uncaught")
        node.begin(SIMPLE)
        assert node.trace() == run_program(STREAMS, SIMPLE)


def test_differences_are_counted_and_the_smallest_of_a_kind_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def check(node: NodePrograms, family: Family, program: Any) -> list[str]:
        if len(program["streams"]) > 1:
            raise Differs(program, ["what Node says"], ["what we say"])
        return ["resume 0 -> null", "state true"]

    monkeypatch.setattr(_search, "check_program", check)
    outcome = run_piece(STREAMS, (5, 50))
    assert outcome.ran == 50
    ((kind, found),) = outcome.found.items()
    assert kind == "Node: what Node says; here: what we say"
    assert 0 < found.count < 50
    assert outcome.covered["operation resume"] == 50 - found.count
    smallest, difference = _search._shrink(STREAMS, kind, found)
    assert len(smallest["streams"]) == 2
    assert len(smallest["steps"]) == 1
    assert "+what we say" in difference


def test_a_difference_that_does_not_come_again_is_told_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[Any] = []

    def check(node: NodePrograms, family: Family, program: Any) -> list[str]:
        ran.append(program)
        if len(ran) == 3:
            raise Differs(program, ["what Node says"], ["what we say"])
        return []

    monkeypatch.setattr(_search, "check_program", check)
    found = Found(1, (5, 20), {"the": "program"}, "as it was")
    kind = "Node: what Node says; here: what we say"
    assert _search._shrink(STREAMS, kind, found) == ({"the": "program"}, "as it was")


def test_pieces_are_added_up() -> None:
    first = Outcome("streams", 10, found={"a": Found(2, (1, 10), {"long": "program"}, "x")})
    first.add(Outcome("streams", 5, found={"a": Found(1, (0, 10), {}, "y"), "b": Found(1, (0, 10), {}, "z")}))
    assert first.ran == 15
    assert first.differed == 4
    assert first.found["a"] == Found(3, (0, 10), {}, "y")


@pytest.mark.parametrize("name", FAMILIES)
def test_a_search_runs_what_was_asked_for_the_same_each_time(name: str) -> None:
    told: list[int] = []
    outcome = search(FAMILIES[name], 30, 3, progress=told.append)
    assert outcome.ran == told[-1] == 30
    assert outcome.found == {}
    assert outcome.covered
    assert search(FAMILIES[name], 30, 3).covered == outcome.covered


def test_a_report_says_what_was_covered() -> None:
    outcome = Outcome("streams", 1200)
    outcome.covered.update({"operation push": 3, "operation push: raises": 1, "option readable: False": 2})
    assert report(outcome).splitlines() == [
        "streams: 1,200 programs, 0 differed",
        "  operation: push 3 (raises 1)",
        "  option: readable 2 (False 2)",
    ]


def test_a_program_that_is_kept_is_run_again(tmp_path: Path) -> None:
    path = keep("streams", SIMPLE, tmp_path)
    assert kept_programs(tmp_path) == [path]
    assert json.loads(path.read_text())["program"] == SIMPLE
    assert list(run_kept(FAMILIES, [path])) == [(path, None)]


def test_zero_is_the_simplest_choice() -> None:
    tape = Tape(b"\x05")
    assert tape.pick("abc") == "c"
    assert tape.pick("abc") == "a"
    assert not tape.chance(2)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(FAMILIES)).flatmap(lambda name: st.tuples(st.just(name), FAMILIES[name].programs())))
def test_the_interpreters_run_every_program_to_its_end(drawn: tuple[str, Any]) -> None:
    name, program = drawn
    trace = run_program(FAMILIES[name], program)
    assert not {"timed out"} & set(trace)
    assert list(FAMILIES[name].covered(program, trace))
