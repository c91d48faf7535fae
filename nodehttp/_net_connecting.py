"""`Connector`: from a target to a connected socket of the kernel, by way of a name's addresses.

The rules:

1. A numeric address is tried in the next tick, a path at once; a name is looked up first (see `_net_lookup.py`). All
   the while the hold on the loop has something owed, except while a `lookup` option is asked: that is no affair of the
   kernel's.
2. Several addresses are tried in turn. One that has not answered after `attempt_timeout` milliseconds is given up for
   the next; the last one has all the time it takes.
3. Each attempt emits `connectionAttempt`, and `connectionAttemptFailed` or `connectionAttemptTimeout` if it fails. One
   of several that is cancelled has failed, too: ECANCELED.
4. An address on the owner's block list is not tried: that counts as a failure.
5. The owner gets `_connected(sock, hold)`, or is destroyed with the error: an AggregateError if there were several
   addresses.
"""

from __future__ import annotations

import errno
import socket
from typing import Any, Protocol

from nodestream.errors import ERR_IP_BLOCKED, NodeAggregateError, NodeSystemError, system_error
from nodestream.loop import EventLoop, Watcher
from nodestream.timers import Timeout, set_timeout

from ._net_addresses import FAMILY_OF, Address, described, is_ip, path_address, socket_address
from ._net_block_list import BlockList
from ._net_connect_target import ConnectTarget
from ._net_hold import Hold
from ._net_kernel import KernelSocket
from ._net_lookup import Lookup


class ConnectingSocket(Protocol):
    """Who wants the connection."""

    auto_select_family_attempted_addresses: list[str] | None
    block_list: BlockList | None

    def emit(self, event: str, /, *args: Any) -> bool: ...

    def destroy(self, error: BaseException | None = None) -> Any: ...

    def _connected(self, sock: KernelSocket, hold: Hold) -> None: ...

    def _refresh_timer(self) -> None: ...


