"""`duplex_pair()`: two Duplexes, each of which reads what is written to the other.

Node: stream.duplexPair
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ._duplex import Duplex
from ._lifecycle import Failure
from .loop import next_tick

Callback = Callable[..., object]


def duplex_pair(options: Mapping[str, Any] | None = None, /, **keywords: Any) -> tuple[Duplex, Duplex]:
    """Two streams that are connected to each other. A write is done when the other side has room again.

    When one side is destroyed, the other one ends; if it was destroyed with an error, the other one is closed.

    Options: those of Duplex, for both. Node: stream.duplexPair
    """
    first, second = DuplexSide(options, **keywords), DuplexSide(options, **keywords)
    first.connect(second)
    second.connect(first)
    return first, second


class DuplexSide(Duplex):
    """One end of a pair."""

    _other: DuplexSide
    _waiting_callback: Callback | None = None  # of the other side's write, while this side is full

    def connect(self, other: DuplexSide) -> None:
        """What is written here is read there."""
        self._other = other

    def _read(self, _size: int) -> None:
        callback, self._waiting_callback = self._waiting_callback, None
        if callback is not None:
            callback()

    def _write(self, chunk: Any, encoding: str | None, callback: Callback) -> None:
        if isinstance(chunk, (bytes, str)) and not chunk:
            next_tick(callback)
        else:
            self._other.push(chunk)
            self._other._waiting_callback = callback

    def _final(self, callback: Callback) -> None:
        self._other.on("end", callback)
        self._other.push(None)

    def _destroy(self, error: Failure, callback: Callback) -> None:
        next_tick(self._part_from_other, error)
        callback(error)

    def _part_from_other(self, error: Failure) -> None:
        other = self._other
        if other.destroyed:
            return
        if error is not None:
            other.destroy()
        else:
            other.push(None)


duplexPair = duplex_pair
