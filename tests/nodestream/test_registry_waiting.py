"""Waiting for chunks and for room, in threads, trio, asyncio and nodestream's loop."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import trio

import nodestream
from nodestream import _registry_waiters, errors
from nodestream.loop import current_loop, open_loop
from nodestream.registry import StreamRegistry

LIMIT = 10_000
"""Milliseconds in which everything happens."""

Runner = Callable[..., Any]

RUNNERS: dict[str, Runner] = {
    "trio": trio.run,
    "asyncio": lambda main: asyncio.run(main()),
    "nodestream": nodestream.run,
}
every_loop = pytest.mark.parametrize("runner", RUNNERS.values(), ids=RUNNERS)


@pytest.fixture
def registry() -> Iterator[StreamRegistry]:
    with StreamRegistry() as registry:
        yield registry


class Waits:
    """Tells, thread after thread and coroutine after coroutine, that one has begun to wait."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._begun = threading.Semaphore(0)
        blocked = _registry_waiters._Blocked
        block = blocked.wait
        monkeypatch.setattr(blocked, "wait", lambda waiter, seconds: (self._begun.release(), block(waiter, seconds))[1])
        for kind in (_registry_waiters._LoopTask, _registry_waiters._TrioTask, _registry_waiters._AsyncioTask):
            monkeypatch.setattr(kind, "wait", self._watched(kind.wait))

    def _watched(self, wait: Any) -> Any:
        async def watched(waiter: Any) -> None:
            self._begun.release()
            await wait(waiter)

        return watched

    def one_more(self) -> None:
        """Block until one more has begun."""
        assert self._begun.acquire(timeout=LIMIT / 1000)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> Waits:
    return Waits(monkeypatch)


class Doing(threading.Thread):
    """A thread that calls a function; `result()` is what it returned, or raised."""

    def __init__(self, function: Callable[..., Any], *args: Any) -> None:
        super().__init__(daemon=True)
        self._work = (function, args)
        self._outcome: Any = None
        self._error: BaseException | None = None
        self.start()

    def run(self) -> None:
        function, args = self._work
        try:
            self._outcome = function(*args)
        except BaseException as error:
            self._error = error

    def result(self) -> Any:
        self.join(LIMIT / 1000)
        assert not self.is_alive()
        if self._error is not None:
            raise self._error
        return self._outcome


# --- threads ---


def test_pulls_that_wait_are_handed_chunks_in_the_order_in_which_they_began(
    registry: StreamRegistry, waits: Waits
) -> None:
    id = registry.create()
    pulls = []
    for _ in range(3):
        pulls.append(Doing(registry.pull_blocking, id))
        waits.one_more()
    assert [registry.push(id, number) for number in range(3)] == [True] * 3
    assert [pull.result() for pull in pulls] == [0, 1, 2]
    assert registry.get(id).chunks == 0  # type: ignore[union-attr]


ENDS: list[tuple[Callable[[StreamRegistry, int], object], type[BaseException] | None]] = [
    (StreamRegistry.close, None),
    (lambda registry, id: registry.error(id, OSError()), OSError),
    (StreamRegistry.delete, errors.ERR_STREAM_DELETED),
    (lambda registry, id: registry.clear(), errors.ERR_STREAM_DELETED),
]
every_end = pytest.mark.parametrize(("end", "error"), ENDS, ids=["close", "error", "delete", "clear"])


@contextmanager
def raises(error: type[BaseException] | None) -> Iterator[None]:
    """As pytest.raises, for None too."""
    if error is None:
        yield
    else:
        with pytest.raises(error):
            yield


@every_end
def test_the_end_reaches_all_pulls_that_wait(
    registry: StreamRegistry, waits: Waits, end: Callable[[StreamRegistry, int], object], error: type[Exception] | None
) -> None:
    id = registry.create()
    pulls = [Doing(registry.pull_blocking, id) for _ in range(2)]
    waits.one_more()
    waits.one_more()
    end(registry, id)
    for pull in pulls:
        with raises(error):
            assert pull.result() is None


