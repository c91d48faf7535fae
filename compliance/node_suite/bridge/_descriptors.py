"""Descriptors of both processes, and the handles around them.

A socket or pipe of Node's that is named by its number, or by libuv's handle of it, is open here too, under the same
number if that is free. Only Linux can do that.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import socket
from typing import Any

from compliance.node_suite.bridge._proxies import JSObject, Plain
from nodehttp._net_channel import Channel, ConnectedChannel
from nodehttp._net_hold import Hold
from nodehttp.net import Socket

HANDLES = frozenset({"Pipe", "TCP"})
"""Classes of libuv's handles."""

CONSTRUCTOR = "Socket"
"""Takes a descriptor as it is, as its only argument."""

TAKING_DESCRIPTORS = frozenset({CONSTRUCTOR, "connect", "listen"})
"""Functions and methods that take handles, and descriptors among their options."""

CLOSED = 2**31 - 1
"""What stands for a descriptor that is not open there: it is open nowhere."""

_PIDFD_GETFD = 438
"""The number of the system call; Python has no function for it."""


class Handle:
    """What a socket of this library has for libuv's handle: the kernel's socket, and its hold on the loop."""

    def __init__(self, channel: ConnectedChannel | None, hold: Hold) -> None:
        self._channel = channel
        self._hold = hold

    @property
    def fd(self) -> int:
        """The descriptor; -1 if there is none yet or any more, or it is another socket's, as TLS's is."""
        return self._channel._sock.fileno() if isinstance(self._channel, Channel) else -1

    def close(self) -> None:
        """Close both, whatever the socket may think."""
        if self._channel is not None:
            self._channel.close()
        self._hold.close()


def handle_of(made: Socket) -> Any:
    """The handle, while there is one; or what JavaScript put in its place."""
    return Handle(made._channel, made._handle) if isinstance(made._handle, Hold) else made._handle


def set_handle(made: Socket, handle: Any) -> None:
    """JavaScript puts another in its place, or none."""
    made._handle = handle
    if handle is None:
        made._channel = None


class Descriptors:
    """Those of a process, by its number."""

    def __init__(self) -> None:
        self.process = 0

    def with_descriptors(self, name: str, given: list[Any]) -> list[Any]:
        """The arguments of a function, method or constructor, in which what is a descriptor there is one here."""
        if name not in TAKING_DESCRIPTORS:
            return given
        for options in given:
            if isinstance(options, Plain):
                if "_handle" in options:
                    options["handle"] = options.pop("_handle")
                for name in options.keys() & {"fd", "handle"}:
                    options[name] = self._here(options[name])
        return [value if isinstance(value, int) and name != CONSTRUCTOR else self._here(value) for value in given]

    def _here(self, value: Any) -> Any:
        if isinstance(value, JSObject) and type(value).__name__ in HANDLES:
            return socket.socket(fileno=self._copy(value.fd))
        if isinstance(value, Handle):
            return socket.socket(fileno=os.dup(value.fd))
        return self._copy(value) if type(value) is int and value >= 0 else value

    def _copy(self, fd: int) -> int:
        pidfd = os.pidfd_open(self.process)
        try:
            libc = ctypes.CDLL(None, use_errno=True)
            copy = int(libc.syscall(_PIDFD_GETFD, pidfd, fd, 0))
        finally:
            os.close(pidfd)
        if copy >= 0:
            return _moved(copy, fd)
        number = ctypes.get_errno()
        if number == errno.EBADF:
            return CLOSED
        raise OSError(number, os.strerror(number))


def _moved(fd: int, wanted: int) -> int:
    """The descriptor under the number that is wanted, if it is free; else as it is."""
    moved = fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, wanted)
    if moved != wanted:
        os.close(moved)
        return fd
    os.close(fd)
    return moved
