"""Two TLSSockets do whatever they like at random, over a cable that may be damaged, and keep the rules of streams:

- what arrives is what was sent, in order; all of it, if nobody was destroyed and nothing was damaged;
- `end` comes behind the last byte, `close` once and at last, an error at most once and before it;
- each callback of a write is called once, in order;
- nothing hangs, and what is held is bounded.

TLS_PROGRAMS=2000 runs so many, TLS_SEED=7 begins with that seed. A failure tells its seed.

Part: nodehttp/_tls_channel.py, nodehttp/_tls_socket.py, nodehttp/_tls_stream_channel.py
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from typing import Any

import pytest

from nodehttp import net, tls
from nodehttp._tls_channel import MOST_UNSENT, STEP
from nodehttp._tls_engine import RECORD
from nodestream.loop import open_loop
from nodestream.timers import set_immediate

from ..net.support import pair, turns
from .cable import ROOM, Damage, cable

PROGRAMS = int(os.environ.get("TLS_PROGRAMS", "40"))
SEED = int(os.environ.get("TLS_SEED", "0")) or random.randrange(1 << 32)
PATIENCE = 4000
"""Rounds of the loop in which everything must have come to its end."""

SIZES = (0, 1, 10, 1000, RECORD, RECORD + 1, 50_000, 300_000)
MARKS = (1, 1000, RECORD, 65536)


class Side:
    """A socket, what it was given, and what it has told."""

    def __init__(self, socket: tls.TLSSocket, chance: random.Random) -> None:
        self.socket = socket
        self.chance = chance
        self.reads_by_hand = chance.random() < 0.3
        self.written = bytearray()
        self.received = bytearray()
        self.asked = 0
        self.answered: list[int] = []
        self.told: list[str] = []
        self.error: BaseException | None = None
        self.was_destroyed = False
        self.is_finishing = False
        for event in ("end", "close", "finish"):
            socket.on(event, lambda *_, event=event: self.told.append(event))
        socket.on("error", self._on_error)
        if self.reads_by_hand:
            socket.on("readable", self._on_readable)
        else:
            socket.on("data", self._on_data)

    def _on_error(self, error: BaseException) -> None:
        self.told.append("error")
        self.error = error

    def _on_data(self, data: bytes) -> None:
        self.told.append("data")
        self.received += data

    def _on_readable(self) -> None:
        if self.is_finishing:
            self.read_all()

    def read_all(self) -> None:
        while not self.socket.destroyed and (data := self.socket.read()) is not None:
            self._on_data(data)

    # --- what it may do ---

    def act(self) -> None:
        doings = self.doings()
        weights = [weight for weight, _ in doings]
        self.chance.choices([doing for _, doing in doings], weights)[0]()

    def doings(self) -> list[tuple[float, Callable[[], object]]]:
        socket = self.socket
        common: list[tuple[float, Callable[[], object]]] = [
            (6, self.write),
            (1, socket.cork),
            (2, socket.uncork),
            (0.3, self.end),
            (0.2, self.destroy),
            (0.5, lambda: socket.set_timeout(self.chance.choice([0, 10**7]))),
            (1, lambda: None),
        ]
        if self.reads_by_hand:
            return [*common, (4, self.read_some)]
        return [*common, (1, socket.pause), (2, socket.resume)]

    @property
    def may_write(self) -> bool:
        socket = self.socket
        return not (socket.writable_ended or socket.destroyed or ("end" in self.told and not socket.allow_half_open))

    def write(self) -> None:
        if self.may_write:
            data = self.chance.randbytes(self.chance.choice(SIZES))
            self.written += data
            goes_on = self.socket.write(data, self._asked())
            if not self.socket.destroyed:
                assert goes_on is (self.socket.writable_length < self.socket.writable_high_water_mark)

    def _asked(self) -> Callable[..., None]:
        number = self.asked
        self.asked += 1
        return lambda _error=None: self.answered.append(number)

    def end(self) -> None:
        if self.may_write:
            self.socket.end()

    def destroy(self) -> None:
        self.was_destroyed = True
        self.socket.destroy()

    def read_some(self) -> None:
        if not self.socket.destroyed:
            data = self.socket.read(self.chance.randrange(1, self.socket.readable_high_water_mark + 1))
            if data is not None:
                self._on_data(data)

    def finish(self) -> None:
        """Say and take what is left."""
        self.is_finishing = True
        while self.socket.writable_corked:
            self.socket.uncork()
        if self.reads_by_hand:
            self.read_all()
        else:
            self.socket.resume()
        self.end()

    # --- what must be so ---

    def check_bounds(self) -> None:
        assert self.socket.readable_length < self.socket.readable_high_water_mark + RECORD

    def check(self, other: Side, *, whole: bool) -> None:
        assert other.written.startswith(self.received)
        assert self.answered == list(range(self.asked))
        assert self.told.count("close") == 1
        assert self.told[-1] == "close"
        assert self.told.count("end") <= 1
        assert self.told.count("error") <= 1
        if "end" in self.told:
            assert "data" not in self.told[self.told.index("end") :]
        if whole:
            assert self.error is None
            assert self.received == other.written
            assert "end" in self.told
            assert "finish" in self.told


def sides_over(ends: Any, chance: random.Random, credentials: dict[str, Any]) -> tuple[Side, Side]:
    def options(**more: Any) -> dict[str, Any]:
        mark = chance.choice(MARKS)
        return {"allow_half_open": chance.random() < 0.5, "high_water_mark": mark, **credentials, **more}

    version = chance.choice(["TLSv1.2", "TLSv1.3"])
    asks = chance.choice([{}, {}, {"request_cert": True}, {"request_cert": True, "reject_unauthorized": False}])
    server = tls.TLSSocket(ends[1], options(is_server=True, max_version=version, **asks))
    client = tls.connect({**options(servername="localhost"), "socket": ends[0]})
    return Side(client, chance), Side(server, chance)


def some_damage(chance: random.Random) -> Damage | None:
    kind = chance.choice(["", "", "flip", "garbage", "cut", "reset"])
    if not kind:
        return None
    at = chance.choice([chance.randrange(300), chance.randrange(4000), chance.randrange(200_000)])
    return Damage(kind, chance.randrange(2), at)


@pytest.fixture(scope="module")
def credentials(key_pem: bytes, cert_pem: bytes, ca_pem: bytes) -> dict[str, Any]:
    return {"key": key_pem, "cert": cert_pem, "ca": ca_pem}


@pytest.mark.parametrize("seed", range(SEED, SEED + PROGRAMS))
async def test_over_a_cable(seed: int, credentials: dict[str, Any]) -> None:
    chance = random.Random(seed)
    damage = some_damage(chance)
    async with open_loop():
        ends = cable(damage)
        sides = sides_over(ends, chance, credentials)

        def carry() -> None:
            for end in ends:
                end.deliver(chance.choice([1, 5, 100, 5000, ROOM]))

        def carry_all() -> None:
            for end in ends:
                end.deliver(ROOM)

        for _ in range(chance.randrange(60)):
            set_immediate(chance.choice(sides).act)
            set_immediate(carry)
            await turns(chance.randrange(1, 4))
            for side, end in zip(sides, ends, strict=True):
                side.check_bounds()
                assert end.writable_length < STEP + STEP // 10 + MOST_UNSENT
        for side in sides:
            set_immediate(side.finish)
        for round_ in range(PATIENCE):
            set_immediate(carry_all)
            await turns()
            if all("close" in side.told for side in sides):
                break
            if damage is not None and round_ == PATIENCE // 2:  # they may wait for the rest of a record
                for end in ends:
                    set_immediate(end.cut)
        await turns(3)
        check(sides, whole=damage is None or not is_hit(damage, ends))


def is_hit(damage: Damage, ends: Any) -> bool:
    return bool(ends[damage.direction].sent > damage.at)


def check(sides: tuple[Side, Side], *, whole: bool) -> None:
    whole = whole and not any(side.was_destroyed for side in sides)
    for side, other in (sides, sides[::-1]):
        side.check(other, whole=whole)


@pytest.mark.parametrize("seed", range(SEED, SEED + PROGRAMS // 4))
async def test_over_the_kernel(seed: int, credentials: dict[str, Any]) -> None:
    chance = random.Random(seed)
    async with open_loop():
        ends = await pair({"allow_half_open": True}, {"allow_half_open": True})
        assert all(isinstance(end, net.Socket) for end in ends)
        sides = sides_over(ends, chance, credentials)
        for _ in range(chance.randrange(60)):
            set_immediate(chance.choice(sides).act)
            await turns(chance.randrange(1, 4))
            for side in sides:
                side.check_bounds()
        for side in sides:
            set_immediate(side.finish)
        for _ in range(PATIENCE):
            await turns()
            if all("close" in side.told for side in sides):
                break
        await turns(3)
        check(sides, whole=True)
