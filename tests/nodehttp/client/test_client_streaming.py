"""Bodies in both directions: as streams, with backpressure down to the socket, and without needless copies.

Part: ClientRequest, and IncomingMessage on a client.

Shown here: ClientRequest is a writable stream (`write()` returns False, `drain`, pipe into it), large
POST and PUT bodies, the response before `end()`; the response is a Readable whose pause stops the socket, pipe to any
Writable, `complete`, async iteration.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio

from nodehttp import _net_channel
from nodehttp._agent import Agent
from nodehttp._client import ClientRequest, get, request
from nodehttp._incoming import IncomingMessage
from nodehttp._net_channel import Channel
from nodehttp._net_receive_sizes import LARGE_RECEIVE_SIZE
from nodehttp._net_sending import send_pieces
from nodestream._pipeline import pipeline
from nodestream._readable import Readable
from nodestream._writable import Writable
from nodestream.errors import NodeError
from nodestream.loop import current_loop, open_loop
from nodestream.process import process
from tests.nodehttp.client.support import (
    OK,
    SHORT,
    Diary,
    Peer,
    RawServer,
    Scripted,
    in_loop,
    play,
    scripted_agent,
    told,
)

MB = 1 << 20


def blocks(count: int, size: int = 64 * 1024) -> Iterator[bytes]:
    """Blocks that all differ."""
    for number in range(count):
        yield number.to_bytes(4, "big") * (size // 4)


def digest(pieces: Any) -> str:
    return hashlib.sha256(b"".join(pieces)).hexdigest()


def dechunked(body: bytes) -> bytes:
    whole = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        length = int(size, 16)
        whole += body[:length]
        assert body[length : length + 2] == b"\r\n"
        body = body[length + 2 :]
    return whole


# --- sending ---


def test_write_returns_false_when_the_socket_is_full_and_drain_comes_once() -> None:
    socket = Scripted(holds_writes=True, high_water_mark=10)
    agent, _ = scripted_agent(socket)
    diary = Diary()

    def begin() -> None:
        made = diary.watch(request(agent=agent, method="POST", headers={"Content-Length": 30}))

        def write(_socket: Scripted) -> None:
            diary(f"{made.write(b'a' * 10)} {made.writable_need_drain}")
            diary(f"{made.write(b'')}")
            current_loop().set_immediate(socket.let_go)

        made.on("socket", write)
        made.on("drain", lambda: diary(f"{made.writable_length} {made.write(b'b')} {made.writable_need_drain}"))

    in_loop(begin)
    assert diary.lines == ["req.socket", "False True", "False", "req.drain", "0 True False"]


def test_writes_before_there_is_a_socket_wait_and_drain_comes_when_they_have_gone() -> None:
    agent, sockets = scripted_agent(keep_alive=True)
    diary = Diary()

    def begin() -> None:
        made = diary.watch(request(agent=agent, method="PUT"))
        diary(f"{made.write(b'a' * 70_000)} {made.writable_length > 70_000}")

    in_loop(begin)
    assert diary.lines == ["False True", "req.socket", "req.drain"]
    assert dechunked(sockets[0].sent.partition(b"\r\n\r\n")[2] + b"0\r\n\r\n") == b"a" * 70_000


def test_the_callback_of_write_is_called_when_the_socket_has_taken_the_piece() -> None:
    socket = Scripted(holds_writes=True)
    agent, _ = scripted_agent(socket)
    seen: list[Any] = []

    def begin() -> None:
        made = request(agent=agent, method="POST")
        made.on("socket", lambda _: made.write("a", lambda error=None: seen.append(error)))
        made.on("socket", lambda _: current_loop().set_immediate(lambda: (seen.append("held"), socket.let_go())))

    in_loop(begin)
    assert seen == ["held", None]


def test_a_readable_can_be_piped_into_a_request() -> None:
    body = list(blocks(40))
    received: list[bytes] = []

    async def converse(peer: Peer) -> None:
        await peer.head()
        received.append(dechunked(await peer.until(b"\r\n0\r\n\r\n")))
        await peer.send(OK)

    diary = Diary()

    def client(server: RawServer) -> None:
        made = diary.watch(request(port=server.port, host="127.0.0.1", agent=False, method="PUT"))
        Readable.from_(iter(body)).pipe(made)

    lines = play(converse, client, diary=diary)
    assert digest(received) == digest(body)
    assert [line for line in lines if line != "req.drain"][-4:] == [
        "res.data hi",
        "res.end",
        "res.close complete=true",
        "req.close",
    ]


def test_pipeline_into_a_request_ends_it_and_reports_its_failure() -> None:
    diary = Diary()

    async def converse(peer: Peer) -> None:
        await peer.head()
        await peer.reset()

    def client(server: RawServer) -> None:
        made = request(port=server.port, host="127.0.0.1", agent=False, method="PUT")
        source = Readable.from_(blocks(10_000))
        pipeline(source, made, lambda error=None, _value=None: diary(f"pipeline {error.code} {source.destroyed}"))

    (line,) = play(converse, client, diary=diary)
    assert line in ("pipeline ECONNRESET True", "pipeline EPIPE True")


def test_a_large_upload_waits_for_a_slow_server_and_holds_little() -> None:
    body = list(blocks(320))  # 20 MB
    received = hashlib.sha256()
    most: list[int] = [0]

    async def converse(peer: Peer) -> None:
        await peer.head()
        left = len(body) * len(body[0]) - len(peer.received)
        received.update(peer.received)
        while left:
            for _ in range(3):
                await trio.lowlevel.checkpoint()
            data = await peer.stream.receive_some(128 * 1024)
            received.update(data)
            left -= len(data)
        await peer.send(OK)

    def client(server: RawServer) -> None:
        size = sum(map(len, body))
        made = request(port=server.port, host="127.0.0.1", agent=False, method="POST", headers={"Content-Length": size})
        pieces = iter(body)

        def write() -> None:
            for piece in pieces:
                has_room = made.write(piece)
                most[0] = max(most[0], made.writable_length)
                if not has_room:
                    return
            made.end()

        made.on("drain", write)
        made.on("response", lambda res: res.resume())
        write()

    play(converse, client)
    assert received.hexdigest() == digest(body)
    assert most[0] <= 2 * 64 * 1024 + 1000


class Wire:
    """Every write of a channel, piece by piece, and how many system calls it took."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.writes: list[list[bytes]] = []
        self.calls = 0
        write = Channel.write

        def note_write(channel: Channel, pieces: Any, callback: Any) -> None:
            self.writes.append(list(pieces))
            write(channel, pieces, callback)

        def note_send(sock: Any, pieces: Any) -> int:
            self.calls += 1
            return send_pieces(sock, pieces)

        monkeypatch.setattr(Channel, "write", note_write)
        monkeypatch.setattr(_net_channel, "send_pieces", note_send)


