"""Whether a piece of work costs much more than was recorded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.budget._cost import Cost
from bench.budget._measuring import measured
from bench.budget._work import WORKS

ALLOWED = Cost(instructions=1.3, time=2.5)
"""How many times the recorded cost is still allowed. Counts are exact, but differ by an eighth between versions of
Python; times differ between machines, and are twice as long where others use all of the machine."""
TRIES = 3
RECORD = "python -m bench.budget --record"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a piece of work costs, and what there is to complain of: a sentence for each measure that grew too much."""

    found: Cost
    complaints: list[str]


def checked(name: str, recorded: Cost | None, measure: Callable[[str], Cost] = measured) -> Verdict:
    """Measure a piece of work and compare it. What costs too much is measured again, and the lower figures hold."""
    found = measure(name)
    if recorded is None:
        return Verdict(found, [f"{WORKS[name].title}: nothing is recorded. Record it: {RECORD} {name}"])
    for _ in range(TRIES - 1):
        if not _grown(name, found, recorded):
            break
        again = measure(name)
        found = Cost(min(found.instructions, again.instructions), min(found.time, again.time))
    return Verdict(found, _grown(name, found, recorded))


def _grown(name: str, found: Cost, recorded: Cost) -> list[str]:
    pairs = (
        ("instructions", found.instructions, recorded.instructions, ALLOWED.instructions),
        ("time (rounds of the reference)", found.time, recorded.time, ALLOWED.time),
    )
    return [
        f"{WORKS[name].title}: {what} grew from {before:,.1f} to {after:,.1f}, which is {after / before:.2f} times; "
        f"{allowed:g} times are allowed. If that is meant, record anew: {RECORD} {name}"
        for what, after, before, allowed in pairs
        if after > allowed * before
    ]
