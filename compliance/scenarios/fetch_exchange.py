"""fetch and a server made of bytes: what is sent, and what comes of the replies. fetch_exchange.json has the rows."""

import json
import zlib
from collections.abc import AsyncIterator, Callable
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import brotli  # type: ignore[import-untyped]
import trio
import zstandard

from compliance._peers import Peer, mask, requests_in, rounds
from compliance._trace import Scenarios, Trace
from nodehttp.fetch import Blob, URLSearchParams, fetch
from nodestream.loop import current_loop
from nodestream.web import ReadableStream

scenarios = Scenarios()

TABLE: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))
OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def octets(text: str) -> bytes:
    """Bytes, written as a character each."""
    return text.encode("latin-1")


def stream(*pieces: str) -> ReadableStream:
    """A web stream."""
    left = [*pieces]

    def pull(controller: Any) -> None:
        if left:
            controller.enqueue(octets(left.pop(0)))
        else:
            controller.close()

    return ReadableStream(pull=pull)


async def items(*pieces: str) -> AsyncIterator[bytes]:
    """An async generator."""
    for piece in pieces:
        yield octets(piece)


async def failing(*pieces: str) -> AsyncIterator[bytes]:
    """One that fails at the end."""
    for piece in pieces:
        yield octets(piece)
    raise ValueError("boom")


BODIES: dict[str, Callable[..., Any]] = {
    "text": lambda text: text,
    "bytes": octets,
    "blob": lambda text, kind="": Blob([octets(text)], type=kind),
    "params": URLSearchParams,
    "stream": stream,
    "items": items,
    "failing": failing,
}

CODECS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": lambda data: zlib.compress(data, wbits=31),
    "deflate": zlib.compress,
    "raw": lambda data: zlib.compress(data, wbits=-15),
    "br": brotli.compress,
    "zstd": zstandard.compress,
}


def reply(pieces: Any, port: int) -> str:
    """A reply is text; a list in it is data that is compressed first, and a last number cuts that off."""
    text = ""
    for piece in pieces if isinstance(pieces, list) else [pieces]:
        if isinstance(piece, str):
            text += piece.replace("<PORT>", str(port))
            continue
        data = octets(piece[0])
        for step in piece[1:]:
            data = data[:step] if isinstance(step, int) else CODECS[step](data)
        text += data.decode("latin-1")
    return text


def chain(error: Any) -> list[Any]:
    """An error, and what caused it."""
    if not isinstance(error, BaseException):
        return [error]
    code = getattr(error, "code", None)
    shown = code if isinstance(code, str) and not code.startswith("HPE_") else ""
    own = f"{'TypeError' if isinstance(error, TypeError) else 'Error'} {shown} {error}"
    cause = getattr(error, "cause", None)
    return [own] if cause is None else [own, *chain(cause)]


class Server:
    """Each request, on whichever connection, gets the next reply; with END the connection is ended too."""

    def __init__(self, replies: list[Any]) -> None:
        self._replies = [*replies]
        self._peers: list[Peer] = []
        self.requests: list[str] = []

    async def listen(self) -> None:
        """Choose the port."""
        self._listener = trio.socket.socket()
        await self._listener.bind(("127.0.0.1", 0))
        self._listener.listen()
        self.port = self._listener.getsockname()[1]

    async def serve(self) -> None:
        """Reply to what comes, until it is stopped."""
        async with trio.open_nursery() as nursery:
            while True:
                connection, _ = await self._listener.accept()
                self._peers.append(Peer(connection))
                nursery.start_soon(self._reply, self._peers[-1])

    async def _reply(self, peer: Peer) -> None:
        for answered in count():
            await peer.until(partial(self._has_more_than, peer, answered))
            requests = requests_in(peer.text)
            if len(requests) <= answered:
                return
            self.requests.append(requests[answered])
            if self._replies:
                await peer.send(reply(self._replies.pop(0), self.port))
            if self._replies[:1] == ["END"]:
                self._replies.pop(0)
                peer.finish()

    @staticmethod
    def _has_more_than(peer: Peer, count: int) -> bool:
        return len(requests_in(peer.text)) > count

    def close(self) -> None:
        """Close everything."""
        for peer in self._peers:
            peer.destroy()
        self._listener.close()


async def run(t: Trace, row: dict[str, Any]) -> None:
    """One row."""
    server = Server(row.get("replies", [OK]))
    await server.listen()
    port = server.port
    stop = current_loop().spawn_stoppable(server.serve(), lambda *_: None)

    def hidden(text: Any) -> Any:
        return text.replace(f":{port}", ":<PORT>") if isinstance(text, str) else text

    init = dict(row.get("init", {}))
    if "body" in row:
        init["body"] = BODIES[row["body"][0]](*row["body"][1:])
    url = row["url"].replace("<PORT>", str(port)) if "url" in row else f"http://127.0.0.1:{port}{row.get('path', '/')}"
    read = row.get("read", "text")
    try:
        res = await fetch(url, init)
        t("response", res.status, res.status_text, res.type, hidden(res.url), res.redirected, res.ok)
        t("headers", [f"{name}={hidden(value)}" for name, value in res.headers], res.body is None, res.body_used)
        t(read, await getattr(res, read)(), res.body_used)
    except Exception as error:
        t("fails", *map(hidden, chain(error)))
    await rounds()
    stop()
    for request in server.requests:
        t("request", mask(request, port))
    server.close()


scenarios.add_rows(TABLE, run)
