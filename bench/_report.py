"""The results as a page."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from bench._case import Measure, Settings
from bench._compiled import BUILD
from bench._figures import Spread, ratios, spread, values
from bench._machine import machine, versions
from bench._peers import BASELINE, PEERS
from bench._rounds import CaseResult, PeerResult


def write_results(results: Sequence[CaseResult], settings: Settings, begun: float, output: Path) -> list[Path]:
    """Write the page, the picture and all samples; returns their paths."""
    BUILD.mkdir(exist_ok=True)
    samples = BUILD / "samples.json"
    output.write_text(page(results, settings, begun))
    samples.write_text(json.dumps(as_json(results), indent=1) + "\n")
    return [output, samples]


def as_json(results: Iterable[CaseResult]) -> dict[str, object]:
    """All samples, by case, peer and round."""
    return {
        result.case.name: {
            name: {"failure": peer.failure, "samples": peer.samples} for name, peer in result.peers.items()
        }
        for result in results
    }


def page(results: Sequence[CaseResult], settings: Settings, begun: float) -> str:
    """The whole page."""
    names = dict.fromkeys(name for result in results for name in result.peers)
    told = ", ".join(f"{package} {version}" for package, version in versions(names).items())
    lines = [
        "# Beside its peers",
        "",
        time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(begun)),
        f"{machine()}",
        told,
        "",
        f"{settings.rounds} rounds" + (", short" if settings.short else ""),
        "",
    ]
    for result in results:
        lines += [*_table(result), ""]
    return "\n".join(lines)


def _table(result: CaseResult) -> list[str]:
    baseline = result.peers.get(BASELINE, PeerResult())
    headings = ["peer"]
    for measure in result.case.measures:
        headings += [measure.name] + ([] if measure.better is None else ["to Node"])
    lines = [f"## {result.case.title}", "", _row(headings), _row(["---"] + ["---:"] * (len(headings) - 1))]
    for name, peer in result.peers.items():
        cells = [PEERS[name].title]
        for measure in result.case.measures:
            cells.append(_figure(spread(values(peer.samples, measure.name).values()), measure))
            if measure.better is not None:
                cells.append(_ratio(spread(ratios(peer.samples, baseline.samples, measure.name))))
        lines.append(_row(cells))
    lines += [f"\n{PEERS[name].title} is out: {peer.failure}" for name, peer in result.peers.items() if peer.failure]
    return lines


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _figure(found: Spread | None, measure: Measure) -> str:
    if found is None:
        return ""
    digits = measure.digits
    return f"{found.median:,.{digits}f} ({found.low:,.{digits}f} to {found.high:,.{digits}f})"


def _ratio(found: Spread | None) -> str:
    return f"{found.median:.2f} ({found.low:.2f} to {found.high:.2f})" if found else ""
