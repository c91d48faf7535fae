"""Listeners that the library adds to an emitter, and takes away again, several at a time.

Everybody can see them: they stand in the emitter's table as if each had been given to `on()`.

There is a short cut past `on()` and `remove_listener()`. It may be taken if nobody could tell: the methods are the
library's own, nobody listens to `newListener` or `removeListener`, and the listener takes any number of arguments, so
that it needs no wrapper. An emitter with so many listeners that a warning may be due, or with so few that its table has
to be replaced, goes the long way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ._event_emitter import EventEmitter, Once

Pair = tuple[str, Callable[..., object]]


def adds_plainly(emitter: Any) -> bool:
    """Whether the short cut past `on()` may be taken."""
    try:
        return emitter.on.__func__ is emitter._plain_methods[0] and "newListener" not in emitter._listeners
    except AttributeError:
        return False


def removes_plainly(emitter: Any) -> bool:
    """Whether the short cut past `remove_listener()` may be taken."""
    try:
        return (
            emitter.remove_listener.__func__ is emitter._plain_methods[1]
            and "removeListener" not in emitter._listeners
            and not emitter._warned
        )
    except AttributeError:
        return False


def is_plain_in_all(emitter: Any) -> bool:
    """Whether both may be taken, and one past `once()` and `prepend_listener()` too."""
    try:
        table = emitter._listeners
        return (
            (emitter.on.__func__, emitter.remove_listener.__func__) == emitter._plain_methods
            and "newListener" not in table
            and "removeListener" not in table
            and emitter.once.__func__ is EventEmitter.once
            and emitter.prepend_listener.__func__ is EventEmitter.prepend_listener
        )
    except AttributeError:
        return False


def add_listener(emitter: Any, event: str, listener: Callable[..., object]) -> None:
    """As `add_listeners` for one, which is not for `data`."""
    try:
        table = emitter._listeners
        if emitter.on.__func__ is emitter._plain_methods[0] and "newListener" not in table:
            there = table.get(event)
            if there is None:
                table[event] = (listener,)
                return
            if len(there) < emitter.get_max_listeners():
                table[event] = (*there, listener)
                return
    except AttributeError:
        pass
    emitter.on(event, listener)


def remove_listener(emitter: Any, event: str, listener: Callable[..., object]) -> None:
    """As `remove_listeners` for one, which is not for `data`, and most of the time the only one."""
    try:
        table = emitter._listeners
        if (
            table.get(event) == (listener,)
            and len(table) > 1
            and emitter.remove_listener.__func__ is emitter._plain_methods[1]
            and "removeListener" not in table
            and not emitter._warned
        ):
            del table[event]
            return
    except AttributeError:
        pass
    emitter.remove_listener(event, _given(listener))


def add_listeners(emitter: Any, *pairs: Pair) -> None:
    """As `emitter.on(event, listener)` for each of `pairs`. `data` is an event of a Readable only."""
    if not adds_plainly(emitter):
        for event, listener in pairs:
            emitter.on(event, listener)
        return
    table = emitter._listeners
    for event, listener in pairs:
        if event not in table:
            table[event] = (listener,)
        elif len(table[event]) < emitter.get_max_listeners():
            table[event] = (*table[event], listener)
        else:
            emitter.on(event, listener)
            continue
        if event == "data":
            emitter._data_listener_added()


def remove_listeners(emitter: Any, *pairs: Pair) -> None:
    """As `emitter.remove_listener(event, listener)` for each of `pairs`.

    In place of a listener there may be the `Once` that it was added in.
    """
    if not removes_plainly(emitter):
        for event, listener in pairs:
            emitter.remove_listener(event, _given(listener))
        return
    table = emitter._listeners
    for event, listener in pairs:
        there = table.get(event)
        if there is None:
            if event == "data":
                emitter.remove_listener(event, listener)
            continue
        last = there[-1]
        if len(table) > 1 and (last == listener or (type(last) is Once and last.listener == listener)):
            if len(there) == 1:
                del table[event]
            else:
                table[event] = there[:-1]
            if event == "data":
                emitter._readable_state.data_listener_removed()
        elif type(listener) is not Once or listener in there:
            emitter.remove_listener(event, _given(listener))
            table = emitter._listeners


def _given(listener: Callable[..., object]) -> Callable[..., object]:
    """What is to be removed, in the words of those who watch."""
    return listener.listener if type(listener) is Once else listener


class Change:
    """Listeners that come to emitters, or go from them, together, again and again.

    What came of it is kept. As long as the events concerned have the listeners that they had then, and the short cut
    may be taken, the same comes of it again.
    """

    __slots__ = ("_add", "_after", "_before", "_concerns_data", "_events", "_gone", "_most", "_remove")

    def __init__(self, *, add: Sequence[Pair] = (), remove: Sequence[Pair] = ()) -> None:
        """`add`: as for `add_listeners`; or `remove`: as for `remove_listeners`. `data`, if it is there, is first."""
        self._add = add
        self._remove = remove
        self._concerns_data = (add or remove)[0][0] == "data"
        # Whoever listens to the last two must be told.
        self._events = (*(event for event, _ in add or remove), "newListener", "removeListener")
        self._before: list[Any] | None = None  # what the events had: None for those without listeners
        self._after: dict[str, Any] = {}
        self._gone: list[str] = []
        self._most = 0  # listeners that an event has afterwards

    def make(self, emitter: Any) -> None:
        """Do it."""
        try:
            table = emitter._listeners
            is_known = (
                [*map(table.get, self._events)] == self._before
                and (emitter.on.__func__, emitter.remove_listener.__func__) == emitter._plain_methods
                and not emitter._warned
                and len(table) > len(self._gone)
                and (self._most < 2 or self._most <= emitter.get_max_listeners())
            )
        except AttributeError:
            is_known = False
        if not is_known:
            self._make_anew(emitter)
            return
        table.update(self._after)
        for event in self._gone:
            del table[event]
        if self._concerns_data:
            if self._add:
                emitter._data_listener_added()
            else:
                emitter._readable_state.data_listener_removed()

    def _make_anew(self, emitter: Any) -> None:
        before = [*map(emitter._listeners.get, self._events)] if is_plain_in_all(emitter) else None
        if self._add:
            add_listeners(emitter, *self._add)
        else:
            remove_listeners(emitter, *self._remove)
        self._before = before
        if before is not None:
            table = emitter._listeners
            self._after = {event: table[event] for event in self._events if event in table}
            self._gone = [event for event, had in zip(self._events, before, strict=True) if had and event not in table]
            self._most = max(map(len, self._after.values())) if self._add else 0
