"""Records given to a function, and its results to an outlet."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
import trio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nodehttp.records import RecordConfig, _processing
from nodehttp.records._outlet import Outlet
from nodehttp.records._processing import Processing
from nodestream import Readable
from nodestream.events import EventEmitter
from nodestream.loop import Promise, run
from nodestream.timers import set_immediate


class Sink(EventEmitter):
    """Takes bytes; while it is `full` it says so."""

    def __init__(self) -> None:
        super().__init__()
        self.chunks: list[bytes] = []
        self.full = False
        self.ended = False

    def write(self, data: bytes) -> bool:
        self.chunks.append(data)
        return not self.full

    def end(self) -> None:
        self.ended = True

    def drain(self) -> None:
        self.full = False
        self.emit("drain")

    @property
    def records(self) -> list[Any]:
        return [json.loads(line) for line in b"".join(self.chunks).splitlines()]


class Given:
    """Batches that are there; `asked` counts how often somebody wanted one."""

    def __init__(self, *batches: list[Any]) -> None:
        self.batches = list(batches)
        self.asked = 0
        self.failure: Exception | None = None
        self.more: Promise[None] | None = None
        self.is_closed = False

    async def next(self) -> list[Any] | None:
        self.asked += 1
        if self.more is not None and not self.batches:
            await self.more
        if self.batches:
            return self.batches.pop(0)
        if self.failure is not None:
            raise self.failure
        return None

    def close(self) -> None:
        self.is_closed = True


class Run:
    """A processing, and what came of it."""

    def __init__(self, process: Callable[[Any], Any], batches: Given, **options: Any) -> None:
        self.sink = Sink()
        self.batches = batches
        self.outcome: Promise[Exception | None] = Promise()
        config = RecordConfig(options)
        self.outlet = Outlet(lambda: self.sink, config, lambda: None)
        self.processing = Processing(process, batches, self.outlet, config, self.outcome.resolve)
        self.processing.begin()

    async def result(self) -> list[Any]:
        """The results in the end. Raises what it failed with."""
        error = await self.outcome
        if error is not None:
            raise error
        self.outlet.end()
        assert self.sink.ended
        assert self.batches.is_closed
        return self.sink.records


async def rounds(count: int = 20) -> None:
    """Let the loop go round."""
    for _ in range(count):
        done: Promise[None] = Promise()
        set_immediate(done.resolve, None)
        await done


def results_of(process: Callable[[Any], Any], *batches: list[Any], **options: Any) -> list[Any]:
    async def main() -> list[Any]:
        return await Run(process, Given(*batches), **options).result()

    return run(main)  # type: ignore[no-any-return]


def plain(record: Any) -> Any:
    return record


async def waiting(record: Any) -> Any:
    await trio.lowlevel.checkpoint()
    return record


def generator(record: Any) -> Any:
    yield record
    yield record


async def async_generator(record: Any) -> Any:
    yield record
    await trio.lowlevel.checkpoint()
    yield record


async def of_a_generator(record: Any) -> Any:
    await trio.lowlevel.checkpoint()
    return generator(record)


@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize(
    ("process", "times"),
    [(plain, 1), (waiting, 1), (generator, 2), (async_generator, 2), (of_a_generator, 2), (lambda _: None, 0)],
)
def test_each_kind_of_function(process: Callable[[Any], Any], times: int, ordered: bool) -> None:
    found = results_of(process, [1, 2, 3], [], [4], [*range(5, 30)], ordered=ordered)
    expected = [record for record in range(1, 30) for _ in range(times)]
    assert (found if ordered else sorted(found)) == expected


@pytest.mark.parametrize(
    ("result", "found"),
    [
        (None, []),
        (0, [0]),
        (False, [False]),
        ("", [""]),
        ([], [[]]),
        ([1, 2], [[1, 2]]),
        ((1, 2), [[1, 2]]),
        ({"a": None}, [{"a": None}]),
        (type("Sub", (dict,), {})(a=1), [{"a": 1}]),
        (iter([1, None, 2]), [1, None, 2]),
        (map(str, [1, 2]), ["1", "2"]),
    ],
)
def test_what_is_a_result(result: Any, found: list[Any]) -> None:
    assert results_of(lambda _: result, [None]) == found

    async def later(_: Any) -> Any:
        return result if not hasattr(result, "__next__") else iter(found)

    assert results_of(later, [None]) == found


def test_a_stream_gives_results() -> None:
    assert results_of(lambda record: Readable.from_([record, record + 1]), [1, 10], ordered=True) == [1, 2, 10, 11]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(
    steps=st.lists(st.tuples(st.sampled_from("pagx"), st.integers(0, 3)), max_size=30),
    sizes=st.lists(st.integers(1, 5), min_size=1),
    workers=st.integers(1, 4),
    most=st.integers(1, 5),
    ordered=st.booleans(),
)
def test_nothing_is_lost_whatever_takes_how_long(
    steps: list[tuple[str, int]], sizes: list[int], workers: int, most: int, ordered: bool
) -> None:
    running = at_once = 0

    async def after(rounds: int, value: Any) -> Any:
        nonlocal running, at_once
        running += 1
        at_once = max(at_once, running)
        for _ in range(rounds):
            await trio.lowlevel.checkpoint()
        running -= 1
        return value

    async def several(number: int, rounds: int) -> Any:
        for index in range(2):
            yield await after(rounds, [number, index])

    def process(record: Any) -> Any:
        number, (kind, rounds) = record
        match kind:
            case "p":
                return [number, 0]
            case "a":
                return after(rounds, [number, 0])
            case "g":
                return iter([[number, 0], [number, 1]])
            case _:
                return several(number, rounds)

    records = [*enumerate(steps)]
    batches: list[list[Any]] = []
    for index in range(len(records)):
        size = sizes[index % len(sizes)]
        if not batches or len(batches[-1]) >= size:
            batches.append([])
        batches[-1].append(records[index])
    found = results_of(process, *batches, workers=workers, buffer_size=most, ordered=ordered)
    expected = [[number, index] for number, (kind, _) in records for index in range(1 if kind in "pa" else 2)]
    assert (found if ordered else sorted(found)) == expected
    assert at_once <= workers


def test_so_many_are_worked_on_at_once() -> None:
    gates: dict[int, Promise[None]] = {}

    async def process(record: int) -> int:
        gates[record] = Promise()
        await gates[record]
        return record

    async def main() -> None:
        job = Run(process, Given([1], [2, 3], [4, 5, 6]), workers=3, ordered=False)
        await rounds()
        assert list(gates) == [1, 2, 3]
        gates[2].resolve(None)
        await rounds()
        assert list(gates) == [1, 2, 3, 4]
        assert job.sink.records == [2]  # it did not wait for the others
        for record in (4, 1, 3, 5, 6):
            await rounds()
            gates[record].resolve(None)
        assert await job.result() == [2, 4, 1, 3, 5, 6]

    run(main)


def test_results_in_order_wait_for_those_before_and_no_longer() -> None:
    gates: dict[int, Promise[None]] = {}

    async def process(record: int) -> int:
        gates[record] = Promise()
        await gates[record]
        return record

    async def main() -> None:
        job = Run(process, Given([1, 2, 3, 4]), ordered=True, flush_interval=0)
        for record, there in ((3, []), (1, [1]), (2, [1, 2, 3]), (4, [1, 2, 3, 4])):
            await rounds()
            gates[record].resolve(None)
            await rounds()
            assert job.sink.records == there
        assert await job.result() == [1, 2, 3, 4]

    run(main)


def test_in_order_no_more_is_held_than_may_be() -> None:
    gate: list[Promise[None]] = []
    taken: list[int] = []

    def process(record: int) -> Any:
        taken.append(record)
        if record:
            return record if record % 2 else waiting(record)
        gate.append(Promise())
        return gate[0]

    async def main() -> None:
        batches = Given(*([10 * index + digit for digit in range(10)] for index in range(100)))
        job = Run(process, batches, ordered=True, buffer_size=20, workers=3)
        await rounds(100)
        assert len(taken) <= 20 + 10
        gate[0].resolve(None)
        await rounds(100)
        assert await job.result() == [*range(1, 1000)]

    run(main)


@pytest.mark.parametrize("process", [plain, waiting, generator, async_generator])
def test_a_slow_client_stops_the_reading_of_the_input(process: Callable[[Any], Any]) -> None:
    async def main() -> None:
        batches = Given(*([number] * 10 for number in range(100)))
        job = Run(process, batches, chunk_size=1)
        job.sink.full = True
        await rounds(50)
        assert batches.asked <= 2
        assert len(job.sink.records) <= 20
        job.sink.drain()
        assert len(await job.result()) >= 1000

    run(main)


def test_a_generator_is_read_no_further_than_the_client_takes() -> None:
    given = 0

    def process(_: Any) -> Any:
        nonlocal given
        while given < 100_000:
            given += 1
            yield given

    async def main() -> None:
        job = Run(process, Given([1]), buffer_size=100, chunk_size=100)
        job.sink.full = True
        await rounds(50)
        assert given < 200
        job.sink.drain()
        assert len(await job.result()) == 100_000

    run(main)


def test_a_result_does_not_wait_for_the_next_record() -> None:
    async def main() -> None:
        batches = Given([1, 2])
        batches.more = Promise()
        job = Run(plain, batches)
        await rounds(2)
        assert job.sink.records == [1, 2]
        assert job.processing.waits_for_client
        batches.more.resolve(None)
        assert await job.result() == [1, 2]

    run(main)


@pytest.mark.parametrize("is_async", [False, True])
def test_a_result_does_not_wait_for_the_rest_of_its_batch_if_that_takes_long(
    is_async: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr(_processing, "monotonic", lambda: now)
    seen: list[int] = []
    jobs: list[Run] = []

    def slow(record: int) -> int:
        nonlocal now
        now += 1
        seen.append(len(jobs[0].sink.records))
        return record

    async def slow_async(record: int) -> int:
        return slow(record)

    async def main() -> None:
        jobs.append(Run(slow_async if is_async else slow, Given([*range(5)]), flush_interval=0, workers=1))
        assert await jobs[0].result() == [*range(5)]

    run(main)
    assert seen == [*range(5)]


def fails_at(failing: int, process: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def wrapped(record: int) -> Any:
        if record == failing:
            raise KeyError(record)
        return process(record)

    return wrapped


async def fails_later(record: int) -> int:
    if record == 4:
        raise KeyError(record)
    return record


def fails_while_it_yields(record: int) -> Any:
    yield record
    if record == 4:
        raise KeyError(record)


@pytest.mark.parametrize(
    ("process", "results"),
    [
        (fails_at(4, plain), [1, 2, 3]),
        (fails_later, [1, 2, 3]),
        (fails_while_it_yields, [1, 2, 3, 4]),
        (fails_at(1, plain), []),
    ],
)
@pytest.mark.parametrize("ordered", [False, True])
def test_what_the_function_raises_comes_after_the_results_before_it(
    process: Callable[[Any], Any], results: list[int], ordered: bool
) -> None:
    async def main() -> None:
        job = Run(process, Given([1, 2], [3, 4, 5], [6]), ordered=ordered)
        assert isinstance(await job.outcome, KeyError)
        job.outlet.flush()
        assert job.sink.records == results
        assert job.batches.is_closed
        assert job.batches.asked == (2 if results else 1)

    run(main)


def test_when_the_input_fails_what_was_taken_is_finished_first() -> None:
    async def process(record: int) -> int:
        await rounds(5)
        return record

    async def main() -> None:
        batches = Given([1, 2], [3])
        batches.failure = KeyError("input")
        job = Run(process, batches, ordered=True)
        assert await job.outcome is batches.failure
        job.outlet.flush()
        assert job.sink.records == [1, 2, 3]

    run(main)


def test_stopping_cancels_tasks_and_closes_generators() -> None:
    ended: list[str] = []

    async def task(_: int) -> None:
        try:
            await trio.sleep_forever()
        except trio.Cancelled:
            ended.append("task")
            raise

    async def async_generator(_: int) -> Any:
        try:
            yield 1
            await trio.sleep_forever()
        finally:
            ended.append("async generator")

    def generator(_: int) -> Any:
        try:
            while True:
                yield 1
        finally:
            ended.append("generator")

    async def main() -> None:
        jobs = [Run(process, Given([1], [2])) for process in (task, async_generator, generator)]
        jobs[2].sink.full = True
        await rounds()
        for job in jobs:
            job.processing.stop()
            job.outlet.close()
            job.processing.stop()
        await rounds()
        assert not any(job.outcome.settled for job in jobs)

    run(main)
    assert sorted(ended) == ["async generator", "async generator", "generator", "task", "task"]


def test_a_failure_stops_the_other_workers() -> None:
    ended: list[int] = []

    async def process(record: int) -> None:
        if record == 3:
            await rounds(3)
            raise KeyError(record)
        try:
            await trio.sleep_forever()
        finally:
            ended.append(record)

    async def main() -> None:
        job = Run(process, Given([1, 2, 3, 4], [5]), workers=4)
        assert isinstance(await job.outcome, KeyError)
        await rounds()

    run(main)
    assert sorted(ended) == [1, 2, 4]
