# mypy: disable-error-code="func-returns-value"
# ruff: noqa: PLW0108
"""Readable: push, read, flow, pause, and where streams come from."""

import math
from collections.abc import AsyncIterator, Iterator
from typing import Any

from compliance._trace import Scenarios, Trace
from nodestream import Duplex, Readable, Writable
from nodestream.errors import AbortError
from nodestream.loop import Promise
from nodestream.process import next_tick
from nodestream.timers import set_immediate

scenarios = Scenarios()


def empty(**options: Any) -> Readable:
    """A stream that waits to be pushed into."""
    return Readable(read=lambda self, size: None, **options)


def boom(*args: object) -> Any:
    raise Exception("boom")


@scenarios
def a_flowing_stream_gives_all_and_ends(t: Trace) -> None:
    chunks = ["a", "b", None]
    r = t.events(Readable(read=lambda self, size: (t("_read", size), self.push(chunks.pop(0)))), "", "data")
    t.state(r)
    r.on("end", lambda: t.state(r, "at end"))
    r.on("close", lambda: t.state(r, "at close"))


@scenarios
def a_new_stream_has_its_defaults(t: Trace) -> None:
    r = empty()
    t.state(r)
    t("marks", r.readable_high_water_mark, r.readable_object_mode, r.readable_encoding, len(r.readable_buffer))
    t("object mode", Readable(object_mode=True).readable_high_water_mark)
    t("own", Readable(highWaterMark=3).readable_high_water_mark, Readable(high_water_mark=0).readable_high_water_mark)


@scenarios
def bad_high_water_marks_are_refused(t: Trace) -> None:
    t.call("negative", lambda: Readable(high_water_mark=-1))
    t.call("NaN", lambda: Readable(high_water_mark=math.nan))
    t.call("text", lambda: Readable(high_water_mark="abc"))
    t.call("fraction", lambda: Readable(high_water_mark=1.5).readable_high_water_mark)


@scenarios
def without_read_hook_it_errors(t: Trace) -> None:
    r = t.events(Readable())
    r.resume()


@scenarios
def an_exception_in_read_destroys_the_stream(t: Trace) -> None:
    r = t.events(Readable(read=boom))
    r.resume()
    r.on("close", lambda: t.state(r))


@scenarios
def push_returns_whether_there_is_room(t: Trace) -> None:
    r = empty(high_water_mark=3)
    t("push", r.push("a"), r.push("b"), r.push("c"), r.push("d"), r.push(None))
    t.state(r)


@scenarios
def an_empty_push_counts_for_nothing(t: Trace) -> None:
    r = t.events(empty(), "", "data")
    t("push", r.push(""), r.push(b""), r.push("a"))
    t.state(r)
    r.push(None)


@scenarios
def push_takes_strings_in_an_encoding(t: Trace) -> None:
    r = t.events(empty(), "", "data")
    r.push("6162", "hex")
    r.push("Y2Q=", "base64")
    r.push("\u00e9", "latin1")
    r.push("\u00e9")
    r.push("ab", "utf16le")
    r.push(None)


@scenarios
def push_of_a_wrong_type_destroys(t: Trace) -> None:
    wrong: list[Any] = [5, True, {}, [1]]
    for chunk in wrong:
        r = t.events(empty())
        t("push", r.push(chunk))
        t.state(r)


@scenarios
def push_after_the_end_is_an_error(t: Trace) -> None:
    r = t.events(empty())
    r.push("a")
    t("push null", r.push(None))
    t("push after", r.push("b"))


@scenarios
def push_after_destroy_is_ignored(t: Trace) -> None:
    r = t.events(empty())
    r.destroy()
    t("push", r.push("a"), r.push(None), r.readable_length)


@scenarios
def null_twice_is_fine(t: Trace) -> None:
    r = t.events(empty(), "", "data")
    t("push", r.push(None), r.push(None))
    r.resume()


@scenarios
def unshift_puts_in_front(t: Trace) -> None:
    r = t.events(empty(), "")
    r.push("b")
    t("unshift", r.unshift("a"))
    t("read", r.read())
    r.unshift("x")
    r.push(None)
    t("read", r.read(), r.read())


@scenarios
def unshift_after_the_last_push_is_fine(t: Trace) -> None:
    r = t.events(empty())
    r.push("b")
    r.push(None)
    t("unshift", r.unshift("a"))
    t("read", r.read())


@scenarios
def unshift_after_the_end_event_is_an_error(t: Trace) -> None:
    r = t.events(empty(auto_destroy=False))
    r.push(None)
    r.on("end", lambda: t("unshift", r.unshift("a")))
    r.resume()


