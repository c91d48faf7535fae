"""Where a server writes records to: joined into chunks, at the pace of the client.

1. The stream is opened with the first chunk, or at the end. Until then nothing has been sent, and an error can be told.
2. Who adds records waits for room after it, while the outlet is full.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nodestream.loop import Promise

from ._batches import encode_batch
from ._config import RecordConfig
from ._errors import ERR_RECORDS_NOT_SERIALIZABLE
from ._joining import Joiner


class Outlet:
    """Writes to what `open_stream` gives. `on_progress` is called whenever something was written or taken.

    Attributes:
        is_full: whether the stream has no room.
        stream: what it writes to; None before the first chunk.
    """

    __slots__ = ("_joiner", "_on_progress", "_open_stream", "_room", "is_full", "stream")

    def __init__(self, open_stream: Callable[[], Any], config: RecordConfig, on_progress: Callable[[], object]) -> None:
        self._open_stream = open_stream
        self._joiner = Joiner(self._send, config.chunk_size, config.flush_interval)
        self._on_progress = on_progress
        self._room: Promise[None] | None = None
        self.is_full = False
        self.stream: Any = None

    def add(self, records: list[Any]) -> None:
        """Write records, now or soon. Raises ERR_RECORDS_NOT_SERIALIZABLE when those before that one are written."""
        try:
            data = encode_batch(records)
        except ERR_RECORDS_NOT_SERIALIZABLE:
            for record in records:
                self._joiner.add(encode_batch([record]))
        else:
            self._joiner.add(data)

    async def room(self) -> None:
        """Wait until the stream has room."""
        while self.is_full:
            if self._room is None:
                self._room = Promise()
            await self._room

    def flush(self) -> bool:
        """Write what waits, now. Whether anything was written since the beginning."""
        self._joiner.flush()
        return self.stream is not None

    def end(self) -> None:
        """Write what waits, and end the stream."""
        self._joiner.flush()
        self._opened().end()

    def close(self) -> None:
        """Nobody wants more."""
        self._joiner.close()

    def _opened(self) -> Any:
        if self.stream is None:
            self.stream = self._open_stream()
            self.stream.on("drain", self._on_drain)
        return self.stream

    def _send(self, data: bytes) -> None:
        if not self._opened().write(data):
            self.is_full = True
        self._on_progress()

    def _on_drain(self) -> None:
        self.is_full = False
        self._on_progress()
        room, self._room = self._room, None
        if room is not None:
            room.resolve(None)
