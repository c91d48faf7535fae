"""Old-style streams: what emits `data` can be piped, and what has `write` can be piped to."""

from __future__ import annotations

from typing import Any

import pytest

from nodestream import EventEmitter, PassThrough, Readable, Stream, Writable, finished, open_loop, pipeline, run
from nodestream.loop import next_tick
from nodestream.timers import set_immediate

from .support import Sink, a_source, after_rounds, collected

EVENTS = ("data", "drain", "end", "error", "close", "unpipe")


def listeners(*emitters: Any) -> list[int]:
    return [emitter.listener_count(event) for emitter in emitters for event in EVENTS]


class OldSource(Stream):
    """An old-style source that notes when it is paused and resumed."""

    readable = True

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []

    def pause(self) -> None:
        self.calls.append("pause")

    def resume(self) -> None:
        self.calls.append("resume")


class OldTarget(Stream):
    """An old-style destination; `results` are what `write()` returns, before True."""

    writable = True

    def __init__(self, *results: Any) -> None:
        super().__init__()
        self.results = list(results)
        self.calls: list[Any] = []

    def write(self, chunk: Any) -> Any:
        self.calls.append(chunk)
        return self.results.pop(0) if self.results else True

    def end(self) -> None:
        self.calls.append("end()")

    def destroy(self, error: Any = None) -> None:
        self.calls.append("destroy()")


def a_pair(*results: Any, **options: Any) -> tuple[OldSource, OldTarget]:
    source, dest = OldSource(), OldTarget(*results)
    assert source.pipe(dest, **options) is dest
    return source, dest


def test_every_stream_is_a_stream() -> None:
    for made in (Readable(), Writable(), PassThrough(), Stream()):
        assert isinstance(made, Stream)
        assert isinstance(made, EventEmitter)


def test_data_goes_through_until_the_end_and_no_listener_is_left() -> None:
    source, dest = a_pair()
    source.emit("data", b"a")
    source.emit("data", "b")
    source.emit("end")
    source.emit("data", "late")
    assert dest.calls == [b"a", "b", "end()"]
    assert not any(listeners(source, dest))


@pytest.mark.parametrize("options", [{"end": False}, {"end": True}])
def test_the_destination_is_ended_unless_told_not_to(options: dict[str, bool]) -> None:
    source, dest = a_pair(**options)
    source.emit("end")
    source.emit("close")
    assert dest.calls == (["end()"] if options["end"] else [])


def test_options_may_be_a_mapping() -> None:
    source, dest = OldSource(), OldTarget()
    source.pipe(dest, {"end": False})
    source.emit("end")
    assert dest.calls == []


def test_a_destination_that_is_full_pauses_the_source_until_it_has_drained() -> None:
    source, dest = a_pair(False, None)
    source.emit("data", "a")
    assert source.calls == ["pause"]
    source.emit("data", "b")  # None is not False
    dest.emit("drain")
    assert source.calls == ["pause", "resume"]
    source.readable = False
    dest.emit("drain")
    assert source.calls == ["pause", "resume"]


def test_a_destination_that_is_not_writable_any_more_gets_nothing() -> None:
    source, dest = a_pair()
    dest.writable = False
    source.emit("data", "a")
    assert dest.calls == []


def test_a_source_that_cannot_be_paused_goes_on() -> None:
    source, dest = Stream(), OldTarget(False)
    source.pipe(dest)
    source.emit("data", "a")
    dest.emit("drain")
    source.emit("data", "b")
    assert dest.calls == ["a", "b"]


def test_a_source_that_closes_before_its_end_destroys_the_destination() -> None:
    source, dest = a_pair()
    source.emit("close")
    source.emit("end")
    assert dest.calls == ["destroy()"]


def test_a_destination_that_closes_is_let_go() -> None:
    source, dest = a_pair()
    dest.emit("close")
    source.emit("data", "a")
    assert dest.calls == []
    assert not any(listeners(source, dest))


@pytest.mark.parametrize("of", ["source", "dest"])
def test_an_error_undoes_the_pipe_and_is_not_swallowed(of: str) -> None:
    source, dest = a_pair()
    failing: Stream = source if of == "source" else dest
    with pytest.raises(ValueError, match="x"):
        failing.emit("error", ValueError("x"))
    assert not any(listeners(source, dest))


def test_an_error_that_somebody_listens_for_is_told_once() -> None:
    source, _dest = a_pair()
    seen: list[Any] = []
    source.on("error", seen.append)
    error = ValueError("x")
    source.emit("error", error)
    assert seen == [error]


