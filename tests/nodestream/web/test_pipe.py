"""`pipe_to` and `pipe_through`."""

from __future__ import annotations

from typing import Any

import pytest

from nodestream import run
from nodestream.abort import AbortController, AbortSignal
from nodestream.errors import ERR_INVALID_ARG_TYPE, ERR_INVALID_STATE, AbortError, DOMException
from nodestream.loop import Promise
from nodestream.web import ReadableStream, TransformStream, WritableStream

from .support import Holder, a_round, stream_of, unhandled_in


class Sides:
    """A source and a sink that note how they end."""

    def __init__(self) -> None:
        self.trace: list[Any] = []
        self.source = Holder()
        self.sink = Holder()
        self.readable = ReadableStream(
            start=self.source.start, cancel=lambda reason: self.trace.append(("cancel", str(reason)))
        )
        self.writable = WritableStream(
            start=self.sink.start,
            write=self.trace.append,
            close=lambda: self.trace.append("close"),
            abort=lambda reason: self.trace.append(("abort", str(reason))),
        )

    def pipe(self, **options: Any) -> Promise[None]:
        return self.readable.pipe_to(self.writable, options)


async def failure_of(promise: Promise[None]) -> str:
    try:
        await promise
    except Exception as error:
        return str(error)
    return "none"


def test_every_chunk_is_written_and_then_the_destination_is_closed() -> None:
    async def main() -> list[Any]:
        sides = Sides()
        done = sides.pipe()
        assert sides.readable.locked
        assert sides.writable.locked
        for chunk in (1, 2):
            sides.source.controller.enqueue(chunk)
        sides.source.controller.close()
        await done
        assert not sides.readable.locked
        assert not sides.writable.locked
        return sides.trace

    assert run(main) == [1, 2, "close"]


def test_nothing_is_read_while_the_destination_is_full() -> None:
    async def main() -> None:
        written: Promise[None] = Promise()
        destination = WritableStream({"write": lambda chunk: written}, {"high_water_mark": 1})
        source = Holder()
        readable = ReadableStream(source, {"high_water_mark": 10})
        for chunk in range(5):
            source.controller.enqueue(chunk)
        readable.pipe_to(destination)
        await a_round()
        assert source.controller.desired_size == 10 - 4
        written.resolve(None)
        await a_round()
        assert source.controller.desired_size == 10

    run(main)


@pytest.mark.parametrize(
    ("options", "trace"),
    [({}, [("abort", "boom")]), ({"prevent_abort": True}, []), ({"preventAbort": True}, [])],
)
def test_an_error_of_the_source_aborts_the_destination(options: Any, trace: list[Any]) -> None:
    async def main() -> None:
        sides = Sides()
        done = sides.pipe(**options)
        sides.source.controller.error(ValueError("boom"))
        assert await failure_of(done) == "boom"
        assert sides.trace == trace

    run(main)


@pytest.mark.parametrize(("options", "trace"), [({}, [("cancel", "boom")]), ({"prevent_cancel": True}, [])])
def test_an_error_of_the_destination_cancels_the_source(options: Any, trace: list[Any]) -> None:
    async def main() -> None:
        sides = Sides()
        done = sides.pipe(**options)
        sides.sink.controller.error(ValueError("boom"))
        assert await failure_of(done) == "boom"
        assert sides.trace == trace

    run(main)


@pytest.mark.parametrize(("options", "trace"), [({}, ["close"]), ({"prevent_close": True}, [])])
def test_the_end_of_the_source_closes_the_destination(options: Any, trace: list[Any]) -> None:
    async def main() -> None:
        sides = Sides()
        sides.source.controller.close()
        await sides.pipe(**options)
        assert sides.trace == trace

    run(main)


def test_a_closed_destination_cancels_the_source() -> None:
    async def main() -> None:
        sides = Sides()
        await sides.writable.close()
        assert await failure_of(sides.pipe()) == "Invalid state: Destination WritableStream is closed"
        assert sides.trace[1][0] == "cancel"

    run(main)


@pytest.mark.parametrize(
    ("options", "trace"),
    [
        ({}, [("abort", "why"), ("cancel", "why")]),
        ({"prevent_abort": True}, [("cancel", "why")]),
        ({"prevent_cancel": True}, [("abort", "why")]),
        ({"prevent_abort": True, "prevent_cancel": True}, []),
    ],
)
@pytest.mark.parametrize("is_before", [True, False])
def test_a_signal_ends_both(options: Any, trace: list[Any], is_before: bool) -> None:
    async def main() -> None:
        sides = Sides()
        controller = AbortController()
        if is_before:
            controller.abort(ValueError("why"))
        done = sides.pipe(signal=controller.signal, **options)
        await a_round()
        controller.abort(ValueError("why"))
        assert await failure_of(done) == "why"
        assert sides.trace == trace
        assert not sides.readable.locked
        assert not sides.writable.locked

    run(main)


