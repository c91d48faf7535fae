"""Streams made of trio's streams and channels, and the other way round: chunks, ends, errors, closing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import trio
from trio.testing import memory_stream_one_way_pair, memory_stream_pair, wait_all_tasks_blocked

from nodestream import Duplex, PassThrough, Readable, Transform, Writable, duplex_pair, open_loop, promises
from nodestream.errors import (
    ERR_INVALID_ARG_TYPE,
    ERR_INVALID_ARG_VALUE,
    ERR_STREAM_NULL_VALUES,
    ERR_STREAM_PREMATURE_CLOSE,
)

from .support import Sink, collected, follow, rounds


async def all_of(receive: Any) -> list[Any]:
    return [chunk async for chunk in receive]


class Broken(trio.abc.Stream):
    """A stream that fails, and tells whether it was closed."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.was_closed = False

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        raise self.error

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        raise self.error

    async def wait_send_all_might_not_block(self) -> None:
        raise self.error

    async def aclose(self) -> None:
        self.was_closed = True
        await trio.lowlevel.checkpoint()


# --- from trio ---


async def test_a_receive_stream_is_read_to_its_end_and_closed() -> None:
    send, receive = memory_stream_one_way_pair()
    await send.send_all(b"abc")
    await send.aclose()
    async with open_loop():
        assert await all_of(Readable.from_trio(receive)) == [b"abc"]
    with pytest.raises(trio.ClosedResourceError):
        await receive.receive_some()


async def test_a_channel_is_read_as_objects() -> None:
    send, receive = trio.open_memory_channel[Any](10)
    async with open_loop(), send:
        stream = Readable.from_trio(receive)
        assert (stream.readable_object_mode, stream.readable_high_water_mark) == (True, 16)
        for value in ("a", 0, []):
            await send.send(value)
        send.close()
        assert await all_of(stream) == ["a", 0, []]


async def test_no_more_is_received_than_there_is_room_for() -> None:
    send, receive = trio.open_memory_channel[int](10)
    async with open_loop():
        stream = Readable.from_trio(receive, high_water_mark=2)
        for number in range(10):
            send.send_nowait(number)
        stream.read(0)
        await wait_all_tasks_blocked()
        assert (stream.readable_length, send.statistics().current_buffer_used) == (2, 8)
        stream.destroy()
    assert send.statistics().open_receive_channels == 0


async def test_none_cannot_be_a_chunk() -> None:
    send, receive = trio.open_memory_channel[None](1)
    send.send_nowait(None)
    async with open_loop():
        with pytest.raises(ERR_STREAM_NULL_VALUES):
            await all_of(Readable.from_trio(receive))


async def test_a_send_stream_gets_everything_and_is_closed_at_the_end() -> None:
    send, receive = memory_stream_one_way_pair()
    async with open_loop():
        stream = Writable.from_trio(send)
        stream.write(b"a")
        stream.write("b")
        stream.end(b"c")
        await promises.finished(stream)
    assert b"".join(await all_of(receive)) == b"abc"


async def test_a_send_channel_gets_objects_at_its_own_pace() -> None:
    send, receive = trio.open_memory_channel[int](0)
    async with open_loop():
        stream = Writable.from_trio(send, high_water_mark=2)
        assert [stream.write(number) for number in range(3)] == [True, False, False]
        stream.end()
        assert await all_of(receive) == [0, 1, 2]
        await promises.finished(stream)


async def test_a_duplex_of_a_socket_talks_both_ways() -> None:
    ours, theirs = (trio.SocketStream(end) for end in trio.socket.socketpair())
    async with open_loop(), theirs:
        stream = Duplex.from_trio(ours)
        stream.end(b"question")
        assert b"".join(await all_of(theirs)) == b"question"
        await theirs.send_all(b"answer")
        await theirs.send_eof()
        assert b"".join(await all_of(stream)) == b"answer"
        await promises.finished(stream)
    assert ours.socket.fileno() == -1


async def test_a_duplex_of_a_pair() -> None:
    send, heard = trio.open_memory_channel[str](1)
    say, receive = trio.open_memory_channel[str](1)
    async with open_loop():
        stream = Duplex.from_trio((send, receive))
        assert stream.readable_object_mode and stream.writable_object_mode
        say.send_nowait("in")
        say.close()
        stream.end("out")
        assert (await all_of(heard), await all_of(stream)) == (["out"], ["in"])


@pytest.mark.parametrize("make", [Readable.from_trio, Duplex.from_trio, Writable.from_trio])
async def test_what_the_peer_breaks_is_the_error_of_the_stream(make: Any) -> None:
    error = trio.BrokenResourceError("reset")
    source = Broken(error)
    seen: list[Any] = []
    async with open_loop():
        stream = make(source)
        stream.on("error", seen.append)
        stream.on("close", lambda: seen.append(source.was_closed))
        if isinstance(stream, Writable):
            stream.write(b"x")
        else:
            stream.read(0)
    assert seen == [error, True]


