"""What is to be reached, as ratios to Node and as bounds of memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bench._peers import PEERS
from bench._results import CaseResult


@dataclass(frozen=True, slots=True)
class LeastRatio:
    """A ratio to Node that each of these peers must reach, by the median of its rounds."""

    what: str
    case: str
    measure: str
    bounds: Mapping[str, float]

    def outcome(self, peer: str, result: CaseResult | None) -> Outcome:
        """What came of it for one of the peers."""
        found = result.ratio(peer, self.measure) if result else None
        return Outcome(
            self.what,
            PEERS[peer].title,
            f"at least {self.bounds[peer]:.2f} of Node",
            f"{found.median:.2f} ({found.low:.2f} to {found.high:.2f})" if found else "",
            found.median >= self.bounds[peer] if found else None,
        )


@dataclass(frozen=True, slots=True)
class Most:
    """A figure that each of these peers must not exceed, in any round."""

    what: str
    case: str
    measure: str
    bounds: Mapping[str, float]

    def outcome(self, peer: str, result: CaseResult | None) -> Outcome:
        """What came of it for one of the peers."""
        found = result.figure(peer, self.measure) if result else None
        return Outcome(
            self.what,
            PEERS[peer].title,
            f"at most {self.bounds[peer]:g}",
            f"{found.high:.1f}" if found else "",
            found.high <= self.bounds[peer] if found else None,
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a target for one peer, as the page tells it; `kept` is None where it was not measured."""

    what: str
    peer: str
    wanted: str
    reached: str
    kept: bool | None


def _engines(h11: float, llhttp: float) -> dict[str, float]:
    return {"h11": h11, "llhttp": llhttp}


PEAK = "peak MiB above rest"
TARGETS: tuple[LeastRatio | Most, ...] = (
    LeastRatio("hello-world, requests/s", "hello", "requests/s", _engines(0.25, 0.50)),
    LeastRatio("echo, one body, MB/s", "echo-one", "MB/s", _engines(1.0, 1.5)),
    LeastRatio("proxy, MB/s", "proxy-body", "MB/s", _engines(1.0, 1.5)),
    LeastRatio("proxy, requests/s", "proxy-requests", "requests/s", _engines(0.4, 0.6)),
    Most("echo of 1 GiB, peak MiB above rest", "echo-one", PEAK, _engines(8, 8)),
    Most("proxy of 1 GiB, peak MiB above rest", "proxy-body", PEAK, _engines(8, 8)),
    Most("download of 1 GiB, peak MiB above rest", "download", PEAK, _engines(8, 8)),
    Most("memory of an idle connection, KiB", "idle-memory", "KiB/connection", _engines(10, 10)),
    LeastRatio("objects through Readable, Transform, Writable", "objects", "objects/s", {"nodestream": 0.2}),
)


def outcomes(results: Iterable[CaseResult]) -> list[Outcome]:
    """What came of all targets, in their order."""
    by_case = {result.case.name: result for result in results}
    return [target.outcome(peer, by_case.get(target.case)) for target in TARGETS for peer in target.bounds]
