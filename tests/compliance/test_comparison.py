"""What the runner makes of two traces, and of the list of differences."""

from pathlib import Path

import pytest

from compliance._differences import LIST, Difference, read_differences
from compliance._runner import AreaResult, all_areas, compare
from compliance._side import Traces

LISTED = {"area/a": Difference("area/a", "something", "a reason")}


def traces(**lines: list[str]) -> Traces:
    return Traces(names=list(lines), lines=lines)


def result_of(node: Traces, python: Traces, listed: dict[str, Difference] | None = None) -> AreaResult:
    return compare("area", node, python, listed or {})


def test_equal_traces_pass() -> None:
    result = result_of(traces(a=["x"]), traces(a=["x"]))
    assert result.passed == ["a"]
    assert not result.failed


def test_a_difference_is_shown_as_a_diff_from_node() -> None:
    result = result_of(traces(a=["same", "x"]), traces(a=["same", "y"]))
    assert "-x\n+y" in result.failed["a"]


def test_a_listed_difference_passes_and_is_counted() -> None:
    result = result_of(traces(a=["x"]), traces(a=["y"]), LISTED)
    assert result.passed == ["a"]
    assert result.listed == 1
    assert "1 listed" in str(result)


def test_a_listed_difference_that_is_gone_fails() -> None:
    result = result_of(traces(a=["x"]), traces(a=["x"]), LISTED)
    assert "no difference any more" in result.failed["a"]


def test_a_listed_scenario_that_does_not_exist_fails() -> None:
    result = result_of(traces(b=["x"]), traces(b=["x"]), LISTED)
    assert "none of that name" in result.failed["a"]


def test_a_scenario_without_twin_fails() -> None:
    result = result_of(traces(a=[], b=[]), traces(a=[], c=[]))
    assert result.failed == {"b": "only Node has this scenario\n", "c": "only Python has this scenario\n"}


def test_a_scenario_that_hangs_in_node_fails_even_if_it_hangs_here_too() -> None:
    result = result_of(traces(a=["timed out"]), traces(a=["timed out"]))
    assert "the scenario itself is wrong" in result.failed["a"]


def test_an_area_that_cannot_be_run_fails() -> None:
    result = result_of(traces(a=[]), Traces(failure="no such module"))
    assert "no such module" in result.failed["area"]


def test_every_area_has_its_two_files() -> None:
    assert {"events", "readable", "http_server_wire"} <= set(all_areas())


def test_the_list_of_differences_is_read_as_a_table(tmp_path: Path) -> None:
    path = tmp_path / "list.md"
    path.write_text("# Title\n\n| Scenario | What | Reason |\n|---|---|---|\n| `x/y` | it differs | so |\n")
    assert read_differences(path) == {"x/y": Difference("x/y", "it differs", "so")}


@pytest.mark.parametrize("rows", ["| `x/y` | it differs |  |\n", "| `x/y` | a | b |\n| `x/y` | a | b |\n"])
def test_a_difference_without_reason_or_listed_twice_is_refused(tmp_path: Path, rows: str) -> None:
    path = tmp_path / "list.md"
    path.write_text(rows)
    with pytest.raises(ValueError, match="incomplete or there are two"):
        read_differences(path)


def test_each_listed_difference_belongs_to_an_area() -> None:
    assert {key.partition("/")[0] for key in read_differences(LIST)} <= set(all_areas())
