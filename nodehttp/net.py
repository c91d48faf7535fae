"""TCP and Unix sockets: `Socket`, `Server`, `connect`, `create_server`.

Node: node:net
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nodestream._options import normalized

from ._net_addresses import is_ip as is_ip
from ._net_addresses import is_ipv4 as is_ipv4
from ._net_addresses import is_ipv6 as is_ipv6
from ._net_arguments import CONNECT_OPTIONS, given_options, split_callback
from ._net_server import Server as Server
from ._net_socket import SOCKET_OPTIONS
from ._net_socket import Socket as Socket

__all__ = [
    "Server",
    "Socket",
    "Stream",
    "connect",
    "createConnection",
    "createServer",
    "create_connection",
    "create_server",
    "isIP",
    "isIPv4",
    "isIPv6",
    "is_ip",
    "is_ipv4",
    "is_ipv6",
]


def connect(*args: Any, **keywords: Any) -> Socket:
    """A new Socket that connects: `connect(port, host)`, `connect(path)`, or with options (a mapping or keywords).

    The options are those of Socket and of Socket.connect, and `timeout`: as `set_timeout(timeout)`. A function as last
    argument is added as listener of `connect`. Node: net.connect
    """
    positional, callback = split_callback(args)
    given = normalized(SOCKET_OPTIONS | CONNECT_OPTIONS, given_options(positional), keywords, "connect")
    socket = Socket({name: value for name, value in given.items() if name in SOCKET_OPTIONS})
    if given.get("timeout"):
        socket.set_timeout(given["timeout"])
    socket._connect(given, callback)
    return socket


def create_server(
    options: Mapping[str, Any] | Callable[..., Any] | None = None,
    connection_listener: Callable[..., Any] | None = None,
    /,
    **keywords: Any,
) -> Server:
    """A new Server, with the same arguments. Node: net.createServer"""
    return Server(options, connection_listener, **keywords)


create_connection = connect
createConnection = connect
createServer = create_server
isIP = is_ip
isIPv4 = is_ipv4
isIPv6 = is_ipv6
Stream = Socket
