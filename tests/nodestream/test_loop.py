"""The event loop: order, life and death."""

from __future__ import annotations

import contextlib
import contextvars
import gc
import math
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
import warnings
import weakref
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing

import nodestream
from nodestream import EventEmitter, Readable, open_loop, process, run
from nodestream.errors import ERR_UNSETTLED_AWAIT
from nodestream.loop import EventLoop, Handle, Promise, Watcher, current_loop, next_tick
from nodestream.timers import set_immediate, set_timeout

ROOT = Path(__file__).parents[2]


async def nothing() -> None:
    pass


def settled(value: Any = None) -> Promise[Any]:
    promise: Promise[Any] = Promise()
    promise.resolve(value)
    return promise


# --- order ---


def test_a_round_is_timers_completions_immediates_closings() -> None:
    trace: list[str] = []

    def main() -> None:
        loop = current_loop()

        def on_timer() -> None:
            trace.append("timer")
            set_immediate(trace.append, "immediate")
            loop.close_later(trace.append, "closing")
            loop.complete_later(trace.append, "completion")
            next_tick(trace.append, "tick")

        set_timeout(on_timer, 1)

    run(main)
    assert trace == ["timer", "tick", "completion", "immediate", "closing"]


def test_ticks_are_drained_after_each_callback_of_each_kind() -> None:
    trace: list[str] = []

    def noting(name: str) -> Callable[[], None]:
        return lambda: (trace.append(name), next_tick(trace.append, f"tick of {name}"))[0]

    def main() -> None:
        loop = current_loop()
        for number in "12":
            set_immediate(noting(f"immediate {number}"))
            loop.close_later(noting(f"closing {number}"))
            loop.complete_later(noting(f"completion {number}"))

    run(main)
    assert trace[::2] == [line.removeprefix("tick of ") for line in trace[1::2]]
    assert [line.split()[0] for line in trace[::2]] == ["completion"] * 2 + ["immediate"] * 2 + ["closing"] * 2


def test_coroutines_start_in_the_order_in_which_they_were_spawned_and_run_until_they_wait() -> None:
    trace: list[str] = []

    async def work(name: str) -> None:
        trace.append(f"{name} begins")
        await settled()
        trace.append(f"{name} goes on")
        await nothing()
        await promise
        trace.append(f"{name} ends")

    def main() -> None:
        nonlocal promise
        promise = Promise()
        for number in range(10):
            current_loop().spawn(work(str(number)), None)
        set_immediate(promise.resolve, None)

    promise: Any = None
    run(main)
    numbers = [str(number) for number in range(10)]
    assert trace == [f"{n} {what}" for n in numbers for what in ("begins", "goes on")] + [f"{n} ends" for n in numbers]


def test_ticks_of_coroutines_run_when_all_that_are_ready_have_run() -> None:
    trace: list[str] = []

    async def work(name: str) -> None:
        trace.append(name)
        next_tick(trace.append, f"tick of {name}")

    def main() -> None:
        for name in "ab":
            current_loop().spawn(work(name), None)
        next_tick(trace.append, "tick of main")

    run(main)
    assert trace == ["tick of main", "a", "b", "tick of a", "tick of b"]


def test_the_outcome_of_a_coroutine_is_told_in_order() -> None:
    trace: list[Any] = []

    async def fail() -> None:
        raise ValueError("x")

    async def give() -> int:
        return 5

    def main() -> None:
        loop = current_loop()
        loop.spawn(fail(), lambda error, value: trace.append((str(error), value)))
        loop.spawn(give(), lambda error, value: trace.append((error, value)))

    run(main)
    assert trace == [("x", None), (None, 5)]


def test_any_awaitable_can_be_spawned() -> None:
    trace: list[Any] = []
    run(lambda: current_loop().spawn(settled(5), lambda error, value: trace.append(value)))
    assert trace == [5]


