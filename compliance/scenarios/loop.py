"""Ticks, immediates, timers, and what nobody caught."""

from collections.abc import Callable
from typing import Any

import nodestream.process as process
import nodestream.timers as timers
from compliance._trace import Scenarios, Trace
from nodestream.events import EventEmitter
from nodestream.process import next_tick
from nodestream.timers import (
    clear_immediate,
    clear_interval,
    clear_timeout,
    set_immediate,
    set_interval,
    set_timeout,
)

scenarios = Scenarios()


def both(*functions: Callable[[], object]) -> Callable[[], None]:
    """A function that calls several."""

    def call() -> None:
        for function in functions:
            function()

    return call


def boom() -> Any:
    raise Exception("boom")


def reject() -> None:
    """Let an async function fail with nobody there to take it."""

    async def fail() -> None:
        boom()

    EventEmitter().on("x", fail).emit("x")


@scenarios
def ticks_come_before_immediates_and_timers(t: Trace) -> None:
    set_timeout(t.callback("timeout"), 20)
    set_immediate(t.callback("immediate"))
    next_tick(t.callback("tick"), 1, "two")
    t("sync")


@scenarios
def ticks_queued_by_ticks_run_in_the_same_drain(t: Trace) -> None:
    set_immediate(t.callback("immediate"))
    next_tick(both(lambda: t("a"), lambda: next_tick(both(lambda: t("c"), lambda: next_tick(t.callback("d"))))))
    next_tick(t.callback("b"))


@scenarios
def ticks_run_between_immediates(t: Trace) -> None:
    set_immediate(both(lambda: t("first"), lambda: next_tick(t.callback("tick"))))
    set_immediate(t.callback("second"))


@scenarios
def an_immediate_set_by_an_immediate_waits_for_the_next_round(t: Trace) -> None:
    set_immediate(
        both(lambda: t("a"), lambda: set_immediate(t.callback("c")), lambda: next_tick(t.callback("tick of a")))
    )
    set_immediate(t.callback("b"))


@scenarios
def a_cleared_immediate_does_not_run(t: Trace) -> None:
    b = set_immediate(t.callback("b"))
    set_immediate(both(lambda: t("a"), lambda: clear_immediate(c)))
    c = set_immediate(t.callback("c"))
    set_immediate(t.callback("d"), 4)
    clear_immediate(b)
    clear_immediate(b)
    clear_immediate(None)


@scenarios
def timers_of_one_delay_run_in_order(t: Trace) -> None:
    for name in "abc":
        set_timeout(t.callback(name), 5, name)


@scenarios
def timers_of_different_delays_run_by_time(t: Trace) -> None:
    set_timeout(t.callback("30"), 30)
    set_timeout(t.callback("1"), 1)
    set_timeout(t.callback("15"), 15)
    set_timeout(t.callback("0"), 0)
    set_timeout(t.callback("none"))


@scenarios
def ticks_run_between_timers(t: Trace) -> None:
    set_timeout(both(lambda: t("first"), lambda: next_tick(t.callback("tick"))), 5)
    set_timeout(t.callback("second"), 5)


@scenarios
def a_cleared_timer_does_not_run(t: Trace) -> None:
    a = set_timeout(t.callback("a"), 1)
    set_timeout(both(lambda: t("b"), lambda: clear_timeout(c)), 5)
    c = set_timeout(t.callback("c"), 5)
    clear_timeout(a)
    clear_timeout(None)
    set_timeout(t.callback("d"), 5)


@scenarios
def an_interval_repeats_until_cleared(t: Trace) -> None:
    n = 0

    def step(word: str) -> None:
        nonlocal n
        n += 1
        t("interval", n, word)
        if n == 3:
            clear_interval(interval)

    interval = set_interval(step, 2, "x")


@scenarios
def a_timer_can_be_refreshed(t: Trace) -> None:
    a = set_timeout(t.callback("a"), 40)
    set_timeout(both(lambda: t("refresh", a.refresh() is a), lambda: set_timeout(t.callback("b"), 20)), 20)


@scenarios
def a_finished_timer_can_be_refreshed(t: Trace) -> None:
    n = 0

    def step() -> None:
        nonlocal n
        n += 1
        t("a", n)
        if n < 3:
            a.refresh()

    a = set_timeout(step, 2)


@scenarios
def a_timer_that_is_not_referenced_does_not_keep_the_loop(t: Trace) -> None:
    a = set_timeout(t.callback("never"), 5000)
    t("hasRef", a.has_ref(), a.unref() is a, a.has_ref())
    set_timeout(t.callback("b"), 1)


@scenarios
def an_immediate_that_is_not_referenced(t: Trace) -> None:
    a = set_immediate(t.callback("a"))
    t("hasRef", a.has_ref(), a.unref() is a, a.has_ref(), a.ref() is a, a.has_ref())


@scenarios
def callbacks_must_be_functions(t: Trace) -> None:
    text: Any = "x"
    number: Any = 5
    mapping: Any = {}
    t.call("timeout", lambda: set_timeout(text, 1))
    t.call("interval", lambda: set_interval(number, 1))
    t.call("immediate", lambda: set_immediate(mapping))
    t.call("tick", next_tick, text)


@scenarios
def an_uncaught_exception_goes_to_its_listener(t: Trace) -> None:
    process.remove_all_listeners("uncaughtException")
    process.on("uncaughtException", lambda error, origin: t("caught", error, origin))
    set_immediate(both(lambda: next_tick(t.callback("tick")), boom))
    set_immediate(t.callback("next immediate"))
    set_timeout(t.callback("timer"), 20)


@scenarios
def an_exception_in_a_tick_does_not_stop_the_others(t: Trace) -> None:
    next_tick(both(lambda: t("a"), boom))
    next_tick(t.callback("b"))
    set_immediate(t.callback("immediate"))


@scenarios
def an_exception_in_a_timer_does_not_stop_the_others(t: Trace) -> None:
    set_timeout(both(lambda: t("a"), lambda: next_tick(t.callback("tick")), boom), 2)
    set_timeout(t.callback("b"), 2)


@scenarios
def an_exception_in_an_interval_does_not_stop_it(t: Trace) -> None:
    n = 0

    def step() -> None:
        nonlocal n
        n += 1
        t("i", n)
        if n == 3:
            clear_interval(interval)
        boom()

    interval = set_interval(step, 2)


@scenarios
def a_rejection_goes_to_unhandled_rejection(t: Trace) -> None:
    process.on("unhandledRejection", lambda error, promise: t("unhandledRejection", error))
    reject()


@scenarios
def a_rejection_without_listener_is_an_uncaught_exception(t: Trace) -> None:
    process.remove_all_listeners("uncaughtException")
    process.on("uncaughtException", lambda error, origin: t("caught", error, origin))
    reject()


@scenarios
def timers_is_the_module_too(t: Trace) -> None:
    timers.set_timeout(t.callback("timeout"), 20)
    timers.set_immediate(t.callback("immediate"))
