"""What the module `nodestream.events` itself can do: two settings of all emitters, that may be read and assigned.

Node: events.captureRejections, events.defaultMaxListeners
"""

from __future__ import annotations

from ._event_emitter import EventEmitter, checked_capture
from ._live_module import LiveModule
from ._max_listeners import checked_maximum


class EventsModule(LiveModule):
    """A module with attributes that are looked up, and checked when they are assigned."""

    @property
    def capture_rejections(self) -> bool:
        """Whether emitters made from now on have the option of this name (False). Node: events.captureRejections"""
        return EventEmitter._captures_by_default

    @capture_rejections.setter
    def capture_rejections(self, value: bool) -> None:
        EventEmitter._captures_by_default = checked_capture("EventEmitter.captureRejections", value)

    captureRejections = capture_rejections

    @property
    def default_max_listeners(self) -> float:
        """How many listeners of one event are normal, where nothing else was said (10).

        The same as `EventEmitter.default_max_listeners`. Node: events.defaultMaxListeners
        """
        return EventEmitter.default_max_listeners

    @default_max_listeners.setter
    def default_max_listeners(self, n: float) -> None:
        EventEmitter.default_max_listeners = checked_maximum("defaultMaxListeners", n)

    defaultMaxListeners = default_max_listeners
