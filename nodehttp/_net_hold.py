"""`Hold`: whether a socket keeps the event loop alive.

The rules:

1. While it is read it does, unless `unref()` said otherwise.
2. While the kernel owes it something (a connection that is being made, a write that it has not taken) it does in any
   case.
3. Otherwise nothing can come of waiting for it: it is paused, or has ended, or was never connected. The loop may end,
   and then lets go of it.
"""

from __future__ import annotations

from collections.abc import Callable

from nodestream.loop import EventLoop, Handle


class Hold:
    """A socket's share in the loop, from its beginning until `close()`. `release()` is called when the loop ends.

    It begins with something owed: the caller says `settle()` when the socket is set up, or connected.
    """

    __slots__ = ("_handle", "_owed", "_reading", "_referenced")

    def __init__(self, loop: EventLoop, release: Callable[[], object]) -> None:
        self._handle = Handle(loop, release)
        self._referenced = True
        self._reading = False
        self._owed = 1

    def set_reading(self, reading: bool) -> None:
        """It is read from now on, or no longer."""
        self._reading = reading
        self._update()

    def owe(self) -> None:
        """The kernel owes one more answer."""
        self._owed += 1
        self._update()

    def settle(self) -> None:
        """The kernel has given one of its answers."""
        self._owed -= 1
        self._update()

    def ref(self) -> None:
        """Reading keeps the loop alive (the default)."""
        self._referenced = True
        self._update()

    def unref(self) -> None:
        """Reading does not keep the loop alive."""
        self._referenced = False
        self._update()

    def has_ref(self) -> bool:
        """Whether reading keeps the loop alive."""
        return self._referenced

    def close(self) -> None:
        """The socket is closed. May be called again."""
        self._handle.close()

    def _update(self) -> None:
        if self._owed or (self._reading and self._referenced):
            self._handle.ref()
        else:
            self._handle.unref()
