"""`async for chunk in readable`."""

from __future__ import annotations

import contextlib
import gc
import threading
import weakref
from typing import Any

import pytest
import trio

from nodestream import Duplex, PassThrough, Readable, open_loop, run
from nodestream.errors import ERR_STREAM_PREMATURE_CLOSE
from nodestream.loop import Promise, current_loop, next_tick
from nodestream.timers import set_immediate, set_timeout

from .support import a_source, after_rounds


def a_quiet_stream(**options: Any) -> Readable:
    return Readable(read=lambda self, size: None, **options)


def own_listeners(stream: Readable) -> dict[Any, int]:
    return {name: stream.listener_count(name) for name in stream.event_names()}


async def test_all_chunks_come_and_the_stream_is_closed_afterwards() -> None:
    async with open_loop():
        stream = a_source([b"a", b"b"], object_mode=True)
        assert [chunk async for chunk in stream] == [b"a", b"b"]
        assert stream.readable_ended
        assert stream.destroyed
        assert stream.errored is None


async def test_chunks_that_come_later_are_waited_for() -> None:
    async with open_loop():
        stream = a_quiet_stream(encoding="utf8")
        for number, chunk in enumerate(["a", "b", None]):
            set_timeout(stream.push, 1 + number, chunk)
        assert [chunk async for chunk in stream] == ["a", "b"]


async def test_calls_that_wait_are_served_in_order() -> None:
    trace: list[str] = []
    async with open_loop() as loop:
        stream = a_quiet_stream(object_mode=True)
        iterator = aiter(stream)

        def ask(name: str) -> None:
            loop.spawn(anext(iterator, None), lambda error, value: trace.append(f"{name} {value}"))  # type: ignore[arg-type]

        ask("first")
        ask("second")
        for chunk in ("a", "b", None):
            stream.push(chunk)
        ask("third")
    assert trace == ["first a", "second b", "third None"]


class Incomparable:
    def __eq__(self, other: object) -> bool:
        raise ValueError("these cannot be compared")

    __hash__ = None  # type: ignore[assignment]


async def test_chunks_are_not_compared() -> None:
    async with open_loop():
        chunks = [Incomparable(), Incomparable()]
        got = [chunk async for chunk in a_source(chunks, object_mode=True)]
        assert list(map(id, got)) == list(map(id, chunks))


async def test_an_error_of_the_stream_is_raised_after_what_came_before() -> None:
    async with open_loop():
        stream = a_quiet_stream()
        stream.push(b"a")
        after_rounds(3, lambda: stream.destroy(ValueError("x")))
        chunks: list[bytes] = []
        with pytest.raises(ValueError, match="x"):
            async for chunk in stream:
                chunks.append(chunk)
        assert chunks == [b"a"]


async def test_a_stream_that_is_destroyed_is_a_premature_close() -> None:
    async with open_loop():
        stream = a_quiet_stream()
        set_immediate(stream.destroy)
        with pytest.raises(ERR_STREAM_PREMATURE_CLOSE, match="Premature close"):
            async for _ in stream:
                pass
        with pytest.raises(ERR_STREAM_PREMATURE_CLOSE):
            async for _ in stream:
                pass


async def test_a_stream_that_has_ended_gives_nothing() -> None:
    async with open_loop():
        stream = a_source([b"a"])
        async for _ in stream:
            pass
        assert [chunk async for chunk in stream] == []


# --- leaving early ---


async def test_break_destroys_the_stream_at_once() -> None:
    async with open_loop():
        stream = a_source([b"a", b"b"])
        async for _ in stream:
            break
        assert stream.destroyed


async def test_return_and_an_exception_destroy_the_stream_too() -> None:
    async def first(stream: Readable) -> Any:
        async for chunk in stream:
            return chunk
        return None

    async with open_loop():
        stream = a_source([b"a", b"b"], object_mode=True)
        assert await first(stream) == b"a"
        assert stream.destroyed
        stream = a_source([b"a", b"b"])
        with pytest.raises(KeyError):
            async for _ in stream:
                raise KeyError
        assert stream.destroyed


@pytest.mark.parametrize("where", ["waiting", "body"])
async def test_a_cancel_destroys_the_stream(where: str) -> None:
    async with open_loop():
        stream = a_quiet_stream()
        stream.push(b"a")
        with trio.move_on_after(0.01):
            async for _ in stream:
                if where == "body":
                    await trio.sleep_forever()
        assert stream.destroyed


