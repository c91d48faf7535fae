"""Programs that time themselves (programs/timing.py and timing.mjs): what the cases with them have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bench._case import Failed
from bench._processes import Finished

SPARE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Timed:
    """What such a program told of the part that it measured: how often it did its work, seconds, processor time."""

    count: int
    seconds: float
    cpu_seconds: float

    @property
    def per_second(self) -> float:
        """How often it did its work in a second."""
        return self.count / self.seconds

    @property
    def cpu_microseconds(self) -> float:
        """The processor time for doing it once."""
        return 1e6 * self.cpu_seconds / self.count

    @property
    def load(self) -> float:
        """The share of its core that it used, in percent."""
        return 100 * self.cpu_seconds / self.seconds


def timed(ran: Finished) -> Timed:
    """Read what such a program printed. Raises Failed where it did nothing."""
    told: Mapping[str, Any] = ran.json()
    if not told["count"]:
        raise Failed("it did nothing in its time")
    return Timed(told["count"], told["seconds"], told["cpu"])
