"""The parts together, on real sockets.

Part: Integration. `req.pipe(res)`, `create_read_stream().pipe(res)`, `req.pipe(create_write_stream())`, a proxy,
errors in mid-pipe, 100 MB and more, very many very small chunks, 500 connections at once, no leak after 10,000
requests.
"""

from __future__ import annotations

import gc
import hashlib
import os
import resource
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import trio

import nodehttp as http
from nodehttp import net
from nodestream import open_loop
from nodestream.errors import NodeError
from nodestream.events import once
from nodestream.fs import create_read_stream, create_write_stream
from nodestream.loop import Promise
from nodestream.promises import finished, pipeline
from tests.integration.support import PIECE, body_of, digest, pieces, response_to, serving


def request_to(port: int, path: str = "/", **options: Any) -> http.ClientRequest:
    return http.request(f"http://127.0.0.1:{port}{path}", **options)


async def in_parallel(count: int, work: Callable[[int], Awaitable[None]]) -> None:
    """`work(n)` for each n, all at once."""
    async with trio.open_nursery() as nursery:
        for n in range(count):
            nursery.start_soon(work, n)


async def digest_of(message: Any) -> tuple[int, str]:
    result: Promise[tuple[int, str]] = Promise()
    digest(message, lambda *got: result.resolve(got))
    return await result


# --- pipes ---


async def test_100_mb_go_through_req_pipe_res_within_the_water_marks() -> None:
    count = 1700  # 106 MiB
    most = 0

    def on_request(req: http.IncomingMessage, res: http.ServerResponse) -> None:
        def measure(_chunk: bytes) -> None:
            nonlocal most
            most = max(most, req.readable_length + res.writable_length)

        req.on("data", measure)
        req.pipe(res)

    async with open_loop(), serving(on_request) as port:
        request = request_to(port, method="POST")
        source = pieces(count)
        source.pipe(request)
        length, sha256 = await digest_of(await response_to(request))
    assert (length, sha256) == (count * len(PIECE), hashlib.sha256(PIECE * count).hexdigest())
    assert most < 1024 * 1024


async def test_a_slow_reader_stops_the_writer() -> None:
    """Nobody reads the response: what is made for it stays within the buffers of both sides."""
    made = 0

    def on_request(req: http.IncomingMessage, res: http.ServerResponse) -> None:
        def fill() -> None:
            nonlocal made
            while made < 1000:
                made += 1
                if not res.write(PIECE):
                    res.once("drain", fill)
                    return
            res.end()

        fill()

    async with open_loop(), serving(on_request) as port:
        response = await response_to(http.get(f"http://127.0.0.1:{port}/"))
        before = -1
        while made != before:  # until it has come to rest
            before = made
            for _ in range(50):
                await trio.lowlevel.checkpoint()
        assert made < 1000
        length, _ = await digest_of(response)
        assert length == 1000 * len(PIECE)


async def test_very_many_very_small_chunks() -> None:
    count = 50_000
    async with open_loop(), serving() as port:
        request = request_to(port, "/echo", method="POST")
        result = response_to(request)

        left = count

        def write() -> None:
            nonlocal left
            while left:
                left -= 1
                if not request.write(b"x"):
                    request.once("drain", write)
                    return
            request.end()

        write()
        length, _ = await digest_of(await result)
    assert length == count


async def test_a_file_is_sent_and_received(tmp_path: Path) -> None:
    content = os.urandom(3_000_000)
    (tmp_path / "source").write_bytes(content)

    def on_request(req: http.IncomingMessage, res: http.ServerResponse) -> None:
        if req.method == "GET":
            create_read_stream(tmp_path / "source").pipe(res)
        else:
            target = create_write_stream(tmp_path / "target")
            req.pipe(target)
            target.on("finish", lambda: res.end("stored"))

    async with open_loop(), serving(on_request) as port:
        response = await response_to(http.get(f"http://127.0.0.1:{port}/"))
        assert await body_of(response) == content
        request = request_to(port, method="PUT")
        await pipeline(create_read_stream(tmp_path / "source"), request)
        # the response may have come before the pipeline was seen to be done
        response = request.res or await response_to(request)
        assert await body_of(response) == b"stored"
    assert (tmp_path / "target").read_bytes() == content


async def test_a_proxy_forwards_both_ways() -> None:
    async with open_loop(), serving() as target:

        def forward(req: http.IncomingMessage, res: http.ServerResponse) -> None:
            upstream = request_to(target, req.url, method=req.method, headers=req.headers)

            def answer(incoming: http.IncomingMessage) -> None:
                res.write_head(incoming.status_code, incoming.raw_headers)
                incoming.pipe(res)

            upstream.on("response", answer)
            req.pipe(upstream)

        async with serving(forward) as port:
            request = request_to(port, "/echo", method="POST")
            pieces(100).pipe(request)
            assert (await digest_of(await response_to(request)))[0] == 100 * len(PIECE)


# --- errors in mid-pipe ---


