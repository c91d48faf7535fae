"""A Duplex made of other streams: what is written to it goes to one, what is read from it comes from another.

The rules:

1. A write is done when the head has taken it, and has room; `end()` ends the head.
2. How the tail is read is up to a subclass; its end is the end of the relay's readable side.
3. `_streams_are_done` tells it that its streams are done, or that one has failed, which destroys it. Destroyed before
   that, it destroys them, with an AbortError if there is no other error, and closes when it was told.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import _predicates as ask
from ._destroyer import destroy
from ._duplex import Duplex
from ._lifecycle import Failure
from .errors import AbortError

Callback = Callable[..., object]


class Relay(Duplex):
    """Writes to `head` and reads from `tail`; one that cannot be written to, or read from, is left out.

    `to_destroy` are the streams that are destroyed with it.
    """

    def __init__(self, head: Any, tail: Any, to_destroy: list[Any]) -> None:
        self._head: Any = head if ask.is_writable(head) else None
        self._tail: Any = tail if ask.is_readable(tail) else None
        self._to_destroy = to_destroy
        self._on_drain: Callback | None = None
        self._on_finish: Callback | None = None
        self._on_done: Callback | None = None
        self._is_done = False
        super().__init__(
            readable=self._tail is not None,
            writable=self._head is not None,
            readable_object_mode=bool(getattr(tail, "readable_object_mode", False)),
            writable_object_mode=bool(getattr(head, "writable_object_mode", False)),
        )
        self._watch_streams()
        if self._head is not None:
            self._head.on("drain", self._head_drained)
        if self._tail is not None:
            self._tail.on("end", self._tail_ended)

    def _watch_streams(self) -> None:
        """Listen to more, before this class does."""

    # --- writing ---

    def _write(self, chunk: Any, encoding: str | None, callback: Callback) -> None:
        if self._head.write(chunk, encoding):
            callback()
        else:
            self._on_drain = callback

    def _head_drained(self, *_: object) -> None:
        callback, self._on_drain = self._on_drain, None
        if callback is not None:
            callback()

    def _final(self, callback: Callback) -> None:
        self._on_finish = callback
        self._head.end()

    def _head_finished(self, *_: object) -> None:
        callback, self._on_finish = self._on_finish, None
        if callback is not None:
            callback()

    # --- the end ---

    def _tail_ended(self, *_: object) -> None:
        self.push(None)

    def _streams_are_done(self, error: Failure = None) -> None:
        """Nothing more is to be expected of the streams, or one has failed."""
        self._is_done = True
        callback, self._on_done = self._on_done, None
        if callback is not None:
            callback(error)
        elif error is not None:
            self.destroy(error)

    def _destroy(self, error: Failure, callback: Callback) -> None:
        if error is None and not self._is_done:
            error = AbortError()
        self._on_drain = self._on_finish = None
        is_done = self._is_done
        if not is_done:
            self._on_done = callback
        for stream in list(self._to_destroy):
            destroy(stream, error)
        if is_done:
            callback(error)
