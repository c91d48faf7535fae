"""Sockets of the kernel: what is asked of them; those that somebody else has opened; those with a local address.

A pipe (FIFO) is one too, as in Node; `Pipe` makes it look so.
"""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import stat
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Protocol, overload

from nodestream.errors import ERR_INVALID_ARG_TYPE, ERR_INVALID_FD_TYPE

from ._net_addresses import FAMILY_OF, is_ip, socket_address
from ._net_checks import LARGEST_INT32, checked_integer


class KernelSocket(Protocol):
    """What a channel asks of a non-blocking socket; `socket.socket` has it."""

    @property
    def family(self) -> int: ...

    def fileno(self) -> int: ...

    def recv(self, size: int, /) -> bytes: ...

    def recv_into(self, buffer: Any, /) -> int: ...

    def send(self, data: Any, /) -> int: ...

    def sendmsg(self, buffers: Sequence[Any], /) -> int: ...

    def connect_ex(self, address: Any, /) -> int: ...

    def shutdown(self, how: int, /) -> None: ...

    def setsockopt(self, level: int, option: int, value: Any, /) -> None: ...

    @overload
    def getsockopt(self, level: int, option: int, /) -> int: ...

    @overload
    def getsockopt(self, level: int, option: int, size: int, /) -> bytes: ...

    def getsockname(self) -> Any: ...

    def getpeername(self) -> Any: ...

    def close(self) -> None: ...


class Pipe:
    """One end of a pipe, as a socket of the Unix kind that has no addresses and no options."""

    family = socket.AF_UNIX

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._mode = fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE

    def fileno(self) -> int:
        """The descriptor, -1 once it is closed."""
        return self._fd

    def recv(self, size: int, /) -> bytes:
        """As of a socket."""
        self._check_not(os.O_WRONLY, errno.ENOTCONN)
        return os.read(self._fd, size)

    def recv_into(self, buffer: Any, /) -> int:
        """As of a socket."""
        self._check_not(os.O_WRONLY, errno.ENOTCONN)
        return os.readv(self._fd, [buffer])

    def send(self, data: Any, /) -> int:
        """As of a socket."""
        self._check_not(os.O_RDONLY, errno.EPIPE)
        return os.write(self._fd, data)

    def sendmsg(self, buffers: Sequence[Any], /) -> int:
        """As of a socket."""
        self._check_not(os.O_RDONLY, errno.EPIPE)
        return os.writev(self._fd, buffers)

    def _check_not(self, mode: int, error: int) -> None:
        if self._mode == mode:
            raise OSError(error, os.strerror(error))

    def connect_ex(self, address: Any, /) -> int:
        """It is as connected as it can be."""
        return errno.EISCONN

    def shutdown(self, how: int, /) -> None:
        """A pipe has no half that could be closed: its reader is told when all of it is."""

    def setsockopt(self, level: int, option: int, value: Any, /) -> None:
        """There are none."""

    def getsockopt(self, level: int, option: int, size: int = 0, /) -> Any:
        """There are none."""
        raise OSError(errno.ENOTSOCK, os.strerror(errno.ENOTSOCK))

    def getsockname(self) -> str:
        """It has none."""
        return ""

    getpeername = getsockname

    def close(self) -> None:
        """As of a socket. May be called again."""
        fd, self._fd = self._fd, -1
        if fd != -1:
            os.close(fd)


def socket_of_descriptor(fd: Any) -> KernelSocket:
    """The socket or pipe that a descriptor is; whoever closes it closes the descriptor.

    Raises ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE, and ERR_INVALID_FD_TYPE for what is no stream.
    """
    number = checked_integer(fd, "fd", 0, LARGEST_INT32)
    kind = _kind_of(number)
    if kind == "FIFO":
        os.set_blocking(number, False)
        return Pipe(number)
    if kind != "SOCKET":
        raise ERR_INVALID_FD_TYPE(kind)
    return _stream_socket(socket.socket(fileno=number))


def _kind_of(fd: int) -> str:
    """SOCKET or FIFO, or what Node calls what it cannot use."""
    try:
        mode = os.fstat(fd).st_mode
    except OSError:
        return "UNKNOWN"
    if stat.S_ISSOCK(mode):
        return "SOCKET"
    if stat.S_ISFIFO(mode):
        return "FIFO"
    if os.isatty(fd):
        return "TTY"
    return "FILE" if stat.S_ISREG(mode) or stat.S_ISCHR(mode) else "UNKNOWN"


def _stream_socket(sock: socket.socket) -> socket.socket:
    """Check that it is a stream of bytes; if it is not, it stays whose it was."""
    if sock.type != socket.SOCK_STREAM or sock.family not in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX):
        kind = "UDP" if sock.type == socket.SOCK_DGRAM and sock.family != socket.AF_UNIX else "UNKNOWN"
        with suppress(OSError):
            sock.detach()
        raise ERR_INVALID_FD_TYPE(kind)
    sock.setblocking(False)
    return sock


def is_connected(sock: KernelSocket) -> bool:
    """Whether it has a peer."""
    try:
        sock.getpeername()
    except OSError:
        return False
    return True


def socket_of_handle(handle: Any, name: str) -> socket.socket:
    """The Python socket that was given as a handle. Raises ERR_INVALID_ARG_TYPE, ERR_INVALID_FD_TYPE."""
    if not isinstance(handle, socket.socket):
        raise ERR_INVALID_ARG_TYPE(name, "an instance of BoundSocket or socket.socket", handle)
    return _stream_socket(handle)


def bound_socket(address: str, port: int, *, ipv6_only: bool, reuse_port: bool) -> socket.socket:
    """A TCP socket with this local address. Raises OSError."""
    sock = socket.socket(FAMILY_OF[is_ip(address)], socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if reuse_port:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if sock.family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, ipv6_only)
        sock.bind(socket_address(address, port))
    except OSError:
        sock.close()
        raise
    return sock
