"""`pipe()`: every chunk, at the pace of the slowest, and no listener left behind."""

from __future__ import annotations

from typing import Any

import pytest

from nodestream import PassThrough, Readable, Writable, run
from nodestream.loop import next_tick
from nodestream.timers import set_immediate

from .support import Sink, a_source, after_rounds, follow


def listeners(stream: Any) -> dict[Any, int]:
    return {name: stream.listener_count(name) for name in stream.event_names()}


def slowly(sink: Sink) -> None:
    """Complete one write of `sink` in each round."""
    if sink.pending:
        sink.finish_write()
    if not sink.destroyed:
        set_immediate(slowly, sink)


def test_a_pipe_goes_through_the_events_of_node() -> None:
    trace: list[Any] = []

    def main() -> None:
        source, sink = a_source([b"a"]), Sink()
        follow(source, trace, "pause", "resume", "end", "close", prefix="source ")
        follow(sink, trace, "pipe", "unpipe", "prefinish", "finish", "close", prefix="sink ")
        assert source.pipe(sink) is sink
        assert source.readable_flowing is True

    run(main)
    assert trace == [
        "sink pipe",
        "source resume",
        "source end",
        "sink prefinish",
        "sink finish",
        "source pause",
        "sink unpipe",
        "source close",
        "sink close",
    ]


def test_pipe_and_unpipe_tell_the_destination_of_the_source() -> None:
    trace: list[Any] = []

    def main() -> None:
        source, sink = Readable(read=lambda self, size: None), Sink()
        sink.on("pipe", lambda readable: trace.append(("pipe", readable is source)))
        sink.on("unpipe", lambda readable, info: trace.append(("unpipe", readable is source, info.has_unpiped)))
        source.pipe(sink)
        assert source.unpipe(sink) is source
        source.unpipe(sink)
        source.destroy()

    run(main)
    assert trace == [("pipe", True), ("unpipe", True, False)]


def test_no_listener_is_left_at_the_end() -> None:
    def main() -> None:
        source, sink = a_source([b"a", b"b"]), Sink(high_water_mark=1, at_once=False)
        slowly(sink)
        source.pipe(sink)
        sink.on("close", lambda: seen.extend((listeners(source), listeners(sink))))

    seen: list[Any] = []
    run(main)
    assert seen == [{}, {"close": 1}]


def test_no_listener_is_left_after_unpipe() -> None:
    def main() -> None:
        source, sink = a_source([b"a", b"b", b"c"]), Sink(high_water_mark=1, at_once=False)
        source.pipe(sink)
        after_rounds(2, lambda: (source.unpipe(sink), seen.extend((listeners(source), listeners(sink)))))

    seen: list[Any] = []
    run(main)
    assert seen == [{}, {}]


def test_a_full_destination_stops_the_source_until_drain() -> None:
    def main() -> None:
        calls = []
        source = Readable(read=lambda self, size: (calls.append(size), self.push(b"x" * 10)), high_water_mark=10)
        sink = Sink(high_water_mark=10, at_once=False)
        source.pipe(sink)

        def look() -> None:
            assert len(sink.chunks) == 1
            assert len(calls) <= 3
            assert source.is_paused()
            assert sink.writable_need_drain
            sink.finish_write()
            assert not source.is_paused()
            after_rounds(5, look_again)

        def look_again() -> None:
            assert len(sink.chunks) == 2
            source.destroy()
            sink.destroy()

        after_rounds(5, look)

    run(main)


def test_several_destinations_get_everything_at_the_pace_of_the_slowest() -> None:
    pieces = [bytes([number]) * 10 for number in range(50)]
    sinks: list[Sink] = []

    def main() -> None:
        source = a_source(pieces, high_water_mark=20)
        sinks.extend([Sink(), Sink(at_once=False, high_water_mark=15), Sink(at_once=False, high_water_mark=1)])
        for sink in sinks:
            source.pipe(sink)
        slowly(sinks[1])
        after_rounds(20, lambda: slowly(sinks[2]))

        def look() -> None:
            lengths = {len(sink.chunks) for sink in sinks}
            assert max(lengths) - min(lengths) <= 2

        after_rounds(10, look)
        after_rounds(40, look)

    run(main)
    assert all(sink.chunks == pieces for sink in sinks)


def test_a_destination_that_goes_away_does_not_stop_the_others() -> None:
    pieces = [bytes([number]) for number in range(20)]
    sinks: list[Sink] = []

    def main() -> None:
        source = a_source(pieces)
        stuck, other = Sink(at_once=False, high_water_mark=1), Sink()
        sinks.extend((stuck, other))
        source.pipe(stuck)
        source.pipe(other)
        after_rounds(3, stuck.destroy)

    run(main)
    assert sinks[1].chunks == pieces
    assert len(sinks[0].chunks) == 1


def test_unpipe_without_a_destination_undoes_all() -> None:
    trace: list[Any] = []

    def main() -> None:
        source = Readable(read=lambda self, size: None)
        for name in "ab":
            sink = Sink()
            follow(sink, trace, "unpipe", prefix=name)
            source.pipe(sink)
        assert source.unpipe() is source
        assert source.readable_flowing is False
        source.unpipe()
        source.destroy()

    run(main)
    assert trace == ["aunpipe", "bunpipe"]


