"""`Socket`: a TCP or Unix connection as a Duplex.

What the kernel's socket does is in `_net_channel.py`, how it comes to be connected in `_net_connecting.py`.

Node: net.Socket
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from nodestream._duplex import Duplex
from nodestream._encoding import encode
from nodestream._lifecycle import Failure
from nodestream._names import node_alias, node_name
from nodestream._options import normalized
from nodestream._writable_state import BufferedWrite, Pieces
from nodestream.errors import (
    ERR_INVALID_ARG_TYPE,
    ERR_INVALID_ARG_VALUE,
    ERR_OUT_OF_RANGE,
    ERR_SOCKET_CLOSED,
    ERR_SOCKET_CLOSED_BEFORE_CONNECTION,
    NodeError,
    NodeTypeError,
    system_error,
)
from nodestream.loop import EventLoop, Handle, current_loop, next_tick
from nodestream.timers import Timeout, set_timeout

from ._net_arguments import CONNECT_OPTIONS, connect_target, given_options, split_callback
from ._net_channel import Callback, Channel
from ._net_connecting import Connector
from ._net_endpoints import Endpoints

if TYPE_CHECKING:
    from ._net_server import Server

S = TypeVar("S", bound="Socket")

SOCKET_OPTIONS = frozenset(
    {
        "allow_half_open",
        "high_water_mark",
        "readable_high_water_mark",
        "writable_high_water_mark",
        "readable",
        "writable",
        "no_delay",
        "keep_alive",
        "keep_alive_initial_delay",
        "object_mode",
        "readable_object_mode",
        "writable_object_mode",
        "capture_rejections",
    }
)
_OBJECT_MODES = {
    "object_mode": "objectMode",
    "readable_object_mode": "readableObjectMode",
    "writable_object_mode": "writableObjectMode",
}


class Socket(Endpoints):
    """A connection, or one to be: bytes (or strings) written go to the peer, what the peer sends can be read.

    Options (keywords, or one mapping, in either spelling):
        allow_half_open: False ends this side when the peer ends its own (False).
        no_delay: send small writes at once (False).
        keep_alive: let the kernel probe an idle connection (False).
        keep_alive_initial_delay: milliseconds until the first probe; 0 for the system's (0).
        high_water_mark: bytes held before the peer has to wait, and before `write()` returns False (65536).

    Events: `lookup(error, address, family, host)`, `connectionAttempt(address, port, family)`,
    `connectionAttemptFailed(address, port, family, error)`, `connectionAttemptTimeout(address, port, family)`,
    `connect`, `ready`, `timeout`, those of Duplex, and at last `close(had_error)`.

    Node: net.Socket
    """

    connecting: bool = False
    """Whether a connection is being made. Node: socket.connecting"""
    timeout: float | None = None
    """What set_timeout() was given, in milliseconds. Node: socket.timeout"""
    server: Server | None = None
    """The server that accepted the connection. Node: socket.server"""
    bytes_read: int = 0
    """Bytes received. Node: socket.bytesRead"""
    bytesRead: int = node_alias("bytes_read")
    auto_select_family_attempted_addresses: list[str] | None = None
    """The "address:port" that were tried, if a name had several. Node: socket.autoSelectFamilyAttemptedAddresses"""
    autoSelectFamilyAttemptedAddresses: list[str] | None = node_alias("auto_select_family_attempted_addresses")

    # Defaults on the class: most connections never need to set them.
    _handle: Handle | None = None  # what keeps the loop alive, from connect() or accept until the destruction
    _connector: Connector | None = None  # while connecting
    _server: Server | None = None
    _timer: Timeout | None = None
    _unsent_before: int = 0
    _bytes_dispatched: int = 0
    _no_delay: bool = False
    _keep_alive: bool = False
    _keep_alive_delay: int = 0
    _resets: bool = False
    _on_data: Callable[[bytes], object] | None = None
    _on_end: Callable[[], object] | None = None

    def __init__(self, options: Mapping[str, Any] | None = None, /, **keywords: Any) -> None:
        self._begin_socket(normalized(SOCKET_OPTIONS, options, keywords, type(self).__name__))

    def _begin_socket(self, options: dict[str, Any]) -> None:
        for name, shown in _OBJECT_MODES.items():
            if options.get(name):
                raise ERR_INVALID_ARG_VALUE(f"options.{shown}", options[name], "is not supported")
        options["allow_half_open"] = bool(options.get("allow_half_open"))
        options["emit_close"] = False
        options["decode_strings"] = False
        self._begin_both(options, ())
        self.on("end", self._peer_has_ended)
        if options.get("no_delay"):
            self._no_delay = True
        if options.get("keep_alive"):
            self._keep_alive = True
            self._keep_alive_delay = int(options.get("keep_alive_initial_delay", 0) / 1000)

    def _take_connection(self, loop: EventLoop, sock: socket.socket) -> None:
        """This is the stream of `sock`, a connected and non-blocking one."""
        if self._handle is None:
            self._handle = Handle(loop, self._release)
        self._channel = Channel(loop, sock, self)
        if self._no_delay:
            self._channel.set_no_delay(True)
        if self._keep_alive:
            self._channel.set_keep_alive(True, self._keep_alive_delay)

    def _release(self) -> None:
        """The loop ends."""
        self.destroy()

    # --- connecting ---

    def connect(self: S, *args: Any, **keywords: Any) -> S:
        """Connect: `connect(port, host)`, `connect(path)`, or with options (a mapping or keywords).

        Args:
            port, host: of a TCP server; a name is looked up, and its addresses are tried in turn ("localhost").
            path: of a Unix socket, instead of a port.
            local_address, local_port: of this end.
            family: 4 or 6; 0 for either. hints: AI_* flags for the lookup.
            lookup: a function (host, options, callback) in place of the system's lookup.
            auto_select_family: False to try the first address only (True).
            auto_select_family_attempt_timeout: milliseconds that each address but the last gets (250).

        A function as last argument is added as listener of `connect`. A failure is an `error`.

        Raises ERR_MISSING_ARGS, ERR_INVALID_ARG_TYPE, ERR_SOCKET_BAD_PORT, ERR_INVALID_IP_ADDRESS.

        Node: socket.connect
        """
        positional, callback = split_callback(args)
        options = normalized(CONNECT_OPTIONS, given_options(positional), keywords, "connect")
        self._connect(options, callback)
        return self

    def _connect(self, options: dict[str, Any], callback: Callback | None) -> None:
        target = connect_target(options)
        if self.destroyed:
            self._revive()
        if callback is not None:
            self.once("connect", callback)
        if self._handle is not None:
            address = target.path or target.host
            self.destroy(system_error(errno.EISCONN, "connect", address=address, port=target.port or None))
            return
        loop = current_loop()
        self._handle = Handle(loop, self._release)
        self.connecting = True
        self.bytes_read = self._bytes_dispatched = 0
        self._refresh_timer()
        self._connector = Connector(loop, target, self)
        self._connector.start()

    def _revive(self) -> None:
        self._life.revive()
        self._readable_state.revive()
        self._writable_state.revive()
        self.__dict__.pop("write", None)
        self._forget_addresses()

    def _connected(self, sock: socket.socket) -> None:
        """The connector has made the connection."""
        self._connector = None
        self.connecting = False
        self._take_connection(current_loop(), sock)
        self._refresh_timer()
        self.emit("connect")
        self.emit("ready")
        if not self.is_paused():
            self.read(0)

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
        if on_data is not None:
            on_data(data)
        elif not self.push(data):
            self._stop_receiving()

    def _receive_ended(self) -> None:
        if self._on_end is not None:
            self._on_end()
        if not self._readable_state.end_emitted:
            self.push(None)
            self.read(0)

    def _receive_failed(self, error: OSError) -> None:
        self.destroy(system_error(error, "read"))

    def _peer_has_ended(self) -> None:
        """At `end`: without half-open connections, a write after the end blames the peer."""
        if not self.allow_half_open:
            self.write = self._write_after_fin  # type: ignore[method-assign]

    # --- for a parser that takes the bytes past the stream ---

    def _consume(self, on_data: Callable[[bytes], object], on_end: Callable[[], object]) -> None:
        """From now on what is received goes to `on_data(data)`, in the turn in which it comes, and not to the stream.

        At the end of what the peer sends, `on_end()` is called before the stream ends as usual. What the stream holds
        already goes to `on_data` first, from a tick.
        """
        self._on_data, self._on_end = on_data, on_end
        if self.readable_length:
            next_tick(on_data, self.read())

    def _unconsume(self, rest: bytes = b"") -> None:
        """Give the bytes back to the stream, beginning with `rest`, which the parser had no use for."""
        self._on_data = self._on_end = None
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
            self._dispatch((chunk,), callback)
        else:
            self._dispatch(_pieces_of(chunk, encoding), callback)

    def _writev(self, entries: list[BufferedWrite], callback: Callback) -> None:
        pieces: list[bytes] = []
        for entry in entries:
            pieces.extend(_pieces_of(entry.chunk, entry.encoding))
        self._dispatch(pieces, callback)

    def _write_pieces(self, pieces: Sequence[bytes], callback: Callback | None = None) -> bool:
        """As write(), for several buffers that are one chunk: they leave in one system call, without being joined."""
        return self.write(Pieces(pieces), callback)

    def _dispatch(self, pieces: Sequence[bytes], callback: Callback) -> None:
        self._bytes_dispatched += sum(map(len, pieces))
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

    # --- the end ---

    def destroy_soon(self) -> None:
        """End the stream and destroy it when everything was written. Node: socket.destroySoon"""
        if self.writable:
            self.end()
        if self.writable_finished:
            self.destroy()
        else:
            self.once("finish", self.destroy)

    destroySoon = node_name(destroy_soon)

    def reset_and_destroy(self: S) -> S:
        """Destroy the socket; the peer is told by a RST. Before it is connected, that happens when it is.

        A socket that has no connection is destroyed with ERR_SOCKET_CLOSED. TCP only. Node: socket.resetAndDestroy
        """
        if self._handle is None:
            self.destroy(ERR_SOCKET_CLOSED())
        elif self.connecting:
            self.once("connect", self._reset)
        else:
            self._reset()
        return self

    resetAndDestroy = node_name(reset_and_destroy)

    def _reset(self) -> None:
        if self._channel is not None and not self._channel.is_tcp:
            raise NodeTypeError("This handle type cannot be sent", "ERR_INVALID_HANDLE_TYPE")
        self._resets = True
        self.destroy()

    def _destroy(self, error: Failure, callback: Callable[..., object]) -> None:
        self.connecting = False
        if self._timer is not None:
            self._timer.close()
            self._timer = None
        if self._handle is not None:
            self._close_handle(error is not None)
            callback(error)
        else:
            callback(error)
            next_tick(self.emit, "close")
        server, self._server = self._server, None
        if server is not None:
            server._connection_closed()

    def _close_handle(self, had_error: bool) -> None:
        if self._connector is not None:
            self._connector.cancel()
            self._connector = None
        if self._channel is not None:
            self._channel.close(reset=self._resets)
            self._channel = None
        self._resets = False
        handle, self._handle = self._handle, None
        self._forget_local_address()
        if handle is not None:
            current_loop().close_later(self.emit, "close", had_error)
            handle.close()

    # --- timeout ---

    def set_timeout(self: S, msecs: float, callback: Callable[[], object] | None = None) -> S:
        """Emit `timeout` when nothing was sent or received for `msecs` milliseconds; 0 for never.

        Nothing else happens: end or destroy the socket in the listener. `callback` is added as a listener for once;
        with 0 it is removed.

        Raises ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE. Node: socket.setTimeout
        """
        if self.destroyed:
            return self
        self.timeout = msecs
        if isinstance(msecs, bool) or not isinstance(msecs, (int, float)):
            raise ERR_INVALID_ARG_TYPE("msecs", "of type number", msecs)
        if not 0 <= msecs < float("inf"):
            raise ERR_OUT_OF_RANGE("msecs", "a non-negative finite number", msecs)
        if self._timer is not None:
            self._timer.close()
            self._timer = None
        if callback is not None and not callable(callback):
            raise ERR_INVALID_ARG_TYPE("callback", "of type function", callback)
        if msecs:
            self._timer = set_timeout(self._on_timeout, msecs).unref()
            if callback is not None:
                self.once("timeout", callback)
        elif callback is not None:
            self.remove_listener("timeout", callback)
        return self

    setTimeout = node_name(set_timeout)

    def _refresh_timer(self) -> None:
        if self._timer is not None:
            self._timer.refresh()

    def _on_timeout(self) -> None:
        unsent = self._channel.unsent if self._channel is not None else 0
        if unsent and unsent != self._unsent_before:
            self._unsent_before = unsent  # a long write goes on: the connection is not idle
            self._refresh_timer()
        else:
            self.emit("timeout")

    # --- options ---

    def set_no_delay(self: S, no_delay: bool = True) -> S:
        """Send small writes at once, instead of waiting for more to send (TCP). Node: socket.setNoDelay"""
        no_delay = bool(no_delay)
        if self._channel is not None and no_delay != self._no_delay:
            self._channel.set_no_delay(no_delay)
        self._no_delay = no_delay
        return self

    setNoDelay = node_name(set_no_delay)

    def set_keep_alive(self: S, enable: bool = False, initial_delay: float = 0) -> S:
        """Let the kernel probe the connection when it is idle, first after `initial_delay` milliseconds (TCP).

        Node: socket.setKeepAlive
        """
        wanted = (bool(enable), int(initial_delay / 1000))
        if wanted == (self._keep_alive, self._keep_alive_delay):
            return self
        self._keep_alive, self._keep_alive_delay = wanted
        if self._channel is not None:
            self._channel.set_keep_alive(self._keep_alive, self._keep_alive_delay)
        return self

    setKeepAlive = node_name(set_keep_alive)

    def ref(self: S) -> S:
        """Keep the loop alive while this is open (the default). Node: socket.ref"""
        if self._handle is None:
            self.once("connect", self.ref)
        else:
            self._handle.ref()
        return self

    def unref(self: S) -> S:
        """Let the loop end though this is open. Node: socket.unref"""
        if self._handle is None:
            self.once("connect", self.unref)
        else:
            self._handle.unref()
        return self

    # --- state ---

    @property
    def pending(self) -> bool:
        """Whether there is no connection, or not yet. Node: socket.pending"""
        return self._handle is None or self.connecting

    @property
    def ready_state(self) -> str:
        """ "opening", "open", "readOnly", "writeOnly" or "closed". Node: socket.readyState"""
        if self.connecting:
            return "opening"
        if self.readable:
            return "open" if self.writable else "readOnly"
        return "writeOnly" if self.writable else "closed"

    readyState: str = node_alias("ready_state")

    @property
    def buffer_size(self) -> int | None:
        """Bytes that wait to be sent. Deprecated: use writable_length. Node: socket.bufferSize"""
        return self.writable_length if self._handle is not None else None

    bufferSize: int | None = node_alias("buffer_size")

    @property
    def bytes_written(self) -> int:
        """Bytes sent, those that wait to be sent included. Node: socket.bytesWritten"""
        return self._bytes_dispatched + sum(map(_length_of, self._writable_state.buffered))

    bytesWritten: int = node_alias("bytes_written")

    def __repr__(self) -> str:
        sides = f"{self._readable_summary()}, {self._writable_summary()}"
        return f"<{type(self).__name__} {self.ready_state} {sides}{self._life.summary()}>"


def _pieces_of(chunk: Any, encoding: str | None) -> Sequence[bytes]:
    """The buffers of one written chunk."""
    if isinstance(chunk, Pieces):
        return chunk.pieces
    return (encode(chunk, encoding or "utf8") if isinstance(chunk, str) else chunk,)


def _length_of(entry: BufferedWrite) -> int:
    return sum(map(len, _pieces_of(entry.chunk, entry.encoding)))
