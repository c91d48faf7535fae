"""What a loop holds and watches: immediates, open handles, sockets that may become ready, signals."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any

import trio

from ._names import NodeNames, node_name

if TYPE_CHECKING:
    from ._event_loop import EventLoop

Callback = Callable[..., object]


class Immediate(NodeNames):
    """A callback for after this round's I/O. Node: Immediate"""

    __slots__ = ("_args", "_callback", "_loop", "_pending", "_referenced")

    def __init__(self, loop: EventLoop, callback: Callback, args: tuple[Any, ...]) -> None:
        self._loop = loop
        self._callback = callback
        self._args = args
        self._pending = True
        self._referenced = True
        loop._references += 1

    def close(self) -> None:
        """Cancel it."""
        if self._pending:
            self._pending = False
            if self._referenced:
                self._loop._references -= 1

    def ref(self) -> Immediate:
        """Keep the loop alive for it (the default). Node: immediate.ref"""
        if not self._referenced:
            self._referenced = True
            self._loop._references += self._pending
        return self

    def unref(self) -> Immediate:
        """Let the loop end before it ran. Node: immediate.unref"""
        if self._referenced:
            self._referenced = False
            self._loop._references -= self._pending
        return self

    def has_ref(self) -> bool:
        """Whether it keeps the loop alive. Node: immediate.hasRef"""
        return self._referenced

    hasRef = node_name(has_ref)


class Handle:
    """Something open (a listening server, a socket, a file) that keeps the loop alive while it is referenced.

    `release` is called when the loop ends while the handle is still open: it must let go of what is open, at once, and
    may not fail. It closes the handle itself or leaves that to the loop.
    """

    __slots__ = ("_loop", "_open", "_referenced", "_release")

    def __init__(self, loop: EventLoop, release: Callable[[], object]) -> None:
        self._loop = loop
        self._release = release
        self._open = True
        self._referenced = True
        loop._references += 1
        loop._handles[self] = None

    def ref(self) -> None:
        """Keep the loop alive (the default)."""
        if not self._referenced:
            self._referenced = True
            self._loop._references += self._open

    def unref(self) -> None:
        """Let the loop end though this is open."""
        if self._referenced:
            self._referenced = False
            self._loop._references -= self._open
            self._loop.wake()

    def has_ref(self) -> bool:
        """Whether it keeps the loop alive."""
        return self._referenced

    def close(self) -> None:
        """It is not open any more. May be called again."""
        if self._open:
            self._open = False
            self._loop._references -= self._referenced
            self._loop._handles.pop(self, None)
            self._loop.wake()


class Watcher:
    """Calls `callback` in a turn of its own whenever a non-blocking socket is ready in one direction.

    Nothing happens before `start()`. The callback is called again and again while the socket stays ready; `stop()`
    ends that, until the next `start()`. A callback that returns True is called again at once, in another turn, without
    asking whether the socket is ready. `close()` must come before the socket is closed.

    Attributes:
        sock: the socket.
        reads: whether it is watched for reading, not for writing.
        active: whether it is started.
        is_open: whether it can be started.
    """

    __slots__ = ("_callback", "_context", "_loop", "active", "is_open", "reads", "sock")

    def __init__(self, loop: EventLoop, sock: Any, direction: str, callback: Callback) -> None:
        self._loop = loop
        self._callback = callback
        self._context: Context | None = None  # that of the first start()
        self.sock = sock
        self.reads = direction == "read"
        self.active = False
        self.is_open = True

    def start(self) -> None:
        """Begin, or go on."""
        if self.active or not self.is_open:
            return
        loop = self._loop
        loop._polls.ask(self)
        self.active = True
        if self._context is None and loop.running:
            self._context = copy_context()
        loop.wake()

    def stop(self) -> None:
        """No callback until the next start()."""
        if self.active:
            self.active = False
            self._loop._polls.relent(self)

    def close(self) -> None:
        """No callback ever again. May be called again."""
        if self.is_open:
            self.is_open = self.active = False
            self._loop._polls.leave(self)

    def tell(self) -> None:
        """The socket is ready: begin turns until there is no more to do."""
        if self._context is None:
            self._context = copy_context()  # it was started before the loop ran: that of the loop
        run, turn, callback = self._context.run, self._loop.turn, self._callback
        while self.active and run(turn, callback) is True:
            pass


class SignalWatcher:
    """Calls `callback()` in a turn whenever the process gets `signum`. It does not keep the loop alive.

    Works in the main thread only, as Python's signal handling does; elsewhere nothing is ever called.
    """

    __slots__ = ("_callback", "_scope", "_signum", "loop")

    def __init__(self, loop: EventLoop, signum: int, callback: Callback) -> None:
        self.loop = loop
        self._signum = signum
        self._callback = callback
        self._scope = trio.CancelScope()
        if threading.current_thread() is threading.main_thread():
            loop._start_task(self._watch)

    def close(self) -> None:
        """Give the signal back to whoever had it before."""
        self._scope.cancel()

    async def _watch(self) -> None:
        with self._scope, trio.open_signal_receiver(self._signum) as received:
            async for _ in received:
                self.loop.turn(self._callback)
