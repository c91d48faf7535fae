"""The rules of a stream's readable side.

Node: stream.Readable
"""

from __future__ import annotations

from typing import Any

from ._hooks import noop
from ._testing_life import LIFE_RULES
from ._testing_rules import rules
from ._testing_trial import Trial, quiet
from ._writable import Writable
from .timers import set_immediate

Callback = Any


# --- before anybody reads ---


async def a_new_stream_is_untouched(t: Trial) -> None:
    """Nothing was emitted by a new stream: nobody has read from it, and it has not decided whether to flow."""
    t.tells("readable_did_read", False)
    t.tells("readable_ended", False)
    t.tells("readable_flowing", None)


async def nothing_flows_unasked(t: Trial) -> None:
    """There is no `data` and no `end` before somebody reads."""
    await quiet()
    t.never("data", "end")


async def the_buffer_is_bounded(t: Trial) -> None:
    """A stream that nobody reads holds less than its high water mark and one chunk more."""
    largest = _watch_pushes(t)
    t.stream.on("readable", noop)  # reads ahead, and takes nothing
    await quiet()
    bound = t.stream.readable_high_water_mark + max(largest)
    size = sum(_size(t, chunk) for chunk in t.stream.readable_buffer)
    t.require(size <= bound, f"at most {bound} in the buffer", size)


def _watch_pushes(t: Trial) -> list[int]:
    """The sizes of the chunks that are pushed; where that cannot be seen, a chunk may be as large as the mark."""
    sizes = [1 if t.holds_objects else 0]
    push = t.stream.push

    def watched(chunk: Any, encoding: str | None = None) -> Any:
        if chunk is not None:
            sizes.append(_size(t, chunk))
        return push(chunk, encoding)

    sizes.extend(_size(t, chunk) for chunk in t.stream.readable_buffer)
    t.stream.push = watched
    return sizes


def _size(t: Trial, chunk: Any) -> int:
    return 1 if t.holds_objects else len(chunk)


# --- the ways to read ---


async def data_gives_all(t: Trial) -> None:
    """A `data` listener gets everything, in order, and then there is `end`."""
    t.flow()
    await t.over()
    t.is_all("`data`", t.seen.chunks())


async def readable_gives_all(t: Trial) -> None:
    """Reading until None at each `readable` gives everything, in order."""
    t.take()
    await t.over()
    t.is_all("read()", t.taken)


async def async_for_gives_all(t: Trial) -> None:
    """`async for` gives everything, in order, and then ends."""
    t.waits_for = "the end of `async for`"
    chunks = [chunk async for chunk in t.stream]
    t.is_all("`async for`", chunks)


async def pipe_gives_all(t: Trial) -> None:
    """pipe() writes everything to a destination that is full after each chunk, and ends it."""
    sink = _SlowSink(object_mode=t.holds_objects)
    sink.once("finish", lambda: t.seen.note("the destination has finished"))
    t.call("pipe", sink)
    t.waits_for = "`finish` of the destination"
    await t.seen.until("the destination has finished")
    t.is_all("pipe()", sink.chunks)


class _SlowSink(Writable):
    """Takes one chunk at a time, and some time for it."""

    def __init__(self, *, object_mode: bool) -> None:
        super().__init__(high_water_mark=1, object_mode=object_mode, decode_strings=False)
        self.chunks: list[Any] = []
        self.offered = 0

    def write(self, *args: Any) -> bool:
        self.offered += 1
        return super().write(*args)

    def _write(self, chunk: Any, encoding: str | None, callback: Callback) -> None:
        self.chunks.append(chunk)
        set_immediate(callback)


async def unpipe_leaves_the_destination(t: Trial) -> None:
    """After unpipe() nothing is written to the destination, and it is not ended."""
    sink = _SlowSink(object_mode=t.holds_objects)
    t.call("pipe", sink)
    before: list[int] = []

    def stop(_: Any) -> None:
        t.call("unpipe", sink)
        before.append(sink.offered)

    t.stream.once("data", stop)
    await t.until("data", "end")
    await quiet()
    t.require(not sink.writable_ended, "a destination that goes on", "it was ended")
    t.same("chunks written", [sink.offered], before)


async def an_encoding_gives_text(t: Trial) -> None:
    """After set_encoding() chunks are strings that together are the content, wherever it is cut (not of objects)."""
    if t.holds_objects or t.stream.readable_encoding is not None:
        return
    content = t.expected
    encoding, text = _as_text(content)
    t.same("what set_encoding() gives", t.call("set_encoding", encoding) is t.stream, True)
    t.tells("readable_encoding", encoding)
    t.flow()
    await t.over()
    chunks = t.seen.chunks()
    t.require(all(isinstance(chunk, str) for chunk in chunks), "strings", repr(chunks[:3]))
    t.same(f"the text in {encoding}", "".join(chunks), text)


