"""Servers on a free port, a client that knows just enough HTTP, and targets that are scripted byte by byte."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import trio

from nodehttp import open_loop
from nodestream.events import once

LIMIT = 20
"""Seconds that any test may take."""


@dataclass
class Answer:
    """A response: `headers` by lower-case name, the last of each; `raw` is the head."""

    status: int
    headers: dict[str, str]
    body: bytes
    trailers: dict[str, str]
    raw: str


class Connection:
    """One connection to a server."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self.stream = stream
        self._buffer = b""

    async def send(self, data: bytes) -> None:
        await self.stream.send_all(data)

    async def receive(self) -> bytes:
        """Some bytes; empty at the end."""
        if self._buffer:
            data, self._buffer = self._buffer, b""
            return data
        return bytes(await self.stream.receive_some(65536))

    async def until(self, end: bytes) -> bytes:
        """Everything up to `end`, included."""
        while end not in self._buffer:
            data = await self.stream.receive_some(65536)
            if not data:
                raise EOFError(self._buffer)
            self._buffer += data
        found, _, self._buffer = self._buffer.partition(end)
        return found + end

    async def exactly(self, size: int) -> bytes:
        while len(self._buffer) < size:
            data = await self.stream.receive_some(65536)
            if not data:
                raise EOFError(self._buffer)
            self._buffer += data
        found, self._buffer = self._buffer[:size], self._buffer[size:]
        return found

    async def rest(self) -> bytes:
        """Everything up to the end."""
        data = self._buffer
        self._buffer = b""
        while more := await self.stream.receive_some(65536):
            data += more
        return data

    async def head(self) -> tuple[str, dict[str, str]]:
        """A message's head, and its headers."""
        raw = (await self.until(b"\r\n\r\n")).decode("latin-1")
        return raw, _fields(raw.split("\r\n")[1:])

    async def chunks(self) -> tuple[bytes, dict[str, str]]:
        """A chunked body, and its trailers."""
        body = b""
        while size := int(await self.until(b"\r\n"), 16):
            body += (await self.exactly(size + 2))[:-2]
        lines = []
        while (line := await self.until(b"\r\n")) != b"\r\n":
            lines.append(line.decode().rstrip("\r\n"))
        return body, _fields(lines)

    async def answer(self, method: str = "GET") -> Answer:
        """The next response, whole."""
        raw, headers = await self.head()
        status = int(raw.split(" ")[1])
        body, trailers = b"", {}
        if method == "HEAD" or status in (204, 304) or status < 200:
            pass
        elif "transfer-encoding" in headers:
            body, trailers = await self.chunks()
        elif "content-length" in headers:
            body = await self.exactly(int(headers["content-length"]))
        else:
            body = await self.rest()
        return Answer(status, headers, body, trailers, raw)

    async def ask(self, method: str, target: str, body: bytes | None = None, **headers: str) -> Answer:
        """A request and its answer; `if_none_match="x"` is the header If-None-Match."""
        lines = [f"{method} {target} HTTP/1.1", "Host: localhost"]
        lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
        if body is not None and "transfer_encoding" not in headers:
            lines.append(f"Content-Length: {len(body)}")
        await self.send("\r\n".join([*lines, "", ""]).encode("latin-1") + (body or b""))
        return await self.answer(method)


def _fields(lines: list[str]) -> dict[str, str]:
    return {name.lower(): value.strip() for name, colon, value in (line.partition(":") for line in lines) if colon}


@asynccontextmanager
async def running(*servers: Any) -> AsyncIterator[list[int]]:
    """The servers listen on 127.0.0.1; their ports. At the end they are closed, connections and all."""
    with trio.fail_after(LIMIT):
        async with open_loop():
            for server in servers:
                server.listen(0, "127.0.0.1")
                await once(server, "listening")
            try:
                yield [server.address()["port"] for server in servers]
            finally:
                for server in servers:
                    server.close()
                    server.close_all_connections()


async def connect(port: int) -> Connection:
    return Connection(await trio.open_tcp_stream("127.0.0.1", port))


async def ask(port: int, method: str, target: str, body: bytes | None = None, **headers: str) -> Answer:
    """A request on a connection of its own."""
    connection = await connect(port)
    async with connection.stream:
        return await connection.ask(method, target, body, **headers)


Script = Callable[[Connection], Awaitable[object]]


@asynccontextmanager
async def scripted(script: Script) -> AsyncIterator[int]:
    """A target that runs `script` for each connection, and then closes it; its port."""

    async def handle(stream: trio.SocketStream) -> None:
        async with stream:
            with suppress(EOFError, trio.BrokenResourceError):  # the other side went away
                await script(Connection(stream))

    async with trio.open_nursery() as nursery:
        listeners = await nursery.start(trio.serve_tcp, handle, 0)
        yield listeners[0].socket.getsockname()[1]
        nursery.cancel_scope.cancel()
