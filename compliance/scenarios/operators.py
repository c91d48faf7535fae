# mypy: disable-error-code="func-returns-value"
"""The operators of a Readable: map, filter, forEach, toArray, some, every, find, flatMap, take, drop, reduce."""

import math
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from compliance._trace import Scenarios, Trace
from nodestream import Readable
from nodestream.abort import AbortController, AbortSignal
from nodestream.loop import Promise
from nodestream.timers import set_immediate

scenarios = Scenarios()


def fails(*args: object) -> Any:
    raise Exception("boom")


async def later(value: Any = None) -> Any:
    """The value, one round later."""
    promise: Promise[Any] = Promise()
    set_immediate(promise.resolve, value)
    return await promise


async def rounds(count: int) -> None:
    """Wait for so many rounds."""
    for _ in range(count):
        await later()


def source(*chunks: Any) -> Readable:
    """A stream of these chunks."""
    return Readable.from_(chunks)


def open_() -> Readable:
    """A stream that waits to be pushed into."""
    return Readable(object_mode=True, read=lambda self, size: None)


async def outcome(t: Trace, label: str, promise: Awaitable[Any]) -> None:
    """Write down what comes of a promise."""
    try:
        t(label, await promise)
    except Exception as error:
        t(f"{label} rejects", error)


async def read(t: Trace, stream: Readable, label: str = "") -> None:
    """Read a stream to its end, or to its error."""
    try:
        async for chunk in stream:
            t(f"{label}chunk", chunk)
        t(f"{label}end")
    except Exception as error:
        t(f"{label}fails", error)


@scenarios
async def each_operator(t: Trace) -> None:
    await read(t, source(1, 2, 3).map(lambda x: x * 2), "map ")
    await read(t, source(1, 2, 3).filter(lambda x: x != 2), "filter ")
    await read(t, source(1, 2, 3).flat_map(lambda x: [x] * x), "flat ")
    await read(t, source(1, 2, 3).take(2), "take ")
    await read(t, source(1, 2, 3).drop(2), "drop ")
    t("forEach", await source(1, 2).for_each(lambda x: t("called", x)))
    t("toArray", await source(1, 2).to_array())
    t(
        "some",
        await source(1, 2, 3).some(lambda x: x == 2),
        await source(1).some(lambda x: x == 2),
        await source().some(lambda x: True),
    )
    t(
        "every",
        await source(1, 2, 3).every(lambda x: x > 0),
        await source(1).every(lambda x: x == 2),
        await source().every(lambda x: False),
    )
    t("find", await source(1, 2, 3).find(lambda x: x > 1), await source(1).find(lambda x: x == 2))
    t("reduce", await source(1, 2, 3).reduce(lambda a, b: a + b), await source(1, 2).reduce(lambda a, b: a + b, 10))


@scenarios
async def with_async_functions(t: Trace) -> None:
    await read(t, source(1, 2, 3).map(lambda x: later(x * 2)), "map ")
    await read(t, source(1, 2, 3).filter(lambda x: later(x != 2)), "filter ")
    await read(t, source(1, 2, 3).flat_map(lambda x: later([x, x])), "flat ")
    t("some", await source(1, 2, 3).some(lambda x: later(x == 2)))
    t("every", await source(1, 2, 3).every(lambda x: later(x > 0)))
    t("find", await source(1, 2, 3).find(lambda x: later(x > 1)))
    t("reduce", await source(1, 2, 3).reduce(lambda a, b: later(a + b)))


@scenarios
def what_streams_they_give(t: Trace) -> None:
    s = source(1)
    for made in (s.map(str), s.filter(bool), s.flat_map(list), s.take(1), s.drop(1)):
        t("made", made.readable_object_mode, made.readable_high_water_mark, isinstance(made, Readable))
    t("source", s.event_names())


