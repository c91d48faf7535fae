"""Who is measured, and what each needs to be installed."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping
from dataclasses import dataclass, field

BASELINE = "node"
"""The peer to which all others are a ratio."""


@dataclass(frozen=True, slots=True)
class Peer:
    """One that is measured: its title in the tables, the packages it needs (the first names its version), and what
    its process has in the environment."""

    title: str
    packages: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    ours: bool = False

    def missing(self) -> list[str]:
        """The packages that it needs and that are not installed."""
        return [package for package in self.packages if version(package) is None]


def version(package: str) -> str | None:
    """The installed version of a package, or None."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _ours(title: str, *packages: str, parser: str | None = None) -> Peer:
    environment = {"NODEHTTP_PARSER": parser} if parser else {}
    return Peer(title, ("nodehttp", "trio", *packages), environment, ours=True)


PEERS: Mapping[str, Peer] = {
    "node": Peer("Node 24"),
    "h11": _ours("nodehttp (h11)", "h11", parser="h11"),
    "llhttp": _ours("nodehttp (llhttp)", "httptools", parser="llhttp"),
    "nodestream": _ours("nodestream", "pyee"),
    "aiohttp": Peer("aiohttp", ("aiohttp",)),
    "uvicorn-h11": Peer("uvicorn (h11)", ("uvicorn", "h11")),
    "uvicorn-httptools": Peer("uvicorn (httptools, uvloop)", ("uvicorn", "httptools", "uvloop")),
    "hypercorn": Peer("hypercorn (trio)", ("hypercorn", "trio")),
    "twisted": Peer("twisted.web", ("twisted",)),
    "httpx": Peer("httpx", ("httpx",)),
    "trio": Peer("trio memory channels", ("trio",)),
    "pyee": Peer("pyee", ("pyee",)),
    "c": Peer("C, by hand"),
}
"""All peers, in the order of the tables. `c` is the bench's own responder: what the load generator can do at least."""
