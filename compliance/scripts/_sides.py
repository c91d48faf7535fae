"""How a script begins and ends, for each side that may be under test. The twin of sides.mjs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import trio

import nodehttp
from compliance import _peers
from compliance._peers import listening, rounds
from nodehttp import net
from nodestream import Duplex
from nodestream.loop import Promise

from ._stage import Stage
from ._values import value_of


class Peer(_peers.Peer):
    """A raw end of a connection, which reads only when it is told to."""

    async def read(self, text: str | None = None) -> None:
        """Read until the text is there; without one, until the end."""
        await self.until(lambda: text is not None and text in self.text)


async def clear(stage: Stage) -> None:
    """Let go of everything that is on stage."""
    things = list(stage.things.values())
    for kinds in ((Peer, Duplex), (nodehttp.Agent, nodehttp.ClientRequest)):
        for thing in things:
            if isinstance(thing, kinds):
                thing.destroy()
    if "listener" in stage.things:
        stage.things["listener"].close()
    if "server" in stage.things:
        server: net.Server = stage.things["server"]
        closed: Promise[None] = Promise()
        server.close(lambda *_: closed.resolve(None))
        if isinstance(server, nodehttp.Server):
            server.close_all_connections()
        await closed


# --- a server of ours, and raw clients ---


async def _begin_server(stage: Stage) -> None:
    make = nodehttp.create_server if stage.side == "server" else net.create_server
    server = make(value_of(stage, stage.script.get("options", {})))
    stage.add("server", server)
    stage.things["port"] = await listening(server)
    if not stage.script.get("alone"):
        await connect(stage)


async def connect(stage: Stage) -> None:
    """Let a raw client connect."""
    connection = trio.socket.socket()
    await connection.connect(("127.0.0.1", stage.things["port"]))
    stage.add("peer", Peer(connection))
    await stage.until("server connection")


# --- a client of ours, and a raw server ---


async def _begin_client(stage: Stage) -> None:
    listener = stage.things["listener"] = trio.socket.socket()
    await listener.bind(("127.0.0.1", 0))
    listener.listen()
    stage.things["port"] = listener.getsockname()[1]


async def accept(stage: Stage) -> None:
    """Let the raw server accept a connection."""
    connection, _ = await stage.things["listener"].accept()
    stage.add("peer", Peer(connection))
    await rounds()


def request(stage: Stage, options: dict[str, Any] | None = None) -> None:
    """Make a request to the raw server."""
    given = {"host": "127.0.0.1", "port": stage.things["port"], **value_of(stage, options or {})}
    stage.add("req", nodehttp.request(given))


def dial(stage: Stage, options: dict[str, Any] | None = None) -> None:
    """Let a socket of ours connect to the raw server."""
    given = {"host": "127.0.0.1", "port": stage.things["port"], **value_of(stage, options or {})}
    stage.add("socket", net.connect(given))


# --- a message made by hand, on a socket that is none ---


class HandSocket(Duplex):
    """A Duplex that keeps what is written to it; a full one takes no more until it is released."""

    def __init__(self, stage: Stage, *, is_full: bool) -> None:
        super().__init__({"highWaterMark": 2} if is_full else {})
        self._stage = stage
        self._is_full = is_full
        self._waiting: list[Callable[..., object]] = []
        self.text = ""

    def _read(self, size: int) -> None:
        pass

    def _write(self, chunk: Any, encoding: str | None, callback: Callable[..., object]) -> None:
        self.text += chunk.decode("latin-1")
        if self._is_full:
            self._waiting.append(callback)
        else:
            callback()

    def _writev(self, entries: list[Any], callback: Callable[..., object]) -> None:
        self._write(b"".join(entry.chunk for entry in entries), None, callback)

    def release(self) -> None:
        """Take what is waiting."""
        while self._waiting:
            self._waiting.pop(0)()

    def set_timeout(self, msecs: float, *_: object) -> None:
        self._stage.write("socket.setTimeout", msecs)

    def set_no_delay(self, *args: Any) -> None:
        self._stage.write("socket.setNoDelay", *args)

    def set_keep_alive(self, *args: Any) -> None:
        self._stage.write("socket.setKeepAlive", *args)


async def _begin_by_hand(stage: Stage) -> None:
    await rounds(1)
    make = stage.script["make"]
    options: dict[str, Any] = make.get("options", {})
    socket = HandSocket(stage, is_full=make.get("full", False))
    stage.add("socket", socket)
    if make["kind"] == "request":
        message: Any = nodehttp.request({"method": "POST", **options, "createConnection": lambda *_: socket})
    elif make["kind"] == "response":
        message = nodehttp.ServerResponse(
            {"method": "GET", "httpVersionMajor": 1, "httpVersionMinor": 1, "headers": {}, **options}
        )
    else:
        message = nodehttp.OutgoingMessage()
    stage.add("msg", message)
    message.send_date = False


BEGIN: dict[str, Callable[[Stage], Awaitable[None]]] = {
    "server": _begin_server,
    "client": _begin_client,
    "net_server": _begin_server,
    "net_client": _begin_client,
    "hand": _begin_by_hand,
}

LAST_ROUNDS = {"server": 8, "client": 8, "net_server": 8, "net_client": 8, "hand": 1}
"""How long to wait for what may come unexpectedly."""
