"""`EventEmitter`, with Node's semantics, as a `pyee.EventEmitter`.

What differs from pyee is what Node does: a function added twice is called twice, listeners can be put in front, their
number is watched, `on(event, listener)` returns the emitter (the decorator form `@emitter.on(event)` returns the
function), and the events about listeners are called `newListener` and `removeListener`.

A listener may take fewer arguments than the event has, as in JavaScript.

The listeners of one event are kept in a tuple that is replaced, never changed. So a listener that is added or removed
while the event is emitted changes the next emit, not this one, and emitting copies nothing. The table of all events is
replaced when its last listener goes: an emit that has begun still looks into the one it found, as in Node.

Node: events.EventEmitter
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ClassVar, TypeVar, overload

import pyee

from ._arity import Fewer, positional_limit, tolerant
from ._max_listeners import MaxListenersExceededWarning, checked_maximum
from ._names import NodeNames, node_alias, node_name
from ._symbol import Symbol, error_monitor
from ._warnings import emit_warning
from .errors import ERR_INVALID_ARG_TYPE, ERR_UNHANDLED_ERROR
from .loop import current_loop

Listener = Callable[..., Any]
MOST_ARGUMENTS = 3
"""A listener that takes at least so many arguments is called as it is; events with more are for those who know."""
L = TypeVar("L", bound=Listener)
E = TypeVar("E", bound="EventEmitter")

EventName = str | Symbol
NOT_GIVEN: Any = object()
"""What a listener is that was left out: then `on` and `once` are decorators."""


class Once:
    """The wrapper around a listener that `once` added: removes itself, then calls the listener."""

    __slots__ = ("emitter", "event", "fired", "listener")

    def __init__(self, emitter: EventEmitter, event: EventName, listener: Listener) -> None:
        self.emitter = emitter
        self.event = event
        self.listener = listener
        self.fired = False

    def __call__(self, *args: Any) -> Any:
        if self.fired:
            return None
        self.fired = True
        self.emitter.remove_listener(self.event, self)
        return self.listener(*args[: positional_limit(self.listener)]) if args else self.listener()


class _Emptying:
    """An event whose listeners `remove_all_listeners` takes away one by one. See `_remove_one_by_one`."""

    __slots__ = ("event", "places")

    def __init__(self, event: EventName) -> None:
        self.event = event
        self.places: tuple[Listener, ...] | None = None
        """What is left to go through, if that is no longer what the table holds."""


def _unwrapped(listener: Listener) -> Listener:
    """The function that was given."""
    return listener.listener if isinstance(listener, (Once, Fewer)) else listener


def _raw(listener: Listener) -> Listener:
    """The function that was given, or the wrapper of `once`."""
    return listener.listener if isinstance(listener, Fewer) else listener


def _stored(event: EventName, listener: Listener) -> Listener:
    """The listener as the table holds it: one that takes few arguments is wrapped. `data` never has more than one."""
    return listener if type(listener) is Once else tolerant(listener, 1 if event == "data" else MOST_ARGUMENTS)


class EventEmitter(NodeNames, pyee.EventEmitter):
    """Calls functions, in the order in which they were added, when something happens.

    Options:
        capture_rejections: whether the failure of an async listener goes to `error` (or to `capture_rejection`, if the
            class defines it) rather than to `unhandledRejection`.

    Events: `newListener(event, listener)` before one is added, `removeListener(event, listener)` after one was removed.
    `error` with no listener raises its argument.

    A listener may be `async def`: it runs as a task of the loop.

    Node: events.EventEmitter
    """

    default_max_listeners: float = 10
    defaultMaxListeners: float = node_alias("default_max_listeners")

    # Defaults on the class keep an emitter that nobody listens to small, and let a subclass skip __init__'s work.
    _listeners: dict[EventName, tuple[Listener, ...]]
    _max_listeners: float | None = None
    _capture_rejections: bool = False
    _warned: frozenset[EventName] = frozenset()

    _emptying: tuple[_Emptying, ...] = ()

    _captures_by_default: ClassVar[bool] = False
    """What `events.capture_rejections` is."""

    _event_order: ClassVar[tuple[EventName, ...]] = ()
    """Events that `event_names()` begins with, in this order, if they have listeners."""

    def __init__(self, options: Mapping[str, Any] | None = None, *, capture_rejections: bool | None = None) -> None:
        # pyee's own table and lock are not made: nothing of pyee's that would use them is left.
        self._listeners = {}
        if options is not None and capture_rejections is None and isinstance(options, Mapping):
            capture_rejections = options.get("capture_rejections", options.get("captureRejections"))
        if capture_rejections is not None and capture_rejections is not False:
            self._capture_rejections = checked_capture("options.captureRejections", capture_rejections)
        elif EventEmitter._captures_by_default:  # also if it was False: as in Node, that says nothing
            self._capture_rejections = True

    def __getstate__(self) -> Mapping[str, Any]:
        return {**self.__dict__, "_listeners": dict(self._listeners)}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self.__dict__.update(state)

    # --- adding ---

    @overload  # type: ignore[override]
    def add_listener(self: E, event: EventName, listener: Listener, /) -> E: ...
    @overload
    def add_listener(self, event: EventName, /) -> Callable[[L], L]: ...

    def add_listener(self, event: EventName, listener: Listener = NOT_GIVEN, /) -> Any:
        """Call `listener` each time `event` is emitted. Returns the emitter; without `listener`, a decorator.

        Node: emitter.addListener, emitter.on
        """
        if listener is NOT_GIVEN:
            return self.listens_to(event)
        self._add(event, listener, prepend=False)
        return self

    addListener = node_name(add_listener)
    on = add_listener  # type: ignore[assignment]

    def listens_to(self, event: EventName, /) -> Callable[[L], L]:
        """A decorator that adds the function. pyee: EventEmitter.listens_to"""

        def decorate(listener: L) -> L:
            self.on(event, listener)
            return listener

        return decorate

    @overload  # type: ignore[override]
    def once(self: E, event: EventName, listener: Listener, /) -> E: ...
    @overload
    def once(self, event: EventName, /) -> Callable[[L], L]: ...

    def once(self, event: EventName, listener: Listener = NOT_GIVEN, /) -> Any:
        """Call `listener` the next time `event` is emitted, and never again. Node: emitter.once"""
        if listener is NOT_GIVEN:

            def decorate(function: L) -> L:
                self.once(event, function)
                return function

            return decorate
        if not callable(listener):
            _check_listener(listener)
        self.on(event, Once(self, event, listener))
        return self

    def prepend_listener(self: E, event: EventName, listener: Listener, /) -> E:
        """As `on`, but in front of the listeners there are. Node: emitter.prependListener"""
        self._add(event, listener, prepend=True)
        return self

    prependListener = node_name(prepend_listener)

    def prepend_once_listener(self: E, event: EventName, listener: Listener, /) -> E:
        """As `once`, but in front of the listeners there are. Node: emitter.prependOnceListener"""
        _check_listener(listener)
        self.prepend_listener(event, Once(self, event, listener))
        return self

    prependOnceListener = node_name(prepend_once_listener)

    def _add(self, event: EventName, listener: Listener, *, prepend: bool) -> None:
        if not callable(listener):
            _check_listener(listener)
        table = self._listeners
        if "newListener" in table:
            self.emit("newListener", event, _unwrapped(listener))
            table = self._listeners
        listener = _stored(event, listener)
        there = table.get(event)
        if not there:
            table[event] = (listener,)
            return
        table[event] = (listener, *there) if prepend else (*there, listener)
        self._watch_number(event, len(there) + 1)

    def _watch_number(self, event: EventName, count: int) -> None:
        maximum = self.get_max_listeners()
        if 0 < maximum < count and event not in self._warned:
            self._warned |= {event}
            emit_warning(MaxListenersExceededWarning.of_emitter(self, event, count, maximum))

    # --- removing ---

    def remove_listener(self: E, event: EventName, listener: Listener, /) -> E:  # type: ignore[override]
        """Take away the listener that was added last among those equal to `listener`.

        Node: emitter.removeListener, emitter.off
        """
        table = self._listeners
        there = table.get(event)
        if not there:
            if not callable(listener):
                _check_listener(listener)
            return self
        if len(there) == 1 and not self._warned and "removeListener" not in table:
            # The usual case: there is one, and nobody to tell. The loop comes to the same.
            found = there[0]
            if found is listener or found == listener or (type(found) is Once and found.listener == listener):
                if len(table) == 1:
                    self._listeners = {}
                else:
                    del table[event]
                return self
        _check_listener(listener)
        for index in range(len(there) - 1, -1, -1):
            found = there[index]
            if found is listener or found == listener or _unwrapped(found) == listener:
                self._replace(event, there[:index] + there[index + 1 :])
                if "removeListener" in self._listeners:
                    # As in Node: the function itself if it was the only listener, else what was asked for.
                    self.emit("removeListener", event, _unwrapped(found) if len(there) == 1 else _raw(listener))
                break
        return self

    removeListener = node_name(remove_listener)
    off = remove_listener

    _plain_methods: ClassVar[tuple[Callable[..., Any], Callable[..., Any]]] = (add_listener, remove_listener)
    """The library's own way to add and to remove; whoever overrides either has another one. See `_together.py`."""

    def remove_all_listeners(self: E, event: EventName | None = None, /) -> E:  # type: ignore[override]
        """Take away all listeners, or all of one event. Node: emitter.removeAllListeners"""
        table = self._listeners
        if "removeListener" not in table:
            if event is None:
                for each in self._emptying:
                    self._leave_places(each.event, table.get(each.event, ()))
                self._listeners = {}
                self._warned = frozenset()
            else:
                self._replace(event, ())
        elif event is None:
            for name in self.event_names():
                if name != "removeListener":
                    self.remove_all_listeners(name)
            self.remove_all_listeners("removeListener")
            self._listeners = {}
        else:
            self._remove_one_by_one(event)
        return self

    removeAllListeners = node_name(remove_all_listeners)

    def _remove_one_by_one(self, event: EventName) -> None:
        """Take away the listeners of `event`, the last first, so that `removeListener` is emitted for each.

        It goes from place to place, as Node does. A listener that is put in front meanwhile moves the others; and if
        some were taken away, a place may be empty, which raises ERR_INVALID_ARG_TYPE. Once a single one is left, or
        all were taken away together, the places stay as they are.
        """
        emptying = _Emptying(event)
        before = self._emptying
        self._emptying = (*before, emptying)
        try:
            for place in reversed(range(len(self._listeners.get(event, ())))):
                places = self._listeners.get(event, ()) if emptying.places is None else emptying.places
                if place >= len(places):
                    raise ERR_INVALID_ARG_TYPE("listener", "of type function", None)
                self.remove_listener(event, _raw(places[place]))
        finally:
            self._emptying = before

    def _leave_places(self, event: EventName, listeners: tuple[Listener, ...]) -> None:
        for emptying in self._emptying:
            if emptying.event == event and emptying.places is None:
                emptying.places = listeners

    def _replace(self, event: EventName, listeners: tuple[Listener, ...]) -> None:
        table = self._listeners
        if self._emptying and len(listeners) < 2:
            self._leave_places(event, listeners or table.get(event, ()))
        if listeners:
            table[event] = listeners
        elif event in table and len(table) == 1:
            self._listeners = {}
        else:
            table.pop(event, None)
        if len(listeners) < 2 and event in self._warned:
            self._warned -= {event}

    # --- emitting ---

    def emit(self, event: EventName, /, *args: Any) -> bool:
        """Call the listeners of `event`, one after the other. True if there were any. Node: emitter.emit"""
        table = self._listeners
        if event == "error":
            if error_monitor in table:
                self.emit(error_monitor, *args)
            if event not in table:
                _raise_unhandled(args[0] if args else None)
        listeners = table.get(event)
        if listeners is None:
            return False
        for listener in listeners:
            result = listener(*args)
            if result is not None and type(result) is not bool and isinstance(result, Awaitable):
                self._run_async_listener(result, event, args)
        return True

    def _run_async_listener(self, awaitable: Awaitable[Any], event: EventName, args: tuple[Any, ...]) -> None:
        loop = current_loop()

        def ended(error: BaseException | None, _value: Any) -> None:
            if error is not None:
                loop.next_tick(self._listener_failed, error, event, args)

        loop.spawn(awaitable, ended if self._capture_rejections else None)

    def _listener_failed(self, error: Exception, event: EventName, args: tuple[Any, ...]) -> None:
        """An async listener failed and rejections are captured."""
        capture = getattr(self, "capture_rejection", None)
        if capture is not None:
            result = capture(error, event, *args)
            if isinstance(result, Awaitable):
                current_loop().spawn(result, None)
            return
        # What the listeners of `error` do wrong must not come back here.
        self._capture_rejections, before = False, self._capture_rejections
        try:
            self.emit("error", error)
        finally:
            self._capture_rejections = before

    # --- looking ---

    @property
    def _events(self) -> Any:
        """The listeners by event, a list of them if there are several: for programs that look where Node keeps them.

        Assigning a mapping of this kind, or None, replaces them all and tells nobody.

        Node: emitter._events, which is not documented
        """
        shown = {name: self.raw_listeners(name) for name in self.event_names()}
        return {name: found if len(found) > 1 else found[0] for name, found in shown.items()}

    @_events.setter
    def _events(self, shown: Any) -> None:
        several = {name: [found] if callable(found) else found for name, found in (shown or {}).items()}
        self._listeners = {name: tuple(_stored(name, each) for each in found) for name, found in several.items()}

    def listeners(self, event: EventName, /) -> list[Listener]:
        """The listeners of `event`, as they were given. Node: emitter.listeners"""
        return [_unwrapped(listener) for listener in self._listeners.get(event, ())]

    def raw_listeners(self, event: EventName, /) -> list[Listener]:
        """The listeners of `event`, with the wrappers of `once` (whose `listener` is the function).

        Node: emitter.rawListeners
        """
        return [_raw(listener) for listener in self._listeners.get(event, ())]

    rawListeners = node_name(raw_listeners)

    def listener_count(self, event: EventName, listener: Listener | None = None, /) -> int:
        """How many listeners `event` has; with `listener`, how often it is among them. Node: emitter.listenerCount"""
        there = self._listeners.get(event, ())
        if listener is None:
            return len(there)
        return sum(1 for found in there if found == listener or _unwrapped(found) == listener)

    listenerCount = node_name(listener_count)

    def event_names(self) -> list[EventName]:  # type: ignore[override]
        """The events that have listeners, symbols last. Node: emitter.eventNames"""
        names = dict.fromkeys(name for name in self._event_order if name in self._listeners)
        names.update(dict.fromkeys(self._listeners))
        return sorted(names, key=lambda name: isinstance(name, Symbol))

    eventNames = node_name(event_names)

    def set_max_listeners(self: E, n: float, /) -> E:
        """How many listeners of one event are normal; 0 for any number. Node: emitter.setMaxListeners"""
        self._max_listeners = checked_maximum("setMaxListeners", n)
        return self

    setMaxListeners = node_name(set_max_listeners)

    def get_max_listeners(self) -> float:
        """The number that `set_max_listeners` set, else `EventEmitter.default_max_listeners`.

        Node: emitter.getMaxListeners
        """
        return EventEmitter.default_max_listeners if self._max_listeners is None else self._max_listeners

    getMaxListeners = node_name(get_max_listeners)


def _check_listener(listener: Any) -> None:
    if not callable(listener):
        raise ERR_INVALID_ARG_TYPE("listener", "of type function", listener, nothing="null")


def checked_capture(name: str, value: Any) -> bool:
    """`value` if it can be the setting `name` of what becomes of rejections. Raises ERR_INVALID_ARG_TYPE."""
    if not isinstance(value, bool):
        raise ERR_INVALID_ARG_TYPE(name, "of type boolean", value, nothing="null")
    return value


def _raise_unhandled(error: Any) -> None:
    if isinstance(error, BaseException):
        raise error
    raise ERR_UNHANDLED_ERROR(error)
