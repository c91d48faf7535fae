"""What `to_trio()` gives passes trio's own checks of its interfaces."""

from __future__ import annotations

from typing import Any

import pytest
import trio
from trio.testing import (
    check_half_closeable_stream,
    check_one_way_stream,
    check_two_way_stream,
    memory_stream_one_way_pair,
    memory_stream_pair,
)

from nodestream import Duplex, PassThrough, Readable, Writable, duplex_pair, open_loop

CLOG = b"x" * 1000


def one_way_over_a_pair(**options: Any) -> tuple[Any, Any, Any]:
    left, right = duplex_pair(**options)
    return left, Writable.to_trio(left), Readable.to_trio(right)


def one_way_over_a_pass_through(**options: Any) -> tuple[Any, Any, Any]:
    stream = PassThrough(**options)
    return stream, Writable.to_trio(stream), Readable.to_trio(stream)


def one_way_there_and_back(**options: Any) -> tuple[Any, Any, Any]:
    """Between two trio streams that are made Node's, and trio's again."""
    send, receive = memory_stream_one_way_pair()
    writable = Writable.from_trio(send, **options)
    return writable, writable.to_trio(), Readable.from_trio(receive, **options).to_trio()


@pytest.mark.parametrize("make", [one_way_over_a_pair, one_way_over_a_pass_through])
async def test_one_way_streams(make: Any) -> None:
    async def maker() -> Any:
        return make()[1:]

    async def clogged_maker() -> Any:
        stream, *both = make(high_water_mark=10)
        stream.write(CLOG)
        return both

    async with open_loop():
        await check_one_way_stream(maker, clogged_maker)


async def test_one_way_streams_there_and_back() -> None:
    async def maker() -> Any:
        return one_way_there_and_back()[1:]

    async with open_loop():
        await check_one_way_stream(maker, None)


async def test_half_closeable_streams() -> None:
    async def maker() -> Any:
        return [stream.to_trio() for stream in duplex_pair()]

    async def clogged_maker() -> Any:
        pair = duplex_pair(high_water_mark=10)
        for stream in pair:
            stream.write(CLOG)
        return [stream.to_trio() for stream in pair]

    async with open_loop():
        await check_half_closeable_stream(maker, clogged_maker)


async def test_two_way_streams_there_and_back() -> None:
    async def maker() -> Any:
        return [Duplex.from_trio(stream).to_trio() for stream in memory_stream_pair()]

    async with open_loop():
        await check_two_way_stream(maker, None)


async def test_a_socket_there_and_back() -> None:
    async def maker() -> Any:
        ends = trio.socket.socketpair()
        return [Duplex.from_trio(trio.SocketStream(end)).to_trio() for end in ends]

    async with open_loop():
        await check_half_closeable_stream(maker, None)
