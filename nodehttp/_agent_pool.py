"""The sockets of an agent: which there are, who waits for one, and what is to be done next. No I/O and no events here.

The rules, for each *name* (a host, port and local address):

1. A request takes an idle socket if there is one; the one idle for the shortest time ("lifo") or for the longest.
2. Otherwise a new socket is opened, if there are fewer than `max_sockets` to this name and fewer than
   `max_total_sockets` in all. An idle socket to another name gives way.
3. Otherwise the request waits. Those that wait for one name are served in order.
4. A socket that is done with its request goes to the next one that waits for the same name; else it becomes idle, if
   there is room among `max_free_sockets` and nobody waits for its place; else it is closed.
5. When a socket is gone, the first request that waits and has room now gets a new one: the same name first.

Rules 2 and 4 are stricter than Node, which lets a request wait for as long as another name's idle socket lives, and
goes over `max_total_sockets` afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from ._options import Options

if TYPE_CHECKING:
    from nodestream._duplex import Duplex

    from ._client import ClientRequest

    Table = dict[str, list[Duplex]]


class PoolRules(Protocol):
    """What an agent was told; it may change at any time."""

    max_sockets: float
    max_total_sockets: float
    max_free_sockets: float
    scheduling: str


@dataclass(slots=True)
class Reuse:
    """Let the request use this idle socket."""

    socket: Duplex


@dataclass(frozen=True, slots=True)
class Open:
    """Open a socket for the request; close this idle one in exchange."""

    instead_of: Duplex | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing can be done for the request now."""


class Pool:
    """The tables, under the names that an agent shows them by."""

    __slots__ = ("_members", "_rules", "_wishes", "free_sockets", "requests", "sockets")

    def __init__(self, rules: PoolRules) -> None:
        self._rules = rules
        self._members: dict[Duplex, str] = {}
        self._wishes: dict[ClientRequest, Options] = {}
        self.requests: dict[str, list[ClientRequest]] = {}
        self.sockets: Table = {}
        self.free_sockets: Table = {}

    @property
    def total(self) -> int:
        """How many sockets there are, idle ones included."""
        return len(self._members)

    def __iter__(self) -> Iterator[Duplex]:
        for table in (self.free_sockets, self.sockets):
            for group in list(table.values()):
                yield from list(group)

    def is_idle(self, socket: Duplex) -> bool:
        """Whether the socket waits for a request."""
        return any(socket in group for group in self.free_sockets.values())

    # --- decisions ---

    def place(self, name: str, request: ClientRequest, options: Options) -> Reuse | Open | Wait:
        """A request needs a socket (rules 1 to 3)."""
        socket = self.reuse(name)
        if socket is not None:
            return Reuse(socket)
        if self._has_room(name):
            if self.total < self._rules.max_total_sockets:
                return Open()
            idle = self._longest_idle()
            if idle is not None:
                self.forget(idle)
                return Open(instead_of=idle)
        self.requests.setdefault(name, []).append(request)
        self._wishes[request] = options
        return Wait()

    def reuse(self, name: str) -> Duplex | None:
        """The idle socket that a request takes, which is busy from now on (rule 1)."""
        idle = self.free_sockets.get(name)
        while idle:
            socket = idle.pop(0 if self._rules.scheduling == "fifo" else -1)
            if not idle:
                del self.free_sockets[name]
            if not socket.destroyed:  # one that died, and has not been cleared away yet, is passed over
                self.sockets.setdefault(name, []).append(socket)
                return socket
        return None

    def next_waiting(self, name: str) -> ClientRequest | None:
        """The request that a socket to `name` can serve now; it waits no longer (rule 4)."""
        waiting = self.requests.get(name)
        if not waiting:
            return None
        request = waiting.pop(0)
        if not waiting:
            del self.requests[name]
        self._wishes.pop(request, None)
        return request

    def may_become_idle(self, name: str) -> bool:
        """Whether there is room for another idle socket to `name` (rule 4)."""
        rules, total = self._rules, len(self._members)
        most = rules.max_total_sockets
        if total >= most and (self._wishes or total > most):
            return False
        idle = len(self.free_sockets.get(name, ()))
        return idle < rules.max_free_sockets and idle + len(self.sockets.get(name, ())) <= rules.max_sockets

    def wanted_after(self, name: str) -> tuple[ClientRequest, Options] | None:
        """The waiting request to open a socket for, now that one to `name` is gone (rule 5). Asked once for each."""
        if self.total >= self._rules.max_total_sockets:
            return None
        for each in (name, *self.requests):
            if self._has_room(each):
                for request in self.requests.get(each, ()):
                    options = self._wishes.pop(request, None)
                    if options is not None:
                        return request, options
        return None

    # --- the tables change ---

    def add(self, name: str, socket: Duplex) -> None:
        """A socket was opened, and serves a request."""
        self._members[socket] = name
        self.sockets.setdefault(name, []).append(socket)

    def become_idle(self, name: str, socket: Duplex) -> None:
        """A socket has nothing to do."""
        _take(self.sockets, name, socket)
        self.free_sockets.setdefault(name, []).append(socket)

    def forget(self, socket: Duplex) -> None:
        """A socket is no longer the agent's. May be called again."""
        name = self._members.pop(socket, None)
        if name is not None:
            _take(self.sockets, name, socket)
            _take(self.free_sockets, name, socket)

    def withdraw(self, name: str, request: ClientRequest) -> None:
        """A request waits no longer. May be called again."""
        self._wishes.pop(request, None)
        _take(self.requests, name, request)

    # --- questions ---

    def _has_room(self, name: str) -> bool:
        return len(self.sockets.get(name, ())) < self._rules.max_sockets

    def _longest_idle(self) -> Duplex | None:
        return next((group[0] for group in self.free_sockets.values()), None)


def _take(table: dict[str, list[Any]], name: str, item: Any) -> None:
    group = table.get(name)
    if group is None:
        return
    try:
        group.remove(item)
    except ValueError:
        return
    if not group:
        del table[name]
