"""One stream's chunks into another.

Standard: ReadableStreamPipeTo
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .._hooks import noop
from .._options import check_object, normalized
from .._signals import check_signal, on_abort
from ..errors import ERR_INVALID_ARG_TYPE, ERR_INVALID_STATE, AbortError, DOMException
from ..loop import Promise, current_loop
from ._members import member
from ._promises import resolved_with, wait_for_all
from ._readers import ReadableStreamDefaultReader
from ._requests import Steps
from ._writable import WritableStream
from ._writer import WritableStreamDefaultWriter

Action = Callable[[], Promise[Any]]


class PipeOptions:
    """The options of `pipe_to` and `pipe_through`. Raises ERR_INVALID_ARG_TYPE."""

    __slots__ = ("prevent_abort", "prevent_cancel", "prevent_close", "signal")

    def __init__(self, options: Mapping[str, Any] | None, keywords: Mapping[str, Any], where: str) -> None:
        check_object(options)
        known = ("prevent_close", "prevent_abort", "prevent_cancel", "signal")
        given = normalized(known, options, keywords, where)
        self.prevent_close = bool(given.get("prevent_close"))
        self.prevent_abort = bool(given.get("prevent_abort"))
        self.prevent_cancel = bool(given.get("prevent_cancel"))
        self.signal = given.get("signal")
        check_signal(self.signal, "options.signal")

    @staticmethod
    def check_unlocked(source: Any, destination: Any) -> None:
        """Raise ERR_INVALID_STATE if one of the two is taken already."""
        if source.locked:
            raise ERR_INVALID_STATE("The ReadableStream is locked")
        if destination.locked:
            raise ERR_INVALID_STATE("The WritableStream is locked")


def checked_pair(transform: Any, readable_class: type) -> tuple[Any, Any]:
    """The two streams of something to pipe through. Raises ERR_INVALID_ARG_TYPE."""
    readable, writable = member(transform, "readable"), member(transform, "writable")
    if not isinstance(readable, readable_class):
        raise ERR_INVALID_ARG_TYPE("transform.readable", "an instance of ReadableStream", readable)
    if not isinstance(writable, WritableStream):
        raise ERR_INVALID_ARG_TYPE("transform.writable", "an instance of WritableStream", writable)
    return readable, writable


def pipe(source: Any, destination: WritableStream, options: PipeOptions) -> Promise[None]:
    """ReadableStreamPipeTo, with its arguments checked."""
    return _Pipe(source, destination, options).promise


def _reason_of(signal: Any) -> Any:
    """Why it was aborted. An AbortError of ours is the web's, as in Node."""
    reason = signal.reason
    return DOMException(str(reason), "AbortError") if isinstance(reason, AbortError) else reason


