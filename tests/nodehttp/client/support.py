"""What the tests of this folder share: a diary of events, a server that speaks raw bytes, and a socket that is none."""

from __future__ import annotations

import socket as sockets
import struct
from collections.abc import Awaitable, Callable
from typing import Any

import trio

from nodehttp._agent import Agent
from nodehttp._client import ClientRequest
from nodehttp._incoming import IncomingMessage
from nodestream._duplex import Duplex
from nodestream.loop import open_loop, run

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
SHORT = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi"


class Diary:
    """The events of streams, one line each, in the order in which they came."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._waiting: dict[str, trio.Event] = {}

    def __call__(self, line: str) -> None:
        self.lines.append(line)
        event = self._waiting.pop(line, None)
        if event is not None:
            event.set()

    async def until(self, line: str) -> None:
        """Wait until that line has been written."""
        if line not in self.lines:
            await self._waiting.setdefault(line, trio.Event()).wait()

    def noting(self, line: str) -> Callable[..., None]:
        """A listener that writes `line`, whatever it is called with."""
        return lambda *_: self(line)

    def watch(
        self,
        request: ClientRequest,
        name: str = "req",
        *,
        response: bool = True,
        data: bool = True,
        response_errors: bool = True,
    ) -> ClientRequest:
        """Write down what happens to a request and its response."""
        for event in ("socket", "prefinish", "finish", "continue", "timeout", "abort", "close", "drain"):
            request.on(event, self.noting(f"{name}.{event}"))
        request.on("information", lambda info: self(f"{name}.information {info.status_code}"))
        request.on("error", lambda error: self(f"{name}.error {told(error)}"))

        def on_response(res: IncomingMessage) -> None:
            self(f"{name}.response {res.status_code}")
            self.watch_response(res, name.replace("req", "res"), data=data, errors=response_errors)

        if response:
            request.on("response", on_response)
        return request

    def watch_response(self, res: IncomingMessage, name: str, *, data: bool = True, errors: bool = True) -> None:
        """Write down what happens to a response."""
        if data:
            res.on("data", lambda chunk: self(f"{name}.data {chunk.decode('latin1')}"))
        res.on("end", self.noting(f"{name}.end"))
        res.on("aborted", self.noting(f"{name}.aborted"))
        res.on("timeout", self.noting(f"{name}.timeout"))
        res.on("close", lambda: self(f"{name}.close complete={str(res.complete).lower()}"))
        if errors:
            res.on("error", lambda error: self(f"{name}.error {told(error)}"))

    def watch_agent(self, agent: Agent) -> Agent:
        """Write down when a socket of the agent is free."""
        agent.prepend_listener("free", self.noting("agent.free"))
        return agent


def told(error: BaseException) -> str:
    """An error on one line."""
    return f"{getattr(error, 'code', '')} {error}"


class Peer:
    """The server's end of one connection."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self.stream = stream
        self.received = b""

    async def until(self, mark: bytes) -> bytes:
        """All that came up to and with `mark`; what came later is kept."""
        while mark not in self.received:
            data = await self.stream.receive_some()
            if not data:
                raise trio.EndOfChannel
            self.received += data
        index = self.received.index(mark) + len(mark)
        taken, self.received = self.received[:index], self.received[index:]
        return taken

    async def head(self) -> bytes:
        """The head of the next request."""
        return await self.until(b"\r\n\r\n")

    async def all(self) -> bytes:
        """All that comes until the client ends."""
        while data := await self.stream.receive_some():
            self.received += data
        return self.received

    async def send(self, data: bytes) -> None:
        """Say something."""
        await self.stream.send_all(data)

    async def end(self) -> None:
        """Say nothing more."""
        await self.stream.send_eof()

    async def reset(self) -> None:
        """Hang up the hard way."""
        self.stream.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, struct.pack("ii", 1, 0))
        await self.stream.aclose()


Conversation = Callable[[Peer], Awaitable[None]]


def saying(*answers: bytes) -> Conversation:
    """Answers each request on a connection with the same bytes."""

    async def converse(peer: Peer) -> None:
        while True:
            await peer.head()
            for answer in answers:
                await peer.send(answer)

    return converse


