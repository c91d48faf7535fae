"""Sending the requests that name no agent through the proxy of the environment.

Node: http.setGlobalProxyFromEnv
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from nodestream.errors import ERR_INVALID_ARG_TYPE, ERR_INVALID_URL, ERR_PROXY_INVALID_CONFIG, NodeError

from ._agent import get_global_agent, new_global_agent, set_global_agent
from ._proxy_env import proxy_url
from ._url import url_to_options


@dataclass(frozen=True)
class GlobalAgent:
    """Where the agent of a module is kept, and how another one is made."""

    get: Callable[[], Any]
    set: Callable[[Any], object]
    make: Callable[[Mapping[str, Any]], Any]


def _holder_of(protocol: str) -> GlobalAgent:
    if protocol == "http:":
        return GlobalAgent(get_global_agent, set_global_agent, new_global_agent)
    from . import _https_agent as https  # here, so that `ssl` is loaded for those who use it

    return GlobalAgent(https.get_global_agent, https.set_global_agent, https.new_global_agent)


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
    before: list[tuple[GlobalAgent, Any]] = []
    for protocol in urls:
        if urls[protocol] is not None:
            holder = _holder_of(protocol)
            before.append((holder, holder.get()))
            holder.set(holder.make(env))

    def restore() -> None:
        for holder, agent in before:
            holder.set(agent)

    return restore


def _check(url: str) -> None:
    try:
        protocol = url_to_options(url)["protocol"]
    except ERR_INVALID_URL:
        raise ERR_PROXY_INVALID_CONFIG(url) from None
    if protocol not in ("http:", "https:"):
        text = "Invalid URL protocol: the URL must start with `http:` or `https:`."
        raise NodeError(text, "UND_ERR_INVALID_ARG")
