"""`EventTarget`: the web's emitter.

The listeners of one event are a chain. Dispatching goes along it as it is at the time: one that is removed meanwhile is
not called, and one that is added comes to its turn, unless the last is being called already.

What a listener raises does not concern the others, nor whoever dispatches: it is an `uncaughtException` of the loop.

Node: EventTarget
"""

from __future__ import annotations

import weakref
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

from ._arity import tolerant
from ._event import Event, event_type
from ._event_emitter import EventEmitter
from ._max_listeners import MaxListenersExceededWarning
from ._names import NodeNames, node_name
from ._options import normalized
from ._signals import check_signal, on_abort
from ._symbol import Symbol
from ._warnings import emit_warning
from .errors import ERR_INVALID_ARG_TYPE
from .loop import current_loop

LISTENER_OPTIONS = ("capture", "once", "passive", "signal")


class AddEventListenerArgumentTypeWarning(Warning):
    """None was given for a listener. `target` and `type` say where."""

    def __init__(self, target: EventTarget, event: str) -> None:
        super().__init__("addEventListener called with null which has no effect.")
        self.target = target
        self.type = event


class _Entry:
    """One listener in a chain.

    `resists` says that it is called though another one stopped the event.
    """

    __slots__ = ("__weakref__", "call", "capture", "listener", "next", "once", "passive", "removed", "resists", "stop")

    def __init__(self, listener: Any, options: Mapping[str, Any], *, resists: bool = False) -> None:
        self.listener = listener
        self.call = _caller(listener)
        self.capture = bool(options.get("capture"))
        self.once = bool(options.get("once"))
        self.passive = bool(options.get("passive"))
        self.resists = resists
        self.removed = False
        self.next: _Entry | None = None
        self.stop: Callable[[], None] | None = None  # stops listening to the signal that would remove it


def _caller(listener: Any) -> Callable[..., Any]:
    """What is called with the event: the listener, or the `handle_event` that the object has by then."""
    if callable(listener):
        return tolerant(listener)

    def handle(event: Event) -> Any:
        method = getattr(listener, "handle_event", None) or getattr(listener, "handleEvent", None)
        return None if method is None else method(event)

    return handle


class EventTarget(NodeNames):
    """Calls listeners when an event is dispatched to it. A subclass that has an `__init__` calls this one.

    A listener is a function, or an object with a method `handle_event`; it is given the Event.

    Node: EventTarget
    """

    def __init__(self) -> None:
        self._chains: dict[str, _Entry] = {}
        self._max_listeners = EventEmitter.default_max_listeners
        self._has_warned = False

    # --- adding and removing ---

    def add_event_listener(
        self, name: str, listener: Any, options: Mapping[str, Any] | bool | None = None, /, **keywords: Any
    ) -> None:
        """Call `listener` with each event of this name; one that is there already is not added again.

        Options (True alone is `capture`):
            once: call it the next time only (False).
            passive: its `prevent_default()` has no effect (False).
            capture: without effect, but listeners that differ in it are two (False).
            signal: an AbortSignal that removes it.

        Raises ERR_INVALID_ARG_TYPE. Node: eventTarget.addEventListener
        """
        name = event_type(name)
        given = _listener_options(options, keywords, "add_event_listener")
        if listener is None:
            emit_warning(AddEventListenerArgumentTypeWarning(self, name))
            return
        _check_listener(listener)
        signal = given.get("signal")
        check_signal(signal, "options.signal")
        entry = _Entry(listener, given)
        if self._find(name, listener, entry.capture) is not None or (signal is not None and signal.aborted):
            return
        self._append(name, entry)
        if signal is not None:
            entry.stop = on_abort(signal, _remover(self, name, entry))

    addEventListener = node_name(add_event_listener)

    def remove_event_listener(
        self, name: str, listener: Any, options: Mapping[str, Any] | bool | None = None, /, **keywords: Any
    ) -> None:
        """Do not call `listener` any more. `capture` is the one option that matters, and True alone is not it.

        Raises ERR_INVALID_ARG_TYPE. Node: eventTarget.removeEventListener
        """
        name = event_type(name)
        if listener is None:
            return
        _check_listener(listener)
        mapping = options if isinstance(options, Mapping) else None
        capture = _listener_options(mapping, keywords, "remove_event_listener").get("capture")
        entry = self._find(name, listener, bool(capture))
        if entry is not None:
            self._remove(name, entry)

    removeEventListener = node_name(remove_event_listener)

    def _entries(self, name: str) -> Iterator[_Entry]:
        entry = self._chains.get(name)
        while entry is not None:
            yield entry
            entry = entry.next

    def _find(self, name: str, listener: Any, capture: bool) -> _Entry | None:
        """A listener can be in a chain twice, once for each `capture`."""
        for entry in self._entries(name):
            if entry.capture == capture and (entry.listener is listener or entry.listener == listener):
                return entry
        return None

    def _append(self, name: str, entry: _Entry) -> None:
        there = list(self._entries(name))
        if there:
            there[-1].next = entry
        else:
            self._chains[name] = entry
        self._watch_number(name, len(there) + 1)
        self._listeners_changed(name)

    def _watch_number(self, name: str, count: int) -> None:
        maximum = self._max_listeners
        if count > maximum > 0 and not self._has_warned:
            self._has_warned = True
            emit_warning(MaxListenersExceededWarning.of_target(self, self._shown, name, count, maximum))

    def _remove(self, name: str, entry: _Entry) -> None:
        """Take it out of the chain; it goes on pointing to the next, for a dispatch that is at it."""
        if entry.removed:
            return
        entry.removed = True
        first = self._chains[name]
        if first is not entry:
            before = next(other for other in self._entries(name) if other.next is entry)
            before.next = entry.next
        elif entry.next is not None:
            self._chains[name] = entry.next
        else:
            del self._chains[name]
        if entry.stop is not None:
            entry.stop()
        self._listeners_changed(name)

    def _listeners_changed(self, name: str) -> None:
        """A listener was added or removed: for a subclass to know."""

    # --- for the library's own use ---

    def _listen(self, name: str, listener: Callable[..., Any], *, once: bool) -> Callable[[], None]:
        """Call `listener` whatever others do to the event. Returns a function that removes it."""
        entry = _Entry(listener, {"once": once}, resists=True)
        self._append(name, entry)
        return lambda: self._remove(name, entry)

    def _listeners_of(self, name: str) -> list[Any]:
        return [entry.listener for entry in self._entries(name)]

    @property
    def _shown(self) -> str:
        """How a warning shows the target."""
        return type(self).__name__

    # --- dispatching ---

    def dispatch_event(self, event: Event, /) -> bool:
        """Call the listeners of `event.type`. False if one of them prevented the default.

        Raises ERR_INVALID_ARG_TYPE for what is no Event, ERR_EVENT_RECURSION if it is being dispatched.

        Node: eventTarget.dispatchEvent
        """
        if not isinstance(event, Event):
            raise ERR_INVALID_ARG_TYPE("event", "an instance of Event", event)
        event._begin(self)
        try:
            entry = self._chains.get(event.type)
            while entry is not None:
                following = entry.next
                if not entry.removed and (entry.resists or not event._is_stopped):
                    self._call(entry, event)
                entry = following
        finally:
            event._end()
        return not event.default_prevented

    dispatchEvent = node_name(dispatch_event)

    def _call(self, entry: _Entry, event: Event) -> None:
        if entry.once:
            self._remove(event.type, entry)
        event._listener_is_passive = entry.passive
        try:
            result = entry.call(event)
        except Exception as error:
            _throw_later(error)
        else:
            if result is not None and isinstance(result, Awaitable):
                current_loop().spawn(result, lambda error, _value: None if error is None else _throw_later(error))


