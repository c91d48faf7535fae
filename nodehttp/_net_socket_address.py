"""`SocketAddress`: an IP address and a port, checked.

Node: net.SocketAddress
"""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from typing import Any

from nodestream._names import NodeNames, node_name
from nodestream._options import normalized
from nodestream.errors import ERR_INVALID_ADDRESS, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, NodeError, inspect

from ._net_checks import checked_integer, checked_port, checked_string

_OPTIONS = frozenset({"address", "family", "flowlabel", "port"})
_FAMILIES = {"ipv4": socket.AF_INET, "ipv6": socket.AF_INET6}
_ANY = {"ipv4": "127.0.0.1", "ipv6": "::"}
_LARGEST_UINT32 = 2**32 - 1

# What a URL would have between "http://" and its end.
_INPUT = re.compile(
    r"(?:[^/?#\\@]*@)?(?:\[(?P<ipv6>[^\]]*)\]|(?P<ipv4>[^/?#\\@:\[]*))(?::(?P<port>[0-9]*))?(?:[/?#\\].*)?"
)
_PART = re.compile(r"0[xX](?P<hex>[0-9a-fA-F]*)|0(?P<octal>[0-7]+)|(?P<decimal>0|[1-9][0-9]*)")
_BASES = {"hex": 16, "octal": 8, "decimal": 10}


class SocketAddress(NodeNames):
    """An IP address and a port.

    Options (keywords, or one mapping):
        address: the IP address ("127.0.0.1", or "::" with the family "ipv6").
        family: "ipv4" or "ipv6" ("ipv4").
        port: 0 to 65535 (0).
        flowlabel: for IPv6 only (0).

    Raises ERR_INVALID_ADDRESS where the address is none of the family, ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE,
    ERR_OUT_OF_RANGE, ERR_SOCKET_BAD_PORT.

    Node: net.SocketAddress
    """

    __slots__ = ("_address", "_family", "_flowlabel", "_port")

    def __init__(self, options: Mapping[str, Any] | None = None, /, **keywords: Any) -> None:
        if options is not None and not isinstance(options, Mapping):
            raise ERR_INVALID_ARG_TYPE("options", "of type object", options)
        given = normalized(_OPTIONS, options, keywords, "SocketAddress")
        self._family = _checked_family(given.get("family", "ipv4"))
        address = checked_string(given.get("address", _ANY[self._family]), "options.address")
        self._port = checked_port(given.get("port", 0), "options.port")
        label = checked_integer(given.get("flowlabel", 0), "options.flowlabel", 0, _LARGEST_UINT32)
        self._flowlabel = label if self._family == "ipv6" else 0
        self._address = _canonical(address, self._family)

    @property
    def address(self) -> str:
        """The IP address, in its canonical spelling. Node: socketAddress.address"""
        return self._address

    @property
    def family(self) -> str:
        """ "ipv4" or "ipv6". Node: socketAddress.family"""
        return self._family

    @property
    def port(self) -> int:
        """The port. Node: socketAddress.port"""
        return self._port

    @property
    def flowlabel(self) -> int:
        """The IPv6 flow label. Node: socketAddress.flowlabel"""
        return self._flowlabel

    def to_json(self) -> dict[str, Any]:
        """The four of them, as a dict."""
        return {"address": self._address, "port": self._port, "family": self._family, "flowlabel": self._flowlabel}

    toJSON = node_name(to_json)

    @staticmethod
    def is_socket_address(value: Any) -> bool:
        """Whether `value` is a SocketAddress. Node: SocketAddress.isSocketAddress"""
        return isinstance(value, SocketAddress)

    isSocketAddress = node_name(is_socket_address)

    @staticmethod
    def parse(text: str) -> SocketAddress | None:
        """The address that "123.1.2.3:1234" or "[1::1]:1234" is, with or without a port; None if it is none.

        Raises ERR_INVALID_ARG_TYPE. Node: SocketAddress.parse
        """
        match = _INPUT.fullmatch(checked_string(text, "input").rstrip())
        if match is None:
            return None
        ipv4, ipv6, port = match.group("ipv4", "ipv6", "port")
        try:
            if ipv6 is not None:
                return SocketAddress({"address": _without_zone(ipv6), "family": "ipv6", "port": int(port or 0)})
            return SocketAddress({"address": _ipv4_of(ipv4), "port": int(port or 0)})
        except NodeError:
            return None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SocketAddress) and self.to_json() == other.to_json()

    def __hash__(self) -> int:
        return hash((self._address, self._port))

    def __repr__(self) -> str:
        return f"SocketAddress {inspect(self.to_json())}"


def _checked_family(family: Any) -> str:
    lower = family.lower() if isinstance(family, str) else None
    if lower not in _FAMILIES:
        raise ERR_INVALID_ARG_VALUE("options.family", family)
    return lower


def _canonical(address: str, family: str) -> str:
    """As the system would write it, without a zone. Raises ERR_INVALID_ADDRESS."""
    try:
        packed = socket.inet_pton(_FAMILIES[family], address.partition("%")[0] if family == "ipv6" else address)
    except (OSError, ValueError):
        raise ERR_INVALID_ADDRESS from None
    return socket.inet_ntop(_FAMILIES[family], packed)


def _without_zone(address: str) -> str:
    """What a URL may have in brackets."""
    if "%" in address:
        raise ERR_INVALID_ADDRESS
    return address


def _ipv4_of(host: str) -> str:
    """An IPv4 address as URLs write it: 1 to 4 numbers, in base 8, 10 or 16; the last one fills what is left."""
    parts = host.split(".")
    if len(parts) > 1 and not parts[-1]:
        parts.pop()
    matches = [_PART.fullmatch(part) for part in parts]
    numbers = [
        int(match[match.lastgroup] or "0", _BASES[match.lastgroup]) for match in matches if match and match.lastgroup
    ]
    if len(numbers) < len(parts) or len(parts) > 4:
        raise ERR_INVALID_ADDRESS
    *first, last = numbers
    if any(number > 255 for number in first) or last >= 256 ** (4 - len(first)):
        raise ERR_INVALID_ADDRESS
    return socket.inet_ntoa(bytes(first) + last.to_bytes(4 - len(first), "big"))
