"""Readiness of sockets, of both kinds of polls: order, and what happens while the events of one poll are told."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
import trio
import trio.testing

from nodestream import _event_loop
from nodestream._loop_polls import new_polls
from nodestream._loop_waits import WaitPolls
from nodestream.loop import Handle, Watcher, current_loop, next_tick, open_loop, run
from nodestream.timers import set_immediate, set_timeout

IS_EPOLL = type(new_polls(current_loop())) is not WaitPolls


@pytest.fixture(params=["best", "portable"], autouse=True)
def _kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Which kind of polls the loops of a test have."""
    if request.param == "portable":
        monkeypatch.setattr(_event_loop, "new_polls", WaitPolls)
    return IS_EPOLL and request.param != "portable"


@pytest.fixture
def _needs_epoll(_kind: bool) -> None:
    """For what trio, in place of an epoll of our own, does in another way."""
    if not _kind:
        pytest.skip("not of this kind of polls")


class Sockets:
    """Pairs of sockets by name. Each is watched for what its other end sends; `told` says who was ready."""

    def __init__(self, names: str, on_told: Callable[[str], object] = lambda name: None) -> None:
        self.told = ""
        self.on_told = on_told
        self._handle = Handle(current_loop(), self.close)
        self.ours: dict[str, socket.socket] = {}
        self.theirs: dict[str, socket.socket] = {}
        self.watchers: dict[str, Watcher] = {}
        for name in names:
            self.add(name)

    def add(self, name: str) -> None:
        """Open one more pair."""
        self.ours[name], self.theirs[name] = socket.socketpair()
        self.ours[name].setblocking(False)
        self.theirs[name].setblocking(False)
        self.watchers[name] = Watcher(current_loop(), self.ours[name], "read", partial(self._receive, name))

    def start(self, names: str) -> None:
        for name in names:
            self.watchers[name].start()

    def send(self, names: str) -> None:
        for name in names:
            self.theirs[name].send(b"x")

    def _receive(self, name: str) -> None:
        self.told += name
        self.ours[name].recv(1)
        self.on_told(name)

    def drop(self, name: str) -> None:
        """Close our end."""
        self.watchers.pop(name).close()
        self.ours.pop(name).close()

    def close(self) -> None:
        self._handle.close()
        for name in list(self.ours):
            self.drop(name)
        for end in self.theirs.values():
            end.close()


@contextlib.contextmanager
def sockets(names: str) -> Iterator[Sockets]:
    """Sockets that are closed in the end."""
    them = Sockets(names)
    try:
        yield them
    finally:
        them.close()


async def settled() -> None:
    """Wait until the loop has done everything that it can do."""
    await trio.testing.wait_all_tasks_blocked()


# --- order ---


@pytest.mark.parametrize("order", ["abc", "cba", "bca"])
async def test_turns_come_in_the_order_in_which_the_kernel_saw_the_sockets_become_ready(order: str) -> None:
    async with open_loop():
        with sockets("abc") as them:
            them.start("abc")
            await settled()
            for _ in range(10):
                them.send(order)
                await settled()
    assert them.told == order * 10


@pytest.mark.parametrize("order", ["abc", "cba", "bca"])
async def test_sockets_that_were_ready_before_come_in_the_order_of_asking(order: str) -> None:
    async with open_loop():
        with sockets("abc") as them:
            them.send("abc")
            them.start(order)
            await settled()
    assert them.told == order


async def test_whoever_stops_and_asks_again_is_behind_those_who_asked_meanwhile() -> None:
    async with open_loop():
        with sockets("ab") as them:
            them.send("ab")
            them.start("ab")
            them.watchers["a"].stop()
            them.watchers["a"].start()
            await settled()
    assert them.told == "ba"


async def test_what_becomes_ready_in_a_turn_waits_for_the_next_poll() -> None:
    trace: list[str] = []

    def told(name: str) -> None:
        trace.append(name)
        if name == "a":
            them.send("b")
            set_immediate(trace.append, "immediate")
            current_loop().complete_later(trace.append, "completion")
            current_loop().close_later(trace.append, "closing")
            next_tick(trace.append, "tick")

    async with open_loop():
        with sockets("ab") as them:
            them.on_told = told
            them.start("ab")
            await settled()
            them.send("a")
            await settled()
    assert trace == ["a", "tick", "completion", "immediate", "closing", "b"]


