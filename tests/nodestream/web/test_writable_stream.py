"""WritableStream, its writer and its controller."""

from __future__ import annotations

from typing import Any

import pytest

from nodestream import run
from nodestream.errors import (
    ERR_INVALID_ARG_TYPE,
    ERR_INVALID_ARG_VALUE_RANGE,
    ERR_INVALID_STATE,
)
from nodestream.loop import Promise
from nodestream.web import ByteLengthQueuingStrategy, WritableStream, WritableStreamDefaultWriter

from .support import Holder, a_round, unhandled_in


def fails(*_: Any) -> None:
    raise ValueError("boom")


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ((5,), ERR_INVALID_ARG_TYPE),
        (({"write": 5},), ERR_INVALID_ARG_TYPE),
        (({"type": "bytes"},), ERR_INVALID_ARG_VALUE_RANGE),
        (({}, {"highWaterMark": -1}), ERR_INVALID_ARG_VALUE_RANGE),
    ],
)
def test_what_cannot_be_is_refused(args: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        WritableStream(*args)


def test_only_writable_streams_have_writers() -> None:
    with pytest.raises(ERR_INVALID_ARG_TYPE):
        WritableStreamDefaultWriter(5)  # type: ignore[arg-type]


def test_chunks_are_written_one_after_the_other() -> None:
    trace: list[Any] = []

    async def write(chunk: Any) -> None:
        trace.append(("begin", chunk))
        await a_round()
        trace.append(("end", chunk))

    async def main() -> None:
        writer = WritableStream(write=write, close=lambda: trace.append("close")).get_writer()
        writer.write(1)
        second = writer.write(2)
        await writer.close()
        assert second.settled
        await writer.closed

    run(main)
    assert trace == [("begin", 1), ("end", 1), ("begin", 2), ("end", 2), "close"]


def test_a_sink_may_take_fewer_arguments() -> None:
    chunks: list[Any] = []

    async def main() -> None:
        writer = WritableStream({"write": chunks.append}).get_writer()
        await writer.write(1)

    run(main)
    assert chunks == [1]


def test_ready_and_desired_size_tell_of_room() -> None:
    async def main() -> None:
        written: Promise[None] = Promise()
        strategy = ByteLengthQueuingStrategy(high_water_mark=4)
        writer = WritableStream({"write": lambda chunk: written}, strategy).get_writer()
        assert writer.ready.settled
        writer.write(b"abc")
        assert (writer.desired_size, writer.ready.settled) == (1, True)
        writer.write(b"def")
        assert (writer.desired_size, writer.ready.settled) == (-2, False)
        written.resolve(None)
        await writer.ready
        assert writer.desiredSize == 4

    run(main)


def test_a_failing_write_fails_what_waits() -> None:
    async def main() -> None:
        writer = WritableStream(write=fails).get_writer()
        promises = [writer.write(1), writer.write(2), writer.close(), writer.closed]
        for promise in promises:
            with pytest.raises(ValueError, match="boom"):
                await promise
        assert writer.desired_size is None
        with pytest.raises(ValueError, match="boom"):
            await writer.ready

    run(main)


@pytest.mark.parametrize("sink", [{"close": fails}, {"start": fails}])
def test_other_failures_of_a_sink_fail_the_stream_too(sink: Any) -> None:
    async def failing_start() -> None:
        fails()

    async def main() -> None:
        given = {"start": failing_start} if "start" in sink else sink
        writer = WritableStream(given).get_writer()
        for promise in (writer.close(), writer.closed):
            with pytest.raises(ValueError, match="boom"):
                await promise

    run(main)


def test_a_closed_stream_takes_nothing() -> None:
    async def main() -> None:
        stream = WritableStream()
        await stream.close()
        writer = stream.get_writer()
        assert writer.desired_size == 0
        for promise in (writer.write(1), writer.close()):
            with pytest.raises(ERR_INVALID_STATE):
                await promise
        await writer.abort()

    run(main)


def test_aborting_drops_what_is_queued_and_tells_the_sink_why() -> None:
    trace: list[Any] = []

    class Sink(Holder):
        def write(self, chunk: Any, controller: Any) -> Promise[None]:
            trace.append(chunk)
            self.written: Promise[None] = Promise()
            controller.signal.add_event_listener("abort", lambda: self.written.resolve(None))
            return self.written

        def abort(self, reason: Any) -> None:
            trace.append(("abort", reason, self.controller.signal.reason))

    async def main() -> None:
        writer = WritableStream(Sink()).get_writer()
        first, second = writer.write(1), writer.write(2)
        await a_round()
        await writer.abort("why")
        await first
        with pytest.raises(Exception, match="why"):
            await second

    run(main)
    assert trace == [1, ("abort", "why", "why")]


def test_the_failure_of_abort_is_told() -> None:
    async def main() -> None:
        with pytest.raises(ValueError, match="boom"):
            await WritableStream(abort=fails).abort()

    run(main)


def test_a_stream_has_one_writer_at_a_time() -> None:
    async def main() -> None:
        stream = WritableStream()
        writer = stream.get_writer()
        with pytest.raises(ERR_INVALID_STATE, match="WritableStream is locked"):
            stream.get_writer()
        for promise in (stream.close(), stream.abort()):
            with pytest.raises(ERR_INVALID_STATE):
                await promise
        writer.release_lock()
        writer.release_lock()
        assert not stream.locked
        for promise in (writer.write(1), writer.close(), writer.abort(), writer.closed, writer.ready):
            with pytest.raises(ERR_INVALID_STATE):
                await promise
        with pytest.raises(ERR_INVALID_STATE):
            _ = writer.desired_size

    run(main)


def test_what_was_written_goes_on_after_the_release() -> None:
    chunks: list[Any] = []

    async def main() -> None:
        stream = WritableStream(write=chunks.append)
        writer = stream.get_writer()
        promise = writer.write(1)
        writer.release_lock()
        await promise

    run(main)
    assert chunks == [1]


def test_a_failing_stream_that_nobody_asks_is_no_unhandled_rejection() -> None:
    async def main() -> None:
        source = Holder()
        writer = WritableStream(source).get_writer()
        source.controller.error(ValueError("boom"))
        await a_round()
        writer.release_lock()

    assert unhandled_in(main) == []


def test_it_shows_its_state() -> None:
    assert repr(WritableStream()) == "WritableStream { locked: false, state: 'writable' }"
