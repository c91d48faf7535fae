"""The bytes of a body, piece by piece: iterators, and the streams made of them.

The rules:

1. A piece is `bytes`, and never empty.
2. Who leaves an iterator before its end calls `aclose()`: that closes what it reads from.

Standard: Fetch, section 2.2.4 (incrementally read a body)
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from functools import partial
from typing import Any, Protocol, TypeGuard

from nodestream._encoding import encode
from nodestream._hooks import noop
from nodestream._leaving import leave
from nodestream._pump import async_items
from nodestream._readable_iterator import ReadableIterator
from nodestream.errors import ERR_INVALID_ARG_TYPE, NodeTypeError
from nodestream.loop import Promise, current_loop
from nodestream.web import ReadableStream
from nodestream.web._promises import promise_of, resolved_with, transformed
from nodestream.web._views import is_bytes_like

_CHUNK = "of type string or an instance of Buffer, ArrayBuffer, or Array or an Array-like Object"


class Chunks(Protocol):
    """An async iterator over pieces of a body, which can be left."""

    def __aiter__(self) -> AsyncIterator[bytes]: ...

    async def __anext__(self) -> bytes: ...

    async def aclose(self) -> None:
        """Nobody wants more. May be called again, and at the end."""


class TakenChunks(Chunks, Protocol):
    """One that need not be awaited."""

    def take(self) -> bytes | Promise[Any] | None:
        """A piece that is there now; or a promise of one; None at the end.

        If the promise turns out to be of nothing, the piece is to be asked for again. Raises what the source raises.
        """


def can_be_taken(chunks: Chunks) -> TypeGuard[TakenChunks]:
    """Whether they are TakenChunks."""
    return hasattr(chunks, "take")


class BytesChunks:
    """All bytes in one piece."""

    __slots__ = ("_data",)

    def __init__(self, data: bytes) -> None:
        self._data = data

    def __aiter__(self) -> BytesChunks:
        return self

    def take(self) -> bytes | None:
        """See TakenChunks."""
        data, self._data = self._data, b""
        return data or None

    async def __anext__(self) -> bytes:
        data = self.take()
        if data is None:
            raise StopAsyncIteration
        return data

    async def aclose(self) -> None:
        """See Chunks."""
        self._data = b""


class ReadableChunks:
    """What a Readable gives: bytes, and strings, which are encoded as UTF-8.

    Raises ERR_INVALID_ARG_TYPE for a chunk that is neither, and destroys the stream then; and the stream's error.
    """

    __slots__ = ("_iterator",)

    def __init__(self, readable: Any) -> None:
        self._iterator = ReadableIterator(readable)

    def __aiter__(self) -> ReadableChunks:
        return self

    def take(self) -> bytes | Promise[Any] | None:
        """See TakenChunks."""
        while True:
            item = self._iterator.take()
            if item is None or isinstance(item, Promise):
                return item
            data = self._encoded(item)
            if data:
                return data

    async def __anext__(self) -> bytes:
        while True:
            data = self._encoded(await anext(self._iterator))
            if data:
                return data

    def _encoded(self, item: Any) -> bytes:
        data = _encoded(item)
        if data is None:
            self._iterator.close()
            raise _wrong_item(item)
        return data

    async def aclose(self) -> None:
        """See Chunks. A stream that was not begun is destroyed too."""
        if self._iterator.begin() is not None:
            self._iterator.close()


class ItemChunks:
    """What an iterable or an old-style stream gives: bytes, and strings, which are encoded as UTF-8.

    Raises ERR_INVALID_ARG_TYPE for an item that is neither, and closes the iterable then; and what that raises.
    """

    __slots__ = ("_items", "_iterator")

    def __init__(self, items: Any) -> None:
        self._items = items
        self._iterator: AsyncIterator[Any] | None = None

    def __aiter__(self) -> ItemChunks:
        return self

    async def __anext__(self) -> bytes:
        if self._iterator is None:
            self._iterator = aiter(async_items(self._items))
            current_loop().adopt(self._iterator)
        while True:
            item = await anext(self._iterator)
            data = _encoded(item)
            if data is None:
                await self.aclose()
                raise _wrong_item(item)
            if data:
                return data

    async def aclose(self) -> None:
        """See Chunks. What was not begun is closed too."""
        await leave(aiter(async_items(self._items)) if self._iterator is None else self._iterator)


def _encoded(item: Any) -> bytes | None:
    if isinstance(item, str):
        return encode(item)
    return bytes(item) if is_bytes_like(item) else None


def _wrong_item(item: Any) -> ERR_INVALID_ARG_TYPE:
    """The error of what cannot be a piece of a body."""
    return ERR_INVALID_ARG_TYPE("first argument", _CHUNK, item)


class StreamChunks:
    """What a ReadableStream gives, which is locked from now on.

    Raises a TypeError for a chunk that is not bytes-like, and the error of the stream.
    """

    __slots__ = ("_reader",)

    def __init__(self, stream: ReadableStream) -> None:
        self._reader = stream.get_reader()
        stream._disturb()

    def __aiter__(self) -> StreamChunks:
        return self

    async def __anext__(self) -> bytes:
        while True:
            result = await self._reader.read()
            if result.done:
                raise StopAsyncIteration
            if not is_bytes_like(result.value):
                raise NodeTypeError("Received non-Uint8Array chunk")
            if len(result.value):
                return bytes(result.value)

    async def aclose(self) -> None:
        """See Chunks."""
        with suppress(Exception):  # of a stream that has failed; who read it knows
            await self._reader.cancel()


def stream_of(chunks: Chunks) -> ReadableStream:
    """A stream of bytes of what an iterator gives."""
    source = _TakingSource(chunks) if can_be_taken(chunks) else _WaitingSource(chunks)
    return ReadableStream(type="bytes", pull=source.pull, cancel=source.cancel)


class _TakingSource:
    """Gives a stream what an iterator has, when somebody reads; that takes no task."""

    __slots__ = ("_chunks", "_is_cancelled")

    def __init__(self, chunks: TakenChunks) -> None:
        self._chunks = chunks
        self._is_cancelled = False

    def pull(self, controller: Any) -> Promise[Any] | None:
        """Give the controller a piece, once there is one."""
        taken = self._chunks.take()
        if isinstance(taken, Promise):
            return transformed(taken, partial(self._taken, controller))
        _give(controller, taken)
        return None

    def _taken(self, controller: Any, chunk: bytes | None) -> Promise[Any] | None:
        if self._is_cancelled:
            return None
        if not chunk:
            return self.pull(controller)
        _give(controller, chunk)
        return None

    def cancel(self, _reason: Any) -> Promise[Any]:
        """Nobody wants more."""
        self._is_cancelled = True
        return promise_of(self._chunks.aclose())


class _WaitingSource:
    """Gives a stream what an iterator gives, when somebody reads; each piece is waited for in a task."""

    __slots__ = ("_chunks", "_is_cancelled", "_pulled", "_stop_pulling")

    def __init__(self, chunks: Chunks) -> None:
        self._chunks = chunks
        self._is_cancelled = False
        self._pulled: Promise[None] = resolved_with(None)
        self._stop_pulling: Callable[[], None] = noop

    def pull(self, controller: Any) -> Promise[None]:
        """Give the controller a piece, once there is one."""
        pulled = self._pulled = Promise()

        def done(error: BaseException | None, chunk: bytes | None) -> None:
            if error is not None:
                pulled.reject(error)
                return
            if not self._is_cancelled:
                _give(controller, chunk)
            pulled.resolve(None)

        self._stop_pulling = current_loop().spawn_stoppable(_next_of(self._chunks), done)
        return pulled

    def cancel(self, _reason: Any) -> Promise[Any]:
        """An iterator can only be closed when it is not running: what it waits for is cancelled first."""
        self._is_cancelled = True
        self._stop_pulling()

        def close(_outcome: Any) -> Promise[Any]:
            return promise_of(self._chunks.aclose())

        return transformed(self._pulled, close, close)


async def _next_of(chunks: Chunks) -> bytes | None:
    """A piece, or None at the end."""
    try:
        return await chunks.__anext__()
    except StopAsyncIteration:
        return None


def _give(controller: Any, chunk: bytes | None) -> None:
    if chunk is not None:
        controller.enqueue(chunk)
        return
    controller.close()
    if controller.byob_request is not None:
        controller.byob_request.respond(0)


def joined(chunks: Chunks) -> Promise[bytes]:
    """All pieces in one. Standard: Fetch, section 2.2.4 (fully read)"""
    return _Joining(chunks).promise if can_be_taken(chunks) else promise_of(_waited_for(chunks))


class _Joining:
    """Takes all pieces, which takes no task."""

    __slots__ = ("_chunks", "_pieces", "promise")

    def __init__(self, chunks: TakenChunks) -> None:
        self.promise: Promise[bytes] = Promise()
        self._chunks = chunks
        self._pieces: list[bytes] = []
        self._take()

    def _take(self, arrived: bytes | None = None) -> None:
        if arrived:
            self._pieces.append(arrived)
        try:
            while (taken := self._chunks.take()) is not None:
                if isinstance(taken, Promise):
                    taken.when_settled(self._take, self.promise.reject)
                    return
                self._pieces.append(taken)
        except Exception as error:
            self.promise.reject(error)
        else:
            self.promise.resolve(b"".join(self._pieces))


async def _waited_for(chunks: Chunks) -> bytes:
    try:
        return b"".join([chunk async for chunk in chunks])
    finally:
        await chunks.aclose()
