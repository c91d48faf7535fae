"""Agents and servers of https: what is kept between connections, who is trusted, what is told.

What is as in Node is in compliance/scenarios/https.py.

Part: nodehttp/_https_agent.py, _https_server.py, _https_client.py, _tls_lenient.py, _tls_keylog.py
"""

from __future__ import annotations

import ssl
import sys
from typing import Any

import pytest

import nodehttp
from nodehttp import _tls_connect, https, tls
from nodestream.loop import open_loop

from ..net.support import emitted, listening, turns
from .support import Credentials, ask, serving


async def test_a_session_is_resumed_until_the_agent_has_to_forget_it(credentials: Credentials) -> None:
    async with open_loop():
        server, port = await serving(credentials)
        async with server:
            agent = https.Agent({**credentials.trust, "maxCachedSessions": 1})
            texts = []
            for name in ("localhost", "localhost", "127.0.0.1", "localhost"):
                texts.append((await ask(port, {"agent": agent, "servername": name})).text)
                await turns(3)
            assert texts == ["new", "resumed", "new", "new"]


async def test_a_connection_that_fails_costs_the_session(credentials: Credentials) -> None:
    async with open_loop():
        server, port = await serving(credentials)
        async with server:
            agent = https.Agent(credentials.trust)
            assert (await ask(port, {"agent": agent})).text == "new"
            await turns(3)

            def destroy(_req: Any, res: Any) -> None:
                res.socket.reset_and_destroy()

            server.prepend_once_listener("request", destroy)
            failed = await ask(port, {"agent": agent})
            assert failed.error.code == "ECONNRESET"
            await turns(3)
            assert (await ask(port, {"agent": agent})).text == "new"


async def test_other_ticket_keys_end_all_sessions(credentials: Credentials) -> None:
    async with open_loop():
        server, port = await serving(credentials)
        async with server:
            agent = https.Agent(credentials.trust)
            texts = []
            for _ in range(2):
                texts.append((await ask(port, {"agent": agent})).text)
                await turns(3)
            before = server.get_ticket_keys()
            server.set_ticket_keys(bytes(48))
            assert server.get_ticket_keys() == bytes(48) != before
            texts.append((await ask(port, {"agent": agent})).text)
            assert texts == ["new", "resumed", "new"]
    for wrong in (5, b"short"):
        with pytest.raises(TypeError):
            server.set_ticket_keys(wrong)  # type: ignore[arg-type]


async def test_what_one_request_has_checked_in_its_own_way_serves_no_other(credentials: Credentials) -> None:
    async with open_loop():
        server, port = await serving(credentials)
        async with server:
            agent = https.Agent({**credentials.trust, "keepAlive": True})
            hosts: list[str] = []

            def check(host: str) -> None:
                hosts.append(host)

            for _ in range(2):
                answer = await ask(port, {"agent": agent, "check_server_identity": check})
                assert (answer.text, answer.req.reused_socket) == ("new", False)
                await turns(3)
            assert hosts == ["127.0.0.1"] * 2
            assert agent.free_sockets == {}
            assert not (await ask(port, {"agent": agent})).req.reused_socket
            agent.destroy()


async def test_so_is_it_when_the_request_is_one_of_http_with_an_agent_of_https(credentials: Credentials) -> None:
    async with open_loop():
        server, port = await serving(credentials)
        async with server:
            agent = https.Agent({**credentials.trust, "keepAlive": True})
            options = {"agent": agent, "host": "127.0.0.1", "port": port, "servername": "elsewhere.test"}
            lax = nodehttp.request({**options, "protocol": "https:", "check_server_identity": lambda *_: None})
            (response,) = await emitted(lax.end(), "response")
            await emitted(response.resume(), "close")
            await turns(3)
            strict = await ask(port, options)
            assert strict.error.code == "ERR_TLS_CERT_ALTNAME_INVALID"


