"""Functions that take fewer arguments than they are given: as in JavaScript, the rest is left out.

So `socket.on("close", lambda: ...)` works though `close` says whether there was an error, and
`res.write(chunk, lambda: ...)` though a callback is told of errors.
"""

from __future__ import annotations

from collections.abc import Callable
from inspect import CO_VARARGS, Parameter, signature
from types import FunctionType, MethodType
from typing import Any

ANY = 1 << 30

_POSITIONAL = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)


def positional_limit(function: Any) -> int:
    """How many positional arguments a function takes; ANY if that is unlimited or cannot be seen cheaply."""
    if type(function) is FunctionType:
        code = function.__code__
        return ANY if code.co_flags & CO_VARARGS else int(code.co_argcount)
    if type(function) is not MethodType or type(function.__func__) is not FunctionType:
        return ANY
    code = function.__func__.__code__
    return ANY if code.co_flags & CO_VARARGS else int(code.co_argcount) - 1


class Fewer:
    """A function and how many arguments it takes: calls it with so many, and leaves the rest out."""

    __slots__ = ("limit", "listener")

    def __init__(self, listener: Callable[..., Any], limit: int) -> None:
        self.listener = listener
        self.limit = limit

    def __call__(self, *args: Any) -> Any:
        return self.listener(*args[: self.limit])


def tolerant(callback: Callable[..., Any], count: int = 1) -> Callable[..., Any]:
    """`callback`, such that it can be called with `count` arguments."""
    function = callback.__func__ if type(callback) is MethodType else callback
    if type(function) is FunctionType:
        code = function.__code__
        limit = code.co_argcount - (function is not callback)
        if limit < count and not code.co_flags & CO_VARARGS:
            return Fewer(callback, limit)
    return callback  # it takes so many, or it cannot be seen cheaply what it takes


def lenient(callback: Callable[..., Any], count: int) -> Callable[..., Any]:
    """As `tolerant`, also for what else can be called: builtins, partials, objects with `__call__`. It costs more."""
    if isinstance(callback, (FunctionType, MethodType)):
        return tolerant(callback, count)
    try:
        kinds = [each.kind for each in signature(callback).parameters.values()]
    except (TypeError, ValueError):  # which it does not tell
        return callback
    limit = ANY if Parameter.VAR_POSITIONAL in kinds else sum(kind in _POSITIONAL for kind in kinds)
    return callback if limit >= count else Fewer(callback, limit)
