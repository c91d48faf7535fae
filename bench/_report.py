"""The results as a page."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from bench._case import ITS_CORE, LOADS_CORE, Measure
from bench._peers import PEERS
from bench._results import CaseResult, Run
from bench._targets import outcomes

RESPONDER = "c"
BUSY = 90.0  # percent of a core: from here on it may be the limit


def page(run: Run, results: Sequence[CaseResult], picture: str) -> str:
    """The whole page. `picture` is the address of the picture."""
    minutes = sum(result.seconds for result in results) / 60
    short = " (a short run: less than the titles say)" if run.settings.short else ""
    date = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(run.begun))
    parts = [
        ["# This library beside Node and its peers"],
        [f"{date}, by `{run.command}`: {run.settings.rounds} rounds in {minutes:.0f} minutes{short}."],
        [
            f"- Machine: {run.machine}; load average before the run {run.load_average:.2f}.",
            f"- Versions: {', '.join(run.versions)}.",
        ],
        [EXPLANATION],
        [f"![Ratios to Node]({picture})"],
        ["## What to reach", "", *_targets(results)],
        *[_case(result) for result in results],
        ["## Is the load the limit?", "", LIMIT, "", *_limits(results)],
    ]
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


EXPLANATION = """\
What is measured has core 0, the load core 1. Each round measures every peer once, in an order that turns. A figure is
the median of the rounds (least to most); `to Node` is the median of the rounds' ratios to Node in the same round.
"C, by hand" is the bench's own responder: what the load can do at least. [README.md](README.md) tells more."""

LIMIT = """\
For the fastest peer of each case: the share that it had of its core, and the load of its own; and what the same load
reaches with the bench's responder in C in its place. The load is the limit where its core is full and the peer's is
not."""


def _targets(results: Sequence[CaseResult]) -> list[str]:
    answers = {True: "yes", False: "**no**", None: "not measured"}
    rows = [[told.what, told.peer, told.wanted, told.reached, answers[told.kept]] for told in outcomes(results)]
    return table(["what", "peer", "wanted", "reached", "kept"], rows)


def _case(result: CaseResult) -> list[str]:
    measures = [
        measure for measure in result.case.measures if any(result.figure(name, measure.name) for name in result.peers)
    ]
    headings = ["peer"]
    for measure in measures:
        headings += [measure.name] if measure.better is None else [measure.name, "to Node"]
    rows = [
        [PEERS[name].title, *[cell for measure in measures for cell in _cells(result, name, measure)]]
        for name, peer in result.peers.items()
        if peer.samples
    ]
    lines = [f"## {result.case.title[0].upper()}{result.case.title[1:]}", "", *table(headings, rows)]
    if result.case.note:
        lines += ["", result.case.note]
    for name, peer in result.peers.items():
        if peer.failure:
            lines += ["", f"{PEERS[name].title} is out: {' '.join(peer.failure.split())}"]
    return lines


def _cells(result: CaseResult, name: str, measure: Measure) -> list[str]:
    figure, ratio = result.figure(name, measure.name), result.ratio(name, measure.name)
    if measure.better is None:
        return [f"{figure.median:,.{measure.digits}f}" if figure else ""]
    return [figure.told(measure.digits) if figure else "", ratio.told(2) if ratio else ""]


def _limits(results: Iterable[CaseResult]) -> list[str]:
    headings = ["case", "fastest peer", ITS_CORE.name, LOADS_CORE.name, "with the responder", "is the load the limit?"]
    return table(headings, [row for result in results if (row := _limit(result)) is not None])


def _limit(result: CaseResult) -> list[str] | None:
    first = result.case.measures[0].name
    reached = {name: found.median for name in result.peers if (found := result.figure(name, first))}
    responder = reached.pop(RESPONDER, None)
    if not reached:
        return None
    fastest = max(reached, key=lambda name: reached[name])
    its, loads = result.figure(fastest, ITS_CORE.name), result.figure(fastest, LOADS_CORE.name)
    if its is None or loads is None:
        return None
    return [
        result.case.name,
        PEERS[fastest].title,
        f"{its.median:.0f}",
        f"{loads.median:.0f}",
        f"{responder / reached[fastest]:.1f} times as much" if responder else "",
        "**yes**" if loads.median >= BUSY > its.median else "no",
    ]


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table; its first column is text, and so are those whose cells have no digit at their beginning."""
    rows = list(rows)
    numeric = [
        column > 0 and any(row[column] for row in rows) and all(_is_figure(row[column]) for row in rows)
        for column in range(len(headings))
    ]
    return [_row(headings), _row(["---:" if right else "---" for right in numeric]), *map(_row, rows)]


def _is_figure(cell: str) -> bool:
    return not cell or cell[0].isdigit()


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
