"""Destroy a stream of any kind, as far as it can be.

Node: stream.destroy
"""

from __future__ import annotations

from typing import Any

from . import _predicates as ask
from .errors import AbortError


def destroyer(stream: Any, error: Any) -> None:
    """Destroy `stream` with `error`. Without one, a stream that has not finished fails with an AbortError.

    An HTTP client's request is aborted; the socket of a server's request is let go, for its response still needs it.
    """
    if stream is None or ask.is_destroyed(stream):
        return
    if error is None and not is_finished(stream):
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


def is_finished(stream: Any) -> bool:
    """Whether nothing more can be read or written. Node: isFinished"""
    return ask.is_destroyed(stream) or not (ask.is_readable(stream) or ask.is_writable(stream))
