"""Where results go: the page, its picture beside it, and all samples."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from bench._compiled import BUILD
from bench._picture import picture
from bench._report import page
from bench._results import CaseResult, Run

SAMPLES = BUILD / "samples.json"


def write_results(run: Run, results: Sequence[CaseResult], output: Path) -> list[Path]:
    """Write all three; returns their paths."""
    BUILD.mkdir(exist_ok=True)
    drawn = output.with_name(f"{output.stem.lower()}.svg")
    drawn.write_text(picture(results))
    output.write_text(page(run, results, drawn.name))
    SAMPLES.write_text(json.dumps(samples(results), indent=1) + "\n")
    return [output, drawn, SAMPLES]


def samples(results: Iterable[CaseResult]) -> dict[str, object]:
    """All samples, by case, peer and round."""
    return {
        result.case.name: {
            name: {"failure": peer.failure, "samples": peer.samples} for name, peer in result.peers.items()
        }
        for result in results
    }
