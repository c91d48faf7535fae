"""`DIFFERENCES.md`: the differences from Node that are there on purpose, or that are known."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

LIST = Path(__file__).parent / "DIFFERENCES.md"

_ROW = re.compile(r"^\|\s*`(?P<scenario>[^`]+)`\s*\|(?P<what>.*)\|(?P<reason>.*)\|\s*$")


@dataclass(frozen=True)
class Difference:
    """One row: the scenario as `area/name`, what differs, and why."""

    scenario: str
    what: str
    reason: str


def read_differences(path: Path = LIST) -> dict[str, Difference]:
    """The rows of the table by scenario. Raises ValueError for a row that says too little, or a second one."""
    found: dict[str, Difference] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if match := _ROW.match(line):
            row = Difference(*(match[group].strip() for group in ("scenario", "what", "reason")))
            if not row.what or not row.reason or row.scenario in found:
                raise ValueError(f"{path.name}: the row of {row.scenario} is incomplete or there are two")
            found[row.scenario] = row
    return found