@every_end
def test_the_end_reaches_all_producers_that_wait(
    registry: StreamRegistry, waits: Waits, end: Callable[[StreamRegistry, int], object], error: type[Exception] | None
) -> None:
    id = registry.create(max_chunks=1)
    registry.push(id, b"x")
    producers = [Doing(registry.wait_for_room, id) for _ in range(2)]
    waits.one_more()
    waits.one_more()
    end(registry, id)
    for producer in producers:
        with pytest.raises(error or errors.ERR_STREAM_PUSH_AFTER_EOF):
            producer.result()


def test_there_is_room_until_the_stream_is_full(registry: StreamRegistry) -> None:
    id = registry.create(max_chunks=2)
    registry.wait_for_room(id)
    registry.push(id, b"x")
    registry.wait_for_room(id, 0)
    registry.push(id, b"x")
    with pytest.raises(TimeoutError, match=r"^nothing happened in 1\.5 ms$"):
        registry.wait_for_room(id, 1.5)
    assert registry.get(id).producers == 0  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("marks", "chunk", "pulls"), [({"max_chunks": 4}, b"x", 2), ({"high_water_mark": 40}, bytes(10), 2)]
)
def test_producers_go_on_when_half_of_a_full_queue_was_pulled(
    registry: StreamRegistry, waits: Waits, marks: dict[str, int], chunk: bytes, pulls: int
) -> None:
    id = registry.create(marks)
    while registry.push(id, chunk):
        pass
    producers = [Doing(registry.wait_for_room, id) for _ in range(2)]
    waits.one_more()
    waits.one_more()
    for left in reversed(range(pulls)):
        assert registry.get(id).producers == 2  # type: ignore[union-attr]
        registry.pull_blocking(id)
        assert not registry.is_queue_full(id)
        assert (registry.get(id).producers == 0) == (left == 0)  # type: ignore[union-attr]
    assert [producer.result() for producer in producers] == [None, None]


@pytest.mark.parametrize("marks", [{"high_water_mark": 0}, {"max_chunks": 0}])
def test_without_a_mark_there_is_room_while_a_pull_waits(
    registry: StreamRegistry, waits: Waits, marks: dict[str, int]
) -> None:
    id = registry.create(marks)
    assert registry.is_queue_full(id)
    producer = Doing(registry.wait_for_room, id)
    waits.one_more()
    pull = Doing(registry.pull_blocking, id)
    assert producer.result() is None
    waits.one_more()
    assert not registry.is_queue_full(id)
    assert registry.push(id, b"x") is False
    assert pull.result() == b"x"


def test_a_pull_whose_time_is_up_waits_no_more(registry: StreamRegistry) -> None:
    id = registry.create()
    for timeout in (0, 1):
        with pytest.raises(TimeoutError, match=f"^nothing happened in {timeout} ms$"):
            registry.pull_blocking(id, timeout)
    registry.push(id, b"x")
    assert registry.pull_blocking(id, 0) == b"x"


