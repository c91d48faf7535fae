"""A client's socket whose other end is a script. The twin of response_wires.mjs."""

from __future__ import annotations

import contextlib
import errno
import socket as _socket
import struct
from collections.abc import Callable
from typing import Any

from nodehttp import net
from nodestream.errors import system_error

from ._transport import InnerEnd

Json = Any

PACES = {"sync": 1, "tick": 1, "immediate": 4}
"""Rounds of the loop, by when writes are done, until what the script did has had its consequences."""


class _BareSocket(InnerEnd):
    """Nothing but a Duplex; `mark` is the high water mark of the responses on it."""

    mark: int | None = None

    @property
    def readable_high_water_mark(self) -> int:
        return self.mark or super().readable_high_water_mark


class BareWire:
    """Nothing but a Duplex: what the script sends is there at once.

    What it is like is told by the case: `writes`, `mark` and `half_open`.

    Attributes:
        pace: rounds of the loop until what the script did has had its consequences.
        socket: the client's socket.
        is_open: whether the script can do anything.
        sent: what the client sent, as text.
        ended: whether the client sends no more.
    """

    is_open = True
    make: Callable[[str], _BareSocket] = _BareSocket

    def __init__(self, program: Json) -> None:
        self.pace = PACES[program["writes"]]
        self.socket: Any = self.make(program["writes"])
        self.socket.allow_half_open = program["half_open"]
        self.socket.mark = program["mark"]

    @property
    def sent(self) -> str:
        text: str = self.socket.text
        return text

    @property
    def ended(self) -> bool:
        return bool(self.socket.writable_finished or self.socket.destroyed)

    def send(self, text: str) -> None:
        """Let the client receive something."""
        self.socket.send(text)

    def reset(self) -> None:
        """Break the connection off."""
        if not self.socket.destroyed:
            self.socket.destroy(system_error(errno.ECONNRESET, "read"))

    def finish(self) -> None:
        """Send no more."""
        self.socket.finish()

    def close(self) -> None:
        """Nothing is left to be closed."""


class _Socket(_BareSocket):
    """A Duplex with what an agent calls on its sockets."""

    def set_keep_alive(self, *_: object) -> None:
        """Nothing to probe."""

    def set_no_delay(self, *_: object) -> None:
        """Nothing to delay."""

    def set_timeout(self, *_: object) -> None:
        """It has all the time."""

    def ref(self) -> None:
        """It does not concern the loop."""

    def unref(self) -> None:
        """It does not concern the loop."""

    def destroy_soon(self) -> None:
        """End it, then destroy it."""
        if self.writable:
            self.end()
        if self.writable_finished:
            self.destroy()
        else:
            self.once("finish", self.destroy)


class DuplexWire(BareWire):
    """A Duplex with the methods that sockets have beside it."""

    make = _Socket


class SocketWire:
    """A connection through the kernel, which takes some rounds of the loop to deliver. Otherwise as BareWire."""

    pace = 8

    def __init__(self, program: Json) -> None:
        self._sent = ""
        self._ended = False
        self._finished = False
        self._peer: _socket.socket | None = None
        self._listener = _socket.create_server(("127.0.0.1", 0))
        self._listener.setblocking(False)
        where = {"port": self._listener.getsockname()[1], "host": "127.0.0.1"}
        options = {"allowHalfOpen": program["half_open"], "highWaterMark": program["mark"], "noDelay": True}
        self.socket: Any = net.connect({**where, **options})

    @property
    def is_open(self) -> bool:
        if self._peer is None:
            with contextlib.suppress(BlockingIOError):
                self._peer, _ = self._listener.accept()
                self._peer.setblocking(False)
                self._peer.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, 1)
        return self._peer is not None

    @property
    def sent(self) -> str:
        self._receive()
        return self._sent

    @property
    def ended(self) -> bool:
        self._receive()
        return self._ended

    def _receive(self) -> None:
        while self.is_open and self._peer is not None and not self._ended:
            try:
                data = self._peer.recv(65536)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            self._sent += data.decode("latin-1")
            self._ended = not data

    def send(self, text: str) -> None:
        """Let the client receive something."""
        self._receive()
        if self._peer is not None and not self._finished:
            with contextlib.suppress(OSError):
                self._peer.sendall(text.encode("latin-1"))

    def finish(self) -> None:
        """Send no more."""
        self._receive()
        if self._peer is not None and not self._finished:
            self._finished = True
            with contextlib.suppress(OSError):
                self._peer.shutdown(_socket.SHUT_WR)

    def reset(self) -> None:
        """Break the connection off."""
        self._receive()
        if self._peer is not None and self._peer.fileno() >= 0:
            self._finished = self._ended = True
            self._peer.setsockopt(_socket.SOL_SOCKET, _socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._peer.close()

    def close(self) -> None:
        """Close the server's side."""
        self._listener.close()
        if self._peer is not None:
            self._peer.close()


Wire = BareWire | SocketWire
WIRES: dict[str, Callable[[Json], Wire]] = {"duplex": DuplexWire, "bare": BareWire, "socket": SocketWire}