@scenarios
def unshift_while_flowing(t: Trace) -> None:
    r = t.events(empty(), "", "data")
    r.push("a")
    r.once("data", lambda _: r.unshift("x"))
    set_immediate(lambda: r.push(None))


@scenarios
def read_gives_so_many_bytes(t: Trace) -> None:
    r = t.events(empty(), "", "readable")
    r.push("abcdef")
    t("read", r.read(0), r.read(2), r.read(3), r.read(5), r.readable_length)
    r.push("gh")
    t("read", r.read(), r.read())


@scenarios
def what_is_left_at_the_end_is_given_though_it_is_less(t: Trace) -> None:
    r = t.events(empty())
    r.push("abc")
    r.push(None)
    t("read", r.read(2), r.read(5), r.read(5))


@scenarios
def read_over_several_chunks(t: Trace) -> None:
    r = empty()
    for chunk in ("ab", "cd", "ef"):
        r.push(chunk)
    t("read", r.read(3), r.readable_length, r.read(2), r.read(1))


@scenarios
def read_of_too_much_is_refused(t: Trace) -> None:
    t.call("read", lambda: empty().read(2**31))
    t.call("negative", lambda: empty().read(-1))
    r = Readable(read=lambda self, size: t("_read", size))
    r.read(100000)
    t("mark", r.readable_high_water_mark)
    not_a_number: Any = math.nan
    t("NaN", r.read(not_a_number))


@scenarios
def reading_raises_the_high_water_mark(t: Trace) -> None:
    r = Readable(high_water_mark=10, read=lambda self, size: t("_read", size))
    r.push("ab")
    t("read", r.read(33), r.readable_high_water_mark)


@scenarios
def object_mode_reads_one_at_a_time(t: Trace) -> None:
    r = t.events(empty(object_mode=True))
    chunks: list[Any] = [1, "two", {"three": 3}, False, 0, "", [6]]
    for chunk in chunks:
        t("push", r.push(chunk))
    t("length", r.readable_length, r.read(), r.read(2), r.read(0), r.read(5))
    t("rest", r.read(), r.read(), r.read(), r.read(), r.read())
    r.push(None)
    t("end", r.read())


@scenarios
def object_mode_high_water_mark_counts_objects(t: Trace) -> None:
    r = empty(object_mode=True, high_water_mark=2)
    t("push", r.push({}), r.push({}), r.readable_length)


@scenarios
def readable_event_says_when_to_read(t: Trace) -> None:
    chunks = ["a", "b", None]
    hook = lambda self, size: set_immediate(lambda: self.push(chunks.pop(0) if chunks else None))  # noqa: E731
    r = t.events(Readable(read=hook), "", "readable")

    def on_readable() -> None:
        while (chunk := r.read()) is not None:
            t("got", chunk)

    r.on("readable", on_readable)


@scenarios
def readable_event_without_reading_stops(t: Trace) -> None:
    n = iter(range(100))
    r = t.events(
        Readable(high_water_mark=2, read=lambda self, size: (t("_read"), self.push(str(next(n))))), "", "readable"
    )
    set_immediate(lambda: t.state(r))


@scenarios
def readable_event_for_what_is_there_already(t: Trace) -> None:
    r = empty()
    r.push("a")
    set_immediate(lambda: (r.on("readable", lambda: t("readable", r.read())), t("listening")))


@scenarios
def readable_event_at_the_end(t: Trace) -> None:
    r = t.events(empty(), "", "readable")
    r.push(None)
    r.on("readable", lambda: t("read", r.read()))


@scenarios
def data_listener_starts_the_flow(t: Trace) -> None:
    r = t.events(empty())
    r.push("a")
    t("flowing", r.readable_flowing)
    r.on("data", t.callback("data"))
    t("flowing", r.readable_flowing, r.is_paused())
    set_immediate(lambda: t("flowing", r.readable_flowing))


@scenarios
def removing_the_data_listener_does_not_pause(t: Trace) -> None:
    r = empty()
    f = t.callback("data")
    r.on("data", f)
    r.off("data", f)
    t("flowing", r.readable_flowing)
    r.push("lost")
    set_immediate(lambda: (t.state(r), r.on("data", f), r.push("seen")))


@scenarios
def pause_and_resume(t: Trace) -> None:
    r = t.events(empty(), "", "data")
    r.push("a")
    t("pause", r.pause() is r, r.is_paused(), r.readable_flowing)

    def later() -> None:
        r.push("b")
        t("resume", r.resume() is r, r.is_paused(), r.readable_flowing)
        t("sync")
        set_immediate(lambda: (r.pause(), r.pause(), r.resume(), r.resume(), r.push(None)))

    set_immediate(later)


