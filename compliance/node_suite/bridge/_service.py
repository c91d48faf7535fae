"""What JavaScript can ask for. Each operation is a method; its arguments and its result are encoded values."""

from __future__ import annotations

import inspect
import os
from collections.abc import Awaitable, Callable
from typing import Any

from compliance.node_suite.bridge import _live as live
from compliance.node_suite.bridge import _modules as modules
from compliance.node_suite.bridge._calling import fit
from compliance.node_suite.bridge._channel import Channel, JavaScriptRaised
from compliance.node_suite.bridge._descriptors import Descriptors
from compliance.node_suite.bridge._flags import obey
from compliance.node_suite.bridge._guest import Guest
from compliance.node_suite.bridge._maps import with_maps
from compliance.node_suite.bridge._nothing import UNDEFINED, calls_back_with_undefined, returns_undefined
from compliance.node_suite.bridge._nothing_values import UNDEFINED_VALUE, with_data, with_nulls
from compliance.node_suite.bridge._outputs import write_back
from compliance.node_suite.bridge._private_names import OLD_MODULES
from compliance.node_suite.bridge._proxies import JSFunction
from compliance.node_suite.bridge._reflection import Classes, Facade
from compliance.node_suite.bridge._subclasses import (
    Subclasses,
    installed_hooks,
    override,
    overriding,
    own_attribute,
    with_hooks,
)
from compliance.node_suite.bridge._values import Values
from nodestream.loop import next_tick


