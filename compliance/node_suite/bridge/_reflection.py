"""What a facade needs to know of a class: its public names, in Node's spelling, and of what kind each is.

A name is public if it has no underscore, or is the Node spelling of one that has; in a class that spells out none, all
are. With them go the hooks, and the few objects that hold state, which Node documents or its users know, though their
names begin with an underscore.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from types import FunctionType, MemberDescriptorType
from typing import Any

import pyee

from compliance.node_suite.bridge._calling import limits
from compliance.node_suite.bridge._modules import exported_classes
from compliance.node_suite.bridge._private_names import ASSIGNMENTS, QUESTIONS
from compliance.node_suite.bridge._proxies import camel_case
from nodehttp.net import Socket
from nodestream._names import NodeNames, _NodeName
from nodestream._stream import Stream
from nodestream.events import EventEmitter

HOOKS = ("_construct", "_destroy", "_final", "_flush", "_read", "_transform", "_write", "_writev")
HTTP_HOOKS = ("_implicit_header", "_send")
STATES = ("_connecting", "_dumped", "_events", "_handle", "_readable_state", "_writable_state")
SYMBOLS = {
    "@@asyncIterator": "__aiter__",
    "@@asyncDispose": "__aexit__",
    "@@dispose": "__exit__",
    "@@rejection": "capture_rejection",
}
HOOKS_OF: dict[type, dict[str, str]] = {
    Stream: dict(zip(HOOKS, HOOKS, strict=True)),
    EventEmitter: {"@@rejection": "capture_rejection"},
}
"""Members by class that objects may have though the class has none."""

STATES_OF: dict[type, dict[str, str]] = {Socket: {"_httpMessage": "_http_message"}}
"""Such members that the library puts on objects, and no class declares."""

NOT_STATIC = frozenset({"arguments", "caller", "length", "name", "prototype"})
NOT_SHOWN = frozenset({object, pyee.EventEmitter, NodeNames})

_PUBLIC = re.compile("[a-zA-Z][a-zA-Z0-9]*")

METHOD, VALUE, STATIC_METHOD, STATIC_VALUE = "method", "value", "static method", "static value"
PROPERTY, READ_ONLY = "property", "read-only"
"""Values that are looked up by a function, which can be asked before the object is constructed."""

ABSENT = "absent"
"""A hook that the class does not have, and an object of JavaScript may."""


class Facade:
    """One class: `names` maps Node's spelling to the attribute of Python, `kinds` to what it is."""

    def __init__(self, cls: type, number: int, base: Facade | None, originals: dict[tuple[type, str], Any]) -> None:
        self.cls = cls
        self.number = number
        self.base = base
        self.names: dict[str, str] = {}
        self.kinds: dict[str, str] = {}
        self.static_names: dict[str, str] = {}
        self.static_kinds: dict[str, str] = {}
        self.questions: dict[str, Callable[[Any], Any]] = {}
        self.assignments: dict[str, Callable[[Any, Any], None]] = {}
        self._originals = originals
        inherited = base.cls.__mro__ if base is not None else ()
        for owner in reversed([each for each in cls.__mro__ if each not in inherited and each not in NOT_SHOWN]):
            for js_name, name in _public_names(owner):
                self._add(js_name, name)
            self.questions |= QUESTIONS.get(owner, {})
            self.assignments |= ASSIGNMENTS.get(owner, {})
        for js_name, name in HOOKS_OF.get(cls, {}).items():
            self.names.setdefault(js_name, name)
            self.kinds.setdefault(js_name, ABSENT)
        for js_name, name in STATES_OF.get(cls, {}).items():
            self.names[js_name] = name
            self.kinds[js_name] = VALUE
        for js_name in self.questions:
            self.names.setdefault(js_name, js_name)
            self.kinds.setdefault(js_name, READ_ONLY)

    def _add(self, js_name: str, name: str) -> None:
        found = inspect.getattr_static(self.cls, name, None)
        if isinstance(found, (staticmethod, classmethod)):
            self.static_names[js_name] = name
            self.static_kinds[js_name] = STATIC_METHOD
            return
        self.names[js_name] = name
        self.kinds[js_name] = kind = _kind(found)
        is_member = isinstance(found, (property, MemberDescriptorType))
        if kind == VALUE and found is not None and not is_member and js_name not in NOT_STATIC:
            self.static_names[js_name] = name
            self.static_kinds[js_name] = STATIC_VALUE

    def _same(self) -> dict[str, str]:
        """Methods that are another method under a second name: `off` is `removeListener`."""
        first: dict[Any, str] = {}
        methods = [name for name, kind in self.kinds.items() if kind == METHOD]
        for js_name in sorted(methods, key=self._is_alias):
            first.setdefault(inspect.getattr_static(self.cls, self.names[js_name]), js_name)
        return {
            js_name: original
            for js_name in methods
            if (original := first[inspect.getattr_static(self.cls, self.names[js_name])]) != js_name
        }

    def _lengths(self) -> dict[str, int]:
        """How many arguments each method must be given."""
        methods = [name for name, kind in self.kinds.items() if kind == METHOD]
        return {name: limits(inspect.getattr_static(self.cls, self.names[name]))[0] - 1 for name in methods}

    def _is_alias(self, js_name: str) -> bool:
        name = self.names[js_name]
        return bool(inspect.getattr_static(self.cls, name).__name__ != name)

    def python_name(self, js_name: str) -> str | None:
        """The attribute that a name of JavaScript's is, here or in a base."""
        if js_name in self.names:
            return self.names[js_name]
        return self.base.python_name(js_name) if self.base is not None else None

    def member(self, name: str) -> Any:
        """The attribute as it stands in the class, before JavaScript replaced it."""
        for owner in self.cls.__mro__:
            if name in vars(owner):
                return self._originals.get((owner, name), vars(owner)[name])
        return None

    def unmade(self) -> Any:
        """An object of the class whose constructor has not run."""
        cls: Any = self.cls
        return cls.__new__(cls)

    def replace(self, name: str, function: Any) -> None:
        """Give the class another method."""
        self._originals.setdefault((self.cls, name), self.member(name))
        setattr(self.cls, name, function)

    def describe(self) -> dict[str, Any]:
        """What JavaScript is told."""
        return {
            "name": self.cls.__name__,
            "base": self.base.number if self.base is not None else None,
            "kinds": self.kinds,
            "same": self._same(),
            "lengths": self._lengths(),
            "statics": self.static_kinds,
        }


