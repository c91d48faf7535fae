"""What a proxy changes in the headers of a message, RFC 9110 section 7.6 and RFC 9112 section 6."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import SplitResult

from ._paths import RefusedPath, path_and_query

PSEUDONYM = "1.1 nodehttp"

_HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
# Never taken over as it came: how a body is framed is decided for each side anew.
_FRAMING = frozenset({"content-length", "transfer-encoding"})
_NOT_IN_TRAILERS = (
    _HOP_BY_HOP | _FRAMING | {"host", "content-encoding", "content-type", "content-range", "authorization"}
)
_EXPECT_A_BODY = frozenset({"POST", "PUT", "PATCH"})
_WITHOUT_LENGTH = frozenset({204})


class Target(NamedTuple):
    """Where requests go: a host and port, and the path that is put before theirs (without a slash at its end)."""

    host: str
    port: int
    base: str

    @property
    def authority(self) -> str:
        """As the Host header has it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == 80 else f"{host}:{self.port}"

    def path_of(self, request_target: str) -> str:
        """The path and query to ask the target for. Raises RefusedPath."""
        if request_target == "*" and not self.base:
            return "*"
        path, query = path_and_query(request_target)
        if self.base and _climbs(path):
            raise RefusedPath(400, "The path leads upwards.")
        return self.base + path + query

    def location_here(self, location: str) -> str:
        """A Location header of the target as the proxy's client needs it."""
        for prefix in (f"http://{self.authority}{self.base}", self.base):
            rest = location[len(prefix) :]
            # Two slashes at the beginning would name another host.
            if prefix and location.startswith(prefix) and rest.startswith("/") and not rest.startswith("//"):
                return rest
        return location


def target_of(url: SplitResult) -> Target:
    """The target that a URL names."""
    return Target(url.hostname or "", url.port or 80, url.path.rstrip("/"))


def _climbs(path: str) -> bool:
    decoded = path.lower().replace("%2e", ".").replace("%2f", "/").replace("%5c", "/").replace("\\", "/")
    return ".." in decoded.split("/")


def pairs(raw: list[str]) -> Iterator[tuple[str, str]]:
    """Names and values out of a flat list."""
    return zip(raw[::2], raw[1::2], strict=True)


def end_to_end(raw: list[str], headers: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The fields that are for the other side, without those of this connection and without framing."""
    named = {name.strip().lower() for name in headers.get("connection", "").split(",")}
    dropped = _HOP_BY_HOP | _FRAMING | named
    return [(name, value) for name, value in pairs(raw) if name.lower() not in dropped]


def request_headers(request: Any, target: Target) -> list[str]:
    """The headers of a request as the target gets them, as a flat list."""
    headers = request.headers
    client = request.socket.remote_address or "unknown"
    replaced = {"host", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto"}
    kept = [field for field in end_to_end(request.raw_headers, headers) if field[0].lower() not in replaced]
    return _flat(
        [
            ("Host", target.authority),
            *kept,
            *_request_framing(request.method, headers),
            ("X-Forwarded-For", _appended(headers.get("x-forwarded-for"), client)),
            *([("X-Forwarded-Host", headers["host"])] if "host" in headers else []),
            ("X-Forwarded-Proto", "http"),
            ("Via", _appended(headers.get("via"), PSEUDONYM)),
        ]
    )


def _request_framing(method: str, headers: Mapping[str, Any]) -> list[tuple[str, str]]:
    """A request has a body exactly if it says so: without framing its bytes would be read as the next request."""
    if "transfer-encoding" in headers:
        return [("Transfer-Encoding", "chunked")]
    if "content-length" in headers:
        return [("Content-Length", headers["content-length"])]
    return [("Content-Length", "0")] if method in _EXPECT_A_BODY else []


def is_chunked_only(headers: Mapping[str, Any]) -> bool:
    """Whether there is no other transfer coding than chunked, the only one that can be made anew for the other side."""
    coding: str = headers.get("transfer-encoding", "chunked")
    return coding.strip().lower() == "chunked"


def can_be_forwarded(incoming: Any) -> bool:
    """Whether a response is a final one whose body can be framed for the client."""
    return incoming.status_code >= 200 and is_chunked_only(incoming.headers)


def has_body(headers: Mapping[str, Any]) -> bool:
    """Whether a request brings a body."""
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"


def response_headers(response: Any, target: Target) -> list[str]:
    """The headers of a response as the client gets them, as a flat list."""
    headers = response.headers
    fields: list[tuple[str, str]] = []
    for name, value in end_to_end(response.raw_headers, headers):
        if name.lower() == "location":
            fields.append((name, target.location_here(value)))
        elif name.lower() != "via":
            fields.append((name, value))
    length = headers.get("content-length")
    if length is not None and "transfer-encoding" not in headers and response.status_code not in _WITHOUT_LENGTH:
        fields.append(("Content-Length", length))
    return _flat([*fields, ("Via", _appended(headers.get("via"), PSEUDONYM))])


def upgrade_headers(headers: Mapping[str, Any]) -> list[str]:
    """What is to be added on either side when the protocol changes, as a flat list."""
    return ["Connection", "Upgrade", "Upgrade", headers.get("upgrade", "")]


def trailers_of(message: Any) -> list[tuple[str, str]]:
    """The trailer fields that may be handed on."""
    named = {name.strip().lower() for name in message.headers.get("connection", "").split(",")}
    return [
        (name, value) for name, value in pairs(message.raw_trailers) if name.lower() not in _NOT_IN_TRAILERS | named
    ]


def _appended(value: str | None, more: str) -> str:
    return f"{value}, {more}" if value else more


def _flat(fields: Iterable[tuple[str, str]]) -> list[str]:
    return [text for field in fields for text in field]
