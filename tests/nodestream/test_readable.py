"""`Readable`: chunks in, chunks out, and every state property on the way."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from nodestream import Readable, Writable, open_loop, run
from nodestream.errors import (
    ERR_INVALID_ARG_TYPE,
    ERR_METHOD_NOT_IMPLEMENTED,
    ERR_OUT_OF_RANGE,
    ERR_STREAM_PUSH_AFTER_EOF,
    ERR_STREAM_UNSHIFT_AFTER_END_EVENT,
    NodeError,
)
from nodestream.loop import next_tick
from nodestream.timers import set_immediate

from .support import READABLE_EVENTS, a_source, after_rounds, collected, follow


def a_quiet_stream(**options: Any) -> Readable:
    """One whose `_read` does nothing: chunks come by push() from outside."""
    return Readable(read=lambda self, size: None, **options)


# --- flowing ---


def test_a_flow_goes_through_the_events_of_node() -> None:
    trace: list[Any] = []

    def main() -> None:
        stream = a_source([b"a", b"b"])
        follow(stream, trace, *(event for event in READABLE_EVENTS if event != "readable"))

    run(main)
    assert trace == ["resume", ("data", b"a"), ("data", b"b"), "end", "close"]


def test_a_data_listener_starts_the_flow_in_a_tick() -> None:
    trace: list[Any] = []

    def main() -> None:
        stream = a_source([b"a"])
        stream.on("data", trace.append)
        assert stream.readable_flowing is True
        assert trace == []

    run(main)
    assert trace == [b"a"]


async def test_pausing_keeps_chunks_in_the_buffer_up_to_the_high_water_mark() -> None:
    async with open_loop():
        sizes: list[int] = []

        def read(self: Readable, size: int) -> None:
            sizes.append(size)
            self.push(b"x" * 4)

        stream = Readable(read=read, high_water_mark=10)
        chunks = collected(stream)
        assert stream.pause() is stream
        assert stream.is_paused()

        def look() -> None:
            assert chunks == []
            assert (stream.readable_length, stream.readable_flowing) == (12, False)
            assert sizes == [10] * 3
            stream.once("data", lambda chunk: (stream.pause(), set_immediate(look_again)))
            assert stream.resume() is stream
            assert not stream.is_paused()

        def look_again() -> None:
            assert chunks == [b"xxxx"]
            stream.destroy()

        stream.read(0)
        after_rounds(2, look)


def test_pause_and_resume_emit_their_events_once() -> None:
    trace: list[Any] = []

    def main() -> None:
        stream = a_quiet_stream()
        follow(stream, trace, "pause", "resume")
        stream.resume().resume().pause().pause().resume()
        set_immediate(stream.destroy)

    run(main)
    assert trace == ["pause", "resume"]


async def test_a_listener_that_pauses_gets_no_further_chunk() -> None:
    async with open_loop():
        stream = a_source([b"a", b"b", b"c"])
        chunks: list[bytes] = []

        def take(chunk: bytes) -> None:
            chunks.append(chunk)
            stream.pause()
            after_rounds(2, lambda: (seen.append(list(chunks)), stream.resume()))

        seen: list[list[bytes]] = []
        stream.on("data", take)
    assert seen == [[b"a"], [b"a", b"b"], [b"a", b"b", b"c"]]


def test_chunks_that_come_while_flowing_are_emitted_at_once() -> None:
    def main() -> None:
        stream = a_quiet_stream()
        chunks = collected(stream)

        def push() -> None:
            assert stream.push(b"a") is True
            assert chunks == [b"a"]
            assert stream.readable_length == 0
            stream.destroy()

        set_immediate(push)

    run(main)


def test_flowing_can_be_set_as_node_lets_it() -> None:
    def main() -> None:
        stream = a_quiet_stream()
        stream.readable_flowing = False
        stream.on("data", print)
        assert stream.readableFlowing is False
        stream.destroy()

    run(main)


# --- readable and read() ---


def test_readable_is_emitted_when_there_is_something_and_at_the_end() -> None:
    trace: list[Any] = []

    def main() -> None:
        stream = a_source([b"a", b"b"])

        def read() -> None:
            trace.append("readable")
            while (chunk := stream.read()) is not None:
                trace.append(chunk)

        stream.on("readable", read)
        follow(stream, trace, "end", "close")

    run(main)
    assert trace == ["readable", b"ab", "readable", "readable", "end", "close"]


async def test_read_gives_exactly_so_many_bytes_or_nothing() -> None:
    async with open_loop():
        stream = a_quiet_stream()
        for piece in (b"ab", b"cd", b"efg"):
            stream.push(piece)
        assert stream.read(3) == b"abc"
        assert stream.readable_buffer == [b"d", b"efg"]
        assert stream.read(5) is None
        assert stream.read(0) is None
        assert stream.read(-1) is None
        assert stream.readable_length == 4
        assert stream.read() == b"defg"
        assert stream.read() is None
        stream.push(b"xy")
        stream.push(None)
        assert stream.read(5) == b"xy"


async def test_a_read_of_more_than_fits_raises_the_mark_to_a_power_of_two() -> None:
    async with open_loop():
        stream = a_quiet_stream(high_water_mark=3)
        assert stream.read(10) is None
        assert stream.readable_high_water_mark == 16
        with pytest.raises(
            ERR_OUT_OF_RANGE, match=r'"size" is out of range\. It must be <= 1GiB\. Received 2147483648'
        ):
            stream.read(2**31)
        stream.destroy()


async def test_unshift_puts_a_chunk_back_in_front() -> None:
    async with open_loop():
        stream = a_quiet_stream()
        stream.push(b"cd")
        assert stream.unshift(b"ab") is True
        assert stream.read(3) == b"abc"
        stream.unshift("é", "latin1")
        assert stream.readable_buffer == [b"\xe9", b"d"]
        assert stream.unshift(b"") is True
        stream.destroy()


async def test_a_readable_listener_takes_precedence_over_data() -> None:
    async with open_loop():
        stream = a_source([b"a", b"b"])
        chunks = collected(stream)

        def on_readable() -> None:
            while stream.read() is not None:
                pass

        stream.on("readable", on_readable)
        assert stream.readable_flowing is False
    assert b"".join(chunks) == b"ab"


async def test_the_stream_flows_again_when_the_readable_listener_has_gone() -> None:
    async with open_loop():
        stream = a_source([b"a", b"b"])

        def nothing() -> None:
            pass

        chunks = collected(stream)
        stream.on("readable", nothing)
        set_immediate(stream.remove_listener, "readable", nothing)
    assert b"".join(chunks) == b"ab"


async def test_removing_all_listeners_by_either_way_lets_it_flow_again() -> None:
    for how in ("off", "removeAllListeners"):
        async with open_loop():
            stream = a_source([b"a"])
            chunks = collected(stream)

            def nothing() -> None:
                pass

            stream.on("readable", nothing)
            if how == "off":
                stream.off("readable", nothing)
            else:
                stream.removeAllListeners("readable")
        assert chunks == [b"a"]


# --- push ---


def test_push_tells_whether_there_is_room() -> None:
    def main() -> None:
        stream = a_quiet_stream(high_water_mark=4)
        assert stream.push(b"abc") is True
        assert stream.push(b"d") is False
        assert stream.push(b"e") is False
        assert stream.readable_length == 5
        assert stream.push(None) is False
        stream.destroy()

    run(main)


def test_a_mark_of_zero_has_room_for_one_chunk_at_a_time() -> None:
    sizes: list[int] = []
    rest = [b"a", b"b", None]

    def main() -> None:
        def read(self: Readable, size: int) -> None:
            sizes.append(size)
            self.push(rest.pop(0))

        stream = Readable(read=read, high_water_mark=0)
        chunks.append(collected(stream))

    chunks: list[list[bytes]] = []
    run(main)
    assert chunks == [[b"a", b"b"]]
    assert set(sizes) == {0}


@pytest.mark.parametrize("make", [bytearray, memoryview, lambda data: memoryview(bytearray(data))])
@pytest.mark.parametrize("method", ["push", "unshift"])
def test_a_buffer_that_may_change_is_copied(make: Callable[[bytes], Any], method: str) -> None:
    def main() -> None:
        stream = a_quiet_stream()
        data = make(b"abc")
        getattr(stream, method)(data)
        if not isinstance(data, memoryview) or not data.readonly:
            data[0:1] = b"X"
        chunk = stream.read()
        assert chunk == b"abc"
        assert type(chunk) is bytes
        stream.destroy()

    run(main)


def test_strings_are_pushed_in_their_encoding() -> None:
    def main() -> None:
        stream = a_quiet_stream(default_encoding="latin1")
        stream.push("é")
        stream.push("é", "utf8")
        stream.push("ff", "hex")
        assert stream.read() == b"\xe9\xc3\xa9\xff"
        stream.destroy()

    run(main)


@pytest.mark.parametrize("bad", [5, {}, [], object()])
def test_a_chunk_of_a_wrong_type_is_an_error_of_the_stream(bad: Any) -> None:
    errors: list[Any] = []

    def main() -> None:
        stream = a_quiet_stream().on("error", errors.append)
        assert stream.push(bad) is False
        assert stream.destroyed

    run(main)
    assert [type(error) for error in errors] == [ERR_INVALID_ARG_TYPE]
    assert str(errors[0]).startswith(
        'The "chunk" argument must be of type string or an instance of Buffer, TypedArray, or DataView. Received '
    )


def test_a_push_after_the_end_is_an_error_of_the_stream() -> None:
    errors: list[Any] = []

    def main() -> None:
        stream = a_quiet_stream().on("error", errors.append)
        stream.push(None)
        assert stream.push(b"x") is False

    run(main)
    assert [type(error) for error in errors] == [ERR_STREAM_PUSH_AFTER_EOF]


def test_an_unshift_after_the_end_event_is_an_error_of_the_stream() -> None:
    errors: list[Any] = []

    def main() -> None:
        stream = a_source([], auto_destroy=False).on("error", errors.append).resume()
        stream.on("end", lambda: stream.unshift(b"x"))

    run(main)
    assert [type(error) for error in errors] == [ERR_STREAM_UNSHIFT_AFTER_END_EVENT]


def test_nothing_is_delivered_after_destroy() -> None:
    def main() -> None:
        stream = a_quiet_stream()
        chunks = collected(stream)
        stream.destroy()
        assert stream.push(b"x") is False
        assert stream.read() is None
        assert chunks == []

    run(main)


def test_an_empty_chunk_is_no_chunk() -> None:
    chunks: list[Any] = []
    run(lambda: a_source([b"", b"a", b"", ""]).on("data", chunks.append))
    assert chunks == [b"a"]


@pytest.mark.parametrize("mark", [0, 1])
def test_a_push_without_a_chunk_asks_to_be_asked_again(mark: int) -> None:
    calls: list[str] = []

    def read(self: Readable, _size: int) -> None:
        calls.append("read")
        if len(calls) == 1:
            assert self.push() is True
        else:
            self.push(None)

    run(lambda: Readable(read=read, high_water_mark=mark).resume())
    assert calls == ["read", "read"]


# --- object mode ---


async def test_object_mode_counts_objects_and_reads_one_at_a_time() -> None:
    async with open_loop():
        stream = a_quiet_stream(object_mode=True, high_water_mark=2)
        assert stream.push({"a": 1}) is True
        assert stream.push(0) is False
        stream.push("")
        assert (stream.readable_length, stream.readable_object_mode) == (3, True)
        assert [stream.read(10), stream.read(), stream.read(1), stream.read()] == [{"a": 1}, 0, "", None]
        data = bytearray(b"x")
        stream.push(data)
        assert stream.read() is data
        stream.destroy()


# --- the hook ---


def test_without_a_read_hook_reading_is_an_error() -> None:
    errors: list[Any] = []
    run(lambda: Readable().on("error", errors.append).read())
    assert [(type(error), str(error)) for error in errors] == [
        (ERR_METHOD_NOT_IMPLEMENTED, "The _read() method is not implemented")
    ]


def test_an_exception_of_the_hook_destroys_the_stream() -> None:
    trace: list[Any] = []

    def main() -> None:
        def read(self: Readable, size: int) -> None:
            raise ValueError("x")

        stream = Readable(read=read)
        follow(stream, trace, "close")
        stream.on("error", lambda error: trace.append(str(error)))
        stream.resume()

    run(main)
    assert trace == ["x", "close"]


def test_an_async_hook_may_take_its_time() -> None:
    rest = [b"a", b"b"]

    async def read(self: Readable, size: int) -> None:
        from nodestream.loop import Promise

        promise: Promise[None] = Promise()
        set_immediate(promise.resolve, None)
        await promise
        self.push(rest.pop(0) if rest else None)

    chunks: list[bytes] = []
    run(lambda: Readable(read=read).on("data", chunks.append))
    assert chunks == [b"a", b"b"]


def test_the_failure_of_an_async_hook_is_the_streams() -> None:
    errors: list[Any] = []

    async def read(self: Readable, size: int) -> None:
        raise ValueError("x")

    run(lambda: Readable(read=read).on("error", errors.append).resume())
    assert [str(error) for error in errors] == ["x"]


def test_the_hook_is_called_again_only_after_a_push() -> None:
    calls: list[int] = []

    def main() -> None:
        stream = Readable(read=lambda self, size: calls.append(size), high_water_mark=5).resume()
        after_rounds(3, lambda: (stream.push(b"x"), after_rounds(3, lambda: stream.push(None))))

    run(main)
    assert calls == [5, 5]


def test_a_subclass_implements_hooks_as_methods() -> None:
    class Counter(Readable):
        def __init__(self) -> None:
            super().__init__(encoding="ascii")
            self.count = 0

        def _read(self, size: int) -> None:
            self.count += 1
            self.push(str(self.count) if self.count < 4 else None)

    chunks: list[str] = []
    run(lambda: Counter().on("data", chunks.append))
    assert "".join(chunks) == "123"


def test_a_subclass_may_ask_whether_it_is_destroyed_before_it_is_made() -> None:
    class Early(Readable):
        def __init__(self) -> None:
            assert self.destroyed is False
            self.destroyed = True
            super().__init__()

    def main() -> None:
        stream = Early()
        assert stream.destroyed is False
        stream.destroy()
        assert stream.destroyed is True

    run(main)


# --- state ---


def test_every_property_at_each_stage() -> None:
    stages: dict[str, Any] = {}

    def look(stream: Readable) -> dict[str, Any]:
        names = (
            "readable readable_aborted readable_did_read readable_encoding readable_ended readable_flowing "
            "readable_length readable_object_mode closed destroyed errored"
        )
        return {name: getattr(stream, name) for name in names.split()}

    def main() -> None:
        stream = a_source([b"a"])
        stages["new"] = look(stream)
        stream.on("end", lambda: stages.setdefault("end", look(stream)))
        stream.on("close", lambda: stages.setdefault("close", look(stream)))
        stream.on("data", lambda chunk: stages.setdefault("data", look(stream)))

    run(main)
    new = {
        "readable": True,
        "readable_aborted": False,
        "readable_did_read": False,
        "readable_encoding": None,
        "readable_ended": False,
        "readable_flowing": None,
        "readable_length": 0,
        "readable_object_mode": False,
        "closed": False,
        "destroyed": False,
        "errored": None,
    }
    assert stages["new"] == new
    assert stages["data"] == new | {"readable_did_read": True, "readable_flowing": True}
    ended = stages["data"] | {"readable": False, "readable_ended": True}
    assert stages["end"] == ended
    assert stages["close"] == ended | {"closed": True, "destroyed": True}


def test_a_stream_that_failed_says_so() -> None:
    def main() -> None:
        error = ValueError("x")
        stream = a_quiet_stream().on("error", lambda error: None)
        assert stream.destroy(error) is stream
        assert (stream.readable_aborted, stream.destroyed, stream.errored) == (True, True, error)
        assert stream.readable is False

    run(main)


def test_a_repr_tells_the_state_on_one_line() -> None:
    shown: list[str] = []

    def main() -> None:
        stream = a_quiet_stream(high_water_mark=10)
        shown.append(repr(stream))
        stream.push(b"abc")
        stream.resume()
        shown.append(repr(stream))
        stream.pause()
        shown.append(repr(stream))
        stream.push(None)
        shown.append(repr(stream))
        stream.resume()
        stream.on("end", lambda: shown.append(repr(stream)))
        stream.on("close", lambda: shown.append(repr(stream)))
        failed = a_quiet_stream().on("error", lambda error: None).destroy(ValueError("x"))
        shown.append(repr(failed))

    run(main)
    assert shown == [
        "<Readable readable idle 0/10>",
        "<Readable readable flowing 3/10>",
        "<Readable readable paused 3/10>",
        "<Readable readable ending 3/10>",
        "<Readable readable idle 0/65536 closed errored=ValueError('x')>",
        "<Readable readable ended 0/10>",
        "<Readable readable ended 0/10 closed>",
    ]
    assert not any("\n" in line for line in shown)


# --- the end and destruction ---


def test_a_stream_without_auto_destroy_stays_as_it_is_after_its_end() -> None:
    trace: list[Any] = []

    def main() -> None:
        stream = a_source([b"a"], auto_destroy=False)
        follow(stream, trace, "end", "close")
        stream.resume()
        after_rounds(3, lambda: trace.append(stream.destroyed))

    run(main)
    assert trace == ["end", False]


def test_a_stream_that_emits_no_close_is_closed_all_the_same() -> None:
    trace: list[Any] = []

    def main() -> None:
        stream = a_source([b"a"], emit_close=False)
        follow(stream, trace, "end", "close")
        stream.resume()
        after_rounds(3, lambda: trace.append(stream.closed))

    run(main)
    assert trace == ["end", True]


def test_destroy_emits_error_then_close_in_a_later_tick_and_once() -> None:
    trace: list[Any] = []

    def main() -> None:
        stream = a_quiet_stream()
        follow(stream, trace, "error", "close", "end")
        error = ValueError("first")
        stream.destroy(error)
        stream.destroy(ValueError("second"))
        assert trace == []
        next_tick(lambda: trace.append(stream.errored is error))

    run(main)
    assert [line if isinstance(line, (str, bool)) else (line[0], str(line[1])) for line in trace] == [
        ("error", "first"),
        "close",
        True,
    ]


def test_an_error_that_nobody_listens_for_is_uncaught() -> None:
    with pytest.raises(ValueError, match="x"):
        run(lambda: a_quiet_stream().destroy(ValueError("x")))


def test_the_destroy_hook_may_change_the_error() -> None:
    trace: list[Any] = []

    def main() -> None:
        def destroy(self: Readable, error: Any, callback: Callable[..., None]) -> None:
            trace.append(str(error))
            set_immediate(callback, KeyError("other"))

        stream = a_quiet_stream(destroy=destroy)
        stream.on("error", lambda error: trace.append(type(error)))
        stream.on("close", lambda: trace.append("close"))
        stream.destroy(ValueError("x"), lambda error: trace.append(("callback", type(error))))

    run(main)
    assert trace == ["x", ("callback", KeyError), KeyError, "close"]


def test_an_async_destroy_hook_is_waited_for_and_its_failure_is_the_streams() -> None:
    trace: list[Any] = []

    def main() -> None:
        async def destroy(self: Readable, error: Any, callback: Callable[..., None]) -> None:
            trace.append("destroy")
            raise KeyError("cleaning up")

        stream = a_quiet_stream(destroy=destroy)
        stream.on("error", lambda error: trace.append(type(error)))
        stream.on("close", lambda: trace.append("close"))
        stream.destroy()
        assert not stream.closed

    run(main)
    assert trace == ["destroy", KeyError, "close"]


@pytest.mark.parametrize("stage", ["before", "reading", "flowing", "ended"])
def test_destroy_at_any_stage_closes_once_and_ends_at_most_before(stage: str) -> None:
    trace: list[Any] = []

    def main() -> None:
        stream = a_source([b"a", b"b"])
        follow(stream, trace, "end", "error", "close")
        if stage == "before":
            stream.destroy()
        elif stage == "reading":
            stream.on("readable", stream.destroy)
        elif stage == "flowing":
            stream.on("data", lambda chunk: stream.destroy())
        else:
            stream.on("end", stream.destroy).resume()

    run(main)
    assert trace.count("close") == 1
    assert trace[-1] == "close"
    assert ("end" in trace) == (stage == "ended")


# --- construct ---


def test_reading_waits_until_the_stream_is_constructed() -> None:
    trace: list[Any] = []

    def main() -> None:
        def construct(self: Readable, callback: Callable[..., None]) -> None:
            trace.append("construct")
            after_rounds(2, lambda: (trace.append("constructed"), callback()))

        stream = a_source([b"a"], construct=construct)
        stream.on("data", trace.append)
        assert stream.read() is None
        assert trace == []

    run(main)
    assert trace == ["construct", "constructed", b"a"]


@pytest.mark.parametrize("how", ["callback", "raise", "async"])
def test_a_failed_construction_destroys_the_stream(how: str) -> None:
    trace: list[Any] = []

    def construct(self: Readable, callback: Callable[..., None]) -> None:
        if how == "raise":
            raise ValueError("x")
        callback(ValueError("x"))

    async def construct_async(self: Readable, callback: Callable[..., None]) -> None:
        raise ValueError("x")

    def main() -> None:
        stream = a_source([b"a"], construct=construct_async if how == "async" else construct)
        stream.on("error", lambda error: trace.append(str(error)))
        follow(stream, trace, "data", "close")

    run(main)
    assert trace == ["x", "close"]


def test_a_stream_that_is_destroyed_while_it_is_constructed_is_destroyed_afterwards() -> None:
    trace: list[Any] = []

    def main() -> None:
        async def construct(self: Readable, callback: Callable[..., None]) -> None:
            trace.append("constructed")

        def destroy(self: Readable, error: Any, callback: Callable[..., None]) -> None:
            trace.append("destroy")
            callback(error)

        stream = a_source([], construct=construct, destroy=destroy)
        follow(stream, trace, "close")
        stream.destroy()

    run(main)
    assert trace == ["constructed", "destroy", "close"]


# --- async listeners ---


def test_the_failure_of_an_async_listener_destroys_a_stream_that_captures_rejections() -> None:
    trace: list[Any] = []

    async def fail(chunk: bytes) -> None:
        raise ValueError("listener")

    def main() -> None:
        stream = a_quiet_stream(capture_rejections=True)
        stream.push(b"a")
        stream.on("data", fail)
        stream.on("error", lambda error: trace.append(str(error)))
        follow(stream, trace, "close")

    run(main)
    assert trace == ["listener", "close"]


def test_an_async_listener_of_each_event_runs() -> None:
    trace: list[str] = []

    def main() -> None:
        stream = a_source([b"a"])
        for event in ("resume", "data", "end", "close"):

            async def listener(*args: Any, event: str = event) -> None:
                trace.append(event)

            stream.on(event, listener)

    run(main)
    assert trace == ["resume", "data", "end", "close"]


async def test_async_with_destroys_the_stream_and_waits_until_it_is_closed() -> None:
    trace: list[Any] = []
    async with open_loop():
        async with a_quiet_stream() as stream:
            follow(stream, trace, "close", "error")
            stream.push(b"x")
        assert stream.closed
        assert [line if line == "close" else str(line[1]) for line in trace] == ["The operation was aborted", "close"]
        async with a_source([b"a"]) as stream:
            async for chunk in stream:
                assert chunk == b"a"
        assert stream.errored is None


async def test_async_with_raises_the_streams_own_error_but_not_over_another() -> None:
    async with open_loop():
        with pytest.raises(ValueError, match="stream"):
            async with a_quiet_stream() as stream:
                stream.on("error", lambda error: None)
                stream.destroy(ValueError("stream"))
        with pytest.raises(KeyError):
            async with a_quiet_stream() as stream:
                stream.on("error", lambda error: None)
                stream.destroy(ValueError("stream"))
                raise KeyError("body")


def test_all_errors_of_a_readable_have_a_code_of_node() -> None:
    errors: list[Any] = []

    def main() -> None:
        for bad in (lambda s: s.push(5), lambda s: (s.push(None), s.push(b"x"))):
            stream = a_quiet_stream().on("error", errors.append)
            bad(stream)

    run(main)
    assert all(isinstance(error, NodeError) and error.code.startswith("ERR_") for error in errors)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ("1", b"a"),
        ("2.0", b"ab"),
        (" 3 apples", b"abc"),
        ("x", b"abcdef"),
        (1.9, b"a"),
        (0.5, None),
        (-1, None),
        (math.nan, b"abcdef"),
        (math.inf, b"abcdef"),
        (True, b"abcdef"),
    ],
)
def test_a_size_that_is_no_integer_is_read_as_javascript_reads_numbers(size: Any, expected: Any) -> None:
    def main() -> None:
        stream = Readable(read=lambda self, size: None)
        stream.push(b"abcdef")
        assert stream.read(size) == expected

    run(main)


@pytest.mark.parametrize("encoding", ["", None])
def test_an_encoding_that_says_nothing_is_utf8_where_one_is_needed(encoding: Any) -> None:
    seen: list[Any] = []

    def main() -> None:
        assert Readable(encoding=encoding).readable_encoding is None
        assert Readable().set_encoding(encoding).readable_encoding == "utf8"
        stream = Readable(read=lambda self, size: None)
        stream.push("\xe9", encoding)
        assert stream.read() == b"\xc3\xa9"
        sink = Writable(write=lambda self, chunk, encoding, callback: seen.append((chunk, encoding)))
        sink.write("\xe9", encoding)

    run(main)
    assert seen == [(b"\xc3\xa9", "buffer")]