def test_a_writable_takes_what_an_old_style_stream_emits() -> None:
    source, sink = OldSource(), Sink()

    def main() -> None:
        source.pipe(sink)
        source.emit("data", b"a")
        source.emit("end")

    run(main)
    assert sink.chunks == [b"a"]
    assert sink.writable_finished


def test_a_readable_writes_to_an_old_style_stream_at_its_pace() -> None:
    dest = OldTarget(False)
    paused: list[Any] = []

    def main() -> None:
        source = a_source([b"a", b"b"])
        source.pipe(dest)
        set_immediate(lambda: (paused.append(source.readable_flowing), dest.emit("drain")))

    run(main)
    assert paused == [False]
    assert dest.calls == [b"a", b"b", "end()"]


def test_an_emitter_without_the_newer_methods_will_do() -> None:
    class Minimal:
        """The least that can be piped to."""

        def __init__(self) -> None:
            self.inside = EventEmitter()
            self.chunks: list[Any] = []
            self.on, self.once, self.emit = self.inside.on, self.inside.once, self.inside.emit
            self.remove_listener = self.inside.remove_listener

        def write(self, chunk: Any) -> None:
            self.chunks.append(chunk)

        def end(self) -> None:
            self.chunks.append("end()")

    for make in (lambda: a_source([b"a"]), lambda: _emitting(b"a")):
        dest = Minimal()
        dest.writable = True  # type: ignore[attr-defined]
        run(lambda make=make, dest=dest: make().pipe(dest))  # type: ignore[misc]
        assert dest.chunks == [b"a", "end()"]


def _emitting(chunk: Any) -> Stream:
    source = Stream()
    set_immediate(lambda: (source.emit("data", chunk), source.emit("end")))
    return source


def test_a_readable_is_no_destination_but_pipe_does_not_mind() -> None:
    def main() -> None:
        other = Readable(read=lambda self, size: None)
        assert Readable(read=lambda self, size: None).pipe(other) is other

    run(main)


def test_finished_waits_for_the_end_of_an_old_style_source() -> None:
    seen: list[Any] = []

    def main() -> None:
        source = OldSource()
        finished(source, seen.append)
        source.emit("end")

    run(main)
    assert seen == [None]


def test_an_old_style_stream_may_be_part_of_a_pipeline() -> None:
    seen: list[Any] = []
    dest = OldTarget()

    def main() -> None:
        source = OldSource()
        pipeline(source, PassThrough(), dest, seen.append)
        set_immediate(lambda: (source.emit("data", b"a"), source.emit("end")))
        set_immediate(set_immediate, lambda: (dest.emit("finish"), dest.emit("close")))

    run(main)
    assert dest.calls == [b"a", "end()"]
    assert seen == [None]


def test_an_old_style_source_of_a_function_that_does_not_read_it_may_fail() -> None:
    seen: list[Any] = []

    async def ignore(chunks: Any) -> None:
        pass

    def main() -> None:
        source = Stream()
        pipeline(source, ignore, lambda error: seen.append(str(error)))
        next_tick(source.emit, "error", ValueError("x"))

    run(main)
    assert seen == ["x"]


async def test_a_function_of_a_pipeline_iterates_over_an_old_style_stream() -> None:
    seen: list[Any] = []

    async def take(chunks: Any) -> None:
        async for chunk in chunks:
            seen.append(chunk)

    async with open_loop():
        source = Stream()
        pipeline(source, take, lambda error: seen.append(("done", error)))
        set_immediate(set_immediate, lambda: (source.emit("data", "a"), source.emit("end")))
        after_rounds(4, lambda: source.emit("close"))
    assert seen == ["a", ("done", None)]


async def test_an_old_style_stream_can_be_iterated() -> None:
    seen: list[Any] = []
    async with open_loop():
        source = Stream()
        set_immediate(lambda: (source.emit("data", "a"), source.emit("data", "b"), source.emit("end")))
        async for chunk in Readable.__aiter__(source):  # type: ignore[arg-type]
            seen.append(chunk)
    assert seen == ["a", "b"]


def test_data_of_a_pass_through_is_collected_behind_an_old_style_source() -> None:
    through = PassThrough()

    def main() -> list[Any]:
        source = OldSource()
        source.pipe(through)
        chunks = collected(through)
        source.emit("data", "a")
        source.emit("end")
        return chunks

    chunks: list[Any] = []
    run(lambda: chunks.append(main()))
    assert chunks == [[b"a"]]
