"""The rules of a stream's writable side.

What is written while a stream is corked waits, whatever the stream does with it: so any stream can be filled.

Node: stream.Writable
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from ._sources import readable_from
from ._testing_life import LIFE_RULES, Failed
from ._testing_rules import rules
from ._testing_trial import Trial, quiet
from .errors import (
    ERR_INVALID_ARG_TYPE,
    ERR_STREAM_ALREADY_FINISHED,
    ERR_STREAM_DESTROYED,
    ERR_STREAM_NULL_VALUES,
    ERR_STREAM_WRITE_AFTER_END,
    ERR_UNKNOWN_ENCODING,
)

MOST_WRITES = 10_000
"""After so many writes a stream that never was full is taken to have no bound."""


def _size(t: Trial, chunk: Any) -> int:
    if t.holds_objects:
        return 1
    return len(chunk.encode()) if isinstance(chunk, str) else len(chunk)


def _fill(t: Trial) -> None:
    """Write until the corked stream says that it is full."""
    t.call("cork")
    for number in range(MOST_WRITES):
        if not t.write(t.chunks[number % len(t.chunks)]):
            return
    t.violated("write() to return False at last", f"{MOST_WRITES} writes that returned True")


# --- before anybody writes ---


async def a_new_stream_is_empty(t: Trial) -> None:
    """A new stream is not ended, and nothing is buffered in it."""
    t.tells("writable", True)
    t.tells("writable_length", 0)
    t.tells("writable_ended", False)


# --- backpressure ---


async def write_tells_when_it_is_full(t: Trial) -> None:
    """write() returns False if and only if what is buffered has reached the high water mark."""
    mark, size = t.stream.writable_high_water_mark, 0
    t.call("cork")
    for number in range(MOST_WRITES):
        chunk = t.chunks[number % len(t.chunks)]
        size += _size(t, chunk)
        t.same(f"write() at {size} of {mark}", t.write(chunk), size < mark)
        if size >= mark:
            return
    t.violated("write() to return False at last", f"{MOST_WRITES} writes that returned True")


async def drain_follows_a_full_buffer(t: Trial) -> None:
    """Each time that write() has returned False there is `drain`, when all that was buffered has been written."""
    for count in (1, 2):
        _fill(t)
        t.call("uncork")
        await t.until("drain", count=count)
        await quiet()


async def drain_waits_for_room(t: Trial) -> None:
    """There is no `drain` while anything is buffered."""
    _fill(t)
    await quiet()
    t.never("drain")
    t.call("uncork")
    await t.until("drain", "error", "close")
    t.told("drain", "writable_length", 0)


async def drain_comes_once(t: Trial) -> None:
    """There is one `drain` for each time that the stream was full."""
    _fill(t)
    t.write(t.chunks[0])
    t.call("uncork")
    await t.until("drain")
    await quiet()
    t.once("drain")


async def drain_needs_a_full_buffer(t: Trial) -> None:
    """There is no `drain` if no write() has returned False."""
    t.call("cork")
    has_room = t.write(t.chunks[0])
    t.call("uncork")
    await t.until("written")
    await quiet()
    if has_room:
        t.never("drain")


async def need_drain_tells_of_a_full_buffer(t: Trial) -> None:
    """`writable_need_drain` is True from the write() that returned False until `drain`, else False."""
    t.tells("writable_need_drain", False)
    _fill(t)
    t.tells("writable_need_drain", True)
    t.call("uncork")
    await t.until("drain", "error", "close")
    t.told("drain", "writable_need_drain", False)


# --- writes ---


async def all_arrives(t: Trial) -> None:
    """Everything that was written arrives, in order, before `finish`."""
    t.write_all()
    t.end()
    await t.until("finish", "error", "close")
    await _has_arrived(t, t.content(t.chunks))


async def _has_arrived(t: Trial, expected: Any) -> None:
    """The rule is broken unless this is what has arrived, as far as anybody can tell."""
    if t.received is None:
        return
    t.waits_for = "what has arrived"
    arrived = t.received(t.stream)
    if isinstance(arrived, Awaitable):
        arrived = await arrived
    if isinstance(arrived, (list, tuple)):
        arrived = t.content(arrived)
    t.same("what has arrived", arrived, expected)


async def each_write_calls_back_once(t: Trial) -> None:
    """The callback of each write() is called once, without an error if it was written."""
    t.write_all()
    await t.until("written", "error", "close", count=len(t.chunks))
    await quiet()
    expected = [(number + 1, None) for number in range(len(t.chunks))]
    t.same("callbacks of write()", sorted(entry.args for entry in t.seen.of("written")), expected)


async def writes_call_back_in_order(t: Trial) -> None:
    """The callbacks of several write() are called in the order of the writes.

    (Not of a Transform: that withholds the callback of the write that filled it until somebody reads.)
    """
    if t.peer is t.stream:
        return
    t.write_all()
    await t.until("written", "error", "close", count=len(t.chunks))
    numbers = [entry.args[0] for entry in t.seen.of("written")]
    t.same("the order of callbacks", numbers, sorted(numbers))


async def writes_never_call_back_at_once(t: Trial) -> None:
    """The callback of a write() is called after write() has returned."""
    t.write(t.chunks[0])
    names = [name for name in t.seen.names if name in ("written", "write() gave")]
    t.same("order", names[0], "write() gave")
    await t.until("written", "error", "close")


async def an_empty_chunk_is_written_too(t: Trial) -> None:
    """The callback of a write() of an empty chunk is called (not of objects)."""
    if not t.holds_objects:
        t.write(b"")
        await t.until("written")
        t.same("callbacks", [entry.args for entry in t.seen.of("written")], [(1, None)])


async def length_counts_what_waits(t: Trial) -> None:
    """`writable_length` is the size of what has been written and not yet been dealt with: bytes, or objects."""
    size = 0
    t.call("cork")
    for chunk in t.chunks:
        t.write(chunk)
        size += _size(t, chunk)
        t.tells("writable_length", size)
    t.call("uncork")
    await t.until("written", "error", "close", count=len(t.chunks))
    t.tells("writable_length", 0)


# --- cork ---


async def cork_holds_writes_back(t: Trial) -> None:
    """What is written while the stream is corked waits for as many uncork() as there were cork()."""
    t.call("cork")
    t.call("cork")
    t.write_all()
    await quiet()
    t.never("written")
    t.call("uncork")
    await quiet()
    t.never("written")
    t.call("uncork")
    await t.until("written", count=len(t.chunks))


async def corked_counts(t: Trial) -> None:
    """`writable_corked` is how many uncork() are missing; more of them do nothing."""
    for name, count in (("cork", 1), ("cork", 2), ("uncork", 1), ("uncork", 0), ("uncork", 0)):
        t.call(name)
        t.tells("writable_corked", count)


async def end_uncorks(t: Trial) -> None:
    """end() writes what a corked stream has held back."""
    t.call("cork")
    t.write_all()
    t.end()
    await t.until("finish")
    t.same("callbacks of write()", t.seen.count("written"), len(t.chunks))


# --- the end ---


async def finish_comes_once(t: Trial) -> None:
    """A stream that was ended emits `finish`, once, also if end() is called again."""
    t.write_all()
    t.end()
    t.stream.end()
    await t.over()
    t.once("finish")


async def finish_follows_all_writes(t: Trial) -> None:
    """`finish` is emitted when the callbacks of all writes have been called."""
    t.write_all()
    t.end()
    await t.over()
    names = [name for name in t.seen.names if name in ("written", "finish")]
    t.require("written" not in names[names.index("finish") :], "`finish` after all callbacks", names)


async def finish_waits_for_end(t: Trial) -> None:
    """There is no `finish` before end() is called."""
    t.write_all()
    await t.until("written", "error", "close", count=len(t.chunks))
    await quiet()
    t.never("finish")


async def end_takes_a_last_chunk(t: Trial) -> None:
    """end(chunk, callback) writes a last chunk, and calls back without an error when the stream has finished."""
    for chunk in t.chunks[:-1]:
        t.write(chunk)
    t.seen.note("-> end()", t.chunks[-1])
    t.stream.end(t.chunks[-1], lambda error=None: t.seen.note("ended", error))
    await t.until("ended", "error", "close")
    t.same("callbacks of end()", [entry.args for entry in t.seen.of("ended")], [(None,)])
    await _has_arrived(t, t.content(t.chunks))


async def end_calls_back_once(t: Trial) -> None:
    """The callback of end() is called once, without an error if the stream has finished."""
    t.write_all()
    t.end()
    await t.gone()
    t.same("callbacks of end()", [entry.args for entry in t.seen.of("ended")], [(None,)])


async def end_gives_the_stream(t: Trial) -> None:
    """end() returns the stream."""
    t.require(t.call("end") is t.stream, "the stream", "something else")
    await t.over()


async def a_write_after_the_end_is_refused(t: Trial) -> None:
    """write() after end() returns False; its callback and `error` get ERR_STREAM_WRITE_AFTER_END."""
    t.call("end")
    t.same("write() after end()", t.write(t.chunks[0]), False)
    await t.until("written")
    await t.until("error")
    codes = [getattr(entry.args[-1], "code", None) for entry in t.seen.of("written", "error")]
    t.same("errors", codes, [ERR_STREAM_WRITE_AFTER_END.code] * 2)


async def an_end_after_finish_is_told(t: Trial) -> None:
    """The callback of an end() after `finish` gets ERR_STREAM_ALREADY_FINISHED, and nothing else happens."""
    t.write_all()
    t.end()
    await t.over()
    before = t.seen.count("ended")
    t.end()
    await t.until("ended", count=before + 1)
    t.same("the second callback", _code(t.seen.of("ended")[-1].args[0]), ERR_STREAM_ALREADY_FINISHED.code)
    t.never("error")


def _code(error: Any) -> Any:
    return getattr(error, "code", error)


# --- what is refused ---


def _refuses(t: Trial, error: type[Exception], act: Callable[[], object], what: str) -> None:
    """The rule is broken unless `act` raises that error, and leaves the stream as it was."""
    try:
        result = act()
    except error:
        pass
    else:
        t.violated(f"{error.__name__} from {what}", f"it returned {result!r}")
    t.tells("writable", True)
    t.tells("destroyed", False)


async def none_is_refused(t: Trial) -> None:
    """write(None) raises ERR_STREAM_NULL_VALUES."""
    _refuses(t, ERR_STREAM_NULL_VALUES, lambda: t.stream.write(None), "write(None)")


async def what_is_no_chunk_is_refused(t: Trial) -> None:
    """write() of anything but bytes and strings raises ERR_INVALID_ARG_TYPE (not of objects)."""
    if not t.holds_objects:
        _refuses(t, ERR_INVALID_ARG_TYPE, lambda: t.stream.write(5), "write(5)")
        _refuses(t, ERR_INVALID_ARG_TYPE, lambda: t.stream.write([b"a"]), "write() of a list")


async def an_unknown_encoding_is_refused(t: Trial) -> None:
    """write() with, and set_default_encoding() of, an encoding that does not exist raise ERR_UNKNOWN_ENCODING."""
    if not t.holds_objects:
        _refuses(t, ERR_UNKNOWN_ENCODING, lambda: t.stream.write("a", "no encoding"), "write()")
    _refuses(t, ERR_UNKNOWN_ENCODING, lambda: t.stream.set_default_encoding("no encoding"), "set_default_encoding()")


async def the_default_encoding_is_that_of_strings(t: Trial) -> None:
    """Strings are written in UTF-8, or what set_default_encoding() or write() say (not of objects)."""
    if t.holds_objects:
        return
    t.call("cork")
    t.stream.write("é")
    t.same("the length of 'é' in utf8", t.stream.writable_length, 2)
    t.stream.write("é", "latin1")
    t.same("the length with 'é' in latin1", t.stream.writable_length, 3)
    t.require(t.call("set_default_encoding", "hex") is t.stream, "the stream from set_default_encoding()", "another")
    t.stream.write("616263")
    t.same("the length with three bytes in hex", t.stream.writable_length, 6)


# --- what the stream says of itself ---


async def ended_tells_of_the_call(t: Trial) -> None:
    """`writable_ended` is False until end() is called, and True from then on."""
    t.write(t.chunks[0])
    t.tells("writable_ended", False)
    t.end()
    t.tells("writable_ended", True)
    await t.over()
    t.tells("writable_ended", True)


async def finished_tells_of_finish(t: Trial) -> None:
    """`writable_finished` is False until right before `finish`, and True from then on."""
    t.write_all()
    t.tells("writable_finished", False)
    t.end()
    t.tells("writable_finished", False)
    await t.over()
    t.told("finish", "writable_finished", True)


async def writable_tells_whether_to_write(t: Trial) -> None:
    """`writable` is True until end() is called, and False from then on."""
    t.write(t.chunks[0])
    t.tells("writable", True)
    t.end()
    t.tells("writable", False)
    await t.over()


async def destroying_makes_it_unwritable(t: Trial) -> None:
    """`writable` is False from the call of destroy() on, and a write() calls back with ERR_STREAM_DESTROYED."""
    t.call("destroy")
    t.tells("writable", False)
    t.same("write() after destroy()", t.write(t.chunks[0]), False)
    await t.until("written")
    t.same("the callback", _code(t.seen.of("written")[0].args[1]), ERR_STREAM_DESTROYED.code)
    await quiet()
    codes = [_code(entry.args[0]) for entry in t.seen.of("error")]
    t.require(ERR_STREAM_DESTROYED.code not in codes, "no `error` because of write()", codes)


async def aborted_tells_of_no_finish(t: Trial) -> None:
    """`writable_aborted` is True if the stream was destroyed before `finish`, else False."""
    t.tells("writable_aborted", False)
    t.call("destroy")
    t.tells("writable_aborted", True)
    await t.gone()


async def a_finish_is_no_abort(t: Trial) -> None:
    """`writable_aborted` stays False when the stream finishes."""
    t.start()
    await t.over()
    for event in ("written", "finish", "close"):
        t.told(event, "writable_aborted", False)


# --- failure ---


async def destroying_tells_all_that_waits(t: Trial) -> None:
    """When the stream is destroyed with an error, the callbacks of writes that wait get that."""
    error = Failed("on purpose")
    t.call("cork")
    t.write_all()
    t.call("destroy", error)
    await t.until("close")
    await quiet()
    expected = [(number + 1, error) for number in range(len(t.chunks))]
    t.same("callbacks of write()", [entry.args for entry in t.seen.of("written")], expected)


async def what_waits_is_destroyed_without_an_error_too(t: Trial) -> None:
    """When the stream is destroyed without an error, the callbacks of writes that wait get ERR_STREAM_DESTROYED."""
    t.call("cork")
    t.write_all()
    t.call("destroy")
    await t.until("close")
    await quiet()
    outcomes = [(entry.args[0], _code(entry.args[1])) for entry in t.seen.of("written")]
    t.same("callbacks", outcomes, [(number + 1, ERR_STREAM_DESTROYED.code) for number in range(len(t.chunks))])


# --- pipes ---


async def a_pipe_fills_it(t: Trial) -> None:
    """A Readable that is piped into the stream is written to it, all of it, and ends it."""
    source = readable_from(t.chunks, object_mode=True)
    t.seen.note("-> pipe() into it")
    source.pipe(t.stream)
    await t.until("finish", "error", "close")
    await _has_arrived(t, t.content(t.chunks))


async def pipe_and_unpipe_are_told(t: Trial) -> None:
    """`pipe` tells of a Readable that is piped into the stream, `unpipe` that it no longer is."""
    source = readable_from(t.chunks, object_mode=True)
    source.pipe(t.stream)
    t.same("sources in `pipe`", [entry.args[0] for entry in t.seen.of("pipe")], [source])
    await t.over()
    t.same("sources in `unpipe`", [entry.args[0] for entry in t.seen.of("unpipe")], [source])


WRITABLE_RULES = (
    *rules(
        a_new_stream_is_empty,
        write_tells_when_it_is_full,
        drain_follows_a_full_buffer,
        drain_waits_for_room,
        drain_comes_once,
        drain_needs_a_full_buffer,
        need_drain_tells_of_a_full_buffer,
        all_arrives,
        each_write_calls_back_once,
        writes_call_back_in_order,
        writes_never_call_back_at_once,
        an_empty_chunk_is_written_too,
        length_counts_what_waits,
        cork_holds_writes_back,
        corked_counts,
        end_uncorks,
        finish_comes_once,
        finish_follows_all_writes,
        finish_waits_for_end,
        end_takes_a_last_chunk,
        end_calls_back_once,
        end_gives_the_stream,
        a_write_after_the_end_is_refused,
        an_end_after_finish_is_told,
        none_is_refused,
        what_is_no_chunk_is_refused,
        an_unknown_encoding_is_refused,
        the_default_encoding_is_that_of_strings,
        ended_tells_of_the_call,
        finished_tells_of_finish,
        writable_tells_whether_to_write,
        destroying_makes_it_unwritable,
        aborted_tells_of_no_finish,
        a_finish_is_no_abort,
        destroying_tells_all_that_waits,
        what_waits_is_destroyed_without_an_error_too,
        a_pipe_fills_it,
        pipe_and_unpipe_are_told,
    ),
    *LIFE_RULES,
)
"""What check_writable() tries."""
