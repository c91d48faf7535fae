"""What a loop holds and watches: immediates, open handles, sockets that may become ready, signals."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from contextvars import Context
from typing import TYPE_CHECKING, Any

import trio

from ._names import NodeNames, node_name
from ._sleeper import Sleeper

if TYPE_CHECKING:
    from ._event_loop import EventLoop

Callback = Callable[..., object]

_numbers = itertools.count()


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
    """

    __slots__ = (
        "_active",
        "_callback",
        "_loop",
        "_open",
        "_sleeper",
        "_sock",
        "_spawned",
        "_told",
        "_wait",
        "armed",
        "asked",
        "context",
    )

    context: Context

    def __init__(self, loop: EventLoop, sock: Any, direction: str, callback: Callback) -> None:
        self._loop = loop
        self._sock = sock
        self._wait = trio.lowlevel.wait_readable if direction == "read" else trio.lowlevel.wait_writable
        self._callback = callback
        self._active = False
        self._open = True
        self._spawned = False
        self._told = False
        self._sleeper = Sleeper()
        self.asked = self.armed = 0  # see _loop_polls.py

    def start(self) -> None:
        """Begin, or go on."""
        if self._active or not self._open:
            return
        self._active = True
        self.asked = next(_numbers)
        if not self._spawned:
            self._spawned = True
            self._loop._start_task(self._watch)
        else:
            self._sleeper.wake()

    def stop(self) -> None:
        """No callback until the next start()."""
        self._active = False

    def close(self) -> None:
        """No callback ever again. May be called again."""
        if not self._open:
            return
        self._open = self._active = False
        if not self._sleeper.wake() and self._spawned and self._loop.running:
            trio.lowlevel.notify_closing(self._sock)

    async def _watch(self) -> None:
        loop, wait, sock, polls = self._loop, self._wait, self._sock, self._loop._polls
        task = trio.lowlevel.current_task()
        self.context = task.context
        while self._open:
            if not self._active:
                await self._sleeper.sleep()
                continue
            self._told = False
            self.armed = polls.count
            polls.tasks[task] = self
            try:
                await wait(sock)
            except trio.ClosedResourceError:
                continue  # this watcher was closed, or the one of the other direction
            finally:
                del polls.tasks[task]
            if loop._is_past_poll:
                await loop._wait_for_poll()
            if not self._told:  # by the task of another one
                polls.tell_ready(self)

    def tell(self) -> None:
        """The socket is ready: begin turns until there is no more to do."""
        self._told = True
        self.asked = next(_numbers)
        turn, callback = self._loop.turn, self._callback
        while self._active and turn(callback) is True:
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