@pytest.mark.parametrize("rounds", range(4))
def test_the_end_of_a_task_that_is_stopped_can_be_waited_for(rounds: int) -> None:
    trace: list[str] = []

    async def work() -> None:
        try:
            await Promise()
        finally:
            trace.append("stopped")

    async def main() -> None:
        ended: Promise[None] = Promise()
        stop = current_loop().spawn_stoppable(work(), lambda error, value: ended.resolve(value))
        for _ in range(rounds):
            turned: Promise[None] = Promise()
            set_immediate(turned.resolve, None)
            await turned
        stop()
        stop()
        await ended
        stop()
        trace.append("ended")

    run(main)
    assert trace == ["stopped", "ended"]


def test_a_turn_cannot_begin_inside_another() -> None:
    with pytest.raises(RuntimeError, match="inside another"):
        run(lambda: current_loop().turn(lambda: None))


def test_a_turn_returns_what_its_callback_returned() -> None:
    async def main() -> None:
        assert current_loop().turn(lambda: 5) == 5

    run(main)


# --- three ways in ---


def test_a_script_schedules_first_and_runs_then() -> None:
    trace: list[str] = []
    next_tick(trace.append, "tick")
    set_timeout(trace.append, 1, "timer")
    set_immediate(trace.append, "immediate")
    stream = Readable(read=lambda self, size: self.push(None))
    stream.on("end", lambda: trace.append("end")).resume()
    assert trace == []
    assert run() is None
    assert sorted(trace) == ["end", "immediate", "tick", "timer"]
    assert trace[0] == "tick"


def test_run_calls_a_plain_main_with_its_arguments_and_gives_its_result() -> None:
    assert run(lambda a, b: a + b, 1, 2) == 3


def test_run_calls_an_async_main_and_gives_its_result() -> None:
    async def main(value: int) -> int:
        await trio.sleep(0)
        return value + 1

    assert run(main, 1) == 2


def test_run_goes_on_when_main_has_ended() -> None:
    trace: list[str] = []

    async def main() -> None:
        set_timeout(trace.append, 1, "timer")

    run(main)
    assert trace == ["timer"]


async def test_an_open_loop_is_a_nursery_that_ends_when_nothing_is_left() -> None:
    trace: list[str] = []
    async with open_loop() as loop:
        assert isinstance(loop, EventLoop)
        assert current_loop() is loop
        set_timeout(trace.append, 1, "timer")
        trace.append("body")
    assert trace == ["body", "timer"]
    assert not loop.running


async def test_several_loops_in_one_program_do_not_see_each_other() -> None:
    seen: dict[str, Any] = {}

    async def one(name: str) -> None:
        async with open_loop() as loop:
            set_immediate(lambda: seen.setdefault(name, current_loop()))
            await trio.sleep(0)
            async with open_loop() as inner:
                assert current_loop() is inner
            assert current_loop() is loop

    async with trio.open_nursery() as nursery:
        nursery.start_soon(one, "a")
        nursery.start_soon(one, "b")
    assert len(set(seen.values())) == 2


async def test_tasks_of_the_body_belong_to_its_loop() -> None:
    async def child() -> None:
        loops.append(current_loop())

    loops: list[EventLoop] = []
    async with open_loop() as loop, trio.open_nursery() as nursery:
        nursery.start_soon(child)
    assert loops == [loop]


async def test_a_trio_program_without_a_loop_is_told_what_to_do() -> None:
    with pytest.raises(RuntimeError, match="open_loop"):
        next_tick(print)


def test_run_inside_a_loop_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="cannot be called inside"):
        run(lambda: run(lambda: None))


async def test_run_inside_a_trio_program_is_an_error() -> None:
    with pytest.raises(RuntimeError, match="cannot be called inside"):
        run(lambda: None)


def test_one_run_can_follow_another() -> None:
    for number in range(3):
        assert run(lambda number=number: number) == number


def test_a_failed_run_leaves_nothing_for_the_next() -> None:
    def main() -> None:
        set_timeout(lambda: None, 1000)
        raise ValueError("x")

    with pytest.raises(ValueError, match="x"):
        run(main)
    start = time.monotonic()
    run()
    assert time.monotonic() - start < 0.5


# --- threads ---


