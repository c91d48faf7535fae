"""`compose(first, ..., last)`: several streams and functions as one Duplex.

Node: stream.compose
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import _predicates as ask
from . import _web_kinds as web
from ._add_abort_signal import add_abort_signal
from ._duplex import Duplex
from ._duplex_from import duplex_from, is_function
from ._finished import watch
from ._hooks import noop
from ._lifecycle import Failure
from ._pipeline import pipeline
from ._relay import Relay
from ._web_adapters_from import readable_from_web, writable_from_web
from .abort import AbortController
from .errors import ERR_INVALID_ARG_VALUE, ERR_MISSING_ARGS
from .loop import current_loop

Callback = Callable[..., object]


def compose(*streams: Any) -> Duplex:
    """A Duplex that writes to the first of several streams and reads from the last; each is piped into the next.

    Any part may be what `pipeline()` takes and what `Duplex.from_()` takes: an iterable at the beginning, a function
    (most are async generator functions) anywhere.

    If one of them fails, all are destroyed, and so is the Duplex. Its readable or writable side is missing if the last
    part cannot be read, or the first one cannot be written.

    Raises ERR_MISSING_ARGS, ERR_INVALID_ARG_TYPE; ERR_INVALID_ARG_VALUE for a stream in the wrong place.

    Node: stream.compose
    """
    if not streams:
        raise ERR_MISSING_ARGS("streams")
    if len(streams) == 1:
        return duplex_from(streams[0])
    parts = list(streams)
    for end in (0, -1):
        if is_function(parts[end]):
            parts[end] = duplex_from(parts[end])
    for index, part in enumerate(parts):
        if ask.is_stream(part) or web.is_web_stream(part):
            _check_place(index, part, streams)
    return _Composition(parts, has_functions=any(is_function(part) for part in streams))


def compose_with_signal(signal: Any, *streams: Any) -> Duplex:
    """As `compose()`; the Duplex is destroyed when `signal`, if there is one, is aborted."""
    composed = compose(*streams)
    return composed if signal is None else add_abort_signal(signal, composed)


def _check_place(index: int, part: Any, given: tuple[Any, ...]) -> None:
    if web.is_web_transform(part):
        return
    if index < len(given) - 1 and not ask.is_readable(part):
        raise ERR_INVALID_ARG_VALUE(f"streams[{index}]", given[index], "must be readable")
    if index > 0 and not ask.is_writable(part):
        raise ERR_INVALID_ARG_VALUE(f"streams[{index}]", given[index], "must be writable")


def _head_of(part: Any) -> Any:
    """What is written to: of a web stream, a Writable that writes to it."""
    end = web.writing_end(part)
    return writable_from_web(end).on("error", noop) if web.is_web_writable(end) else part  # the pipeline knows of it


def _tail_of(part: Any) -> Any:
    """What is read from: of a web stream, a Readable that reads it."""
    end = web.reading_end(part)
    return readable_from_web(end).on("error", noop) if web.is_web_readable(end) else part


class _Composition(Relay):
    """The two ends of a pipeline.

    As in Node, the streams of the pipeline are left to themselves once the last one is destroyed, and a failure of the
    last one is its own when the others are done. A function, which may wait for something else, is cancelled.
    """

    def __init__(self, parts: list[Any], *, has_functions: bool) -> None:
        self._controller = AbortController()
        self._has_functions = has_functions
        tail = _tail_of(pipeline(*parts, self._pipeline_is_done, signal=self._controller.signal))
        super().__init__(_head_of(parts[0]), tail, [tail])
        if self._tail is not None:
            self._tail.on("data", self._tail_gave)

    def _watch_streams(self) -> None:
        watch(self._to_destroy[0], self._last_is_done)

    def _destroy(self, error: Failure, callback: Callback) -> None:
        super()._destroy(error, callback)
        if not self._is_done and self._has_functions:
            # Most parts end by themselves now; a function that does something else has to be cancelled.
            current_loop().set_immediate(self._controller.abort)

    def _read(self, _size: int) -> None:
        self._tail.resume()

    def _tail_gave(self, chunk: Any) -> None:
        if not self.push(chunk):
            self._tail.pause()

    def _last_is_done(self, error: Failure = None) -> None:
        if error is not None and self._is_done and self._has_functions:
            self.destroy(error)  # it failed on its readable side, of which the pipeline does not know
        else:
            self._head_finished()

    def _pipeline_is_done(self, error: Failure = None) -> None:
        self._streams_are_done(error)
        if error is None and self._head is None and self._tail is None:
            self.destroy()
