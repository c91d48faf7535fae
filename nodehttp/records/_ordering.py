"""The order in which results leave: as they come, or in that of the records they are results of.

Each piece of work opens a *slot* when its record is taken, adds results to it, and closes it. In order, only the first
slot writes; what is added to one behind it is held, and who has added it waits, while more than `buffer_size` slots and
results are held.
"""

from __future__ import annotations

from collections import deque
from typing import Any, Protocol

from nodestream.loop import Promise

from ._outlet import Outlet


class Slot(Protocol):
    """Where the results of some work go."""

    @property
    def is_full(self) -> bool:
        """Whether `room` would wait."""
        ...

    def add(self, records: list[Any]) -> None:
        """These are results; at least one."""
        ...

    def close(self) -> None:
        """There are no more."""

    async def room(self) -> None:
        """Wait until there is room for more."""


class Order(Protocol):
    """Which slots there are."""

    @property
    def is_full(self) -> bool:
        """Whether no record may be taken now."""
        ...

    async def room(self) -> None:
        """Wait until one may."""

    def open(self) -> Slot:
        """The slot after those that were opened before."""
        ...


class AsTheyCome:
    """Both an order, and each of its slots."""

    __slots__ = ("_outlet", "add", "room")

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet
        self.add = outlet.add
        self.room = outlet.room

    @property
    def is_full(self) -> bool:
        """See Slot and Order."""
        return self._outlet.is_full

    def open(self) -> AsTheyCome:
        """See Order."""
        return self

    def close(self) -> None:
        """See Slot."""


class InOrder:
    """The slots that are not done, in order.

    Attributes:
        outlet: where they write to.
        held: how many slots and results there are.
        slots: the slots.
    """

    __slots__ = ("_change", "_most", "held", "outlet", "slots")

    def __init__(self, outlet: Outlet, most: int) -> None:
        self.outlet = outlet
        self.held = 0
        self.slots: deque[_OrderedSlot] = deque()
        self._most = most
        self._change: Promise[None] | None = None

    @property
    def holds_much(self) -> bool:
        """Whether only the first slot may go on."""
        return self.held > self._most

    @property
    def is_full(self) -> bool:
        """See Order."""
        return self.holds_much or self.outlet.is_full

    async def room(self) -> None:
        """See Order."""
        while self.holds_much:
            await self.changed()
        await self.outlet.room()

    def open(self) -> _OrderedSlot:
        """See Order."""
        slot = _OrderedSlot(self)
        self.slots.append(slot)
        self.held += 1
        return slot

    def advance(self) -> None:
        """The first slot has closed: write what those behind it hold."""
        slots = self.slots
        while slots and slots[0].is_closed:
            slots.popleft()
            self.held -= 1
            if slots:
                slots[0].write_held()
        change, self._change = self._change, None
        if change is not None:
            change.resolve(None)

    async def changed(self) -> None:
        """Wait until another slot is the first one."""
        if self._change is None:
            self._change = Promise()
        await self._change


class _OrderedSlot:
    __slots__ = ("_order", "_results", "is_closed")

    def __init__(self, order: InOrder) -> None:
        self._order = order
        self._results: list[Any] = []
        self.is_closed = False

    @property
    def _is_first(self) -> bool:
        return self._order.slots[0] is self

    @property
    def _must_wait(self) -> bool:
        return self._order.holds_much and not self._is_first

    @property
    def is_full(self) -> bool:
        return self._must_wait or self._order.outlet.is_full

    def add(self, records: list[Any]) -> None:
        if self._is_first:
            self._order.outlet.add(records)
        else:
            self._results += records
            self._order.held += len(records)

    def write_held(self) -> None:
        """It has become the first."""
        results, self._results = self._results, []
        if results:
            self._order.held -= len(results)
            self._order.outlet.add(results)

    def close(self) -> None:
        self.is_closed = True
        if self._order.slots[0] is self:
            self._order.advance()

    async def room(self) -> None:
        while self._must_wait:
            await self._order.changed()
        await self._order.outlet.room()
