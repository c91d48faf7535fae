"""The addresses of the two ends of a connection. The kernel is asked for each once, when somebody wants to know."""

from __future__ import annotations

from typing import Any

from nodestream._duplex import Duplex
from nodestream._names import node_alias

from ._net_addresses import described
from ._net_channel import ConnectedChannel


class Endpoints(Duplex):
    """The part of a Socket that knows where it is, and where its peer is."""

    _channel: ConnectedChannel | None = None  # while connected
    _local: dict[str, Any] | None = None
    _peer: dict[str, Any] | None = None

    def _forget_local_address(self) -> None:
        self._local = None

    def _forget_addresses(self) -> None:
        self._local = self._peer = None

    def address(self) -> dict[str, Any]:
        """This end: `{"address", "family", "port"}`; empty without a TCP connection. Node: socket.address"""
        if self._channel is None:
            return {}
        if not self._local:
            self._local = described(self._channel.local_address())
        return self._local

    def _peer_address(self) -> dict[str, Any]:
        if self._channel is not None and not self._peer:
            self._peer = described(self._channel.peer_address())
        return self._peer or {}

    @property
    def local_address(self) -> str | None:
        """The IP address of this end. Node: socket.localAddress"""
        return self.address().get("address")

    localAddress: str | None = node_alias("local_address")

    @property
    def local_port(self) -> int | None:
        """The port of this end. Node: socket.localPort"""
        return self.address().get("port")

    localPort: int | None = node_alias("local_port")

    @property
    def local_family(self) -> str | None:
        """ "IPv4" or "IPv6". Node: socket.localFamily"""
        return self.address().get("family")

    localFamily: str | None = node_alias("local_family")

    @property
    def remote_address(self) -> str | None:
        """The IP address of the peer; None once the socket is destroyed, unless it was asked for before.

        Node: socket.remoteAddress
        """
        return self._peer_address().get("address")

    remoteAddress: str | None = node_alias("remote_address")

    @property
    def remote_port(self) -> int | None:
        """The port of the peer. Node: socket.remotePort"""
        return self._peer_address().get("port")

    remotePort: int | None = node_alias("remote_port")

    @property
    def remote_family(self) -> str | None:
        """ "IPv4" or "IPv6". Node: socket.remoteFamily"""
        return self._peer_address().get("family")

    remoteFamily: str | None = node_alias("remote_family")
