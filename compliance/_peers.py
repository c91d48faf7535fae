"""The other end of a connection, made of nothing but bytes on trio's own sockets. The twin of peers.mjs."""

from __future__ import annotations

import re
import socket as _socket
import struct
from collections.abc import Callable, Iterable
from typing import Any

import trio

from compliance._trace import Trace
from nodestream.loop import Promise
from nodestream.timers import set_immediate

GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
OK = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

STRICTNESS: tuple[dict[str, Any], ...] = (
    {},
    {"httpValidation": "strict"},
    {"httpValidation": "relaxed"},
    {"httpValidation": "insecure"},
    {"insecureHTTPParser": True},
    {"insecureHTTPParser": False},
)
"""The options that tell a parser what to let pass."""


async def rounds(count: int = 3) -> None:
    """Let everything that is due now happen."""
    for _ in range(count):
        await trio.lowlevel.checkpoint()
        done: Promise[None] = Promise()
        set_immediate(done.resolve, None)
        await done


async def event(emitter: Any, name: str) -> None:
    """Wait for an event."""
    happened: Promise[None] = Promise()
    emitter.once(name, lambda *_: happened.resolve(None))
    await happened


async def closed(emitter: Any) -> None:
    """Wait for `close`, unless that has been."""
    if not emitter.closed:
        await event(emitter, "close")


async def stopped(server: Any) -> None:
    """Close a server, and wait until it is."""
    over: Promise[None] = Promise()
    server.close(lambda *_: over.resolve(None))
    await over


def mask(text: str, port: int | None = None) -> str:
    """What differs from run to run, taken out."""
    masked = re.sub(r"Date: [^\r]*", "Date: <DATE>", text)
    return masked.replace(f":{port}", ":<PORT>") if port else masked


def requests_in(text: str) -> list[str]:
    """The whole requests."""
    requests = []
    begin = 0
    while (head := text.find("\r\n\r\n", begin)) >= 0:
        fields = text[begin : head + 2].lower()
        end = head + 4
        if "\r\ncontent-length: " in fields or "\r\ntransfer-encoding: chunked\r\n" in fields:
            end = _end_of_body(text, end, fields)
        if end < 0 or end > len(text):
            break
        requests.append(text[begin:end])
        begin = end
    return requests


def count_responses(text: str, *, bodiless: bool = False) -> int:
    """How many whole responses there are, interim ones not counted."""
    count = at = 0
    while (head := text.find("\r\n\r\n", at)) >= 0:
        status = int(text[at + 9 : at + 12])
        fields = text[at : head + 2].lower()
        at = head + 4
        if status < 200 and status != 101:
            continue
        if not (bodiless or status in (101, 204, 304)):
            at = _end_of_body(text, at, fields)
        if at < 0 or at > len(text):
            break
        count += 1
    return count


def _end_of_body(text: str, at: int, fields: str) -> int:
    if "\r\ntransfer-encoding: chunked\r\n" in fields:
        return _end_of_chunks(text, at)
    length = re.search(r"\r\ncontent-length: (\d+)", fields)
    return at + int(length[1]) if length else -1


def _end_of_chunks(text: str, at: int) -> int:
    while (line := text.find("\r\n", at)) >= 0:
        size = int(text[at:line].partition(";")[0], 16)
        if size == 0:
            if text.startswith("\r\n", line + 2):
                return line + 4
            end = text.find("\r\n\r\n", line)
            return -1 if end < 0 else end + 4
        at = line + 2 + size + 2
    return -1


class Peer:
    """A connection, read as text of one byte for each character."""

    def __init__(self, connection: trio.socket.SocketType) -> None:
        self._socket = connection
        self.text = ""
        self.ended = False

    @staticmethod
    async def connect(port: int) -> Peer:
        """A client's end."""
        connection = trio.socket.socket()
        await connection.connect(("127.0.0.1", port))
        return Peer(connection)

    async def send(self, text: str) -> None:
        """Send everything, unless the other side is gone."""
        data = text.encode("latin-1")
        try:
            while data:
                data = data[await self._socket.send(data) :]
        except OSError:
            self.ended = True

    def finish(self) -> None:
        """Send no more."""
        try:
            self._socket.shutdown(_socket.SHUT_WR)
        except OSError:
            self.ended = True

    def reset(self) -> None:
        """Break the connection off."""
        self._socket.setsockopt(_socket.SOL_SOCKET, _socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()
        self.ended = True

    def destroy(self) -> None:
        """Close it."""
        self._socket.close()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Read until the condition is true, or the connection has ended."""
        while not self.ended and not condition():
            try:
                data = await self._socket.recv(65536)
            except OSError:
                data = b""
            self.text += data.decode("latin-1")
            self.ended = not data

    async def end(self) -> None:
        """Read until the connection has ended."""
        await self.until(lambda: False)


async def listening(server: Any) -> int:
    """Let a server listen; returns its port."""
    server.listen(0, "127.0.0.1")
    await event(server, "listening")
    address: dict[str, Any] = server.address()
    port: int = address["port"]
    return port


async def exchange(
    t: Trace,
    handler: Callable[..., Any] | None = None,
    *,
    options: dict[str, Any] | None = None,
    setup: Callable[[Any], object] | None = None,
    requests: str = GET,
    responses: int = 1,
    bodiless: bool = False,
    fin: bool = False,
    parts: Iterable[str] | None = None,
) -> None:
    """A server answers `requests`; what comes back, and whether the connection stays open, goes into the trace."""
    import nodehttp

    server: Any = nodehttp.create_server(options or {}, handler)
    sockets: list[Any] = []
    server.on("connection", sockets.append)
    if setup is not None:
        setup(server)
    peer = await Peer.connect(await listening(server))
    for part in parts or [requests]:
        await peer.send(part)
        if parts:
            await rounds(6)
    if fin:
        peer.finish()
    await peer.until(lambda: count_responses(peer.text, bodiless=bodiless) >= responses)
    await rounds()
    closing = sockets[0].destroyed or sockets[0].writable_ended
    if not closing:
        peer.finish()
    await peer.end()
    peer.destroy()
    t("bytes", mask(peer.text))
    t("closed by the server" if closing else "kept open")
    closed: Promise[None] = Promise()
    server.close(lambda *_: closed.resolve(None))
    await closed


async def ask(t: Trace, make: Callable[[int], Any], *, reply: str = OK, interim: str = "") -> None:
    """A raw server takes what a client sends; that, and whether the client closes, goes into the trace."""
    listener = trio.socket.socket()
    await listener.bind(("127.0.0.1", 0))
    listener.listen()
    port = listener.getsockname()[1]
    req = make(port)
    finished: Promise[None] = Promise()
    closed: Promise[None] = Promise()
    if req.writable_finished:
        finished.resolve(None)
    req.once("finish", lambda: finished.resolve(None))
    req.once("close", lambda: closed.resolve(None))
    if not req.listener_count("response"):
        req.on("response", lambda res: (t("response", res.status_code), res.resume()))
    req.on("error", lambda error: t("error", error))
    connection, _ = await listener.accept()
    peer = Peer(connection)
    if interim:
        await peer.until(lambda: "\r\n\r\n" in peer.text)
        await peer.send(interim)
    await finished
    socket = req.socket
    await peer.send(reply)
    await closed
    await rounds()
    closing = socket.destroyed or socket.writable_ended
    if not closing:
        socket.destroy()
    await peer.end()
    peer.destroy()
    t("bytes", mask(peer.text, port))
    t("closed by the client" if closing else "kept open")
    listener.close()
