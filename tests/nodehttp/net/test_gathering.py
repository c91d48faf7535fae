"""What is written while a large receive is dealt with leaves together, and nobody who writes it can tell."""

from __future__ import annotations

import errno
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from trio.testing import MockClock

from nodehttp._net_channel import Channel
from nodehttp._net_gathering import MOST_GATHERED, ROOM_TO_GATHER
from nodehttp._net_hold import Hold
from nodehttp._net_lingering import LINGER_TIME
from nodehttp._net_sending import MOST_BUFFERS, first_bytes
from nodestream import run
from nodestream.loop import current_loop, open_loop
from nodestream.timers import set_timeout
from tests.nodehttp.net.support import flushed, turns

PLENTY = 1 << 22
MEMINFO = 55
Answer = int | OSError


class Scripted(socket.socket):
    """A socket that logs what is asked of it. It takes what the answers say, or all; it has `room`, None: unknown."""

    def __init__(self, real: socket.socket, room: int | None) -> None:
        super().__init__(fileno=real.detach())
        self.setblocking(False)
        self.room = room
        self.calls: list[Any] = []
        self.answers: list[Answer] = []
        self.sent = bytearray()
        self.incoming: list[bytes | OSError] = []

    def recv(self, _size: int, _flags: int = 0, /) -> bytes:
        data = self.incoming.pop(0)
        if isinstance(data, OSError):
            raise data
        return data

    def send(self, data: Any, _flags: int = 0, /) -> int:
        return self.sendmsg([data])

    def sendmsg(self, buffers: Any, *_: Any) -> int:
        data = b"".join(buffers)
        answer = self.answers.pop(0) if self.answers else len(data)
        self.calls.append(("send", len(data), len(buffers)))
        if isinstance(answer, OSError):
            raise answer
        self.sent += data[:answer]
        if not answer:
            raise BlockingIOError
        return min(answer, len(data))

    def getsockopt(self, level: int, option: int, size: int = 0, /) -> Any:
        if option != MEMINFO or level != socket.SOL_SOCKET:
            return super().getsockopt(level, option, size) if size else super().getsockopt(level, option)
        if self.room is None:
            raise OSError(errno.ENOPROTOOPT, "no such option")
        return struct.pack("=9I", 0, 0, 0, self.room + 1000, 0, 1000, 0, 0, 0)

    def setsockopt(self, level: int, option: int, value: Any, *_: Any) -> None:  # type: ignore[override]
        self.calls.append("linger" if option == socket.SO_LINGER else "option")

    def shutdown(self, how: int, /) -> None:
        self.calls.append("shutdown")

    def close(self) -> None:
        self.calls.append("close")
        super().close()

    @property
    def sends(self) -> list[Any]:
        return [call[1] for call in self.calls if isinstance(call, tuple)]


class Owner:
    """Logs what it is told."""

    def __init__(self, log: list[Any]) -> None:
        self._log = log

    def _received(self, data: bytes) -> None:
        self._log.append(data)

    def _receive_ended(self) -> None:
        self._log.append("end")

    def _receive_failed(self, error: OSError) -> None:
        self._log.append(f"failed {error.errno}")


class Bench:
    """A channel over a scripted socket, and what its callbacks and its owner were told."""

    def __init__(self, room: int | None = PLENTY) -> None:
        ours, self.theirs = socket.socketpair()
        self.sock = Scripted(ours, room)
        self.log: list[Any] = []
        owner: Any = Owner(self.log)
        self.hold = Hold(current_loop(), lambda: None)
        self.channel = Channel(current_loop(), self.sock, owner, self.hold)
        self.hold.settle()

    def write(self, size: int, name: str = "written") -> None:
        self.channel.write([bytes(size)], lambda error: self.log.append(f"{name} {getattr(error, 'code', error)}"))

    @property
    def closed(self) -> bool:
        return not self.channel._reader.is_open

    def close(self, *, reset: bool = False) -> None:
        self.channel.close(reset=reset)
        self.hold.close()

    def gather(self, *sizes: int) -> None:
        self.channel.gather(lambda _data: [self.write(size) for size in sizes], b"")

    def read_from_now_on(self, *incoming: bytes | OSError) -> None:
        self.sock.incoming.extend(incoming)
        self.theirs.send(b"ready")
        self.channel.start_reading()


@contextmanager
def channel(room: int | None = PLENTY) -> Iterator[Bench]:
    bench = Bench(room)
    yield bench
    if not bench.closed:
        bench.close()
    bench.theirs.close()


