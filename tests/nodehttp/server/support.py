"""What the tests of this folder share: a socket that is none, a diary of events, and ways to hold a conversation."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from nodehttp._server import Server
from nodestream._duplex import Duplex
from nodestream._writable_state import BufferedWrite
from nodestream.events import EventEmitter
from nodestream.loop import run
from nodestream.timers import set_immediate

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
Handler = Callable[..., Any]

# Pieces of heads that most answers have.
DATE = "Date: <DATE>\r\n"
KEEP = "Connection: keep-alive\r\nKeep-Alive: timeout=5\r\n"
CLOSE = "Connection: close\r\n"
CHUNKED = "Transfer-Encoding: chunked\r\n"
OK = "HTTP/1.1 200 OK\r\n"
OK_KEEP = OK + DATE + KEEP
OK_CLOSE = OK + DATE + CLOSE
X = "Content-Length: 1\r\n\r\nx"
NOTHING = "Content-Length: 0\r\n\r\n"


class ScriptedSocket(Duplex):
    """A connection whose peer is the test: `receive` is what the peer sends, `sent` what it is sent.

    `sent` has an item for each write that would be a system call. While `backed_up`, writes are not done before
    `drain_all()`.
    """

    def __init__(self) -> None:
        super().__init__(allow_half_open=True, emit_close=False)
        self.sent: list[bytes] = []
        self.backed_up = False
        self.timeout: float = 0
        self._waiting: list[Callable[..., object]] = []

    def _read(self, size: int) -> None:
        pass

    def _write(self, chunk: bytes, encoding: str, callback: Callable[..., object]) -> None:
        self._transmit(chunk, callback)

    def _writev(self, entries: list[BufferedWrite], callback: Callable[..., object]) -> None:  # type: ignore[override]
        self._transmit(b"".join(entry.chunk for entry in entries), callback)

    def _transmit(self, data: bytes, callback: Callable[..., object]) -> None:
        self.sent.append(data)
        if self.backed_up:
            self._waiting.append(callback)
        else:
            callback(None)

    def _destroy(self, error: Any, callback: Callable[..., object]) -> None:
        set_immediate(self.emit, "close", error is not None)  # as late as a real socket's
        callback(error)

    def drain_all(self) -> None:
        """The peer reads again."""
        self.backed_up = False
        waiting, self._waiting = self._waiting, []
        for callback in waiting:
            callback(None)

    def receive(self, data: bytes) -> None:
        """The peer sends."""
        self.push(data)

    def receive_end(self) -> None:
        """The peer sends no more."""
        self.push(None)

    def set_timeout(self, msecs: float) -> None:
        self.timeout = msecs

    def destroy_soon(self) -> None:
        self.end()
        if self.writable_finished:
            self.destroy()
        else:
            self.once("finish", self.destroy)

    @property
    def text(self) -> str:
        """All that was sent, as latin1, the date masked."""
        return masked(b"".join(self.sent))

    @property
    def is_over(self) -> bool:
        """Whether the server has ended the connection."""
        return self.destroyed or self.writable_ended


def masked(data: bytes) -> str:
    """Bytes as latin1 text, their dates masked."""
    return re.sub(r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT", "<DATE>", data.decode("latin-1"))


class Diary(list[str]):
    """Events in the order in which they came."""

    def watch(self, emitter: EventEmitter, name: str, *events: str) -> None:
        """Note some events of an emitter; an error with its code and message."""
        for event in events:
            emitter.on(event, self._noting(f"{name}.{event}", with_error=event == "error"))

    def watch_request(self, request: EventEmitter, name: str = "req", *, errors: bool = True) -> None:
        self.watch(request, name, "data", "end", "aborted", *(["error"] if errors else []), "close")

    def watch_response(self, response: EventEmitter, name: str = "res") -> None:
        self.watch(response, name, "prefinish", "finish", "drain", "error", "close")

    def note(self, text: str) -> Callable[..., None]:
        """A listener or callback that writes `text`, and its error if it gets one."""
        return self._noting(text, with_error=True)

    def _noting(self, text: str, *, with_error: bool) -> Callable[..., None]:
        def listener(*args: Any) -> None:
            error = args[0] if with_error and args and isinstance(args[0], BaseException) else None
            self.append(text if error is None else f"{text} {getattr(error, 'code', '')} {error}")

        return listener


def each_in_a_turn(act: Callable[[Any], object], items: list[Any]) -> None:
    """Call `act` with the first item now, and with each of the others in a turn of its own."""
    if items:
        act(items[0])
        set_immediate(each_in_a_turn, act, items[1:])


def connected(server: Server) -> ScriptedSocket:
    """A new connection of the server's."""
    socket = ScriptedSocket()
    server.emit("connection", socket)
    return socket


def converse(handler: Handler | None, *received: bytes, server: Server | None = None, **options: Any) -> ScriptedSocket:
    """Let a peer send `received`, one in a turn, to a server with that request listener; the socket in the end."""
    server = server or Server(options)
    if handler is not None:
        server.on("request", handler)
    sockets: list[ScriptedSocket] = []

    def main() -> None:
        socket = connected(server)
        sockets.append(socket)
        each_in_a_turn(socket.receive, list(received))

    run(main)
    return sockets[0]