def test_each_thread_has_its_own_loop() -> None:
    results: dict[int, Any] = {}

    def work(number: int) -> None:
        next_tick(lambda: results.setdefault(number, current_loop()))
        run()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(results.values())) == 4


def test_a_thread_can_call_into_the_loop_of_another() -> None:
    trace: list[Any] = []

    def main() -> None:
        loop = current_loop()
        handle = Handle(loop, lambda: None)

        def called(value: int) -> None:
            trace.append((value, current_loop() is loop, threading.current_thread() is threading.main_thread()))
            next_tick(handle.close)

        thread = threading.Thread(target=loop.call_from_thread, args=(called, 5))
        thread.start()
        thread.join()
        assert trace == []

    run(main)
    assert trace == [(5, True, True)]


def test_a_call_into_a_loop_that_does_not_run_is_refused() -> None:
    async def main() -> EventLoop:
        return current_loop()

    loop = run(main)
    with pytest.raises(RuntimeError, match="not running"):
        loop.call_from_thread(print)


def test_a_call_from_anywhere_is_a_tick_here_and_a_turn_from_another_thread() -> None:
    trace: list[Any] = []

    async def main() -> EventLoop:
        loop = current_loop()
        handle = Handle(loop, lambda: None)
        thread = threading.Thread(target=lambda: trace.append(loop.call_from_anywhere(trace.append, "turn")))
        thread.start()
        thread.join()
        trace.append(loop.call_from_anywhere(trace.append, "tick"))
        set_immediate(set_immediate, handle.close)
        return loop

    loop = run(main)
    assert trace[:2] == [True, True], "it is called later"
    assert sorted(trace[2:]) == ["tick", "turn"]
    assert loop.call_from_anywhere(print) is False


def test_an_exception_of_a_call_from_a_thread_is_uncaught() -> None:
    def main() -> None:
        loop = current_loop()
        Handle(loop, lambda: None)
        loop.run_in_thread(loop.call_from_thread, int, "x", done=lambda error, value: None)

    with pytest.raises(ValueError, match="invalid literal"):
        run(main)


def test_work_in_a_thread_keeps_the_loop_alive_and_tells_its_outcome() -> None:
    trace: list[Any] = []

    def done(error: BaseException | None, value: Any) -> None:
        trace.append((type(error), value))
        next_tick(trace.append, "tick")

    def main() -> None:
        loop = current_loop()
        loop.run_in_thread(
            int, "5", done=lambda error, value: (done(error, value), loop.run_in_thread(int, "x", done=done))
        )

    run(main)
    assert trace == [(type(None), 5), "tick", (ValueError, None), "tick"]


def test_work_for_a_thread_can_be_given_before_the_loop_runs() -> None:
    trace: list[Any] = []
    current_loop().run_in_thread(int, "5", done=lambda error, value: trace.append(value))
    run()
    assert trace == [5]


# --- failures ---


async def test_an_exception_comes_out_of_the_block_as_itself() -> None:
    error = ValueError("x")

    def fail() -> None:
        raise error

    with pytest.raises(ValueError, match="x") as caught:
        async with open_loop():
            set_immediate(fail)
            await trio.sleep_forever()
    assert caught.value is error
    assert error.__context__ is None
    assert error.__cause__ is None


async def test_an_exception_keeps_its_own_cause_and_context() -> None:
    def fail() -> None:
        try:
            raise KeyError("inner")
        except KeyError as inner:
            raise ValueError("x") from inner

    with pytest.raises(ValueError, match="x") as caught:
        async with open_loop():
            set_immediate(fail)
            await trio.sleep_forever()
    assert isinstance(caught.value.__cause__, KeyError)
    assert isinstance(caught.value.__context__, KeyError)


async def test_an_exception_of_the_body_comes_out_as_itself() -> None:
    error = ValueError("x")
    with pytest.raises(ValueError, match="x") as caught:
        async with open_loop():
            set_timeout(lambda: None, 10_000)
            raise error
    assert caught.value is error


