"""Running areas on both sides and comparing what they wrote down."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from compliance._differences import Difference
from compliance._side import HERE, Traces, node_command, python_command, run_side

SCENARIOS = HERE / "scenarios"


@dataclass
class AreaResult:
    """What came of one area: the scenarios that passed, and for each failed one what is wrong with it.

    `listed` counts the scenarios that differ as DIFFERENCES.md says.
    """

    area: str
    passed: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    listed: int = 0

    def __str__(self) -> str:
        listed = f", {self.listed} listed differences" if self.listed else ""
        return f"{self.area}: {len(self.passed)} passed, {len(self.failed)} failed{listed}"


def all_areas() -> list[str]:
    """The names of all areas. Raises ValueError when one of the two files is missing."""
    python = {path.stem for path in SCENARIOS.glob("*.py") if path.stem != "__init__"}
    node = {path.stem for path in SCENARIOS.glob("*.mjs")}
    if lonely := python ^ node:
        raise ValueError(f"these areas have only one of their two files: {', '.join(sorted(lonely))}")
    return sorted(python)


def run_areas(
    areas: Sequence[str], select: Callable[[str], bool], listed: Mapping[str, Difference]
) -> Iterator[AreaResult]:
    """Run areas, both sides of one at a time, and compare them as they come."""
    with ThreadPoolExecutor(2) as pool:
        pairs = [
            (
                area,
                pool.submit(run_side, node_command(area), select),
                pool.submit(run_side, python_command(area), select),
            )
            for area in areas
        ]
        for area, node, python in pairs:
            yield _result(area, node, python, listed)


def _result(area: str, node: Future[Traces], python: Future[Traces], listed: Mapping[str, Difference]) -> AreaResult:
    return compare(area, node.result(), python.result(), listed)


def compare(area: str, node: Traces, python: Traces, listed: Mapping[str, Difference]) -> AreaResult:
    """Compare what the two sides of an area wrote down."""
    result = AreaResult(area)
    for side, traces in (("Node", node), ("Python", python)):
        if traces.failure is not None:
            result.failed[area] = f"the area cannot be run in {side}:\n{traces.failure}\n"
    if result.failed:
        return result
    for name in sorted(set(node.names) ^ set(python.names)):
        result.failed[name] = f"only {'Node' if name in node.names else 'Python'} has this scenario\n"
    for name in python.lines:
        if name not in result.failed:
            _judge(result, name, node.lines.get(name, []), python.lines[name], listed)
    for key in listed:
        listed_area, _, name = key.partition("/")
        if listed_area == area and name not in python.names:
            result.failed[name] = "DIFFERENCES.md lists this scenario, but there is none of that name\n"
    return result


def _judge(
    result: AreaResult, name: str, expected: list[str], got: list[str], listed: Mapping[str, Difference]
) -> None:
    is_listed = f"{result.area}/{name}" in listed
    if broken := [line for line in expected if line == "timed out" or line.startswith("the process died")]:
        result.failed[name] = f"the scenario itself is wrong, in Node: {broken[0]}\n"
    elif expected == got and is_listed:
        result.failed[name] = "DIFFERENCES.md lists this scenario, but there is no difference any more\n"
    elif expected == got:
        result.passed.append(name)
    elif is_listed:
        result.passed.append(name)
        result.listed += 1
    else:
        result.failed[name] = show_difference(expected, got)


def show_difference(expected: Sequence[str], got: Sequence[str]) -> str:
    """A unified diff from Node's trace to ours."""
    lines = difflib.unified_diff(expected, got, "node", "python", n=4, lineterm="")
    return "\n".join(lines) + "\n"
