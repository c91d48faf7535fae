"""The operators that give a promise: `for_each`, `to_array`, `some`, `every`, `find`, `reduce`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import trio

from nodestream import Readable, run
from nodestream.abort import AbortController, AbortSignal
from nodestream.errors import ERR_INVALID_ARG_TYPE, ERR_MISSING_ARGS, ERR_OUT_OF_RANGE, AbortError
from nodestream.loop import Promise

from .support import a_round, rounds

WITH_FUNCTION = ("for_each", "some", "every", "find")


def numbers(count: int = 5) -> Readable:
    return Readable.from_(range(1, count + 1))


def a_quiet_stream() -> Readable:
    return Readable(object_mode=True, read=lambda self, size: None)


async def value_of(value: Any) -> Any:
    await a_round()
    return value


def outcome(make: Callable[[], Awaitable[Any]]) -> Any:
    async def main() -> Any:
        return await make()

    return run(main)


@pytest.mark.parametrize("wrapped", [lambda value: value, value_of])
@pytest.mark.parametrize("options", [{}, {"concurrency": 3}])
def test_each_gives_what_it_is_for(wrapped: Any, options: dict[str, Any]) -> None:
    async def main() -> None:
        assert await numbers().some(lambda x: wrapped(x == 3), options) is True
        assert await numbers().some(lambda x: wrapped(x == 9), options) is False
        assert await numbers().every(lambda x: wrapped(x < 9), options) is True
        assert await numbers().every(lambda x: wrapped(x < 3), options) is False
        assert await numbers().find(lambda x: wrapped(x > 3), options) == 4
        assert await numbers().find(lambda x: wrapped(x > 9), options) is None
        seen: list[int] = []
        assert await numbers().for_each(lambda x: wrapped(seen.append(x)), options) is None
        assert seen == [1, 2, 3, 4, 5]

    run(main)


def test_to_array_gives_all_chunks() -> None:
    assert outcome(lambda: numbers(50).to_array()) == list(range(1, 51))
    assert outcome(lambda: numbers(0).toArray()) == []
    assert outcome(lambda: Readable.from_([b"ab", b"cd"], object_mode=False).to_array()) == [b"ab", b"cd"]


@pytest.mark.parametrize(
    ("chunks", "arguments", "expected"),
    [
        ([1, 2, 3], (lambda a, b: a + b,), 6),
        ([1, 2, 3], (lambda a, b: value_of(a + b),), 6),
        ([1, 2, 3], (lambda a, b: a + b, 10), 16),
        ([1], (lambda a, b: a + b,), 1),
        ([], (lambda a, b: a + b, 10), 10),
        ([], (lambda a, b: a + b, None), None),
        ([1, 3, 2], (max,), 3),
        ([1, 2], (lambda a, b: None,), None),
    ],
)
def test_reduce_makes_one_value_of_all(chunks: list[Any], arguments: Any, expected: Any) -> None:
    assert outcome(lambda: Readable.from_(chunks).reduce(*arguments)) == expected


def test_reduce_of_nothing_without_an_initial_value_is_an_error() -> None:
    with pytest.raises(ERR_MISSING_ARGS, match="Reduce of an empty stream requires an initial value"):
        outcome(lambda: numbers(0).reduce(max))


def test_calls_of_reduce_never_overlap() -> None:
    running = most = 0

    async def add(total: int, chunk: int) -> int:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await a_round()
        running -= 1
        return total + chunk

    assert outcome(lambda: numbers().reduce(add, 0)) == 15
    assert most == 1


@pytest.mark.parametrize(("name", "calls"), [("some", 3), ("find", 3), ("every", 1)])
def test_when_the_answer_is_known_no_more_is_read(name: str, calls: int) -> None:
    async def main() -> None:
        seen: list[int] = []

        def function(chunk: int) -> bool:
            seen.append(chunk)
            return chunk == 3

        source = numbers()
        await getattr(source, name)(function)
        assert source.destroyed
        assert len(seen) == calls

    run(main)


def test_find_gives_the_first_in_the_order_of_the_chunks() -> None:
    async def slow(chunk: int) -> bool:
        await rounds(5 if chunk == 1 else 1)
        return True

    assert outcome(lambda: numbers().find(slow, concurrency=3)) == 1


@pytest.mark.parametrize("name", WITH_FUNCTION)
@pytest.mark.parametrize("options", [{}, {"concurrency": 2}])
def test_what_the_function_raises_comes_out(name: str, options: dict[str, Any]) -> None:
    def function(chunk: int) -> bool:
        if chunk == 2:
            raise ValueError("boom")
        return name == "every"

    with pytest.raises(ValueError, match="boom"):
        outcome(lambda: getattr(numbers(), name)(function, options))


def test_what_runs_besides_the_answer_is_cancelled() -> None:
    left: list[int] = []

    async def function(chunk: int) -> bool:
        if chunk == 1:
            return True
        try:
            await trio.sleep_forever()
        finally:
            left.append(chunk)
        return False

    async def main() -> None:
        assert await numbers().some(function, concurrency=3)
        await rounds(3)
        assert sorted(left) == [2, 3]

    run(main)


@pytest.mark.parametrize("name", ["to_array", "for_each", "reduce"])
def test_a_stream_destroyed_right_after_the_call_is_no_uncaught_error(name: str) -> None:
    async def main() -> None:
        source = a_quiet_stream()
        promise = getattr(source, name)(*([] if name == "to_array" else [max]))
        source.destroy(ValueError("boom"))
        with pytest.raises(ValueError, match="boom"):
            await promise

    run(main)


def test_reading_begins_with_the_call() -> None:
    reads: list[int] = []

    def read(stream: Readable, size: int) -> None:
        reads.append(size)
        stream.push(None)

    def main() -> None:
        Readable(read=read).to_array()
        assert reads

    run(main)


# --- signals ---


@pytest.mark.parametrize("name", WITH_FUNCTION)
def test_a_signal_aborted_before_is_an_error_and_no_call(name: str) -> None:
    calls: list[Any] = []
    with pytest.raises(AbortError):
        outcome(lambda: getattr(numbers(), name)(calls.append, signal=AbortSignal.abort()))
    assert calls == []


@pytest.mark.parametrize("concurrency", [1, 2])
def test_a_function_can_obey_the_signal(concurrency: int) -> None:
    async def main() -> None:
        controller = AbortController()
        begun: list[int] = []

        def function(chunk: int, options: dict[str, Any]) -> Promise[None]:
            begun.append(chunk)
            promise: Promise[None] = Promise()
            options["signal"].add_event_listener("abort", lambda: promise.reject(ValueError("stopped")))
            return promise

        promise = numbers().for_each(function, concurrency=concurrency, signal=controller.signal)
        await rounds(3)
        controller.abort()
        with pytest.raises(ValueError, match="stopped"):
            await promise
        assert len(begun) == concurrency

    run(main)


def test_to_array_obeys_a_signal_at_the_next_chunk_and_destroys_the_stream() -> None:
    async def main() -> None:
        controller, source = AbortController(), a_quiet_stream()
        promise = source.to_array(signal=controller.signal)
        source.push(1)
        await rounds(2)
        controller.abort()
        source.push(2)
        with pytest.raises(AbortError):
            await promise
        assert source.destroyed

    run(main)


def test_reduce_with_a_signal_aborted_before_destroys_a_stream_that_gives_nothing() -> None:
    async def main() -> None:
        source = a_quiet_stream()
        with pytest.raises(AbortError) as caught:
            await source.reduce(max, 0, signal=AbortSignal.abort(ValueError("why")))
        assert isinstance(caught.value.__cause__, ValueError)
        assert source.destroyed

    run(main)


def test_reduce_tells_its_function_of_the_abort_and_of_the_end() -> None:
    async def main() -> None:
        controller = AbortController()
        signals: list[Any] = []

        def function(total: int, chunk: int, options: dict[str, Any]) -> int:
            signals.append(options["signal"])
            if chunk == 2:
                controller.abort()
                assert options["signal"].aborted
            return total

        with pytest.raises(AbortError):
            await numbers().reduce(function, 0, signal=controller.signal)
        assert len(signals) == 2
        signals.clear()
        await numbers().reduce(lambda total, chunk, options: signals.append(options["signal"]), 0)
        assert all(signal.aborted for signal in signals)

    run(main)


# --- wrong arguments ---


@pytest.mark.parametrize(
    ("name", "arguments", "kind"),
    [
        *[(name, (1,), ERR_INVALID_ARG_TYPE) for name in (*WITH_FUNCTION, "reduce", "to_array")],
        *[(name, (str, 1), ERR_INVALID_ARG_TYPE) for name in WITH_FUNCTION],
        *[(name, (str, {"signal": True}), ERR_INVALID_ARG_TYPE) for name in WITH_FUNCTION],
        *[(name, (str, {"concurrency": 0}), ERR_OUT_OF_RANGE) for name in WITH_FUNCTION],
        ("to_array", ({"signal": True},), ERR_INVALID_ARG_TYPE),
        ("reduce", (max, 0, 1), ERR_INVALID_ARG_TYPE),
        ("reduce", (max, 0, {"signal": True}), ERR_INVALID_ARG_TYPE),
    ],
)
def test_wrong_arguments_reject_the_promise_and_leave_the_stream_alone(name: str, arguments: Any, kind: Any) -> None:
    async def main() -> None:
        source = numbers()
        before = source.event_names()
        promise = getattr(source, name)(*arguments)
        assert isinstance(promise, Promise)
        with pytest.raises(kind):
            await promise
        assert (source.destroyed, source.event_names()) == (False, before)

    run(main)


def test_a_failure_that_nobody_awaits_is_an_unhandled_rejection() -> None:
    def main() -> None:
        numbers().for_each(1)  # type: ignore[arg-type]

    with pytest.raises(ERR_INVALID_ARG_TYPE):
        run(main)
