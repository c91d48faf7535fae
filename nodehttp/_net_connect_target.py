"""The options of a connection, checked and brought into one shape."""

from __future__ import annotations

import math
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from nodestream._options import normalized
from nodestream.errors import (
    ERR_INVALID_ARG_TYPE,
    ERR_INVALID_ARG_VALUE,
    ERR_INVALID_IP_ADDRESS,
    ERR_MISSING_ARGS,
)

from . import _net_defaults as defaults
from ._net_addresses import is_ip
from ._net_checks import (
    checked_flag,
    checked_function,
    checked_name,
    checked_number,
    checked_port,
    checked_string,
    is_number,
    is_true,
)

CONNECT_OPTIONS = frozenset(
    {
        "auto_select_family",
        "auto_select_family_attempt_timeout",
        "family",
        "hints",
        "host",
        "local_address",
        "local_port",
        "lookup",
        "path",
        "port",
        "timeout",
    }
)

_HINTS = socket.AI_ADDRCONFIG | socket.AI_V4MAPPED | socket.AI_ALL
_FAMILIES = {"IPv4": 4, "IPv6": 6}


@dataclass(frozen=True, slots=True)
class ConnectTarget:
    """Where to connect to: a path, or a host and port."""

    path: str | None = None
    host: str = "localhost"
    version: int = 0
    """4 or 6 if the host is an IP address."""
    port: int = 0
    local_address: str | None = None
    local_port: float = 0
    family: Any = None
    """4 or 6, anything else for both."""
    hints: int = 0
    lookup: Callable[..., Any] | None = None
    auto_select_family: bool = True
    attempt_timeout: int = 0

    @property
    def tries_several(self) -> bool:
        """Whether all addresses of the name are tried."""
        return self.auto_select_family and self.family not in (4, 6)


def connect_target(given: Mapping[str, Any], keywords: Mapping[str, Any], *, is_bound: bool) -> ConnectTarget:
    """Check the options of a connection; raises where one is wrong. `is_bound`: its local address is taken already."""
    options = normalized(CONNECT_OPTIONS, given, keywords, "connect")
    path = options.get("path")
    if path is None and not ("port" in given or "port" in keywords):
        raise ERR_MISSING_ARGS(("options", "port", "path"))
    if is_true(path):
        return ConnectTarget(path=checked_string(path, "options.path"))
    host = options.get("host")
    host = checked_name(host, "options.host") if is_true(host) else "localhost"
    version = is_ip(host)
    local_address, local_port = _local_end(options)
    if is_bound and not {"local_address", "local_port"}.isdisjoint(options):
        reason = "localAddress and localPort cannot be used with an adopted bound socket"
        raise ERR_INVALID_ARG_VALUE("options", given or keywords, reason)
    return ConnectTarget(
        host=host,
        local_address=local_address,
        local_port=local_port,
        port=_port(options, has_path=path is not None),
        auto_select_family=_auto_select_family(options) and local_address is None and not is_bound,
        attempt_timeout=_attempt_timeout(options),
        version=version,
        **({} if version else _lookup_options(options)),
    )


def _local_end(options: Mapping[str, Any]) -> tuple[str | None, float]:
    address, port = options.get("local_address"), options.get("local_port")
    if is_true(address) and not is_ip(address):
        raise ERR_INVALID_IP_ADDRESS(address)
    return address or None, checked_number(port, "options.localPort") if is_true(port) else 0


def _port(options: Mapping[str, Any], *, has_path: bool) -> int:
    port = options.get("port")
    if port is None and has_path:
        return 0  # an empty path does not count, but it will do as an answer to "port or path"
    if not is_number(port) and not isinstance(port, str):
        raise ERR_INVALID_ARG_TYPE("options.port", "one of type number or string", port)
    return checked_port(port, "Port")


def _auto_select_family(options: Mapping[str, Any]) -> bool:
    given = options.get("auto_select_family")
    if given is None:
        return defaults.get_default_auto_select_family()
    return checked_flag(given, "options.autoSelectFamily")


def _attempt_timeout(options: Mapping[str, Any]) -> int:
    given = options.get("auto_select_family_attempt_timeout")
    if given is None:
        return defaults.get_default_auto_select_family_attempt_timeout()
    return defaults.checked_attempt_timeout(given, "options.autoSelectFamilyAttemptTimeout")


def _lookup_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """What a lookup is told. A custom one gets it as it was given."""
    lookup = checked_function(options.get("lookup"), "options.lookup")
    family, hints = options.get("family"), options.get("hints", 0)
    if isinstance(family, str):
        family = _FAMILIES.get(family, family)
    if lookup is None:
        hints = _checked_hints(hints)
        if family not in (None, 0, 4, 6):
            raise ERR_INVALID_ARG_VALUE("options.family", family, "must be one of: 0, 4, 6")
    if family not in (4, 6) and hints == 0:
        hints = socket.AI_ADDRCONFIG
    return {"lookup": lookup, "family": family, "hints": hints}


def _checked_hints(hints: Any) -> int:
    number = checked_number(hints, "options.hints")
    flags = int(number) if math.isfinite(number) else 0
    if flags & ~_HINTS:
        raise ERR_INVALID_ARG_VALUE("hints", flags)
    return flags
