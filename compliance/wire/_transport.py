"""The other end of a connection, which sends pieces and gathers bytes. The twin of transport.mjs."""

from __future__ import annotations

import socket as _socket
from collections import deque
from collections.abc import Callable
from typing import Any

from compliance.programs._later import LATER
from nodestream import Duplex
from nodestream.timers import set_immediate


def after(turns: int, f: Callable[[], object]) -> None:
    """Call a function when everything that is due in so many turns has happened."""
    set_immediate(lambda: after(turns - 1, f) if turns > 1 else f())


WHEN: dict[str, Callable[[Callable[[], object]], object]] = {**LATER, "slow": lambda f: after(6, f)}
"""When a write is done: "slow" is a peer that takes little at a time."""


class InnerEnd(Duplex):
    """A connection within the process: what is sent arrives as one read, when this end wants to read."""

    def __init__(self, when: str) -> None:
        super().__init__({"writableHighWaterMark": 16} if when == "slow" else {})
        self.when = WHEN[when]
        self.text = ""  # what was written to it
        self.wanted = False
        self.coming: deque[bytes | None] = deque()

    def _read(self, size: int) -> None:
        self.wanted = True
        self.deliver()

    def _write(self, chunk: Any, encoding: str | None, callback: Callable[..., object]) -> None:
        self.text += bytes(chunk).decode("latin-1")
        self.when(callback)

    def _writev(self, entries: list[Any], callback: Callable[..., object]) -> None:
        """As a socket: what waits leaves in one write."""
        self.text += b"".join(entry.chunk for entry in entries).decode("latin-1")
        self.when(callback)

    def deliver(self) -> None:
        """Let come what was sent, as far as it is wanted."""
        while self.wanted and self.coming and not self.destroyed:
            self.wanted = self.push(self.coming.popleft())

    def send(self, text: str) -> None:
        """Send one piece."""
        self.coming.append(text.encode("latin-1"))
        self.deliver()

    def finish(self) -> None:
        """Send no more."""
        self.coming.append(None)
        self.deliver()

    def leave(self) -> None:
        """Be gone."""
        self.destroy()

    def settled(self, socket: Any, f: Callable[[], object]) -> None:
        """Call a function when what follows from what this end did has happened."""
        after(60 if self.writable_high_water_mark < 100 else 4, f)


MOST_TURNS = 60
"""For what may be under way in the kernel, or may wait because nobody reads."""


class OuterEnd:
    """A connection through the kernel."""

    def __init__(self, port: int) -> None:
        self._received = b""
        self._sent = 0
        self._finished = False
        self._ended = False
        self._socket = _socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, 1)
        self._socket.setblocking(False)

    def send(self, text: str) -> None:
        """Send one piece, unless the other side is gone."""
        self._sent += len(text)
        try:
            self._socket.sendall(text.encode("latin-1"))
        except OSError:
            return

    def finish(self) -> None:
        """Send no more."""
        self._finished = True
        try:
            self._socket.shutdown(_socket.SHUT_WR)
        except OSError:
            return

    def leave(self) -> None:
        """Be gone."""
        self._receive()
        self._finished = self._ended = True
        self._socket.close()

    @property
    def text(self) -> str:
        """What has come."""
        self._receive()
        return self._received.decode("latin-1")

    def settled(self, socket: Any, f: Callable[[], object], turns: int = MOST_TURNS) -> None:
        """Call a function when what follows from what this end did has happened."""
        if turns > 0 and not self._arrived(socket):
            after(1, lambda: self.settled(socket, f, turns - 1))
        else:
            after(8, f)

    def _arrived(self, socket: Any) -> bool:
        """Whether all that was sent, both ways, has arrived."""
        self._receive()
        if socket.destroyed:
            return self._ended
        there = socket.bytes_read >= self._sent and (not self._finished or socket.readable_ended)
        return there and (self._ended or len(self._received) >= socket.bytes_written)

    def _receive(self) -> None:
        try:
            while not self._ended:
                data = self._socket.recv(65536)
                self._received += data
                self._ended = not data
        except BlockingIOError:
            return
        except OSError:
            self._ended = True
