"""What fetch sends and receives, one request after the other to one server.

What becomes of bodies that are odd, fail or are not read, and whether the next request goes over the same connection.
The rows are in fetch_bodies.json.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import nodehttp
from compliance._peers import closed, listening, rounds
from compliance._trace import Scenarios, Trace
from nodehttp.fetch import Blob, Response, fetch
from nodestream import Readable
from nodestream.web import ReadableStream

scenarios = Scenarios()

TABLE: dict[str, list[list[Any]]] = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))


def resuming(answer: Callable[[Any], object]) -> Callable[[Any, Any], None]:
    """A handler that lets the request's body go by."""

    def handler(req: Any, res: Any) -> None:
        req.resume()
        answer(res)

    return handler


def size(req: Any, res: Any) -> None:
    """Tell how the body was framed, and how long it was."""
    received = 0

    def data(chunk: bytes) -> None:
        nonlocal received
        received += len(chunk)

    def end() -> None:
        framing = [req.headers.get(name, "undefined") for name in ("content-length", "transfer-encoding")]
        res.end(f"{framing[0]} {framing[1]} {received}")

    req.on("data", data)
    req.on("end", end)


HANDLERS: dict[str, Callable[[Any, Any], object]] = {
    "/small": resuming(lambda res: res.end("small")),
    "/large": resuming(lambda res: res.end("x" * 3_000_000)),
    "/empty": resuming(lambda res: res.end()),
    "/204": resuming(lambda res: res.write_head(204).end()),
    "/304": resuming(lambda res: res.write_head(304).end()),
    "/close": lambda req, res: res.write_head(200, {"Connection": "close"}).end("closed"),
    "/size": size,
    "/hints": lambda req, res: res.write_early_hints({"link": "</a>; rel=preload"}, lambda *_: res.end("hinted")),
    "/break": lambda req, res: res.write_head(200, {"Content-Length": 9}).write("four", lambda *_: res.destroy()),
    "/refuse": lambda req, res: res.write_head(413, {"Content-Length": 2}).end("no"),
}

PIECES: dict[str, Any] = {"bytes": b"ab", "empty": b"", "text": "cd", "number": 5, "object": {}}


async def items(names: tuple[str, ...]) -> AsyncIterator[Any]:
    """Pieces, or an error."""
    for name in names:
        if name == "fails":
            raise Exception("boom")
        if name == "later":
            await rounds(1)
        else:
            yield PIECES[name]


def byte_stream(*names: str) -> ReadableStream:
    """A stream of bytes."""
    left = [*names]

    def pull(controller: Any) -> None:
        if left:
            controller.enqueue(PIECES[left.pop(0)])
            return
        controller.close()
        if controller.byob_request is not None:
            controller.byob_request.respond(0)

    return ReadableStream(type="bytes", pull=pull)


BODIES: dict[str, Callable[..., Any]] = {
    "stream": lambda *names: ReadableStream.from_(items(names)),
    "bytestream": byte_stream,
    "items": lambda *names: items(names),
    "readable": lambda *names: Readable.from_(items(names)),
    "text": lambda size: "x" * size,
    "blob": lambda *names: Blob([PIECES[name] for name in names]),
}


def shown(error: Any) -> str:
    """An error, and what caused it."""
    if not isinstance(error, BaseException):
        return "undefined" if error is None else str(error)
    own = f"{'TypeError' if isinstance(error, TypeError) else 'Error'}: {error}"
    cause = getattr(error, "cause", None)
    return own if cause is None else f"{own} <- {shown(cause)}"


async def text(res: Response) -> Any:
    """All of it."""
    found = await res.text()
    return len(found) if len(found) > 100 else found


async def none(_res: Response) -> None:
    """Nothing of it."""


async def touch(res: Response) -> bool:
    """Only look at it."""
    return res.body is None


async def cancel(res: Response) -> None:
    """Nobody wants it."""
    if res.body is not None:
        await res.body.cancel()


async def piece(res: Any) -> None:
    """One piece."""
    reader = res.body.get_reader()
    await reader.read()
    await reader.cancel()


async def leave(res: Any) -> bool | None:
    """One piece of a loop."""
    async for chunk in res.body:
        return len(chunk) > 0
    return None


READERS: dict[str, Callable[[Response], Awaitable[Any]]] = {
    "text": text,
    "none": none,
    "touch": touch,
    "cancel": cancel,
    "piece": piece,
    "leave": leave,
}


DEFAULTS: tuple[Any, ...] = ("text", {}, None)
"""Of a step: how the response is read, the options, and the body that is sent."""


async def run(t: Trace, steps: list[list[Any]]) -> None:
    """One row."""
    sockets: list[Any] = []
    seen: list[str] = []

    last: Any = None

    def on_request(req: Any, res: Any) -> None:
        nonlocal last
        seen.append(f"{req.method} {req.url} {req.headers['connection']} {'again' if req.socket is last else 'anew'}")
        last = req.socket
        req.on("error", lambda _: None)
        HANDLERS[req.url](req, res)

    server: Any = nodehttp.create_server(on_request)
    server.on("connection", sockets.append)
    port = await listening(server)
    for step in steps:
        path, read, init, body = (*step, *DEFAULTS[len(step) - 1 :])
        given = dict(init)
        if body is not None:
            given |= {"method": "POST", "body": BODIES[body[0]](*body[1:]), "duplex": "half"}
        try:
            res = await fetch(f"http://127.0.0.1:{port}{path}", given)
            t("response", res.status, res.body is None)
            t(read, await READERS[read](res), res.body_used)
        except Exception as error:
            t("fails", shown(error))
        await rounds(10)
    t("seen", *seen)
    server.close()
    server.close_all_connections()
    for socket in sockets:
        await closed(socket)


scenarios.add_rows(TABLE, run)
