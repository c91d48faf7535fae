"""Real Node on the other side: its client against our server, our client against its server.

Bodies of 56 MiB, trailers, pipelining, keep-alive, `Expect: 100-continue`, upgrade, a response cut short.
"""

from __future__ import annotations

import json
import re

import pytest

import nodehttp as http
from nodehttp import net
from nodestream import finished, open_loop
from nodestream.errors import NodeError
from nodestream.events import once
from nodestream.loop import Promise
from nodestream.promises import pipeline
from tests.integration.conftest import NodeClient
from tests.integration.support import LENGTH, SHA256, body_of, digest, pieces, response_to, serving

# --- Node's client, our server ---


async def test_node_gets_back_every_byte_of_a_chunked_body_while_it_sends(node_client: NodeClient) -> None:
    async with open_loop(), serving() as port:
        got = await node_client("echo", port)
        assert (got["status"], got["length"], got["sha256"]) == (200, LENGTH, SHA256)
        assert got["headers"]["transfer-encoding"] == "chunked"


async def test_node_uploads_a_body_of_known_length(node_client: NodeClient) -> None:
    async with open_loop(), serving() as port:
        assert await node_client("upload", port) == {"url": "/digest", "length": LENGTH, "sha256": SHA256}


async def test_node_downloads_a_body_made_as_it_is_sent(node_client: NodeClient) -> None:
    async with open_loop(), serving() as port:
        assert await node_client("download", port) == {"length": LENGTH, "sha256": SHA256}


async def test_node_and_our_server_exchange_trailers(node_client: NodeClient) -> None:
    async with open_loop(), serving() as port:
        assert await node_client("trailers", port) == {
            "text": 'ab{"x-sum": "1"}',
            "trailers": {"x-out": "yes"},
            "rawTrailers": ["X-Out", "yes"],
        }


async def test_node_reuses_one_connection(node_client: NodeClient) -> None:
    connections = []
    async with open_loop(), serving(lambda req, res: (connections.append(req.socket), res.end("small"))) as port:
        assert await node_client("keepAlive", port) == [[200, False]] + [[200, True]] * 4
        assert len({id(socket) for socket in connections}) == 1


async def test_node_waits_for_our_100_continue(node_client: NodeClient) -> None:
    async with open_loop(), serving() as port:
        got = await node_client("expect", port)
        assert (got["continued"], got["length"]) == (True, 5)


async def test_node_pipelines_and_is_answered_in_order(node_client: NodeClient) -> None:
    async with open_loop():
        server = http.create_server()

        def on_request(req: http.IncomingMessage, res: http.ServerResponse) -> None:
            digest(
                req, lambda length, _: res.end(json.dumps({"url": req.url, "length": length}, separators=(",", ":")))
            )

        server.on("request", on_request)
        server.http_allow_half_open = True  # this peer says that it will send nothing more, and still wants answers
        server.listen(0, "127.0.0.1")
        await once(server, "listening")
        got = await node_client("pipelining", server.address()["port"])
        server.close()
    assert got == [f"/digest?n={n}" for n in range(20)] + ["/last"]


# --- our client, Node's server ---


def to(port: int, path: str, **options: object) -> http.ClientRequest:
    return http.request(f"http://127.0.0.1:{port}{path}", **options)


async def test_our_upload_arrives_whole(node_server: int) -> None:
    async with open_loop():
        request = to(node_server, "/digest", method="POST")
        pieces().pipe(request)
        got = json.loads(await body_of(await response_to(request)))
        assert (got["length"], got["sha256"], got["encoding"]) == (LENGTH, SHA256, "chunked")


async def test_our_upload_of_known_length_is_not_chunked(node_server: int) -> None:
    async with open_loop():
        request = to(node_server, "/digest", method="PUT", headers={"Content-Length": LENGTH})
        pieces().pipe(request)
        got = json.loads(await body_of(await response_to(request)))
        assert (got["length"], got["sha256"], got["encoding"]) == (LENGTH, SHA256, None)


