"""Timers to await."""

from collections.abc import Awaitable, Callable
from typing import Any

import nodestream.timers as timers
from compliance._trace import Scenarios, Trace
from nodestream.abort import AbortController, AbortSignal
from nodestream.timers import promises
from nodestream.timers.promises import scheduler, set_immediate, set_interval, set_timeout

scenarios = Scenarios()


async def outcome(t: Trace, name: str, make: Callable[..., Awaitable[Any]], *args: Any) -> None:
    try:
        t(name, await make(*args))
    except Exception as error:
        t(f"{name} fails", error, *([error.cause] if hasattr(error, "cause") else []))


WRONG: list[Any] = [5, [], "x", {"ref": 5}, {"signal": 5}, {"signal": {}}]
STARTS: dict[str, Callable[..., Awaitable[Any]]] = {
    "timeout": lambda *args: set_timeout(1, "value", *args),
    "immediate": lambda *args: set_immediate("value", *args),
    "wait": lambda *args: scheduler.wait(1, *args),
    "interval": lambda *args: anext(set_interval(1, "value", *args)),
}


async def is_done(interval: Any) -> bool:
    return await anext(interval, "done") == "done"


@scenarios
def names(t: Trace) -> None:
    kinds = ["function" if callable(each) else "" for each in (scheduler.wait, scheduler.yield_)]
    t("module", timers.promises is promises, *kinds)


@scenarios
async def values(t: Trace) -> None:
    await outcome(t, "timeout", lambda: set_timeout(1, "value"))
    await outcome(t, "no delay", set_timeout)
    await outcome(t, "immediate", lambda: set_immediate({"a": 1}))
    await outcome(t, "no value", set_immediate)
    await outcome(t, "wait", lambda: scheduler.wait(1))
    await outcome(t, "yield", scheduler.yield_)


@scenarios
async def wrong_options(t: Trace) -> None:
    for name, start in STARTS.items():
        for options in WRONG:
            await outcome(t, name, start, options)


@scenarios
async def wrong_delays(t: Trace) -> None:
    delays: list[Any] = ["5", {}, True]
    for delay in delays:
        await outcome(t, "timeout", set_timeout, delay)
        await outcome(t, "wait", scheduler.wait, delay)
        await outcome(t, "interval", lambda delay: anext(set_interval(delay)), delay)


@scenarios
async def several_things_wrong(t: Trace) -> None:
    aborted = AbortSignal.abort("why")
    several: list[Any] = [5, {"signal": 5, "ref": 5}, {"signal": aborted}, {"signal": aborted, "ref": 5}]
    delays: list[Any] = ["5", 1]
    for options in several:
        for delay in delays:
            await outcome(t, "timeout", set_timeout, delay, "value", options)
            await outcome(t, "interval", lambda *args: anext(set_interval(*args)), delay, "value", options)
        await outcome(t, "immediate", set_immediate, "value", options)


@scenarios
async def aborted_before(t: Trace) -> None:
    for name, start in STARTS.items():
        await outcome(t, name, start, {"signal": AbortSignal.abort("why")})


@scenarios
async def aborted_while_waiting(t: Trace) -> None:
    for name, start in STARTS.items():
        controller = AbortController()
        wanted = start({"signal": controller.signal})
        controller.abort(Exception("enough"))
        await outcome(t, name, lambda wanted: wanted, wanted)


@scenarios
async def aborted_afterwards(t: Trace) -> None:
    controller = AbortController()
    await outcome(t, "timeout", lambda: set_timeout(1, "value", {"signal": controller.signal}))
    controller.abort("later")
    await outcome(t, "again", lambda: set_timeout(1, "value", {"signal": controller.signal}))


@scenarios
async def without_a_reference(t: Trace) -> None:
    kept = timers.set_timeout(lambda: None, 1000)
    await outcome(t, "timeout", lambda: set_timeout(1, "value", {"ref": False}))
    await outcome(t, "immediate", lambda: set_immediate("value", {"ref": False}))
    timers.clear_timeout(kept)
    set_timeout(1000, "value", {"ref": False}).when_settled(t.callback("never"))


@scenarios
async def the_order(t: Trace) -> None:
    timers.set_immediate(t.callback("immediate"))
    await set_immediate()
    t("after the immediate")
    timers.set_timeout(t.callback("timeout"), 2)
    await set_timeout(2)
    t("after the timeout")


@scenarios
async def an_interval(t: Trace) -> None:
    count = 0
    async for value in set_interval(2, "value"):
        t("tick", value)
        count += 1
        if count == 3:
            break


@scenarios
async def an_interval_that_is_closed(t: Trace) -> None:
    interval = set_interval(2, "value")
    t("first", await anext(interval))
    await interval.aclose()
    t("after", await is_done(interval))


@scenarios
async def an_interval_that_is_closed_before_it_begins(t: Trace) -> None:
    wrong: Any = "wrong"
    interval = set_interval(wrong)
    await interval.aclose()
    t("after", await is_done(interval))


@scenarios
async def an_interval_that_failed(t: Trace) -> None:
    wrong: Any = "wrong"
    interval = set_interval(wrong)
    await outcome(t, "first", lambda: anext(interval))
    t("after", await is_done(interval))


@scenarios
async def ticks_that_were_not_taken_come_before_the_abort(t: Trace) -> None:
    controller = AbortController()
    interval = set_interval(2, "value", {"signal": controller.signal})
    t("first", await anext(interval))
    await set_timeout(30)
    controller.abort("enough")
    t("second", await anext(interval))

    async def rest() -> None:
        async for value in interval:
            if value != "value":
                t("other", value)

    await outcome(t, "end", rest)
    t("after", await is_done(interval))
