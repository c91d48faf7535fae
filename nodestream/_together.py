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


def is_plain(emitter: Any) -> bool:
    """Whether the short cut may be taken."""
    plain = getattr(emitter, "_plain_methods", None)
    if plain is None or getattr(emitter.on, "__func__", None) is not plain[0]:
        return False
    if getattr(emitter.remove_listener, "__func__", None) is not plain[1]:
        return False
    table = emitter._listeners
    return "newListener" not in table and "removeListener" not in table


def is_plain_in_all(emitter: Any) -> bool:
    """Whether it may be taken past `once()` and `prepend_listener()` too."""
    return (
        is_plain(emitter)
        and getattr(emitter.once, "__func__", None) is EventEmitter.once
        and getattr(emitter.prepend_listener, "__func__", None) is EventEmitter.prepend_listener
    )


def add_listeners(emitter: Any, *pairs: Pair) -> None:
    """As `emitter.on(event, listener)` for each of `pairs`. `data` is an event of a Readable only."""
    if not is_plain(emitter):
        for event, listener in pairs:
            emitter.on(event, listener)
        return
    table = emitter._listeners
    most = emitter.get_max_listeners()
    for event, listener in pairs:
        there = table.get(event, ())
        if len(there) >= most:
            emitter.on(event, listener)
            continue
        table[event] = (*there, listener)
        if event == "data":
            emitter._readable_state.data_listener_added()


def remove_listeners(emitter: Any, *pairs: Pair) -> None:
    """As `emitter.remove_listener(event, listener)` for each of `pairs`."""
    is_short = is_plain(emitter) and not emitter._warned
    for event, listener in pairs:
        table = emitter._listeners if is_short else {}
        there = table.get(event)
        if is_short and there is None and event != "data":
            continue
        if there is None or len(table) == 1 or not _is(there[-1], listener):
            emitter.remove_listener(event, listener)
            continue
        if len(there) == 1:
            del table[event]
        else:
            table[event] = there[:-1]
        if event == "data":
            emitter._readable_state.data_listener_removed()


def _is(found: Any, listener: Callable[..., object]) -> bool:
    """Whether it is the listener, or what `once` made of it."""
    return bool(found == listener or (type(found) is Once and found.listener == listener))
