"""`duplex_pair()`: what is written to one side is read from the other."""

from __future__ import annotations

from typing import Any

import pytest

from nodestream import duplex_pair, duplexPair, run
from nodestream.timers import set_immediate

from .support import after_rounds, collected, follow


def test_each_side_reads_what_is_written_to_the_other() -> None:
    seen: list[Any] = []

    def main() -> None:
        first, second = duplexPair()
        seen.extend([collected(first), collected(second)])
        first.end("to the second")
        second.end(b"to the first")

    run(main)
    assert seen == [[b"to the first"], [b"to the second"]]


def test_both_close_when_both_have_ended() -> None:
    trace: list[Any] = []

    def main() -> None:
        first, second = duplex_pair()
        follow(first, trace, "end", "finish", "close", prefix="first ")
        follow(second, trace, "end", "finish", "close", prefix="second ")
        for side in (first, second):
            side.resume()
            side.end()

    run(main)
    assert sorted(trace) == [f"{side} {event}" for side in ("first", "second") for event in ("close", "end", "finish")]


def test_a_write_is_done_when_the_other_side_asks_for_more() -> None:
    seen: list[Any] = []

    def main() -> None:
        first, second = duplex_pair(high_water_mark=4)
        assert first.write(b"abcd", lambda: seen.append("written")) is False
        after_rounds(2, lambda: (seen.append("read"), second.read()))

    run(main)
    assert seen == ["read", "written"]


def test_an_empty_write_is_done_at_once() -> None:
    seen: list[Any] = []
    run(lambda: duplex_pair()[0].write(b"", lambda: seen.append("written")))
    assert seen == ["written"]


def test_options_are_for_both_sides() -> None:
    for side in duplex_pair({"objectMode": True}, readable_high_water_mark=3):
        assert side.readable_object_mode
        assert side.writable_object_mode
        assert side.readable_high_water_mark == 3


@pytest.mark.parametrize("error", [None, ValueError("x")])
def test_the_other_side_ends_when_one_is_destroyed_and_is_closed_if_it_has_failed(error: Any) -> None:
    trace: list[Any] = []

    def main() -> None:
        first, second = duplex_pair()
        first.on("error", lambda error: None)
        follow(second, trace, "end", "error", "close")
        second.resume()
        first.destroy(error)
        set_immediate(set_immediate, lambda: trace.append(("destroyed", second.destroyed)))

    run(main)
    assert trace == (["end", ("destroyed", False)] if error is None else ["close", ("destroyed", True)])
