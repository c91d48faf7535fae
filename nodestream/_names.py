"""One attribute under two names: Python's spelling and Node's.

`snake_case` is the definition; Node's `camelCase` is a descriptor right under it that forwards to it::

    class Example(NodeNames):
        def set_header(self, name: str) -> None: ...

        setHeader = node_name(set_header)

        status_code: int
        statusCode: int = node_alias("status_code")

There is one attribute, not two copies: assigning either name on an instance, or overriding either in a subclass,
changes both. The rules:

1. Reading or writing the camelCase name of an instance reads or writes the snake_case one.
2. A subclass that defines only the camelCase name, itself or through a mixin, has it moved to the snake_case name.
3. A class that overrides either name gets a descriptor of its own. So `super().camelCase(...)` finds the descriptor
   of a class above, and that one looks only from its own class upwards, as `super()` does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

T = TypeVar("T")


class _NodeName:
    """The camelCase descriptor. It is found on a class, and holds no value of its own."""

    __slots__ = ("camel", "owner", "snake")

    def __init__(self, snake: str) -> None:
        self.snake = snake
        self.camel = ""
        self.owner: type = object

    def __set_name__(self, owner: type, name: str) -> None:
        self.owner = owner
        self.camel = name

    def __get__(self, instance: Any, owner: type) -> Any:
        if _first_in_mro(owner, self.camel) is self:
            return getattr(owner if instance is None else instance, self.snake)
        # Reached through super(): what stands below this class must not be seen.
        bound_to = owner if instance is None else instance
        above = owner.__mro__[owner.__mro__.index(self.owner) :]
        for cls in above:
            if self.snake in cls.__dict__:
                value = cls.__dict__[self.snake]
                getter = getattr(type(value), "__get__", None)
                return value if getter is None else getter(value, instance, owner)
        raise AttributeError(f"{type(bound_to).__name__!r} object has no attribute {self.snake!r}")

    def __set__(self, instance: Any, value: Any) -> None:
        setattr(instance, self.snake, value)

    def __delete__(self, instance: Any) -> None:
        delattr(instance, self.snake)


def _first_in_mro(cls: type, name: str) -> Any:
    for base in cls.__mro__:
        if name in base.__dict__:
            return base.__dict__[name]
    return None


def _is_nearer(cls: type, name: str, other: str) -> bool:
    """Whether `name` is defined by a class that comes before the one that defines `other`."""
    for base in cls.__mro__:
        if other in base.__dict__:
            return False
        if name in base.__dict__:
            return True
    return False


def node_name(target: T, /) -> T:
    """Give a method its Node spelling: `writeHead = node_name(write_head)`. To a type checker it is that method."""
    named = cast(Any, target)
    if isinstance(named, (classmethod, staticmethod)):
        named = named.__func__
    return cast(T, _NodeName(cast(Callable[..., Any], named).__name__))


def node_alias(snake: str) -> Any:
    """Give a property or a plain attribute its Node spelling: `statusCode: int = node_alias("status_code")`."""
    return _NodeName(snake)


def node_names_of(cls: type) -> dict[str, str]:
    """Every (camelCase, snake_case) pair that a class and its bases define."""
    names: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        for name, value in vars(base).items():
            if isinstance(value, _NodeName):
                names[name] = value.snake
    return names


class NodeNames:
    """Base of every class with Node spellings: keeps both names one attribute in subclasses too."""

    __slots__ = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for camel, snake in node_names_of(cls).items():
            found = _first_in_mro(cls, camel)
            overridden_in_camel = not isinstance(found, _NodeName)
            if overridden_in_camel and not _is_nearer(cls, snake, camel):
                setattr(cls, snake, found)
            if overridden_in_camel or (snake in vars(cls) and camel not in vars(cls)):
                descriptor = _NodeName(snake)
                descriptor.__set_name__(cls, camel)
                setattr(cls, camel, descriptor)
