"""`process`: ticks, and the events of the loop's life."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any

import pytest
import trio

from nodestream import open_loop, process, run
from nodestream.errors import ERR_INVALID_ARG_TYPE
from nodestream.loop import Handle, current_loop
from nodestream.timers import set_immediate, set_timeout


@pytest.fixture
def trace() -> Iterator[list[Any]]:
    yield []
    process.remove_all_listeners("uncaughtException")
    process.remove_all_listeners("unhandledRejection")
    for name in ("beforeExit", "exit", "SIGUSR1", "SIGINT", "SIGTERM"):
        process.remove_all_listeners(name)


def fail(text: str = "x") -> None:
    raise ValueError(text)


async def fail_async(text: str = "x") -> None:
    raise ValueError(text)


def test_ticks_run_after_the_callback_and_before_everything_else(trace: list[Any]) -> None:
    def main() -> None:
        set_immediate(trace.append, "immediate")
        process.next_tick(lambda: (trace.append("tick"), process.nextTick(trace.append, "tick of a tick")))
        trace.append("main")

    run(main)
    assert trace == ["main", "tick", "tick of a tick", "immediate"]


def test_a_tick_that_is_no_function_is_refused() -> None:
    with pytest.raises(ERR_INVALID_ARG_TYPE, match=r'The "callback" argument .* type function. Received type number'):
        process.next_tick(3)  # type: ignore[arg-type]


# --- uncaughtException ---


def test_an_uncaught_exception_goes_to_the_listener_and_the_loop_goes_on(trace: list[Any]) -> None:
    process.on("uncaughtException", lambda error, origin: trace.append((str(error), origin)))

    def main() -> None:
        set_immediate(fail, "first")
        set_immediate(fail, "second")
        set_timeout(trace.append, 1, "timer")

    run(main)
    assert sorted(trace, key=str) == [("first", "uncaughtException"), ("second", "uncaughtException"), "timer"]


def test_ticks_that_are_left_run_after_a_handled_exception(trace: list[Any]) -> None:
    process.on("uncaughtException", lambda error, origin: trace.append(str(error)))

    def main() -> None:
        process.next_tick(fail, "tick")
        process.next_tick(trace.append, "left")

    run(main)
    assert trace == ["tick", "left"]


def test_without_a_listener_the_loop_ends_with_the_exception_as_itself(trace: list[Any]) -> None:
    error = ValueError("x")

    def raise_it() -> None:
        raise error

    def main() -> None:
        set_immediate(raise_it)
        set_timeout(trace.append, 1, "never")

    with pytest.raises(ValueError, match="x") as caught:
        run(main)
    assert caught.value is error
    assert error.__context__ is None and error.__cause__ is None
    assert trace == []


def test_an_exception_of_the_listener_itself_ends_the_loop(trace: list[Any]) -> None:
    process.on("uncaughtException", lambda error, origin: fail("listener"))
    with pytest.raises(ValueError, match="listener"):
        run(lambda: set_immediate(fail))


def test_a_failing_main_can_be_handled_too(trace: list[Any]) -> None:
    process.on("uncaughtException", lambda error, origin: trace.append(str(error)))
    assert run(fail) is None
    assert run(fail_async) is None
    assert trace == ["x", "x"]


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt()])
def test_what_is_no_error_is_not_handled(trace: list[Any], error: BaseException) -> None:
    process.on("uncaughtException", lambda error, origin: trace.append(error))

    def raise_it() -> None:
        raise error

    with pytest.raises(type(error)):
        run(lambda: set_immediate(raise_it))
    assert trace == []


# --- unhandledRejection ---


def test_an_unhandled_rejection_goes_to_its_listener_first(trace: list[Any]) -> None:
    process.on("uncaughtException", lambda error, origin: trace.append("wrong"))
    process.on("unhandledRejection", lambda error, promise: trace.append(str(error)))
    run(lambda: current_loop().spawn(fail_async(), None))
    assert trace == ["x"]


def test_an_unhandled_rejection_without_listener_is_an_uncaught_exception(trace: list[Any]) -> None:
    process.on("uncaughtException", lambda error, origin: trace.append((str(error), origin)))
    run(lambda: current_loop().spawn(fail_async(), None))
    assert trace == [("x", "unhandledRejection")]


def test_an_unhandled_rejection_that_nobody_handles_ends_the_loop() -> None:
    with pytest.raises(ValueError, match="x"):
        run(lambda: current_loop().spawn(fail_async(), None))


# --- beforeExit and exit ---


def test_what_before_exit_schedules_still_runs(trace: list[Any]) -> None:
    process.once("beforeExit", lambda code: set_immediate(trace.append, "more"))
    process.on("beforeExit", lambda code: trace.append(("beforeExit", code)))
    process.on("exit", lambda code: trace.append(("exit", code)))
    run()
    assert trace == [("beforeExit", 0), "more", ("beforeExit", 0), ("exit", 0)]


def test_exit_is_not_told_of_a_loop_inside_a_trio_program(trace: list[Any]) -> None:
    process.on("exit", lambda code: trace.append("exit"))

    async def main() -> None:
        async with open_loop():
            pass

    trio.run(main)
    assert trace == []


def test_an_exception_in_before_exit_is_uncaught(trace: list[Any]) -> None:
    process.on("beforeExit", lambda code: fail("before"))
    with pytest.raises(ValueError, match="before"):
        run()


# --- signals ---


def test_a_signal_calls_its_listener_with_name_and_number(trace: list[Any]) -> None:
    def main() -> None:
        process.once("SIGUSR1", lambda name, number: (trace.append((name, number)), handle.close()))
        handle = Handle(current_loop(), lambda: None)
        set_timeout(os.kill, 1, os.getpid(), signal.SIGUSR1)

    before = signal.getsignal(signal.SIGUSR1)
    run(main)
    assert trace == [("SIGUSR1", int(signal.SIGUSR1))]
    assert signal.getsignal(signal.SIGUSR1) == before


def test_a_listener_for_sigint_takes_the_place_of_keyboard_interrupt(trace: list[Any]) -> None:
    def on_sigint(name: str, number: int) -> None:
        trace.append(name)
        process.off("SIGINT", on_sigint)
        handle.close()

    def main() -> None:
        nonlocal handle
        process.on("SIGINT", on_sigint)
        handle = Handle(current_loop(), lambda: None)
        set_timeout(signal.raise_signal, 1, signal.SIGINT)

    handle: Any = None
    run(main)
    assert trace == ["SIGINT"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_listener_that_was_added_before_the_loop_hears_the_signal(trace: list[Any]) -> None:
    process.on("SIGUSR1", lambda name, number: trace.append(name))
    set_timeout(signal.raise_signal, 1, signal.SIGUSR1)
    set_timeout(lambda: None, 20)
    run()
    assert trace == ["SIGUSR1"]


def test_a_listener_that_stays_hears_the_signal_in_the_next_loop_too(trace: list[Any]) -> None:
    process.on("SIGUSR1", lambda name, number: trace.append(name))
    for _ in range(2):
        run(lambda: (set_timeout(signal.raise_signal, 1, signal.SIGUSR1), set_timeout(lambda: None, 20)))
    assert trace == ["SIGUSR1"] * 2


def test_a_listener_for_a_signal_does_not_keep_the_loop_alive(trace: list[Any]) -> None:
    process.on("SIGUSR1", trace.append)
    run()
    assert trace == []


def test_an_event_that_is_named_like_no_signal_is_just_an_event(trace: list[Any]) -> None:
    process.on("SIGNOTHING", trace.append)
    process.emit("SIGNOTHING", 1)
    process.remove_all_listeners("SIGNOTHING")
    assert trace == [1]
