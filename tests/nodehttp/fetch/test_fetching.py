"""fetch over real connections: what is not in compliance/scenarios/fetch_exchange.py, or is Python's own."""

from __future__ import annotations

import gc
import gzip
import math
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import brotli  # type: ignore[import-untyped]
import pytest
import trio
import zstandard

import nodehttp
from nodehttp import net
from nodehttp.fetch import Request, fetch
from nodehttp.fetch._errors import FetchTypeError
from nodehttp.fetch._received import Received
from nodestream import Readable
from nodestream.abort import AbortController, AbortSignal
from nodestream.errors import DOMException, NodeError
from nodestream.loop import Promise, current_loop, run
from nodestream.timers import set_interval, set_timeout
from nodestream.web import ReadableStream

from .fetch_support import a_round, http_server, listening, raw_server, until, with_server

PIECE = b"x" * 64 * 1024


def echo(req: Any, res: Any) -> None:
    req.pipe(res)


def never(req: Any, res: Any) -> None:
    """Begins a response and does not end it."""
    res.write("a")


async def generated(*pieces: bytes | str) -> AsyncIterator[bytes | str]:
    for piece in pieces:
        yield piece


def lazily(*pieces: bytes | str) -> Iterator[bytes | str]:
    yield from pieces


def web_stream(*pieces: bytes) -> ReadableStream:
    return ReadableStream.from_(pieces)


# --- bodies that are sent ---


@pytest.mark.parametrize(
    "make",
    [
        lambda: generated(b"ab", "c\u00e9"),
        lambda: lazily(b"ab", "c\u00e9"),
        lambda: ["ab", bytearray(b"c"), memoryview("\u00e9".encode())],
        lambda: web_stream(b"ab", "c\u00e9".encode()),
        lambda: Readable.from_([b"ab", "c\u00e9"]),
    ],
    ids=["async generator", "generator", "list", "web stream", "Readable"],
)
def test_whatever_gives_pieces_can_be_sent(make: Any) -> None:
    async def test(url: str) -> None:
        response = await fetch(url, method="POST", body=make(), duplex="half")
        assert await response.text() == "abc\u00e9"

    with_server(lambda: http_server(echo), test)


def test_options_are_keywords_or_a_mapping_in_either_spelling() -> None:
    async def test(url: str) -> None:
        agent = nodehttp.Agent(keep_alive=True)
        given: dict[str, Any] = {"method": "POST", "body": "x", "headersTimeout": 5000, "agent": agent}
        for response in (await fetch(url, given), await fetch(url, method="POST", body="x", headers_timeout=5000)):
            assert await response.text() == "x"
        assert [len(sockets) for sockets in agent.free_sockets.values()] == [1]
        agent.destroy()
        unknown: dict[str, Any] = {"nothing": 1}
        with pytest.raises(TypeError, match="unexpected keyword argument 'nothing'"):
            await fetch(url, **unknown)

    with_server(lambda: http_server(echo), test)


def test_a_body_that_fails_before_its_first_piece_opens_no_connection() -> None:
    connections: list[Any] = []

    async def broken() -> AsyncIterator[bytes]:
        raise ValueError("boom")
        yield b""

    async def test(url: str) -> None:
        with pytest.raises(FetchTypeError) as caught:
            await fetch(url, method="POST", body=broken(), duplex="half")
        assert repr(caught.value.cause) == "ValueError('boom')"
        assert connections == []

    def server() -> Any:
        made = http_server(echo)
        made.on("connection", connections.append)
        return made

    with_server(server, test)


def test_a_body_that_fails_in_the_middle_breaks_the_connection_off() -> None:
    seen: list[str] = []

    def listen(req: Any, res: Any) -> None:
        req.on("data", lambda chunk: seen.append(f"{len(chunk)} bytes"))
        req.on("error", lambda error: seen.append(error.code))

    async def broken() -> AsyncIterator[bytes]:
        yield b"abc"
        await until(lambda: seen)
        raise ValueError("boom")

    async def test(url: str) -> None:
        with pytest.raises(FetchTypeError, match="fetch failed"):
            await fetch(url, method="POST", body=broken(), duplex="half")
        await until(lambda: len(seen) == 2)
        assert seen == ["3 bytes", "ECONNRESET"]

    with_server(lambda: http_server(listen), test)


