"""The command line: `python -m compliance [AREA ...] [-k NAME] [--list] [--verbose]`.

`programs` and `wire` are areas too (see the folders of that name): `python -m compliance wire --programs N --seed S`.

Exits with 0 when this library differs from Node only where DIFFERENCES.md says so.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from compliance._differences import read_differences
from compliance._node import NodeNotFound
from compliance._runner import AreaResult, all_areas, run_areas
from compliance._side import python_command, run_side
from compliance.programs._families import PROGRAMS
from compliance.programs._run import DEFAULT_PROGRAMS, DEFAULT_SEED, run_corpus, run_stored
from compliance.wire._families import WIRE

CORPORA = {corpus.name: corpus for corpus in (PROGRAMS, WIRE)}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m compliance", description="Compare this library with real Node.")
    parser.add_argument("areas", nargs="*", metavar="AREA", help="the areas to run; all by default")
    parser.add_argument("-k", dest="name", default="", help="run only the scenarios whose name contains this")
    parser.add_argument("--list", action="store_true", help="list the scenarios and run none")
    parser.add_argument("--verbose", action="store_true", help="name each scenario that passed")
    parser.add_argument(
        "--programs", type=int, default=DEFAULT_PROGRAMS, help="how many random programs of each family to run"
    )
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help="the seed of the random programs")
    parser.add_argument("--program", type=Path, metavar="FILE", help="run one stored program again, and nothing else")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    options = _parser().parse_args(arguments)
    known = [*all_areas(), *CORPORA]
    areas = options.areas or known
    if unknown := sorted(set(areas) - set(known)):
        print(f"there is no area called {', '.join(unknown)}; there are: {', '.join(known)}", file=sys.stderr)
        return 2
    if options.list:
        return _list(areas)
    try:
        return _conclude(_results(areas, options), verbose=options.verbose)
    except NodeNotFound as error:
        print(error, file=sys.stderr)
        return 2


def _list(areas: Sequence[str]) -> int:
    for area in areas:
        names = CORPORA[area].names if area in CORPORA else _names(area)
        print("\n".join(f"{area}/{name}" for name in names))
    return 0


def _names(area: str) -> Sequence[str]:
    traces = run_side(python_command(area), lambda name: False)
    return traces.names if traces.failure is None else [f"(cannot be imported: {traces.failure})"]


def _results(areas: Sequence[str], options: argparse.Namespace) -> Iterator[AreaResult]:
    def select(scenario: str) -> bool:
        return options.name in scenario

    if options.program is not None:
        families = {name: family for corpus in CORPORA.values() for name, family in corpus.families.items()}
        yield run_stored(families, [options.program], "stored programs")
        return
    yield from run_areas([area for area in areas if area not in CORPORA], select, read_differences())
    for name, corpus in CORPORA.items():
        if name in areas:
            yield from run_corpus(corpus, select, options.programs, options.seed)


def _conclude(results: Iterator[AreaResult], *, verbose: bool) -> int:
    passed = failed = 0
    for result in results:
        _report(result, verbose=verbose)
        passed += len(result.passed)
        failed += len(result.failed)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def _report(result: AreaResult, *, verbose: bool) -> None:
    print(result, flush=True)
    if verbose:
        for name in result.passed:
            print(f"  passed {result.area}/{name}")
    for name, explanation in result.failed.items():
        print(f"--- {result.area}/{name}")
        print(explanation, flush=True)


if __name__ == "__main__":
    sys.exit(main())
