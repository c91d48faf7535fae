"""Small things that the tests of nodestream share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nodestream import EventEmitter, Readable, Writable, run
from nodestream.loop import Promise
from nodestream.timers import set_immediate

READABLE_EVENTS = ("pause", "resume", "readable", "data", "end", "error", "close")
WRITABLE_EVENTS = ("drain", "prefinish", "finish", "pipe", "unpipe", "error", "close")


def follow(emitter: EventEmitter, trace: list[Any], *events: str, prefix: str = "") -> None:
    """Note in `trace` each of `events` as it is emitted; of `data` and `error` the argument too."""
    for event in events:

        def note(*args: Any, event: str = event) -> None:
            shown = f"{prefix}{event}"
            trace.append((shown, *args) if event in ("data", "error") else shown)

        emitter.on(event, note)


def collected(stream: Readable) -> list[Any]:
    """A list that the chunks of `stream` are added to."""
    chunks: list[Any] = []
    stream.on("data", chunks.append)
    return chunks


def in_loop(function: Callable[[], Any]) -> Any:
    """Call `function` as the first thing in a loop, let the loop run to its end, and give what was returned."""
    result: list[Any] = []
    run(lambda: result.append(function()))
    return result[0]


def a_source(chunks: list[Any], **options: Any) -> Readable:
    """A Readable of `chunks`, one for each call of `_read`."""
    rest = list(chunks)
    return Readable(read=lambda self, size: self.push(rest.pop(0) if rest else None), **options)


class Sink(Writable):
    """A Writable that keeps what it was given, and completes each write when `finish_write()` is called, or at once."""

    def __init__(self, *, at_once: bool = True, **options: Any) -> None:
        super().__init__(**options)
        self.chunks: list[Any] = []
        self.at_once = at_once
        self.pending: list[Callable[..., Any]] = []

    def _write(self, chunk: Any, encoding: str | None, callback: Callable[..., Any]) -> None:
        self.chunks.append(chunk)
        if self.at_once:
            callback()
        else:
            self.pending.append(callback)

    def finish_write(self, error: Any = None) -> None:
        self.pending.pop(0)(error)


def after_rounds(count: int, function: Callable[[], Any]) -> None:
    """Call `function` when the loop has gone round `count` times."""
    if count:
        set_immediate(after_rounds, count - 1, function)
    else:
        function()


async def a_round() -> None:
    """Wait until the loop has gone round once."""
    promise: Promise[None] = Promise()
    set_immediate(promise.resolve, None)
    await promise


async def rounds(count: int) -> None:
    """Wait until the loop has gone round `count` times."""
    for _ in range(count):
        await a_round()
