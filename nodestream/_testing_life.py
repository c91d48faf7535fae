"""The rules of a stream's life, which hold for every stream: how it fails, is destroyed, and closes.

Node: stream.destroy, stream.closed, stream.errored, Event: 'close', Event: 'error', stream.finished
"""

from __future__ import annotations

from typing import Any

from ._add_abort_signal import add_abort_signal
from ._finished import finished
from ._testing_rules import rules
from ._testing_trial import Trial, quiet
from .abort import AbortController
from .errors import ERR_STREAM_PREMATURE_CLOSE, AbortError

SIGNS_OF_LIFE = ("data", "end", "finish", "drain")


class Failed(Exception):
    """What the checker destroys streams with."""


async def close_comes_once(t: Trial) -> None:
    """A stream that is done emits `close`, once."""
    t.start()
    await t.gone()
    t.once("close")


async def close_comes_last(t: Trial) -> None:
    """No event of a stream follows its `close`."""
    t.start()
    await t.gone()
    names = [entry.name for entry in t.seen if entry.name in (*SIGNS_OF_LIFE, "prefinish", "error", "close")]
    after = [name for name in names[names.index("close") :] if name != "close"]
    t.same("events after `close`", after, [])


async def closed_tells_of_close(t: Trial) -> None:
    """`closed` is False while the stream works, and True when `close` is emitted."""
    t.tells("closed", False)
    t.start()
    await t.gone()
    t.told("data", "closed", False)
    t.told("close", "closed", True)


async def destroyed_tells_of_destruction(t: Trial) -> None:
    """`destroyed` is False while the stream works, and True from the call of destroy() on."""
    t.tells("destroyed", False)
    t.call("destroy")
    t.tells("destroyed", True)
    await t.gone()
    t.tells("destroyed", True)


async def destroying_a_new_stream_closes_it(t: Trial) -> None:
    """destroy() before anything was read or written closes the stream, with no `error` and nothing read."""
    t.call("destroy")
    await t.gone()
    t.never("data", "error")


async def destroying_in_the_middle_closes_it(t: Trial) -> None:
    """destroy() in the middle closes the stream, with no `error`."""
    await t.midway("destroy")
    await t.gone()
    t.never("error")


async def destroying_is_no_end(t: Trial) -> None:
    """A stream that is destroyed before it was read to its end emits no `end`; one that was not ended, no `finish`."""
    if t.writes:
        t.write_all()
    else:
        t.flow()
    t.call("destroy")
    await t.gone()
    t.never("finish" if t.writes else "end")


async def destroying_what_is_closed_does_nothing(t: Trial) -> None:
    """destroy() of a stream that has closed by itself has no effect, with an error or without."""
    t.start()
    await t.gone()
    before = len(t.seen)
    t.stream.destroy()
    t.stream.destroy(Failed("too late"))
    await quiet()
    t.same("events after `close`", [str(entry) for entry in t.seen.entries[before:]], [])


async def destroying_twice_is_once(t: Trial) -> None:
    """Only the first destroy() counts: its error is emitted, and there is one `close`."""
    first, second = Failed("first"), Failed("second")
    t.call("destroy", first)
    t.call("destroy", second)
    await t.gone()
    errors = [entry.args[0] for entry in t.seen.of("error")]
    t.require(second not in errors and t.seen.count("close") == 1, "the first error, and one `close`", t.seen.names)


async def destroy_gives_the_stream(t: Trial) -> None:
    """destroy() returns the stream."""
    result = t.call("destroy")
    t.require(result is t.stream, "the stream", repr(result))
    await t.gone()


async def events_of_destruction_wait_for_a_tick(t: Trial) -> None:
    """`error` and `close` are emitted after destroy() has returned."""
    t.call("destroy", Failed("on purpose"))
    t.never("error", "close")
    await t.gone()


async def error_comes_once(t: Trial) -> None:
    """destroy(error) emits `error` with that error, once."""
    error = Failed("on purpose")
    await t.midway("destroy", error)
    await t.gone()
    errors = [entry.args[0] for entry in t.seen.of("error")]
    t.require(errors == [error], f"`error` with {error!r}, once", repr(errors))


async def error_comes_before_close(t: Trial) -> None:
    """`error` is emitted before `close`."""
    t.call("destroy", Failed("on purpose"))
    await t.gone()
    names = [name for name in t.seen.names if name in ("error", "close")]
    t.require("error" not in names[names.index("close") :], "`error` before `close`", names)


async def errored_tells_of_the_error(t: Trial) -> None:
    """`errored` is None while all is well, and then the error that the stream was destroyed with."""
    t.tells("errored", None)
    error = Failed("on purpose")
    await t.midway("destroy", error)
    await t.gone()
    t.tells("errored", error)


async def async_with_closes(t: Trial) -> None:
    """When `async with stream` is left, the stream is destroyed and has closed."""
    async with t.stream:
        t.seen.note("in async with")
    t.seen.note("after async with")
    t.tells("destroyed", True)
    t.tells("closed", True)


async def finished_calls_back_once(t: Trial) -> None:
    """The callback of finished() is called once, without an error if the stream came to its end."""
    outcomes = _outcomes_of(t)
    t.start()
    await t.gone()
    t.same("outcomes of finished()", outcomes, [None])


async def finished_tells_of_a_premature_close(t: Trial) -> None:
    """The callback of finished() gets ERR_STREAM_PREMATURE_CLOSE if the stream is destroyed before its end."""
    outcomes = _outcomes_of(t)
    t.call("destroy")
    await t.gone()
    codes = [getattr(outcome, "code", None) for outcome in outcomes]
    t.same("outcomes of finished()", codes, [ERR_STREAM_PREMATURE_CLOSE.code])


def _outcomes_of(t: Trial) -> list[Any]:
    outcomes: list[Any] = []

    def outcome(error: Any = None) -> None:
        outcomes.append(error)
        t.seen.note("finished", error)

    finished(t.stream, outcome)
    return outcomes


async def a_signal_destroys(t: Trial) -> None:
    """A stream that was given a signal with add_abort_signal() is destroyed with an AbortError when that is aborted."""
    controller = AbortController()
    add_abort_signal(controller.signal, t.stream)
    t.seen.note("-> abort()")
    controller.abort()
    await t.gone()
    errors = [entry.args[0] for entry in t.seen.of("error")]
    t.require([type(error) for error in errors] == [AbortError], "an AbortError", repr(errors))


LIFE_RULES = rules(
    close_comes_once,
    close_comes_last,
    closed_tells_of_close,
    destroyed_tells_of_destruction,
    destroying_a_new_stream_closes_it,
    destroying_in_the_middle_closes_it,
    destroying_is_no_end,
    destroying_what_is_closed_does_nothing,
    destroying_twice_is_once,
    destroy_gives_the_stream,
    events_of_destruction_wait_for_a_tick,
    error_comes_once,
    error_comes_before_close,
    errored_tells_of_the_error,
    async_with_closes,
    finished_calls_back_once,
    finished_tells_of_a_premature_close,
    a_signal_destroys,
)
