"""`BlockList`: addresses that nobody may connect to, or from.

The rules:

1. An IPv4 address and the IPv6 address that maps it (::ffff:1.2.3.4) are one address; so each is compared as the number
   of its IPv6 form.
2. A range compares with its bounds, and an IPv4 address cannot be compared with an IPv6 bound that maps none.
3. The newest rule comes first.

Node: net.BlockList
"""

from __future__ import annotations

import json
import re
import socket
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence
from typing import Any

from nodestream._names import NodeNames, node_name
from nodestream.errors import ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, NodeError

from ._net_checks import checked_integer, checked_string
from ._net_socket_address import SocketAddress

_BITS = {"ipv4": 32, "ipv6": 128}
_SHOWN = {"ipv4": "IPv4", "ipv6": "IPv6"}
_MAPPED = 0xFFFF << 32  # ::ffff:0.0.0.0

_RULE = re.compile(
    r"(?P<kind>Address|Range|Subnet): (?P<family>IPv4|IPv6) (?P<first>[0-9a-fA-F:.]+)"
    r"(?:-(?P<last>[0-9a-fA-F:.]+)|/(?P<prefix>[0-9]{1,3}))?"
)


def _number_of(address: SocketAddress) -> int:
    """Rule 1."""
    if address.family == "ipv4":
        return _MAPPED + int.from_bytes(socket.inet_pton(socket.AF_INET, address.address), "big")
    return int.from_bytes(socket.inet_pton(socket.AF_INET6, address.address), "big")


class _Bound:
    """An address that others are compared with (rule 2)."""

    __slots__ = ("family", "is_mapped", "number", "text")

    def __init__(self, address: SocketAddress) -> None:
        self.text = address.address
        self.family = address.family
        self.number = _number_of(address)
        self.is_mapped = self.number >> 32 == 0xFFFF

    def is_comparable(self, other: _Bound) -> bool:
        return self.family == other.family or (self.is_mapped and other.is_mapped)


class _Rule(ABC):
    """One rule, and how it is written."""

    @abstractmethod
    def matches(self, address: _Bound) -> bool: ...

    @abstractmethod
    def __str__(self) -> str: ...


class _Address(_Rule):
    def __init__(self, address: _Bound) -> None:
        self._address = address

    def matches(self, address: _Bound) -> bool:
        return address.number == self._address.number

    def __str__(self) -> str:
        return f"Address: {_SHOWN[self._address.family]} {self._address.text}"


class _Range(_Rule):
    def __init__(self, first: _Bound, last: _Bound) -> None:
        self._first = first
        self._last = last

    def matches(self, address: _Bound) -> bool:
        first, last = self._first, self._last
        if not (first.is_comparable(address) and last.is_comparable(address)):
            return False
        return first.number <= address.number <= last.number

    def __str__(self) -> str:
        return f"Range: {_SHOWN[self._first.family]} {self._first.text}-{self._last.text}"


class _Subnet(_Rule):
    def __init__(self, network: _Bound, prefix: int) -> None:
        self._network = network
        self._prefix = prefix
        self._free_bits = _BITS[network.family] - prefix

    def matches(self, address: _Bound) -> bool:
        return address.number >> self._free_bits == self._network.number >> self._free_bits

    def __str__(self) -> str:
        return f"Subnet: {_SHOWN[self._network.family]} {self._network.text}/{self._prefix}"


