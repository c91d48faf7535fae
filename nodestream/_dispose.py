"""What leaving `async with stream:` does.

Node: readable[Symbol.asyncDispose], writable[Symbol.asyncDispose]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import _predicates as ask
from ._finished import watch
from .errors import AbortError
from .loop import Promise

if TYPE_CHECKING:
    from ._stream import Stream


async def dispose(stream: Stream) -> None:
    """Destroy `stream` (with an AbortError if it had more to do) and wait until it is closed.

    Raises the error that it fails with, if that is another one.
    """
    aborted: AbortError | None = None
    if not stream.destroyed:
        done = ask.is_readable_finished(stream, strict=True), ask.is_writable_finished(stream, strict=True)
        aborted = AbortError() if False in done else None
        stream.destroy(aborted)
    closed: Promise[None] = Promise()

    def settle(error: Any = None) -> None:
        if error is None or error is aborted:
            closed.resolve(None)
        else:
            closed.reject(error)

    watch(stream, settle)
    await closed
