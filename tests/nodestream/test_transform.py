"""`Transform` and `PassThrough`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from nodestream import PassThrough, Transform, run
from nodestream.errors import ERR_METHOD_NOT_IMPLEMENTED, ERR_MULTIPLE_CALLBACK
from nodestream.loop import Promise
from nodestream.timers import set_immediate

from .support import Sink, a_source, after_rounds, collected, follow

Callback = Callable[..., Any]


def upper(self: Transform, chunk: Any, encoding: str, callback: Callback) -> None:
    callback(None, chunk.upper())


def through(transform: Transform, *chunks: Any) -> list[Any]:
    """What comes out when `chunks` go in."""
    out = collected(transform)
    for chunk in chunks:
        transform.write(chunk)
    transform.end()
    return out


def outcome(make: Callable[[], Transform], *chunks: Any) -> list[Any]:
    result: list[Any] = []
    run(lambda: result.append(through(make(), *chunks)))
    return result[0]


def test_events_come_in_the_order_of_node() -> None:
    trace: list[Any] = []

    def main() -> None:
        stream = Transform(transform=upper)
        follow(stream, trace, "data", "prefinish", "end", "finish", "close")
        stream.end(b"a")

    run(main)
    assert trace == [("data", b"A"), "prefinish", "end", "finish", "close"]


def test_a_chunk_may_become_any_number_of_chunks() -> None:
    def transform(self: Transform, chunk: bytes, encoding: str, callback: Callback) -> None:
        for byte in chunk:
            self.push(bytes([byte]))
        callback()

    assert b"|".join(outcome(lambda: Transform(transform=transform), b"ab", b"", b"c")) == b"a|b|c"


def test_flush_adds_to_the_end() -> None:
    def flush(self: Transform, callback: Callback) -> None:
        self.push(b"-")
        callback(None, b"end")

    assert b"".join(outcome(lambda: Transform(transform=upper, flush=flush), b"a")) == b"A-end"


def test_a_final_of_ones_own_comes_before_the_flush() -> None:
    trace: list[str] = []

    def main() -> None:
        stream = Transform(
            transform=upper,
            final=lambda self, callback: (trace.append("final"), callback()),
            flush=lambda self, callback: (trace.append("flush"), callback()),
        )
        stream.resume()
        follow(stream, trace, "end", "finish")
        stream.end()

    run(main)
    assert trace == ["final", "flush", "end", "finish"]


@pytest.mark.parametrize("where", ["transform", "flush"])
@pytest.mark.parametrize("how", ["callback", "async"])
def test_a_failure_is_an_error_without_end_or_finish(where: str, how: str) -> None:
    trace: list[Any] = []

    def fail(self: Transform, *args: Any) -> None:
        args[-1](ValueError("x"))

    async def fail_async(self: Transform, *args: Any) -> None:
        raise ValueError("x")

    def main() -> None:
        hooks = {"transform": upper, where: fail if how == "callback" else fail_async}
        stream = Transform(hooks)
        follow(stream, trace, "end", "finish", "close")
        stream.on("error", lambda error: trace.append(str(error)))
        stream.resume()
        stream.end(b"a")

    run(main)
    assert trace == ["x", "close"]


def test_an_async_transform_gives_its_value_as_the_chunk() -> None:
    async def transform(self: Transform, chunk: bytes, encoding: str, callback: Callback) -> bytes:
        promise: Promise[None] = Promise()
        set_immediate(promise.resolve, None)
        await promise
        return chunk.upper()

    async def flush(self: Transform, callback: Callback) -> bytes:
        return b"end"

    assert outcome(lambda: Transform(transform=transform, flush=flush), b"a", b"b") == [b"A", b"B", b"end"]


def test_without_a_transform_hook_a_write_is_refused() -> None:
    def main() -> None:
        with pytest.raises(ERR_METHOD_NOT_IMPLEMENTED, match=r"_transform\(\)"):
            Transform().write(b"x")

    run(main)


def test_a_callback_that_is_called_twice_is_an_error() -> None:
    errors: list[Any] = []

    def main() -> None:
        stream = Transform(transform=lambda self, chunk, encoding, callback: (callback(), callback()))
        stream.on("error", errors.append)
        stream.resume()
        stream.write(b"x")

    run(main)
    assert [type(error) for error in errors] == [ERR_MULTIPLE_CALLBACK]


def test_a_transform_that_nobody_reads_is_full_after_one_mark_on_each_side() -> None:
    def main() -> None:
        stream = PassThrough(high_water_mark=4)
        results = [stream.write(b"xx") for _ in range(6)]
        assert results == [True, True, False, False, False, False]
        # The chunk whose callback waits for room counts on both sides.
        assert (stream.readable_length, stream.writable_length) == (4, 10)
        stream.destroy()

    run(main)


def test_reading_lets_more_in() -> None:
    trace: list[Any] = []

    def main() -> None:
        stream = PassThrough(high_water_mark=2)
        while stream.write(b"ab"):
            pass
        stream.on("drain", lambda: (trace.append("drain"), stream.end()))
        assert stream.writable_need_drain
        chunks = collected(stream)
        stream.on("end", lambda: trace.append(b"".join(chunks)))

    run(main)
    assert trace[0] == "drain"
    assert set(trace[1]) == set(b"ab")


def test_objects_can_become_bytes_and_bytes_objects() -> None:
    def to_bytes(self: Transform, chunk: Any, encoding: str, callback: Callback) -> None:
        callback(None, str(chunk))

    def to_objects(self: Transform, chunk: bytes, encoding: str, callback: Callback) -> None:
        callback(None, int(chunk))

    assert outcome(lambda: Transform(transform=to_bytes, writable_object_mode=True), 1, 2) == [b"1", b"2"]
    assert outcome(lambda: Transform(transform=to_objects, readable_object_mode=True), b"1", b"2") == [1, 2]


@pytest.mark.parametrize("mark", [1, 3, 65536])
@pytest.mark.parametrize("slow", [False, True])
def test_everything_comes_through_a_chain_whatever_its_marks(mark: int, slow: bool) -> None:
    data = bytes(range(256)) * 4
    pieces = [data[start : start + 7] for start in range(0, len(data), 7)]
    sink_chunks: list[bytes] = []

    def main() -> None:
        sink = Sink(at_once=not slow, high_water_mark=mark)

        def go_on() -> None:
            if sink.pending:
                sink.finish_write()
            if not sink.writable_finished:
                set_immediate(go_on)

        if slow:
            go_on()
        source = a_source(pieces, high_water_mark=mark)
        middle = Transform(transform=upper, high_water_mark=mark)
        source.pipe(middle).pipe(PassThrough(high_water_mark=mark)).pipe(sink)
        sink.on("finish", lambda: sink_chunks.extend(sink.chunks))

    run(main)
    assert b"".join(sink_chunks) == data.upper()


def test_a_pass_through_hands_on_each_chunk_as_it_is() -> None:
    chunk = {"a": [1]}
    [out] = outcome(lambda: PassThrough(object_mode=True), chunk)
    assert out is chunk
    data = b"x" * 10
    [out] = outcome(PassThrough, data)
    assert out is data


def test_ending_the_readable_side_early_stops_it() -> None:
    def transform(self: Transform, chunk: bytes, encoding: str, callback: Callback) -> None:
        self.push(chunk)
        self.push(None)
        callback()

    trace: list[Any] = []

    def main() -> None:
        stream = Transform(transform=transform)
        follow(stream, trace, "data", "end")
        stream.write(b"a")
        after_rounds(3, stream.destroy)

    run(main)
    assert trace == [("data", b"a"), "end"]


def test_the_last_chunk_of_a_slow_transform_is_not_lost() -> None:
    def transform(self: Transform, chunk: bytes, encoding: str, callback: Callback) -> None:
        after_rounds(2, lambda: callback(None, chunk))

    assert outcome(lambda: Transform(transform=transform), b"a", b"b", b"c") == [b"a", b"b", b"c"]


def test_a_subclass_implements_hooks_as_methods() -> None:
    class Doubling(Transform):
        def _transform(self, chunk: bytes, encoding: str, callback: Callback) -> None:
            self.push(chunk)
            callback(None, chunk)

        def _flush(self, callback: Callback) -> None:
            callback(None, b".")

    assert b"".join(outcome(Doubling, b"a", b"b")) == b"aabb."


def test_a_transform_that_is_destroyed_while_a_chunk_waits_for_room_tells_nobody_else() -> None:
    trace: list[Any] = []

    def main() -> None:
        stream = PassThrough(high_water_mark=1)
        for _ in range(3):
            stream.write(b"x", lambda error: trace.append("never called, as in Node"))
        follow(stream, trace, "close", "end", "finish")
        stream.destroy()

    run(main)
    assert trace == ["close"]
