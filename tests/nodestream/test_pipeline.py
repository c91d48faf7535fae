"""`pipeline()`: all or nothing."""

from __future__ import annotations

import gc
import weakref
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import trio

from nodestream import EventEmitter, PassThrough, Readable, Transform, Writable, open_loop, pipeline, promises, run
from nodestream.errors import (
    ERR_INVALID_ARG_TYPE,
    ERR_INVALID_RETURN_VALUE,
    ERR_MISSING_ARGS,
    ERR_STREAM_PREMATURE_CLOSE,
    ERR_STREAM_UNABLE_TO_PIPE,
    AbortError,
)
from nodestream.timers import set_immediate

from .support import Sink, a_source, after_rounds


def a_quiet_stream() -> Readable:
    return Readable(read=lambda self, size: None)


def outcome(*parts: Any, **options: Any) -> list[Any]:
    """What the callback of a pipeline of `parts` gets; each part may be a function that makes it, marked by a tuple."""
    seen: list[Any] = []

    def main() -> None:
        made = [part[0]() if isinstance(part, tuple) else part for part in parts]
        pipeline(*made, lambda *args: seen.append(args), **options)

    run(main)
    return seen


def test_everything_flows_and_the_callback_is_told() -> None:
    sink: Any = None
    seen: list[Any] = []

    def main() -> None:
        nonlocal sink
        sink = Sink()
        upper = Transform(transform=lambda self, chunk, encoding, callback: callback(None, chunk.upper()))
        assert pipeline(a_source([b"a", b"b"]), upper, sink, seen.append) is sink

    run(main)
    assert b"".join(sink.chunks) == b"AB"
    assert seen == [None]


def test_parts_may_come_in_a_list() -> None:
    sink: list[Any] = []

    def main() -> None:
        sink.append(Sink())
        pipeline([a_source([b"a"]), PassThrough(), sink[0]], sink.append)

    run(main)
    assert sink[0].chunks == [b"a"]
    assert sink[1:] == [None]


@pytest.mark.parametrize("failing", [0, 1, 2])
@pytest.mark.parametrize("how", ["error", "destroy"])
def test_when_one_fails_all_are_destroyed_and_the_first_error_is_told(failing: int, how: str) -> None:
    streams: list[Any] = []
    seen: list[Any] = []

    def main() -> None:
        streams.extend([a_quiet_stream(), PassThrough(), Sink()])
        pipeline(*streams, seen.append)
        streams[0].push(b"x")
        error = ValueError("x") if how == "error" else None
        after_rounds(2, lambda: streams[failing].destroy(error))

    run(main)
    assert len(seen) == 1
    assert isinstance(seen[0], ValueError if how == "error" else ERR_STREAM_PREMATURE_CLOSE)
    assert all(stream.destroyed for stream in streams)


def test_an_error_in_mid_flow_stops_everything() -> None:
    made: list[int] = []

    def transform(self: Transform, chunk: bytes, encoding: str, callback: Any) -> None:
        callback(ValueError("third") if len(made) >= 3 else None, chunk)

    def main() -> None:
        def read(self: Readable, size: int) -> None:
            made.append(size)
            self.push(b"x")

        pipeline(Readable(read=read), Transform(transform=transform), Sink(), lambda error: seen.append(str(error)))

    seen: list[str] = []
    run(main)
    assert seen == ["third"]
    assert len(made) < 100_000


def test_a_destination_that_ended_before_is_a_premature_close() -> None:
    def main() -> None:
        sink = Sink()
        sink.end()
        pipeline(a_source([b"a"]), sink, lambda error: seen.append(type(error)))

    seen: list[Any] = []
    run(main)
    assert seen == [ERR_STREAM_PREMATURE_CLOSE]


def test_a_source_that_was_destroyed_before_is_a_premature_close() -> None:
    def main() -> None:
        pipeline(a_quiet_stream().destroy(), Sink(), lambda error: seen.append(type(error)))

    seen: list[Any] = []
    run(main)
    assert seen == [ERR_STREAM_PREMATURE_CLOSE]


