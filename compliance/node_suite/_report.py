"""The table of totals, and RESULTS.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from compliance.node_suite._areas import AREAS, DENO_DATE, Area, TestFile
from compliance.node_suite._atomic import write_atomically
from compliance.node_suite._verdicts import Verdict, tally

RESULTS = Path(__file__).parent / "RESULTS.md"

_HEADINGS = ("area", "files", "pass", "of which skipped", "fail", "time-out", "excluded", "share", f"Deno, {DENO_DATE}")

_GROUPS = {
    "bridge": "because of the bridge",
    "missing": "missing feature",
    "behaviour": "wrong behaviour",
    "": "no cause listed yet",
    "excluded": "excluded: not run",
}
"""The groups of files that do not pass, in the order in which they are shown."""


@dataclass(frozen=True)
class Circumstances:
    """What a run's results hold for."""

    date: str
    node_version: str
    library_version: str


def totals(verdicts: Iterable[Verdict]) -> list[tuple[str, ...]]:
    """The table of totals, its headings first: a row for each area that has files, and one for all of them."""
    by_area = _by_area(verdicts)
    rows = [_row(area.name, found, area.deno_passed, area.deno_files) for area, found in by_area.items()]
    if len(by_area) > 1:
        together = [verdict for found in by_area.values() for verdict in found]
        passed, files = sum(area.deno_passed for area in by_area), sum(area.deno_files for area in by_area)
        rows.append(_row("all", together, passed, files))
    return [_HEADINGS, *rows]


def _by_area(verdicts: Iterable[Verdict]) -> dict[Area, list[Verdict]]:
    found: dict[Area, list[Verdict]] = {area: [] for area in AREAS}
    for verdict in verdicts:
        found[verdict.file.area].append(verdict)
    return {area: sorted(those, key=lambda v: v.file.name) for area, those in found.items() if those}


def _row(name: str, verdicts: Sequence[Verdict], deno_passed: int, deno_files: int) -> tuple[str, ...]:
    sums = tally(verdicts)
    counts = (sums.files, sums.passed, sums.skipped, sums.failed, sums.timed_out, sums.excluded)
    deno = f"{deno_passed} of {deno_files} ({deno_passed / deno_files:.1%})"
    return (name, *map(str, counts), f"{sums.share:.1%}", deno)


def text_table(rows: Sequence[Sequence[str]]) -> str:
    """The rows for a terminal: numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(_aligned(row, widths) for row in rows)


def _aligned(row: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = (f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True))
    return "  ".join([f"{first.strip():<{widths[0]}}", *others])


def markdown_table(rows: Sequence[Sequence[str]]) -> str:
    """The rows for a Markdown file."""
    headings, *others = rows
    rule = ["---", *["--:"] * (len(headings) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in (headings, rule, *others))


def results(verdicts: Sequence[Verdict], left_out: Mapping[TestFile, str], circumstances: Circumstances) -> str:
    """The text of RESULTS.md; `left_out` are the files that the unmodified Node fails, with its complaint."""
    parts = [_head(circumstances), markdown_table(totals(verdicts)), _NOTES]
    for area, found in _by_area(verdicts).items():
        parts += _area_section(area, found)
    parts += ["## Left out: the unmodified Node fails them here", _file_list(left_out.items())]
    return "\n\n".join(parts) + "\n"


def write_results(
    path: Path, verdicts: Sequence[Verdict], left_out: Mapping[TestFile, str], circumstances: Circumstances
) -> None:
    """Write RESULTS.md."""
    write_atomically(path, results(verdicts, left_out, circumstances))


def _head(circumstances: Circumstances) -> str:
    return f"""\
# Node's own tests, run on this library

On {circumstances.date}, nodehttp {circumstances.library_version} in Node {circumstances.node_version}. Written by

    make node-suite TESTS=/path/to/node/test

where TESTS is the folder `test` of a checkout of Node 24. The files are run unmodified."""


_NOTES = """\
- **files**: those whose name belongs to the area, less those that the unmodified Node fails here (see the end).
- **of which skipped**: they found that they cannot be run here and did nothing; they pass, as for Node's own runner.
- **excluded**: not run, for the reasons in `EXCLUDED.md`; they count as files that do not pass.
- **share**: of the files, those that pass."""


def _area_section(area: Area, verdicts: Sequence[Verdict]) -> list[str]:
    """The heading of an area, and its files that do not pass by cause."""
    groups: dict[str, list[tuple[TestFile, str]]] = {group: [] for group in _GROUPS}
    for verdict in verdicts:
        if verdict.what != "pass":
            groups[_group(verdict)].append((verdict.file, _shown_reason(verdict)))
    parts = [f"## {area.name}"]
    for group, files in groups.items():
        if files:
            parts += [f"### {area.name}: {_GROUPS[group]} ({len(files)})", _file_list(files)]
    return parts if len(parts) > 1 else [*parts, "All files pass."]


def _group(verdict: Verdict) -> str:
    return "excluded" if verdict.what == "excluded" else verdict.cause or ""


def _shown_reason(verdict: Verdict) -> str:
    return f"{verdict.reason} (time-out)" if verdict.what == "timeout" and verdict.cause else verdict.reason


def _file_list(files: Iterable[tuple[TestFile, str]]) -> str:
    return "\n".join(f"- `{file.name}`: {_literal(reason)}" for file, reason in files) or "None."


def _literal(text: str) -> str:
    """Text that Markdown would take for something else, such as `<anonymous>`, is shown as it is."""
    return text.replace("\\", "\\\\").replace("<", "&lt;").replace("*", "\\*")
