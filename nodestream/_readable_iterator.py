"""`async for chunk in readable`.

Node: readable[Symbol.asyncIterator], readable.iterator
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any

from . import _predicates as ask
from ._destroyer import destroy
from ._finished import watch
from ._wrap import new_wrapping
from .errors import aggregate_two_errors
from .loop import Promise, current_loop, yield_to_others

if TYPE_CHECKING:
    from ._readable import Readable

CHUNKS_PER_CHECKPOINT = 16
"""After so many chunks without a wait, the loop of the consumer lets others run, and can be cancelled."""

_Attempt = tuple[Any, Promise[None] | None]


class Feed:
    """What listens to the stream for an iterator. The stream refers to this, and never to the iterator itself: so the
    iterator is dropped as soon as its `async for` is left, and knows by that."""

    __slots__ = ("ended", "error", "loop", "stop_watching", "stream", "wakeup")

    def __init__(self, stream: Readable) -> None:
        self.stream = stream
        self.loop = current_loop()
        self.error: Any = None
        self.ended = False
        self.wakeup: Promise[None] | None = None
        stream.on("readable", self.wake)
        self.stop_watching: Callable[[], None] = watch(stream, self.on_end, writable=False)

    def wake(self) -> None:
        """There may be something to read."""
        wakeup, self.wakeup = self.wakeup, None
        if wakeup is not None:
            wakeup.resolve(None)

    def on_end(self, error: Any = None) -> None:
        """The stream is done."""
        self.error = aggregate_two_errors(self.error, error)
        self.ended = True
        self.wake()

    def attempt(self) -> _Attempt:
        """Read; if there is nothing, say what to wait for, or None when nothing will come any more."""
        try:
            chunk = None if self.stream.destroyed else self.stream.read()
        except Exception as error:  # of a listener of the stream
            self.error = aggregate_two_errors(self.error, error)
            chunk = None
        if chunk is not None or self.error is not None or self.ended:
            return chunk, None
        return None, self.promise()

    def promise(self) -> Promise[None]:
        """Settled when there may be something to read; several may wait for it."""
        if self.wakeup is None:
            self.wakeup = Promise()
        return self.wakeup

    def leave(self, *, may_destroy: bool) -> None:
        """Nobody wants more: destroy the stream, or take the listeners away."""
        may_destroy = may_destroy or self.error is not None
        is_over = self.ended or self.error is not None
        if may_destroy and (not is_over or ask.destroys_itself(self.stream)) and not self._is_half_open():
            destroy(self.stream)
        else:
            self.stream.remove_listener("readable", self.wake)
            self.stop_watching()

    def _is_half_open(self) -> bool:
        """Whether only the readable side is over, and the other one is still to be used."""
        stream: Any = self.stream
        if not self.ended or self.error is not None:
            return False
        return bool(getattr(stream, "allow_half_open", False) and stream.writable and not stream.writable_ended)


class ReadableIterator:
    """The chunks of a Readable (or of an old-style stream, which is wrapped), one by one.

    Raises the error of a stream that fails, ERR_STREAM_PREMATURE_CLOSE if it is destroyed before its end.

    Leaving the loop early (`break`, `return`, an exception, a cancel) destroys the stream, unless told not to: when
    the iterator is dropped, or by `await iterator.aclose()`.
    """

    __slots__ = ("_attempt", "_closed", "_destroy_on_return", "_feed", "_since_checkpoint", "_waiting", "stream")

    def __init__(self, stream: Readable, *, destroy_on_return: bool = True) -> None:
        self.stream = stream if callable(getattr(stream, "read", None)) else new_wrapping(stream, object_mode=True)
        self._destroy_on_return = destroy_on_return
        self._feed: Feed | None = None
        self._attempt: _Attempt | None = None  # the one of `begin()`
        self._closed = False
        self._waiting = 0
        self._since_checkpoint = 0

    def __aiter__(self) -> ReadableIterator:
        return self

    def begin(self) -> Feed | None:
        """Listen to the stream, and ask it for a chunk, now rather than when the first one is wanted."""
        if self._feed is None and not self._closed:
            self._feed = Feed(self.stream)
            self._attempt = self._try(self._feed)
        return self._feed

    def __anext__(self) -> Coroutine[Any, Any, Any]:
        """Reads now, not only when the coroutine runs: in JavaScript what is called begins at once."""
        feed = self.begin()
        attempt, self._attempt = self._attempt, None
        if feed is None or (attempt is None and self._closed):
            return self._nothing()
        if attempt is None:
            attempt = (None, feed.promise()) if self._waiting else self._try(feed)
        if attempt[1] is not None:
            self._waiting += 1  # now, and not when the coroutine runs: what is called later must not overtake it
        return self._next(feed, attempt)

    def take(self) -> Any:
        """A chunk that is there now; or a promise, after which it is to be asked for again; None at the end.

        Raises the error of a stream that fails. Not to be mixed with waiting for chunks.
        """
        feed = self.begin()
        attempt, self._attempt = self._attempt, None
        if feed is None or (attempt is None and self._closed):
            return None
        chunk, wakeup = self._try(feed) if attempt is None else attempt
        if chunk is not None:
            return chunk
        if wakeup is None and feed.error is not None:
            raise feed.error
        return wakeup

    async def _nothing(self) -> Any:
        raise StopAsyncIteration

    def _try(self, feed: Feed) -> _Attempt:
        """Read; when nothing will come any more, leave the stream at once, not only when somebody is told."""
        chunk, wakeup = feed.attempt()
        if chunk is None and wakeup is None:
            self._close(feed.error)
        return chunk, wakeup

    async def _next(self, feed: Feed, attempt: _Attempt) -> Any:
        try:
            while True:
                chunk, wakeup = attempt
                if chunk is not None:
                    self._since_checkpoint += 1
                    if self._since_checkpoint >= CHUNKS_PER_CHECKPOINT:
                        self._since_checkpoint = 0
                        await yield_to_others()
                    return chunk
                if wakeup is None:
                    raise StopAsyncIteration if feed.error is None else feed.error
                await self._wait(wakeup)
                if self._closed:
                    raise StopAsyncIteration  # another one that waited has raised the error, or left the loop
                attempt = self._try(feed)
                if attempt[1] is not None:
                    self._waiting += 1
        except BaseException as error:
            self._close(None if isinstance(error, StopAsyncIteration) else error)
            raise

    async def _wait(self, wakeup: Promise[None]) -> None:
        self._since_checkpoint = 0
        try:
            await wakeup
        finally:
            self._waiting -= 1

    async def aclose(self) -> None:
        """Leave the loop: destroys the stream, unless `destroy_on_return=False`. May be called again."""
        self._close(None)

    def close(self) -> None:
        """As `aclose`."""
        self._close(None)

    def _close(self, error: BaseException | None) -> None:
        if not self._closed:
            self._closed = True
            if self._feed is not None:
                self._feed.leave(may_destroy=error is not None or self._destroy_on_return)

    def __del__(self) -> None:
        if not self._closed and self._feed is not None:
            # The last reference may be dropped, or found by the collector, in any thread.
            self._feed.loop.call_from_finalizer(partial(self._feed.leave, may_destroy=self._destroy_on_return))
