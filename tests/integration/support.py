"""A server with the paths that the integration tests need, and what they measure with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import nodehttp as http
from nodehttp import https
from nodestream import Readable
from nodestream.events import once

PIECE = b"n" * 64 * 1024
PIECES = 900  # 56 MiB
LENGTH = len(PIECE) * PIECES
SHA256 = hashlib.sha256(PIECE * PIECES).hexdigest()


def pieces(count: int = PIECES) -> Readable:
    """A body that is made as it is read."""
    return Readable.from_((PIECE for _ in range(count)), object_mode=False)


def digest(message: Any, done: Any) -> None:
    """Read a message to its end, then call `done(length, sha256)`."""
    sha256 = hashlib.sha256()
    length = 0

    def on_data(chunk: bytes) -> None:
        nonlocal length
        length += len(chunk)
        sha256.update(chunk)

    message.on("data", on_data)
    message.on("end", lambda: done(length, sha256.hexdigest()))


def on_request(req: http.IncomingMessage, res: http.ServerResponse) -> None:
    """Answers as the server in peers/server.cjs does."""
    if req.url == "/echo":
        req.pipe(res)
    elif req.url == "/download":
        pieces().pipe(res)
    elif req.url == "/trailers":
        text: list[bytes] = []

        def end() -> None:
            res.write_head(200, {"Trailer": "X-Out"})
            res.write(b"".join(text) + json.dumps(req.trailers).encode())
            res.add_trailers({"X-Out": "yes"})
            res.end()

        req.on("data", text.append)
        req.on("end", end)
    elif req.url == "/small":
        res.end("small")
    elif req.url == "/session":
        socket = req.socket
        res.end(json.dumps([socket.is_session_reused(), socket.get_protocol(), socket.alpn_protocol]))
    else:
        digest(
            req,
            lambda length, sha256: res.end(
                json.dumps({"url": req.url, "length": length, "sha256": sha256}, separators=(",", ":"))
            ),
        )


@asynccontextmanager
async def serving(listener: Any = on_request, **options: Any) -> AsyncIterator[int]:
    """A server on a free port, with `key` and `cert` one of https; closed, with all its connections, at the end."""
    server = (https if "key" in options else http).create_server(options, listener)
    server.listen(0, "127.0.0.1")
    await once(server, "listening")
    try:
        yield server.address()["port"]
    finally:
        server.close()
        server.close_all_connections()


async def body_of(message: Any) -> bytes:
    """All of a message."""
    return b"".join([chunk async for chunk in message])


async def response_to(request: http.ClientRequest) -> http.IncomingMessage:
    """The response, as soon as its head is there."""
    [response] = await once(request, "response")
    return response
