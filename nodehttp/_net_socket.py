"""`Socket`: a TCP or Unix connection as a Duplex.

What the kernel's socket does is in `_net_channel.py`, how it comes to be connected in `_net_connecting.py`, when it
keeps the loop alive in `_net_hold.py`. Socket itself begins and ends; below it are `Traffic`, `IdleTimeout`, `Tuning`
and `Endpoints`, a class for each other concern.

Node: net.Socket
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from nodestream._lifecycle import Failure
from nodestream._names import node_alias, node_name
from nodestream._options import normalized
from nodestream._repr import shown
from nodestream.errors import (
    ERR_INVALID_ARG_VALUE,
    ERR_INVALID_HANDLE_TYPE,
    ERR_SOCKET_CLOSED,
    system_error,
)
from nodestream.loop import EventLoop, current_loop, next_tick

from ._net_arguments import given_options, split_callback
from ._net_block_list import BlockList, checked_block_list
from ._net_bound_socket import BoundSocket
from ._net_channel import Channel
from ._net_connect_target import ConnectTarget, connect_target
from ._net_connecting import Connector
from ._net_hold import Hold
from ._net_kernel import KernelSocket, is_connected, socket_of_descriptor, socket_of_handle
from ._net_onread import BufferChannel, OnRead, checked_onread
from ._net_traffic import Traffic

if TYPE_CHECKING:
    from ._net_server import Server

S = TypeVar("S", bound="Socket")

SOCKET_OPTIONS = frozenset(
    {
        "allow_half_open",
        "block_list",
        "capture_rejections",
        "fd",
        "handle",
        "high_water_mark",
        "keep_alive",
        "keep_alive_initial_delay",
        "no_delay",
        "object_mode",
        "onread",
        "readable",
        "readable_high_water_mark",
        "readable_object_mode",
        "signal",
        "type_of_service",
        "writable",
        "writable_high_water_mark",
        "writable_object_mode",
    }
)
_OBJECT_MODES = {
    "object_mode": "objectMode",
    "readable_object_mode": "readableObjectMode",
    "writable_object_mode": "writableObjectMode",
}


class Socket(Traffic):
    """A connection, or one to be: bytes (or strings) written go to the peer, what the peer sends can be read.

    Options (keywords, or one mapping, in either spelling):
        allow_half_open: False ends this side when the peer ends its own (False).
        no_delay: send small writes at once (False).
        keep_alive: let the kernel probe an idle connection (False).
        keep_alive_initial_delay: milliseconds until the first probe; 0 for the system's (0).
        high_water_mark: bytes held before the peer has to wait, and before `write()` returns False (65536).
        type_of_service: how packets are marked; see set_type_of_service().
        block_list: a BlockList of addresses that it must not connect to.
        fd: a descriptor of a connection, or of an end of a pipe, which this is the stream of; with `readable=False` or
            `writable=False` if it has one side only. In place of the options there may be just that number. One of a
            socket that is not connected is what `connect()` connects.
        handle: the same as a Python socket; or a BoundSocket, to connect from.
        onread: a mapping; `buffer` is a bytearray or another buffer (of bytes, which cannot be changed, only the length
            counts), or a function that gives the one for the next read. What is received is put there, and
            `callback(size, buffer)` is called; there is no `data`. It may return False to pause the socket.
        signal: an AbortSignal that destroys it.

    Raises ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE, ERR_INVALID_FD_TYPE.

    Events: `lookup(error, address, family, host)`, `connectionAttempt(address, port, family)`,
    `connectionAttemptFailed(address, port, family, error)`, `connectionAttemptTimeout(address, port, family)`,
    `connect`, `ready`, `timeout`, those of Duplex, and at last `close(had_error)`.

    Node: net.Socket
    """

    server: Server | None = None
    """The server that accepted the connection. Node: socket.server"""
    auto_select_family_attempted_addresses: list[str] | None = None
    """The "address:port" that were tried, if a name had several. Node: socket.autoSelectFamilyAttemptedAddresses"""
    autoSelectFamilyAttemptedAddresses: list[str] | None = node_alias("auto_select_family_attempted_addresses")
    block_list: BlockList | None = None
    """Addresses that it must not connect to. Node: socket.blockList"""
    blockList: BlockList | None = node_alias("block_list")

    # Defaults on the class: most connections never need to set them.
    _handle: Hold | None = None  # from connect() or accept until the destruction
    _connector: Connector | None = None  # while connecting
    _is_bound: bool = False  # the channel's socket is not connected: that of a BoundSocket, say
    _server: Server | None = None
    _resets: bool = False
    _onread: OnRead | None = None

    def __init__(self, options: Mapping[str, Any] | int | None = None, /, **keywords: Any) -> None:
        given = {"fd": options} if isinstance(options, int) else options
        self._begin_socket(normalized(SOCKET_OPTIONS, given, keywords, type(self).__name__))

    def _begin_socket(self, options: dict[str, Any]) -> None:
        self._begin_stream(options)
        self._begin_tuning(options)
        if "block_list" in options:
            self.block_list = checked_block_list(options["block_list"])
        if "onread" in options:
            self._onread = checked_onread(options["onread"])
            self.on("pause", self._stop_receiving)
            self.on("resume", self._start_receiving)
        if "handle" in options:
            self._take_handle(options["handle"], reads=options.get("readable") is not False)
        elif "fd" in options:
            self._take_socket(socket_of_descriptor(options["fd"]), reads=options.get("readable") is not False)

    def _begin_stream(self, options: dict[str, Any]) -> None:
        """All that the stream of a server's connection needs."""
        for name, spelled in _OBJECT_MODES.items():
            if options.get(name):
                raise ERR_INVALID_ARG_VALUE(f"options.{spelled}", options[name], "is not supported")
        options["allow_half_open"] = bool(options.get("allow_half_open"))
        options["emit_close"] = False
        options["decode_strings"] = False
        self._begin_both(options, ())
        self.on("end", self._peer_has_ended)

    def _take_handle(self, handle: Any, *, reads: bool) -> None:
        if isinstance(handle, BoundSocket):
            self._is_bound = True
            self._adopt(handle._adopt(), reads=False)
        else:
            self._take_socket(socket_of_handle(handle, "options.handle"), reads=reads)

    def _take_socket(self, sock: KernelSocket, *, reads: bool) -> None:
        """A connection; or what is none yet, and may be connected."""
        self._is_bound = not is_connected(sock)
        self._adopt(sock, reads=reads)

    def _adopt(self, sock: KernelSocket, *, reads: bool) -> None:
        """This is the stream of `sock`, which is not blocking."""
        if self.destroyed:  # its signal was aborted before
            sock.close()
            return
        loop = current_loop()
        hold = self._handle = Hold(loop, self._release)
        self._open_channel(loop, sock, hold)
        if reads:
            self.read(0)
        hold.settle()

    def _open_channel(self, loop: EventLoop, sock: KernelSocket, hold: Hold) -> None:
        if self._onread is None:
            self._channel = Channel(loop, sock, self, hold)
        else:
            self._channel = BufferChannel(loop, sock, self, hold, self._onread)
        self._tune()

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

        Raises ERR_MISSING_ARGS, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE, ERR_SOCKET_BAD_PORT,
        ERR_INVALID_IP_ADDRESS.

        Node: socket.connect
        """
        positional, callback = split_callback(args)
        target = connect_target(given_options(positional), keywords, is_bound=self._is_bound)
        if callback is not None:
            self.once("connect", callback)
        self._stop_blaming_peer()
        if self.destroyed:
            self.undestroy()
            self._forget_addresses()
        if self._handle is None or self._is_bound:
            self._begin_connecting(target)
        else:
            address = target.path or target.host
            self.destroy(system_error(errno.EISCONN, "connect", address=address, port=target.port or None))
        return self

    def _begin_connecting(self, target: ConnectTarget) -> None:
        loop = current_loop()
        bound = self._take_bound_socket()
        self._handle = self._handle or Hold(loop, self._release)
        self.connecting = True
        self.bytes_read = self._bytes_dispatched = 0
        self._refresh_timer()
        self._connector = Connector(loop, target, self, self._handle, bound)
        self._connector.start()

    def _take_bound_socket(self) -> KernelSocket | None:
        """The socket to connect from, if one was given."""
        channel = self._channel
        if not self._is_bound or channel is None or self._handle is None:
            return None
        self._is_bound = False
        self._channel = None
        self._handle.owe()
        return channel.detach()

    def _connected(self, sock: KernelSocket, hold: Hold) -> None:
        """The connector has made the connection; the kernel owed that until now."""
        self._connector = None
        self.connecting = False
        self._forget_local_address()
        self._open_channel(current_loop(), sock, hold)
        self._refresh_timer()
        try:
            self.emit("connect")
            self.emit("ready")
            if self._readable_state.reading:  # it began before there was a connection
                self._start_receiving()
            elif not self.is_paused():
                self.read(0)
        finally:
            hold.settle()

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

        A socket that has no connection is destroyed with ERR_SOCKET_CLOSED.

        Raises ERR_INVALID_HANDLE_TYPE for anything but TCP. Node: socket.resetAndDestroy
        """
        medium = self._channel or self._connector
        if medium is None:
            self.destroy(ERR_SOCKET_CLOSED())
        elif not medium.is_tcp:
            raise ERR_INVALID_HANDLE_TYPE
        elif self.connecting:
            self.once("connect", self._reset)
        else:
            self._reset()
        return self

    resetAndDestroy = node_name(reset_and_destroy)

    def _reset(self) -> None:
        self._resets = True
        self.destroy()

    def _destroy(self, error: Failure, callback: Callable[..., object]) -> None:
        self.connecting = False
        self._stop_timer()
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
        self._resets = self._is_bound = False
        handle, self._handle = self._handle, None
        self._forget_local_address()
        if handle is not None:
            current_loop().close_later(self.emit, "close", had_error)
            handle.close()

    # --- state ---

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

    @property
    def _connecting(self) -> bool:
        """The old name. Node: socket._connecting"""
        return self.connecting

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

    def __repr__(self) -> str:
        return shown(self, lambda: f"{self._where()}{self.ready_state} {self._summary()}")

    def _where(self) -> str:
        """The ends of a connection, while there is one."""
        if self.local_address is None or self.remote_address is None:
            return ""
        return f"{self.local_address}:{self.local_port} to {self.remote_address}:{self.remote_port}, "
