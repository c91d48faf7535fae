"""What a request says about itself on the wire: its own headers, and those that fetch adds, in undici's order.

Some headers are the connection's business. Host and Connection are fetch's own, whatever the request has (but for
`Connection: close`, which is obeyed); Transfer-Encoding, Upgrade, Keep-Alive and Expect are refused; a Content-Length
must be that of the body.

Fetch standard, section 4.6: "HTTP-network-or-cache fetch"
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec
from typing import NamedTuple

from ._network_errors import InvalidArgumentError, NotSupportedError, RequestContentLengthMismatchError

_EXPECT_A_BODY = frozenset({"PATCH", "POST", "PROPFIND", "PROPPATCH", "PUT", "QUERY"})
"""Methods that say so when there is no body."""

_CONDITIONAL = frozenset({"if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since"})
_FORBIDDEN = frozenset({"keep-alive", "transfer-encoding", "upgrade"})
_OURS = frozenset({"connection", "content-length", "host"})

USER_AGENT = "node"


class Outline(NamedTuple):
    """What the headers of a request depend on.

    `host` is as the Host header has it; `length` the bytes of the body, None if there is none or nobody knows.
    """

    method: str
    host: str
    is_secure: bool
    has_body: bool
    length: int | None
    mode: str
    cache: str
    referrer: str | None


class RequestHead(NamedTuple):
    """The headers as a flat list of names and values, and how many bytes of body they promise (None: chunked)."""

    headers: list[str]
    length: int | None


def request_head(outline: Outline, given: Iterable[tuple[str, str]]) -> RequestHead:
    """The headers of a request whose own ones are `given`.

    Raises InvalidArgumentError, NotSupportedError, RequestContentLengthMismatchError.
    """
    pairs = list(given)
    own = {name.lower(): value for name, value in pairs}
    _check(own)
    length = _length(outline, own)
    head = ["host", outline.host, "connection", _connection(outline, own)]
    for name, value in pairs:
        key = name.lower()
        if key not in _OURS:
            head += (key, outline.mode) if key == "sec-fetch-mode" else (name, value)
    for name, value in _additions(outline, own):
        if name not in own:
            head += (name, value)
    if length is not None and (length or outline.method in _EXPECT_A_BODY):
        head += ("content-length", str(length))
    elif length is None and outline.has_body:
        head += ("transfer-encoding", "chunked")
    return RequestHead(head, length)


def _check(own: dict[str, str]) -> None:
    for name in own:
        if name in _FORBIDDEN:
            raise InvalidArgumentError(f"invalid {name} header")
        if name == "expect":
            raise NotSupportedError("expect header not supported")
    length = own.get("content-length")
    if length is not None and not (length.isascii() and length.isdigit()):
        raise InvalidArgumentError("invalid content-length header")


def _length(outline: Outline, own: dict[str, str]) -> int | None:
    promised = own.get("content-length")
    if not outline.has_body:
        return 0
    if promised is None:
        return outline.length
    if outline.length is not None and outline.length != int(promised):
        raise RequestContentLengthMismatchError
    return int(promised)


def _connection(outline: Outline, own: dict[str, str]) -> str:
    asked = own.get("connection", "").lower().split(",")
    return "close" if outline.method == "HEAD" or "close" in map(str.strip, asked) else "keep-alive"


def _additions(outline: Outline, own: dict[str, str]) -> Iterable[tuple[str, str]]:
    """What is added, unless the request has a header of that name."""
    yield "accept", "*/*"
    yield "accept-language", "*"
    if outline.referrer is not None:
        yield "referer", outline.referrer
    yield "sec-fetch-mode", outline.mode
    yield "user-agent", USER_AGENT
    cache = outline.cache
    if cache == "default" and not _CONDITIONAL.isdisjoint(own):
        cache = "no-store"
    if cache == "no-cache":
        yield "cache-control", "max-age=0"
    elif cache in ("no-store", "reload"):
        yield "pragma", "no-cache"
        yield "cache-control", "no-cache"
    yield "accept-encoding", _codings(outline, own)


def _codings(outline: Outline, own: dict[str, str]) -> str:
    if "range" in own:
        return "identity"
    return "br, gzip, deflate" if outline.is_secure and _HAS_BROTLI else "gzip, deflate"


_HAS_BROTLI = find_spec("brotli") is not None
"""What cannot be undone must not be asked for."""
