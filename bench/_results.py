"""What came of a case, and the questions that are asked of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from bench._case import Case, Sample, Settings
from bench._figures import Spread, ratios, spread, values
from bench._peers import BASELINE


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the bench: how it was asked for, when it began (seconds since 1970), how many processes wanted to run
    on the machine in the minute before, which machine that is, and the versions of all that was measured."""

    command: str
    settings: Settings
    begun: float
    load_average: float
    machine: str
    versions: tuple[str, ...]


@dataclass(slots=True)
class PeerResult:
    """What one peer reached: its samples by round (a round that failed is not there), and why it is out, if it is."""

    samples: dict[int, Sample] = field(default_factory=dict)
    failure: str | None = None


@dataclass(slots=True)
class CaseResult:
    """What came of a case: its peers in the order of the tables, and how long it took."""

    case: Case
    peers: dict[str, PeerResult]
    seconds: float = 0.0

    def figure(self, peer: str, measure: str) -> Spread | None:
        """What a peer reached, over all rounds; None where it was not measured."""
        return spread(values(self._samples(peer), measure).values())

    def ratio(self, peer: str, measure: str) -> Spread | None:
        """What a peer reached over what the baseline reached in the same round; None where one was not measured."""
        return spread(ratios(self._samples(peer), self._samples(BASELINE), measure))

    def _samples(self, peer: str) -> dict[int, Sample]:
        return self.peers[peer].samples if peer in self.peers else {}
