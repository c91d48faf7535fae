"""Connections of every kind that end at any moment: afterwards the server still serves, and nothing is left open.

TLS_CONNECTIONS=1000 makes so many, TLS_SEED=7 with that seed.

Part: nodehttp/_tls_server.py, nodehttp/_tls_socket.py, nodehttp/_tls_keylog.py, nodehttp/_tls_lenient.py
"""

from __future__ import annotations

import gc
import os
import random
from pathlib import Path
from typing import Any

import trustme

from nodehttp import tls
from nodestream.loop import open_loop
from nodestream.timers import set_immediate, set_timeout

from ..net.support import Trace, emitted, flushed, listening

CONNECTIONS = int(os.environ.get("TLS_CONNECTIONS", "30"))
SEED = int(os.environ.get("TLS_SEED", "0")) or random.randrange(1 << 32)


def descriptors() -> int:
    gc.collect()
    return len(list(Path("/proc/self/fd").iterdir()))


class Servers:
    """One of each kind; they echo, and now and then they hang up."""

    def __init__(self, identity: dict[str, bytes], trust: dict[str, bytes], chance: random.Random) -> None:
        self.chance = chance
        self.other = tls.create_secure_context(identity)
        kinds: list[dict[str, Any]] = [
            {},
            {"sni_callback": self.choose, "handshake_timeout": 200},
            {"request_cert": True},
            {"request_cert": True, "reject_unauthorized": False},
            {"ALPNProtocols": ["a", "b"]},
        ]
        self.all = [tls.create_server({**identity, **trust, **kind}, self.serve) for kind in kinds]
        for server in self.all:
            server.on("tlsClientError", lambda *_: None)
            server.on("keylog", lambda *_: None)

    def choose(self, name: str, done: Any) -> None:
        kind = self.chance.randrange(4)
        if kind == 0:
            raise LookupError(name)
        if kind == 1:
            set_immediate(done, None, self.other)
        elif kind == 2:
            done(LookupError(name))

    def serve(self, socket: Any) -> None:
        socket.on("error", lambda _: None)
        socket.pipe(socket)
        if self.chance.random() < 0.2:
            set_timeout(self.chance.choice([socket.destroy, socket.reset_and_destroy]), self.chance.randrange(8))


async def test_whatever_becomes_of_connections(key_pem: bytes, cert_pem: bytes, ca_pem: bytes) -> None:
    chance = random.Random(SEED)
    identity, trust = {"key": key_pem, "cert": cert_pem}, {"ca": ca_pem}
    stranger = trustme.CA().issue_cert("stranger.test")
    strange = {"key": stranger.private_key_pem.bytes(), "cert": stranger.cert_chain_pems[0].bytes()}
    async with open_loop():
        servers = Servers(identity, trust, chance)
        ports = [await listening(server) for server in servers.all]
        before = descriptors()
        for number in range(CONNECTIONS):
            options: dict[str, Any] = {"port": chance.choice(ports), "host": "127.0.0.1", **trust}
            options |= chance.choice([{}, {"servername": "localhost"}, {"servername": "elsewhere.test"}])
            options |= chance.choice([{}, identity, strange, {"ALPNProtocols": ["z"]}, {"maxVersion": "TLSv1.2"}])
            client = tls.connect(options)
            trace = Trace()
            trace.follow(client, "C", "error", "close")
            client.on("keylog", lambda _: None)
            client.write(bytes(chance.choice([1, 1000, 200_000])), trace.logger("written"))
            client.resume()
            end = chance.choice([client.destroy, client.end, lambda: client.pending or client.reset_and_destroy()])  # noqa: B023
            if chance.random() < 0.5:
                set_immediate(end)
            else:
                set_timeout(end, chance.randrange(12))
            set_timeout(client.destroy, 400).unref()
            await trace.until("C:close", "written")
            told = (number, SEED, trace)
            assert (trace.count_of("C:close"), trace.count_of("written")) == (1, 1), told
            assert trace.count_of("C:error") <= 1, told
        client = tls.connect({"port": ports[0], "servername": "localhost", **trust})
        client.write(b"alive")
        assert await emitted(client, "data") == (b"alive",)
        client.destroy()
        await flushed(client, lambda: descriptors() <= before)
        for server in servers.all:
            server.close()