@scenarios
def pause_within_data(t: Trace) -> None:
    r = t.events(empty(), "", "data")
    for chunk in ("a", "b", "c", None):
        r.push(chunk)
    r.on("data", lambda _: (r.pause(), set_immediate(lambda: r.resume())))


@scenarios
def a_paused_stream_does_not_flow_for_a_new_listener(t: Trace) -> None:
    r = empty()
    r.pause()
    r.on("data", t.callback("data"))
    r.push("a")
    t("flowing", r.readable_flowing, r.is_paused())
    set_immediate(lambda: t.state(r))


@scenarios
def readable_listener_takes_precedence_over_data(t: Trace) -> None:
    r = t.events(empty(), "", "data")
    r.on("readable", lambda: t("readable", r.readable_length, r.readable_flowing))
    t("flowing", r.readable_flowing)
    r.push("abc")
    set_immediate(lambda: t("read", r.read(2)))


@scenarios
def removing_the_readable_listener_lets_it_flow(t: Trace) -> None:
    r = t.events(empty(), "", "data")

    def f() -> None:
        t("readable")

    def later() -> None:
        r.off("readable", f)
        t("flowing", r.readable_flowing)
        set_immediate(lambda: t("flowing", r.readable_flowing))

    r.on("readable", f)
    r.push("abc")
    set_immediate(later)


@scenarios
def remove_all_listeners_of_readable(t: Trace) -> None:
    r = t.events(empty())
    r.on("readable", lambda: t("readable"))
    r.push("a")

    def later() -> None:
        r.remove_all_listeners("readable")
        set_immediate(lambda: (t("flowing", r.readable_flowing, r.readable_length), r.resume()))

    set_immediate(later)


@scenarios
def resume_with_a_readable_listener_does_nothing(t: Trace) -> None:
    r = t.events(empty())
    r.on("readable", lambda: t("readable"))
    r.resume()
    r.push("a")
    t("flowing", r.readable_flowing)
    set_immediate(lambda: t.state(r))


@scenarios
def flowing_can_be_set(t: Trace) -> None:
    r = t.events(empty(), "", "data")
    r.readable_flowing = False
    r.push("a")
    set_immediate(lambda: (t("flowing", r.readable_flowing), r.resume()))


@scenarios
def readable_can_be_set(t: Trace) -> None:
    r = empty()
    r.readable = False
    t.state(r)
    r.readable = True
    t.state(r)


@scenarios
def data_pushed_at_once_while_flowing_is_not_buffered(t: Trace) -> None:
    r = t.events(empty(), "", "data")
    set_immediate(lambda: (t("push", r.push("a")), t("length", r.readable_length)))


@scenarios
def read_is_called_again_after_each_push(t: Trace) -> None:
    n = 0

    def read(self: Readable, size: int) -> None:
        nonlocal n
        t("_read", size, self.readable_length)
        n += 1
        chunk = None if n > 5 else "ab"
        next_tick(lambda: self.push(chunk))

    r = t.events(Readable(high_water_mark=3, read=read))
    r.read(0)
    set_immediate(lambda: (t.state(r), r.on("data", t.callback("data"))))


@scenarios
def did_read_and_aborted(t: Trace) -> None:
    r = t.events(empty())
    r.push("a")
    t("before", r.readable_did_read, r.readable_aborted)
    r.read()
    t("after", r.readable_did_read, r.readable_aborted)
    r.destroy()
    t("destroyed", r.readable_aborted)


@scenarios
def no_close_event_when_told_so(t: Trace) -> None:
    r = t.events(empty(emit_close=False))
    r.push(None)
    r.resume()
    set_immediate(lambda: t.state(r))


@scenarios
def no_auto_destroy_when_told_so(t: Trace) -> None:
    r = t.events(empty(auto_destroy=False))
    r.push(None)
    r.resume()
    set_immediate(lambda: t.state(r))


@scenarios
def end_waits_until_all_is_read(t: Trace) -> None:
    r = t.events(empty())
    r.push("a")
    r.push(None)
    set_immediate(lambda: (t.state(r), t("read", r.read()), t.state(r)))


@scenarios
def from_an_iterable(t: Trace) -> None:
    r = t.events(Readable.from_(["a", 1, {"b": 2}]), "", "data")
    t("mode", r.readable_object_mode, r.readable_high_water_mark)


@scenarios
def from_a_string_is_one_chunk(t: Trace) -> None:
    r = t.events(Readable.from_("abc"), "", "data")
    t("mode", r.readable_object_mode, r.readable_high_water_mark)
    t.events(Readable.from_(b"def"), "b ", "data")


