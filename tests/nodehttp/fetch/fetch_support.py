"""Servers that the tests of fetch talk to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import nodehttp
from nodehttp import net
from nodestream.events import once
from nodestream.loop import Promise, run
from nodestream.timers import set_immediate


@asynccontextmanager
async def listening(server: Any) -> AsyncIterator[str]:
    """The URL of a server, which is closed at the end with all its connections."""
    connections: set[Any] = set()
    server.on("connection", connections.add)
    if not server.listening:
        server.listen(0, "127.0.0.1")
        await once(server, "listening")
    try:
        yield f"http://127.0.0.1:{server.address()['port']}"
    finally:
        server.close()
        for connection in connections:
            connection.destroy()


def http_server(listener: Callable[[Any, Any], Any]) -> Any:
    """A server of HTTP."""
    return nodehttp.create_server(listener)


def raw_server(*replies: bytes, ends: bool = False) -> Any:
    """A server that gives one reply to each piece that it receives, and ends the connection after the last."""

    def on_connection(socket: Any) -> None:
        left = list(replies)

        def on_data(_piece: bytes) -> None:
            if left:
                socket.write(left.pop(0))
            if ends and not left:
                socket.end()

        socket.on("data", on_data)
        socket.on("error", lambda *_: None)

    return net.create_server(on_connection)


async def a_round() -> None:
    """The loop goes round once."""
    done: Promise[None] = Promise()
    set_immediate(done.resolve, None)
    await done


async def until(condition: Callable[[], object], rounds: int = 10_000) -> None:
    """Let the loop go round until the condition is true."""
    for _ in range(rounds):
        if condition():
            return
        await a_round()
    raise AssertionError("it did not come to that")


def with_server(server: Callable[[], Any], test: Callable[[str], Awaitable[None]]) -> None:
    """Run `test(url)` while a server listens."""

    async def main() -> None:
        async with listening(server()) as url:
            await test(url)

    run(main)
