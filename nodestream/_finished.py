"""`finished(stream, callback)`: know when a stream is no longer readable or writable, or has failed.

Node: stream.finished
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from . import _predicates as ask
from . import _web_kinds as web
from ._arity import tolerant
from ._hooks import noop
from ._options import check_object, normalized
from ._signals import abort_error, check_signal, on_abort
from .errors import ERR_INVALID_ARG_TYPE, ERR_STREAM_PREMATURE_CLOSE
from .loop import next_tick

Callback = Callable[..., object]

FINISHED_OPTIONS = ("error", "readable", "writable", "signal")
NOT_A_STREAM = "an instance of ReadableStream, WritableStream, or Stream"


class _Watch:
    """The listeners that wait for the end of one stream, and what they have seen."""

    def __init__(self, stream: Any, callback: Callback, options: dict[str, Any]) -> None:
        self.stream = stream
        self.callback: Callback | None = callback
        self.forget_signal: Callback = noop
        has_readable, has_writable = ask.is_readable_side(stream), ask.is_writable_side(stream)
        self.readable: bool = options.get("readable", has_readable)
        self.writable: bool = options.get("writable", has_writable)
        self.watches_errors = options.get("error", True) is not False
        # `close` comes after everything else; it is not worth waiting for when only one of two sides matters.
        self.waits_for_close = (
            ask.will_emit_close(stream) and has_readable == self.readable and has_writable == self.writable
        )
        self.readable_finished = bool(ask.is_readable_finished(stream, strict=False))
        self.writable_finished = bool(ask.is_writable_finished(stream, strict=False))
        self.listeners: list[tuple[str, Callback]] = []

    def start(self) -> None:
        """Add the listeners; if it is over already, say so from a tick."""
        stream = self.stream
        closed = ask.is_closed(stream)
        if ask.is_request(stream):
            self._listen("complete", self.on_finish)
            if not self.waits_for_close:
                self._listen("abort", self.on_close)
            if getattr(stream, "req", None) is not None:
                self._listen_to_request()
            else:
                self._listen("request", self._listen_to_request)
        elif self.writable and ask.writable_state(stream) is None:
            self._listen("end", self.on_legacy_finish)
            self._listen("close", self.on_legacy_finish)
        if not self.waits_for_close and isinstance(getattr(stream, "aborted", None), bool):
            self._listen("aborted", self.on_close)
        self._listen("end", self.on_end)
        self._listen("finish", self.on_finish)
        if self.watches_errors:
            self._listen("error", self.on_error)
        self._listen("close", self.on_close)
        if closed:
            next_tick(self.on_close)
        elif self._is_over():
            next_tick(self.on_closed)

    def _is_over(self) -> bool:
        """Whether there is nothing that could still be emitted."""
        stream = self.stream
        life = ask.life_of(stream)
        if life is not None and life.error_emitted:
            return not self.waits_for_close
        if not self.readable and (not self.waits_for_close or ask.is_readable(stream)):
            writable_is_over = self.writable_finished or ask.is_writable(stream) is False
            if writable_is_over and not ask.has_pending_writes(stream):
                return True
        if not self.writable and (not self.waits_for_close or ask.is_writable(stream)):
            readable_is_over = self.readable_finished or ask.is_readable(stream) is False
            if readable_is_over:
                return True
        has_request = ask.readable_state(stream) is not None and getattr(stream, "req", None) is not None
        return bool(has_request and getattr(stream, "aborted", False))

    def _listen(self, event: str, listener: Callback) -> None:
        self.stream.on(event, listener)
        self.listeners.append((event, listener))

    def _listen_to_request(self) -> None:
        self.stream.req.on("finish", self.on_finish)

    def stop(self) -> None:
        """Take all listeners away; the callback will not be called."""
        self.callback = None
        for event, listener in self.listeners:
            self.stream.remove_listener(event, listener)
        request = getattr(self.stream, "req", None) if ask.is_request(self.stream) else None
        if request is not None:
            request.remove_listener("finish", self.on_finish)
        self.listeners.clear()
        self.forget_signal()

    def obey(self, signal: Any) -> None:
        """Stop when `signal` is aborted, and say so."""
        if signal.aborted:
            next_tick(self._abort, signal)
        else:
            self.forget_signal = on_abort(signal, lambda: self._abort(signal))

    def _abort(self, signal: Any) -> None:
        callback = self.callback
        self.stop()
        if callback is not None:
            callback(abort_error(signal))

    def settle(self, *outcome: Any) -> None:
        """Call the callback, the first time."""
        callback, self.callback = self.callback, None
        if callback is not None:
            self.forget_signal()
            callback(*(outcome or (None,)))

    # --- what may happen ---

    def on_legacy_finish(self) -> None:
        """A stream without a state of its own has ended or closed."""
        if not getattr(self.stream, "writable", False):
            self.on_finish()

    def on_finish(self) -> None:
        """The writable side is done."""
        self.writable_finished = True
        if ask.is_destroyed(self.stream):
            self.waits_for_close = False  # it was destroyed before it could emit anything
        if self.waits_for_close and (not getattr(self.stream, "readable", False) or self.readable):
            return
        if not self.readable or self.readable_finished:
            self.settle()

    def on_end(self) -> None:
        """The readable side is done."""
        self.readable_finished = True
        if ask.is_destroyed(self.stream):
            self.waits_for_close = False
        if self.waits_for_close and (not getattr(self.stream, "writable", False) or self.writable):
            return
        if not self.writable or self.writable_finished:
            self.settle()

    def on_error(self, error: Any = None) -> None:
        """The stream has failed."""
        self.settle(error)

    def on_closed(self) -> None:
        """It was over before we asked."""
        error = ask.error_of(self.stream)
        if error is not None:
            self.settle(error)
        else:
            self.settle()

    def on_close(self) -> None:
        """It has closed: was it done?"""
        stream = self.stream
        error = ask.error_of(stream)
        if error is not None:
            self.settle(error)
        elif (
            self.readable
            and not self.readable_finished
            and ask.is_readable_side(stream, strict=True)
            and not ask.is_readable_finished(stream, strict=False)
        ) or (self.writable and not self.writable_finished and not ask.is_writable_finished(stream, strict=False)):
            self.settle(ERR_STREAM_PREMATURE_CLOSE())
        else:
            self.settle()


def watch(stream: Any, callback: Callback, *, signal: Any = None, **options: Any) -> Callable[[], None]:
    """As `finished()`, for use inside the library: options are snake_case and right."""
    if web.has_end(stream):
        return web.watch_web(stream, callback, signal)
    watching = _Watch(stream, callback, options)
    watching.start()
    if signal is not None and not ask.is_closed(stream):
        watching.obey(signal)
    return watching.stop


def checked_options(stream: Any, options: Any, keywords: Mapping[str, Any], *more: str) -> dict[str, Any]:
    """The options for `watch`, and those named. Raises ERR_INVALID_ARG_TYPE for wrong ones and for no stream."""
    given = normalized((*FINISHED_OPTIONS, *more), options, keywords, "finished")
    check_signal(given.get("signal"), "options.signal")
    if not ask.is_stream(stream) and not web.has_end(stream):
        raise ERR_INVALID_ARG_TYPE("stream", NOT_A_STREAM, stream)
    return given


def finished(
    stream: Any,
    options: Mapping[str, Any] | Callback | None = None,
    callback: Callback | None = None,
    /,
    **keywords: Any,
) -> Callable[[], None]:
    """Call `callback(error)` when `stream` is no longer readable or writable, or has failed; None if all went well.

    Options:
        error: False ignores the `error` event (True).
        readable, writable: False does not wait for that side, though the stream has it.
        signal: an AbortSignal; when it is aborted, the callback gets an AbortError. The stream goes on.

    Returns a function that takes the listeners away again: they stay after the callback was called, so that late
    errors do not become uncaught ones.

    Raises ERR_INVALID_ARG_TYPE for what is no stream. Awaitable: `nodestream.promises.finished`.

    Node: stream.finished
    """
    if callback is None:
        options, callback = None, options
    check_object(options)
    if not callable(callback):
        raise ERR_INVALID_ARG_TYPE("callback", "of type function", callback)
    return watch(stream, tolerant(callback), **checked_options(stream, options, keywords))