class BlockList(NodeNames):
    """IP addresses, ranges and subnets to keep away from; an option of servers and of connections.

    Each address is a string and its family ("ipv4" or "ipv6"), or a SocketAddress.

    Node: net.BlockList
    """

    def __init__(self) -> None:
        self._rules: deque[_Rule] = deque()

    def add_address(self, address: str | SocketAddress, family: str = "ipv4") -> None:
        """Block an address.

        Raises ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_INVALID_ADDRESS. Node: blockList.addAddress
        """
        self._add(_Address(_bound(address, "address", family)))

    addAddress = node_name(add_address)

    def add_range(self, start: str | SocketAddress, end: str | SocketAddress, family: str = "ipv4") -> None:
        """Block the addresses from `start` to `end`, both included.

        Raises what add_address does, and ERR_INVALID_ARG_VALUE if `end` comes before `start`. Node: blockList.addRange
        """
        first, last = _socket_address(start, "start", family), _socket_address(end, "end", family)
        low, high = _Bound(first), _Bound(last)
        if low.is_comparable(high) and low.number > high.number:
            raise ERR_INVALID_ARG_VALUE("start", first, "must come before end")
        self._add(_Range(low, high))

    addRange = node_name(add_range)

    def add_subnet(self, network: str | SocketAddress, prefix: int, family: str = "ipv4") -> None:
        """Block the addresses whose first `prefix` bits are those of `network`.

        Raises what add_address does, and ERR_OUT_OF_RANGE. Node: blockList.addSubnet
        """
        bound = _bound(network, "network", family)
        self._add(_Subnet(bound, checked_integer(prefix, "prefix", 0, _BITS[bound.family])))

    addSubnet = node_name(add_subnet)

    def _add(self, rule: _Rule) -> None:
        self._rules.appendleft(rule)

    def check(self, address: str | SocketAddress, family: str = "ipv4") -> bool:
        """Whether an address is blocked; what is no address is not.

        Raises ERR_INVALID_ARG_TYPE. Node: blockList.check
        """
        if not isinstance(address, SocketAddress):
            checked_string(address, "address")
            checked_string(family, "family")
            try:
                address = SocketAddress({"address": address, "family": family})
            except NodeError:
                return False
        bound = _Bound(address)
        return any(rule.matches(bound) for rule in self._rules)

    @property
    def rules(self) -> list[str]:
        """Every rule in words, the newest first. Node: blockList.rules"""
        return [str(rule) for rule in self._rules]

    def to_json(self) -> list[str]:
        """The same as `rules`. Node: blockList.toJSON"""
        return self.rules

    toJSON = node_name(to_json)

    def from_json(self, data: str | Sequence[str]) -> None:
        """Add rules as `rules` gives them: a sequence, or JSON of one. What is no rule is ignored.

        Raises ERR_INVALID_ARG_TYPE; what json.loads does; what the methods that add do. Node: blockList.fromJSON
        """
        given = json.loads(data) if isinstance(data, str) else data
        if not isinstance(given, (list, tuple)) or not all(isinstance(item, str) for item in given):
            raise ERR_INVALID_ARG_TYPE("data", "of type string or string[]", given)
        for item in given:
            self._add_written(item)

    fromJSON = node_name(from_json)

    def _add_written(self, text: str) -> None:
        match = _RULE.search(text)
        if match is None:
            return
        family = match["family"].lower()
        if match["kind"] == "Address":
            self.add_address(match["first"], family)
        elif match["kind"] == "Range" and match["last"] is not None:
            self.add_range(match["first"], match["last"], family)
        elif match["kind"] == "Subnet" and match["prefix"] is not None:
            self.add_subnet(match["first"], int(match["prefix"]), family)

    @staticmethod
    def is_block_list(value: Any) -> bool:
        """Whether `value` is a BlockList. Node: BlockList.isBlockList"""
        return isinstance(value, BlockList)

    isBlockList = node_name(is_block_list)

    def __repr__(self) -> str:
        return f"<BlockList {self.rules}>"


def _socket_address(address: Any, name: str, family: Any) -> SocketAddress:
    if isinstance(address, SocketAddress):
        return address
    checked_string(address, name)
    checked_string(family, "family")
    return SocketAddress({"address": address, "family": family})


def _bound(address: Any, name: str, family: Any) -> _Bound:
    return _Bound(_socket_address(address, name, family))


def checked_block_list(value: Any) -> BlockList | None:
    """The option of a socket or server; what is false is none. Raises ERR_INVALID_ARG_TYPE."""
    if not value:
        return None
    if not isinstance(value, BlockList):
        raise ERR_INVALID_ARG_TYPE("options.blockList", "an net.BlockList", value)
    return value
