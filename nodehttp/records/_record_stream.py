"""`RecordStream`: the results of a stream of records, and how far it got.

The rules:

1. A stream begins when the first result is asked for, and ends with the last one, with an error, or when it is left.
2. An attempt that fails is followed by another if the failure may go away (see `_retrying.py`) and nobody is deceived:
   the caller has got no result yet and all that was sent can be sent again, or the caller has said how to resume.
3. A failure comes out once, as a RecordError that tells how far it got. Then the stream has ended.
4. What runs (`Run`) knows nothing of the stream. So that is dropped when its loop is left, which ends what runs.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from operator import length_hint
from typing import Any

from nodestream._hooks import noop
from nodestream._names import NodeNames, node_alias
from nodestream._signals import on_abort
from nodestream.loop import current_loop

from ._batches import RecordDecoder
from ._errors import ERR_RECORDS_CALLER_FAILED, Attempt, RecordAbortError, RecordError
from ._input import Input
from ._retrying import Retrying
from ._run import Run

Resume = Callable[[int], Awaitable[Input]]
"""Gives what is to be sent after so many results."""


class RecordStream(NodeNames):
    """The results of a stream of records, for `async for`.

    Leaving the loop early ends the request. Where the stream is held by a variable, leave it by `async with stream:` or
    `await stream.aclose()`.

    Raises RecordErrors, once: ERR_RECORDS_INTERRUPTED (`cause` says why), ERR_RECORDS_STATUS, ERR_RECORDS_TIMEOUT,
    ERR_RECORDS_MALFORMED_LINE, ERR_RECORDS_LINE_TOO_LONG, ERR_RECORDS_CONTENT_TYPE, ERR_RECORDS_NOT_SERIALIZABLE,
    RecordAbortError. Each tells how far it got.
    """

    def __init__(self, run: Run, signal: Any, resume: Resume | None) -> None:
        self._loop = current_loop()
        self._run = run
        self._signal = signal
        self._resume = resume
        self._retrying = Retrying(run.config.retry)
        self._decoder = RecordDecoder(run.config)
        self._batches: Iterator[list[Any]] = iter(())
        self._records: Iterator[Any] = iter(())
        self._decoded = 0  # records that came out of all decoders
        self._malformed = 0  # in attempts that have failed
        self._before = 0  # records that were received in them
        self._failed: list[Attempt] = []
        self._is_last = False
        self._is_closed = False
        self._forget_signal: Callable[[], None] = noop

    # --- how far it got ---

    @property
    def records_sent(self) -> int:
        """How many records were handed to a connection, in all attempts."""
        return self._run.records_sent

    recordsSent: int = node_alias("records_sent")

    @property
    def records_received(self) -> int:
        """How many results the caller has got."""
        return self._decoded - length_hint(self._records)

    recordsReceived: int = node_alias("records_received")

    @property
    def bytes_sent(self) -> int:
        """How many bytes these records were as JSON, before compression."""
        return self._run.bytes_sent

    bytesSent: int = node_alias("bytes_sent")

    @property
    def bytes_received(self) -> int:
        """How many bytes of results have come, as JSON, after decompression."""
        return self._run.bytes_received

    bytesReceived: int = node_alias("bytes_received")

    @property
    def malformed(self) -> int:
        """How many lines were skipped because they are no JSON."""
        return self._malformed + self._decoder.malformed

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """The attempts that have failed, each with how far it got. What was sent in them may have been processed."""
        return tuple(self._failed)

    # --- results ---

    def __aiter__(self) -> RecordStream:
        return self

    async def __anext__(self) -> Any:
        for record in self._records:
            return record
        await self._fill()
        return next(self._records)

    def batches(self) -> Batches:
        """The results in lists of those that came together, for `async for`. That is quicker than one by one."""
        return Batches(self)

    async def _next_batch(self) -> list[Any]:
        records = [*self._records]
        if not records:
            await self._fill()
            records = [*self._records]
        return records

    async def _fill(self) -> None:
        """Have records to give. Raises StopAsyncIteration at the end."""
        if self._is_closed:
            raise StopAsyncIteration
        try:
            while not await self._advance():
                pass
        except BaseException:
            self._close()
            raise

    async def _advance(self) -> bool:
        """Take a step; whether there are records now."""
        run = self._run
        try:
            self._check_signal()
            if not run.is_under_way:
                self._begin()
            records = self._next_decoded()
            if records is not None:
                self._decoded += len(records)
                self._records = iter(records)
                return True
            if self._is_last:
                raise StopAsyncIteration
            chunk = await run.next()
            self._is_last = chunk is None
            self._batches = self._decoder.finish() if chunk is None else self._decoder.feed(chunk)
        except RecordError as error:
            await self._recover(error)
        return False

    def _next_decoded(self) -> list[Any] | None:
        try:
            return next(self._batches, None)
        except RecordError:
            raise
        except Exception as failure:  # of a function that was told of a malformed line
            raise ERR_RECORDS_CALLER_FAILED(failure) from failure

    def _begin(self) -> None:
        """Let an attempt begin."""
        self._before = self._decoded
        self._malformed += self._decoder.malformed
        self._decoder = RecordDecoder(self._run.config)
        self._batches = iter(())
        if self._signal is not None and self._forget_signal is noop:
            self._forget_signal = on_abort(self._signal, partial(self._run.stop, self._signal))
        self._run.begin()

    def _check_signal(self) -> None:
        if self._signal is not None and self._signal.aborted:
            error = RecordAbortError(self._signal.reason)
            self._tell(error)
            raise error

    async def _recover(self, error: RecordError) -> None:
        """An attempt has failed: get ready for another one, or raise the error (rule 2)."""
        run = self._run
        sent, received = run.records_sent_now, self._decoded - self._before
        run.end_attempt()
        can_go_on = self._resume is not None or (self._decoded == 0 and run.can_begin_again)
        delay = self._retrying.delay_after(error, got_somewhere=received > 0) if can_go_on else None
        if delay is None:
            self._tell(error, (sent, received))
        self._failed.append(Attempt(sent, received, error.with_traceback(None)))
        if delay is None:
            raise error
        await run.wait(delay)
        self._check_signal()
        if self._resume is not None:
            await self._ask_for_the_rest(self._resume)

    async def _ask_for_the_rest(self, resume: Resume) -> None:
        try:
            records = await resume(self._decoded)
        except Exception as failure:
            error = ERR_RECORDS_CALLER_FAILED(failure)
            self._tell(error)
            raise error from failure
        self._run.change_input(records)

    def _tell(self, error: RecordError, attempt: tuple[int, int] | None = None) -> None:
        """Let an error say how far it got."""
        error._tell(self._failed, attempt)
        error.records_sent = self.records_sent
        error.records_received = self._decoded

    # --- its end ---

    async def aclose(self) -> None:
        """End the request, if it has not ended; there are no more results. May be called again."""
        self._decoded = self.records_received
        self._records = iter(())
        self._close()

    async def __aenter__(self) -> RecordStream:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def _close(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            self._forget_signal()
            self._run.close()

    def __del__(self) -> None:
        if not getattr(self, "_is_closed", True):
            # The last reference may be dropped, or found by the collector, in any thread.
            self._loop.call_from_finalizer(partial(_end, self._run, self._forget_signal))

    def __repr__(self) -> str:
        state = "closed" if self._is_closed else "open"
        return f"<RecordStream {self.records_sent} sent {self.records_received} received {state}>"


def _end(run: Run, forget_signal: Callable[[], None]) -> None:
    forget_signal()
    run.close()


class Batches:
    """The results of a stream, in lists of those that came together."""

    __slots__ = ("_stream",)

    def __init__(self, stream: RecordStream) -> None:
        self._stream = stream

    def __aiter__(self) -> Batches:
        return self

    async def __anext__(self) -> list[Any]:
        return await self._stream._next_batch()