async def test_a_request_with_a_context_of_its_own_shares_sockets_with_that_context_only(
    credentials: Credentials,
) -> None:
    async with open_loop():
        server, port = await serving(credentials)
        async with server:
            agent = https.Agent({"keepAlive": True})
            knows = tls.create_secure_context(credentials.trust)
            for context, text in ((knows, "new"), (knows, "new"), (tls.create_secure_context(), ""), (None, "")):
                answer = await ask(port, {"agent": agent, "secureContext": context})
                assert answer.text == text
                assert answer.error is None or answer.error.code == "UNABLE_TO_VERIFY_LEAF_SIGNATURE"
                await turns(3)
            assert agent.total_socket_count == 1
            agent.destroy()


def test_keys_in_objects_have_names_of_their_own() -> None:
    agent = https.Agent()
    names = {agent.get_name({"key": [{"pem": key, "passphrase": "geheim"}]}) for key in (b"one", b"another", b"one")}
    assert len(names) == 2
    assert not any("geheim" in name for name in names)


async def test_a_check_of_the_agent_is_one_for_all(credentials: Credentials) -> None:
    async with open_loop():
        server, port = await serving(credentials)
        async with server:

            def check(_host: str) -> None:
                return

            agent = https.Agent({**credentials.trust, "keepAlive": True, "checkServerIdentity": check})
            reused = []
            for _ in range(2):
                reused.append((await ask(port, {"agent": agent, "checkServerIdentity": check})).req.reused_socket)
                await turns(3)
            assert reused == [False, True]
            agent.destroy()


async def test_the_secrets_are_the_same_on_both_sides_and_name_their_connection(credentials: Credentials) -> None:
    async with open_loop():
        server, port = await serving(credentials)
        async with server:
            agent = https.Agent(credentials.trust)
            ours: list[bytes] = []
            theirs: list[bytes] = []
            agent.on("keylog", lambda line: ours.append(line))  # noqa: PLW0108
            server.on("keylog", lambda line: theirs.append(line))  # noqa: PLW0108
            await ask(port, {"agent": agent})
            await ask(port, {"agent": False, **credentials.trust})
            await turns(3)
            randoms = {line.split()[1] for line in ours}
            assert len(ours) == 5
            assert all(line.endswith(b"\n") for line in ours)
            assert len(randoms) == 1
            assert len(theirs) == 10
            assert sorted(line for line in theirs if line.split()[1] in randoms) == sorted(ours)


