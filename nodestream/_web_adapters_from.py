"""Web streams as Node's streams: `Readable.from_web`, `Writable.from_web`, `Duplex.from_web`.

The rules:

1. A chunk is asked for when the stream wants one, one at a time.
2. A write is handed on when the web stream is ready for it, and is done when that has written it.
3. An error of the web stream destroys the stream. Destroying the stream cancels or aborts the web stream, with the
   error, and is done when that is.

Node: stream.Readable.fromWeb, stream.Writable.fromWeb, stream.Duplex.fromWeb
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from . import _predicates as ask
from . import _web_kinds as web
from ._destroyer import destroy
from ._duplex import Duplex
from ._encoding import is_encoding
from ._lifecycle import Failure
from ._options import check_object, normalized
from ._readable import Readable
from ._signals import check_signal
from ._writable import Writable
from ._writable_state import BufferedWrite
from .errors import ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_STREAM_PREMATURE_CLOSE

Callback = Callable[..., object]

_FLAGS = {"object_mode": "objectMode", "decode_strings": "decodeStrings", "allow_half_open": "allowHalfOpen"}


def _checked(known: tuple[str, ...], options: Any, keywords: Mapping[str, Any]) -> dict[str, Any]:
    check_object(options)
    given = normalized(known, options, keywords, "from_web")
    for name, shown in _FLAGS.items():
        if name in given and not isinstance(given[name], bool):
            raise ERR_INVALID_ARG_TYPE(f"options.{shown}", "of type boolean", given[name])
    encoding = given.get("encoding")
    if encoding is not None and not is_encoding(encoding):
        raise ERR_INVALID_ARG_VALUE("options.encoding", encoding)
    check_signal(given.get("signal"))
    return given


# --- reading ---


class ReadsWeb(Readable):
    """Reads from a ReadableStream."""

    def _lock_web_readable(self, stream: Any) -> None:
        self._reader = stream.get_reader()
        self._web_ended = False

    def _watch_web_readable(self) -> None:
        self._reader.closed.when_settled(self._web_has_ended, self._web_has_failed)

    def _read(self, _size: int) -> None:
        self._reader.read().when_settled(self._web_gave, lambda error: destroy(self, error))

    def _web_gave(self, result: Any) -> None:
        self.push(None if result.done else result.value)

    def _web_has_ended(self, _value: object) -> None:
        self._web_ended = True

    def _web_has_failed(self, error: Any) -> None:
        self._web_ended = True
        destroy(self, error)


class _ReadableOfWeb(ReadsWeb):
    def __init__(self, stream: Any, options: dict[str, Any]) -> None:
        self._lock_web_readable(stream)
        self._watch_web_readable()
        super().__init__(options)

    def _destroy(self, error: Failure, callback: Callback) -> None:
        if self._web_ended:
            callback(error)
        else:
            self._reader.cancel(error).when_settled(lambda _: callback(error), lambda _: callback(error))


def readable_from_web(stream: Any, options: Mapping[str, Any] | None = None, /, **keywords: Any) -> Readable:
    """See Readable.from_web."""
    if not web.is_web_readable(stream):
        raise ERR_INVALID_ARG_TYPE("readableStream", "an instance of ReadableStream", stream)
    known = ("high_water_mark", "encoding", "object_mode", "signal")
    return _ReadableOfWeb(stream, _checked(known, options, keywords))


# --- writing ---


def _once(callback: Callback) -> Callback:
    """`callback`, called for the first error only."""
    is_called = False

    def call(error: Any) -> None:
        nonlocal is_called
        if not is_called:
            is_called = True
            callback(error)

    return call


class WritesWeb(Writable):
    """Writes to a WritableStream."""

    def _lock_web_writable(self, stream: Any) -> None:
        self._writer = stream.get_writer()
        self._web_closed = False

    def _watch_web_writable(self) -> None:
        self._writer.closed.when_settled(self._web_has_closed, self._web_has_broken)

    def _write(self, chunk: Any, encoding: str | None, callback: Callback) -> None:
        def write(_value: object) -> None:
            self._writer.write(chunk).when_settled(lambda _: callback(), callback)

        self._writer.ready.when_settled(write, callback)

    def _writev(self, chunks: list[BufferedWrite], callback: Callback) -> None:
        def write(_value: object) -> None:
            left = len(chunks)

            def written(_value: object) -> None:
                nonlocal left
                left -= 1
                if left == 0:
                    callback()

            once = _once(callback)
            for entry in chunks:
                self._writer.write(entry.chunk).when_settled(written, once)

        self._writer.ready.when_settled(write, callback)

    def _final(self, callback: Callback) -> None:
        if self._web_closed:
            callback()
        else:
            self._writer.close().when_settled(lambda _: callback(), callback)

    def _web_has_closed(self, _value: object) -> None:
        self._web_closed = True
        if not ask.is_writable_ended(self):
            destroy(self, ERR_STREAM_PREMATURE_CLOSE())

    def _web_has_broken(self, error: Any) -> None:
        self._web_closed = True
        destroy(self, error)


class _WritableOfWeb(WritesWeb):
    def __init__(self, stream: Any, options: dict[str, Any]) -> None:
        self._lock_web_writable(stream)
        self._watch_web_writable()
        super().__init__(options)

    def _destroy(self, error: Failure, callback: Callback) -> None:
        if self._web_closed:
            callback(error)
            return
        done = self._writer.close() if error is None else self._writer.abort(error)
        done.when_settled(lambda _: callback(error), lambda _: callback(error))


def writable_from_web(stream: Any, options: Mapping[str, Any] | None = None, /, **keywords: Any) -> Writable:
    """See Writable.from_web."""
    if not web.is_web_writable(stream):
        raise ERR_INVALID_ARG_TYPE("writableStream", "an instance of WritableStream", stream)
    known = ("high_water_mark", "decode_strings", "object_mode", "signal")
    return _WritableOfWeb(stream, _checked(known, options, keywords))


# --- both ---


class _DuplexOfWeb(ReadsWeb, WritesWeb, Duplex):
    def __init__(self, readable: Any, writable: Any, options: dict[str, Any]) -> None:
        self._lock_web_writable(writable)
        self._lock_web_readable(readable)
        self._watch_web_writable()
        self._watch_web_readable()
        super().__init__({"allow_half_open": False} | options)

    def _destroy(self, error: Failure, callback: Callback) -> None:
        waits = []
        if not self._web_closed:
            waits.append(self._writer.abort(error))
        if not self._web_ended:
            waits.append(self._reader.cancel(error))
        left = len(waits)

        def one_is_done(_outcome: object) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                callback(error)

        for each in waits:
            each.when_settled(one_is_done, one_is_done)
        if not waits:
            callback(error)


def duplex_from_web(pair: Any, options: Mapping[str, Any] | None = None, /, **keywords: Any) -> Duplex:
    """See Duplex.from_web."""
    if isinstance(pair, (str, bytes, int, float)) or pair is None:
        raise ERR_INVALID_ARG_TYPE("pair", "of type object", pair)
    readable, writable = web.side_of(pair, "readable"), web.side_of(pair, "writable")
    if not web.is_web_readable(readable):
        raise ERR_INVALID_ARG_TYPE("pair.readable", "an instance of ReadableStream", readable)
    if not web.is_web_writable(writable):
        raise ERR_INVALID_ARG_TYPE("pair.writable", "an instance of WritableStream", writable)
    known = ("high_water_mark", "encoding", "object_mode", "signal", "decode_strings", "allow_half_open")
    return _DuplexOfWeb(readable, writable, _checked(known, options, keywords))