async def test_a_group_that_a_coroutine_raises_stays_a_group() -> None:
    async def fail() -> None:
        raise ExceptionGroup("two", [ValueError("a"), KeyError("b")])

    with pytest.raises(ExceptionGroup) as caught:
        async with open_loop() as loop:
            loop.spawn(fail(), None)
    assert caught.value.message == "two"


def test_a_coroutine_may_end_the_program() -> None:
    async def leave() -> None:
        sys.exit(3)

    with pytest.raises(SystemExit) as caught:
        run(leave)
    assert caught.value.code == 3


def test_after_a_failure_nothing_that_was_scheduled_runs() -> None:
    trace: list[str] = []

    def fail() -> None:
        next_tick(trace.append, "tick")
        raise ValueError("x")

    def main() -> None:
        set_immediate(fail)
        set_immediate(trace.append, "immediate")
        set_timeout(trace.append, 1, "timer")
        current_loop().close_later(trace.append, "closing")

    with pytest.raises(ValueError, match="x"):
        run(main)
    assert trace == []


def test_a_failure_in_the_callback_of_a_coroutine_is_uncaught() -> None:
    def fail(error: Any, value: Any) -> None:
        raise ValueError("done")

    with pytest.raises(ValueError, match="done"):
        run(lambda: current_loop().spawn(nothing(), fail))


# --- what main may wait for ---


def test_a_main_that_waits_for_what_can_never_happen_is_told_so() -> None:
    with pytest.raises(ERR_UNSETTLED_AWAIT, match="can no longer happen"):
        run(Promise)


def test_a_main_that_waits_with_a_deadline_gets_its_deadline() -> None:
    async def main() -> str:
        with trio.move_on_after(0.01):
            await Promise()
        return "moved on"

    assert run(main) == "moved on"


def test_a_main_whose_own_task_settles_the_promise_is_waited_for() -> None:
    async def settle(promise: Promise[int]) -> None:
        await trio.sleep(0.01)
        promise.resolve(5)

    async def main() -> int:
        promise: Promise[int] = Promise()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(settle, promise)
            return await promise

    assert run(main) == 5


def test_a_main_that_sleeps_in_trio_keeps_the_loop_alive() -> None:
    async def main() -> int:
        await trio.sleep(0.01)
        return 1

    assert run(main) == 1


async def test_a_listener_that_waits_for_ever_does_not_keep_a_block_with_a_deadline_open() -> None:
    with trio.fail_after(5):
        async with open_loop() as loop:
            loop.spawn(wait_for(Promise()), None)
    start = trio.current_time()
    assert trio.current_time() - start < 1


async def wait_for(awaitable: Awaitable[Any]) -> Any:
    return await awaitable


# --- promises ---


def test_a_promise_can_be_awaited_any_number_of_times_by_many() -> None:
    trace: list[Any] = []

    async def wait(promise: Promise[int]) -> None:
        trace.append((await promise, await promise))

    async def main() -> None:
        promise: Promise[int] = Promise()
        for _ in range(3):
            current_loop().spawn(wait(promise), None)
        set_timeout(promise.resolve, 1, 5)
        assert await promise == 5
        promise.resolve(6)
        promise.reject(ValueError())
        assert await promise == 5

    run(main)
    assert trace == [(5, 5)] * 3


def test_a_rejection_is_raised_each_time_it_is_awaited() -> None:
    async def main() -> None:
        promise: Promise[int] = Promise()
        promise.reject(ValueError("x"))
        for _ in range(2):
            with pytest.raises(ValueError, match="x"):
                await promise

    run(main)


def test_a_rejection_that_nobody_awaits_is_unhandled() -> None:
    def main() -> None:
        Promise[None]().reject(ValueError("x"))

    with pytest.raises(ValueError, match="x"):
        run(main)


def test_a_rejection_that_somebody_awaits_in_the_same_round_is_handled() -> None:
    async def main() -> None:
        promise: Promise[None] = Promise()
        set_immediate(promise.reject, ValueError("x"))
        with pytest.raises(ValueError, match="x"):
            await promise

    run(main)


