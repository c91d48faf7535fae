"""The engine of a server that takes any certificate. What it does in connections: tests/nodehttp/https/test_https.py.

Part: nodehttp/_tls_lenient.py
"""

from __future__ import annotations

from nodehttp._tls_context import create_secure_context
from nodehttp._tls_lenient import LenientEngine, lenient_context


def test_an_end_within_the_handshake_is_no_error(key_pem: bytes, cert_pem: bytes) -> None:
    engine = LenientEngine(lenient_context(create_secure_context(key=key_pem, cert=cert_pem), None))
    assert not engine.shake_hands()
    engine.end()
    assert engine.outgoing() == b""
