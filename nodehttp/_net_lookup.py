"""`Lookup`: the addresses that a name has, as far as one can connect to them.

The rules:

1. The system is asked in a thread, which keeps the loop alive. The option `lookup` is called instead if there is one;
   what keeps the loop alive meanwhile is its own affair.
2. One address is asked for, or all of them if several are to be tried; `lookup` is emitted for each.
3. The first answer counts; others are ignored.
4. `on_found(addresses)` gets those that are usable, each once, IPv6 and IPv4 alternating. If there is none, the owner
   is destroyed from a tick.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import zip_longest
from typing import Any, Protocol

from nodestream.errors import ERR_INVALID_ADDRESS_FAMILY, ERR_INVALID_IP_ADDRESS, inspect
from nodestream.loop import EventLoop

from ._net_addresses import FAMILY_OF, Address, addresses_of, is_ip, lookup_error
from ._net_connect_target import ConnectTarget


class LookupOwner(Protocol):
    """Who wants to know."""

    def emit(self, event: str, /, *args: Any) -> bool: ...

    def destroy(self, error: BaseException | None = None) -> Any: ...


class Lookup:
    """Looks one name up; `cancel()` ends it at any time."""

    __slots__ = ("_answered", "_cancelled", "_loop", "_on_found", "_owner", "_target")

    def __init__(
        self, loop: EventLoop, target: ConnectTarget, owner: LookupOwner, on_found: Callable[[list[Address]], object]
    ) -> None:
        self._loop = loop
        self._target = target
        self._owner = owner
        self._on_found = on_found
        self._answered = False
        self._cancelled = False

    def start(self) -> None:
        """Begin."""
        target = self._target
        if target.lookup is None:
            self._loop.run_in_thread(
                addresses_of, target.host, target.family, target.hints, done=self._system_answered, abandon=True
            )
            return
        options = {"family": target.family, "hints": target.hints}
        if target.tries_several:
            target.lookup(target.host, {**options, "all": True}, self._got_all)
        else:
            target.lookup(target.host, options, self._got_one)

    def cancel(self) -> None:
        """Nobody wants to know any more."""
        self._cancelled = True

    def _system_answered(self, error: BaseException | None, found: list[Address] | None) -> None:
        if error is not None or not found:
            error = lookup_error(error, self._target.host)
            found = [Address(None, None)]
        if self._target.tries_several:
            self._got_all(error, found)
        else:
            self._got_one(error, *found[0])

    def _got_one(self, error: BaseException | None, address: Any = None, family: Any = None) -> None:
        """The callback of a lookup for one address."""
        if self._is_repeated():
            return
        self._owner.emit("lookup", error, address, family, self._target.host)
        if not self._cancelled:
            self._conclude(error, [Address(address, family)])

    def _got_all(self, error: BaseException | None, found: Any = None, _family: object = None) -> None:
        """The callback of a lookup for all addresses."""
        if self._is_repeated() or self._cancelled:
            return
        addresses = [_as_address(entry) for entry in found or ()]
        if error is None and not addresses:
            error = lookup_error(None, self._target.host)
        if error is not None:
            addresses = [Address(None, None)]
        for each in addresses:
            self._owner.emit("lookup", error, each.address, each.family, self._target.host)
            if self._cancelled:
                return
        self._conclude(error, addresses)

    def _is_repeated(self) -> bool:
        before, self._answered = self._answered, True
        return before

    def _conclude(self, error: BaseException | None, addresses: list[Address]) -> None:
        usable = list(dict.fromkeys(filter(_is_usable, addresses)))
        if error is None and usable:
            self._on_found(_alternating(usable))
        else:
            self._loop.next_tick(self._fail, error if error is not None else self._why_unusable(addresses[0]))

    def _why_unusable(self, found: Address) -> BaseException:
        if not _is_address(found.address):
            return ERR_INVALID_IP_ADDRESS(_shown(found.address))
        return ERR_INVALID_ADDRESS_FAMILY(found.family, self._target.host, self._target.port)

    def _fail(self, error: BaseException) -> None:
        if not self._cancelled:
            self._owner.destroy(error)


def _is_address(value: Any) -> bool:
    return isinstance(value, str) and is_ip(value) != 0


def _is_usable(found: Address) -> bool:
    return _is_address(found.address) and found.family in FAMILY_OF


def _as_address(entry: Any) -> Address:
    """An entry of a list that a lookup gave: a mapping, or a pair. Anything else has no address."""
    if isinstance(entry, Mapping):
        return Address(entry.get("address"), entry.get("family"))
    if isinstance(entry, (tuple, list)) and len(entry) == 2:
        return Address(*entry)
    return Address(None, None)


def _shown(address: Any) -> Any:
    """As Node would put it into a message."""
    return address if isinstance(address, str) else inspect(address)


def _alternating(addresses: Sequence[Address]) -> list[Address]:
    """IPv4 and IPv6 in turns, beginning with the family of the first address."""
    first = [found for found in addresses if found.family == addresses[0].family]
    other = [found for found in addresses if found.family != addresses[0].family]
    return [found for pair in zip_longest(first, other) for found in pair if found is not None]
