"""`request()` and `get()` of https.

Node: https.request, https.get
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

from ._client import ClientRequest
from ._client_options import REQUEST_OPTIONS, Options, gathered
from ._https_agent import OWN_IDENTITY_CHECK, get_global_agent
from ._tls_connect import CONNECT_OPTIONS
from ._tls_identity import check_server_identity
from ._url import UrlLike

Callback = Callable[..., object]

_KNOWN = REQUEST_OPTIONS | CONNECT_OPTIONS

_own_checks = count(1)


def request(
    url: UrlLike | Mapping[str, Any] | Callback | None = None,
    options: Mapping[str, Any] | Callback | None = None,
    callback: Callback | None = None,
    **keywords: Any,
) -> ClientRequest:
    """Make a request over TLS. For the arguments see nodehttp.ClientRequest; the options of `tls.connect` besides.

    A certificate that does not verify is an `error` of the request.

    Node: https.request
    """
    given, listener = gathered(url, options, callback, keywords, _KNOWN)
    own_check = given.known("check_server_identity")
    if own_check not in (None, check_server_identity) and not _agent_checks_so(given):
        given[OWN_IDENTITY_CHECK] = next(_own_checks)
    given["_default_agent"] = get_global_agent()
    return ClientRequest(given, listener)


def _agent_checks_so(given: Options) -> bool:
    """Whether the agent checks all its sockets in the same way."""
    agent_options = getattr(given.known("agent"), "options", None)
    return agent_options is not None and agent_options.get("check_server_identity") is given["check_server_identity"]


def get(
    url: UrlLike | Mapping[str, Any] | Callback | None = None,
    options: Mapping[str, Any] | Callback | None = None,
    callback: Callback | None = None,
    **keywords: Any,
) -> ClientRequest:
    """Make a request over TLS and end it at once. For the arguments see request(). Node: https.get"""
    return request(url, options, callback, **keywords).end()
