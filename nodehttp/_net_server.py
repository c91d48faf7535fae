"""`Server`: listens for TCP or Unix connections.

The rules:

1. `listen()` on a port of all interfaces, on a path, on what is bound already, takes effect at once; on a host's
   address, from the next tick; on a name, when that was looked up. `listening` comes from a tick after that, a failure
   as `error` from a tick.
2. One connection is accepted in a turn: between two of them everything else that is ready has its turn.
3. After `close()` nothing is accepted any more; `close` is emitted when the last connection has ended.

Node: net.Server
"""

from __future__ import annotations

import errno
import logging
import os
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, TypeVar

from nodestream._names import node_alias, node_name
from nodestream._options import high_water_mark, normalized
from nodestream._signals import on_abort
from nodestream.errors import (
    ERR_INVALID_ARG_TYPE,
    ERR_SERVER_ALREADY_LISTEN,
    ERR_SERVER_NOT_RUNNING,
    system_error,
)
from nodestream.events import EventEmitter
from nodestream.loop import Handle, Promise, Watcher, current_loop, next_tick
from nodestream.timers import set_timeout

from ._net_addresses import addresses_of, described, is_ip, lookup_error
from ._net_arguments import split_callback
from ._net_block_list import BlockList, checked_block_list
from ._net_checks import checked_number
from ._net_listen_target import ListenTarget, listen_target
from ._net_listening import best_address, listen_error, listening_socket
from ._net_socket import Socket
from ._net_tuning import KeepAlive, checked_initial_delay

V = TypeVar("V", bound="Server")

log = logging.getLogger("nodehttp.net")

SERVER_OPTIONS = frozenset(
    {
        "allow_half_open",
        "block_list",
        "capture_rejections",
        "high_water_mark",
        "keep_alive",
        "keep_alive_initial_delay",
        "no_delay",
        "pause_on_connect",
    }
)

ACCEPT_PAUSE = 100
"""Milliseconds to wait before accepting again when the system is out of files or memory."""

_PARTS_OF_AN_END = ("address", "port", "family")

_OUT_OF_RESOURCES = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}