def test_a_destination_that_was_destroyed_before_is_refused() -> None:
    def main() -> None:
        with pytest.raises(ERR_STREAM_UNABLE_TO_PIPE, match="Cannot pipe to a closed or destroyed stream"):
            pipeline(a_source([]), Sink().destroy(), lambda error: None)

    run(main)


def test_late_errors_are_not_uncaught() -> None:
    def main() -> None:
        sink = Sink()
        pipeline(a_source([b"a"]), sink, lambda error: set_immediate(sink.emit, "error", ValueError("late")))

    run(main)


def test_end_false_leaves_the_last_stream_open() -> None:
    def main() -> None:
        sink = Sink()
        pipeline(a_source([b"a"]), sink, lambda error: seen.append((error, sink.writable, sink.chunks)), end=False)

    seen: list[Any] = []
    run(main)
    assert seen == [(None, True, [b"a"])]


def test_a_duplex_at_the_end_can_be_read_on_and_keeps_no_listener_of_the_pipeline() -> None:
    chunks: list[Any] = []

    def main() -> None:
        last = PassThrough()
        before = {name: last.listener_count(name) for name in last.event_names()}
        out = pipeline(a_source([b"a", b"b"]), last, lambda error: None)
        assert out is last
        out.on("end", lambda: None)
        last.on("data", chunks.append)
        last.on("finish", lambda: set_immediate(look))

        def look() -> None:
            after = {name: last.listener_count(name) for name in last.event_names()}
            assert after.get("error", 0) == before.get("error", 0)

    run(main)
    assert b"".join(chunks) == b"ab"


# --- arguments ---


def test_arguments_are_checked() -> None:
    with pytest.raises(ERR_INVALID_ARG_TYPE, match=r'"streams\[stream.length - 1\]" property must be of type function'):
        pipeline(a_source([]), Sink())
    with pytest.raises(ERR_MISSING_ARGS, match='The "streams" argument must be specified'):
        pipeline(a_source([]), lambda error: None)
    with pytest.raises(ERR_MISSING_ARGS):
        pipeline([], lambda error: None)
    with pytest.raises(ERR_INVALID_ARG_TYPE, match='The "body" argument must be of type function or an instance of Bl'):
        pipeline(a_source([]), 5, Sink(), lambda error: None)
    with pytest.raises(TypeError, match="unexpected keyword argument 'ends'"):
        pipeline(a_source([]), Sink(), lambda error: None, ends=False)


# --- functions and iterables ---


def test_an_iterable_may_be_the_source() -> None:
    for source in ([b"a", b"b"], (byte for byte in (b"a", b"b"))):
        sinks: list[Any] = []

        def main(source: Any = source, sinks: list[Any] = sinks) -> None:
            sinks.append(Sink())
            pipeline(source, sinks[0], sinks.append)

        run(main)
        assert sinks[0].chunks == [b"a", b"b"]
        assert sinks[1:] == [None]


def test_functions_may_make_transform_and_take() -> None:
    async def source() -> AsyncIterator[str]:
        yield "a"
        await trio.sleep(0)
        yield "b"

    async def upper(chunks: Any) -> AsyncIterator[str]:
        async for chunk in chunks:
            yield chunk.upper()

    async def count(chunks: Any) -> int:
        return len([chunk async for chunk in chunks])

    assert outcome(source, upper, upper, count) == [(None, 2)]


def test_streams_and_functions_may_alternate() -> None:
    async def double(chunks: Any) -> AsyncIterator[bytes]:
        async for chunk in chunks:
            yield chunk
            yield chunk

    async def join(chunks: Any) -> bytes:
        return b"".join([chunk async for chunk in chunks])

    parts = ((lambda: a_source([b"a", b"b"]),), double, (PassThrough,), double, join)
    assert outcome(*parts) == [(None, b"aabbaabb")]


def test_sync_generators_are_iterables_too() -> None:
    def source() -> Iterator[bytes]:
        yield b"a"
        yield b"b"

    sink: list[Any] = []

    def main() -> None:
        sink.append(Sink())
        pipeline(source, sink[0], sink.append)

    run(main)
    assert sink[0].chunks == [b"a", b"b"]


