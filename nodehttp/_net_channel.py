"""`Channel`: a connected socket of the kernel, non-blocking, below the stream.

The rules:

1. Reading goes on between `start_reading()` and `stop_reading()`; what arrives goes to the owner at once, each piece in
   a turn of its own. At the end of the stream, or an error, reading stops by itself.
2. A write is tried at once, in the caller's stack. Only what the kernel does not take waits for it to have room.
   What is written while a large receive is dealt with may be gathered first: see `_net_gathering.py`.
3. There is one write at a time; `shutdown()` comes when there is none.
4. `close()` takes effect at once. A write that was under way fails with ECANCELED at the end of the loop's round.
5. The hold on the loop is told what goes on: reading, and a write that waits.
"""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any, Protocol

from nodestream.errors import system_error
from nodestream.loop import EventLoop, Watcher

from ._net_gathering import Gathering
from ._net_hold import Hold
from ._net_kernel import KernelSocket
from ._net_lingering import Lingering
from ._net_receive_sizes import RECEIVE_SIZE, give_back_share, take_share
from ._net_sending import drop_sent, first_bytes, send_pieces

Callback = Callable[..., object]

FULL_RECEIVES = 4
"""After so many full receives, with no small one and no stop among them, much comes, and is used as fast."""

SMALL_RECEIVE = 16 * 1024
"""A receive of fewer bytes says that no more so much comes."""

RECEIVES_IN_A_ROW = 32
"""After so many full receives, or as many bytes in fewer, other sockets have their turn."""

PROBE_INTERVAL = 1
"""Seconds between the probes of an idle connection."""

PROBES = 10
"""Probes that may stay unanswered."""

_NO_LINGER = struct.pack("ii", 1, 0)


class ChannelOwner(Protocol):
    """Who gets what a channel receives."""

    def _received(self, data: bytes) -> None: ...

    def _note_received(self, size: int) -> None: ...

    def _receive_ended(self) -> None: ...

    def _receive_failed(self, error: OSError) -> None: ...

    def pause(self) -> Any: ...


class ConnectedChannel(Protocol):
    """What a socket asks of the channel below it: a `Channel`, or one that encrypts."""

    @property
    def unsent(self) -> int: ...

    @property
    def is_tcp(self) -> bool: ...

    def start_reading(self) -> None: ...

    def stop_reading(self) -> None: ...

    def write(self, pieces: Sequence[bytes], callback: Callback, /) -> None: ...

    def gather(self, use: Callable[[bytes], object], data: bytes, /) -> None: ...

    def shutdown(self, callback: Callback, /) -> None: ...

    def set_no_delay(self, enable: bool, /) -> None: ...

    def set_keep_alive(
        self, enable: bool, initial_delay: int, interval: int | None = None, count: int | None = None, /
    ) -> None: ...

    def set_type_of_service(self, tos: int, /) -> None: ...

    def type_of_service(self) -> int: ...

    def local_address(self) -> Any: ...

    def peer_address(self) -> Any: ...

    def detach(self) -> KernelSocket: ...

    def close(self, *, reset: bool = False) -> None: ...