async def test_ready_sockets_come_before_timers_that_are_due(autojump_clock: trio.testing.MockClock) -> None:
    trace: list[str] = []
    async with open_loop():
        with sockets("a") as them:
            them.on_told = trace.append
            them.start("a")
            set_timeout(lambda: (them.send("a"), trace.append("first")), 5)
            set_timeout(trace.append, 6, "second")
            await trio.sleep(0.01)
    assert trace == ["first", "a", "second"]


async def test_a_coroutine_of_a_turn_runs_before_the_next_socket_has_its_turn() -> None:
    trace: list[str] = []

    async def follow(name: str) -> None:
        trace.append(f"{name} followed")

    def told(name: str) -> None:
        trace.append(name)
        current_loop().spawn(follow(name), None)

    async with open_loop():
        with sockets("ab") as them:
            them.on_told = told
            them.start("ab")
            await settled()
            them.send("ab")
            await settled()
    assert trace == ["a", "a followed", "b", "b followed"]


# --- what happens while the events of one poll are told ---


async def test_a_socket_that_another_turn_of_the_same_poll_stops_or_closes_has_none() -> None:
    async with open_loop():
        with sockets("abc") as them:
            them.on_told = lambda name: (them.watchers["b"].stop(), them.drop("c")) if name == "a" else None
            them.start("abc")
            await settled()
            them.send("abc")
            await settled()
            assert them.told == "a"
            them.start("b")
            await settled()
    assert them.told == "ab"


async def test_a_socket_that_is_stopped_and_started_again_in_the_same_poll_has_its_turn() -> None:
    def told(name: str) -> None:
        if name == "a":
            them.watchers["b"].stop()
            them.watchers["b"].start()

    async with open_loop():
        with sockets("ab") as them:
            them.on_told = told
            them.start("ab")
            await settled()
            them.send("ab")
            await settled()
    assert them.told == "ab"


async def test_events_of_a_closed_socket_do_not_reach_the_one_that_got_its_number() -> None:
    numbers: list[int] = []

    def told(name: str) -> None:
        if name != "a":
            return
        numbers.append(them.ours["b"].fileno())
        them.drop("b")
        them.add("c")
        numbers.append(them.ours["c"].fileno())
        them.start("c")

    async with open_loop():
        with sockets("ab") as them:
            them.on_told = told
            them.start("ab")
            await settled()
            them.send("ab")
            await settled()
            assert them.told == "a"
            assert numbers[0] == numbers[1]
            them.send("c")
            await settled()
    assert them.told == "ac"


async def test_a_socket_that_stops_itself_is_left_alone_until_it_starts_again() -> None:
    async with open_loop():
        with sockets("a") as them:
            them.on_told = lambda name: them.watchers[name].stop()
            them.start("a")
            await settled()
            for count in range(1, 4):
                them.send("aa")
                await settled()
                assert them.told == "a" * (2 * count - 1)
                them.start("a")
                await settled()
                assert them.told == "a" * (2 * count)
                them.start("a")


async def test_a_stopped_socket_with_data_or_a_lost_peer_does_not_keep_the_loop_busy() -> None:
    rounds: list[None] = []
    async with open_loop() as loop:
        with sockets("ab") as them:
            them.start("ab")
            await settled()
            for name in "ab":
                them.watchers[name].stop()
            them.send("a")
            them.theirs["b"].close()
            original = loop._go_round

            async def counted() -> None:
                rounds.append(None)
                await original()

            loop._go_round = counted  # type: ignore[method-assign]
            await settled()
            assert len(rounds) <= 2
            await settled()
            assert len(rounds) <= 2
            them.start("ab")
            them.watchers["b"].stop()
            await settled()
    assert them.told == "a"


# --- both directions ---


