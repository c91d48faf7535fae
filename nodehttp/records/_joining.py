"""Pieces of bytes joined into chunks.

1. A chunk leaves as soon as it has `chunk_size` bytes.
2. A smaller one leaves when the loop has gone round, if none has left for `flush_interval` milliseconds; else when that
   time is over. So what comes alone does not wait, and what comes in a hurry leaves together.
"""

from __future__ import annotations

from collections.abc import Callable

from nodestream.loop import Immediate, current_loop
from nodestream.timers import Timeout, set_immediate, set_timeout


class Joiner:
    """Joins what it is given.

    Args:
        send: is given each chunk.
        chunk_size: see above.
        flush_interval: see above.
        on_time: is called instead of `flush` when it is time for a chunk that is smaller.
    """

    __slots__ = ("_chunk_size", "_flush_interval", "_last", "_loop", "_on_time", "_pieces", "_send", "_size", "_timer")

    def __init__(
        self,
        send: Callable[[bytes], object],
        chunk_size: int,
        flush_interval: float,
        on_time: Callable[[], object] | None = None,
    ) -> None:
        self._send = send
        self._chunk_size = chunk_size
        self._flush_interval = flush_interval
        self._on_time = self.flush if on_time is None else on_time
        self._loop = current_loop()
        self._last = -flush_interval  # when the last chunk left
        self._pieces: list[bytes] = []
        self._size = 0
        self._timer: Timeout | Immediate | None = None

    def add(self, data: bytes) -> None:
        """Join `data`, which is not empty, to the chunk."""
        self._pieces.append(data)
        self._size += len(data)
        if self._size >= self._chunk_size:
            self.flush()
        elif self._timer is None:
            wait = self._last + self._flush_interval - self._loop.timers.now
            self._timer = set_timeout(self._come, wait) if wait > 0 else set_immediate(self._come)

    def _come(self) -> None:
        self._timer = None
        self._on_time()

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not self._pieces

    def flush(self) -> None:
        """Let what there is leave now."""
        self._stop_timer()
        if self._pieces:
            data = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
            self._pieces.clear()
            self._size = 0
            self._last = self._loop.timers.now
            self._send(data)

    def close(self) -> None:
        """Drop it."""
        self._stop_timer()
        self._pieces.clear()
        self._size = 0

    def _stop_timer(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.close()
