"""`Writable`: chunks go in, in order, one at a time; and every state property on the way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from nodestream import Writable, open_loop, promises, run
from nodestream.errors import (
    ERR_INVALID_ARG_TYPE,
    ERR_METHOD_NOT_IMPLEMENTED,
    ERR_MULTIPLE_CALLBACK,
    ERR_STREAM_ALREADY_FINISHED,
    ERR_STREAM_CANNOT_PIPE,
    ERR_STREAM_DESTROYED,
    ERR_STREAM_NULL_VALUES,
    ERR_STREAM_WRITE_AFTER_END,
    ERR_UNKNOWN_ENCODING,
)
from nodestream.loop import Promise, next_tick
from nodestream.timers import set_immediate

from .support import WRITABLE_EVENTS, Sink, after_rounds, follow

Callback = Callable[..., Any]


def code_of(error: Any) -> Any:
    return getattr(error, "code", error)


# --- writing ---


def test_a_short_life_goes_through_the_events_of_node() -> None:
    trace: list[Any] = []

    def main() -> None:
        sink = Sink(high_water_mark=1)
        follow(sink, trace, *WRITABLE_EVENTS)
        assert sink.write(b"a", lambda error: trace.append(("callback", error))) is True
        sink.end(b"b", lambda error: trace.append(("ended", error)))

    run(main)
    assert trace == ["prefinish", ("callback", None), ("ended", None), "finish", "close"]


def test_a_full_stream_goes_through_drain() -> None:
    trace: list[Any] = []

    def main() -> None:
        sink = Sink(at_once=False, high_water_mark=2)
        follow(sink, trace, *WRITABLE_EVENTS)
        assert sink.write(b"a") is True
        assert sink.write(b"b") is False
        assert sink.writable_need_drain is True
        assert sink.write(b"c") is False
        for _ in range(3):
            assert "drain" not in trace
            sink.finish_write()
        assert sink.writable_need_drain is False
        assert trace == ["drain"]
        sink.end()

    run(main)
    assert trace == ["drain", "prefinish", "finish", "close"]


def test_one_write_is_under_way_at_a_time_and_in_order() -> None:
    def main() -> None:
        sink = Sink(at_once=False)
        for chunk in (b"a", b"b", b"c"):
            sink.write(chunk)
        assert sink.chunks == [b"a"]
        sink.finish_write()
        assert sink.chunks == [b"a", b"b"]
        sink.finish_write()
        sink.finish_write()
        assert sink.chunks == [b"a", b"b", b"c"]
        sink.end()

    run(main)


def test_callbacks_come_in_order_from_a_tick_when_the_write_was_synchronous() -> None:
    trace: list[Any] = []

    def main() -> None:
        sink = Sink()
        for number in range(3):
            sink.write(b"x", lambda error, number=number: trace.append(number))
        assert trace == []
        next_tick(lambda: trace.append("tick"))

    run(main)
    assert trace == [0, 1, 2, "tick"]


def test_write_may_leave_out_the_encoding() -> None:
    trace: list[Any] = []

    def main() -> None:
        sink = Sink()
        sink.write(b"a", lambda error: trace.append(1))
        sink.write("a", "latin1", lambda error: trace.append(2))
        sink.end(lambda error: trace.append(3))

    run(main)
    assert trace == [1, 2, 3]


def test_end_takes_each_form_of_arguments() -> None:
    trace: list[Any] = []

    def main() -> None:
        for arguments in ((), (b"x",), ("x", "latin1"), (b"x", trace.append), ("x", "latin1", trace.append)):
            sink = Sink()
            assert sink.end(*arguments) is sink
            assert sink.chunks == [b"x"][: len(arguments)]

    run(main)
    assert trace == [None, None]


@pytest.mark.parametrize(
    ("chunk", "encoding", "seen"),
    [
        ("é", None, (b"\xc3\xa9", "buffer")),
        ("é", "latin1", (b"\xe9", "buffer")),
        ("ff", "hex", (b"\xff", "buffer")),
        (b"x", None, (b"x", "buffer")),
        (b"x", "latin1", (b"x", "buffer")),
        (bytearray(b"x"), None, (b"x", "buffer")),
        (memoryview(b"x"), None, (b"x", "buffer")),
        ("", None, (b"", "buffer")),
    ],
)
def test_the_hook_gets_bytes(chunk: Any, encoding: str | None, seen: tuple[bytes, str]) -> None:
    calls: list[Any] = []
    run(lambda: Writable(write=lambda self, *args: (calls.append(args[:2]), args[2]())).write(chunk, encoding))
    assert calls == [seen]
    assert type(calls[0][0]) is bytes


def test_strings_stay_strings_if_they_are_not_to_be_decoded() -> None:
    calls: list[Any] = []

    def main() -> None:
        sink = Writable(write=lambda self, *args: (calls.append(args[:2]), args[2]()), decode_strings=False)
        sink.write("é")
        sink.set_default_encoding("LATIN1")
        sink.write("é")
        sink.write("é", "hex")
        assert sink.setDefaultEncoding("utf8") is sink

    run(main)
    assert calls == [("é", "utf8"), ("é", "latin1"), ("é", "hex")]


def test_a_buffer_that_may_change_is_copied_when_it_is_written() -> None:
    def main() -> None:
        sink = Sink(at_once=False)
        data = bytearray(b"ab")
        sink.write(b"first")
        sink.write(data)
        sink.write(memoryview(data)[1:])
        data[:] = b"XY"
        sink.finish_write()
        sink.finish_write()
        assert sink.chunks == [b"first", b"ab", b"b"]

    run(main)


def test_lengths_count_bytes_also_of_strings() -> None:
    def main() -> None:
        sink = Sink(at_once=False, high_water_mark=4)
        assert sink.write("é") is True
        assert sink.writable_length == 2
        assert sink.write("é") is False
        assert sink.writable_length == 4

    run(main)


def test_object_mode_counts_objects_and_takes_any() -> None:
    def main() -> None:
        sink = Sink(at_once=False, object_mode=True, high_water_mark=2)
        assert sink.write({"a": 1}) is True
        assert sink.write(0) is False
        assert (sink.writable_length, sink.writable_object_mode) == (2, True)
        sink.finish_write()
        assert sink.chunks == [{"a": 1}, 0]

    run(main)


def test_an_empty_chunk_is_a_write_too() -> None:
    trace: list[Any] = []

    def main() -> None:
        sink = Sink()
        assert sink.write(b"", trace.append) is True
        assert sink.chunks == [b""]

    run(main)
    assert trace == [None]


def test_a_mark_of_zero_is_full_while_anything_is_under_way() -> None:
    def main() -> None:
        sink = Sink(at_once=False, high_water_mark=0)
        assert sink.write(b"a") is False
        sink.finish_write()
        at_once = Sink(high_water_mark=0)
        assert at_once.write(b"a") is True

    run(main)


# --- wrong arguments ---


@pytest.mark.parametrize("object_mode", [False, True])
def test_none_cannot_be_written(object_mode: bool) -> None:
    def main() -> None:
        with pytest.raises(ERR_STREAM_NULL_VALUES, match="May not write null values to stream"):
            Sink(object_mode=object_mode).write(None)

    run(main)


@pytest.mark.parametrize("bad", [5, {}, [b"x"], 1.5, True])
def test_a_chunk_of_a_wrong_type_is_refused(bad: Any) -> None:
    def main() -> None:
        sink = Sink()
        with pytest.raises(ERR_INVALID_ARG_TYPE, match='The "chunk" argument must be of type string or an instance of'):
            sink.write(bad)
        assert sink.writable
        assert sink.writable_length == 0

    run(main)


def test_an_unknown_encoding_is_refused() -> None:
    def main() -> None:
        with pytest.raises(ERR_UNKNOWN_ENCODING, match="Unknown encoding: bogus"):
            Sink().write("x", "bogus")
        with pytest.raises(ERR_UNKNOWN_ENCODING):
            Sink().set_default_encoding("bogus")

    run(main)


# --- after the end ---


def test_a_write_after_the_end_is_an_error_of_the_stream_and_of_the_write() -> None:
    trace: list[Any] = []

    def main() -> None:
        sink = Sink()
        sink.on("error", lambda error: trace.append(("error", error.code)))
        sink.end()
        assert sink.write(b"x", lambda error: trace.append(("callback", error.code))) is False
        assert sink.chunks == []

    run(main)
    assert trace == [("callback", "ERR_STREAM_WRITE_AFTER_END"), ("error", "ERR_STREAM_WRITE_AFTER_END")]


def test_a_second_end_is_told_so() -> None:
    trace: list[Any] = []

    def main() -> None:
        sink = Sink()
        sink.end(lambda error: trace.append(code_of(error)))
        sink.end(lambda error: trace.append(code_of(error)))
        sink.on("close", lambda: sink.end(lambda error: trace.append(code_of(error))))

    run(main)
    assert trace == [None, None, ERR_STREAM_ALREADY_FINISHED.code]


def test_end_with_a_chunk_after_the_end_is_a_write_after_the_end() -> None:
    errors: list[Any] = []

    def main() -> None:
        sink = Sink().on("error", errors.append)
        sink.end()
        sink.end(b"x")

    run(main)
    assert [type(error) for error in errors] == [ERR_STREAM_WRITE_AFTER_END]


def test_a_write_to_a_destroyed_stream_fails_quietly() -> None:
    trace: list[Any] = []

    def main() -> None:
        sink = Sink()
        follow(sink, trace, "error", "close")
        sink.destroy()
        assert sink.write(b"x", lambda error: trace.append(error.code)) is False
        sink.end(lambda error: trace.append("never called, as in Node"))

    run(main)
    assert trace == ["close", ERR_STREAM_DESTROYED.code]


def test_a_writable_cannot_be_piped_from() -> None:
    errors: list[Any] = []
    run(lambda: Sink().on("error", errors.append).pipe(Sink()))
    assert [type(error) for error in errors] == [ERR_STREAM_CANNOT_PIPE]


# --- cork ---


def test_what_is_written_while_corked_goes_out_at_the_last_uncork() -> None:
    def main() -> None:
        sink = Sink()
        sink.cork()
        sink.cork()
        sink.write(b"a")
        sink.write(b"b")
        assert (sink.writable_corked, sink.writable_length, len(sink.writable_buffer)) == (2, 2, 2)
        sink.uncork()
        assert sink.chunks == []
        sink.uncork()
        assert sink.chunks == [b"a", b"b"]
        sink.uncork()
        assert sink.writable_corked == 0

    run(main)


def test_end_uncorks_all() -> None:
    def main() -> None:
        sink = Sink()
        sink.cork()
        sink.cork()
        sink.write(b"a")
        sink.end(b"b")
        assert sink.chunks == [b"a", b"b"]
        assert sink.writable_corked == 0

    run(main)


def test_writev_gets_all_that_waited_with_its_encodings() -> None:
    calls: list[Any] = []
    done: list[Any] = []

    def main() -> None:
        def writev(self: Writable, chunks: Any, callback: Callback) -> None:
            calls.append([(each.chunk, each.encoding) for each in chunks])
            callback()

        sink = Writable(writev=writev, decode_strings=False)
        sink.write(b"alone")
        sink.cork()
        sink.write(b"a", lambda error: done.append("a"))
        sink.write("é", "latin1", lambda error: done.append("é"))
        sink.uncork()

    run(main)
    assert calls == [[(b"alone", "buffer")], [(b"a", "buffer"), ("é", "latin1")]]
    assert done == ["a", "é"]


def test_write_is_used_for_one_and_writev_for_several() -> None:
    calls: list[str] = []

    def main() -> None:
        waiting: list[Callback] = []
        sink = Writable(
            write=lambda self, chunk, encoding, callback: (calls.append("write"), waiting.append(callback)),
            writev=lambda self, chunks, callback: (calls.append(f"writev {len(chunks)}"), waiting.append(callback)),
        )
        for _ in range(4):
            sink.write(b"x")
        waiting.pop()()
        sink.write(b"x")
        waiting.pop()()
        waiting.pop()()

    run(main)
    assert calls == ["write", "writev 3", "write"]


def test_a_failed_writev_fails_every_write_in_it() -> None:
    trace: list[Any] = []

    def main() -> None:
        sink = Writable(writev=lambda self, chunks, callback: callback(ValueError("x")))
        sink.on("error", lambda error: trace.append(("error", str(error))))
        sink.cork()
        for name in "ab":
            sink.write(b"x", lambda error, name=name: trace.append((name, str(error))))
        sink.uncork()

    run(main)
    assert trace == [("a", "x"), ("b", "x"), ("error", "x")]


# --- hooks ---


def test_without_a_write_hook_a_write_is_refused() -> None:
    def main() -> None:
        with pytest.raises(ERR_METHOD_NOT_IMPLEMENTED, match=r"The _write\(\) method is not implemented"):
            Writable().write(b"x")

    run(main)


@pytest.mark.parametrize("at_once", [True, False])
def test_a_failed_write_tells_its_callback_then_those_behind_it_then_everybody(at_once: bool) -> None:
    trace: list[Any] = []

    def main() -> None:
        def write(self: Writable, chunk: bytes, encoding: str, callback: Callback) -> None:
            if at_once:
                callback(ValueError("x"))
            else:
                set_immediate(callback, ValueError("x"))

        sink = Writable(write=write)
        for event in ("error", "close", "finish"):
            sink.on(event, lambda *args, event=event: trace.append(event))
        for name in "ab":
            sink.write(b"x", lambda error, name=name: trace.append((name, str(error))))
        sink.end(lambda error: trace.append(("end", str(error))))

    run(main)
    assert trace == [("a", "x"), ("b", "x"), ("end", "x"), "error", "close"]


def test_a_callback_that_is_called_twice_is_an_error() -> None:
    errors: list[Any] = []

    def main() -> None:
        sink = Writable(write=lambda self, chunk, encoding, callback: (callback(), callback()))
        sink.on("error", errors.append)
        sink.write(b"x")

    run(main)
    assert [type(error) for error in errors] == [ERR_MULTIPLE_CALLBACK]


@pytest.mark.parametrize("failing", [False, True])
def test_an_async_write_hook_calls_back_with_its_outcome(failing: bool) -> None:
    trace: list[Any] = []

    async def write(self: Writable, chunk: bytes, encoding: str, callback: Callback) -> None:
        promise: Promise[None] = Promise()
        set_immediate(promise.resolve, None)
        await promise
        trace.append(chunk)
        if failing:
            raise ValueError("x")

    def main() -> None:
        sink = Writable(write=write)
        sink.on("error", lambda error: trace.append(str(error)))
        sink.on("finish", lambda: trace.append("finish"))
        sink.write(b"a", lambda error: trace.append(("a", error and str(error))))
        sink.write(b"b")
        sink.end()

    run(main)
    if failing:
        assert trace == [b"a", ("a", "x"), "x"]
    else:
        assert trace == [b"a", ("a", None), b"b", "finish"]


@pytest.mark.parametrize("hook", ["writev", "final", "construct", "destroy"])
@pytest.mark.parametrize("failing", [False, True])
def test_every_hook_may_be_async(hook: str, failing: bool) -> None:
    trace: list[Any] = []

    async def work(self: Writable, *args: Any) -> None:
        trace.append(hook)
        if failing:
            raise ValueError("x")

    def main() -> None:
        hooks = {"write": lambda self, chunk, encoding, callback: callback()} | {hook: work}
        sink = Writable(hooks)
        sink.on("error", lambda error: trace.append(str(error)))
        sink.on("finish", lambda: trace.append("finish"))
        sink.on("close", lambda: trace.append("close"))
        sink.cork()
        sink.write(b"a")
        sink.write(b"b")
        sink.end()

    run(main)
    assert trace[-1] == "close"
    assert trace.count(hook) == 1
    assert ("x" in trace) == failing
    assert ("finish" in trace) == (not failing or hook == "destroy")


@pytest.mark.parametrize("how", ["callback", "later", "raise"])
def test_a_failed_final_is_an_error_instead_of_finish(how: str) -> None:
    trace: list[Any] = []

    def final(self: Writable, callback: Callback) -> None:
        if how == "raise":
            raise ValueError("x")
        if how == "later":
            set_immediate(callback, ValueError("x"))
        else:
            callback(ValueError("x"))

    def main() -> None:
        sink = Sink(final=final)
        follow(sink, trace, "prefinish", "finish", "close")
        sink.on("error", lambda error: trace.append(str(error)))
        sink.end(lambda error: trace.append(("end", str(error))))

    run(main)
    assert trace == ([("end", "x"), "x", "close"] if how == "later" else ["x", "close", ("end", "x")])


def test_final_comes_after_the_last_write_and_before_finish() -> None:
    trace: list[Any] = []

    def main() -> None:
        def final(self: Writable, callback: Callback) -> None:
            trace.append(("final", list(sink.chunks)))
            set_immediate(callback)

        sink = Sink(final=final)
        follow(sink, trace, "prefinish", "finish")
        sink.write(b"a")
        sink.end(b"b", lambda error: trace.append("end"))

    run(main)
    assert trace == [("final", [b"a", b"b"]), "prefinish", "end", "finish"]


def test_writes_wait_until_the_stream_is_constructed() -> None:
    trace: list[Any] = []

    def main() -> None:
        def construct(self: Writable, callback: Callback) -> None:
            after_rounds(2, lambda: (trace.append(list(sink.chunks)), callback()))

        sink = Sink(construct=construct)
        assert sink.write(b"a") is True
        sink.end(b"b", lambda error: trace.append(list(sink.chunks)))

    run(main)
    assert trace == [[], [b"a", b"b"]]


def test_hooks_are_called_as_methods() -> None:
    seen: list[Any] = []

    def main() -> None:
        sink = Writable(write=lambda self, chunk, encoding, callback: (seen.append(self), callback()))
        sink.write(b"x")
        assert seen == [sink]

    run(main)


# --- destruction ---


def test_what_waits_is_told_that_it_will_not_happen() -> None:
    trace: list[Any] = []

    def main() -> None:
        sink = Sink(at_once=False)
        for name in "ab":
            sink.write(b"x", lambda error, name=name: trace.append((name, code_of(error))))
        sink.end(lambda error: trace.append(("end", code_of(error))))
        follow(sink, trace, "close", "finish", "error")
        sink.destroy()
        set_immediate(sink.finish_write)

    run(main)
    destroyed = ERR_STREAM_DESTROYED.code
    assert trace == ["close", ("a", None), ("b", destroyed), ("end", destroyed)]


def test_with_an_error_that_is_what_they_are_told() -> None:
    trace: list[Any] = []

    def main() -> None:
        sink = Sink(at_once=False)
        sink.write(b"x")
        sink.write(b"x", lambda error: trace.append(str(error)))
        sink.on("error", lambda error: trace.append("error"))
        sink.destroy(ValueError("x"))
        set_immediate(sink.finish_write)

    run(main)
    assert trace == ["error", "x"]


@pytest.mark.parametrize("stage", ["new", "writing", "corked", "ending", "in final", "finished"])
def test_destroy_at_any_stage_closes_once(stage: str) -> None:
    trace: list[Any] = []

    def main() -> None:
        final = (lambda self, callback: self.destroy()) if stage == "in final" else None
        sink = Sink(at_once=stage != "writing", final=final)
        follow(sink, trace, "finish", "close", "error")
        if stage == "corked":
            sink.cork()
        if stage != "new":
            sink.write(b"x")
        if stage in ("ending", "in final", "finished"):
            sink.end()
        if stage == "finished":
            sink.on("finish", sink.destroy)
        else:
            sink.destroy()

    run(main)
    assert trace == (["finish", "close"] if stage == "finished" else ["close"])


def test_a_stream_without_auto_destroy_stays_after_finish() -> None:
    trace: list[Any] = []

    def main() -> None:
        sink = Sink(auto_destroy=False)
        follow(sink, trace, "finish", "close")
        sink.end()
        after_rounds(3, lambda: trace.append(sink.destroyed))

    run(main)
    assert trace == ["finish", False]


# --- state ---


def test_every_property_at_each_stage() -> None:
    def look() -> dict[str, Any]:
        names = (
            "writable writable_aborted writable_corked writable_ended writable_finished writable_high_water_mark "
            "writable_length writable_need_drain writable_object_mode closed destroyed errored"
        )
        return {name: getattr(sink, name) for name in names.split()}

    stages: dict[str, Any] = {}

    def main() -> None:
        nonlocal sink
        sink = Sink(at_once=False, high_water_mark=3)
        stages["new"] = look()
        sink.write(b"abc")
        stages["full"] = look()
        sink.end()
        stages["ending"] = look()
        sink.on("finish", lambda: stages.setdefault("finish", look()))
        sink.on("close", lambda: stages.setdefault("close", look()))
        set_immediate(sink.finish_write)

    sink: Any = None
    run(main)
    new = {
        "writable": True,
        "writable_aborted": False,
        "writable_corked": 0,
        "writable_ended": False,
        "writable_finished": False,
        "writable_high_water_mark": 3,
        "writable_length": 0,
        "writable_need_drain": False,
        "writable_object_mode": False,
        "closed": False,
        "destroyed": False,
        "errored": None,
    }
    assert stages["new"] == new
    assert stages["full"] == new | {"writable_length": 3, "writable_need_drain": True}
    assert stages["ending"] == new | {"writable": False, "writable_length": 3, "writable_ended": True}
    finished = new | {"writable": False, "writable_ended": True, "writable_finished": True}
    assert stages["finish"] == finished
    assert stages["close"] == finished | {"closed": True, "destroyed": True}


def test_a_stream_that_failed_says_so() -> None:
    def main() -> None:
        error = ValueError("x")
        sink = Sink().on("error", lambda error: None).destroy(error)
        assert (sink.writable_aborted, sink.writable, sink.errored) == (True, False, error)

    run(main)


def test_a_repr_tells_the_state_on_one_line() -> None:
    shown: list[str] = []

    def main() -> None:
        sink = Sink(at_once=False, high_water_mark=3)
        shown.append(repr(sink))
        sink.write(b"abc")
        shown.append(repr(sink))
        sink.cork()
        sink.write(b"d")
        shown.append(repr(sink))
        sink.end()
        shown.append(repr(sink))
        sink.on("finish", lambda: shown.append(repr(sink)))
        sink.on("close", lambda: shown.append(repr(sink)))
        sink.finish_write()
        sink.finish_write()

    run(main)
    assert shown == [
        "<Sink writable open 0/3>",
        "<Sink writable full 3/3>",
        "<Sink writable full 4/3 corked=1>",
        "<Sink writable ending 4/3>",
        "<Sink writable finished 0/3>",
        "<Sink writable finished 0/3 closed>",
    ]


async def test_async_with_ends_in_a_closed_stream() -> None:
    async with open_loop():
        async with Sink() as sink:
            sink.write(b"x")
            sink.on("error", lambda error: None)
        assert sink.closed
        assert code_of(sink.errored) == "ABORT_ERR"
        async with Sink() as sink:
            finished: Promise[None] = Promise()
            sink.end(b"x", lambda error: finished.resolve(None))
            await finished
        assert sink.closed
        assert sink.errored is None


def test_a_throwing_hook_comes_out_of_write() -> None:
    def main() -> None:
        def write(self: Writable, *args: Any) -> None:
            raise ValueError("x")

        sink = Writable(write=write)
        with pytest.raises(ValueError, match="x"):
            sink.write(b"x")

    run(main)


async def test_a_callback_that_is_no_function_counts_as_not_given() -> None:
    callback: Any
    async with open_loop():
        for callback in (5, "x", {}):
            sink = Sink()
            sink.write("a", "utf8", callback)
            sink.end("b", "utf8", callback)
            await promises.finished(sink)
            assert sink.chunks == [b"a", b"b"]