def _listener_options(
    options: Mapping[str, Any] | bool | None, keywords: Mapping[str, Any], where: str
) -> dict[str, Any]:
    if isinstance(options, bool):
        options = {"capture": options}
    elif options is not None and not isinstance(options, Mapping):
        raise ERR_INVALID_ARG_TYPE("options", "of type object", options)
    return normalized(LISTENER_OPTIONS, options, keywords, where)


def _check_listener(listener: Any) -> None:
    if isinstance(listener, (str, bytes, int, float, Symbol)):
        raise ERR_INVALID_ARG_TYPE("listener", "an instance of EventListener", listener)


def _remover(target: EventTarget, name: str, entry: _Entry) -> Callable[[], None]:
    """A function that removes `entry`. A signal that keeps it keeps neither the target nor the listener alive."""
    target_reference, entry_reference = weakref.ref(target), weakref.ref(entry)

    def remove() -> None:
        target, entry = target_reference(), entry_reference()
        if target is not None and entry is not None:
            target._remove(name, entry)

    return remove


def _throw_later(error: BaseException) -> None:
    current_loop().next_tick(_throw, error)


def _throw(error: BaseException) -> None:
    raise error


def event_handler(name: str) -> property:
    """A property that holds one listener of the event `name`: `signal.onabort`.

    Assigning another one puts it in the place of the first; None takes it away.
    """
    attribute = f"_on_{name}"

    def get(self: EventTarget) -> Any:
        handler = self.__dict__.get(attribute)
        return None if handler is None else handler.function

    def assign(self: EventTarget, function: Any) -> None:
        handler = self.__dict__.get(attribute)
        if function is None:
            if handler is not None:
                self.remove_event_listener(name, handler)
                del self.__dict__[attribute]
        elif handler is None:
            handler = self.__dict__[attribute] = _Handler(function)
            self.add_event_listener(name, handler)
        else:
            handler.function = function

    return property(get, assign, doc=f"The function that is called when it is: the listener of `{name}` by assignment.")


class _Handler:
    """The listener that stands in a chain for what was assigned."""

    __slots__ = ("function",)

    def __init__(self, function: Any) -> None:
        self.function = function

    def __call__(self, event: Event) -> Any:
        return tolerant(self.function)(event) if callable(self.function) else None