class Service:
    """Answers requests."""

    def __init__(
        self,
        channel: Channel,
        values: Values,
        classes: Classes,
        guest: Guest,
        when_greeted: Callable[[], object],
    ) -> None:
        self._values = values
        self._classes = classes
        self._subclasses = Subclasses(values, classes)
        self._guest = guest
        self._descriptors = Descriptors()
        self._when_greeted = when_greeted
        channel.answer = self.answer

    def answer(self, payload: list[Any]) -> Any:
        """Do what is asked for; whatever goes wrong is JavaScript's to throw."""
        operation, *args = payload
        try:
            return getattr(self, f"do_{operation}")(*args)
        except Exception as error:
            raise JavaScriptRaised(self._values.encode(error)) from error

    # --- the loop ---

    def do_hello(self, flags: list[str], process: int) -> None:
        """JavaScript is at the other end; `flags` are those that it was started with."""
        self._when_greeted()
        self._descriptors.process = process
        obey(flags)

    def do_environment(self, name: str, value: str | None) -> None:
        """JavaScript set a variable of the environment, or deleted it."""
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value

    def do_step(self) -> None:
        """Let the loop go on with what is ready."""
        self._guest.step()

    def do_drain(self) -> None:
        """Run the ticks."""
        self._guest.drain()

    def do_tick(self, callback: Any) -> None:
        """process.nextTick(callback)"""
        next_tick(self._values.decode(callback))

    # --- modules and classes ---

    def do_replaced(self, names: list[str]) -> Any:
        """What each of Node's modules of these names is to be replaced by; and their old names."""
        return modules.replacements(names)

    def do_module(self, source: str, name: str) -> Any:
        """The members of the module `name`, which `source` is for: [name, encoded value, whether it is looked up each
        time] each."""
        module = modules.python_module(source)
        members = modules.members_of(source) | OLD_MODULES.get(name, {})
        return [
            [member, self._values.encode(value), modules.is_assignable(module, member)]
            for member, value in members.items()
        ]

    def do_member(self, name: str, member: str) -> Any:
        """A member of a module that is looked up each time."""
        return self._values.encode(getattr(modules.python_module(name), member))

    def do_assign_member(self, name: str, member: str, value: Any) -> None:
        """Assign to a member of a module."""
        setattr(modules.python_module(name), member, self._values.decode(value))

    def do_class(self, number: int) -> Any:
        """What a facade is made from."""
        return self._classes.facade_by_number(number).describe()

    def do_static(self, number: int, name: str) -> Any:
        """An attribute of a class."""
        facade = self._classes.facade_by_number(number)
        return self._values.encode(getattr(facade.cls, facade.static_names[name]))

    def do_assign_static(self, number: int, name: str, value: Any) -> None:
        """Assign to an attribute of a class."""
        facade = self._classes.facade_by_number(number)
        setattr(facade.cls, facade.static_names[name], self._values.decode(value))

    def do_call_static(self, number: int, name: str, args: list[Any]) -> Any:
        """Call a static method."""
        facade = self._classes.facade_by_number(number)
        return self._call(getattr(facade.cls, facade.static_names[name]), self._values.decode_all(args), name)

    def do_is_instance(self, number: int, value: Any) -> bool:
        """`value instanceof Class`"""
        return isinstance(self._values.decode(value), self._classes.by_number(number))

    # --- objects ---

    def do_construct(
        self, number: int, js_id: int, name: str, methods: list[str], accessors: list[str], args: list[Any]
    ) -> Any:
        """Make the Python side of an object that JavaScript is constructing; returns hooks that were options."""
        facade = self._classes.facade_by_number(number)
        cls: Any = self._subclasses.subclass(facade, name, methods, accessors)
        made = cls.__new__(cls)
        self._values.link(js_id, made)
        initialize = made.__init__
        given = self._descriptors.with_descriptors(facade.cls.__name__, with_hooks(cls, self._values.decode_all(args)))
        initialize(*fit(initialize, given))
        self._classes.note_attributes(made)
        return [[name, self._values.encode(hook)] for name, hook in installed_hooks(made)]

    def do_call(self, number: int, target: Any, name: str, args: list[Any]) -> Any:
        """Call a method as the class with this number has it."""
        facade = self._classes.facade_by_number(number)
        given = with_nulls(name, args, self._values.decode_all(args), facade.cls.__name__)
        given = self._descriptors.with_descriptors(name, given)
        given = with_maps(name, with_data(name, args, given))
        return self._call(_member(facade, self._values.decode(target), facade.names[name]), given, name)

    def do_get(self, number: int, target: Any, name: str) -> Any:
        """The value of a property, as the class with this number has it."""
        facade = self._classes.facade_by_number(number)
        made = self._values.decode(target)
        if name in facade.questions:
            return self._values.encode_member(facade.questions[name](made), name, made)
        if name.startswith("_") and not hasattr(made, facade.names[name]):
            return UNDEFINED
        value = _member(facade, made, facade.names[name])
        return self._values.encode_member(value, name, made)

    def do_get_unmade(self, number: int, name: str) -> Any:
        """The value of a property of an object whose constructor has not run; undefined if there is none yet."""
        facade = self._classes.facade_by_number(number)
        unmade = facade.unmade()
        value = getattr(unmade, facade.names[name], UNDEFINED_VALUE)
        return self._values.encode_member(value, name, unmade)

    def do_set_unmade(self, number: int, name: str, value: Any) -> None:
        """Assign to a property of an object whose constructor has not run: nobody will see it."""
        facade = self._classes.facade_by_number(number)
        setattr(facade.unmade(), facade.names[name], self._values.decode(value))

    def do_set(self, number: int, target: Any, name: str, value: Any) -> None:
        """Assign to a property."""
        facade = self._classes.facade_by_number(number)
        made, assigned = self._values.decode(target), self._values.decode(value)
        if name in facade.assignments:
            facade.assignments[name](made, assigned)
        else:
            setattr(made, facade.names[name], assigned)

    def do_override(self, number: int, target: Any, name: str, value: Any) -> None:
        """JavaScript gave an object a member of its own."""
        facade = self._classes.facade_by_number(number)
        override(self._values, facade, self._values.decode(target), name, self._values.decode(value))

    def do_override_class(self, number: int, js_name: str) -> None:
        """JavaScript gave a class another method, which it has under this name."""
        facade = self._classes.facade_by_number(number)
        facade.replace(facade.names[js_name], overriding(self._values, js_name))

    # --- containers that are changed in place ---

    def do_contents(self, number: int) -> Any:
        """The properties of a container."""
        return self._values.encode_contents(self._values.owned(number))

    def do_item(self, number: int, key: str) -> Any:
        """One of them, in a list; an empty list if it is not there."""
        return [self._values.encode_item(value) for value in live.item(self._values.owned(number), key)]

    def do_put(self, number: int, key: str, value: Any) -> None:
        """Assign to one."""
        live.put(self._values.owned(number), key, self._values.decode(value))

    def do_remove(self, number: int, key: str) -> None:
        """Delete one."""
        live.remove(self._values.owned(number), key)

    # --- functions, iterators, promises ---

    def do_apply(self, number: int, args: list[Any]) -> Any:
        """Call a function."""
        function = self._values.owned(number)
        name = getattr(function, "__name__", "")
        given = with_data(name, args, with_nulls(name, args, self._values.decode_all(args)))
        given = self._descriptors.with_descriptors(name, given)
        result = self._call(function, given, name)
        write_back(self._values, name, given)
        return result

    def do_next(self, number: int, how: str, args: list[Any]) -> Any:
        """Call a method of an iterator: what it gives, or nothing at its end."""
        iterator = self._values.owned(number)
        given = self._values.decode_all(args)
        if not hasattr(iterator, how):
            return None
        try:
            return [self._values.encode(getattr(iterator, how)(*given))]
        except StopIteration:
            return None

    def do_advance(self, number: int, how: str, args: list[Any]) -> Any:
        """The same for an async iterator: a promise of what it gives."""
        iterator = self._values.owned(number)
        method: Callable[..., Any] | None = getattr(iterator, how, None)
        given = self._values.decode_all(args)
        return self._values.encode(_advanced(None if method is None else method(*given)))

    def do_property(self, number: int, name: str) -> Any:
        """A property of an iterator."""
        return self._values.encode(getattr(self._values.owned(number), name))

    def do_settled(self, js_id: int, succeeded: bool, value: Any) -> None:
        """A promise of JavaScript's was settled."""
        self._values.settle(js_id, succeeded, self._values.decode(value))

    def _call(self, function: Callable[..., Any], given: list[Any], name: str) -> Any:
        target = getattr(function, "__self__", None)
        if calls_back_with_undefined(name, target):
            given = [each.given(UNDEFINED) if isinstance(each, JSFunction) else each for each in given]
        result = function(*fit(function, given))
        return self._values.encode_member(result, name, target, returns_nothing=returns_undefined(function))


async def _advanced(step: Awaitable[Any] | None) -> dict[str, Any]:
    """One step of an async iterator, as JavaScript has it."""
    if step is None:
        return {"done": True, "value": None}
    try:
        value = await step
    except StopAsyncIteration:
        return {"done": True, "value": None}
    return {"done": False, "value": value}


def _member(facade: Facade, target: Any, name: str) -> Any:
    """The attribute of `target` as `facade`'s class has it: what a subclass overrides is not seen.

    What the library put on the object itself is, as it would be in JavaScript.
    """
    own = own_attribute(target, name)
    if own is not None:
        return own
    found = facade.member(name)
    getter = getattr(type(found), "__get__", None)
    if getter is None or not (inspect.isfunction(found) or isinstance(found, property)):
        return getattr(target, name)
    return getter(found, target, type(target))
