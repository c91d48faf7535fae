"""Random programs, and the interpreter that runs them."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compliance import _programs
from compliance._interpreter import run_program
from compliance._programs import KINDS, Differs, NodePrograms, check_program, programs, run_programs, run_stored

SIMPLE: dict[str, Any] = {
    "kind": "readable",
    "readable": {
        "options": {"highWaterMark": 3},
        "construct": None,
        "destroy": None,
        "reads": [["sync", [["bytes", "6162"]]], ["tick", [["null"]]]],
        "ends": True,
    },
    "steps": [["immediate", ["on_data"]], ["sync", ["pause"]]],
    "reactions": [["r.end", 1, ["is_paused"]]],
}


def test_a_program_is_traced_step_by_step() -> None:
    trace = run_program(SIMPLE)
    assert trace[0] == "on_data null"
    assert 'data b"ab" <0>' in trace
    assert "is_paused false" in trace


def test_node_runs_the_same_program_alike() -> None:
    with NodePrograms() as node:
        assert node.run(SIMPLE) == run_program(SIMPLE)
        check_program(node, SIMPLE)


def test_a_program_that_differs_is_reported_with_its_diff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("compliance._interpreter.run_program", lambda program: ["something else"])
    with NodePrograms() as node, pytest.raises(Differs) as caught:
        check_program(node, SIMPLE)
    assert "+something else" in caught.value.difference


def test_a_failing_program_is_made_small_stored_and_can_be_run_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(_programs, "HERE", tmp_path / "compliance")
    monkeypatch.setattr(_programs, "FAILURES", tmp_path / "compliance" / "failures")
    (tmp_path / "compliance").mkdir()
    monkeypatch.setattr(NodePrograms, "run", lambda self, program: ["what Node says"])
    (result,) = run_programs(lambda kind: kind == "readable", examples=5, number=1)
    assert list(result.failed) == ["readable"]
    (stored,) = (tmp_path / "compliance" / "failures").iterdir()
    (again,) = run_stored(stored)
    assert list(again.failed) == [stored.stem]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(KINDS).flatmap(programs))
def test_the_interpreter_runs_every_program_to_its_end(program: Any) -> None:
    assert run_program(program)[-1] != "timed out"
