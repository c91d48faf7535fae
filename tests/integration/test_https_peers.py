"""https with others: curl, httpx and Node's client against our server, our client against Node's server."""

from __future__ import annotations

import json
import os
import ssl
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import trio
import trustme

import nodehttp as http
from nodehttp import https
from nodestream import open_loop
from nodestream.errors import NodeError
from nodestream.events import once
from nodestream.loop import Promise
from nodestream.promises import pipeline
from tests.integration.conftest import NodeClient, node_serving
from tests.integration.curl import Curl
from tests.integration.identity import Identity, identity_of
from tests.integration.support import (
    LENGTH,
    PIECE,
    PIECES,
    SHA256,
    body_of,
    digest,
    on_request,
    pieces,
    response_to,
    serving,
)


@pytest.fixture
def node_server(identity: Identity) -> Iterator[int]:
    """The port of Node's https server."""
    with node_serving(identity.key, identity.cert) as port:
        yield port


# --- Node's client, our server ---


async def test_node_gets_back_every_byte_of_a_chunked_body_while_it_sends(
    node_client: NodeClient, identity: Identity
) -> None:
    async with open_loop(), serving(**identity.options) as port:
        got = await node_client("echo", port, identity.ca)
        assert (got["status"], got["length"], got["sha256"]) == (200, LENGTH, SHA256)
        assert got["headers"]["transfer-encoding"] == "chunked"


EXCHANGES = {
    "upload": {"url": "/digest", "length": LENGTH, "sha256": SHA256},
    "download": {"length": LENGTH, "sha256": SHA256},
    "trailers": {"text": 'ab{"x-sum": "1"}', "trailers": {"x-out": "yes"}, "rawTrailers": ["X-Out", "yes"]},
    "keepAlive": [[200, False]] + [[200, True]] * 4,
}


@pytest.mark.parametrize("task", EXCHANGES)
async def test_node_exchanges_with_our_server(node_client: NodeClient, identity: Identity, task: str) -> None:
    async with open_loop(), serving(**identity.options) as port:
        assert await node_client(task, port, identity.ca) == EXCHANGES[task]


async def test_node_waits_for_our_100_continue(node_client: NodeClient, identity: Identity) -> None:
    async with open_loop(), serving(**identity.options) as port:
        got = await node_client("expect", port, identity.ca)
        assert (got["continued"], got["length"]) == (True, 5)


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
async def test_node_resumes_its_sessions_with_our_server(
    node_client: NodeClient, identity: Identity, version: str
) -> None:
    async with open_loop(), serving(**identity.options, max_version=version) as port:
        assert await node_client("sessions", port, identity.ca) == [
            {"client": [reused, version, False], "server": [reused, version, False]} for reused in (False, True, True)
        ]


async def test_node_sees_the_same_errors_of_our_server_as_of_nodes(
    node_client: NodeClient, node_server: int, identity: Identity
) -> None:
    async with open_loop(), serving(**identity.options) as port:
        ours = await node_client("errors", port, identity.ca)
        assert ours == await node_client("errors", node_server, identity.ca)
        assert (ours["trusted"], ours["another"][0]) == (200, "ERR_TLS_CERT_ALTNAME_INVALID")


# --- our client, Node's server ---


def to(port: int, identity: Identity, path: str, **options: Any) -> http.ClientRequest:
    return https.request(f"https://127.0.0.1:{port}{path}", **{**identity.trust, **options})


async def test_our_upload_arrives_whole(node_server: int, identity: Identity) -> None:
    async with open_loop():
        request = to(node_server, identity, "/digest", method="POST")
        pieces().pipe(request)
        got = json.loads(await body_of(await response_to(request)))
        assert (got["length"], got["sha256"], got["encoding"]) == (LENGTH, SHA256, "chunked")


async def test_our_client_gets_back_what_it_is_still_sending(node_server: int, identity: Identity) -> None:
    async with open_loop():
        request = to(node_server, identity, "/echo", method="POST")
        result: Promise[tuple[int, str]] = Promise()
        request.on("response", lambda response: digest(response, lambda *got: result.resolve(got)))
        await pipeline(pieces(), request)
        assert await result == (LENGTH, SHA256)


async def test_our_client_and_node_exchange_trailers(node_server: int, identity: Identity) -> None:
    async with open_loop():
        request = to(node_server, identity, "/trailers").end()
        response = await response_to(request)
        assert (await body_of(response), response.trailers) == (b"body", {"x-out": "yes"})