async def test_writes_leave_in_one_call_after_they_were_told_to_be_done() -> None:
    async with open_loop():
        with channel() as bench:

            def use(data: bytes) -> None:
                bench.log.append(data)
                for size in (5, 6, 7):
                    bench.write(size)
                assert bench.sock.sends == []
                assert bench.channel.unsent == 0

            bench.channel.gather(use, b"received")
            assert bench.log == [b"received", *["written None"] * 3]
            assert bench.sock.calls == [("send", 18, 3)]
            bench.write(8)
            assert bench.sock.sends == [18, 8]


@pytest.mark.parametrize("room", [ROOM_TO_GATHER - 1, 0, None])
async def test_where_the_kernel_has_no_room_or_does_not_tell_each_write_is_tried_at_once(room: int | None) -> None:
    async with open_loop():
        with channel(room) as bench:
            bench.sock.answers = [5, 0]
            bench.gather(5, 6)
            assert bench.sock.sends == [5, 6]
            assert bench.log == ["written None"]
            assert bench.channel.unsent == 6
            await flushed(bench.channel, lambda: len(bench.log) == 2)


async def test_a_write_that_is_too_much_is_tried_at_once_behind_the_others() -> None:
    async with open_loop():
        with channel() as bench:
            bench.gather(MOST_GATHERED - 1, 1, 2, 3)
            assert bench.sock.sends == [MOST_GATHERED, 2, 3]
        with channel() as bench:
            bench.gather(MOST_GATHERED + 1, 1)
            assert bench.sock.sends == [MOST_GATHERED + 1, 1]
        with channel() as bench:
            bench.gather(*[1] * (MOST_BUFFERS + 2))
            assert bench.sock.sends == [MOST_BUFFERS, 1, 1]


async def test_a_listener_that_raises_does_not_keep_anything_back() -> None:
    async with open_loop():
        with channel() as bench:

            def use(_data: bytes) -> None:
                bench.write(5)
                raise ZeroDivisionError

            with pytest.raises(ZeroDivisionError):
                bench.channel.gather(use, b"")
            assert bench.sock.sends == [5]


@pytest.mark.parametrize(
    ("act", "called"),
    [
        (lambda bench: bench.close(), "close"),
        (lambda bench: bench.close(reset=True), "linger"),
        (lambda bench: bench.channel.set_type_of_service(4), "option"),
        (lambda bench: bench.channel.set_no_delay(True), None),  # a socket that is not TCP has no such option
    ],
)
async def test_it_leaves_before_what_comes_behind_it(act: Callable[[Bench], None], called: str | None) -> None:
    async with open_loop():
        with channel() as bench:

            def use(_data: bytes) -> None:
                bench.write(5)
                bench.write(6)
                act(bench)
                assert bench.sock.calls[:2] == [("send", 11, 2), *([called] if called else [])]

            bench.channel.gather(use, b"")
            assert bench.sock.sends == [11]


async def test_a_kernel_that_fails_tells_the_next_write() -> None:
    async with open_loop():
        with channel() as bench:
            bench.sock.answers = [ConnectionResetError(errno.ECONNRESET, "reset")]
            bench.gather(5, 6)
            assert bench.log == ["written None", "written None"]
            bench.write(7)
            assert bench.log[2:] == ["written ECONNRESET"]
            bench.write(8)
            assert bench.log[3:] == ["written None"]


async def test_a_kernel_that_fails_tells_who_receives_when_all_was_received() -> None:
    async with open_loop():
        with channel() as bench:
            bench.sock.answers = [BrokenPipeError(errno.EPIPE, "broken")]
            bench.gather(5)
            bench.read_from_now_on(b"a", b"b", b"")
            await flushed(bench.channel, lambda: len(bench.log) == 4)
            assert bench.log == ["written None", b"a", b"b", f"failed {errno.EPIPE}"]
            assert not bench.channel.reading


async def test_what_the_kernel_does_not_take_goes_before_the_next_write_and_the_end() -> None:
    async with open_loop():
        with channel() as bench:
            bench.sock.answers = [4, 3, 0, PLENTY]
            bench.gather(5, 6)
            assert (bench.channel.unsent, bench.log) == (7, ["written None"] * 2)
            bench.write(9, "behind")
            assert bench.channel.unsent == 16
            bench.gather()
            assert bench.sock.sends == [11]
            await flushed(bench.channel, lambda: len(bench.log) == 3)
            assert bench.log[2] == "behind None"
            assert bench.channel.unsent == 0
        with channel() as bench:
            bench.sock.answers = [4, 0]
            bench.gather(5, 6)
            bench.channel.shutdown(lambda error: bench.log.append(f"shut {error}"))
            await flushed(bench.channel, lambda: len(bench.log) == 3)
            assert bench.log[2] == "shut None"
            assert bench.sock.calls[-2:] == [("send", 7, 2), "shutdown"]


