"""`EpollPolls`: readiness from an epoll of the loop's own, below trio's.

The driver waits in trio for the descriptor of this epoll. So there is one task for trio to resume, however many
sockets are ready. The rules:

1. A descriptor is registered once for both directions, level triggered, and stays registered.
2. The kernel is not told that a reader stopped: it often starts again before anything arrives. If something does
   arrive, it is told then.
3. A writer that stopped is taken out before the next poll, because a socket is nearly always ready for writing.
4. A socket that nobody watches any more is taken out at once. The kernel forgets a descriptor that is closed by
   itself, but not while a duplicate or another process has the same socket open.
5. If a socket is ready in both directions, reading comes first.
6. The number of a closed descriptor may be given to another socket while the events of a poll are told. These do not
   reach it, because it is not registered before the next poll.
7. `wake()` writes to an eventfd in the same epoll. It is edge triggered, so nobody has to read it.
"""

from __future__ import annotations

import contextlib
import os
import select
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import trio

if TYPE_CHECKING:
    from ._loop_handles import Watcher

READ = select.EPOLLIN
WRITE = select.EPOLLOUT

MOST_EVENTS = 1024
"""Events that one poll takes at most; the next one takes the others."""


class _Descriptor:
    """One open socket: who watches it, and the directions that it is registered for."""

    __slots__ = ("number", "reader", "registered", "sock", "writer")

    def __init__(self, number: int) -> None:
        self.number = number
        self.sock: Any = None
        self.reader: Watcher | None = None
        self.writer: Watcher | None = None
        self.registered = 0

    @property
    def wanted(self) -> int:
        """The directions that somebody waits for."""
        wanted = READ if self.reader is not None and self.reader.active else 0
        return wanted | WRITE if self.writer is not None and self.writer.active else wanted

    def admit(self, watcher: Watcher) -> None:
        """Let it be the one of its direction. Raises RuntimeError if another one is active there."""
        present = self.reader if watcher.reads else self.writer
        if present is not None and present is not watcher and present.active:
            raise RuntimeError("a socket can have one active watcher for each direction")
        if self.sock is not watcher.sock:
            self.sock = watcher.sock
            self.registered = 0  # the kernel may have forgotten the socket that had this number before
        if watcher.reads:
            self.reader = watcher
        else:
            self.writer = watcher

    def leave(self, watcher: Watcher) -> None:
        """Forget it."""
        if self.reader is watcher:
            self.reader = None
        elif self.writer is watcher:
            self.writer = None


class EpollPolls:
    """The epoll of one loop. See `Polls`."""

    __slots__ = ("_asleep", "_bell", "_changed", "_descriptors", "_epoll", "_number")

    def __init__(self) -> None:
        self._descriptors: dict[int, _Descriptor] = {}
        self._changed: dict[_Descriptor, None] = {}  # since the last poll
        self._epoll: select.epoll
        self._number = self._bell = -1  # the descriptors of the epoll and of the eventfd
        self._asleep = False

    def begin(self) -> None:
        """Open the epoll."""
        self._epoll = select.epoll()
        self._number = self._epoll.fileno()
        try:
            self._bell = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        except OSError:
            self._epoll.close()
            raise
        self._epoll.register(self._bell, READ | select.EPOLLET)

    def end(self) -> None:
        """Close it."""
        for descriptor in self._descriptors.values():
            descriptor.registered = 0
        self._epoll.close()
        os.close(self._bell)

    # --- who watches what ---

    def ask(self, watcher: Watcher) -> None:
        """`watcher` starts."""
        number = watcher.sock.fileno()
        descriptor = self._descriptors.get(number)
        if descriptor is None:
            descriptor = self._descriptors[number] = _Descriptor(number)
        descriptor.admit(watcher)
        if not descriptor.registered & (READ if watcher.reads else WRITE):
            self._changed[descriptor] = None

    def relent(self, watcher: Watcher) -> None:
        """`watcher` was stopped."""
        descriptor = self._descriptors.get(watcher.sock.fileno())
        if descriptor is None:
            return
        if descriptor.registered & WRITE and not watcher.reads:
            self._changed[descriptor] = None
        elif not descriptor.wanted:
            self._changed.pop(descriptor, None)  # if it is asked for again, it is behind those asked for meanwhile

    def leave(self, watcher: Watcher) -> None:
        """`watcher` was closed."""
        descriptor = self._descriptors.get(watcher.sock.fileno())
        if descriptor is None:
            return
        descriptor.leave(watcher)
        if descriptor.reader is None and descriptor.writer is None:
            del self._descriptors[descriptor.number]
        if not descriptor.wanted:
            self._changed.pop(descriptor, None)
            self._register(descriptor)
        elif descriptor.registered & WRITE and not watcher.reads:
            self._changed[descriptor] = None

    def _register(self, descriptor: _Descriptor) -> None:
        """Tell the kernel what is wanted. Raises OSError for what cannot be watched, as a regular file."""
        number, before, wanted = descriptor.number, descriptor.registered, descriptor.wanted
        if wanted == before:
            return
        descriptor.registered = wanted
        if not wanted:
            with contextlib.suppress(OSError):  # it was closed
                self._epoll.unregister(number)
        elif before:
            self._epoll.modify(number, wanted)
        else:
            try:
                self._epoll.register(number, wanted)
            except FileExistsError:  # for another object that has the same socket
                self._epoll.modify(number, wanted)

    def _register_changed(self) -> None:
        changed, self._changed = self._changed, {}
        for descriptor in changed:
            self._register(descriptor)

    # --- polls ---

    async def sleep(self) -> None:
        """Wait for an event."""
        if self._changed:
            self._register_changed()
        self._asleep = True
        try:
            await trio.lowlevel.wait_readable(self._number)
        finally:
            self._asleep = False

    def wake(self) -> None:
        """End sleep()."""
        if self._asleep:
            self._asleep = False
            os.eventfd_write(self._bell, 1)

    def poll(self) -> Iterator[Watcher]:
        """Ask what is ready."""
        if self._changed:
            self._register_changed()
        descriptors = self._descriptors
        # All numbers are looked up first: they mean what they meant when the kernel was asked.
        for descriptor, flags in [
            (descriptors.get(number), flags) for number, flags in self._epoll.poll(0, MOST_EVENTS)
        ]:
            if descriptor is None or not descriptor.registered:
                continue  # the eventfd, or a socket that was left meanwhile
            reader = descriptor.reader
            if flags == READ and reader is not None and reader.active:
                yield reader  # as below, in nearly all cases
                continue
            wanted = descriptor.wanted
            if not wanted or flags & descriptor.registered & ~wanted:
                self._register(descriptor)
            # A connection that failed or is gone (EPOLLERR, EPOLLHUP) concerns both directions.
            if wanted & READ and flags & ~WRITE and reader is not None:
                yield reader
            writer = descriptor.writer
            if flags & ~READ and writer is not None and writer.active and descriptor.registered:
                yield writer