async def test_our_client_gets_back_what_it_is_still_sending(node_server: int) -> None:
    async with open_loop():
        request = to(node_server, "/echo", method="POST")
        result: Promise[tuple[int, str]] = Promise()
        request.on("response", lambda response: digest(response, lambda *got: result.resolve(got)))
        await pipeline(pieces(), request)
        assert await result == (LENGTH, SHA256)


async def test_our_client_downloads(node_server: int) -> None:
    async with open_loop():
        response = await response_to(http.get(f"http://127.0.0.1:{node_server}/download"))
        result: Promise[tuple[int, str]] = Promise()
        digest(response, lambda *got: result.resolve(got))
        assert await result == (LENGTH, SHA256)


async def test_our_client_and_node_exchange_trailers(node_server: int) -> None:
    async with open_loop():
        request = to(node_server, "/digest", method="POST", headers={"Trailer": "X-Sum"})
        request.write("a")
        request.add_trailers({"X-Sum": "1"})
        request.end()
        assert json.loads(await body_of(await response_to(request)))["trailers"] == {"x-sum": "1"}
        response = await response_to(http.get(f"http://127.0.0.1:{node_server}/trailers"))
        assert (await body_of(response), response.trailers) == (b"body", {"x-out": "yes"})


async def test_our_agent_reuses_one_connection(node_server: int) -> None:
    async with open_loop():
        agent = http.Agent(keep_alive=True, max_sockets=1)
        reused = []
        for _ in range(5):
            request = http.get(f"http://127.0.0.1:{node_server}/small", agent=agent)
            assert await body_of(await response_to(request)) == b"small"
            reused.append(request.reused_socket)
        agent.destroy()
        assert reused == [False] + [True] * 4


async def test_our_client_waits_for_nodes_100_continue(node_server: int) -> None:
    async with open_loop():
        request = to(node_server, "/digest", method="POST", headers={"Expect": "100-continue", "Content-Length": 5})
        request.on("continue", lambda: request.end("hello"))
        assert json.loads(await body_of(await response_to(request)))["length"] == 5


async def test_our_client_upgrades(node_server: int) -> None:
    async with open_loop():
        request = to(node_server, "/", headers={"Connection": "Upgrade", "Upgrade": "echo"})
        request.end()
        response, socket, head = await once(request, "upgrade")
        assert (response.status_code, head) == (101, b"")
        socket.write("ping")
        assert await once(socket, "data") == [b"ping"]
        socket.destroy()


async def test_a_response_that_node_cuts_short_is_an_error(node_server: int) -> None:
    async with open_loop():
        response = await response_to(http.get(f"http://127.0.0.1:{node_server}/cut"))
        with pytest.raises(NodeError) as caught:
            await body_of(response)
        assert (caught.value.code, str(caught.value)) == ("ECONNRESET", "aborted")
        assert (response.complete, response.aborted) == (False, True)


async def test_we_pipeline_to_node_and_are_answered_in_order(node_server: int) -> None:
    async with open_loop():
        socket = net.connect(node_server, "127.0.0.1")
        for n in range(20):
            socket.write(f"POST /digest?n={n} HTTP/1.1\r\nHost: a\r\nContent-Length: 50000\r\n\r\n" + "x" * 50_000)
        socket.write("GET /digest?last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        answers = (await body_of(socket)).decode()
        urls = re.findall(r'"url":"(.*?)"', answers)
        assert urls == [f"/digest?n={n}" for n in range(20)] + ["/digest?last"]


async def test_finished_tells_when_both_ends_of_an_exchange_are_done(node_server: int) -> None:
    async with open_loop():
        told = []
        request = to(node_server, "/digest", method="POST")
        finished(request, lambda error=None: told.append(("request", error)))
        request.end("hello")
        response = await response_to(request)
        finished(response, lambda error=None: told.append(("response", error)))
        await body_of(response)
    assert sorted(told) == [("request", None), ("response", None)]
