"""The argument forms of `listen`, checked and brought into one shape."""

from __future__ import annotations

import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nodestream._options import normalized
from nodestream._signals import check_signal
from nodestream.errors import ERR_INVALID_ARG_VALUE

from ._net_arguments import given_options, is_path
from ._net_bound_socket import BoundSocket
from ._net_checks import LARGEST_INT32, checked_port, checked_string, is_number, is_true, number_in
from ._net_kernel import socket_of_handle

LISTEN_OPTIONS = frozenset(
    {
        "backlog",
        "exclusive",
        "fd",
        "handle",
        "host",
        "ipv6_only",
        "path",
        "port",
        "readable_all",
        "reuse_port",
        "signal",
        "writable_all",
    }
)

DEFAULT_BACKLOG = 511
"""Connections that may wait to be accepted."""

_READABLE_BY_ALL = 0o444
_WRITABLE_BY_ALL = 0o222


@dataclass(frozen=True, slots=True)
class ListenTarget:
    """Where to listen: a socket or descriptor that is bound, a path, or a port of a host (None: of all interfaces)."""

    sock: socket.socket | None = None
    fd: float | None = None
    path: str | None = None
    host: str | None = None
    port: int = 0
    backlog: int = DEFAULT_BACKLOG
    ipv6_only: bool = False
    reuse_port: bool = False
    mode: int = 0
    """Permission bits to add to the path's."""
    signal: Any = None

    @property
    def is_adopted(self) -> bool:
        """Whether somebody else has bound it."""
        return self.sock is not None or self.fd is not None


def listen_target(args: Sequence[Any], keywords: Mapping[str, Any]) -> ListenTarget:
    """Check the arguments of `listen` (without the callback); raises where one is wrong."""
    given = given_options(args)
    options = normalized(LISTEN_OPTIONS, given, keywords, "listen")
    signal = options.get("signal")
    check_signal(signal, "options.signal")
    common: dict[str, Any] = {"backlog": _backlog(options, args), "signal": signal}
    handle, fd, port, path = (options.get(name) for name in ("handle", "fd", "port", "path"))
    if handle is not None:
        return ListenTarget(sock=_socket_of(handle), **common)
    if is_number(fd) and fd >= 0:
        return ListenTarget(fd=fd, **common)
    if port is None and ("port" in given or "port" in keywords or not (args or keywords)):
        port = 0
    if is_number(port) or isinstance(port, str):
        return ListenTarget(**_port_and_host(port, options), **common)
    shown = given or keywords or (args[0] if args else {})
    if path is not None and is_path(path):
        return ListenTarget(path=path, mode=_mode(path, options, shown), **common)
    if "port" in shown or "path" in shown:
        raise ERR_INVALID_ARG_VALUE("options", shown)
    raise ERR_INVALID_ARG_VALUE("options", shown, 'must have the property "port" or "path"')


def _socket_of(handle: Any) -> socket.socket:
    return handle._adopt() if isinstance(handle, BoundSocket) else socket_of_handle(handle, "options.handle")


def _port_and_host(port: Any, options: Mapping[str, Any]) -> dict[str, Any]:
    host = options.get("host")
    return {
        "port": checked_port(port, "options.port"),
        "host": checked_string(host, "hostname") if is_true(host) else None,
        "ipv6_only": options.get("ipv6_only") is True,
        "reuse_port": options.get("reuse_port") is True,
    }


def _mode(path: str, options: Mapping[str, Any], shown: Any) -> int:
    readable, writable = options.get("readable_all"), options.get("writable_all")
    if path.startswith("\0") and (readable or writable):
        reason = "can not set readableAll or writableAllt to true when path is abstract unix socket"
        raise ERR_INVALID_ARG_VALUE("options", shown, reason)
    return (_READABLE_BY_ALL if readable is True else 0) | (_WRITABLE_BY_ALL if writable is True else 0)


def _backlog(options: Mapping[str, Any], args: Sequence[Any]) -> int:
    """The option, or the first number behind the first argument."""
    for value in (options.get("backlog"), *args[1:3]):
        number = number_in(value) if isinstance(value, str) else value if is_number(value) else None
        if number is not None and number >= 1:
            return int(min(number, LARGEST_INT32))
    return DEFAULT_BACKLOG
