"""The writer of a WritableStream.

Standard: WritableStreamDefaultWriter
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from .._names import NodeNames, node_alias, node_name
from ..errors import ERR_INVALID_ARG_TYPE, ERR_INVALID_STATE
from ..loop import Promise
from ._promises import handled_promise, rejected_with, resolved_with

if TYPE_CHECKING:
    from ._writable import WritableStream


class WritableStreamDefaultWriter(NodeNames):
    """Writes chunks to a stream; meanwhile nobody else can.

    Raises ERR_INVALID_ARG_TYPE for what is no WritableStream, ERR_INVALID_STATE if that has a writer already.

    Node: WritableStreamDefaultWriter
    """

    _stream: WritableStream | None

    def __init__(self, stream: WritableStream) -> None:
        """SetUpWritableStreamDefaultWriter"""
        if not hasattr(stream, "_take_writer"):
            raise ERR_INVALID_ARG_TYPE("stream", "an instance of WritableStream", stream)
        stream._take_writer(self)
        self._stream = stream
        self._closed: Promise[None] = handled_promise()
        self._ready: Promise[None] = handled_promise()
        if stream._state == "writable":
            if not stream._backpressure or stream._close_queued_or_in_flight():
                self._ready.resolve(None)
        elif stream._state == "closed":
            self._ready.resolve(None)
            self._closed.resolve(None)
        else:
            self._ready.reject(stream._stored_error)
            if stream._state == "errored":
                self._closed.reject(stream._stored_error)

    # --- what the user sees ---

    @property
    def closed(self) -> Promise[None]:
        """Await that the stream is closed; raises the error that it fails with, ERR_INVALID_STATE after the release.

        Node: writer.closed
        """
        return self._closed

    @property
    def ready(self) -> Promise[None]:
        """Await that there is room; raises the error that the stream fails with, ERR_INVALID_STATE after the release.

        Node: writer.ready
        """
        return self._ready

    @property
    def desired_size(self) -> float | None:
        """How much room there is; negative when there is too much already, None after an error, 0 when it is closed.

        Raises ERR_INVALID_STATE after the release. Node: writer.desiredSize
        """
        if self._stream is None:
            raise ERR_INVALID_STATE("Writer is not bound to a WritableStream")
        return self._desired_size()

    desiredSize: float | None = node_alias("desired_size")

    def abort(self, reason: Any = None) -> Promise[None]:
        """Await that the stream is given up at once: what is queued is not written. Node: writer.abort"""
        if self._stream is None:
            return rejected_with(ERR_INVALID_STATE("Writer is not bound to a WritableStream"))
        return self._stream._abort(reason)

    def close(self) -> Promise[None]:
        """Await that everything is written and the stream closed. Node: writer.close"""
        stream = self._stream
        if stream is None:
            return rejected_with(ERR_INVALID_STATE("Writer is not bound to a WritableStream"))
        if stream._close_queued_or_in_flight():
            return rejected_with(ERR_INVALID_STATE("Failure to close WritableStream"))
        return stream._close()

    def release_lock(self) -> None:
        """Let go of the stream: it may have another writer. What was written goes on. Node: writer.releaseLock"""
        if self._stream is not None:
            self._release()

    releaseLock = node_name(release_lock)

    def write(self, chunk: Any = None) -> Promise[None]:
        """Write a chunk; await that it is written.

        Raises the error of the stream, ERR_INVALID_STATE if it is closed or closing. Node: writer.write
        """
        if self._stream is None:
            return rejected_with(ERR_INVALID_STATE("Writer is not bound to a WritableStream"))
        return self._write(chunk)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {'released' if self._stream is None else self._stream._state}>"

    # --- what the stream and pipes use ---

    def _desired_size(self) -> float | None:
        """WritableStreamDefaultWriterGetDesiredSize"""
        stream = self._bound()
        if stream._state in ("errored", "erroring"):
            return None
        return 0 if stream._state == "closed" else stream._controller._desired_size()

    def _write(self, chunk: Any) -> Promise[None]:
        """WritableStreamDefaultWriterWrite"""
        stream = self._bound()
        controller = stream._controller
        size = controller._chunk_size(chunk)
        if stream is not self._stream:  # by what `size` did
            return rejected_with(ERR_INVALID_STATE("Mismatched WritableStreams"))
        if stream._state == "errored":
            return rejected_with(stream._stored_error)
        if stream._close_queued_or_in_flight() or stream._state == "closed":
            return rejected_with(ERR_INVALID_STATE("WritableStream is closed"))
        if stream._state == "erroring":
            return rejected_with(stream._stored_error)
        promise = stream._add_write_request()
        controller._write(chunk, size)
        return promise

    def _close_propagating_errors(self) -> Promise[None]:
        """WritableStreamDefaultWriterCloseWithErrorPropagation"""
        stream = self._bound()
        if stream._close_queued_or_in_flight() or stream._state == "closed":
            return resolved_with(None)
        if stream._state == "errored":
            return rejected_with(stream._stored_error)
        return stream._close()

    def _bound(self) -> WritableStream:
        return cast("WritableStream", self._stream)  # who calls this has looked

    def _release(self) -> None:
        """WritableStreamDefaultWriterRelease"""
        stream = self._bound()
        error = ERR_INVALID_STATE("Writer has been released")
        self._fail_ready(error)
        self._fail_closed(error)
        stream._lose_writer()
        self._stream = None

    def _fail_ready(self, error: Any) -> None:
        """WritableStreamDefaultWriterEnsureReadyPromiseRejected"""
        if self._ready.settled:
            self._ready = handled_promise()
        self._ready.reject(error)

    def _fail_closed(self, error: Any) -> None:
        """WritableStreamDefaultWriterEnsureClosedPromiseRejected"""
        if self._closed.settled:
            self._closed = handled_promise()
        self._closed.reject(error)

    def _renew_ready(self) -> None:
        self._ready = handled_promise()
