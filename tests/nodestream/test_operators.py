"""The operators that give a stream: `map`, `filter`, `flat_map`, `take`, `drop`."""

from __future__ import annotations

import functools
import operator
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import trio

from nodestream import PassThrough, Readable, promises, run
from nodestream.abort import AbortController, AbortSignal
from nodestream.errors import (
    ERR_INVALID_ARG_TYPE,
    ERR_OUT_OF_RANGE,
    ERR_STREAM_NULL_VALUES,
    AbortError,
    NodeError,
)
from nodestream.loop import Promise

from .support import a_round, follow, rounds

ONE_AT_A_TIME: dict[str, Any] = {}
SEVERAL = {"concurrency": 3}


def numbers(count: int = 5) -> Readable:
    return Readable.from_(range(1, count + 1))


def a_quiet_stream() -> Readable:
    return Readable(object_mode=True, read=lambda self, size: None)


async def value_of(value: Any) -> Any:
    await a_round()
    return value


def array_of(make: Callable[[], Readable]) -> Any:
    async def main() -> list[Any]:
        return await make().to_array()

    return run(main)


# --- what they do ---


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda s: s.map(lambda x: x * 2), [2, 4, 6, 8, 10]),
        (lambda s: s.map(lambda x: value_of(x * 2)), [2, 4, 6, 8, 10]),
        (lambda s: s.map(lambda x: value_of(x * 2), concurrency=3), [2, 4, 6, 8, 10]),
        (lambda s: s.map(lambda x: x * 2, concurrency=3), [2, 4, 6, 8, 10]),
        (lambda s: s.map(lambda x: x * 2, high_water_mark=3), [2, 4, 6, 8, 10]),
        (lambda s: s.filter(lambda x: x % 2), [1, 3, 5]),
        (lambda s: s.filter(lambda x: value_of(x % 2), SEVERAL), [1, 3, 5]),
        (lambda s: s.flat_map(lambda x: [x] * (x % 3)), [1, 2, 2, 4, 5, 5]),
        (lambda s: s.flat_map(lambda x: value_of([x] * (x % 3)), SEVERAL), [1, 2, 2, 4, 5, 5]),
        (lambda s: s.flatMap(lambda x: "ab"[:x]), ["a", "a", "b", "a", "b", "a", "b", "a", "b"]),
        (lambda s: s.flat_map(lambda x: Readable.from_([x])), [1, 2, 3, 4, 5]),
        (lambda s: s.take(2), [1, 2]),
        (lambda s: s.take(0), []),
        (lambda s: s.take(9), [1, 2, 3, 4, 5]),
        (lambda s: s.take("2"), [1, 2]),
        (lambda s: s.take("cat"), []),
        (lambda s: s.take(True), [1]),
        (lambda s: s.take(float("inf")), [1, 2, 3, 4, 5]),
        (lambda s: s.drop(2), [3, 4, 5]),
        (lambda s: s.drop(9), []),
        (lambda s: s.drop(1).take(2), [2, 3]),
        (lambda s: s.map(str).filter(lambda x: x > "2").map(int), [3, 4, 5]),
    ],
)
def test_each_gives_a_stream_of_what_it_is_for(make: Any, expected: list[Any]) -> None:
    assert array_of(lambda: make(numbers())) == expected


def test_what_they_give_is_a_readable_in_object_mode_that_holds_one() -> None:
    def main() -> None:
        stream = numbers().map(str)
        assert type(stream).__mro__.index(Readable)
        assert (stream.readable, stream.readable_object_mode, stream.readable_high_water_mark) == (True, True, 1)

    run(main)


def test_an_operator_can_be_piped_on() -> None:
    async def main() -> bytes:
        end = PassThrough()
        await promises.pipeline(Readable.from_(["a", "b"]).map(str.upper), end)
        return b"".join(await end.to_array())

    assert run(main) == b"AB"


def test_a_result_of_none_is_an_error() -> None:
    with pytest.raises(ERR_STREAM_NULL_VALUES):
        array_of(lambda: numbers().map(lambda x: None))


def test_what_a_subclass_iterates_over_is_what_it_is_about() -> None:
    class Doubled(Readable):
        def __aiter__(self) -> Any:
            async def twice() -> AsyncIterator[Any]:
                async for chunk in Readable.iterator(self):
                    yield chunk * 2

            return twice()

    rest = [1, 2]
    assert array_of(
        lambda: Doubled(object_mode=True, read=lambda self, size: self.push(rest.pop(0) if rest else None)).map(str)
    ) == ["2", "4"]


# --- what the function is given ---


def add(base: int, item: int) -> int:
    return base + item


class WithCall:
    def __call__(self, item: Any, options: Any) -> Any:
        return item, list(options)


