"""Which loop the code that runs now belongs to: state for each thread and for each task."""

from __future__ import annotations

import contextvars
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._event_loop import EventLoop


class PerThread(threading.local):
    loop: EventLoop | None = None
    pending: EventLoop | None = None


thread = PerThread()
context: contextvars.ContextVar[EventLoop | None] = contextvars.ContextVar("nodestream_loop", default=None)


class LoopScope:
    """While it is entered, `current_loop()` in this thread is `loop`."""

    __slots__ = ("_loop", "_previous")

    def __init__(self, loop: EventLoop) -> None:
        self._loop = loop

    def __enter__(self) -> None:
        self._previous, thread.loop = thread.loop, self._loop

    def __exit__(self, *exc_info: object) -> None:
        thread.loop = self._previous
