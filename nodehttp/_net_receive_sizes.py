"""How much one receive takes: a socket's usual size, and the large one of those where much comes.

Receives get larger when several in a row came full. A body that is held up holds what was received last, so all sockets
where much comes share a bound: with many of them, the large size is smaller. A socket shares in it from its first large
receive until it is closed, or a receive has brought less than the usual size.
"""

from __future__ import annotations

RECEIVE_SIZE = 64 * 1024
"""Bytes that one receive takes at most."""

LARGE_RECEIVE_SIZE = 256 * 1024
"""And when much comes: a receive costs less for each byte then, and what arrives is cut less often."""

LARGE_RECEIVES = 6 * 1024 * 1024
"""Bytes of one such receive of each socket where much comes. When they are used up, a socket has its usual size."""

_shares: dict[object, int] = {}  # in bytes, of all loops, as the memory is that of the process


def take_share(who: object) -> int:
    """Much comes to `who`; what a receive may take next."""
    _shares.pop(who, None)
    left = LARGE_RECEIVES - sum(_shares.values())
    fair = LARGE_RECEIVES // (len(_shares) + 1)
    size = _shares[who] = max(RECEIVE_SIZE, min(LARGE_RECEIVE_SIZE, fair, left))
    return size


def give_back_share(who: object) -> None:
    """No more so much comes."""
    _shares.pop(who, None)
