"""How bytes go to the kernel: many buffers in one call; what is left of them; whether there is room for them."""

from __future__ import annotations

import socket
import struct
from collections.abc import Sequence
from typing import Any

from ._net_kernel import KernelSocket

MOST_BUFFERS = 1024
"""Buffers that the kernel takes in one call (IOV_MAX)."""

_SO_MEMINFO = 55
"""Linux: what the buffers of a socket hold, as 9 numbers."""

_MEMINFO = struct.Struct("=9I")
_SNDBUF, _WMEM_QUEUED = 3, 5


def send_pieces(sock: KernelSocket, pieces: Sequence[Any]) -> int:
    """Send in one call of the kernel; how many bytes it has taken. Raises OSError."""
    try:
        if len(pieces) == 1:
            return sock.send(pieces[0])
        return sock.sendmsg(pieces if len(pieces) <= MOST_BUFFERS else pieces[:MOST_BUFFERS])
    except (BlockingIOError, InterruptedError):
        return 0


def drop_sent(rest: list[Any], count: int) -> None:
    """Forget the first `count` bytes of what is left to send."""
    gone = 0
    while gone < len(rest) and count >= len(rest[gone]):
        count -= len(rest[gone])
        gone += 1
    del rest[:gone]
    if count:
        rest[0] = memoryview(rest[0])[count:]


def first_bytes(pieces: Sequence[Any], count: int) -> list[Any]:
    """The first `count` bytes of `pieces`, or all that there are."""
    first: list[Any] = []
    for piece in pieces:
        if count <= 0:
            break
        first.append(piece if len(piece) <= count else memoryview(piece)[:count])
        count -= len(piece)
    return first


def send_room(sock: KernelSocket) -> int:
    """Bytes that the kernel has room for, its own overhead included; 0 if it does not say."""
    try:
        answer = sock.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO.size)
    except OSError:
        return 0
    if len(answer) != _MEMINFO.size:
        return 0
    numbers = _MEMINFO.unpack(answer)
    room: int = numbers[_SNDBUF] - numbers[_WMEM_QUEUED]
    return room