async def test_our_client_upgrades(node_server: int, identity: Identity) -> None:
    async with open_loop():
        request = to(node_server, identity, "/", headers={"Connection": "Upgrade", "Upgrade": "echo"})
        request.end()
        response, socket, head = await once(request, "upgrade")
        assert (response.status_code, head, socket.encrypted) == (101, b"", True)
        socket.write("ping")
        assert await once(socket, "data") == [b"ping"]
        socket.destroy()


async def test_a_response_that_node_cuts_short_is_an_error(node_server: int, identity: Identity) -> None:
    async with open_loop():
        response = await response_to(to(node_server, identity, "/cut").end())
        with pytest.raises(NodeError) as caught:
            await body_of(response)
        assert (caught.value.code, str(caught.value)) == ("ECONNRESET", "aborted")


async def test_our_agent_keeps_one_connection(node_server: int, identity: Identity) -> None:
    async with open_loop():
        agent = https.Agent(keep_alive=True, max_sockets=1, **identity.trust)
        reused = []
        for _ in range(5):
            request = https.get(f"https://127.0.0.1:{node_server}/small", agent=agent)
            assert await body_of(await response_to(request)) == b"small"
            reused.append(request.reused_socket)
        assert reused == [False] + [True] * 4
        response = await response_to(https.get(f"https://127.0.0.1:{node_server}/connections", agent=agent))
        assert json.loads(await body_of(response)) == {"made": 1, "open": 1}
        agent.destroy()


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
async def test_our_agent_resumes_its_sessions(node_server: int, identity: Identity, version: str) -> None:
    async with open_loop():
        agent = https.Agent(max_version=version, **identity.trust)
        seen = []
        for _ in range(3):
            request = https.get(f"https://127.0.0.1:{node_server}/session", agent=agent)
            response = await response_to(request)
            socket = request.socket
            ours = [socket.is_session_reused(), socket.get_protocol(), socket.alpn_protocol]
            closed = once(socket, "close")
            seen.append((ours, json.loads(await body_of(response))))
            await closed
        assert seen == [([reused, version, False],) * 2 for reused in (False, True, True)]


async def test_our_client_fails_as_nodes_does(node_client: NodeClient, node_server: int, identity: Identity) -> None:
    told: dict[str, Any] = {}
    async with open_loop():
        ways = {"trusted": {}, "unknown": {"ca": None}, "another": {"servername": "another.test"}}
        for name, options in ways.items():
            try:
                response = await response_to(to(node_server, identity, "/small", agent=False, **options).end())
                await body_of(response)
                told[name] = response.status_code
            except NodeError as error:
                told[name] = [error.code, str(error)]
        nodes = await node_client("errors", node_server, identity.ca)
        nodes["unknown"][1] = nodes["unknown"][1].split("; ")[0]  # what follows is about an option of the program node
        assert told == nodes


async def test_a_connection_that_speaks_no_tls_is_an_error_on_both_sides(identity: Identity) -> None:
    async with open_loop():
        async with serving() as port:
            with pytest.raises(NodeError) as caught:
                await response_to(to(port, identity, "/").end())
            assert caught.value.code == "EPROTO"
        server = https.create_server(identity.options)
        server.listen(0, "127.0.0.1")
        await once(server, "listening")
        failed = once(server, "tlsClientError")
        with pytest.raises(NodeError) as caught:
            await response_to(http.get(f"http://127.0.0.1:{server.address()['port']}/", agent=False))
        assert caught.value.code == "ECONNRESET"
        assert (await failed)[0].code == "ERR_SSL_HTTP_REQUEST"
        server.close()


# --- curl ---


async def in_thread(run: Curl, *arguments: str, **options: Any) -> bytes:
    return await trio.to_thread.run_sync(lambda: run(*arguments, **options))


async def test_curl_uploads_and_downloads(run: Curl, identity: Identity) -> None:
    content = os.urandom(3_000_000)
    ca = ("--cacert", str(identity.ca))
    async with open_loop(), serving(**identity.options) as port:
        url = f"https://localhost:{port}"
        assert await in_thread(run, *ca, "--upload-file", "-", f"{url}/echo", stdin=content) == content
        assert "ALPN: server accepted http/1.1" in run.said
        assert await in_thread(run, *ca, f"{url}/download") == PIECE * PIECES
        assert await in_thread(run, *ca, "--http1.0", "--no-alpn", f"{url}/small") == b"small"


