"""The secrets of connections: for their own connection, and no more of them than somebody may still ask for.

Part: nodehttp/_tls_keylog.py
"""

from __future__ import annotations

import gc
import os
import ssl
from pathlib import Path

import trustme

from nodehttp._tls_context import create_secure_context
from nodehttp._tls_engine import Engine
from nodehttp._tls_keylog import MOST_CONNECTIONS, MOST_LINES, key_log_of


def contexts(authority: trustme.CA, key_pem: bytes, cert_pem: bytes) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    server = create_secure_context(key=key_pem, cert=cert_pem).ssl_context(server=True, verify=True)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(client)
    return client, server


def hello_of(client: ssl.SSLContext) -> tuple[Engine, bytes]:
    engine = Engine(client, server_side=False, server_name="localhost")
    engine.shake_hands()
    return engine, engine.outgoing()


def test_handshakes_that_fail_leave_little_behind(authority: trustme.CA, key_pem: bytes, cert_pem: bytes) -> None:
    client, server = contexts(authority, key_pem, cert_pem)
    log = key_log_of(server)
    _, hello = hello_of(client)
    for _ in range(50):
        engine = Engine(server, server_side=True, client_random=hello[11:43], logs_keys=True)
        size = os.fstat(log._fd).st_size
        assert size == 0
        engine.feed(hello)
        assert not engine.shake_hands()
        assert os.fstat(log._fd).st_size > 0
    assert len(log._lines) <= MOST_CONNECTIONS


def test_connections_that_nobody_listens_to_do_not_fill_the_log_of_one_that_is_quiet(
    authority: trustme.CA, key_pem: bytes, cert_pem: bytes
) -> None:
    client, server = contexts(authority, key_pem, cert_pem)
    quiet = key_log_of(server)
    _, hello = hello_of(client)
    sizes = set()
    for _ in range(50):
        engine = Engine(server, server_side=True)
        engine.feed(hello)
        assert not engine.shake_hands()
        sizes.add(os.fstat(quiet._fd).st_size)
        assert engine.key_log_lines() == []
    assert len(sizes) == 1
    assert sizes.pop() > 0
    assert len(quiet.take(hello[11:43])) == MOST_LINES


def test_no_descriptor_is_left(authority: trustme.CA, key_pem: bytes, cert_pem: bytes) -> None:
    client, server = contexts(authority, key_pem, cert_pem)
    _, hello = hello_of(client)
    gc.collect()
    before = len(list(Path("/proc/self/fd").iterdir()))
    engine: Engine | None = Engine(server, server_side=True, client_random=hello[11:43], logs_keys=True)
    assert len(list(Path("/proc/self/fd").iterdir())) > before
    assert engine is not None
    engine = None
    gc.collect()
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert server.keylog_filename is None