def test_an_abort_error_as_the_reason_is_the_webs() -> None:
    async def main() -> None:
        sides = Sides()
        with pytest.raises(DOMException, match="The operation was aborted") as raised:
            await sides.pipe(signal=AbortSignal.abort(AbortError()))
        assert raised.value.name == "AbortError"

    run(main)


def test_what_was_read_is_written_before_the_end() -> None:
    async def main() -> None:
        trace: list[Any] = []
        written: Promise[None] = Promise()

        def write(chunk: Any) -> Promise[None]:
            trace.append(chunk)
            return written

        source = Holder()
        sink = WritableStream({"write": write, "abort": lambda reason: trace.append("abort")}, {"high_water_mark": 2})
        done = ReadableStream(source).pipe_to(sink)
        source.controller.enqueue(1)
        await a_round()
        source.controller.error(ValueError("boom"))
        await a_round()
        assert trace == [1]
        written.resolve(None)
        assert await failure_of(done) == "boom"
        assert trace == [1, "abort"]

    run(main)


def test_enqueue_does_not_run_the_sink() -> None:
    async def main() -> list[Any]:
        sides = Sides()
        sides.pipe()
        await a_round()
        sides.source.controller.enqueue(1)
        sides.trace.append("enqueued")
        await a_round()
        return sides.trace

    assert run(main) == ["enqueued", 1]


def test_a_chunk_that_was_read_is_let_go_when_the_destination_fails_before_it_is_written() -> None:
    async def main() -> list[Any]:
        sides = Sides()
        done = sides.pipe(prevent_cancel=True)
        await a_round()
        sides.source.controller.enqueue(1)
        sides.sink.controller.error(ValueError("full"))
        assert await failure_of(done) == "full"
        return sides.trace

    assert run(main) == []


def test_a_destination_that_fails_is_let_go_when_its_write_is_done() -> None:
    writing: Promise[None] = Promise()

    async def main() -> None:
        sides = Sides()
        sides.writable = WritableStream(start=sides.sink.start, write=lambda chunk, controller: writing)
        done = sides.pipe()
        await a_round()
        sides.source.controller.enqueue(1)
        await a_round()
        sides.sink.controller.error(ValueError("full"))
        await a_round()
        assert (done.settled, sides.writable.locked, sides.trace) == (False, True, [])
        writing.resolve(None)
        assert await failure_of(done) == "full"
        assert sides.trace == [("cancel", "full")]

    run(main)


def test_the_error_of_the_last_write_is_told_though_closing_is_prevented() -> None:
    writing: Promise[None] = Promise()

    async def main() -> str:
        source = Holder()
        readable = ReadableStream(start=source.start)
        done = readable.pipe_to(WritableStream(write=lambda chunk, controller: writing), prevent_close=True)
        source.controller.enqueue(1)
        source.controller.close()
        await a_round()
        writing.reject(ValueError("no room"))
        return await failure_of(done)

    assert run(main) == "no room"


@pytest.mark.parametrize(
    ("destination", "options", "error"),
    [
        (5, {}, ERR_INVALID_ARG_TYPE),
        (None, {"signal": 5}, ERR_INVALID_ARG_TYPE),
    ],
)
def test_wrong_arguments_are_the_promises_errors(destination: Any, options: Any, error: type[Exception]) -> None:
    async def main() -> None:
        with pytest.raises(error):
            await ReadableStream().pipe_to(destination or WritableStream(), options)

    run(main)


def test_wrong_arguments_of_pipe_through_are_raised() -> None:
    with pytest.raises(ERR_INVALID_ARG_TYPE):
        ReadableStream().pipe_through({"readable": 5, "writable": WritableStream()})
    with pytest.raises(ERR_INVALID_ARG_TYPE):
        ReadableStream().pipe_through(TransformStream(), signal=5)
    locked = ReadableStream()
    locked.get_reader()
    with pytest.raises(ERR_INVALID_STATE):
        locked.pipeThrough(TransformStream())


def test_a_failing_pipe_through_is_no_unhandled_rejection() -> None:
    async def main() -> None:
        source = ReadableStream(start=lambda c: c.error(ValueError("boom")))
        with pytest.raises(ValueError, match="boom"):
            await source.pipe_through(TransformStream()).get_reader().read()

    assert unhandled_in(main) == []


def test_a_failing_pipe_to_that_nobody_awaits_is_one() -> None:
    async def main() -> None:
        stream_of(1).pipe_to(WritableStream(), signal=AbortSignal.abort(ValueError("why")))

    assert [str(error) for error in unhandled_in(main)] == ["why"]