def test_a_cancelled_wait_leaves_the_promise_to_the_others() -> None:
    async def main() -> list[Any]:
        promise: Promise[int] = Promise()
        with trio.move_on_after(0) as scope:
            await promise
        assert scope.cancelled_caught
        set_timeout(promise.resolve, 1, 5)
        return [await promise, len(promise._waiters)]

    assert run(main) == [5, 0]


def test_a_wait_that_is_cancelled_in_the_moment_it_is_settled_does_no_harm() -> None:
    async def waiter(promise: Promise[int], scope: trio.CancelScope, trace: list[Any]) -> None:
        with scope:
            trace.append(await promise)

    async def main() -> list[Any]:
        trace: list[Any] = []
        for settle_first in (True, False):
            promise: Promise[int] = Promise()
            scope = trio.CancelScope()
            current_loop().spawn(waiter(promise, scope, trace), None)
            await trio.sleep(0.001)
            if settle_first:
                promise.resolve(1)
                scope.cancel()
            else:
                scope.cancel()
                promise.resolve(2)
            await trio.sleep(0.001)
        return trace

    assert run(main) in ([], [1])  # whichever came first; nothing hangs


async def test_a_promise_can_be_awaited_by_a_task_that_is_not_the_loops() -> None:
    async with open_loop():
        promise: Promise[int] = Promise()
        set_immediate(promise.resolve, 5)
        assert await promise == 5


# --- the end ---


async def test_cancelling_the_block_releases_what_is_open_and_tells_of_it() -> None:
    trace: list[str] = []
    with trio.move_on_after(0.01) as scope:
        async with open_loop() as loop:
            handle = Handle(
                loop, lambda: (trace.append("release"), next_tick(trace.append, "tick"), loop.close_later(closed))
            )

            def closed() -> None:
                trace.append("closed")
                next_tick(trace.append, "tick of closed")

            assert repr(loop) == "<EventLoop running, 1 open handles, 2 references>"
            await trio.sleep_forever()
    assert scope.cancelled_caught
    assert trace == ["release", "tick", "closed", "tick of closed"]
    handle.close()


async def test_what_listeners_open_while_the_loop_ends_is_released_too() -> None:
    released: list[str] = []
    with trio.move_on_after(0.01):
        async with open_loop() as loop:
            Handle(
                loop,
                lambda: next_tick(lambda: Handle(loop, lambda: released.append("late")) and released.append("first")),
            )
            await trio.sleep_forever()
    assert released == ["first", "late"]


async def test_what_a_cancelled_task_opens_while_it_cleans_up_is_released_too() -> None:
    released: list[str] = []

    async def work(loop: EventLoop) -> None:
        try:
            await trio.sleep_forever()
        finally:
            Handle(loop, lambda: released.append("x"))

    with trio.move_on_after(0.01):
        async with open_loop() as loop:
            loop.spawn(work(loop), None)
            await trio.sleep_forever()
    assert released == ["x"]
    assert loop._handles == {}


async def test_coroutines_that_were_never_started_are_closed_without_a_warning() -> None:
    async def listener() -> None:
        raise AssertionError

    emitter = EventEmitter().on("x", listener)

    async def work() -> None:
        try:
            await trio.sleep_forever()
        finally:
            emitter.emit("x")

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with trio.move_on_after(0.01):
            async with open_loop() as loop:
                Handle(loop, lambda: emitter.emit("x"))
                loop.spawn(work(), None)
                await trio.sleep_forever()
        gc.collect()


async def test_a_spawned_task_is_cancelled_with_the_block_and_its_callback_is_not_called() -> None:
    trace: list[str] = []

    async def work() -> None:
        try:
            await trio.sleep_forever()
        except trio.Cancelled:
            trace.append("cancelled")
            raise

    with trio.move_on_after(0.01):
        async with open_loop() as loop:
            loop.spawn(work(), lambda error, value: trace.append("done"))
            await trio.sleep_forever()
    assert trace == ["cancelled"]
    assert loop._tasks == set()