class WithMethod:
    def one(self, item: Any) -> Any:
        return item

    def two(self, item: Any, options: Any) -> Any:
        return item, list(options)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (str, "1"),
        (float, 1.0),
        ("abc".__getitem__, "b"),
        (int.bit_length, 1),
        (operator.methodcaller("bit_length"), 1),
        (functools.partial(add, 5), 6),
        (lambda: "nothing", "nothing"),
        (lambda item: item, 1),
        (lambda item, options: (item, list(options)), (1, ["signal"])),
        (lambda *args: len(args), 2),
        (WithCall(), (1, ["signal"])),
        (WithMethod().one, 1),
        (WithMethod().two, (1, ["signal"])),
    ],
)
def test_it_is_given_the_chunk_and_the_signal_if_it_takes_that(function: Any, expected: Any) -> None:
    assert array_of(lambda: numbers(1).map(function)) == [expected]


def test_the_signal_is_the_one_given_or_one_that_is_never_aborted() -> None:
    async def main() -> None:
        signal = AbortController().signal
        seen = await numbers(1).map(lambda x, options: options["signal"], signal=signal).to_array()
        assert seen == [signal]
        (other,) = await numbers(1).map(lambda x, options: options["signal"]).to_array()
        assert isinstance(other, AbortSignal) and not other.aborted

    run(main)


# --- pace ---


class Calls:
    """A function whose calls last until they are told to end."""

    def __init__(self) -> None:
        self.waiting: dict[int, Promise[Any]] = {}
        self.begun: list[int] = []

    def __call__(self, item: int) -> Promise[Any]:
        self.begun.append(item)
        self.waiting[item] = Promise()
        return self.waiting[item]

    def end(self, *items: int) -> None:
        for item in items:
            self.waiting.pop(item).resolve(item)


def test_up_to_concurrency_calls_run_at_once_and_results_keep_the_order() -> None:
    async def main() -> None:
        calls = Calls()
        promise = numbers(6).map(calls, concurrency=3).to_array()
        await rounds(3)
        assert calls.begun == [1, 2, 3]
        calls.end(3)
        await rounds(3)
        assert calls.begun == [1, 2, 3, 4]
        calls.end(1, 2, 4)
        await rounds(5)
        assert calls.begun == [1, 2, 3, 4, 5, 6]
        calls.end(6, 5)
        assert await promise == [1, 2, 3, 4, 5, 6]

    run(main)


@pytest.mark.parametrize(
    ("options", "ahead"),
    [
        ({}, 1),
        ({"concurrency": 1, "high_water_mark": 0}, 1),
        ({"concurrency": 3}, 5),
        ({"concurrency": 2, "highWaterMark": 0}, 2),
        ({"high_water_mark": 4}, 5),
        ({"highWaterMark": "4"}, 5),
        ({"concurrency": 2.9}, 3),
    ],
)
def test_so_many_results_wait_for_a_reader_that_takes_none(options: dict[str, Any], ahead: int) -> None:
    async def main() -> None:
        calls: list[int] = []

        def function(item: int) -> int:
            calls.append(item)
            return item

        stream = numbers(20).map(function, options)
        stream.read(0)
        await rounds(5)
        assert len(calls) == ahead
        stream.destroy()

    run(main)


def test_a_slow_first_call_holds_up_the_results_but_only_so_many_calls() -> None:
    async def main() -> None:
        calls = Calls()
        promise = numbers(9).map(calls, concurrency=2).to_array()
        await rounds(3)
        for item in (2, 3):
            calls.end(item)
            await rounds(3)
        assert calls.begun == [1, 2, 3]  # three results in the queue: concurrency, and a mark of one less
        calls.end(1)
        for item in range(4, 10):
            await rounds(3)
            calls.end(item)
        assert await promise == list(range(1, 10))

    run(main)


# --- failures ---


@pytest.mark.parametrize("options", [ONE_AT_A_TIME, SEVERAL])
@pytest.mark.parametrize("is_async", [False, True])
def test_what_the_function_raises_is_the_error_of_the_stream_and_destroys_the_source(
    options: dict[str, Any], is_async: bool
) -> None:
    async def main() -> None:
        def fails(x: int) -> Any:
            if x == 3:
                raise ValueError("boom")
            return x

        async def fails_later(x: int) -> Any:
            await a_round()
            return fails(x)

        source = numbers()
        seen: list[Any] = []
        with pytest.raises(ValueError, match="boom"):
            async for chunk in source.map(fails_later if is_async else fails, options):
                seen.append(chunk)
        assert seen == [1, 2]
        assert source.destroyed

    run(main)


