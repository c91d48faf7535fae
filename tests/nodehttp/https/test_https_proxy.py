"""https through a proxy: a tunnel, and TLS with the server in it.

Part: nodehttp/_https_agent.py, _proxy_tunnel.py, _proxy_global.py
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import nodehttp
from nodehttp import https, net
from nodestream.loop import open_loop

from ..net.support import listening, turns
from .support import Credentials, ask, serving


class Proxy:
    """A server that opens tunnels, unless it refuses, and notes what it was asked for."""

    def __init__(self, server: net.Server, *, refuses: bool = False) -> None:
        self.server = server
        self.asked: list[tuple[str, str | None]] = []
        self.refuses = refuses
        server.on("connect", self._on_connect)

    def _on_connect(self, req: Any, socket: Any, _head: bytes) -> None:
        self.asked.append((req.url, req.headers.get("proxy-authorization")))
        if self.refuses:
            socket.end("HTTP/1.1 403 Forbidden\r\n\r\n")
            return
        host, _, port = req.url.rpartition(":")
        upstream = net.connect(int(port), host)
        upstream.on("connect", lambda: (socket.write("HTTP/1.1 200 OK\r\n\r\n"), upstream.pipe(socket).pipe(upstream)))
        for one, other in ((socket, upstream), (upstream, socket)):
            one.on("close", other.destroy)
            one.on("error", other.destroy)  # a goodbye that meets a side that has gone


async def test_a_tunnel_is_opened_once_for_a_socket_that_is_kept(credentials: Credentials) -> None:
    async with open_loop():
        server, port = await serving(credentials)
        proxy = Proxy(nodehttp.create_server())
        async with server, proxy.server:
            at = await listening(proxy.server)
            env = {"HTTPS_PROXY": f"http://me:secret@127.0.0.1:{at}"}
            agent = https.Agent({**credentials.trust, "keepAlive": True, "proxyEnv": env})
            answers = []
            for _ in range(2):
                answer = await ask(port, {"agent": agent})
                answers.append((answer.text, answer.req.reused_socket))
                await turns(3)
            assert answers == [("new", False), ("new", True)]
            assert proxy.asked == [(f"127.0.0.1:{port}", "Basic bWU6c2VjcmV0")]
            agent.destroy()


async def test_the_certificate_in_the_tunnel_is_the_servers(credentials: Credentials) -> None:
    async with open_loop():
        server, port = await serving(credentials)
        proxy = Proxy(nodehttp.create_server())
        async with server, proxy.server:
            env = {"https_proxy": f"http://127.0.0.1:{await listening(proxy.server)}"}
            agent = https.Agent({**credentials.trust, "proxyEnv": env})
            wrong = await ask(port, {"agent": agent, "servername": "elsewhere.test"})
            assert wrong.error.code == "ERR_TLS_CERT_ALTNAME_INVALID"
            strangers = https.Agent({"proxyEnv": env})
            assert (await ask(port, {"agent": strangers})).error.code == "UNABLE_TO_VERIFY_LEAF_SIGNATURE"


async def test_an_option_that_is_refused_is_an_error_and_ends_the_tunnel(credentials: Credentials) -> None:
    async with open_loop():
        server, port = await serving(credentials)
        proxy = Proxy(nodehttp.create_server())
        async with server, proxy.server:
            env = {"https_proxy": f"http://127.0.0.1:{await listening(proxy.server)}"}
            answer = await ask(port, {"agent": https.Agent({"proxyEnv": env, "ca": b"no certificate"})})
            assert isinstance(answer.error, Exception)
            assert answer.res is None


async def test_a_host_that_is_excepted_needs_no_tunnel(credentials: Credentials) -> None:
    async with open_loop():
        server, port = await serving(credentials)
        async with server:
            env = {"https_proxy": "http://127.0.0.1:1", "no_proxy": "127.0.0.1"}
            agent = https.Agent({**credentials.trust, "proxyEnv": env})
            assert (await ask(port, {"agent": agent})).text == "new"


async def test_a_refusal_is_an_error_with_the_status(credentials: Credentials) -> None:
    async with open_loop():
        proxy = Proxy(nodehttp.create_server(), refuses=True)
        async with proxy.server:
            env = {"https_proxy": f"http://127.0.0.1:{await listening(proxy.server)}"}
            agent = https.Agent({**credentials.trust, "proxyEnv": env})
            answer = await ask(443, {"agent": agent})
            assert answer.error.code == "ERR_PROXY_TUNNEL"
            assert answer.error.status_code == 403


async def test_a_proxy_that_is_spoken_to_over_tls(
    credentials: Credentials, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_loop():
        server, port = await serving(credentials)
        proxy = Proxy(https.create_server(credentials.server))
        async with server, proxy.server:
            env = {"https_proxy": f"https://127.0.0.1:{await listening(proxy.server)}"}
            agent = https.Agent({**credentials.trust, "proxyEnv": env})
            refused = await ask(port, {"agent": agent})
            assert refused.error.code == "UNABLE_TO_VERIFY_LEAF_SIGNATURE", "nobody trusts the proxy"
            authorities = tmp_path / "authorities.pem"
            authorities.write_bytes(credentials.trust["ca"])
            monkeypatch.setenv("NODE_EXTRA_CA_CERTS", str(authorities))
            assert (await ask(port, {"agent": agent})).text == "new"
            assert proxy.asked == [(f"127.0.0.1:{port}", None)]


async def test_the_global_agent_goes_through_the_proxy_of_the_environment(credentials: Credentials) -> None:
    async with open_loop():
        server, port = await serving(credentials)
        proxy = Proxy(nodehttp.create_server())
        async with server, proxy.server:
            env = {"https_proxy": f"http://127.0.0.1:{await listening(proxy.server)}"}
            before = https.global_agent
            restore = nodehttp.set_global_proxy_from_env(env)
            try:
                assert (await ask(port, credentials.trust)).text == "new"
            finally:
                https.global_agent.destroy()
                restore()
            assert https.global_agent is before
            assert proxy.asked == [(f"127.0.0.1:{port}", None)]
