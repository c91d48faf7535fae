"""The command line: `python -m bench [--only CASE ...] [--peers PEER ...] [--rounds N] [--short] [--output FILE]`.

Writes FILE and, beside it, a picture with the ending .svg; all samples go to bench/build/samples.json. FILE is
bench/RESULTS.md by default when everything is measured, and bench/build/RESULTS.md when only some of it is.

Exits with 1 where a peer is out, by a failure or because it is not installed: the page says why.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from bench._case import Settings
from bench._compiled import BUILD
from bench._machine import lacking, machine, versions
from bench._peers import BASELINE, PEERS
from bench._results import Run
from bench._rounds import run_case
from bench._writing import write_results
from bench.cases import CASES

ROUNDS = 5
PAGE = "RESULTS.md"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure this library beside its peers.")
    parser.add_argument("--only", nargs="+", metavar="CASE", choices=list(CASES), help=f"of: {', '.join(CASES)}")
    parser.add_argument("--peers", nargs="+", metavar="PEER", choices=list(PEERS), help=f"of: {', '.join(PEERS)}")
    parser.add_argument("--rounds", type=int, help="rounds of each case; 5 by default, 1 with --short")
    parser.add_argument("--short", action="store_true", help="the least that still tells something, in 90 seconds")
    parser.add_argument("--output", type=Path, metavar="FILE", help="where the results go")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    options = _parser().parse_args(arguments)
    if lacks := lacking():
        print(lacks, file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, _end)
    settings = Settings(rounds=options.rounds or (1 if options.short else ROUNDS), short=options.short)
    command = " ".join(["python -m bench", *(sys.argv[1:] if arguments is None else arguments)])
    cases = [case for name, case in CASES.items() if options.only is None or name in options.only]
    names = [name for name in PEERS if options.peers is None or name in options.peers or name == BASELINE]
    measured = [name for name in names if any(name in case.programs for case in cases)]
    run = Run(command, settings, time.time(), os.getloadavg()[0], machine(), versions(measured))
    results = []
    for case in cases:
        print(f"{case.name}: {case.title}", flush=True)
        results.append(run_case(case, names, settings, _say))
    for path in write_results(run, results, options.output or _default_output(options)):
        print(f"wrote {path}")
    return 1 if any(peer.failure for result in results for peer in result.peers.values()) else 0


def _default_output(options: argparse.Namespace) -> Path:
    everything = not (options.short or options.only or options.peers)
    return (Path(__file__).parent if everything else BUILD) / PAGE


def _say(line: str) -> None:
    print(line, flush=True)


def _end(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
