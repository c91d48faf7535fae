"""The readers of a ReadableStream.

A reader is made through `ReadableStream.get_reader`, or by its class. What it shares with its stream is the stream's:
see `_readable.py`.

Standard: ReadableStreamGenericReader, ReadableStreamDefaultReader
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, cast

from .._names import NodeNames, node_name
from ..errors import ERR_INVALID_ARG_TYPE, ERR_INVALID_STATE
from ..loop import Promise
from ._promises import handled_promise, rejected_with
from ._requests import PromisedRead, ReadRequest, ReadResult

if TYPE_CHECKING:
    from ._readable import ReadableStream


class GenericReader(NodeNames):
    """What the two kinds of readers have in common."""

    _stream: ReadableStream | None

    def _begin(self, stream: Any) -> None:
        """ReadableStreamReaderGenericInitialize. Raises ERR_INVALID_ARG_TYPE, ERR_INVALID_STATE."""
        if not hasattr(stream, "_take_reader"):
            raise ERR_INVALID_ARG_TYPE("stream", "an instance of ReadableStream", stream)
        self._requests: deque[ReadRequest] = deque()
        self._closed: Promise[None] = handled_promise()
        stream._take_reader(self)
        self._stream = stream
        if stream._state == "closed":
            self._closed.resolve(None)
        elif stream._state == "errored":
            self._closed.reject(stream._stored_error)

    @property
    def closed(self) -> Promise[None]:
        """Await the end of the stream; raises the error that it fails with, ERR_INVALID_STATE after the release.

        Node: reader.closed
        """
        return self._closed

    def cancel(self, reason: Any = None) -> Promise[None]:
        """Await that the stream is cancelled: nobody wants more of it. Node: reader.cancel"""
        if self._stream is None:
            return rejected_with(ERR_INVALID_STATE("The reader is not attached to a stream"))
        return self._stream._cancel(reason)

    def release_lock(self) -> None:
        """Let go of the stream: it may have another reader. Reads that wait fail with ERR_INVALID_STATE.

        Node: reader.releaseLock
        """
        if self._stream is not None:
            self._release()
            self._fail_requests(ERR_INVALID_STATE("Releasing reader"))

    releaseLock = node_name(release_lock)

    def _release(self) -> None:
        """ReadableStreamReaderGenericRelease"""
        stream = cast("ReadableStream", self._stream)  # who calls this has looked
        if stream._state != "readable":
            self._closed = handled_promise()
        self._closed.reject(ERR_INVALID_STATE("Reader released"))
        stream._lose_reader()
        self._stream = None

    def _fail_requests(self, error: Any) -> None:
        """ReadableStreamDefaultReaderErrorReadRequests, ReadableStreamBYOBReaderErrorReadIntoRequests"""
        requests, self._requests = self._requests, deque()
        for request in requests:
            request.error(error)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {'released' if self._stream is None else self._stream._state}>"


class ReadableStreamDefaultReader(GenericReader):
    """Reads the chunks of a stream, one after the other; meanwhile nobody else can.

    Raises ERR_INVALID_ARG_TYPE for what is no ReadableStream, ERR_INVALID_STATE if that has a reader already.

    Node: ReadableStreamDefaultReader
    """

    def __init__(self, stream: ReadableStream) -> None:
        self._begin(stream)

    def read(self) -> Promise[ReadResult]:
        """Await the next chunk: `(value, done)`, which is `(None, True)` at the end.

        Raises the error of the stream; ERR_INVALID_STATE after the release. Node: reader.read
        """
        if self._stream is None:
            return rejected_with(ERR_INVALID_STATE("The reader is not attached to a stream"))
        request = PromisedRead()
        self._read(request)
        return request.promise

    def _read(self, request: ReadRequest) -> None:
        """ReadableStreamDefaultReaderRead"""
        stream = cast("ReadableStream", self._stream)  # who calls this has looked
        stream._read(request)
