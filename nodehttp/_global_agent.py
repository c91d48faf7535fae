"""`GlobalAgent`: the agent of requests that name none, one for http and one for https.

Node: http.globalAgent, https.globalAgent
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar

from ._proxy_env import proxy_env_at_start

A = TypeVar("A")


class GlobalAgent(Generic[A]):
    """Which agent that is; `kind` is the class of the first one.

    Attributes:
        agent: requests that name none use it; another one may be put in its place.
    """

    def __init__(self, kind: Callable[..., A]) -> None:
        self._kind = kind
        self.agent = self.new(proxy_env_at_start())

    def new(self, proxy_env: Mapping[str, Any] | None = None) -> A:
        """An agent as the first one is: keeps sockets, for five seconds."""
        return self._kind(keep_alive=True, scheduling="lifo", timeout=5000, proxy_env=proxy_env)