async def test_without_the_package_a_certificate_that_is_let_pass_does_not_count_as_verified(
    credentials: Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_loop():
        server, port = await serving(credentials)
        async with server:
            monkeypatch.setitem(sys.modules, "OpenSSL.crypto", None)
            answer = await ask(port, {"agent": False, "rejectUnauthorized": False, **credentials.trust})
            assert answer.text == "new"
            assert answer.res is not None
            socket: Any = answer.res.socket
            assert (socket.authorized, socket.authorization_error) == (False, "ERR_TLS_CERT_NOT_VERIFIED")


def test_without_the_package_a_server_that_takes_any_certificate_says_what_to_install(
    credentials: Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "OpenSSL.SSL", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install nodehttp\[tls\]"):
        https.create_server({**credentials.server, "requestCert": True, "rejectUnauthorized": False})


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
async def test_a_server_that_takes_any_certificate(credentials: Credentials, version: str) -> None:
    async with open_loop():
        subjects: list[Any] = []

        def answer(req: Any, res: Any) -> None:
            certificate = req.socket.get_peer_certificate()
            subjects.append((req.socket.authorized, "subject" in certificate, req.socket.alpn_protocol))
            res.end(b"x" * 300_000)

        options = {**credentials.server, "requestCert": True, "rejectUnauthorized": False, "maxVersion": version}
        async with https.create_server(options, answer) as server:
            port = await listening(server)
            for extra in ({}, {**credentials.stranger, "ALPNProtocols": ["http/1.1"]}):
                got = await ask(port, {"agent": False, **credentials.trust, **extra})
                assert len(got.text) == 300_000
                assert got.res is not None
                socket: Any = got.res.socket
                assert socket.get_protocol() == version
            assert subjects == [(False, False, False), (False, True, "http/1.1")]


async def test_a_server_that_takes_any_certificate_keeps_to_its_options(credentials: Credentials) -> None:
    async with open_loop():
        options = {**credentials.server, "requestCert": True, "rejectUnauthorized": False}
        suites = ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"]
        options |= {"secureOptions": int(ssl.OP_NO_TLSv1_3), "ciphers": ":".join(suites), "honorCipherOrder": True}
        async with https.create_server(options, lambda _req, res: res.end()) as server:
            port = await listening(server)
            client = {"agent": False, **credentials.trust, "ciphers": ":".join(suites[::-1])}
            got = await ask(port, client)
            assert got.res is not None
            socket: Any = got.res.socket
            assert (socket.get_protocol(), socket.get_cipher()["name"]) == ("TLSv1.2", suites[0])


async def test_the_environment_can_let_everything_pass_and_that_is_worth_a_warning(
    credentials: Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NODE_TLS_REJECT_UNAUTHORIZED", "0")
    monkeypatch.setattr(_tls_connect, "_has_warned", False)
    async with open_loop():
        server, port = await serving(credentials)
        async with server:
            with pytest.warns(Warning, match="NODE_TLS_REJECT_UNAUTHORIZED") as warned:
                for _ in range(2):
                    assert (await ask(port, {"agent": False})).text == "new"
            assert len(warned) == 1
            strict = await ask(port, {"agent": False, "rejectUnauthorized": True})
            assert strict.error.code == "UNABLE_TO_VERIFY_LEAF_SIGNATURE"


def test_the_protocols_of_a_server() -> None:
    assert https.create_server().ALPNProtocols == b"\x08http/1.1"
    assert https.create_server({"ALPNProtocols": ["a", "bc"]}).alpn_protocols == b"\x01a\x02bc"

    def choose(_offer: Any) -> None:
        return

    server = https.create_server({"ALPNCallback": choose})
    assert (server.alpn_protocols, server.alpn_callback) == (None, choose)
    assert tls.create_server().alpn_protocols is None


def test_the_global_agent_can_be_another_one() -> None:
    before = https.global_agent
    try:
        https.globalAgent = other = https.Agent()
        assert https.global_agent is other
    finally:
        https.global_agent = before


async def test_a_check_that_fails_lets_nobody_pass(credentials: Credentials) -> None:
    async with open_loop():
        seen: list[str] = []
        server = https.create_server(credentials.server, lambda req, res: seen.append(req.url))

        def check(_host: str) -> None:
            raise LookupError("the check is broken")

        async with server:
            port = await listening(server)
            answer = await ask(port, {"agent": False, **credentials.trust, "checkServerIdentity": check})
            assert isinstance(answer.error, LookupError)
            assert seen == []


async def test_a_callback_of_the_server_that_raises_costs_its_connection_only(credentials: Credentials) -> None:
    async with open_loop():

        def choose(name: str, done: Any) -> None:
            if name == "broken.test":
                raise LookupError(name)
            done()

        def pick(offer: Any) -> str:
            raise LookupError(offer["protocols"][0])

        errors: list[str] = []
        options = {"SNICallback": choose, "ALPNCallback": pick}
        server, port = await serving(credentials, **options)
        server.on("tlsClientError", lambda error: errors.append(str(error)))
        async with server:
            trusting = {"agent": False, **credentials.trust, "rejectUnauthorized": False}
            for extra in ({"servername": "broken.test"}, {"ALPNProtocols": ["odd"]}):
                assert (await ask(port, {**trusting, **extra})).error is not None
            assert (await ask(port, trusting)).text == "new"
            assert errors == ["broken.test", "odd"]
