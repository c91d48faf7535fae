"""Servers and requests over TLS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import trio
import trustme

from nodehttp import ClientRequest, IncomingMessage, https
from nodestream.loop import Promise

from ..net.support import PATIENCE, listening


@dataclass(frozen=True)
class Credentials:
    """What a server shows, what a client trusts, and another client's certificate, which nobody knows."""

    server: dict[str, bytes]
    trust: dict[str, bytes]
    stranger: dict[str, bytes]

    @staticmethod
    def of(authority: trustme.CA, strange: trustme.CA, leaf: trustme.LeafCert) -> Credentials:
        other = strange.issue_cert("stranger@example.test")
        return Credentials(
            server={"key": leaf.private_key_pem.bytes(), "cert": leaf.cert_chain_pems[0].bytes()},
            trust={"ca": authority.cert_pem.bytes()},
            stranger={"key": other.private_key_pem.bytes(), "cert": other.cert_chain_pems[0].bytes()},
        )


@dataclass
class Answer:
    """What came of a request: the body, or the error."""

    req: ClientRequest
    res: IncomingMessage | None = None
    text: str = ""
    error: Any = None


async def ask(port: int, options: Mapping[str, Any]) -> Answer:
    """One GET to 127.0.0.1."""
    done: Promise[None] = Promise()
    answer = Answer(https.request({"host": "127.0.0.1", "port": port, **options}))

    def on_response(res: IncomingMessage) -> None:
        answer.res = res
        res.set_encoding("utf8")
        res.on("data", add)
        res.on("end", lambda: done.resolve(None))

    def add(text: str) -> None:
        answer.text += text

    def fail(error: Any) -> None:
        answer.error = error
        done.resolve(None)

    answer.req.on("response", on_response)
    answer.req.on("error", fail)
    answer.req.end()
    with trio.fail_after(PATIENCE):
        await done
    return answer


async def serving(credentials: Credentials, **options: Any) -> tuple[https.Server, int]:
    """A server that answers with "resumed" or "new"."""

    def answer(req: Any, res: Any) -> None:
        res.end("resumed" if req.socket.is_session_reused() else "new")

    server = https.create_server({**credentials.server, **options}, answer)
    return server, await listening(server)
