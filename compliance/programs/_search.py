"""Running many programs: in pieces, on all cores, with a count of what they covered.

A piece is a seed of its own and up to `PIECE` programs. Differences are counted by kind while the pieces run; then, for
each kind, the piece in which it was seen first is run again until Hypothesis has made the program as small as it can.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Flaky

from ._compare import Differs, NodePrograms, check_program
from ._family import Family

PIECE = 1000
"""How many programs one process runs at a time."""

Json = Any


@dataclass
class Found:
    """One kind of difference.

    Attributes:
        count: how many programs differ so.
        piece: the seed of the piece in which it was seen first, and that piece's size.
        program: the smallest program seen.
        difference: its two traces.
    """

    count: int
    piece: tuple[int, int]
    program: Json
    difference: str

    def add(self, other: Found) -> None:
        """The same kind, seen elsewhere."""
        self.count += other.count
        self.piece = min(self.piece, other.piece)
        if len(json.dumps(other.program)) < len(json.dumps(self.program)):
            self.program, self.difference = other.program, other.difference


@dataclass
class Outcome:
    """What came of the programs of one family: how many ran, what they covered, and the kinds of differences."""

    family: str
    ran: int = 0
    covered: Counter[str] = field(default_factory=Counter)
    found: dict[str, Found] = field(default_factory=dict)

    def add(self, other: Outcome) -> None:
        """What came of a further piece."""
        self.ran += other.ran
        self.covered.update(other.covered)
        for kind, found in other.found.items():
            if kind in self.found:
                self.found[kind].add(found)
            else:
                self.found[kind] = found

    @property
    def differed(self) -> int:
        """How many programs differed."""
        return sum(found.count for found in self.found.values())


def search(
    family: Family,
    examples: int,
    number: int,
    *,
    jobs: int | None = None,
    progress: Callable[[int], object] | None = None,
) -> Outcome:
    """Run `examples` programs, made from the seed `number`; `progress` is told how many have run."""
    outcome = Outcome(family.name)
    sizes = [min(PIECE, examples - start) for start in range(0, examples, PIECE)]
    pieces = [(number * 1_000_000 + index, size) for index, size in enumerate(sizes)]
    workers = min(os.cpu_count() or 1, len(pieces))
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        for done in as_completed([pool.submit(run_piece, family, piece) for piece in pieces]):
            outcome.add(done.result())
            if progress is not None:
                progress(outcome.ran)
        shrunk = {kind: pool.submit(_shrink, family, kind, found) for kind, found in outcome.found.items()}
        for kind, found in outcome.found.items():
            found.program, found.difference = shrunk[kind].result()
    return outcome


def run_piece(family: Family, piece: tuple[int, int]) -> Outcome:
    """Run one piece; differences are counted, and nothing is raised."""
    outcome = Outcome(family.name)
    with NodePrograms(family) as node:

        def check(program: Json) -> None:
            outcome.ran += 1
            try:
                outcome.covered.update(family.covered(program, check_program(node, family, program)))
            except Differs as found:
                one = Found(1, piece, found.program, found.difference)
                outcome.add(Outcome(family.name, found={found.kind: one}))

        _each(family, piece, (Phase.generate,), check)
    return outcome


def _shrink(family: Family, kind: str, found: Found) -> tuple[Json, str]:
    """The smallest program of one kind that can be found, and its difference."""
    with NodePrograms(family) as node:

        def check(program: Json) -> None:
            try:
                check_program(node, family, program)
            except Differs as differs:
                if differs.kind == kind:
                    raise

        try:
            _each(family, found.piece, (Phase.generate, Phase.shrink), check)
        except Differs as smallest:
            return smallest.program, smallest.difference
        except Flaky:
            pass  # it does not differ each time: there is no smallest
    return found.program, found.difference


def _each(family: Family, piece: tuple[int, int], phases: tuple[Phase, ...], check: Callable[[Json], None]) -> None:
    number, size = piece

    @seed(number)
    @settings(
        max_examples=size,
        database=None,
        deadline=None,
        phases=phases,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(family.programs())
    def run(program: Json) -> None:
        check(program)

    run()


# --- programs that are kept ---


def keep(family: str, program: Json, folder: Path) -> Path:
    """Write a program down, so that it is run each time."""
    text = json.dumps({"family": family, "program": program}, indent=1)
    folder.mkdir(exist_ok=True)
    path = folder / f"{family}-{hashlib.sha256(text.encode()).hexdigest()[:8]}.json"
    path.write_text(text + "\n", encoding="utf-8")
    return path


def kept_programs(folder: Path) -> list[Path]:
    """All that were written down."""
    return sorted(folder.glob("*.json"))


def run_kept(families: Mapping[str, Family], paths: Sequence[Path]) -> Iterator[tuple[Path, str | None]]:
    """Run programs of these families that were written down; for each, its difference, or None."""
    nodes: dict[str, NodePrograms] = {}
    try:
        for path in paths:
            stored = json.loads(path.read_text(encoding="utf-8"))
            family = families[stored["family"]]
            node = nodes.setdefault(family.name, NodePrograms(family))
            try:
                check_program(node, family, stored["program"])
            except Differs as differs:
                yield path, differs.difference
            else:
                yield path, None
    finally:
        for node in nodes.values():
            node.__exit__(None, None, None)
