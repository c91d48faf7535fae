"""`Gathering`: what was written while one large receive was dealt with, on its way to the kernel in one call.

A parser cuts a receive into pieces, and each that comes back is a write of its own. These are gathered, and leave when
the receive has been dealt with. Whoever writes them sees what he would see if the kernel had taken each at once.

That takes less time than a peer could tell from the network's. A process that ends without a word (`os._exit`, a
signal) in the middle of a receive takes what is gathered with it.

The rules:

1. What is gathered counts as taken by the kernel. It is so little that the kernel has room for it: that is asked for
   first, and where there is none, or the kernel does not say, nothing is gathered. So a write that has to wait is the
   one that would have had to.
2. It leaves before anything that comes behind it: a write that is too much, a change of an option, the end, a reset.
   `close()` sends it too, as the kernel sends what it holds.
3. If the kernel fails to take it, the next one who asks is told, as if the connection had broken right after those
   writes: a write fails, a receive fails once all that had come was received.
4. If the kernel takes a part in spite of the room that it had (it may be told to hold little that is not under way, and
   memory may be short), the rest goes before what is written next and before the end. A socket that is closed lingers
   until then, as it would in the kernel.
"""

from __future__ import annotations

from collections.abc import Sequence

from ._net_kernel import KernelSocket
from ._net_sending import MOST_BUFFERS, send_room

MOST_GATHERED = 320 * 1024
"""Bytes: a large receive, and its frames."""

ROOM_TO_GATHER = 2 * MOST_GATHERED
"""Bytes that the kernel must have room for, some of them for its own use."""


class Gathering:
    """What is gathered in one channel.

    Attributes:
        is_open: whether more may come; it was not handed to the kernel yet.
        unsent: bytes of it that the kernel has not taken since.
        failure: what the kernel said, for the next one who asks.
    """

    __slots__ = ("_pieces", "_size", "failure", "is_open", "unsent")

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._size = 0
        self.is_open = True
        self.unsent = 0
        self.failure: OSError | None = None

    def add(self, sock: KernelSocket, pieces: Sequence[bytes]) -> bool:
        """Take what is written; False if it is too much, for this or for the kernel."""
        if not self.is_open:
            return False
        size = self._size + sum(map(len, pieces))
        gathered = self._pieces
        if size > MOST_GATHERED or len(gathered) + len(pieces) > MOST_BUFFERS:
            return False
        if not gathered and send_room(sock) < ROOM_TO_GATHER:
            return False
        self._size = size
        gathered.extend(pieces)
        return True

    def close(self) -> tuple[list[bytes], int]:
        """No more comes: the pieces, and their bytes."""
        self.is_open = False
        return self._pieces, self._size

    def note_sent(self, count: int) -> bool:
        """The kernel has taken so many bytes of what waits for it; whether nothing is left of what was gathered."""
        self.unsent -= count
        return self.unsent <= 0
