"""`add_abort_signal(signal, stream)`: a signal that is aborted destroys a stream.

Node: stream.addAbortSignal
"""

from __future__ import annotations

from typing import Any, TypeVar

from . import _predicates as ask
from . import _web_kinds as web
from ._finished import NOT_A_STREAM, watch
from ._signals import abort_error, check_signal, on_abort
from .errors import ERR_INVALID_ARG_TYPE

T = TypeVar("T")


def add_abort_signal(signal: Any, stream: T) -> T:
    """Destroy `stream` with an AbortError, because of the signal's reason, as soon as `signal` is aborted.

    Returns the stream. The signal holds it no longer than until it has finished.

    Raises ERR_INVALID_ARG_TYPE for what is no signal or no stream. Node: stream.addAbortSignal
    """
    if signal is None:
        raise ERR_INVALID_ARG_TYPE("signal", "an instance of AbortSignal", signal)
    check_signal(signal)
    if not ask.is_stream(stream) and not web.has_end(stream):
        raise ERR_INVALID_ARG_TYPE("stream", NOT_A_STREAM, stream)
    target: Any = stream

    def abort() -> None:
        if web.has_end(target):
            web.fail(target, abort_error(signal))
        else:
            target.destroy(abort_error(signal))

    if signal.aborted:
        abort()
    else:
        forget = on_abort(signal, abort)
        watch(stream, lambda _error=None: forget())
    return stream


addAbortSignal = add_abort_signal
