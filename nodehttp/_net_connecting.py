"""`Connector`: from a target to a connected socket of the kernel, by way of a name's addresses.

The rules:

1. A numeric address is tried in the next tick, a path at once; a name is looked up first (`lookup` is emitted).
2. Several addresses are tried in turn, IPv6 and IPv4 alternating in the order of the lookup. One that has not answered
   after `attempt_timeout` milliseconds is given up for the next; the last one has all the time it takes.
3. Each attempt emits `connectionAttempt`, and `connectionAttemptFailed` or `connectionAttemptTimeout` if it fails.
4. The owner gets `_connected(sock)`, or is destroyed with the error: an AggregateError if there were several addresses.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any, Protocol

from nodestream.errors import (
    ERR_INVALID_ADDRESS_FAMILY,
    ERR_INVALID_IP_ADDRESS,
    NodeAggregateError,
    NodeSystemError,
    system_error,
)
from nodestream.loop import EventLoop, Watcher
from nodestream.timers import Timeout, set_timeout

from ._net_addresses import FAMILY_OF, Address, addresses_of, is_ip, lookup_error, socket_address
from ._net_arguments import ConnectTarget


class ConnectingSocket(Protocol):
    """Who wants the connection."""

    auto_select_family_attempted_addresses: list[str] | None

    def emit(self, event: str, /, *args: Any) -> bool: ...

    def destroy(self, error: BaseException | None = None) -> Any: ...

    def _connected(self, sock: socket.socket) -> None: ...


class Connector:
    """Makes one connection for its owner; `cancel()` ends it at any time."""

    __slots__ = (
        "_cancelled",
        "_errors",
        "_loop",
        "_owner",
        "_remaining",
        "_several",
        "_sock",
        "_target",
        "_timer",
        "_watcher",
    )

    def __init__(self, loop: EventLoop, target: ConnectTarget, owner: ConnectingSocket) -> None:
        self._loop = loop
        self._target = target
        self._owner = owner
        self._cancelled = False
        self._several = False
        self._remaining: list[Address] = []
        self._errors: list[BaseException] = []
        self._sock: socket.socket | None = None
        self._watcher: Watcher | None = None
        self._timer: Timeout | None = None

    def start(self) -> None:
        """Begin."""
        target = self._target
        if target.path is not None:
            self._attempt_path(target.path)
            return
        version = is_ip(target.host)
        if version:
            self._loop.next_tick(self._attempt, Address(target.host, version))
        else:
            self._look_up()

    def cancel(self) -> None:
        """The owner does not want the connection any more."""
        self._cancelled = True
        self._abandon_attempt()

    # --- names ---

    def _look_up(self) -> None:
        target = self._target
        if target.lookup is None:
            self._loop.run_in_thread(
                addresses_of, target.host, target.family, target.hints, done=self._looked_up, abandon=True
            )
            return
        options: dict[str, Any] = {"hints": target.hints}
        if target.family:
            options["family"] = target.family
        if target.auto_select_family:
            options["all"] = True
        target.lookup(target.host, options, self._custom_looked_up)

    def _custom_looked_up(self, error: BaseException | None, found: Any = None, family: int | None = None) -> None:
        """The callback of a `lookup` option: one address and its family, or a list of such."""
        if error is not None:
            self._lookup_failed(error)
        elif isinstance(found, str):
            self._found([Address(found, 4 if family is None else family)])
        else:
            self._found([_as_address(entry) for entry in found or ()])

    def _looked_up(self, error: BaseException | None, found: list[Address] | None) -> None:
        if error is not None:
            error = lookup_error(error, self._target.host)
            self._lookup_failed(error)
        else:
            self._found(found or [])

    def _lookup_failed(self, error: BaseException) -> None:
        if not self._cancelled:
            self._owner.emit("lookup", error, None, None, self._target.host)
            self._fail_in_tick(error)

    def _found(self, addresses: list[Address]) -> None:
        if self._cancelled:
            return
        if not addresses:
            self._lookup_failed(lookup_error(None, self._target.host))
            return
        if not self._target.auto_select_family:
            del addresses[1:]
        for found in addresses:
            self._owner.emit("lookup", None, found.address, found.family, self._target.host)
            if self._cancelled:
                return
        usable = [found for found in addresses if is_ip(found.address) and found.family in FAMILY_OF]
        if not usable:
            self._fail_in_tick(self._why_unusable(addresses[0]))
            return
        self._several = len(usable) > 1
        if self._several:
            self._owner.auto_select_family_attempted_addresses = []
        self._remaining = _alternating(usable)
        self._attempt_next()

    def _why_unusable(self, found: Address) -> BaseException:
        if not is_ip(found.address):
            return ERR_INVALID_IP_ADDRESS(found.address)
        return ERR_INVALID_ADDRESS_FAMILY(found.family, self._target.host, self._target.port)

    def _fail_in_tick(self, error: BaseException) -> None:
        self._loop.next_tick(self._fail, error)

    def _fail(self, error: BaseException) -> None:
        if not self._cancelled:
            self._owner.destroy(error)

    # --- attempts ---

    def _attempt_next(self) -> None:
        if self._cancelled:
            return
        if self._remaining:
            self._attempt(self._remaining.pop(0))
        else:
            code = getattr(self._errors[0], "code", None)
            self._owner.destroy(NodeAggregateError(self._errors, "", code))

    def _attempt(self, to: Address) -> None:
        if self._cancelled:
            return
        target = self._target
        attempted = self._owner.auto_select_family_attempted_addresses
        if self._several and attempted is not None:
            attempted.append(f"{to.address}:{target.port}")
        self._owner.emit("connectionAttempt", to.address, target.port, to.family)
        if self._cancelled:
            return
        try:
            self._sock = self._bound_socket(to)
        except OSError as error:
            local = target.local_address or ("::" if to.family == 6 else "0.0.0.0")
            self._owner.destroy(system_error(error, "bind", address=local, port=target.local_port or None))
            return
        self._begin(socket_address(to.address, target.port), to)
        if self._remaining and self._watcher is not None:
            self._timer = set_timeout(self._attempt_timed_out, target.attempt_timeout, to)

    def _bound_socket(self, to: Address) -> socket.socket:
        target = self._target
        sock = socket.socket(FAMILY_OF[to.family], socket.SOCK_STREAM)
        sock.setblocking(False)
        if target.local_address is not None or target.local_port:
            local = target.local_address or ("::" if to.family == 6 else "0.0.0.0")
            try:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                sock.bind(socket_address(local, target.local_port))
            except OSError:
                sock.close()
                raise
        return sock

    def _attempt_path(self, path: str) -> None:
        self._owner.emit("connectionAttempt", path, None, None)
        if self._cancelled:
            return
        self._sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._sock.setblocking(False)
        self._begin(path, None)

    def _begin(self, kernel_address: Any, to: Address | None) -> None:
        """Ask the kernel to connect, and wait for its answer."""
        if self._sock is None:
            return
        try:
            number = self._sock.connect_ex(kernel_address)
        except OSError:  # Python itself refuses a path that is too long
            number = errno.EINVAL
        if number in (0, errno.EINPROGRESS):
            self._watcher = Watcher(self._loop, self._sock, "write", lambda: self._answered(to))
            self._watcher.start()
        elif to is None or number == errno.ECONNREFUSED:
            self._loop.complete_later(self._attempt_failed, self._sock, number, to)
        elif self._several:
            self._attempt_failed(self._sock, number, to)
        else:
            error = self._error(number, to)
            self._abandon_attempt()
            self._owner.destroy(error)

    def _answered(self, to: Address | None) -> None:
        sock = self._sock
        if sock is None:
            return
        number = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if number:
            self._attempt_failed(sock, number, to)
            return
        self._sock = None
        self._abandon_attempt()
        self._owner._connected(sock)

    def _attempt_failed(self, sock: socket.socket, number: int, to: Address | None) -> None:
        if self._sock is not sock:
            return  # it was cancelled before the failure was told
        error = self._error(number, to)
        self._abandon_attempt()
        self._owner.emit("connectionAttemptFailed", *self._described(to), error)
        if self._cancelled:
            return
        if self._several:
            self._errors.append(error)
            self._attempt_next()
        else:
            self._owner.destroy(error)

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

    # --- words ---

    def _described(self, to: Address | None) -> tuple[Any, ...]:
        return (self._target.path, None, None) if to is None else (to.address, self._target.port, to.family)

    def _error(self, number: int, to: Address | None) -> NodeSystemError:
        target = self._target
        if to is None:
            return system_error(number, "connect", address=target.path)
        error = system_error(number, "connect", address=to.address, port=target.port or None)
        if target.local_address is not None and target.local_port:
            error.message += f" - Local ({target.local_address}:{target.local_port})"
            error.args = (error.message,)
        return error


def _as_address(entry: Any) -> Address:
    if isinstance(entry, dict):
        return Address(entry["address"], entry.get("family") or is_ip(entry["address"]))
    return Address(*entry)


def _alternating(addresses: Sequence[Address]) -> list[Address]:
    """IPv4 and IPv6 in turns, beginning with the family of the first address."""
    first = [found for found in addresses if found.family == addresses[0].family]
    other = [found for found in addresses if found.family != addresses[0].family]
    return [found for pair in zip_longest(first, other) for found in pair if found is not None]
