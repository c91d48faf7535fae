# mypy: disable-error-code="func-returns-value"
"""Streams that an AbortSignal destroys, and waits that it ends."""

from collections.abc import AsyncIterator, Callable
from typing import Any

from compliance._trace import Scenarios, Trace
from nodestream import Duplex, PassThrough, Readable, Writable, add_abort_signal, finished, pipeline
from nodestream.abort import AbortController, AbortSignal
from nodestream.events import get_event_listeners
from nodestream.promises import finished as done
from nodestream.promises import pipeline as piped
from nodestream.timers import set_immediate

scenarios = Scenarios()


def source(**options: Any) -> Readable:
    """A stream that waits to be pushed into."""
    return Readable({"read": lambda self, size: None, **options})


def sink(t: Trace, **options: Any) -> Writable:
    """A stream that writes down what it gets."""
    return Writable(
        {"write": lambda self, chunk, encoding, callback: (t("_write", chunk), callback(), None)[2], **options}
    )


def cause(t: Trace, label: str) -> Callable[[Any], None]:
    """A function that writes down an error and why."""
    return lambda error: t(label, error, getattr(error, "__cause__", None))


def listening(t: Trace, signal: Any) -> None:
    t("listening", len(get_event_listeners(signal, "abort")))


def doubtful(t: Trace) -> dict[str, Any]:
    """Options with an aborted signal."""
    return {
        "signal": AbortSignal.abort(),
        "construct": lambda self, callback: (t("_construct"), callback()),
        "destroy": lambda self, error, callback: (t("_destroy", error), callback(error)),
    }


@scenarios
def of_a_readable(t: Trace) -> None:
    ac = AbortController()
    r = t.events(source(signal=ac.signal))
    listening(t, ac.signal)
    r.on("error", cause(t, "because"))
    ac.abort(TypeError("why"))
    t.state(r)


@scenarios
def of_a_writable(t: Trace) -> None:
    ac = AbortController()
    w = t.events(Writable(signal=ac.signal, write=lambda self, chunk, encoding, callback: t("_write", chunk)))
    w.write("a", t.callback("written"))
    w.write("b", t.callback("never"))
    ac.abort()
    t.state(w)


@scenarios
def of_a_duplex(t: Trace) -> None:
    ac = AbortController()
    d = t.events(
        Duplex(
            signal=ac.signal,
            read=lambda self, size: None,
            write=lambda self, chunk, encoding, callback: callback(),
        )
    )
    ac.abort()
    t.state(d)


@scenarios
def aborted_before(t: Trace) -> None:
    r = t.events(source(**doubtful(t)), "r ")
    t.state(r)
    w = t.events(sink(t, **doubtful(t)), "w ")
    t.state(w)
    hooks = {"read": lambda self, size: None, "write": lambda self, chunk, encoding, callback: None}
    d = t.events(Duplex({**doubtful(t), **hooks}), "d ")
    t.state(d)


@scenarios
def a_wrong_signal(t: Trace) -> None:
    bad: Any
    for bad in (5, {}, "x", True):
        t.call("stream", lambda bad=bad: Readable(signal=bad))
        t.call("finished", lambda bad=bad: finished(source(), {"signal": bad}, lambda error: None))


@scenarios
def added_later(t: Trace) -> None:
    ac = AbortController()
    r = t.events(source())
    t("returns", add_abort_signal(ac.signal, r) is r)
    r.on("error", cause(t, "because"))
    ac.abort(Exception("why"))


@scenarios
def a_stream_that_ends_first_forgets_the_signal(t: Trace) -> None:
    ac = AbortController()
    r = t.events(source(signal=ac.signal))
    listening(t, ac.signal)
    r.push(None)
    r.resume()
    r.on("close", lambda: set_immediate(lambda: (listening(t, ac.signal), ac.abort(), t.state(r))))


@scenarios
def finished_is_told_to_stop(t: Trace) -> None:
    ac = AbortController()
    r = t.events(source())
    finished(r, cause(t, "finished"), signal=ac.signal)
    listening(t, ac.signal)
    ac.abort(Exception("why"))
    t("count", r.listener_count("end"), r.listener_count("error"), r.destroyed)
    listening(t, ac.signal)


