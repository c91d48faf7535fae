"""How much a channel asks the kernel for at a time."""

from __future__ import annotations

import socket
from typing import Any

from nodehttp._net_channel import Channel
from nodehttp._net_hold import Hold
from nodehttp._net_receive_sizes import LARGE_RECEIVES, _shares, give_back_share, take_share
from nodestream._hooks import noop
from nodestream.loop import current_loop, open_loop

from .support import flushed

USUAL, LARGE = 65536, 262144
PLENTY = 1 << 20


class Scripted(socket.socket):
    """A socket that is always readable, and gives so many bytes at each receive, or as many as it is asked for."""

    def __init__(self, real: socket.socket, amounts: list[int]) -> None:
        super().__init__(fileno=real.detach())
        self.setblocking(False)
        self.amounts = amounts
        self.asked: list[int] = []

    def recv(self, size: int, _flags: int = 0, /) -> bytes:
        self.asked.append(size)
        return bytes(min(size, self.amounts.pop(0)))


class Owner:
    """Takes what is received; stops when the script is at its end, and for a moment after `stops` receives."""

    channel: Any

    def __init__(self, amounts: list[int], stops: int | None) -> None:
        self._amounts = amounts
        self._stops = stops

    def _received(self, _data: bytes) -> None:
        if not self._amounts or len(self.channel._sock.asked) == self._stops:
            self.channel.stop_reading()


class Closing(Owner):
    """Closes the channel when the script is at its end."""

    def _received(self, _data: bytes) -> None:
        if not self._amounts:
            self.channel.close()
            self.channel.reading = False


async def sizes_asked_for(
    amounts: list[int], *, stops: int | None = None, owner_class: type[Owner] = Owner
) -> list[int]:
    async with open_loop():
        ours, theirs = socket.socketpair()
        theirs.send(b"ready")
        sock = Scripted(ours, amounts)
        owner: Any = owner_class(amounts, stops)
        channel = owner.channel = Channel(current_loop(), sock, owner, Hold(current_loop(), noop))
        channel.start_reading()
        await flushed(channel, lambda: not channel.reading)
        if amounts:
            channel.start_reading()
            await flushed(channel, lambda: not channel.reading)
        channel._hold.settle()
        channel._hold.close()
        channel.close()
        theirs.close()
        return sock.asked


async def test_receives_get_larger_when_several_came_full() -> None:
    assert await sizes_asked_for([PLENTY] * 7) == [USUAL] * 4 + [LARGE] * 3


async def test_one_that_is_not_full_does_not_hinder_that_but_a_small_one_does() -> None:
    assert await sizes_asked_for([PLENTY, 20_000, PLENTY, PLENTY, PLENTY, PLENTY]) == [USUAL] * 5 + [LARGE]
    assert await sizes_asked_for([PLENTY, PLENTY, PLENTY, 10_000, PLENTY, PLENTY]) == [USUAL] * 6


async def test_they_get_smaller_when_little_comes() -> None:
    assert (
        await sizes_asked_for([PLENTY] * 4 + [100_000, 1000, PLENTY, PLENTY]) == [USUAL] * 4 + [LARGE] * 2 + [USUAL] * 2
    )


async def test_they_get_smaller_when_the_owner_has_enough() -> None:
    assert await sizes_asked_for([PLENTY] * 8, stops=6) == [USUAL] * 4 + [LARGE] * 2 + [USUAL] * 2
    assert await sizes_asked_for([PLENTY] * 6, stops=3) == [USUAL] * 6


async def test_many_sockets_with_large_receives_share_what_they_take() -> None:
    others = [object() for _ in range(63)]
    try:
        assert [take_share(other) for other in others][22:26] == [LARGE, LARGE, USUAL, USUAL]
        assert await sizes_asked_for([PLENTY] * 6) == [USUAL] * 6
        for other in others:
            take_share(other)
        assert await sizes_asked_for([PLENTY] * 6) == [USUAL] * 4 + [LARGE_RECEIVES // 64] * 2
        assert sum(_shares.values()) <= LARGE_RECEIVES
    finally:
        for other in others:
            give_back_share(other)
    assert await sizes_asked_for([PLENTY] * 6) == [USUAL] * 4 + [LARGE] * 2


async def test_they_are_never_smaller_than_usual() -> None:
    others = [object() for _ in range(1000)]
    try:
        for other in others:
            take_share(other)
        assert await sizes_asked_for([PLENTY] * 6) == [USUAL] * 6
    finally:
        for other in others:
            give_back_share(other)


async def test_a_share_is_kept_while_the_owner_has_enough_and_given_back_when_little_comes_or_at_the_end() -> None:
    shares: list[int] = []

    class Counting(Owner):
        def _received(self, data: bytes) -> None:
            shares.append(len(_shares))
            super()._received(data)

    await sizes_asked_for([PLENTY] * 6 + [USUAL, 1000, 1000], stops=6, owner_class=Counting)
    assert shares == [0] * 4 + [1] * 4 + [0]
    shares.clear()
    await sizes_asked_for([PLENTY] * 6, owner_class=Counting)
    assert shares == [0] * 4 + [1] * 2
    assert not _shares
    await sizes_asked_for([PLENTY] * 6, owner_class=Closing)
    assert not _shares
