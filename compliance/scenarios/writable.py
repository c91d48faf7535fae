# mypy: disable-error-code="func-returns-value"
"""Writable: write, drain, cork, end, and their callbacks."""

from collections.abc import Callable
from typing import Any

from compliance._trace import Scenarios, Trace
from nodestream import Writable
from nodestream.process import next_tick
from nodestream.timers import set_immediate

scenarios = Scenarios()
Callback = Callable[..., Any]


def boom(*args: object) -> Any:
    raise Exception("boom")


def sync(callback: Callback) -> None:
    callback()


def tick(callback: Callback) -> None:
    next_tick(callback)


def immediate(callback: Callback) -> None:
    set_immediate(callback)


def sink(t: Trace, when: Callable[[Callback], object] = sync, **options: Any) -> Writable:
    """A stream whose hook writes down what it gets and calls back in a way of its own."""

    def write(self: Writable, chunk: Any, encoding: str, callback: Callback) -> None:
        t("_write", chunk, encoding)
        when(callback)

    return Writable({"write": write, **options})


@scenarios
def writes_and_ends(t: Trace) -> None:
    w = t.events(sink(t))
    t.state(w)
    t("write", w.write("a", t.callback("cb a")), w.write(b"b", t.callback("cb b")))
    t("end", w.end("c", t.callback("cb end")) is w)
    t.state(w)
    w.on("finish", lambda: t.state(w, "at finish"))
    w.on("close", lambda: t.state(w, "at close"))


@scenarios
def a_new_stream_has_its_defaults(t: Trace) -> None:
    w = sink(t)
    t("marks", w.writable_high_water_mark, w.writable_object_mode, w.writable_buffer)
    a, b = Writable(object_mode=True), Writable(high_water_mark=3)
    t("object mode", a.writable_high_water_mark, b.writable_high_water_mark)
    t.call("negative", lambda: Writable(high_water_mark=-5))


@scenarios
def write_returns_false_when_full(t: Trace) -> None:
    w = t.events(sink(t, immediate, highWaterMark=3))
    t("write", *[w.write(c) for c in "abcd"], w.writable_length, w.writable_need_drain)
    w.on("drain", lambda: t.state(w))


@scenarios
def no_drain_when_it_was_never_full(t: Trace) -> None:
    w = t.events(sink(t, immediate, highWaterMark=3))
    t("write", w.write("ab"))


@scenarios
def no_drain_after_end(t: Trace) -> None:
    w = t.events(sink(t, immediate, highWaterMark=1))
    t("write", w.write("ab"))
    w.end()


@scenarios
def synchronous_writes_do_not_fill(t: Trace) -> None:
    w = t.events(sink(t, highWaterMark=1))
    t("write", w.write("ab"), w.write("cd"), w.writable_length, w.writable_need_drain)


@scenarios
def an_empty_write_while_full(t: Trace) -> None:
    w = t.events(sink(t, immediate, highWaterMark=1))
    t("write", w.write("a", t.callback("a")), w.write("", t.callback("empty")))


@scenarios
def high_water_mark_of_zero(t: Trace) -> None:
    w = t.events(sink(t, immediate, highWaterMark=0))
    t("write", w.write("a"))


@scenarios
def callbacks_come_in_order(t: Trace) -> None:
    def make(name: str, when: Callable[[Callback], object]) -> None:
        w = t.events(Writable(write=lambda self, chunk, encoding, callback: when(callback)), name + " ")
        for c in "abc":
            w.write(c, t.callback(f"{name} cb {c}"))
        w.end(t.callback(f"{name} end"))

    make("sync", sync)
    make("tick", tick)
    make("immediate", immediate)


@scenarios
def the_callback_of_a_synchronous_write_waits_for_a_tick(t: Trace) -> None:
    w = sink(t)
    next_tick(t.callback("tick before"))
    w.write("a", t.callback("cb"))
    t("sync")
    next_tick(t.callback("tick after"))


@scenarios
def an_error_in_write(t: Trace) -> None:
    w = t.events(sink(t, lambda callback: callback(Exception("boom"))))
    t("write", w.write("a", t.callback("cb a")), w.write("b", t.callback("cb b")))
    t.state(w)
    w.on("close", lambda: t.state(w))


@scenarios
def an_error_in_write_later(t: Trace) -> None:
    w = t.events(sink(t, lambda callback: set_immediate(callback, Exception("boom"))))
    for c in "abc":
        w.write(c, t.callback(c))
    w.end(t.callback("end"))


@scenarios
def an_exception_in_write(t: Trace) -> None:
    w = t.events(sink(t, boom))
    t.call("write", lambda: w.write("a", t.callback("cb")))
    t.state(w)


@scenarios
def a_callback_called_twice(t: Trace) -> None:
    w = t.events(sink(t, lambda callback: (callback(), callback())))
    w.write("a", t.callback("cb"))


@scenarios
def without_write_hook(t: Trace) -> None:
    w = t.events(Writable())
    t.call("write", lambda: w.write("a", t.callback("cb")))