def test_after_an_error_no_further_call_begins() -> None:
    async def main() -> None:
        calls = Calls()
        stream = numbers(9).map(calls, concurrency=3)
        promise = stream.to_array()
        await rounds(3)
        calls.waiting[2].reject(ValueError("boom"))
        calls.end(3)
        await rounds(3)
        assert calls.begun == [1, 2, 3]
        calls.end(1)
        with pytest.raises(ValueError, match="boom"):
            await promise

    run(main)


@pytest.mark.parametrize("options", [ONE_AT_A_TIME, SEVERAL])
def test_an_error_of_the_source_comes_after_the_results_before_it(options: dict[str, Any]) -> None:
    async def main() -> None:
        async def generate() -> AsyncIterator[int]:
            yield 1
            yield 2
            raise ValueError("boom")

        seen: list[Any] = []
        with pytest.raises(ValueError, match="boom"):
            async for chunk in Readable.from_(generate()).map(value_of, options):
                seen.append(chunk)
        assert seen == [1, 2]

    run(main)


@pytest.mark.parametrize("options", [ONE_AT_A_TIME, SEVERAL])
def test_a_source_destroyed_right_after_reading_began_is_no_uncaught_error(options: dict[str, Any]) -> None:
    async def main() -> list[Any]:
        source = a_quiet_stream()
        stream = source.map(str, options)
        trace: list[Any] = []
        follow(stream, trace, "error", "close")
        stream.read()
        error = ValueError("boom")
        source.destroy(error)
        await rounds(3)
        assert trace == [("error", error), "close"]
        return trace

    run(main)


class Cancelled:
    """A function that never returns, and notes how it was left."""

    def __init__(self) -> None:
        self.begun = 0
        self.left = 0

    async def __call__(self, item: Any) -> None:
        self.begun += 1
        try:
            await trio.sleep_forever()
        finally:
            self.left += 1


@pytest.mark.parametrize(("options", "count"), [(ONE_AT_A_TIME, 1), (SEVERAL, 3)])
@pytest.mark.parametrize("name", ["map", "filter", "flat_map"])
@pytest.mark.parametrize("error", [None, ValueError("boom")])
def test_a_stream_that_is_destroyed_cancels_what_runs_and_destroys_its_source(
    options: dict[str, Any], count: int, name: str, error: Exception | None
) -> None:
    async def main() -> None:
        function, source = Cancelled(), numbers()
        stream = getattr(source, name)(function, options)
        trace: list[Any] = []
        follow(stream, trace, "error", "close")
        stream.read()
        await rounds(3)
        assert (function.begun, function.left) == (count, 0)
        stream.destroy(error)
        await rounds(3)
        assert (function.begun, function.left) == (count, count)
        assert source.destroyed
        assert trace == (["close"] if error is None else [("error", error), "close"])

    run(main)


def test_when_one_call_fails_the_others_are_cancelled() -> None:
    async def main() -> None:
        waits = Cancelled()

        def function(item: int) -> Any:
            if item == 1:
                raise ValueError("boom")
            return waits(item)

        source = numbers()
        with pytest.raises(ValueError, match="boom"):
            await source.map(lambda x: value_of(x) if x == 1 else x, concurrency=2).map(function, SEVERAL).to_array()
        await rounds(3)
        assert waits.begun == waits.left

    run(main)


def test_a_stream_that_was_never_read_leaves_its_source_alone() -> None:
    async def main() -> None:
        source = numbers()
        before = source.event_names()
        stream = source.map(str)
        assert source.event_names() == before
        stream.destroy()
        await rounds(3)
        assert (stream.closed, source.destroyed, source.event_names()) == (True, False, before)

    run(main)


@pytest.mark.parametrize("options", [ONE_AT_A_TIME, SEVERAL])
def test_leaving_a_loop_destroys_the_whole_chain(options: dict[str, Any]) -> None:
    async def main() -> None:
        source = numbers()
        first = source.map(lambda x: x, options)
        second = first.filter(bool, options)
        async for _ in second:
            break
        await rounds(3)
        assert (second.destroyed, first.destroyed, source.destroyed) == (True, True, True)

    run(main)


# --- take, drop, flat_map ---


def test_take_does_not_wait_for_the_chunk_after_the_last() -> None:
    async def main() -> None:
        source = a_quiet_stream()
        source.push(1)
        assert await source.take(1).to_array() == [1]
        assert source.destroyed

    run(main)


def test_flat_map_that_is_destroyed_closes_what_it_was_in() -> None:
    async def main() -> None:
        inner = a_quiet_stream()
        inner.push(1)
        stream = numbers().flat_map(lambda x: inner)
        async for chunk in stream:
            assert chunk == 1
            break
        await rounds(3)
        assert inner.destroyed

    run(main)


def test_flat_map_of_what_is_no_iterable_fails() -> None:
    with pytest.raises(TypeError, match="not iterable"):
        array_of(lambda: numbers().flat_map(lambda x: x))