async def test_a_kernel_that_fails_with_the_rest_tells_who_waits_for_it_or_asks_next() -> None:
    broken = BrokenPipeError(errno.EPIPE, "broken")
    async with open_loop():
        with channel() as bench:
            bench.sock.answers = [4, broken]
            bench.gather(5)
            bench.write(6)
            await flushed(bench.channel, lambda: len(bench.log) == 2)
            assert bench.log == ["written None", "written EPIPE"]
        with channel() as bench:
            bench.sock.answers = [4, broken]
            bench.gather(5)
            await flushed(bench.channel, lambda: bench.channel.unsent == 0)
            bench.write(6)
            assert bench.log == ["written None", "written EPIPE"]
        with channel() as bench:
            bench.sock.answers = [4, broken]
            bench.gather(5)
            bench.channel.shutdown(lambda error: bench.log.append(f"shut {getattr(error, 'code', error)}"))
            await flushed(bench.channel, lambda: len(bench.log) == 2)
            assert bench.log == ["written None", "shut EPIPE"]


async def test_a_closed_socket_lingers_until_the_kernel_has_what_counts_as_taken_and_no_more() -> None:
    async with open_loop():
        with channel() as bench:
            bench.sock.answers = [4, 2, 0, PLENTY]
            bench.gather(5, 6)
            bench.write(9, "cancelled")
            bench.close()
            assert "close" not in bench.sock.calls
            await flushed(bench.channel, lambda: "close" in bench.sock.calls)
            assert len(bench.sock.sent) == 11
            assert bench.log == ["written None", "written None", "cancelled ECANCELED"]


@pytest.mark.parametrize("rounds", [0, 2])
async def test_a_closed_socket_lingers_though_it_was_to_be_shut_down(rounds: int) -> None:
    async with open_loop():
        with channel() as bench:
            bench.sock.answers = [4, *[0] * 20]
            bench.gather(5, 6)
            bench.channel.shutdown(lambda error: bench.log.append(f"shut {error}"))
            await turns(rounds)
            bench.close()
            bench.sock.answers.clear()
            await flushed(bench.channel, lambda: "close" in bench.sock.calls)
            assert len(bench.sock.sent) == 11
            assert bench.log[2:] == ["shut None"]
            assert "shutdown" not in bench.sock.calls


async def test_a_reset_drops_what_the_kernel_has_not_taken() -> None:
    async with open_loop():
        with channel() as bench:
            bench.sock.answers = [4]
            bench.gather(5)
            bench.close(reset=True)
            assert bench.sock.calls == [("send", 5, 1), "linger", "close"]


async def test_a_socket_that_lingers_ends_with_an_error() -> None:
    async with open_loop():
        with channel() as bench:
            bench.sock.answers = [4, BrokenPipeError(errno.EPIPE, "broken")]
            bench.gather(5)
            bench.close()
            await flushed(bench.channel, lambda: "close" in bench.sock.calls)
            assert len(bench.sock.sent) == 4


def test_a_socket_that_lingers_keeps_the_loop_alive_for_a_time() -> None:
    """The kernel of this one takes nothing more."""
    made: list[Bench] = []

    def begin() -> None:
        bench = Bench()
        made.append(bench)
        bench.sock.setsockopt = None  # type: ignore[method-assign,assignment]
        bench.sock.answers = [1]
        bench.gather(5)
        fill(bench.sock)
        bench.close()

    clock = MockClock(autojump_threshold=0.01)
    set_timeout(begin, 1)
    run(clock=clock)
    assert made[0].sock.fileno() == -1
    assert LINGER_TIME <= clock.current_time() * 1000 < LINGER_TIME * 1.1
    made[0].theirs.close()


def fill(sock: socket.socket) -> None:
    """Let the kernel have no more room."""
    while True:
        try:
            socket.socket.send(sock, bytes(1 << 16))
        except BlockingIOError:
            return


async def test_a_loop_that_ends_lets_go_of_a_socket_that_lingers() -> None:
    with pytest.raises(ZeroDivisionError):
        async with open_loop():
            bench = Bench()
            bench.sock.answers = [1]
            bench.gather(5)
            fill(bench.sock)
            bench.close()
            await turns()
            assert bench.sock.fileno() != -1
            raise ZeroDivisionError
    assert bench.sock.fileno() == -1
    bench.theirs.close()


def test_the_first_bytes_of_pieces() -> None:
    pieces = [b"abc", b"def", b"gh"]
    assert [b"".join(first_bytes(pieces, count)) for count in (0, 1, 3, 4, 8, 9)] == [
        b"",
        b"a",
        b"abc",
        b"abcd",
        b"abcdefgh",
        b"abcdefgh",
    ]
