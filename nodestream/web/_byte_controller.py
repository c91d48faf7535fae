"""The controller of a stream of bytes.

What belongs to whom of the memory is said in `_views.py`.

Standard: ReadableByteStreamController
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from .._names import node_alias
from ..errors import (
    ERR_INVALID_ARG_TYPE,
    ERR_INVALID_ARG_VALUE,
    ERR_INVALID_ARG_VALUE_RANGE,
    ERR_INVALID_STATE,
)
from ..loop import Promise
from ._byob import ReadableStreamBYOBRequest
from ._made import MadeByStream
from ._promises import attempt
from ._readable_controller import Algorithm, Puller, do_nothing
from ._requests import ReadRequest
from ._views import BUFFER, PullInto, begins_at, is_bytes_like

if TYPE_CHECKING:
    from ._readable import ReadableStream


class ReadableByteStreamController(MadeByStream):
    """How the source of a stream of bytes gives it bytes: by `enqueue`, or by filling the view of `byob_request`.

    Node: ReadableByteStreamController
    """

    _stream: ReadableStream

    def _begin(
        self,
        stream: ReadableStream,
        start: Algorithm | None,
        pull: Algorithm | None,
        cancel: Algorithm | None,
        mark: float,
        auto_allocate: int | None,
    ) -> None:
        """SetUpReadableByteStreamController. What `start` raises comes out."""
        self._stream = stream
        self._queue: deque[memoryview] = deque()
        self._total = 0
        self._close_requested = False
        self._pull_algorithm: Algorithm = pull or do_nothing
        self._cancel_algorithm: Algorithm = cancel or do_nothing
        self._mark = mark
        self._auto_allocate = auto_allocate
        self._pending: deque[PullInto] = deque()
        self._byob_request: ReadableStreamBYOBRequest | None = None
        self._puller = Puller(self)
        stream._take_controller(self)
        self._puller.start(start(self) if start is not None else None)

    # --- what the source uses ---

    @property
    def byob_request(self) -> ReadableStreamBYOBRequest | None:
        """The view that is to be filled next, if there is one. Node: controller.byobRequest"""
        if self._byob_request is None and self._pending:
            self._byob_request = ReadableStreamBYOBRequest._make(self, self._pending[0].rest)
        return self._byob_request

    byobRequest: ReadableStreamBYOBRequest | None = node_alias("byob_request")

    @property
    def desired_size(self) -> float | None:
        """How many bytes there is room for; negative when there are too many already, None after an error.

        Node: controller.desiredSize
        """
        state = self._stream._state
        if state == "errored":
            return None
        return 0 if state == "closed" else self._mark - self._total

    desiredSize: float | None = node_alias("desired_size")

    def close(self) -> None:
        """There are no more bytes; those that are queued can still be read.

        Raises ERR_INVALID_STATE. Node: controller.close
        """
        if self._close_requested:
            raise ERR_INVALID_STATE("Controller is already closed")
        if self._stream._state != "readable":
            raise ERR_INVALID_STATE("ReadableStream is already closed")
        self._close()

    def enqueue(self, chunk: Any = None) -> None:
        """Give the stream bytes; they are copied, unless they are `bytes`.

        Raises ERR_INVALID_ARG_TYPE, ERR_INVALID_STATE. Node: controller.enqueue
        """
        if not is_bytes_like(chunk):
            raise ERR_INVALID_ARG_TYPE("buffer", BUFFER, chunk)
        if not len(chunk):
            raise ERR_INVALID_STATE("chunk ArrayBuffer is zero-length or detached")
        if self._close_requested:
            raise ERR_INVALID_STATE("Controller is already closed")
        if self._stream._state != "readable":
            raise ERR_INVALID_STATE("ReadableStream is already closed")
        self._enqueue(chunk)

    def error(self, error: Any = None) -> None:
        """Let the stream fail; what is queued is dropped. Node: controller.error"""
        self._fail(error)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} desired_size={self.desired_size}>"

    # --- what the stream and others use ---

    def _close(self) -> None:
        """ReadableByteStreamControllerClose"""
        if self._close_requested or self._stream._state != "readable":
            return
        if self._total > 0:
            self._close_requested = True
            return
        if self._pending and self._pending[0].filled % self._pending[0].element_size:
            error = ERR_INVALID_STATE("Partial read")
            self._fail(error)
            raise error
        self._clear_algorithms()
        self._stream._close()

    def _enqueue(self, chunk: Any) -> None:
        """ReadableByteStreamControllerEnqueue"""
        stream = self._stream
        if self._close_requested or stream._state != "readable":
            return
        data = bytes(chunk)
        if self._pending:
            self._invalidate_request()
            if self._pending[0].reader == "none":
                self._queue_detached(self._pending[0])
        if stream._has_default_reader:
            while stream._waiting_reads and self._total:
                stream._fulfill_read(self._shift(), False)
            if stream._waiting_reads:
                if self._pending:
                    self._pending.popleft()
                stream._fulfill_read(data, False)
            else:
                self._append(data)
        else:
            self._append(data)
            if stream._has_byob_reader:
                self._commit_all(self._filled_from_queue())
        self._puller.call_if_needed()

    def _fail(self, error: Any) -> None:
        """ReadableByteStreamControllerError"""
        if self._stream._state == "readable":
            self._clear_pending()
            self._reset_queue()
            self._clear_algorithms()
            self._stream._error(error)

    def _should_pull(self) -> bool:
        """ReadableByteStreamControllerShouldCallPull"""
        stream = self._stream
        if stream._state != "readable" or self._close_requested:
            return False
        if stream._waiting_reads > 0 or stream._waiting_byob_reads > 0:
            return True
        return (self.desired_size or 0) > 0

    def _clear_algorithms(self) -> None:
        """ReadableByteStreamControllerClearAlgorithms"""
        self._pull_algorithm = self._cancel_algorithm = do_nothing

    def _cancel_steps(self, reason: Any) -> Promise[Any]:
        """[[CancelSteps]]"""
        self._clear_pending()
        self._reset_queue()
        cancel = self._cancel_algorithm
        result = attempt(cancel, reason)
        self._clear_algorithms()
        return result

    def _pull_steps(self, request: ReadRequest) -> None:
        """[[PullSteps]]"""
        if self._total > 0:
            chunk = self._shift()
            self._handle_drain()
            request.chunk(chunk)
            return
        if self._auto_allocate is not None:
            self._pending.append(PullInto(memoryview(bytearray(self._auto_allocate)), 1, "default"))
        self._stream._add_read_request(request)
        self._puller.call_if_needed()

    def _release_steps(self) -> None:
        """[[ReleaseSteps]]"""
        if self._pending:
            first = self._pending[0]
            first.reader = "none"
            self._pending = deque([first])

    def _pull_into(self, view: memoryview, minimum: int, request: ReadRequest) -> None:
        """ReadableByteStreamControllerPullInto"""
        stream = self._stream
        descriptor = PullInto(view, minimum, "byob")
        if self._pending:
            self._pending.append(descriptor)
            stream._add_read_request(request)
            return
        if stream._state == "closed":
            request.close(descriptor.view())
            return
        if self._total > 0:
            if self._fill_from_queue(descriptor):
                self._handle_drain()
                request.chunk(descriptor.view())
                return
            if self._close_requested:
                error = ERR_INVALID_STATE("ReadableStream closed")
                self._fail(error)
                request.error(error)
                return
        self._pending.append(descriptor)
        stream._add_read_request(request)
        self._puller.call_if_needed()

    # --- answering a request for a view ---

    def _respond(self, bytes_written: int) -> None:
        """ReadableByteStreamControllerRespond"""
        first = self._pending[0]
        if self._stream._state == "closed":
            if bytes_written:
                raise ERR_INVALID_ARG_VALUE("bytesWritten", bytes_written)
        elif not bytes_written:
            raise ERR_INVALID_ARG_VALUE("bytesWritten", bytes_written)
        elif first.filled + bytes_written > first.length:
            raise ERR_INVALID_ARG_VALUE_RANGE("bytesWritten", bytes_written)
        self._respond_internal(bytes_written)

    def _respond_with_new_view(self, view: memoryview) -> None:
        """ReadableByteStreamControllerRespondWithNewView"""
        first = self._pending[0]
        if self._stream._state == "closed":
            if view.nbytes:
                raise ERR_INVALID_STATE("View is not zero-length")
        elif not view.nbytes:
            raise ERR_INVALID_STATE("View is zero-length")
        elif first.filled + view.nbytes > first.length or not begins_at(view, first.rest):
            raise ERR_INVALID_ARG_VALUE_RANGE("view", view)
        self._respond_internal(view.nbytes)

    def _finish_reads(self) -> None:
        """A tee's source is at its end: so are those who wait for a view."""
        if self._pending:
            self._respond(0)

    def _respond_internal(self, bytes_written: int) -> None:
        """ReadableByteStreamControllerRespondInternal"""
        first = self._pending[0]
        self._invalidate_request()
        if self._stream._state == "closed":
            self._respond_when_closed(first)
        else:
            self._respond_when_readable(bytes_written, first)
        self._puller.call_if_needed()

    def _respond_when_closed(self, first: PullInto) -> None:
        """ReadableByteStreamControllerRespondInClosedState"""
        if first.reader == "none":
            self._pending.popleft()
        self._commit_all([self._pending.popleft() for _ in range(self._stream._waiting_byob_reads)])

    def _respond_when_readable(self, bytes_written: int, first: PullInto) -> None:
        """ReadableByteStreamControllerRespondInReadableState"""
        first.filled += bytes_written
        if first.reader == "none":
            self._queue_detached(first)
            self._commit_all(self._filled_from_queue())
            return
        if first.filled < first.minimum:
            return
        self._pending.popleft()
        remainder = first.filled % first.element_size
        if remainder:
            self._append(bytes(first.octets[first.filled - remainder : first.filled]))
            first.filled -= remainder
        filled = self._filled_from_queue()
        self._commit_all([first, *filled])

    def _commit_all(self, descriptors: list[PullInto]) -> None:
        """ReadableByteStreamControllerCommitPullIntoDescriptor, for each"""
        stream = self._stream
        done = stream._state == "closed"
        for descriptor in descriptors:
            view = descriptor.view()
            stream._fulfill_read(bytes(view) if descriptor.reader == "default" else view, done)

    def _invalidate_request(self) -> None:
        """ReadableByteStreamControllerInvalidateBYOBRequest"""
        request, self._byob_request = self._byob_request, None
        if request is not None:
            request._invalidate()

    def _clear_pending(self) -> None:
        """ReadableByteStreamControllerClearPendingPullIntos"""
        self._invalidate_request()
        self._pending.clear()

    # --- the queue ---

    def _append(self, data: bytes) -> None:
        """ReadableByteStreamControllerEnqueueChunkToQueue"""
        self._queue.append(memoryview(data))
        self._total += len(data)

    def _shift(self) -> bytes:
        chunk = self._queue.popleft()
        self._total -= len(chunk)
        whole = chunk.obj
        return whole if isinstance(whole, bytes) and len(whole) == len(chunk) else bytes(chunk)

    def _reset_queue(self) -> None:
        self._queue.clear()
        self._total = 0

    def _queue_detached(self, first: PullInto) -> None:
        """ReadableByteStreamControllerEnqueueDetachedPullIntoToQueue"""
        if first.filled:
            self._append(bytes(first.octets[: first.filled]))
        self._pending.popleft()

    def _handle_drain(self) -> None:
        """ReadableByteStreamControllerHandleQueueDrain"""
        if self._total == 0 and self._close_requested:
            self._clear_algorithms()
            self._stream._close()
        else:
            self._puller.call_if_needed()

    def _filled_from_queue(self) -> list[PullInto]:
        """ReadableByteStreamControllerProcessPullIntoDescriptorsUsingQueue"""
        filled = []
        while self._pending and self._total and self._fill_from_queue(self._pending[0]):
            filled.append(self._pending.popleft())
        return filled

    def _fill_from_queue(self, descriptor: PullInto) -> bool:
        """ReadableByteStreamControllerFillPullIntoDescriptorFromQueue: whether it can be given back."""
        available = min(self._total, descriptor.length - descriptor.filled)
        aligned = (descriptor.filled + available) // descriptor.element_size * descriptor.element_size
        is_ready = aligned >= descriptor.minimum
        left = aligned - descriptor.filled if is_ready else available
        while left:
            head = self._queue[0]
            count = min(left, len(head))
            descriptor.octets[descriptor.filled : descriptor.filled + count] = head[:count]
            if count == len(head):
                self._queue.popleft()
            else:
                self._queue[0] = head[count:]
            self._total -= count
            descriptor.filled += count
            left -= count
        return is_ready