def test_a_slow_server_makes_the_body_wait() -> None:
    made = 0
    stopped: list[Any] = []

    def hold(req: Any, res: Any) -> None:
        stopped.append((req, res))

    def pieces() -> Iterator[bytes]:
        nonlocal made
        for _ in range(400):
            made += 1
            yield PIECE

    async def test(url: str) -> None:
        response = fetch(url, method="POST", body=pieces(), duplex="half")
        await until(lambda: stopped)
        before = -1
        while made != before:
            before = made
            for _ in range(50):
                await a_round()
        assert made < 400
        [(req, res)] = stopped
        req.on("end", lambda: res.end(str(made)))
        req.resume()
        assert await (await response).text() == "400"

    with_server(lambda: http_server(hold), test)


def test_a_response_that_is_over_before_the_body_was_sent_stops_the_sending() -> None:
    closed: list[str] = []

    def refuse(req: Any, res: Any) -> None:
        res.write_head(413, {"Content-Length": 2})
        res.end("no")

    async def endless() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"x" * 1000
                await a_round()
        finally:
            closed.append("closed")

    async def test(url: str) -> None:
        response = await fetch(url, method="POST", body=endless(), duplex="half")
        assert (response.status, await response.text()) == (413, "no")
        await until(lambda: closed)

    with_server(lambda: http_server(refuse), test)


# --- bodies that come ---


def test_a_body_that_nobody_reads_makes_the_server_wait() -> None:
    sent = 0

    def pieces() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(400):
            sent += 1
            yield PIECE

    async def test(url: str) -> None:
        response = await fetch(url)
        before = -1
        while sent != before:
            before = sent
            for _ in range(50):
                await a_round()
        assert sent < 400
        assert len(await response.bytes()) == 400 * len(PIECE)

    with_server(lambda: http_server(lambda req, res: Readable.from_(pieces(), object_mode=False).pipe(res)), test)


@pytest.mark.parametrize("codings", ["gzip", "br", "zstd", "gzip, gzip"])
@pytest.mark.parametrize("reads", [0, 1])
def test_what_would_become_large_stays_small_until_it_is_read(codings: str, reads: int) -> None:
    size = 16 * 1024 * 1024
    compress: dict[str, Callable[[bytes], bytes]] = {
        "gzip": gzip.compress,
        "br": lambda data: brotli.compress(data, quality=1),
        "zstd": zstandard.compress,
    }
    bomb = bytes(size)
    for coding in codings.split(", "):
        bomb = compress[coding](bomb)

    def listen(_req: Any, res: Any) -> None:
        res.write_head(200, {"Content-Encoding": codings})
        res.end(bomb)

    async def test(url: str) -> None:
        tracemalloc.start()
        try:
            response = await fetch(url)
            assert response.body is not None
            reader = response.body.get_reader()
            for _ in range(reads):
                await reader.read()
            for _ in range(100):
                await a_round()
            assert tracemalloc.get_traced_memory()[1] < 4 * 1024 * 1024
        finally:
            tracemalloc.stop()
        await reader.cancel()

    with_server(lambda: http_server(listen), test)


def test_a_small_body_that_nobody_reads_does_not_hold_its_connection() -> None:
    agent = nodehttp.Agent(keep_alive=True)

    async def test(url: str) -> None:
        response = await fetch(url, agent=agent)
        await until(lambda: agent.free_sockets)
        assert await response.text() == "small"
        agent.destroy()

    with_server(lambda: http_server(lambda req, res: res.end("small")), test)


