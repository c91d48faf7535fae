"""Destroy a stream of any kind, as far as it can be.

Node: stream.destroy
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from . import _predicates as ask
from .errors import AbortError
from .loop import next_tick


def destroy(stream: Any, error: Any = None) -> None:
    """Destroy `stream` with `error`. Without one, a stream that has not finished fails with an AbortError.

    An HTTP client's request is aborted; the socket of a server's request is let go, for its response still needs it.
    What cannot be destroyed or closed emits `error` and `close` from a tick.

    Node: stream.destroy
    """
    if stream is None or ask.is_destroyed(stream):
        return
    if error is None and ask.is_finished(stream) is not True:
        error = AbortError()
    if ask.is_server_request(stream):
        stream.socket = None
        stream.destroy(error)
    elif ask.is_request(stream):
        stream.abort()
    elif ask.is_request(getattr(stream, "req", None)):
        stream.req.abort()
    elif callable(getattr(stream, "destroy", None)):
        stream.destroy(error)
    elif callable(getattr(stream, "close", None)):
        stream.close()
    else:
        next_tick(_emit_error_and_close, stream, error)
    if not getattr(stream, "destroyed", False):
        with suppress(AttributeError):
            stream._destroyed_from_outside = True


def _emit_error_and_close(stream: Any, error: Any) -> None:
    if error is not None:
        stream.emit("error", error)
        next_tick(stream.emit, "close")
    else:
        stream.emit("close")