class Server(EventEmitter):
    """A listening server. `async with` closes it at the end and waits until its last connection has ended.

    Options (keywords, or one mapping, in either spelling):
        allow_half_open: False ends a socket when its peer ends (False).
        pause_on_connect: read nothing from a connection before somebody resumes it (False).
        no_delay, keep_alive, keep_alive_initial_delay, high_water_mark: for each connection, as for Socket.
        block_list: a BlockList; connections from its addresses are closed at once.

    A function as second (or only) argument is added as listener of `connection`.

    Raises ERR_INVALID_ARG_TYPE.

    Events: `listening`, `connection(socket)`, `drop(info)` for a connection beyond `max_connections` (with the
    addresses of a TCP connection), `error(error)`, `close`.

    Node: net.Server
    """

    max_connections: int | None = None
    """With so many connections open, another is closed at once, and `drop` emitted. Node: server.maxConnections"""
    maxConnections: int | None = node_alias("max_connections")
    drop_max_connection: bool | None = None
    """Matters in Node's clusters only, where a connection too many may go to another process.

    Node: server.dropMaxConnection
    """
    dropMaxConnection: bool | None = node_alias("drop_max_connection")
    allow_half_open: bool
    """Given to each connection. Node: server.allowHalfOpen"""
    allowHalfOpen: bool = node_alias("allow_half_open")
    pause_on_connect: bool
    """Node: server.pauseOnConnect"""
    pauseOnConnect: bool = node_alias("pause_on_connect")
    no_delay: bool
    """Given to each connection. Node: server.noDelay"""
    noDelay: bool = node_alias("no_delay")
    keep_alive: bool
    """Given to each connection. Node: server.keepAlive"""
    keepAlive: bool = node_alias("keep_alive")
    keep_alive_initial_delay: int
    """Given to each connection, in seconds. Node: server.keepAliveInitialDelay"""
    keepAliveInitialDelay: int = node_alias("keep_alive_initial_delay")
    high_water_mark: int
    """Given to each connection. Node: server.highWaterMark"""
    highWaterMark: int = node_alias("high_water_mark")
    block_list: BlockList | None = None
    """Connections from these addresses are closed at once. Node: server.blockList"""
    blockList: BlockList | None = node_alias("block_list")

    def __init__(
        self,
        options: Mapping[str, Any] | Callable[..., Any] | None = None,
        connection_listener: Callable[..., Any] | None = None,
        /,
        **keywords: Any,
    ) -> None:
        if callable(options):
            options, connection_listener = None, options
        elif options is not None and not isinstance(options, Mapping):
            raise ERR_INVALID_ARG_TYPE("options", "of type object", options)
        given = normalized(SERVER_OPTIONS, options, keywords, type(self).__name__)
        super().__init__(capture_rejections=given.get("capture_rejections"))
        self._take_connection_options(given)
        self._connections = 0
        self._sock: socket.socket | None = None
        self._watcher: Watcher | None = None
        self._handle: Handle | None = None
        self._referenced = True
        self._path: str | None = None
        self._listening_to: ListenTarget | None = None
        if callable(connection_listener):
            self.on("connection", connection_listener)

    def _take_connection_options(self, given: Mapping[str, Any]) -> None:
        self.allow_half_open = bool(given.get("allow_half_open"))
        self.pause_on_connect = bool(given.get("pause_on_connect"))
        self.no_delay = bool(given.get("no_delay"))
        self.keep_alive = bool(given.get("keep_alive"))
        self.keep_alive_initial_delay = checked_initial_delay(given)
        has_mark = checked_number(given.get("high_water_mark", -1), "options.highWaterMark") >= 0
        self.high_water_mark = high_water_mark(given if has_mark else {}, None, False)
        if "block_list" in given:
            self.block_list = checked_block_list(given["block_list"])

    # --- listening ---

    def listen(self: V, *args: Any, **keywords: Any) -> V:
        """Listen: `listen(port, host, backlog)`, `listen(path, backlog)`, or with options (a mapping or keywords).

        Args:
            port: 0 (or none) for one that is free; see address().
            host: a name or an IP address; by default all interfaces, IPv6 and IPv4 alike.
            path: of a Unix socket, instead of a port. It is removed when the server is closed.
            backlog: how many connections may wait to be accepted (511).
            ipv6_only: no IPv4 on an IPv6 address. reuse_port: let several processes listen on it.
            readable_all, writable_all: let everybody read or write the path; it has no other permissions then.
            handle: a BoundSocket, or a Python socket that is bound; may be the first argument as well.
            fd: a descriptor of such a socket.
            signal: an AbortSignal that closes the server.
            exclusive: matters in Node's clusters only.

        A function as last argument is added as listener of `listening`. A failure is an `error`.

        Raises ERR_SERVER_ALREADY_LISTEN, ERR_SOCKET_BAD_PORT, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE.

        Node: server.listen
        """
        positional, callback = split_callback(args)
        if self._sock is not None:
            raise ERR_SERVER_ALREADY_LISTEN
        if callback is not None:
            self.once("listening", callback)
        target = self._listening_to = listen_target(positional, keywords)
        if target.signal is not None:
            self._obey(target.signal)
        if target.host is None:
            self._listen_on(target, target.host)
        elif is_ip(target.host):
            next_tick(self._listen_on, target, target.host)
        else:
            self._look_up(target, target.host)
        return self

    def _obey(self, signal: Any) -> None:
        if signal.aborted:
            next_tick(self.close)
        else:
            self.once("close", on_abort(signal, self.close))

    def _look_up(self, target: ListenTarget, host: str) -> None:
        def found(error: BaseException | None, addresses: Any) -> None:
            if self._listening_to is not target:
                return  # it was closed meanwhile
            if error is not None or not addresses:
                self.emit("error", lookup_error(error, host))
            else:
                self._listen_on(target, best_address(addresses))

        current_loop().run_in_thread(addresses_of, host, done=found, abandon=True)

    def _listen_on(self, target: ListenTarget, address: str | None) -> None:
        if self._listening_to is not target:
            return  # it was closed meanwhile
        try:
            sock = listening_socket(target, address)
        except OSError as error:
            next_tick(self.emit, "error", listen_error(error, target, address))
            return
        loop = current_loop()
        self._sock = sock
        self._path = target.path
        self._handle = Handle(loop, self.close)
        if not self._referenced:
            self._handle.unref()
        self._watcher = Watcher(loop, sock, "read", self._accept)
        self._watcher.start()
        next_tick(self._emit_listening)

    def _emit_listening(self) -> None:
        if self._sock is not None:
            self.emit("listening")

    # --- accepting ---

    def _accept(self) -> None:
        if self._sock is None:
            return
        try:
            sock, _ = self._sock.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return
        except OSError as error:
            self._accept_failed(error)
            return
        sock.setblocking(False)
        if self.max_connections is not None and self._connections >= self.max_connections:
            self._drop(sock)
        elif self.block_list is not None and _is_blocked(sock, self.block_list):
            sock.close()
        else:
            self._take(sock)

    def _accept_failed(self, error: OSError) -> None:
        if error.errno not in _OUT_OF_RESOURCES:
            self.emit("error", system_error(error, "accept"))
            return
        # The connection stays in the kernel's queue and the socket stays ready: to ask again at once would only spin.
        log.warning("cannot accept a connection, trying again in %d ms: %s", ACCEPT_PAUSE, error)
        watcher = self._watcher
        if watcher is not None:
            watcher.stop()
            set_timeout(watcher.start, ACCEPT_PAUSE).unref()

    def _drop(self, sock: socket.socket) -> None:
        try:
            if sock.family == socket.AF_UNIX:
                self.emit("drop")
            else:
                self.emit("drop", _ends_of(sock))
        finally:
            sock.close()

    def _take(self, sock: socket.socket) -> None:
        connection = self._make_socket()
        self._connections += 1
        connection.server = connection._server = self
        connection._adopt(sock, reads=not self.pause_on_connect)
        if self.pause_on_connect:
            connection.readable_flowing = False
        self.emit("connection", connection)

    def _make_socket(self) -> Socket:
        """The stream of a new connection."""
        connection = Socket.__new__(Socket)
        connection._begin_stream({"allow_half_open": self.allow_half_open, "high_water_mark": self.high_water_mark})
        if self.no_delay:
            connection._no_delay = True
        if self.keep_alive:
            connection._keep_alive = KeepAlive(True, self.keep_alive_initial_delay)
        return connection

    def capture_rejection(self, error: Exception, event: object, *args: Any) -> None:
        """An async listener failed, and `capture_rejections` is set: that of `connection` costs the connection.

        Node: server[Symbol.for('nodejs.rejection')]
        """
        if event == "connection":
            args[0].destroy(error)
        else:
            self.emit("error", error)

    # --- closing ---

    def close(self: V, callback: Callable[..., object] | None = None) -> V:
        """Accept nothing more; `close` follows when the last connection has ended.

        `callback(error)` is called at `close`, with ERR_SERVER_NOT_RUNNING if the server did not listen.

        Node: server.close
        """
        if callable(callback):
            if self._sock is None:
                self.once("close", lambda: callback(ERR_SERVER_NOT_RUNNING()))
            else:
                self.once("close", lambda: callback(None))
        self._listening_to = None
        self._stop_listening()
        self._emit_close_if_drained()
        return self

    def _stop_listening(self) -> None:
        watcher, sock, handle, path = self._watcher, self._sock, self._handle, self._path
        self._watcher = self._sock = self._handle = None
        if watcher is not None and sock is not None and handle is not None:
            watcher.close()
            sock.close()
            if path is not None and not path.startswith("\0"):
                with suppress(OSError):  # somebody else has removed it
                    os.unlink(path)
            handle.close()

    def _connection_closed(self) -> None:
        """A socket of this server was destroyed."""
        self._connections -= 1
        self._emit_close_if_drained()

    def _emit_close_if_drained(self) -> None:
        if self._sock is None and not self._connections:
            next_tick(self.emit, "close")

    async def __aenter__(self: V) -> V:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the server and wait until its last connection has ended. Node: server[Symbol.asyncDispose]"""
        if self._sock is None:
            return
        closed: Promise[None] = Promise()
        self.close(lambda _error: closed.resolve(None))
        await closed

    # --- state ---

    @property
    def listening(self) -> bool:
        """Whether connections are accepted. Node: server.listening"""
        return self._sock is not None

    def address(self) -> dict[str, Any] | str | None:
        """`{"address", "family", "port"}`, or the path, also after close(); None while the server does not listen.

        A socket of a path that came by its descriptor has None, too. Raises what the system says. Node: server.address
        """
        if self._path is not None or self._sock is None:
            return self._path
        try:
            return described(self._sock.getsockname()) or None
        except OSError as error:
            raise system_error(error, "address") from error

    def get_connections(self: V, callback: Callable[[BaseException | None, int], object]) -> V:
        """Call `callback(None, number_of_open_connections)` in the next tick. Node: server.getConnections"""
        if not callable(callback):
            raise ERR_INVALID_ARG_TYPE("callback", "of type function", callback)
        next_tick(callback, None, self._connections)
        return self

    getConnections = node_name(get_connections)

    def ref(self: V) -> V:
        """Keep the loop alive while listening (the default). Node: server.ref"""
        self._referenced = True
        if self._handle is not None:
            self._handle.ref()
        return self

    def unref(self: V) -> V:
        """Let the loop end though this listens. Node: server.unref"""
        self._referenced = False
        if self._handle is not None:
            self._handle.unref()
        return self

    def __repr__(self) -> str:
        where = f"listening on {self.address()}" if self.listening else "not listening"
        return f"<{type(self).__name__} {where}, {self._connections} connections>"


def _ends_of(sock: socket.socket) -> dict[str, Any]:
    """The addresses of both ends of a TCP connection, as far as it still has them."""
    info: dict[str, Any] = {}
    for end, question in (("local", sock.getsockname), ("remote", sock.getpeername)):
        with suppress(OSError):  # the peer has gone already
            found = described(question())
            info |= {f"{end}{name.capitalize()}": found[name] for name in _PARTS_OF_AN_END if name in found}
    return info


def _is_blocked(sock: socket.socket, block_list: BlockList) -> bool:
    address = _ends_of(sock).get("remoteAddress")
    return address is not None and block_list.check(address, f"ipv{is_ip(address)}")
