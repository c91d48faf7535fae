"""Node's streams as web streams: `Readable.to_web`, `Writable.to_web`, `Duplex.to_web`.

The rules:

1. What a stream emits is enqueued; it is paused while the web stream has no room, and resumed by its `pull`.
2. A write to the web stream is done when the stream has taken it, and has room.
3. An error of one is the error of the other; a stream that closes too early is an AbortError.

Node: stream.Readable.toWeb, stream.Writable.toWeb, stream.Duplex.toWeb
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import _predicates as ask
from ._destroyer import destroy
from ._finished import watch
from ._hooks import noop
from ._options import check_object, normalized
from .errors import (
    ERR_INVALID_ARG_TYPE,
    ERR_INVALID_ARG_VALUE,
    ERR_STREAM_PREMATURE_CLOSE,
    AbortError,
    NodeTypeError,
    ZlibError,
)
from .loop import Promise
from .web._readable import ReadableStream
from .web._strategies import ByteLengthQueuingStrategy, CountQueuingStrategy
from .web._writable import WritableStream


def readable_to_web(stream: Any, options: Mapping[str, Any] | None = None, /, **keywords: Any) -> ReadableStream:
    """See Readable.to_web."""
    if ask.readable_state(stream) is None:
        raise ERR_INVALID_ARG_TYPE("streamReadable", "an stream.Readable", stream)
    check_object(options)
    given = normalized(("strategy", "type"), options, keywords, "to_web")
    kind = given.get("type")
    _check_type(kind)
    if ask.is_destroyed(stream) or not ask.is_readable(stream):
        return closed_readable(kind)
    return _Source(stream, kind).stream(given.get("strategy"))


def _check_type(kind: Any) -> None:
    if kind not in (None, "bytes"):
        raise ERR_INVALID_ARG_VALUE("options.type", kind, "must be one of: 'bytes', undefined")


def closed_readable(kind: str | None = None) -> ReadableStream:
    """A stream with nothing in it."""
    stream = ReadableStream(type=kind)
    stream.cancel()
    return stream


def closed_writable() -> WritableStream:
    """A stream that takes nothing."""
    stream = WritableStream()
    stream.close()
    return stream


class _Source:
    """Gives a web stream what a Readable emits."""

    def __init__(self, stream: Any, kind: str | None) -> None:
        self._stream = stream
        self._kind = kind
        self._controller: Any = None
        self._is_cancelled = False

    def stream(self, strategy: Any) -> ReadableStream:
        """The web stream."""
        stream = self._stream
        stream.pause()
        self._stop_watching = watch(stream, self._on_end, writable=False)
        stream.on("data", self._on_data)
        source = {"start": self._start, "pull": self._pull, "cancel": self._cancel, "type": self._kind}
        return ReadableStream(source, self._strategy() if strategy is None else strategy)

    def _strategy(self) -> Any:
        mark = self._stream.readable_high_water_mark
        if self._kind == "bytes":
            return {"high_water_mark": mark}
        if self._stream.readable_object_mode:
            return CountQueuingStrategy(high_water_mark=mark)
        return ByteLengthQueuingStrategy(high_water_mark=mark) if self._has_bytes() else {"high_water_mark": mark}

    def _has_bytes(self) -> bool:
        return self._stream.readable_encoding is None

    def _start(self, controller: Any) -> None:
        self._controller = controller

    def _pull(self) -> None:
        self._stream.resume()

    def _cancel(self, reason: Any) -> None:
        self._is_cancelled = True
        destroy(self._stream, reason)

    def _on_data(self, chunk: Any) -> None:
        self._controller.enqueue(chunk)
        if (self._controller.desired_size or 0) <= 0:
            self._stream.pause()

    def _on_end(self, error: Any = None) -> None:
        self._stop_watching()
        self._stream.on("error", noop)  # what comes later is nobody's error
        if self._is_cancelled:
            return
        if error is not None:
            self._controller.error(_as_web_error(error))
            return
        self._controller.close()
        if self._kind == "bytes" and self._controller.byob_request is not None:
            self._controller.byob_request.respond(0)  # somebody waits for bytes in a buffer of his own


def _length_of(chunk: Any) -> int:
    """What a chunk counts for where the mark is in bytes; what is none fails when it is written."""
    if isinstance(chunk, memoryview):
        return chunk.nbytes
    return len(chunk) if isinstance(chunk, (bytes, bytearray, str)) else 1


def _as_web_error(error: Any) -> Any:
    """What is known to Node's users only, as the web's users know it."""
    if isinstance(error, ERR_STREAM_PREMATURE_CLOSE):
        return AbortError(cause=error)
    if isinstance(error, ZlibError):
        failure = NodeTypeError("", error.code)
        failure.__cause__ = error
        return failure
    return error


def writable_to_web(stream: Any) -> WritableStream:
    """See Writable.to_web."""
    if ask.writable_state(stream) is None and not (ask.is_server_response(stream) or ask.is_request(stream)):
        raise ERR_INVALID_ARG_TYPE("streamWritable", "an stream.Writable", stream)
    if ask.is_destroyed(stream) or not ask.is_writable(stream):
        return closed_writable()
    return _Sink(stream).stream()


class _Sink:
    """Writes to a Writable what a web stream is given."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._controller: Any = None
        self._waiting: Promise[None] | None = None  # for room
        self._closing: Promise[None] | None = None

    def stream(self) -> WritableStream:
        """The web stream."""
        stream = self._stream
        self._stop_watching = watch(stream, self._on_end)
        stream.on("drain", self._on_drain)
        sink = {"start": self._start, "write": self._write, "close": self._close, "abort": self._abort}
        size = None if getattr(stream, "writable_object_mode", False) else _length_of
        return WritableStream(sink, {"high_water_mark": stream.writable_high_water_mark, "size": size})

    def _start(self, controller: Any) -> None:
        self._controller = controller

    def _write(self, chunk: Any) -> Promise[None] | None:
        self._stream.write(chunk)
        if not self._stream.writable_need_drain:
            return None
        self._waiting = Promise()
        return self._waiting

    def _on_drain(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.resolve(None)

    def _abort(self, reason: Any) -> None:
        destroy(self._stream, reason)

    def _close(self) -> Promise[None] | None:
        if ask.is_writable_ended(self._stream):
            self._stop_watching()
            return None
        self._closing = Promise()
        self._stream.end()
        return self._closing

    def _on_end(self, error: Any = None) -> None:
        self._stop_watching()
        self._stream.on("error", noop)  # what comes later is nobody's error
        error = _as_web_error(error)
        waiting, self._waiting = self._waiting, None
        closing, self._closing = self._closing, None
        if error is not None:
            for promise in (waiting, closing):
                if promise is not None:
                    promise.reject(error)
            self._controller.error(error)
        elif closing is not None:
            closing.resolve(None)
        else:
            self._controller.error(AbortError())


def duplex_to_web(stream: Any, options: Mapping[str, Any] | None = None, /, **keywords: Any) -> dict[str, Any]:
    """See Duplex.to_web."""
    if ask.readable_state(stream) is None or ask.writable_state(stream) is None:
        raise ERR_INVALID_ARG_TYPE("duplex", "an stream.Duplex", stream)
    check_object(options)
    given = normalized(("type", "readable_type"), options, keywords, "to_web")
    kind = given.get("readable_type", given.get("type"))
    _check_type(kind)
    if ask.is_destroyed(stream):
        return {"readable": closed_readable(kind), "writable": closed_writable()}
    writable = writable_to_web(stream)
    return {"readable": readable_to_web(stream, type=kind), "writable": writable}