async def test_a_handle_that_is_closed_twice_counts_once() -> None:
    async with open_loop() as loop:
        before = loop._references
        handle = Handle(loop, lambda: None)
        handle.unref()
        handle.ref()
        handle.close()
        handle.close()
        handle.ref()
        handle.unref()
        assert loop._references == before


def test_references_are_even_at_the_end_of_a_run() -> None:
    async def main() -> EventLoop:
        promise: Promise[None] = Promise()
        set_immediate(promise.resolve, None)
        await promise
        with trio.move_on_after(0.001):
            await Promise()
        current_loop().run_in_thread(int, done=lambda error, value: None)
        set_immediate(lambda: None).unref()
        set_immediate(lambda: None).close()
        set_timeout(lambda: None, 1).unref()
        return current_loop()

    loop = run(main)
    assert loop._references == 0
    assert loop._waiting == loop._tasks == set()
    assert loop._ready == loop._ticks == type(loop._ready)()


def test_many_turns_leak_no_task_and_no_memory() -> None:
    class Thing:
        pass

    things: weakref.WeakSet[Thing] = weakref.WeakSet()

    async def listener(thing: Thing) -> None:
        await settled()

    async def main() -> None:
        emitter = EventEmitter().on("x", listener)
        for _ in range(1000):
            thing = Thing()
            things.add(thing)
            emitter.emit("x", thing)
            next_tick(lambda thing: None, thing)
            set_immediate(lambda thing: None, thing)
            set_timeout(lambda thing: None, 60_000, thing).close()
            del thing
            promise: Promise[None] = Promise()
            set_immediate(promise.resolve, None)
            await promise
        tasks = trio.lowlevel.current_statistics().tasks_living
        assert tasks < 10
        gc.collect()
        assert len(things) < 600

    run(main)


def test_contextvars_of_main_are_seen_by_what_it_starts() -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")
    seen: list[str] = []

    async def listener() -> None:
        seen.append(variable.get())

    async def main() -> None:
        variable.set("set")
        EventEmitter().on("x", listener).emit("x")

    run(main)
    assert seen == ["set"]


# --- watchers ---


async def test_a_watcher_calls_while_the_socket_stays_ready_and_is_started() -> None:
    trace: list[int] = []
    ours, theirs = socket.socketpair()
    async with open_loop() as loop:
        watcher: Watcher
        handle = Handle(loop, lambda: None)

        def on_readable() -> None:
            trace.append(len(ours.recv(1)))
            if len(trace) == 2:
                watcher.stop()
                set_timeout(watcher.start, 1)
            if len(trace) == 4:
                watcher.close()
                watcher.close()
                handle.close()

        watcher = Watcher(loop, ours, "read", on_readable)
        theirs.send(b"abcd")
        await trio.sleep(0)
        assert trace == []
        watcher.start()
        watcher.start()
    assert trace == [1, 1, 1, 1]
    ours.close()
    theirs.close()


async def test_a_watcher_can_be_closed_and_stopped_while_it_waits() -> None:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    async with open_loop() as loop:
        stopped = Watcher(loop, ours, "read", lambda: trace.append("wrong"))
        trace: list[str] = []
        stopped.start()
        await trio.testing.wait_all_tasks_blocked()
        stopped.stop()
        theirs.send(b"x")
        await trio.testing.wait_all_tasks_blocked()
        assert trace == []
        stopped.close()
        stopped.start()
        waiting = Watcher(loop, theirs, "read", lambda: trace.append("wrong"))
        waiting.start()
        await trio.testing.wait_all_tasks_blocked()
        waiting.close()
        theirs.close()
        ours.close()


async def test_closing_the_watcher_of_one_direction_leaves_the_other_alone() -> None:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while ours.send(bytes(65536)):
            pass
    trace: list[Any] = []
    async with open_loop() as loop:
        handle = Handle(loop, lambda: None)

        def on_readable() -> None:
            trace.append(ours.recv(10))
            reader.close()
            handle.close()

        reader = Watcher(loop, ours, "read", on_readable)
        writer = Watcher(loop, ours, "write", lambda: trace.append("wrong"))
        reader.start()
        writer.start()
        await trio.testing.wait_all_tasks_blocked()
        writer.close()
        await trio.testing.wait_all_tasks_blocked()
        theirs.send(b"x")
    assert trace == [b"x"]
    ours.close()
    theirs.close()