async def test_curl_uses_one_connection_for_several_urls(run: Curl, identity: Identity) -> None:
    async with open_loop(), serving(**identity.options) as port:
        url = f"https://127.0.0.1:{port}/small"
        assert await in_thread(run, "--cacert", str(identity.ca), url, url, url) == b"small" * 3
        assert run.connections == [1, 0, 0]


@pytest.mark.parametrize("version", ["1.2", "1.3"])
async def test_curl_and_our_server_agree_on_a_version(run: Curl, identity: Identity, version: str) -> None:
    only = (f"--tlsv{version}", "--tls-max", version, "--cacert", str(identity.ca))
    async with open_loop(), serving(**identity.options) as port:
        assert await in_thread(run, *only, f"https://127.0.0.1:{port}/small") == b"small"
        assert f"SSL connection using TLSv{version}" in run.said


async def test_curl_trusts_nobody_whom_it_does_not_know(run: Curl, identity: Identity) -> None:
    peer_failed_verification = 60
    failed: list[str] = []
    async with open_loop():
        server = https.create_server(identity.options, lambda req, res: res.end("small"))
        server.on("clientError", lambda error, socket: (failed.append(error.code), socket.destroy(error)))
        server.listen(0, "127.0.0.1")
        await once(server, "listening")
        port = server.address()["port"]
        assert await in_thread(run, f"https://localhost:{port}/", status=peer_failed_verification) == b""
        another = ("--resolve", f"another.test:{port}:127.0.0.1", "--cacert", str(identity.ca))
        await in_thread(run, *another, f"https://another.test:{port}/", status=peer_failed_verification)
        assert await in_thread(run, "--insecure", f"https://localhost:{port}/") == b"small"
        server.close()
    assert failed == ["ERR_SSL_TLSV1_ALERT_UNKNOWN_CA"]


async def test_curl_shows_a_certificate_of_its_own(
    run: Curl, identity: Identity, authority: trustme.CA, tmp_path: Path
) -> None:
    client = identity_of(authority.issue_cert("curl@client.test", common_name="curl"), authority, tmp_path)
    ca = ("--cacert", str(identity.ca))

    def tell_who(req: http.IncomingMessage, res: http.ServerResponse) -> None:
        res.end(f"{req.socket.authorized} {req.socket.get_peer_certificate()['subject']['CN']}")

    async with (
        open_loop(),
        serving(tell_who, **identity.options, **identity.trust, request_cert=True, reject_unauthorized=True) as port,
    ):
        url = f"https://localhost:{port}/"
        shown = ("--cert", str(client.cert), "--key", str(client.key))
        assert await in_thread(run, *ca, *shown, url) == b"True curl"
        received_failed = 56
        assert await in_thread(run, *ca, url, status=received_failed) == b""


# --- httpx ---


def httpx_client(identity: Identity, **options: Any) -> httpx.AsyncClient:
    context = ssl.create_default_context(cafile=str(identity.ca))
    return httpx.AsyncClient(verify=context, trust_env=False, **options)


async def test_httpx_exchanges_with_our_server_on_one_connection(identity: Identity) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(PIECES):
            yield PIECE

    made = []
    async with open_loop():
        server = https.create_server(identity.options, on_request)
        server.on("secureConnection", made.append)
        server.listen(0, "127.0.0.1")
        await once(server, "listening")
        url = f"https://localhost:{server.address()['port']}"
        async with httpx_client(identity) as client:
            response = await client.get(f"{url}/small")
            assert (response.http_version, response.status_code, response.content) == ("HTTP/1.1", 200, b"small")
            assert (await client.post(f"{url}/echo", content=b"hello")).content == b"hello"
            response = await client.post(f"{url}/digest", content=chunks())
            assert response.json() == {"url": "/digest", "length": LENGTH, "sha256": SHA256}
            assert (await client.get(f"{url}/download")).content == PIECE * PIECES
        server.close()
    assert len(made) == 1
    assert (made[0].alpn_protocol, made[0].destroyed) == ("http/1.1", True)


async def test_httpx_trusts_nobody_whom_it_does_not_know(identity: Identity) -> None:
    async with open_loop():
        server = https.create_server(identity.options)
        server.listen(0, "127.0.0.1")
        await once(server, "listening")
        failed = once(server, "tlsClientError")
        async with httpx.AsyncClient(trust_env=False) as client:
            with pytest.raises(httpx.ConnectError):
                await client.get(f"https://localhost:{server.address()['port']}/")
        assert (await failed)[0].code == "ECONNRESET"  # it does not say why it goes
        server.close()
