"""Running the programs of a corpus, and those that were kept, for the command line."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from compliance._runner import AreaResult

from ._family import Corpus, Family
from ._report import report
from ._search import keep, kept_programs, run_kept, search

DEFAULT_PROGRAMS = 2000
DEFAULT_SEED = 24
FAILURES = Path(__file__).parent.parent / "failures"


def run_corpus(corpus: Corpus, select: Callable[[str], bool], examples: int, number: int) -> Iterator[AreaResult]:
    """Run `examples` random programs of each family that `select(name)` picks, and what was kept."""
    if select("kept"):
        yield run_stored(corpus.families, kept_programs(corpus.kept), f"{corpus.name} that were kept")
    for family in corpus.families.values():
        if not select(family.name):
            continue
        outcome = search(family, examples, number, progress=_progress(family.name, examples))
        print(report(outcome), flush=True)
        result = AreaResult(f"{corpus.name} of {family.name} (seed {number})")
        for kind, found in outcome.found.items():
            path = keep(family.name, found.program, FAILURES)
            result.failed[f"{found.count} times {kind}"] = f"{path}\n{found.difference}"
        if not outcome.found:
            result.passed.append(family.name)
        yield result


def run_stored(families: Mapping[str, Family], paths: Sequence[Path], title: str) -> AreaResult:
    """Run stored programs again."""
    result = AreaResult(title)
    for path, difference in run_kept(families, paths):
        if difference is None:
            result.passed.append(path.stem)
        else:
            result.failed[path.stem] = difference
    return result


def _progress(name: str, examples: int) -> Callable[[int], object] | None:
    """On a terminal, tell how many programs have run."""
    if not sys.stderr.isatty():
        return None

    def tell(ran: int) -> None:
        sys.stderr.write(f"\r{name}: {ran:,} of {examples:,}{'' if ran < examples else chr(13)}")
        sys.stderr.flush()

    return tell
