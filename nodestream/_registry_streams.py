"""Streams of a nodestream loop over a stream of a registry: a Readable, and a web ReadableStream.

The rules:

1. A chunk is pulled only when the stream wants one, one at a time. After some in a row, others of the loop have their
   turns: a producer in a thread may be as fast as what becomes of its chunks.
2. While a pull waits, the loop is kept alive. The loop's end, `destroy()`, `cancel()`, an error and the end of the
   stream all delete it from the registry, so that its producer learns of it.
3. What a producer says in the loop's own thread is heard in a tick, like what is said in others in a turn: a stream's
   listeners never run inside of `push()`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ._encoding import encode
from ._lifecycle import Failure
from ._readable import Readable
from ._registry_channel import Channel
from ._registry_waiters import Waiter
from .loop import Handle, Promise, current_loop
from .web import ReadableStream

IN_A_ROW = 16
"""Chunks that a stream gets without a turn of others in between."""

Received = Callable[[Failure, Any], object]


class _Feed(Waiter):
    """Pulls chunks of a channel for a stream.

    Args:
        delete: deletes the channel from its registry.
        received: called with an error, or with a chunk, which is None at the end.
    """

    __slots__ = ("_channel", "_delete", "_handle", "_in_a_row", "_is_open", "_loop", "_received")

    def __init__(self, channel: Channel, delete: Callable[[], object], received: Received) -> None:
        super().__init__()
        self._channel = channel
        self._delete = delete
        self._received = received
        self._loop = current_loop()
        self._handle = Handle(self._loop, self.close)
        self._handle.unref()
        self._is_open = True
        self._in_a_row = 0

    def pull(self) -> None:
        """Call `received` with the next chunk: at once if there is one, as a rule."""
        self._in_a_row += 1
        if not self._loop.running:
            self._loop.next_tick(self.pull)  # another thread could not reach it before
        elif self._in_a_row > IN_A_ROW:
            self._loop.set_immediate(self.pull)
            self._in_a_row = 0
        elif self._channel.join(self):
            self._tell()
        else:
            self._handle.ref()

    def wake(self) -> bool:
        """There is an outcome."""
        return self._loop.call_from_anywhere(self._woken)

    def _woken(self) -> None:
        self._handle.unref()
        self._tell()

    def _tell(self) -> None:
        outcome, self.outcome = self.outcome, None
        if outcome is not None and self._is_open:
            self._received(*outcome)

    def close(self) -> None:
        """Nobody wants a chunk any more."""
        if self._is_open:
            self._is_open = False
            self._delete()
            self._handle.close()


class RegistryReadable(Readable):
    """A Readable over a channel."""

    def __init__(self, channel: Channel, delete: Callable[[], object], options: dict[str, Any]) -> None:
        self._feed = _Feed(channel, delete, self._received)
        super().__init__(options)

    def _read(self, size: int) -> None:
        self._feed.pull()

    def _received(self, error: Failure, chunk: Any) -> None:
        if error is not None:
            self.destroy(error)
        else:
            self.push(chunk)

    def _destroy(self, error: Failure, callback: Callable[..., object]) -> None:
        self._feed.close()
        callback(error)


class _Source:
    """The source of a web stream over a channel."""

    def __init__(self, channel: Channel, delete: Callable[[], object]) -> None:
        self._feed = _Feed(channel, delete, self._received)
        self._controller: Any = None
        self._pulled: Promise[None]

    def pull(self, controller: Any) -> Promise[None]:
        """Get one chunk."""
        self._controller = controller
        self._pulled = Promise()
        self._feed.pull()
        return self._pulled

    def cancel(self, _reason: Any) -> None:
        """Nobody wants more."""
        self._feed.close()

    def _received(self, error: Failure, chunk: Any) -> None:
        if error is None and chunk is not None:
            error = self._give(chunk)
        elif error is None:
            self._end()
        if error is not None:
            self._feed.close()
            self._controller.error(error)
        self._pulled.resolve(None)

    def _give(self, chunk: Any) -> Failure:
        """Enqueue it; gives the error of what a stream of bytes does not take."""
        try:
            self._controller.enqueue(chunk)
        except Exception as error:
            return error
        return None

    def _end(self) -> None:
        self._feed.close()
        self._controller.close()
        request = getattr(self._controller, "byob_request", None)
        if request is not None:
            request.respond(0)


class _ByteSource(_Source):
    """The source of a web stream of bytes: strings are encoded as UTF-8."""

    type = "bytes"

    def _give(self, chunk: Any) -> Failure:
        return super()._give(encode(chunk) if isinstance(chunk, str) else chunk)


def web_stream(channel: Channel, delete: Callable[[], object], *, object_mode: bool) -> ReadableStream:
    """A web ReadableStream over a channel."""
    source = _Source(channel, delete) if object_mode else _ByteSource(channel, delete)
    return ReadableStream(source, {"high_water_mark": 0})
