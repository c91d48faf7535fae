"""Recording what sockets and servers do, and waiting for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import trio

from nodehttp import net
from nodestream.events import EventEmitter
from nodestream.loop import Promise
from nodestream.timers import set_immediate

PATIENCE = 20
"""Seconds after which what has not happened is taken never to happen."""

SOCKET_EVENTS = [
    "lookup",
    "connectionAttempt",
    "connectionAttemptFailed",
    "connectionAttemptTimeout",
    "connect",
    "ready",
    "end",
    "prefinish",
    "finish",
    "drain",
    "timeout",
    "error",
    "close",
]


def text_of(value: Any) -> str:
    if isinstance(value, BaseException):
        return f"{getattr(value, 'code', type(value).__name__)}: {value}"
    return repr(value)


class Trace(list[str]):
    """What happened, in order. `await trace.until("C:close")` waits for the first line that begins so."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting: list[tuple[str, int, Promise[None]]] = []

    def log(self, line: str) -> None:
        self.append(line)
        for entry in list(self._waiting):
            prefix, count, promise = entry
            if self.count_of(prefix) >= count:
                self._waiting.remove(entry)
                promise.resolve(None)

    def count_of(self, prefix: str) -> int:
        return sum(line.startswith(prefix) for line in self)

    def logger(self, line: str) -> Callable[..., None]:
        """A callback that logs `line` and its arguments."""
        return lambda *args: self.log(" ".join([line, *map(text_of, args)]))

    def follow(self, emitter: EventEmitter, name: str, *events: str) -> None:
        """Log every event of a socket, or those named."""
        for event in events or SOCKET_EVENTS:
            emitter.on(event, self.logger(f"{name}:{event}"))

    async def until(self, *prefixes: str, count: int = 1) -> None:
        for prefix in prefixes:
            if self.count_of(prefix) < count:
                promise: Promise[None] = Promise()
                self._waiting.append((prefix, count, promise))
                with trio.fail_after(PATIENCE):
                    await promise

    def of(self, name: str) -> list[str]:
        """The lines of one party."""
        return [line for line in self if line.startswith(name + ":")]


async def emitted(emitter: EventEmitter, event: str) -> tuple[Any, ...]:
    """The arguments of the next `event`."""
    promise: Promise[tuple[Any, ...]] = Promise()
    emitter.once(event, lambda *args: promise.resolve(args))
    with trio.fail_after(PATIENCE):
        return await promise


async def listening(server: net.Server, *args: Any, **keywords: Any) -> int:
    """Let it listen, on 127.0.0.1 and a free port by default; the port."""
    promise: Promise[None] = Promise()
    server.listen(*(args or (0, "127.0.0.1")), lambda: promise.resolve(None), **keywords)
    await promise
    address = server.address()
    return address["port"] if isinstance(address, dict) else 0


async def pair(
    server_options: dict[str, Any] | None = None, client_options: dict[str, Any] | None = None
) -> tuple[net.Socket, net.Socket]:
    """A client and the server's socket, connected; the server itself accepts no more."""
    server = net.create_server(server_options or {})
    accepted: Promise[net.Socket] = Promise()
    server.once("connection", accepted.resolve)
    port = await listening(server)
    client = net.connect({"port": port, "host": "127.0.0.1", **(client_options or {})})
    await emitted(client, "connect")
    theirs = await accepted
    server.close()
    return client, theirs


async def turns(count: int = 1) -> None:
    """Let the loop go round `count` times."""
    for _ in range(count):
        promise: Promise[None] = Promise()
        set_immediate(promise.resolve, None)
        await promise


async def flushed(socket: object, until: Callable[[], bool], limit: int = 10_000) -> None:
    """Let the loop go round until something is so."""
    for _ in range(limit):
        if until():
            return
        await turns()
    raise AssertionError(f"it never was so: {socket!r}")
