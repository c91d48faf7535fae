"""Who waits for a chunk. Standard: read request, read-into request"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from ..loop import Promise


class ReadResult(NamedTuple):
    """What `read()` gives: a chunk, or that there are no more. Node: { value, done }"""

    value: Any
    done: bool


class ReadRequest(Protocol):
    """Is told, once, what comes of a read."""

    def chunk(self, chunk: Any) -> object:
        """There is one (chunk steps)."""

    def close(self, chunk: Any = None) -> object:
        """There are no more (close steps); `chunk` is the empty view of a BYOB read."""

    def error(self, error: Any) -> object:
        """The stream has failed (error steps)."""


class PromisedRead:
    """Settles a promise."""

    __slots__ = ("promise",)

    def __init__(self) -> None:
        self.promise: Promise[ReadResult] = Promise()

    def chunk(self, chunk: Any) -> None:
        """See ReadRequest."""
        self.promise.resolve(ReadResult(chunk, False))

    def close(self, chunk: Any = None) -> None:
        """See ReadRequest."""
        self.promise.resolve(ReadResult(chunk, True))

    def error(self, error: Any) -> None:
        """See ReadRequest."""
        self.promise.reject(error)


class Steps:
    """Calls functions."""

    __slots__ = ("chunk", "close", "error")

    def __init__(
        self, chunk: Callable[[Any], object], close: Callable[..., object], error: Callable[[Any], object]
    ) -> None:
        self.chunk = chunk
        self.close = close
        self.error = error
