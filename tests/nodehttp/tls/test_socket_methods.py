"""What a TLSSocket tells of itself, and what it is told to do: the own certificate, the size of records, renegotiation.

Part: nodehttp/_tls_socket.py, _tls_engine.py, _tls_lenient.py
"""

from __future__ import annotations

from typing import Any

import pytest
import trustme

from nodehttp import tls
from nodehttp._tls_certificate import peer_certificate
from nodehttp._tls_engine import RECORD, records
from nodehttp._tls_pem import certificates
from nodestream import Duplex, duplex_pair
from nodestream.loop import open_loop

from ..net.support import emitted

APPLICATION_DATA = 23
OVERHEAD = 24
"""Bytes that AES-GCM adds to a record of TLS 1.2."""

AES = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256"


def sizes_of_records(data: bytes) -> list[int]:
    """How much of what was written is in each record that holds some."""
    sizes, at = [], 0
    while at < len(data):
        length = int.from_bytes(data[at + 3 : at + 5])
        if data[at] == APPLICATION_DATA:
            sizes.append(length - OVERHEAD)
        at += 5 + length
    return sizes


def noted(stream: Duplex) -> bytearray:
    """What is written to `stream` from here on."""
    sent, write = bytearray(), stream.write

    def writing(chunk: Any, *args: Any) -> bool:
        sent.extend(chunk)
        return write(chunk, *args)

    stream.write = writing  # type: ignore[method-assign,assignment]
    return sent


@pytest.mark.parametrize("asks_for_any_certificate", [False, True], ids=["ssl", "pyopenssl"])
async def test_a_record_holds_no_more_than_was_set_before_and_after_the_handshake(
    key_pem: bytes, cert_pem: bytes, ca_pem: bytes, asks_for_any_certificate: bool
) -> None:
    async with open_loop():
        ours, theirs = duplex_pair()
        own = {"key": key_pem, "cert": cert_pem, "max_version": "TLSv1.2", "ciphers": AES}
        lenient = {"request_cert": True, "reject_unauthorized": False} if asks_for_any_certificate else {}
        server = tls.TLSSocket(theirs, {"is_server": True, **own, **lenient})
        assert server.set_max_send_fragment(600)
        client = tls.connect({"socket": ours, "servername": "localhost", "ca": ca_pem})
        await emitted(client, "secureConnect")
        sent = noted(theirs)
        server.write(b"a" * 1500)
        assert await emitted(client, "data") == (b"a" * 600,)
        assert server.setMaxSendFragment(1000)
        assert not server.set_max_send_fragment(511)
        server.end(b"b" * 1500)
        await emitted(client, "end")
        assert sizes_of_records(bytes(sent)) == [600, 600, 300, 1000, 500]
        client.destroy()
        server.destroy()
        assert not server.set_max_send_fragment(600)


@pytest.mark.parametrize(
    ("size", "largest", "sizes"),
    [
        (0, RECORD, []),
        (0, 512, []),
        (512, 512, [512]),
        (513, 512, [512, 1]),
        (2048, 512, [512] * 4),
        (3 * RECORD, RECORD, [3 * RECORD]),
    ],
)
def test_what_is_written_is_cut_only_for_smaller_records(size: int, largest: int, sizes: list[int]) -> None:
    assert [len(piece) for piece in records(memoryview(bytes(size)), largest)] == sizes


async def test_the_own_certificate_is_the_last_of_several(
    authority: trustme.CA, cert_pem: bytes, key_pem: bytes
) -> None:
    other = authority.issue_cert("other.test")
    options: dict[str, Any] = {
        "key": [other.private_key_pem.bytes(), key_pem],
        "cert": [other.cert_chain_pems[0].bytes(), cert_pem],
    }
    async with open_loop():
        socket = tls.TLSSocket(None, options)
        assert socket.get_certificate() == peer_certificate(certificates(cert_pem)[0])
        socket.destroy()
        assert socket.getCertificate() is None


@pytest.mark.parametrize(
    ("version", "code"), [("TLSv1.2", "ERR_SSL_NO_RENEGOTIATION"), ("TLSv1.3", "ERR_SSL_WRONG_SSL_VERSION")]
)
async def test_nothing_is_renegotiated(key_pem: bytes, cert_pem: bytes, ca_pem: bytes, version: str, code: str) -> None:
    async with open_loop():
        ours, theirs = duplex_pair()
        server = tls.TLSSocket(theirs, {"is_server": True, "key": key_pem, "cert": cert_pem, "max_version": version})
        client = tls.connect({"socket": ours, "servername": "localhost", "ca": ca_pem})
        errors: list[Any] = []
        assert client.renegotiate({}, errors.append) is False
        assert errors == []
        await emitted(client, "secureConnect")
        assert client.renegotiate({}, errors.append) is False
        client.disable_renegotiation()
        server.write("x")
        await emitted(client, "data")
        assert [error.code for error in errors] == ["ERR_SSL_NO_RENEGOTIATION", code]
        client.destroy()
        assert client.renegotiate({}, errors.append) is None
        server.destroy()
    assert len(errors) == 2