def _kind(found: Any) -> str:
    if isinstance(found, property):
        return PROPERTY if found.fset is not None else READ_ONLY
    return METHOD if isinstance(found, FunctionType) else VALUE


def _public_names(cls: type) -> Iterator[tuple[str, str]]:
    """Pairs of Node's spelling and the attribute."""
    symbol_of = {name: symbol for symbol, name in SYMBOLS.items()}
    internal = (*HOOKS, *HTTP_HOOKS, *STATES)
    is_spelled_out = issubclass(cls, NodeNames)
    for name in [*vars(cls).get("__annotations__", {}), *vars(cls)]:
        value = vars(cls).get(name)
        if isinstance(value, _NodeName):
            yield name, value.snake
        elif name in symbol_of:
            yield symbol_of[name], name
        elif _PUBLIC.fullmatch(name):
            yield name, name
        elif name in internal or not (is_spelled_out or name.startswith("_")):
            yield camel_case(name), name


def public_attributes(cls: type) -> list[str]:
    """The names of the properties and slots of a class."""
    members = ((name, inspect.getattr_static(cls, name)) for name in dir(cls) if _PUBLIC.fullmatch(name))
    return [name for name, value in members if isinstance(value, (property, MemberDescriptorType))]


class Classes:
    """The facades there are, by number."""

    def __init__(self) -> None:
        self._facades: list[Facade] = []
        self._originals: dict[tuple[type, str], Any] = {}
        self._by_class: dict[type, Facade] = {}
        self._exported: frozenset[type] | None = None
        self._attributes: dict[int, set[str]] = {}
        self.tell: Callable[[int, str], object] = lambda number, name: None

    def facade(self, cls: type) -> Facade:
        """The facade of a class, made now if need be."""
        found = self._by_class.get(cls)
        if found is None:
            base = self._shown_base(cls)
            above = self.facade(base) if base is not None else None
            found = Facade(cls, len(self._facades), above, self._originals)
            self._facades.append(found)
            self._by_class[cls] = found
        return found

    def _shown_base(self, cls: type) -> type | None:
        """The nearest class above that the library exports; the members of those between count as the class's own."""
        if self._exported is None:
            self._exported = exported_classes()
        return next((above for above in cls.__mro__[1:] if above in self._exported), None)

    def number_of(self, cls: type) -> int:
        """The number of a class."""
        return self.facade(cls).number

    def by_number(self, number: int) -> type:
        """The class with this number."""
        return self._facades[number].cls

    def facade_by_number(self, number: int) -> Facade:
        """The facade with this number."""
        return self._facades[number]

    def note_attributes(self, made: Any) -> None:
        """Tell JavaScript of public attributes that no class declares, once an instance has them."""
        attributes = getattr(made, "__dict__", None)
        if not attributes:
            return
        facade = self.facade(type(made))
        known = self._attributes.setdefault(facade.number, set())
        if len(known) >= len(attributes) and known >= attributes.keys():
            return
        for name in attributes.keys() - known:
            known.add(name)
            if _PUBLIC.fullmatch(name) and facade.python_name(name) is None:
                facade.names[name] = name
                facade.kinds[name] = VALUE
                self.tell(facade.number, name)

    def stands_for(self, subclass: type, facade: Facade) -> None:
        """Objects of `subclass` have the facade of the class that JavaScript derived it from."""
        self._by_class[subclass] = facade
