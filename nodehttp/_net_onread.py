"""`onread`: what is received goes into the caller's own buffer, and to a callback, not through the stream.

Node: the option `onread` of net.Socket
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from nodestream._options import normalized
from nodestream.errors import ERR_INVALID_ARG_TYPE
from nodestream.loop import EventLoop

from ._net_channel import RECEIVES_IN_A_ROW, Channel, ChannelOwner
from ._net_hold import Hold
from ._net_kernel import KernelSocket
from ._net_receive_sizes import RECEIVE_SIZE

_OPTIONS = frozenset({"buffer", "callback"})


class OnRead(NamedTuple):
    """The buffer (or a function that gives the one for the next read), and `callback(size, buffer)`."""

    buffer: Any
    callback: Callable[[int, Any], object]


def checked_onread(value: Any) -> OnRead:
    """The option. Raises ERR_INVALID_ARG_TYPE."""
    if not isinstance(value, Mapping):
        raise ERR_INVALID_ARG_TYPE("options.onread", "of type object", value)
    given = normalized(_OPTIONS, value, {}, "onread")
    buffer, callback = given.get("buffer"), given.get("callback")
    if not callable(callback):
        raise ERR_INVALID_ARG_TYPE("options.onread.callback", "of type function", callback)
    if not callable(buffer) and not _size_of(buffer):
        raise ERR_INVALID_ARG_TYPE("options.onread.buffer", "a buffer with room or a function that gives one", buffer)
    return OnRead(buffer, callback)


def _size_of(buffer: Any) -> int:
    """In bytes; 0 for what is no buffer."""
    try:
        with memoryview(buffer) as view:
            return view.nbytes
    except TypeError:
        return 0


def _writable(buffer: Any) -> Any:
    """The buffer, or one of the same size if it is not to be written to."""
    with memoryview(buffer) as view:
        return bytearray(view.nbytes) if view.readonly else buffer


class BufferChannel(Channel):
    """A channel that receives into its owner's buffer. A callback that returns False pauses the owner."""

    __slots__ = ("_buffer", "_callback", "_next_buffer", "_room")

    def __init__(self, loop: EventLoop, sock: KernelSocket, owner: ChannelOwner, hold: Hold, onread: OnRead) -> None:
        super().__init__(loop, sock, owner, hold)
        self._callback = onread.callback
        self._next_buffer: Callable[[], Any] | None = None
        if callable(onread.buffer):
            self._next_buffer = onread.buffer
            self._use(bytearray(RECEIVE_SIZE))  # should the first one be none
            self._take_next_buffer()
        else:
            self._use(onread.buffer)

    def _use(self, buffer: Any) -> None:
        self._buffer = _writable(buffer)
        self._room = _size_of(buffer)

    def _on_readable(self) -> bool:
        buffer, room = self._buffer, self._room
        try:
            size = self._sock.recv_into(buffer)
        except (BlockingIOError, InterruptedError):
            return False
        except OSError as error:
            self.stop_reading()
            self.owner._receive_failed(error)
            return False
        if not size:
            self.stop_reading()
            self.owner._receive_ended()
            return False
        self.owner._note_received(size)
        if self._callback(size, buffer) is False:
            self.owner.pause()
        self._take_next_buffer()
        if size < room:
            self._in_a_row = 0
            return False
        self._in_a_row = (self._in_a_row + 1) % RECEIVES_IN_A_ROW
        return self._in_a_row != 0

    def _take_next_buffer(self) -> None:
        """Ask for the next one; what is no buffer leaves the last one."""
        if self._next_buffer is not None:
            buffer = self._next_buffer()
            if _size_of(buffer):
                self._use(buffer)
