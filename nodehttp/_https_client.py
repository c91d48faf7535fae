"""`request()` and `get()` of https.

Node: https.request, https.get
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ._client import ClientRequest
from ._client_options import REQUEST_OPTIONS, gathered
from ._https_agent import global_agent
from ._tls_connect import CONNECT_OPTIONS
from ._url import UrlLike

Callback = Callable[..., object]

_KNOWN = REQUEST_OPTIONS | CONNECT_OPTIONS


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
    given["_default_agent"] = global_agent.agent
    return ClientRequest(given, listener)


def get(
    url: UrlLike | Mapping[str, Any] | Callback | None = None,
    options: Mapping[str, Any] | Callback | None = None,
    callback: Callback | None = None,
    **keywords: Any,
) -> ClientRequest:
    """Make a request over TLS and end it at once. For the arguments see request(). Node: https.get"""
    return request(url, options, callback, **keywords).end()