async def test_a_resource_that_somebody_else_closes_is_a_premature_close() -> None:
    _send, receive = memory_stream_one_way_pair()
    seen: list[Any] = []
    async with open_loop():
        stream = Readable.from_trio(receive)
        stream.on("error", seen.append)
        stream.read(0)
        await wait_all_tasks_blocked()
        receive.close()
    [error] = seen
    assert isinstance(error, ERR_STREAM_PREMATURE_CLOSE)
    assert isinstance(error.__cause__, trio.ClosedResourceError)


@pytest.mark.parametrize("error", [None, ValueError("x")])
async def test_destroying_the_stream_closes_the_resource_before_close_is_emitted(error: Any) -> None:
    send, receive = trio.open_memory_channel[int](0)
    trace: list[Any] = []
    async with open_loop():
        stream = Readable.from_trio(receive)
        stream.on("error", trace.append)
        stream.on("close", lambda: trace.append(send.statistics().open_receive_channels))
        stream.read(0)
        await wait_all_tasks_blocked()
        stream.destroy(error)
    assert trace == ([0] if error is None else [error, 0])


async def test_the_resource_is_closed_when_the_loop_is_cancelled() -> None:
    one, other = memory_stream_pair()
    with trio.CancelScope() as scope:
        async with open_loop():
            Duplex.from_trio(one).read(0)
            await wait_all_tasks_blocked()
            scope.cancel()
    assert await other.receive_some() == b""


async def test_a_stream_that_nobody_reads_does_not_keep_the_loop_alive() -> None:
    send, receive = trio.open_memory_channel[int](0)
    async with open_loop():
        Readable.from_trio(receive)
    assert send.statistics().open_receive_channels == 0


async def test_a_failing_listener_is_uncaught_and_not_the_stream_s_error() -> None:
    send, receive = trio.open_memory_channel[int](1)
    send.send_nowait(1)

    def fail(_chunk: int) -> None:
        raise ValueError("listener")

    with pytest.raises(ValueError, match="listener"):
        async with open_loop():
            Readable.from_trio(receive).on("data", fail)


@pytest.mark.parametrize("make", [Readable.from_trio, Writable.from_trio, Duplex.from_trio])
@pytest.mark.parametrize("bad", [None, b"x", object(), ()])
async def test_what_is_not_trios_is_refused(make: Callable[..., Any], bad: Any) -> None:
    with pytest.raises(ERR_INVALID_ARG_TYPE):
        make(bad)


# --- to trio ---


async def test_a_readable_of_objects_or_strings_is_a_channel() -> None:
    async with open_loop():
        objects = Readable.from_([1, 2]).to_trio()
        texts = Readable.from_([b"a"], object_mode=False, encoding="utf8").to_trio()
        assert isinstance(objects, trio.abc.ReceiveChannel)
        assert [await objects.receive(), await objects.receive()] == [1, 2]
        for _ in range(2):
            with pytest.raises(trio.EndOfChannel):
                await objects.receive()
        assert await all_of(texts) == ["a"]


async def test_a_cancelled_receive_loses_nothing() -> None:
    async with open_loop():
        stream = PassThrough()
        receive: Any = Readable.to_trio(stream)
        with trio.CancelScope() as scope:
            scope.cancel()
            await receive.receive_some()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(receive.receive_some)
            await wait_all_tasks_blocked()
            stream.write(b"abc")
            nursery.cancel_scope.cancel()
        assert await receive.receive_some(2) == b"ab"
        assert await receive.receive_some() == b"c"
        stream.destroy()


async def test_sending_waits_for_room_and_a_cancelled_send_sends_nothing() -> None:
    async with open_loop():
        sink = Sink(at_once=False, high_water_mark=1, object_mode=True)
        send: Any = sink.to_trio()
        await send.send(1)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(send.send, 2)
            await wait_all_tasks_blocked()
            nursery.cancel_scope.cancel()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(send.send, 3)
            await wait_all_tasks_blocked()
            assert sink.chunks == [1]
            sink.finish_write()
        assert sink.chunks == [1, 3]
        sink.destroy()


@pytest.mark.parametrize("error", [None, ValueError("x")])
async def test_a_destroyed_stream_is_broken_with_its_error_as_the_cause(error: Any) -> None:
    expected = ERR_STREAM_PREMATURE_CLOSE if error is None else ValueError
    async with open_loop():
        stream = PassThrough()
        both = stream.to_trio()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(stream_is_broken, both.receive_some, expected)
            await wait_all_tasks_blocked()
            stream.destroy(error)
        await stream_is_broken(both.receive_some, expected)
        await stream_is_broken(both.wait_send_all_might_not_block, expected)


