# mypy: disable-error-code="func-returns-value"
# ruff: noqa: PLW0108
"""finished, with a callback and as a promise."""

from typing import Any

from compliance._trace import Scenarios, Trace
from nodestream import Duplex, PassThrough, Readable, Writable, finished, promises
from nodestream.timers import set_immediate

scenarios = Scenarios()


def open_(**options: Any) -> Readable:
    """A stream that waits to be pushed into."""
    return Readable(read=lambda self, size: None, **options)


def sink(**options: Any) -> Writable:
    """A stream that takes everything at once."""
    return Writable(write=lambda self, chunk, encoding, callback: callback(), **options)


def both(**options: Any) -> Duplex:
    """The two in one."""
    return Duplex(read=lambda self, size: None, write=lambda self, chunk, encoding, callback: callback(), **options)


@scenarios
def a_readable_that_ends(t: Trace) -> None:
    r = t.events(open_())
    finished(r, t.callback("finished"))
    r.push(None)
    r.resume()


@scenarios
def a_writable_that_finishes(t: Trace) -> None:
    w = t.events(sink())
    finished(w, t.callback("finished"))
    w.end("a")


@scenarios
def a_duplex_needs_both(t: Trace) -> None:
    d = t.events(both())
    finished(d, t.callback("finished"))
    d.end()
    set_immediate(lambda: (t("half"), d.push(None), d.resume()))


@scenarios
def one_side_of_a_duplex(t: Trace) -> None:
    d = t.events(both())
    finished(d, {"readable": False}, t.callback("writing"))
    finished(d, {"writable": False}, t.callback("reading"))
    d.end()
    set_immediate(lambda: (t("half"), d.push(None), d.resume()))


@scenarios
def an_error(t: Trace) -> None:
    r = t.events(open_())
    finished(r, t.callback("finished"))
    r.destroy(Exception("boom"))


@scenarios
def an_error_nobody_else_listens_to(t: Trace) -> None:
    r = open_()
    finished(r, t.callback("finished"))
    r.destroy(Exception("boom"))


@scenarios
def an_error_that_is_not_asked_for(t: Trace) -> None:
    r = open_()
    finished(r, {"error": False}, t.callback("finished"))
    r.destroy(Exception("boom"))


@scenarios
def closed_too_early(t: Trace) -> None:
    r, w = open_(), sink()
    finished(r, t.callback("r"))
    finished(w, t.callback("w"))
    r.destroy()
    w.destroy()


@scenarios
def cleanup_takes_the_listeners_away(t: Trace) -> None:
    r = open_()
    before = len(r.event_names())
    cleanup = finished(r, t.callback("finished"))
    t("more", len(r.event_names()) > before)
    cleanup()
    t("left", r.event_names())
    r.push(None)
    r.resume()


@scenarios
def a_stream_that_has_ended_already(t: Trace) -> None:
    r = open_()
    r.push(None)
    r.resume()
    r.on("close", lambda: (finished(r, t.callback("finished")), t("sync")))


@scenarios
def a_stream_that_is_destroyed_already(t: Trace) -> None:
    r = open_()
    r.destroy()
    finished(r, t.callback("at once"))
    r.on("close", lambda: finished(r, t.callback("after close")))


@scenarios
def a_stream_that_has_failed_already(t: Trace) -> None:
    w = t.events(sink())
    w.destroy(Exception("boom"))
    w.on("close", lambda: finished(w, t.callback("finished")))


@scenarios
def a_writable_that_has_finished_already(t: Trace) -> None:
    w = sink()
    w.end()
    w.on("finish", lambda: finished(w, t.callback("at finish")))
    w.on("close", lambda: finished(w, t.callback("after close")))


@scenarios
def without_close_events(t: Trace) -> None:
    w = t.events(sink(emit_close=False))
    finished(w, t.callback("finished"))
    w.end()
    r = t.events(open_(auto_destroy=False), "r ")
    finished(r, t.callback("r finished"))
    r.push(None)
    r.resume()


@scenarios
def wrong_arguments(t: Trace) -> None:
    anything: Any = finished
    t.call("no stream", lambda: anything({}, lambda: None))
    t.call("no callback", lambda: anything(open_()))
    t.call("no callback", lambda: anything(open_(), "foo"))
    t.call("no callback", lambda: anything(open_(), {}))
    t.call("bad callback", lambda: anything(open_(), {}, "foo"))
    t.call("bad options", lambda: anything(open_(), "foo", lambda: None))
    t.call("bad options", lambda: anything(open_(), 5, lambda: None))


@scenarios
def several_at_once(t: Trace) -> None:
    p = PassThrough()
    for name in "ab":
        finished(p, t.callback(name))
    p.end("x")
    p.resume()


@scenarios
async def the_promise_resolves(t: Trace) -> None:
    r = open_()
    set_immediate(lambda: (r.push(None), r.resume()))
    t("resolved", await promises.finished(r))


@scenarios
async def the_promise_rejects(t: Trace) -> None:
    r = open_()
    set_immediate(lambda: r.destroy(Exception("boom")))
    try:
        await promises.finished(r)
    except Exception as error:
        t("rejected", error)
    w = sink()
    set_immediate(lambda: w.destroy())
    try:
        await promises.finished(w)
    except Exception as error:
        t("rejected", error)


@scenarios
async def the_promise_leaves_listeners_unless_told(t: Trace) -> None:
    for cleanup in (False, True):
        w = sink(auto_destroy=False)
        set_immediate(lambda w=w: w.end())
        await promises.finished(w, cleanup=cleanup)
        t("left", cleanup, w.listener_count("error"), w.listener_count("finish"))
