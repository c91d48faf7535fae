"""The body of a response: what has come of it, and what is read of that.

The rules:

1. What comes is received before anybody asks for it, up to MOST_AHEAD bytes. So a small body that nobody reads does not
   hold its connection, and a large one makes the peer wait.
2. A body fails once: with the reason of whoever aborted it, or else with a TypeError, "terminated". What was received
   and not read is lost then, as in a stream of the web.
3. The connection knows a `Received`, the response a `Reading`. When the response is forgotten, so is the body: what is
   left of it is let go by if it is small, otherwise the connection is given up.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any

from nodestream._hooks import noop
from nodestream._pipeline import pipeline
from nodestream._readable_iterator import ReadableIterator
from nodestream._together import add_listeners
from nodestream.loop import Promise, current_loop
from nodestream.web._promises import exception_of

from .._incoming import IncomingMessage
from ._decoding import decoders_for
from ._network_errors import connection_error, terminated

MOST_AHEAD = 64 * 1024
"""Bytes that are received before they are asked for."""


class Received:
    """What has come of a body.

    Args:
        message: the response.
        on_progress: called when a piece has come, and when the next may come.

    Attributes:
        is_over: whether everything was taken, or nobody wants what is left.
        on_over: called then, once: nothing of the body can be aborted any more.
    """

    __slots__ = (
        "_error",
        "_has_come",
        "_is_dropped",
        "_message",
        "_on_progress",
        "_pieces",
        "_size",
        "_waiting",
        "is_over",
        "on_over",
    )

    def __init__(self, message: IncomingMessage, on_progress: Callable[[], object]) -> None:
        self._on_progress = on_progress
        self.is_over = False
        self.on_over: Callable[[], object] = noop
        self._message = message
        self._pieces: deque[bytes] = deque()
        self._size = 0
        self._has_come = False  # all there will be
        self._is_dropped = False
        self._error: Any = None
        self._waiting: Promise[None] | None = None
        add_listeners(
            message,
            ("data", self._on_data),
            ("end", self._on_end),
            ("error", self._on_error),
            ("close", self._on_end),
        )

    @property
    def is_backed_up(self) -> bool:
        """Whether it is the reader who makes the peer wait."""
        return self._size >= MOST_AHEAD

    # --- the connection ---

    def _on_data(self, piece: bytes, *_: object) -> None:
        self._on_progress()
        self._pieces.append(piece)
        self._size += len(piece)
        if self.is_backed_up:
            if self._is_dropped:
                self._message.destroy()
            else:
                self._message.pause()
        self._wake()

    def _on_end(self, *_: object) -> None:
        self._has_come = True
        self._wake()

    def _on_error(self, error: Any, *_: object) -> None:
        if not self._has_come:
            self.terminate(error)

    # --- ends ---

    def fail(self, reason: Any) -> None:
        """Somebody aborts it."""
        if not self._has_come or self._pieces:
            self._fail(reason)
        self._message.destroy()

    def terminate(self, error: Any) -> BaseException:
        """Something went wrong; gives what the reader is told."""
        if self._error is None:
            self._fail(terminated(connection_error(error)))
        return exception_of(self._error)

    def _fail(self, error: Any) -> None:
        self._error = error
        self._has_come = True
        self._wake()
        self._be_over()

    def drop(self) -> None:
        """Nobody wants what is left."""
        self._is_dropped = True
        self._be_over()
        if self.is_backed_up and not self._has_come:
            self._message.destroy()

    def give_up(self) -> None:
        """Nobody wants what is left, and the connection need not be used again."""
        self._be_over()
        if not self._has_come:
            self._message.destroy()

    def _be_over(self) -> None:
        self.is_over = True
        self._pieces.clear()
        on_over, self.on_over = self.on_over, noop
        on_over()

    # --- the reader ---

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.resolve(None)

    def take(self) -> bytes | Promise[Any] | None:
        """See TakenChunks."""
        if not self._pieces:
            if self._error is not None:
                raise exception_of(self._error)
            if self._has_come:
                self._be_over()
                return None
            if self._waiting is None:
                self._waiting = Promise()
            return self._waiting
        piece = self._pieces.popleft()
        was_backed_up = self.is_backed_up
        self._size -= len(piece)
        if was_backed_up and not self.is_backed_up:
            self._on_progress()
            self._message.resume()
        return piece


class _Taken:
    """Iterates over what can be taken."""

    __slots__ = ()

    take: Callable[[], bytes | Promise[Any] | None]

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        while isinstance(piece := self.take(), Promise):
            await piece
        if piece is None:
            raise StopAsyncIteration
        return piece


class Reading(_Taken):
    """The pieces of a body, as they come, for one reader (TakenChunks)."""

    __slots__ = ("_loop", "_received")

    def __init__(self, received: Received) -> None:
        self._loop = current_loop()
        self._received = received

    def __del__(self) -> None:
        if not self._received.is_over:
            # The last reference may be dropped, or found by the collector, in any thread.
            self._loop.call_from_finalizer(self._received.drop)

    def take(self) -> bytes | Promise[Any] | None:
        """See TakenChunks."""
        return self._received.take()

    async def aclose(self) -> None:
        """Nobody wants more."""
        self._received.give_up()

    def failed(self, error: BaseException) -> BaseException:
        """What came cannot be used; gives what the reader is told."""
        return self._received.terminate(error)


class Decoded(_Taken):
    """The pieces of a body whose content codings are undone (TakenChunks).

    Args:
        reading: the pieces as they come.
        codings: the Content-Encoding header, which names what can be undone.
    """

    __slots__ = ("_pieces", "_reading")

    def __init__(self, reading: Reading, codings: str) -> None:
        self._reading = reading
        decoders = decoders_for(codings)
        pipeline(reading, *decoders, noop)
        self._pieces = ReadableIterator(decoders[-1])

    def take(self) -> bytes | Promise[Any] | None:
        """See TakenChunks."""
        try:
            piece: bytes | Promise[Any] | None = self._pieces.take()
        except Exception as error:
            failure = self._reading.failed(error)
            raise failure from failure.__cause__
        return piece

    async def aclose(self) -> None:
        """Nobody wants more."""
        self._pieces.close()
