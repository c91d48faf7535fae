"""An exception of Python as JavaScript is to see it."""

from __future__ import annotations

import traceback
from typing import Any

from compliance.node_suite.bridge._nothing_values import NULL_VALUE, UNDEFINED_VALUE
from compliance.node_suite.bridge._proxies import camel_case
from nodestream.errors import AbortError, DOMException, NodeAggregateError, NodeError, NodeRangeError, NodeTypeError

_SYSTEM = ("errno", "syscall", "address", "port", "path")


def describe_error(error: BaseException) -> dict[str, Any]:
    """Class, name, message and stack of the Error, and its properties by their names there, not encoded yet."""
    return {
        "constructor": _constructor(error),
        "name": _name(error),
        "message": _message(error),
        "python": _python_stack(error),
        "properties": {} if isinstance(error, DOMException) else _properties(error),
    }


def _python_stack(error: BaseException) -> str | None:
    """Where in Python it was raised; None if it is Node's own error, or was only made: JavaScript's stack says more."""
    if isinstance(error, (NodeError, DOMException)) or error.__traceback__ is None:
        return None
    return "".join(traceback.format_exception(error))


def _message(error: BaseException) -> str:
    """The message; a Nothing in it is itself, and no instance of anything."""
    text = str(error)
    for nothing in (UNDEFINED_VALUE, NULL_VALUE):
        text = text.replace(f"an instance of {nothing}", repr(nothing))
    return text


def _constructor(error: BaseException) -> str:
    if isinstance(error, DOMException):
        return "DOMException"
    if isinstance(error, NodeAggregateError):
        return "AggregateError"
    if isinstance(error, (NodeTypeError, TypeError)):
        return "TypeError"
    if isinstance(error, (NodeRangeError, ValueError)):
        return "RangeError"
    return "Error"


def _name(error: BaseException) -> str:
    if isinstance(error, DOMException):
        return error.name
    return type(error).__name__ if isinstance(error, (AbortError, Warning)) else _constructor(error)


def _properties(error: BaseException) -> dict[str, Any]:
    found = {camel_case(name): value for name, value in vars(error).items() if name[:1] != "_" and name != "message"}
    for name in ("code", *_SYSTEM):
        if not found.get(name):
            found.pop(name, None)
            value = getattr(error, name, None)
            if value is not None and value != "":
                found[name] = value
    if error.__cause__ is not None:
        found["cause"] = error.__cause__
    return found
