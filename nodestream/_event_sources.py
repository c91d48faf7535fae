"""Listening to whatever has events: an emitter, or an event target.

An emitter has `on` and `remove_listener`, an event target `add_event_listener` and `remove_event_listener`; what has
both is an emitter.

Node: events.once, events.on
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Listener = Callable[..., Any]


def is_emitter(source: Any) -> bool:
    """Whether it is listened to as emitters are."""
    return callable(getattr(source, "on", None))


def is_target(source: Any) -> bool:
    """Whether it is listened to as event targets are."""
    return not is_emitter(source) and callable(getattr(source, "add_event_listener", None))


def listen(source: Any, event: Any, listener: Listener) -> Callable[[], None]:
    """Call `listener` with each `event`. Returns a function that removes it."""
    if is_emitter(source):
        source.on(event, listener)
        return lambda: source.remove_listener(event, listener)
    source.add_event_listener(event, listener)
    return lambda: source.remove_event_listener(event, listener)


def listen_once(source: Any, event: Any, listener: Listener) -> Callable[[], None]:
    """Call `listener` with the next `event`. Returns a function that removes it."""
    if is_emitter(source):
        source.once(event, listener)
        return lambda: source.remove_listener(event, listener)
    return await_dispatch(source, event, listener)


def await_dispatch(target: Any, event: str, listener: Listener) -> Callable[[], None]:
    """Call `listener` with the next `event` of an event target, also if another listener stops the event.

    `target._listen` is how one of our own is asked for that; a target that lacks it is listened to as by anybody.

    Returns a function that removes it.
    """
    own = getattr(target, "_listen", None)
    if own is not None:
        stop: Callable[[], None] = own(event, listener, once=True)
        return stop
    target.add_event_listener(event, listener, {"once": True})
    return lambda: target.remove_event_listener(event, listener)