def saying_and_ending(answer: bytes) -> Conversation:
    """Answers one request and ends at once."""

    async def converse(peer: Peer) -> None:
        await peer.head()
        await peer.send(answer)
        await peer.end()
        await peer.all()

    return converse


async def silence(peer: Peer) -> None:
    """Answers nothing."""
    await peer.all()


class RawServer:
    """A server whose connections are `converse`d with. `port` is where; `peers` are the connections so far."""

    def __init__(self, converse: Conversation, nursery: trio.Nursery, listener: trio.SocketListener) -> None:
        self._converse = converse
        self.peers: list[Peer] = []
        self.port: int = listener.socket.getsockname()[1]
        nursery.start_soon(trio.serve_listeners, self._serve, [listener])

    async def _serve(self, stream: trio.SocketStream) -> None:
        peer = Peer(stream)
        self.peers.append(peer)
        try:
            async with stream:
                await self._converse(peer)
        except (trio.BrokenResourceError, trio.ClosedResourceError, trio.EndOfChannel):
            pass  # the client has gone


def play(converse: Conversation, client: Callable[[RawServer], object], *, diary: Diary | None = None) -> list[str]:
    """Run `client(server)` in an event loop until nothing is left to do; the lines that it has written."""

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            with trio.fail_after(10):
                listener = (await trio.open_tcp_listeners(0, host="127.0.0.1"))[0]
                server = RawServer(converse, nursery, listener)
                async with open_loop() as loop:
                    loop.set_immediate(client, server)
            nursery.cancel_scope.cancel()

    trio.run(main)
    return diary.lines if diary is not None else []


class Scripted(Duplex):
    """A socket without a network: `sent` is what was written to it, `say()` lets the other end speak."""

    def __init__(self, *, holds_writes: bool = False, high_water_mark: int = 65536) -> None:
        super().__init__(allow_half_open=False, high_water_mark=high_water_mark)
        self.sent = b""
        self.writes: list[bytes] = []
        self.held: list[Callable[..., object]] = []
        self.asked = 0
        self.calls: list[tuple[Any, ...]] = []
        self._holds_writes = holds_writes

    def _read(self, size: int) -> None:
        self.asked += 1

    def _write(self, chunk: bytes, encoding: str, callback: Callable[..., object]) -> None:
        self._take(chunk, callback)

    def _writev(self, entries: Any, callback: Callable[..., object]) -> None:  # type: ignore[override]
        self._take(b"".join(entry.chunk for entry in entries), callback)

    def _take(self, data: bytes, callback: Callable[..., object]) -> None:
        self.sent += data
        self.writes.append(data)
        if self._holds_writes:
            self.held.append(callback)
        else:
            callback(None)

    def let_go(self) -> None:
        """Let the write that is held succeed."""
        self.held.pop(0)(None)

    def say(self, data: bytes) -> None:
        """The other end sends something."""
        self.push(data)

    def hang_up(self) -> None:
        """The other end ends."""
        self.push(None)

    def destroy_soon(self) -> None:
        self.end()
        self.once("finish", self.destroy)

    timeout: float = 0

    def set_timeout(self, msecs: float, callback: Callable[..., object] | None = None) -> None:
        self.timeout = msecs
        self.calls.append(("set_timeout", msecs))

    def set_keep_alive(self, *args: Any) -> None:
        self.calls.append(("set_keep_alive", *args))

    def set_no_delay(self, *args: Any) -> None:
        self.calls.append(("set_no_delay", *args))

    def ref(self) -> None:
        self.calls.append(("ref",))

    def unref(self) -> None:
        self.calls.append(("unref",))


def in_loop(function: Callable[[], Any]) -> Any:
    """Run a plain function in an event loop, until nothing is left to do."""
    return run(function)


def scripted_agent(socket: Scripted | None = None, **options: Any) -> tuple[Agent, list[Scripted]]:
    """An agent whose sockets are Scripted, and the sockets that it has opened."""
    opened: list[Scripted] = []
    agent = Agent(**options)

    def create_connection(_options: Any, _callback: Any = None) -> Scripted:
        opened.append(socket or Scripted())
        return opened[-1]

    agent.create_connection = create_connection  # type: ignore[method-assign,assignment]
    return agent, opened