async def test_the_error_of_leaving_early_is_not_uncaught() -> None:
    async with open_loop():
        for _ in range(3):
            stream = a_quiet_stream()
            stream.push(b"a")
            async for _ in stream:
                break


async def test_the_stream_stays_if_told_to_and_no_listener_is_left() -> None:
    async with open_loop():
        stream = a_source([b"a", b"b", b"c"], object_mode=True)
        async for chunk in stream.iterator(destroy_on_return=False):
            assert chunk == b"a"
            break
        assert not stream.destroyed
        assert own_listeners(stream) == {}
        async for chunk in stream.iterator({"destroyOnReturn": False}):
            assert chunk == b"b"
            break
        assert [chunk async for chunk in stream] == [b"c"]


async def test_an_exception_leaves_the_stream_alone_if_told_so() -> None:
    async with open_loop():
        stream = a_source([b"a", b"b"])
        with pytest.raises(KeyError):
            async for _ in stream.iterator(destroy_on_return=False):
                raise KeyError
        assert not stream.destroyed
        assert own_listeners(stream) == {}
        stream.destroy()


async def test_a_cancel_while_waiting_destroys_the_stream_even_so() -> None:
    async with open_loop():
        stream = a_quiet_stream()
        with trio.move_on_after(0.01):
            async for _ in stream.iterator(destroy_on_return=False):
                pass
        assert stream.destroyed


async def test_aclose_leaves_the_loop_and_can_be_called_again() -> None:
    async with open_loop():
        stream = a_source([b"a", b"b"])
        async with contextlib.aclosing(stream.iterator()) as chunks:
            assert await anext(chunks) in (b"a", b"ab")
        assert stream.destroyed
        await chunks.aclose()
        with pytest.raises(StopAsyncIteration):
            await anext(chunks)


async def test_an_iterator_that_was_never_asked_changes_nothing() -> None:
    async with open_loop():
        stream = a_source([b"a"])
        iterator = aiter(stream)
        assert own_listeners(stream) == {}
        await iterator.aclose()
        del iterator
        assert not stream.destroyed
        stream.destroy()


# --- the iterator is dropped ---


async def test_an_iterator_that_is_dropped_destroys_the_stream() -> None:
    async with open_loop():
        stream = a_source([b"a", b"b"])
        iterator = aiter(stream)
        await anext(iterator)
        del iterator
        assert stream.destroyed


async def test_an_iterator_that_the_collector_finds_destroys_the_stream() -> None:
    class Holder:
        pass

    async with open_loop():
        stream = a_source([b"a", b"b"])
        holder: Any = Holder()
        holder.itself = holder
        holder.iterator = aiter(stream)
        await anext(holder.iterator)
        del holder
        assert not stream.destroyed
        gc.collect()
        await trio.sleep(0.001)
        assert stream.destroyed


async def test_an_iterator_that_is_dropped_in_another_thread_destroys_the_stream_in_the_loop() -> None:
    threads: list[Any] = []

    def destroy(self: Readable, error: Any, callback: Any) -> None:
        threads.append((threading.current_thread(), current_loop()))
        callback(error)

    async with open_loop() as loop:
        stream = a_source([b"a", b"b"], destroy=destroy)
        box = [aiter(stream)]
        await anext(box[0])
        await trio.to_thread.run_sync(box.clear)
        await trio.sleep(0.001)
        assert stream.destroyed
        assert threads == [(threading.current_thread(), loop)]


def test_an_iterator_that_is_dropped_after_its_loop_has_ended_does_nothing() -> None:
    async def main() -> Any:
        iterator = aiter(a_source([b"a", b"b"], object_mode=True))
        await anext(iterator)
        return iterator

    iterator = run(main)
    del iterator
    assert run(lambda: len(current_loop()._ticks)) == 0


# --- several ---


async def test_two_may_ask_at_the_same_time() -> None:
    async with open_loop():
        stream = a_quiet_stream(object_mode=True)
        iterator = aiter(stream)
        seen: list[int] = []

        async def take() -> None:
            with contextlib.suppress(StopAsyncIteration):
                seen.append(await anext(iterator))

        with trio.fail_after(5):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(take)
                nursery.start_soon(take)
                await trio.sleep(0.001)
                stream.push(1)
                stream.push(2)
                stream.push(None)
        assert sorted(seen) == [1, 2]