@scenarios
def null_may_not_be_written(t: Trace) -> None:
    w = t.events(sink(t))
    t.call("write", lambda: w.write(None))
    t.call("object mode", lambda: sink(t, objectMode=True).write(None))


@scenarios
def wrong_types_may_not_be_written(t: Trace) -> None:
    w = t.events(sink(t))
    wrong: list[Any] = [1, True, {}, [1]]
    for chunk in wrong:
        t.call("write", w.write, chunk, t.callback("cb"))
    t.call("end", lambda: w.end(5))
    t.state(w)


@scenarios
def unknown_encodings_are_refused(t: Trace) -> None:
    w = t.events(sink(t))
    t.call("write", lambda: w.write("a", "bogus"))
    t.call("default", lambda: w.set_default_encoding("bogus"))
    t.call("option", lambda: sink(t, defaultEncoding="bogus").write("a"))


@scenarios
def encodings_of_strings(t: Trace) -> None:
    w = sink(t)
    w.write("6162", "hex")
    w.write("Y2Q=", "base64")
    w.write("\u00e9", "latin1")
    w.write("\u20ac")
    w.write("a", "utf16le")
    w.write("\u00e9", "binary")
    w.write("\u00e9", "ascii")
    w.write("ab", "UCS-2")
    t("default", w.set_default_encoding("hex") is w)
    w.write("6162")
    w.end("63")


@scenarios
def strings_stay_strings_when_told_so(t: Trace) -> None:
    w = sink(t, decodeStrings=False)
    w.write("a")
    w.write("b", "latin1")
    w.write(b"c")
    w.write("\u20ac")
    t("length", w.writable_length)
    sink(t, decodeStrings=False, defaultEncoding="latin1").write("d")


@scenarios
def object_mode_takes_anything(t: Trace) -> None:
    w = t.events(
        Writable(object_mode=True, write=lambda self, chunk, encoding, callback: (t("_write", chunk), callback()))
    )
    chunks: list[Any] = [1, "a", False, 0, "", {}, [2]]
    for chunk in chunks:
        t("write", w.write(chunk))
    w.end()


@scenarios
def the_encoding_in_object_mode(t: Trace) -> None:
    w = sink(t, objectMode=True)
    w.write("a")
    w.write(1, "latin1")


@scenarios
def write_after_end(t: Trace) -> None:
    w = t.events(sink(t))
    w.end()
    t("write", w.write("a", t.callback("cb")))
    t.state(w)


@scenarios
def write_after_finish(t: Trace) -> None:
    w = t.events(sink(t, autoDestroy=False))
    w.end()
    w.on("finish", lambda: t("write", w.write("a", t.callback("cb"))))


@scenarios
def write_after_destroy(t: Trace) -> None:
    w = t.events(sink(t))
    w.destroy()
    t("write", w.write("a", t.callback("cb")))


@scenarios
def end_twice(t: Trace) -> None:
    w = t.events(sink(t))
    w.end(t.callback("first"))
    w.end(t.callback("second"))
    t.call("with chunk", lambda: w.end("a", t.callback("third")))


@scenarios
def end_after_finish(t: Trace) -> None:
    w = t.events(sink(t))
    w.end()
    w.on("close", lambda: (w.end(t.callback("end")), w.end("x", t.callback("end x"))))


@scenarios
def end_after_destroy(t: Trace) -> None:
    w = t.events(sink(t))
    w.destroy()
    w.end(t.callback("end"))
    w.on("close", lambda: w.end(t.callback("end after close")))


@scenarios
def end_with_everything(t: Trace) -> None:
    w = t.events(sink(t))
    w.end("6162", "hex", t.callback("cb"))


@scenarios
def end_waits_for_pending_writes(t: Trace) -> None:
    w = t.events(sink(t, immediate))
    w.write("a")
    w.write("b")
    w.end()
    t.state(w)


@scenarios
def final_comes_before_finish(t: Trace) -> None:
    w = t.events(sink(t, immediate, final=lambda self, callback: (t("_final"), set_immediate(callback))))
    w.write("a")
    w.end("b", t.callback("end"))


@scenarios
def an_error_in_final(t: Trace) -> None:
    w = t.events(sink(t, final=lambda self, callback: callback(Exception("boom"))))
    w.end("a", t.callback("end"))
    w.on("close", lambda: t.state(w))


@scenarios
def an_exception_in_final(t: Trace) -> None:
    w = t.events(sink(t, final=boom))
    t.call("end", lambda: (w.end(t.callback("end")), None)[1])


@scenarios
def final_called_back_twice(t: Trace) -> None:
    w = t.events(sink(t, final=lambda self, callback: (callback(), callback())))
    w.end()


@scenarios
def cork_holds_back(t: Trace) -> None:
    w = t.events(sink(t))
    w.cork()
    w.write("a", t.callback("a"))
    w.write("b", t.callback("b"))
    t.state(w)
    t("buffer", len(w.writable_buffer))
    w.uncork()
    t.state(w)


