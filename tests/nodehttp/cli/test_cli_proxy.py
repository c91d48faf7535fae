"""The proxy between real sockets: a client and a target that are scripted byte by byte."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio

import nodehttp
from nodehttp._cli._failures import checked_url
from nodehttp._cli._proxy import create_proxy
from nodehttp._cli._proxy_headers import target_of
from nodestream.events import once
from tests.nodehttp.cli.support import Connection, Script, ask, connect, running, scripted


@asynccontextmanager
async def proxied(script: Script, **options: Any) -> AsyncIterator[int]:
    """The port of a proxy before a scripted target."""
    async with scripted(script) as port, running(_proxy_to(port, **options)) as [proxy_port]:
        yield proxy_port


def _proxy_to(port: int, **options: Any) -> Any:
    return create_proxy(target_of(checked_url(f"http://127.0.0.1:{port}")), **options)


def echo_server() -> Any:
    def answer(request: Any, response: Any) -> None:
        response.write_head(200, ["X-Method", request.method, "X-Url", request.url])
        request.pipe(response)

    return nodehttp.create_server(answer)


@pytest.mark.parametrize("size", [0, 1, 65536, 3_000_000])
@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_a_body_goes_through_and_comes_back(method: str, size: int) -> None:
    async with running(echo_server()) as [target], running(_proxy_to(target)) as [proxy]:
        body = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
        connection = await connect(proxy)
        async with connection.stream:
            head = f"{method} /a?b HTTP/1.1\r\nHost: h\r\nContent-Length: {size}\r\n\r\n"

            async def send() -> None:
                await connection.send(head.encode() + body)

            async with trio.open_nursery() as nursery:
                nursery.start_soon(send)
                answer = await connection.answer()
        assert (answer.status, answer.headers["x-method"], answer.headers["x-url"]) == (200, method, "/a?b")
        assert answer.body == body


async def test_requests_on_one_connection_use_one_connection_to_the_target() -> None:
    connections = 0

    async def target(peer: Connection) -> None:
        nonlocal connections
        connections += 1
        while True:
            await peer.head()
            await peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")

    async with proxied(target) as proxy:
        connection = await connect(proxy)
        async with connection.stream:
            for _ in range(3):
                answer = await connection.ask("GET", "/")
                assert (answer.status, answer.body, answer.headers["via"]) == (200, b"x", "1.1 nodehttp")
    assert connections == 1


async def test_head_and_304_keep_the_length_of_what_is_not_sent() -> None:
    async def target(peer: Connection) -> None:
        raw, _ = await peer.head()
        status = "200 OK" if raw.startswith("HEAD") else "304 Not Modified"
        await peer.send(f"HTTP/1.1 {status}\r\nContent-Length: 1234\r\n\r\n".encode())

    async with proxied(target) as proxy:
        assert (await ask(proxy, "HEAD", "/")).headers["content-length"] == "1234"
        answer = await ask(proxy, "GET", "/")
        assert (answer.status, answer.headers["content-length"]) == (304, "1234")


async def test_a_response_up_to_the_end_of_the_connection_is_chunked_for_the_client() -> None:
    async def target(peer: Connection) -> None:
        await peer.head()
        await peer.send(b"HTTP/1.1 200 Fine\r\n\r\nhello")

    async with proxied(target) as proxy:
        answer = await ask(proxy, "GET", "/")
        assert (answer.body, answer.headers["transfer-encoding"]) == (b"hello", "chunked")
        assert answer.raw.startswith("HTTP/1.1 200 Fine\r\n")


async def test_trailers_go_through_both_ways() -> None:
    seen: list[tuple[bytes, dict[str, str]]] = []

    async def target(peer: Connection) -> None:
        await peer.head()
        seen.append(await peer.chunks())
        await peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\ny\r\n0\r\nX-Back: 2\r\n\r\n")

    async with proxied(target) as proxy:
        body = b"1\r\nx\r\n0\r\nX-There: 1\r\nHost: evil\r\n\r\n"
        answer = await ask(proxy, "POST", "/", body, transfer_encoding="chunked")
        assert (answer.body, answer.trailers) == (b"y", {"x-back": "2"})
    assert seen == [(b"x", {"x-there": "1"})]


async def test_the_answer_may_come_before_the_request_is_whole() -> None:
    async def target(peer: Connection) -> None:
        await peer.head()
        await peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            size = int(await peer.until(b"\r\n"), 16)
            piece = (await peer.exactly(size + 2))[:-2]
            await peer.send(b"%x\r\n%s\r\n" % (size, piece))
            if not size:
                return

    async with proxied(target) as proxy:
        connection = await connect(proxy)
        async with connection.stream:
            await connection.send(b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
            assert (await connection.head())[0].startswith("HTTP/1.1 200")
            for piece in (b"one", b"two"):
                await connection.send(b"3\r\n" + piece + b"\r\n")
                assert await connection.until(b"\r\n" + piece + b"\r\n") == b"3\r\n" + piece + b"\r\n"
            await connection.send(b"0\r\n\r\n")
            assert await connection.until(b"0\r\n\r\n") == b"0\r\n\r\n"


# --- 1xx ---


async def test_expect_is_answered_by_the_target() -> None:
    async def target(peer: Connection) -> None:
        _, headers = await peer.head()
        assert headers["expect"] == "100-continue"
        await peer.send(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n")
        body = await peer.exactly(5)
        await peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + body)

    async with proxied(target) as proxy:
        connection = await connect(proxy)
        async with connection.stream:
            await connection.send(b"PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
            hints = await connection.answer()
            assert (hints.status, hints.headers["link"]) == (103, "</x>")
            assert (await connection.answer()).status == 100
            await connection.send(b"hello")
            assert (await connection.answer()).body == b"hello"


async def test_a_body_that_the_target_refuses_is_never_asked_for() -> None:
    async def target(peer: Connection) -> None:
        await peer.head()
        await peer.send(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")
        assert await peer.rest() == b""

    async with proxied(target) as proxy:
        connection = await connect(proxy)
        async with connection.stream:
            await connection.send(b"PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
            answer = await connection.answer()
            assert (answer.status, answer.body, answer.headers["connection"]) == (403, b"no", "close")
            assert await connection.rest() == b""


async def test_a_client_of_http_1_0_gets_no_100() -> None:
    async def target(peer: Connection) -> None:
        await peer.head()
        await peer.send(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")

    async with proxied(target) as proxy:
        connection = await connect(proxy)
        async with connection.stream:
            await connection.send(b"PUT / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx")
            assert (await connection.answer()).status == 200


# --- failures ---


async def test_after_an_early_refusal_the_connection_goes_on_with_the_next_request() -> None:
    async def target(peer: Connection) -> None:
        while True:
            raw, _ = await peer.head()
            status = "413 Too Much" if raw.startswith("PUT") else "200 OK"
            await peer.send(f"HTTP/1.1 {status}\r\nContent-Length: 2\r\n\r\nxy".encode())

    size = 20_000_000
    async with proxied(target) as proxy:
        connection = await connect(proxy)
        async with connection.stream, trio.open_nursery() as nursery:
            head = f"PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: {size}\r\n\r\n".encode()
            nursery.start_soon(connection.send, head + bytes(size) + b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            assert (await connection.answer()).status == 413
            assert (await connection.answer()).status == 200


async def test_a_dead_target_is_a_502() -> None:
    listener = (await trio.open_tcp_listeners(0, host="127.0.0.1"))[0]
    port = listener.socket.getsockname()[1]
    await listener.aclose()
    async with running(_proxy_to(port)) as [proxy]:
        connection = await connect(proxy)
        async with connection.stream:
            for _ in range(2):
                answer = await connection.ask("GET", "/")
                assert answer.status == 502
                assert answer.body == b"No answer from the target: connection refused.\n"
        page = await ask(proxy, "GET", "/", accept="text/html")
        assert page.headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 200 OK\r\nContent-", b"nonsense\r\n\r\n"])
async def test_a_target_that_gives_no_answer_is_a_502(sent: bytes) -> None:
    async def target(peer: Connection) -> None:
        await peer.head()
        await peer.send(sent)

    async with proxied(target) as proxy:
        assert (await ask(proxy, "POST", "/", b"x")).status == 502


async def test_a_target_that_says_nothing_is_a_504() -> None:
    gone = trio.Event()

    async def target(peer: Connection) -> None:
        await peer.head()
        assert await peer.rest() == b""
        gone.set()

    async with proxied(target, idle_timeout=50) as proxy:
        assert (await ask(proxy, "GET", "/")).status == 504
        await gone.wait()


async def test_a_target_that_does_not_accept_is_a_504() -> None:
    # A listener whose queue is full: what connects after that gets no answer.
    with trio.socket.socket() as full:
        await full.bind(("127.0.0.1", 0))
        full.listen(0)
        address = full.getsockname()
        waiting = [trio.socket.socket() for _ in range(3)]
        for sock in waiting:
            with trio.move_on_after(0.05):
                await sock.connect(address)
        try:
            async with running(_proxy_to(address[1], connect_timeout=50)) as [proxy]:
                answer = await ask(proxy, "GET", "/")
                assert answer.status == 504
        finally:
            for sock in waiting:
                sock.close()


@pytest.mark.parametrize("framing", [b"Content-Length: 100", b"Transfer-Encoding: chunked"])
async def test_an_answer_that_is_cut_short_is_cut_short_for_the_client(framing: bytes) -> None:
    async def target(peer: Connection) -> None:
        await peer.head()
        await peer.send(b"HTTP/1.1 200 OK\r\n" + framing + b"\r\n\r\n5\r\nhello\r\n")

    async with proxied(target) as proxy:
        connection = await connect(proxy)
        async with connection.stream:
            await connection.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            await connection.head()
            with pytest.raises((EOFError, trio.BrokenResourceError)):
                await connection.until(b"0\r\n\r\n")


@pytest.mark.parametrize("answered", [False, True])
async def test_the_target_is_let_go_when_the_client_goes(answered: bool) -> None:
    asked, gone = trio.Event(), trio.Event()

    async def target(peer: Connection) -> None:
        await peer.head()
        if answered:
            await peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n")
        asked.set()
        try:
            await peer.rest()
        finally:
            gone.set()

    async with proxied(target) as proxy:
        connection = await connect(proxy)
        await connection.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        await asked.wait()
        if answered:
            await connection.until(b"x\r\n")
        await connection.stream.aclose()
        await gone.wait()


async def test_an_upload_that_is_cut_short_is_not_whole_for_the_target() -> None:
    gone: list[bytes] = []
    begun, done = trio.Event(), trio.Event()

    async def target(peer: Connection) -> None:
        await peer.until(b"hello\r\n")
        begun.set()
        try:
            gone.append(await peer.rest())
        except trio.BrokenResourceError:
            gone.append(b"")
        done.set()

    async with proxied(target) as proxy:
        connection = await connect(proxy)
        await connection.send(b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        await begun.wait()
        await connection.stream.aclose()
        await done.wait()
    assert not gone[0].endswith(b"0\r\n\r\n")


async def test_a_kept_connection_that_has_died_is_tried_again() -> None:
    connections = 0

    async def target(peer: Connection) -> None:
        nonlocal connections
        connections += 1
        await peer.head()
        await peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")
        if connections == 1:
            await peer.head()  # and hang up

    async with proxied(target) as proxy:
        connection = await connect(proxy)
        async with connection.stream:
            assert (await connection.ask("GET", "/")).status == 200
            assert (await connection.ask("GET", "/")).status == 200
    assert connections == 2


async def test_a_slow_client_slows_the_target_down() -> None:
    sent = 0
    stuck = trio.Event()

    async def target(peer: Connection) -> None:
        nonlocal sent
        await peer.head()
        await peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        piece = bytes(65536)
        while True:
            with trio.move_on_after(0.5) as scope:
                await peer.send(piece)
            if scope.cancelled_caught:
                stuck.set()
                return
            sent += len(piece)

    async with proxied(target) as proxy:
        connection = await connect(proxy)
        async with connection.stream:
            await connection.send(b"GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            await stuck.wait()
    assert sent < 64 * 1024 * 1024  # what the kernel's buffers take, and no more


# --- upgrades ---

UPGRADE = b"GET /chat HTTP/1.1\r\nHost: h\r\nConnection: upgrade, x-hop\r\nUpgrade: echo\r\nX-Hop: 1\r\n\r\n"


async def test_an_upgrade_is_a_tunnel_both_ways() -> None:
    heads: list[dict[str, str]] = []

    async def target(peer: Connection) -> None:
        heads.append((await peer.head())[1])
        await peer.send(b"HTTP/1.1 101 Now\r\nUpgrade: echo\r\nConnection: Upgrade\r\nX-Key: k\r\n\r\nfirst")
        while data := await peer.receive():
            await peer.send(data.upper())
        await peer.send(b"bye")

    async with proxied(target) as proxy:
        connection = await connect(proxy)
        async with connection.stream:
            await connection.send(UPGRADE + b"early")
            raw, headers = await connection.head()
            assert raw.startswith("HTTP/1.1 101 Now\r\n")
            assert (headers["upgrade"], headers["connection"], headers["x-key"]) == ("echo", "Upgrade", "k")
            assert await connection.exactly(10) == b"firstEARLY"
            await connection.send(b"more")
            assert await connection.exactly(4) == b"MORE"
            await connection.stream.send_eof()
            assert await connection.rest() == b"bye"
    assert heads[0]["upgrade"] == "echo"
    assert "x-hop" not in heads[0]


async def test_a_tunnel_ends_when_the_target_goes() -> None:
    async def target(peer: Connection) -> None:
        await peer.head()
        await peer.send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\nbye")

    async with proxied(target) as proxy:
        connection = await connect(proxy)
        async with connection.stream:
            await connection.send(UPGRADE)
            await connection.head()
            assert await connection.rest() == b"bye"


async def test_an_upgrade_that_the_target_refuses_is_an_ordinary_answer() -> None:
    async def target(peer: Connection) -> None:
        await peer.head()
        await peer.send(b"HTTP/1.1 400 No\r\nContent-Length: 2\r\n\r\nno")

    async with proxied(target) as proxy:
        connection = await connect(proxy)
        async with connection.stream:
            await connection.send(UPGRADE)
            answer = await connection.answer()
            assert (answer.status, answer.body, answer.headers["connection"]) == (400, b"no", "close")
            assert await connection.rest() == b""


async def test_an_upgrade_to_a_dead_target_is_a_502() -> None:
    async with running(nodehttp.create_server()) as [port]:
        pass
    async with running(_proxy_to(port)) as [proxy]:
        connection = await connect(proxy)
        async with connection.stream:
            await connection.send(UPGRADE)
            assert (await connection.answer()).status == 502
            assert await connection.rest() == b""


async def test_an_upgrade_that_gets_no_answer_is_a_504() -> None:
    async def target(peer: Connection) -> None:
        await peer.rest()

    async with proxied(target, idle_timeout=50) as proxy:
        connection = await connect(proxy)
        async with connection.stream:
            await connection.send(UPGRADE)
            assert (await connection.answer()).status == 504


async def test_a_connection_to_the_target_does_not_outlive_the_proxy() -> None:
    async with running(echo_server()) as [target]:
        proxy = _proxy_to(target)
        async with running(proxy) as [port]:
            assert (await ask(port, "GET", "/")).status == 200
            closed = once(proxy, "close")
        await closed


async def test_an_upgrade_with_a_body_is_refused_before_the_target_sees_it() -> None:
    """Else the target would wait for a body, and take another client's request for it."""
    asked = []

    async def target(peer: Connection) -> None:
        asked.append(await peer.head())

    async with proxied(target) as proxy:
        connection = await connect(proxy)
        async with connection.stream:
            head = UPGRADE.replace(b"GET", b"POST", 1)[:-2] + b"Content-Length: 30\r\n\r\n"
            await connection.send(head)
            assert (await connection.answer()).status == 400
            assert await connection.rest() == b""
    assert asked == []