class Channel:
    """Bytes in, bytes out, on one connected socket.

    Attributes:
        owner: who gets what it receives.
        reading: whether it receives.
        unsent: bytes that wait for the kernel to take them.
    """

    __slots__ = (
        "_full_receives",
        "_gathering",
        "_has_share",
        "_hold",
        "_in_a_row",
        "_loop",
        "_on_written",
        "_reader",
        "_receive_size",
        "_rest",
        "_sock",
        "_writer",
        "owner",
        "reading",
        "unsent",
    )

    def __init__(self, loop: EventLoop, sock: KernelSocket, owner: ChannelOwner, hold: Hold) -> None:
        self._loop = loop
        self._sock = sock
        self.owner = owner
        self._hold = hold
        self._reader = Watcher(loop, sock, "read", self._on_readable)
        self.reading = False
        self._writer: Watcher | None = None
        self._receive_size = RECEIVE_SIZE
        self._full_receives = 0
        self._has_share = False  # in what all sockets with large receives may take
        self._in_a_row = 0
        self._rest: list[Any] = []
        self._on_written: Callback | None = None
        self._gathering: Gathering | None = None  # and as long as something of it is left
        self.unsent = 0

    # --- receiving ---

    def start_reading(self) -> None:
        """Receive; does nothing if that goes on already."""
        if not self.reading:
            self.reading = True
            self._reader.start()
            self._hold.set_reading(True)

    def stop_reading(self) -> None:
        """Leave what arrives to the kernel, which tells the peer to wait when it has enough."""
        if self.reading:
            self.reading = False
            self._expect_little()
            self._reader.stop()
            self._hold.set_reading(False)

    def _on_readable(self) -> bool:
        """Receive once. True: there may be more at once."""
        size = self._receive_size
        try:
            data = self._sock.recv(size)
        except (BlockingIOError, InterruptedError):
            return False
        except OSError as error:
            self._fail_receiving(error)
            return False
        if not data:
            self._end_receiving()
            return False
        self.owner._received(data)
        count = len(data)
        if count == size:
            return self._note_full_receive(count)
        if self._has_share and count < RECEIVE_SIZE:
            self._give_back_share()
        if count < SMALL_RECEIVE and self._full_receives:
            self._expect_little()
        self._in_a_row = 0
        return False

    def _expect_little(self) -> None:
        self._receive_size = RECEIVE_SIZE
        self._full_receives = 0

    def _note_full_receive(self, count: int) -> bool:
        """Whether to receive again before others have their turn."""
        self._full_receives += 1
        if self._full_receives >= FULL_RECEIVES and self._reader.is_open:
            self._has_share = True
            self._receive_size = take_share(self)
        self._in_a_row = (self._in_a_row + count // RECEIVE_SIZE) % RECEIVES_IN_A_ROW
        return self._in_a_row != 0

    def _give_back_share(self) -> None:
        if self._has_share:
            self._has_share = False
            give_back_share(self)

    def _end_receiving(self) -> None:
        gathering = self._gathering
        if gathering is not None and gathering.failure is not None:
            self._gathering = None
            self._fail_receiving(gathering.failure)
        else:
            self.stop_reading()
            self.owner._receive_ended()

    def _fail_receiving(self, error: OSError) -> None:
        self.stop_reading()
        self.owner._receive_failed(error)

    # --- sending ---

    def write(self, pieces: Sequence[bytes], callback: Callback) -> None:
        """Send `pieces` in one call of the kernel, and call `callback(error)`: at once, if it takes all of them."""
        if self._gathering is not None and self._write_behind(self._gathering, pieces, callback):
            return
        try:
            sent = send_pieces(self._sock, pieces)
        except OSError as error:
            callback(system_error(error, "write"))
            return
        size = sum(map(len, pieces)) if len(pieces) > 1 else len(pieces[0])
        if sent == size:
            callback(None)
            return
        self._on_written = callback
        self._await_room(pieces, size, sent)

    def _await_room(self, pieces: Sequence[bytes], size: int, sent: int) -> None:
        """The kernel has taken `sent` of `size` bytes."""
        self.unsent = size - sent
        self._rest = list(pieces)
        drop_sent(self._rest, sent)
        if self._writer is None:
            self._writer = Watcher(self._loop, self._sock, "write", self._on_writable)
        self._writer.start()
        self._hold.owe()

    def _on_writable(self) -> bool:
        """Send once. True: there is more, and the kernel may take it at once."""
        try:
            sent = send_pieces(self._sock, self._rest)
        except OSError as error:
            self._fail_sending(error)
            return False
        self.unsent -= sent
        drop_sent(self._rest, sent)
        if self._gathering is not None and self._gathering.note_sent(sent):
            self._gathering = None
        if self._rest:
            return sent > 0
        self._written(None)
        return False

    def _fail_sending(self, error: OSError) -> None:
        gathering, self._gathering = self._gathering, None
        if self.reading and error.errno == errno.ECONNRESET:
            self._fail_receiving(error)  # both directions know of it, and Node asks this one first
            return
        if gathering is not None and self._on_written is None:
            gathering.failure = error
            self._gathering = gathering
        self._written(system_error(error, "write"))

    def _written(self, error: BaseException | None) -> None:
        callback, self._on_written = self._on_written, None
        self._rest = []
        self.unsent = 0
        if self._writer is not None:
            self._writer.stop()
        self._hold.settle()
        if callback is not None:
            callback(error)

    def shutdown(self, callback: Callback) -> None:
        """Tell the peer that nothing more comes, then call `callback(error)`, in a later turn."""
        self._loop.complete_later(self._shutdown, callback)

    def _shutdown(self, callback: Callback, error: BaseException | None = None) -> None:
        if not self._reader.is_open:
            callback(None)  # what is left of it lingers, and ends by being closed
            return
        if error is not None:
            callback(error)
            return
        if self._rest:  # it counts as taken, and goes first
            self._on_written = partial(self._shutdown, callback)
            return
        try:
            self._sock.shutdown(socket.SHUT_WR)
        except OSError as failure:
            if failure.errno not in (errno.ENOTCONN, errno.EBADF):
                callback(system_error(failure, "shutdown"))
                return
        callback(None)

    # --- gathering ---

    def gather(self, use: Callable[[bytes], object], data: bytes) -> None:
        """Call `use(data)`; what is written meanwhile leaves together, if the kernel has room for it."""
        if self._gathering is None and not self._rest:
            self._gathering = Gathering()
        try:
            use(data)
        finally:
            self._flush()

    def _write_behind(self, gathering: Gathering, pieces: Sequence[bytes], callback: Callback) -> bool:
        """Take a write while something is gathered, or is left of that; False if nothing is, after all."""
        if gathering.add(self._sock, pieces):
            callback(None)
            return True
        self._flush()
        if self._gathering is None:
            return False
        if gathering.failure is not None:
            self._gathering = None
            callback(system_error(gathering.failure, "write"))
            return True
        self._rest.extend(pieces)
        self.unsent += sum(map(len, pieces))
        self._on_written = callback
        return True

    def _flush(self) -> None:
        """Send what is gathered. What is written next goes its usual way."""
        gathering = self._gathering
        if gathering is None or not gathering.is_open:
            return
        pieces, size = gathering.close()
        try:
            sent = send_pieces(self._sock, pieces) if pieces else 0
        except OSError as error:
            gathering.failure = error
            return
        if sent == size:
            self._gathering = None
        else:
            gathering.unsent = size - sent
            self._await_room(pieces, size, sent)

    # --- options and addresses ---

    def set_no_delay(self, enable: bool) -> None:
        """Send small writes at once (TCP only)."""
        self._flush()
        self._set_option(socket.IPPROTO_TCP, socket.TCP_NODELAY, enable)

    def set_keep_alive(
        self, enable: bool, initial_delay: int, interval: int | None = None, count: int | None = None
    ) -> None:
        """Probe an idle connection, first after `initial_delay` seconds if that is not 0 (TCP only)."""
        self._set_option(socket.SOL_SOCKET, socket.SO_KEEPALIVE, enable)
        if enable and initial_delay:
            self._set_option(socket.IPPROTO_TCP, getattr(socket, "TCP_KEEPIDLE", 0x10), initial_delay)
            self._set_option(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, PROBE_INTERVAL if interval is None else interval)
            self._set_option(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, PROBES if count is None else count)

    def set_type_of_service(self, tos: int) -> None:
        """Mark the packets (TCP only). Raises OSError."""
        self._flush()
        self._sock.setsockopt(*self._type_of_service_option(), tos)

    def type_of_service(self) -> int:
        """How the packets are marked (TCP only). Raises OSError."""
        return self._sock.getsockopt(*self._type_of_service_option())

    def _type_of_service_option(self) -> tuple[int, int]:
        if self._sock.family == socket.AF_INET6:
            return socket.IPPROTO_IPV6, socket.IPV6_TCLASS
        return socket.IPPROTO_IP, socket.IP_TOS

    def _set_option(self, level: int, option: int, value: int | bytes) -> None:
        if self._sock.family == socket.AF_UNIX and level == socket.IPPROTO_TCP:
            return
        with suppress(OSError):  # the connection is gone: whoever reads or writes next is told
            self._sock.setsockopt(level, option, value)

    def local_address(self) -> Any:
        """The kernel's address of this end, None if it has none any more."""
        return _asked(self._sock.getsockname)

    def peer_address(self) -> Any:
        """The kernel's address of the other end, None if it is gone."""
        return _asked(self._sock.getpeername)

    @property
    def is_tcp(self) -> bool:
        """Whether this is TCP, not a Unix socket."""
        return self._sock.family != socket.AF_UNIX

    # --- the end ---

    def detach(self) -> KernelSocket:
        """Stop, and give the socket away."""
        self.stop_reading()
        self._reader.close()
        self._give_back_share()
        return self._sock

    def close(self, *, reset: bool = False) -> None:
        """Let go of the socket; with `reset` the peer is told by a RST and what was not sent is dropped."""
        self._flush()
        self._give_back_share()
        if reset:
            self._set_option(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        self._reader.close()
        if self._writer is not None:
            self._writer.close()
        if self._gathering is not None and self._rest and not reset:
            Lingering(self._loop, self._sock, first_bytes(self._rest, self._gathering.unsent))
        else:
            self._sock.close()
        if self._on_written is not None:
            self._loop.close_later(self._written, system_error(errno.ECANCELED, "write"))


def _asked(question: Callable[[], Any]) -> Any:
    try:
        return question()
    except OSError:
        return None
