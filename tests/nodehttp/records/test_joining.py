"""When what is joined into chunks leaves. Time is simulated."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from trio.testing import MockClock

from nodehttp.records._joining import Joiner
from nodestream.loop import current_loop, run
from nodestream.timers import set_immediate, set_timeout

Happening = tuple[float, Callable[[Joiner], object]]


UNIT = 10
"""Milliseconds that the tests count by, so that no fraction of one matters."""


def over_time(*happenings: Happening, chunk_size: int = 100, flush_interval: float = 5) -> list[tuple[float, bytes]]:
    """Let things happen to a joiner at given times; what left, and when."""
    sent: list[tuple[float, bytes]] = []

    def main() -> None:
        timers = current_loop().timers
        begun = timers.now

        def send(data: bytes) -> None:
            sent.append((round((timers.now - begun) / UNIT), data))

        joiner = Joiner(send, chunk_size, flush_interval * UNIT)
        for when, act in happenings:
            if when:
                set_timeout(act, when * UNIT, joiner)
            else:
                act(joiner)

    run(main, clock=MockClock(autojump_threshold=0))
    return sent


def add(*pieces: bytes) -> Callable[[Joiner], object]:
    return lambda joiner: [joiner.add(piece) for piece in pieces]


@pytest.mark.parametrize(
    ("happenings", "sent"),
    [
        pytest.param([(0, add(b"a"))], [(0, b"a")], id="what comes alone does not wait"),
        pytest.param([(0, add(b"a", b"b", b"c"))], [(0, b"abc")], id="what comes together leaves together"),
        pytest.param(
            [(0, add(b"a")), (1, add(b"b")), (3, add(b"c"))],
            [(0, b"a"), (5, b"bc")],
            id="what follows closely waits until the interval is over",
        ),
        pytest.param(
            [(0, add(b"a")), (5, add(b"b")), (100, add(b"c"))],
            [(0, b"a"), (5, b"b"), (100, b"c")],
            id="what comes after the interval does not wait",
        ),
        pytest.param(
            [(0, add(b"a")), (1, add(b"b" * 60)), (2, add(b"c" * 40)), (3, add(b"d"))],
            [(0, b"a"), (2, b"b" * 60 + b"c" * 40), (7, b"d")],
            id="a chunk that is large enough does not wait",
        ),
        pytest.param([(0, add(b"a" * 100, b"b"))], [(0, b"a" * 100), (5, b"b")], id="nor one that was so at once"),
        pytest.param(
            [(0, add(b"a")), (1, add(b"b")), (2, Joiner.flush), (4, add(b"c")), (5, Joiner.flush)],
            [(0, b"a"), (2, b"b"), (5, b"c")],
            id="flushed by hand",
        ),
        pytest.param([(0, add(b"a")), (1, add(b"b")), (2, Joiner.close)], [(0, b"a")], id="dropped"),
        pytest.param([(0, Joiner.flush)], [], id="nothing to flush"),
    ],
)
def test_when_a_chunk_leaves(happenings: list[Happening], sent: list[tuple[float, bytes]]) -> None:
    assert over_time(*happenings) == sent


def test_without_an_interval_all_of_one_round_leaves_together() -> None:
    def happen(joiner: Joiner) -> None:
        joiner.add(b"a")
        joiner.add(b"b")
        set_immediate(joiner.add, b"c")

    assert over_time((0, happen), (1, add(b"d")), flush_interval=0) == [(0, b"ab"), (0, b"c"), (1, b"d")]


def test_somebody_else_may_decide_what_happens_when_it_is_time() -> None:
    sent: list[bytes] = []
    calls: list[bool] = []

    def main() -> None:
        joiner = Joiner(sent.append, 100, 5, lambda: calls.append(joiner.is_empty))
        joiner.add(b"a")
        set_timeout(joiner.flush, 20)

    run(main, clock=MockClock(autojump_threshold=0))
    assert calls == [False]
    assert sent == [b"a"]
