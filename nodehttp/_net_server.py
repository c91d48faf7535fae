"""`Server`: listens for TCP or Unix connections.

The rules:

1. `listen()` on a port of all interfaces, on a path, binds at once; on a host's address, from the next tick; on a name,
   when that was looked up. `listening` comes from a tick after that, a failure as `error` from a tick.
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
from nodestream._options import normalized
from nodestream.errors import (
    ERR_INVALID_ARG_TYPE,
    ERR_SERVER_ALREADY_LISTEN,
    ERR_SERVER_NOT_RUNNING,
    NodeSystemError,
    system_error,
)
from nodestream.events import EventEmitter
from nodestream.loop import Handle, Promise, Watcher, current_loop, next_tick
from nodestream.timers import set_timeout

from ._net_addresses import FAMILY_OF, addresses_of, described, is_ip, lookup_error, socket_address
from ._net_arguments import ListenTarget, listen_target, split_callback
from ._net_socket import Socket

V = TypeVar("V", bound="Server")

log = logging.getLogger("nodehttp.net")

SERVER_OPTIONS = frozenset(
    {
        "allow_half_open",
        "pause_on_connect",
        "no_delay",
        "keep_alive",
        "keep_alive_initial_delay",
        "high_water_mark",
        "capture_rejections",
    }
)

ACCEPT_PAUSE = 100
"""Milliseconds to wait before accepting again when the system is out of files or memory."""

_OUT_OF_RESOURCES = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}


class Server(EventEmitter):
    """A listening server. `async with` closes it at the end and waits until its last connection has ended.

    Options (keywords, or one mapping, in either spelling):
        allow_half_open: False ends a socket when its peer ends (False).
        pause_on_connect: read nothing from a connection before somebody resumes it (False).
        no_delay, keep_alive, keep_alive_initial_delay, high_water_mark: for each connection, as for Socket.

    A function as second (or only) argument is added as listener of `connection`.

    Events: `listening`, `connection(socket)`, `drop(info)` for a connection beyond `max_connections`, `error(error)`,
    `close`.

    Node: net.Server
    """

    max_connections: int | None = None
    """With so many connections open, another is closed at once, and `drop` emitted. Node: server.maxConnections"""
    maxConnections: int | None = node_alias("max_connections")
    allow_half_open: bool
    """Given to each connection. Node: server.allowHalfOpen"""
    allowHalfOpen: bool = node_alias("allow_half_open")
    pause_on_connect: bool
    """Node: server.pauseOnConnect"""
    pauseOnConnect: bool = node_alias("pause_on_connect")

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
        super().__init__(capture_rejections=given.pop("capture_rejections", None))
        self.allow_half_open = bool(given.pop("allow_half_open", False))
        self.pause_on_connect = bool(given.pop("pause_on_connect", False))
        self._socket_options = given
        self._connections = 0
        self._sock: socket.socket | None = None
        self._watcher: Watcher | None = None
        self._handle: Handle | None = None
        self._referenced = True
        self._path: str | None = None
        self._listening_to: ListenTarget | None = None
        if callable(connection_listener):
            self.on("connection", connection_listener)

    # --- listening ---

    def listen(self: V, *args: Any, **keywords: Any) -> V:
        """Listen: `listen(port, host, backlog)`, `listen(path, backlog)`, or with options (a mapping or keywords).

        Args:
            port: 0 (or none) for one that is free; see address().
            host: a name or an IP address; by default all interfaces, IPv6 and IPv4 alike.
            path: of a Unix socket, instead of a port. It is removed when the server is closed.
            backlog: how many connections may wait to be accepted (511).
            ipv6_only: no IPv4 on an IPv6 address. reuse_port: let several processes listen on it.
            readable_all, writable_all: give everybody access to the path.

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
        if target.host is None:
            self._listen_on(target, target.host)
        elif is_ip(target.host):
            next_tick(self._listen_on, target, target.host)
        else:
            self._look_up(target, target.host)
        return self

    def _look_up(self, target: ListenTarget, host: str) -> None:
        def found(error: BaseException | None, addresses: Any) -> None:
            if error is not None or not addresses:
                self.emit("error", lookup_error(error, host))
            else:
                self._listen_on(target, addresses[0].address)

        current_loop().run_in_thread(addresses_of, host, done=found, abandon=True)

    def _listen_on(self, target: ListenTarget, address: str | None) -> None:
        if self._listening_to is not target:
            return  # it was closed meanwhile
        try:
            sock = _listening_socket(target, address)
        except OSError as error:
            next_tick(self.emit, "error", _listen_error(error, target, address))
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
        info: dict[str, Any] = {}
        for end, question in (("local", sock.getsockname), ("remote", sock.getpeername)):
            with suppress(OSError):  # the peer has gone already
                info |= {f"{end}{name.capitalize()}": value for name, value in described(question()).items()}
        sock.close()
        self.emit("drop", info)

    def _take(self, sock: socket.socket) -> None:
        connection = self._make_socket()
        self._connections += 1
        connection.server = connection._server = self
        connection._take_connection(current_loop(), sock)
        if self.pause_on_connect:
            connection.readable_flowing = False
        else:
            connection.read(0)
        self.emit("connection", connection)

    def _make_socket(self) -> Socket:
        """The stream of a new connection."""
        connection = Socket.__new__(Socket)
        connection._begin_socket({**self._socket_options, "allow_half_open": self.allow_half_open})
        return connection

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
        self._watcher = self._sock = self._handle = self._path = None
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
        """`{"address", "family", "port"}`, or the path; None while the server does not listen. Node: server.address"""
        if self._sock is None:
            return None
        return self._path if self._path is not None else described(self._sock.getsockname())

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


def _listening_socket(target: ListenTarget, address: str | None) -> socket.socket:
    if target.path is not None:
        return _bound(target, socket.AF_UNIX, target.path)
    if address is not None:
        return _bound(target, FAMILY_OF[is_ip(address)], socket_address(address, target.port))
    try:
        return _bound(target, socket.AF_INET6, socket_address("::", target.port))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise
        return _bound(target, socket.AF_INET, ("0.0.0.0", target.port))  # this machine has no IPv6


def _bound(target: ListenTarget, family: int, kernel_address: Any) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        if family != socket.AF_UNIX:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if target.reuse_port:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, target.ipv6_only)
        sock.bind(kernel_address)
        if target.mode and target.path is not None:
            os.chmod(target.path, os.stat(target.path).st_mode | target.mode)
        sock.listen(target.backlog)
    except OSError:
        sock.close()
        raise
    return sock


def _listen_error(error: OSError, target: ListenTarget, address: str | None) -> NodeSystemError:
    if target.path is None:
        return system_error(error, "listen", address=address or "::", port=target.port or None, with_text=True)
    number = error.errno or errno.EINVAL
    if number == errno.ENOENT:
        number = errno.EACCES  # a directory that is not there, in libuv's words
    result = system_error(number, "listen", address=target.path, with_text=True)
    result.port = -1
    result.__cause__ = error
    return result
