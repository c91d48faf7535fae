"""JavaScript's rules for arguments: those too many are left out, and those missing are undefined."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import lru_cache
from types import FunctionType, MethodType
from typing import Any

UNLIMITED = 1 << 30


def _positional(function: Any) -> tuple[int, int]:
    """How many positional arguments a function must and may be given."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return 0, UNLIMITED
    required = most = 0
    for parameter in parameters:
        if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
            return required, UNLIMITED
        if parameter.kind in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD):
            most += 1
            required += parameter.default is inspect.Parameter.empty
    return required, most


def _positional_of_function(function: FunctionType) -> tuple[int, int]:
    """The same for one that is written in Python; there are many of these, made for one call each."""
    if hasattr(function, "__wrapped__"):
        return _positional(function)
    code = function.__code__
    required = code.co_argcount - len(function.__defaults__ or ())
    return required, UNLIMITED if code.co_flags & inspect.CO_VARARGS else code.co_argcount


_positional_of_class = lru_cache(4096)(_positional)


def limits(function: Any) -> tuple[int, int]:
    """How many positional arguments `function` must and may be given."""
    if type(function) is MethodType:
        required, most = limits(function.__func__)
        return max(required - 1, 0), most if most == UNLIMITED else most - 1
    if type(function) is FunctionType:
        return _positional_of_function(function)
    if isinstance(function, type):
        return _positional_of_class(function)
    return _positional(function)


def fit(function: Callable[..., Any], args: Sequence[Any]) -> Sequence[Any]:
    """The arguments that `function` is to be called with."""
    required, most = limits(function)
    if len(args) > most:
        return args[:most]
    return [*args, *[None] * (required - len(args))]
