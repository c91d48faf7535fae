"""Node's `events`: emitters, the web's event targets, and functions that work on both.

The settings of the module, `capture_rejections` and `default_max_listeners`, may be read and assigned.

Node: node:events; EventTarget, Event, CustomEvent
"""

from __future__ import annotations

from typing import Any

from ._abort_listener import add_abort_listener as add_abort_listener
from ._event import CustomEvent as CustomEvent
from ._event import Event as Event
from ._event_emitter import EventEmitter as EventEmitter
from ._event_emitter import EventName as EventName
from ._event_emitter import Listener as Listener
from ._event_target import EventTarget as EventTarget
from ._events_async_resource import EventEmitterAsyncResource as EventEmitterAsyncResource
from ._events_module import EventsModule as _EventsModule
from ._events_on import on as on
from ._events_once import once as once
from ._max_listeners import MaxListenersExceededWarning as MaxListenersExceededWarning
from ._max_listeners import checked_maximum as _checked_maximum
from ._symbol import Symbol as Symbol
from ._symbol import capture_rejection_symbol as capture_rejection_symbol
from ._symbol import error_monitor as error_monitor
from .errors import ERR_INVALID_ARG_TYPE

__all__ = [
    "CustomEvent",
    "Event",
    "EventEmitter",
    "EventEmitterAsyncResource",
    "EventTarget",
    "MaxListenersExceededWarning",
    "Symbol",
    "addAbortListener",
    "add_abort_listener",
    "captureRejectionSymbol",
    "captureRejections",
    "capture_rejection_symbol",
    "capture_rejections",
    "defaultMaxListeners",
    "default_max_listeners",
    "errorMonitor",
    "error_monitor",
    "getEventListeners",
    "getMaxListeners",
    "get_event_listeners",
    "get_max_listeners",
    "listenerCount",
    "listener_count",
    "on",
    "once",
    "setMaxListeners",
    "set_max_listeners",
]

capture_rejections: bool
captureRejections: bool
default_max_listeners: float
defaultMaxListeners: float

EITHER = "an instance of EventEmitter or EventTarget"


def get_event_listeners(source: Any, event: Any) -> list[Any]:
    """The listeners of `event` of an emitter or event target, as they were given.

    Raises ERR_INVALID_ARG_TYPE. Node: events.getEventListeners
    """
    if callable(getattr(source, "listeners", None)):
        return list(source.listeners(event))
    return _target(source)._listeners_of(event)


def listener_count(source: Any, event: Any) -> int:
    """How many listeners `event` of an emitter or event target has.

    Raises ERR_INVALID_ARG_TYPE. Node: events.listenerCount
    """
    if callable(getattr(source, "listener_count", None)):
        return int(source.listener_count(event))
    return len(_target(source)._listeners_of(event))


def get_max_listeners(source: Any) -> float:
    """How many listeners of one event are normal for an emitter or event target.

    Raises ERR_INVALID_ARG_TYPE. Node: events.getMaxListeners
    """
    if callable(getattr(source, "get_max_listeners", None)):
        maximum: float = source.get_max_listeners()
        return maximum
    return _target(source)._max_listeners


def set_max_listeners(n: float = 10, *sources: Any) -> None:
    """Set the maximum of each of the emitters and event targets given; with none given, the default of all.

    Raises ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE. Node: events.setMaxListeners
    """
    n = _checked_maximum("setMaxListeners", n)
    if not sources:
        EventEmitter.default_max_listeners = n
    for source in sources:
        if callable(getattr(source, "set_max_listeners", None)):
            source.set_max_listeners(n)
        else:
            _target(source, "eventTargets")._max_listeners = n


def _target(source: Any, name: str = "emitter") -> EventTarget:
    if not isinstance(source, EventTarget):
        raise ERR_INVALID_ARG_TYPE(name, EITHER, source)
    return source


addAbortListener = add_abort_listener
captureRejectionSymbol = capture_rejection_symbol
errorMonitor = error_monitor
getEventListeners = get_event_listeners
getMaxListeners = get_max_listeners
listenerCount = listener_count
setMaxListeners = set_max_listeners

_EventsModule.take_over(__name__)
