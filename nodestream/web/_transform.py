"""`TransformStream`: a WritableStream whose chunks are transformed, and read from a ReadableStream.

Standard: section 6, Transform streams. Node: TransformStream
"""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, ClassVar, cast

from .._names import NodeNames, node_alias
from ..errors import ERR_INVALID_ARG_VALUE_RANGE, ERR_INVALID_STATE
from ..loop import Promise
from ._made import MadeByStream
from ._members import Members
from ._promises import attempt, exception_of, promise_of, rejected_with, settle_with, transformed
from ._readable import ReadableStream
from ._readable_controller import Algorithm, ReadableStreamDefaultController, do_nothing
from ._strategies import high_water_mark_of, size_of
from ._writable import WritableStream

TRANSFORMER = ("start", "transform", "flush", "cancel", "readable_type", "writable_type")


class TransformStream(NodeNames):
    """What is written to `writable` is transformed and can be read from `readable`.

    Args:
        transformer: a mapping, an object with methods, or keywords; each member may be missing, and the functions may
            be async:
            start(controller): called at once; until it is done, nothing is transformed.
            transform(chunk, controller): called for each chunk; without it, chunks go through as they are.
            flush(controller): called when everything is transformed, before `readable` closes.
            cancel(reason): called when `readable` is cancelled or `writable` aborted.
        writable_strategy, readable_strategy: as those of WritableStream (`high_water_mark` 1) and ReadableStream (0).

    Raises ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, and what `start` raises.

    Node: TransformStream
    """

    _web_kind: ClassVar[str] = "transform"

    def __init__(
        self, transformer: Any = None, writable_strategy: Any = None, readable_strategy: Any = None, /, **keywords: Any
    ) -> None:
        writable_strategy = keywords.pop("writable_strategy", writable_strategy)
        readable_strategy = keywords.pop("readable_strategy", readable_strategy)
        members = Members("transformer", transformer, keywords, TRANSFORMER, "TransformStream")
        for name, shown in (("readable_type", "readableType"), ("writable_type", "writableType")):
            if members.value(name) is not None:
                raise ERR_INVALID_ARG_VALUE_RANGE(f"transformer.{shown}", members.value(name))
        readable_size, writable_size = size_of(readable_strategy), size_of(writable_strategy)
        readable_mark = high_water_mark_of(readable_strategy, 0)
        writable_mark = high_water_mark_of(writable_strategy, 1)
        start = members.function("start", 1)
        transform, flush = members.function("transform", 2), members.function("flush", 1)
        cancel = members.function("cancel", 1)
        started: Promise[Any] = Promise()
        self._begin(started, writable_mark, writable_size, readable_mark, readable_size)
        controller = TransformStreamDefaultController._make(self, transform, flush, cancel)
        result = start(controller) if start is not None else None
        settle_with(started, promise_of(result) if isinstance(result, Awaitable) else result)

    def _begin(
        self, started: Promise[Any], writable_mark: float, writable_size: Any, readable_mark: float, readable_size: Any
    ) -> None:
        """InitializeTransformStream"""
        self._controller: TransformStreamDefaultController
        self._backpressure: bool | None = None
        self._backpressure_changed: Promise[None] = Promise()
        self._finished: Promise[None] | None = None
        self._writable = WritableStream._create(
            lambda _: started, self._write, self._close, self._abort, writable_mark, writable_size
        )
        self._readable = ReadableStream._create(
            lambda _: started, self._pull, self._cancel, readable_mark, readable_size
        )
        self._set_backpressure(True)

    @property
    def readable(self) -> ReadableStream:
        """Where the transformed chunks come out. Node: transformStream.readable"""
        return self._readable

    @property
    def writable(self) -> WritableStream:
        """Where chunks go in. Node: transformStream.writable"""
        return self._writable

    def __repr__(self) -> str:
        return f"<TransformStream {self._writable!r} {self._readable!r}>"

    # --- what the controller uses ---

    def _take_controller(self, controller: TransformStreamDefaultController) -> None:
        self._controller = controller

    @property
    def _readable_controller(self) -> ReadableStreamDefaultController:
        return cast(ReadableStreamDefaultController, self._readable._controller)  # it was made so

    def _fail(self, error: Any) -> None:
        """TransformStreamError"""
        self._readable_controller._fail(error)
        self._fail_writable(error)

    def _fail_writable(self, error: Any) -> None:
        """TransformStreamErrorWritableAndUnblockWrite"""
        self._controller._clear_algorithms()
        self._writable._controller._fail_if_needed(error)
        self._unblock_write()

    def _unblock_write(self) -> None:
        """TransformStreamUnblockWrite"""
        if self._backpressure:
            self._set_backpressure(False)

    def _set_backpressure(self, backpressure: bool) -> None:
        """TransformStreamSetBackpressure"""
        self._backpressure_changed.resolve(None)
        self._backpressure_changed = Promise()
        self._backpressure = backpressure

    def _note_backpressure(self) -> None:
        """After a chunk was enqueued: there may be no more room."""
        # ReadableStreamDefaultControllerHasBackpressure
        backpressure = not self._readable_controller._should_pull()
        if backpressure != self._backpressure:
            self._set_backpressure(True)

    # --- the sink ---

    def _write(self, chunk: Any, _controller: Any) -> Promise[None]:
        """TransformStreamDefaultSinkWriteAlgorithm"""
        if not self._backpressure:
            return self._controller._perform(chunk)
        return transformed(self._backpressure_changed, lambda _: self._write_unless_erroring(chunk))

    def _write_unless_erroring(self, chunk: Any) -> Promise[None]:
        if self._writable._state == "erroring":
            return rejected_with(self._writable._stored_error)
        return self._controller._perform(chunk)

    def _abort(self, reason: Any) -> Promise[None]:
        """TransformStreamDefaultSinkAbortAlgorithm"""
        if self._finished is not None:
            return self._finished
        finished = self._finished = Promise()

        def cancelled(_value: Any) -> None:
            if self._readable._state == "errored":
                finished.reject(self._readable._stored_error)
            else:
                self._readable_controller._fail(reason)
                finished.resolve(None)

        def failed(error: Any) -> None:
            self._readable_controller._fail(error)
            finished.reject(error)

        self._controller._run_cancel(reason).when_settled(cancelled, failed)
        return finished

    def _close(self) -> Promise[None]:
        """TransformStreamDefaultSinkCloseAlgorithm"""
        if self._finished is not None:
            return self._finished
        finished = self._finished = Promise()

        def flushed(_value: Any) -> None:
            if self._readable._state == "errored":
                finished.reject(self._readable._stored_error)
            else:
                self._readable_controller._close()
                finished.resolve(None)

        def failed(error: Any) -> None:
            self._readable_controller._fail(error)
            finished.reject(error)

        self._controller._run_flush().when_settled(flushed, failed)
        return finished

    # --- the source ---

    def _pull(self, _controller: Any) -> Promise[None]:
        """TransformStreamDefaultSourcePullAlgorithm"""
        self._set_backpressure(False)
        return self._backpressure_changed

    def _cancel(self, reason: Any) -> Promise[None]:
        """TransformStreamDefaultSourceCancelAlgorithm"""
        if self._finished is not None:
            return self._finished
        finished = self._finished = Promise()
        writable = self._writable

        def cancelled(_value: Any) -> None:
            if writable._state == "errored":
                finished.reject(writable._stored_error)
            else:
                writable._controller._fail_if_needed(reason)
                self._unblock_write()
                finished.resolve(None)

        def failed(error: Any) -> None:
            writable._controller._fail_if_needed(error)
            self._unblock_write()
            finished.reject(error)

        self._controller._run_cancel(reason).when_settled(cancelled, failed)
        return finished


