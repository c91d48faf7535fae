"""A session spares a client the server's certificate, so it must be that of the server that is meant.

Part: nodehttp/_tls_sessions.py, nodehttp/_tls_socket.py
"""

from __future__ import annotations

from typing import Any

import pytest
import trustme

from nodehttp import tls
from nodehttp._tls_sessions import Expected, keep_session, session_for
from nodestream.loop import open_loop

from ..net.support import emitted, listening, turns
from .support import Pair


class Visit:
    """A connection to the server: what became of it, and the session."""

    def __init__(self, port: int, options: dict[str, Any]) -> None:
        self.session: bytes | None = None
        self.error: Any = None
        self.socket = tls.connect({"port": port, "host": "127.0.0.1", **options})
        self.socket.on("session", self._keep)
        self.socket.on("error", self._fail)

    def _keep(self, session: bytes) -> None:
        self.session = session

    def _fail(self, error: Any) -> None:
        self.error = error

    async def made(self) -> Visit:
        self.socket.resume()
        await emitted(self.socket, "close")
        return self

    @property
    def outcome(self) -> Any:
        return self.error.code if self.error is not None else self.reused

    reused = False

    def note(self) -> None:
        self.reused = self.socket.is_session_reused()


async def visited(port: int, **options: Any) -> Visit:
    visit = Visit(port, options)
    visit.socket.once("secureConnect", visit.note)
    return await visit.made()


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
async def test_a_session_is_resumed_by_who_expects_the_same_server_in_the_same_way(
    version: str, key_pem: bytes, cert_pem: bytes, ca_pem: bytes
) -> None:
    def lax(_host: str) -> None:
        return

    async with open_loop():
        options = {"key": key_pem, "cert": cert_pem, "maxVersion": version}
        server = tls.create_server(options, lambda socket: socket.end("x"))
        server.on("tlsClientError", lambda *_: None)
        port = await listening(server)
        async with server:
            first = await visited(port, ca=ca_pem, servername="localhost")
            assert first.session is not None
            again = await visited(port, ca=ca_pem, servername="localhost", session=first.session)
            assert again.outcome is True
            other_name = await visited(port, ca=ca_pem, session=first.session)
            assert other_name.outcome is False
            wrong = await visited(port, ca=ca_pem, servername="elsewhere.test", check_server_identity=lax)
            assert wrong.session is not None
            as_lax = {"servername": "elsewhere.test", "check_server_identity": lax, "session": wrong.session}
            assert (await visited(port, ca=ca_pem, **as_lax)).outcome is True
            strict = await visited(port, ca=ca_pem, servername="elsewhere.test", session=wrong.session)
            assert strict.outcome == "ERR_TLS_CERT_ALTNAME_INVALID"
            unverified = await visited(port, servername="localhost", reject_unauthorized=False)
            verified = await visited(port, servername="localhost", session=unverified.session)
            assert verified.outcome == "UNABLE_TO_VERIFY_LEAF_SIGNATURE"


def test_a_session_with_the_number_of_another_does_not_take_its_place(
    key_pem: bytes, cert_pem: bytes, ca_pem: bytes
) -> None:
    client = tls.create_secure_context(ca=ca_pem).ssl_context(server=False, verify=True)
    server = tls.create_secure_context(key=key_pem, cert=cert_pem).ssl_context(server=True, verify=True)
    native = Pair(client, server).client.session
    assert native is not None
    good, bad = Expected("good.test", None), Expected("bad.test", None)
    first, second = (keep_session(native, client, each, None) for each in (good, bad))
    assert session_for(first.token, client, good) == first
    assert session_for(second.token, client, good) is None
    assert session_for(first.token, server, good) is None


async def test_a_resumed_session_keeps_its_verdict() -> None:
    root = trustme.CA()
    leaf = root.create_child_ca().issue_cert("localhost")
    chain = b"".join(each.bytes() for each in leaf.cert_chain_pems)
    async with open_loop():
        server = tls.create_server({"key": leaf.private_key_pem.bytes(), "cert": chain}, lambda socket: socket.end("x"))
        port = await listening(server)
        async with server:
            for trust, verdict in ({"ca": root.cert_pem.bytes()}, None), ({}, "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"):
                options = {"servername": "localhost", "reject_unauthorized": False, **trust}
                first = await visited(port, **options)
                again = await visited(port, session=first.session, **options)
                assert again.outcome is True
                for socket in (first.socket, again.socket):
                    assert (socket.authorized, socket.authorization_error) == (verdict is None, verdict)


async def test_the_session_of_a_connection_has_one_token(key_pem: bytes, cert_pem: bytes, ca_pem: bytes) -> None:
    async with open_loop():
        server = tls.create_server({"key": key_pem, "cert": cert_pem, "maxVersion": "TLSv1.2"})
        port = await listening(server)
        async with server:
            tokens = []
            session = None
            for _ in range(2):
                socket = tls.connect({"port": port, "servername": "localhost", "ca": ca_pem, "session": session})
                await emitted(socket, "secureConnect")
                session = socket.get_session()
                tokens += [session, socket.get_session()]
                socket.destroy()
                await turns(3)
            assert tokens[0] == tokens[1]
            assert tokens[2] == tokens[3]


@pytest.mark.parametrize("name", ["a..b", ".a", "x" * 70 + ".test", "a\0b"])
async def test_a_name_that_is_none_fails_the_connection_and_nothing_else(
    name: str, key_pem: bytes, cert_pem: bytes, ca_pem: bytes
) -> None:
    async with open_loop():
        server = tls.create_server({"key": key_pem, "cert": cert_pem})
        server.on("tlsClientError", lambda *_: None)
        port = await listening(server)
        async with server:
            visit = await visited(port, servername=name, ca=ca_pem)
            assert visit.error is not None