@scenarios
def from_with_options(t: Trace) -> None:
    r = t.events(Readable.from_(["a", "b"], object_mode=False, high_water_mark=1), "", "data")
    t("mode", r.readable_object_mode, r.readable_high_water_mark)


@scenarios
def from_a_generator_that_throws(t: Trace) -> None:
    def generator() -> Iterator[int]:
        yield 1
        boom()

    t.events(Readable.from_(generator()), "", "data")


@scenarios
def from_something_with_null(t: Trace) -> None:
    t.events(Readable.from_([1, None, 2]), "", "data")


@scenarios
def from_nothing_iterable(t: Trace) -> None:
    number: Any = 5
    nothing: Any = None
    t.call("number", lambda: Readable.from_(number))
    t.call("nothing", lambda: Readable.from_(nothing))


@scenarios
def from_destroyed_early_closes_the_generator(t: Trace) -> None:
    def generator() -> Iterator[int]:
        try:
            yield from (1, 2, 3)
        finally:
            t("finally")

    r = t.events(Readable.from_(generator()))
    r.once("data", lambda chunk: (t("data", chunk), r.destroy()))


@scenarios
def from_an_async_generator(t: Trace) -> None:
    async def generator() -> AsyncIterator[str]:
        yield "a"
        yield "b"

    t.events(Readable.from_(generator()), "", "data")


@scenarios
def from_an_async_generator_that_throws(t: Trace) -> None:
    async def generator() -> AsyncIterator[str]:
        yield "a"
        boom()

    t.events(Readable.from_(generator()), "", "data")


@scenarios
def once_data(t: Trace) -> None:
    r = t.events(empty())
    r.once("data", t.callback("data"))
    r.push("a")
    r.push("b")
    set_immediate(lambda: (t.state(r), r.push("c"), t.state(r)))


@scenarios
def end_is_not_emitted_twice(t: Trace) -> None:
    r = t.events(Readable(read=lambda self, size: self.push(None)))
    t("read", r.read(), r.read())
    r.resume()
    set_immediate(lambda: (r.read(), r.resume(), t.state(r)))


@scenarios
def sizes_that_are_no_integers(t: Trace) -> None:
    size: Any
    for size in ("1", "2.0", "x", "", 1.9, -1, 0.5, math.nan, math.inf, None, True, {}, " 3 apples"):
        r = Readable(read=lambda self, size: None, high_water_mark=4)
        r.push("abcdef")
        t("read", r.read(size), r.readable_length, r.readable_high_water_mark)


@scenarios
def an_encoding_that_says_nothing(t: Trace) -> None:
    encoding: Any
    for encoding in ("", None):
        t("option", Readable(encoding=encoding).readable_encoding)
        t("set", Readable().set_encoding(encoding).readable_encoding)
        w = Writable(write=lambda self, chunk, encoding, callback: t("_write", chunk, encoding), decode_strings=False)
        w.write("a", encoding)
        r = Readable(read=lambda self, size: None)
        r.push("a", encoding)
        t("pushed", r.read())


@scenarios
async def async_with(t: Trace) -> None:
    def quiet(stream: Any) -> Any:
        return stream.on("error", lambda error: t("error", error))

    async def leave(label: str, stream: Any) -> None:
        waiting: Promise[None] = Promise()
        set_immediate(set_immediate, waiting.resolve, None)
        await waiting
        try:
            async with stream:
                pass
            t(label, stream.destroyed, stream.closed)
        except Exception as error:
            t(f"{label} throws", error)

    def duplex() -> Duplex:
        return Duplex(read=lambda self, size: None, write=lambda self, chunk, encoding, callback: callback())

    def a_writable(**options: Any) -> Writable:
        return Writable({"write": lambda self, chunk, encoding, callback: callback(), **options})

    await leave("readable", quiet(empty()))
    await leave("ended", quiet(Readable(read=lambda self, size: self.push(None))).resume())
    await leave("failed", quiet(empty()).destroy(Exception("x")))
    await leave("aborted", quiet(empty()).destroy(AbortError()))
    await leave("writable", quiet(a_writable()))
    await leave("finished", quiet(a_writable()).end())
    await leave("aborted writable", quiet(a_writable()).destroy(AbortError()))
    await leave("duplex", quiet(duplex()))
    half = quiet(duplex())
    half.push(None)
    await leave("half read", half.resume())
    await leave("half written", quiet(duplex()).end())
    await leave("no close", quiet(empty(emitClose=False)))
