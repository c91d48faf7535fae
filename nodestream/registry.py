"""`StreamRegistry`: streams across threads and event loops, by number.

    registry = StreamRegistry()
    id = registry.create()

    def work() -> None:  # in a thread
        for chunk in something_that_blocks():
            if not registry.push(id, chunk):
                registry.wait_for_room(id)
        registry.close(id)

    registry.readable(id).pipe(res)  # in the event loop

The rules, whoever calls and from wherever:

1. Ids count up from 1, and are never used again.
2. Chunks come out in the order of `push()`, each once. Pulls that wait are served in the order in which they began.
3. A stream has two high water marks, in bytes and in chunks. `push()` takes a chunk in any case, as Node's does, and
   says whether there is room for more. So what is queued of producers that then wait for room is never more than the
   marks and one chunk of each.
4. `close()` lets what is queued be pulled first; `error()` and `delete()` drop it.
5. A stream that ended or failed stays, and says so to each pull, until it is deleted. `readable()` and
   `readable_stream()` delete it when they are over. Deleting tells the producer: when it pushes or waits for room,
   that raises "Stream deleted".

What happens when is in `_registry_channel.py`; how one waits, in `_registry_waiters.py`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from ._names import NodeNames, node_name
from ._options import DEFAULT_HIGH_WATER_MARK, DEFAULT_OBJECT_HIGH_WATER_MARK, high_water_mark, normalized
from ._registry_channel import Channel
from ._registry_channel import StreamState as StreamState
from ._registry_waiters import block_for, wait_for
from .errors import (
    ERR_ARG_NOT_ITERABLE,
    ERR_INVALID_ARG_VALUE,
    ERR_STREAM_DELETED,
    ERR_STREAM_NULL_VALUES,
)

if TYPE_CHECKING:
    from ._readable import Readable
    from .web import ReadableStream

__all__ = ["StreamRegistry", "StreamState"]

MARKS = ("high_water_mark", "max_chunks")
READABLE_OPTIONS = frozenset(
    {"high_water_mark", "object_mode", "encoding", "auto_destroy", "emit_close", "signal", "capture_rejections"}
)


class StreamRegistry(NodeNames):
    """Streams by number, to be filled and emptied in different threads and event loops.

    Every method may be called from any thread. As a context manager it deletes all streams in the end.

    Options, for the streams that it creates:
        high_water_mark: the number of bytes at which a stream is full (65536).
        max_chunks: the number of chunks at which it is full (16).

    Raises ERR_INVALID_ARG_VALUE.
    """

    def __init__(self, options: Mapping[str, Any] | None = None, /, **keywords: Any) -> None:
        given = normalized(MARKS, options, keywords, type(self).__name__)
        defaults = (DEFAULT_HIGH_WATER_MARK, DEFAULT_OBJECT_HIGH_WATER_MARK)
        self._marks = _checked_marks(given, defaults)
        self._lock = threading.Lock()
        self._last = 0
        self._channels: dict[int, Channel] = {}

    # --- streams ---

    def create(self, options: Mapping[str, Any] | None = None, /, **keywords: Any) -> int:
        """A new stream: its id.

        Options: `high_water_mark`, `max_chunks`, for this one. Raises ERR_INVALID_ARG_VALUE.
        """
        marks = _checked_marks(normalized(MARKS, options, keywords, "create"), self._marks)
        with self._lock:
            self._last += 1
            self._channels[self._last] = Channel(*marks)
            return self._last

    def get(self, id: int) -> StreamState | None:
        """What can be seen of a stream now; None if there is none with this id."""
        channel = self._channels.get(id)
        return None if channel is None else channel.snapshot(id)

    def delete(self, id: int) -> bool:
        """Forget a stream; whether there was one. Who waits for it, or uses it later, gets ERR_STREAM_DELETED."""
        channel = self._channels.pop(id, None)
        if channel is not None:
            channel.delete()
        return channel is not None

    def clear(self) -> None:
        """Delete all streams."""
        for id in self:
            self.delete(id)

    def __iter__(self) -> Iterator[int]:
        """The ids that there are now."""
        return iter(list(self._channels))

    def __len__(self) -> int:
        return len(self._channels)

    def __contains__(self, id: object) -> bool:
        return id in self._channels

    def __enter__(self) -> StreamRegistry:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.clear()

    def __repr__(self) -> str:
        states = [state for state in map(self.get, self) if state is not None]
        chunks, size = (sum(getattr(state, name) for state in states) for name in ("chunks", "bytes"))
        return f"<{type(self).__name__} {len(states)} streams, {chunks} chunks, {size} bytes>"

    def _channel(self, id: int) -> Channel:
        channel = self._channels.get(id)
        if channel is not None:
            return channel
        if isinstance(id, int) and 0 < id <= self._last:
            raise ERR_STREAM_DELETED
        raise ERR_INVALID_ARG_VALUE("id", id)

    # --- the producer's side ---

    def push(self, id: int, chunk: Any) -> bool:
        """Give a stream a chunk; whether there is room for more. It is taken even if there is none.

        None closes the stream, as in Node. An empty string or empty bytes are no chunk. A bytearray or memoryview is
        copied.

        Raises ERR_STREAM_PUSH_AFTER_EOF when it was closed, its error when it has failed, ERR_STREAM_DELETED,
        ERR_INVALID_ARG_VALUE for an id that there never was.
        """
        channel = self._channel(id)
        if chunk is None:
            channel.check_open()
            channel.close()
            return False
        if isinstance(chunk, (bytearray, memoryview)):
            chunk = bytes(chunk)
        if isinstance(chunk, (bytes, str)) and not chunk:
            channel.check_open()
            return not channel.is_full
        return channel.push(chunk)

    def is_queue_full(self, id: int) -> bool:
        """Whether a producer should wait. Raises ERR_STREAM_DELETED, ERR_INVALID_ARG_VALUE."""
        return self._channel(id).is_full

    isQueueFull = node_name(is_queue_full)

    async def room(self, id: int) -> None:
        """Await, in trio or asyncio, that the stream is not full; once it was, that half of it has been pulled.

        Raises what `push` does, also when that happens meanwhile.
        """
        channel = self._channel(id)
        await wait_for(channel.join_for_room, channel.leave_for_room)

    def wait_for_room(self, id: int, timeout: float | None = None) -> None:
        """As `room`, blocking this thread, for `timeout` milliseconds at most.

        Raises what `push` does, TimeoutError, and RuntimeError in the thread of an event loop.
        """
        channel = self._channel(id)
        block_for(channel.join_for_room, channel.leave_for_room, timeout)

    waitForRoom = node_name(wait_for_room)

    def close(self, id: int) -> None:
        """There are no more chunks: what is queued can still be pulled. No effect unless the stream is open.

        Raises ERR_INVALID_ARG_VALUE for an id that there never was.
        """
        channel = self._channel_if_there(id)
        if channel is not None:
            channel.close()

    def error(self, id: int, error: Any) -> None:
        """Let the stream fail: what is queued is dropped, and each pull raises `error`.

        An error that is no exception becomes the `context` of an ERR_UNHANDLED_ERROR. No effect on a stream that has
        failed, was deleted, or was closed and has nothing queued.

        Raises ERR_INVALID_ARG_VALUE for an id that there never was.
        """
        channel = self._channel_if_there(id)
        if channel is not None:
            channel.fail(error)

    def _channel_if_there(self, id: int) -> Channel | None:
        try:
            return self._channel(id)
        except ERR_STREAM_DELETED:
            return None

    def produce(self, chunks: Iterable[Any], options: Mapping[str, Any] | None = None, /, **keywords: Any) -> int:
        """A new stream of what a blocking iterable yields: its id. A string or bytes is one chunk.

        A thread of its own iterates over it, only as long as there is room. What it raises is the stream's error. When
        the stream is deleted, the thread stops at the next chunk. In the end `chunks` is closed if it has `close()`.
        Options: those of `create`.

        Raises ERR_ARG_NOT_ITERABLE, ERR_INVALID_ARG_VALUE.
        """
        if not isinstance(chunks, Iterable):
            raise ERR_ARG_NOT_ITERABLE(chunks)
        items = [chunks] if isinstance(chunks, (str, bytes, bytearray, memoryview)) else chunks
        id = self.create(options, **keywords)
        threading.Thread(target=self._produce, args=(id, items), name=f"stream {id}", daemon=True).start()
        return id

    def _produce(self, id: int, chunks: Iterable[Any]) -> None:
        try:
            try:
                for chunk in chunks:
                    if chunk is None:
                        raise ERR_STREAM_NULL_VALUES
                    if not self.push(id, chunk):
                        self.wait_for_room(id)
            finally:
                close = getattr(chunks, "close", None)
                if close is not None:
                    close()
        except BaseException as error:
            self.error(id, error)
        else:
            self.close(id)

    # --- the consumer's side ---

    async def pull(self, id: int) -> Any:
        """Await, in trio or asyncio, the next chunk; None at the end.

        A task that is cancelled has taken no chunk. While a coroutine of a nodestream loop waits here, the loop is kept
        alive.

        Raises the stream's error, ERR_STREAM_DELETED also when that happens meanwhile, ERR_INVALID_ARG_VALUE for an id
        that there never was, RuntimeError in other event loops.
        """
        channel = self._channel(id)
        return await wait_for(channel.join, channel.leave)

    def pull_blocking(self, id: int, timeout: float | None = None) -> Any:
        """As `pull`, blocking this thread, for `timeout` milliseconds at most.

        Raises what `pull` does, TimeoutError, and RuntimeError in the thread of an event loop.
        """
        channel = self._channel(id)
        return block_for(channel.join, channel.leave, timeout)

    pullBlocking = node_name(pull_blocking)

    def readable(self, id: int, options: Mapping[str, Any] | None = None, /, **keywords: Any) -> Readable:
        """A Readable over a stream, in the event loop of the caller. When it is over or destroyed, `id` is deleted.

        Options: those of a Readable, without hooks.

        Raises ERR_STREAM_DELETED, ERR_INVALID_ARG_VALUE.
        """
        from ._registry_streams import RegistryReadable  # not before one is wanted: it takes time to import

        given = normalized(READABLE_OPTIONS, options, keywords, "readable")
        return RegistryReadable(self._channel(id), partial(self.delete, id), given)

    def readable_stream(self, id: int, options: Mapping[str, Any] | None = None, /, **keywords: Any) -> ReadableStream:
        """A web ReadableStream over a stream, of type "bytes". When it is over or cancelled, `id` is deleted.

        It holds nothing itself. Strings become UTF-8.

        Options: object_mode: chunks are any objects, and the stream is no stream of bytes (False).

        Raises ERR_STREAM_DELETED, ERR_INVALID_ARG_VALUE.
        """
        from ._registry_streams import web_stream  # not before one is wanted: it takes time to import

        given = normalized(("object_mode",), options, keywords, "readable_stream")
        object_mode = bool(given.get("object_mode"))
        return web_stream(self._channel(id), partial(self.delete, id), object_mode=object_mode)

    readableStream = node_name(readable_stream)


def _checked_marks(given: Mapping[str, Any], defaults: tuple[int, int]) -> tuple[int, int]:
    size, chunks = (given.get(name, default) for name, default in zip(MARKS, defaults, strict=True))
    most = chunks
    if isinstance(chunks, bool) or not isinstance(chunks, int) or chunks < 0:
        raise ERR_INVALID_ARG_VALUE("options.maxChunks", chunks)
    return high_water_mark({"high_water_mark": size}, None, False), most
