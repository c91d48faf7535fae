"""Addresses: what is one, what the kernel's look like in Node's words, and asking for those of a name."""

from __future__ import annotations

import errno
import ipaddress
import re
import socket
from typing import Any, NamedTuple

from nodestream.errors import NodeSystemError

IP_VERSION_OF = {socket.AF_INET: 4, socket.AF_INET6: 6}
FAMILY_OF = {4: socket.AF_INET, 6: socket.AF_INET6}

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
    """An address that a name has. `family` is 4 or 6, if it is one that can be used."""

    address: Any
    family: Any


def is_ip(value: Any) -> int:
    """4 or 6 if `value`, as a string, is an IP address of that version, else 0. Node: net.isIP"""
    text = str(value)
    if is_ipv4(text):
        return 4
    return 6 if is_ipv6(text) else 0


def is_ipv4(value: Any) -> bool:
    """Whether `value`, as a string, is an IPv4 address in the usual four decimal numbers. Node: net.isIPv4"""
    return _parses(socket.AF_INET, str(value))


def is_ipv6(value: Any) -> bool:
    """Whether `value`, as a string, is an IPv6 address, with or without a zone ("fe80::1%eth0"). Node: net.isIPv6"""
    address, percent, zone = str(value).partition("%")
    if percent and not re.fullmatch(r"[0-9a-zA-Z\-.:]+", zone, re.ASCII):
        return False
    return _parses(socket.AF_INET6, address)


def is_link_local(address: str) -> bool:
    """Whether an IPv6 address is one of a single link only (fe80::/10)."""
    return is_ipv6(address) and ipaddress.IPv6Address(address).is_link_local


def _parses(family: int, text: str) -> bool:
    try:
        socket.inet_pton(family, text)
    except (OSError, ValueError):
        return False
    return True


def path_address(path: str) -> str:
    """A path as Python's sockets want it. Raises OSError for one that the kernel would take for a shorter one."""
    if "\0" in path and not path.startswith("\0"):
        raise OSError(errno.EINVAL, "a path with a null byte")
    return path


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


def addresses_of(host: str, family: int | None = None, flags: int = 0) -> list[Address]:
    """Ask the system for a name's addresses, in its order; blocks. Raises socket.gaierror."""
    found = socket.getaddrinfo(host, None, FAMILY_OF.get(family or 0, 0), socket.SOCK_STREAM, 0, flags)
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
