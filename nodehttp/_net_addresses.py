"""Addresses: what is one, what the kernel's look like in Node's words, and asking for those of a name."""

from __future__ import annotations

import re
import socket
from typing import Any, NamedTuple

from nodestream.errors import ERR_SOCKET_BAD_PORT, NodeSystemError

IP_VERSION_OF = {socket.AF_INET: 4, socket.AF_INET6: 6}
FAMILY_OF = {4: socket.AF_INET, 6: socket.AF_INET6}

_NUMBER = re.compile(r"\s*(?:0[xX](?P<hex>[0-9a-fA-F]+)|(?P<decimal>[0-9]+))\s*", re.ASCII)

# The errors of getaddrinfo: libuv's name and number for each of the C library's.
_LOOKUP_ERRORS = {
    socket.EAI_NONAME: ("ENOTFOUND", -3008),
    socket.EAI_NODATA: ("ENOTFOUND", -3007),
    socket.EAI_AGAIN: ("EAI_AGAIN", -3001),
    socket.EAI_FAIL: ("EAI_FAIL", -3004),
    socket.EAI_FAMILY: ("EAI_FAMILY", -3005),
    socket.EAI_MEMORY: ("EAI_MEMORY", -3006),
    socket.EAI_SERVICE: ("EAI_SERVICE", -3010),
}


class Address(NamedTuple):
    """An address that a name has. `family` is 4 or 6."""

    address: str
    family: int


def is_ip(text: Any) -> int:
    """4 or 6 if `text` is an IP address of that version, else 0. Node: net.isIP"""
    if is_ipv4(text):
        return 4
    return 6 if is_ipv6(text) else 0


def is_ipv4(text: Any) -> bool:
    """Whether `text` is an IPv4 address in the usual four decimal numbers. Node: net.isIPv4"""
    return isinstance(text, str) and _parses(socket.AF_INET, text)


def is_ipv6(text: Any) -> bool:
    """Whether `text` is an IPv6 address, with or without a zone ("fe80::1%eth0"). Node: net.isIPv6"""
    if not isinstance(text, str):
        return False
    address, percent, zone = text.partition("%")
    if percent and not re.fullmatch(r"[0-9a-zA-Z\-.:]+", zone, re.ASCII):
        return False
    return _parses(socket.AF_INET6, address)


def _parses(family: int, text: str) -> bool:
    try:
        socket.inet_pton(family, text)
    except (OSError, ValueError):
        return False
    return True


def checked_port(port: Any, name: str) -> int:
    """A port given as a number or as a string of one. Raises ERR_SOCKET_BAD_PORT."""
    number: float = -1
    if isinstance(port, str):
        match = _NUMBER.fullmatch(port)
        if match is not None:
            number = int(match["hex"], 16) if match["hex"] else int(match["decimal"])
    elif isinstance(port, (int, float)) and not isinstance(port, bool):
        number = port
    if not 0 <= number <= 0xFFFF or number % 1:
        raise ERR_SOCKET_BAD_PORT(name, port)
    return int(number)


def is_number(text: str) -> bool:
    """Whether a string given for "port or path" is a port."""
    return _NUMBER.fullmatch(text) is not None


def socket_address(address: str, port: int) -> tuple[Any, ...]:
    """An IP address and a port as Python's sockets want them."""
    if ":" not in address:
        return (address, port)
    host, _, zone = address.partition("%")
    return (host, port, 0, _zone_index(zone)) if zone else (host, port, 0, 0)


def _zone_index(zone: str) -> int:
    try:
        return int(zone) if zone.isdecimal() else socket.if_nametoindex(zone)
    except OSError:
        return 0


def described(kernel_address: Any) -> dict[str, Any]:
    """What `address()` returns: address, family ("IPv4" or "IPv6") and port; empty for what is no IP address."""
    if not isinstance(kernel_address, tuple):
        return {}
    host = kernel_address[0]
    return {"address": host, "family": "IPv6" if ":" in host else "IPv4", "port": kernel_address[1]}


def addresses_of(host: str, family: int = 0, flags: int = 0) -> list[Address]:
    """Ask the system for a name's addresses, in its order; blocks. Raises socket.gaierror."""
    found = socket.getaddrinfo(host, None, FAMILY_OF.get(family, 0), socket.SOCK_STREAM, 0, flags)
    return [Address(str(entry[4][0]), IP_VERSION_OF[entry[0]]) for entry in found if entry[0] in IP_VERSION_OF]


def lookup_error(error: BaseException | None, host: str) -> NodeSystemError:
    """What Node makes of a name that was not found, or has no address of the family asked for (None)."""
    number = error.errno if isinstance(error, socket.gaierror) else socket.EAI_NONAME
    code, errno = _LOOKUP_ERRORS.get(number or 0, ("ENOTFOUND", -3008))
    result = NodeSystemError(f"getaddrinfo {code} {host}", code)
    result.errno = errno
    result.syscall = "getaddrinfo"
    result.hostname = host  # type: ignore[attr-defined]
    result.__cause__ = error
    return result
