"""`finished` and `pipeline` to await.

Node: node:stream/promises
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ._finished import FINISHED_OPTIONS, watch
from ._options import normalized
from ._pipeline import run_pipeline
from ._predicates import is_stream
from .errors import ERR_INVALID_ARG_TYPE
from .loop import Promise

__all__ = ["finished", "pipeline"]


def finished(stream: Any, options: Mapping[str, Any] | None = None, /, **keywords: Any) -> Promise[None]:
    """Await the end of a stream; raises the error that it fails with.

    Options: those of `nodestream.finished`, and
        cleanup: take the listeners away at the end (False): late errors are uncaught ones then.

    Node: stream/promises.finished
    """
    given = normalized((*FINISHED_OPTIONS, "cleanup"), options, keywords, "finished")
    cleanup = given.pop("cleanup", False)
    if not is_stream(stream):
        raise ERR_INVALID_ARG_TYPE("stream", "an instance of ReadableStream, WritableStream, or Stream", stream)
    promise: Promise[None] = Promise()

    def settle(error: Any = None) -> None:
        if cleanup:
            stop()
        _settle(promise, error)

    stop = watch(stream, settle, **given)
    return promise


def pipeline(*streams: Any, **options: Any) -> Promise[Any]:
    """Pipe each stream into the next, and await the end of all; raises the first error.

    Gives the value that the last part returned, if that is an async function, else None.

    Options: `end`, as a keyword, or in a mapping as the last argument, as in Node.

    Node: stream/promises.pipeline
    """
    if streams and isinstance(streams[-1], Mapping):
        options = {**streams[-1], **options}
        streams = streams[:-1]
    promise: Promise[Any] = Promise()
    run_pipeline(list(streams), lambda error=None, value=None: _settle(promise, error, value), options)
    return promise


def _settle(promise: Promise[Any], error: Any, value: Any = None) -> None:
    if error is None:
        promise.resolve(value)
    else:
        promise.reject(error)
