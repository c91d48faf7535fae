"""Two streams out of one.

Standard: ReadableStreamDefaultTee, ReadableByteStreamTee
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ..loop import Promise, current_loop
from ._byob import ReadableStreamBYOBReader
from ._promises import settle_with
from ._readers import GenericReader, ReadableStreamDefaultReader
from ._requests import Steps

if TYPE_CHECKING:
    from ._readable import ReadableStream


class _Tee:
    """What the two kinds have in common: cancelling both branches cancels the stream."""

    branches: tuple[ReadableStream, ReadableStream]
    _reader: GenericReader

    def __init__(self, stream: ReadableStream) -> None:
        self._stream = stream
        self._reader = ReadableStreamDefaultReader(stream)
        self._is_reading = False
        self._canceled = [False, False]
        self._reasons: list[Any] = [None, None]
        self._cancel_promise: Promise[Any] = Promise()

    def _cancel(self, index: int, reason: Any) -> Promise[Any]:
        """cancel1Algorithm, cancel2Algorithm"""
        self._canceled[index] = True
        self._reasons[index] = reason
        if all(self._canceled):
            settle_with(self._cancel_promise, self._stream._cancel(list(self._reasons)))
        return self._cancel_promise

    def _nobody_waits(self) -> None:
        """One branch at least is closed or has failed: its source is done."""
        if not all(self._canceled):
            self._cancel_promise.resolve(None)

    def _open_branches(self) -> list[Any]:
        return [
            branch._controller for branch, canceled in zip(self.branches, self._canceled, strict=True) if not canceled
        ]


class DefaultTee(_Tee):
    """Of a stream of any chunks: both branches get the same."""

    def __init__(self, stream: ReadableStream) -> None:
        super().__init__(stream)
        create = type(stream)._create
        self._wants_more = False
        self.branches = (
            create(None, self._pull, lambda reason: self._cancel(0, reason)),
            create(None, self._pull, lambda reason: self._cancel(1, reason)),
        )
        self._reader._closed.when_settled(None, self._has_failed)

    def _pull(self, _controller: Any) -> None:
        if self._is_reading:
            self._wants_more = True
            return
        self._is_reading = True
        reader = cast(ReadableStreamDefaultReader, self._reader)
        reader._read(Steps(self._got, self._ended, self._read_failed))

    def _got(self, chunk: Any) -> None:
        current_loop().queue_microtask(self._give, chunk)

    def _give(self, chunk: Any) -> None:
        self._wants_more = False
        for controller in self._open_branches():
            controller._enqueue(chunk)
        self._is_reading = False
        if self._wants_more:
            self._pull(None)

    def _ended(self, _chunk: Any = None) -> None:
        self._is_reading = False
        for controller in self._open_branches():
            controller._close()
        self._nobody_waits()

    def _read_failed(self, _error: Any) -> None:
        self._is_reading = False

    def _has_failed(self, error: Any) -> None:
        for branch in self.branches:
            branch._controller._fail(error)
        self._nobody_waits()


class ByteTee(_Tee):
    """Of a stream of bytes: each branch gets bytes of its own, and may be read into views."""

    def __init__(self, stream: ReadableStream) -> None:
        super().__init__(stream)
        create = type(stream)._create_bytes
        self._wants_more = [False, False]
        self.branches = (
            create(lambda _: self._pull(0), lambda reason: self._cancel(0, reason)),
            create(lambda _: self._pull(1), lambda reason: self._cancel(1, reason)),
        )
        self._forward_failure()

    def _forward_failure(self) -> None:
        """forwardReaderError"""
        reader = self._reader

        def failed(error: Any) -> None:
            if reader is self._reader:
                for branch in self.branches:
                    branch._controller._fail(error)
                self._nobody_waits()

        reader._closed.when_settled(None, failed)

    def _controller(self, index: int) -> Any:
        return self.branches[index]._controller

    def _use(self, reader_class: Any) -> Any:
        """The reader, which is of this kind from now on."""
        if not isinstance(self._reader, reader_class):
            self._reader._release()
            self._reader = reader_class(self._stream)
            self._forward_failure()
        return self._reader

    def _pull(self, index: int) -> None:
        """pull1Algorithm, pull2Algorithm"""
        if self._is_reading:
            self._wants_more[index] = True
            return
        self._is_reading = True
        request = self._controller(index).byob_request
        if request is None:
            self._use(ReadableStreamDefaultReader)._read(Steps(self._got, self._ended, self._read_failed))
        else:
            steps = Steps(
                lambda chunk: current_loop().queue_microtask(self._give_view, index, chunk),
                lambda chunk=None: self._ended_into(index, chunk),
                self._read_failed,
            )
            self._use(ReadableStreamBYOBReader)._read_into(request.view, 1, steps)

    def _got(self, chunk: Any) -> None:
        current_loop().queue_microtask(self._give, chunk)

    def _give(self, chunk: Any) -> None:
        self._wants_more = [False, False]
        controllers = self._open_branches()
        for position, controller in enumerate(controllers):
            controller._enqueue(chunk if position == 0 else memoryview(bytearray(chunk)))
        self._read_on()

    def _give_view(self, index: int, chunk: Any) -> None:
        self._wants_more = [False, False]
        other = 1 - index
        copy = None if self._canceled[other] else memoryview(bytearray(chunk))
        if not self._canceled[index]:
            self._controller(index)._respond_with_new_view(chunk)
        if copy is not None:
            self._controller(other)._enqueue(copy)
        self._read_on()

    def _read_on(self) -> None:
        self._is_reading = False
        for index in (0, 1):
            if self._wants_more[index]:
                self._pull(index)
                return

    def _ended(self, _chunk: Any = None) -> None:
        self._is_reading = False
        for controller in self._open_branches():
            controller._close()
        for index in (0, 1):
            self._controller(index)._finish_reads()
        self._nobody_waits()

    def _ended_into(self, index: int, chunk: Any) -> None:
        self._is_reading = False
        for controller in self._open_branches():
            controller._close()
        if chunk is not None:
            if not self._canceled[index]:
                self._controller(index)._respond_with_new_view(chunk)
            if not self._canceled[1 - index]:
                self._controller(1 - index)._finish_reads()
        self._nobody_waits()

    def _read_failed(self, _error: Any) -> None:
        self._is_reading = False
