"""fetch and servers that send what they like: it always ends, and leaves no socket.

A case is made by its number: `python -m tests.nodehttp.fetch.test_hostile_servers FIRST COUNT` runs others.
"""

from __future__ import annotations

import gzip
import random
import sys
from contextlib import suppress
from typing import Any

import pytest
import trio

import nodehttp
from compliance.wire._response_bytes import answer
from nodehttp import net
from nodehttp.fetch import Response, fetch
from nodehttp.fetch._errors import FetchTypeError
from nodestream.abort import AbortController
from nodestream.errors import DOMException
from nodestream.loop import run
from nodestream.timers import set_immediate, set_timeout

from .fetch_support import listening, until

AT_ONCE = 50
"""Cases that share a loop."""

PIECES = (b"a", b"b" * 70_000, "c", b"")


class Case:
    """One server, and what is asked of it."""

    def __init__(self, number: int) -> None:
        self._random = random.Random(number)
        self._sockets: list[Any] = []

    # --- the server ---

    def _reply(self) -> bytes:
        chance = self._random
        kind = chance.randrange(8)
        if kind == 0:
            target = chance.choice(["/a", "", "//", "http://127.0.0.1:1/", "http://[", "data:,x", "#x"])
            return f"HTTP/1.1 {chance.choice([301, 303, 307])} x\r\nLocation: {target}\r\n\r\n".encode()
        if kind == 1:
            data = gzip.compress(bytes(chance.choice([0, 10, 300_000])))
            sent = data[: chance.randrange(len(data) + 1)] + chance.choice([b"", b"junk"])
            return b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n%b" % (len(data), sent)
        text = answer(chance.randbytes(chance.choice([10, 40, 100]))).encode("latin-1")
        return text[: chance.randrange(len(text) + 1)] if kind == 2 else text

    def _serve(self, socket: Any) -> None:
        chance = self._random
        self._sockets.append(socket)
        socket.on("error", lambda *_: None)
        replies = [(self._reply(), chance.choice(["nothing", "end", "reset"])) for _ in range(chance.choice([1, 3]))]

        def reply(*_: object) -> None:
            if socket.destroyed:
                return
            data, then = replies.pop(0) if replies else (b"", "end")
            middle = chance.randrange(len(data) + 1)
            socket.write(data[:middle])
            set_immediate(finish, data[middle:], then)

        def finish(rest: bytes, then: str) -> None:
            if socket.destroyed:
                return
            socket.write(rest)
            if then == "end":
                socket.end()
            elif then == "reset":
                socket.reset_and_destroy()

        socket.on("data", reply)

    # --- the client ---

    def _body(self) -> Any:
        fails = self._random.random() < 0.3
        count = self._random.choice([0, 1, 5])

        def pieces() -> Any:
            for _ in range(count):
                yield self._random.choice(PIECES)
            if fails:
                raise ValueError("boom")

        return self._random.choice([b"x", b"x" * 300_000, pieces()])

    async def _read(self, response: Response, controller: AbortController) -> None:
        how = self._random.randrange(6)
        if how == 0 and response.body is not None:
            await response.body.cancel()
        elif how == 1 and response.body is not None:
            async for _ in response.body:
                break
        elif how == 2:
            promise = response.text()
            controller.abort()
            await promise
        elif how == 3:
            other = response.clone().bytes()
            other.mark_as_handled()
            await response.bytes()
            await other
        elif how == 4:
            await response.text()

    async def _ask(self, url: str, agent: Any) -> None:
        chance = self._random
        controller = AbortController()
        init: dict[str, Any] = {"agent": agent, "signal": controller.signal, "headersTimeout": 40, "bodyTimeout": 40}
        if chance.random() < 0.5:
            init |= {"method": chance.choice(["POST", "DELETE"]), "body": self._body(), "duplex": "half"}
        promise = fetch(url, init)
        when = chance.randrange(8)
        if when == 0:
            controller.abort()
        elif when == 1:
            set_immediate(controller.abort)
        elif when == 2:
            set_timeout(controller.abort, 3)
        with trio.fail_after(60), suppress(FetchTypeError, DOMException):
            await self._read(await promise, controller)

    async def run(self) -> None:
        """Ask, and see that nothing is left."""
        agent = nodehttp.Agent(keep_alive=True)
        async with listening(net.create_server(self._serve)) as url:
            for _ in range(self._random.choice([1, 3])):
                await self._ask(url, agent)
            agent.destroy()
            with trio.fail_after(60):
                await until(lambda: all(socket.closed for socket in self._sockets), rounds=10**9)


def run_cases(first: int, count: int) -> None:
    """Run so many cases, AT_ONCE at a time."""

    async def main(numbers: range) -> None:
        async with trio.open_nursery() as nursery:
            for number in numbers:
                nursery.start_soon(Case(number).run)

    for begin in range(first, first + count, AT_ONCE):
        run(main, range(begin, min(begin + AT_ONCE, first + count)))


@pytest.mark.parametrize("first", [0, 50, 100])
def test_fetch_ends_whatever_a_server_sends_and_leaves_no_socket(first: int) -> None:
    run_cases(first, 50)


if __name__ == "__main__":
    run_cases(int(sys.argv[1]), int(sys.argv[2]))
