"""`once(source, event)`: await an event.

Node: events.once
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ._event_sources import is_emitter, is_target, listen_once
from ._options import check_object, normalized
from ._signals import abort_error, check_signal, on_abort
from ._symbol import Symbol
from .errors import ERR_INVALID_ARG_TYPE, ERR_UNHANDLED_ERROR
from .loop import Promise


def once(
    source: Any, event: str | Symbol, options: Mapping[str, Any] | None = None, /, **keywords: Any
) -> Promise[list[Any]]:
    """Await the next `event` of an emitter or event target: the arguments that it is emitted with.

    Options:
        signal: an AbortSignal that ends the wait with an AbortError.

    What an emitter emits as `error` before it is raised. A wrong argument is told of when it is awaited, too.

    Node: events.once
    """
    promise: Promise[list[Any]] = Promise()
    try:
        _Wait(promise, source, event, _checked_signal(source, options, keywords))
    except Exception as error:
        promise.reject(error)
    return promise


def _checked_signal(source: Any, options: Any, keywords: Mapping[str, Any]) -> Any:
    check_object(options)
    signal = normalized(("signal",), options, keywords, "once").get("signal")
    check_signal(signal, "options.signal")
    if signal is not None and signal.aborted:
        raise abort_error(signal)
    if not is_emitter(source) and not is_target(source):
        raise ERR_INVALID_ARG_TYPE("emitter", "an instance of EventEmitter", source)
    return signal


class _Wait:
    """The listeners of one `once()`: whichever is called first removes the others."""

    def __init__(self, promise: Promise[list[Any]], source: Any, event: str | Symbol, signal: Any) -> None:
        self._promise = promise
        self._signal = signal
        self._stops: list[Callable[[], None]] = [listen_once(source, event, self._on_event)]
        if event != "error" and is_emitter(source):
            self._stops.append(listen_once(source, "error", self._on_error))
        if signal is not None:
            self._stops.append(on_abort(signal, self._on_abort))

    def _stop(self) -> None:
        for stop in self._stops:
            stop()

    def _on_event(self, *args: Any) -> None:
        self._stop()
        self._promise.resolve(list(args))

    def _on_error(self, error: Any = None) -> None:
        self._stop()
        self._promise.reject(error if isinstance(error, BaseException) else ERR_UNHANDLED_ERROR(error))

    def _on_abort(self) -> None:
        self._stop()
        self._promise.reject(abort_error(self._signal))