# --- signals ---


@pytest.mark.parametrize("options", [ONE_AT_A_TIME, SEVERAL])
def test_a_signal_aborted_before_begins_no_call(options: dict[str, Any]) -> None:
    async def main() -> None:
        function, source = Cancelled(), numbers()
        with pytest.raises(AbortError):
            await source.map(function, options, signal=AbortSignal.abort()).to_array()
        assert function.begun == 0
        assert source.destroyed

    run(main)


@pytest.mark.parametrize("options", [ONE_AT_A_TIME, SEVERAL])
def test_a_signal_aborted_meanwhile_ends_the_stream_at_the_next_result(options: dict[str, Any]) -> None:
    async def main() -> None:
        controller, calls = AbortController(), Calls()
        promise = numbers().map(calls, options, signal=controller.signal).to_array()
        await rounds(3)
        controller.abort(ValueError("why"))
        await rounds(3)
        assert not promise.settled
        calls.end(1)
        with pytest.raises(AbortError) as caught:
            await promise
        assert isinstance(caught.value.__cause__, ValueError)

    run(main)


@pytest.mark.parametrize("name", ["take", "drop"])
def test_take_and_drop_obey_a_signal(name: str) -> None:
    async def main() -> None:
        controller, source = AbortController(), a_quiet_stream()
        promise = getattr(source, name)(5, signal=controller.signal).to_array()
        await rounds(2)
        controller.abort()
        source.push(1)
        with pytest.raises(AbortError):
            await promise
        with pytest.raises(AbortError):
            await getattr(numbers(), name)(1, {"signal": controller.signal}).to_array()

    run(main)


# --- wrong arguments ---

WRONG_OPTIONS: list[tuple[Any, type[NodeError], str]] = [
    (1, ERR_INVALID_ARG_TYPE, 'The "options" argument must be of type object. Received type number (1)'),
    ([], ERR_INVALID_ARG_TYPE, 'The "options" argument must be of type object. Received an instance of Array'),
    (
        {"signal": True},
        ERR_INVALID_ARG_TYPE,
        'The "options.signal" property must be an instance of AbortSignal. Received type boolean (true)',
    ),
]
WRONG_PACE: list[tuple[Any, type[NodeError], str]] = [
    (
        {"concurrency": "many"},
        ERR_OUT_OF_RANGE,
        'The value of "options.concurrency" is out of range. It must be an integer. Received NaN',
    ),
    (
        {"concurrency": float("inf")},
        ERR_OUT_OF_RANGE,
        'The value of "options.concurrency" is out of range. It must be an integer. Received Infinity',
    ),
    (
        {"concurrency": 0},
        ERR_OUT_OF_RANGE,
        'The value of "options.concurrency" is out of range. It must be >= 1 && <= 9007199254740991. Received 0',
    ),
    (
        {"highWaterMark": -1},
        ERR_OUT_OF_RANGE,
        'The value of "options.highWaterMark" is out of range. It must be >= 0 && <= 9007199254740991. Received -1',
    ),
]


@pytest.mark.parametrize(("options", "kind", "message"), WRONG_OPTIONS + WRONG_PACE)
@pytest.mark.parametrize("name", ["map", "filter", "flat_map"])
def test_wrong_options_are_refused_at_once(name: str, options: Any, kind: type[NodeError], message: str) -> None:
    with pytest.raises(kind) as caught:
        getattr(numbers(), name)(str, options)
    assert str(caught.value) == message


@pytest.mark.parametrize(("options", "kind", "message"), WRONG_OPTIONS)
@pytest.mark.parametrize("name", ["take", "drop", "compose"])
def test_wrong_options_of_the_others_are_refused_too(
    name: str, options: Any, kind: type[NodeError], message: str
) -> None:
    with pytest.raises(kind) as caught:
        getattr(numbers(), name)(1, options)
    assert str(caught.value) == message


@pytest.mark.parametrize("name", ["map", "filter", "flat_map"])
def test_what_cannot_be_called_is_refused_at_once(name: str) -> None:
    with pytest.raises(ERR_INVALID_ARG_TYPE, match='The "fn" argument must be'):
        getattr(numbers(), name)(None)


@pytest.mark.parametrize("count", [-1, float("-inf"), "-2"])
@pytest.mark.parametrize("name", ["take", "drop"])
def test_a_count_below_zero_is_refused_at_once(name: str, count: Any) -> None:
    with pytest.raises(ERR_OUT_OF_RANGE, match='The value of "number" is out of range'):
        getattr(numbers(), name)(count)


def test_an_unknown_keyword_is_a_type_error_and_an_unknown_key_is_ignored() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'speed'"):
        numbers().map(str, speed=1)
    assert array_of(lambda: numbers(1).map(str, {"speed": 1})) == ["1"]
