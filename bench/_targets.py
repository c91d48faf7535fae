"""What is to be reached, as ratios to Node and as bounds of memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from bench._peers import PEERS
from bench._results import CaseResult


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a target for one peer, as the page tells it; `kept` is None where it was not measured."""

    what: str
    peer: str
    wanted: str
    reached: str
    kept: bool | None


@dataclass(frozen=True, slots=True)
class Target:
    """What each of these peers must reach: the least ratio to Node, by the median of its rounds, or the most of a
    figure, by the worst of them."""

    what: str
    case: str
    measure: str
    kind: Literal["least ratio", "most"]
    bounds: Mapping[str, float]

    def outcome(self, peer: str, result: CaseResult | None) -> Outcome:
        """What came of it for one of the peers."""
        bound, title = self.bounds[peer], PEERS[peer].title
        if self.kind == "least ratio":
            wanted = f"at least {bound:.2f} of Node"
            if result and (ratio := result.ratio(peer, self.measure)):
                return Outcome(self.what, title, wanted, ratio.told(2), ratio.median >= bound)
        else:
            wanted = f"at most {bound:g}"
            if result and (figure := result.figure(peer, self.measure)):
                return Outcome(self.what, title, wanted, f"{figure.high:.1f}", figure.high <= bound)
        return Outcome(self.what, title, wanted, "", None)


def _least(what: str, case: str, measure: str, **bounds: float) -> Target:
    return Target(what, case, measure, "least ratio", bounds)


def _most(what: str, case: str, measure: str, **bounds: float) -> Target:
    return Target(what, case, measure, "most", bounds)


PEAK = "peak MiB above rest"
TARGETS = (
    _least("hello-world, requests/s", "hello", "requests/s", h11=0.25, llhttp=0.50),
    _least("echo, one body, MB/s", "echo-one", "MB/s", h11=1.0, llhttp=1.5),
    _least("proxy, MB/s", "proxy-body", "MB/s", h11=1.0, llhttp=1.5),
    _least("proxy, requests/s", "proxy-requests", "requests/s", h11=0.4, llhttp=0.6),
    _most("echo of 1 GiB, peak MiB above rest", "echo-one", PEAK, h11=8, llhttp=8),
    _most("proxy of 1 GiB, peak MiB above rest", "proxy-body", PEAK, h11=8, llhttp=8),
    _most("download of 1 GiB, peak MiB above rest", "download", PEAK, h11=8, llhttp=8),
    _most("memory of an idle connection, KiB", "idle-memory", "KiB/connection", h11=10, llhttp=10),
    _least("objects through Readable, Transform, Writable", "objects", "objects/s", nodestream=0.2),
)


def outcomes(results: Iterable[CaseResult]) -> list[Outcome]:
    """What came of all targets, in their order."""
    by_case = {result.case.name: result for result in results}
    return [target.outcome(peer, by_case.get(target.case)) for target in TARGETS for peer in target.bounds]
