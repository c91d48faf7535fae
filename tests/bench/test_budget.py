"""A regression is noticed: what each piece of work costs is compared with what was recorded."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.budget._check import ALLOWED, checked
from bench.budget._cost import Cost, cost
from bench.budget._recorded import load, save
from bench.budget._work import WORKS, Work

BEFORE = Cost(instructions=1000, time=10)


@pytest.mark.parametrize("name", WORKS)
def test_work_costs_no_more_than_is_allowed(name: str) -> None:
    assert checked(name, load().get(name)).complaints == []


def test_what_is_recorded_is_what_is_measured() -> None:
    assert list(load()) == list(WORKS)


def test_more_instructions_than_allowed_are_told() -> None:
    found = Cost(instructions=BEFORE.instructions * ALLOWED.instructions + 1, time=BEFORE.time)
    (complaint,) = checked("emit", BEFORE, lambda name: found).complaints
    assert complaint == (
        "one event to one listener: instructions grew from 1,000.0 to 1,301.0, which is 1.30 times; "
        "1.3 times are allowed. If that is meant, record anew: python -m bench.budget --record emit"
    )


def test_more_time_than_allowed_is_told() -> None:
    found = Cost(instructions=BEFORE.instructions, time=BEFORE.time * ALLOWED.time + 1)
    (complaint,) = checked("emit", BEFORE, lambda name: found).complaints
    assert (
        "time (rounds of the reference) grew from 10.0 to 26.0, which is 2.60 times; 2.5 times are allowed" in complaint
    )


def test_what_is_allowed_is_no_complaint() -> None:
    found = Cost(BEFORE.instructions * ALLOWED.instructions, BEFORE.time * ALLOWED.time)
    assert checked("emit", BEFORE, lambda name: found).complaints == []


def test_what_was_disturbed_once_is_no_complaint() -> None:
    slow = [Cost(BEFORE.instructions, BEFORE.time * 3), BEFORE]
    verdict = checked("emit", BEFORE, lambda name: slow.pop(0))
    assert verdict.complaints == []
    assert verdict.found == BEFORE


def test_what_is_not_recorded_is_told() -> None:
    (complaint,) = checked("emit", None, lambda name: BEFORE).complaints
    assert "nothing is recorded" in complaint


def test_recording_one_leaves_the_others(tmp_path: Path) -> None:
    file = tmp_path / "recorded.json"
    save({"emit": Cost(42, 1), "objects": Cost(1000, 30)}, file)
    save({"emit": Cost(50, 2)}, file)
    assert load(file) == {"objects": Cost(1000, 30), "emit": Cost(50, 2)}


def test_a_cost_is_that_of_doing_it_once_more() -> None:
    def ask(count: int) -> None:
        for number in range(count):
            number.bit_length()

    def ask_twice(count: int) -> None:
        for number in range(count):
            number.bit_length()
            number.bit_length()

    once, twice = cost(Work("once", ask, 100)), cost(Work("twice", ask_twice, 100))
    assert cost(Work("longer", ask, 200)).instructions == once.instructions
    assert once.instructions < twice.instructions < 2 * once.instructions
