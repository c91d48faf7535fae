"""What came of each file and why, and what that adds up to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from compliance.node_suite._areas import TestFile
from compliance.node_suite._complaint import complaint_of
from compliance.node_suite._reasons import Cause, Lists
from compliance.node_suite._running import Result

BRIDGE_SHARE = 0.03
"""The share of the files that fail because of the bridge has to be below this: else it is the bridge that is tested."""

What = Literal["pass", "fail", "timeout", "excluded"]


@dataclass(frozen=True)
class Verdict:
    """What came of one file; `cause` is None while nobody has listed it."""

    file: TestFile
    what: What
    skipped: bool = False
    cause: Cause | None = None
    reason: str = ""

    @property
    def failed(self) -> bool:
        """Whether it was run and did not pass."""
        return self.what in ("fail", "timeout")


def judge(result: Result, lists: Lists) -> Verdict:
    """The verdict on a file that was run."""
    if result.outcome == "pass":
        return Verdict(result.file, "pass", skipped=result.skipped)
    if listed := lists.reasons.get(result.file.name):
        return Verdict(result.file, result.outcome, cause=listed.cause, reason=listed.text)
    return Verdict(result.file, result.outcome, reason=complaint_of(result))


def leave_out(files: Iterable[TestFile], lists: Lists) -> list[Verdict]:
    """The verdicts on those of the files that are excluded."""
    return [
        Verdict(file, "excluded", reason=lists.excluded[file.name]) for file in files if file.name in lists.excluded
    ]


@dataclass(frozen=True)
class Tally:
    """How many files there are, and how many of each kind; `passed` has those that skipped themselves too."""

    files: int
    passed: int
    skipped: int
    failed: int
    timed_out: int
    excluded: int

    @property
    def share(self) -> float:
        """The share of all files that pass."""
        return self.passed / self.files if self.files else 0.0


def tally(verdicts: Sequence[Verdict]) -> Tally:
    """Count."""
    whats = [verdict.what for verdict in verdicts]
    return Tally(
        files=len(verdicts),
        passed=whats.count("pass"),
        skipped=sum(verdict.skipped for verdict in verdicts),
        failed=whats.count("fail"),
        timed_out=whats.count("timeout"),
        excluded=whats.count("excluded"),
    )


def passing_though_listed(verdicts: Iterable[Verdict], lists: Lists) -> list[str]:
    """The names of the files that reasons.toml lists as failing, and that pass."""
    return [v.file.name for v in verdicts if v.what == "pass" and v.file.name in lists.reasons]


def shortcomings(verdicts: Sequence[Verdict]) -> list[str]:
    """What is wrong with a full run, in a sentence each; not that files fail, but that it is not known why."""
    failed = [verdict for verdict in verdicts if verdict.failed]
    unexplained = [verdict.file.name for verdict in failed if verdict.cause is None]
    bridge = sum(verdict.cause == "bridge" for verdict in failed)
    found = []
    if bridge and bridge >= BRIDGE_SHARE * len(verdicts):
        most = f"fewer than {BRIDGE_SHARE * 100:.0f} in 100 may"
        found.append(f"{bridge} of {len(verdicts)} files fail because of the bridge; {most}")
    if unexplained:
        found.append(
            f"failing files without a cause in reasons.toml: {len(unexplained)}, the first is {unexplained[0]}"
        )
    return found
