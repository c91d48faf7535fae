"""`Options`: options by name, in either spelling.

Node: the options objects of http, https and tls
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from types import NoneType
from typing import Any, ClassVar

from nodestream._options import snake_case as _snake_case
from nodestream.errors import ERR_INVALID_ARG_TYPE

canonical_name = lru_cache(1024)(_snake_case)


@lru_cache(256)
def _canonical_names(names: tuple[str, ...]) -> tuple[str, ...]:
    """A program gives the same options again and again, with other values."""
    return tuple(map(canonical_name, names))


class Options(dict[str, Any]):
    """Options by name, in either spelling: `options["socket_path"]` is `options["socketPath"]`.

    What is None is not there. This is what `create_connection` and `Agent.get_name` are given; names that the library
    does not know are passed along.
    """

    def __init__(self, *layers: Mapping[str, Any] | None) -> None:
        """The options of all `layers`; a later one wins."""
        for layer in layers:
            if isinstance(layer, Options):
                dict.update(self, layer)
            elif layer is not None:
                if type(layer) is not dict and not isinstance(layer, Mapping):
                    raise ERR_INVALID_ARG_TYPE("options", "of type object", layer)
                given: Iterable[tuple[str, Any]] = zip(_canonical_names(tuple(layer)), layer.values(), strict=True)
                if NoneType in map(type, layer.values()):
                    given = ((name, value) for name, value in given if value is not None)
                dict.update(self, given)

    def under(self, others: Options) -> Options:
        """A copy in which those of `others` win."""
        both = Options.__new__(Options)
        both.update(self)
        both.update(others)
        return both

    def __setitem__(self, name: str, value: Any) -> None:
        name = canonical_name(name)
        if value is not None:
            super().__setitem__(name, value)
        else:
            super().pop(name, None)

    def __missing__(self, name: str) -> Any:
        canonical = canonical_name(name)
        if canonical == name:
            raise KeyError(name)
        return self[canonical]

    def __delitem__(self, name: str) -> None:
        super().__delitem__(canonical_name(name))

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and super().__contains__(canonical_name(name))

    def get(self, name: str, default: Any = None) -> Any:
        """The option, or `default` if it was not given."""
        return super().get(canonical_name(name), default)

    known: ClassVar[Callable[..., Any]] = dict.get
    """As `get`, faster, for names in snake case."""

    def without(self, *names: str) -> Options:
        """A copy that lacks some."""
        rest = Options(self)
        for name in names:
            dict.pop(rest, canonical_name(name), None)
        return rest
