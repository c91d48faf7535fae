"""Leaving `async with stream`, for every class and every state, as Node's `stream[Symbol.asyncDispose]()` does it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

import nodehttp
from nodehttp import net
from nodestream import Duplex, PassThrough, Readable, Transform, Writable, promises, run
from nodestream.errors import ERR_STREAM_PREMATURE_CLOSE
from nodestream.events import once

HOOKS: dict[str, Any] = {
    "read": lambda self, size: None,
    "write": lambda self, chunk, encoding, callback: callback(),
    "transform": lambda self, chunk, encoding, callback: callback(),
}
STREAMS = {
    Readable: ["read"],
    Writable: ["write"],
    Duplex: ["read", "write"],
    Transform: ["transform"],
    PassThrough: [],
}
every_stream = pytest.mark.parametrize("cls", STREAMS, ids=lambda cls: cls.__name__)


async def left(cls: Any, body: Callable[[Any], Awaitable[None]]) -> tuple[list[Any], Any]:
    """What a stream emits when the block is left, and what comes out of the block."""
    stream = cls(**{name: HOOKS[name] for name in STREAMS[cls]})
    trace: list[Any] = []
    stream.on("error", lambda error: trace.append(type(error).__name__))
    stream.on("close", lambda: trace.append("close"))
    raised = None
    try:
        async with stream as entered:
            assert entered is stream
            await body(stream)
    except Exception as error:
        raised = type(error)
    assert stream.destroyed and stream.closed
    return trace, raised


async def nothing(_stream: Any) -> None:
    """The stream is left as it is."""


async def destroyed(stream: Any) -> None:
    stream.destroy()


async def failed(stream: Any) -> None:
    stream.destroy(ValueError("x"))


async def done(stream: Any) -> None:
    if isinstance(stream, Readable):
        stream.push(None)
        stream.resume()
    if isinstance(stream, Writable):
        stream.end()
    await promises.finished(stream)


async def raising(_stream: Any) -> None:
    raise KeyError


async def failed_and_raising(stream: Any) -> None:
    stream.destroy(ValueError("x"))
    raise KeyError


@every_stream
@pytest.mark.parametrize(
    ("body", "events", "raised"),
    [
        (nothing, ["AbortError", "close"], None),
        (destroyed, ["close"], ERR_STREAM_PREMATURE_CLOSE),
        (failed, ["ValueError", "close"], ValueError),
        (done, ["close"], None),
        (raising, ["AbortError", "close"], KeyError),
        (failed_and_raising, ["ValueError", "close"], KeyError),
    ],
)
def test_leaving_destroys_the_stream_and_waits_until_it_is_closed(
    cls: Any, body: Any, events: list[str], raised: Any
) -> None:
    assert run(left, cls, body) == (events, raised)


@pytest.mark.parametrize("make", [nodehttp.create_server, net.create_server])
@pytest.mark.parametrize("fails", [False, True])
def test_leaving_closes_a_server_and_lets_the_exception_through(make: Callable[[], Any], fails: bool) -> None:
    trace: list[str] = []

    async def main() -> None:
        server = make()
        server.on("close", lambda: trace.append("close"))
        async with server:
            server.listen(0, "127.0.0.1")
            await once(server, "listening")
            if fails:
                raise KeyError
        assert not server.listening

    if fails:
        with pytest.raises(KeyError):
            run(main)
    else:
        run(main)
    assert trace == ["close"]
