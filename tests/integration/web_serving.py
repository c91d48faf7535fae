"""A server of the web's kind that tells what it was sent, for clients that we did not write."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import trio

from nodehttp.fetch import File, FormData, Request, Response
from nodehttp.web import serve
from nodestream import consumers
from nodestream.errors import FormError
from nodestream.events import once

PIECES = [f"piece {n}" for n in range(5)]

PAGE = """<!doctype html><meta charset="utf-8"><title>A form</title><link rel="icon" href="data:,">
<form method="post" action="/parts" enctype="multipart/form-data">
  <input name="title" value="Two files, \u00e9"> <input name="first" type="file"> <input name="second" type="file">
</form>"""


async def digest(chunks: Any) -> list[Any]:
    """How many bytes, and their SHA-256."""
    sha256, size = hashlib.sha256(), 0
    async for chunk in chunks:
        sha256.update(chunk)
        size += len(chunk)
    return [size, sha256.hexdigest()]


async def digests_of(form: FormData) -> list[Any]:
    """Names and values of a form, of each file what tells it apart from others."""
    return [
        [name, value.name, value.type, *await digest(value.stream())] if isinstance(value, File) else [name, value]
        for name, value in form
    ]


async def digests_of_parts(request: Request, **limits: Any) -> list[Any]:
    """The same, of a form that is taken part by part."""
    return [
        [part.name, await consumers.text(part)]
        if part.filename is None
        else [part.name, part.filename, part.type, *await digest(part)]
        async for part in request.parts(**limits)
    ]


def explain(error: Exception) -> Response:
    """The answer to a form that is refused."""
    assert isinstance(error, FormError)
    return Response.json([error.status, error.code], status=error.status)


class Handler:
    """Answers requests. A piece of `/pieces` is made only when `/go` has asked for it."""

    def __init__(self) -> None:
        self._go, self._asked = trio.open_memory_channel[None](1)

    async def __call__(self, request: Request) -> Response:
        path = urlsplit(request.url).path
        if path == "/pieces":
            return Response(self._pieces())
        if path == "/go":
            await self._go.send(None)
            return Response("")
        if path == "/parts":
            return Response.json(await digests_of_parts(request))
        if path == "/form":
            return Response.json(await digests_of(await request.form_data()))
        if path == "/refused":
            return Response.json(await digests_of_parts(request, max_file_size=1000))
        if path == "/digest":
            return Response.json([*await digest(request.body), request.headers.get("content-length")])
        return Response(PAGE, headers={"Content-Type": "text/html; charset=utf-8"})

    async def _pieces(self) -> AsyncIterator[str]:
        for piece in PIECES:
            yield piece
            await self._asked.receive()


@asynccontextmanager
async def web_server() -> AsyncIterator[str]:
    """The origin of the server; it is closed, with all its connections, at the end."""
    server = serve(Handler(), on_error=explain, port=0, host="127.0.0.1")
    await once(server, "listening")
    try:
        yield f"http://127.0.0.1:{server.address()['port']}"
    finally:
        server.close()
        server.close_all_connections()
