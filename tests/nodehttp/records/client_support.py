"""A scripted server: each request is dealt with by the next of several functions, and noted."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import trio

import nodehttp as http
from nodehttp.records import RecordClient
from nodestream import open_loop
from nodestream.events import once

Script = Callable[[http.IncomingMessage, http.ServerResponse], object]
NDJSON = {"Content-Type": "application/x-ndjson"}
QUICKLY = {"delay": 0}


class Scripted:
    """What the server has seen.

    Attributes:
        port: where it listens.
        requests: all that have come.
        bodies: what came of each of them so far.
        closed: whether each is over.
    """

    def __init__(self, scripts: tuple[Script, ...]) -> None:
        self._scripts = [*scripts]
        self.port = 0
        self.requests: list[http.IncomingMessage] = []
        self.bodies: list[bytearray] = []
        self.closed: list[trio.Event] = []

    def on_request(self, req: http.IncomingMessage, res: http.ServerResponse) -> None:
        """The last function serves all further requests."""
        body = bytearray()
        self.requests.append(req)
        self.bodies.append(body)
        req.on("data", body.extend)
        closed = trio.Event()
        self.closed.append(closed)
        req.on("error", lambda _: None)
        req.on("close", closed.set)
        (self._scripts.pop(0) if len(self._scripts) > 1 else self._scripts[0])(req, res)

    def client(self, **options: Any) -> RecordClient:
        """A client of it, which tries again at once."""
        return RecordClient(f"http://127.0.0.1:{self.port}", **{"retry": QUICKLY, **options})

    def records(self, index: int) -> list[Any]:
        """The records that came with a request."""
        return [json.loads(line) for line in bytes(self.bodies[index]).splitlines()]


@asynccontextmanager
async def scripted(*scripts: Script) -> AsyncIterator[Scripted]:
    """A loop, and a server in it."""
    async with open_loop():
        found = Scripted(scripts)
        server = http.create_server(found.on_request)
        server.listen(0, "127.0.0.1")
        await once(server, "listening")
        found.port = server.address()["port"]
        try:
            yield found
        finally:
            server.close()
            server.close_all_connections()


def echo(req: http.IncomingMessage, res: http.ServerResponse) -> None:
    """Each record is its own result."""
    res.write_head(200, NDJSON)
    req.on("data", res.write)
    req.on("end", res.end)


def answer(text: str) -> Script:
    """These bytes, when all has been read."""

    def script(req: http.IncomingMessage, res: http.ServerResponse) -> None:
        res.write_head(200, NDJSON)
        req.on("end", lambda: res.end(text))

    return script


def refuse(status: int, text: str = "", **headers: str) -> Script:
    """A status, at once."""

    def script(_req: http.IncomingMessage, res: http.ServerResponse) -> None:
        res.write_head(status, {name.replace("_", "-"): value for name, value in headers.items()})
        res.end(text)

    return script


def reset_after(count: int, text: str = "") -> Script:
    """After so many records: these bytes, and the connection breaks off."""

    def script(req: http.IncomingMessage, res: http.ServerResponse) -> None:
        lines = 0

        def on_data(chunk: bytes) -> None:
            nonlocal lines
            before, lines = lines, lines + chunk.count(b"\n")
            if lines < count or before >= count:
                return
            if text:
                res.write_head(200, NDJSON)
                res.write(text, lambda *_: req.socket.destroy())
            else:
                req.socket.destroy()

        req.on("data", on_data)

    return script
