"""The arithmetic of the tables: medians, spreads, and ratios to the baseline of the same round."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bench._case import Sample


@dataclass(frozen=True, slots=True)
class Spread:
    """A median, and the least and the most of what it is the median of."""

    median: float
    low: float
    high: float

    def told(self, digits: int) -> str:
        """As the page tells it."""
        median, low, high = (f"{figure:,.{digits}f}" for figure in (self.median, self.low, self.high))
        return median if low == high else f"{median} ({low} to {high})"


def spread(values: Iterable[float]) -> Spread | None:
    """The spread of some figures; None where there are none."""
    found = list(values)
    return Spread(statistics.median(found), min(found), max(found)) if found else None


def values(samples: Mapping[int, Sample], measure: str) -> dict[int, float]:
    """One measure's figures, by round; rounds that do not have it are left out."""
    return {number: sample[measure] for number, sample in samples.items() if measure in sample}


def ratios(samples: Mapping[int, Sample], baseline: Mapping[int, Sample], measure: str) -> list[float]:
    """What a peer reached over what the baseline reached, for each round that has both."""
    ours, theirs = values(samples, measure), values(baseline, measure)
    return [ours[number] / theirs[number] for number in sorted(ours) if theirs.get(number)]
