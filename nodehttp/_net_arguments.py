"""The argument forms that `connect` and `listen` share.

Node: net.connect, server.listen
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ._net_bound_socket import BoundSocket
from ._net_checks import is_number, number_in


def split_callback(args: Sequence[Any]) -> tuple[Sequence[Any], Callable[..., Any] | None]:
    """The arguments, and the last one if it is a function."""
    if args and callable(args[-1]):
        return args[:-1], args[-1]
    return args, None


def is_path(value: Any) -> bool:
    """Whether a string given for "port or path" is a path: it is neither a number nor blank."""
    if not isinstance(value, str) or not value.strip():
        return False
    number = number_in(value)
    return number is None or number < 0


def given_options(args: Sequence[Any]) -> Mapping[str, Any]:
    """`(options)`, `(path)`, `(port, host)` or `(handle)` as a mapping."""
    if not args:
        return {}
    first = args[0]
    if isinstance(first, Mapping):
        return first
    if isinstance(first, (BoundSocket, socket.socket)):
        return {"handle": first}
    if is_number(getattr(first, "fd", None)):
        return {"fd": first.fd}
    if isinstance(first, (list, tuple)):
        return {}  # an object without properties, to Node
    if is_path(first):
        return {"path": first}
    if len(args) > 1 and isinstance(args[1], str):
        return {"port": first, "host": args[1]}
    return {"port": first}