class TransformStreamDefaultController(MadeByStream):
    """How a transformer gives out chunks. Node: TransformStreamDefaultController"""

    _stream: TransformStream

    def _begin(
        self, stream: TransformStream, transform: Algorithm | None, flush: Algorithm | None, cancel: Algorithm | None
    ) -> None:
        """SetUpTransformStreamDefaultController"""
        self._stream = stream
        self._transform: Algorithm = transform or _pass_through
        self._flush: Algorithm = flush or do_nothing
        self._cancel: Algorithm = cancel or do_nothing
        stream._take_controller(self)

    @property
    def desired_size(self) -> float | None:
        """How much room there is on the readable side. Node: controller.desiredSize"""
        return self._stream._readable_controller.desired_size

    desiredSize: float | None = node_alias("desired_size")

    def enqueue(self, chunk: Any = None) -> None:
        """Give out a chunk. Raises ERR_INVALID_STATE when there can be no more, and the error of the readable side.

        Node: controller.enqueue
        """
        stream = self._stream
        controller = stream._readable_controller
        if not controller._can_enqueue():
            raise ERR_INVALID_STATE("Unable to enqueue")
        try:
            controller._enqueue(chunk)
        except Exception as error:
            stream._fail_writable(error)
            failure = exception_of(stream._readable._stored_error)
            raise failure from failure.__cause__
        stream._note_backpressure()

    def error(self, error: Any = None) -> None:
        """Let both sides fail. Node: controller.error"""
        self._stream._fail(error)

    def terminate(self) -> None:
        """Close the readable side, and let the writable side fail: there is nothing more to be had.

        Node: controller.terminate
        """
        self._stream._readable_controller._close()
        self._stream._fail_writable(ERR_INVALID_STATE("TransformStream has been terminated"))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} desired_size={self.desired_size}>"

    # --- what the stream uses ---

    def _clear_algorithms(self) -> None:
        """TransformStreamDefaultControllerClearAlgorithms"""
        self._transform = self._flush = self._cancel = do_nothing

    def _perform(self, chunk: Any) -> Promise[None]:
        """TransformStreamDefaultControllerPerformTransform"""

        def failed(error: Any) -> Promise[None]:
            self._stream._fail(error)
            return rejected_with(error)

        return transformed(attempt(self._transform, chunk, self), None, failed)

    def _run_flush(self) -> Promise[Any]:
        flush = self._flush
        result = attempt(flush, self)
        self._clear_algorithms()
        return result

    def _run_cancel(self, reason: Any) -> Promise[Any]:
        cancel = self._cancel
        result = attempt(cancel, reason)
        self._clear_algorithms()
        return result


def _pass_through(chunk: Any, controller: TransformStreamDefaultController) -> None:
    controller.enqueue(chunk)