class _Pipe:
    """Reads while the destination has room; knows how it ends.

    Errors and closing of either side are told of by reactions to `closed` of reader and writer; the conditions are
    looked at in the order in which the standard has them.
    """

    def __init__(self, source: Any, destination: WritableStream, options: PipeOptions) -> None:
        self._source = source
        self._destination = destination
        self._options = options
        self._reader = ReadableStreamDefaultReader(source)
        self._writer = WritableStreamDefaultWriter(destination)
        self._is_shutting_down = False
        self._last_write: Promise[Any] = resolved_with(None)
        self._forget_signal: Callable[[], object] = noop
        self.promise: Promise[None] = Promise()
        source._disturb()
        if self._obey_signal():
            return
        if not self._look():
            self._reader._closed.when_settled(self._on_change, self._on_change)
            self._writer._closed.when_settled(self._on_change, self._on_change)
            self._pump()

    # --- reading and writing ---

    def _pump(self, _value: Any = None) -> None:
        if self._is_shutting_down:
            return
        room = self._writer._desired_size()
        if room is None:
            return
        if room <= 0:
            self._writer._ready.when_settled(self._pump)
        elif self._source._has_queued:
            self._source._controller._give_queued(self._write_if_room)
            current_loop().queue_microtask(self._pump_when_ready)
        else:
            self._reader._read(Steps(self._got, noop, noop))

    def _pump_when_ready(self) -> None:
        self._writer._ready.when_settled(self._pump)

    def _write_if_room(self, chunk: Any) -> bool:
        """Write a chunk of the queue; whether the next one can be written too."""
        self._write(chunk)
        room = self._writer._desired_size()
        return room is not None and room > 0

    def _got(self, chunk: Any) -> None:
        # Whoever enqueued it must not find itself inside of the sink's `write`.
        current_loop().queue_microtask(self._write_and_go_on, chunk)

    def _write_and_go_on(self, chunk: Any) -> None:
        if self._writer._stream is not None:  # it was not released meanwhile, because the destination failed
            self._write(chunk)
            current_loop().queue_microtask(self._pump)

    def _write(self, chunk: Any) -> None:
        self._last_write = self._writer._write(chunk)
        self._last_write.mark_as_handled()

    # --- what may happen ---

    def _obey_signal(self) -> bool:
        """Whether the signal was aborted before."""
        signal = self._options.signal
        if signal is None:
            return False
        if signal.aborted:
            self._abort()
            return True
        self._forget_signal = on_abort(signal, self._abort)
        return False

    def _abort(self) -> None:
        reason = _reason_of(self._options.signal)
        actions: list[Action] = []
        if not self._options.prevent_abort:
            actions.append(lambda: self._destination._abort_unless_over(reason))
        if not self._options.prevent_cancel:
            actions.append(lambda: self._source._cancel_unless_over(reason))
        self._shut_down(lambda: wait_for_all([action() for action in actions]), (reason,))

    def _on_change(self, _value: Any) -> None:
        self._look()

    def _look(self) -> bool:
        """Whether one of the two is over."""
        source, destination, options = self._source, self._destination, self._options
        if source._state == "errored":
            error = source._stored_error
            self._shut_down(None if options.prevent_abort else lambda: destination._abort(error), (error,))
        elif destination._state == "errored":
            error = destination._stored_error
            self._shut_down(None if options.prevent_cancel else lambda: source._cancel(error), (error,))
        elif source._state == "closed":
            self._shut_down(None if options.prevent_close else self._writer._close_propagating_errors)
        elif destination._close_queued_or_in_flight() or destination._state == "closed":
            closed = ERR_INVALID_STATE("Destination WritableStream is closed")
            self._shut_down(None if options.prevent_cancel else lambda: source._cancel(closed), (closed,))
        else:
            return False
        return True

    # --- the end ---

    def _shut_down(self, action: Action | None, error: tuple[Any, ...] = ()) -> None:
        """Shutdown with an action; `error` holds the original error, if there is one."""
        if self._is_shutting_down:
            return
        self._is_shutting_down = True
        destination = self._destination
        if destination._state == "writable" and not destination._close_queued_or_in_flight():
            self._when_written(lambda failure: self._act(action, error, failure))
        else:
            self._act(action, error)

    def _when_written(self, then: Callable[[tuple[Any, ...]], object]) -> None:
        """Call `then` when everything that was read is written, more of it also if that comes meanwhile.

        It gets the error of the last write, if that has failed.
        """
        written = self._last_write

        def look_again(*failure: Any) -> None:
            if written is self._last_write:
                then(failure)
            else:
                self._when_written(then)

        written.when_settled(lambda _: look_again(), look_again)

    def _act(self, action: Action | None, error: tuple[Any, ...], failure: tuple[Any, ...] = ()) -> None:
        if action is None:
            self._finalize(error or failure)  # else nobody would hear that the last write has failed
        else:
            action().when_settled(lambda _: self._finalize(error), lambda new: self._finalize((new,)))

    def _finalize(self, error: tuple[Any, ...]) -> None:
        self._writer._release()
        self._reader.release_lock()
        self._forget_signal()
        if error:
            self.promise.reject(error[0])
        else:
            self.promise.resolve(None)
