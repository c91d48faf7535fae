"""Questions about a stream that may not be one of ours: an HTTP message, a user's look-alike, an old-style stream.

Each answers from public attributes, and from a stream's own state where it has one. None means that the question
does not apply.
"""

from __future__ import annotations

from typing import Any

from . import _web_kinds as web
from ._lifecycle import Lifecycle
from ._readable_state import ReadableState
from ._writable_state import WritableState


def readable_state(stream: Any) -> ReadableState | None:
    """The state of its readable side, if it is one of our streams."""
    return getattr(stream, "_readable_state", None)


def writable_state(stream: Any) -> WritableState | None:
    """The state of its writable side, if it is one of our streams."""
    return getattr(stream, "_writable_state", None)


def life_of(stream: Any) -> Lifecycle | None:
    """Its life, if it is one of our streams with at least one side."""
    if readable_state(stream) is None and writable_state(stream) is None:
        return None
    life: Lifecycle | None = getattr(stream, "_life", None)
    return life


def _has_methods(stream: Any, *names: str) -> bool:
    return all(callable(getattr(stream, name, None)) for name in names)


def is_readable_side(stream: Any, *, strict: bool = False) -> bool:
    """Whether it can be piped from (`strict`: and paused). A Writable has `pipe` too, but only to refuse.

    Only a Duplex can be without this side: of a Readable `readable` tells nothing here.
    """
    if not _has_methods(stream, "pipe", "on") or (strict and not _has_methods(stream, "pause", "resume")):
        return False
    state = readable_state(stream)
    if state is not None:
        return state.enabled or writable_state(stream) is None
    return writable_state(stream) is None


def is_writable_side(stream: Any) -> bool:
    """Whether it can be written to."""
    if not _has_methods(stream, "write", "on"):
        return False
    state = writable_state(stream)
    if state is not None:
        return state.enabled or readable_state(stream) is None
    return readable_state(stream) is None


def is_stream(stream: Any) -> bool:
    """Whether it is a stream of any kind."""
    if readable_state(stream) is not None or writable_state(stream) is not None:
        return True
    return _has_methods(stream, "on") and (_has_methods(stream, "write") or _has_methods(stream, "pipe"))


def is_destroyed(stream: Any) -> bool | None:
    """Whether a stream was destroyed, by itself or by `destroy(stream)`; None for what is no stream.

    Node: stream.isDestroyed
    """
    if not is_stream(stream):
        return None
    return bool(getattr(stream, "destroyed", False) or getattr(stream, "_destroyed_from_outside", False))


def is_closed(stream: Any) -> bool:
    """Whether it has let go of what it held."""
    return bool(getattr(stream, "closed", False))


def error_of(stream: Any) -> Any:
    """The error that a stream with a state of its own failed with, or None. A message of HTTP that is sent has none."""
    if readable_state(stream) is None and writable_state(stream) is None:
        return None
    return getattr(stream, "errored", None)


def is_readable_finished(stream: Any, *, strict: bool) -> bool | None:
    """Whether `end` was emitted; not `strict`: or nothing is left that could delay it."""
    state = readable_state(stream)
    if state is None or not is_readable_side(stream):
        return None
    if state.life.errored is not None:
        return False
    return state.end_emitted or (not strict and state.ended and state.length == 0)


def is_writable_finished(stream: Any, *, strict: bool) -> bool | None:
    """Whether everything was written; not `strict`: or nothing is left that could delay it."""
    if not is_writable_side(stream):
        return None
    if getattr(stream, "writable_finished", False) is True:
        return True
    state = writable_state(stream)
    if state is None:
        return None
    if state.life.errored is not None:
        return False
    return state.finished or (not strict and state.ended and state.length == 0)


def has_pending_writes(stream: Any) -> bool:
    """Whether there are writes whose callbacks have not been called."""
    state = writable_state(stream)
    return state is not None and state.pending_callbacks > 0


def is_writable_ended(stream: Any) -> bool | None:
    """Whether end() was called."""
    if getattr(stream, "writable_ended", False) is True:
        return True
    state = writable_state(stream)
    if state is None:
        return None
    return state.life.errored is None and state.ended


def is_disturbed(stream: Any) -> bool:
    """Whether something was read from a stream, or it was destroyed before its end. Node: stream.isDisturbed"""
    if web.is_web_stream(stream):
        return web.is_disturbed(stream)
    return bool(getattr(stream, "readable_did_read", False) or getattr(stream, "readable_aborted", False))


def is_errored(stream: Any) -> bool:
    """Whether a stream has emitted `error`. Node: stream.isErrored"""
    if web.is_web_stream(stream):
        return web.state_of(stream) == "errored"
    life = life_of(stream)
    return life is not None and life.error_emitted


def is_readable(stream: Any) -> bool | None:
    """Whether something may still be read; None for what does not say. Node: stream.isReadable"""
    if web.is_web_readable(stream):
        return web.state_of(stream) == "readable"
    readable = getattr(stream, "readable", None)
    if not isinstance(readable, bool):
        return None
    if is_destroyed(stream):
        return False
    return is_readable_side(stream) and readable and not is_readable_finished(stream, strict=True)


def is_writable(stream: Any) -> bool | None:
    """Whether something may still be written; None for what does not say. Node: stream.isWritable"""
    if web.is_web_writable(stream):
        return web.state_of(stream) == "writable"
    writable = getattr(stream, "writable", None)
    if not isinstance(writable, bool):
        return None
    if is_destroyed(stream):
        return False
    return is_writable_side(stream) and writable and not is_writable_ended(stream)


def is_finished(stream: Any) -> bool | None:
    """Whether nothing more can be read or written; None for what is no stream."""
    if not is_stream(stream):
        return None
    return bool(is_destroyed(stream) or not (is_readable(stream) or is_writable(stream)))


def is_request(stream: Any) -> bool:
    """Whether it is (like) a client's HTTP request."""
    return _has_methods(stream, "set_header", "abort")


def is_server_response(stream: Any) -> bool:
    """Whether it is (like) a server's HTTP response."""
    return _has_methods(stream, "set_header", "write_head")


def will_emit_close(stream: Any) -> bool:
    """Whether `close` will come by itself once both sides are done."""
    life = life_of(stream)
    if life is None:
        return is_server_response(stream)
    return life.auto_destroy and life.emit_close and not life.closed


def destroys_itself(stream: Any) -> bool:
    """Whether it is destroyed when it is done, without anybody's doing."""
    life = life_of(stream)
    return life is not None and life.auto_destroy


def is_server_request(stream: Any) -> bool:
    """Whether it is (like) a server's HTTP request."""
    return isinstance(getattr(stream, "_dumped", None), bool) and getattr(stream, "req", None) is None


isDestroyed = is_destroyed
isDisturbed = is_disturbed
isErrored = is_errored
isReadable = is_readable
isWritable = is_writable