async def test_a_client_that_goes_away_in_mid_body_disturbs_nobody() -> None:
    seen: list[str] = []

    def on_request(req: http.IncomingMessage, res: http.ServerResponse) -> None:
        if req.url == "/gone":
            req.on("data", lambda: seen.append("data"))
            req.on("aborted", lambda: seen.append("aborted"))
            req.on("error", lambda error: seen.append(f"error {error.code}"))
            req.on("end", lambda: seen.append("end"))
            req.on("close", lambda: (seen.append("close"), gone.resolve(None)))
        else:
            req.pipe(res)

    async with open_loop(), serving(on_request) as port:
        gone: Promise[None] = Promise()
        steady = request_to(port, "/steady", method="POST")
        steady.write("before ")
        response = await response_to(steady)
        socket = net.connect(port, "127.0.0.1")
        socket.write("POST /gone HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nhello")
        await once(socket, "connect")
        while "data" not in seen:
            await trio.lowlevel.checkpoint()
        socket.destroy()
        await gone
        steady.end("after")
        assert await body_of(response) == b"before after"
    assert seen == ["data", "aborted", "error ECONNRESET", "close"]


async def test_a_response_whose_server_dies_is_an_error_for_its_client() -> None:
    def on_request(req: http.IncomingMessage, res: http.ServerResponse) -> None:
        res.write("half")
        res.once("drain", res.destroy)
        res.socket.once("drain", res.destroy)
        req.socket.server.once("die", res.destroy)

    async with open_loop():
        server = http.create_server(on_request)
        server.listen(0, "127.0.0.1")
        await once(server, "listening")
        response = await response_to(http.get(f"http://127.0.0.1:{server.address()['port']}/"))
        [chunk] = await once(response, "data")
        server.emit("die")
        try:
            await finished(response)
        except NodeError as error:
            assert (chunk, error.code, str(error)) == (b"half", "ECONNRESET", "aborted")
        else:
            raise AssertionError("a response that was cut short ended well")
        server.close()


async def test_the_file_of_a_broken_upload_can_be_removed(tmp_path: Path) -> None:

    async def on_request(req: http.IncomingMessage, res: http.ServerResponse) -> None:
        try:
            await pipeline(req, create_write_stream(tmp_path / "partial"))
        except NodeError as error:
            (tmp_path / "partial").unlink()
            removed.resolve(error.code)

    async with open_loop(), serving(on_request) as port:
        removed: Promise[str] = Promise()
        request = request_to(port, method="PUT")
        request.on("error", lambda: None)
        request.write(PIECE)
        while not (tmp_path / "partial").exists() or not (tmp_path / "partial").stat().st_size:
            await trio.lowlevel.checkpoint()
        request.destroy()
        assert await removed == "ECONNRESET"
    assert list(tmp_path.iterdir()) == []


# --- many ---


async def test_500_connections_at_once() -> None:
    waiting: list[http.ServerResponse] = []

    def on_request(req: http.IncomingMessage, res: http.ServerResponse) -> None:
        waiting.append(res)
        if len(waiting) == 500:  # every connection is open now
            for each in waiting:
                each.end(each.req.url)

    answers = []

    async def ask(n: int) -> None:
        response = await response_to(http.get(f"http://127.0.0.1:{port}/{n}", agent=False))
        answers.append(await body_of(response))

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4096)), hard))
    async with open_loop(), serving(on_request) as port:
        await in_parallel(500, ask)
    assert sorted(answers) == sorted(f"/{n}".encode() for n in range(500))


async def test_nothing_leaks_in_10_000_requests() -> None:
    """Memory, file descriptors, tasks and listeners after 10,000 requests are what they were after the first 1,000."""

    async def ask(n: int) -> None:
        for _ in range(per_task):
            request = request_to(port, "/echo", method="POST", agent=agent)
            request.end("x" * 100)
            assert len(await body_of(await response_to(request))) == 100

    def counted() -> dict[str, int]:
        gc.collect()
        sockets = [socket for group in agent.free_sockets.values() for socket in group]
        return {
            "descriptors": len(os.listdir("/proc/self/fd")),
            "tasks": trio.lowlevel.current_statistics().tasks_living,
            "listeners": sum(socket.listener_count(name) for socket in sockets for name in socket.event_names()),
            "messages": sum(
                isinstance(each, (http.IncomingMessage, http.OutgoingMessage)) for each in gc.get_objects()
            ),
            "objects": len(gc.get_objects()) // 1000,
        }

    async with open_loop(), serving() as port:
        agent = http.Agent(keep_alive=True, max_sockets=10)
        per_task = 100
        await in_parallel(10, ask)
        before = counted()
        per_task = 900
        await in_parallel(10, ask)
        after = counted()
        agent.destroy()
    assert after == before


async def test_nothing_leaks_when_clients_come_and_go() -> None:
    """The same for connections that serve one request, and for those that are cut in mid-request."""

    async def ask(n: int) -> None:
        for turn in range(10):
            request = request_to(port, "/echo", method="POST", agent=False)
            request.on("error", lambda: None)
            if (n + turn) % 2:
                request.end("x")
                assert await body_of(await response_to(request)) == b"x"
            else:
                request.write("x")
                await once(request, "response")
                request.destroy()
                await finished(request.res, error=False) if request.res.complete else None

    def counted() -> tuple[int, int]:
        gc.collect()
        return len(os.listdir("/proc/self/fd")), trio.lowlevel.current_statistics().tasks_living

    async with open_loop(), serving() as port:
        before = counted()
        await in_parallel(20, ask)
        for _ in range(200):
            if counted() == before:
                break
            await trio.lowlevel.checkpoint()
        assert counted() == before