def _as_text(content: bytes) -> tuple[str, str]:
    try:
        return "utf8", content.decode()
    except UnicodeDecodeError:
        return "hex", content.hex()


# --- read() ---


async def read_gives_none_when_empty(t: Trial) -> None:
    """read() returns None when there is nothing to read."""
    t.take()
    await t.until("end", "error", "close")
    t.same("read() after the end", t.stream.read(), None)


async def read_gives_what_is_asked_for(t: Trial) -> None:
    """read(n) returns n bytes, or None while there are fewer; at the end what is left (of objects it returns one)."""
    sizes: list[int] = []

    def on_readable() -> None:
        t.seen.note("readable")
        while chunk := t.take_one(2):
            t.seen.note("read(2) gave", *chunk)
            t.taken.append(chunk[0])
            sizes.append(2 if t.holds_objects else len(chunk[0]))

    t.stream.on("readable", on_readable)
    await t.over()
    t.require(all(size == 2 for size in sizes[:-1]), "2 at a time", f"{sizes} at a time")
    t.is_all("read(2)", t.taken)


async def unshift_comes_first(t: Trial) -> None:
    """What unshift() puts back is read again, before everything else."""
    put_back: list[Any] = []

    def on_readable() -> None:
        t.seen.note("readable")
        while chunk := t.take_one():
            if put_back:
                t.taken.append(chunk[0])
            else:
                put_back.append(chunk[0])
                t.call("unshift", chunk[0])

    t.stream.on("readable", on_readable)
    await t.over()
    t.is_all("read() after unshift()", t.taken)


# --- pause and resume ---


async def pause_stops_data(t: Trial) -> None:
    """After pause() there is no `data`, and is_paused() says so."""
    t.stream.once("data", lambda chunk: t.call("pause"))
    await t.until("data", "end", "error", "close")
    if t.seen.count("data") == 0:
        return  # there was nothing in it
    await quiet()
    t.require(t.seen.count("data") == 1, "no `data` after pause()", f"{t.seen.count('data') - 1}")
    t.same("is_paused()", t.stream.is_paused(), True)


async def resume_loses_nothing(t: Trial) -> None:
    """A stream that is paused and resumed at each chunk gives everything, in order."""

    def on_data(_: Any) -> None:
        t.call("pause")
        set_immediate(t.call, "resume")

    t.stream.on("data", on_data)
    await t.over()
    t.is_all("a stream that pauses", t.seen.chunks())


async def pause_and_resume_give_the_stream(t: Trial) -> None:
    """pause() and resume() return the stream."""
    for name in ("pause", "resume"):
        t.require(t.call(name) is t.stream, f"{name}() returns the stream", "something else")


# --- the end ---


async def end_comes_once(t: Trial) -> None:
    """A stream that was read to its end emits `end`, once."""
    t.flow()
    await t.over()
    t.once("end")


async def no_data_follows_end(t: Trial) -> None:
    """`end` is emitted after the last `data`."""
    t.flow()
    await t.over()
    names = [name for name in t.seen.names if name in ("data", "end")]
    t.require("data" not in names[names.index("end") :] if "end" in names else True, "`end` after all `data`", names)


async def end_waits_for_the_reader(t: Trial) -> None:
    """`end` is not emitted before everything has been read."""
    t.stream.on("readable", noop)
    await quiet()
    if t.stream.readable_buffer:
        t.never("end")


# --- what the stream says of itself ---


async def length_is_that_of_the_buffer(t: Trial) -> None:
    """`readable_length` is the size of what is buffered: bytes, characters or objects."""

    def check() -> None:
        size = sum(_size(t, chunk) for chunk in t.stream.readable_buffer)
        t.same("readable_length", t.stream.readable_length, size)

    check()
    t.stream.on("readable", noop)
    await quiet()
    check()
    t.stream.remove_listener("readable", noop)
    await quiet()  # the stream sees in a tick that it may flow again
    t.flow()
    await t.over()
    check()


async def ended_tells_of_end(t: Trial) -> None:
    """`readable_ended` is False until `end` is emitted, and True from then on."""
    t.flow()
    await t.over()
    t.told("data", "readable_ended", False)
    t.told("end", "readable_ended", True)
    t.told("close", "readable_ended", True)


