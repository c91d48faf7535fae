"""The functions about any stream: `destroy()` and the questions, and what a stream lets its users set."""

from __future__ import annotations

from typing import Any

import pytest

import nodestream
from nodestream import (
    Duplex,
    EventEmitter,
    PassThrough,
    Readable,
    Stream,
    Writable,
    destroy,
    is_destroyed,
    is_disturbed,
    is_errored,
    is_readable,
    is_writable,
    run,
)
from nodestream._options import snake_case
from nodestream.errors import AbortError
from nodestream.loop import next_tick

from .support import Sink, a_source, follow


def quiet(**options: Any) -> Readable:
    return Readable({"read": lambda self, size: None, **options})


class LookAlike:
    """Something with these methods and attributes."""

    def __init__(self, *methods: str, **attributes: Any) -> None:
        for name in methods:
            setattr(self, name, lambda *args: None)
        self.__dict__.update(attributes)


# --- questions ---


def test_both_spellings_are_one_function() -> None:
    camel = [name for name in vars(nodestream) if name[0].islower() and snake_case(name) != name]
    assert {"addAbortSignal", "duplexPair", "isDestroyed", "setDefaultHighWaterMark"} <= set(camel)
    for name in camel:
        assert getattr(nodestream, name) is getattr(nodestream, snake_case(name))


def test_a_stream_is_readable_until_its_end_and_writable_until_end_is_called() -> None:
    seen: list[Any] = []

    def main() -> None:
        source, sink = a_source([b"a"]), Sink()
        assert is_readable(source) is True
        assert is_writable(sink) is True
        assert is_readable(sink) is None
        assert is_writable(source) is None
        source.on("end", lambda: seen.append(is_readable(source)))
        source.resume()
        sink.end()
        seen.append(is_writable(sink))

    run(main)
    assert seen == [False, False]


def test_a_stream_is_disturbed_when_it_was_read_or_destroyed() -> None:
    def main() -> None:
        read, destroyed = quiet(), quiet()
        read.push(b"a")
        assert not is_disturbed(read)
        read.read()
        assert is_disturbed(read)
        assert not is_disturbed(destroyed)
        destroyed.destroy()
        assert is_disturbed(destroyed)
        assert not is_disturbed(None)

    run(main)


def test_a_stream_is_errored_once_it_has_emitted_the_error() -> None:
    seen: list[Any] = []

    def main() -> None:
        stream = quiet()
        stream.on("error", lambda error: seen.append(is_errored(stream)))
        stream.destroy(ValueError("x"))
        seen.append(is_errored(stream))

    run(main)
    assert seen == [False, True]
    assert not is_errored(5)


@pytest.mark.parametrize(
    ("it", "expected"),
    [
        (None, (None, None, None)),
        (5, (None, None, None)),
        ({}, (None, None, None)),
        (LookAlike(readable=True), (None, False, None)),
        (LookAlike("pipe", "on", readable=True), (False, True, None)),
        (LookAlike("write", "on", writable=True), (False, None, True)),
        (LookAlike("pipe", "on", readable=True, destroyed=True), (True, False, None)),
    ],
)
def test_what_is_no_stream_of_ours_is_asked_by_its_looks(it: Any, expected: Any) -> None:
    assert (is_destroyed(it), is_readable(it), is_writable(it)) == expected


# --- destroy ---


@pytest.mark.parametrize("make", [quiet, Sink, PassThrough, lambda: quiet(auto_destroy=False)])
def test_destroy_without_an_error_fails_a_stream_that_has_more_to_do(make: Any) -> None:
    seen: list[Any] = []

    def main() -> None:
        stream = make()
        stream.on("error", seen.append)
        destroy(stream)
        assert is_destroyed(stream)
        destroy(stream, ValueError("too late"))

    run(main)
    assert [type(error) for error in seen] == [AbortError]


def test_destroy_of_a_stream_that_is_done_only_closes_it() -> None:
    seen: list[Any] = []

    def main() -> None:
        sink = Sink(auto_destroy=False)
        follow(sink, seen, "error", "close")
        sink.on("finish", lambda: destroy(sink))
        sink.end()

    run(main)
    assert seen == ["close"]


def test_destroy_of_nothing_does_nothing() -> None:
    destroy(None)
    destroy(None, ValueError("x"))


def test_what_cannot_be_destroyed_but_closed_is_closed() -> None:
    seen: list[Any] = []
    closing: Any = Stream()
    closing.close = lambda: seen.append("close()")
    destroy(closing)
    destroy(closing)
    assert seen == ["close()"]


