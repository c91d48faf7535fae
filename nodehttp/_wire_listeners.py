"""Listeners that HTTP adds to a socket, and takes away again, several at a time.

Everybody can see them: they stand in the socket's table as if each had been given to `socket.on()`.

There is a short cut past `on()` and `remove_listener()`. It may be taken if nobody could tell: the methods are the
library's own, nobody listens to `newListener` or `removeListener`, and the listener takes any number of arguments, so
that it needs no wrapper. A socket with so many listeners that a warning may be due, or with so few that its table has
to be replaced, goes the long way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nodestream._readable import Readable

Pair = tuple[str, Callable[..., object]]

_ON = Readable.on
_REMOVE = Readable.remove_listener


def add_listeners(socket: Any, *pairs: Pair) -> None:
    """As `socket.on(event, listener)` for each of `pairs`."""
    if not _is_plain(socket):
        for event, listener in pairs:
            socket.on(event, listener)
        return
    table = socket._listeners
    most = socket.get_max_listeners()
    for event, listener in pairs:
        there = table.get(event, ())
        if len(there) >= most:
            socket.on(event, listener)
            continue
        table[event] = (*there, listener)
        if event == "data":
            socket._readable_state.data_listener_added()


def remove_listeners(socket: Any, *pairs: Pair) -> None:
    """As `socket.remove_listener(event, listener)` for each of `pairs`."""
    table = socket._listeners if _is_plain(socket) and not socket._warned else {}
    for event, listener in pairs:
        there = table.get(event, ())
        if not (there and there[-1] == listener and len(table) > 1):
            socket.remove_listener(event, listener)
            continue
        if len(there) == 1:
            del table[event]
        else:
            table[event] = there[:-1]
        if event == "data":
            socket._readable_state.data_listener_removed()


def _is_plain(socket: Any) -> bool:
    """Whether the short cut may be taken."""
    if getattr(socket.on, "__func__", None) is not _ON:
        return False
    if getattr(socket.remove_listener, "__func__", None) is not _REMOVE:
        return False
    table = socket._listeners
    return "newListener" not in table and "removeListener" not in table
