"""`finished` and `pipeline` to await.

Node: node:stream/promises
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ._finished import checked_options, watch
from ._pipeline import run_pipeline
from .errors import ERR_INVALID_ARG_TYPE, NodeError
from .loop import Promise

__all__ = ["finished", "pipeline"]


def finished(stream: Any, options: Mapping[str, Any] | None = None, /, **keywords: Any) -> Promise[None]:
    """Await the end of a stream; raises the error that it fails with.

    Options: those of `nodestream.finished`, and
        cleanup: take the listeners away at the end (False): late errors are uncaught ones then.

    Node: stream/promises.finished
    """
    cleanup = keywords.get("cleanup") or (options.get("cleanup") if isinstance(options, Mapping) else None)
    if cleanup and not isinstance(cleanup, bool):
        raise ERR_INVALID_ARG_TYPE("cleanup", "of type boolean", cleanup)
    promise: Promise[None] = Promise()
    _try(promise, lambda: _watch(promise, stream, options, keywords))
    return promise


def _watch(promise: Promise[None], stream: Any, options: Any, keywords: Mapping[str, Any]) -> None:
    given = checked_options(stream, options, keywords, "cleanup")
    cleanup = given.pop("cleanup", False)

    def settle(error: Any = None) -> None:
        if cleanup:
            stop()
        _settle(promise, error)

    stop = watch(stream, settle, **given)


def pipeline(*streams: Any, **options: Any) -> Promise[Any]:
    """Pipe each stream into the next, and await the end of all; raises the first error.

    Gives the value that the last part returned, if that is an async function, else None.

    Options: `end` and `signal`, as keywords, or in a mapping as the last argument, as in Node.

    Node: stream/promises.pipeline
    """
    if streams and isinstance(streams[-1], Mapping):
        last = streams[-1]
        options = {"end": last.get("end"), "signal": last.get("signal"), **options}
        streams = streams[:-1]
    promise: Promise[Any] = Promise()

    def callback(error: Any = None, value: Any = None) -> None:
        _settle(promise, error, value)

    _try(promise, lambda: run_pipeline(list(streams), callback, options))
    return promise


def _try(promise: Promise[Any], function: Callable[[], object]) -> None:
    """What goes wrong at once, as a wrong argument does, is the promise's error too. A wrong call is the caller's."""
    try:
        function()
    except NodeError as error:
        promise.reject(error)


def _settle(promise: Promise[Any], error: Any, value: Any = None) -> None:
    if error is None:
        promise.resolve(value)
    else:
        promise.reject(error)
