"""Small things that the tests of web streams share."""

from __future__ import annotations

from typing import Any

from nodestream import process, run
from nodestream.loop import Promise
from nodestream.timers import set_immediate
from nodestream.web import ReadableStream


class Holder:
    """A source, sink or transformer that keeps its controller."""

    controller: Any

    def start(self, controller: Any) -> None:
        self.controller = controller


def stream_of(*chunks: Any, kind: str | None = None) -> ReadableStream:
    """A stream of these chunks."""

    def start(controller: Any) -> None:
        for chunk in chunks:
            controller.enqueue(chunk)
        controller.close()

    return ReadableStream(start=start, type=kind)


async def all_of(stream: Any) -> list[Any]:
    """All chunks."""
    return [chunk async for chunk in stream]


async def a_round() -> None:
    """Wait until the loop has gone round once."""
    promise: Promise[None] = Promise()
    set_immediate(promise.resolve, None)
    await promise


def unhandled_in(main: Any) -> list[Any]:
    """Run `main`; the unhandled rejections meanwhile."""
    rejections: list[Any] = []

    def note(error: Any, _promise: Any = None) -> None:
        rejections.append(error)

    process.on("unhandledRejection", note)
    try:
        run(main)
    finally:
        process.remove_listener("unhandledRejection", note)
    return rejections
