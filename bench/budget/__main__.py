"""python -m bench.budget [--record] [NAME ...]   exit status: 0 all costs are allowed, 1 one is not"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from bench.budget._check import checked
from bench.budget._cost import Cost
from bench.budget._recorded import load, save
from bench.budget._work import WORKS


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench.budget", description="Measure what pieces of work cost.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"what to measure (all): {', '.join(WORKS)}")
    parser.add_argument("--record", action="store_true", help="record what is found as what it may cost")
    given = parser.parse_args(arguments)
    if unknown := [name for name in given.names if name not in WORKS]:
        parser.error(f"there is no {', '.join(unknown)}")
    recorded = load()
    print(_row("", "instructions", "recorded", "times", "time", "recorded", "times"))
    verdicts = {}
    for name in given.names or WORKS:
        verdicts[name] = checked(name, recorded.get(name))
        print(_row(name, *_cells(verdicts[name].found, recorded.get(name))), flush=True)
    if given.record:
        save({name: verdict.found for name, verdict in verdicts.items()})
        return 0
    complaints = [line for verdict in verdicts.values() for line in verdict.complaints]
    for line in complaints:
        print(line, file=sys.stderr)
    return 1 if complaints else 0


def _cells(found: Cost, before: Cost | None) -> list[str]:
    cells = []
    for now, then in (
        (found.instructions, before and before.instructions),
        (found.time, before and before.time),
    ):
        cells += [f"{now:,.1f}", f"{then:,.1f}", f"{now / then:.2f}"] if then else [f"{now:,.1f}", "-", "-"]
    return cells


def _row(name: str, *cells: str) -> str:
    return f"{name:14}" + "".join(f"{cell:>14}" for cell in cells)


if __name__ == "__main__":
    sys.exit(main())
