"""The traffic of a connection: the hooks of the stream, and the channel of the kernel's socket below them.

A parser may take what is received past the stream; see `_consume`.

Node: socket._read, socket._write
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

from nodestream._duplex import Duplex
from nodestream._encoding import encode
from nodestream._names import node_alias
from nodestream._writable_state import BufferedWrite, Pieces, WritableWays
from nodestream.errors import ERR_SOCKET_CLOSED, ERR_SOCKET_CLOSED_BEFORE_CONNECTION, NodeError, system_error
from nodestream.loop import next_tick

from ._net_channel import Callback
from ._net_idle import IdleTimeout
from ._net_receive_sizes import RECEIVE_SIZE


class Traffic(IdleTimeout):
    """The part of a Socket that receives and sends."""

    connecting: bool = False
    """Whether a connection is being made. Node: socket.connecting"""
    bytes_read: int = 0
    """Bytes received. Node: socket.bytesRead"""
    bytesRead: int = node_alias("bytes_read")

    _bytes_dispatched: int = 0
    _blames_peer: bool = False
    _on_data: Callable[[bytes], object] | None = None
    _on_end: Callable[[], object] | None = None
    _on_failure: Callable[[], object] | None = None

    # --- receiving ---

    def _read(self, size: int) -> None:
        channel = self._channel
        if channel is not None:
            channel.start_reading()
        else:
            self.once("connect", lambda: self._read(size))

    def _received(self, data: bytes) -> None:
        self.bytes_read += len(data)
        if self._timer is not None:
            self._timer.refresh()
        on_data = self._on_data
        if on_data is None:
            if not self.push(data):
                self._stop_receiving()
        elif len(data) > RECEIVE_SIZE and self._channel is not None:
            self._channel.gather(on_data, data)  # which may cut it into many pieces
        else:
            on_data(data)

    def _note_received(self, size: int) -> None:
        """What was received has gone elsewhere than into the stream."""
        self.bytes_read += size
        self._refresh_timer()

    def _receive_ended(self) -> None:
        if self._on_end is not None:
            self._on_end()
        if not self._readable_state.end_emitted:
            self.push(None)
            self.read(0)

    def _receive_failed(self, error: OSError) -> None:
        if self._on_failure is not None:
            self._on_failure()
        else:
            self.destroy(system_error(error, "read"))

    def _peer_has_ended(self) -> None:
        """At `end`: without half-open connections, a write after the end blames the peer."""
        if not self.allow_half_open:
            self._blames_peer = True
            self.write = self._write_after_fin  # type: ignore[method-assign]

    def _stop_blaming_peer(self) -> None:
        """There will be another one."""
        if self._blames_peer:  # whoever touches __dict__ makes every attribute slower from then on
            self._blames_peer = False
            self.__dict__.pop("write", None)

    # --- for a parser that takes the bytes past the stream ---

    def _consume(
        self,
        on_data: Callable[[bytes], object],
        on_end: Callable[[], object],
        on_failure: Callable[[], object] | None = None,
    ) -> None:
        """From now on what is received goes to `on_data(data)`, in the turn in which it comes, and not to the stream.

        At the end of what the peer sends, `on_end()` is called before the stream ends as usual. `on_failure()` is
        called when receiving fails, in place of the destruction. What the stream holds already goes to `on_data`
        first, from a tick.
        """
        self._on_data, self._on_end, self._on_failure = on_data, on_end, on_failure
        if self.readable_length:
            next_tick(on_data, self.read())

    def _unconsume(self, rest: bytes = b"") -> None:
        """Give the bytes back to the stream, beginning with `rest`, which the parser had no use for."""
        self._on_data = self._on_end = self._on_failure = None
        if rest:
            self.unshift(rest)
        if self._readable_state.reading:
            self._start_receiving()

    def _stop_receiving(self) -> None:
        """Leave what comes to the kernel; the peer has to wait."""
        if self._channel is not None:
            self._channel.stop_reading()

    def _start_receiving(self) -> None:
        """Undo _stop_receiving()."""
        if self._channel is not None:
            self._channel.start_reading()

    # --- sending ---

    def _write(self, chunk: Any, encoding: str | None, callback: Callback) -> None:
        if type(chunk) is bytes:
            channel = self._channel
            if channel is None:
                self._dispatch((chunk,), len(chunk), callback)
                return
            # What `_dispatch` comes to: there is a channel only once the socket is connected.
            self._bytes_dispatched += len(chunk)
            if self._timer is not None:
                self._timer.refresh()
            channel.write((chunk,), callback)
        elif type(chunk) is Pieces:
            self._dispatch(chunk.pieces, chunk.length, callback)
        else:
            data = encode(chunk, encoding or "utf8")
            self._dispatch((data,), len(data), callback)

    def _writev(self, entries: list[BufferedWrite], callback: Callback) -> None:
        pieces: list[bytes] = []
        for entry in entries:
            pieces.extend(_pieces_of(entry.chunk, entry.encoding))
        self._dispatch(pieces, sum(map(len, pieces)), callback)

    def _write_pieces(self, pieces: Sequence[bytes], callback: Callback | None = None) -> bool:
        """As write(), for several buffers that are one chunk: they leave in one system call, without being joined."""
        return self.write(Pieces(pieces), None, callback)

    def _write_whole(self, data: bytes, callback: Callback) -> bool:
        """As write(data, None, callback), in fewer steps. False: that cannot be, and nothing was done.

        It can be if the stream is at rest, and its methods are those of this library: nobody else sees the difference.
        """
        state, channel = self._writable_state, self._channel
        try:
            has_own_ways = _ways_of(self) == _OWN_WAYS
        except AttributeError:  # there is a plain function in the place of a method
            return False
        if not has_own_ways or channel is None or not state.begin_whole(len(data), callback):
            return False
        self._bytes_dispatched += len(data)
        if self._timer is not None:
            self._timer.refresh()
        channel.write((data,), state.on_whole)
        if state.writing:
            state.goes_on()
        return True

    def _dispatch(self, pieces: Sequence[bytes], size: int, callback: Callback) -> None:
        self._bytes_dispatched += size
        if self.connecting:
            self._dispatch_when_connected(pieces, callback)
            return
        channel = self._channel
        if channel is None:
            callback(ERR_SOCKET_CLOSED())
            return
        if self._timer is not None:
            self._timer.refresh()
        channel.write(pieces, callback)

    def _dispatch_when_connected(self, pieces: Sequence[bytes], callback: Callback) -> None:
        def on_connect() -> None:
            self.off("close", on_close)
            if self._channel is not None:
                self._refresh_timer()
                self._channel.write(pieces, callback)
            else:
                callback(ERR_SOCKET_CLOSED())

        def on_close(_had_error: bool) -> None:
            callback(ERR_SOCKET_CLOSED_BEFORE_CONNECTION())

        self.once("connect", on_connect)
        self.once("close", on_close)

    def _write_after_fin(
        self, chunk: Any, encoding: str | Callback | None = None, callback: Callback | None = None
    ) -> bool:
        if not self.writable_ended:
            return Duplex.write(self, chunk, encoding, callback)
        if callable(encoding):
            callback = encoding
        error = NodeError("This socket has been ended by the other party", "EPIPE")
        if callback is not None:
            next_tick(callback, error)
        self.destroy(error)
        return False

    def _final(self, callback: Callback) -> None:
        if self.connecting:
            self.once("connect", lambda: self._final(callback))
        elif self._channel is None:
            callback(None)
        else:
            self._channel.shutdown(callback)

    # --- counting ---

    @property
    def buffer_size(self) -> int | None:
        """Bytes that wait to be sent. Deprecated: use writable_length. Node: socket.bufferSize"""
        return self.writable_length if self._channel is not None or self.connecting else None

    bufferSize: int | None = node_alias("buffer_size")

    @property
    def bytes_written(self) -> int:
        """Bytes sent, those that wait to be sent included. Node: socket.bytesWritten"""
        return self._bytes_dispatched + sum(map(_length_of, self._writable_state.buffered))

    bytesWritten: int = node_alias("bytes_written")


_ways_of = attrgetter("write.__func__", "_write.__func__")
_OWN_WAYS = (WritableWays.write, Traffic._write)


def _pieces_of(chunk: Any, encoding: str | None) -> Sequence[bytes]:
    """The buffers of one written chunk."""
    if isinstance(chunk, Pieces):
        return chunk.pieces
    return (encode(chunk, encoding or "utf8") if isinstance(chunk, str) else chunk,)


def _length_of(entry: BufferedWrite) -> int:
    return sum(map(len, _pieces_of(entry.chunk, entry.encoding)))
