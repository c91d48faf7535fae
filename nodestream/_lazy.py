"""An attribute that is made when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

T = TypeVar("T")


class _Lazy:
    """Stands on the class until the instance has a value of its own, which hides it."""

    __slots__ = ("_make", "_name")

    def __init__(self, make: Callable[[Any], Any]) -> None:
        self._make = make
        self._name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self
        value = self._make(instance)
        setattr(instance, self._name, value)  # not by __dict__, which would make every attribute slower
        return value


def lazy(make: Callable[[Any], T]) -> T:
    """Turn a method into an attribute whose value is what the method gives, once. It may be assigned before that."""
    return cast(T, _Lazy(make))