async def test_a_loop_over_many_chunks_lets_others_run_and_can_be_cancelled() -> None:
    async with open_loop():
        ticks: list[int] = []

        def again() -> None:
            ticks.append(1)
            set_immediate(again).unref()

        again()
        count = 0
        with trio.move_on_after(0.05) as scope:
            async for _ in Readable(read=lambda self, size: self.push(b"x"), high_water_mark=1):
                count += 1
        assert scope.cancelled_caught
        assert len(ticks) > 2
        assert count > 0


async def test_what_is_read_between_can_be_mixed_with_read() -> None:
    async with open_loop():
        stream = a_source([1, 2, 3, 4], object_mode=True)
        seen: list[Any] = []
        async for item in stream:
            seen.append(item)
            if item == 1:
                seen.append(("read", stream.read()))
        assert [item for item in seen if item in (1, 4)] == [1, 4]


async def test_a_pass_through_can_be_written_while_it_is_iterated() -> None:
    async with open_loop():
        stream = PassThrough(object_mode=True, high_water_mark=2)

        def write(number: int = 0) -> None:
            while number < 50:
                number += 1
                if not stream.write(number):
                    stream.once("drain", lambda number=number: write(number))
                    return
            stream.end()

        next_tick(write)
        assert [number async for number in stream] == list(range(1, 51))


def test_nothing_is_left_of_many_loops() -> None:
    alive: weakref.WeakSet[Any] = weakref.WeakSet()

    async def main() -> None:
        for number in range(300):
            stream = a_source([b"a", b"b", b"c"], object_mode=True)
            alive.add(stream)
            async for _ in stream:
                if number % 2:
                    break
        del stream
        await trio.sleep(0)
        gc.collect()
        assert len(alive) < 5

    run(main)


@pytest.mark.parametrize(
    ("options", "stays"), [({}, True), ({"allow_half_open": False}, False), ({"auto_destroy": False}, True)]
)
async def test_the_writable_side_of_a_duplex_outlives_the_loop_over_its_readable_side(
    options: dict[str, Any], stays: bool
) -> None:
    async with open_loop():
        duplex = Duplex(
            read=lambda self, size: self.push(None),
            write=lambda self, chunk, encoding, callback: callback(),
            **options,
        )
        async for _ in duplex:
            pass
        assert duplex.writable is stays
        duplex.on("error", lambda error: None)
        duplex.end(b"more")


async def test_an_iterator_says_what_it_reads() -> None:
    async with open_loop():
        stream = a_source([b"a"])
        assert aiter(stream).stream is stream
        assert stream.iterator(destroy_on_return=False).stream is stream


@pytest.mark.parametrize("error", [None, ValueError("x")])
async def test_of_several_that_wait_one_is_told_of_the_error(error: Any) -> None:
    async with open_loop():
        stream = Readable(read=lambda self, size: None)
        iterator = aiter(stream)
        seen: list[Any] = []

        async def take() -> None:
            try:
                seen.append(await anext(iterator))
            except (StopAsyncIteration, ValueError, ERR_STREAM_PREMATURE_CLOSE) as raised:
                seen.append(type(raised))

        with trio.fail_after(5):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(take)
                nursery.start_soon(take)
                await trio.sleep(0.001)
                stream.destroy(error)
        expected = ERR_STREAM_PREMATURE_CLOSE if error is None else ValueError
        assert seen == [expected, StopAsyncIteration]


async def test_chunks_can_be_taken_without_waiting_in_a_task() -> None:
    async with open_loop():
        stream = a_quiet_stream()
        chunks = stream.iterator()
        taken = chunks.take()
        assert isinstance(taken, Promise)
        stream.push(b"a")
        await taken
        assert chunks.take() == b"a"
        stream.push(None)
        while (taken := chunks.take()) is not None:
            await taken
        assert chunks.take() is None
        assert stream.destroyed


async def test_taking_raises_the_error_of_the_stream_once() -> None:
    async with open_loop():
        stream = a_quiet_stream()
        chunks = stream.iterator()
        taken = chunks.take()
        stream.destroy(ValueError("boom"))
        await taken
        with pytest.raises(ValueError, match="boom"):
            chunks.take()
        assert chunks.take() is None


async def test_close_leaves_what_was_taken_from() -> None:
    async with open_loop():
        stream = a_quiet_stream()
        chunks = stream.iterator()
        chunks.take()
        chunks.close()
        chunks.close()
        assert stream.destroyed
        assert chunks.take() is None
