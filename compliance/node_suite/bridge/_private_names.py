"""Names that Node keeps to itself and its own tests know: each is a question to the state of this library.

A name that begins with `@@` is a symbol; Python and JavaScript know it by what follows.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from compliance.node_suite.bridge._descriptors import handle_of, set_handle
from nodehttp._headers import header_text, is_list, is_token, is_value, merged_headers
from nodehttp._incoming import IncomingMessage
from nodehttp._outgoing import OutgoingMessage
from nodehttp._server import HttpServing
from nodehttp.net import Server, Socket
from nodehttp.tls import TLSSocket
from nodestream.events import Symbol
from nodestream.timers import Timeout

CONNECTIONS_CHECKING_INTERVAL = Symbol("kConnectionsCheckingInterval")
HIGH_WATER_MARK = Symbol("kHighWaterMark")


def _connection_key(server: Server) -> str:
    """Where it listens: 4 or 6, the address and the port that was asked for."""
    address: Any = server.address()
    target: Any = server._listening_to
    return f"{address['family'][-1]}:{address['address']}:{target.port}"


def _headers_to_send(message: OutgoingMessage) -> dict[str, Any] | None:
    """By name in lower case: the name and the value."""
    store = message._header_store
    return None if store is None else dict(store.fields())


def _header_line_adder(message: IncomingMessage) -> Callable[..., None]:
    """What merges one more line into an object with headers, as `headers` are merged."""

    def add_header_line(name: str, value: Any, headers: dict[str, Any]) -> None:
        lines = [(key, each) for key, held in headers.items() for each in (held if is_list(held) else [held])]
        raw = [part for line in [*lines, (name, value)] for part in line]
        headers.update(merged_headers(raw, join_single=message.join_duplicate_headers))

    return add_header_line


QUESTIONS: dict[type, dict[str, Callable[[Any], Any]]] = {
    HttpServing: {"@@kConnectionsCheckingInterval": attrgetter("_checking")},
    IncomingMessage: {"_addHeaderLine": _header_line_adder},
    OutgoingMessage: {
        "@@kHighWaterMark": attrgetter("_state.high_water_mark"),
        "@@kOutHeaders": _headers_to_send,
    },
    Server: {"_connectionKey": _connection_key},
    Socket: {"_handle": handle_of, "@@kTimeout": attrgetter("_timer"), "parser": attrgetter("_on_data")},
    TLSSocket: {"_secureEstablished": lambda socket: not socket.secure_connecting},
    Timeout: {"_destroyed": attrgetter("_closed"), "_idleTimeout": attrgetter("_delay")},
}
"""Properties by class. What takes the bytes of a socket past its stream is its parser."""

ASSIGNMENTS: dict[type, dict[str, Callable[[Any, Any], None]]] = {Socket: {"_handle": set_handle}}
"""What is done when JavaScript assigns to one."""


def _is_token(value: Any) -> bool:
    return is_token(header_text(value)) is not None


def _has_invalid_character(value: Any) -> bool:
    return is_value(header_text(value)) is None


OLD_MODULES: dict[str, dict[str, Any]] = {
    "_http_common": {"_checkInvalidHeaderChar": _has_invalid_character, "_checkIsHttpToken": _is_token},
    "_http_outgoing": {"kHighWaterMark": HIGH_WATER_MARK},
    "_http_server": {"kConnectionsCheckingInterval": CONNECTIONS_CHECKING_INTERVAL},
}
"""What old modules have beside the members of the new one."""
