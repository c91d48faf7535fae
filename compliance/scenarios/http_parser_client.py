# mypy: disable-error-code="func-returns-value"
"""Bytes that answer a client's request. They are in http_parser_client.json, for both sides."""

import json
from pathlib import Path
from typing import Any

import trio

import nodehttp
from compliance._peers import Peer, rounds
from compliance._trace import Scenarios, Trace
from compliance.scenarios.http_parser import short, text
from nodestream.loop import Promise

scenarios = Scenarios()

TABLE: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))


class Watched:
    """A request whose events, and whose response's, go into the trace."""

    def __init__(self, t: Trace, req: Any) -> None:
        self.t = t
        self.closed: Promise[None] = Promise()
        self.ended = self.closed
        t.on(req, "req ", "continue", "timeout", "abort")
        req.on("information", lambda info: t("information", info.status_code, info.raw_headers))
        req.on("error", self.on_error)
        req.on("close", lambda: (t("req close"), self.closed.resolve(None)))
        req.on("response", self.on_response)

    def on_error(self, error: Any) -> None:
        self.t("req error", error, getattr(error, "reason", None), getattr(error, "bytes_parsed", None))

    def on_response(self, res: Any) -> None:
        t = self.t
        fields = "|".join(f"{name}={short(value)}" for name, value in res.headers.items())
        t("response", res.status_code, res.status_message, res.http_version, fields)
        t.on(res, "res ", "data", "end", "aborted", "error")
        ended: Promise[None] = Promise()
        self.ended = ended
        res.on("close", lambda: (t("res close", res.complete, res.raw_trailers), ended.resolve(None)))


async def answered(
    t: Trace, send: list[Any], options: dict[str, Any] | None = None, fin: bool = False, reset: bool = False
) -> None:
    """A client asks, and gets the bytes of one row."""
    raw = trio.socket.socket()
    await raw.bind(("127.0.0.1", 0))
    raw.listen()
    req = nodehttp.get({"port": raw.getsockname()[1], "host": "127.0.0.1", **(options or {})})
    watched = Watched(t, req)
    connection, _ = await raw.accept()
    peer = Peer(connection)
    await peer.until(lambda: peer.text.endswith("\r\n\r\n"))
    if send:
        await peer.send(text(send))
    if reset:
        await rounds(2)
        peer.reset()
    elif fin:
        peer.finish()
    await watched.closed
    await watched.ended
    if not reset:
        if req.socket is not None:
            req.socket.destroy()
        await peer.end()
        peer.destroy()
    raw.close()


scenarios.add_rows(TABLE, lambda t, row: answered(t, **row))
