"""Processes whose memory the tests look at: a server of the web's kind, and a client that uses `fetch`.

web.py serve [ORIGIN]                       prints its port
web.py upload|download|form URL BYTES       prints "ready", waits for a line, does it, prints what came of it, waits
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from typing import Any

import trio

import nodehttp
from nodehttp.fetch import FormData, Request, Response, fetch, read_form
from nodehttp.web import serve
from nodestream.events import once
from nodestream.fs import open_as_blob

PIECE = b"n" * 64 * 1024


def pieces(size: int) -> Iterator[bytes]:
    """So many bytes."""
    while size > 0:
        yield PIECE[:size]
        size -= len(PIECE)


async def counted(chunks: Any) -> int:
    """How many bytes come, of which none is kept."""
    total = 0
    async for chunk in chunks:
        total += len(chunk)
    return total


def handler_of(origin: str) -> Any:
    """Answers every request; `/forward/...` is passed on to `origin`."""

    async def handler(request: Request) -> Response:
        _, _, _, kind, *rest = request.url.split("/")
        if kind == "forward":
            return await fetch(f"{origin}/{'/'.join(rest)}")
        if kind == "download":
            return Response(pieces(int(rest[0])))
        if kind == "form":
            return Response(str(sum([await counted(part) async for part in request.parts()])))
        if kind == "files":
            form = await read_form(request)
            sizes = [file.size for file in form.get_all("file")]
            for file in form.get_all("file"):
                file.close()
            return Response(str(sum(sizes)))
        return Response(str(await counted(request.body)))

    return handler


async def run_server(origin: str = "") -> None:
    """Serve until the process is killed."""
    server = serve(handler_of(origin), port=0, host="127.0.0.1")
    await once(server, "listening")
    print(server.address()["port"], flush=True)


async def upload(url: str, size: int) -> int:
    """Send a stream of so many bytes."""
    response = await fetch(f"{url}/upload", method="POST", body=pieces(size), duplex="half")
    return int(await response.text())


async def download(url: str, size: int) -> int:
    """Receive so many bytes."""
    response = await fetch(f"{url}/download/{size}")
    return await counted(response.body)


async def form(url: str, size: int) -> int:
    """Send a form with a file of so many bytes."""
    with tempfile.NamedTemporaryFile() as file:
        for piece in pieces(size):
            file.write(piece)
        file.flush()
        data = FormData()
        data.append("file", await open_as_blob(file.name), "large")
        response = await fetch(url, method="POST", body=data)
        return int(await response.text())


async def run_client(task: str, url: str, size: str) -> None:
    """Once with little, to be warm; then as often as there are lines to read."""
    work = {"upload": upload, "download": download, "form": form}[task]
    await work(url, 1000)
    print("ready", flush=True)
    while await trio.to_thread.run_sync(sys.stdin.readline, abandon_on_cancel=True):
        print(await work(url, int(size)), flush=True)


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    if command == "serve":
        nodehttp.run(run_server, *arguments)
    else:
        nodehttp.run(run_client, command, *arguments)