async def test_a_watcher_that_was_started_before_the_loop_waits_for_it() -> None:
    trace: list[str] = []
    ours, theirs = socket.socketpair()

    def script() -> None:
        loop = current_loop()
        handle = Handle(loop, lambda: None)
        watcher = Watcher(loop, ours, "write", lambda: (trace.append("ready"), watcher.close(), handle.close()))
        watcher.start()
        closed = Watcher(loop, ours, "read", lambda: trace.append("wrong"))
        closed.start()
        closed.close()
        run()

    await trio.to_thread.run_sync(script)
    assert trace == ["ready"]
    ours.close()
    theirs.close()


async def test_a_callback_that_gives_true_is_called_again_at_once_in_another_turn() -> None:
    trace: list[str] = []
    ours, theirs = socket.socketpair()
    async with open_loop() as loop:

        def on_writable() -> bool:
            trace.append("turn")
            next_tick(trace.append, "tick")
            if trace.count("turn") == 3:
                watcher.close()
                handle.close()
            return True

        handle = Handle(loop, lambda: None)
        watcher = Watcher(loop, ours, "write", on_writable)
        watcher.start()
    assert trace == ["turn", "tick"] * 3
    ours.close()
    theirs.close()


# --- time ---


def test_the_loop_can_run_on_another_clock() -> None:
    clock = trio.testing.MockClock(autojump_threshold=0)
    trace: list[str] = []
    start = time.monotonic()
    run(lambda: set_timeout(trace.append, 3_600_000, "an hour later"), clock=clock)
    assert trace == ["an hour later"]
    assert math.isclose(clock.current_time(), 3600, abs_tol=1)
    assert time.monotonic() - start < 5


# --- Ctrl-C ---

INTERRUPTED = """
    import signal, socket, sys, threading, time, trio
    import nodestream
    from nodestream.loop import Handle, Promise, current_loop, next_tick
    from nodestream.timers import set_immediate, set_interval, set_timeout

    def interrupt():
        signal.raise_signal(signal.SIGINT)

    def released():
        print("released", flush=True)

    async def sleeper():
        try:
            await trio.sleep_forever()
        finally:
            print("cancelled", flush=True)

    def main():
        Handle(current_loop(), released)
        current_loop().spawn(sleeper(), None)
        set_timeout(prepare, 1)

    def prepare():
        {how}

    try:
        nodestream.run(main)
    except KeyboardInterrupt as error:
        assert error.__suppress_context__ or error.__context__ is None
        print("interrupted", flush=True)
    from nodestream._loop_scope import thread as _thread
    assert _thread.loop is None
    print(nodestream.run(lambda: "usable"), flush=True)
"""


@pytest.mark.parametrize(
    "how",
    [
        "interrupt()",
        "next_tick(interrupt)",
        "set_immediate(interrupt)",
        "set_timeout(interrupt, 5)",
        "threading.Timer(0.05, interrupt).start()",
        "[time.sleep(0.001) for _ in range(1000) if not interrupt()]",
        "nodestream.Readable.from_([1]).on('data', lambda _: interrupt())",
        "nodestream.Writable(write=lambda *_: interrupt()).write('x')",
        "Promise().__await__; current_loop().call_from_thread(interrupt)",
    ],
)
def test_ctrl_c_leaves_nothing_behind(how: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(INTERRUPTED).replace("{how}", how)],
        capture_output=True,
        text=True,
        timeout=20,
        cwd=ROOT,
        check=False,
    )
    assert done.stderr == ""
    assert sorted(done.stdout.split()) == ["cancelled", "interrupted", "released", "usable"]


RAISED = """
    import {imports}
    import nodestream
    from nodestream.timers import set_immediate
    {before}
    nodestream.run(lambda: set_immediate({what}))
"""