def test_the_stream_that_is_returned_gives_what_the_last_function_returns() -> None:
    async def last(chunks: Any) -> AsyncIterator[bytes]:
        async for chunk in chunks:
            yield chunk * 2

    chunks: list[Any] = []
    run(lambda: pipeline([b"a", b"b"], last, lambda error: None).on("data", chunks.append))
    assert chunks == [b"aa", b"bb"]


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ((lambda: 5, Sink), r'Expected Iterable, AsyncIterable or Stream to be returned from the "source" function'),
        (
            ([b"a"], lambda chunks: None, Sink),
            r'AsyncIterable to be returned from the "transform\[0\]" function but got u',
        ),
        (
            ([b"a"], lambda chunks: 5),
            r'AsyncIterable or Promise to be returned from the "destination" function but got ty',
        ),
        (
            ([b"a"], lambda chunks: [b"b"], Sink),
            r'AsyncIterable to be returned from the "transform\[0\]" function but got an instance of Array',
        ),
        (
            ([b"a"], lambda chunks: [b"b"]),
            r'AsyncIterable or Promise to be returned from the "destination" function but got an instance of Array',
        ),
    ],
)
def test_a_function_that_returns_something_else_is_refused(parts: Any, message: str) -> None:
    def main() -> None:
        made = [part() if part is Sink else part for part in parts]
        with pytest.raises(ERR_INVALID_RETURN_VALUE, match=message):
            pipeline(*made, lambda error: None)

    run(main)


@pytest.mark.parametrize("where", ["the source", "a function"])
def test_an_error_keeps_its_own_cause(where: str) -> None:
    async def fails(_source: Any = None) -> AsyncIterator[str]:
        yield "a"
        raise ValueError("no") from KeyError("because")

    [[error, *_]] = outcome(*([fails] if where == "the source" else [["a"], fails]), (PassThrough,))
    assert repr(error.__cause__) == "KeyError('because')"


@pytest.mark.parametrize("where", ["source", "transform", "last"])
def test_an_exception_in_a_function_is_the_error_and_generators_are_closed(where: str) -> None:
    closed: list[str] = []

    async def source() -> AsyncIterator[bytes]:
        try:
            for _ in range(100_000):
                yield b"x"
                if where == "source":
                    raise ValueError("x")
        finally:
            closed.append("source")

    async def transform(chunks: Any) -> AsyncIterator[bytes]:
        try:
            async for chunk in chunks:
                yield chunk
                if where == "transform":
                    raise ValueError("x")
        finally:
            closed.append("transform")

    async def last(chunks: Any) -> None:
        async for _ in chunks:
            if where == "last":
                raise ValueError("x")

    seen = outcome(source, transform, (PassThrough,), last)
    assert [str(args[0]) for args in seen] == ["x"]
    assert sorted(closed) == ["source", "transform"]


def test_a_generator_that_waits_for_ever_is_cancelled_when_the_destination_fails() -> None:
    closed: list[str] = []

    async def source() -> AsyncIterator[bytes]:
        try:
            yield b"x"
            await trio.sleep_forever()
        finally:
            closed.append("source")

    def main() -> None:
        sink = Writable(write=lambda self, chunk, encoding, callback: set_immediate(callback, ValueError("x")))
        pipeline(source, sink, lambda error: seen.append(str(error)))

    seen: list[str] = []
    run(main)
    assert seen == ["x"]
    assert closed == ["source"]


def test_a_slow_destination_slows_a_generator_down() -> None:
    made: list[int] = []

    async def source() -> AsyncIterator[bytes]:
        for number in range(10):
            made.append(number)
            yield b"x" * 10

    def main() -> None:
        sink = Sink(at_once=False, high_water_mark=20)
        pipeline(source, sink, seen.append)

        def look() -> None:
            assert len(made) <= 3
            release()

        def release() -> None:
            if sink.pending:
                sink.finish_write()
            if not sink.writable_finished:
                set_immediate(release)

        after_rounds(10, look)

    seen: list[Any] = []
    run(main)
    assert seen == [None]


# --- the awaitable one ---


