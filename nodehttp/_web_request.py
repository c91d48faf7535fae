"""What a server received, as a `Request`.

The URL is made of the Host header, since that is how the client named the server. That is a host and a port: whatever
else it holds is refused, for others may read it in another way.

Headers of the connection alone (RFC 9110 section 7.6.1), and those that the server has dealt with already
(Transfer-Encoding, Expect), are left out, so that the request can be passed on as it is.
"""

from __future__ import annotations

import re
from typing import Any

from nodestream.abort import AbortSignal
from nodestream.errors import ERR_INVALID_URL

from ._incoming import IncomingMessage
from ._url import url_to_options
from .fetch._body import Body
from .fetch._body_chunks import ReadableChunks
from .fetch._headers import Pair
from .fetch._request import Request

OF_THE_CONNECTION = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
)
_HOST = re.compile(r"[^\s/\\?#@]+")
_LEFT_OUT = OF_THE_CONNECTION | {"expect"}


def request_of(message: IncomingMessage, signal: AbortSignal) -> Request:
    """The request that `message` is. Raises ERR_INVALID_URL if its target or its Host header make no URL."""
    return Request._of_message(
        method=message.method or "",
        url=_url(message),
        header_pairs=end_to_end(list(zip(message.raw_headers[::2], message.raw_headers[1::2], strict=True)), _LEFT_OUT),
        body=_body(message),
        signal=signal,
    )


def end_to_end(pairs: list[Pair], left_out: frozenset[str]) -> list[Pair]:
    """Names and values without those left out, and without those that the Connection header names."""
    for name, value in pairs:
        if name.lower() == "connection":
            left_out = left_out.union(token.strip().lower() for token in value.split(","))
    return [pair for pair in pairs if pair[0].lower() not in left_out]


def _url(message: IncomingMessage) -> str:
    target = message.url or "/"
    if not target.startswith("/"):
        if "://" in target:
            return _absolute(target)
        target = f"/{target}"
    scheme = "https" if getattr(message.socket, "encrypted", False) else "http"
    host = message.headers.get("host") or _address(message.socket)
    if _HOST.fullmatch(host) is None:
        raise ERR_INVALID_URL(host)
    return str(url_to_options(f"{scheme}://{host}{target}")["href"])


def _absolute(target: str) -> str:
    """A target as a client writes it to a proxy (RFC 9112 section 3.2.2)."""
    options = url_to_options(target)
    if options["protocol"] not in ("http:", "https:") or "auth" in options:
        raise ERR_INVALID_URL(target)
    return str(options["href"])


def _address(socket: Any) -> str:
    """Where a server is that the client did not name."""
    address = getattr(socket, "local_address", None)
    if address is None:  # a Unix socket, or what is no socket at all
        return "localhost"
    return f"[{address}]:{socket.local_port}" if ":" in address else f"{address}:{socket.local_port}"


def _body(message: IncomingMessage) -> Body | None:
    """Fetch standard, section 2.2.4; a request without a body says so by saying nothing (RFC 9112 section 6.3)."""
    length = message.headers.get("content-length")
    if length is None and "transfer-encoding" not in message.headers:
        return None
    size = None if length is None else int(length)
    return Body(lambda: ReadableChunks(message), length=size) if size != 0 else None
