"""Streams made of trio's streams and channels: `from_trio()` of Readable, Writable and Duplex.

The rules:

1. The stream takes over what it is made of: it is closed when the stream is destroyed, and when the loop ends.
2. One receive and one send are under way at most. Something is received only when the stream has room for it.
3. A stream that is over, on both sides, closes what it is made of by `aclose()`; one that is destroyed earlier,
   forcefully.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import trio

from ._duplex import DUPLEX_OPTIONS, Destination, Duplex, Source
from ._lifecycle import Failure
from ._options import normalized
from ._readable import READABLE_OPTIONS, Readable
from ._trio_courier import Courier, Job
from ._trio_errors import stream_error
from ._writable import WRITABLE_OPTIONS, Writable
from ._writable_state import BufferedWrite, Pieces
from .errors import ERR_INVALID_ARG_TYPE, ERR_STREAM_NULL_VALUES

Callback = Callable[..., object]
_NOT_OPTIONS = frozenset({"construct", "destroy", "read", "write", "writev", "final", "decode_strings"})

_SOURCES = (trio.abc.ReceiveStream, trio.abc.ReceiveChannel)
_DESTINATIONS = (trio.abc.SendStream, trio.abc.SendChannel)
_DUPLEX = "Stream, or a pair of something to send to and something to receive from"


def readable_from_trio(source: Any, options: Mapping[str, Any] | None, /, **keywords: Any) -> Readable:
    """See Readable.from_trio."""
    _check(source, "source", _SOURCES, "ReceiveStream or ReceiveChannel")
    given = normalized(READABLE_OPTIONS - _NOT_OPTIONS, options, keywords, "from_trio")
    given.setdefault("object_mode", _carries_objects(source))
    return _TrioReadable(source, given)


def writable_from_trio(destination: Any, options: Mapping[str, Any] | None, /, **keywords: Any) -> Writable:
    """See Writable.from_trio."""
    _check(destination, "destination", _DESTINATIONS, "SendStream or SendChannel")
    given = normalized(WRITABLE_OPTIONS - _NOT_OPTIONS, options, keywords, "from_trio")
    given.setdefault("object_mode", _carries_objects(destination))
    return _TrioWritable(destination, given)


def duplex_from_trio(stream: Any, options: Mapping[str, Any] | None, /, **keywords: Any) -> Duplex:
    """See Duplex.from_trio."""
    destination, source = stream if isinstance(stream, tuple) and len(stream) == 2 else (stream, stream)
    _check(destination, "stream", _DESTINATIONS, _DUPLEX)
    _check(source, "stream", _SOURCES, _DUPLEX)
    given = normalized(DUPLEX_OPTIONS - _NOT_OPTIONS, options, keywords, "from_trio")
    if "object_mode" not in given:
        given.setdefault("readable_object_mode", _carries_objects(source))
        given.setdefault("writable_object_mode", _carries_objects(destination))
    return _TrioDuplex(destination, source, given)


def _check(resource: Any, name: str, kinds: tuple[type, ...], shown: str) -> None:
    if not isinstance(resource, kinds):
        raise ERR_INVALID_ARG_TYPE(name, f"an instance of {shown}", resource)


def _carries_objects(resource: Any) -> bool:
    return isinstance(resource, (trio.abc.ReceiveChannel, trio.abc.SendChannel))


class _Receiver:
    """Fills a stream from a trio resource, as far as the stream asks for it."""

    def __init__(self, stream: Readable, source: Source) -> None:
        self._stream = stream
        self._source = source
        self._courier = Courier(source)
        self._is_wanted = False
        self._is_receiving = False
        self._size = 0
        self.stop = self._courier.stop

    def want(self, size: int) -> None:
        """The stream has room for about so many bytes."""
        self._is_wanted = True
        self._size = size
        if not self._is_receiving:
            self._is_receiving = True
            self._courier.do(self._receive_while_wanted, self._ended)

    async def _receive_while_wanted(self) -> None:
        while self._is_wanted:
            if isinstance(self._source, trio.abc.ReceiveStream):
                chunk = await self._source.receive_some(self._size or None)
                if not chunk:
                    raise trio.EndOfChannel
            else:
                chunk = await self._source.receive()
                if chunk is None:
                    raise ERR_STREAM_NULL_VALUES
            self._courier.turn(self._push, chunk)

    def _push(self, chunk: Any) -> None:
        self._is_wanted = False
        self._stream.push(chunk)

    def _ended(self, error: Any, _value: object) -> None:
        self._is_receiving = False
        if isinstance(error, trio.EndOfChannel):
            self._stream.push(None)
        elif error is not None:
            self._stream.destroy(stream_error(error))


class _Sender:
    """Sends what is written to a stream through a trio resource."""

    def __init__(self, destination: Destination) -> None:
        self._destination = destination
        self._courier = Courier(destination)
        self.stop = self._courier.stop

    def send(self, chunks: list[Any], callback: Callback) -> None:
        """Send these, then call `callback(error)`."""
        self._do(partial(self._send, chunks), callback)

    async def _send(self, chunks: list[Any]) -> None:
        if isinstance(self._destination, trio.abc.SendStream):
            await self._destination.send_all(_bytes_of(chunks))
        else:
            for chunk in chunks:
                await self._destination.send(chunk)

    def end(self, callback: Callback) -> None:
        """Let the peer know that there is no more, as far as that can be told without closing both directions."""
        if isinstance(self._destination, trio.abc.HalfCloseableStream):
            self._do(self._destination.send_eof, callback)
        elif isinstance(self._destination, (trio.abc.ReceiveStream, trio.abc.ReceiveChannel)):
            callback()
        else:
            self._do(self._destination.aclose, callback)

    def _do(self, job: Job, callback: Callback) -> None:
        self._courier.do(job, lambda error, _value: callback(stream_error(error)))


def _bytes_of(chunks: list[Any]) -> bytes:
    """What is written in several pieces, as one."""
    pieces = [piece for chunk in chunks for piece in (chunk.pieces if isinstance(chunk, Pieces) else (chunk,))]
    return bytes(pieces[0]) if len(pieces) == 1 else b"".join(pieces)


def _stop_all(stops: list[Callback], gracefully: bool, error: Failure, callback: Callback) -> None:
    """Stop one after the other, then call `callback` with the first error there was."""
    if not stops:
        callback(error)
        return
    stops[0](lambda problem: _stop_all(stops[1:], gracefully, error or problem, callback), gracefully=gracefully)


class _TrioReadable(Readable):
    """Reads from a trio stream or channel."""

    def __init__(self, source: Source, options: dict[str, Any]) -> None:
        super().__init__(options)
        self._receiver = _Receiver(self, source)

    def _read(self, size: int) -> None:
        self._receiver.want(size)

    def _destroy(self, error: Failure, callback: Callback) -> None:
        _stop_all([self._receiver.stop], error is None and self.readable_ended, error, callback)


class _TrioWritable(Writable):
    """Writes to a trio stream or channel."""

    def __init__(self, destination: Destination, options: dict[str, Any]) -> None:
        super().__init__(options)
        self._sender = _Sender(destination)

    def _write(self, chunk: Any, _encoding: str | None, callback: Callback) -> None:
        self._sender.send([chunk], callback)

    def _writev(self, writes: list[BufferedWrite], callback: Callback) -> None:
        self._sender.send([write.chunk for write in writes], callback)

    def _final(self, callback: Callback) -> None:
        self._sender.end(callback)

    def _destroy(self, error: Failure, callback: Callback) -> None:
        _stop_all([self._sender.stop], error is None and self.writable_finished, error, callback)


class _TrioDuplex(Duplex):
    """Reads from, and writes to, a trio stream or a pair."""

    def __init__(self, destination: Destination, source: Source, options: dict[str, Any]) -> None:
        super().__init__(options)
        self._receiver = _Receiver(self, source)
        self._sender = _Sender(destination)

    def _read(self, size: int) -> None:
        self._receiver.want(size)

    def _write(self, chunk: Any, _encoding: str | None, callback: Callback) -> None:
        self._sender.send([chunk], callback)

    def _writev(self, writes: list[BufferedWrite], callback: Callback) -> None:
        self._sender.send([write.chunk for write in writes], callback)

    def _final(self, callback: Callback) -> None:
        self._sender.end(callback)

    def _destroy(self, error: Failure, callback: Callback) -> None:
        is_over = error is None and self.readable_ended and self.writable_finished
        _stop_all([self._sender.stop, self._receiver.stop], is_over, error, callback)
