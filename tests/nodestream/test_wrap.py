"""`Readable.wrap`: an old-style stream becomes a Readable."""

from __future__ import annotations

from typing import Any

import pytest

from nodestream import PassThrough, Readable, Stream, run

from .support import collected


class Old(Stream):
    """An old-style source that notes when it is paused and resumed."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []

    def pause(self) -> None:
        self.calls.append("pause")

    def resume(self) -> None:
        self.calls.append("resume")


def test_chunks_are_pushed_and_the_end_is_the_end() -> None:
    seen: list[Any] = []

    def main() -> None:
        source = Old()
        readable = Readable(encoding="utf8")
        assert readable.wrap(source) is readable
        seen.append(collected(readable))
        readable.on("end", lambda: seen.append("end"))
        source.emit("data", b"a")
        source.emit("data", b"b")
        source.emit("end")

    run(main)
    assert seen == [["a", "b"], "end"]


def test_a_full_stream_pauses_its_source_and_asks_it_to_go_on() -> None:
    source = Old()

    def main() -> None:
        readable = Readable(high_water_mark=2).wrap(source)
        source.emit("data", b"ab")
        assert source.calls == ["pause"]
        assert readable.read() == b"ab"

    run(main)
    assert source.calls == ["pause", "resume"]


def test_a_source_that_cannot_be_paused_fills_the_stream() -> None:
    def main() -> None:
        source = Stream()
        readable = Readable(high_water_mark=1).wrap(source)
        source.emit("data", b"ab")
        source.emit("data", b"cd")
        assert readable.readable_length == 4
        assert readable.read() == b"abcd"

    run(main)


def test_an_error_of_the_source_is_the_streams() -> None:
    seen: list[Any] = []

    def main() -> None:
        source = Old()
        readable = Readable().wrap(source)
        readable.on("error", seen.append)
        readable.on("close", lambda: seen.append("close"))
        source.emit("error", error)

    error = ValueError("x")
    run(main)
    assert seen == [error, "close"]


@pytest.mark.parametrize("event", ["close", "destroy"])
def test_a_source_that_closes_closes_the_stream(event: str) -> None:
    def main() -> None:
        source = Old()
        readable = Readable().wrap(source)
        source.emit(event)
        assert readable.destroyed

    run(main)


def test_methods_that_the_source_was_given_are_the_streams_too() -> None:
    source: Any = Old()
    source.answer = lambda: 42
    source.on_its_own = 1
    readable: Any = Readable().wrap(source)
    assert readable.answer() == 42
    assert not hasattr(readable, "on_its_own")
    assert readable.pause != source.pause


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [({}, True), ({"object_mode": False}, False), ({"readable_object_mode": False, "object_mode": True}, False)],
)
def test_a_new_stream_is_in_object_mode_unless_the_source_is_not(attributes: dict[str, Any], expected: bool) -> None:
    source: Any = Old()
    for name, value in attributes.items():
        setattr(source, name, value)
    assert Readable.wrap(source).readable_object_mode is expected
    assert Readable.wrap(source, object_mode=not expected).readable_object_mode is not expected
    assert Readable.wrap(source, {"objectMode": not expected}).readable_object_mode is not expected


def test_a_new_stream_destroys_its_source() -> None:
    seen: list[Any] = []

    def main() -> None:
        source = PassThrough()
        source.on("error", lambda error: seen.append(("source", error)))
        readable = Readable.wrap(source)
        readable.on("error", lambda error: seen.append(("stream", error)))
        readable.destroy(error)
        assert source.destroyed

    error = ValueError("x")
    run(main)
    assert sorted(seen, key=str) == [("source", error), ("stream", error)]


def test_a_subclass_is_wrapped_as_itself() -> None:
    class Mine(Readable):
        pass

    assert type(Mine().wrap(Old())) is Mine
    assert type(Mine.wrap(Old())) is Readable
