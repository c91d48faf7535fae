"""What a stream is made of: a source, a sink or a transformer, and a strategy.

Each may be a mapping, an object with attributes, or keyword arguments; every name in either spelling.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .._arity import lenient
from .._options import snake_case
from ..errors import ERR_INVALID_ARG_TYPE

_NO_OBJECT = (str, bytes, int, float, bool)


def check_object(value: Any, name: str) -> None:
    """Raise ERR_INVALID_ARG_TYPE for what can have no members."""
    if isinstance(value, _NO_OBJECT):
        raise ERR_INVALID_ARG_TYPE(name, "of type object", value)


def member(holder: Any, name: str) -> Any:
    """A member of a mapping or object by its snake_case name; None if it has none."""
    if holder is None:
        return None
    for spelling in (name, _camel_case(name)):
        value = holder.get(spelling) if isinstance(holder, Mapping) else getattr(holder, spelling, None)
        if value is not None:
            return value
    return None


def _camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.capitalize, rest))


class Members:
    """The members of what is called `kind` ("source", "sink", "transformer"). Raises ERR_INVALID_ARG_TYPE."""

    __slots__ = ("_holder", "kind")

    def __init__(self, kind: str, holder: Any, keywords: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
        check_object(holder, kind)
        self.kind = kind
        self._holder = holder
        if keywords:
            given = {snake_case(name): value for name, value in keywords.items()}
            unknown = next((name for name in keywords if snake_case(name) not in known), None)
            if unknown is not None:
                raise TypeError(f"{where}() got an unexpected keyword argument {unknown!r}")
            self._holder = {name: member(holder, name) for name in known} | given

    def value(self, name: str) -> Any:
        """A member that is a value."""
        return member(self._holder, name)

    def function(self, name: str, arity: int) -> Callable[..., Any] | None:
        """A member that is a function; it is called with `arity` arguments, and may take fewer."""
        value = self.value(name)
        if value is None:
            return None
        if not callable(value):
            raise ERR_INVALID_ARG_TYPE(f"{self.kind}.{name}", "of type function", value)
        return lenient(value, arity)
