"""What a TLSSocket lays TLS over: the connection that it makes itself, a net.Socket, or any Duplex.

Node: tls.TLSSocket
"""

from __future__ import annotations

from typing import Any

from nodestream._duplex import Duplex
from nodestream.errors import ERR_INVALID_ARG_TYPE, ERR_SOCKET_CLOSED
from nodestream.loop import EventLoop, current_loop

from ._net_channel import Channel, ConnectedChannel
from ._net_hold import Hold
from ._net_kernel import KernelSocket
from ._net_socket import Socket
from ._tls_channel import TlsChannel
from ._tls_handshake import Handshake
from ._tls_stream_channel import StreamChannel


class Wrapping(Handshake):
    """The part of a TLSSocket that has a channel below it."""

    def _open_channel(self, loop: EventLoop, sock: KernelSocket, hold: Hold) -> None:
        kernel = Channel(loop, sock, self, hold)
        self._channel = self._tls = TlsChannel(loop, kernel, self, lambda reset: kernel.close(reset=reset))
        self._tune()
        self.prepend_once_listener("connect", self._begin_handshake)  # whatever the other listeners do

    def _wrap(self, socket: Any) -> None:
        """Speak TLS over a socket that somebody else has opened."""
        if not isinstance(socket, Duplex):
            raise ERR_INVALID_ARG_TYPE("socket", "an instance of stream.Duplex", socket)
        socket.on("error", self.destroy)
        socket.on("close", lambda: self._wrapped_closed(socket))
        if _is_yet_to_connect(socket):
            self.connecting = True
            socket.once("connect", lambda: self._wrapped_connected(socket))
        else:
            self._take_over(socket)
            self._begin_handshake()
            self._read_unless_paused()

    def _read_unless_paused(self) -> None:
        if self.readable_flowing is not False:
            self.read(0)

    def _wrapped_closed(self, socket: Duplex) -> None:
        if socket.readable_ended and not self.readable_ended:
            self.once("end", self.destroy)  # what has come can still be read
        else:
            self.destroy()

    def _wrapped_connected(self, socket: Duplex) -> None:
        if self.destroyed:
            return
        self.connecting = False
        self._take_over(socket)
        self._begin_handshake()
        self._read_unless_paused()
        if not self.destroyed:
            self.emit("connect")
            self.emit("ready")

    def _take_over(self, socket: Duplex) -> None:
        """The bytes of `socket` are ours from now on: past it those of its channel, or else its own."""
        loop = current_loop()
        if socket.destroyed:
            self.destroy(ERR_SOCKET_CLOSED())
            return
        early = socket.read() if socket.readable_length else None
        lower: Any = _idle_channel_of(socket)
        if lower is not None:
            self._handle = socket._handle  # type: ignore[attr-defined]
        else:
            lower = StreamChannel(socket)
            self._handle = Hold(loop, self._release)
            self._handle.settle()

        def close(reset: bool) -> None:
            if reset and isinstance(socket, Socket):
                socket.reset_and_destroy()
            else:
                socket.destroy()

        self._channel = self._tls = TlsChannel(loop, lower, self, close)
        if early:
            self._tls.keep(early)


def _is_yet_to_connect(socket: Duplex) -> bool:
    if isinstance(socket, Socket):
        return socket.pending and not socket.destroyed
    return bool(getattr(socket, "connecting", False))


def _idle_channel_of(socket: Duplex) -> ConnectedChannel | None:
    """The kernel's channel of a net.Socket; None for other streams, and while what it was given before waits in it."""
    if not isinstance(socket, Socket) or isinstance(socket, Wrapping):
        return None
    channel = socket._channel
    return channel if channel is not None and not channel.unsent else None
