"""`Event` and `CustomEvent`: what an event target dispatches.

Node: Event, CustomEvent
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from ._names import NodeNames, node_alias, node_name
from ._options import check_object, normalized
from ._symbol import Symbol
from .errors import ERR_EVENT_RECURSION, NodeTypeError, inspect

if TYPE_CHECKING:
    from ._event_target import EventTarget

_time_origin = time.perf_counter()


def event_type(value: Any) -> str:
    """The name that a value is as the type of an event: everything but a symbol is a string."""
    if isinstance(value, str):
        return value
    if isinstance(value, Symbol):
        raise NodeTypeError("Value is a Symbol and cannot be converted to a string.", "ERR_INVALID_ARG_TYPE")
    return "null" if value is None else inspect(value)


class Event(NodeNames):
    """Something that happened, as the listeners of an EventTarget are told of it.

    Args:
        name: the type of the event.

    Options (keywords, or one mapping, in either spelling):
        cancelable: whether `prevent_default()` has an effect (False).
        bubbles, composed: shown, and without effect, because targets have no parents (False).

    Raises ERR_INVALID_ARG_TYPE for options that are no mapping.

    Node: Event
    """

    NONE: ClassVar[int] = 0
    CAPTURING_PHASE: ClassVar[int] = 1
    AT_TARGET: ClassVar[int] = 2
    BUBBLING_PHASE: ClassVar[int] = 3

    _OPTIONS: ClassVar[tuple[str, ...]] = ("bubbles", "cancelable", "composed")

    def __init__(self, name: str, options: Mapping[str, Any] | None = None, /, **keywords: Any) -> None:
        check_object(options)
        given = normalized(self._OPTIONS, options, keywords, self.__class__.__name__)
        self._type = event_type(name)
        self._bubbles = bool(given.get("bubbles"))
        self._cancelable = bool(given.get("cancelable"))
        self._composed = bool(given.get("composed"))
        self._time_stamp = (time.perf_counter() - _time_origin) * 1000
        self._target: EventTarget | None = None
        self._is_dispatched = False
        self._is_canceled = False
        self._is_stopped = False  # for the listeners that are left
        self._does_not_propagate = False
        self._is_trusted = False
        self._listener_is_passive = False

    def __repr__(self) -> str:
        return f"<{self.__class__.__name__} {self._type!r}>"

    # --- being dispatched ---

    def _begin(self, target: EventTarget) -> None:
        if self._is_dispatched:
            raise ERR_EVENT_RECURSION(self._type)
        self._target = target
        self._is_dispatched = True

    def _end(self) -> None:
        self._is_dispatched = False
        self._listener_is_passive = False

    # --- what listeners can do ---

    def prevent_default(self) -> None:
        """Let `dispatch_event()` return False, if the event is cancelable and the listener not passive.

        Node: event.preventDefault
        """
        if self._cancelable and not self._listener_is_passive:
            self._is_canceled = True

    preventDefault = node_name(prevent_default)

    def stop_immediate_propagation(self) -> None:
        """Do not call the listeners that are left. Node: event.stopImmediatePropagation"""
        self._is_stopped = True
        self._does_not_propagate = True

    stopImmediatePropagation = node_name(stop_immediate_propagation)

    def stop_propagation(self) -> None:
        """Has no effect but on `cancel_bubble`: there is nowhere to propagate to. Node: event.stopPropagation"""
        self._does_not_propagate = True

    stopPropagation = node_name(stop_propagation)

    def init_event(self, name: str, bubbles: bool = False, cancelable: bool = False, /) -> None:
        """Change what the event is; without effect while it is dispatched. Node: event.initEvent"""
        if not self._is_dispatched:
            self._type = event_type(name)
            self._bubbles = bool(bubbles)
            self._cancelable = bool(cancelable)

    initEvent = node_name(init_event)

    def composed_path(self) -> list[EventTarget]:
        """The target, in a list, while the event is dispatched. Node: event.composedPath"""
        return [self._target] if self._is_dispatched and self._target is not None else []

    composedPath = node_name(composed_path)

    # --- what it is ---

    @property
    def type(self) -> str:
        """The name. Node: event.type"""
        return self._type

    @property
    def target(self) -> EventTarget | None:
        """The target that it was dispatched to last, or None. Node: event.target"""
        return self._target

    @property
    def current_target(self) -> EventTarget | None:
        """The target while the event is dispatched. Node: event.currentTarget"""
        return self._target if self._is_dispatched else None

    currentTarget: EventTarget | None = node_alias("current_target")

    @property
    def src_element(self) -> EventTarget | None:
        """The same as `target`. Node: event.srcElement"""
        return self._target

    srcElement: EventTarget | None = node_alias("src_element")

    @property
    def event_phase(self) -> int:
        """`Event.AT_TARGET` while the event is dispatched, else `Event.NONE`. Node: event.eventPhase"""
        return self.AT_TARGET if self._is_dispatched else self.NONE

    eventPhase: int = node_alias("event_phase")

    @property
    def cancelable(self) -> bool:
        """Whether `prevent_default()` has an effect. Node: event.cancelable"""
        return self._cancelable

    @property
    def default_prevented(self) -> bool:
        """Whether `prevent_default()` had an effect. Node: event.defaultPrevented"""
        return self._is_canceled

    defaultPrevented: bool = node_alias("default_prevented")

    @property
    def return_value(self) -> bool:
        """The opposite of `default_prevented`; setting it to False prevents the default. Node: event.returnValue"""
        return not self._is_canceled

    @return_value.setter
    def return_value(self, value: bool) -> None:
        if not value:
            self.prevent_default()

    returnValue: bool = node_alias("return_value")

    @property
    def cancel_bubble(self) -> bool:
        """Whether propagation was stopped; setting it to True stops it. Node: event.cancelBubble"""
        return self._does_not_propagate

    @cancel_bubble.setter
    def cancel_bubble(self, value: bool) -> None:
        if value:
            self.stop_propagation()

    cancelBubble: bool = node_alias("cancel_bubble")

    @property
    def bubbles(self) -> bool:
        """The option. Node: event.bubbles"""
        return self._bubbles

    @property
    def composed(self) -> bool:
        """The option. Node: event.composed"""
        return self._composed

    @property
    def time_stamp(self) -> float:
        """When it was made, in milliseconds since this library was loaded. Node: event.timeStamp"""
        return self._time_stamp

    timeStamp: float = node_alias("time_stamp")

    @property
    def is_trusted(self) -> bool:
        """Whether the library made the event: True for the `abort` of a signal. Node: event.isTrusted"""
        return self._is_trusted

    isTrusted: bool = node_alias("is_trusted")


class CustomEvent(Event):
    """An event that carries something.

    Options: those of Event; `detail`: what it carries.

    Node: CustomEvent
    """

    _OPTIONS = (*Event._OPTIONS, "detail")

    def __init__(self, name: str, options: Mapping[str, Any] | None = None, /, **keywords: Any) -> None:
        super().__init__(name, options, **keywords)
        self._detail = normalized(self._OPTIONS, options, keywords, self.__class__.__name__).get("detail")

    @property
    def detail(self) -> Any:
        """What it carries. Node: customEvent.detail"""
        return self._detail