async def test_awaiting_a_pipeline_gives_the_value_or_raises() -> None:
    async def count(chunks: Any) -> int:
        return len([chunk async for chunk in chunks])

    async with open_loop():
        assert await promises.pipeline(a_source([b"a"]), Sink()) is None
        assert await promises.pipeline([1, 2, 3], count) == 3
        sink = Writable(write=lambda self, chunk, encoding, callback: callback(ValueError("x")))
        with pytest.raises(ValueError, match="x"):
            await promises.pipeline(a_source([b"a"]), sink)
        sink = Sink()
        await promises.pipeline(a_source([b"a"]), sink, {"end": False})
        assert sink.writable
        await promises.pipeline(a_source([b"a"]), sink, end=False)
        assert sink.chunks == [b"a", b"a"]


def test_a_pipeline_that_nobody_awaits_and_that_fails_is_unhandled() -> None:
    def main() -> None:
        promises.pipeline(
            a_source([b"a"]), Writable(write=lambda self, chunk, encoding, callback: callback(ValueError("x")))
        )

    with pytest.raises(ValueError, match="x"):
        run(main)


def test_nothing_is_left_of_many_pipelines() -> None:
    alive: weakref.WeakSet[Any] = weakref.WeakSet()

    async def main() -> None:
        for number in range(1000):
            source, middle, sink = a_source([b"a"]), PassThrough(), Sink()
            alive.update((source, middle, sink))
            if number % 2:
                set_immediate(middle.destroy)
                with pytest.raises((ERR_STREAM_PREMATURE_CLOSE,)):
                    await promises.pipeline(a_quiet_stream(), middle, sink)
                source.destroy()
            else:
                await promises.pipeline(source, middle, sink)
        del source, middle, sink
        gc.collect()
        assert len(alive) < 10

    run(main)


def test_generators_that_nobody_reads_to_their_end_are_closed_before_the_callback() -> None:
    trace: list[str] = []

    async def source() -> AsyncIterator[bytes]:
        try:
            for _ in range(100_000):
                yield b"x"
        finally:
            await trio.sleep(0)
            trace.append("source closed")

    async def transform(chunks: Any) -> AsyncIterator[bytes]:
        try:
            async for chunk in chunks:
                yield chunk
        finally:
            trace.append("transform closed")

    async def last(chunks: Any) -> int:
        async for _ in chunks:
            return 5
        return 0

    run(lambda: pipeline(source, transform, last, lambda error, value: trace.append(f"{error} {value}")))
    assert trace == ["source closed", "transform closed", "None 5"]


def test_what_a_generator_raises_while_it_is_closed_is_the_error() -> None:
    async def source() -> AsyncIterator[bytes]:
        try:
            yield b"x"
            yield b"y"
        finally:
            raise ValueError("closing")

    async def last(chunks: Any) -> None:
        async for _ in chunks:
            break

    assert [str(args[0]) for args in outcome(source, last)] == ["closing"]


async def test_cancelling_the_loop_leaves_no_generator_open() -> None:
    trace: list[str] = []

    async def source() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"x"
        finally:
            trace.append("source closed")

    async def transform(chunks: Any) -> AsyncIterator[bytes]:
        try:
            async for chunk in chunks:
                yield chunk
        finally:
            trace.append("transform closed")

    with trio.move_on_after(0.01):
        async with open_loop():
            pipeline(source, transform, Sink(at_once=False, high_water_mark=1), lambda error: None)
            await trio.sleep_forever()
    assert sorted(trace) == ["source closed", "transform closed"]


def test_what_was_connected_before_a_part_was_refused_stays_so() -> None:
    seen: list[Any] = []

    def main() -> None:
        first, second, third = a_quiet_stream(), PassThrough(), PassThrough()
        with pytest.raises(ERR_STREAM_UNABLE_TO_PIPE):
            pipeline(first, second, third, Sink().destroy(), lambda error: seen.append(str(error)))
        assert second.listener_count("unpipe") == 1
        assert third.listener_count("unpipe") == 0
        first.destroy(ValueError("later"))
        second.on("close", lambda: seen.append((second.destroyed, third.destroyed)))

    run(main)
    assert sorted(map(str, seen)) == ["(True, False)", "later"]


