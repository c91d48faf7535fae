"""TCP and Unix sockets: `Socket`, `Server`, `connect`, `create_server`.

Node: node:net
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nodestream._options import normalized, snake_case

from ._net_addresses import is_ip as is_ip
from ._net_addresses import is_ipv4 as is_ipv4
from ._net_addresses import is_ipv6 as is_ipv6
from ._net_arguments import given_options, split_callback
from ._net_block_list import BlockList as BlockList
from ._net_bound_socket import BoundSocket as BoundSocket
from ._net_connect_target import CONNECT_OPTIONS
from ._net_defaults import get_default_auto_select_family as get_default_auto_select_family
from ._net_defaults import (
    get_default_auto_select_family_attempt_timeout as get_default_auto_select_family_attempt_timeout,
)
from ._net_defaults import set_default_auto_select_family as set_default_auto_select_family
from ._net_defaults import (
    set_default_auto_select_family_attempt_timeout as set_default_auto_select_family_attempt_timeout,
)
from ._net_server import Server as Server
from ._net_socket import SOCKET_OPTIONS
from ._net_socket import Socket as Socket
from ._net_socket_address import SocketAddress as SocketAddress

__all__ = [
    "BlockList",
    "BoundSocket",
    "Server",
    "Socket",
    "SocketAddress",
    "Stream",
    "connect",
    "createConnection",
    "createServer",
    "create_connection",
    "create_server",
    "getDefaultAutoSelectFamily",
    "getDefaultAutoSelectFamilyAttemptTimeout",
    "get_default_auto_select_family",
    "get_default_auto_select_family_attempt_timeout",
    "isIP",
    "isIPv4",
    "isIPv6",
    "is_ip",
    "is_ipv4",
    "is_ipv6",
    "setDefaultAutoSelectFamily",
    "setDefaultAutoSelectFamilyAttemptTimeout",
    "set_default_auto_select_family",
    "set_default_auto_select_family_attempt_timeout",
]


_ALL_OPTIONS = SOCKET_OPTIONS | CONNECT_OPTIONS


def connect(*args: Any, **keywords: Any) -> Socket:
    """A new Socket that connects: `connect(port, host)`, `connect(path)`, or with options (a mapping or keywords).

    The options are those of Socket and of Socket.connect, and `timeout`: as `set_timeout(timeout)`. A function as last
    argument is added as listener of `connect`. Node: net.connect
    """
    given = normalized(_ALL_OPTIONS, given_options(split_callback(args)[0]), keywords, "connect")
    socket = Socket({name: value for name, value in given.items() if name in SOCKET_OPTIONS})
    if given.get("timeout"):
        socket.set_timeout(given["timeout"])
    if socket.destroyed:
        return socket  # its signal was aborted before; Node reports that, and connects all the same
    where = {name: value for name, value in keywords.items() if snake_case(name) in CONNECT_OPTIONS}
    return socket.connect(*args, **where)


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
getDefaultAutoSelectFamily = get_default_auto_select_family
getDefaultAutoSelectFamilyAttemptTimeout = get_default_auto_select_family_attempt_timeout
isIP = is_ip
isIPv4 = is_ipv4
isIPv6 = is_ipv6
setDefaultAutoSelectFamily = set_default_auto_select_family
setDefaultAutoSelectFamilyAttemptTimeout = set_default_auto_select_family_attempt_timeout
Stream = Socket
