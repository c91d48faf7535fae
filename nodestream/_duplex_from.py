"""`Duplex.from_(body)`: a Duplex of nearly anything.

Node: stream.Duplex.from
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import Any

import trio

from . import _predicates as ask
from . import _web_kinds as web
from ._blob import Blob
from ._destroyer import destroy
from ._duplex import Duplex
from ._finished import watch
from ._from_trio import duplex_from_trio, writable_from_trio
from ._lifecycle import Failure
from ._operator_arguments import with_signal
from ._relay import Relay
from ._sources import IterableReadable
from ._web_adapters_from import duplex_from_web, readable_from_web, writable_from_web
from ._wrap import new_wrapping
from ._written import Written
from .errors import ERR_INVALID_ARG_TYPE, ERR_INVALID_RETURN_VALUE
from .loop import Promise, current_loop, next_tick

Callback = Callable[..., object]

BODY = (
    "of type function or an instance of Blob, ReadableStream, WritableStream, Stream, Iterable, AsyncIterable, or "
    "Promise or { readable, writable } pair"
)


def duplex_from(body: Any) -> Duplex:
    """See Duplex.from_."""
    if ask.is_stream(body):
        return _of_stream(body)
    if isinstance(body, trio.abc.Stream):
        return duplex_from_trio(body, None)
    if isinstance(body, (trio.abc.SendStream, trio.abc.SendChannel)):
        return _of_stream(writable_from_trio(body, None))
    if web.is_web_readable(body):
        return _Pair(None, readable_from_web(body))
    if web.is_web_writable(body):
        return _Pair(writable_from_web(body), None)
    if is_function(body):
        return _of_function(body)
    if web.is_web_pair(body):
        return duplex_from_web(body)
    if isinstance(body, (str, bytes, bytearray, memoryview)):
        return _of_one_chunk(body if isinstance(body, str) else bytes(body))
    if isinstance(body, Blob):
        return duplex_from(body.array_buffer())
    if isinstance(body, Mapping):
        return _of_mapping(body)
    if isinstance(body, (Iterable, AsyncIterable)):
        return _OfIterable(body, {"object_mode": True, "high_water_mark": 1, "writable": False})
    if isinstance(body, Awaitable):
        return _OfAwaitable(body)
    raise ERR_INVALID_ARG_TYPE("body", BODY, body)


def is_function(body: Any) -> bool:
    """Whether it is to be called."""
    return callable(body) and not ask.is_stream(body) and not isinstance(body, (Iterable, AsyncIterable))


# --- streams ---


def _of_stream(stream: Any) -> Duplex:
    reads, writes = ask.is_readable_side(stream), ask.is_writable_side(stream)
    if ask.readable_state(stream) is not None and callable(getattr(stream, "write", None)):
        duplex: Duplex = stream
        return duplex
    return _Pair(stream if writes and not reads else None, stream if reads else None)


def _of_mapping(pair: Mapping[str, Any]) -> Duplex:
    readable, writable = pair.get("readable"), pair.get("writable")
    if not any(name in pair and _is_object(pair[name]) for name in ("readable", "writable")):
        raise ERR_INVALID_ARG_TYPE("body", BODY, pair)
    if readable is not None and not ask.is_readable_side(readable):
        readable = duplex_from(readable)
    if writable is not None and not ask.is_writable_side(writable):
        writable = duplex_from(writable)
    return _Pair(writable, readable)


def _is_object(value: Any) -> bool:
    return not isinstance(value, (str, int, float)) and not is_function(value)


class _Pair(Relay):
    """A stream to write to and one to read from. When one fails, so does the other."""

    def __init__(self, writable: Any, readable: Any) -> None:
        if readable is not None and not callable(getattr(readable, "read", None)):
            readable = new_wrapping(readable)
        super().__init__(writable, readable, [])
        for stream in (self._head, self._tail):
            if stream is not None:
                self._to_destroy.append(stream)
                watch(stream, partial(self._one_is_done, stream))
        self._is_done = not self._to_destroy
        if self._head is not None:
            self._head.on("finish", self._head_finished)
        self._waits_for_more = False
        if self._tail is not None:
            self._tail.on("readable", self._tail_has_more)

    def _read(self, _size: int) -> None:
        self._waits_for_more = False
        chunk = self._tail.read()
        while chunk is not None:
            if not self.push(chunk):
                return
            chunk = self._tail.read()
        self._waits_for_more = True

    def _tail_has_more(self, *_: object) -> None:
        if self._waits_for_more and not self.destroyed:
            self._read(0)

    def _one_is_done(self, stream: Any, error: Failure = None) -> None:
        self._to_destroy.remove(stream)
        if error is not None:
            for other in list(self._to_destroy):
                destroy(other, error)
        self._streams_are_done(error)


# --- values ---


def _of_one_chunk(chunk: Any) -> Duplex:
    def read(stream: Duplex, _size: int) -> None:
        stream.push(chunk)
        stream.push(None)

    return Duplex(object_mode=True, writable=False, read=read)


class _OfIterable(IterableReadable, Duplex):
    """Read from an iterable."""


class _OfAwaitable(Duplex):
    """Read what an awaitable gives."""

    def __init__(self, awaitable: Awaitable[Any]) -> None:
        super().__init__(object_mode=True, writable=False)
        self._stop = current_loop().spawn_stoppable(awaitable, self._settled)

    def _settled(self, error: Failure, value: Any) -> None:
        if error is not None:
            destroy(self, error)
            return
        if value is not None:
            self.push(value)
        self.push(None)

    def _read(self, _size: int) -> None:
        """It comes when it comes."""

    def _destroy(self, error: Failure, callback: Callback) -> None:
        self._stop()
        callback(error)


# --- functions ---


def _of_function(function: Callback) -> Duplex:
    written = Written()
    result = with_signal(function, 1, written.signal)(written)
    if ask.is_stream(result) and ask.is_readable_side(result) and ask.is_writable_side(result):
        duplex: Duplex = result
        return duplex
    if isinstance(result, (Iterable, AsyncIterable)):
        return _OfGenerator(written, result)
    if isinstance(result, Awaitable):
        return _OfCoroutine(written, result)
    raise ERR_INVALID_RETURN_VALUE("Iterable, AsyncIterable or AsyncFunction", "body", result)


class _OfGenerator(_OfIterable):
    """Read what a function makes of what is written."""

    def __init__(self, written: Written, items: Iterable[Any] | AsyncIterable[Any]) -> None:
        self._written = written
        super().__init__(items, {"object_mode": True, "high_water_mark": 1})

    def _write(self, chunk: Any, _encoding: str | None, callback: Callback) -> None:
        self._written.add(chunk, callback)

    def _final(self, callback: Callback) -> None:
        self._written.end(callback)

    def _destroy(self, error: Failure, callback: Callback) -> None:
        self._written.abort(error)
        stop = self._stop_waiting
        if stop is not None:
            self._stop_waiting = partial(_stop_soon, stop)
        super()._destroy(error, callback)


class _OfCoroutine(Duplex):
    """Write to a function that returns nothing."""

    def __init__(self, written: Written, awaitable: Awaitable[Any]) -> None:
        super().__init__(object_mode=True, readable=False)
        self._written = written
        self._returned: Promise[None] = Promise()
        self._stop = current_loop().spawn_stoppable(awaitable, self._settled)

    def _settled(self, error: Failure, value: Any) -> None:
        if error is not None:
            self._returned.resolve(None)
            destroy(self, error)
        elif value is not None:
            self._returned.reject(ERR_INVALID_RETURN_VALUE("nully", "body", value))
        else:
            self._returned.resolve(None)

    def _write(self, chunk: Any, _encoding: str | None, callback: Callback) -> None:
        self._written.add(chunk, callback)

    def _final(self, callback: Callback) -> None:
        def returned(error: Failure, _value: object) -> None:
            next_tick(callback, error)

        self._written.end(lambda: current_loop().spawn(self._returned, returned))

    def _destroy(self, error: Failure, callback: Callback) -> None:
        self._written.abort(error)
        _stop_soon(self._stop)
        callback(error)


def _stop_soon(stop: Callable[[], None]) -> None:
    """Cancel a function that was told to end, if it has not done so by then."""
    current_loop().set_immediate(stop)