@scenarios
def cork_counts(t: Trace) -> None:
    w = t.events(sink(t))
    w.cork()
    w.cork()
    w.write("a")
    w.uncork()
    t("corked", w.writable_corked, w.writable_length)
    w.uncork()
    w.uncork()
    t("corked", w.writable_corked, w.writable_length)


@scenarios
def end_uncorks(t: Trace) -> None:
    w = t.events(sink(t))
    w.cork()
    w.write("a")
    w.end("b")
    t.state(w)


@scenarios
def end_uncorks_once_only(t: Trace) -> None:
    w = t.events(sink(t))
    w.cork()
    w.cork()
    w.write("a")
    w.end()
    t.state(w)


def shown(chunks: list[Any]) -> list[Any]:
    """What a writev hook got."""
    return [[c.chunk, c.encoding] for c in chunks]


@scenarios
def writev_gets_what_was_buffered(t: Trace) -> None:
    writev = lambda self, chunks, callback: (t("_writev", shown(chunks)), set_immediate(callback))  # noqa: E731
    w = t.events(sink(t, immediate, writev=writev))
    for c in "abcd":
        t("write", w.write(c, t.callback(c)))
    w.end(t.callback("end"))


@scenarios
def writev_with_cork(t: Trace) -> None:
    writev = lambda self, chunks, callback: (t("_writev", shown(chunks)), callback())  # noqa: E731
    w = t.events(sink(t, writev=writev, decodeStrings=False))
    w.cork()
    w.write("a", t.callback("a"))
    w.write("b", "latin1", t.callback("b"))
    w.write(b"c")
    w.uncork()
    w.cork()
    w.write("single")
    w.uncork()
    w.end("d")


@scenarios
def writev_alone_is_enough(t: Trace) -> None:
    w = t.events(Writable(writev=lambda self, cs, callback: (t("_writev", [c.chunk for c in cs]), callback())))
    t.call("write", lambda: w.write("a"))
    w.write("b")
    w.end()


@scenarios
def an_error_in_writev(t: Trace) -> None:
    w = t.events(sink(t, writev=lambda self, chunks, callback: callback(Exception("boom"))))
    w.cork()
    w.write("a", t.callback("a"))
    w.write("b", t.callback("b"))
    w.uncork()


@scenarios
def write_within_the_hook(t: Trace) -> None:
    again = True

    def when(callback: Callback) -> None:
        nonlocal again
        if again:
            again = False
            w.write("inner", t.callback("inner"))
        callback()

    w = t.events(sink(t, when))
    w.write("outer", t.callback("outer"))


@scenarios
def write_within_a_callback(t: Trace) -> None:
    w = t.events(sink(t, immediate))
    w.write("a", lambda error=None: (t("cb a"), w.write("b", t.callback("cb b")), w.end()))


@scenarios
def destroy_with_writes_pending(t: Trace) -> None:
    w = t.events(sink(t, immediate))
    for c in "abc":
        w.write(c, t.callback(c))
    w.end(t.callback("end"))
    w.destroy()
    t.state(w)
    w.on("close", lambda: t.state(w))


@scenarios
def destroy_with_an_error_and_writes_pending(t: Trace) -> None:
    w = t.events(sink(t, immediate))
    for c in "abc":
        w.write(c, t.callback(c))
    w.end(t.callback("end"))
    w.destroy(Exception("boom"))
    w.on("close", lambda: t.state(w))


@scenarios
def no_close_event_when_told_so(t: Trace) -> None:
    w = t.events(sink(t, emitClose=False))
    w.end()
    set_immediate(lambda: t.state(w))


@scenarios
def no_auto_destroy_when_told_so(t: Trace) -> None:
    w = t.events(sink(t, autoDestroy=False))
    w.end()
    set_immediate(lambda: t.state(w))


@scenarios
def no_auto_destroy_and_an_error(t: Trace) -> None:
    w = t.events(sink(t, lambda callback: callback(Exception("boom")), autoDestroy=False))
    w.write("a", t.callback("a"))
    set_immediate(lambda: (t.state(w), t("write", w.write("b", t.callback("b")))))


@scenarios
def it_cannot_be_piped_from(t: Trace) -> None:
    w = t.events(sink(t))
    t.call("pipe", lambda: w.pipe(sink(t)))


@scenarios
def writable_can_be_set(t: Trace) -> None:
    w = sink(t)
    w.writable = False
    t("writable", w.writable, w.write("a"))


@scenarios
def prefinish_comes_before_finish(t: Trace) -> None:
    w = t.events(sink(t, tick))
    w.end("a")
    t("sync")


@scenarios
def finish_of_a_synchronous_stream_waits_for_a_tick(t: Trace) -> None:
    w = t.events(sink(t))
    next_tick(t.callback("tick before"))
    w.end()
    t("sync")
    next_tick(t.callback("tick after"))
