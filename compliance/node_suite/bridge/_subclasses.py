"""Objects that JavaScript made: each is of a subclass whose overridden members call into JavaScript."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from typing import Any

from compliance.node_suite.bridge._modules import classes_of
from compliance.node_suite.bridge._nothing import GIVEN_UNDEFINED, UNDEFINED
from compliance.node_suite.bridge._proxies import MISSING, JSFunction, Plain, camel_case
from compliance.node_suite.bridge._reflection import HOOKS, Classes, Facade
from compliance.node_suite.bridge._values import Values
from nodestream._stream import Stream

HOOK_OPTIONS = frozenset(name[1:] for name in HOOKS)
"""Options of a stream that are called as methods: the stream is their first argument, JavaScript's `this`."""


_OVERRIDING: weakref.WeakSet[Any] = weakref.WeakSet()


def own_attribute(made: Any, name: str) -> Any:
    """The method that the library itself gave to one object; None if there is none, or it is of JavaScript."""
    found = getattr(made, "__dict__", {}).get(name)
    function = getattr(found, "__func__", found)
    return None if isinstance(function, JSFunction) or not callable(function) or function in _OVERRIDING else found


def overriding(values: Values, js_name: str) -> Callable[..., Any]:
    """A method that calls the one of JavaScript."""

    def method(self: Any, *args: Any) -> Any:
        return values.call_method(self, js_name, args)

    method.__name__ = js_name
    _OVERRIDING.add(method)
    return method


def _property(values: Values, js_name: str) -> property:
    return property(
        lambda self: values.get_property(self, js_name), lambda self, value: values.set_property(self, js_name, value)
    )


def _given_by_javascript(values: Values, facade: Facade) -> Callable[[Any, str], Any]:
    """How Python finds what JavaScript gave to an object, and no class here knows of."""

    def __getattr__(self: Any, name: str) -> Any:
        js_name = camel_case(name)
        if name.startswith("_") or facade.python_name(js_name) is not None:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        found = values.get_property(self, js_name)
        if found is MISSING:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return found.bound_to(self) if isinstance(found, JSFunction) else found

    return __getattr__


class Subclasses:
    """Makes the subclasses, one for each class of JavaScript and set of overridden names."""

    def __init__(self, values: Values, classes: Classes) -> None:
        self._values = values
        self._classes = classes
        self._made: dict[tuple[Any, ...], type] = {}

    def subclass(self, facade: Facade, name: str, methods: Sequence[str], accessors: Sequence[str]) -> type:
        """The class of an object of JavaScript's class `name`."""
        key = (facade.cls, name, tuple(methods), tuple(accessors))
        made = self._made.get(key)
        if made is None:
            members: dict[str, Any] = {
                "__module__": __name__,
                "__getattr__": _given_by_javascript(self._values, facade),
            }
            for js_name in methods:
                members[facade.python_name(js_name) or js_name] = overriding(self._values, js_name)
            for js_name in accessors:
                members[facade.python_name(js_name) or js_name] = _property(self._values, js_name)
            made = self._made[key] = type(name or facade.cls.__name__, (facade.cls,), members)
            self._classes.stands_for(made, facade)
        return made


def with_hooks(cls: type, args: Sequence[Any]) -> list[Any]:
    """The arguments of a stream's constructor: functions among its options that are hooks are called as such, and those
    of a web stream's source or sink as its methods.
    """
    mark = _marked if issubclass(cls, Stream) else _bound if issubclass(cls, classes_of("stream/web")) else None
    return [mark(argument) if mark is not None and isinstance(argument, Plain) else argument for argument in args]


def _marked(options: Plain) -> Plain:
    for name in HOOK_OPTIONS & options.keys():
        if isinstance(options[name], JSFunction):
            hook = options[name].as_hook()
            options[name] = hook.given(UNDEFINED) if name in GIVEN_UNDEFINED else hook
    return options


def _bound(members: Plain) -> Plain:
    for name, member in members.items():
        if isinstance(member, JSFunction):
            method = member.bound_to(members)
            members[name] = method.given(UNDEFINED) if name in GIVEN_UNDEFINED else method
    return members


def installed_hooks(made: Any) -> list[tuple[str, JSFunction]]:
    """The functions of JavaScript that became hooks of an object because they were options."""
    attributes = getattr(made, "__dict__", {})
    found = [(name, getattr(attributes.get(name), "__func__", None)) for name in HOOKS]
    return [(name, hook) for name, hook in found if isinstance(hook, JSFunction)]


def override(values: Values, facade: Facade, made: Any, js_name: str, value: Any) -> None:
    """JavaScript assigned `value` to a member of an object."""
    name = facade.python_name(js_name) or js_name
    if isinstance(value, JSFunction):
        setattr(made, name, overriding(values, js_name).__get__(made))
    else:
        setattr(made, name, value)
