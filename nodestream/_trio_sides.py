"""The two sides of a stream as a trio task uses them: `Receiving` and `Sending`.

The rules:

1. A task may belong to any nursery of the trio program: what is done to the stream is done in the stream's own loop.
2. A method first lets others run, then looks at the stream, and takes or gives a chunk without another wait. So a task
   that is cancelled has neither taken a chunk nor given one.
3. `close()` is for good. Whoever waits then, and whoever comes later, gets trio.ClosedResourceError.
4. A stream that has failed is trio.BrokenResourceError, with the stream's error as its cause, and stays it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import trio

from . import _predicates as ask
from ._destroyer import destroy
from ._finished import watch
from ._loop_scope import LoopScope
from ._trio_errors import broken
from ._wrap import new_wrapping
from .errors import ERR_STREAM_PREMATURE_CLOSE, ERR_STREAM_WRITE_AFTER_END, AbortError
from .loop import Handle, Promise, current_loop, yield_to_others

NOTHING_MORE = object()
"""What `Receiving.take` gives at the end."""


class OneAtATime:
    """Refuses a second task while it is entered."""

    __slots__ = ("_is_busy",)

    def __init__(self) -> None:
        self._is_busy = False

    def __enter__(self) -> None:
        if self._is_busy:
            raise trio.BusyResourceError("another task is using this stream")
        self._is_busy = True

    def __exit__(self, *exc_info: object) -> None:
        self._is_busy = False


class Side:
    """What both sides have: a stream, whether it is over, and a place to wait for news of it.

    Attributes:
        closed: whether the trio side was closed.
        over: whether this side of the stream has ended, finished or failed.
        error: what it has failed with.
    """

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self.closed = False
        self.over = False
        self.error: Any = None
        self._loop = current_loop()
        self._one_at_a_time = OneAtATime()
        self._news: Promise[None] | None = None
        self._handle = Handle(self._loop, self._loop_ended)
        self._handle.unref()

    def _loop_ended(self) -> None:
        self._is_over(RuntimeError("the event loop of this stream has ended"))

    def _is_over(self, error: Any = None) -> None:
        self._handle.close()
        self.over = True
        self.error = error
        self.wake()

    def wake(self) -> None:
        """There is news."""
        news, self._news = self._news, None
        if news is not None:
            news.resolve(None)

    async def wait(self) -> None:
        """Wait for news; several may."""
        if self._news is None:
            with LoopScope(self._loop):
                self._news = Promise()
        await self._news

    def close(self) -> None:
        """Let nobody use it any more."""
        self.closed = True
        self.wake()

    def check_open(self) -> None:
        """Raise trio.ClosedResourceError if it is closed."""
        if self.closed:
            raise trio.ClosedResourceError("this side of the stream was closed")

    def destroy(self) -> None:
        """Destroy the stream, as far as it is not over yet."""
        with LoopScope(self._loop):
            destroy(self.stream)

    async def wait_for_close(self) -> None:
        """Wait until a stream that was destroyed has let go of all it held."""
        await yield_to_others()
        if ask.is_destroyed(self.stream) and self._loop.running:
            with LoopScope(self._loop):
                closed: Promise[None] = Promise()
                watch(self.stream, lambda *_: closed.resolve(None))
            await closed


class Receiving(Side):
    """The readable side of a stream. From its making on, nobody else should read the stream."""

    def __init__(self, stream: Any) -> None:
        super().__init__(stream if callable(getattr(stream, "read", None)) else new_wrapping(stream))
        self.stream.on("readable", self.wake)
        watch(self.stream, self._is_over, writable=False)

    async def take(self, most: int | None = None) -> Any:
        """The next chunk, of at most so many bytes; NOTHING_MORE at the end."""
        with self._one_at_a_time:
            await yield_to_others()
            while True:
                self.check_open()
                if self.over and self.error is not None:
                    raise broken(self.error)
                chunk = self._read(most)
                if chunk is not None:
                    return chunk
                if self.over:
                    return NOTHING_MORE
                await self.wait()

    def _read(self, most: int | None) -> Any:
        if ask.is_destroyed(self.stream):
            return None
        with LoopScope(self._loop):
            return self.stream.read(None if most is None else min(most, self.stream.readable_length))

    def has_more(self) -> bool:
        """Whether there is something that nobody has read; at the end of the stream, this lets it end."""
        self._read(0)
        return bool(self.stream.readable_length)

    def leave(self) -> None:
        """Nobody reads any more: destroys the stream, unless it has ended and its other side goes on."""
        self.close()
        self.stream.remove_listener("readable", self.wake)
        if not self.over:
            self.destroy()


class Sending(Side):
    """The writable side of a stream."""

    def __init__(self, stream: Any) -> None:
        super().__init__(stream)
        self._waits_for_drain = False
        stream.on("drain", self._drained)
        watch(stream, self._is_over, readable=False)

    def _drained(self) -> None:
        self._waits_for_drain = False
        self.wake()

    @property
    def _is_full(self) -> bool:
        """Whether `drain` is to come: also because of what others have written."""
        return self._waits_for_drain or bool(getattr(self.stream, "writable_need_drain", False))

    async def give(self, chunk: Any) -> None:
        """Wait until the stream has room, then write `chunk`."""
        with self._one_at_a_time:
            await self._wait_for_room()
            with LoopScope(self._loop):
                self._waits_for_drain = not self.stream.write(chunk)

    async def wait_for_room(self) -> None:
        """Wait until the stream has room."""
        with self._one_at_a_time:
            await self._wait_for_room()

    async def _wait_for_room(self) -> None:
        await yield_to_others()
        self._check_writable()
        while self._is_full:
            await self.wait()
            self._check_writable()

    def _check_writable(self) -> None:
        self.check_open()
        if self.over or ask.is_writable(self.stream) is False:
            ended = bool(ask.is_writable_ended(self.stream))
            error = self.error or getattr(self.stream, "errored", None)
            raise broken(error or (ERR_STREAM_WRITE_AFTER_END() if ended else None))

    async def end(self) -> None:
        """End the stream: nothing can be sent any more. May be called again."""
        with self._one_at_a_time:
            await yield_to_others()
            if not self.closed:
                self._check_writable()
                self._end()

    def _end(self) -> None:
        self.close()
        if ask.is_writable(self.stream):
            with LoopScope(self._loop):
                self.stream.end()

    async def finish(self, unless: Callable[[], bool] = lambda: False) -> None:
        """End the stream and wait until everything is written, or `unless` says that it is in vain.

        Raises trio.BrokenResourceError if the stream fails meanwhile. If cancelled, the stream is destroyed.
        """
        self._end()
        was_over = self.over
        try:
            await yield_to_others()
            while not self.over and not unless():
                await self.wait()
        except BaseException:
            self.destroy()
            raise
        if not was_over and _is_failure(self.error):
            raise broken(self.error)


def _is_failure(error: Any) -> bool:
    """Whether something went wrong; not only that the other side was closed first."""
    return error is not None and not isinstance(error, (AbortError, ERR_STREAM_PREMATURE_CLOSE))
