"""The pieces of work whose cost is recorded. Each does all of it in the thread that calls it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import nodehttp as http
from bench.budget._other_end import answering, asking, listener
from nodestream import PassThrough, Readable, Transform, Writable, pipeline, run
from nodestream.events import EventEmitter

CHUNK = bytes(65536)


@dataclass(frozen=True, slots=True)
class Work:
    """One piece of work: what it is, what does it so many times, and how many times make a slice (about 15 ms).

    `parser` is the engine that it is done with, for NODEHTTP_PARSER.
    """

    title: str
    do: Callable[[int], None]
    slice: int
    parser: str | None = None


def _serve(count: int) -> None:
    def on_request(_: Any, response: Any) -> None:
        response.set_header("Content-Type", "text/plain")
        response.end("Hello, World!")

    listening = listener()
    server = http.create_server(on_request)
    server.on("connection", lambda socket: socket.on("close", lambda *_: server.close()))
    with asking(listening, count):
        server.listen({"fd": listening.detach()})
        run()


def _get(count: int) -> None:
    left = count

    def ask() -> None:
        nonlocal left
        left -= 1
        http.get({"host": "127.0.0.1", "port": port, "path": "/hello?a=1", "agent": agent}, on_response)

    def on_response(response: Any) -> None:
        response.on("end", ask if left else agent.destroy)
        response.resume()

    agent = http.Agent(keep_alive=True, max_sockets=1)
    with listener() as listening:
        port = listening.getsockname()[1]
        with answering(listening):
            run(ask)


def _stream(source: Readable, middle: Transform, count: int) -> None:
    arrived = 0

    def write(_: Writable, chunk: object, encoding: object, callback: Callable[[], None]) -> None:
        nonlocal arrived
        arrived += 1
        callback()

    run(pipeline, source, middle, Writable(object_mode=True, write=write), lambda error: None)
    if arrived != count:
        raise RuntimeError(f"{arrived} of {count} arrived")


def _source(item: object, count: int, **options: Any) -> Readable:
    left = count

    def read(stream: Readable, size: int) -> None:
        nonlocal left
        left -= 1
        stream.push(item if left >= 0 else None)

    return Readable(read=read, **options)


def _objects(count: int) -> None:
    def transform(_: Transform, item: Any, encoding: object, callback: Callable[..., None]) -> None:
        callback(None, item)

    _stream(_source("item", count, object_mode=True), Transform(transform=transform, object_mode=True), count)


def _chunks(count: int) -> None:
    _stream(_source(CHUNK, count), PassThrough(), count)


def _emit(count: int) -> None:
    emitter = EventEmitter()
    emitter.on("data", lambda chunk: None)
    for _ in range(count):
        emitter.emit("data", 1)


WORKS: Mapping[str, Work] = {
    "server-h11": Work("one request through a server (h11)", _serve, 100, "h11"),
    "server-llhttp": Work("one request through a server (llhttp)", _serve, 100, "llhttp"),
    "client-h11": Work("one request through the client (h11)", _get, 50, "h11"),
    "client-llhttp": Work("one request through the client (llhttp)", _get, 50, "llhttp"),
    "objects": Work("one object through Readable, Transform and Writable", _objects, 3000),
    "chunks": Work("one chunk of 64 KiB through a PassThrough", _chunks, 2500),
    "emit": Work("one event to one listener", _emit, 50000),
}
