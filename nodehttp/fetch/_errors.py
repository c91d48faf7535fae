"""The errors of fetch and its classes: a TypeError with a reason."""

from __future__ import annotations

from typing import Any

from nodestream.errors import NodeTypeError


class FetchTypeError(NodeTypeError):
    """A TypeError that another error caused: `cause` is that error, and also `__cause__`.

    Node: TypeError (with a `cause`)
    """

    def __init__(self, message: str, cause: Any = None) -> None:
        super().__init__(message)
        self.cause = cause
        self.__cause__ = cause if isinstance(cause, BaseException) else None
