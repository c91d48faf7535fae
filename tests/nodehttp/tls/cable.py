"""A cable between two streams that cuts what it carries anew, takes its time, and can be damaged."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nodestream import Duplex
from nodestream.errors import NodeError

ROOM = 64 * 1024
"""Bytes that are delivered at once at most."""


@dataclass(frozen=True)
class Damage:
    """What happens to the byte `at` of one direction.

    kind: "flip" changes it; "garbage" puts others before it; "cut" ends this direction there; "reset" fails both ends.
    """

    kind: str
    direction: int
    at: int


class End(Duplex):
    """One end. `deliver()` moves bytes that were written here to the other end."""

    other: End

    def __init__(self) -> None:
        super().__init__(allow_half_open=True)
        self.sent = 0
        self.damage: Damage | None = None
        self._queue = bytearray()
        self._callbacks: list[tuple[int, Callable[..., object]]] = []
        self._on_final: Callable[..., object] | None = None
        self._is_cut = self._has_ended = self._wants = False
        self.on("error", lambda _: None)

    def _read(self, _size: int) -> None:
        self._wants = True

    def _write(self, chunk: Any, _encoding: str | None, callback: Callable[..., object]) -> None:
        if self.other.destroyed:
            callback(NodeError("the other end is gone", "EPIPE"))
            return
        data = self._damaged(bytes(chunk))
        if self._is_cut:
            data = b""
        self._queue += data
        self._callbacks.append((len(self._queue), callback))

    def _final(self, callback: Callable[..., object]) -> None:
        self._on_final = callback

    def _destroy(self, error: BaseException | None, callback: Callable[..., object]) -> None:
        for _, waiting in self._callbacks:
            waiting(error or NodeError("this end is gone", "ECANCELED"))
        self._callbacks.clear()
        callback(error)

    def _damaged(self, data: bytes) -> bytes:
        damage, start = self.damage, self.sent
        self.sent += len(data)
        if damage is None or not start <= damage.at < self.sent:
            return data
        at = damage.at - start
        if damage.kind == "flip":
            return data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :]
        if damage.kind == "garbage":
            return data[:at] + random.Random(damage.at).randbytes(50) + data[at:]
        if damage.kind == "cut":
            self._queue += data[:at]
            self._is_cut = True
            return b""
        self.reset()
        return data[:at]

    def cut(self) -> None:
        """What comes from here ends behind what is under way."""
        self._is_cut = True

    def reset(self) -> None:
        """Fail both ends."""
        for end in (self, self.other):
            end.destroy(NodeError("the cable is broken", "ECONNRESET"))

    def deliver(self, most: int) -> None:
        """Move up to so many bytes, and the end behind the last one."""
        other = self.other
        if other.destroyed:
            callbacks, self._callbacks = self._callbacks, []
            for _, callback in callbacks:
                callback(NodeError("the other end is gone", "EPIPE"))
            self._end(other)
            return
        if self._queue and other._wants:
            other._wants = False
            data = bytes(self._queue[:most])
            del self._queue[:most]
            self._taken(len(data))
            other.push(data)
        if not self._queue:
            self._taken(0)
            self._end(other)

    def _taken(self, size: int) -> None:
        self._callbacks = [(at - size, callback) for at, callback in self._callbacks]
        while self._callbacks and self._callbacks[0][0] <= 0:
            self._callbacks.pop(0)[1]()

    def _end(self, other: End) -> None:
        on_final, self._on_final = self._on_final, None
        if on_final is not None:
            on_final()
            self._is_cut = True
        if (self._is_cut or self.destroyed) and not self._has_ended and not other.destroyed:
            self._has_ended = True
            other.push(None)


def cable(damage: Damage | None = None) -> tuple[End, End]:
    """Its two ends."""
    ends = End(), End()
    ends[0].other, ends[1].other = ends[1], ends[0]
    if damage is not None:
        ends[damage.direction].damage = damage
    return ends