@scenarios
def wrong_arguments(t: Trace) -> None:
    s: Any = source(1)
    for name in ("map", "filter", "flatMap"):
        operator = getattr(s, name)
        t.call(f"{name} number", lambda: none(operator(1)))  # noqa: B023
        t.call(f"{name} options", lambda: none(operator(str, 1)))  # noqa: B023
        t.call(f"{name} concurrency", lambda: none(operator(str, {"concurrency": "many"})))  # noqa: B023
        t.call(f"{name} no concurrency", lambda: none(operator(str, {"concurrency": 0})))  # noqa: B023
        t.call(f"{name} mark", lambda: none(operator(str, {"highWaterMark": -1})))  # noqa: B023
        t.call(f"{name} signal", lambda: none(operator(str, {"signal": True})))  # noqa: B023
    for name in ("take", "drop"):
        operator = getattr(s, name)
        t.call(f"{name} options", lambda: none(operator(1, 1)))  # noqa: B023
        t.call(f"{name} signal", lambda: none(operator(1, {"signal": True})))  # noqa: B023
        t.call(f"{name} too few", lambda: none(operator(-1)))  # noqa: B023
        t.call(f"{name} text", lambda: none(operator("cat")))  # noqa: B023


def none(_value: object) -> None:
    """In place of a value that is nobody's business."""


@scenarios
async def wrong_arguments_of_those_that_give_a_promise(t: Trace) -> None:
    for name in ("forEach", "some", "every", "find"):
        await outcome(t, f"{name} number", getattr(source(1), name)(1))
        await outcome(t, f"{name} options", getattr(source(1), name)(str, 1))
        await outcome(t, f"{name} concurrency", getattr(source(1), name)(str, {"concurrency": "many"}))
        await outcome(t, f"{name} signal", getattr(source(1), name)(str, {"signal": True}))
    wrong: Any = 1
    await outcome(t, "toArray options", source(1).to_array(wrong))
    await outcome(t, "toArray signal", source(1).to_array(signal=True))
    await outcome(t, "reduce number", source(1).reduce(wrong))
    await outcome(t, "reduce options", source(1).reduce(str, 0, wrong))
    await outcome(t, "reduce signal", source(1).reduce(str, 0, signal=True))
    await outcome(t, "reduce nothing", source().reduce(str))


@scenarios
async def counts_that_are_no_numbers(t: Trace) -> None:
    counts: list[Any] = ["2", "cat", True, 1.5, math.inf]
    for count in counts:
        t("take", await source(1, 2, 3).take(count).to_array())
    t("drop", await source(1, 2, 3).drop(counts[0]).to_array())


def noisy(t: Trace) -> Callable[[int], Awaitable[int]]:
    """A function that takes a round, and says so."""

    async def function(x: int) -> int:
        t("begins", x)
        await later()
        t("ends", x)
        return x

    return function


@scenarios
async def the_function_is_called_for_one_chunk_at_a_time(t: Trace) -> None:
    await read(t, source(1, 2, 3).map(noisy(t)))


@scenarios
async def the_function_is_called_for_several_at_once(t: Trace) -> None:
    await read(t, source(1, 2, 3, 4, 5).map(noisy(t), concurrency=2))


@scenarios
async def results_come_in_the_order_of_the_chunks(t: Trace) -> None:
    async def wait(x: int) -> int:
        await rounds(x)
        t("ends", x)
        return x

    await read(t, source(3, 1, 2).map(wait, concurrency=3))
    await read(t, source(3, 1, 2).filter(wait, concurrency=3))
    t("find", await source(3, 1).find(wait, concurrency=2))


@scenarios
async def how_many_wait_for_a_slow_reader(t: Trace) -> None:
    every_option: list[dict[str, int]] = [
        {},
        {"concurrency": 3},
        {"high_water_mark": 0, "concurrency": 2},
        {"high_water_mark": 4},
    ]
    for options in every_option:
        calls = 0

        def count(x: int) -> int:
            nonlocal calls
            calls += 1
            return x

        s = source(*range(20)).map(count, options)
        s.once("readable", lambda: None)
        await rounds(10)
        t("called", calls)
        async for chunk in s:
            await rounds(10)
            t("chunk", chunk, calls)
            if chunk == 3:
                break


@scenarios
async def an_error_of_the_function(t: Trace) -> None:
    r = t.events(source(1, 2, 3), "source ")

    def function(x: int) -> int:
        t("called", x)
        if x == 2:
            fails()
        return x

    await read(t, t.events(r.map(function), "map "))