def upload(
    monkeypatch: pytest.MonkeyPatch, act: Callable[[ClientRequest], object], until: bytes = b"\r\n0\r\n\r\n"
) -> Wire:
    """What a channel is given for one POST; `act` writes its body, up to `until`, when the connection is there."""
    wire = Wire(monkeypatch)

    async def converse(peer: Peer) -> None:
        await peer.head()
        await peer.until(until)
        await peer.send(OK)

    def client(server: RawServer) -> None:
        made = request(port=server.port, host="127.0.0.1", agent=False, method="POST")
        made.on("socket", lambda socket: socket.on("connect", lambda: act(made)))
        made.on("response", lambda res: res.resume())

    play(converse, client)
    return wire


@pytest.mark.parametrize("size", [10, 4 * 1024, 100 * 1024])
def test_the_head_and_a_body_given_to_end_leave_in_one_system_call(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    body = b"x" * size
    wire = upload(monkeypatch, lambda made: made.end(body), until=body)
    assert wire.calls == 1
    (pieces,) = wire.writes
    assert b"".join(pieces).endswith(b"\r\n\r\n" + body)


def test_the_head_and_the_first_chunk_leave_in_one_system_call(monkeypatch: pytest.MonkeyPatch) -> None:
    def act(made: ClientRequest) -> None:
        made.write("a")
        made.write("b")
        current_loop().set_immediate(made.end)

    wire = upload(monkeypatch, act)
    assert b"".join(wire.writes[0]).endswith(b"chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n")
    assert wire.writes[1:] == [[b"0\r\n\r\n"]]
    assert wire.calls == 2


@pytest.mark.parametrize("chunked", [True, False])
def test_a_large_piece_is_neither_copied_nor_joined(chunked: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    body = b"x" * 100_000

    def act(made: ClientRequest) -> None:
        if chunked:
            made.write(body)
        made.end(body)

    wire = upload(monkeypatch, act) if chunked else upload(monkeypatch, act, until=body)
    large = [piece for write in wire.writes for piece in write if len(piece) > 1000]
    assert [piece is body for piece in large] == [True] * (2 if chunked else 1)


def test_the_response_may_come_while_the_request_is_written() -> None:
    diary = Diary()

    async def echo(peer: Peer) -> None:
        await peer.head()
        await peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(3):
            await peer.send(await peer.until(b"4\r\nping\r\n"))
        await peer.until(b"0\r\n\r\n")
        await peer.send(b"0\r\n\r\n")

    def client(server: RawServer) -> None:
        made = request(port=server.port, host="127.0.0.1", agent=Agent(keep_alive=True), method="POST")
        rounds = iter(range(3))

        def again(chunk: bytes | None = None) -> None:
            diary(f"pong {chunk.decode()}" if chunk else "begin")
            if next(rounds, None) is None:
                made.end()
            else:
                made.write("ping")

        def on_response(res: IncomingMessage) -> None:
            res.on("data", again)
            res.on("end", lambda: (diary("end"), made.agent.destroy()))

        made.on("response", on_response)
        again()

    assert play(echo, client, diary=diary) == ["begin", "pong ping", "pong ping", "pong ping", "end"]


# --- receiving ---

BIG = 8 * MB
BIG_HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % BIG


async def sending_much(peer: Peer) -> None:
    await peer.head()
    await peer.send(BIG_HEAD)
    for block in blocks(BIG // (64 * 1024)):
        await peer.send(block)
    await peer.all()


EXPECTED = digest(blocks(BIG // (64 * 1024)))
MOST_HELD = LARGE_RECEIVE_SIZE + 64 * 1024  # one receive, above the mark


def test_a_response_that_is_not_read_stops_the_server() -> None:
    seen: list[int] = []

    def client(server: RawServer) -> None:
        made = get(port=server.port, host="127.0.0.1", agent=False)

        def look(before: int) -> None:
            received = made.socket.bytes_read
            if received != before:
                current_loop().set_immediate(look, received)
                return
            seen.extend((received, made.res.readable_length))
            made.res.resume()

        made.on("response", lambda res: current_loop().set_immediate(look, -1))

    play(sending_much, client)
    received, held = seen
    assert received < 256 * 1024
    assert held <= received


def test_a_paused_response_goes_on_where_it_stopped() -> None:
    body = hashlib.sha256()
    pauses: list[int] = []

    def client(server: RawServer) -> None:
        made = get(port=server.port, host="127.0.0.1", agent=False)

        def on_data(chunk: bytes) -> None:
            body.update(chunk)
            if len(pauses) < 50:
                pauses.append(made.res.readable_length)
                made.res.pause()
                current_loop().set_immediate(made.res.resume)

        made.on("response", lambda res: res.on("data", on_data))

    play(sending_much, client)
    assert body.hexdigest() == EXPECTED
    assert len(pauses) == 50
    assert max(pauses) <= MOST_HELD


def test_a_response_can_be_piped_to_a_slow_writable() -> None:
    body = hashlib.sha256()
    held: list[int] = []

    def client(server: RawServer) -> None:
        made = get(port=server.port, host="127.0.0.1", agent=False)

        def write(_stream: Writable, chunk: bytes, _encoding: str, callback: Callable[..., object]) -> None:
            body.update(chunk)
            held.append(made.res.readable_length)
            current_loop().set_immediate(callback)

        made.on("response", lambda res: res.pipe(Writable(write=write)))

    play(sending_much, client)
    assert body.hexdigest() == EXPECTED
    assert max(held) <= MOST_HELD


@asynccontextmanager
async def answered_by(script: Callable[[Peer], Awaitable[None]]) -> AsyncIterator[ClientRequest]:
    """A request to a scripted server, whose response has begun."""
    async with trio.open_nursery() as nursery:
        listener = (await trio.open_tcp_listeners(0, host="127.0.0.1"))[0]
        server = RawServer(script, nursery, listener)
        with trio.fail_after(10):
            async with open_loop():
                made = get(port=server.port, host="127.0.0.1", agent=False)
                arrived = trio.Event()
                made.on("response", lambda _: arrived.set())
                await arrived.wait()
                yield made
        nursery.cancel_scope.cancel()


def test_a_response_can_be_read_with_async_for() -> None:
    body = hashlib.sha256()
    ends: list[bool] = []

    async def main() -> None:
        async with answered_by(sending_much) as made:
            async for chunk in made.res:
                body.update(chunk)
            ends.append(made.res.complete)

    trio.run(main)
    assert body.hexdigest() == EXPECTED
    assert ends == [True]


def test_async_for_over_a_response_cut_short_raises() -> None:
    raised: list[str] = []

    async def cut(peer: Peer) -> None:
        await peer.head()
        await peer.send(BIG_HEAD + b"x" * 10)

    async def main() -> None:
        async with answered_by(cut) as made:
            try:
                async for _ in made.res:
                    pass
            except NodeError as error:
                raised.append(told(error))

    trio.run(main)
    assert raised == ["ECONNRESET aborted"]


def test_leaving_async_for_destroys_the_response_and_its_socket() -> None:
    seen: list[Any] = []

    async def main() -> None:
        async with answered_by(sending_much) as made:
            async for _ in made.res:
                break
            seen.append((made.aborted, made.socket.destroyed))
            made.res.on("close", lambda: seen.append(made.res.complete))

    trio.run(main)
    assert seen == [(True, True), False]


@pytest.mark.parametrize("split", [1, 2, 3, 7, 1000])
def test_a_chunked_response_comes_out_whole_however_it_arrives(split: int) -> None:
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\nX-T: v\r\n\r\n"
    agent, _ = scripted_agent(keep_alive=True)
    seen: list[Any] = []

    def begin() -> None:
        made = get(agent=agent)
        pieces = iter([answer[index : index + split] for index in range(0, len(answer), split)])

        def say(socket: Scripted) -> None:
            piece = next(pieces, None)
            if piece is not None:
                socket.say(piece)
                current_loop().set_immediate(say, socket)

        made.on("socket", say)
        made.on("response", lambda res: res.set_encoding("utf8").on("data", seen.append))
        made.on("close", lambda: seen.append(made.res.trailers))

    in_loop(begin)
    assert "".join(seen[:-1]) == "hello world"
    assert seen[-1] == {"x-t": "v"}


def test_small_complete_bodies_come_although_nobody_reads_yet() -> None:
    agent, _ = scripted_agent(keep_alive=True)
    seen: list[Any] = []

    def begin() -> None:
        made = get(agent=agent)
        made.on("socket", lambda socket: socket.say(OK))

        def read(res: IncomingMessage) -> None:
            seen.append((res.complete, res.readable_length))
            res.on("readable", lambda: seen.append(res.read()))

        made.on("response", lambda res: current_loop().set_immediate(read, res))

    in_loop(begin)
    assert seen == [(True, 2), b"hi"]


def test_an_unread_response_keeps_its_socket_from_others() -> None:
    agent, sockets = scripted_agent(keep_alive=True, max_sockets=1)
    diary = Diary()

    def begin() -> None:
        first = get(agent=agent)
        first.on("response", lambda res: current_loop().set_immediate(lambda: (diary("reading"), res.resume())))
        diary.watch(get(agent=agent), "req2")
        first.on("socket", lambda socket: socket.say(OK))

    in_loop(begin)
    assert diary.lines[0] == "reading"
    assert diary.lines[1] == "req2.socket"
    assert len(sockets) == 1


def test_a_reset_is_noticed_while_the_response_waits_to_be_read() -> None:
    diary = Diary()

    async def converse(peer: Peer) -> None:
        await peer.head()
        await peer.send(SHORT)
        await diary.until("full")
        await peer.reset()

    def client(server: RawServer) -> None:
        made = get(port=server.port, host="127.0.0.1", agent=Agent(high_water_mark=1))
        diary.watch(made, data=False)
        made.on("response", lambda res: current_loop().set_immediate(diary, "full"))

    play(converse, client)
    assert diary.lines[-5:] == [
        "req.error ECONNRESET read ECONNRESET",
        "res.aborted",
        "req.close",
        "res.error ECONNRESET aborted",
        "res.close complete=false",
    ]


def test_a_server_that_has_ended_does_not_close_the_socket_before_the_response() -> None:
    agent, sockets = scripted_agent(Scripted(high_water_mark=1), keep_alive=True)
    diary = Diary()

    def begin() -> None:
        made = diary.watch(request(agent=agent), data=False)
        made.on("socket", lambda socket: (socket.say(SHORT), socket.say(b"all"), socket.hang_up()))
        made.on("response", lambda res: current_loop().set_immediate(res.resume))

    in_loop(begin)
    assert diary.lines[-3:] == ["res.end", "res.close complete=true", "req.close"]
    assert sockets[0].destroyed


def test_responses_without_a_body_leave_the_socket_usable() -> None:
    agent, sockets = scripted_agent(keep_alive=True, max_sockets=1)
    statuses: list[int | None] = []

    def begin() -> None:
        answers = [
            ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"),
            ("HEAD", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
            ("GET", b"HTTP/1.1 204 No Content\r\n\r\n"),
            ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"),
            ("GET", OK),
        ]
        for method, answer in answers:
            made = request(agent=agent, method=method).end()
            made.on("socket", lambda socket, answer=answer: socket.say(answer))
            made.on("response", lambda res: (statuses.append(res.status_code), res.resume()))

    in_loop(begin)
    assert statuses == [200, 200, 204, 304, 200]
    assert len(sockets) == 1


def test_what_a_listener_raises_comes_out_of_the_loop() -> None:
    agent, _ = scripted_agent()

    def begin() -> None:
        made = get(agent=agent)
        made.on("response", lambda res: 1 / 0)
        made.on("socket", lambda socket: socket.say(OK))

    with pytest.raises(ZeroDivisionError):
        in_loop(begin)


def test_a_listener_that_raises_does_not_spoil_what_follows() -> None:
    agent, sockets = scripted_agent(keep_alive=True)
    diary = Diary()

    def begin() -> None:
        made = diary.watch(get(agent=agent))
        made.on("response", lambda res: 1 / 0)
        made.on("socket", lambda socket: (socket.say(OK), current_loop().set_immediate(socket.hang_up)))

    def ignore(_error: BaseException, _origin: str) -> None:
        diary("uncaught")

    process.on("uncaughtException", ignore)
    try:
        in_loop(begin)
    finally:
        process.remove_listener("uncaughtException", ignore)
    assert [line for line in diary.lines if line in ("req.response 200", "uncaught")] == [
        "req.response 200",
        "uncaught",
    ]
    assert diary.lines[-1] in ("req.close", "res.close complete=true")
    assert sockets[0].destroyed
