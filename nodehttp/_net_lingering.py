"""`Lingering`: a socket that is closed, until the kernel has taken what counts as taken (see `_net_gathering.py`)."""

from __future__ import annotations

from typing import Any

from nodestream.loop import EventLoop, Handle, Watcher
from nodestream.timers import set_timeout

from ._net_kernel import KernelSocket
from ._net_sending import drop_sent, send_pieces

LINGER_TIME = 60_000
"""Milliseconds that a peer has, to make room for it."""


class Lingering:
    """Sends `rest` and closes `sock`. Keeps the loop alive until then; whatever goes wrong, nobody is told."""

    __slots__ = ("_handle", "_rest", "_sock", "_timer", "_writer")

    def __init__(self, loop: EventLoop, sock: KernelSocket, rest: list[Any]) -> None:
        self._sock = sock
        self._rest = rest
        self._handle = Handle(loop, self._let_go)
        self._timer = set_timeout(self._let_go, LINGER_TIME)
        self._writer = Watcher(loop, sock, "write", self._on_writable)
        self._writer.start()

    def _on_writable(self) -> bool:
        try:
            sent = send_pieces(self._sock, self._rest)
        except OSError:
            self._let_go()
            return False
        drop_sent(self._rest, sent)
        if not self._rest:
            self._let_go()
        return sent > 0 and bool(self._rest)

    def _let_go(self) -> None:
        self._timer.close()
        self._writer.close()
        self._handle.close()
        self._sock.close()
