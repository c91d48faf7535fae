"""How the loop ends; each scenario in a process of its own."""

from typing import Any

import nodestream.process as process
from compliance._trace import Scenarios, Trace
from nodestream.events import EventEmitter
from nodestream.process import next_tick
from nodestream.timers import set_immediate, set_timeout

scenarios = Scenarios()
solo = True


def boom(*args: object) -> Any:
    raise Exception("boom")


@scenarios
def exit_comes_when_nothing_is_left(t: Trace) -> None:
    process.on("beforeExit", t.callback("beforeExit"))
    process.on("exit", t.callback("exit"))
    set_timeout(t.callback("timer"), 1)


@scenarios
def before_exit_can_go_on(t: Trace) -> None:
    n = 0

    def before_exit(code: int) -> None:
        nonlocal n
        n += 1
        t("beforeExit")
        if n < 3:
            set_immediate(t.callback("more"))

    process.on("beforeExit", before_exit)
    process.on("exit", t.callback("exit"))


@scenarios
def a_tick_in_before_exit_does_not_go_on(t: Trace) -> None:
    def before_exit(code: int) -> None:
        t("beforeExit")
        next_tick(t.callback("tick"))

    process.on("beforeExit", before_exit)
    process.on("exit", t.callback("exit"))


@scenarios
def an_uncaught_exception_ends_it(t: Trace) -> None:
    def fail() -> None:
        next_tick(t.callback("tick"))
        boom()

    process.on("beforeExit", t.callback("beforeExit"))
    set_immediate(fail)
    set_immediate(t.callback("next immediate"))


@scenarios
def a_rejection_ends_it(t: Trace) -> None:
    async def fail() -> None:
        boom()

    process.on("beforeExit", t.callback("beforeExit"))
    EventEmitter().on("x", fail).emit("x")
    set_timeout(t.callback("timer"), 50)


@scenarios
def an_exception_in_exit(t: Trace) -> None:
    process.on("exit", lambda code: (t("exit"), boom()))
