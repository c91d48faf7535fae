"""`finished()`: know when a stream is done, and whether it went well."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from nodestream import Duplex, EventEmitter, PassThrough, Readable, finished, open_loop, promises, run
from nodestream.errors import ERR_INVALID_ARG_TYPE, ERR_STREAM_PREMATURE_CLOSE
from nodestream.timers import set_immediate

from .support import Sink, a_source, after_rounds


def a_quiet_stream(**options: Any) -> Readable:
    return Readable(read=lambda self, size: None, **options)


def outcome(make: Callable[[], Any], act: Callable[[Any], Any], **options: Any) -> list[Any]:
    """What `finished` says of a stream that `act` is done to."""
    seen: list[Any] = []

    def main() -> None:
        stream = make()
        finished(stream, lambda error: seen.append(getattr(error, "code", None) or error), **options)
        stream.on("error", lambda error: None)
        act(stream)

    run(main)
    return seen


PREMATURE = "ERR_STREAM_PREMATURE_CLOSE"


@pytest.mark.parametrize(
    ("make", "act", "expected"),
    [
        (lambda: a_source([b"a"]), lambda s: s.resume(), [None]),
        (lambda: a_source([b"a"]), lambda s: None, []),
        (lambda: a_source([b"a"]), lambda s: s.destroy(), [PREMATURE]),
        (lambda: a_source([b"a"], auto_destroy=False), lambda s: s.resume(), [None]),
        (lambda: a_source([b"a"], emit_close=False), lambda s: s.resume(), [None]),
        (Sink, lambda s: s.end(b"a"), [None]),
        (Sink, lambda s: s.write(b"a"), []),
        (Sink, lambda s: s.destroy(), [PREMATURE]),
        (lambda: Sink(at_once=False), lambda s: (s.end(b"a"), s.destroy()), [PREMATURE]),
        (PassThrough, lambda s: s.end(b"a"), []),
        (PassThrough, lambda s: s.resume().end(b"a"), [None]),
        (PassThrough, lambda s: s.resume().end().on("end", s.destroy), [None]),
    ],
)
def test_it_calls_back_when_the_stream_is_done(make: Any, act: Any, expected: list[Any]) -> None:
    assert outcome(make, act) == expected


@pytest.mark.parametrize("make", [a_quiet_stream, Sink, PassThrough])
def test_it_calls_back_with_the_error_of_the_stream(make: Any) -> None:
    error = ValueError("x")
    assert outcome(make, lambda s: s.destroy(error)) == [error]


def test_one_side_of_a_duplex_is_enough_if_the_other_is_not_asked_for() -> None:
    assert outcome(PassThrough, lambda s: s.end(b"a"), readable=False) == [None]
    assert outcome(PassThrough, lambda s: (s.resume(), s.push(None)), writable=False) == [None]


def test_errors_can_be_left_out() -> None:
    assert outcome(a_quiet_stream, lambda s: s.emit("error", ValueError("x")), error=False) == []


def test_it_calls_back_once() -> None:
    assert outcome(lambda: a_source([b"a"]), lambda s: s.resume().once("close", lambda: s.emit("close"))) == [None]


@pytest.mark.parametrize("how", ["ended", "finished", "destroyed", "failed"])
def test_a_stream_that_was_done_before_is_told_of_from_a_tick(how: str) -> None:
    seen: list[Any] = []

    def main() -> None:
        stream: Any = Sink() if how == "finished" else a_source([])
        stream.on("error", lambda error: None)
        if how == "ended":
            stream.resume()
        elif how == "finished":
            stream.end()
        else:
            stream.destroy(ValueError("x") if how == "failed" else None)

        def ask() -> None:
            finished(stream, lambda error: seen.append(getattr(error, "code", error and str(error))))
            assert seen == []

        after_rounds(3, ask)

    run(main)
    assert seen == [{"destroyed": PREMATURE, "failed": "x"}.get(how)]


def test_the_function_it_returns_takes_its_listeners_away() -> None:
    def main() -> None:
        for stream in (a_quiet_stream(), Sink(), PassThrough()):
            before = stream.event_names()
            stop = finished(stream, seen.append)
            assert stream.listener_count("close") == 1
            stop()
            stop()
            assert stream.event_names() == before
            stream.destroy()

    seen: list[Any] = []
    run(main)
    assert seen == []


def test_listeners_stay_after_the_callback_so_that_late_errors_are_not_uncaught() -> None:
    def main() -> None:
        stream = a_source([], auto_destroy=False).resume()
        finished(stream, lambda error: set_immediate(stream.emit, "error", ValueError("late")))

    run(main)


@pytest.mark.parametrize("bad", [5, {}, None, EventEmitter()])
def test_what_is_no_stream_is_refused(bad: Any) -> None:
    with pytest.raises(ERR_INVALID_ARG_TYPE, match='"stream" argument must be an instance of ReadableStream, Writ'):
        finished(bad, lambda error: None)


def test_arguments_are_checked() -> None:
    with pytest.raises(ERR_INVALID_ARG_TYPE, match='"callback" argument must be of type function'):
        finished(a_quiet_stream())
    bad: Any
    for bad in ("foo", {}, {"error": False}):
        with pytest.raises(ERR_INVALID_ARG_TYPE, match='"callback" argument must be of type function'):
            finished(a_quiet_stream(), bad)
        with pytest.raises(ERR_INVALID_ARG_TYPE, match='"callback" argument must be of type function'):
            finished(a_quiet_stream(), {}, bad)
    for bad in (5, "foo"):
        with pytest.raises(ERR_INVALID_ARG_TYPE, match='"options" argument must be of type object'):
            finished(a_quiet_stream(), bad, lambda error: None)


def test_an_old_style_stream_is_one_too() -> None:
    seen: list[Any] = []

    class Old(EventEmitter):
        readable = True
        writable = False

        def pipe(self, dest: Any) -> Any:
            return dest

    def main() -> None:
        for event in ("end", "close"):
            old = Old()
            finished(old, seen.append)
            old.emit(event)

    run(main)
    assert seen[0] is None
    assert len(seen) == 2


# --- the awaitable one ---


async def test_awaiting_gives_none_or_raises() -> None:
    async with open_loop():
        stream = a_source([b"a"]).resume()
        assert await promises.finished(stream) is None
        stream = a_quiet_stream()
        set_immediate(stream.destroy)
        with pytest.raises(ERR_STREAM_PREMATURE_CLOSE, match="Premature close"):
            await promises.finished(stream)
        stream = a_quiet_stream()
        set_immediate(stream.destroy, ValueError("x"))
        with pytest.raises(ValueError, match="x"):
            await promises.finished(stream)


async def test_cleanup_takes_the_listeners_away() -> None:
    async with open_loop():
        for cleanup in (True, False):
            sink = Sink()
            promise = promises.finished(sink, cleanup=cleanup)
            sink.end()
            await promise
            assert (sink.listener_count("error") == 0) is cleanup


async def test_awaiting_what_is_no_stream_is_refused() -> None:
    async with open_loop():
        with pytest.raises(ERR_INVALID_ARG_TYPE):
            await promises.finished(5)


def test_a_duplex_that_is_half_open_is_not_finished() -> None:
    def act(stream: Duplex) -> None:
        stream.resume()
        stream.push(None)

    make = lambda: Duplex(read=lambda self, size: None, write=lambda self, *args: args[-1]())  # noqa: E731
    assert outcome(make, act) == []
    assert outcome(make, lambda s: (act(s), s.end())) == [None]


def test_a_destroyed_stream_with_a_write_that_waits_is_told_of_when_it_has_closed() -> None:
    for writes in (0, 1):
        trace: list[str] = []

        def main(writes: int = writes, trace: list[str] = trace) -> None:
            sink = Sink(construct=lambda self, callback: callback())
            sink.on("close", lambda: trace.append("close"))
            for _ in range(writes):
                sink.write(b"a")
            sink.destroy()
            finished(sink, lambda error: trace.append("finished"), writable=False)

        run(main)
        assert trace == (["close", "finished"] if writes else ["finished", "close"])


@pytest.mark.parametrize("side", ["readable", "writable"])
def test_a_stream_that_says_it_has_no_side_still_has_its_only_one(side: str) -> None:
    seen: list[Any] = []

    def main() -> None:
        stream: Any = a_quiet_stream() if side == "readable" else Sink()
        setattr(stream, side, False)
        stream.destroy()
        finished(stream, lambda error: seen.append(error.code))

    run(main)
    assert seen == [PREMATURE]


async def test_what_is_wrong_with_the_arguments_is_raised_where_it_is_awaited() -> None:
    async with open_loop():
        promise = promises.finished(a_quiet_stream(), 5)  # type: ignore[arg-type]
        with pytest.raises(ERR_INVALID_ARG_TYPE, match='"options" argument'):
            await promise
        with pytest.raises(ERR_INVALID_ARG_TYPE, match='"cleanup" argument must be of type boolean'):
            promises.finished(a_quiet_stream(), cleanup=1)
        with pytest.raises(TypeError, match="unexpected keyword"):
            promises.finished(a_quiet_stream(), writeable=False)
