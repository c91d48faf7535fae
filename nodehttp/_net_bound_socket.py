"""`BoundSocket`: a local address that is taken already, for a server or a connection to come.

Node: net.BoundSocket
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from types import TracebackType
from typing import Any, TypeVar

from nodestream._options import normalized
from nodestream.errors import ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_SOCKET_HANDLE_ADOPTED, system_error

from ._net_addresses import described, is_ip
from ._net_checks import checked_flag, checked_port, checked_string
from ._net_kernel import bound_socket

B = TypeVar("B", bound="BoundSocket")

_OPTIONS = frozenset({"host", "ipv6_only", "port", "reuse_port"})


class BoundSocket:
    """A TCP socket bound to a local address, until a server or a socket adopts it.

    Give it to `server.listen(bound)`, or to `Socket(handle=bound)`, which then connects from that address. From then on
    it is theirs; before that, `close()` it, or use it in a `with` block, which closes what was not adopted.

    Options (keywords, or one mapping, in either spelling):
        port: 0 for one that is free (0).
        host: an IP address; by default all IPv4 interfaces, or all IPv6 ones with `ipv6_only`.
        ipv6_only: no IPv4 on an IPv6 address (False).
        reuse_port: let several sockets have the address (False).

    Raises what the system says about the address, at once; ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE,
    ERR_SOCKET_BAD_PORT.

    Node: net.BoundSocket
    """

    def __init__(self, options: Mapping[str, Any] | None = None, /, **keywords: Any) -> None:
        if options is not None and not isinstance(options, Mapping):
            raise ERR_INVALID_ARG_TYPE("options", "of type object", options)
        given = normalized(_OPTIONS, options, keywords, "BoundSocket")
        port = checked_port(given.get("port", 0), "options.port")
        ipv6_only = checked_flag(given.get("ipv6_only", False), "options.ipv6Only")
        reuse_port = checked_flag(given.get("reuse_port", False), "options.reusePort")
        host = checked_string(given.get("host", "::" if ipv6_only else "0.0.0.0"), "options.host")
        if not is_ip(host):
            reason = "must be a numeric IP address; net.BoundSocket does not perform DNS resolution"
            raise ERR_INVALID_ARG_VALUE("options.host", host, reason)
        try:
            self._sock: socket.socket | None = bound_socket(host, port, ipv6_only=ipv6_only, reuse_port=reuse_port)
        except OSError as error:
            raise system_error(error, "bind", address=host, port=port or None) from error
        self._address = described(self._sock.getsockname())

    def address(self) -> dict[str, Any]:
        """`{"address", "family", "port"}`. Raises ERR_SOCKET_HANDLE_ADOPTED. Node: boundSocket.address"""
        self._mine()
        return self._address

    def fd(self) -> int:
        """The descriptor; it stays this socket's own. Raises ERR_SOCKET_HANDLE_ADOPTED. Node: boundSocket.fd"""
        return self._mine().fileno()

    def close(self) -> None:
        """Let go of the address. Raises ERR_SOCKET_HANDLE_ADOPTED. Node: boundSocket.close"""
        self._adopt().close()

    def _mine(self) -> socket.socket:
        if self._sock is None:
            raise ERR_SOCKET_HANDLE_ADOPTED
        return self._sock

    def _adopt(self) -> socket.socket:
        """The socket of the kernel, which is the caller's from now on."""
        sock = self._mine()
        self._sock = None
        return sock

    def __enter__(self: B) -> B:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close it, unless it was adopted or closed. Node: boundSocket[Symbol.dispose]"""
        if self._sock is not None:
            self.close()

    def __repr__(self) -> str:
        where = "adopted or closed" if self._sock is None else f"{self._address['address']}:{self._address['port']}"
        return f"<BoundSocket {where}>"