class Connector:
    """Makes one connection for its owner; `cancel()` ends it at any time.

    `hold` is the owner's, with something owed. `bound` is a socket to connect from, if there is one.
    """

    __slots__ = (
        "_bound",
        "_cancelled",
        "_errors",
        "_hold",
        "_lookup",
        "_loop",
        "_owner",
        "_pending",
        "_remaining",
        "_several",
        "_sock",
        "_target",
        "_timer",
        "_watcher",
    )

    def __init__(
        self,
        loop: EventLoop,
        target: ConnectTarget,
        owner: ConnectingSocket,
        hold: Hold,
        bound: KernelSocket | None = None,
    ) -> None:
        self._loop = loop
        self._target = target
        self._owner = owner
        self._hold = hold
        self._bound = bound
        self._lookup: Lookup | None = None
        self._cancelled = False
        self._several = False
        self._remaining: list[Address] = []
        self._pending: Address | None = None  # of several, the one that the kernel has been asked to connect to
        self._errors: list[BaseException] = []
        self._sock: KernelSocket | None = None
        self._watcher: Watcher | None = None
        self._timer: Timeout | None = None

    def start(self) -> None:
        """Begin."""
        target = self._target
        if target.path is not None:
            self._attempt_path(target.path)
            return
        if target.version:
            self._loop.next_tick(self._attempt, Address(target.host, target.version))
        else:
            self._lookup = Lookup(self._loop, target, self._owner, self._found)
            if target.lookup is not None:
                self._hold.settle()
            self._lookup.start()

    def cancel(self) -> None:
        """The owner does not want the connection any more."""
        self._cancelled = True
        if self._lookup is not None:
            self._lookup.cancel()
        pending = self._pending
        self._abandon_attempt()
        if pending is not None:
            error = self._error(errno.ECANCELED, pending)
            self._loop.close_later(self._owner.emit, "connectionAttemptFailed", *self._described(pending), error)
        if self._bound is not None:
            self._bound.close()
            self._bound = None

    @property
    def is_tcp(self) -> bool:
        """Whether this is to be TCP, not a Unix socket."""
        return self._target.path is None

    # --- attempts ---

    def _found(self, addresses: list[Address]) -> None:
        if self._target.lookup is not None:
            self._hold.owe()
        self._owner._refresh_timer()
        self._several = len(addresses) > 1
        if self._several:
            self._owner.auto_select_family_attempted_addresses = []
        self._remaining = addresses
        self._attempt_next()

    def _attempt_next(self) -> None:
        if self._cancelled:
            return
        if self._remaining:
            to = self._remaining.pop(0)
            if self._several and self._is_blocked(to):
                self._note_failure(to, ERR_IP_BLOCKED(to.address))
            else:
                self._attempt(to)
        else:
            code = getattr(self._errors[0], "code", None)
            self._owner.destroy(NodeAggregateError(self._errors, "", code))

    def _attempt(self, to: Address) -> None:
        if self._cancelled:
            return
        target = self._target
        try:
            sock = self._sock = self._socket_for(to)
        except OSError as error:
            failure = self._bind_error(error, to)
            if self._several:
                self._errors.append(failure)
                self._attempt_next()
            else:
                self._owner.destroy(failure)
            return
        self._owner.emit("connectionAttempt", to.address, target.port, to.family)
        if self._cancelled:
            return
        if not self._several and self._is_blocked(to):
            self._abandon_attempt()
            self._owner.destroy(ERR_IP_BLOCKED(to.address))
            return
        attempted = self._owner.auto_select_family_attempted_addresses
        if self._several and attempted is not None:
            attempted.append(f"{to.address}:{target.port}")
        self._begin(sock, socket_address(to.address, target.port), to)
        if self._remaining and self._watcher is not None:
            self._timer = set_timeout(self._attempt_timed_out, target.attempt_timeout, to)

    def _is_blocked(self, to: Address) -> bool:
        block_list = self._owner.block_list
        return block_list is not None and block_list.check(to.address, f"ipv{to.family}")

    def _local_address(self, to: Address) -> str:
        return self._target.local_address or ("::" if to.family == 6 else "0.0.0.0")

    def _socket_for(self, to: Address) -> KernelSocket:
        """A socket to connect with, bound if that was asked for. Raises OSError."""
        bound, self._bound = self._bound, None
        if bound is not None:
            return bound
        target = self._target
        sock = socket.socket(FAMILY_OF[to.family], socket.SOCK_STREAM)
        sock.setblocking(False)
        if target.local_address is not None or target.local_port:
            try:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                _bind(sock, self._local_address(to), target.local_port)
            except OSError:
                sock.close()
                raise
        return sock

    def _attempt_path(self, path: str) -> None:
        self._owner.emit("connectionAttempt", path, None, None)
        if self._cancelled:
            return
        bound, self._bound = self._bound, None
        sock = self._sock = bound or _unix_socket()
        self._begin(sock, path, None)

    def _begin(self, sock: KernelSocket, kernel_address: Any, to: Address | None) -> None:
        """Ask the kernel to connect, and wait for its answer."""
        number = _connect(sock, kernel_address)
        self._pending = to if self._several else None
        if number in (0, errno.EINPROGRESS):
            self._watcher = Watcher(self._loop, sock, "write", lambda: self._answered(sock, to))
            self._watcher.start()
        elif number == errno.ECONNREFUSED or (to is None and number != errno.EINVAL):
            self._loop.complete_later(self._attempt_failed, sock, number, to)
        else:
            error = self._error(number, to, refused_by=sock)
            self._abandon_attempt()
            if self._several and to is not None:
                self._note_failure(to, error)
            else:
                self._owner.destroy(error)

    def _answered(self, sock: KernelSocket, to: Address | None) -> None:
        number = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if number:
            self._attempt_failed(sock, number, to)
            return
        self._sock = None
        self._abandon_attempt()
        self._owner._connected(sock, self._hold)

    def _attempt_failed(self, sock: KernelSocket, number: int, to: Address | None) -> None:
        if self._sock is not sock:
            return  # it was cancelled before the failure was told
        error = self._error(number, to)
        self._abandon_attempt()
        if self._several and to is not None:
            self._note_failure(to, error)
            return
        self._owner.emit("connectionAttemptFailed", *self._described(to), error)
        if not self._cancelled:
            self._owner.destroy(error)

    def _note_failure(self, to: Address, error: BaseException) -> None:
        """One of several addresses has failed; the next one is tried."""
        self._errors.append(error)
        self._owner.emit("connectionAttemptFailed", *self._described(to), error)
        self._attempt_next()

    def _attempt_timed_out(self, to: Address) -> None:
        self._abandon_attempt()
        self._errors.append(self._error(errno.ETIMEDOUT, to))
        self._owner.emit("connectionAttemptTimeout", *self._described(to))
        self._attempt_next()

    def _abandon_attempt(self) -> None:
        if self._timer is not None:
            self._timer.close()
            self._timer = None
        if self._watcher is not None:
            self._watcher.close()
            self._watcher = None
        if self._sock is not None:
            self._sock.close()
            self._sock = None
        self._pending = None

    # --- words ---

    def _described(self, to: Address | None) -> tuple[Any, ...]:
        return (self._target.path, None, None) if to is None else (to.address, self._target.port, to.family)

    def _bind_error(self, error: OSError, to: Address) -> NodeSystemError:
        port: Any = self._target.local_port or None
        return system_error(error, "bind", address=self._local_address(to), port=port)

    def _error(self, number: int, to: Address | None, refused_by: KernelSocket | None = None) -> NodeSystemError:
        """What came of an attempt; `refused_by` is the socket that the kernel did not even begin to connect."""
        target = self._target
        if to is None:
            error = system_error(number, "connect", address=target.path)
        else:
            error = system_error(number, "connect", address=to.address, port=target.port or None)
        local: tuple[Any, Any] | None = None
        if refused_by is not None:
            own = described(refused_by.getsockname())
            local = (own.get("address", "undefined"), own.get("port", "undefined"))
        elif to is not None and target.local_port:
            local = (self._local_address(to), target.local_port)
            error.local_address, error.local_port = local  # type: ignore[attr-defined]
        if local is not None:
            error.message += f" - Local ({local[0]}:{local[1]})"
            error.args = (error.message,)
        return error


def _unix_socket() -> socket.socket:
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.setblocking(False)
    return sock


def _connect(sock: KernelSocket, kernel_address: Any) -> int:
    """Ask; the kernel's number for its answer."""
    if isinstance(kernel_address, str) != (sock.family == socket.AF_UNIX):
        return errno.EAFNOSUPPORT
    if isinstance(kernel_address, tuple) and len(kernel_address) != (4 if sock.family == socket.AF_INET6 else 2):
        return errno.EAFNOSUPPORT
    try:
        return sock.connect_ex(path_address(kernel_address) if isinstance(kernel_address, str) else kernel_address)
    except OSError:  # a path that is none; Python itself refuses one that is too long
        return errno.EINVAL


def _bind(sock: socket.socket, address: str, port: float) -> None:
    """Raises OSError, with libuv's number for what cannot even be asked of the kernel."""
    if FAMILY_OF[is_ip(address)] != sock.family:
        raise OSError(errno.EINVAL, "an address of the other family")
    if port % 1 or not 0 <= port <= 0xFFFF:
        raise OSError(errno.EADDRINUSE, "not a port")
    sock.bind(socket_address(address, int(port)))