@scenarios
def finished_with_a_signal_that_was_aborted(t: Trace) -> None:
    r = source()
    finished(r, {"signal": AbortSignal.abort(Exception("why"))}, cause(t, "finished"))
    t("now")
    closed = source()
    closed.destroy()
    finished(closed, {"signal": AbortSignal.abort()}, t.callback("closed"))


@scenarios
def finished_in_time(t: Trace) -> None:
    ac = AbortController()
    r = source()
    finished(r, {"signal": ac.signal}, t.callback("finished"))
    r.push(None)
    r.resume()
    set_immediate(lambda: (listening(t, ac.signal), ac.abort()))


@scenarios
async def awaiting_finished(t: Trace) -> None:
    ac = AbortController()
    set_immediate(lambda: ac.abort(Exception("why")))
    try:
        await done(source(), signal=ac.signal)
    except Exception as error:
        cause(t, "rejected")(error)
    bad: Any
    for bad in (None, 5, {}):
        try:
            await done(bad)
        except Exception as error:
            t("rejected", error)
    try:
        await done(source(), signal=5)
    except Exception as error:
        t("rejected", error)


@scenarios
async def a_pipeline_is_stopped(t: Trace) -> None:
    ac = AbortController()
    r = t.events(source(), "r ")
    w = t.events(sink(t), "w ")
    set_immediate(lambda: (r.push("a"), set_immediate(lambda: ac.abort(Exception("why")))))
    try:
        await piped(r, PassThrough(), w, {"signal": ac.signal})
    except Exception as error:
        cause(t, "rejected")(error)
    listening(t, ac.signal)
    t("destroyed", r.destroyed, w.destroyed)


@scenarios
async def a_pipeline_with_a_signal_that_was_aborted(t: Trace) -> None:
    r = t.events(source(), "r ")
    w = t.events(sink(t), "w ")
    try:
        await piped(r, w, signal=AbortSignal.abort())
    except Exception as error:
        t("rejected", error)


@scenarios
async def a_pipeline_in_time(t: Trace) -> None:
    ac = AbortController()
    r = source()
    r.push("a")
    r.push(None)
    await piped(r, sink(t), signal=ac.signal)
    listening(t, ac.signal)
    ac.abort()


@scenarios
async def a_pipeline_and_a_wrong_signal(t: Trace) -> None:
    bad: Any
    for bad in (5, {}, "x"):
        try:
            await piped(source(), sink(t), {"signal": bad})
        except Exception as error:
            t("rejected", error)
    for streams in ([], [source()], [source(), 5]):
        try:
            await piped(*streams)
        except Exception as error:
            t("rejected", getattr(error, "code", None))


@scenarios
def functions_are_given_a_signal(t: Trace) -> None:
    seen: dict[str, Any] = {}

    async def make(options: Any) -> AsyncIterator[str]:
        signal = seen["source"] = options["signal"]
        t("aborted", signal.aborted)
        yield "a"
        yield "b"

    async def transform(chunks: AsyncIterator[Any], options: Any) -> AsyncIterator[Any]:
        seen["transform"] = options["signal"]
        async for chunk in chunks:
            yield chunk

    def over(error: Any) -> None:
        t("done", error)
        t("same", seen["source"] is seen["transform"])
        t("aborted", seen["source"].aborted)
        t("reason", "AbortError", seen["source"].reason.message)

    pipeline(make, transform, sink(t), over)


@scenarios
def the_signal_of_functions_says_that_the_pipeline_has_failed(t: Trace) -> None:
    r = source()

    async def take(chunks: AsyncIterator[Any], options: Any) -> None:
        signal = options["signal"]
        signal.add_event_listener("abort", lambda event: t("aborted", signal.aborted))
        async for chunk in chunks:
            t("chunk", chunk)

    pipeline(r, take, t.callback("done"))
    set_immediate(lambda: r.destroy(Exception("x")))
