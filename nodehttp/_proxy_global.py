"""Sending the requests that name no agent through the proxy of the environment.

Node: http.setGlobalProxyFromEnv
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from nodestream.errors import ERR_INVALID_ARG_TYPE, ERR_PROXY_INVALID_CONFIG, NodeError

from ._agent import global_agent
from ._global_agent import GlobalAgent
from ._proxy_env import proxy_url
from ._url import url_to_options_or_none, with_hidden_userinfo


def _holder_of(protocol: str) -> GlobalAgent[Any]:
    if protocol == "http:":
        return global_agent
    from ._https_agent import global_agent as https_agent  # here, so that `ssl` is loaded for those who use it

    return https_agent


def set_global_proxy_from_env(env: Mapping[str, Any] | None = None) -> Callable[[], None]:
    """Give the modules new global agents that use the proxies in `env`, which is `os.environ` if it is left out.

    Returns a function that puts the agents back that there were. Nothing happens if no variable names a proxy.

    Raises ERR_INVALID_ARG_TYPE, ERR_PROXY_INVALID_CONFIG for what is no URL, and UND_ERR_INVALID_ARG for one that is
    neither http: nor https:. Node: http.setGlobalProxyFromEnv
    """
    if env is None:
        env = os.environ
    if not isinstance(env, Mapping):
        raise ERR_INVALID_ARG_TYPE("proxyEnv", "of type object", env)
    urls = {protocol: proxy_url(env, protocol) for protocol in ("http:", "https:")}
    for url in filter(None, urls.values()):
        _check(url)
    before: list[tuple[GlobalAgent[Any], Any]] = []
    for protocol in urls:
        if urls[protocol] is not None:
            holder = _holder_of(protocol)
            before.append((holder, holder.agent))
            holder.agent = holder.new(env)

    def restore() -> None:
        for holder, agent in before:
            holder.agent = agent

    return restore


def _check(url: str) -> None:
    parts = url_to_options_or_none(url)
    if parts is None:
        raise ERR_PROXY_INVALID_CONFIG(with_hidden_userinfo(url))
    if parts["protocol"] not in ("http:", "https:"):
        text = "Invalid URL protocol: the URL must start with `http:` or `https:`."
        raise NodeError(text, "UND_ERR_INVALID_ARG")
