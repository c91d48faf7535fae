"""What a piece of work costs, in two measures that hold on a machine that is busy with other things.

*Instructions* of Python's bytecode are counted, by tracing: the figure is the same in every run, on any machine, of one
version of Python. It tells nothing of what C does.

*Time* is processor time of this thread, over that of a fixed piece of plain Python that has its turn before each slice
of the work: a slow or busy machine slows both. It is coarse, and sees all: system calls, copies, the collector.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Any

from bench.budget._work import Work

SLICES = 10
TRACED = 200  # times that a piece is done while tracing, at most: tracing is slow
REFERENCE = 25000


@dataclass(frozen=True, slots=True)
class Cost:
    """What it costs to do a piece of work once: instructions, and time in rounds of the reference."""

    instructions: float
    time: float


def cost(work: Work) -> Cost:
    """Measure a piece of work, after doing it once so that all is imported and made that lasts."""
    work.do(work.slice)
    return Cost(_instructions(work), _time(work))


def _instructions(work: Work) -> float:
    """Twice as much work less once the work: what it takes to begin and to end is in neither."""
    count = min(work.slice, TRACED)
    seen = 0

    def in_frame(frame: FrameType, event: str, _: object) -> Any:
        nonlocal seen
        seen += event == "opcode"
        return in_frame

    def on_call(frame: FrameType, *_: object) -> Any:
        frame.f_trace_lines = False
        frame.f_trace_opcodes = True
        return in_frame

    before = sys.gettrace()
    sys._getframe().f_trace_opcodes = True  # else Python 3.12 does not begin to tell of opcodes
    sys.settrace(on_call)
    try:
        work.do(count)
        once = seen
        work.do(2 * count)
    finally:
        sys.settrace(before)
    return (seen - 2 * once) / count


def _time(work: Work) -> float:
    """The quickest slice of each: what disturbs only ever adds."""
    reference, worked = [], []
    for _ in range(SLICES):
        reference.append(_seconds(_reference, REFERENCE) / REFERENCE)
        worked.append(_seconds(work.do, work.slice) / work.slice)
    return min(worked) / min(reference)


def _seconds(do: Callable[[int], None], count: int) -> float:
    begun = time.thread_time()
    do(count)
    return time.thread_time() - begun


class _Place:
    def __init__(self) -> None:
        self.count = 0
        self.known: dict[int, object] = {}

    def put(self, key: int) -> tuple[int, int]:
        self.count += 1
        kept = (key, self.count)
        self.known[key & 63] = kept
        return kept


def _reference(rounds: int) -> None:
    """Calls, attributes, a dict, a list, and tuples that come and go."""
    place, recent = _Place(), list[object]()
    for number in range(rounds):
        recent.append(place.put(number))
        if len(recent) == 16:
            recent.clear()
