"""Making sockets of the kernel that listen, and what Node says of those that cannot be made."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Iterable
from typing import Any

from nodestream.errors import NodeError, NodeSystemError, system_error

from ._net_addresses import Address, is_link_local, path_address
from ._net_kernel import bound_socket, socket_of_descriptor
from ._net_listen_target import ListenTarget


def listening_socket(target: ListenTarget, address: str | None) -> Any:
    """The socket that listens where `target` says, on this address if it is a TCP one. Raises OSError."""
    if target.sock is not None:
        return _listening(target.sock, target)
    if target.fd is not None:
        return _listening(_adopted(target.fd), target)
    if target.path is not None:
        return _listening(_bound_path(target.path, target.mode), target)
    if address is not None:
        return _listening_tcp(address, target)
    try:
        return _listening_tcp("::", target)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise
        return _listening_tcp("0.0.0.0", target)  # this machine has no IPv6


def listen_error(error: OSError, target: ListenTarget, address: str | None) -> NodeSystemError:
    """A failure in Node's words."""
    if target.path is None:
        where = None if target.is_adopted else address or "::"
        return system_error(error, "listen", address=where, port=target.port or None, with_text=True)
    number = error.errno or errno.EINVAL
    if number == errno.ENOENT:
        number = errno.EACCES  # a directory that is not there, in libuv's words
    result = system_error(number, "listen", address=target.path, with_text=True)
    result.port = -1
    result.__cause__ = error
    return result


def best_address(addresses: Iterable[Address]) -> str:
    """Of the addresses that a name has, the one to listen on: the first that more than this link can reach."""
    found = [str(each.address) for each in addresses]
    return next((each for each in found if not is_link_local(each)), found[0])


def _listening_tcp(address: str, target: ListenTarget) -> socket.socket:
    sock = bound_socket(address, target.port, ipv6_only=target.ipv6_only, reuse_port=target.reuse_port)
    return _listening(sock, target)


def _bound_path(path: str, mode: int) -> socket.socket:
    """A Unix socket; `mode` are its permissions, 0 for the usual ones."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.bind(path_address(path))
        if mode:
            os.chmod(path, mode)
    except OSError:
        sock.close()
        raise
    return sock


def _adopted(fd: float) -> socket.socket:
    try:
        sock = socket_of_descriptor(fd)
    except NodeError as error:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL)) from error
    if not isinstance(sock, socket.socket):
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
    return sock


def _listening(sock: socket.socket, target: ListenTarget) -> socket.socket:
    try:
        sock.listen(target.backlog)
    except OSError:
        sock.close()
        raise
    return sock