def test_a_large_body_that_is_forgotten_is_given_up() -> None:
    closed: list[str] = []

    def send(req: Any, res: Any) -> None:
        res.on("close", lambda: closed.append("closed"))
        Readable.from_((PIECE for _ in range(4000)), object_mode=False).pipe(res)

    async def test(url: str) -> None:
        response: Any = await fetch(url)
        assert response.ok
        for _ in range(50):
            await a_round()
        assert not closed
        del response
        gc.collect()
        await until(lambda: closed)

    with_server(lambda: http_server(send), test)


def test_a_response_that_nobody_awaits_any_more_is_given_up() -> None:
    waiting: list[Any] = []
    closed: list[str] = []

    async def test(url: str) -> None:
        with trio.CancelScope() as scope:
            asked = fetch(url)
            asked.when_settled(None, None)
            del asked
            current_loop().spawn(until_then(scope.cancel), None)
            await fetch(url)
        assert scope.cancelled_caught
        for res in waiting:
            res.end(PIECE * 40)
        await until(lambda: len(closed) == 2)

    async def until_then(callback: Callable[[], object]) -> None:
        await until(lambda: len(waiting) == 2)
        callback()

    def hold(_req: Any, res: Any) -> None:
        waiting.append(res)
        res.on("close", lambda: closed.append("closed"))

    with_server(lambda: http_server(hold), test)