async def did_read_tells_of_data(t: Trial) -> None:
    """`readable_did_read` is False until a chunk has been read, and True from then on."""
    t.stream.on("readable", noop)
    await quiet()
    if t.seen.count("data") == 0:
        t.tells("readable_did_read", False)
    t.stream.remove_listener("readable", noop)
    await quiet()  # the stream sees in a tick that it may flow again
    t.flow()
    await t.over()
    t.told("data", "readable_did_read", True)


async def flowing_tells_of_the_flow(t: Trial) -> None:
    """`readable_flowing` is None, True after resume(), False after pause() and while one listens to `readable`."""
    t.tells("readable_flowing", None)
    t.call("pause")
    t.tells("readable_flowing", False)
    t.call("resume")
    t.tells("readable_flowing", True)
    t.stream.on("readable", noop)
    t.tells("readable_flowing", False)


async def aborted_tells_of_an_early_end(t: Trial) -> None:
    """`readable_aborted` is True if the stream was destroyed before `end`, else False."""
    t.tells("readable_aborted", False)
    t.call("destroy")
    t.tells("readable_aborted", True)
    await t.gone()
    t.tells("readable_aborted", True)


async def an_end_is_no_abort(t: Trial) -> None:
    """`readable_aborted` stays False when the stream comes to its end."""
    t.flow()
    await t.over()
    for event in ("data", "end", "close"):
        t.told(event, "readable_aborted", False)


async def readable_tells_whether_to_read(t: Trial) -> None:
    """`readable` is True until the stream ends or is destroyed, and False from then on."""
    t.tells("readable", True)
    t.flow()
    await t.over()
    t.told("data", "readable", True)
    t.told("end", "readable", False)
    t.tells("readable", False)


async def destroying_makes_it_unreadable(t: Trial) -> None:
    """`readable` is False from the call of destroy() on."""
    t.call("destroy")
    t.tells("readable", False)
    await t.gone()


async def destroying_stops_pushes(t: Trial) -> None:
    """After destroy() push() is ignored: it returns False, and nothing is added to the buffer."""
    await t.midway("destroy")
    buffered = t.stream.readable_buffer
    t.same("push() after destroy()", [t.stream.push(chunk) for chunk in t.seen.chunks()[:1]], [False])
    t.same("the buffer", t.stream.readable_buffer, buffered)
    await t.gone()


# --- leaving async for ---


async def leaving_async_for_destroys(t: Trial) -> None:
    """A stream whose `async for` is left early is destroyed."""
    t.waits_for = "a chunk of `async for`"
    async for chunk in t.stream:
        t.seen.note("async for gave", chunk)
        break
    t.seen.note("left async for")
    await quiet()
    t.tells("destroyed", True)


async def an_iterator_may_leave_it_open(t: Trial) -> None:
    """Leaving `iterator(destroy_on_return=False)` does not destroy the stream: the rest can still be read."""
    chunks: list[Any] = []
    t.waits_for = "a chunk of iterator()"
    async for chunk in t.stream.iterator(destroy_on_return=False):
        chunks.append(chunk)
        break
    t.seen.note("left the iterator")
    await quiet()  # the stream sees in a tick that it may flow again
    if t.seen.count("end") == 0:
        t.tells("destroyed", False)
        t.flow()
        await t.over()
        before = t.seen.names.index("left the iterator")
        rest = [entry.args[0] for entry in t.seen.entries[before:] if entry.name == "data"]
        t.same("what was read, and the rest", t.content(chunks + rest), t.expected)


READABLE_RULES = (
    *rules(
        a_new_stream_is_untouched,
        nothing_flows_unasked,
        the_buffer_is_bounded,
        data_gives_all,
        readable_gives_all,
        async_for_gives_all,
        pipe_gives_all,
        unpipe_leaves_the_destination,
        an_encoding_gives_text,
        read_gives_none_when_empty,
        read_gives_what_is_asked_for,
        unshift_comes_first,
        pause_stops_data,
        resume_loses_nothing,
        pause_and_resume_give_the_stream,
        end_comes_once,
        no_data_follows_end,
        end_waits_for_the_reader,
        length_is_that_of_the_buffer,
        ended_tells_of_end,
        did_read_tells_of_data,
        flowing_tells_of_the_flow,
        aborted_tells_of_an_early_end,
        an_end_is_no_abort,
        readable_tells_whether_to_read,
        destroying_makes_it_unreadable,
        destroying_stops_pushes,
        leaving_async_for_destroys,
        an_iterator_may_leave_it_open,
    ),
    *LIFE_RULES,
)
"""What check_readable() tries."""