def test_ctrl_c_that_nobody_catches_ends_the_process_as_python_does() -> None:
    script = RAISED.format(imports="signal", before="", what="signal.raise_signal, signal.SIGINT")
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        timeout=20,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == -2
    assert done.stderr.strip().endswith("KeyboardInterrupt")
    assert "Group" not in done.stderr


def test_an_exception_that_nobody_catches_is_shown_once_and_plainly() -> None:
    script = RAISED.format(imports="sys", before="", what="int, 'x'")
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        timeout=20,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.count("Traceback") == 1
    assert "Group" not in done.stderr
    assert "Cancelled" not in done.stderr


@pytest.mark.parametrize("attempt", range(20))
def test_ctrl_c_at_any_moment_leaves_a_loop_that_can_run_again(attempt: int) -> None:
    released: list[str] = []

    def again() -> None:
        set_immediate(again)
        for _ in range(5):
            next_tick(int)

    def main() -> None:
        Handle(current_loop(), lambda: released.append("x"))
        again()
        threading.Timer(0.002 + attempt * 0.0003, threading_interrupt).start()

    with pytest.raises(KeyboardInterrupt):
        run(main)
    assert released == ["x"]


def threading_interrupt() -> None:
    signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)  # type: ignore[arg-type]


def test_the_package_imports_nothing_of_the_servers() -> None:
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, nodestream; print([m for m in sys.modules if m.startswith(('nodehttp', 'h11'))])",
        ],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    assert done.stdout.strip() == "[]"
    assert nodestream.process is process


class Pairs:
    """Two pairs of sockets, each watched for what its other end sends; `told` says which was ready."""

    def __init__(self, on_told: Callable[[Pairs], object] = lambda pairs: None) -> None:
        self.told = ""
        self._on_told = on_told
        self._handle = Handle(current_loop(), self.close)
        self._pairs = {name: socket.socketpair() for name in "ab"}
        self.watchers = {
            name: Watcher(current_loop(), pair[0], "read", partial(self._receive, name))
            for name, pair in self._pairs.items()
        }

    def send(self, order: str) -> None:
        for name in order:
            self._pairs[name][1].send(b"x")

    def _receive(self, name: str) -> None:
        self.told += name
        self._pairs[name][0].recv(1)
        self._on_told(self)

    def close(self) -> None:
        self._handle.close()
        for name, pair in self._pairs.items():
            self.watchers[name].close()
            for end in pair:
                end.close()


@pytest.mark.parametrize("order", ["ab", "ba"])
async def test_sockets_have_their_turns_in_the_order_in_which_they_became_ready(order: str) -> None:
    def go_on(pairs: Pairs) -> None:
        if len(pairs.told) == 60:
            pairs.close()
        elif len(pairs.told) % 2 == 0:
            set_immediate(lambda: set_immediate(pairs.send, order))

    async with open_loop():
        pairs = Pairs(go_on)
        for watcher in pairs.watchers.values():
            watcher.start()
        set_immediate(lambda: set_immediate(pairs.send, order))
    assert pairs.told == order * 30


@pytest.mark.parametrize("order", ["ab", "ba"])
async def test_sockets_that_are_ready_have_their_turns_in_the_order_in_which_they_are_asked_for(order: str) -> None:
    for _ in range(20):
        async with open_loop():
            pairs = Pairs(lambda pairs: pairs.close() if len(pairs.told) == 2 else None)
            pairs.send("ab")
            for name in order:
                pairs.watchers[name].start()
        assert pairs.told == order


async def test_each_socket_has_its_turns_in_the_context_in_which_it_was_first_watched() -> None:
    name: contextvars.ContextVar[str] = contextvars.ContextVar("name")
    seen: list[str] = []

    def note(pairs: Pairs) -> None:
        seen.append(pairs.told[-1] + name.get())
        if len(seen) == 2:
            pairs.close()

    async with open_loop():
        pairs = Pairs(note)
        for each, watcher in pairs.watchers.items():
            contextvars.copy_context().run(lambda each=each, watcher=watcher: (name.set(each), watcher.start()))
        set_immediate(lambda: set_immediate(pairs.send, "ab"))
    assert seen == ["aa", "bb"]