async def stream_is_broken(function: Any, cause: type[Exception]) -> None:
    with pytest.raises(trio.BrokenResourceError) as caught:
        await function()
    assert isinstance(caught.value.__cause__, cause)


async def test_leaving_early_destroys_the_stream_and_its_watchers_know() -> None:
    async with open_loop():
        stream = Readable(read=lambda self, size: None)
        trace: list[Any] = []
        follow(stream, trace, "close")
        await stream.to_trio().aclose()
        assert stream.destroyed and trace == ["close"]
        with pytest.raises(Exception, match="aborted"):
            await promises.finished(stream)


async def test_closing_ends_the_stream_and_tells_if_that_fails() -> None:
    async with open_loop():
        good = Sink()
        async with good.to_trio() as send:
            await send.send_all(b"a")  # type: ignore[union-attr]
        assert (good.chunks, good.writable_finished, good.closed) == ([b"a"], True, True)

        def final(_self: Any, callback: Any) -> None:
            callback(ValueError("final"))

        bad = Writable(write=lambda self, chunk, encoding, callback: callback(), final=final)
        send = bad.to_trio()
        await stream_is_broken(send.aclose, ValueError)
        await send.aclose()


async def test_a_half_that_has_ended_leaves_the_other_one_alone() -> None:
    async with open_loop():
        one, other = duplex_pair()
        chunks = collected(other)
        other.end()
        receive: Any = Readable.to_trio(one)
        assert await receive.receive_some() == b""
        await receive.aclose()
        one.end(b"still here")
        await promises.finished(other)
        assert chunks == [b"still here"]


async def test_a_duplex_of_objects_is_refused() -> None:
    async with open_loop():
        with pytest.raises(ERR_INVALID_ARG_VALUE):
            PassThrough(object_mode=True).to_trio()


async def test_a_task_outside_of_the_loop_may_use_it_and_is_told_when_the_loop_ends() -> None:
    async with trio.open_nursery() as outside:
        async with open_loop():
            stream = PassThrough()
            both = stream.to_trio()
            outside.start_soon(both.send_all, b"abc")
            assert await both.receive_some() == b"abc"
            stream.destroy()
            await rounds(2)
        await stream_is_broken(both.receive_some, ERR_STREAM_PREMATURE_CLOSE)


async def test_a_task_outside_of_the_loop_goes_on_when_the_loop_is_cancelled() -> None:
    async def outside(receive: Any) -> None:
        with pytest.raises(trio.BrokenResourceError):
            await receive.receive_some()

    async with trio.open_nursery() as nursery:
        with trio.CancelScope() as scope:
            async with open_loop():
                _send, source = memory_stream_one_way_pair()
                stream = Readable.from_trio(source)
                nursery.start_soon(outside, stream.to_trio())
                await wait_all_tasks_blocked()
                stream.destroy()
                scope.cancel()
                await trio.lowlevel.checkpoint()


# --- where an iterable is taken ---


@pytest.mark.parametrize("take", [1, 100])
async def test_from_closes_a_channel_at_the_end_and_when_it_is_left(take: int) -> None:
    send, receive = trio.open_memory_channel[int](10)
    for number in range(5):
        send.send_nowait(number)
    send.close()
    async with open_loop():
        found = await Readable.from_(receive).take(take).to_array()
        assert found == list(range(min(take, 5)))
    assert receive.statistics().open_receive_channels == 0


async def test_the_loop_closes_a_channel_that_from_still_holds() -> None:
    send, receive = trio.open_memory_channel[int](10)
    send.send_nowait(1)
    with trio.CancelScope() as scope:
        async with open_loop():
            Readable.from_(receive).on("data", lambda number: scope.cancel())
            await trio.sleep_forever()
    assert receive.statistics().open_receive_channels == 0


async def test_a_pipeline_from_a_receive_stream_to_a_send_stream() -> None:
    send, source = memory_stream_one_way_pair()
    target, receive = memory_stream_one_way_pair()
    await send.send_all(b"abc")
    await send.aclose()
    async with open_loop():
        upper = Transform(transform=lambda self, chunk, encoding, callback: callback(None, chunk.upper()))
        await promises.pipeline(source, upper, Writable.from_trio(target))
    assert b"".join(await all_of(receive)) == b"ABC"


async def test_duplex_from_takes_both_sides_of_a_trio_stream() -> None:
    ours, theirs = memory_stream_pair()
    async with open_loop():
        stream = Duplex.from_(ours)
        stream.end(b"out")
        assert b"".join(await all_of(theirs)) == b"out"
        await theirs.send_all(b"in")
        await theirs.send_eof()
        assert await all_of(stream) == [b"in"]


async def test_duplex_from_takes_what_only_sends() -> None:
    send, receive = trio.open_memory_channel[int](1)
    async with open_loop():
        stream = Duplex.from_(send)
        assert (stream.readable, stream.writable) == (False, True)
        stream.end(1)
        assert await all_of(receive) == [1]
