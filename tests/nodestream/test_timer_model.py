"""The heap of timers against a plain list of what is due when."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nodestream._timer_heap import MOST_DEAD, Timeout
from nodestream.loop import EventLoop

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("set"), st.integers(1, 20)),
        st.tuples(st.sampled_from(["refresh", "close", "unref", "ref"]), st.integers(0, 30)),
        st.tuples(st.just("pass"), st.integers(0, 15)),
    ),
    max_size=60,
)


class Model:
    """Each timer's time, and the order in which they were armed."""

    def __init__(self) -> None:
        self.due: dict[int, tuple[int, int]] = {}
        self.closed: set[int] = set()
        self.unreferenced: set[int] = set()
        self.count = 0

    def arm(self, number: int, when: int) -> None:
        self.count += 1
        self.due[number] = (when, self.count)

    def pop_until(self, now: int) -> list[int]:
        ready = sorted((when, order, number) for number, (when, order) in self.due.items() if when <= now)
        for _, _, number in ready:
            del self.due[number]
        return [number for _, _, number in ready]

    @property
    def referenced(self) -> int:
        return len(self.due.keys() - self.unreferenced)


@given(STEPS)
def test_timers_come_up_as_in_a_plain_list(steps: list[tuple[str, int]]) -> None:
    loop, model, timers, now = EventLoop(), Model(), list[Timeout](), 0
    heap = loop.timers
    for what, number in steps:
        if what == "set":
            timer = Timeout(loop, lambda: None, number, (), repeat=False)
            heap.arm(timer, now)
            model.arm(len(timers), now + number)
            timers.append(timer)
        elif what == "pass":
            now += number
            came = []
            while (timer := heap.pop_due(now)) is not None:
                came.append(timers.index(timer))
            assert came == model.pop_until(now)
        elif number < len(timers):
            timer = timers[number]
            if what == "refresh" and number not in model.closed:
                heap.arm(timer, now)
                model.arm(number, now + int(timer._delay))
            elif what == "close":
                timer.close()
                model.closed.add(number)
                model.due.pop(number, None)
            elif what == "unref":
                timer.unref()
                model.unreferenced.add(number)
            elif what == "ref":
                timer.ref()
                model.unreferenced.discard(number)
        assert heap.referenced == model.referenced
        first = min((when for when, _ in model.due.values()), default=float("inf"))
        assert heap.next_due() <= first
        assert (heap.next_due() < float("inf")) == bool(model.due)
        assert heap.next_due() > now or first <= now or heap.pop_due(now) is None


@given(st.integers(0, 500), st.integers(0, 20))
def test_what_is_cancelled_is_dropped_when_it_is_the_greater_part(cancelled: int, kept: int) -> None:
    loop = EventLoop()
    timers = [Timeout(loop, lambda: None, 1000, (), repeat=False) for _ in range(cancelled + kept)]
    for timer in timers:
        loop.timers.arm(timer, 0)
    for timer in timers[:cancelled]:
        timer.close()
    assert len(loop.timers._entries) <= kept + max(kept, MOST_DEAD) + 1
    popped = []
    while (timer := loop.timers.pop_due(1000)) is not None:
        popped.append(timer)
    assert popped == timers[cancelled:]
