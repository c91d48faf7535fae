"""The controller of a WritableStream.

Standard: WritableStreamDefaultController
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..abort import AbortController, AbortSignal
from ..loop import Promise
from ._made import MadeByStream
from ._promises import attempt, promise_of
from ._queue import SizedQueue
from ._readable_controller import Algorithm, do_nothing

if TYPE_CHECKING:
    from ._writable import WritableStream

_CLOSE: Any = object()
"""In the queue: the close sentinel."""


class WritableStreamDefaultController(MadeByStream):
    """How the sink of a stream learns that it was aborted, and tells that it has failed.

    Node: WritableStreamDefaultController
    """

    _stream: WritableStream

    def _begin(
        self,
        stream: WritableStream,
        start: Algorithm | None,
        write: Algorithm | None,
        close: Algorithm | None,
        abort: Algorithm | None,
        mark: float,
        size: Callable[[Any], Any] | None,
    ) -> None:
        """SetUpWritableStreamDefaultController. What `start` raises comes out."""
        self._stream = stream
        self._queue = SizedQueue()
        self._abort_controller = AbortController()
        self._started = False
        self._write_algorithm: Algorithm = write or do_nothing
        self._close_algorithm: Algorithm = close or do_nothing
        self._abort_algorithm: Algorithm = abort or do_nothing
        self._size = size
        self._mark = mark
        stream._take_controller(self)
        stream._update_backpressure(self._has_backpressure())
        promise_of(start(self) if start is not None else None).when_settled(self._has_started, self._start_failed)

    def _has_started(self, _value: Any) -> None:
        self._started = True
        self._advance()

    def _start_failed(self, error: Any) -> None:
        self._started = True
        self._stream._deal_with_rejection(error)

    # --- what the sink uses ---

    @property
    def signal(self) -> AbortSignal:
        """Is aborted as soon as the stream is. Node: controller.signal"""
        return self._abort_controller.signal

    def error(self, error: Any = None) -> None:
        """Let the stream fail; what is queued is not written. Node: controller.error"""
        if self._stream._state == "writable":
            self._fail(error)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._queue.total}/{self._mark}>"

    # --- what the stream and its writer use ---

    def _signal_abort(self, reason: Any) -> None:
        self._abort_controller.abort(reason)

    def _abort_steps(self, reason: Any) -> Promise[Any]:
        """[[AbortSteps]]"""
        abort = self._abort_algorithm
        result = attempt(abort, reason)
        self._clear_algorithms()
        return result

    def _error_steps(self) -> None:
        """[[ErrorSteps]]"""
        self._queue.clear()

    def _clear_algorithms(self) -> None:
        """WritableStreamDefaultControllerClearAlgorithms"""
        self._write_algorithm = self._close_algorithm = self._abort_algorithm = do_nothing
        self._size = None

    def _desired_size(self) -> float:
        """WritableStreamDefaultControllerGetDesiredSize"""
        return self._mark - self._queue.total

    def _has_backpressure(self) -> bool:
        """WritableStreamDefaultControllerGetBackpressure"""
        return self._desired_size() <= 0

    def _chunk_size(self, chunk: Any) -> Any:
        """WritableStreamDefaultControllerGetChunkSize"""
        if self._size is None:
            return 1
        try:
            return self._size(chunk)
        except Exception as error:
            self._fail_if_needed(error)
            return 1

    def _close(self) -> None:
        """WritableStreamDefaultControllerClose"""
        self._queue.append(_CLOSE, 0)
        self._advance()

    def _write(self, chunk: Any, size: Any) -> None:
        """WritableStreamDefaultControllerWrite"""
        try:
            self._queue.append(chunk, size)
        except Exception as error:
            self._fail_if_needed(error)
            return
        stream = self._stream
        if not stream._close_queued_or_in_flight() and stream._state == "writable":
            stream._update_backpressure(self._has_backpressure())
        self._advance()

    def _fail_if_needed(self, error: Any) -> None:
        """WritableStreamDefaultControllerErrorIfNeeded"""
        if self._stream._state == "writable":
            self._fail(error)

    def _fail(self, error: Any) -> None:
        """WritableStreamDefaultControllerError"""
        self._clear_algorithms()
        self._stream._start_erroring(error)

    # --- working through the queue ---

    def _advance(self) -> None:
        """WritableStreamDefaultControllerAdvanceQueueIfNeeded"""
        stream = self._stream
        if not self._started or stream._in_flight_write is not None:
            return
        if stream._state == "erroring":
            stream._finish_erroring()
        elif self._queue:
            chunk = self._queue.peek()
            if chunk is _CLOSE:
                self._process_close()
            else:
                self._process_write(chunk)

    def _process_close(self) -> None:
        """WritableStreamDefaultControllerProcessClose"""
        stream = self._stream
        stream._mark_close_in_flight()
        self._queue.pop()
        close = self._close_algorithm
        result = attempt(close)
        self._clear_algorithms()
        result.when_settled(lambda _: stream._finish_close(), stream._fail_close)

    def _process_write(self, chunk: Any) -> None:
        """WritableStreamDefaultControllerProcessWrite"""
        self._stream._mark_write_in_flight()
        attempt(self._write_algorithm, chunk, self).when_settled(self._has_written, self._write_failed)

    def _has_written(self, _value: Any) -> None:
        stream = self._stream
        stream._finish_write()
        self._queue.pop()
        if not stream._close_queued_or_in_flight() and stream._state == "writable":
            stream._update_backpressure(self._has_backpressure())
        self._advance()

    def _write_failed(self, error: Any) -> None:
        if self._stream._state == "writable":
            self._clear_algorithms()
        self._stream._fail_write(error)
