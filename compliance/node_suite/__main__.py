"""The command line: `python -m compliance.node_suite TESTS [--only GLOB] [--verbose] ...`.

TESTS is the folder `test` of a checkout of Node. A run of all files writes RESULTS.md; it exits with 0 if each file
that fails has a known cause.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from compliance._node import NodeNotFound, node_binary
from compliance.node_suite._areas import SelectionError, TestFile, select_files
from compliance.node_suite._baseline import STORE, Baseline
from compliance.node_suite._reasons import EXCLUDED, REASONS, ListError, Lists, read_lists
from compliance.node_suite._report import RESULTS, Circumstances, text_table, totals, write_results
from compliance.node_suite._running import LIMIT, MOST_JOBS, Runner
from compliance.node_suite._verdicts import Verdict, judge, leave_out, passing_though_listed, shortcomings
from nodehttp import __version__

INTERRUPTED = 130
TERMINATED = 143
"""The exit statuses of a shell's command that SIGINT or SIGTERM ended."""

NO_LISTS = Lists({}, {})


@dataclass(frozen=True)
class Paths:
    """The files that it reads and writes beside the tests."""

    excluded: Path = EXCLUDED
    reasons: Path = REASONS
    store: Path = STORE
    results: Path = RESULTS


PATHS = Paths()


def _jobs(text: str) -> int:
    if text.isdecimal() and 1 <= int(text) <= MOST_JOBS:
        return int(text)
    raise argparse.ArgumentTypeError(f"it is a number from 1 to {MOST_JOBS}")


def _seconds(text: str) -> float:
    with contextlib.suppress(ValueError):
        if 0 < float(text) < threading.TIMEOUT_MAX:
            return float(text)
    raise argparse.ArgumentTypeError("it is a number of seconds")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m compliance.node_suite", description="Run Node's own tests on this library."
    )
    parser.add_argument("tests", type=Path, metavar="TESTS", help="the folder `test` of a checkout of Node")
    parser.add_argument("--only", default="", metavar="GLOB", help="run only these, such as 'parallel/test-stream-*'")
    parser.add_argument(
        "--jobs", type=_jobs, default=MOST_JOBS, metavar="N", help="how many at a time (default and most: 4)"
    )
    parser.add_argument(
        "--limit",
        type=_seconds,
        default=LIMIT,
        metavar="SECONDS",
        help="for one file (default, and least in the unmodified Node: 30)",
    )
    parser.add_argument("--no-write", action="store_true", help="leave RESULTS.md as it is, as --only does")
    parser.add_argument("--verbose", action="store_true", help="name the files that pass too")
    parser.add_argument("--plain", action="store_true", help="run the unmodified Node, and learn anew what it fails")
    return parser


def main(arguments: Sequence[str] | None = None, paths: Paths = PATHS) -> int:
    """Run the command; returns its exit status."""
    options = _parser().parse_args(arguments)
    try:
        with _sigterm_ends_it():
            return _run(options, paths)
    except (ListError, NodeNotFound, SelectionError) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED


@contextlib.contextmanager
def _sigterm_ends_it() -> Iterator[None]:
    """As Ctrl-C does: what still runs is killed first."""
    before = signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(TERMINATED))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _run(options: argparse.Namespace, paths: Paths) -> int:
    files = select_files(options.tests, options.only)
    lists = read_lists(paths.excluded, paths.reasons)
    node = node_binary()
    version = node_version(node)
    baseline = Baseline(paths.store, version)
    tests = options.tests.resolve()
    # What the unmodified Node fails is kept: a short limit of one run must not decide it.
    with Runner(tests, node, jobs=options.jobs, limit=max(options.limit, LIMIT)) as runner:
        if options.plain:
            return _run_plain(baseline, files, runner, verbose=options.verbose)
        _learn(baseline, files, runner)
    left_out = baseline.failing(files)
    with Runner(tests, node, jobs=options.jobs, limit=options.limit) as runner:
        verdicts = _verdicts([file for file in files if file not in left_out], lists, runner, verbose=options.verbose)
    _conclude(verdicts, left_out, lists)
    if options.only:
        return 0
    if not options.no_write:
        circumstances = Circumstances(date.today().isoformat(), version, __version__)
        write_results(paths.results, verdicts, left_out, circumstances)
    return _status(verdicts)


def node_version(node: str) -> str:
    """What Node says its version is. Raises NodeNotFound."""
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise NodeNotFound(f"Node does not run: {error}") from error
    return said.stdout.strip()


def _run_plain(baseline: Baseline, files: Sequence[TestFile], runner: Runner, *, verbose: bool) -> int:
    verdicts = []
    for result in baseline.ask(files, runner):
        verdicts.append(judge(result, NO_LISTS))
        _tell(verdicts[-1], verbose=verbose)
    print(text_table(totals(verdicts)))
    return 0


def _learn(baseline: Baseline, files: Sequence[TestFile], runner: Runner) -> None:
    """Find out which files the unmodified Node passes, as far as that is not known yet."""
    if unknown := baseline.unknown(files):
        print(f"running {len(unknown)} files in the unmodified Node first; it is done once", flush=True)
        for _ in baseline.ask(unknown, runner):
            pass


def _verdicts(files: Sequence[TestFile], lists: Lists, runner: Runner, *, verbose: bool) -> list[Verdict]:
    """Run the files that are not excluded, and tell of them as they are done."""
    verdicts = leave_out(files, lists)
    for result in runner.run(file for file in files if file.name not in lists.excluded):
        verdicts.append(judge(result, lists))
        _tell(verdicts[-1], verbose=verbose)
    return verdicts


def _tell(verdict: Verdict, *, verbose: bool) -> None:
    if verdict.what != "pass" or verbose:
        what = "skipped itself" if verdict.skipped else verdict.what
        cause = f"{verdict.cause}: " if verdict.cause else ""
        print(f"{verdict.file.area.name:<6}  {verdict.file.name}  {what}  {cause}{verdict.reason}".rstrip(), flush=True)


def _conclude(verdicts: Sequence[Verdict], left_out: Mapping[TestFile, str], lists: Lists) -> None:
    for file, complaint in left_out.items():
        print(f"{file.area.name:<6}  {file.name}  left out  the unmodified Node fails it: {complaint}")
    for name in passing_though_listed(verdicts, lists):
        print(f"warning: {name} is listed as failing but passes")
    print(text_table(totals(verdicts)))


def _status(verdicts: Sequence[Verdict]) -> int:
    found = shortcomings(verdicts)
    for sentence in found:
        print(sentence, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
