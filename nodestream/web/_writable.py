"""`WritableStream`: a destination of chunks that is written to by a writer.

All state of the stream is here; writer and controller have their own.

Standard: section 5, Writable streams. Node: WritableStream
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, ClassVar, Literal, cast

from .._names import NodeNames, node_name
from ..errors import ERR_INVALID_ARG_VALUE_RANGE, ERR_INVALID_STATE
from ..loop import Promise
from ._members import Members
from ._promises import handled_promise, rejected_with, resolved_with
from ._readable_controller import Algorithm
from ._strategies import high_water_mark_of, size_of
from ._writable_controller import WritableStreamDefaultController
from ._writer import WritableStreamDefaultWriter

SINK = ("start", "write", "close", "abort", "type")

State = Literal["writable", "erroring", "errored", "closed"]


class _PendingAbort:
    """Standard: pending abort request"""

    __slots__ = ("promise", "reason", "was_erroring")

    def __init__(self, reason: Any, was_erroring: bool) -> None:
        self.promise: Promise[None] = Promise()
        self.reason = reason
        self.was_erroring = was_erroring


class WritableStream(NodeNames):
    """A destination of chunks.

    Args:
        sink: a mapping, an object with methods, or keywords; each member may be missing, and the functions may be
            async:
            start(controller): called at once; until it is done, nothing is written.
            write(chunk, controller): called for one chunk after the other.
            close(): called when everything is written, and the stream closes.
            abort(reason): called when the stream is aborted, or has failed.
        strategy: an object or mapping with `high_water_mark` (1), and `size(chunk)`.

    Raises ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, and what `start` raises.

    Node: WritableStream
    """

    _web_kind: ClassVar[str] = "writable"

    def __init__(self, sink: Any = None, strategy: Any = None, /, **keywords: Any) -> None:
        strategy = keywords.pop("strategy", strategy)
        members = Members("sink", sink, keywords, SINK, "WritableStream")
        size = size_of(strategy)
        if members.value("type") is not None:
            raise ERR_INVALID_ARG_VALUE_RANGE("type", members.value("type"))
        start = members.function("start", 1)
        write, close, abort = members.function("write", 2), members.function("close", 0), members.function("abort", 1)
        self._begin()
        mark = high_water_mark_of(strategy, 1)
        WritableStreamDefaultController._make(self, start, write, close, abort, mark, size)

    @classmethod
    def _create(
        cls,
        start: Algorithm | None,
        write: Algorithm | None,
        close: Algorithm | None,
        abort: Algorithm | None,
        mark: float = 1,
        size: Callable[[Any], Any] | None = None,
    ) -> WritableStream:
        """CreateWritableStream"""
        stream = cls.__new__(cls)
        stream._begin()
        WritableStreamDefaultController._make(stream, start, write, close, abort, mark, size)
        return stream

    def _begin(self) -> None:
        """InitializeWritableStream"""
        self._state: State = "writable"
        self._stored_error: Any = None
        self._writer: WritableStreamDefaultWriter | None = None
        self._controller: WritableStreamDefaultController
        self._in_flight_write: Promise[None] | None = None
        self._close_request: Promise[None] | None = None
        self._in_flight_close: Promise[None] | None = None
        self._pending_abort: _PendingAbort | None = None
        self._write_requests: deque[Promise[None]] = deque()
        self._backpressure = False
        self._over: Promise[None] = handled_promise()

    # --- what the user sees ---

    @property
    def locked(self) -> bool:
        """Whether it has a writer. Node: writableStream.locked"""
        return self._writer is not None

    def abort(self, reason: Any = None) -> Promise[None]:
        """Await that the stream is given up at once: what is queued is not written.

        Raises ERR_INVALID_STATE if it has a writer, and what the sink's `abort` raises. Node: writableStream.abort
        """
        if self.locked:
            return rejected_with(ERR_INVALID_STATE("WritableStream is locked"))
        return self._abort(reason)

    def close(self) -> Promise[None]:
        """Await that everything is written and the stream closed.

        Raises ERR_INVALID_STATE if it has a writer or is closing already, and the stream's error.

        Node: writableStream.close
        """
        if self.locked:
            return rejected_with(ERR_INVALID_STATE("WritableStream is locked"))
        if self._close_queued_or_in_flight():
            return rejected_with(ERR_INVALID_STATE("Failure closing WritableStream"))
        return self._close()

    def get_writer(self) -> WritableStreamDefaultWriter:
        """A writer; until it is released, nobody else can write to the stream.

        Raises ERR_INVALID_STATE if there is one already. Node: writableStream.getWriter
        """
        return WritableStreamDefaultWriter(self)

    getWriter = node_name(get_writer)

    def __repr__(self) -> str:
        return f"WritableStream {{ locked: {'true' if self.locked else 'false'}, state: '{self._state}' }}"

    # --- what the writer uses ---

    def _take_writer(self, writer: WritableStreamDefaultWriter) -> None:
        if self._writer is not None:
            raise ERR_INVALID_STATE("WritableStream is locked")
        self._writer = writer

    def _lose_writer(self) -> None:
        self._writer = None

    def _abort(self, reason: Any) -> Promise[None]:
        """WritableStreamAbort"""
        if self._state in ("closed", "errored"):
            return resolved_with(None)
        self._controller._signal_abort(reason)
        if self._state in ("closed", "errored"):  # by what the signal did
            return resolved_with(None)
        if self._pending_abort is not None:
            return self._pending_abort.promise
        was_erroring = self._state == "erroring"
        pending = self._pending_abort = _PendingAbort(None if was_erroring else reason, was_erroring)
        if not was_erroring:
            self._start_erroring(reason)
        return pending.promise

    def _abort_unless_over(self, reason: Any) -> Promise[None]:
        """What an aborted pipe does."""
        return self._abort(reason) if self._state == "writable" else resolved_with(None)

    def _close(self) -> Promise[None]:
        """WritableStreamClose; who calls this knows that it is not closing."""
        if self._state in ("closed", "errored"):
            return rejected_with(ERR_INVALID_STATE("WritableStream is closed"))
        promise: Promise[None] = Promise()
        self._close_request = promise
        if self._writer is not None and self._backpressure and self._state == "writable":
            self._writer._ready.resolve(None)
        self._controller._close()
        return promise

    def _close_queued_or_in_flight(self) -> bool:
        """WritableStreamCloseQueuedOrInFlight"""
        return self._close_request is not None or self._in_flight_close is not None

    def _add_write_request(self) -> Promise[None]:
        """WritableStreamAddWriteRequest"""
        promise: Promise[None] = Promise()
        self._write_requests.append(promise)
        return promise

    # --- what the controller uses ---

    def _take_controller(self, controller: WritableStreamDefaultController) -> None:
        self._controller = controller

    def _has_operation_in_flight(self) -> bool:
        """WritableStreamHasOperationMarkedInFlight"""
        return self._in_flight_write is not None or self._in_flight_close is not None

    def _start_erroring(self, reason: Any) -> None:
        """WritableStreamStartErroring"""
        self._state = "erroring"
        self._stored_error = reason
        if self._writer is not None:
            self._writer._fail_ready(reason)
        if not self._has_operation_in_flight() and self._controller._started:
            self._finish_erroring()

    def _finish_erroring(self) -> None:
        """WritableStreamFinishErroring"""
        self._state = "errored"
        self._controller._error_steps()
        error = self._stored_error
        requests, self._write_requests = self._write_requests, deque()
        for request in requests:
            request.reject(error)
        pending, self._pending_abort = self._pending_abort, None
        if pending is None:
            self._reject_close_and_closed()
        elif pending.was_erroring:
            pending.promise.reject(error)
            self._reject_close_and_closed()
        else:
            self._controller._abort_steps(pending.reason).when_settled(
                lambda _: self._aborted(pending.promise.resolve, None),
                lambda failure: self._aborted(pending.promise.reject, failure),
            )

    def _aborted(self, settle: Callable[[Any], None], outcome: Any) -> None:
        settle(outcome)
        self._reject_close_and_closed()

    def _reject_close_and_closed(self) -> None:
        """WritableStreamRejectCloseAndClosedPromiseIfNeeded"""
        request, self._close_request = self._close_request, None
        if request is not None:
            request.reject(self._stored_error)
        self._over.reject(self._stored_error)
        if self._writer is not None:
            self._writer._closed.reject(self._stored_error)

    def _deal_with_rejection(self, error: Any) -> None:
        """WritableStreamDealWithRejection"""
        if self._state == "writable":
            self._start_erroring(error)
        else:
            self._finish_erroring()

    def _mark_write_in_flight(self) -> None:
        """WritableStreamMarkFirstWriteRequestInFlight"""
        self._in_flight_write = self._write_requests.popleft()

    def _mark_close_in_flight(self) -> None:
        """WritableStreamMarkCloseRequestInFlight"""
        self._in_flight_close, self._close_request = self._close_request, None

    def _finish_write(self) -> None:
        """WritableStreamFinishInFlightWrite"""
        promise = cast("Promise[None]", self._in_flight_write)  # it was marked
        self._in_flight_write = None
        promise.resolve(None)

    def _fail_write(self, error: Any) -> None:
        """WritableStreamFinishInFlightWriteWithError"""
        promise = cast("Promise[None]", self._in_flight_write)  # it was marked
        self._in_flight_write = None
        promise.reject(error)
        self._deal_with_rejection(error)

    def _finish_close(self) -> None:
        """WritableStreamFinishInFlightClose"""
        promise = cast("Promise[None]", self._in_flight_close)  # it was marked
        self._in_flight_close = None
        promise.resolve(None)
        if self._state == "erroring":
            self._stored_error = None
            pending, self._pending_abort = self._pending_abort, None
            if pending is not None:
                pending.promise.resolve(None)
        self._state = "closed"
        self._over.resolve(None)
        if self._writer is not None:
            self._writer._closed.resolve(None)

    def _fail_close(self, error: Any) -> None:
        """WritableStreamFinishInFlightCloseWithError"""
        promise = cast("Promise[None]", self._in_flight_close)  # it was marked
        self._in_flight_close = None
        promise.reject(error)
        pending, self._pending_abort = self._pending_abort, None
        if pending is not None:
            pending.promise.reject(error)
        self._deal_with_rejection(error)

    def _update_backpressure(self, backpressure: bool) -> None:
        """WritableStreamUpdateBackpressure"""
        if self._writer is not None and backpressure != self._backpressure:
            if backpressure:
                self._writer._renew_ready()
            else:
                self._writer._ready.resolve(None)
        self._backpressure = backpressure
