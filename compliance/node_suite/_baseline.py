"""What the unmodified Node makes of the test files: those it fails here say nothing about this library.

The outcomes are kept in a file, by Node's version and the content of the test, so that they are found out once.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from compliance.node_suite._areas import TestFile
from compliance.node_suite._atomic import write_atomically
from compliance.node_suite._complaint import complaint_of
from compliance.node_suite._running import Result, Runner

STORE = Path(__file__).parent / ".baseline.json"

Outcomes = dict[str, str | None]
"""By the digest of a test: what Node complains of, or None if it passes."""


class Baseline:
    """The outcomes of one version of Node, kept in the file `store`."""

    def __init__(self, store: Path, version: str) -> None:
        self._store = store
        self._all = _read_store(store)
        self._known = self._all.setdefault(version, {})

    def ask(self, files: Iterable[TestFile], runner: Runner) -> Iterator[Result]:
        """Run all these files in the unmodified Node, and keep what comes of each.

        One that fails is run once more, alone, before that counts.
        """
        failed = []
        try:
            for result in runner.run(files, plain=True):
                if result.outcome == "pass":
                    yield self._noted(result)
                else:
                    failed.append(result.file)
            for file in failed:
                for result in runner.run([file], plain=True):
                    yield self._noted(result)
        finally:
            write_atomically(self._store, json.dumps(self._all, indent=1, sort_keys=True))

    def unknown(self, files: Iterable[TestFile]) -> list[TestFile]:
        """The files that it has to ask about."""
        return [file for file in files if _digest(file) not in self._known]

    def failing(self, files: Iterable[TestFile]) -> dict[TestFile, str]:
        """The files that Node is known to fail, with its complaint."""
        complaints = ((file, self._known.get(_digest(file))) for file in files)
        return {file: complaint for file, complaint in complaints if complaint is not None}

    def _noted(self, result: Result) -> Result:
        self._known[_digest(result.file)] = None if result.outcome == "pass" else complaint_of(result)
        return result


def _digest(file: TestFile) -> str:
    return hashlib.sha256(file.path.read_bytes()).hexdigest()


def _read_store(path: Path) -> dict[str, Outcomes]:
    """What was kept; nothing if there is no file, or none of ours."""
    try:
        stored = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return stored if isinstance(stored, dict) else {}