def test_a_premature_close_gives_way_to_any_later_error_however_it_is_wrapped() -> None:
    seen: list[Any] = []

    def construct(self: Readable, callback: Any) -> None:
        raise ValueError("construct")

    def destroy(self: PassThrough, error: Any, callback: Any) -> None:
        set_immediate(callback, error)

    def main() -> None:
        sink = Sink()
        source = Readable(read=lambda self, size: None, construct=construct)
        pipeline(source, PassThrough(destroy=destroy), sink, lambda error: seen.append(type(error)))
        sink.destroy()

    run(main)
    assert seen == [ERR_STREAM_PREMATURE_CLOSE]


def test_a_source_of_another_kind_is_made_a_stream() -> None:
    async def later() -> bytes:
        return b"a"

    for make in (later, lambda: {"readable": a_source([b"a"]), "writable": Sink()}):
        seen: list[Any] = []

        def main(make: Any = make, seen: list[Any] = seen) -> None:
            sink = Sink()
            pipeline(make(), sink, lambda error: seen.extend([error, b"".join(sink.chunks)]))

        run(main)
        assert seen == [None, b"a"]
    with pytest.raises(ERR_INVALID_ARG_TYPE, match='The "body" argument'):
        pipeline({}, Sink(), lambda error: None)


def test_an_iterable_into_a_stream_that_was_destroyed_fails_by_and_by() -> None:
    seen: list[Any] = []

    def main() -> None:
        sink = Sink()
        sink.destroy()
        pipeline([b"a"], sink, lambda error: seen.append(error.code))

    run(main)
    assert seen == ["ERR_STREAM_PREMATURE_CLOSE"]


def test_an_abort_error_gives_way_to_a_later_error() -> None:
    seen: list[Any] = []

    def main() -> None:
        source, sink = a_source([b"a"]), Sink()
        pipeline(source, sink, lambda error: seen.append(str(error)))
        source.destroy(AbortError())
        sink.destroy(ValueError("why"))

    run(main)
    assert seen == ["why"]


async def test_wrong_arguments_are_raised_where_the_pipeline_is_awaited() -> None:
    async with open_loop():
        promise = promises.pipeline(a_source([b"a"]))
        with pytest.raises(ERR_MISSING_ARGS):
            await promise


def test_a_source_that_is_not_ours_is_piped_as_in_node() -> None:
    """The options of its pipe() are a mapping."""
    seen: list[Any] = []

    class Theirs(EventEmitter):
        readable = True

        def pipe(self, dest: Any, options: Any) -> Any:
            seen.append(options)
            return dest

    def main() -> None:
        source = Theirs()
        pipeline(source, Sink(), seen.append)
        source.emit("end")
        source.emit("close")

    run(main)
    assert seen == [{"end": False}, None]


def test_a_function_gets_the_stream_itself() -> None:
    got: list[object] = []

    async def decoded(source: Any) -> AsyncIterator[str]:
        source.set_encoding("utf8")
        async for chunk in source:
            got.append(chunk)
            yield chunk

    async def main() -> None:
        await promises.pipeline(a_source(["\u00e9".encode()]), decoded, PassThrough())

    run(main)
    assert got == ["\u00e9"]


class Countable:
    """Begins anew with each loop over it."""

    def __init__(self) -> None:
        self.closed = 0
        self.name = "countable"

    async def __aiter__(self) -> AsyncIterator[int]:
        try:
            for number in range(1000):
                yield number
        finally:
            self.closed += 1


def test_an_iterable_that_a_function_leaves_early_is_closed_and_has_its_own_attributes() -> None:
    source = Countable()
    seen: list[object] = []

    async def first(numbers: Any) -> int:
        seen.append(numbers.name)
        async for number in numbers:
            seen.append(number)
            break
        async for number in numbers:
            return number
        return -1

    run(lambda: pipeline(source, first, lambda error, value: seen.append((error, value, source.closed))))
    assert seen == ["countable", 0, (None, 0, 2)]


def test_an_error_of_a_function_is_not_hidden_by_one_of_closing_its_source() -> None:
    async def source() -> AsyncIterator[int]:
        try:
            while True:
                yield 1
        finally:
            raise ValueError("closing")

    async def fails(numbers: Any) -> AsyncIterator[int]:
        async for _ in numbers:
            raise KeyError("first")
        yield 0

    errors_: list[object] = []
    run(lambda: pipeline(source, fails, PassThrough(object_mode=True), errors_.append))
    assert isinstance(errors_[0], KeyError)
