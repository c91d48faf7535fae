"""`ReadableStream`: a source of chunks that is read by a reader.

All state of the stream is here; readers and controllers have their own.

Standard: section 4, Readable streams. Node: ReadableStream
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Literal, cast

from .._names import NodeNames, node_name
from .._options import check_object, normalized
from ..errors import (
    ERR_INVALID_ARG_VALUE,
    ERR_INVALID_ARG_VALUE_RANGE,
    ERR_INVALID_STATE,
)
from ..loop import Promise
from ._byob import ReadableStreamBYOBReader
from ._byte_controller import ReadableByteStreamController
from ._from import IterableSource
from ._iterator import ReadableStreamIterator
from ._members import Members
from ._pipe import PipeOptions, checked_pair, pipe
from ._promises import handled_promise, rejected_with, resolved_with, transformed
from ._readable_controller import Algorithm, ReadableStreamDefaultController
from ._readers import GenericReader, ReadableStreamDefaultReader
from ._requests import ReadRequest
from ._strategies import high_water_mark_of, size_of
from ._tee import ByteTee, DefaultTee

SOURCE = ("start", "pull", "cancel", "type", "auto_allocate_chunk_size")

State = Literal["readable", "closed", "errored"]


class ReadableStream(NodeNames):
    """A source of chunks.

    Args:
        source: a mapping, an object with methods, or keywords; each member may be missing, and the functions may be
            async:
            start(controller): called at once; until it is done, nothing is pulled.
            pull(controller): called when the stream wants a chunk, not again before it is done.
            cancel(reason): nobody wants more.
            type: "bytes" for a stream of bytes, whose chunks are bytes-like.
            auto_allocate_chunk_size: of a stream of bytes: the length of the views that `pull` gets to fill.
        strategy: an object or mapping with `high_water_mark` (1, of bytes 0), and `size(chunk)`.

    Raises ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, and what `start` raises.

    Node: ReadableStream
    """

    _web_kind: ClassVar[str] = "readable"

    def __init__(self, source: Any = None, strategy: Any = None, /, **keywords: Any) -> None:
        strategy = keywords.pop("strategy", strategy)
        members = Members("source", source, keywords, SOURCE, "ReadableStream")
        size = size_of(strategy)
        kind = members.value("type")
        start = members.function("start", 1)
        pull, cancel = members.function("pull", 1), members.function("cancel", 1)
        if kind is None:
            self._begin()
            mark = high_water_mark_of(strategy, 1)
            ReadableStreamDefaultController._make(self, start, pull, cancel, mark, size)
        elif kind == "bytes":
            if size is not None:
                raise ERR_INVALID_ARG_VALUE_RANGE("strategy.size", size)
            allocate = members.value("auto_allocate_chunk_size")
            if allocate is not None and (not isinstance(allocate, int) or allocate <= 0):
                raise ERR_INVALID_ARG_VALUE("source.autoAllocateChunkSize", allocate)
            self._begin()
            mark = high_water_mark_of(strategy, 0)
            ReadableByteStreamController._make(self, start, pull, cancel, mark, allocate)
        else:
            raise ERR_INVALID_ARG_VALUE("source.type", kind)

    @classmethod
    def _create(
        cls,
        start: Algorithm | None,
        pull: Algorithm,
        cancel: Algorithm,
        mark: float = 1,
        size: Callable[[Any], Any] | None = None,
    ) -> ReadableStream:
        """CreateReadableStream"""
        stream = cls.__new__(cls)
        stream._begin()
        ReadableStreamDefaultController._make(stream, start, pull, cancel, mark, size)
        return stream

    @classmethod
    def _create_bytes(cls, pull: Algorithm, cancel: Algorithm) -> ReadableStream:
        """CreateReadableByteStream"""
        stream = cls.__new__(cls)
        stream._begin()
        ReadableByteStreamController._make(stream, None, pull, cancel, 0, None)
        return stream

    def _begin(self) -> None:
        """InitializeReadableStream"""
        self._state: State = "readable"
        self._reader: GenericReader | None = None
        self._stored_error: Any = None
        self._disturbed = False
        self._over: Promise[None] = handled_promise()
        self._controller: ReadableStreamDefaultController | ReadableByteStreamController

    @staticmethod
    def from_(iterable: Any) -> ReadableStream:
        """A stream of what an iterable or async iterable yields; cancelling it closes the iterator.

        Raises ERR_ARG_NOT_ITERABLE. Node: ReadableStream.from
        """
        source = IterableSource(iterable)
        return ReadableStream._create(None, source.pull, source.cancel, 0)

    locals()["from"] = from_

    # --- what the user sees ---

    @property
    def locked(self) -> bool:
        """Whether it has a reader. Node: readableStream.locked"""
        return self._reader is not None

    def cancel(self, reason: Any = None) -> Promise[None]:
        """Await that the stream is cancelled: nobody wants more of it.

        Raises ERR_INVALID_STATE if it has a reader, and what the source's `cancel` raises. Node: readableStream.cancel
        """
        if self.locked:
            return rejected_with(ERR_INVALID_STATE("ReadableStream is locked"))
        return self._cancel(reason)

    def get_reader(self, options: Mapping[str, Any] | None = None, /, **keywords: Any) -> Any:
        """A reader; until it is released, nobody else can read the stream.

        Options: mode: "byob" for a reader that fills the views it is given, of a stream of bytes.

        Raises ERR_INVALID_STATE if there is a reader already, ERR_INVALID_ARG_VALUE. Node: readableStream.getReader
        """
        check_object(options)
        mode = normalized(("mode",), options, keywords, "get_reader").get("mode")
        if mode is None:
            return ReadableStreamDefaultReader(self)
        if mode != "byob":
            raise ERR_INVALID_ARG_VALUE("options.mode", mode)
        return ReadableStreamBYOBReader(self)

    getReader = node_name(get_reader)

    def pipe_through(self, transform: Any, options: Mapping[str, Any] | None = None, /, **keywords: Any) -> Any:
        """Pipe the stream into `transform.writable`, and give `transform.readable`.

        `transform` is a TransformStream, or any object or mapping with these two. Options: those of `pipe_to`.

        Raises ERR_INVALID_ARG_TYPE, ERR_INVALID_STATE. Node: readableStream.pipeThrough
        """
        readable, writable = checked_pair(transform, ReadableStream)
        given = PipeOptions(options, keywords, "pipe_through")
        given.check_unlocked(self, writable)
        pipe(self, writable, given).mark_as_handled()
        return readable

    pipeThrough = node_name(pipe_through)

    def pipe_to(self, destination: Any, options: Mapping[str, Any] | None = None, /, **keywords: Any) -> Promise[None]:
        """Write every chunk to a WritableStream, and close it at the end; await until it is done.

        Options:
            prevent_close: the destination stays open (False).
            prevent_abort: an error of this stream does not abort the destination (False).
            prevent_cancel: an error of the destination does not cancel this stream (False).
            signal: an AbortSignal that ends it: both are aborted, as far as that is not prevented.

        Raises the error of either, the reason of the signal, ERR_INVALID_ARG_TYPE, ERR_INVALID_STATE.

        Node: readableStream.pipeTo
        """
        try:
            checked_pair({"readable": self, "writable": destination}, ReadableStream)
            given = PipeOptions(options, keywords, "pipe_to")
            given.check_unlocked(self, destination)
        except Exception as error:
            return rejected_with(error)
        return pipe(self, destination, given)

    pipeTo = node_name(pipe_to)

    def tee(self) -> tuple[ReadableStream, ReadableStream]:
        """Two streams of the same chunks; this one is locked from now on.

        Both get the same objects, except that each of them has bytes of its own if this is a stream of bytes.
        Cancelling both cancels this one.

        Raises ERR_INVALID_STATE. Node: readableStream.tee
        """
        if isinstance(self._controller, ReadableByteStreamController):
            return ByteTee(self).branches
        return DefaultTee(self).branches

    def values(self, options: Mapping[str, Any] | None = None, /, **keywords: Any) -> ReadableStreamIterator:
        """An async iterator over the chunks; leaving it early cancels the stream unless `prevent_cancel=True`.

        Raises ERR_INVALID_STATE. Node: readableStream.values
        """
        check_object(options)
        given = normalized(("prevent_cancel",), options, keywords, "values")
        reader = ReadableStreamDefaultReader(self)
        return ReadableStreamIterator(reader, prevent_cancel=bool(given.get("prevent_cancel")))

    def __aiter__(self) -> ReadableStreamIterator:
        return self.values()

    @property
    def _supports_byob(self) -> bool:
        return isinstance(self._controller, ReadableByteStreamController)

    def __repr__(self) -> str:
        locked, byob = ("true" if flag else "false" for flag in (self.locked, self._supports_byob))
        return f"ReadableStream {{ locked: {locked}, state: '{self._state}', supportsBYOB: {byob} }}"

    # --- what controllers use ---

    def _take_controller(self, controller: Any) -> None:
        self._controller = controller

    def _close(self) -> None:
        """ReadableStreamClose"""
        self._state = "closed"
        self._over.resolve(None)
        reader = self._reader
        if reader is None:
            return
        reader._closed.resolve(None)
        if isinstance(reader, ReadableStreamDefaultReader):
            for request in list(reader._requests):
                reader._requests.popleft()
                request.close()

    def _error(self, error: Any) -> None:
        """ReadableStreamError"""
        self._state = "errored"
        self._stored_error = error
        self._over.reject(error)
        reader = self._reader
        if reader is not None:
            reader._closed.reject(error)
            reader._fail_requests(error)

    @property
    def _waiting_reads(self) -> int:
        """ReadableStreamGetNumReadRequests; 0 if there is no default reader."""
        reader = self._reader
        return len(reader._requests) if isinstance(reader, ReadableStreamDefaultReader) else 0

    @property
    def _waiting_byob_reads(self) -> int:
        """ReadableStreamGetNumReadIntoRequests; 0 if there is no BYOB reader."""
        reader = self._reader
        return len(reader._requests) if isinstance(reader, ReadableStreamBYOBReader) else 0

    @property
    def _has_default_reader(self) -> bool:
        """ReadableStreamHasDefaultReader"""
        return isinstance(self._reader, ReadableStreamDefaultReader)

    @property
    def _has_byob_reader(self) -> bool:
        """ReadableStreamHasBYOBReader"""
        return isinstance(self._reader, ReadableStreamBYOBReader)

    def _add_read_request(self, request: ReadRequest) -> None:
        """ReadableStreamAddReadRequest, ReadableStreamAddReadIntoRequest"""
        cast(GenericReader, self._reader)._requests.append(request)  # who reads has a reader

    def _fulfill_read(self, chunk: Any, done: bool) -> None:
        """ReadableStreamFulfillReadRequest, ReadableStreamFulfillReadIntoRequest"""
        request = cast(GenericReader, self._reader)._requests.popleft()  # who asked whether somebody waits knows
        if done:
            request.close(chunk)
        else:
            request.chunk(chunk)

    # --- what readers use ---

    def _take_reader(self, reader: GenericReader) -> None:
        if self._reader is not None:
            raise ERR_INVALID_STATE("ReadableStream is locked")
        self._reader = reader

    def _lose_reader(self) -> None:
        self._controller._release_steps()
        self._reader = None

    def _read(self, request: ReadRequest) -> None:
        """The rest of ReadableStreamDefaultReaderRead"""
        self._disturbed = True
        if self._state == "closed":
            request.close()
        elif self._state == "errored":
            request.error(self._stored_error)
        else:
            self._controller._pull_steps(request)

    def _read_into(self, view: memoryview, minimum: int, request: ReadRequest) -> None:
        """ReadableStreamBYOBReaderRead"""
        self._disturbed = True
        if self._state == "errored":
            request.error(self._stored_error)
        else:
            controller = cast(ReadableByteStreamController, self._controller)  # the reader has looked
            controller._pull_into(view, minimum, request)

    def _cancel(self, reason: Any) -> Promise[None]:
        """ReadableStreamCancel"""
        self._disturbed = True
        if self._state == "closed":
            return resolved_with(None)
        if self._state == "errored":
            return rejected_with(self._stored_error)
        self._close()
        reader = self._reader
        if isinstance(reader, ReadableStreamBYOBReader):
            for request in list(reader._requests):
                reader._requests.popleft()
                request.close()
        return transformed(self._controller._cancel_steps(reason), lambda _: None)

    def _cancel_unless_over(self, reason: Any) -> Promise[None]:
        """What an aborted pipe does."""
        return self._cancel(reason) if self._state == "readable" else resolved_with(None)

    @property
    def _has_queued(self) -> bool:
        """Whether there are chunks, not bytes, that a read would give at once."""
        controller = self._controller
        return isinstance(controller, ReadableStreamDefaultController) and bool(controller._queue)

    def _disturb(self) -> None:
        """A pipe disturbs it, though it may never read."""
        self._disturbed = True
