"""The one place where errors go from trio's words into those of streams, and back."""

from __future__ import annotations

from typing import Any

import trio

from .errors import ERR_STREAM_PREMATURE_CLOSE


def stream_error(error: Any) -> Any:
    """What a stream fails with when its trio resource has raised `error`.

    A resource that somebody else has closed is a premature close; anything else is the stream's error as it is.
    """
    if not isinstance(error, trio.ClosedResourceError):
        return error
    closed = ERR_STREAM_PREMATURE_CLOSE()
    closed.__cause__ = error
    return closed


def broken(error: Any) -> trio.BrokenResourceError:
    """What trio is told of a stream that has failed with `error`, or is over too early without one."""
    cause = error if isinstance(error, BaseException) else ERR_STREAM_PREMATURE_CLOSE()
    told = trio.BrokenResourceError(str(cause))
    told.__cause__ = cause
    return told
