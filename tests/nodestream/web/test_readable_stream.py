"""ReadableStream, its readers and its default controller."""

from __future__ import annotations

import gc
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from nodestream import run
from nodestream.errors import (
    ERR_ARG_NOT_ITERABLE,
    ERR_ILLEGAL_CONSTRUCTOR,
    ERR_INVALID_ARG_TYPE,
    ERR_INVALID_ARG_VALUE,
    ERR_INVALID_ARG_VALUE_RANGE,
    ERR_INVALID_STATE,
    ERR_UNHANDLED_ERROR,
)
from nodestream.loop import Promise, current_loop
from nodestream.web import (
    CountQueuingStrategy,
    ReadableStream,
    ReadableStreamDefaultController,
    ReadableStreamDefaultReader,
    ReadResult,
)

from .support import Holder, a_round, all_of, stream_of, unhandled_in

# --- making one ---


@pytest.mark.parametrize(
    "make",
    [
        lambda pull: ReadableStream(pull=pull),
        lambda pull: ReadableStream({"pull": pull}),
        lambda pull: ReadableStream(type("Source", (), {"pull": staticmethod(pull)})()),
    ],
)
def test_a_source_is_keywords_a_mapping_or_an_object(make: Any) -> None:
    def pull(controller: Any) -> None:
        controller.enqueue("x")
        controller.close()

    assert run(all_of, make(pull)) == ["x"]


def test_a_member_has_two_spellings() -> None:
    for name in ("autoAllocateChunkSize", "auto_allocate_chunk_size"):
        with pytest.raises(ERR_INVALID_ARG_VALUE, match="autoAllocateChunkSize"):
            ReadableStream({"type": "bytes", name: 0})
    for name in ("highWaterMark", "high_water_mark"):
        source = Holder()
        ReadableStream(source, {name: 7})
        assert source.controller.desiredSize == source.controller.desired_size == 7


