"""The option `signal`: an AbortSignal destroys a stream, and ends a wait."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from nodestream import (
    Duplex,
    EventEmitter,
    PassThrough,
    Readable,
    Transform,
    Writable,
    add_abort_signal,
    addAbortSignal,
    finished,
    open_loop,
    pipeline,
    promises,
    run,
)
from nodestream.abort import AbortController, AbortSignal
from nodestream.errors import ERR_INVALID_ARG_TYPE, AbortError
from nodestream.events import get_event_listeners
from nodestream.timers import set_immediate

from .support import Sink, a_source, after_rounds, follow

CLASSES = [Readable, Writable, Duplex, Transform, PassThrough]


def quiet(**options: Any) -> Readable:
    return Readable({"read": lambda self, size: None, **options})


def listening(controller: AbortController) -> int:
    return len(get_event_listeners(controller.signal, "abort"))


@pytest.mark.parametrize("cls", CLASSES)
def test_a_signal_destroys_the_stream_with_an_abort_error_that_knows_why(cls: Any) -> None:
    seen: list[Any] = []
    why = ValueError("why")

    def main() -> None:
        controller = AbortController()
        stream = cls(signal=controller.signal)
        stream.on("error", seen.append)
        stream.on("close", lambda: seen.append("close"))
        controller.abort(why)
        assert stream.destroyed

    run(main)
    error = seen[0]
    assert isinstance(error, AbortError)
    assert error.__cause__ is why
    assert seen[1:] == ["close"]


@pytest.mark.parametrize("cls", CLASSES)
def test_a_signal_that_was_aborted_destroys_the_stream_before_its_constructor_returns(cls: Any) -> None:
    trace: list[Any] = []

    def main() -> None:
        stream = cls(
            signal=AbortSignal.abort(),
            construct=lambda self, callback: (trace.append("_construct"), callback()),
            destroy=lambda self, error, callback: (trace.append("_destroy"), callback(error)),
        )
        assert stream.destroyed
        assert stream.closed
        follow(stream, trace, "close")
        stream.on("error", lambda error: trace.append("error"))

    run(main)
    assert trace == ["_destroy", "error", "close", "_construct"]


@pytest.mark.parametrize("bad", [5, "x", {}, object()])
def test_what_is_no_signal_is_refused(bad: Any) -> None:
    with pytest.raises(ERR_INVALID_ARG_TYPE, match='The "signal" argument must be an instance of AbortSignal'):
        Readable(signal=bad)
    with pytest.raises(ERR_INVALID_ARG_TYPE, match='The "signal" argument must be an instance of AbortSignal'):
        add_abort_signal(bad, quiet())
    with pytest.raises(
        ERR_INVALID_ARG_TYPE, match=r'The "options\.signal" property must be an instance of AbortSignal'
    ):
        finished(quiet(), lambda error: None, signal=bad)


def test_none_is_no_signal_for_a_function_that_wants_one() -> None:
    with pytest.raises(ERR_INVALID_ARG_TYPE, match='The "signal" argument must be an instance of AbortSignal'):
        add_abort_signal(None, quiet())


@pytest.mark.parametrize("bad", [5, {}, None, EventEmitter()])
def test_a_signal_is_for_streams(bad: Any) -> None:
    with pytest.raises(ERR_INVALID_ARG_TYPE, match='The "stream" argument'):
        addAbortSignal(AbortController().signal, bad)


def test_add_abort_signal_returns_the_stream_that_it_will_destroy() -> None:
    def main() -> None:
        controller = AbortController()
        stream = quiet()
        stream.on("error", lambda error: None)
        assert add_abort_signal(controller.signal, stream) is stream
        controller.abort()
        assert stream.destroyed

    run(main)


def test_a_stream_that_has_ended_is_not_held_by_the_signal() -> None:
    controller = AbortController()
    seen: list[int] = []

    def main() -> None:
        a_source([b"a"], signal=controller.signal).resume()
        seen.append(listening(controller))

    run(main)
    assert [*seen, listening(controller)] == [1, 0]


def test_finished_is_stopped_by_a_signal_and_the_stream_goes_on() -> None:
    seen: list[Any] = []

    def main() -> None:
        controller = AbortController()
        stream = quiet()
        finished(stream, seen.append, signal=controller.signal)
        controller.abort("why")
        assert not stream.destroyed
        assert stream.listener_count("end") == 0
        assert listening(controller) == 0
        stream.destroy()

    run(main)
    assert [type(error) for error in seen] == [AbortError]


def test_finished_with_an_aborted_signal_calls_back_from_a_tick() -> None:
    seen: list[Any] = []

    def main() -> None:
        finished(quiet(), {"signal": AbortSignal.abort()}, lambda error: seen.append(type(error)))
        assert seen == []

    run(main)
    assert seen == [AbortError]


def test_a_stream_that_has_closed_is_not_asked_about_the_signal() -> None:
    seen: list[Any] = []

    def main() -> None:
        stream = quiet().destroy()
        finished(stream, lambda error: seen.append(error.code), signal=AbortSignal.abort())

    run(main)
    assert seen == ["ERR_STREAM_PREMATURE_CLOSE"]


@pytest.mark.parametrize("how", ["done", "cleaned up"])
def test_the_signal_is_let_go_when_nobody_waits_any_more(how: str) -> None:
    controller = AbortController()

    def main() -> None:
        stream = a_source([b"a"])
        clean_up = finished(stream, lambda error: None, signal=controller.signal)
        assert listening(controller) == 1
        if how == "done":
            stream.resume()
        else:
            clean_up()
            assert listening(controller) == 0

    run(main)
    assert listening(controller) == 0


async def test_awaiting_finished_is_stopped_too() -> None:
    async with open_loop():
        controller = AbortController()
        set_immediate(controller.abort)
        with pytest.raises(AbortError):
            await promises.finished(quiet(), signal=controller.signal)


@pytest.mark.parametrize("before", [False, True])
async def test_a_pipeline_is_stopped_and_its_streams_are_destroyed(before: bool) -> None:
    async with open_loop():
        controller = AbortController()
        source, sink = quiet(), Sink()
        if before:
            controller.abort()
        else:
            after_rounds(2, controller.abort)
        with pytest.raises(AbortError):
            await promises.pipeline(source, PassThrough(), sink, {"signal": controller.signal})
        assert source.destroyed
        assert sink.destroyed
        assert listening(controller) == 0


async def test_a_pipeline_that_has_ended_lets_go_of_its_signal() -> None:
    async with open_loop():
        controller = AbortController()
        await promises.pipeline(a_source([b"a"]), Sink(), signal=controller.signal)
        assert listening(controller) == 0


async def test_a_pipeline_with_a_wrong_signal_is_refused() -> None:
    async with open_loop():
        with pytest.raises(ERR_INVALID_ARG_TYPE, match=r"options\.signal"):
            await promises.pipeline(a_source([b"a"]), Sink(), signal=5)


async def test_functions_of_a_pipeline_that_take_one_more_argument_get_a_signal() -> None:
    seen: list[Any] = []

    async def make(options: Any) -> AsyncIterator[bytes]:
        seen.append(options["signal"])
        yield b"a"

    async def transform(chunks: AsyncIterator[Any], options: Any) -> AsyncIterator[Any]:
        seen.append(options["signal"])
        async for chunk in chunks:
            yield chunk

    async def take(chunks: AsyncIterator[Any], options: Any) -> None:
        seen.append(options["signal"])
        assert not options["signal"].aborted
        async for _ in chunks:
            pass

    async with open_loop():
        await promises.pipeline(make, transform, take)
    first = seen[0]
    assert seen == [first] * 3
    assert first.aborted


def test_the_signal_of_a_function_is_aborted_when_the_pipeline_fails() -> None:
    seen: list[Any] = []

    async def take(chunks: AsyncIterator[Any], options: Any) -> None:
        options["signal"].add_event_listener("abort", lambda event: seen.append("aborted"))
        async for _ in chunks:
            pass

    def main() -> None:
        source = quiet()
        pipeline(source, take, lambda error: seen.append(str(error)))
        set_immediate(source.destroy, ValueError("x"))

    run(main)
    assert seen == ["aborted", "x"]