@pytest.mark.parametrize("error", [ValueError("x"), None])
def test_what_cannot_be_closed_emits_the_events_from_a_tick(error: Any) -> None:
    seen: list[Any] = []

    def main() -> None:
        old = Stream()
        follow(old, seen, "error", "close")
        destroy(old, error)
        assert seen == []
        assert is_destroyed(old)
        destroy(old, ValueError("again"))

    run(main)
    assert seen == ["close"] if error is None else [("error", error), "close"]


# --- what may be set ---


@pytest.mark.parametrize("make", [quiet, Sink, PassThrough])
def test_destroyed_can_be_set_by_those_who_do_without_destroy(make: Any) -> None:
    seen: list[Any] = []

    def main() -> None:
        stream = make()
        follow(stream, seen, "error", "close")
        stream.destroyed = True
        assert stream.destroyed
        assert not stream.closed
        stream.destroy(ValueError("never seen"))
        stream.destroyed = False
        assert not stream.destroyed

    run(main)
    assert seen == []


def test_a_side_can_be_declared_gone_and_back() -> None:
    def main() -> None:
        through = PassThrough()
        through.readable = through.writable = False
        assert not through.readable
        assert not through.writable
        through.readable = through.writable = True
        assert through.readable
        assert through.writable

    run(main)


def test_undestroy_makes_a_stream_new() -> None:
    seen: list[Any] = []

    def main() -> None:
        sink = Sink()
        sink.on("finish", lambda: seen.append("finish"))

        def again() -> None:
            sink._undestroy()
            assert sink.writable
            assert not sink.destroyed
            assert not sink.closed
            sink.end(b"b")

        sink.once("close", again)
        sink.end(b"a")
        source = quiet()
        source.on("error", lambda error: None)
        source.destroy(ValueError("x"))
        source.undestroy()
        assert source.readable
        assert source.errored is None

    run(main)
    assert seen == ["finish", "finish"]


@pytest.mark.parametrize("reads", [1, 2, 3, 3000])
def test_a_stream_that_its_end_revives_ends_once_for_each_read_at_the_end(reads: int) -> None:
    """As in Node, where each of these reads queued a tick."""
    seen: list[str] = []

    def main() -> None:
        stream = Readable(read=lambda: None, auto_destroy=False)

        def on_end() -> None:
            seen.append("end")
            stream.undestroy()

        stream.on("end", on_end)
        stream.push(None)
        for _ in range(reads):
            stream.read()
        next_tick(seen.append, "tick")

    run(main)
    assert seen == ["end"] * reads + ["tick"]


@pytest.mark.parametrize(
    ("cls", "expected"),
    [
        (Stream, "foo readable data end drain finish prefinish error close"),
        (Readable, "close error data end readable foo drain finish prefinish"),
        (Writable, "close error prefinish finish drain foo readable data end"),
        (Duplex, "close error prefinish finish drain data end readable foo"),
    ],
)
def test_event_names_begin_with_those_that_every_stream_knows(cls: Any, expected: str) -> None:
    def main() -> None:
        stream = cls()
        assert stream.event_names() == []
        for event in ("foo", "readable", "data", "end", "drain", "finish", "prefinish", "error", "close"):
            stream.on(event, lambda *args: None)
        assert stream.event_names() == expected.split()

    run(main)


# --- async with ---


async def outcome_of_leaving(stream: Any) -> str:
    stream.on("error", lambda error: None)
    try:
        async with stream:
            pass
    except Exception as error:
        return str(error)
    return "left" if stream.closed else "still open"


def a_duplex(**options: Any) -> Duplex:
    return Duplex(
        {"read": lambda self, size: None, "write": lambda self, chunk, encoding, callback: callback(), **options}
    )


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (quiet, "left"),
        (Sink, "left"),
        (a_duplex, "left"),
        (lambda: quiet().destroy(ValueError("x")), "x"),
        (lambda: Sink().destroy(ValueError("x")), "x"),
        (lambda: quiet().destroy(AbortError("of another")), "of another"),
        (lambda: Sink().destroy(AbortError("of another")), "left"),
        (lambda: quiet(emit_close=False), "left"),
    ],
)
async def test_leaving_async_with_destroys_the_stream_and_raises_what_it_had_failed_with(
    make: Any, expected: str
) -> None:
    async with nodestream.open_loop():
        assert await outcome_of_leaving(make()) == expected


async def test_a_duplex_that_was_read_to_its_end_must_have_been_written_to_its_end_too() -> None:
    async with nodestream.open_loop():
        duplex = a_duplex()
        duplex.push(None)
        async for _ in duplex.iterator(destroy_on_return=False):
            pass
        assert await outcome_of_leaving(duplex) == "Premature close"


def test_an_emitter_is_no_stream() -> None:
    assert is_destroyed(EventEmitter()) is None
    assert isinstance(Writable(), Stream)
