"""What a server received, as a `Request`.

The URL is made of the Host header, since that is how the client named the server. Headers of the connection alone (RFC
9110 section 7.6.1), and those that the server has dealt with already (Transfer-Encoding, Expect), are left out, so that
the request can be passed on as it is.
"""

from __future__ import annotations

from nodestream.abort import AbortSignal

from ._incoming import IncomingMessage
from ._url import origin_of, url_to_options
from .fetch._body import Body
from .fetch._body_chunks import ReadableChunks
from .fetch._headers import Pair
from .fetch._request import Request

OF_THE_CONNECTION = frozenset(
    {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
)
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
    scheme = "https" if getattr(message.socket, "encrypted", False) else "http"
    if not target.startswith("/"):
        if "://" in target:  # as a client writes it to a proxy
            return str(url_to_options(target)["href"])
        target = f"/{target}"
    base = str(url_to_options(f"{scheme}://{_host(message)}")["href"])
    return str(url_to_options(origin_of(base) + target)["href"])


def _host(message: IncomingMessage) -> str:
    host = message.headers.get("host")
    if host:
        return str(host)
    socket = message.socket
    address = getattr(socket, "local_address", None) or "localhost"
    return f"[{address}]:{socket.local_port}" if ":" in address else f"{address}:{getattr(socket, 'local_port', 80)}"


def _body(message: IncomingMessage) -> Body | None:
    """Fetch standard, section 2.2.4; a request without a body says so by saying nothing (RFC 9112 section 6.3)."""
    length = message.headers.get("content-length")
    if length is None and "transfer-encoding" not in message.headers:
        return None
    size = None if length is None else int(length)
    return Body(lambda: ReadableChunks(message), length=size) if size != 0 else None
