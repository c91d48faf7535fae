"""What leaving `async with stream:` does.

Node: readable[Symbol.asyncDispose], writable[Symbol.asyncDispose]
"""

from __future__ import annotations

from typing import Any, TypeVar

from . import _predicates as ask
from ._finished import watch
from .errors import ERR_STREAM_PREMATURE_CLOSE, AbortError
from .loop import Promise

D = TypeVar("D", bound="Disposable")


class Disposable:
    """A stream that `async with` destroys."""

    async def __aenter__(self: D) -> D:
        return self

    async def __aexit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        """Leaving `async with` destroys the stream, unless it has ended, and waits until it is closed.

        Raises the error that the stream fails with, unless the body fails with another one.

        Node: stream[Symbol.asyncDispose]
        """
        try:
            await dispose(self)
        except Exception:
            if error is None:
                raise


async def dispose(stream: Any) -> None:
    """Destroy `stream` (with an AbortError if it had more to do) and wait until it is closed.

    Of a stream with a readable side, that side says whether there was more to do. Raises the error that the stream
    fails with, if that is another one; of a Writable, no AbortError at all.
    """
    reads = ask.readable_state(stream) is not None
    aborted: AbortError | None = None
    if not stream.destroyed:
        is_done = stream.readable_ended if reads else stream.writable_finished
        aborted = None if is_done else AbortError()
        stream.destroy(aborted)
    closed: Promise[None] = Promise()

    def settle(error: Any = None) -> None:
        if isinstance(error, ERR_STREAM_PREMATURE_CLOSE):
            error = getattr(stream, "errored", None) or error  # a message of HTTP knows, but finished() does not ask it
        if error is None or error is aborted or (not reads and isinstance(error, AbortError)):
            closed.resolve(None)
        else:
            closed.reject(error)

    watch(stream, settle)
    await closed