@scenarios
async def an_error_of_an_async_function_comes_in_its_place(t: Trace) -> None:
    async def function(x: int) -> int:
        if x == 2:
            fails()
        await rounds(5)
        return x

    async def fails_at_two(x: int) -> None:
        if x == 2:
            fails()

    async def fails_later(a: int, b: int) -> None:
        fails()

    await read(t, source(1, 2, 3, 4).map(function, concurrency=3))
    await outcome(t, "forEach", source(1, 2).for_each(fails_at_two))
    await outcome(t, "reduce", source(1, 2).reduce(fails_later))


@scenarios
async def an_error_of_the_source(t: Trace) -> None:
    async def generate() -> AsyncIterator[int]:
        yield 1
        fails()

    def failing() -> Readable:
        return t.events(Readable.from_(generate()), "source ")

    await read(t, t.events(failing().map(lambda x: x), "map "))
    for name in ("forEach", "some", "every", "find"):
        await outcome(t, name, getattr(failing(), name)(lambda x: name == "every"))  # noqa: B023
    await outcome(t, "toArray", failing().to_array())
    await outcome(t, "reduce", failing().reduce(lambda a, b: a + b, 0))
    await read(t, failing().take(5))


@scenarios
async def a_source_that_is_destroyed_at_once(t: Trace) -> None:
    s = open_()
    promise = s.to_array()
    s.destroy(Exception("boom"))
    await outcome(t, "toArray", promise)
    s2 = open_()
    m = s2.map(lambda x: x)
    m.resume().on("error", lambda error: t("error", error))
    s2.destroy(Exception("boom"))
    await later()
    t("destroyed", m.destroyed)


@scenarios
async def a_source_that_was_destroyed_before(t: Trace) -> None:
    s = open_().destroy()
    await later()
    await outcome(t, "toArray", s.to_array())
    await outcome(t, "forEach", s.for_each(print))
    await read(t, s.map(str))


@scenarios
async def what_needs_no_more_destroys_the_source(t: Trace) -> None:
    for name in ("some", "find", "every"):
        s = t.events(source(1, 2, 3), f"{name} ")
        t(name, await getattr(s, name)(lambda x: x < 2 if name == "every" else x == 2))  # noqa: B023
        await later()
        t("destroyed", s.destroyed)
    s = t.events(source(1, 2, 3), "take ")
    t("take", await s.take(2).to_array())
    await later()
    t("destroyed", s.destroyed)


@scenarios
async def take_does_not_wait_for_the_next_chunk(t: Trace) -> None:
    s = open_()
    s.push(1)
    t("take", await s.take(1).to_array(), s.destroyed)


@scenarios
async def take_none(t: Trace) -> None:
    s = t.events(source(1, 2), "source ")
    t("take", await s.take(0).to_array())


@scenarios
async def a_stream_that_was_never_read_leaves_the_source_alone(t: Trace) -> None:
    s = t.events(source(1, 2), "source ")
    m = t.events(s.map(lambda x: x), "map ")
    m.destroy()
    await later()
    t("source", s.destroyed, "readable" in s.event_names())


@scenarios
async def a_stream_that_is_destroyed_destroys_the_source(t: Trace) -> None:
    s = t.events(source(1, 2, 3, 4), "source ")
    m = t.events(s.map(lambda x: x), "map ")
    m.read(0)
    await later()
    m.destroy(Exception("boom"))
    await later()
    await later()
    t("source", s.destroyed)


async def two_items(_chunk: object) -> AsyncIterator[int]:
    """An async generator function."""
    yield 1
    yield 2


@scenarios
async def flat_map_takes_any_iterable(t: Trace) -> None:
    kinds: dict[str, Callable[[Any], Any]] = {
        "list": lambda x: [1, 2],
        "text": lambda x: "ab",
        "stream": lambda x: source(1, 2),
        "items": two_items,
        "promises": lambda x: [later(1), 2],
        "nothing": lambda x: [],
    }
    for name, kind in kinds.items():
        t(name, await source(0, 0).flat_map(kind).to_array())