def test_the_strategy_may_be_a_keyword() -> None:
    source = Holder()
    ReadableStream(start=source.start, strategy=CountQueuingStrategy(high_water_mark=3))
    assert source.controller.desired_size == 3


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ((5,), ERR_INVALID_ARG_TYPE),
        (({}, 5), ERR_INVALID_ARG_TYPE),
        (({"pull": 5},), ERR_INVALID_ARG_TYPE),
        (({"type": "x"},), ERR_INVALID_ARG_VALUE),
        (({"type": "bytes"}, {"size": len}), ERR_INVALID_ARG_VALUE_RANGE),
        (({}, {"highWaterMark": -1}), ERR_INVALID_ARG_VALUE_RANGE),
        (({}, {"highWaterMark": float("nan")}), ERR_INVALID_ARG_VALUE_RANGE),
        (({}, {"size": 5}), ERR_INVALID_ARG_TYPE),
    ],
)
def test_what_cannot_be_is_refused(args: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        ReadableStream(*args)


def test_an_unknown_keyword_is_a_type_error_and_an_unknown_key_is_ignored() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'pul'"):
        ReadableStream(pul=len)
    assert not ReadableStream({"pul": len}).locked


def test_what_start_raises_comes_out() -> None:
    with pytest.raises(ZeroDivisionError):
        ReadableStream(start=lambda: 1 // 0)


def test_nobody_makes_a_controller() -> None:
    with pytest.raises(ERR_ILLEGAL_CONSTRUCTOR):
        ReadableStreamDefaultController()


def test_it_shows_its_state() -> None:
    assert repr(ReadableStream()) == "ReadableStream { locked: false, state: 'readable', supportsBYOB: false }"


# --- reading ---


def test_reads_are_answered_in_order_also_those_that_came_first() -> None:
    async def main() -> list[ReadResult]:
        source = Holder()
        reader = ReadableStream(source).get_reader()
        waiting = [reader.read(), reader.read()]
        source.controller.enqueue("a")
        source.controller.enqueue("b")
        source.controller.enqueue("c")
        source.controller.close()
        return [await each for each in [*waiting, reader.read(), reader.read()]]

    assert run(main) == [("a", False), ("b", False), ("c", False), (None, True)]


def test_pull_is_called_while_there_is_room_and_never_twice_at_once() -> None:
    running = most = calls = 0

    async def pull(controller: Any) -> None:
        nonlocal running, most, calls
        running += 1
        most = max(most, running)
        calls += 1
        await a_round()
        running -= 1
        controller.enqueue(calls)

    async def main() -> int:
        stream = ReadableStream({"pull": pull}, {"high_water_mark": 3})
        for _ in range(10):
            await a_round()
        before = calls
        reader = stream.get_reader()
        assert (await reader.read()).value == 1
        for _ in range(3):
            await a_round()
        assert calls == before + 1
        return before

    assert run(main) == 3
    assert most == 1


def test_a_stream_without_room_is_pulled_only_when_somebody_reads() -> None:
    calls: list[int] = []

    async def main() -> None:
        stream = ReadableStream({"pull": lambda c: (calls.append(1), c.enqueue("x"))}, {"high_water_mark": 0})
        await a_round()
        assert calls == []
        assert (await stream.get_reader().read()).value == "x"

    run(main)
    assert calls == [1]


def test_the_error_of_a_source_reaches_who_reads_and_drops_what_is_queued() -> None:
    async def main() -> None:
        source = Holder()
        stream = ReadableStream(source)
        source.controller.enqueue("lost")
        source.controller.error(ValueError("boom"))
        assert source.controller.desired_size is None
        reader = stream.get_reader()
        for promise in (reader.read(), reader.closed, reader.cancel()):
            with pytest.raises(ValueError, match="boom"):
                await promise

    run(main)


def test_an_error_may_be_any_value() -> None:
    async def main() -> Any:
        reader = ReadableStream(start=lambda c: c.error("reason")).get_reader()
        with pytest.raises(ERR_UNHANDLED_ERROR) as raised:
            await reader.read()
        return raised.value.context

    assert run(main) == "reason"


def test_a_controller_takes_nothing_after_its_end() -> None:
    source = Holder()
    ReadableStream(source)
    source.controller.close()
    for call in (source.controller.close, lambda: source.controller.enqueue(1)):
        with pytest.raises(ERR_INVALID_STATE, match="Controller is already closed"):
            call()
    source.controller.error(ValueError("too late"))


def test_a_size_that_is_none_fails_the_stream() -> None:
    async def main() -> None:
        source = Holder()
        stream = ReadableStream(source, {"size": lambda chunk: -1})
        with pytest.raises(ERR_INVALID_ARG_VALUE_RANGE):
            source.controller.enqueue("x")
        with pytest.raises(ERR_INVALID_ARG_VALUE_RANGE):
            await stream.get_reader().read()

    run(main)


# --- locks ---


def test_a_stream_has_one_reader_at_a_time() -> None:
    async def main() -> None:
        stream = ReadableStream()
        reader = ReadableStreamDefaultReader(stream)
        assert stream.locked
        for take in (stream.get_reader, stream.tee, stream.values):
            with pytest.raises(ERR_INVALID_STATE, match="ReadableStream is locked"):
                take()
        with pytest.raises(ERR_INVALID_STATE):
            await stream.cancel()
        reader.release_lock()
        assert not stream.locked
        stream.get_reader()

    run(main)


def test_a_released_reader_fails_what_waits_and_what_comes() -> None:
    async def main() -> None:
        reader = ReadableStream().get_reader()
        waiting = reader.read()
        reader.releaseLock()
        for promise in (waiting, reader.read(), reader.cancel(), reader.closed):
            with pytest.raises(ERR_INVALID_STATE):
                await promise

    run(main)


def test_only_readable_streams_have_readers() -> None:
    with pytest.raises(ERR_INVALID_ARG_TYPE):
        ReadableStreamDefaultReader(5)  # type: ignore[arg-type]


# --- cancelling ---


def test_cancelling_tells_the_source_why_and_closes() -> None:
    reasons: list[Any] = []

    async def main() -> None:
        stream = ReadableStream(cancel=reasons.append)
        await stream.cancel("why")
        await stream.cancel("again")
        assert await stream.get_reader().read() == (None, True)

    run(main)
    assert reasons == ["why"]


def test_cancelling_waits_for_the_source_and_takes_its_failure() -> None:
    async def cancel() -> None:
        await a_round()
        raise ValueError("boom")

    async def main() -> None:
        with pytest.raises(ValueError, match="boom"):
            await ReadableStream(cancel=cancel).cancel()

    run(main)


# --- rejections ---


def test_a_failing_stream_that_nobody_reads_is_no_unhandled_rejection() -> None:
    async def main() -> None:
        stream = ReadableStream(start=lambda c: c.error(ValueError("boom")))
        stream.get_reader().release_lock()

    assert unhandled_in(main) == []


def test_a_failing_read_that_nobody_awaits_is_an_unhandled_rejection() -> None:
    async def main() -> None:
        ReadableStream(start=lambda c: c.error(ValueError("boom"))).get_reader().read()

    assert [str(error) for error in unhandled_in(main)] == ["boom"]


# --- iterating ---


def test_leaving_the_loop_cancels_the_stream() -> None:
    reasons: list[Any] = []

    async def main() -> None:
        stream = ReadableStream({"pull": lambda c: c.enqueue("x"), "cancel": reasons.append})
        async for _ in stream:
            break
        gc.collect()
        await a_round()
        assert not stream.locked

    run(main)
    assert reasons == [None]


def test_leaving_the_loop_can_keep_the_stream() -> None:
    async def main() -> None:
        stream = stream_of(1, 2)
        values = stream.values(prevent_cancel=True)
        assert await anext(values) == 1
        await values.aclose()
        await values.aclose()
        assert await all_of(stream) == [2]

    run(main)


def test_a_failing_stream_raises_in_the_loop_and_is_unlocked() -> None:
    async def main() -> None:
        stream = ReadableStream(start=lambda c: c.error(ValueError("boom")))
        with pytest.raises(ValueError, match="boom"):
            await all_of(stream)
        assert not stream.locked

    run(main)


# --- from_ ---


def test_a_loop_that_is_being_left_gives_its_end_when_it_has_been_left() -> None:
    trace: list[Any] = []
    cancelling: Promise[None] = Promise()

    async def main() -> None:
        iterator = ReadableStream(cancel=lambda reason: cancelling).values()
        loop = current_loop()
        loop.spawn(iterator.aclose(), lambda error, value: trace.append("left"))
        await a_round()
        loop.spawn(iterator.__anext__(), lambda error, value: trace.append(type(error)))
        await a_round()
        trace.append("cancelled")
        cancelling.resolve(None)
        await a_round()

    run(main)
    assert trace == ["cancelled", "left", StopAsyncIteration]


def test_a_stream_of_an_iterable() -> None:
    async def numbers() -> AsyncIterator[int]:
        yield 1
        yield 2

    async def value() -> int:
        return 3

    async def main() -> list[Any]:
        return [
            await all_of(ReadableStream.from_([1, 2])),
            await all_of(ReadableStream.from_(numbers())),
            await all_of(ReadableStream.from_([value()])),
            await all_of(ReadableStream.from_(stream_of(1))),
            await all_of(getattr(ReadableStream, "from")("ab")),
        ]

    assert run(main) == [[1, 2], [1, 2], [3], [1], ["a", "b"]]


def test_what_cannot_be_iterated_is_refused() -> None:
    with pytest.raises(ERR_ARG_NOT_ITERABLE, match="5 must be iterable"):
        ReadableStream.from_(5)
    with pytest.raises(ERR_ARG_NOT_ITERABLE, match=r"\{\} must be iterable"):
        ReadableStream.from_({})


def test_cancelling_closes_the_iterator() -> None:
    trace: list[str] = []

    def numbers() -> Iterator[int]:
        try:
            yield 1
            yield 2
        finally:
            trace.append("closed")

    async def async_numbers() -> AsyncIterator[int]:
        try:
            yield 1
            yield 2
        finally:
            trace.append("closed")

    async def main() -> None:
        for items in (numbers(), async_numbers()):
            stream = ReadableStream.from_(items)
            reader = stream.get_reader()
            assert (await reader.read()).value == 1
            await reader.cancel()

    run(main)
    assert trace == ["closed", "closed"]


# --- tee ---


def test_both_branches_get_every_chunk() -> None:
    async def main() -> list[Any]:
        a, b = stream_of(1, 2).tee()
        return [await all_of(a), await all_of(b)]

    assert run(main) == [[1, 2], [1, 2]]


def test_the_stream_is_cancelled_when_both_branches_are() -> None:
    reasons: list[Any] = []

    async def main() -> None:
        a, b = ReadableStream(cancel=reasons.append).tee()
        first = a.cancel("one")
        await a_round()
        assert not first.settled
        await b.cancel("two")
        await first

    run(main)
    assert reasons == [["one", "two"]]


def test_a_branch_goes_on_when_the_other_is_cancelled() -> None:
    async def main() -> list[Any]:
        a, b = stream_of(1, 2).tee()
        a.cancel()
        return await all_of(b)

    assert run(main) == [1, 2]


def test_both_branches_fail_with_the_stream() -> None:
    async def main() -> None:
        for branch in ReadableStream(start=lambda c: c.error(ValueError("boom"))).tee():
            with pytest.raises(ValueError, match="boom"):
                await branch.get_reader().read()

    run(main)