async def test_both_directions_of_a_socket_are_told_each_to_its_own_watcher() -> None:
    trace: list[str] = []
    async with open_loop() as loop:
        with sockets("a") as them:
            writer = Watcher(loop, them.ours["a"], "write", lambda: (trace.append("write"), writer.stop()))
            them.on_told = lambda name: trace.append("read")
            them.start("a")
            await settled()
            writer.start()
            await settled()
            assert trace == ["write"]
            them.send("a")
            await settled()
            assert trace == ["write", "read"]
            writer.start()
            await settled()
            assert trace == ["write", "read", "write"]
            them.watchers["a"].stop()
            writer.start()
            them.send("a")
            await settled()
            assert trace == ["write", "read", "write", "write"]
            writer.close()
            them.start("a")
            await settled()
    assert trace == ["write", "read", "write", "write", "read"]


@pytest.mark.usefixtures("_needs_epoll")
async def test_of_one_socket_reading_comes_before_writing() -> None:
    trace: list[str] = []
    async with open_loop() as loop:
        with sockets("a") as them:
            writer = Watcher(loop, them.ours["a"], "write", lambda: (trace.append("write"), writer.close()))
            them.on_told = lambda name: trace.append("read")
            them.send("a")
            writer.start()
            them.start("a")
            await settled()
    assert trace == ["read", "write"]


@pytest.mark.usefixtures("_needs_epoll")
async def test_a_reader_that_closes_the_socket_spares_its_writer() -> None:
    async with open_loop() as loop:
        with sockets("a") as them:
            ours, wrong = them.ours["a"], list[str]()
            with contextlib.suppress(BlockingIOError):
                while ours.send(bytes(65536)):
                    pass
            writer = Watcher(loop, ours, "write", lambda: wrong.append("wrong"))
            them.on_told = lambda name: (writer.close(), them.drop(name))
            them.start("a")
            writer.start()
            await settled()
            them.send("a")
            them.theirs["a"].close()
            await settled()
    assert (them.told, wrong) == ("a", [])


async def test_a_lost_peer_is_told_to_whoever_waits_in_either_direction() -> None:
    trace: list[str] = []
    async with open_loop() as loop:
        with sockets("ab") as them:
            with contextlib.suppress(BlockingIOError):
                while them.ours["b"].send(bytes(65536)):
                    pass
            reader = Watcher(loop, them.ours["a"], "read", lambda: (trace.append("read"), reader.close()))
            writer = Watcher(loop, them.ours["b"], "write", lambda: (trace.append("write"), writer.close()))
            reader.start()
            writer.start()
            await settled()
            them.theirs["a"].close()
            await settled()
            them.theirs["b"].close()
            await settled()
    assert trace == ["read", "write"]


@pytest.mark.usefixtures("_needs_epoll")
async def test_a_direction_of_a_socket_has_one_active_watcher() -> None:
    async with open_loop() as loop:
        with sockets("a") as them:
            other = Watcher(loop, them.ours["a"], "read", partial(them._receive, "a"))
            them.start("a")
            with pytest.raises(RuntimeError, match="one active watcher"):
                other.start()
            other.close()
            them.send("a")
            await settled()
    assert them.told == "a"


async def test_a_socket_goes_from_one_watcher_to_another() -> None:
    async with open_loop() as loop:
        with sockets("a") as them:
            them.start("a")
            await settled()
            them.watchers["a"].close()
            them.watchers["a"] = Watcher(loop, them.ours["a"], "read", partial(them._receive, "a"))
            them.start("a")
            await settled()
            them.send("a")
            await settled()
    assert them.told == "a"


async def test_a_socket_goes_from_one_object_to_another() -> None:
    async with open_loop() as loop:
        with sockets("a") as them:
            them.start("a")
            await settled()
            them.watchers["a"].close()
            them.ours["a"] = socket.socket(fileno=them.ours["a"].detach())
            them.watchers["a"] = Watcher(loop, them.ours["a"], "read", partial(them._receive, "a"))
            them.start("a")
            await settled()
            them.send("a")
            await settled()
    assert them.told == "a"


async def test_a_duplicate_that_is_still_open_is_not_told_of() -> None:
    async with open_loop():
        with sockets("ab") as them:
            them.start("ab")
            await settled()
            duplicate = them.ours["a"].dup()
            them.drop("a")
            them.send("ab")
            await settled()
            assert them.told == "b"
            duplicate.close()


# --- many, beginnings and ends ---


