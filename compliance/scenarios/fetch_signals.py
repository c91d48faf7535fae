"""fetch and its signal: when it is aborted, and what client and server see of that. fetch_signals.json has the rows."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import nodehttp
from compliance._peers import closed, event, listening, rounds
from compliance._trace import Scenarios, Trace
from nodehttp.fetch import Response, fetch
from nodestream import Readable
from nodestream.abort import AbortController, AbortSignal
from nodestream.web import ReadableStream

scenarios = Scenarios()

TABLE: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))

Abort = Callable[[str], Awaitable[None]]


def answer(req: Any, res: Any) -> None:
    """Take the body, then answer."""
    req.resume().on("end", lambda: res.end("hello"))


HANDLERS: dict[str, Callable[[Any, Any], object]] = {
    "hold": lambda req, res: None,
    "take": lambda req, res: req.resume(),
    "answer": answer,
    "begin": lambda req, res: res.write("abc"),
    "large": lambda req, res: res.end("x" * 3_000_000),
    "refuse": lambda req, res: res.write_head(413, {"Content-Length": 2}).end("no"),
}


def stream() -> ReadableStream:
    """One piece, and then nothing for ever."""
    return ReadableStream(start=lambda controller: controller.enqueue(b"ab"))


def readable() -> Readable:
    """The same."""
    made = Readable(read=lambda *_: None)
    made.push("ab")
    made.on("error", lambda _: None)
    return made


BODIES: dict[str, Callable[[], Any]] = {"text": lambda: "text", "stream": stream, "readable": readable}


def any_of(controller: AbortController) -> AbortSignal:
    """A signal that depends on another one."""
    return AbortSignal.any([controller.signal, AbortSignal.timeout(100_000)])


SIGNALS: dict[str, Callable[[AbortController], tuple[AbortSignal, Callable[[], object]]]] = {
    "plain": lambda controller: (controller.signal, controller.abort),
    "reason": lambda controller: (controller.signal, lambda: controller.abort(Exception("why"))),
    "any": lambda controller: (any_of(controller), controller.abort),
    "timeout": lambda _: (AbortSignal.timeout(60), lambda: None),
}


def shown(error: Any) -> str:
    """An error, and what caused it."""
    if not isinstance(error, BaseException):
        return "undefined" if error is None else str(error)
    name = getattr(error, "name", "TypeError" if isinstance(error, TypeError) else "Error")
    own = f"{name}: {error}"
    cause = getattr(error, "cause", None)
    return own if cause is None else f"{own} <- {shown(cause)}"


async def settled(
    t: Trace, label: str, promise: Awaitable[Any], show: Callable[[Any], Any] = lambda value: value
) -> None:
    """Wait for it, and write down what came of it."""
    try:
        t(label, show(await promise))
    except Exception as error:
        t(f"{label} fails", shown(error))


def piece(result: Any) -> str:
    """What a reader has read."""
    return "done" if result.done else "a piece"


async def read_none(_t: Trace, _res: Response, _abort: Abort) -> None:
    """Nobody reads it."""


async def read_text(t: Trace, res: Response, abort: Abort) -> None:
    """Read all of it."""
    promise = res.text()
    await abort("reading")
    await settled(t, "text", promise, len)


async def read_by_reader(t: Trace, res: Any, abort: Abort) -> None:
    """Read a piece, and the next."""
    reader = res.body.get_reader()
    await settled(t, "read", reader.read(), piece)
    pending = reader.read()
    await abort("reading")
    await settled(t, "read", pending, piece)
    await settled(t, "closed", reader.closed)


async def iterate(t: Trace, res: Any, abort: Abort) -> None:
    """Go through it."""

    async def loop() -> None:
        is_first = True
        async for chunk in res.body:
            if is_first:
                t("piece", len(chunk) > 0)
                is_first = False
                await abort("reading")

    await settled(t, "iterate", loop())


async def read_clone(t: Trace, res: Response, abort: Abort) -> None:
    """Read it twice at once."""
    promises = [res.clone().text(), res.text()]
    for promise in promises:
        promise.mark_as_handled()
    await abort("reading")
    for promise in promises:
        await settled(t, "text", promise, len)


async def cancel(t: Trace, res: Any, abort: Abort) -> None:
    """Nobody wants it."""
    await settled(t, "cancel", res.body.cancel(Exception("enough")))
    await abort("reading")
    await settled(t, "text", res.text())


async def read_twice(t: Trace, res: Response, _abort: Abort) -> None:
    """Read it again."""
    await settled(t, "text", res.text())
    await settled(t, "text", res.text())


READERS: dict[str, Callable[[Trace, Response, Abort], Awaitable[None]]] = {
    "none": read_none,
    "text": read_text,
    "reader": read_by_reader,
    "iterate": iterate,
    "clone": read_clone,
    "cancel": cancel,
    "twice": read_twice,
}


async def run(t: Trace, row: dict[str, Any]) -> None:
    """One row."""
    seen: list[str] = []
    sockets: list[Any] = []

    def note(text: str) -> Callable[..., None]:
        return lambda *_: seen.append(text)

    def on_request(req: Any, res: Any) -> None:
        for name in ("aborted", "close"):
            req.on(name, note(f"request {name}"))
        req.on("error", lambda error: seen.append(f"request error {error.code}"))
        for name in ("finish", "close"):
            res.on(name, note(f"response {name}"))
        HANDLERS[row.get("handler", "answer")](req, res)

    server: Any = nodehttp.create_server(on_request)
    server.on("connection", sockets.append)
    port = await listening(server)
    given, abort_now = SIGNALS[row.get("signal", "plain")](AbortController())
    when = row["when"]

    async def abort(moment: str) -> None:
        if moment == when:
            await rounds()
            abort_now()

    if when == "before":
        abort_now()
    init: dict[str, Any] = {"signal": given}
    if "send" in row:
        init |= {"method": "POST", "body": BODIES[row["send"]](), "duplex": "half"}
    promise = fetch(f"http://127.0.0.1:{port}/", init)
    if when == "at once":
        abort_now()
    if when == "asked":
        await event(server, "request")
        await rounds()
        abort_now()
    try:
        res = await promise
        t("response", res.status)
        await abort("head")
        await READERS[row.get("read", "text")](t, res, abort)
        await abort("after")
        t("used", res.body_used)
    except Exception as error:
        t("fails", shown(error))
    await rounds(10)
    server.close_all_connections()
    for socket in sockets:
        await closed(socket)
    await rounds(10)
    t("seen", *sorted(seen))
    server.close()


scenarios.add_rows(TABLE, run)
