"""The scenarios that a table is made into. The twin of tables.mjs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from compliance._trace import Scenario, Scenarios, Trace

from ._play import play
from ._stage import Script, Step

SCENARIOS = Path(__file__).parent.parent / "scenarios"


def scripted(table: str) -> Scenarios:
    """The scenarios of a table, see the package."""
    content: dict[str, Any] = json.loads((SCENARIOS / f"{table}.json").read_text(encoding="utf-8"))
    scenarios = Scenarios()
    for name, script in content.get("scripts", {}).items():
        scenarios.add(name, _scenario(script))
    for group, product in content.get("products", {}).items():
        for name, script in _product(**product):
            scenarios.add(f"{group}_{name}", _scenario(script))
    for each in content.get("tables", []):
        acts = {name: content["acts"][name] for name in each["acts"]}
        phases = {name: content["phases"][name] for name in each["phases"]}
        for name, script in _by_hand(each["kinds"], phases, each.get("before", []), each["after"]):
            scenarios.add(name, _all_acts(script, acts))
    return scenarios


def _product(phases: dict[str, Script], acts: dict[str, list[Step]], **common: Any) -> Iterator[tuple[str, Script]]:
    for phase, script in phases.items():
        for act, steps in acts.items():
            yield f"{phase}_{act}", _with_act({**common, **script}, steps)


def _by_hand(
    kinds: dict[str, Any], phases: dict[str, list[Step]], before: list[Step], after: list[Step]
) -> Iterator[tuple[str, Script]]:
    for kind, make in kinds.items():
        for phase, steps in phases.items():
            yield (
                f"{kind}_{phase}",
                {"side": "hand", "make": make, "steps": [*before, *steps, ["act"], ["state"], *after]},
            )


def _scenario(script: Script) -> Scenario:
    async def scenario(t: Trace) -> None:
        await play(t, script)

    return scenario


def _all_acts(script: Script, acts: dict[str, list[Step]]) -> Scenario:
    async def scenario(t: Trace) -> None:
        for act, steps in acts.items():
            t(f"--- {act}")
            await play(t, _with_act(script, steps))

    return scenario


def _with_act(value: Any, steps: Sequence[Step]) -> Any:
    """A script in which each step ["act"] is replaced by the steps of the act."""
    if isinstance(value, dict):
        return {key: _with_act(item, steps) for key, item in value.items()}
    if not isinstance(value, list):
        return value
    result: list[Any] = []
    for item in value:
        if isinstance(item, list) and item[:1] == ["act"]:
            result.extend(steps)
        else:
            result.append(_with_act(item, steps))
    return result