async def test_many_sockets_each_have_their_turns() -> None:
    names = "".join(map(chr, range(0x4E00, 0x4E00 + 200)))
    async with open_loop():
        with sockets(names) as them:
            them.start(names)
            await settled()
            for _ in range(3):
                them.send(names)
                await settled()
    assert them.told == names * 3


async def test_sockets_that_stay_ready_let_other_tasks_have_their_turns() -> None:
    async with open_loop() as loop:
        with sockets("a") as them:
            turns: list[None] = []
            writer = Watcher(loop, them.ours["a"], "write", lambda: turns.append(None))
            writer.start()
            for _ in range(50):
                await trio.sleep(0)
            writer.close()
    assert 1 < len(turns) <= 51


def test_a_watcher_that_was_started_before_the_loop_waits_for_it() -> None:
    with sockets("ab") as them:
        them.on_told = lambda name: them.close()
        them.send("a")
        them.start("ab")
        them.watchers["b"].stop()
        run()
    assert them.told == "a"


async def test_a_cancelled_loop_leaves_nothing_open_and_its_watchers_can_still_be_closed() -> None:
    files = len(os.listdir("/proc/self/fd")) if IS_EPOLL else 0
    with trio.CancelScope() as scope:
        async with open_loop() as loop:
            ours, theirs = socket.socketpair()
            ours.setblocking(False)
            watcher = Watcher(loop, ours, "read", lambda: None)
            unheard = Watcher(loop, ours, "write", lambda: None)
            Handle(loop, lambda: None)
            watcher.start()
            await settled()
            unheard.start()
            scope.cancel()
    watcher.stop()
    watcher.close()
    unheard.close()
    watcher.start()
    ours.close()
    theirs.close()
    assert files == (len(os.listdir("/proc/self/fd")) if IS_EPOLL else 0)


@pytest.mark.usefixtures("_needs_epoll")
@pytest.mark.parametrize("left", [0, 1])
async def test_where_no_more_files_can_be_opened_no_loop_is_and_all_is_as_before(left: int) -> None:
    resource = pytest.importorskip("resource")
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    ours, theirs = socket.socketpair()
    fillers: list[int] = []
    resource.setrlimit(resource.RLIMIT_NOFILE, (theirs.fileno() + 20, limits[1]))
    try:
        with contextlib.suppress(OSError):
            while True:
                fillers.append(os.dup(ours.fileno()))
        for number in fillers[:left]:
            os.close(number)
        with pytest.raises(OSError, match="Too many open files"):
            async with open_loop():
                raise AssertionError("it was opened")
        assert [os.dup(ours.fileno()) for _ in range(left)] == fillers[:left]
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        for number in fillers:
            os.close(number)
    ours.close()
    theirs.close()
    async with open_loop() as loop:
        assert current_loop() is loop


async def test_a_loop_with_idle_sockets_lets_a_mock_clock_jump(autojump_clock: trio.testing.MockClock) -> None:
    trace: list[float] = []
    async with open_loop():
        with sockets("a") as them:
            them.start("a")
            set_timeout(lambda: trace.append(trio.current_time()), 3_600_000)
            start = trio.current_time()
            await trio.sleep(4000)
    assert [round(when - start) for when in trace] == [3600]


async def test_two_loops_of_one_program_watch_side_by_side() -> None:
    told: dict[str, str] = {}

    async def one(name: str) -> None:
        async with open_loop():
            with sockets(name) as them:
                them.start(name)
                for _ in range(5):
                    them.send(name)
                    await settled()
            told[name] = them.told

    async with trio.open_nursery() as nursery:
        nursery.start_soon(one, "a")
        nursery.start_soon(one, "b")
    assert told == {"a": "aaaaa", "b": "bbbbb"}


@pytest.mark.skipif(not IS_EPOLL, reason="there is no epoll")
def test_what_cannot_be_watched_ends_the_loop_with_the_error_of_the_kernel(tmp_path: Any) -> None:
    path = tmp_path / "file"
    path.write_text("x")

    def main() -> None:
        Handle(current_loop(), lambda: None)
        Watcher(current_loop(), file, "read", lambda: None).start()

    with path.open() as file, pytest.raises(PermissionError):
        run(main)
