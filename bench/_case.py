"""What a case is: what is measured, by which programs, and how one round of it goes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal, TypeAlias, TypeVar

from bench._peers import Peer

Sample: TypeAlias = Mapping[str, float]
"""What one peer reached in one round: a figure for each measure, by the measure's name."""

Measuring: TypeAlias = Callable[[], Sample]
"""Measures one round."""

T = TypeVar("T")


class Failed(Exception):
    """A peer cannot be measured, or gave a wrong answer; the message says why."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of a case.

    `name` is its unit too ("requests/s", "peak MiB"); `better` says which way is better, and None that it is told
    without a ratio to Node ("load %"); `digits` are those after the point.
    """

    name: str
    better: Literal["more", "less"] | None = "more"
    digits: int = 0


ITS_CORE = Measure("its core %", better=None)
"""The share that what is measured had of its core, and those of the load and what stands behind of theirs: of two cores
that share the work, the one that is nearer to 100 is the limit."""
LOADS_CORE = Measure("load's core %", better=None)


@dataclass(frozen=True, slots=True)
class Settings:
    """How much is measured: `rounds` of each case; `short` asks for the least that still tells something."""

    rounds: int
    short: bool = False

    def pick(self, full: T, short: T) -> T:
        """`full`, or `short` in a short run."""
        return short if self.short else full


@dataclass(frozen=True, slots=True)
class Program:
    """What one peer runs in a case: a file in programs/ (or a compiled one in load/), and its arguments."""

    peer: Peer
    file: str
    arguments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """One row of the bench.

    `programs` has, for each peer by its name in bench/_peers.py, the command line of its program. `opened(program,
    settings)` is entered once for each peer, before the first round: it starts what is measured and warms it up. It
    yields the function that measures one round, and on leaving ends all that it started. It raises Failed, as the
    function may, where the peer cannot be measured.
    """

    name: str
    title: str
    measures: tuple[Measure, ...]
    programs: Mapping[str, str]
    opened: Callable[[Program, Settings], AbstractContextManager[Measuring]]
    note: str = ""
