"""Running test files, several at a time."""

from __future__ import annotations

import itertools
import re
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal

from compliance.node_suite._areas import TestFile
from compliance.node_suite._command import command_of, environment_of, read_metadata
from compliance.node_suite._process import ProcessGroups

MOST_JOBS = 4

LIMIT = 30.0
"""Seconds for a file. Two of http take 16 in Node itself."""

KEPT = 64 * 1024
"""Bytes of a file's output that are kept of its beginning, and of its end."""

_SKIPPED = re.compile(r"^1\.\.0 # Skipped: ", re.MULTILINE)

Outcome = Literal["pass", "fail", "timeout"]


@dataclass(frozen=True)
class Result:
    """What came of one file. One that `skipped` itself passes, as for Node's own runner."""

    file: TestFile
    outcome: Outcome
    seconds: float
    output: str

    @property
    def skipped(self) -> bool:
        """Whether the file passed because it found that it cannot be run here."""
        return self.outcome == "pass" and _SKIPPED.search(self.output) is not None


class Runner:
    """Runs files, at most `jobs` at a time; to be used as a context manager, which ends what still runs."""

    def __init__(self, tests: Path, node: str, *, jobs: int = MOST_JOBS, limit: float = LIMIT) -> None:
        self._tests = tests
        self._node = node
        self._limit = limit
        self._numbers = itertools.count(1)
        self._groups = ProcessGroups()
        self._executor = ThreadPoolExecutor(jobs)
        self._scratch = tempfile.TemporaryDirectory(prefix="node-suite-", ignore_cleanup_errors=True)

    def __enter__(self) -> Runner:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._groups.stop()
        self._executor.shutdown(cancel_futures=True)
        self._scratch.cleanup()

    def run(self, files: Iterable[TestFile], *, plain: bool = False) -> Iterator[Result]:
        """Run the files, and tell of each when it is done. `plain`: in Node as it is."""
        futures = [self._executor.submit(self._run_file, file, plain) for file in files]
        for future in as_completed(futures):
            yield future.result()

    def _run_file(self, file: TestFile, plain: bool) -> Result:
        number = next(self._numbers)
        with tempfile.TemporaryDirectory(dir=self._scratch.name, ignore_cleanup_errors=True) as folder:
            scratch = Path(folder)
            for name in ("test", "tmp"):
                (scratch / name).mkdir()
            metadata = read_metadata(file.path)
            begun = time.monotonic()
            with (scratch / "output").open("ab") as output:
                status = self._groups.run(
                    command_of(self._node, file, metadata),
                    self._limit,
                    cwd=self._tests,
                    env=environment_of(file, metadata, number, scratch, plain=plain),
                    output=output,
                )
            seconds = time.monotonic() - begun
            return Result(file, _outcome(status), seconds, read_output(scratch / "output"))


def _outcome(status: int | None) -> Outcome:
    if status is None:
        return "timeout"
    return "pass" if status == 0 else "fail"


def read_output(path: Path) -> str:
    """What a file wrote; of a long text the beginning and the end."""
    with path.open("rb") as file:
        text = file.read(2 * KEPT)
        left = path.stat().st_size - len(text)
        if left > 0:
            file.seek(-KEPT, 2)
            text = b"%b\n... %d bytes left out ...\n%b" % (text[:KEPT], left, file.read())
    return text.decode(errors="replace")
