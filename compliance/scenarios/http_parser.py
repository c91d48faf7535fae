# mypy: disable-error-code="func-returns-value"
"""Bytes thrown at a server: what it takes, what it refuses and how. They are in http_parser.json, for both sides."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from compliance._peers import exchange
from compliance._trace import Scenarios, Trace

scenarios = Scenarios()

TABLE: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))


def text(pieces: list[Any]) -> str:
    """What a row sends: pieces of text, some with the number of their repetitions."""
    return "".join(piece if isinstance(piece, str) else piece[0] * piece[1] for piece in pieces)


def short(value: str) -> str:
    """A long value, cut."""
    return value if len(value) <= 200 else f"{value[:200]}... {len(value)}"


def handler(t: Trace) -> Callable[[Any, Any], None]:
    """A request listener that writes down everything."""

    def on_request(req: Any, res: Any) -> None:
        fields = "|".join(f"{name}={short(value)}" for name, value in req.headers.items())
        t("request", req.method, short(req.url), req.http_version, fields)
        t.on(req, "req ", "data", "end", "aborted")
        res.end("ok")

    return on_request


async def twice(t: Trace, send: list[Any], **more: Any) -> None:
    """First as it is, then with a listener of clientError."""

    def on_client_error(error: Any, socket: Any) -> None:
        details = getattr(error, "reason", None), getattr(error, "bytes_parsed", None)
        t("clientError", error, *details, socket.writable)
        socket.destroy()

    await exchange(t, handler(t), requests=text(send), **more)
    setup = lambda server: server.on("clientError", on_client_error)  # noqa: E731
    await exchange(t, handler(t), requests=text(send), setup=setup, **more)


scenarios.add_rows(TABLE, lambda t, row: twice(t, **row))
