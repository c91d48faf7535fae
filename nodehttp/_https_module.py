"""What the module `nodehttp.https` itself can do: `https.global_agent` may be read and assigned, in both spellings.

Node: https.globalAgent
"""

from __future__ import annotations

import sys
from types import ModuleType

from ._https_agent import Agent, get_global_agent, set_global_agent


class HttpsModule(ModuleType):
    """A module with an attribute that is looked up each time."""

    @property
    def global_agent(self) -> Agent:
        """The agent of requests that name none. Node: https.globalAgent"""
        return get_global_agent()

    @global_agent.setter
    def global_agent(self, agent: Agent) -> None:
        set_global_agent(agent)

    globalAgent = global_agent

    @classmethod
    def take_over(cls, name: str) -> None:
        """Make the module of this name one of this kind."""
        sys.modules[name].__class__ = cls