def test_a_body_that_broke_off_is_forgotten() -> None:
    async def test(url: str) -> None:
        with pytest.raises(FetchTypeError):
            await (await fetch(url)).text()

    with_server(lambda: raw_server(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", ends=True), test)
    gc.collect()
    assert not [each for each in gc.get_objects() if type(each) is Received]


def test_a_body_is_read_by_an_async_for_and_left_early() -> None:
    closed: list[str] = []

    def send(req: Any, res: Any) -> None:
        res.on("close", lambda: closed.append("closed"))
        Readable.from_((PIECE for _ in range(4000)), object_mode=False).pipe(res)

    async def test(url: str) -> None:
        response = await fetch(url)
        assert response.body is not None
        async for chunk in response.body:
            assert chunk[:1] == b"x"
            break
        await until(lambda: closed)

    with_server(lambda: http_server(send), test)


def test_a_clone_is_read_as_well() -> None:
    async def test(url: str) -> None:
        response = await fetch(url, method="POST", body=PIECE * 20)
        other = response.clone()
        assert [len(await each.bytes()) for each in (response, other)] == [20 * len(PIECE)] * 2

    with_server(lambda: http_server(echo), test)


# --- signals and time ---


@pytest.mark.parametrize("reason", [None, ValueError("x")])
def test_an_aborted_signal_sends_nothing(reason: Any) -> None:
    async def test(url: str) -> None:
        with pytest.raises(DOMException if reason is None else ValueError) as caught:
            await fetch(url, signal=AbortSignal.abort(reason))
        if reason is None:
            assert caught.value.name == "AbortError"  # type: ignore[union-attr]

    with_server(raw_server, test)


def test_a_signal_stops_the_waiting_for_a_response() -> None:
    asked: list[Any] = []

    async def test(url: str) -> None:
        controller = AbortController()
        response = fetch(url, signal=controller.signal)
        await until(lambda: asked)
        controller.abort()
        with pytest.raises(DOMException):
            await response
        await until(lambda: asked[0].destroyed)

    with_server(lambda: http_server(lambda req, res: asked.append(res)), test)


def test_a_signal_stops_the_body() -> None:
    async def test(url: str) -> None:
        controller = AbortController()
        response = await fetch(url, signal=controller.signal)
        text = response.text()
        controller.abort(ValueError("enough"))
        with pytest.raises(ValueError, match="enough"):
            await text

    with_server(lambda: http_server(never), test)


def test_a_signal_stops_a_body_that_has_come_and_was_not_read() -> None:
    agent = nodehttp.Agent(keep_alive=True)

    async def test(url: str) -> None:
        controller = AbortController()
        response = await fetch(url, signal=controller.signal, agent=agent)
        await until(lambda: agent.free_sockets)
        controller.abort()
        with pytest.raises(DOMException):
            await response.text()
        agent.destroy()

    with_server(lambda: http_server(lambda req, res: res.end("small")), test)


def test_a_signal_that_is_aborted_while_a_redirect_comes_stops_it() -> None:
    controller = AbortController()
    asked: list[str] = []

    class Aborting(nodehttp.Agent):
        """Aborts when the head has come, and before the one who waits for it goes on."""

        def add_request(self, request: Any, *args: Any) -> None:
            super().add_request(request, *args)
            request.on("response", lambda _: controller.abort())

    def redirect(req: Any, res: Any) -> None:
        asked.append(req.url)
        res.write_head(302, {"Location": "/next", "Content-Length": 0})
        res.end()

    async def test(url: str) -> None:
        with pytest.raises(DOMException):
            await fetch(url, signal=controller.signal, agent=Aborting())
        for _ in range(50):
            await a_round()
        assert asked == ["/"]

    with_server(lambda: http_server(redirect), test)


@pytest.mark.parametrize("when", ["before", "at once", "while it is sent"])
def test_a_signal_cancels_the_stream_that_is_sent_with_its_reason(when: str) -> None:
    reasons: list[Any] = []
    asked: list[Any] = []

    async def test(url: str) -> None:
        controller = AbortController()
        stream = ReadableStream(start=lambda made: made.enqueue(b"ab"), cancel=reasons.append)
        if when == "before":
            controller.abort()
        promise = fetch(url, method="POST", body=stream, duplex="half", signal=controller.signal)
        if when == "while it is sent":
            await until(lambda: asked)
        controller.abort()
        with pytest.raises(DOMException):
            await promise
        assert reasons == [controller.signal.reason]

    with_server(lambda: http_server(lambda *pair: asked.append(pair)), test)


def test_a_signal_that_is_aborted_at_once_opens_no_connection() -> None:
    connections: list[Any] = []

    async def test(url: str) -> None:
        controller = AbortController()
        promise = fetch(url, signal=controller.signal)
        controller.abort()
        with pytest.raises(DOMException):
            await promise
        for _ in range(50):
            await a_round()
        assert connections == []

    with_server(lambda: http_server(echo).on("connection", connections.append), test)


def test_a_body_that_aborts_its_own_fetch_opens_no_connection() -> None:
    connections: list[Any] = []
    events: list[str] = []

    async def aborting(controller: AbortController) -> AsyncIterator[bytes]:
        try:
            controller.abort()
            yield b"x"
        finally:
            events.append("closed")

    async def test(url: str) -> None:
        controller = AbortController()
        with pytest.raises(DOMException):
            await fetch(url, method="POST", body=aborting(controller), duplex="half", signal=controller.signal)
        await until(lambda: events)
        for _ in range(50):
            await a_round()
        assert connections == []

    with_server(lambda: http_server(echo).on("connection", connections.append), test)


def test_a_signal_does_not_touch_the_connection_of_a_body_that_has_come() -> None:
    waiting: list[Any] = []

    def listen(req: Any, res: Any) -> None:
        if req.url == "/first":
            res.end("first")
        else:
            waiting.append(res)

    async def test(url: str) -> None:
        controller = AbortController()
        agent = nodehttp.Agent(keep_alive=True)
        first = await fetch(f"{url}/first", signal=controller.signal, agent=agent)
        await until(lambda: agent.free_sockets)
        second = fetch(f"{url}/second", agent=agent)
        await until(lambda: waiting)
        controller.abort()
        waiting[0].end("second")
        assert await (await second).text() == "second"
        with pytest.raises(DOMException):
            await first.text()
        agent.destroy()

    with_server(lambda: http_server(listen), test)


def test_a_signal_is_forgotten_when_the_body_was_read() -> None:
    async def test(url: str) -> None:
        controller = AbortController()
        for _ in range(3):
            await (await fetch(Request(url), signal=controller.signal)).text()
        gc.collect()
        assert not controller.signal._wanted_dependents

    with_server(lambda: http_server(lambda req, res: res.end("small")), test)


@pytest.mark.parametrize("waits", ["before the first piece", "after the first piece"])
def test_a_signal_stops_a_body_that_is_being_sent(waits: str) -> None:
    closed: list[str] = []

    async def slow() -> AsyncIterator[bytes]:
        endless: Promise[None] = Promise()
        try:
            if waits == "after the first piece":
                yield b"x"
            await endless
            yield b"y"
        finally:
            closed.append("closed")

    async def test(url: str) -> None:
        controller = AbortController()
        response = fetch(url, method="POST", body=slow(), duplex="half", signal=controller.signal)
        for _ in range(20):
            await a_round()
        controller.abort()
        with pytest.raises(DOMException):
            await response
        await until(lambda: closed)

    with_server(lambda: http_server(lambda req, res: req.resume()), test)


def test_a_head_that_takes_too_long() -> None:
    async def test(url: str) -> None:
        with pytest.raises(FetchTypeError) as caught:
            await fetch(url, headers_timeout=20)
        assert caught.value.cause.code == "UND_ERR_HEADERS_TIMEOUT"

    with_server(lambda: http_server(lambda req, res: None), test)


def test_a_body_that_takes_too_long() -> None:
    async def test(url: str) -> None:
        response = await fetch(url, body_timeout=20)
        with pytest.raises(FetchTypeError, match="terminated") as caught:
            await response.text()
        assert caught.value.cause.code == "UND_ERR_BODY_TIMEOUT"

    with_server(lambda: http_server(never), test)


def test_a_body_that_cannot_be_decoded() -> None:
    async def test(url: str) -> None:
        response = await fetch(url)
        with pytest.raises(FetchTypeError, match="terminated") as caught:
            await response.text()
        assert caught.value.cause.code == "Z_DATA_ERROR"
        assert caught.value.__cause__ is caught.value.cause

    with_server(
        lambda: http_server(lambda req, res: res.write_head(200, {"content-encoding": "gzip"}).end("text")), test
    )


def test_a_connection_that_takes_too_long() -> None:
    async def main() -> None:
        agent = nodehttp.Agent(lookup=lambda *_: None)  # never finds the address
        with pytest.raises(FetchTypeError) as caught:
            await fetch("http://name.invalid/", connect_timeout=20, agent=agent)
        assert caught.value.cause.code == "UND_ERR_CONNECT_TIMEOUT"

    nodehttp.run(main)


# --- connections ---


def test_a_head_that_comes_byte_by_byte_takes_too_long() -> None:
    head = iter(b"HTTP/1.1 200 OK\r\n" + b"X-A: 1\r\n" * 1000)

    def trickle(socket: Any) -> None:
        socket.on("error", lambda *_: None)
        timer = set_interval(lambda: socket.write(bytes([next(head)])), 5)
        socket.once("close", timer.close)

    async def test(url: str) -> None:
        with pytest.raises(FetchTypeError) as caught:
            await fetch(url, headers_timeout=40)
        assert caught.value.cause.code == "UND_ERR_HEADERS_TIMEOUT"

    with_server(lambda: net.create_server(trickle), test)


def test_a_server_that_does_not_take_the_body_is_late_with_its_head() -> None:
    async def test(url: str) -> None:
        with pytest.raises(FetchTypeError) as caught:
            await fetch(url, method="POST", body=b"x" * 20_000_000, headers_timeout=40)
        assert caught.value.cause.code == "UND_ERR_HEADERS_TIMEOUT"

    with_server(lambda: http_server(lambda *_: None), test)


def test_a_body_that_takes_its_time_is_not_late() -> None:
    async def slow() -> AsyncIterator[bytes]:
        for _ in range(4):
            delay: Promise[None] = Promise()
            set_timeout(delay.resolve, 30, None)
            await delay
            yield b"x"

    async def test(url: str) -> None:
        response = await fetch(url, method="POST", body=slow(), duplex="half", headers_timeout=40)
        assert await response.text() == "xxxx"

    with_server(lambda: http_server(lambda req, res: req.on("end", lambda: res.end("xxxx")).resume()), test)


def test_a_body_may_take_too_long_after_its_reader_did() -> None:
    async def test(url: str) -> None:
        response = await fetch(url, body_timeout=40)
        delay: Promise[None] = Promise()
        set_timeout(delay.resolve, 100, None)
        await delay  # in which nothing comes, because nobody reads
        with pytest.raises(FetchTypeError) as caught:
            await response.bytes()
        assert caught.value.cause.code == "UND_ERR_BODY_TIMEOUT"

    with_server(lambda: http_server(lambda _, res: res.write(b"x" * 600_000)), test)


def test_a_handshake_is_part_of_connecting() -> None:
    async def test(url: str) -> None:
        with pytest.raises(FetchTypeError) as caught:
            await fetch(f"https{url.removeprefix('http')}", connect_timeout=40)
        assert caught.value.cause.code == "UND_ERR_CONNECT_TIMEOUT"

    with_server(lambda: net.create_server(lambda socket: socket.resume()), test)


@pytest.mark.parametrize("name", ["connect_timeout", "headersTimeout", "body_timeout"])
@pytest.mark.parametrize(
    ("value", "code"), [("1", "ERR_INVALID_ARG_TYPE"), (-1, "ERR_OUT_OF_RANGE"), (math.nan, "ERR_OUT_OF_RANGE")]
)
def test_a_limit_that_is_no_duration_is_refused(name: str, value: Any, code: str) -> None:
    async def main() -> None:
        with pytest.raises(NodeError) as caught:
            await fetch("http://127.0.0.1:9999/", {name: value})
        assert caught.value.code == code

    run(main)


@pytest.mark.parametrize("name", ["agent", "dispatcher"])
@pytest.mark.parametrize("value", [5, False])
def test_an_agent_that_is_none_is_refused(name: str, value: Any) -> None:
    async def main() -> None:
        with pytest.raises(NodeError) as caught:
            await fetch("http://127.0.0.1:9999/", {name: value})
        assert caught.value.code == "ERR_INVALID_ARG_TYPE"

    run(main)


@pytest.mark.parametrize("fields", ["Connection: upgrade\r\nUpgrade: x\r\n", ""])
def test_a_change_of_protocols_that_nobody_asked_for_fails(fields: str) -> None:
    async def test(url: str) -> None:
        with pytest.raises(FetchTypeError) as caught:
            await fetch(url)
        assert (str(caught.value.cause), caught.value.cause.code) == ("bad upgrade", "UND_ERR_SOCKET")

    with_server(lambda: raw_server(f"HTTP/1.1 101 Switching\r\n{fields}\r\n".encode()), test)


def test_connections_are_used_again() -> None:
    sockets: list[Any] = []

    def answer(req: Any, res: Any) -> None:
        if req.socket not in sockets:
            sockets.append(req.socket)
        res.end("x")

    async def test(url: str) -> None:
        for _ in range(3):
            assert await (await fetch(url)).text() == "x"
            await a_round()
        assert len(sockets) == 1

    with_server(lambda: http_server(answer), test)


def test_a_refused_connection_says_why() -> None:
    async def main() -> None:
        async with listening(raw_server()) as url:
            pass
        with pytest.raises(FetchTypeError, match="fetch failed") as caught:
            await fetch(url)
        assert isinstance(caught.value.cause, NodeError)
        assert caught.value.cause.code == "ECONNREFUSED"
        assert caught.value.__cause__ is caught.value.cause

    nodehttp.run(main)


def test_a_server_that_hangs_up() -> None:
    async def test(url: str) -> None:
        with pytest.raises(FetchTypeError) as caught:
            await fetch(url)
        assert (str(caught.value.cause), caught.value.cause.code) == ("other side closed", "UND_ERR_SOCKET")

    with_server(lambda: raw_server(b"", ends=True), test)


def test_a_peer_that_sends_more_than_its_response_gets_no_second_request() -> None:
    reply = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n"

    async def test(url: str) -> None:
        assert await (await fetch(url)).text() == "x"
        assert await (await fetch(url)).text() == "x"

    with_server(lambda: raw_server(reply + b"xHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", reply + b"x"), test)