async def test_the_connection_of_a_refused_upgrade_is_not_used_again() -> None:
    connections = 0

    async def target(peer: Connection) -> None:
        nonlocal connections
        connections += 1
        await peer.head()
        await peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")
        await peer.rest()

    async with proxied(target) as proxy:
        for _ in range(2):
            connection = await connect(proxy)
            async with connection.stream:
                await connection.send(UPGRADE)
                assert (await connection.answer()).status == 200
    assert connections == 2


@pytest.mark.parametrize(
    "sent",
    [
        b"HTTP/1.1 101 Now\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n",
        b"HTTP/1.1 101 Now\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    ],
    ids=["an upgrade nobody asked for", "a 101 without a protocol", "a coding that would be lost"],
)
async def test_an_answer_that_cannot_be_forwarded_is_a_502(sent: bytes) -> None:
    async def target(peer: Connection) -> None:
        await peer.head()
        await peer.send(sent)
        await peer.rest()

    async with proxied(target) as proxy:
        answer = await ask(proxy, "GET", "/")
        assert (answer.status, answer.body[:25]) == (502, b"No answer from the target")


async def test_an_upgrade_answered_by_a_101_without_a_protocol_is_a_502() -> None:
    async def target(peer: Connection) -> None:
        await peer.head()
        await peer.send(b"HTTP/1.1 101 Now\r\n\r\n")
        await peer.rest()

    async with proxied(target) as proxy:
        connection = await connect(proxy)
        async with connection.stream:
            await connection.send(UPGRADE)
            assert (await connection.answer()).status == 502


async def test_a_request_whose_coding_would_be_lost_is_a_501() -> None:
    async def target(peer: Connection) -> None:
        await peer.head()

    async with proxied(target) as proxy:
        body = b"1\r\nx\r\n0\r\n\r\n"
        assert (await ask(proxy, "POST", "/", body, transfer_encoding="gzip, chunked")).status == 501
