"""Hooks of a stream (`_read`, `_write`, ...): given as options, and allowed to be `async def`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from types import MethodType
from typing import Any

from .errors import ERR_INVALID_ARG_TYPE
from .loop import current_loop


def noop(*_: Any) -> None:
    """The callback that was not given."""


def install(stream: Any, options: dict[str, Any], names: tuple[str, ...]) -> None:
    """Make the hooks among `options` methods of this one stream: each gets the stream as its first argument."""
    for name in names:
        if name in options:
            hook = options[name]
            if not callable(hook):
                raise ERR_INVALID_ARG_TYPE(f"options.{name}", "of type function", hook)
            setattr(stream, "_" + name, MethodType(hook, stream))


def settle(result: object, callback: Callable[..., object]) -> None:
    """If a hook returned an awaitable, call `callback(error, value)` with its outcome."""
    if result is not None and type(result) is not bool and isinstance(result, Awaitable):
        current_loop().spawn(result, callback)


def is_hook(stream: Any, name: str) -> bool:
    """Whether the stream has this optional hook."""
    return callable(getattr(stream, name, None))
