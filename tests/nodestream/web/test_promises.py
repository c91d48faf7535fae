"""Promises and microtasks: what web streams are made on."""

from __future__ import annotations

from typing import Any

import pytest

from nodestream import run
from nodestream.errors import ERR_UNHANDLED_ERROR
from nodestream.loop import Promise, current_loop, next_tick
from nodestream.timers import set_immediate
from nodestream.web._promises import attempt, promise_of, transformed, wait_for_all

from .support import unhandled_in


def test_microtasks_run_after_the_ticks_and_before_anything_else() -> None:
    trace: list[str] = []

    def main() -> None:
        loop = current_loop()
        set_immediate(trace.append, "immediate")
        loop.queue_microtask(trace.append, "microtask")
        loop.queue_microtask(next_tick, trace.append, "tick of a microtask")
        loop.queue_microtask(loop.queue_microtask, trace.append, "microtask of a microtask")
        next_tick(trace.append, "tick")
        trace.append("main")

    run(main)
    assert trace == [
        "main",
        "tick",
        "microtask",
        "microtask of a microtask",
        "tick of a microtask",
        "immediate",
    ]


def test_a_microtask_that_fails_is_an_uncaught_exception() -> None:
    def fail() -> None:
        raise ValueError("boom")

    with pytest.raises(ValueError, match="boom"):
        run(lambda: current_loop().queue_microtask(fail))


def test_microtasks_of_a_task_run_before_the_ticks() -> None:
    trace: list[str] = []

    async def main() -> None:
        next_tick(trace.append, "tick")
        current_loop().queue_microtask(trace.append, "microtask")
        promise: Promise[None] = Promise()
        set_immediate(promise.resolve, None)
        await promise

    run(main)
    assert trace == ["microtask", "tick"]


def test_a_reaction_is_a_microtask_and_gets_what_came_of_the_promise() -> None:
    trace: list[Any] = []

    def main() -> None:
        promise: Promise[int] = Promise()
        promise.when_settled(trace.append)
        promise.resolve(1)
        promise.when_settled(lambda value: trace.append(value + 1))
        failed: Promise[int] = Promise()
        failed.when_settled(trace.append, trace.append)
        failed.reject("reason")
        trace.append("main")

    run(main)
    assert trace == ["main", 1, 2, "reason"]


def test_awaiting_a_rejection_that_is_no_exception_raises_one_with_it() -> None:
    async def main() -> Any:
        promise: Promise[int] = Promise()
        promise.reject("reason")
        with pytest.raises(ERR_UNHANDLED_ERROR) as raised:
            await promise
        return raised.value.context

    assert run(main) == "reason"


@pytest.mark.parametrize(("handled", "count"), [(True, 0), (False, 1)])
def test_a_rejection_is_unhandled_unless_it_is_marked(handled: bool, count: int) -> None:
    def main() -> None:
        promise: Promise[int] = Promise()
        if handled:
            promise.mark_as_handled()
        promise.reject(ValueError("boom"))

    assert len(unhandled_in(main)) == count


def test_a_derived_promise_becomes_what_its_reaction_returns() -> None:
    async def later(value: int) -> int:
        return value + 1

    async def main() -> list[Any]:
        one = promise_of(1)
        plus = transformed(one, lambda value: value + 1)
        chained = transformed(one, lambda value: promise_of(later(value)))
        recovered = transformed(attempt(lambda: 1 // 0), None, lambda error: type(error).__name__)
        return [await plus, await chained, await recovered]

    assert run(main) == [2, 2, "ZeroDivisionError"]


def test_waiting_for_all_fails_with_the_first_error() -> None:
    async def main() -> None:
        await wait_for_all([promise_of(1), promise_of(2)])
        await wait_for_all([])
        with pytest.raises(ZeroDivisionError):
            await wait_for_all([promise_of(1), attempt(lambda: 1 // 0)])

    run(main)