@scenarios
async def flat_map_that_is_left_destroys_the_inner_stream(t: Trace) -> None:
    inner = t.events(source(1, 2, 3), "inner ")
    async for chunk in source(0).flat_map(lambda x: inner):
        t("chunk", chunk)
        break
    await later()
    t("inner", inner.destroyed)


@scenarios
async def of_a_byte_stream(t: Trace) -> None:
    def s() -> Readable:
        return Readable.from_([b"ab", b"cd"], object_mode=False)

    t("toArray", await s().to_array())
    t("map", await s().map(len).to_array())
    t("reduce", await s().reduce(lambda total, chunk: total + len(chunk), 0))


@scenarios
async def one_after_the_other(t: Trace) -> None:
    odd = source(*range(30)).drop(2).filter(lambda x: x % 2)
    both = odd.map(lambda x: x * x).flat_map(lambda x: [x, -x])
    t("chain", await both.take(7).reduce(lambda found, x: [*found, x], []))


@scenarios
async def the_second_argument_has_a_signal(t: Trace) -> None:
    def in_map(x: int, options: dict[str, Any]) -> int:
        t("map", list(options), options["signal"].aborted)
        return x

    def in_for_each(x: int, options: dict[str, Any]) -> None:
        t("forEach", list(options))

    signals = []

    def in_reduce(a: int, x: int, options: dict[str, Any]) -> int:
        signals.append(options["signal"])
        t("reduce", options["signal"].aborted)
        return a

    await source(1).map(in_map).to_array()
    await source(1).for_each(in_for_each)
    await source(1, 2).reduce(in_reduce)
    t("after reduce", signals[0].aborted)


@scenarios
async def a_signal_that_was_aborted_before(t: Trace) -> None:
    signal = AbortSignal.abort()
    await read(t, source(1, 2).map(lambda x: x, signal=signal), "map ")
    await read(t, source(1, 2).map(lambda x: x, signal=signal, concurrency=2), "several ")
    await read(t, source(1, 2).take(1, signal=signal), "take ")
    await read(t, source(1, 2).drop(1, signal=signal), "drop ")
    for name in ("forEach", "some", "every", "find"):
        await outcome(t, name, getattr(source(1), name)(lambda x: t("called", x), signal=signal))
    await outcome(t, "toArray", source(1).to_array(signal=signal))
    s = t.events(open_(), "source ")
    await outcome(t, "reduce", s.reduce(lambda a, x: a, 0, signal=signal))
    t("destroyed", s.destroyed)


@scenarios
async def a_signal_that_is_aborted_meanwhile(t: Trace) -> None:
    every_option: list[dict[str, int]] = [{}, {"concurrency": 2}]
    for options in every_option:
        controller = AbortController()

        async def function(x: int, options: dict[str, Any], controller: AbortController = controller) -> int:
            t("called", x)
            await later()
            if x == 2:
                controller.abort(Exception("why"))
            t("aborted", options["signal"].aborted)
            return x

        r = source(1, 2)
        await read(t, r.map(function, {**options, "signal": controller.signal}))
        t("source", r.destroyed)


@scenarios
async def a_function_that_obeys_the_signal(t: Trace) -> None:
    controller = AbortController()

    def function(x: int, options: dict[str, Any]) -> Promise[None]:
        t("called", x)
        promise: Promise[None] = Promise()
        options["signal"].add_event_listener("abort", lambda: promise.reject(Exception("stopped")), once=True)
        return promise

    promise = source(1, 2, 3).for_each(function, concurrency=2, signal=controller.signal)
    await later()
    controller.abort()
    await outcome(t, "forEach", promise)


@scenarios
async def reduce_hands_the_signal_on(t: Trace) -> None:
    controller = AbortController()

    def function(a: int, x: int, options: dict[str, Any]) -> Promise[int]:
        t("called", x)
        promise: Promise[int] = Promise()
        options["signal"].add_event_listener("abort", lambda: (t("told"), promise.resolve(x)))
        return promise

    promise = source(1, 2, 3).reduce(function, 0, signal=controller.signal)
    await later()
    controller.abort()
    await outcome(t, "reduce", promise)
