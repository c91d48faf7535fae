"""`Duplex`: two independent sides, one life."""

from __future__ import annotations

from typing import Any

import pytest

from nodestream import Duplex, PassThrough, Readable, Stream, Transform, Writable, run
from nodestream.errors import NodeError
from nodestream.loop import next_tick

from .support import collected, follow


def a_duplex(**options: Any) -> Duplex:
    """One whose sides do nothing by themselves."""
    return Duplex(read=lambda self, size: None, write=lambda self, chunk, encoding, callback: callback(), **options)


def test_a_duplex_is_both() -> None:
    for cls in (Duplex, Transform, PassThrough):
        assert issubclass(cls, Readable) and issubclass(cls, Writable) and issubclass(cls, Stream)


def test_the_sides_do_not_know_of_each_other() -> None:
    trace: list[Any] = []

    def main() -> None:
        written: list[bytes] = []
        stream = Duplex(
            read=lambda self, size: None,
            write=lambda self, chunk, encoding, callback: (written.append(chunk), callback()),
        )
        chunks = collected(stream)
        follow(stream, trace, "end", "finish", "close")
        stream.push(b"in")
        stream.end(b"out")
        next_tick(lambda: next_tick(lambda: stream.push(None)))
        stream.on("close", lambda: trace.append((chunks, written)))

    run(main)
    assert trace == ["finish", "end", "close", ([b"in"], [b"out"])]


def test_it_closes_when_both_sides_are_done_in_either_order() -> None:
    for first in ("read", "write"):
        trace: list[Any] = []

        def main(first: str = first, trace: list[Any] = trace) -> None:
            stream = a_duplex().resume()
            follow(stream, trace, "end", "finish", "close")
            steps = [lambda: stream.push(None), stream.end]
            if first == "write":
                steps.reverse()
            steps[0]()
            stream.once("end" if first == "read" else "finish", lambda: next_tick(steps[1]))

        run(main)
        assert trace == (["end", "finish", "close"] if first == "read" else ["finish", "end", "close"])


def test_without_half_open_the_end_of_reading_ends_writing() -> None:
    trace: list[Any] = []

    def main() -> None:
        stream = a_duplex(allow_half_open=False).resume()
        assert stream.allowHalfOpen is False
        follow(stream, trace, "end", "finish", "close")
        stream.push(None)

    run(main)
    assert trace == ["end", "finish", "close"]


def test_with_half_open_writing_goes_on() -> None:
    trace: list[Any] = []

    def main() -> None:
        stream = a_duplex().resume()
        stream.push(None)
        stream.on("end", lambda: next_tick(lambda: trace.append((stream.readable, stream.writable, stream.destroyed))))

    run(main)
    assert trace == [(False, True, False)]


@pytest.mark.parametrize(("side", "other"), [("readable", "writable"), ("writable", "readable")])
def test_a_side_that_is_switched_off_counts_as_done(side: str, other: str) -> None:
    trace: list[Any] = []

    def main() -> None:
        stream = a_duplex(**{side: False})
        assert getattr(stream, side) is False
        assert getattr(stream, other) is True
        follow(stream, trace, "end", "finish", "close")
        if side == "readable":
            stream.end()
        else:
            stream.resume()
            stream.push(None)

    run(main)
    assert trace == (["finish", "close"] if side == "readable" else ["end", "close"])


@pytest.mark.parametrize(
    ("options", "marks"),
    [
        ({}, (65536, 65536)),
        ({"high_water_mark": 5}, (5, 5)),
        ({"readable_high_water_mark": 5}, (5, 65536)),
        ({"writable_high_water_mark": 5}, (65536, 5)),
        ({"high_water_mark": 5, "readable_high_water_mark": 7}, (5, 5)),
        ({"object_mode": True}, (16, 16)),
        ({"readable_object_mode": True}, (16, 65536)),
        ({"writable_object_mode": True, "writable_high_water_mark": 3}, (65536, 3)),
        ({"readable_high_water_mark": 0}, (0, 65536)),
    ],
)
def test_marks_and_object_mode_for_both_or_for_one_side(options: dict[str, Any], marks: tuple[int, int]) -> None:
    def main() -> None:
        stream = a_duplex(**options)
        assert (stream.readable_high_water_mark, stream.writable_high_water_mark) == marks
        both = options.get("object_mode", False)
        assert stream.readable_object_mode is options.get("readable_object_mode", both)
        assert stream.writable_object_mode is options.get("writable_object_mode", both)

    run(main)


def test_a_bad_mark_of_one_side_is_refused_by_its_name() -> None:
    with pytest.raises(NodeError, match=r"The property 'options\.readableHighWaterMark' is invalid. Received -1"):
        a_duplex(readable_high_water_mark=-1)


def test_an_error_of_one_side_destroys_both() -> None:
    trace: list[Any] = []

    def main() -> None:
        stream = Duplex(
            read=lambda self, size: None,
            write=lambda self, chunk, encoding, callback: callback(ValueError("x")),
        )
        stream.on("error", lambda error: trace.append(str(error)))
        follow(stream, trace, "close", "end", "finish")
        stream.write(b"x")
        stream.on("close", lambda: trace.append((stream.readable, stream.writable, stream.readable_aborted)))

    run(main)
    assert trace == ["x", "close", (False, False, True)]


def test_a_duplex_can_be_constructed_for_both_sides_at_once() -> None:
    calls: list[str] = []

    def main() -> None:
        stream = a_duplex(construct=lambda self, callback: (calls.append("construct"), callback()))
        stream.resume()
        stream.push(None)
        stream.end()

    run(main)
    assert calls == ["construct"]


def test_a_repr_tells_of_both_sides_on_one_line() -> None:
    def main() -> None:
        stream = a_duplex(high_water_mark=4)
        stream.push(b"ab")
        assert repr(stream) == "<Duplex readable idle 2/4, writable open 0/4>"
        stream.on("error", lambda error: None).destroy(ValueError("x"))
        assert repr(stream) == "<Duplex readable idle 2/4, writable open 0/4 closed errored=ValueError('x')>"

    run(main)


def test_an_object_that_inherits_from_both_bases_works_as_one() -> None:
    class Echo(Duplex):
        def _read(self, size: int) -> None:
            pass

        def _write(self, chunk: Any, encoding: str, callback: Any) -> None:
            self.push(chunk)
            callback()

        def _final(self, callback: Any) -> None:
            self.push(None)
            callback()

    chunks: list[bytes] = []

    def main() -> None:
        echo = Echo()
        echo.on("data", chunks.append)
        echo.write(b"a")
        echo.end(b"b")

    run(main)
    assert b"".join(chunks) == b"ab"
