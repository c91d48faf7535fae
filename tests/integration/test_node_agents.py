"""20,000 requests over 64 kept sockets, and 2,000 with TLS: Node's Agent against our server, ours against Node's.

The requests are of five kinds (with and without a body, on either side, of known length and chunked). The number of
each is in the head and in the body of its answer, so that no answer can be mistaken for another.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import trio

import nodehttp as http
from nodehttp import https
from nodestream import open_loop
from nodestream.events import once
from tests.integration.conftest import NodeClient, node_serving
from tests.integration.identity import Identity
from tests.integration.support import body_of, response_to

SOCKETS = 64
AT_ONCE = 256  # more than there are sockets, so that some requests wait
METHODS = ("GET", "POST", "PUT", "HEAD", "GET")


@dataclass(frozen=True)
class Way:
    """With or without TLS."""

    module: ModuleType
    requests: int
    identity: Identity | None

    @property
    def server_options(self) -> dict[str, str]:
        return self.identity.options if self.identity else {}

    @property
    def client_options(self) -> dict[str, str]:
        return self.identity.trust if self.identity else {}

    @property
    def trusted(self) -> tuple[Path, ...]:
        """The argument of Node's client."""
        return (self.identity.ca,) if self.identity else ()

    @property
    def key_and_certificate(self) -> tuple[Path, ...]:
        """The arguments of Node's server."""
        return (self.identity.key, self.identity.cert) if self.identity else ()

    def url(self, port: int, path: str) -> str:
        return f"{'https' if self.identity else 'http'}://127.0.0.1:{port}{path}"


@pytest.fixture(params=["http", "https"])
def way(request: pytest.FixtureRequest, identity: Identity) -> Way:
    return Way(http, 20_000, None) if request.param == "http" else Way(https, 2_000, identity)


def counted(lists: Mapping[str, Iterable[object]]) -> int:
    return sum(len(list(each)) for each in lists.values())


# --- Node's agent, our server ---


async def answer(req: http.IncomingMessage, res: http.ServerResponse) -> None:
    """As `answerAgent` in peers/server.cjs."""
    text = await body_of(req)
    n = int(req.url.removeprefix("/agent/"))
    res.set_header("X-N", n)
    if n % 5 == 4:
        res.write_head(204).end()
    elif n % 5 == 2:
        res.write(f"{req.method} {req.url} ")
        res.end(text)
    else:
        content = f"{req.method} {req.url} ".encode() + text
        res.set_header("Content-Length", len(content))  # without it the answer to a HEAD request ends the connection
        res.end(content)


async def test_nodes_agent_sends_all_over_64_connections_to_our_server(node_client: NodeClient, way: Way) -> None:
    async with open_loop():
        open_sockets: set[Any] = set()
        made = 0

        def on_connection(socket: Any) -> None:
            nonlocal made
            made += 1
            open_sockets.add(socket)
            socket.on("close", lambda: open_sockets.remove(socket))

        server = way.module.create_server(way.server_options, answer)
        server.on("connection", on_connection)
        server.listen(0, "127.0.0.1")
        await once(server, "listening")
        seen = await node_client("agent", server.address()["port"], *way.trusted)
        server.close()
        await once(server, "close")
    assert seen.pop("mostWaiting") >= AT_ONCE - SOCKETS
    assert seen == {
        "done": way.requests,
        "wrong": [],
        "mostSockets": SOCKETS,
        "idle": SOCKETS,
        "left": {"busy": 0, "waiting": 0},
    }
    assert (made, open_sockets) == (SOCKETS, set())


# --- our agent, Node's server ---


class Exchange:
    """What our agent sends, and what it gets.

    Attributes:
        wrong: the numbers of the requests with another answer than they should have.
        most_sockets, most_waiting: of the agent, at any time.
    """

    def __init__(self, way: Way, port: int, agent: http.Agent) -> None:
        self._way = way
        self._port = port
        self._agent = agent
        self._numbers = iter(range(way.requests))
        self.done = 0
        self.wrong: list[int] = []
        self.most_sockets = 0
        self.most_waiting = 0

    async def work(self) -> None:
        """Send one request after the other, until all are sent."""
        for n in self._numbers:
            await self._ask(n)
            self.done += 1

    async def _ask(self, n: int) -> None:
        method = METHODS[n % 5]
        sent = f"<{n}>" * (n % 50) if method in ("POST", "PUT") else ""
        status = 204 if n % 5 == 4 else 200
        expected = "" if method == "HEAD" or status == 204 else f"{method} /agent/{n} {sent}"
        url = self._way.url(self._port, f"/agent/{n}")
        request = self._way.module.request(url, method=method, agent=self._agent)
        if method == "PUT":
            request.write(sent)  # chunked
        request.end(sent if method == "POST" else None)
        self._measure()
        response = await response_to(request)
        text = (await body_of(response)).decode()
        if (response.status_code, response.headers["x-n"], text) != (status, str(n), expected):
            self.wrong.append(n)

    def _measure(self) -> None:
        agent = self._agent
        self.most_sockets = max(self.most_sockets, counted(agent.sockets) + counted(agent.free_sockets))
        self.most_waiting = max(self.most_waiting, counted(agent.requests))


async def test_our_agent_sends_all_over_64_connections_to_nodes_server(way: Way) -> None:
    with node_serving(*way.key_and_certificate) as port:
        before = len(os.listdir("/proc/self/fd"))
        async with open_loop():
            agent = way.module.Agent(keep_alive=True, max_sockets=SOCKETS, **way.client_options)
            exchange = Exchange(way, port, agent)
            async with trio.open_nursery() as nursery:
                for _ in range(AT_ONCE):
                    nursery.start_soon(exchange.work)
            assert (exchange.done, exchange.wrong) == (way.requests, [])
            assert (exchange.most_sockets, exchange.most_waiting >= AT_ONCE - SOCKETS) == (SOCKETS, True)
            assert (counted(agent.sockets), counted(agent.requests), counted(agent.free_sockets)) == (0, 0, SOCKETS)
            assert await connections(way, port) == {"made": SOCKETS + 1, "open": SOCKETS + 1}
            agent.destroy()
        # The loop ended by itself: no socket of ours is left. Node's server has lost all but the one that asks.
        assert len(os.listdir("/proc/self/fd")) == before
        with trio.fail_after(10):
            async with open_loop():
                while (await connections(way, port))["open"] > 1:
                    await trio.lowlevel.checkpoint()


async def connections(way: Way, port: int) -> Any:
    """How many connections Node's server has had, and has; the one of this question is among them."""
    response = await response_to(way.module.get(way.url(port, "/connections"), agent=False, **way.client_options))
    return json.loads(await body_of(response))
