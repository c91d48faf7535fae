"""Listeners of JavaScript are called with the emitter as `this`, wherever in the library they are added."""

from __future__ import annotations

from typing import Any

from compliance.node_suite.bridge._nothing import TELLING_OF_FAILURES
from compliance.node_suite.bridge._proxies import JSFunction
from nodestream._event_emitter import EventEmitter, Once


def bind_listeners() -> None:
    """From now on, in this process, every emitter tells JavaScript's functions who calls them."""
    add = EventEmitter._add

    def _add(self: EventEmitter, event: Any, listener: Any, *, prepend: bool) -> None:
        if isinstance(listener, JSFunction):
            listener = _listening(listener, self, event)
        elif isinstance(listener, Once) and isinstance(listener.listener, JSFunction):
            listener.listener = _listening(listener.listener, self, event)
        add(self, event, listener, prepend=prepend)

    EventEmitter._add = _add  # type: ignore[method-assign]


def _listening(listener: JSFunction, emitter: EventEmitter, event: Any) -> JSFunction:
    bound = listener.bound_to(emitter)
    return bound.told_of_failures() if event in TELLING_OF_FAILURES else bound
