"""The argument forms of `connect` and `listen`, checked and brought into one shape."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nodestream._options import normalized
from nodestream.errors import (
    ERR_INVALID_ARG_TYPE,
    ERR_INVALID_ARG_VALUE,
    ERR_INVALID_IP_ADDRESS,
    ERR_MISSING_ARGS,
)

from ._net_addresses import checked_port, is_ip, is_number

CONNECT_OPTIONS = frozenset(
    {
        "port",
        "host",
        "path",
        "local_address",
        "local_port",
        "family",
        "hints",
        "lookup",
        "auto_select_family",
        "auto_select_family_attempt_timeout",
        "timeout",
    }
)
LISTEN_OPTIONS = frozenset(
    {"port", "host", "path", "backlog", "exclusive", "ipv6_only", "reuse_port", "readable_all", "writable_all"}
)

DEFAULT_BACKLOG = 511
ATTEMPT_TIMEOUT = 250
"""Milliseconds that one of several addresses gets before the next is tried."""

_HINTS = socket.AI_ADDRCONFIG | socket.AI_V4MAPPED | socket.AI_ALL
_IP_VERSIONS = {4: 4, 6: 6, "IPv4": 4, "IPv6": 6}


@dataclass(frozen=True, slots=True)
class ConnectTarget:
    """Where to connect to: a path, or a host and port."""

    path: str | None = None
    host: str = "localhost"
    port: int = 0
    local_address: str | None = None
    local_port: int = 0
    family: int = 0
    hints: int = 0
    lookup: Callable[..., Any] | None = None
    auto_select_family: bool = True
    attempt_timeout: float = ATTEMPT_TIMEOUT


@dataclass(frozen=True, slots=True)
class ListenTarget:
    """Where to listen: a path, or a port of a host (of all interfaces if it is None)."""

    path: str | None = None
    host: str | None = None
    port: int = 0
    backlog: int = DEFAULT_BACKLOG
    ipv6_only: bool = False
    reuse_port: bool = False
    mode: int = 0
    """Permission bits to add to the path's."""


def split_callback(args: Sequence[Any]) -> tuple[Sequence[Any], Callable[..., Any] | None]:
    """The arguments, and the last one if it is a function."""
    if args and callable(args[-1]):
        return args[:-1], args[-1]
    return args, None


def given_options(args: Sequence[Any]) -> Mapping[str, Any]:
    """`(options)`, `(path)` or `(port, host)` as a mapping."""
    first = args[0] if args else None
    if isinstance(first, Mapping):
        return first
    if isinstance(first, str) and first.strip() and not is_number(first):
        return {"path": first}
    if first is None:
        return {}
    if len(args) > 1 and isinstance(args[1], str):
        return {"port": first, "host": args[1]}
    return {"port": first}


def connect_target(options: Mapping[str, Any]) -> ConnectTarget:
    """Check the options of a connection, by their snake_case names; raises where one is wrong."""
    path = options.get("path")
    if path is not None:
        if not isinstance(path, str):
            raise ERR_INVALID_ARG_TYPE("options.path", "of type string", path)
        return ConnectTarget(path=path)
    port = options.get("port")
    if port is None:
        raise ERR_MISSING_ARGS(("options", "port", "path"))
    local_address, local_port = options.get("local_address"), options.get("local_port")
    if local_address is not None and not is_ip(local_address):
        raise ERR_INVALID_IP_ADDRESS(local_address)
    if local_port is not None and not _is_number(local_port):
        raise ERR_INVALID_ARG_TYPE("options.localPort", "of type number", local_port)
    if not _is_number(port) and not isinstance(port, str):
        raise ERR_INVALID_ARG_TYPE("options.port", "one of type number or string", port)
    auto_select_family = options.get("auto_select_family", True)
    if not isinstance(auto_select_family, bool):
        raise ERR_INVALID_ARG_TYPE("options.autoSelectFamily", "of type boolean", auto_select_family)
    family = _IP_VERSIONS.get(options.get("family", 0), 0)
    return ConnectTarget(
        host=_checked_host(options, "options.host") or "localhost",
        port=checked_port(port, "Port"),
        local_address=local_address,
        local_port=int(local_port or 0),
        family=family,
        hints=_checked_hints(options, family),
        lookup=_checked_lookup(options),
        auto_select_family=auto_select_family and not family and local_address is None,
        attempt_timeout=max(10, options.get("auto_select_family_attempt_timeout", ATTEMPT_TIMEOUT)),
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _checked_host(options: Mapping[str, Any], name: str) -> str | None:
    host = options.get("host")
    if host is not None and not isinstance(host, str):
        raise ERR_INVALID_ARG_TYPE(name, "of type string", host)
    return host or None


def _checked_hints(options: Mapping[str, Any], family: int) -> int:
    hints = options.get("hints", 0)
    if not isinstance(hints, int) or hints & ~_HINTS:
        raise ERR_INVALID_ARG_VALUE("hints", hints)
    return hints or (0 if family else socket.AI_ADDRCONFIG)


def _checked_lookup(options: Mapping[str, Any]) -> Callable[..., Any] | None:
    lookup: Callable[..., Any] | None = options.get("lookup")
    if lookup is not None and not callable(lookup):
        raise ERR_INVALID_ARG_TYPE("options.lookup", "of type function", lookup)
    return lookup


def listen_target(args: Sequence[Any], keywords: Mapping[str, Any]) -> ListenTarget:
    """Check the arguments of `listen` (without the callback); raises where one is wrong."""
    given = given_options(args)
    options = normalized(LISTEN_OPTIONS, given, keywords, "listen")
    port, path = options.get("port"), options.get("path")
    no_options = not keywords and not isinstance(args[0] if args else None, Mapping)
    if port is None and path is None and (no_options or "port" in given or "port" in keywords):
        port = 0
    backlog = options.get("backlog") or _backlog_among(args[1:3]) or DEFAULT_BACKLOG
    if not isinstance(backlog, int):
        backlog = DEFAULT_BACKLOG
    if _is_number(port) or isinstance(port, str):
        return ListenTarget(
            host=_checked_host(options, "hostname"),
            port=checked_port(port, "options.port"),
            backlog=backlog,
            ipv6_only=bool(options.get("ipv6_only")),
            reuse_port=bool(options.get("reuse_port")),
        )
    if isinstance(path, str) and path and port is None:
        mode = (0o444 if options.get("readable_all") else 0) | (0o222 if options.get("writable_all") else 0)
        return ListenTarget(path=path, backlog=backlog, mode=mode)
    shown = given or keywords
    if port is None and path is None:
        raise ERR_INVALID_ARG_VALUE("options", shown, 'must have the property "port" or "path"')
    raise ERR_INVALID_ARG_VALUE("options", shown)


def _backlog_among(args: Sequence[Any]) -> int:
    for value in args:
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return value
    return 0
