"""`Transform`: a Duplex whose readable side is made of what is written. `PassThrough`: unchanged.

Node: stream.Transform, stream.PassThrough
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ._duplex import DUPLEX_OPTIONS, Duplex
from ._hooks import is_hook, settle
from ._lifecycle import Failure
from ._options import normalized
from .errors import ERR_METHOD_NOT_IMPLEMENTED
from .loop import next_tick

Callback = Callable[..., object]

TRANSFORM_OPTIONS = DUPLEX_OPTIONS | {"transform", "flush"}


class Transform(Duplex):
    """A Duplex whose readable side is computed from its writable side.

    Options: those of Duplex, and the hooks `transform` and `flush`.

    A subclass implements `_transform(chunk, encoding, callback)`, which pushes any number of chunks and calls
    `callback(error, chunk)`; and may implement `_flush(callback)`, called before the end.

    A chunk is asked for when there is room on the readable side: a Transform that nobody reads is full after one
    high water mark on each side.

    Node: stream.Transform
    """

    def __init__(self, options: Mapping[str, Any] | None = None, /, **keywords: Any) -> None:
        given = normalized(TRANSFORM_OPTIONS, options, keywords, type(self).__name__)
        if given.get("high_water_mark", given.get("readable_high_water_mark")) == 0:
            # A readable side that holds nothing must not be filled through the writable side's larger default.
            given.pop("high_water_mark", None)
            given["readable_high_water_mark"] = 0
            given.setdefault("writable_high_water_mark", 0)
        self._waiting_callback: Callback | None = None
        self._transformed: Callback | None = None
        self._begin_both(given, ("read", "write", "writev", "final", "transform", "flush"))
        self._readable_state.is_not_sync()
        self.on("prefinish", self._finish_if_final_was_overridden)

    def _transform(self, chunk: Any, encoding: str | None, callback: Callback) -> object:
        """Hook: make something of a chunk: `push()`, then `callback(error, chunk)`. Node: transform._transform"""
        raise ERR_METHOD_NOT_IMPLEMENTED("_transform()")

    def _write(self, chunk: Any, encoding: str | None, callback: Callback) -> None:
        before = self._readable_state.length
        if not before and callback is self._writable_state.callback:
            # Nothing tells such a write from another one: all share one callback.
            transformed = self._transformed or self._first_transformed()
        else:

            def transformed(error: Failure = None, value: Any = None) -> None:
                self._end_transform(before, callback, error, value)

        result = self._transform(chunk, encoding, transformed)
        if result is not None:
            settle(result, transformed)

    def _first_transformed(self) -> Callback:
        self._transformed = self._end_usual_transform
        return self._transformed

    def _end_usual_transform(self, error: Failure = None, value: Any = None) -> None:
        """As `_end_transform`, of a chunk that found nothing in the readable side and was written in the usual way."""
        if value is not None and error is None:
            self.push(value)
            value = None
        reading, writing = self._readable_state, self._writable_state
        if error is not None or reading.ended or reading.length:
            self._end_transform(0, writing.on_write, error, value)
        else:
            writing.on_write()

    def _end_transform(self, before: int, callback: Callback, error: Failure, value: Any) -> None:
        """`_transform` has called back. `before` is what the readable side held when it was called."""
        if error is not None:
            callback(error)
            return
        if value is not None:
            self.push(value)
        state = self._readable_state
        if state.ended:
            # push(None) came before the last write was done: let `end` be on its way first.
            next_tick(callback)
        elif self._writable_state.ended or state.length == before or state.length < state.high_water_mark:
            callback()
        else:
            self._waiting_callback = callback

    def _read(self, _size: int) -> None:
        callback, self._waiting_callback = self._waiting_callback, None
        if callback is not None:
            callback()

    def _final(self, callback: Callback | None = None) -> None:
        if is_hook(self, "_flush") and not self.destroyed:
            self._call_flush(callback)
        else:
            self.push(None)
            if callback is not None:
                callback()

    def _call_flush(self, callback: Callback | None) -> None:
        def flushed(error: Failure = None, value: Any = None) -> None:
            if error is not None:
                if callback is not None:
                    callback(error)
                else:
                    self.destroy(error)
                return
            if value is not None:
                self.push(value)
            self.push(None)
            if callback is not None:
                callback()

        settle(self._flush(flushed), flushed)  # type: ignore[attr-defined]

    def _finish_if_final_was_overridden(self) -> None:
        """A `_final` of the user's own does not flush: that happens at `prefinish` then."""
        if getattr(self._final, "__func__", None) is not Transform._final:
            Transform._final(self)


class PassThrough(Transform):
    """A Transform that hands on what is written as it is. Node: stream.PassThrough"""

    def _transform(self, chunk: Any, encoding: str | None, callback: Callback) -> None:
        callback(None, chunk)
