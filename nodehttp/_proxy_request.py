"""A request that goes through a proxy is asked for by its whole URL (RFC 9112 section 3.2.2).

Its Host header and, if it is a URL already, its path must name the host that the options name: a proxy would believe
the one, and whatever checked the request before might have believed the other.

Node: http.ClientRequest
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from nodestream.errors import ERR_INVALID_ARG_VALUE, ERR_INVALID_URL, inspect

from ._headers import header_text, is_list
from ._net_checks import checked_port, is_number
from ._proxy_env import Proxy
from ._url import authority_of, url_to_options, without_userinfo


class ProxiedRequest(Protocol):
    """What is changed: its path and its headers."""

    method: str
    path: str
    should_keep_alive: bool

    def get_header(self, name: str) -> Any: ...

    def set_header(self, name: str, value: Any) -> Any: ...


def send_through(
    proxy: Proxy, request: ProxiedRequest, host: str, port: Any, *, own_host: Any, headers: Sequence[Any] | None
) -> None:
    """Change a request so that a proxy understands it.

    Args:
        host, port: of the server, from the request's options; an IPv6 address is in brackets.
        own_host: the Host header that the user gave, None if there is none.
        headers: those that were given as a list, which is sent as it is.

    Raises ERR_INVALID_ARG_VALUE if the Host header or the path name another server, ERR_SOCKET_BAD_PORT,
    ERR_INVALID_URL.
    """
    url: str | None = None
    if request.method != "CONNECT" and (request.method, request.path) != ("OPTIONS", "*"):
        authority = _authority(host, checked_port(port, "options.port"))
        if headers is not None:
            _check_listed_host(headers, authority)
        elif own_host is not None:
            _check_own_host(own_host, authority)
        url = _absolute(request.path, authority)
        if headers is None and request.get_header("host") not in (None, authority):
            request.set_header("Host", authority)
    if proxy.auth is not None:
        request.set_header("proxy-authorization", proxy.auth)
    request.set_header("proxy-connection", "keep-alive" if request.should_keep_alive else "close")
    if url is not None:
        request.path = url


def _authority(host: str, port: int) -> str:
    """Host and port as they are written in a URL."""
    hostname = str(url_to_options(f"http://{host}")["hostname"])
    if ":" in hostname:
        hostname = f"[{hostname}]"
    return hostname if port == 80 else f"{hostname}:{port}"


# --- the Host header ---


def _check_own_host(host: Any, authority: str) -> None:
    try:
        parts = url_to_options(f"http://{header_text(host)}")
    except ERR_INVALID_URL:
        parts = {}
    is_bare = parts.get("pathname") == "/" and not (parts["search"] or parts["hash"] or "auth" in parts)
    if not is_bare or authority_of(str(parts["href"])) != authority:
        raise _other_host(host, authority)


def _check_listed_host(headers: Sequence[Any], authority: str) -> None:
    hosts = [value for name, value in _listed(headers) if header_text(name).lower() == "host"]
    if len(hosts) > 1:
        raise ERR_INVALID_ARG_VALUE("options.headers", "(redacted)", "must not contain duplicate Host headers")
    if hosts and header_text(hosts[0]) != authority:
        raise _other_host(hosts[0], authority)


def _listed(headers: Sequence[Any]) -> list[tuple[Any, Any]]:
    """The pairs of a list of pairs, or of names and values in turns."""
    if not (headers and is_list(headers[0])):
        return list(zip(headers[::2], headers[1::2], strict=False))
    for index, entry in enumerate(headers):
        if not is_list(entry):
            reason = "must be an array when headers is passed as an array of pairs"
            kind = "string" if isinstance(entry, str) else "number" if is_number(entry) else "object"
            raise ERR_INVALID_ARG_VALUE(f"options.headers[{index}]", kind, reason)
    return [(entry[0], entry[1]) for entry in headers]


def _other_host(host: Any, authority: str) -> ERR_INVALID_ARG_VALUE:
    return ERR_INVALID_ARG_VALUE("Host in options.headers", host, f"must match the request authority ({authority})")


# --- the path ---


def _absolute(path: str, authority: str) -> str:
    """The whole URL of a path, which may be one already."""
    try:
        parts = url_to_options(path)
    except ERR_INVALID_URL:
        if not path.startswith("/"):
            reason = "must be in absolute-form or start with /"
            raise ERR_INVALID_ARG_VALUE("options.path", path, reason) from None
        return str(url_to_options(f"http://{authority}{path}")["href"])
    href = str(parts["href"])
    if "auth" in parts:
        reason = "must not contain userinfo, use options.auth instead"
        raise ERR_INVALID_ARG_VALUE("options.path", without_userinfo(href), reason)
    if parts["protocol"] != "http:":
        reason = "must use http: scheme when specified as an absolute URL"
        raise ERR_INVALID_ARG_VALUE("options.path", parts["protocol"], reason)
    if authority_of(href) != authority:
        raise ERR_INVALID_ARG_VALUE("options.path", _Shown(href), f"must match the request authority ({authority})")
    return href


class _Shown:
    """A URL as Node's messages show one, which they cut off before its parts are complete."""

    def __init__(self, href: str) -> None:
        self._href = href

    def __repr__(self) -> str:
        authority = authority_of(self._href)
        parts = {
            "href": self._href,
            "origin": f"http://{authority}",
            "protocol": "http:",
            "username": "",
            "password": "",
            "host": authority,
            "hostname": url_to_options(self._href)["hostname"],
        }
        return "URL {" + "".join(f"\n  {name}: {inspect(value)}," for name, value in parts.items())