def test_a_chunk_that_comes_as_the_time_is_up_is_not_lost(
    registry: StreamRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = registry.create()
    monkeypatch.setattr(
        _registry_waiters._Blocked,
        "wait",
        lambda waiter, seconds: (registry.push(id, b"x"), registry.push(id, b"y"))[2:],
    )
    with pytest.raises(TimeoutError):
        registry.pull_blocking(id, 1)
    assert registry.get(id).bytes == 2  # type: ignore[union-attr]
    monkeypatch.undo()
    assert [registry.pull_blocking(id), registry.pull_blocking(id)] == [b"x", b"y"]


def test_a_chunk_that_nobody_took_goes_to_the_next_pull_that_waits(registry: StreamRegistry, waits: Waits) -> None:
    id = registry.create()
    channel = registry._channel(id)
    gone = _registry_waiters._Blocked()
    channel.join(gone)
    pull = Doing(registry.pull_blocking, id)
    waits.one_more()
    registry.push(id, b"x")
    channel.leave(gone)
    assert pull.result() == b"x"


@every_end
def test_a_chunk_that_nobody_took_is_there_after_the_end_but_not_after_an_error(
    registry: StreamRegistry, end: Callable[[StreamRegistry, int], object], error: type[Exception] | None
) -> None:
    id = registry.create()
    channel = registry._channel(id)
    gone = _registry_waiters._Blocked()
    channel.join(gone)
    registry.push(id, b"x")
    end(registry, id)
    channel.leave(gone)
    if error is None:
        assert registry.pull_blocking(id) == b"x"
    with raises(error):
        assert registry.pull_blocking(id) is None


@every_loop
def test_a_thread_of_an_event_loop_is_not_blocked(registry: StreamRegistry, runner: Runner) -> None:
    async def main() -> None:
        id = registry.create()
        for block in (registry.pull_blocking, registry.wait_for_room):
            with pytest.raises(RuntimeError, match="would block an event loop"):
                block(id)

    runner(main)


# --- event loops ---


@every_loop
def test_a_coroutine_is_handed_a_chunk_that_a_thread_pushes(
    registry: StreamRegistry, waits: Waits, runner: Runner
) -> None:
    id = registry.create()

    async def main() -> list[Any]:
        return [await registry.pull(id) for _ in range(3)]

    def produce() -> None:
        for chunk in (b"a", b"b", None):
            waits.one_more()
            registry.push(id, chunk)

    producer = Doing(produce)
    assert runner(main) == [b"a", b"b", None]
    producer.result()


@every_loop
@every_end
def test_the_end_reaches_a_coroutine_that_pulls_or_waits_for_room(
    registry: StreamRegistry,
    waits: Waits,
    runner: Runner,
    end: Callable[[StreamRegistry, int], object],
    error: type[Exception] | None,
) -> None:
    empty, full = registry.create(), registry.create(max_chunks=1)
    registry.push(full, b"x")

    async def main() -> None:
        with raises(error):
            assert await registry.pull(empty) is None
        with raises(error or errors.ERR_STREAM_PUSH_AFTER_EOF):
            await registry.room(full)

    def work() -> None:
        waits.one_more()
        end(registry, empty)
        if full in registry:
            waits.one_more()
            end(registry, full)

    worker = Doing(work)
    runner(main)
    worker.result()


@every_loop
def test_a_coroutine_waits_for_room_that_a_thread_makes(registry: StreamRegistry, waits: Waits, runner: Runner) -> None:
    id = registry.create(max_chunks=2)

    async def main() -> None:
        for number in range(6):
            if not registry.push(id, number):
                await registry.room(id)
        registry.close(id)

    def consume() -> list[int]:
        return list(iter(lambda: registry.pull_blocking(id), None))

    consumer = Doing(consume)
    runner(main)
    assert consumer.result() == list(range(6))


@every_loop
def test_a_coroutine_that_always_finds_a_chunk_lets_others_run(registry: StreamRegistry, runner: Runner) -> None:
    id = registry.create(max_chunks=1000)
    for number in range(1000):
        registry.push(id, number)
    registry.close(id)

    async def greedy() -> None:
        while await registry.pull(id) is not None:
            pass

    async def main_of_trio() -> int:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(greedy)
            await trio.lowlevel.checkpoint()
            await trio.lowlevel.checkpoint()
            return registry.get(id).chunks  # type: ignore[union-attr]

    async def main_of_asyncio() -> int:
        task = asyncio.create_task(greedy())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        left = registry.get(id).chunks  # type: ignore[union-attr]
        await task
        return left

    main = main_of_asyncio if runner is RUNNERS["asyncio"] else main_of_trio
    assert runner(main) > 900


def test_only_trio_and_asyncio_can_await(registry: StreamRegistry) -> None:
    id = registry.create()
    with pytest.raises(RuntimeError, match="only trio and asyncio can await this"):
        registry.pull(id).send(None)


def handed_by_a_thread(registry: StreamRegistry, id: int, *chunks: Any) -> None:
    """Push from a thread, so that a coroutine that waits is handed the first chunk, and cannot know of it yet."""
    Doing(lambda: [registry.push(id, chunk) for chunk in chunks]).result()


async def test_a_task_of_trio_that_is_cancelled_takes_no_chunk(registry: StreamRegistry) -> None:
    id = registry.create()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(registry.pull, id)
        await trio.testing.wait_all_tasks_blocked()
        handed_by_a_thread(registry, id, b"x", b"y")
        nursery.cancel_scope.cancel()
    assert [await registry.pull(id), await registry.pull(id)] == [b"x", b"y"]


async def test_a_task_of_trio_that_is_cancelled_leaves_the_line(registry: StreamRegistry) -> None:
    id, full = registry.create(), registry.create(max_chunks=0)
    with trio.move_on_after(0):
        await registry.pull(id)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(registry.pull, id)
        nursery.start_soon(registry.room, full)
        await trio.testing.wait_all_tasks_blocked()
        assert registry.get(id).pulls == registry.get(full).producers == 1  # type: ignore[union-attr]
        nursery.cancel_scope.cancel()
    assert registry.get(id).pulls == registry.get(full).producers == 0  # type: ignore[union-attr]
    registry.push(id, b"x")
    assert await registry.pull(id) == b"x"


async def test_a_task_beside_a_nodestream_loop_does_not_depend_on_it(registry: StreamRegistry) -> None:
    id = registry.create()
    got: list[Any] = []

    async def pull() -> None:
        got.append(await registry.pull(id))

    async with trio.open_nursery() as nursery:
        async with open_loop():
            nursery.start_soon(pull)
            await trio.testing.wait_all_tasks_blocked()
        handed_by_a_thread(registry, id, b"x")
    assert got == [b"x"]


def test_a_coroutine_of_a_nodestream_loop_that_is_cancelled_takes_no_chunk(registry: StreamRegistry) -> None:
    id = registry.create()

    async def main() -> list[Any]:
        for push in (registry.push, lambda *args: handed_by_a_thread(registry, *args)):
            cancel = current_loop().spawn_stoppable(registry.pull(id), lambda error, value: None)
            await trio.testing.wait_all_tasks_blocked()
            push(id, b"x")
            cancel()
            await trio.testing.wait_all_tasks_blocked()
            got.append(await registry.pull(id))
        return got

    got: list[Any] = []
    assert nodestream.run(main) == [b"x", b"x"]


def test_coroutines_of_a_nodestream_loop_go_on_in_the_order_of_their_chunks(registry: StreamRegistry) -> None:
    ids = [registry.create() for _ in range(20)]
    got: list[Any] = []

    async def pull(id: int) -> None:
        got.append(await registry.pull(id))

    async def main() -> None:
        loop = current_loop()
        for id in ids:
            loop.spawn(pull(id), None)
        await trio.testing.wait_all_tasks_blocked()
        for id in ids:
            registry.push(id, id)

    nodestream.run(main)
    assert got == ids


def test_a_pull_keeps_a_nodestream_loop_alive(registry: StreamRegistry, waits: Waits) -> None:
    id = registry.create()
    got: list[Any] = []

    def main() -> None:
        current_loop().spawn(registry.pull(id), lambda error, value: got.append((error, value)))

    producer = Doing(lambda: (waits.one_more(), registry.push(id, b"x")))
    nodestream.run(main)
    producer.result()
    assert got == [(None, b"x")]


@pytest.mark.parametrize("pauses", [0, 1, 2])
def test_a_task_of_asyncio_that_is_cancelled_takes_no_chunk(registry: StreamRegistry, pauses: int) -> None:
    id = registry.create()
    complaints: list[Any] = []

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: complaints.append(context))
        task = asyncio.create_task(registry.pull(id))
        while registry.get(id).pulls == 0:  # type: ignore[union-attr]
            await asyncio.sleep(0)
        registry.push(id, b"x")
        registry.push(id, b"y")
        for _ in range(pauses):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled() == (pauses < 2)
        taken = [] if task.cancelled() else [task.result()]
        while len(taken) < 2:
            taken.append(await registry.pull(id))
        assert taken == [b"x", b"y"]

    asyncio.run(main())
    assert complaints == []


def test_a_chunk_for_an_asyncio_loop_that_was_closed_goes_to_the_next_pull(registry: StreamRegistry) -> None:
    id = registry.create()
    loop = asyncio.new_event_loop()
    task = loop.create_task(registry.pull(id))
    while registry.get(id).pulls == 0:  # type: ignore[union-attr]
        loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    assert registry.push(id, b"x") is True
    assert registry.pull_blocking(id, 0) == b"x"
    task._log_destroy_pending = False  # type: ignore[attr-defined] # that it never ends is what this is about
    del task
    gc.collect()
    with pytest.raises(TimeoutError):
        registry.pull_blocking(id, 0)
