"""The proxy that environment variables name, and the hosts that they except.

The variables are HTTP_PROXY, HTTPS_PROXY and NO_PROXY, in capitals or not; small letters come first. NO_PROXY is a list
of entries with commas between them:

    example.com         this host
    example.com:8080    this host with this port
    .example.com        this host, and those whose names end in it
    *.example.com       those whose names end in it
    10.0.0.1-10.0.0.9   a range of IPv4 addresses
    *                   every host

With NODE_USE_ENV_PROXY=1 they hold for the global agents from the start.

Node: the option proxyEnv of http.Agent
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from typing import Any
from urllib.parse import unquote_to_bytes

from nodestream.errors import ERR_PROXY_INVALID_CONFIG

from ._net_addresses import is_ip
from ._plain_url import DEFAULT_PORTS
from ._url import authority_of, url_to_options_or_none, with_hidden_userinfo, without_userinfo

_SCHEMES = ("http://", "https://")
_STRAY_PERCENT = re.compile("%(?![0-9a-fA-F]{2})")


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy, and which hosts it serves."""

    href: str
    """Its URL, without user and password."""
    protocol: str
    """How to talk to it: "http:" or "https:"."""
    host: str
    port: int
    auth: str | None = field(repr=False)
    """The value of Proxy-Authorization, if the URL has a user or a password."""
    exceptions: tuple[str, ...]
    """The entries of NO_PROXY."""

    def serves(self, options: Mapping[str, Any]) -> bool:
        """Whether a request with these options goes through it. One to a Unix socket does not."""
        if options.get("socket_path"):
            return False
        host, port = str(options.get("host") or "localhost").lower(), options.get("port")
        return not any(_is_excepted(entry, host, port) for entry in self.exceptions)


def proxy_env_at_start() -> Mapping[str, Any] | None:
    """The environment, if NODE_USE_ENV_PROXY=1 says that the global agents take their proxy from there."""
    return os.environ if os.environ.get("NODE_USE_ENV_PROXY") == "1" else None


def proxy_url(env: Mapping[str, Any], protocol: str) -> str | None:
    """The URL of the proxy for requests of a protocol, as the variables have it.

    Raises ERR_PROXY_INVALID_CONFIG if there is a line break in it.
    """
    name = "https_proxy" if protocol == "https:" else "http_proxy"
    url: str | None = env.get(name) or env.get(name.upper()) or None
    if url is not None and ("\r" in url or "\n" in url):
        raise _invalid(url)
    return url


def proxy_of(env: Any, protocol: str) -> Proxy | None:
    """The proxy for requests of a protocol; None if the variables name none that this library can talk to.

    Raises ERR_PROXY_INVALID_CONFIG for a URL that is none.
    """
    if not isinstance(env, Mapping) or protocol not in ("http:", "https:"):
        return None
    url = proxy_url(env, protocol)
    if url is None or not url.startswith(_SCHEMES):
        return None
    parts = url_to_options_or_none(url)
    if parts is None:
        raise _invalid(url)
    own_protocol = str(parts["protocol"])
    return Proxy(
        href=without_userinfo(str(parts["href"])) if "auth" in parts else url,
        protocol=own_protocol,
        host=str(parts["hostname"]),
        port=int(parts.get("port", DEFAULT_PORTS[own_protocol])),
        auth=_authorization(str(parts["href"])) if "auth" in parts else None,
        exceptions=_exceptions(env),
    )


def _invalid(url: str) -> ERR_PROXY_INVALID_CONFIG:
    return ERR_PROXY_INVALID_CONFIG(f"Invalid proxy URL: {with_hidden_userinfo(url)}")


def _authorization(href: str) -> str:
    """The credentials of a URL, as basic authentication. Raises ERR_PROXY_INVALID_CONFIG if they cannot be read."""
    user, _, password = authority_of(href).rpartition("@")[0].partition(":")
    if _STRAY_PERCENT.search(user + password):
        raise ERR_PROXY_INVALID_CONFIG("URI malformed")
    try:
        plain = f"{unquote_to_bytes(user).decode()}:{unquote_to_bytes(password).decode()}"
    except UnicodeDecodeError:
        raise ERR_PROXY_INVALID_CONFIG("URI malformed") from None
    return "Basic " + base64.b64encode(plain.encode()).decode()


def _exceptions(env: Mapping[str, Any]) -> tuple[str, ...]:
    listed = env.get("no_proxy") or env.get("NO_PROXY")
    return tuple(entry.strip().lower() for entry in listed.split(",")) if listed else ()


def _is_excepted(entry: str, host: str, port: Any) -> bool:
    if entry == "*" or entry == host or (port and entry == f"{host}:{port}"):
        return True
    if entry.startswith(".") and (host == entry[1:] or host.endswith(entry)):
        return True
    if entry.startswith("*.") and host.endswith(entry[1:]):
        return True
    return _is_in_range(entry, host)


def _is_in_range(entry: str, host: str) -> bool:
    first, dash, last = (part.strip() for part in entry.partition("-"))
    last = last.partition("-")[0].strip()
    if not dash or not all(is_ip(each) == 4 for each in (host, first, last)):
        return False
    return IPv4Address(first) <= IPv4Address(host) <= IPv4Address(last)