def test_what_is_unpiped_can_be_piped_again_and_nothing_is_lost() -> None:
    pieces = [bytes([number]) for number in range(20)]
    sink: Any = None

    def main() -> None:
        nonlocal sink
        source, sink = a_source(pieces), Sink()
        source.pipe(sink)

        def switch(left: int) -> None:
            source.unpipe(sink)
            source.pipe(sink)
            if left:
                after_rounds(1, lambda: switch(left - 1))

        switch(5)

    run(main)
    assert sink.chunks == pieces


def test_a_destination_piped_twice_gets_everything_twice() -> None:
    sink: Any = None

    def main() -> None:
        nonlocal sink
        source, sink = a_source([b"a", b"b"]), Sink()
        source.pipe(sink, end=False)
        source.pipe(sink)

    run(main)
    assert sink.chunks == [b"a", b"a", b"b", b"b"]


def test_end_false_leaves_the_destination_open() -> None:
    def main() -> None:
        source, sink = a_source([b"a"]), Sink()
        source.pipe(sink, {"end": False})
        source.on("close", lambda: seen.append((sink.writable, listeners(sink), sink.chunks)))

    seen: list[Any] = []
    run(main)
    assert seen == [(True, {}, [b"a"])]


def test_a_source_that_has_ended_already_ends_the_destination() -> None:
    trace: list[Any] = []

    def main() -> None:
        source = a_source([], auto_destroy=False).resume()

        def pipe() -> None:
            sink = Sink()
            follow(sink, trace, "finish")
            source.pipe(sink)

        source.on("end", lambda: set_immediate(pipe))

    run(main)
    assert trace == ["finish"]


def test_a_destination_that_is_full_already_is_waited_for() -> None:
    def main() -> None:
        source, sink = a_source([b"a"]), Sink(at_once=False, high_water_mark=1)
        sink.write(b"full")
        source.pipe(sink)
        assert source.is_paused()

        def look() -> None:
            assert sink.chunks == [b"full"]
            slowly(sink)

        after_rounds(3, look)
        sink.on("finish", lambda: done.append(sink.chunks))

    done: list[Any] = []
    run(main)
    assert done == [[b"full", b"a"]]


# --- errors ---


def test_an_error_of_the_destination_unpipes_it_and_leaves_the_source_alive() -> None:
    trace: list[Any] = []

    def main() -> None:
        source = a_source([b"a", b"b"])
        sink = Writable(write=lambda self, chunk, encoding, callback: callback(ValueError("x")))
        follow(sink, trace, "unpipe", "close")
        sink.on("error", lambda error: trace.append(str(error)))
        source.pipe(sink)
        sink.on("close", lambda: trace.append((source.destroyed, listeners(source))))

    run(main)
    assert trace == ["unpipe", "x", "close", (False, {})]


def test_an_error_of_the_destination_that_nobody_handles_is_uncaught() -> None:
    def main() -> None:
        a_source([b"a"]).pipe(Writable(write=lambda self, chunk, encoding, callback: callback(ValueError("x"))))

    with pytest.raises(ValueError, match="x"):
        run(main)


def test_an_error_of_the_source_leaves_the_destination_open() -> None:
    def main() -> None:
        source, sink = Readable(read=lambda self, size: None), Sink()
        source.on("error", lambda error: None)
        source.pipe(sink)
        source.destroy(ValueError("x"))
        source.on("close", lambda: seen.append((sink.writable, sink.destroyed)))

    seen: list[Any] = []
    run(main)
    assert seen == [(True, False)]


def test_a_hook_of_the_destination_that_throws_destroys_it() -> None:
    trace: list[Any] = []

    def main() -> None:
        def write(self: Writable, *args: Any) -> None:
            raise ValueError("x")

        sink = Writable(write=write).on("error", lambda error: trace.append(str(error)))
        a_source([b"a"]).pipe(sink)

    run(main)
    assert trace == ["x"]


def test_an_ended_destination_is_unpiped_without_an_error() -> None:
    trace: list[Any] = []

    def main() -> None:
        sink = Sink()
        follow(sink, trace, "error", "unpipe")
        sink.end()
        source = Readable(read=lambda self, size: None)
        source.pipe(sink)
        source.push(b"a")
        sink.on("close", lambda: trace.append(sink.chunks))

    run(main)
    assert trace == ["unpipe", []]


def test_a_destroyed_destination_is_unpiped() -> None:
    trace: list[Any] = []

    def main() -> None:
        source, sink = Readable(read=lambda self, size: None), Sink()
        follow(sink, trace, "unpipe", "close")
        source.pipe(sink)
        sink.destroy()
        next_tick(lambda: next_tick(lambda: (trace.append(listeners(source)), source.destroy())))

    run(main)
    assert trace == ["close", "unpipe", {}]


# --- many ---


def test_nothing_is_left_of_ten_thousand_pipes() -> None:
    def main() -> None:
        source, sink = Readable(read=lambda self, size: None), Sink()
        for _ in range(10_000):
            source.pipe(sink, end=False)
            source.unpipe(sink)
        assert listeners(source) == listeners(sink) == {}
        assert source._readable_state.pipes == []
        source.destroy()
        sink.destroy()

    run(main)


def test_a_long_chain_of_pipes_delivers() -> None:
    sink: Any = None

    def main() -> None:
        nonlocal sink
        sink = Sink()
        stream: Any = a_source([b"a", b"b"])
        for _ in range(30):
            stream = stream.pipe(PassThrough())
        stream.pipe(sink)

    run(main)
    assert b"".join(sink.chunks) == b"ab"
