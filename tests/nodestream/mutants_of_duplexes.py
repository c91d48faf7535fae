"""Duplexes that each break one rule of duplexes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nodestream import Duplex, PassThrough, Transform
from nodestream._duplex_pair import DuplexSide

Callback = Callable[..., Any]


class Through(PassThrough):
    """A Duplex that keeps all rules."""

    def __init__(self) -> None:
        super().__init__(high_water_mark=20)


class ChangesSingleBytes(Transform):
    def __init__(self) -> None:
        super().__init__(high_water_mark=20)

    def _transform(self, chunk: bytes, encoding: str | None, callback: Callback) -> None:
        callback(None, chunk.upper() if len(chunk) == 1 else chunk)


class HidesFinishFromReaders(Through):
    def emit(self, event: Any, /, *args: Any) -> bool:
        if event == "finish" and self.listener_count("data") > 1:
            return True
        return super().emit(event, *args)


class WritableThoughDestroyed(Through):
    @property
    def writable(self) -> bool:
        return super().writable or (self.destroyed and self.writable_ended)


class EndsWithItsPeer(DuplexSide):
    def __init__(self) -> None:
        super().__init__(high_water_mark=20)
        self.on("end", self.end)


class HasNoBound(Duplex):
    def __init__(self) -> None:
        super().__init__(high_water_mark=20, read=lambda self, size: None)

    def _write(self, chunk: Any, encoding: str | None, callback: Callback) -> None:
        self.push(chunk)
        callback()

    def _final(self, callback: Callback) -> None:
        self.push(None)
        callback()


def that_end_together() -> tuple[Duplex, Duplex]:
    first, second = EndsWithItsPeer(), EndsWithItsPeer()
    first.connect(second)
    second.connect(first)
    return first, second


DUPLEX_MUTANTS: dict[str, Callable[[], Any]] = {
    "cuts_do_not_matter": ChangesSingleBytes,
    "it_closes_when_both_sides_are_done": HidesFinishFromReaders,
    "destroying_takes_both_sides": WritableThoughDestroyed,
    "half_open_is_kept": that_end_together,
    "pressure_reaches_the_writer": HasNoBound,
}
