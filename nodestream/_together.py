"""Listeners that the library adds to an emitter, and takes away again, several at a time.

Everybody can see them: they stand in the emitter's table as if each had been given to `on()`.

There is a short cut past `on()` and `remove_listener()`. It may be taken if nobody could tell: the methods are the
library's own, nobody listens to `newListener` or `removeListener`, and the listener takes any number of arguments, so
that it needs no wrapper. An emitter with so many listeners that a warning may be due, or with so few that its table has
to be replaced, goes the long way.
"""

from __future__ import annotations

from collections.abc import Callable
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
    return (
        adds_plainly(emitter)
        and getattr(emitter.remove_listener, "__func__", None) is emitter._plain_methods[1]
        and "removeListener" not in emitter._listeners
        and getattr(emitter.once, "__func__", None) is EventEmitter.once
        and getattr(emitter.prepend_listener, "__func__", None) is EventEmitter.prepend_listener
    )


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
    """As `emitter.remove_listener(event, listener)` for each of `pairs`."""
    if not removes_plainly(emitter):
        for event, listener in pairs:
            emitter.remove_listener(event, listener)
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
        else:
            emitter.remove_listener(event, listener)
            table = emitter._listeners
